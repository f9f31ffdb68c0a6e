/**
 * Takes what payment processors tell by themselves. Whoever sends it has no token: a message counts when its signature is the
 * processor's, over the body byte for byte. What cannot be taken now is answered with 5xx, and comes again.
 */
import { takeNews } from '../../shared/application/processor-news.ts';
import { type Result, refuse } from '../../shared/domain/result.ts';
import { NewsSource } from '../../shared/http/fields.ts';
import type { AnyProblem } from '../../shared/http/problems.ts';
import { routesOf } from '../../shared/http/route.ts';
import { routeKeyOf } from '../../shared/http/route-table.ts';
import { parse } from '../../shared/http/validation.ts';
import { webhookRoutes } from '../../shared/http/webhooks/routes.ts';
import { log } from '../../shared/observability/logger.ts';
import { createTestLedger } from '../../shared/persistence/test-ledger.ts';
import { createProcessors } from '../../shared/providers/index.ts';
import { contributionDependencies } from '../contribution-dependencies.ts';
import { tableOptions } from '../dependencies.ts';
import { answer } from '../middleware/answer.ts';
import { answering } from '../middleware/answering.ts';
import type { HttpResponse, Incoming } from '../middleware/http-message.ts';
import { readText } from '../middleware/with-content.ts';
import { processorEnvironment } from '../processor-environment.ts';

const [route] = routesOf('webhooks', webhookRoutes);

type Asked = Pick<Incoming, 'event' | 'record'>;

export const handler = answering(async ({ event, record }: Asked): Promise<Result<HttpResponse, AnyProblem>> => {
  if (route === undefined || event.routeKey !== routeKeyOf(route)) {
    return refuse({ code: 'route-not-found' });
  }
  record.operationId = route.operationId;
  const source = parse(NewsSource, event.pathParameters?.['processor']);
  const reader = source.ok ? (await newsReaders())(source.value) : undefined;
  if (!source.ok || reader === undefined) {
    return refuse({ code: 'not-found', detail: 'No such processor, or it is not set up here.' });
  }
  const raw = readText(event);
  if ('problem' in raw) {
    return refuse(raw.problem);
  }
  const deps = contributionDependencies();
  const news = await reader.read(raw.text, event.headers, deps.clock.now());
  if (news === undefined) {
    return refuse({ code: 'webhook-not-verified' });
  }
  const outcome = await takeNews(deps, source.value, news);
  if (outcome === 'early') {
    // Whatever is no success is sent again, and this is no failure of ours that anybody should be woken for.
    return refuse({ code: 'not-found', detail: 'No such subscription here yet; send it again in a while.' });
  }
  if (outcome === 'unknown' && (news.kind === 'payment_succeeded' || news.kind === 'charge_succeeded')) {
    log('PAYMENT_UNKNOWN', { messageId: news.eventId });
  }
  return answer(route, { status: route.status, body: { outcome } });
});

let readers: ReturnType<typeof createProcessors>['newsReader'] | undefined;

async function newsReaders() {
  readers ??= createProcessors(await processorEnvironment(), {
    now: () => new Date().toISOString(),
    testLedger: createTestLedger(tableOptions()),
  }).newsReader;
  return readers;
}
