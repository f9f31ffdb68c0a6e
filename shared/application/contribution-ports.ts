/** What the application needs from outside for contributions, holds and the batch; `shared/persistence` provides it. */
import type { Account } from '../domain/account.ts';
import type { Contribution, ContributionEventData } from '../domain/contribution.ts';
import type { AccountHold, Flow, Guard, HoldEventData, HoldLevel, HoldOwner } from '../domain/hold.ts';
import type { PaymentMethod, ProcessorName } from '../domain/payment-method.ts';
import type { Rollout } from '../domain/rollout.ts';
import type { Dependencies, HistoryEvent, Position, Slice } from './ports.ts';

export type ContributionEvent = HistoryEvent<ContributionEventData>;
export type HoldEvent = HistoryEvent<HoldEventData>;
/** What is told of an event, without what proves it. */
export type ToldEvent = Pick<ContributionEvent, 'id' | 'number' | 'at' | 'actor' | 'data'>;

export type StoredContribution = {
  readonly contribution: Contribution;
  readonly headHash: string;
  /** Until when a run of the batch has given it to a worker; null when nobody has it. */
  readonly leasedUntil: string | null;
};
export type StoredHold = { readonly hold: AccountHold; readonly headHash: string };

export type ContributionChange = {
  readonly before: Contribution | null;
  readonly after: Contribution;
  readonly events: readonly ContributionEvent[];
};
export type HoldChange = {
  readonly before: AccountHold | null;
  readonly after: AccountHold;
  readonly events: readonly HoldEvent[];
};

/** A hold as everybody sees it whom it keeps from something: by whom, since when, why, and until when (P7). */
export type ShownHold = Pick<AccountHold, 'id' | 'level' | 'owner' | 'reason' | 'message' | 'from' | 'until'>;

/** A guard with the holds that it comes from. */
export type ShownGuard = Guard & { readonly holds: readonly ShownHold[] };

/**
 * What a change does to the guard of an account, or asks of it. `place` and `lift` change all of its copies; the others pass
 * through the one copy that the contribution belongs to, and fail the whole transaction when a hold is in the way.
 */
export type GuardChange =
  | {
      readonly kind: 'place';
      readonly accountId: string;
      readonly level: HoldLevel;
      readonly owner: HoldOwner;
      readonly shown: ShownHold;
      /** The account leaves its host with it: only when no charge is under way. */
      readonly isLeaving?: boolean;
    }
  | {
      readonly kind: 'lift';
      readonly accountId: string;
      readonly level: HoldLevel;
      readonly owner: HoldOwner;
      /** From a hold that skips what it covered: the moment it was lifted. */
      readonly skipUntil: string | null;
    }
  /** A charge is begun: nothing holds the flow, the account is where it was seen to be, and one more is under way. */
  | {
      readonly kind: 'begin';
      readonly accountId: string;
      readonly contributionId: string;
      readonly flow: Flow;
      readonly moves: number;
    }
  /** The account leaves its host, or is archived: no charge is under way, in none of the copies. */
  | { readonly kind: 'leave'; readonly accountId: string }
  /** The account is where it was seen to be. */
  | { readonly kind: 'still'; readonly accountId: string; readonly contributionId: string; readonly moves: number }
  /** A charge has come to an end. */
  | { readonly kind: 'end'; readonly accountId: string; readonly contributionId: string }
  /** Nothing holds the flow, and the account is where it was seen to be, where that is said. */
  | {
      readonly kind: 'free';
      readonly accountId: string;
      readonly subjectId: string;
      readonly flow: Flow;
      readonly moves?: number;
    };

/** The part of a change that is about contributions. */
export type ContributionChanges = {
  readonly contributions?: readonly ContributionChange[];
  readonly holds?: readonly HoldChange[];
  readonly guards?: readonly GuardChange[];
  /** A period that is paid is paid once: `what` is the period, or the processor's name of the payment. */
  readonly paid?: readonly { readonly contributionId: string; readonly what: string; readonly intentId: string }[];
  /** What is begun only while it is not paid. */
  readonly unpaid?: readonly { readonly contributionId: string; readonly what: string }[];
  readonly paymentMethods?: readonly { readonly kind: 'added' | 'removed'; readonly method: PaymentMethod }[];
  readonly subscriptions?: readonly {
    readonly processor: ProcessorName;
    readonly reference: string;
    readonly contributionId: string;
  }[];
  /** A message of a processor that is acted on by this change; it is never acted on again. */
  readonly news?: { readonly processor: ProcessorName; readonly hostId: string; readonly eventId: string };
  /** The setting of the batch, and its history. */
  readonly rollout?: Rollout;
  /** A preview that was shown is still what it says. */
  readonly tallies?: readonly { readonly accountId: string; readonly version: number }[];
};

/** Contributions that an account receives and that are to be charged again, added up. */
export type Tally = { readonly version: number; readonly rows: readonly TallyRow[] };
export type TallyRow = {
  /** The host that they were agreed under. */
  readonly hostId: string;
  readonly processor: ProcessorName;
  readonly currency: string;
  readonly interval: 'month' | 'year';
  /** Whether a hold of their own keeps them already. */
  readonly isHeld: boolean;
  readonly contributions: number;
  /** Minor units for one interval, all together. */
  readonly amount: number;
};

export type ContributionListScope =
  | { readonly by: 'contributor' | 'collective'; readonly accountId: string }
  | { readonly by: 'host' | 'set-aside'; readonly hostId: string };

/** Something whose time has come, as the due index shows it: read again before anything is done. */
export type Due = {
  readonly id: string;
  readonly dueAt: string;
  /** The index key that was seen; a lease is taken on it. */
  readonly seen: string;
  readonly host: { readonly id: string; readonly slot: number };
};

export type DueContribution = Due & { readonly processor: ProcessorName };

export type DueQuery = {
  readonly shard: number;
  readonly now: string;
  readonly limit: number;
  readonly from?: Position | undefined;
  /** Hosts whose turn it is: those whose slot is below, and those that are named; everybody when it is left out. */
  readonly served?: { readonly slotBelow: number; readonly hostIds: readonly string[] } | undefined;
};

/** A run of the batch: what it found and did (requirements B6). */
export type BatchRun = {
  readonly id: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly servedAll: boolean;
  /** What was due and is given to workers by this run. */
  readonly found: number;
  /** What was due and not looked at for want of time; the next run begins with it. */
  readonly hasMore: boolean;
  /** When the oldest thing that was found should have been handed out, by how often its host is served; null for nothing. */
  readonly oldestDueAt: string | null;
  readonly outcomes: Readonly<Record<string, number>>;
};

/** What a contribution stands on: what holds its accounts, and the accounts themselves. */
export type Standing = { readonly guards: readonly ShownGuard[]; readonly accounts: readonly Account[] };

export type ContributionStore = {
  contribution(id: string): Promise<StoredContribution | undefined>;
  contributionEvents(id: string): Promise<readonly ContributionEvent[]>;
  /** The newest that were there at that number, newest first: the event itself, and so many before it. */
  contributionEventsUpTo(id: string, number: number, count: number): Promise<readonly ToldEvent[]>;
  /** Oldest first. */
  listContributionEvents(id: string, limit: number, from?: Position): Promise<Slice<ToldEvent>>;
  listContributions(scope: ContributionListScope, limit: number, from?: Position): Promise<Slice<Contribution>>;
  /** The guards that a contribution passes through, one copy of each account's, and the accounts; read consistently. */
  standing(contributionId: string, accountIds: readonly string[]): Promise<Standing>;
  /** The guards that a contribution passes through: one copy of each account's, read consistently. */
  guardsFor(contributionId: string, accountIds: readonly string[]): Promise<readonly ShownGuard[]>;
  /** An account's guard, with what is under way in all of its copies. */
  guard(accountId: string): Promise<Guard>;
  tally(accountId: string): Promise<Tally>;
  /** @returns the intent that a period, or a payment by the processor's name of it, was booked with */
  paidBy(contributionId: string, what: string): Promise<string | undefined>;

  hold(id: string): Promise<StoredHold | undefined>;
  holdEvents(id: string): Promise<readonly HoldEvent[]>;
  /** Newest first. */
  listHolds(accountId: string, limit: number, from?: Position): Promise<Slice<AccountHold>>;

  paymentMethod(accountId: string, id: string): Promise<PaymentMethod | undefined>;
  listPaymentMethods(accountId: string, limit: number, from?: Position): Promise<Slice<PaymentMethod>>;
  contributionOfSubscription(processor: ProcessorName, reference: string): Promise<string | undefined>;

  dueContributions(query: DueQuery): Promise<Slice<DueContribution>>;
  dueHolds(query: Omit<DueQuery, 'shard'>): Promise<Slice<Due>>;
  /** @returns whether the lease is ours; somebody else has it, or it was done already, when not */
  lease(kind: 'contribution' | 'hold', due: Due, until: string): Promise<boolean>;

  putBatchRun(run: BatchRun): Promise<void>;
  /** Adds to what a run's workers have done. */
  countInRun(runId: string, outcomes: Readonly<Record<string, number>>): Promise<void>;
  listBatchRuns(limit: number, from?: Position): Promise<Slice<BatchRun>>;
  rollout(): Promise<Rollout>;
  listRolloutChanges(limit: number, from?: Position): Promise<Slice<Rollout>>;
};

/** What it takes to work with contributions: the store of everything else as well, as their money is booked by intents. */
export type ContributionDependencies = Dependencies & { readonly store: Dependencies['store'] & ContributionStore };
