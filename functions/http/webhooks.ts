/**
 * Takes what payment processors tell by themselves. Whoever sends it has no token: a message counts when its signature is the
 * processor's, over the body byte for byte. What cannot be taken now is answered with 5xx, and comes again.
 */
import { takeNews } from '../../shared/application/processor-news.ts';
import { type Result, refuse } from '../../shared/domain/result.ts';
import { AccountId, NewsSource } from '../../shared/http/fields.ts';
import type { AnyProblem } from '../../shared/http/problems.ts';
import { type Route, routesOf } from '../../shared/http/route.ts';
import { routeKeyOf } from '../../shared/http/route-row.ts';
import { parse } from '../../shared/http/validation.ts';
import { webhookRoutes } from '../../shared/http/webhooks/routes.ts';
import { webhookRows } from '../../shared/http/webhooks/rows.ts';
import { log } from '../../shared/observability/logger.ts';
import { answer } from '../middleware/answer.ts';
import { answering } from '../middleware/answering.ts';
import type { HttpResponse, Incoming } from '../middleware/http-message.ts';
import { readText } from '../middleware/with-content.ts';
import { processorDependencies } from '../processor-dependencies.ts';

const [route] = routesOf(webhookRows, webhookRoutes);

type Asked = Pick<Incoming, 'event' | 'record'>;

export const handler = answering(async ({ event, record }: Asked): Promise<Result<HttpResponse, AnyProblem>> => {
  if (route === undefined || event.routeKey !== routeKeyOf(route)) {
    return refuse({ code: 'route-not-found' });
  }
  record.operationId = route.operationId;
  const processor = parse(NewsSource, event.pathParameters?.['processor']);
  const host = parse(AccountId, event.pathParameters?.['hostId']);
  const deps = await processorDependencies();
  const reader = processor.ok && host.ok ? deps.newsReader(processor.value, host.value) : undefined;
  if (!processor.ok || !host.ok || reader === undefined) {
    return refuse({ code: 'not-found', detail: 'No such processor, or the host has none set up here.' });
  }
  const raw = readText(event);
  if ('problem' in raw) {
    return refuse(raw.problem);
  }
  const news = await reader.read(raw.text, event.headers, deps.clock.now());
  if (news === undefined) {
    return refuse({ code: 'webhook-not-verified' });
  }
  const outcome = await takeNews(deps, { processor: processor.value, hostId: host.value }, news);
  switch (outcome) {
    case 'early':
      // Whatever is no success is sent again, and this is no failure of ours that anybody should be woken for.
      return refuse({
        code: 'not-found',
        detail: 'Not everything about it is known here yet; send it again in a while.',
      });
    case 'done_without_fee':
      log('PAYMENT_FEE_UNKNOWN', { messageId: news.eventId, hostId: host.value });
      return taken(route, 'done');
    case 'unknown':
      if (news.kind === 'payment_succeeded' || news.kind === 'charge_succeeded') {
        log('PAYMENT_UNKNOWN', { messageId: news.eventId, hostId: host.value });
      }
      return taken(route, outcome);
    default:
      return taken(route, outcome);
  }
});

const taken = (known: Route, outcome: 'done' | 'nothing' | 'unknown') =>
  answer(known, { status: known.status, body: { outcome } });
