/** Those who come later: when their host's delay is over, the news goes over the queue once more, for them. */
import type { EventMessage, Later, NotificationQueue, NotificationStore } from './notification-ports.ts';
import type { Clock } from './ports.ts';

export type LaterDependencies = {
  readonly store: Pick<NotificationStore, 'dueLater' | 'removeLater'>;
  readonly clock: Clock;
  readonly queue: NotificationQueue;
};

const pageSize = 100;

/**
 * Something is removed only after it was queued. A run that dies in between leaves it to the next one, and what is then told
 * twice is told once (`notifications.ts`).
 *
 * @returns how many were queued, and how many the queue did not take: the next run finds those
 */
export async function queueLater(
  { store, clock, queue }: LaterDependencies,
  { shards, hasTime }: { readonly shards: number; readonly hasTime: () => boolean },
): Promise<{ readonly queued: number; readonly refused: number }> {
  let queued = 0;
  let refused = 0;
  for (let shard = 0; shard < shards; shard += 1) {
    let taken: readonly Later[] = [];
    do {
      const due = await store.dueLater(shard, clock.now(), pageSize);
      const notTaken = new Set((await queue.send(due.map(asMessage))).map(nameOf));
      taken = due.filter((later) => !notTaken.has(nameOf(later)));
      await Promise.all(taken.map(({ eventId, laterOf }) => store.removeLater(eventId, laterOf)));
      queued += taken.length;
      refused += notTaken.size;
    } while (taken.length === pageSize && hasTime());
  }
  return { queued, refused };
}

const asMessage = ({ dueAt: _dueAt, ...message }: Later): EventMessage => message;

const nameOf = ({ eventId, laterOf }: EventMessage): string => `${eventId} ${laterOf}`;
