/**
 * Carries out what is due on one contribution. Whatever the queue or the index said, the contribution itself decides; each
 * step is written before anybody outside is asked, and what they answered is written after. A worker that dies between the
 * two leaves a charge whose answer is not known: it is looked up, never asked again blindly.
 */

import { hostIdOf } from '../domain/account.ts';
import { entry } from '../domain/books.ts';
import {
  type ChargeEnd,
  chargedIntent,
  decideChargeEnd,
  decideRetireEnd,
  decideStep,
  decideTellEnd,
  type Step,
  type Surroundings,
  type TellEnd,
} from '../domain/charging.ts';
import {
  type Charge,
  type Contribution,
  type ContributionEventData,
  contributionDueAt,
  isAwaited,
  lookUpsAwaited,
} from '../domain/contribution.ts';
import { type Guard, openGuard } from '../domain/hold.ts';
import { collectiveElsewhere, noAnswerForTwoWeeks } from '../domain/own-reasons.ts';
import type { Actor } from '../domain/payment-intent.ts';
import type { MethodInUse, ProcessorName } from '../domain/payment-method.ts';
import type {
  ContributionChange,
  ContributionChanges,
  ContributionDependencies,
  GuardChange,
  Standing,
  StoredContribution,
} from './contribution-ports.ts';
import { sealContribution, sealIntent, sealSuspense } from './history.ts';
import { systemUserId } from './people.ts';
import { dayOf, minutesAfter, periodAt } from './periods.ts';
import type { Change, CommitOutcome } from './ports.ts';
import type { ChargeOutcome, ChargeRequest, LookUpOutcome, Payment, Processor, Processors } from './processors.ts';
import type { SubscriptionWork, WorkQueue } from './work-queue.ts';

export type WorkDependencies = ContributionDependencies & {
  readonly processors: Processors;
  /** Where each processor has workers of its own: which ones are asked here, and where the rest is handed on to. */
  readonly division?: { readonly asksHere: readonly ProcessorName[]; readonly queue: WorkQueue };
};

export type Work = Pick<SubscriptionWork, 'contributionId' | 'leasedUntil'> & Partial<Pick<SubscriptionWork, 'runId'>>;

/** What was done, by the types of the events that were written. */
export type Done = readonly ContributionEventData['type'][];

const batchActor = { userId: 'batch', capacity: 'batch' } as const;

/** A step leads to another at most a few times: a look-up to a new attempt, a charge of a missed period to the current one. */
const stepsMax = 12;

/**
 * @returns what was done; nothing when there was nothing to do, or somebody else had it
 * @throws when others were writing all the time, or the table is not there: the message comes again
 */
export async function workContribution(
  deps: WorkDependencies,
  { contributionId, leasedUntil, runId = null }: Work,
): Promise<Done> {
  const done: ContributionEventData['type'][] = [];
  let stored = await deps.store.contribution(contributionId);
  if (leasedUntil !== null && stored?.leasedUntil !== leasedUntil) {
    return done;
  }
  for (let count = 0; count < stepsMax && stored !== undefined; count += 1) {
    const { step, standing } = await nextStep(deps, stored.contribution);
    if (step.do === 'nothing') {
      return done;
    }
    const processor = askedBy(stored.contribution, step);
    if (deps.division !== undefined && processor !== undefined && !deps.division.asksHere.includes(processor)) {
      // A subscription that was left for a card of another processor, for instance, ends at the one it was left at.
      await deps.division.queue.send([{ contributionId, leasedUntil: stored.leasedUntil, runId, processor }]);
      return done;
    }
    const carried = await carryOut(deps, stored, step, standing);
    done.push(...carried.done);
    // What was woken out of turn is looked at until nothing is left to do: what a hold on an account wants of it is not in what is due.
    if (leasedUntil !== null && carried.after !== undefined && !isDue(deps, carried.after.contribution)) {
      return done;
    }
    stored = carried.after ?? (await deps.store.contribution(contributionId));
  }
  if (stored === undefined) {
    return done;
  }
  throw new Error(`${contributionId} has more to do than one message can carry.`);
}

const isDue = ({ clock }: ContributionDependencies, contribution: Contribution): boolean =>
  (contributionDueAt(contribution) ?? last) <= clock.now();
/** Sorts after every instant. */
const last = '~';

/** @returns what is to be done, and what that was decided on */
async function nextStep(
  deps: ContributionDependencies,
  contribution: Contribution,
): Promise<{ readonly step: Step; readonly standing: Standing }> {
  const standing = await deps.store.standing(contribution.id, accountsOf(contribution));
  const step = decideStep(contribution, {
    ...timesOf(deps),
    guards: guardsOn(contribution, standing),
    periodAt: (index) => periodAt(contribution, index),
  });
  // Nobody would ever take up a gift that was meant for one moment: it ends, and whoever gives is told.
  const isOver =
    contribution.interval === 'once' &&
    step.do === 'record' &&
    step.data.type === 'periods_passed' &&
    isElsewhere(contribution, standing);
  return isOver ? { step: { do: 'record', data: goneElsewhere }, standing } : { step, standing };
}

const goneElsewhere: ContributionEventData = {
  type: 'canceled',
  reason: collectiveElsewhere,
};

/**
 * A contribution is booked with the host that it was agreed under. While the collective is not with that host nothing is
 * charged, whoever has lifted whose hold: nobody would know whose money it is.
 */
export function isElsewhere({ collective: agreed }: Contribution, { accounts }: Pick<Standing, 'accounts'>): boolean {
  const collective = accounts.find(({ id }) => id === agreed.accountId);
  const host = accounts.find(({ id }) => id === agreed.hostId);
  return collective?.status !== 'active' || hostIdOf(collective) !== agreed.hostId || host?.status !== 'active';
}

/** What stands in a contribution's way: the holds on its collective and its host, and that the collective is elsewhere. */
export const guardsOn = (contribution: Contribution, standing: Standing): readonly Guard[] =>
  isElsewhere(contribution, standing)
    ? [...standing.guards, { ...openGuard(contribution.collective.accountId), levels: { full: ['host'] } }]
    : standing.guards;

/** Whom a step asks; undefined when it only writes. */
function askedBy({ method, retiring }: Contribution, step: Step): ProcessorName | undefined {
  switch (step.do) {
    case 'nothing':
    case 'record':
      return undefined;
    case 'charge':
      return step.data.charge.method.processor;
    case 'look-up':
      return step.charge.method.processor;
    case 'tell':
      return method.processor;
    case 'retire':
      return retiring?.method.processor;
  }
}

/** The collective and its host: their holds stand in the way of every charge. */
export const accountsOf = ({ collective }: Contribution): readonly string[] => [
  collective.accountId,
  ...(collective.hostId === null ? [] : [collective.hostId]),
];

export function timesOf({ clock }: ContributionDependencies): Pick<Surroundings, 'now' | 'inMinutes' | 'inDays'> {
  const now = clock.now();
  return {
    now,
    inMinutes: (minutes) => minutesAfter(now, minutes),
    inDays: (days) => minutesAfter(now, days * 24 * 60),
  };
}

/** What a step came to; `after` is what is there now, unless somebody else was writing and it has to be read again. */
type Carried = { readonly done: Done; readonly after: StoredContribution | undefined };

async function carryOut(
  deps: WorkDependencies,
  stored: StoredContribution,
  step: Exclude<Step, { do: 'nothing' }>,
  standing: Standing,
): Promise<Carried> {
  const { id, version, method, retiring } = stored.contribution;
  switch (step.do) {
    case 'record':
      return record(deps, stored, step.data, standing);
    case 'charge':
      return charge(deps, stored, step.data, standing);
    case 'look-up': {
      const request = requestOf(stored.contribution, step.charge);
      const outcome = await asked(
        deps,
        at(stored, step.charge.method),
        (processor) => processor.lookUp(request),
        notKnown,
      );
      return settle(deps, stored, step.charge, outcome, standing);
    }
    case 'tell': {
      const verb = ({ running: 'resume', suspended: 'suspend', canceled: 'cancel' } as const)[step.wanted];
      const reference = method.reference ?? '';
      const ask = (processor: Processor) => processor[verb](reference, `${id}:${version}`);
      const askedAt = deps.clock.now();
      const outcome = await asked(deps, at(stored, method), ask, notAsked);
      return onWhatIsThere(
        deps,
        stored,
        (current) => current.contribution.method.reference === reference,
        (current) =>
          written(deps, current, [
            // What the processor tells of the time before we asked is over.
            ...decideTellEnd(current.contribution, step.wanted, outcome, timesOf(deps)).map((data) =>
              data.type === 'told' && data.source === 'us' ? { ...data, saidAt: justBefore(askedAt) } : data,
            ),
            ...(step.wanted === 'suspended' ? echoesIn(current.contribution, outcome, askedAt) : []),
          ]),
      );
    }
    case 'retire': {
      const left = retiring?.method;
      const ask = (processor: Processor) => processor.cancel(left?.reference ?? '', `${id}:${version}`);
      const outcome: TellEnd =
        left === undefined ? { outcome: 'done' } : await asked(deps, at(stored, left), ask, notAsked);
      return onWhatIsThere(
        deps,
        stored,
        (current) => current.contribution.retiring?.method.id === left?.id,
        (current) => written(deps, current, [decideRetireEnd(current.contribution, outcome, timesOf(deps))]),
      );
    }
  }
}

/** Processors give the time of what they tell in whole seconds. */
const echoSlackMilliseconds = 1000;

const justBefore = (askedAt: string): string => new Date(Date.parse(askedAt) - echoSlackMilliseconds).toISOString();

/**
 * While we asked to suspend, what we asked for was lifted and the processor told of it: that looked like the payer's own doing
 * on the processor's site, and nobody here could ever lift it.
 */
function echoesIn({ holds }: Contribution, { outcome }: TellEnd, askedAt: string): readonly ContributionEventData[] {
  const since = justBefore(askedAt);
  return outcome === 'refused' || outcome === 'broken'
    ? []
    : holds
        .filter(({ reason, from }) => reason === 'at_processor' && from >= since)
        .map(({ id, missedPeriods }) => ({ type: 'released', holdId: id, missedPeriods }));
}

/**
 * Writes what a processor answered. The contribution may have been changed while it was asked: canceled, paused, given another
 * method. What happened there happened all the same, so that it is written onto whatever is there now.
 * @param isStill whether the answer is still about what is there; somebody else may have written it already
 */
async function onWhatIsThere(
  deps: ContributionDependencies,
  stored: StoredContribution,
  isStill: (current: StoredContribution) => boolean,
  write: (current: StoredContribution) => Promise<Carried>,
): Promise<Carried> {
  let current: StoredContribution | undefined = stored;
  for (let attempt = 0; attempt < answersWrittenMax && current !== undefined; attempt += 1) {
    if (!isStill(current)) {
      return { done: [], after: undefined };
    }
    const carried = await write(current);
    if (carried.after !== undefined) {
      return carried;
    }
    current = await deps.store.contribution(stored.contribution.id);
  }
  throw new Error(
    `What a processor answered for ${stored.contribution.id} could not be written; it is asked for again.`,
  );
}

const answersWrittenMax = 20;

/** What only has to be written. A period that is expected is begun like a charge: only while nothing holds it. */
async function record(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: ContributionEventData,
  standing: Standing,
): Promise<Carried> {
  if (data.type !== 'period_expected') {
    return written(deps, stored, [data]);
  }
  const { id } = stored.contribution;
  const carried = await written(deps, stored, [data], {
    guards: standing.guards.map(({ accountId, moves }) => ({
      kind: 'free',
      accountId,
      subjectId: id,
      flow: 'recurring',
      moves,
    })),
    unpaid: [{ contributionId: id, what: data.period }],
  });
  return carried.after === undefined ? passedIfPaid(deps, stored, data) : carried;
}

/** First it is written that the charge begins, under the condition that nothing holds it; only then is anybody asked. */
async function charge(
  deps: WorkDependencies,
  stored: StoredContribution,
  data: ContributionEventData & { readonly type: 'charge_started' },
  standing: Standing,
): Promise<Carried> {
  const { id, interval } = stored.contribution;
  const flow = interval === 'once' ? 'new_once' : 'recurring';
  const begun = await append(deps, stored, [data], {
    guards: standing.guards.map(
      ({ accountId, moves }): GuardChange => ({ kind: 'begin', accountId, contributionId: id, flow, moves }),
    ),
    unpaid: [{ contributionId: id, what: data.charge.period }],
  });
  if (begun === undefined || begun.contribution.charge === null) {
    return passedIfPaid(deps, stored, { ...data, ...data.charge });
  }
  const request = requestOf(begun.contribution, begun.contribution.charge);
  const outcome = await asked(deps, at(stored, data.charge.method), (processor) => processor.charge(request), notAsked);
  const settled = await settle(deps, begun, begun.contribution.charge, outcome, standing);
  return { ...settled, done: [data.type, ...settled.done] };
}

/**
 * What could not be begun: somebody else was writing, something holds it, and it is looked at again; or the period was paid by a
 * charge that had been given up, and passes.
 */
async function passedIfPaid(
  deps: ContributionDependencies,
  stored: StoredContribution,
  {
    period,
    index,
    passed,
    next,
    nextAt,
  }: {
    readonly period: string;
    readonly index: number;
    readonly passed: number;
    readonly next: number;
    readonly nextAt: string | null;
  },
): Promise<Carried> {
  const isPaid = (await deps.store.paidBy(stored.contribution.id, period)) !== undefined;
  return isPaid
    ? written(deps, stored, [{ type: 'periods_passed', why: 'paid', from: index - passed, to: index, next, nextAt }])
    : { done: [], after: undefined };
}

function requestOf(
  { id, amount, collective }: Contribution,
  { key, method, period, startedAt }: Charge,
): ChargeRequest {
  return {
    key,
    amount,
    method,
    description: `${collective.accountName}, ${period}`,
    contributionId: id,
    period,
    startedAt,
  };
}

type Unknown = { readonly outcome: 'unknown'; readonly reason: string };
type Broken = { readonly outcome: 'broken'; readonly reason: string; readonly retryAfterSeconds: null };

/** A processor, and whose account there. */
type At = { readonly name: ProcessorName; readonly hostId: string };

/** What is charged is the agreed host's: its account at the processor is asked. */
const at = ({ contribution }: StoredContribution, { processor: name }: Pick<MethodInUse, 'processor'>): At => ({
  name,
  hostId: contribution.collective.hostId ?? '',
});

/** A processor that fails in a way of its own may have done anything. */
async function asked<Outcome, Otherwise>(
  { processors }: WorkDependencies,
  { name, hostId }: At,
  ask: (processor: Processor) => Promise<Outcome>,
  notSetUp: (reason: string) => Otherwise,
): Promise<Outcome | Otherwise | Unknown> {
  const processor = processors(name, hostId);
  if (processor === undefined) {
    return notSetUp(`${name} is not set up.`);
  }
  try {
    return await ask(processor);
  } catch {
    return { outcome: 'unknown', reason: `${name} gave no answer that could be understood.` };
  }
}

/** What was not asked was certainly not done: it may be asked again. */
const notAsked = (reason: string): Broken => ({ outcome: 'broken', reason, retryAfterSeconds: null });
/** What was asked before may have been done, whether or not it can be looked up now. */
const notKnown = (reason: string): Unknown => ({ outcome: 'unknown', reason });

/** Writes how a charge ended, or that nobody knows yet. */
async function settle(
  deps: WorkDependencies,
  stored: StoredContribution,
  charge: Charge,
  told: ChargeOutcome | LookUpOutcome,
  standing: Standing,
): Promise<Carried> {
  const outcome = await withFee(deps, stored, charge, told);
  const booking = { source: 'charge', period: charge.period, what: charge.period } as const;
  let seen: Standing | undefined = standing;
  return onWhatIsThere(
    deps,
    stored,
    ({ contribution: { charge: now } }) =>
      // That it failed was told by the processor meanwhile, when it waits: it fails once. Money that moved is booked all the same.
      now?.key === charge.key && (outcome.outcome === 'done' || now.state !== 'waiting'),
    (current) => {
      if (outcome.outcome !== 'done') {
        return ended(deps, current, charge, outcome);
      }
      const known = seen;
      seen = undefined;
      return book(deps, current, outcome.payment, { ...booking, standing: known });
    },
  );
}

/** What a processor keeps it has counted an hour after a payment, if it ever does. */
export const feeMinutes = 60;

/** A payment whose fee the processor does not say is asked about, and taken for pending until it is counted. */
async function withFee<Outcome extends ChargeOutcome | LookUpOutcome>(
  deps: WorkDependencies,
  stored: StoredContribution,
  { method }: Charge,
  outcome: Outcome,
): Promise<Outcome | LookUpOutcome> {
  if (outcome.outcome !== 'done' || outcome.payment.fee !== null) {
    return outcome;
  }
  const { payment } = outcome;
  const ask = (processor: Processor) => processor.withFee(method.reference ?? '', payment);
  const read = await asked(deps, at(stored, method), ask, notKnown);
  if (read.outcome === 'done') {
    return { outcome: 'done', payment: read.payment };
  }
  return minutesAfter(payment.paidAt, feeMinutes) > deps.clock.now()
    ? { outcome: 'pending', reference: payment.reference }
    : outcome;
}

function ended(
  deps: ContributionDependencies,
  stored: StoredContribution,
  charge: Charge,
  end: Exclude<ChargeEnd, { outcome: 'done' }>,
): Promise<Carried> {
  const data = decideChargeEnd(charge, end, timesOf(deps));
  const { status, setAside } = stored.contribution;
  const isOpen = data.type === 'charge_unclear' || data.type === 'charge_pending';
  const isGivenUp = isOpen && charge.lookUps + 1 === lookUpsAwaited && status === 'active' && setAside === null;
  return written(deps, stored, [data, ...(isGivenUp ? [givenUp] : [])]);
}

const givenUp: ContributionEventData = { type: 'set_aside', reason: noAnswerForTwoWeeks };

/** Charges of which an answer was waited for before and is not any more, however it came to that. */
const noLongerUnderWay = (before: Contribution, after: Contribution): readonly GuardChange[] =>
  isAwaited(before) && !isAwaited(after)
    ? accountsOf(before).map((accountId) => ({ kind: 'end', accountId, contributionId: before.id }))
    : [];

export type Booking = {
  readonly source: 'charge' | 'expected' | 'processor';
  readonly period: string;
  /** What of the contribution is paid with this, and cannot be paid again. */
  readonly what: string;
  readonly by?: { readonly userId: string; readonly capacity: string };
  /** The number of the period, where it may be among those that were missed. */
  readonly index?: number | undefined;
  /** What it stands on, as it was just read; it is read here when it is left out. */
  readonly standing?: Standing | undefined;
};

export type Booked = { readonly change: Change; readonly after: Contribution; readonly headHash: string };

/** The change that books a payment: the intent of its period, its entry, and the contribution's own event. */
export async function bookingOf(
  deps: ContributionDependencies,
  stored: StoredContribution,
  payment: Payment,
  booking: Booking,
): Promise<Booked> {
  const { contribution } = stored;
  const { source, period, what, by = batchActor, index } = booking;
  const standing = booking.standing ?? (await deps.store.standing(contribution.id, accountsOf(contribution)));
  if (isElsewhere(contribution, standing)) {
    return suspendedPayment(deps, stored, payment, { ...booking, standing });
  }
  const now = deps.clock.now();
  const host = standing.accounts.find(({ id }) => id === contribution.collective.hostId);
  const intentId = deps.ids.next('pi', now);
  const { draft, hostFee } = chargedIntent(contribution, {
    intentId,
    period,
    amount: payment.amount,
    processorFee: payment.fee ?? 0,
    hostFeeBasisPoints: host?.settings?.contributionFeeBasisPoints ?? 0,
    reference: payment.reference,
    // A host confirms by the date in its bank statement; a processor says an instant.
    date: source === 'expected' ? payment.paidAt.slice(0, 10) : dayOf(payment.paidAt, contribution.timeZone),
    source: source === 'expected' ? 'host' : 'processor',
    by: by.userId,
    at: now,
  });
  const occasion = { actor: by, at: now };
  const intent = sealIntent(deps, { id: intentId, before: null }, [draft], occasion);
  const data: ContributionEventData = {
    type: 'charged',
    period,
    intentId,
    amount: payment.amount,
    processorFee: payment.fee ?? 0,
    ...(payment.fee === null ? { isFeeUnknown: true } : {}),
    ...(index === undefined ? {} : { index }),
    hostFee,
    reference: payment.reference,
    paidAt: payment.paidAt,
    source,
  };
  const sealed = sealContribution(deps, { id: contribution.id, before: stored }, [data], occasion);
  return {
    change: {
      intents: [{ before: null, ...intent }],
      contributions: [{ before: contribution, ...sealed }],
      paid: [{ contributionId: contribution.id, what, intentId }],
      guards: whereItStands(contribution, sealed.after, standing),
      // It has happened: fees that are higher than the gift are booked as they are.
      allowNegative: true,
    },
    after: sealed.after,
    headHash: sealed.events.at(-1)?.hash ?? '',
  };
}

/** A charge that is awaited keeps its collective from leaving; anything else is booked only where the collective still is. */
const whereItStands = (before: Contribution, after: Contribution, { guards }: Standing): readonly GuardChange[] =>
  isAwaited(before)
    ? noLongerUnderWay(before, after)
    : guards.map(({ accountId, moves }) => ({ kind: 'still', accountId, contributionId: before.id, moves }));

/**
 * Money that comes when the collective is with its host no more. That host has it, and the collective has no account in its books
 * that anybody could reach: it waits in suspense, where the host finds it with where it came from (semantics §3, S1).
 */
function suspendedPayment(
  deps: ContributionDependencies,
  stored: StoredContribution,
  payment: Payment,
  { period, what, by = batchActor }: Booking,
): Booked {
  const { contribution } = stored;
  const { contributor, collective, timeZone } = contribution;
  const now = deps.clock.now();
  const hostId = collective.hostId ?? '';
  const id = deps.ids.next('sus', now);
  const arrived = { amount: payment.amount.amount - (payment.fee ?? 0), currency: payment.amount.currency };
  const own = { book: hostId, accountId: hostId, ...arrived } as const;
  const suspense = sealSuspense(
    deps,
    { id, before: null },
    {
      data: {
        type: 'recorded',
        record: {
          id,
          hostId,
          amount: arrived,
          date: dayOf(payment.paidAt, timeZone),
          reference: payment.reference,
          payerName: contributor.accountName,
          note: `Paid for ${contribution.id}, to ${collective.accountName}, which is not with this host any more.`,
          createdAt: now,
        },
      },
      postings: entry([
        { ...own, ledger: 'bank' },
        { ...own, ledger: 'suspense' },
      ]),
    },
    { actor: by, at: now },
  );
  const data: ContributionEventData = {
    type: 'payment_in_suspense',
    period,
    suspenseId: id,
    amount: payment.amount,
    processorFee: payment.fee ?? 0,
    reference: payment.reference,
    paidAt: payment.paidAt,
  };
  const sealed = sealContribution(deps, { id: contribution.id, before: stored }, [data], { actor: by, at: now });
  return {
    change: {
      intents: [],
      suspense: [{ before: null, ...suspense }],
      contributions: [{ before: contribution, ...sealed }],
      paid: [{ contributionId: contribution.id, what, intentId: id }],
      guards: noLongerUnderWay(contribution, sealed.after),
      allowNegative: true,
    },
    after: sealed.after,
    headHash: sealed.events.at(-1)?.hash ?? '',
  };
}

async function book(
  deps: ContributionDependencies,
  stored: StoredContribution,
  payment: Payment,
  booking: Booking,
): Promise<Carried> {
  const { change, after, headHash } = await bookingOf(deps, stored, payment, booking);
  const { outcome } = await deps.store.commit(change, systemUserId, deps.clock.now());
  if (outcome === 'already-paid' && booking.what !== payment.reference) {
    // The period was paid before, and the processor says that this is another payment: it is in the bank as well.
    return book(deps, stored, payment, { ...booking, what: payment.reference });
  }
  return outcome === 'committed'
    ? {
        done: [change.suspense === undefined ? 'charged' : 'payment_in_suspense'],
        after: { contribution: after, headHash, leasedUntil: null },
      }
    : { done: [], after: undefined };
}

async function written(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: readonly ContributionEventData[],
  others: ContributionChanges = {},
): Promise<Carried> {
  const after = await append(deps, stored, data, others);
  return { done: after === undefined ? [] : data.map(({ type }) => type), after };
}

/** @returns undefined when somebody else was writing, or a hold is in the way */
async function append(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: readonly ContributionEventData[],
  others: ContributionChanges,
): Promise<StoredContribution | undefined> {
  const change = changeOf(deps, stored, data, others);
  const outcome: CommitOutcome = await deps.store.commit(change, systemUserId, deps.clock.now());
  const [sealed] = change.contributions;
  return outcome.outcome === 'committed'
    ? { contribution: sealed.after, headHash: sealed.events.at(-1)?.hash ?? '', leasedUntil: null }
    : undefined;
}

/** What happened to a contribution besides payments, with what follows for those who wait for its charge. */
export function changeOf(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: readonly ContributionEventData[],
  others: ContributionChanges = {},
  actor: Actor = batchActor,
): Change & { readonly contributions: readonly [ContributionChange] } {
  const { contribution: before } = stored;
  const occasion = { actor, at: deps.clock.now() };
  const sealed = sealContribution(deps, { id: before.id, before: stored }, data, occasion);
  return {
    ...others,
    intents: [],
    contributions: [{ before, ...sealed }],
    guards: [...(others.guards ?? []), ...noLongerUnderWay(before, sealed.after)],
  };
}
