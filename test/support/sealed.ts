/** Histories of the pure core, numbered and chained as the application does it, ready to be committed. */
import { createHash } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import { sealIntent } from '../../shared/application/history.ts';
import type { Dependencies, IntentChange, StoredIntent } from '../../shared/application/ports.ts';
import type { IntentEvent } from '../../shared/domain/payment-intent.ts';
import type { History } from './pure-intent.ts';

export const hash: Dependencies['hash'] = (text) => createHash('sha256').update(text).digest('base64url');

/** One per instant: a test goes back in time for its next history, and ids have to carry the time that they are given. */
const factories = new Map<string, ReturnType<typeof monotonicFactory>>();

export const ids: Dependencies['ids'] = {
  next: (prefix, at) => {
    const factory = factories.get(at) ?? monotonicFactory();
    factories.set(at, factory);
    return `${prefix}_${factory(Date.parse(at))}`;
  },
};

export type Sealed = StoredIntent & { readonly events: readonly IntentEvent[] };

/** The change that each event of a history makes, one after another. */
export function changesOf(
  { events }: Pick<History, 'events'>,
  id: string = ids.next('pi', events[0]?.at ?? ''),
): readonly IntentChange[] {
  let before: StoredIntent | null = null;
  return events.map(({ data, postings, actor, at }) => {
    const sealed = sealIntent({ ids, hash }, { id, before }, [{ data, postings }], { actor, at });
    const change = { before: before?.intent ?? null, ...sealed };
    before = { intent: sealed.after, headHash: sealed.events.at(-1)?.hash ?? '' };
    return change;
  });
}

export function sealed(history: Pick<History, 'events'>, id?: string): Sealed {
  const changes = changesOf(history, id);
  const intent = changes.at(-1)?.after;
  const events = changes.flatMap((change) => change.events);
  if (intent === undefined) {
    throw new Error('A history has a state.');
  }
  return { intent, headHash: events.at(-1)?.hash ?? '', events };
}
