/**
 * What processors tell by themselves: payments of subscriptions, ends of charges that were pending, what a payer did on the
 * processor's own site. Verified before it comes here; each message is acted on once, whatever order they come in.
 */
import { decideChargeEnd, wantedAtProcessor } from '../domain/charging.ts';
import type { Contribution, ContributionEventData } from '../domain/contribution.ts';
import type { ProcessorName } from '../domain/payment-method.ts';
import { accountsOf, bookingOf, noLongerUnderWay, timesOf } from './charging.ts';
import type { ContributionChanges, ContributionDependencies, StoredContribution } from './contribution-ports.ts';
import { sealContribution } from './history.ts';
import { systemUserId } from './people.ts';
import { dayOf, minutesAfter, periodAt } from './periods.ts';
import type { Change } from './ports.ts';
import type { ProcessorNews } from './processors.ts';

/**
 * `unknown`: it is about something that this system does not know; the processor need not tell it again. `early`: it may
 * be known soon, and is to be told again.
 */
export type NewsOutcome = 'done' | 'nothing' | 'unknown' | 'early';

/**
 * A payer agrees to a subscription at the processor first, and here a moment later; its first payment is told in between.
 * After an hour it is a subscription of somebody else at the same account.
 */
const earlyMinutes = 60;

const attemptsMax = 20;

/** @throws when somebody else was writing all the time: the processor tells it again */
export async function takeNews(
  deps: ContributionDependencies,
  processor: ProcessorName,
  news: ProcessorNews,
): Promise<NewsOutcome> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const stored = await subjectOf(deps, processor, news);
    if (stored === undefined) {
      const isYoung = minutesAfter(news.at, earlyMinutes) > deps.clock.now();
      return 'subscription' in news && isYoung ? 'early' : 'unknown';
    }
    const change = await changeFor(deps, stored, news);
    if (change === undefined) {
      return 'nothing';
    }
    const { outcome } = await deps.store.commit(
      { ...change, news: { processor, eventId: news.eventId } },
      systemUserId,
      deps.clock.now(),
    );
    switch (outcome) {
      case 'committed':
        return 'done';
      case 'known-news':
      case 'already-paid':
        return 'nothing';
      default:
    }
  }
  throw new Error('A message of a processor could not be written.');
}

async function subjectOf(
  { store }: ContributionDependencies,
  processor: ProcessorName,
  news: ProcessorNews,
): Promise<StoredContribution | undefined> {
  switch (news.kind) {
    case 'other':
      return undefined;
    case 'charge_succeeded':
    case 'charge_failed':
      return store.contribution(news.contributionId);
    default: {
      const id = await store.contributionOfSubscription(processor, news.subscription);
      return id === undefined ? undefined : store.contribution(id);
    }
  }
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
    case 'charge_succeeded': {
      const { charge } = contribution;
      if (charge?.key !== news.key) {
        return undefined;
      }
      if (news.payment.fee === null && charge.state !== 'waiting') {
        // What the processor keeps is not said here: the look-up, which is due now, finds the payment with its fee (F1).
        const { reference } = news.payment;
        return written(deps, stored, [{ type: 'charge_pending', reference, lookUpAt: deps.clock.now() }]);
      }
      const { change } = await bookingOf(deps, stored, news.payment, {
        source: 'charge',
        period: charge.period,
        what: charge.period,
        by: actor,
      });
      return change;
    }
    case 'charge_failed': {
      const { charge } = contribution;
      if (charge?.key !== news.key || charge.state === 'waiting') {
        return undefined;
      }
      const end = decideChargeEnd(charge, { outcome: 'refused', reason: news.reason }, timesOf(deps));
      return written(deps, stored, [end], { guards: noLongerUnderWay(contribution) });
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
            ...(contribution.status === 'active'
              ? [{ type: 'canceled', reason: 'It was canceled at the processor.' } as const]
              : []),
          ]);
  }
}

/** Whether it is about a subscription that the contribution is not paid with any more: what it is now is not said by that. */
const isLeft = ({ method }: Contribution, { subscription }: { readonly subscription: string }): boolean =>
  method.reference !== subscription;

/** Payments that the processor starts belong to the newest period that has begun. */
function periodOf(contribution: Contribution, paidAt: string): string {
  const day = dayOf(paidAt, contribution.timeZone);
  let period = contribution.startsOn;
  for (
    let index = 1, next = periodAt(contribution, index);
    next !== null && next.period <= day;
    index += 1, next = periodAt(contribution, index)
  ) {
    period = next.period;
  }
  return period;
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
  const guards = await deps.store.guardsFor(contribution.id, accountsOf(contribution));
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
  others: ContributionChanges = {},
): Change {
  const { contribution } = stored;
  const occasion = { actor, at: deps.clock.now() };
  const sealed = sealContribution(deps, { id: contribution.id, before: stored }, data, occasion);
  return { ...others, intents: [], contributions: [{ before: contribution, ...sealed }] };
}
