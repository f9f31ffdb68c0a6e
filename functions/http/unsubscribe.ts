/**
 * Ends the e-mails of a kind for whoever the link was made for. There is nobody to sign in: mail programs send the request by
 * themselves (RFC 8058), and the link is good for this one thing. What is sent with it is not read.
 */
import { lookAtUnsubscribing, unsubscribe } from '../../shared/application/unsubscribe.ts';
import { accept, type Result, refuse } from '../../shared/domain/result.ts';
import type { AnyProblem } from '../../shared/http/problems.ts';
import { isChange, routesOf } from '../../shared/http/route.ts';
import { routeKeyOf } from '../../shared/http/route-row.ts';
import { unsubscribeRoutes } from '../../shared/http/unsubscribe/routes.ts';
import { unsubscribeRows } from '../../shared/http/unsubscribe/rows.ts';
import {
  renderUnsubscribePage,
  unsubscribeContentSecurityPolicy,
} from '../../shared/messaging/texts/unsubscribe-page.ts';
import { unsubscribeKey } from '../dependencies.ts';
import { inboxDependencies } from '../inbox-dependencies.ts';
import { answering } from '../middleware/answering.ts';
import type { HttpResponse } from '../middleware/http-message.ts';

const routes = new Map(routesOf(unsubscribeRows, unsubscribeRoutes).map((route) => [routeKeyOf(route), route]));

export const handler = answering(async ({ event, record }): Promise<Result<HttpResponse, AnyProblem>> => {
  const route = routes.get(event.routeKey);
  if (route === undefined) {
    return refuse({ code: 'route-not-found' });
  }
  record.operationId = route.operationId;
  const isDone = isChange(route);
  const token = event.pathParameters?.['token'] ?? '';
  const result = await (isDone ? unsubscribe : lookAtUnsubscribing)({ ...inboxDependencies(), unsubscribeKey }, token);
  return result.ok ? accept(shown(renderUnsubscribePage({ ...result.value, isDone }))) : result;
});

const shown = (body: string): HttpResponse => ({
  statusCode: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': unsubscribeContentSecurityPolicy,
  },
  body,
});
