/**
 * What is to be done about one contribution now: pure, from its state, the holds that stand in its way and the calendar of
 * its periods. The batch and its workers only carry out what is decided here (semantics §4 and §5).
 */

import { entry, type Posting } from './books.ts';
import type { Charge, Contribution, ContributionEventData, ProcessorState } from './contribution.ts';
import { type Flow, type Guard, type HoldOwner, stoppedBy } from './hold.ts';
import { basisPointsOf, type Money } from './money.ts';
import { transfersUnconfirmed, unknownAtProcessor } from './own-reasons.ts';
import type { DraftEvent, PaymentIntent, Receipt } from './payment-intent.ts';
import { untouched } from './payment-intent.ts';

/** A period by its number: its first day in the host's time zone, and the instant it begins. */
export type Period = { readonly period: string; readonly at: string };

export type Surroundings = {
  /** The guards of the collective and of its host. */
  readonly guards: readonly Guard[];
  /** @returns null past the last period (a gift that is given once has one) */
  readonly periodAt: (index: number) => Period | null;
  readonly now: string;
  /** Instants that lie that many minutes or days after now. */
  readonly inMinutes: (minutes: number) => string;
  readonly inDays: (days: number) => string;
};

/** What to do next. `record` only writes; the others write before they ask anybody, or ask and write what came of it. */
export type Step =
  | { readonly do: 'nothing' }
  | { readonly do: 'record'; readonly data: ContributionEventData }
  | { readonly do: 'charge'; readonly data: ContributionEventData & { readonly type: 'charge_started' } }
  | { readonly do: 'look-up'; readonly charge: Charge }
  | { readonly do: 'tell'; readonly wanted: ProcessorState }
  | { readonly do: 'retire' };

const nothing: Step = { do: 'nothing' };

/** A processor answers within seconds; an answer that has not come by then is looked up. */
export const askingMinutes = 5;
/** After a refusal: 1, 3 and 7 days, then it is set aside (B5). */
const refusedDays = [1, 3, 7] as const;
/** When nothing could be asked at all. Longer and longer, about a week in all, then it is set aside. */
const brokenMinutes = [10, 30, 60, 240, 720, 1440, 1440, 1440, 1440] as const;
/** An answer that does not come: 5 minutes, an hour, then daily, for as long as it takes. */
const lookUpMinutes = [5, 60, 1440] as const;
/** How long a bank transfer may take before the period shows as unconfirmed (B7). */
export const graceDays = 10;
/** More open bank transfers than this are nobody's oversight. */
/** As many as {@link transfersUnconfirmed} says. */
const expectedMax = 12;

export function decideStep(contribution: Contribution, around: Surroundings): Step {
  const { charge, told, retiring, status, setAside, method } = contribution;
  const { now } = around;
  const isUnderWay = charge !== null && charge.state !== 'waiting';
  if (isUnderWay && charge.nextAt <= now) {
    return { do: 'look-up', charge };
  }
  if (retiring !== null && (retiring.nextAttemptAt ?? now) <= now) {
    return { do: 'retire' };
  }
  if (told !== null && setAside === null && (told.nextAttemptAt === null || told.nextAttemptAt <= now)) {
    const wanted = wantedAtProcessor(contribution, around.guards);
    // After a call that failed nobody knows for sure what the processor took in.
    const isSure = told.nextAttemptAt === null || told.lastError === null;
    if (told.observed !== 'canceled' && (wanted !== told.observed || !isSure)) {
      return { do: 'tell', wanted };
    }
    // Wanted and observed came to be the same without a call: a pause that was lifted before anybody was told of it.
    if (told.nextAttemptAt !== null) {
      return { do: 'record', data: { type: 'told', observed: told.observed, source: 'us' } };
    }
  }
  if (status !== 'active') {
    return nothing;
  }
  const overdue = contribution.expected.find(
    ({ status: state, graceUntil }) => state === 'expected' && graceUntil <= now,
  );
  if (overdue !== undefined) {
    return { do: 'record', data: { type: 'period_unconfirmed', period: overdue.period } };
  }
  return setAside !== null || isUnderWay || method.chargedBy === 'processor'
    ? nothing
    : periodStep(contribution, around);
}

/** What a processor that charges by itself should be doing: the holds decide, whoever set them. */
export function wantedAtProcessor(contribution: Contribution, guards: readonly Guard[]): ProcessorState {
  return contribution.status === 'canceled'
    ? 'canceled'
    : heldBy(contribution, guards).length > 0
      ? 'suspended'
      : 'running';
}

/** A pause of recurring contributions leaves what is given once alone (requirements P3). */
export const flowOf = ({ interval }: Pick<Contribution, 'interval'>): Flow =>
  interval === 'once' ? 'new_once' : 'recurring';

/** @returns whose holds keep the contribution, its own and those of its collective and host; empty when it runs */
export function heldBy(contribution: Contribution, guards: readonly Guard[]): readonly HoldOwner[] {
  const own = contribution.holds.map(({ owner }) => owner);
  return [...new Set([...own, ...stoppedBy(guards, flowOf(contribution))])];
}

function periodStep(contribution: Contribution, around: Surroundings): Step {
  const { charge, missedFrom, next } = contribution;
  const { now, periodAt, guards } = around;
  const end = endOfDue(contribution, around);
  const isRetried = charge !== null && charge.nextAt <= now;
  const isHeld = heldBy(contribution, guards).length > 0;
  if (end === next && !isRetried && (missedFrom === null || isHeld)) {
    return contribution.collectAt === null
      ? nothing
      : passed(contribution, around, { why: 'held', from: missedFrom ?? next, to: next - 1 });
  }
  const from = Math.min(missedFrom ?? next, charge?.index ?? next, next);
  const to = end - 1;
  if (isHeld) {
    return passed(contribution, around, { why: 'held', from, to });
  }
  // What is given once is skipped only when it did wait for a hold: a guard does not say which flow its hold had stopped.
  const isCovered = contribution.interval !== 'once' || missedFrom !== null;
  const skipUntil = isCovered ? latest([contribution.skipUntil, ...guards.map((guard) => guard.skipUntil)]) : '';
  const last = periodAt(to);
  if (last === null || last.at < skipUntil) {
    return passed(contribution, around, { why: 'skipped', from, to });
  }
  const following = { next: end, nextAt: periodAt(end)?.at ?? null };
  // However many periods passed, at most one is charged: the newest.
  const behind = { passed: to - from, ...following };
  if (contribution.method.chargedBy === 'contributor') {
    return contribution.expected.length >= expectedMax
      ? { do: 'record', data: { type: 'set_aside', reason: transfersUnconfirmed } }
      : {
          do: 'record',
          data: {
            type: 'period_expected',
            index: to,
            period: last.period,
            graceUntil: around.inDays(graceDays),
            ...behind,
          },
        };
  }
  const isSame = charge !== null && charge.index === to && charge.method.id === contribution.method.id;
  const { attempt, faults } = isSame ? charge : { attempt: 1, faults: 0 };
  return {
    do: 'charge',
    data: {
      type: 'charge_started',
      charge: {
        index: to,
        period: last.period,
        attempt,
        faults,
        key: chargeKey(contribution, last.period),
        method: contribution.method,
        nextAt: around.inMinutes(askingMinutes),
      },
      ...behind,
    },
  };
}

/**
 * A processor does nothing twice under one key, and gives the same refusal again: after each refusal there is another key,
 * even when a hold or a setting aside came between the attempts.
 */
const chargeKey = ({ id, method, refusals }: Contribution, period: string): string =>
  `${id}:${period}:${method.id}:${refusals + 1}`;

/** @returns the number of the first period that has not begun */
function endOfDue({ next, nextAt }: Contribution, { periodAt, now }: Surroundings): number {
  if (nextAt === null || nextAt > now) {
    return next;
  }
  let end = next + 1;
  for (let period = periodAt(end); period !== null && period.at <= now; period = periodAt(end)) {
    end += 1;
  }
  return end;
}

function passed(
  { next }: Contribution,
  { periodAt }: Surroundings,
  { why, from, to }: { readonly why: 'held' | 'skipped'; readonly from: number; readonly to: number },
): Step {
  const following = Math.max(next, to + 1);
  return {
    do: 'record',
    data: { type: 'periods_passed', why, from, to, next: following, nextAt: periodAt(following)?.at ?? null },
  };
}

const latest = (times: readonly (string | null)[]): string =>
  times.reduce<string>((one, other) => (other !== null && other > one ? other : one), '');

// --- What came of it -------------------------------------------------------------------------------------------------

/** How a charge that was asked for ended, as far as anybody knows. */
export type ChargeEnd =
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'broken'; readonly reason: string; readonly retryAfterSeconds: number | null }
  | { readonly outcome: 'unknown'; readonly reason: string }
  | { readonly outcome: 'pending'; readonly reference: string }
  /** The processor certainly knows nothing of it. */
  | { readonly outcome: 'none' };

type Times = Pick<Surroundings, 'now' | 'inMinutes' | 'inDays'>;

/** What a charge that did not succeed becomes; the money stayed where it was, or nobody knows. */
export function decideChargeEnd(
  charge: Charge,
  end: ChargeEnd,
  { now, inMinutes, inDays }: Times,
): ContributionEventData {
  switch (end.outcome) {
    case 'refused': {
      const days = refusedDays[charge.attempt - 1];
      return { type: 'charge_refused', reason: end.reason, retryAt: days === undefined ? null : inDays(days) };
    }
    case 'broken': {
      // A look-up that could not be made says nothing about the charge.
      if (charge.state !== 'asking' || charge.nextAt <= now) {
        return { type: 'charge_unclear', reason: end.reason, lookUpAt: inMinutes(lookUpWait(charge)) };
      }
      const minutes = brokenWait(charge.faults, end);
      return { type: 'charge_broken', reason: end.reason, retryAt: minutes === null ? null : inMinutes(minutes) };
    }
    case 'unknown':
      return { type: 'charge_unclear', reason: end.reason, lookUpAt: inMinutes(lookUpWait(charge)) };
    case 'pending':
      return { type: 'charge_pending', reference: end.reference, lookUpAt: inMinutes(lookUpWait(charge)) };
    case 'none':
      return { type: 'charge_not_found', retryAt: now };
  }
}

/** @returns minutes, at least as many as the processor asked for; null when it was tried often enough */
function brokenWait(faults: number, end: ChargeEnd | TellEnd): number | null {
  const minutes = brokenMinutes[faults];
  const asked = end.outcome === 'broken' ? Math.ceil((end.retryAfterSeconds ?? 0) / 60) : 0;
  return minutes === undefined ? null : Math.max(minutes, asked);
}

const lookUpWait = ({ lookUps }: Charge): number => lookUpMinutes[Math.min(lookUps, lookUpMinutes.length - 1)] ?? 1440;

/** What becomes of a call that was to suspend, resume or cancel at the processor. */
export type TellEnd =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'pending'; readonly reference: string }
  | { readonly outcome: 'refused'; readonly code: 'declined' | 'gone' | 'not_possible'; readonly reason: string }
  | { readonly outcome: 'broken'; readonly reason: string; readonly retryAfterSeconds: number | null }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** Asked again and again, more and more rarely; after some days it is set aside where people see it. */
export function decideTellEnd(
  { told, status }: Contribution,
  wanted: ProcessorState,
  end: TellEnd,
  { inMinutes }: Times,
): readonly ContributionEventData[] {
  if (end.outcome === 'done' || end.outcome === 'pending') {
    return [{ type: 'told', observed: wanted, source: 'us' }];
  }
  if (end.outcome === 'refused' && end.code === 'gone') {
    const gone = { type: 'told', observed: 'canceled', source: 'processor' } as const;
    return status === 'canceled' ? [gone] : [gone, { type: 'canceled', reason: unknownAtProcessor }];
  }
  const minutes = brokenWait(told?.attempts ?? 0, end);
  return [
    { type: 'telling_failed', wanted, reason: end.reason, retryAt: minutes === null ? null : inMinutes(minutes) },
  ];
}

/** A subscription that was left for another method is ended there, however long it takes: it would charge by itself. */
export function decideRetireEnd({ retiring }: Contribution, end: TellEnd, { inMinutes }: Times): ContributionEventData {
  if (end.outcome === 'done' || end.outcome === 'pending' || (end.outcome === 'refused' && end.code === 'gone')) {
    return { type: 'retired' };
  }
  const minutes = brokenWait(Math.min(retiring?.attempts ?? 0, brokenMinutes.length - 1), end) ?? 1440;
  return { type: 'retiring_failed', reason: end.reason, retryAt: inMinutes(minutes) };
}

// --- The money -------------------------------------------------------------------------------------------------------

export type PaidPeriod = {
  readonly intentId: string;
  readonly period: string;
  readonly amount: Money;
  /** What the processor kept, minor units of the same currency. */
  readonly processorFee: number;
  readonly hostFeeBasisPoints: number;
  readonly reference: string | null;
  /** The day it arrived, for the host's books. */
  readonly date: string;
  /** Who says so. */
  readonly source: 'processor' | 'host';
  readonly by: string;
  readonly at: string;
};

/**
 * The intent that a paid period makes, with its entry (semantics §3, F1): what the processor kept never reached the bank, and
 * the host's share is the host's.
 * @param amount what the contributor gave, all of it
 */
export function chargedIntent(
  { id: contributionId, contributor, collective, tier }: Contribution,
  paid: PaidPeriod,
): { readonly draft: DraftEvent; readonly hostFee: number } {
  const { amount, processorFee, at, by } = paid;
  const { currency } = amount;
  const arrived = amount.amount - processorFee;
  // Of a gift so small that the processor kept nearly all of it, the host takes no more than has arrived.
  const hostFee = Math.min(basisPointsOf(amount.amount, paid.hostFeeBasisPoints), Math.max(arrived, 0));
  const book = collective.hostId ?? '';
  const own = { book, accountId: collective.accountId, currency };
  const postings: readonly Posting[] = entry([
    { ...own, ledger: 'bank', amount: arrived },
    { ...own, ledger: 'fees:host', amount: hostFee },
    { ...own, ledger: 'available', amount: arrived - hostFee },
  ]);
  const receipt: Receipt = {
    amount: { amount: arrived, currency },
    cost: amount.amount,
    excess: null,
    hostFee,
    date: paid.date,
    reference: paid.reference,
    fromSuspense: null,
    source: paid.source,
    by,
    at,
  };
  const intent: Omit<PaymentIntent, 'version' | 'updatedAt'> = {
    ...untouched,
    id: paid.intentId,
    type: 'contribution',
    status: 'received',
    payer: contributor,
    payee: collective,
    amount,
    purpose: `Contribution for the period that begins on ${paid.period}`,
    tier,
    author: { userId: by, side: 'payer' },
    approvedAt: at,
    receipts: [receipt],
    source: `contribution:${contributionId}:${paid.period}`,
    createdAt: at,
  };
  return { draft: { data: { type: 'charged', contributionId, period: paid.period, intent }, postings }, hostFee };
}
