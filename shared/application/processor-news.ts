/**
 * What processors tell by themselves: payments of subscriptions, ends of charges that were pending, what a payer did on the
 * processor's own site. Verified before it comes here; each message is acted on once, whatever order they come in.
 */

import { decideChargeEnd, wantedAtProcessor } from '../domain/charging.ts';
import type { Contribution, ContributionEventData } from '../domain/contribution.ts';
import { canceledAtProcessor } from '../domain/own-reasons.ts';
import type { ProcessorName } from '../domain/payment-method.ts';
import { accountsOf, bookingOf, changeOf, feeMinutes, guardsOn, timesOf } from './charging.ts';
import type { ContributionDependencies, StoredContribution } from './contribution-ports.ts';
import { systemUserId } from './people.ts';
import { dayOf, minutesAfter, periodAt } from './periods.ts';
import type { Change } from './ports.ts';
import type { Payment, ProcessorNews, Processors } from './processors.ts';

export type NewsDependencies = ContributionDependencies & { readonly processors: Processors };

/** Who tells it: a processor, of the account that a host has there. */
export type NewsSource = { readonly processor: ProcessorName; readonly hostId: string };

/**
 * `unknown`: it is about something that this system does not know; the processor need not tell it again. `early`: it may
 * be known soon, and is to be told again. `done_without_fee`: what the processor keeps was not to be found out, or is in another
 * currency; it is booked as if that were nothing.
 */
export type NewsOutcome = 'done' | 'done_without_fee' | 'nothing' | 'unknown' | 'early';

/**
 * A payer agrees to a subscription at the processor first, and here a moment later; its first payment is told in between.
 * After an hour it is a subscription of somebody else at the same account.
 */
const earlyMinutes = 60;

const attemptsMax = 20;

/** @throws when somebody else was writing all the time: the processor tells it again */
export async function takeNews(deps: NewsDependencies, source: NewsSource, told: ProcessorNews): Promise<NewsOutcome> {
  const isWithin = (minutes: number): boolean => minutesAfter(told.at, minutes) > deps.clock.now();
  let news = told;
  let isComplete = !isWithoutFee(told);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const stored = await subjectOf(deps, source, news);
    if (stored === undefined) {
      return 'subscription' in news && isWithin(earlyMinutes) ? 'early' : 'unknown';
    }
    if (!isComplete && isWithoutFee(news)) {
      ({ news, isKnown: isComplete } = await withFee(deps, source, news, stored.contribution));
      if (!isComplete && isWithin(feeMinutes)) {
        return 'early';
      }
    }
    const change = await changeFor(deps, stored, news);
    if (change === undefined) {
      return 'nothing';
    }
    const { outcome } = await deps.store.commit(
      { ...change, news: { ...source, eventId: news.eventId } },
      systemUserId,
      deps.clock.now(),
    );
    switch (outcome) {
      case 'committed':
        return isWithoutFee(news) ? 'done_without_fee' : 'done';
      case 'known-news':
      case 'already-paid':
        return 'nothing';
      default:
    }
  }
  throw new Error('A message of a processor could not be written.');
}

/** A host's account at a processor tells of what was agreed with that host, and of nothing else, whatever it says. */
async function subjectOf(
  { store }: ContributionDependencies,
  { processor, hostId }: NewsSource,
  news: ProcessorNews,
): Promise<StoredContribution | undefined> {
  const id = await subjectIdOf(store, processor, news);
  const stored = id === undefined ? undefined : await store.contribution(id);
  return stored?.contribution.collective.hostId === hostId ? stored : undefined;
}

async function subjectIdOf(
  store: ContributionDependencies['store'],
  processor: ProcessorName,
  news: ProcessorNews,
): Promise<string | undefined> {
  switch (news.kind) {
    case 'other':
      return undefined;
    case 'charge_succeeded':
    case 'charge_failed':
      return news.contributionId;
    default:
      return store.contributionOfSubscription(processor, news.subscription);
  }
}

type Succeeded = Extract<ProcessorNews, { readonly payment: Payment }>;

const isWithoutFee = (news: ProcessorNews): news is Succeeded => 'payment' in news && news.payment.fee === null;

/** @returns the news with what the processor keeps, if that is known; as it is otherwise */
async function withFee(
  { processors }: NewsDependencies,
  { processor: name, hostId }: NewsSource,
  news: Succeeded,
  { method }: Contribution,
): Promise<{ readonly news: Succeeded; readonly isKnown: boolean }> {
  const processor = processors(name, hostId);
  const subscription = 'subscription' in news ? news.subscription : (method.reference ?? '');
  const read = await processor?.withFee(subscription, news.payment);
  return read?.outcome === 'done'
    ? { news: { ...news, payment: read.payment }, isKnown: true }
    : { news, isKnown: false };
}

const actor = { userId: 'processor', capacity: 'processor' } as const;

async function changeFor(
  deps: ContributionDependencies,
  stored: StoredContribution,
  news: ProcessorNews,
): Promise<Change | undefined> {
  const { contribution } = stored;
  switch (news.kind) {
    case 'other':
      return undefined;
    // Money that moved is booked, also of a subscription that was left for another payment method.
    case 'payment_succeeded': {
      const { change } = await bookingOf(deps, stored, news.payment, {
        source: 'processor',
        period: periodOf(contribution, news.payment.paidAt),
        what: `payment:${news.payment.reference}`,
        by: actor,
      });
      return change;
    }
    case 'payment_failed':
      return isLeft(contribution, news)
        ? undefined
        : written(deps, stored, [{ type: 'payment_failed', reason: news.reason }]);
    case 'charge_succeeded':
      return chargeSucceeded(deps, stored, news);
    case 'charge_failed': {
      const { charge } = contribution;
      if (charge?.key !== news.key || charge.state === 'waiting') {
        return undefined;
      }
      const end = decideChargeEnd(charge, { outcome: 'refused', reason: news.reason }, timesOf(deps));
      return written(deps, stored, [end]);
    }
    case 'suspended':
      return isLeft(contribution, news) ? undefined : suspendedThere(deps, stored, news);
    case 'resumed':
      return isLeft(contribution, news) ? undefined : resumedThere(deps, stored, news);
    case 'canceled':
      return isLeft(contribution, news) || contribution.told === null || contribution.told.observed === 'canceled'
        ? undefined
        : written(deps, stored, [
            { type: 'told', observed: 'canceled', source: 'processor' },
            ...(contribution.status === 'active' ? [{ type: 'canceled', reason: canceledAtProcessor } as const] : []),
          ]);
  }
}

/**
 * Money that we asked for has moved. Mostly that is known already, from the answer or from a look-up. A look-up may also have
 * missed it, so that the charge was given up or another one was begun: it is booked all the same, as it is in the bank.
 */
async function chargeSucceeded(
  deps: ContributionDependencies,
  stored: StoredContribution,
  { key, period, payment }: Extract<ProcessorNews, { kind: 'charge_succeeded' }>,
): Promise<Change | undefined> {
  const { id, charge } = stored.contribution;
  const paidBy = await deps.store.paidBy(id, period);
  const isBooked =
    (paidBy !== undefined && (await referenceOf(deps, stored.contribution, paidBy)) === payment.reference) ||
    (await deps.store.paidBy(id, payment.reference)) !== undefined;
  if (isBooked) {
    return undefined;
  }
  // Another attempt at the period that is being asked for has an answer of its own to come.
  const isAnswer = charge === null || charge.key === key || charge.state === 'waiting';
  const { change } = await bookingOf(deps, stored, payment, {
    source: isAnswer ? 'charge' : 'processor',
    period,
    index: indexOf(stored.contribution, period),
    what: paidBy === undefined ? period : payment.reference,
    by: actor,
  });
  return change;
}

/** @returns undefined when there is no such period */
function indexOf(contribution: Contribution, period: string): number | undefined {
  for (const at of periodsOf(contribution)) {
    if (at.period >= period) {
      return at.period === period ? at.index : undefined;
    }
  }
  return undefined;
}

/** @param bookedAs the intent of a payment, or the record in suspense of one that came when the collective had left */
async function referenceOf(
  { store }: ContributionDependencies,
  { collective }: Contribution,
  bookedAs: string,
): Promise<string | null | undefined> {
  return bookedAs.startsWith('sus_')
    ? (await store.suspense(collective.hostId ?? '', bookedAs))?.record.reference
    : (await store.intent(bookedAs))?.intent.receipts[0]?.reference;
}

/** Whether it is about a subscription that the contribution is not paid with any more: what it is now is not said by that. */
const isLeft = ({ method }: Contribution, { subscription }: { readonly subscription: string }): boolean =>
  method.reference !== subscription;

/** Payments that the processor starts belong to the newest period that has begun. */
function periodOf(contribution: Contribution, paidAt: string): string {
  const day = dayOf(paidAt, contribution.timeZone);
  let begun = contribution.startsOn;
  for (const { period } of periodsOf(contribution)) {
    if (period > day) {
      break;
    }
    begun = period;
  }
  return begun;
}

/** From the first on, without an end where none was agreed. */
function* periodsOf(contribution: Contribution): Generator<{ readonly index: number; readonly period: string }> {
  for (let index = 0, at = periodAt(contribution, 0); at !== null; index += 1, at = periodAt(contribution, index)) {
    yield { index, period: at.period };
  }
}

type ToldEvent = ContributionEventData & { readonly type: 'told' };

/**
 * Messages come in any order: what became so before what the processor said last is over. Also what is known already is
 * written when it is newer, as an older one may still be on its way.
 */
function isNews({ told }: Contribution, { observed, saidAt = '' }: ToldEvent): boolean {
  if (told === null || told.observed === 'canceled') {
    return false;
  }
  const { saidAt: before = '' } = told;
  return saidAt > before || (saidAt === before && observed !== told.observed);
}

/** Suspended by us, it is the answer to our call. Suspended by the payer, it is the payer's own pause (P3). */
async function suspendedThere(
  deps: ContributionDependencies,
  stored: StoredContribution,
  { at }: ProcessorNews,
): Promise<Change | undefined> {
  const { contribution } = stored;
  const told: ToldEvent = { type: 'told', observed: 'suspended', source: 'processor', saidAt: at };
  if (!isNews(contribution, told)) {
    return undefined;
  }
  if (contribution.told?.observed !== 'running') {
    return written(deps, stored, [told]);
  }
  const guards = guardsOn(contribution, await deps.store.standing(contribution.id, accountsOf(contribution)));
  const isOurs = contribution.told.nextAttemptAt !== null || wantedAtProcessor(contribution, guards) === 'suspended';
  return written(
    deps,
    stored,
    isOurs
      ? [told]
      : [
          {
            type: 'held',
            hold: {
              id: deps.ids.next('hold', deps.clock.now()),
              owner: 'contributor',
              reason: 'at_processor',
              from: at,
              until: null,
              missedPeriods: 'skip',
            },
          },
          told,
        ],
  );
}

/** The payer goes on there: the pause that the payer set there is over; those of others are told to the processor again. */
function resumedThere(
  deps: ContributionDependencies,
  stored: StoredContribution,
  { at }: ProcessorNews,
): Change | undefined {
  const { contribution } = stored;
  const told: ToldEvent = { type: 'told', observed: 'running', source: 'processor', saidAt: at };
  if (!isNews(contribution, told)) {
    return undefined;
  }
  const theirs = contribution.holds.filter(({ reason }) => reason === 'at_processor');
  return written(deps, stored, [
    told,
    ...theirs.map(({ id, missedPeriods }) => ({ type: 'released', holdId: id, missedPeriods }) as const),
  ]);
}

function written(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: readonly ContributionEventData[],
): Change {
  return changeOf(deps, stored, data, {}, actor);
}
