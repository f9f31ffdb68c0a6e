/** Those who come later: when their host's delay is over, the news goes over the queue once more, for them. */
import type { DigestMessage, EventMessage, Later, NotificationQueue, NotificationStore } from './notification-ports.ts';
import { minutesAfter } from './periods.ts';
import type { Clock } from './ports.ts';

export type LaterDependencies = {
  readonly store: Pick<NotificationStore, 'dueLater' | 'removeLater' | 'dueDigests' | 'postponeDigest'>;
  readonly clock: Clock;
  readonly queue: NotificationQueue;
};

export const pageSize = 100;

export type Sweep = { readonly shards: number; readonly hasTime: () => boolean };
export type Swept = { readonly queued: number; readonly refused: number };

/**
 * Something is removed only after it was queued. A run that dies in between leaves it to the next one, and what is then told
 * twice is told once (`notifications.ts`).
 *
 * @returns how many were queued, and how many the queue did not take: the next run finds those
 */
export const queueLater = ({ store, clock, queue }: LaterDependencies, sweep: Sweep): Promise<Swept> =>
  everyPage(sweep, async (shard) => {
    const due = await store.dueLater(shard, clock.now(), pageSize);
    const notTaken = new Set((await queue.send(due.map(asMessage))).map(nameOf));
    const taken = due.filter((later) => !notTaken.has(nameOf(later)));
    await Promise.all(taken.map(({ eventId, laterOf }) => store.removeLater(eventId, laterOf)));
    return { queued: taken.length, refused: notTaken.size };
  });

/** Longer than the queue tries a message: one that is set aside there is queued anew in the end. */
const postponedMinutes = 60;

/** E-mails of the day whose time has come. What is queued stays where it is, and comes round again unless it was sent by then. */
export const queueDigests = ({ store, clock, queue }: LaterDependencies, sweep: Sweep): Promise<Swept> =>
  everyPage(sweep, async (shard) => {
    const due = await store.dueDigests(shard, clock.now(), pageSize);
    const messages = due.map(({ userId, dueAt }): DigestMessage => ({ schemaVersion: 1, digestOf: userId, dueAt }));
    const notTaken = new Set((await queue.send(messages)).map(({ digestOf }) => digestOf));
    const taken = due.filter(({ userId }) => !notTaken.has(userId));
    const until = minutesAfter(clock.now(), postponedMinutes);
    await Promise.all(taken.map((one) => store.postponeDigest(one, until)));
    return { queued: taken.length, refused: notTaken.size };
  });

/** Page by page and shard by shard, for as long as pages are full and there is time. */
export async function everyPage({ shards, hasTime }: Sweep, page: (shard: number) => Promise<Swept>): Promise<Swept> {
  let queued = 0;
  let refused = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    let swept: Swept;
    do {
      swept = await page(shard);
      queued += swept.queued;
      refused += swept.refused;
    } while (swept.queued === pageSize && hasTime());
  }
  return { queued, refused };
}

const asMessage = ({ dueAt: _dueAt, ...message }: Later): EventMessage => message;

const nameOf = ({ eventId, laterOf }: EventMessage): string => `${eventId} ${laterOf}`;
