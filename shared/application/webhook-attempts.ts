/**
 * Makes the attempts at deliveries. Messages come twice and late, so each attempt is claimed first and what it came to is
 * written only by whoever has claimed it. A crash after the request was made, and before that was written, makes it once more,
 * under the same id.
 */
import pRetry from 'p-retry';
import {
  type Attempt,
  closeDelivery,
  nextStep,
  type Recorded,
  recordAttempt,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../domain/webhook-endpoint.ts';
import { everyPage, pageSize, type Sweep, type Swept } from './later-notices.ts';
import { delayOf, eventIdOf, messageFor, sweepAgainAt, sweepAtOf } from './webhook-delivery.ts';
import type { DeliveryDependencies, StoredDelivery, WebhookEvent, WebhookMessage } from './webhook-ports.ts';

/** Longer than an attempt and its writing, shorter than the queue waits before it hands a message out again. */
const claimSeconds = 60;

export type Made = WebhookDelivery['status'] | 'nothing_to_do' | 'too_early' | 'claimed_by_another';

/** @returns what became of the delivery by this call */
export async function makeAttempt(deps: DeliveryDependencies, message: WebhookMessage): Promise<Made> {
  const { store, clock } = deps;
  const { hostId, endpointId, deliveryId } = message;
  const [endpoint, stored] = await Promise.all([
    store.webhookEndpoint(hostId, endpointId),
    store.webhookDelivery(endpointId, eventIdOf(deliveryId)),
  ]);
  if (stored?.hostId !== hostId) {
    return 'nothing_to_do';
  }
  const now = clock.now();
  switch (endpoint === undefined ? 'endpoint_disabled' : nextStep(endpoint, stored.delivery, now)) {
    case 'over':
      return 'nothing_to_do';
    case 'endpoint_disabled':
      return close(deps, stored, now);
    case 'not_yet':
      return comeBack(deps, stored, now);
    case 'send':
      return endpoint === undefined ? 'nothing_to_do' : attemptOne(deps, endpoint, stored, now);
  }
}

/** Its endpoint takes nothing any more, or is gone. */
async function close({ store }: DeliveryDependencies, before: StoredDelivery, now: string): Promise<Made> {
  const delivery = closeDelivery(before.delivery, now);
  if (delivery === before.delivery) {
    return 'nothing_to_do';
  }
  const after = { ...before, delivery, version: before.version + 1, sweepAt: null };
  return (await store.recordAttempt({ before, after, claimedUntil: null })) ? delivery.status : 'claimed_by_another';
}

/** Clocks differ by a little: a message that came a moment early is held back once more; an old one is no longer needed. */
const aMomentSeconds = 2;

async function comeBack({ queue }: DeliveryDependencies, stored: StoredDelivery, now: string): Promise<Made> {
  const delaySeconds = delayOf(stored.delivery, now);
  if (delaySeconds !== undefined && delaySeconds <= aMomentSeconds) {
    await handOver(queue, stored, delaySeconds);
  }
  return 'too_early';
}

async function attemptOne(
  deps: DeliveryDependencies,
  endpoint: WebhookEndpoint,
  stored: StoredDelivery,
  now: string,
): Promise<Made> {
  const claimedUntil = new Date(Date.parse(now) + claimSeconds * 1000).toISOString();
  if (!(await deps.store.claimDelivery(stored, now, claimedUntil))) {
    return 'claimed_by_another';
  }
  const attempt = await deps.attempt(endpoint, stored);
  const after = await written(deps, { endpoint, stored, claimedUntil }, attempt);
  const delaySeconds = after.delivery.status === 'pending' ? delayOf(after.delivery, deps.clock.now()) : undefined;
  if (delaySeconds !== undefined) {
    await handOver(deps.queue, after, delaySeconds);
  }
  return after.delivery.status;
}

type Claimed = {
  readonly endpoint: WebhookEndpoint;
  readonly stored: StoredDelivery;
  readonly claimedUntil: string;
};

class Changed extends Error {}

/** An endpoint may be changed by its host, or by what other deliveries to it came to, at the same time. */
const retryOptions = { retries: 80, minTimeout: 2, factor: 1.3, maxTimeout: 200, randomize: true };

/** What follows is decided anew when the endpoint was changed meanwhile; the attempt stays the one that was made. */
function written(deps: DeliveryDependencies, { endpoint, stored, claimedUntil }: Claimed, attempt: Attempt) {
  let current: WebhookEndpoint | undefined = endpoint;
  return pRetry(
    async () => {
      const after = await write(deps, { stored, claimedUntil, endpoint: current }, attempt);
      if (after === undefined) {
        current = await deps.store.webhookEndpoint(stored.hostId, stored.delivery.endpointId);
        throw new Changed('The endpoint was changed, or somebody else has the delivery now.');
      }
      return after;
    },
    { ...retryOptions, shouldRetry: ({ error }) => error instanceof Changed },
  );
}

async function write(
  { store, clock, ids }: DeliveryDependencies,
  { endpoint, stored, claimedUntil }: Omit<Claimed, 'endpoint'> & { readonly endpoint: WebhookEndpoint | undefined },
  attempt: Attempt,
): Promise<StoredDelivery | undefined> {
  const now = clock.now();
  const next = (delivery: WebhookDelivery): StoredDelivery => ({
    ...stored,
    delivery,
    version: stored.version + 1,
    sweepAt: sweepAtOf(delivery, now),
  });
  if (endpoint === undefined) {
    const after = next(closeDelivery(stored.delivery, now));
    return (await store.recordAttempt({ before: stored, after, claimedUntil })) ? after : undefined;
  }
  const recorded = recordAttempt(endpoint, stored.delivery, attempt);
  const after = next(recorded.delivery);
  const isWritten = await store.recordAttempt({
    before: stored,
    after,
    claimedUntil,
    ...(recorded.endpoint === endpoint ? {} : { endpoint: { before: endpoint, after: recorded.endpoint } }),
    ...(recorded.notice === null
      ? {}
      : { event: eventOf(ids.next('evt', recorded.notice.at), recorded.endpoint, recorded.notice) }),
  });
  return isWritten ? after : undefined;
}

/** @param endpoint as the attempt left it */
const eventOf = (
  id: string,
  { version, description, url, failingSince }: WebhookEndpoint,
  notice: NonNullable<Recorded['notice']>,
): WebhookEvent => {
  const { endpointId, hostId, at, lastOutcome: outcome, lastStatusCode: statusCode } = notice;
  const said = { description, urlHost: new URL(url).hostname, outcome, statusCode };
  return {
    id,
    endpointId,
    hostId,
    number: version,
    at,
    data:
      notice.type === 'webhook_endpoint_disabled'
        ? { type: 'webhook_disabled', why: notice.reason, since: failingSince ?? at, ...said }
        : {
            type: 'webhook_given_up',
            givenUp: { deliveryId: notice.deliveryId, topic: notice.topic },
            since: notice.since,
            ...said,
          },
  };
};

/** What the queue does not take, the sweep finds; the message is done with all the same. */
async function handOver(
  queue: DeliveryDependencies['queue'],
  stored: StoredDelivery,
  delaySeconds: number,
): Promise<void> {
  await queue.send([{ message: messageFor(stored), delaySeconds }]);
}

// --- The sweep -------------------------------------------------------------------------------------------------------

export type SweepDependencies = Pick<DeliveryDependencies, 'clock' | 'queue'> & {
  readonly store: Pick<DeliveryDependencies['store'], 'dueDeliveries' | 'postponeSweep'>;
};

/**
 * Queues what waits in the due index. It is postponed only after it was queued: a run that dies in between leaves it to the next
 * one, and a message too many finds nothing to do.
 *
 * @returns how many were queued, and how many the queue did not take: the next run finds those
 */
export const queueDeliveries = ({ store, clock, queue }: SweepDependencies, sweep: Sweep): Promise<Swept> =>
  everyPage(sweep, async (shard) => {
    const now = clock.now();
    const due = await store.dueDeliveries(shard, now, pageSize);
    const entries = due.map((each) => ({ message: messageFor(each), delaySeconds: delayOf(each.delivery, now) ?? 0 }));
    const notTaken = new Set((await queue.send(entries)).map(nameOf));
    const taken = due.filter((each) => !notTaken.has(nameOf(messageFor(each))));
    await Promise.all(taken.map((each) => store.postponeSweep(each, sweepAgainAt(each.delivery, now))));
    return { queued: taken.length, refused: notTaken.size };
  });

const nameOf = ({ endpointId, deliveryId }: WebhookMessage): string => `${endpointId} ${deliveryId}`;
