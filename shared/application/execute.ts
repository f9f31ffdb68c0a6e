/**
 * The write path: read once, decide in pure code, write everything that the command means in one transaction. A lost race is
 * decided anew on what is there now; a request that was answered before is answered again and does nothing.
 */
import pRetry from 'p-retry';
import type { Caller } from '../domain/authorisation.ts';
import { onHold } from '../domain/hold.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import type { Change, CommandRead, CommitOutcome, Dependencies, IdempotencyRecord, StoredAnswer } from './ports.ts';
import type { Answer, Outcome, RequestMeta } from './request.ts';

/** What a command decided: the change to commit, and the answer to give once it is committed. */
export type Plan = {
  readonly change: Omit<Change, 'idempotency'>;
  readonly answer: Omit<Answer, 'replayed'>;
  /** How the answer is remembered; by default as it is given. */
  readonly remembered?: StoredAnswer;
};

export type Handling = {
  readonly intentId?: string;
  readonly accountIds?: readonly string[];
  /** What else it takes to decide, in the same round trip. */
  readonly reads?: Omit<
    Parameters<Dependencies['store']['readForCommand']>[0],
    'userId' | 'idempotencyKey' | 'intentId'
  >;
  /** Decides on what was read; called again after a lost race. `now` is the moment of the decision. */
  readonly decide: (read: CommandRead, now: string) => Promise<Result<Plan, Refusal>>;
  /**
   * Refuses callers who may not know of the subject, or may not do this at all. Asked before an answer is rebuilt from an
   * intent, so that somebody who was taken off a team gets nothing by repeating an old request.
   */
  readonly authorise: (read: CommandRead) => Refusal | undefined;
  /** Rebuilds an answer that is remembered as a version of an intent. */
  readonly rebuild?: (
    answer: StoredAnswer & { readonly kind: 'intent' },
    read: CommandRead,
  ) => Promise<Omit<Answer, 'replayed'>>;
};

class LostRace extends Error {}

/** Under many writers to one subject each round lets one through; the last of fifty still gets its turn. */
const retryOptions = { retries: 60, minTimeout: 2, factor: 1.3, maxTimeout: 60, randomize: true };

export async function execute(deps: Dependencies, meta: RequestMeta, handling: Handling): Outcome {
  try {
    return await pRetry(() => attempt(deps, meta, handling), {
      ...retryOptions,
      shouldRetry: ({ error }) => error instanceof LostRace,
    });
  } catch (error) {
    if (error instanceof LostRace) {
      return refuse({
        code: 'temporarily-unavailable',
        detail:
          'Others were changing the same, or a charge of it has no answer yet; nothing was changed. Try again in a while.',
      });
    }
    throw error;
  }
}

async function attempt(deps: Dependencies, meta: RequestMeta, handling: Handling): Outcome {
  const now = deps.clock.now();
  const read = await deps.store.readForCommand({
    userId: meta.userId,
    idempotencyKey: meta.idempotencyKey,
    intentId: handling.intentId,
    accountIds: handling.accountIds ?? [],
    ...handling.reads,
  });
  const refusal = handling.authorise(read);
  // An answer that was kept as it was given is given again: what it brought about may have ended the right to ask.
  const isKept = read.idempotency?.answer.kind === 'body' && read.idempotency.fingerprint === meta.fingerprint;
  if (refusal !== undefined && !isKept) {
    return refuse(refusal);
  }
  if (read.idempotency !== undefined) {
    return repeat(meta, handling, read, read.idempotency);
  }
  const decided = await handling.decide(read, now);
  if (!decided.ok) {
    return decided;
  }
  const { change, answer, remembered } = decided.value;
  const outcome = await deps.store.commit(
    { ...change, idempotency: memory(meta, answer, remembered) },
    meta.userId,
    now,
  );
  return concluded(outcome, answer);
}

function memory(
  { idempotencyKey: key, fingerprint }: RequestMeta,
  { status, body, version }: Omit<Answer, 'replayed'>,
  remembered: StoredAnswer | undefined,
): IdempotencyRecord | undefined {
  return key === undefined
    ? undefined
    : { key, fingerprint, answer: remembered ?? { kind: 'body', status, body, version } };
}

/** The same key with the same request: the same answer. With another request: refused. */
async function repeat(
  meta: RequestMeta,
  handling: Handling,
  read: CommandRead,
  { fingerprint, answer }: IdempotencyRecord,
): Outcome {
  if (fingerprint !== meta.fingerprint) {
    return refuse({ code: 'idempotency-key-reused' });
  }
  if (answer.kind === 'body') {
    const { status, body, version } = answer;
    return accept({ status, body, version, replayed: true });
  }
  if (handling.rebuild === undefined) {
    throw new Error('This kind of request has no answer to rebuild.');
  }
  return accept({ ...(await handling.rebuild(answer, read)), replayed: true });
}

const subscriptionTaken = {
  pointer: '/paymentMethodId',
  detail: 'This subscription pays for another contribution, or did.',
};

function concluded(outcome: CommitOutcome, answer: Omit<Answer, 'replayed'>): Result<Answer, Refusal> {
  switch (outcome.outcome) {
    case 'committed':
      return accept({ ...answer, replayed: false });
    case 'conflict':
    case 'duplicate-key':
      throw new LostRace();
    case 'slug-taken':
      return refuse({ code: 'slug-taken', detail: 'Another account has this slug; choose another.' });
    case 'on-hold':
      return refuse(onHold(outcome.owners));
    case 'already-on-hold':
      return refuse({ code: 'already-on-hold', detail: 'You hold it at this level already.' });
    case 'subscription-taken':
      return refuse({ code: 'validation-failed', errors: [subscriptionTaken] });
    case 'already-paid':
    case 'known-news':
      throw new LostRace();
    case 'insufficient':
      return refuse({
        code: 'insufficient-funds',
        detail: `The ${outcome.ledger} balance in ${outcome.cell.currency} is too low.`,
        available: outcome.held,
        currency: outcome.cell.currency,
      });
  }
}

export const stale = (current: number): Refusal => ({
  code: 'version-conflict',
  currentVersion: current,
  detail: `It was changed meanwhile: the version is ${current} now. Read it again, and repeat the request with its ETag.`,
});

export const notFound = (what: string): Refusal => ({
  code: 'not-found',
  detail: `No such ${what}, or it is not yours to see.`,
});

/** Who asks, with what was read of them. */
export const callerOf = (meta: Pick<RequestMeta, 'userId'>, read: Pick<CommandRead, 'memberships'>): Caller => ({
  userId: meta.userId,
  memberships: read.memberships,
});
