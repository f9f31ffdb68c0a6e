/** Numbers, dates and chains events: each carries a hash over itself and the one before it (requirements X5). */
import canonicalize from 'canonicalize';
import { applySuspense, type SuspenseEvent, type SuspenseEventData, type SuspenseRecord } from '../domain/account.ts';
import { apply } from '../domain/apply.ts';
import type { Posting } from '../domain/books.ts';
import { applyContribution, type Contribution, type ContributionEventData } from '../domain/contribution.ts';
import { type AccountHold, applyHold, type HoldEventData } from '../domain/hold.ts';
import type { Actor, DraftEvent, IntentEvent, PaymentIntent } from '../domain/payment-intent.ts';
import type { ContributionEvent, HoldEvent, StoredContribution, StoredHold } from './contribution-ports.ts';
import type { Dependencies, HistoryEvent, StoredIntent } from './ports.ts';

type Sealed = Pick<Dependencies, 'ids' | 'hash'>;
type AnyEvent = HistoryEvent<unknown>;

export type Occasion = {
  readonly actor: Actor;
  readonly at: string;
  /** For imported history: the day it happened. */
  readonly effectiveAt?: string;
};

/**
 * The hash of an event: SHA-256, base64url, over its canonical JSON (RFC 8785) without the hash itself.
 * `previousHash` is part of it, which makes the events of one subject a chain.
 */
export function hashOf(hash: Dependencies['hash'], event: Omit<AnyEvent, 'hash'>): string {
  const { id, subjectId, number, at, effectiveAt, actor, data, postings, previousHash } = event;
  const text = canonicalize({ id, subjectId, number, at, effectiveAt, actor, data, postings, previousHash });
  if (text === undefined) {
    throw new Error('An event has to be JSON.');
  }
  return hash(text);
}

/** Appends drafts to an intent's history. */
export function sealIntent(
  deps: Sealed,
  subject: { readonly id: string; readonly before: StoredIntent | null },
  drafts: readonly DraftEvent[],
  occasion: Occasion,
): { readonly after: PaymentIntent; readonly events: readonly IntentEvent[] } {
  let intent = subject.before?.intent;
  let previousHash = subject.before?.headHash ?? null;
  const events = drafts.map(({ data, postings }) => {
    const event = seal<IntentEvent>(
      deps,
      { subjectId: subject.id, number: (intent?.version ?? 0) + 1, data, postings, previousHash },
      occasion,
    );
    intent = apply(intent, event);
    previousHash = event.hash;
    return event;
  });
  if (intent === undefined) {
    throw new Error('A history begins with an event.');
  }
  return { after: intent, events };
}

/** Appends one event to the history of a suspense record. */
export function sealSuspense(
  deps: Sealed,
  subject: {
    readonly id: string;
    readonly before: { readonly record: SuspenseRecord; readonly headHash: string } | null;
  },
  draft: { readonly data: SuspenseEventData; readonly postings: readonly Posting[] },
  occasion: Occasion,
): { readonly after: SuspenseRecord; readonly events: readonly SuspenseEvent[] } {
  const { before } = subject;
  const event = seal<SuspenseEvent>(
    deps,
    {
      subjectId: subject.id,
      number: (before?.record.version ?? 0) + 1,
      ...draft,
      previousHash: before?.headHash ?? null,
    },
    occasion,
  );
  return { after: applySuspense(before?.record, event), events: [event] };
}

/** Appends drafts to a contribution's history; its money is posted by the intents that it makes. */
export function sealContribution(
  deps: Sealed,
  subject: { readonly id: string; readonly before: StoredContribution | null },
  drafts: readonly ContributionEventData[],
  occasion: Occasion,
): { readonly after: Contribution; readonly events: readonly ContributionEvent[] } {
  let contribution = subject.before?.contribution;
  let previousHash = subject.before?.headHash ?? null;
  const events = drafts.map((data) => {
    const event = seal<ContributionEvent>(
      deps,
      { subjectId: subject.id, number: (contribution?.version ?? 0) + 1, data, postings: [], previousHash },
      occasion,
    );
    contribution = applyContribution(contribution, event);
    previousHash = event.hash;
    return event;
  });
  if (contribution === undefined) {
    throw new Error('A history begins with an event.');
  }
  return { after: contribution, events };
}

/** Appends one event to a hold's history. */
export function sealHold(
  deps: Sealed,
  subject: { readonly id: string; readonly before: StoredHold | null },
  data: HoldEventData,
  occasion: Occasion,
): { readonly after: AccountHold; readonly events: readonly HoldEvent[] } {
  const { before } = subject;
  const number = (before?.hold.version ?? 0) + 1;
  const event = seal<HoldEvent>(
    deps,
    { subjectId: subject.id, number, data, postings: [], previousHash: before?.headHash ?? null },
    occasion,
  );
  return { after: applyHold(before?.hold, event), events: [event] };
}

function seal<Event extends AnyEvent>(
  { ids, hash }: Sealed,
  fields: Pick<Event, 'subjectId' | 'number' | 'data' | 'postings' | 'previousHash'>,
  { actor, at, effectiveAt }: Occasion,
): Event {
  const event = { id: ids.next('evt', at), at, effectiveAt: effectiveAt ?? at, actor, ...fields } as Omit<
    Event,
    'hash'
  >;
  return { ...event, hash: hashOf(hash, event) } as Event;
}

export type ChainProblem = { readonly subjectId: string; readonly number: number | null; readonly detail: string };

/**
 * Checks a whole history, oldest event first: no gap, each hash right, each pointing at the one before, the last one the
 * head that the subject itself remembers.
 */
export function chainProblems(
  hash: Dependencies['hash'],
  subjectId: string,
  events: readonly AnyEvent[],
  head: { readonly version: number; readonly hash: string },
): readonly ChainProblem[] {
  const problems: ChainProblem[] = [];
  let previous: AnyEvent | undefined;
  for (const event of events) {
    const problem = (detail: string) => problems.push({ subjectId, number: event.number, detail });
    if (event.number !== (previous?.number ?? 0) + 1) {
      problem(`Event ${(previous?.number ?? 0) + 1} is missing.`);
    }
    if (event.previousHash !== (previous?.hash ?? null)) {
      problem('It does not point at the event before it.');
    }
    if (hashOf(hash, event) !== event.hash) {
      problem('It was altered: its hash does not fit its content.');
    }
    previous = event;
  }
  if (previous?.number !== head.version || previous.hash !== head.hash) {
    problems.push({
      subjectId,
      number: head.version,
      detail: 'The newest event is missing, or is not the one that was written.',
    });
  }
  return problems;
}
