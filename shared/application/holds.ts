/** Pausing: what it would do, doing it, and lifting it again (requirements P). */
import { type Account, hostIdOf } from '../domain/account.ts';
import { type Action, type Caller, capacitiesForAccount, may } from '../domain/authorisation.ts';
import type { Contribution, ContributionEventData } from '../domain/contribution.ts';
import {
  type AccountHold,
  decideLift,
  firstReminderDays,
  type HoldEventData,
  type HoldLevel,
  type HoldOwner,
  type HoldReason,
  levelsOf,
  type MissedPeriods,
  stoppedBy,
} from '../domain/hold.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { readable, relationOf } from './accounts.ts';
import type { ContributionDependencies, StoredContribution, Tally } from './contribution-ports.ts';
import { callerOf, execute, notFound } from './execute.ts';
import { type Occasion, sealContribution, sealHold } from './history.ts';
import { holdChange } from './hold-work.ts';
import { minutesAfter } from './periods.ts';
import type { Position, Slice } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';
import { shownOf } from './shown-hold.ts';

// --- Whose hold it is ------------------------------------------------------------------------------------------------

/** In whose name the caller may hold an account: the first is taken when it is not said. */
function ownersFor(account: Account, caller: Caller): readonly HoldOwner[] {
  const held = capacitiesForAccount(caller, relationOf(account));
  const isHost = account.kind === 'host';
  const isOutside = account.kind === 'person' || account.kind === 'organisation';
  const hosting = ['host_admin@account_host', 'finance_lead@account_host'] as const;
  const mayAsHost = isHost
    ? may('holdAsHost', held)
    : hostIdOf(account) !== null && hosting.some((capacity) => held.includes(capacity));
  const owners: readonly (readonly [HoldOwner, boolean])[] = [
    ['host', mayAsHost],
    ['collective', account.kind === 'collective' && may('holdAsCollective', held)],
    ['contributor', isOutside && may('holdAsContributor', held)],
    ['platform', may('holdAsPlatform', held)],
  ];
  return owners.flatMap(([owner, isTheirs]) => (isTheirs ? [owner] : []));
}

function refusalFor(account: Account | undefined, caller: Caller): Refusal | undefined {
  if (account === undefined || !mayRead(account, caller, 'readHolds')) {
    return notFound('account');
  }
  return ownersFor(account, caller).length > 0
    ? undefined
    : {
        code: 'permission-denied',
        detail:
          'Contributions are paused by the host’s admins and finance leads, the collective’s admins, or the contributor.',
      };
}

const mayRead = (account: Account, caller: Caller, action: Action): boolean =>
  may(action, capacitiesForAccount(caller, relationOf(account)));

// --- Preview ---------------------------------------------------------------------------------------------------------

export type HoldPreview = {
  readonly accountId: string;
  /** Recurring contributions that run now and would stop. */
  readonly contributions: number;
  /** What they give a month, minor units: a yearly one counts as a twelfth, rounded down over all of them. */
  readonly monthly: readonly { readonly currency: string; readonly amount: number }[];
  readonly processors: readonly { readonly processor: string; readonly contributions: number }[];
  /** Those that other holds keep already, their own or on the account; they count in the figures above for nothing. */
  readonly alreadyHeld: number;
  readonly told: { readonly contributors: number; readonly collectiveAdmins: number };
  /** Repeated when the hold is placed: it is refused when any of this is different by then. */
  readonly fingerprint: string;
};

/** One message to each contribution's giver, and one to each admin of the collective. */
const membersMax = 500;

async function previewOf(deps: ContributionDependencies, account: Account, tally: Tally): Promise<HoldPreview> {
  const hostId = hostIdOf(account);
  const [{ items: members }, guards] = await Promise.all([
    deps.store.members(account.id, membersMax),
    deps.store.guardsFor(account.id, hostId === null ? [account.id] : [account.id, hostId]),
  ]);
  // Where another owner holds the account or its host already, none of them runs now. What was agreed under another host does not
  // run either, and is none of this host's business.
  const isStopped = stoppedBy(guards, 'recurring').length > 0;
  const rows = tally.rows.filter((row) => row.hostId === (account.kind === 'host' ? account.id : hostId));
  const running = rows.filter(({ isHeld }) => !isHeld && !isStopped);
  const count = (rows: Tally['rows']): number => rows.reduce((sum, { contributions }) => sum + contributions, 0);
  const monthly = grouped(running, ({ currency }) => currency).map(([currency, rows]) => {
    const sum = (interval: 'month' | 'year'): number =>
      rows.reduce((total, row) => total + (row.interval === interval ? row.amount : 0), 0);
    return { currency, amount: sum('month') + Math.floor(sum('year') / 12) };
  });
  const figures = {
    accountId: account.id,
    contributions: count(running),
    monthly,
    processors: grouped(running, ({ processor }) => processor).map(([processor, rows]) => ({
      processor,
      contributions: count(rows),
    })),
    alreadyHeld: count(rows) - count(running),
    told: {
      contributors: count(running),
      collectiveAdmins: members.filter(({ roles }) => roles.includes('collective_admin')).length,
    },
  };
  return { ...figures, fingerprint: deps.hash(JSON.stringify([tally.version, figures])) };
}

function grouped<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): readonly (readonly [string, readonly Row[]])[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}

/** What pausing all contributions of an account would do (P6); one read, however many there are. */
export async function previewHold(deps: ContributionDependencies, userId: string, accountId: string): Outcome {
  const read = await deps.store.readForCommand({ userId, accountIds: [accountId], tallyOf: accountId });
  const account = read.accounts.get(accountId);
  const refusal = refusalFor(account, { userId, memberships: read.memberships });
  if (account === undefined || refusal !== undefined) {
    return refuse(refusal ?? notFound('account'));
  }
  return accept({ status: 200, body: await previewOf(deps, account, read.tally), version: null, replayed: false });
}

// --- Placing ---------------------------------------------------------------------------------------------------------

export type PlaceHoldInput = {
  readonly level: HoldLevel;
  readonly owner?: HoldOwner | undefined;
  readonly reason: HoldReason;
  readonly message: string | null;
  readonly until: string | null;
  readonly missedPeriods: MissedPeriods;
  /** Of the preview; left out when contributions are chosen, whose number is in the request itself. */
  readonly fingerprint?: string | undefined;
  /** Chosen contributions; all of the account's when left out. */
  readonly contributionIds?: readonly string[] | undefined;
};

/**
 * Each is written in the same transaction, with its event and the figures of its collective and of its host: four operations
 * for each that is alone with those, and the hold, its event and the remembered answer. A transaction has a hundred.
 */
export const chosenMax = 24;

const invalid = (pointer: string, detail: string) =>
  refuse({ code: 'validation-failed', errors: [{ pointer, detail }] } as const);

/**
 * Places a hold. It holds from the moment of this answer: no charge that it covers begins any more, and those that had begun
 * are counted in `underWay`.
 */
export async function placeHold(
  deps: ContributionDependencies,
  meta: RequestMeta,
  accountId: string,
  input: PlaceHoldInput,
): Outcome {
  const chosen = [...new Set(input.contributionIds ?? [])];
  const answered = await execute(deps, meta, {
    reads: { accountIds: [accountId], tallyOf: accountId },
    authorise: (read) => refusalFor(read.accounts.get(accountId), callerOf(meta, read)),
    decide: async (read, now) => {
      const account = read.accounts.get(accountId);
      if (account === undefined) {
        return refuse(notFound('account'));
      }
      const owner = ownerOf(account, callerOf(meta, read), input);
      if (!owner.ok) {
        return owner;
      }
      if (input.until !== null && input.until <= now) {
        return invalid('/until', 'It lies in the past: a pause ends later than now, or by hand.');
      }
      const occasion = { actor: { userId: meta.userId, capacity: `${owner.value}@hold` }, at: now };
      const hold = newHold(deps, account, { ...input, owner: owner.value, chosen, userId: meta.userId }, now);
      const sealed = sealHold(deps, { id: hold.id, before: null }, { type: 'placed', hold }, occasion);
      const holds = [{ before: null, ...sealed }];
      const answer = { status: 201, body: holdView(sealed.after, null), version: sealed.after.version };
      if (input.contributionIds !== undefined) {
        const contributions = await heldContributions(deps, account, sealed.after, occasion);
        return contributions.ok
          ? accept({ change: { intents: [], holds, contributions: contributions.value }, answer })
          : contributions;
      }
      if (input.level === 'recurring_in' || input.level === 'full') {
        const preview = await previewOf(deps, account, read.tally);
        if (input.fingerprint !== preview.fingerprint) {
          return refuse({
            code: 'preview-outdated',
            detail: `It would pause ${preview.contributions} contributions now. Ask for the preview, and confirm with its fingerprint.`,
            contributions: preview.contributions,
          });
        }
      }
      return accept({
        change: {
          intents: [],
          holds,
          guards: [{ kind: 'place', accountId, level: input.level, owner: owner.value, shown: shownOf(sealed.after) }],
          tallies: [{ accountId, version: read.tally.version }],
        },
        answer,
      });
    },
  });
  if (!answered.ok) {
    return answered;
  }
  const countUnderWay =
    input.contributionIds === undefined
      ? async () => (await deps.store.guard(accountId)).underWay
      : () => chargesOf(deps, chosen);
  return settled(countUnderWay, answered);
}

function ownerOf(
  account: Account,
  caller: Caller,
  { owner, level, contributionIds }: PlaceHoldInput,
): Result<HoldOwner, Refusal> {
  const { kind } = account;
  const owners = ownersFor(account, caller);
  const chosen = owner ?? owners[0];
  if (chosen === undefined || !owners.includes(chosen)) {
    return refuse({ code: 'permission-denied', detail: `You can hold this account as: ${owners.join(', ')}.` });
  }
  if (!levelsOf[chosen].includes(level)) {
    return invalid('/level', `A ${chosen} holds: ${levelsOf[chosen].join(', ')}.`);
  }
  if (contributionIds !== undefined && level !== 'recurring_in') {
    return invalid('/level', 'Chosen contributions are held at the level recurring_in.');
  }
  // Nobody outside holds money here: there is nothing to hold but what is given, by name.
  const isOutside = kind === 'person' || kind === 'organisation';
  return isOutside && contributionIds === undefined
    ? invalid('/contributionIds', 'What somebody gives is paused by name.')
    : accept(chosen);
}

function newHold(
  deps: ContributionDependencies,
  account: Account,
  {
    owner,
    chosen,
    userId,
    level,
    reason,
    message,
    until,
    missedPeriods,
    contributionIds,
  }: PlaceHoldInput & { readonly owner: HoldOwner; readonly chosen: readonly string[]; readonly userId: string },
  now: string,
): Extract<HoldEventData, { type: 'placed' }>['hold'] {
  return {
    id: deps.ids.next('hold', now),
    accountId: account.id,
    hostId: hostIdOf(account),
    scope: contributionIds === undefined ? { kind: 'account' } : { kind: 'contributions', contributionIds: chosen },
    level,
    owner,
    reason,
    message,
    missedPeriods,
    from: now,
    until,
    placedBy: userId,
    remindAt: minutesAfter(now, firstReminderDays * 24 * 60),
    createdAt: now,
  };
}

async function heldContributions(
  deps: ContributionDependencies,
  account: Account,
  hold: AccountHold,
  occasion: Occasion,
) {
  const ids = hold.scope.kind === 'contributions' ? hold.scope.contributionIds : [];
  const found = await Promise.all(ids.map((id) => deps.store.contribution(id)));
  const wrong = found.flatMap((stored, index) => {
    const detail = problemWith(stored, account, hold);
    return detail === undefined ? [] : [{ pointer: `/contributionIds/${index}`, detail }];
  });
  if (wrong.length > 0) {
    return refuse({ code: 'validation-failed', errors: wrong } as const);
  }
  const { id, owner, reason, message, from, until, missedPeriods } = hold;
  const data: ContributionEventData = {
    type: 'held',
    hold: { id, owner, reason, message, from, until, missedPeriods },
  };
  return accept(
    found.flatMap((before) =>
      before === undefined
        ? []
        : [
            {
              before: before.contribution,
              ...sealContribution(deps, { id: before.contribution.id, before }, [data], occasion),
            },
          ],
    ),
  );
}

function problemWith(
  stored: StoredContribution | undefined,
  account: Account,
  { owner }: Pick<AccountHold, 'owner'>,
): string | undefined {
  const contribution = stored?.contribution;
  const isTheirs =
    contribution !== undefined &&
    (owner === 'contributor'
      ? contribution.contributor.accountId === account.id
      : isReceivedBy(contribution, account, owner));
  if (contribution === undefined || !isTheirs) {
    return 'The account has no such contribution.';
  }
  if (contribution.status !== 'active') {
    return `It is ${contribution.status}.`;
  }
  return contribution.holds.some((hold) => hold.owner === owner) ? 'You hold it already.' : undefined;
}

/** What was agreed under another host is not this host's to hold. */
const isReceivedBy = ({ collective }: Contribution, account: Account, owner: HoldOwner): boolean =>
  collective.hostId === account.id ||
  (collective.accountId === account.id && (owner !== 'host' || collective.hostId === hostIdOf(account)));

/** How long an answer waits for charges that had begun before the hold was written. */
const settleAttempts = 10;
const settleMilliseconds = 100;

/**
 * Charges that had begun are asked for at their processor just now; most have their answer in a moment. What is still open
 * after that is named in the answer, so that nobody takes it for a charge that came after the pause.
 */
async function settled(
  countUnderWay: () => Promise<number>,
  answered: Extract<Awaited<Outcome>, { ok: true }>,
): Outcome {
  let underWay = await countUnderWay();
  for (let attempt = 0; attempt < settleAttempts && underWay > 0 && !answered.value.replayed; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, settleMilliseconds));
    underWay = await countUnderWay();
  }
  return accept({ ...answered.value, body: { ...(answered.value.body as HoldView), underWay } });
}

/** How many of the chosen contributions have a charge that was begun and has no end yet. */
async function chargesOf(deps: ContributionDependencies, contributionIds: readonly string[]): Promise<number> {
  const found = await Promise.all(contributionIds.map((id) => deps.store.contribution(id)));
  return found.filter((stored) => stored?.contribution.charge && stored.contribution.charge.state !== 'waiting').length;
}

// --- Lifting and reading ---------------------------------------------------------------------------------------------

export type HoldView = ReturnType<typeof holdView>;

/** @param underWay charges that had begun when the hold was placed and have no answer yet; null when it was not asked */
export function holdView(hold: AccountHold, underWay: number | null) {
  return {
    id: hold.id,
    version: hold.version,
    status: hold.status,
    accountId: hold.accountId,
    contributionIds: hold.scope.kind === 'contributions' ? hold.scope.contributionIds : null,
    level: hold.level,
    owner: hold.owner,
    reason: hold.reason,
    message: hold.message,
    missedPeriods: hold.missedPeriods,
    from: hold.from,
    until: hold.until,
    lifted: hold.lifted && { at: hold.lifted.at, how: hold.lifted.how },
    reminders: hold.reminders,
    underWay,
    createdAt: hold.createdAt,
    updatedAt: hold.updatedAt,
  };
}

/** Lifts a hold of the caller's own; others' stay. What was to be collected is collected when the batch comes round. */
export function liftAccountHold(deps: ContributionDependencies, meta: RequestMeta, holdId: string): Outcome {
  return execute(deps, meta, {
    reads: { holdId },
    // Who may know of it is known once its account is; until then nobody is told anything.
    authorise: (read) => (read.hold === undefined ? notFound('hold') : undefined),
    decide: async (read, now) => {
      const stored = read.hold;
      const account = stored && (await deps.store.account(stored.hold.accountId));
      const caller = callerOf(meta, read);
      if (stored === undefined || account === undefined || !mayRead(account, caller, 'readHolds')) {
        return refuse(notFound('hold'));
      }
      const owners = ownersFor(account, caller);
      const data = decideLift(stored.hold, owners);
      if (!data.ok) {
        return data;
      }
      const occasion = { actor: { userId: meta.userId, capacity: `${stored.hold.owner}@hold` }, at: now };
      const change = await holdChange(deps, stored, data.value, occasion);
      const after = change.holds?.[0]?.after ?? stored.hold;
      return accept({ change, answer: { status: 200, body: holdView(after, null), version: after.version } });
    },
  });
}

export async function getHold(deps: ContributionDependencies, userId: string, holdId: string): Outcome {
  const { hold: stored, memberships } = await deps.store.readForCommand({ userId, holdId });
  const account = stored && (await deps.store.account(stored.hold.accountId));
  if (stored === undefined || account === undefined || !mayRead(account, { userId, memberships }, 'readHolds')) {
    return refuse(notFound('hold'));
  }
  return accept({
    status: 200,
    body: holdView(stored.hold, null),
    version: stored.hold.version,
    replayed: false,
  });
}

/** An account's holds, newest first; those that are over as well. */
export async function listHolds(
  deps: ContributionDependencies,
  userId: string,
  accountId: string,
  { limit, position }: { readonly limit: number; readonly position?: Position | undefined },
): Promise<Result<Slice<HoldView>, Refusal>> {
  const found = await readable(deps, userId, accountId, 'readHolds');
  if (!found.ok) {
    return found;
  }
  const page = await deps.store.listHolds(accountId, limit, position);
  return accept({ items: page.items.map((hold) => holdView(hold, null)), next: page.next });
}
