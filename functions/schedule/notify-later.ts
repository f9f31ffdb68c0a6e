/** Every ten minutes: queues the news that others are to be told because nobody has acted, and e-mails of the day. What a run leaves over, the next one finds. */
import type { Context, EventBridgeEvent } from 'aws-lambda';
import { queueDigests, queueLater } from '../../shared/application/later-notices.ts';
import { log } from '../../shared/observability/logger.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { createNotificationStore } from '../../shared/persistence/notification-store.ts';
import { systemClock, tableOptions } from '../dependencies.ts';
import { notificationQueue } from '../notification-queue.ts';

/** What it takes to queue one page from each shard. */
const reserveMilliseconds = 20_000;

const queue = notificationQueue();

export async function handler(
  _event: EventBridgeEvent<string, unknown>,
  { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ readonly queued: number }> {
  const deps = { store: createNotificationStore(tableOptions()), clock: systemClock, queue };
  const sweep = { shards: dueShards, hasTime: () => getRemainingTimeInMillis() > reserveMilliseconds };
  const swept = [await queueLater(deps, sweep), await queueDigests(deps, sweep)];
  const queued = swept.reduce((sum, one) => sum + one.queued, 0);
  const refused = swept.reduce((sum, one) => sum + one.refused, 0);
  log('LATER_QUEUED', { queued });
  if (refused > 0) {
    throw new Error(`${refused} messages were not taken; the next run finds them again.`);
  }
  return { queued };
}
