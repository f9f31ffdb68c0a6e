/**
 * Every ten minutes: queues the news that others are to be told because nobody has acted, e-mails of the day, and the webhooks
 * whose next attempt is near. What a run leaves over, the next one finds.
 */
import type { Context, EventBridgeEvent } from 'aws-lambda';
import { queueDigests, queueLater } from '../../shared/application/later-notices.ts';
import { queueDeliveries } from '../../shared/application/webhook-attempts.ts';
import { log } from '../../shared/observability/logger.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { createNotificationStore } from '../../shared/persistence/notification-store.ts';
import { createWebhookStore } from '../../shared/persistence/webhook-store.ts';
import { systemClock, tableOptions } from '../dependencies.ts';
import { notificationQueue } from '../notification-queue.ts';
import { webhookQueue } from '../webhook-queue.ts';

/** What it takes to queue one page from each shard, of both kinds. */
const reserveMilliseconds = 20_000;

const queues = { people: notificationQueue(), programs: webhookQueue() };

export async function handler(
  _event: EventBridgeEvent<string, unknown>,
  { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ readonly queued: number; readonly webhooks: number }> {
  const people = { store: createNotificationStore(tableOptions()), clock: systemClock, queue: queues.people };
  const programs = { store: createWebhookStore(tableOptions()), clock: systemClock, queue: queues.programs };
  const sweep = { shards: dueShards, hasTime: () => getRemainingTimeInMillis() > reserveMilliseconds };
  const swept = [await queueLater(people, sweep), await queueDigests(people, sweep)];
  const queued = swept.reduce((sum, one) => sum + one.queued, 0);
  log('LATER_QUEUED', { queued });
  const webhooks = await queueDeliveries(programs, sweep);
  log('WEBHOOKS_SWEPT', { queued: webhooks.queued });
  const refused = [...swept, webhooks].reduce((sum, one) => sum + one.refused, 0);
  if (refused > 0) {
    throw new Error(`${refused} messages were not taken; the next run finds them again.`);
  }
  return { queued, webhooks: webhooks.queued };
}
