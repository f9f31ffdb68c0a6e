/** Verification of histories: chains, states, balances and registers have to tell the same story (requirements X5). */

import canonicalize from 'canonicalize';
import { applySuspense, type SuspenseRecord } from '../domain/account.ts';
import { fold } from '../domain/apply.ts';
import { asDebit, type CellChange, cellChanges, type HostLedger, imbalances, type Posting } from '../domain/books.ts';
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
  try {
    return await verifyReadable(deps, intentId);
  } catch (error) {
    return { events: 0, problems: [unreadable(intentId, error)], intent: undefined, history: [] };
  }
}

/** @throws what is not about the text itself: a table that does not answer is no finding */
function unreadable(subjectId: string, error: unknown): ChainProblem {
  if (error instanceof SyntaxError) {
    return { subjectId, number: null, detail: 'It cannot be read any more: its text was altered.' };
  }
  throw error;
}

async function verifyReadable(deps: Dependencies, intentId: string): Promise<IntentVerification> {
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

/** @returns whether a host has more histories than so many, of intents and of suspense records; reads hardly more than that */
export async function hasMoreHistories(deps: Dependencies, hostId: string, max: number): Promise<boolean> {
  let count = 0;
  for await (const _id of deps.store.intentIdsOfHost(hostId)) {
    count += 1;
    if (count > max) {
      return true;
    }
  }
  const suspense = await deps.store.listSuspense(hostId, max - count + 1);
  return suspense.next !== undefined || count + suspense.items.length > max;
}

/**
 * Checks everything that a host's book stands on: every intent and suspense record it has part in, that its balances are
 * the sum of their postings, and that none that it ever knew of is gone.
 */
export async function verifyHostHistory(deps: Dependencies, hostId: string): Promise<HostVerification> {
  const problems: ChainProblem[] = [];
  const sums = new Map<string, number>();
  const lines = new Set<string>();
  const count = (
    history: readonly { readonly id: string; readonly effectiveAt: string; readonly postings: readonly Posting[] }[],
  ): void => {
    for (const { id, effectiveAt, postings } of history) {
      for (const cell of cellChanges(postings).filter(({ book }) => book === hostId)) {
        lines.add(lineOf(id, effectiveAt, cell));
        for (const [ledger, amount] of Object.entries(cell.changes)) {
          const key = `${cell.accountId} ${cell.currency} ${ledger}`;
          sums.set(key, (sums.get(key) ?? 0) + amount);
        }
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
    count(verified.history);
  }
  for (const suspense of await suspenseOf(deps, hostId)) {
    problems.push(...suspense.problems);
    events += suspense.events;
    count(suspense.history);
  }
  problems.push(...(await balanceProblems(deps, hostId, sums)), ...(await lineProblems(deps, hostId, lines)));
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
  const verified: Awaited<ReturnType<typeof verifySuspense>>[] = [];
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
  try {
    return await verifyReadableSuspense(deps, hostId, id);
  } catch (error) {
    return { events: 0, history: [], problems: [unreadable(id, error)] };
  }
}

async function verifyReadableSuspense(deps: Dependencies, hostId: string, id: string) {
  const [found, history] = await Promise.all([deps.store.suspense(hostId, id), deps.store.suspenseEvents(id)]);
  const head = { version: found?.record.version ?? 0, hash: found?.headHash ?? '' };
  const problems = [...chainProblems(deps.hash, id, history, head)];
  const fold = (): SuspenseRecord | undefined =>
    history.reduce<SuspenseRecord | undefined>((record, event) => applySuspense(record, event), undefined);
  if (problems.length === 0 && canonicalize(fold()) !== canonicalize(found?.record)) {
    problems.push({ subjectId: id, number: null, detail: 'The state is not what its history adds up to.' });
  }
  return { events: history.length, history, problems };
}

/** What one event did to one part of the book, as its line of the statement has to say it. */
const lineOf = (eventId: string, effectiveAt: string, { accountId, currency, changes }: CellChange): string =>
  [eventId, effectiveAt, accountId, currency, canonicalize(changes)].join(' ');

/** Statements and balances at a date are read from lines of their own; they have to say what the events say. */
async function lineProblems(
  deps: Dependencies,
  hostId: string,
  expected: ReadonlySet<string>,
): Promise<readonly ChainProblem[]> {
  const missing = new Set(expected);
  const problems: ChainProblem[] = [];
  try {
    for await (const line of deps.store.entries(hostId)) {
      const { subjectId, number, accountId, currency } = line;
      const change = cellChanges(line.postings).find(
        (cell) => cell.book === hostId && cell.accountId === accountId && cell.currency === currency,
      );
      const text = change && lineOf(line.eventId, line.effectiveAt, change);
      if (text === undefined || !missing.delete(text)) {
        problems.push({ subjectId, number, detail: 'A line of a statement is not what the event says.' });
      }
    }
  } catch (error) {
    problems.push(unreadable(hostId, error));
  }
  if (missing.size > 0) {
    const detail = `${missing.size} lines of statements are missing.`;
    problems.push({ subjectId: hostId, number: null, detail });
  }
  return problems;
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
