/**
 * Every ten minutes: finds the contributions and holds whose time has come and hands them to the workers of each processor.
 * What a run leaves over, for want of time or because it died, the next one finds.
 */
import type { Context, EventBridgeEvent } from 'aws-lambda';
import { runBatch } from '../../shared/application/batch.ts';
import type { BatchRun } from '../../shared/application/contribution-ports.ts';
import { log } from '../../shared/observability/logger.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { contributionDependencies } from '../contribution-dependencies.ts';
import { asError } from '../middleware/as-error.ts';
import { subscriptionQueue } from '../subscription-queue.ts';

/** What it takes to hand out one page from each shard and to write the record, several times over. */
const reserveMilliseconds = 30_000;

const queue = subscriptionQueue();

export async function handler(
  { time }: Pick<EventBridgeEvent<string, unknown>, 'time'>,
  { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<Pick<BatchRun, 'id' | 'found' | 'hasMore'>> {
  const run = await runBatch(
    { ...contributionDependencies(), queue },
    {
      shards: dueShards,
      hasTime: () => getRemainingTimeInMillis() > reserveMilliseconds,
      firedAt: time,
      onHoldFailed: (holdId, error) => log('HOLD_WORK_FAILED', { holdId, error: asError(error) }),
    },
  );
  const { id, found, hasMore, servedAll, startedAt, finishedAt, oldestDueAt } = run;
  // The alarms on late runs and on a backlog measure this line (`infra/constructs/running-batch.ts`).
  log('BATCH_RUN_FINISHED', {
    runId: id,
    found,
    hasMore,
    servedAll,
    durationMs: between(startedAt, finishedAt ?? startedAt),
    oldestDueAgeSeconds: Math.floor(between(oldestDueAt ?? startedAt, startedAt) / 1000),
  });
  return { id, found, hasMore };
}

/** @returns milliseconds; what came due while the run was looking is not early */
const between = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from));
