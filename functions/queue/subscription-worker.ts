/**
 * Works on contributions whose time has come, one per message and those of a batch side by side. What was done is in the
 * contribution; a message that comes twice finds nothing left to do, and one that fails is kept while the others go on.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import pThrottle from 'p-throttle';
import { type Done, type WorkDependencies, workContribution } from '../../shared/application/charging.ts';
import type { Processor, Processors } from '../../shared/application/processors.ts';
import type { SubscriptionWork } from '../../shared/application/work-queue.ts';
import type { ProcessorName } from '../../shared/domain/payment-method.ts';
import { log } from '../../shared/observability/logger.ts';
import { asError } from '../middleware/as-error.ts';
import { SubscriptionMessage } from '../subscription-queue.ts';

export type SubscriptionWorkerOptions = {
  readonly dependencies: () => Promise<Omit<WorkDependencies, 'division'>>;
  readonly queue: NonNullable<WorkDependencies['division']>['queue'];
  /** The processors that this worker asks; what has to be asked of others is handed on to theirs. */
  readonly asksHere: readonly ProcessorName[];
  /** How often one execution environment asks; how many there are at once, the event source says. */
  readonly callsPerSecondMax?: number;
};

type Result =
  | { readonly kind: 'done'; readonly runId: string | null; readonly done: Done }
  | { readonly kind: 'failed'; readonly runId: string | null; readonly messageId: string };

/** The batch size of the event source bounds how many are worked on at once. */
export function subscriptionWorker({ dependencies, queue, asksHere, callsPerSecondMax }: SubscriptionWorkerOptions) {
  const inTurn = callsPerSecondMax === undefined ? undefined : turns(callsPerSecondMax);

  return async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
    const deps = await dependencies();
    const { processors } = deps;
    const work = {
      ...deps,
      processors: inTurn === undefined ? processors : paced(processors, inTurn),
      division: { asksHere, queue },
    };
    const results = await Promise.all(records.map((record) => worked(work, record)));
    await count(deps, results);
    return {
      batchItemFailures: results.flatMap((result) =>
        result.kind === 'failed' ? [{ itemIdentifier: result.messageId }] : [],
      ),
    };
  };
}

/** A message that nobody can read is kept until it is set aside, like one that fails. */
async function worked(deps: WorkDependencies, { body, messageId }: SQSRecord): Promise<Result> {
  let work: SubscriptionWork | undefined;
  try {
    work = SubscriptionMessage.parse(JSON.parse(body));
    return { kind: 'done', runId: work.runId, done: await workContribution(deps, work) };
  } catch (error) {
    log('SUBSCRIPTION_WORK_FAILED', { messageId, contributionId: work?.contributionId, error: asError(error) });
    return { kind: 'failed', runId: work?.runId ?? null, messageId };
  }
}

/** What a run's workers did, once for each run in this batch; figures that are not written change nothing of what was done. */
async function count({ store }: Pick<WorkDependencies, 'store'>, results: readonly Result[]): Promise<void> {
  for (const [runId, ofRun] of Map.groupBy(results, (result) => result.runId)) {
    const names = ofRun.flatMap((result): readonly string[] => (result.kind === 'failed' ? ['failed'] : result.done));
    const figures = [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length] as const);
    if (runId !== null && figures.length > 0) {
      try {
        await store.countInRun(runId, Object.fromEntries(figures));
      } catch (error) {
        log('RUN_COUNT_FAILED', { runId, error: asError(error) });
      }
    }
  }
}

type Turns = <Value>(ask: () => Promise<Value>) => Promise<Value>;

function turns(perSecond: number): Turns {
  const next = pThrottle({ limit: perSecond, interval: 1000, strict: true })(async () => {});
  return async (ask) => {
    await next();
    return ask();
  };
}

/** A processor that is asked no more often than its turns come; what it answers to too many requests is dealt with all the same. */
const paced =
  (processors: Processors, inTurn: Turns): Processors =>
  (name, hostId) => {
    const processor = processors(name, hostId);
    return (processor && {
      charge: (request) => inTurn(() => processor.charge(request)),
      lookUp: (request) => inTurn(() => processor.lookUp(request)),
      suspend: (...asked) => inTurn(() => processor.suspend(...asked)),
      resume: (...asked) => inTurn(() => processor.resume(...asked)),
      cancel: (...asked) => inTurn(() => processor.cancel(...asked)),
      findMethod: (method) => inTurn(() => processor.findMethod(method)),
      withFee: (...asked) => inTurn(() => processor.withFee(...asked)),
    }) satisfies Processor | undefined;
  };
