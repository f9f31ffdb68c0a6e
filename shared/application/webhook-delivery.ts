/**
 * When a delivery is looked at again, and by whom. An attempt that is near waits in the queue, which holds a message back for
 * fifteen minutes at most; one that is further away waits in the due index until the sweep, every ten minutes, puts it there:
 *
 *     attempt fails ──┬─ next within 15 min ──────────────────────────> message with a delay
 *                     └─ further away ─> due index ─> sweep, 10 to 20 min before ─> message with a delay
 *
 * What has a message stands in the due index, too, a quarter of an hour later: a message that was lost is found.
 */
import type { WebhookDelivery } from '../domain/webhook-endpoint.ts';
import type { StoredDelivery, WebhookMessage } from './webhook-ports.ts';

/** SQS holds a message back for so long at most. */
const delaySecondsMax = 900;
/** The sweep comes every ten minutes. What it finds is put into the queue for its moment, and never late. */
const minutesAhead = 12;
/** How long a message may take before it counts as lost. */
const graceMinutes = 15;

/** The same event is one delivery for an endpoint: its id has the time and the randomness of the event's. */
export const deliveryIdOf = (eventId: string): string => `whd_${eventId.slice('evt_'.length)}`;
export const eventIdOf = (deliveryId: string): string => `evt_${deliveryId.slice('whd_'.length)}`;

/**
 * What receivers know a message by: the same for all endpoints of a host, at every attempt and every replay. Two hosts are told of one
 * event in different words, which somebody who serves both has to be able to tell apart.
 */
export const webhookIdOf = ({
  delivery,
  hostId,
}: Pick<StoredDelivery, 'hostId'> & { readonly delivery: Pick<WebhookDelivery, 'eventId'> }): string =>
  `${delivery.eventId}_${hostId}`;

export const messageFor = ({ delivery, hostId }: StoredDelivery): WebhookMessage => ({
  schemaVersion: 1,
  hostId,
  endpointId: delivery.endpointId,
  deliveryId: delivery.id,
});

const minutes = (at: string, count: number): string => new Date(Date.parse(at) + count * 60_000).toISOString();

/** @returns for how long the queue holds the message back; undefined when the sweep has to come first */
export function delayOf({ nextAttemptAt }: Pick<WebhookDelivery, 'nextAttemptAt'>, now: string): number | undefined {
  const seconds = nextAttemptAt === null ? 0 : Math.ceil((Date.parse(nextAttemptAt) - Date.parse(now)) / 1000);
  return seconds > delaySecondsMax ? undefined : Math.max(0, seconds);
}

/** @param now when it is written, with a message if its time is near; its own beginning when it is left out */
export function sweepAtOf(delivery: WebhookDelivery, now: string = delivery.createdAt): string | null {
  const { nextAttemptAt } = delivery;
  if (nextAttemptAt === null) {
    return null;
  }
  return delayOf(delivery, now) === undefined ? minutes(nextAttemptAt, -minutesAhead) : sweepAgainAt(delivery, now);
}

/** Once its message is in the queue. */
export function sweepAgainAt({ nextAttemptAt }: Pick<WebhookDelivery, 'nextAttemptAt'>, now: string): string {
  return minutes(nextAttemptAt !== null && nextAttemptAt > now ? nextAttemptAt : now, graceMinutes);
}
