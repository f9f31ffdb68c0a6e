/** Verification of histories: chains, states, balances and registers have to tell the same story (requirements X5). */

import canonicalize from 'canonicalize';
import { applySuspense, type SuspenseRecord } from '../domain/account.ts';
import { fold } from '../domain/apply.ts';
import { asDebit, cellChanges, type HostLedger, imbalances, isHostPosting, type Posting } from '../domain/books.ts';
import type { IntentEvent, PaymentIntent } from '../domain/payment-intent.ts';
import { digestOf, homeHostOf, isRegistration } from '../domain/register.ts';
import { type ChainProblem, chainProblems } from './history.ts';
import type { Dependencies } from './ports.ts';

export type IntentVerification = {
  readonly events: number;
  readonly problems: readonly ChainProblem[];
  readonly intent: PaymentIntent | undefined;
  readonly history: readonly IntentEvent[];
};

/** Checks one intent: its chain, that its state is the fold of its events, that every entry balances, and its transit. */
export async function verifyIntent(deps: Dependencies, intentId: string): Promise<IntentVerification> {
  const [stored, history] = await Promise.all([deps.store.intent(intentId), deps.store.intentEvents(intentId)]);
  if (stored === undefined) {
    const detail = 'The intent itself is missing.';
    return {
      events: history.length,
      problems: [{ subjectId: intentId, number: null, detail }],
      intent: undefined,
      history,
    };
  }
  const { intent, headHash } = stored;
  const problems = [...chainProblems(deps.hash, intentId, history, { version: intent.version, hash: headHash })];
  const problem = (number: number | null, detail: string) => problems.push({ subjectId: intentId, number, detail });
  for (const event of history) {
    if (imbalances(event.postings).size > 0) {
      problem(event.number, 'Its entry does not balance.');
    }
  }
  if (problems.length === 0 && canonicalize(fold(history)) !== canonicalize(intent)) {
    problem(null, 'The state is not what its history adds up to.');
  }
  const transit = history.flatMap(({ postings }) => postings).reduce((sum, posting) => sum + transitOf(posting), 0);
  if (transit !== (intent.network?.transit ?? 0)) {
    problem(null, 'What is in transit is not what the network book says.');
  }
  return { events: history.length, problems, intent, history };
}

const transitOf = (posting: Posting): number =>
  posting.ledger === 'transit' ? asDebit(posting.ledger, posting.amount) : 0;

export type HostVerification = {
  readonly intents: number;
  readonly events: number;
  readonly problems: readonly ChainProblem[];
};

/**
 * Checks everything that a host's book stands on: every intent and suspense record it has part in, that its balances are
 * the sum of their postings, and that none that it ever knew of is gone.
 */
export async function verifyHostHistory(deps: Dependencies, hostId: string): Promise<HostVerification> {
  const problems: ChainProblem[] = [];
  const sums = new Map<string, number>();
  const count = (postings: readonly Posting[]): void => {
    const own = postings.filter((posting) => isHostPosting(posting) && posting.book === hostId);
    for (const { accountId, currency, changes } of cellChanges(own)) {
      for (const [ledger, amount] of Object.entries(changes)) {
        const key = `${accountId} ${currency} ${ledger}`;
        sums.set(key, (sums.get(key) ?? 0) + amount);
      }
    }
  };
  let intents = 0;
  let events = 0;
  let registered = 0;
  let digest = 0n;
  for await (const verified of verifyAll(deps, deps.store.intentIdsOfHost(hostId))) {
    problems.push(...verified.problems);
    intents += 1;
    events += verified.events;
    const { intent } = verified;
    if (intent !== undefined && homeHostOf(intent) === hostId) {
      const registration = verified.history.find((event) => isRegistration(intent, event));
      registered += registration === undefined ? 0 : 1;
      digest += registration === undefined ? 0n : digestOf(registration.hash);
    }
    count(verified.history.flatMap(({ postings }) => postings));
  }
  for (const suspense of await suspenseOf(deps, hostId)) {
    problems.push(...suspense.problems);
    events += suspense.events;
    count(suspense.postings);
  }
  problems.push(...(await balanceProblems(deps, hostId, sums)));
  const register = await deps.store.register(hostId);
  if (register.intents !== registered || register.digest !== digest.toString()) {
    const detail = `The host's register knows ${register.intents} intents, the table holds ${registered}: a history was removed or replaced.`;
    problems.push({ subjectId: hostId, number: null, detail });
  }
  return { intents, events, problems };
}

/** Enough reads at once to keep the table busy, few enough that a long history never fills the memory. */
const verifiedAtOnce = 16;

async function* verifyAll(deps: Dependencies, ids: AsyncIterable<string>): AsyncGenerator<IntentVerification> {
  let batch: Promise<IntentVerification>[] = [];
  for await (const id of ids) {
    batch.push(verifyIntent(deps, id));
    if (batch.length === verifiedAtOnce) {
      yield* await Promise.all(batch);
      batch = [];
    }
  }
  yield* await Promise.all(batch);
}

async function suspenseOf(deps: Dependencies, hostId: string) {
  const verified: { events: number; postings: readonly Posting[]; problems: readonly ChainProblem[] }[] = [];
  let next: Parameters<Dependencies['store']['listSuspense']>[2];
  do {
    const page = await deps.store.listSuspense(hostId, 100, next);
    for (const { id } of page.items) {
      verified.push(await verifySuspense(deps, hostId, id));
    }
    next = page.next;
  } while (next !== undefined);
  return verified;
}

async function verifySuspense(deps: Dependencies, hostId: string, id: string) {
  const [found, history] = await Promise.all([deps.store.suspense(hostId, id), deps.store.suspenseEvents(id)]);
  const head = { version: found?.record.version ?? 0, hash: found?.headHash ?? '' };
  const problems = [...chainProblems(deps.hash, id, history, head)];
  const folded = history.reduce<SuspenseRecord | undefined>((record, event) => applySuspense(record, event), undefined);
  if (problems.length === 0 && canonicalize(folded) !== canonicalize(found?.record)) {
    problems.push({ subjectId: id, number: null, detail: 'The state is not what its history adds up to.' });
  }
  return { events: history.length, postings: history.flatMap(({ postings }) => postings), problems };
}

async function balanceProblems(
  deps: Dependencies,
  hostId: string,
  sums: Map<string, number>,
): Promise<readonly ChainProblem[]> {
  const expected = new Map(sums);
  const problems: ChainProblem[] = [];
  for await (const { accountId, currency, ledgers } of deps.store.cells(hostId)) {
    for (const [ledger, amount] of Object.entries(ledgers) as [HostLedger, number][]) {
      const key = `${accountId} ${currency} ${ledger}`;
      if ((expected.get(key) ?? 0) !== amount) {
        const detail = `${key} holds ${amount}, and the history adds up to ${expected.get(key) ?? 0}.`;
        problems.push({ subjectId: hostId, number: null, detail });
      }
      expected.delete(key);
    }
  }
  for (const [key, amount] of expected) {
    if (amount !== 0) {
      problems.push({
        subjectId: hostId,
        number: null,
        detail: `${key} is missing, and the history adds up to ${amount}.`,
      });
    }
  }
  return problems;
}
