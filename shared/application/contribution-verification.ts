/** Verification of what a host's contributions stand on: their histories, what they were paid by, and the holds on them. */
import canonicalize from 'canonicalize';
import { applyContribution, type Contribution } from '../domain/contribution.ts';
import { type AccountHold, applyHold, type HoldLevel, type HoldOwner, holdLevels } from '../domain/hold.ts';
import type { ContributionDependencies } from './contribution-ports.ts';
import { type ChainProblem, chainProblems } from './history.ts';
import type { Position, Slice } from './ports.ts';

export type ContributionVerification = {
  readonly contributions: number;
  readonly holds: number;
  readonly events: number;
  readonly problems: readonly ChainProblem[];
};

const pageSize = 100;

/**
 * Checks every contribution to a host's collectives and every hold on them and on the host: chains, states, that each period
 * that was charged has its intent over the same amount, and that the guards say what the holds come to.
 */
export async function verifyContributions(
  deps: ContributionDependencies,
  hostId: string,
): Promise<ContributionVerification> {
  const problems: ChainProblem[] = [];
  const accountIds = new Set([hostId]);
  let contributions = 0;
  let events = 0;
  const find = (from?: Position) => deps.store.listContributions({ by: 'host', hostId }, pageSize, from);
  for await (const { id, collective } of everything(find)) {
    const found = await verifyContribution(deps, id);
    accountIds.add(collective.accountId);
    contributions += 1;
    events += found.events;
    problems.push(...found.problems);
  }
  let holds = 0;
  for (const accountId of accountIds) {
    const active: AccountHold[] = [];
    for await (const { id } of everything((from) => deps.store.listHolds(accountId, pageSize, from))) {
      const found = await verifyHold(deps, id);
      holds += 1;
      events += found.events;
      problems.push(...found.problems);
      active.push(...(found.hold?.status === 'active' && found.hold.scope.kind === 'account' ? [found.hold] : []));
    }
    problems.push(...(await guardProblems(deps, accountId, active)));
  }
  return { contributions, holds, events, problems };
}

async function* everything<Item>(find: (from?: Position) => Promise<Slice<Item>>): AsyncGenerator<Item> {
  let from: Position | undefined;
  do {
    const page = await find(from);
    yield* page.items;
    from = page.next;
  } while (from !== undefined);
}

async function verifyContribution(
  deps: ContributionDependencies,
  id: string,
): Promise<{ readonly events: number; readonly problems: readonly ChainProblem[] }> {
  const [stored, history] = await Promise.all([deps.store.contribution(id), deps.store.contributionEvents(id)]);
  if (stored === undefined) {
    return { events: history.length, problems: [missing(id)] };
  }
  const { contribution, headHash } = stored;
  const problems = [...chainProblems(deps.hash, id, history, { version: contribution.version, hash: headHash })];
  const state = (): Contribution | undefined =>
    history.reduce<Contribution | undefined>((before, event) => applyContribution(before, event), undefined);
  // A history that was altered need not add up to anything.
  if (problems.length === 0 && canonicalize(state()) !== canonicalize(contribution)) {
    problems.push({ subjectId: id, number: null, detail: 'The state is not what its history adds up to.' });
  }
  for (const { number, data } of problems.length === 0 ? history : []) {
    if (data.type === 'charged') {
      const intent = (await deps.store.intent(data.intentId))?.intent;
      if (intent?.amount.amount !== data.amount.amount || intent.amount.currency !== data.amount.currency) {
        problems.push({ subjectId: id, number, detail: `It was paid, and intent ${data.intentId} does not say so.` });
      }
    }
  }
  return { events: history.length, problems };
}

async function verifyHold(
  deps: ContributionDependencies,
  id: string,
): Promise<{
  readonly events: number;
  readonly problems: readonly ChainProblem[];
  readonly hold: AccountHold | undefined;
}> {
  const [stored, history] = await Promise.all([deps.store.hold(id), deps.store.holdEvents(id)]);
  if (stored === undefined) {
    return { events: history.length, problems: [missing(id)], hold: undefined };
  }
  const { hold, headHash } = stored;
  const problems = [...chainProblems(deps.hash, id, history, { version: hold.version, hash: headHash })];
  const state = (): AccountHold | undefined =>
    history.reduce<AccountHold | undefined>((before, event) => applyHold(before, event), undefined);
  if (problems.length === 0 && canonicalize(state()) !== canonicalize(hold)) {
    problems.push({ subjectId: id, number: null, detail: 'The state is not what its history adds up to.' });
  }
  return { events: history.length, problems, hold };
}

async function guardProblems(
  { store }: ContributionDependencies,
  accountId: string,
  active: readonly AccountHold[],
): Promise<readonly ChainProblem[]> {
  const { levels } = await store.guard(accountId);
  const written = pairsOf(holdLevels.flatMap((level) => (levels[level] ?? []).map((owner) => ({ level, owner }))));
  return written === pairsOf(active)
    ? []
    : [{ subjectId: accountId, number: null, detail: 'Its guard is not what its holds come to.' }];
}

const pairsOf = (held: readonly { readonly level: HoldLevel; readonly owner: HoldOwner }[]): string =>
  [...new Set(held.map(({ level, owner }) => `${level} ${owner}`))]
    .sort((one, other) => (one < other ? -1 : 1))
    .join(', ');

const missing = (subjectId: string): ChainProblem => ({ subjectId, number: null, detail: 'It is missing itself.' });
