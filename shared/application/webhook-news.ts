/** Hands the news of an event on to the programs that a host wants told: a delivery for each endpoint, and a message for its attempt. */
import { placesOfPrograms } from '../domain/notification.ts';
import {
  beginDelivery,
  closeDelivery,
  endpointsMax,
  type WebhookEndpoint,
  wantsTopic,
} from '../domain/webhook-endpoint.ts';
import type { News } from './news.ts';
import type { EventMessage } from './notification-ports.ts';
import type { Clock, Dependencies, Position } from './ports.ts';
import { deliveryIdOf, messageFor, sweepAtOf } from './webhook-delivery.ts';
import type { StoredDelivery, WebhookNews, WebhookQueue, WebhookStore } from './webhook-ports.ts';

export type WebhookNewsDependencies = {
  readonly store: Pick<Dependencies['store'], 'account'> & Pick<WebhookStore, 'listWebhookEndpoints' | 'putDelivery'>;
  readonly clock: Clock;
  readonly webhookQueue: WebhookQueue;
};

/**
 * News that comes again makes nothing twice: there is one delivery of each event for each endpoint, and a message too many is one
 * that finds nothing to do. A crash before the message is sent leaves the delivery to the sweep.
 */
export async function tellWebhooks(deps: WebhookNewsDependencies, message: EventMessage, news: News): Promise<void> {
  const begun: StoredDelivery[] = [];
  for (const hostId of hostsToldOf(news)) {
    begun.push(...(await beginAt(deps, hostId, message, news)));
  }
  const due = begun.filter(({ delivery }) => delivery.nextAttemptAt !== null);
  const left = await deps.webhookQueue.send(due.map((each) => ({ message: messageFor(each), delaySeconds: 0 })));
  if (left.length > 0) {
    throw new Error(`${left.length} of ${due.length} webhooks were not taken by the queue; the sweep finds them.`);
  }
}

/** What a side may not know yet has no account at its place (requirements A7). */
const hostsToldOf = ({ topic, audiences, accountAt }: News): ReadonlySet<string> =>
  new Set(placesOfPrograms(topic, audiences).flatMap((place) => accountAt(place) ?? []));

async function beginAt(
  { store, clock }: WebhookNewsDependencies,
  hostId: string,
  { eventId, at }: EventMessage,
  { topic, subject, parties }: News,
): Promise<readonly StoredDelivery[]> {
  const wanted = (await endpointsOf(store, hostId)).filter((endpoint) => wantsTopic(endpoint, topic));
  if (wanted.length === 0) {
    return [];
  }
  const host = await store.account(hostId);
  const news: WebhookNews = {
    eventId,
    topic,
    subject,
    occurredAt: at,
    host: { id: hostId, name: host?.name ?? '' },
    ...parties,
  };
  const createdAt = clock.now();
  const begun = wanted.map(({ id: endpointId, status }): StoredDelivery => {
    const begins = beginDelivery({ id: deliveryIdOf(eventId), endpointId, eventId, topic, createdAt });
    // What it misses while it is disabled is written down, so that it can be replayed.
    const delivery = status === 'active' ? begins : closeDelivery(begins, createdAt);
    return { delivery, hostId, news, version: 1, sweepAt: sweepAtOf(delivery) };
  });
  for (const each of begun) {
    await store.putDelivery(each);
  }
  return begun;
}

/** One more than a host may have, so that a page that is not full is the last. */
const pageSize = endpointsMax + 1;

async function endpointsOf(
  store: WebhookNewsDependencies['store'],
  hostId: string,
): Promise<readonly WebhookEndpoint[]> {
  const found: WebhookEndpoint[] = [];
  let from: Position | undefined;
  do {
    const { items, next } = await store.listWebhookEndpoints(hostId, pageSize, from);
    found.push(...items);
    from = next;
  } while (from !== undefined);
  return found;
}
