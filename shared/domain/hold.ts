/**
 * Holds on accounts and on contributions: pausing is not cancelling. Each hold has an owner; they add up, and lifting one
 * never lifts another's (requirements P3, semantics §4).
 */
import type { Refusal } from './refusals.ts';
import { accept, type Result, refuse } from './result.ts';

/** `recurring_in` is what "pause contributions" means; `full` stops whatever the others stop. */
export const holdLevels = ['recurring_in', 'new_in', 'out', 'full'] as const;
export type HoldLevel = (typeof holdLevels)[number];

export const holdOwners = ['host', 'collective', 'contributor', 'platform'] as const;
export type HoldOwner = (typeof holdOwners)[number];

export const holdReasons = ['information_needed', 'paperwork', 'unhosting', 'other'] as const;
export type HoldReason = (typeof holdReasons)[number];

/** What becomes of the periods that pass under a hold: nothing, or one charge for all of them (P2). */
export const missedPeriodChoices = ['skip', 'collect_once'] as const;
export type MissedPeriods = (typeof missedPeriodChoices)[number];

/** The levels that an owner may set: nobody stops more than is theirs. */
export const levelsOf: Readonly<Record<HoldOwner, readonly HoldLevel[]>> = {
  host: holdLevels,
  collective: ['recurring_in', 'new_in'],
  contributor: ['recurring_in'],
  platform: holdLevels,
};

export type HoldScope =
  | { readonly kind: 'account' }
  /** Chosen contributions, by id. */
  | { readonly kind: 'contributions'; readonly contributionIds: readonly string[] };

/** A place in the list of the contributions that a hold covers, as the store gives it. */
export type SpreadFrom = Readonly<Record<string, unknown>>;

export type AccountHold = {
  readonly id: string;
  readonly version: number;
  readonly status: 'active' | 'lifted';
  /** The account that the hold is on, or whose contributions were chosen. */
  readonly accountId: string;
  /** The account's host when the hold was placed; null for somebody outside. */
  readonly hostId: string | null;
  readonly scope: HoldScope;
  readonly level: HoldLevel;
  readonly owner: HoldOwner;
  readonly reason: HoldReason;
  /** To the contributors, or null. */
  readonly message: string | null;
  readonly missedPeriods: MissedPeriods;
  readonly from: string;
  /** When it ends by itself, or null. */
  readonly until: string | null;
  readonly placedBy: string;
  readonly lifted: { readonly at: string; readonly by: string; readonly how: 'lifted' | 'ended' } | null;
  /** How often its owner was reminded that it is still there (P7). */
  readonly reminders: number;
  readonly remindAt: string | null;
  /**
   * Whether what follows from it for single contributions has been set going: those that a processor charges by itself are
   * told there, those that are to be collected are collected. The hold itself needs none of that to hold.
   */
  readonly spread: 'waiting' | 'done';
  /** Where that goes on, when it was not done in one go. */
  readonly spreadFrom?: SpreadFrom | undefined;
  /** Whether the contributions that it covers end: chosen when a collective leaves its host. */
  readonly cancels?: true;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type HoldEventData =
  | {
      readonly type: 'placed';
      readonly hold: Omit<
        AccountHold,
        'version' | 'status' | 'lifted' | 'reminders' | 'spread' | 'spreadFrom' | 'updatedAt'
      >;
    }
  | { readonly type: 'lifted' }
  | { readonly type: 'ended' }
  | { readonly type: 'reminded'; readonly remindAt: string }
  /** @property woken how many contributions were looked at because of it; @property next where it goes on, unless it is done */
  | { readonly type: 'spread'; readonly woken: number; readonly next?: SpreadFrom };

/** The state after an event, as for intents. */
export function applyHold(
  hold: AccountHold | undefined,
  event: {
    readonly number: number;
    readonly at: string;
    readonly actor: { readonly userId: string };
    readonly data: HoldEventData;
  },
): AccountHold {
  const { data, number, at } = event;
  if (number !== (hold?.version ?? 0) + 1) {
    throw new Error(`Event ${number} cannot follow version ${hold?.version ?? 0}.`);
  }
  if (hold === undefined) {
    return placed(event);
  }
  const following = { ...hold, version: number, updatedAt: at };
  switch (data.type) {
    case 'placed':
      throw new Error('A hold is placed once.');
    case 'reminded':
      return { ...following, reminders: hold.reminders + 1, remindAt: data.remindAt };
    case 'spread':
      return { ...following, spread: data.next === undefined ? 'done' : 'waiting', spreadFrom: data.next };
    case 'lifted':
    case 'ended':
      return {
        ...following,
        status: 'lifted',
        lifted: { at, by: event.actor.userId, how: data.type },
        remindAt: null,
        spread: spreadOf(hold, ['recurring', 'new_once']),
        spreadFrom: undefined,
      };
  }
}

function placed({ data, at }: { readonly at: string; readonly data: HoldEventData }): AccountHold {
  if (data.type !== 'placed') {
    throw new Error(`A hold's history cannot begin with ${data.type}.`);
  }
  return {
    ...data.hold,
    version: 1,
    status: 'active',
    lifted: null,
    reminders: 0,
    spread: spreadOf(data.hold),
    updatedAt: at,
  };
}

/**
 * Chosen contributions carry the hold themselves. While one that is given once is held by `new_in`, only the lift brings it
 * back: it has no next period.
 */
const spreadOf = (
  { scope, level }: Pick<AccountHold, 'scope' | 'level'>,
  flows: readonly Flow[] = ['recurring'],
): AccountHold['spread'] =>
  scope.kind === 'account' && flows.some((flow) => levelsThatStop[flow].includes(level)) ? 'waiting' : 'done';

/** When the clock has something to do with a hold: to spread it, to end it, to remind its owner; null when nothing waits. */
export function holdDueAt({ status, until, remindAt, spread, updatedAt }: AccountHold): string | null {
  const times = [spread === 'waiting' ? updatedAt : null, ...(status === 'active' ? [until, remindAt] : [])].filter(
    (time) => time !== null,
  );
  return earliest(times);
}

/** @param times ISO 8601 UTC, which sort as text */
export const earliest = (times: readonly string[]): string | null => [...times].sort(byText)[0] ?? null;

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

/** The first reminder after 14 days, then weekly (P7). */
export const firstReminderDays = 14;
export const laterReminderDays = 7;

/** What the clock does to a hold now; an end wins over a reminder. */
export function decideHoldDue(hold: AccountHold, now: string, laterReminder: string): HoldEventData | undefined {
  if (hold.status !== 'active') {
    return undefined;
  }
  if (hold.until !== null && hold.until <= now) {
    return { type: 'ended' };
  }
  return hold.remindAt !== null && hold.remindAt <= now ? { type: 'reminded', remindAt: laterReminder } : undefined;
}

/** @param owners in whose name the caller may act on this account */
export function decideLift(hold: AccountHold, owners: readonly HoldOwner[]): Result<HoldEventData, Refusal> {
  if (!owners.includes(hold.owner)) {
    return refuse({
      code: 'not-hold-owner',
      detail: `This hold is the ${hold.owner}'s; only they lift it. A hold of your own is lifted by its own id.`,
    });
  }
  return hold.status === 'active'
    ? accept({ type: 'lifted' })
    : refuse({ code: 'hold-over', detail: 'This hold was lifted already, or has ended by itself.' });
}

// --- What stands in the way ------------------------------------------------------------------------------------------

/**
 * What the holds on one account come to: kept beside them, changed in the same transaction, and checked inside the
 * transaction of everything that they stop (P4).
 */
export type Guard = {
  readonly accountId: string;
  /** Who holds at which level now. */
  readonly levels: Readonly<Partial<Record<HoldLevel, readonly HoldOwner[]>>>;
  /** Periods that began before this instant are not collected: a hold that skips what it covered was lifted then. */
  readonly skipUntil: string | null;
  /** How many charges have been asked for and have no answer yet. */
  readonly underWay: number;
  /** How often the account has left a host, or was archived: what was decided before it did is not done after. */
  readonly moves: number;
};

export const openGuard = (accountId: string): Guard => ({
  accountId,
  levels: {},
  skipUntil: null,
  underWay: 0,
  moves: 0,
});

/** A charge of a contribution that runs; the start of one; a one-time contribution; money that leaves. */
export type Flow = 'recurring' | 'new_recurring' | 'new_once' | 'out';

export const levelsThatStop: Readonly<Record<Flow, readonly HoldLevel[]>> = {
  recurring: ['recurring_in', 'full'],
  new_recurring: ['recurring_in', 'new_in', 'full'],
  new_once: ['new_in', 'full'],
  out: ['out', 'full'],
};

/** @returns whose holds stop the flow; empty when it is free */
export function stoppedBy(guards: readonly Guard[], flow: Flow): readonly HoldOwner[] {
  const owners = guards.flatMap(({ levels }) => levelsThatStop[flow].flatMap((level) => levels[level] ?? []));
  return [...new Set(owners)];
}

export const onHold = (owners: readonly HoldOwner[]): Refusal => ({
  code: 'on-hold',
  detail: `Held by: ${owners.join(', ')}. It can go on when each of them has lifted its hold.`,
});
