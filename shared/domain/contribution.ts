/**
 * A contribution: an agreement to give, month by month, year by year, or once. Each period makes one payment intent, when
 * money has really moved; until then what is tried is written here (semantics §1, §4).
 */
import { earliest, type HoldOwner, type HoldReason, type MissedPeriods } from './hold.ts';
import type { Money } from './money.ts';
import type { Actor, Party } from './payment-intent.ts';
import type { MethodInUse } from './payment-method.ts';

export const contributionIntervals = ['once', 'month', 'year'] as const;
export type ContributionInterval = (typeof contributionIntervals)[number];

export const contributionStatuses = ['active', 'completed', 'canceled'] as const;
export type ContributionStatus = (typeof contributionStatuses)[number];

/** A hold on this contribution alone; holds on its collective and on its host stand with those. */
export type OwnHold = {
  readonly id: string;
  readonly owner: HoldOwner;
  readonly reason: HoldReason | 'at_processor';
  /** To the contributor, from whoever holds it. */
  readonly message?: string | null;
  readonly from: string;
  readonly until: string | null;
  readonly missedPeriods: MissedPeriods;
};

/**
 * A charge that was begun and has no good end yet. `asking`: the processor is being asked. `unclear`: it may or may not have
 * happened. `pending`: the processor has taken it on. `waiting`: it certainly did not happen, and is tried again.
 */
export type Charge = {
  readonly index: number;
  readonly period: string;
  /** Starts at 1; grows when the payer's side said no. */
  readonly attempt: number;
  /** How often in a row nothing could be asked at all. */
  readonly faults: number;
  readonly lookUps: number;
  readonly key: string;
  readonly method: MethodInUse;
  readonly startedAt: string;
  readonly state: 'asking' | 'unclear' | 'pending' | 'waiting';
  /** When it is looked up, or tried again. */
  readonly nextAt: string;
  readonly reason: string | null;
};

/** A period that is paid by bank transfer and was not confirmed yet (B7): never a balance. */
export type ExpectedPeriod = {
  readonly index: number;
  readonly period: string;
  readonly since: string;
  readonly graceUntil: string;
  readonly status: 'expected' | 'unconfirmed';
};

export type ProcessorState = 'running' | 'suspended' | 'canceled';

/** What a processor that charges by itself was told and has taken in; what is wanted follows from the holds. */
export type Told = {
  readonly observed: ProcessorState;
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly lastError: string | null;
  /** Since when it is so by the processor's own word; what is older than this is not news. */
  readonly saidAt?: string;
};

export type Retiring = Omit<Told, 'observed'> & { readonly method: MethodInUse };

export type Contribution = {
  readonly id: string;
  readonly version: number;
  readonly status: ContributionStatus;
  readonly contributor: Party;
  /** The collective, with the host that holds its money. */
  readonly collective: Party;
  readonly amount: Money;
  readonly interval: ContributionInterval;
  /** First day (YYYY-MM-DD) in the host's time zone; its day of the month is the anchor day. */
  readonly startsOn: string;
  /** When the first period begins: the start of that day, or the moment of the agreement if that is later. */
  readonly firstAt: string;
  readonly timeZone: string;
  readonly tier: string | null;
  readonly method: MethodInUse;
  readonly methodLabel: string;
  readonly holds: readonly OwnHold[];
  /** As on a guard: periods that began before are not collected. */
  readonly skipUntil: string | null;
  /** The first period that nothing was decided about yet, and when it begins; null when there is no other. */
  readonly next: number;
  readonly nextAt: string | null;
  /** The first of the periods that passed under a hold, while it is open whether they are collected. */
  readonly missedFrom: number | null;
  /** When missed periods are to be collected at once; null when that waits for the next period, or for a hold. */
  readonly collectAt: string | null;
  readonly charge: Charge | null;
  readonly expected: readonly ExpectedPeriod[];
  /** Left alone until somebody takes it up again (B5). */
  readonly setAside: { readonly reason: string; readonly since: string; readonly index: number | null } | null;
  /** For methods that the processor charges by itself. */
  readonly told: Told | null;
  /** A subscription that was left for another method and still has to end at its processor. */
  readonly retiring: Retiring | null;
  /** Others of them, left one after the other before the first had ended; `retiring` is the one whose turn comes first. */
  readonly retiringLater: readonly Retiring[];
  /** How many periods were charged, and how many were not because of holds. */
  readonly charged: number;
  readonly passed: number;
  /** How many attempts were refused, ever: part of a charge's key, so that no refusal is handed out a second time. */
  readonly refusals: number;
  readonly lastChargedAt: string | null;
  readonly canceled: { readonly at: string; readonly by: string; readonly reason: string } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type Agreement = Pick<
  Contribution,
  | 'contributor'
  | 'collective'
  | 'amount'
  | 'interval'
  | 'startsOn'
  | 'firstAt'
  | 'timeZone'
  | 'tier'
  | 'method'
  | 'methodLabel'
>;

export type ContributionEventData =
  | { readonly type: 'created'; readonly agreement: Agreement }
  | {
      readonly type: 'charge_started';
      readonly charge: Omit<Charge, 'state' | 'reason' | 'lookUps' | 'startedAt'>;
      /** Earlier periods that this charge stands for or leaves behind: at most one is charged. */
      readonly passed: number;
      readonly next: number;
      readonly nextAt: string | null;
    }
  | { readonly type: 'charge_refused'; readonly reason: string; readonly retryAt: string | null }
  | { readonly type: 'charge_broken'; readonly reason: string; readonly retryAt: string | null }
  | { readonly type: 'charge_unclear'; readonly reason: string; readonly lookUpAt: string }
  | { readonly type: 'charge_pending'; readonly reference: string; readonly lookUpAt: string }
  | { readonly type: 'charge_not_found'; readonly retryAt: string }
  | {
      readonly type: 'charged';
      readonly period: string;
      readonly intentId: string;
      readonly amount: Money;
      readonly processorFee: number;
      /** What the processor keeps was not to be found out: it is booked as nothing. */
      readonly isFeeUnknown?: true;
      /** The number of the period, of a charge that was given up and had succeeded all the same. */
      readonly index?: number;
      readonly hostFee: number;
      readonly reference: string | null;
      readonly paidAt: string;
      /** `expected`: the host confirmed a bank transfer. `processor`: a subscription there paid by itself. */
      readonly source: 'charge' | 'expected' | 'processor';
    }
  /** Money that came when the collective was with its host no more: it waits in that host's suspense. */
  | {
      readonly type: 'payment_in_suspense';
      readonly period: string;
      readonly suspenseId: string;
      readonly amount: Money;
      readonly processorFee: number;
      readonly reference: string | null;
      readonly paidAt: string;
    }
  | {
      readonly type: 'periods_passed';
      /** `paid`: the newest of them was paid already. */
      readonly why: 'held' | 'skipped' | 'paid';
      readonly from: number;
      readonly to: number;
      readonly next: number;
      readonly nextAt: string | null;
    }
  | {
      readonly type: 'period_expected';
      readonly index: number;
      readonly period: string;
      readonly graceUntil: string;
      readonly passed: number;
      readonly next: number;
      readonly nextAt: string | null;
    }
  | { readonly type: 'period_unconfirmed'; readonly period: string }
  | { readonly type: 'held'; readonly hold: OwnHold }
  | { readonly type: 'released'; readonly holdId: string; readonly missedPeriods: MissedPeriods }
  | {
      readonly type: 'method_changed';
      readonly method: MethodInUse;
      readonly label: string;
      /** A subscription at a processor keeps its own calendar: what is due here changes with who charges. */
      readonly next: number;
      readonly nextAt: string | null;
    }
  | {
      readonly type: 'told';
      readonly observed: ProcessorState;
      readonly source: 'us' | 'processor';
      /** Since when, where the processor says so by itself. */
      readonly saidAt?: string;
    }
  | {
      readonly type: 'telling_failed';
      readonly wanted: ProcessorState;
      readonly reason: string;
      readonly retryAt: string | null;
    }
  | { readonly type: 'retired' }
  | { readonly type: 'retiring_failed'; readonly reason: string; readonly retryAt: string }
  /** The processor that charges by itself could not; it tries again by its own rules. */
  | { readonly type: 'payment_failed'; readonly reason: string }
  | { readonly type: 'set_aside'; readonly reason: string }
  | { readonly type: 'taken_up' }
  | { readonly type: 'canceled'; readonly reason: string };

export type ContributionEventType = ContributionEventData['type'];

type Occurrence = {
  readonly subjectId: string;
  readonly number: number;
  readonly at: string;
  readonly actor: Actor;
  readonly data: ContributionEventData;
};

/**
 * The state after an event: the stored contribution is always the fold of its history.
 * @throws when the event cannot follow
 */
export function applyContribution(before: Contribution | undefined, event: Occurrence): Contribution {
  const { data, number, at, subjectId } = event;
  if (before === undefined) {
    if (data.type !== 'created' || number !== 1) {
      throw new Error(`A contribution's history cannot begin with ${data.type} as event ${number}.`);
    }
    return begun(subjectId, data.agreement, at);
  }
  if (number !== before.version + 1) {
    throw new Error(`Event ${number} cannot follow version ${before.version}.`);
  }
  return { ...before, ...consequence(before, event), version: number, updatedAt: at };
}

function begun(id: string, agreement: Agreement, at: string): Contribution {
  return {
    ...agreement,
    id,
    version: 1,
    status: 'active',
    holds: [],
    skipUntil: null,
    next: 0,
    nextAt: agreement.method.chargedBy === 'processor' ? null : agreement.firstAt,
    missedFrom: null,
    collectAt: null,
    charge: null,
    expected: [],
    setAside: null,
    told: toldOf(agreement.method),
    retiring: null,
    retiringLater: [],
    charged: 0,
    passed: 0,
    refusals: 0,
    lastChargedAt: null,
    canceled: null,
    createdAt: at,
    updatedAt: at,
  };
}

const toldOf = ({ chargedBy }: MethodInUse): Told | null =>
  chargedBy === 'processor' ? { observed: 'running', attempts: 0, nextAttemptAt: null, lastError: null } : null;

/**
 * One that is chosen again is what the processor was told last; one that was to end, nobody knows how far that went: it is
 * asked about, whatever it should be.
 */
function toldAnew({ told, method, retiring, retiringLater }: Contribution, next: MethodInUse): Told | null {
  if (method.id === next.id) {
    return told;
  }
  const wasLeft = [retiring, ...retiringLater].some((left) => left?.method.id === next.id);
  const anew = toldOf(next);
  return anew !== null && wasLeft ? { ...anew, lastError: 'It was to end, and is used again.' } : anew;
}

/** What the processor is told changes now; it is asked as soon as the clock comes round. */
const toBeTold = (told: Told | null, at: string): Told | null =>
  told === null ? null : { ...told, attempts: 0, nextAttemptAt: at };

function consequence(before: Contribution, { data, at, actor }: Occurrence): Partial<Contribution> {
  const { charge } = before;
  switch (data.type) {
    case 'created':
      throw new Error('A contribution is created once.');
    case 'charge_started':
      return {
        charge: {
          ...data.charge,
          state: 'asking',
          reason: null,
          lookUps: 0,
          startedAt: startOf(charge, data.charge, at),
        },
        missedFrom: null,
        collectAt: null,
        passed: before.passed + data.passed,
        next: data.next,
        nextAt: data.nextAt,
      };
    case 'charge_refused':
      return {
        ...failed(before, { attempt: (charge?.attempt ?? 0) + 1, faults: 0 }, data, at),
        refusals: before.refusals + 1,
      };
    case 'charge_broken':
      return failed(before, { faults: (charge?.faults ?? 0) + 1 }, data, at);
    case 'charge_unclear':
      return {
        charge: charge && {
          ...charge,
          state: 'unclear',
          lookUps: charge.lookUps + 1,
          nextAt: data.lookUpAt,
          reason: data.reason,
        },
      };
    case 'charge_pending':
      return {
        charge: charge && {
          ...charge,
          state: 'pending',
          lookUps: charge.lookUps + 1,
          nextAt: data.lookUpAt,
          reason: null,
        },
      };
    case 'charge_not_found':
      return {
        charge: charge && isChargedByUs(before) ? { ...charge, state: 'waiting', nextAt: data.retryAt } : null,
      };
    case 'charged':
      return {
        charge: data.source === 'charge' && charge?.period === data.period ? null : charge,
        expected: before.expected.filter(({ period }) => data.source !== 'expected' || period !== data.period),
        charged: before.charged + 1,
        lastChargedAt: data.paidAt,
        setAside: isMendedBy(before, data.source) ? null : before.setAside,
        collectAt:
          before.setAside !== null && before.missedFrom !== null && isMendedBy(before, data.source)
            ? at
            : before.collectAt,
        told:
          data.source === 'processor' && before.told !== null && before.told.attempts === 0
            ? { ...before.told, lastError: null }
            : before.told,
        ...(before.interval === 'once' && before.status === 'active' ? { status: 'completed' } : {}),
        ...(data.index === undefined ? {} : nothingToCollect(before, data.index)),
      };
    case 'payment_in_suspense':
      return { charge: charge?.period === data.period ? null : charge };
    case 'periods_passed':
      return data.why === 'held'
        ? {
            charge: null,
            missedFrom: before.missedFrom ?? data.from,
            collectAt: null,
            next: data.next,
            nextAt: data.nextAt,
          }
        : {
            charge: null,
            missedFrom: null,
            collectAt: null,
            passed: before.passed + data.to - data.from + (data.why === 'paid' ? 0 : 1),
            next: data.next,
            nextAt: data.nextAt,
            // A gift that was meant for one moment is over when that moment was skipped.
            ...(data.nextAt === null ? { status: 'completed' } : {}),
          };
    case 'period_expected':
      return {
        expected: [
          ...before.expected,
          { index: data.index, period: data.period, since: at, graceUntil: data.graceUntil, status: 'expected' },
        ],
        charge: null,
        missedFrom: null,
        collectAt: null,
        passed: before.passed + data.passed,
        next: data.next,
        nextAt: data.nextAt,
      };
    case 'period_unconfirmed':
      return {
        expected: before.expected.map((expected) =>
          expected.period === data.period ? { ...expected, status: 'unconfirmed' } : expected,
        ),
      };
    case 'held':
      return { holds: [...before.holds, data.hold], told: toBeTold(before.told, at) };
    case 'released':
      return {
        holds: before.holds.filter(({ id }) => id !== data.holdId),
        skipUntil: data.missedPeriods === 'skip' ? at : before.skipUntil,
        // What is given once has no next period at which it would be seen that this one was skipped.
        collectAt:
          before.missedFrom !== null && (data.missedPeriods === 'collect_once' || before.nextAt === null)
            ? at
            : before.collectAt,
        told: toBeTold(before.told, at),
      };
    case 'method_changed':
      return {
        method: data.method,
        methodLabel: data.label,
        told: toBeTold(toldAnew(before, data.method), at),
        ...retiringOf(before, data.method, at),
        nextAt: data.nextAt,
        next: data.next,
        ...(data.method.chargedBy === 'processor' ? leftToProcessor(before) : resumed(before, at)),
      };
    case 'told':
      if (
        before.told !== null &&
        data.source === 'processor' &&
        data.saidAt !== undefined &&
        data.observed === before.told.observed
      ) {
        // It says what is known: only that nothing older counts from now on is new.
        return { told: { ...before.told, saidAt: data.saidAt } };
      }
      return {
        told: before.told && {
          ...before.told,
          ...(data.saidAt === undefined || data.saidAt < (before.told.saidAt ?? '') ? {} : { saidAt: data.saidAt }),
          observed: data.observed,
          attempts: 0,
          // What is wanted may have changed while the processor was told: it is looked at again until nothing changes.
          nextAttemptAt: data.observed === before.told.observed && before.told.lastError === null ? null : at,
          lastError: null,
        },
        ...(before.setAside?.index === null ? { setAside: null } : {}),
      };
    case 'telling_failed':
      return {
        told: before.told && {
          ...before.told,
          attempts: before.told.attempts + 1,
          nextAttemptAt: data.retryAt,
          lastError: data.reason,
        },
        ...(data.retryAt === null ? { setAside: { reason: data.reason, since: at, index: null } } : {}),
      };
    case 'retired':
      return inTurn(before.retiringLater);
    case 'retiring_failed':
      return before.retiring === null
        ? {}
        : inTurn([
            ...before.retiringLater,
            {
              ...before.retiring,
              attempts: before.retiring.attempts + 1,
              nextAttemptAt: data.retryAt,
              lastError: data.reason,
            },
          ]);
    case 'payment_failed':
      return { told: before.told && { ...before.told, lastError: data.reason } };
    case 'set_aside':
      return { setAside: { reason: data.reason, since: at, index: null } };
    case 'taken_up':
      return { told: toBeTold(before.told, at), ...resumed(before, at) };
    case 'canceled':
      return {
        status: 'canceled',
        canceled: { at, by: actor.userId, reason: data.reason },
        nextAt: null,
        missedFrom: null,
        setAside: null,
        // What the processor was asked has to be known to its end; what was only going to be asked is not asked.
        charge: charge?.state === 'waiting' ? null : charge,
        told: toBeTold(before.told, at),
      };
  }
}

/** Of the periods that were missed the newest would be charged, if any: it is paid. */
const nothingToCollect = ({ missedFrom, next, passed }: Contribution, paid: number): Partial<Contribution> =>
  missedFrom !== null && paid === next - 1
    ? { missedFrom: null, collectAt: null, passed: passed + paid - missedFrom }
    : {};

/**
 * After so many look-ups, which is two weeks, nobody goes on waiting for the answer: a person is told, and what waits for it, such
 * as a collective that wants to leave its host, waits no more. It is looked up every day all the same.
 */
export const lookUpsAwaited = 16;

/** Whether a charge was asked for and its answer is waited for. */
export const isAwaited = ({ charge }: Pick<Contribution, 'charge'>): boolean =>
  charge !== null && charge.state !== 'waiting' && charge.lookUps < lookUpsAwaited;

/** An attempt that goes on under its key began when the key was first used. */
const startOf = (before: Charge | null, { key }: Pick<Charge, 'key'>, at: string): string =>
  before?.key === key ? before.startedAt : at;

/** What has ended, or is charged elsewhere now, is not tried again from here. */
const isChargedByUs = ({ status, method }: Pick<Contribution, 'status' | 'method'>): boolean =>
  status === 'active' && method.chargedBy !== 'processor';

/** A charge that certainly did not happen: it waits for its next try, or is set aside. */
function failed(
  before: Contribution,
  counts: Partial<Pick<Charge, 'attempt' | 'faults'>>,
  { reason, retryAt }: { readonly reason: string; readonly retryAt: string | null },
  at: string,
): Partial<Contribution> {
  const { charge } = before;
  if (charge === null || !isChargedByUs(before)) {
    return { charge: null };
  }
  return retryAt === null
    ? { charge: null, setAside: { reason, since: at, index: charge.index } }
    : { charge: { ...charge, ...counts, state: 'waiting', nextAt: retryAt, reason } };
}

/** Money that came mends what was set aside for want of it, but not a call to the processor that went on failing. */
const isMendedBy = ({ setAside, told }: Contribution, source: 'charge' | 'expected' | 'processor'): boolean =>
  setAside?.index == null ? (told?.attempts ?? 0) === 0 : source === 'charge';

/** The processor has a calendar of its own: what was open here is given up, so that nothing is paid twice. */
function leftToProcessor({ charge, setAside, missedFrom, next, passed }: Contribution): Partial<Contribution> {
  const waiting = charge?.state === 'waiting' ? charge : null;
  const from = Math.min(missedFrom ?? next, setAside?.index ?? next, waiting?.index ?? next);
  return {
    charge: waiting === null ? charge : null,
    setAside: null,
    missedFrom: null,
    collectAt: null,
    passed: passed + next - from,
  };
}

/** Taken up again: the period that failed is tried once more, at once. */
function resumed(before: Contribution, at: string): Partial<Contribution> {
  const { setAside, charge, missedFrom, collectAt, interval } = before;
  if (charge?.state === 'waiting') {
    return { setAside: null, charge: { ...charge, nextAt: at } };
  }
  if (setAside?.index == null) {
    return { setAside: null, collectAt: setAside !== null && missedFrom !== null ? at : collectAt };
  }
  return interval === 'once'
    ? { setAside: null, next: setAside.index, nextAt: at }
    : { setAside: null, missedFrom: missedFrom ?? setAside.index, collectAt: collectAt ?? at };
}

type AllRetiring = Pick<Contribution, 'retiring' | 'retiringLater'>;

/** A subscription that is left has to end; one that is taken into use again has not. */
function retiringOf(before: Contribution, next: MethodInUse, at: string): AllRetiring {
  const { told, method, retiring, retiringLater } = before;
  const others = [...(retiring === null ? [] : [retiring]), ...retiringLater].filter(
    (other) => other.method.id !== next.id,
  );
  return inTurn(
    told === null || told.observed === 'canceled' || method.id === next.id
      ? others
      : [...others, { method, attempts: 0, nextAttemptAt: at, lastError: null }],
  );
}

/** One that cannot be ended does not keep the others waiting. */
function inTurn(all: readonly Retiring[]): AllRetiring {
  const [retiring = null, ...retiringLater] = all.toSorted((one, other) =>
    (one.nextAttemptAt ?? '') <= (other.nextAttemptAt ?? '') ? -1 : 1,
  );
  return { retiring, retiringLater };
}

/** When the clock has something to do with a contribution; null while nothing waits. */
export function contributionDueAt(contribution: Contribution): string | null {
  const { charge, told, retiring, expected, setAside, status, nextAt, collectAt } = contribution;
  const isUnderWay = charge !== null && charge.state !== 'waiting';
  // While it is open what became of a charge, no other is begun.
  const isRunning = isChargedByUs(contribution) && setAside === null && !isUnderWay;
  const times = [
    charge !== null && (isUnderWay || isRunning) ? charge.nextAt : null,
    setAside === null ? (told?.nextAttemptAt ?? null) : null,
    retiring?.nextAttemptAt ?? null,
    isRunning ? nextAt : null,
    isRunning ? collectAt : null,
    ...expected.map(({ status: state, graceUntil }) =>
      state === 'expected' && status === 'active' ? graceUntil : null,
    ),
  ].filter((time) => time !== null);
  return earliest(times);
}
