/**
 * Carries out what is due on one contribution. Whatever the queue or the index said, the contribution itself decides; each
 * step is written before anybody outside is asked, and what they answered is written after. A worker that dies between the
 * two leaves a charge whose answer is not known: it is looked up, never asked again blindly.
 */
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
import type { Charge, Contribution, ContributionEventData } from '../domain/contribution.ts';
import type { ProcessorName } from '../domain/payment-method.ts';
import type {
  ContributionChanges,
  ContributionDependencies,
  GuardChange,
  StoredContribution,
} from './contribution-ports.ts';
import { sealContribution, sealIntent } from './history.ts';
import { systemUserId } from './people.ts';
import { minutesAfter, periodAt } from './periods.ts';
import type { Change, CommitOutcome } from './ports.ts';
import type { ChargeOutcome, ChargeRequest, LookUpOutcome, Payment, Processor, Processors } from './processors.ts';

export type WorkDependencies = ContributionDependencies & { readonly processors: Processors };

export type Work = {
  readonly contributionId: string;
  /** The lease that the batch took for this message; null when somebody wants it looked at out of turn. */
  readonly leasedUntil: string | null;
};

/** What was done, by the types of the events that were written. */
export type Done = readonly ContributionEventData['type'][];

const batchActor = { userId: 'batch', capacity: 'batch' } as const;

/** A step leads to another at most a few times: a look-up to a new attempt, a charge of a missed period to the current one. */
const stepsMax = 12;

/**
 * @returns what was done; nothing when there was nothing to do, or somebody else had it
 * @throws when others were writing all the time, or the table is not there: the message comes again
 */
export async function workContribution(deps: WorkDependencies, { contributionId, leasedUntil }: Work): Promise<Done> {
  const done: ContributionEventData['type'][] = [];
  for (let count = 0; count < stepsMax; count += 1) {
    const stored = await deps.store.contribution(contributionId);
    if (stored === undefined || (count === 0 && leasedUntil !== null && stored.leasedUntil !== leasedUntil)) {
      return done;
    }
    const step = await nextStep(deps, stored.contribution);
    if (step.do === 'nothing') {
      return done;
    }
    done.push(...(await carryOut(deps, stored, step)));
  }
  throw new Error(`${contributionId} has more to do than one message can carry.`);
}

async function nextStep(deps: ContributionDependencies, contribution: Contribution): Promise<Step> {
  const guards = await deps.store.guardsFor(contribution.id, accountsOf(contribution));
  return decideStep(contribution, { ...timesOf(deps), guards, periodAt: (index) => periodAt(contribution, index) });
}

/** The collective and its host: their holds stand in the way of every charge. */
const accountsOf = ({ collective }: Contribution): readonly string[] => [
  collective.accountId,
  ...(collective.hostId === null ? [] : [collective.hostId]),
];

function timesOf({ clock }: ContributionDependencies): Pick<Surroundings, 'now' | 'inMinutes' | 'inDays'> {
  const now = clock.now();
  return {
    now,
    inMinutes: (minutes) => minutesAfter(now, minutes),
    inDays: (days) => minutesAfter(now, days * 24 * 60),
  };
}

async function carryOut(
  deps: WorkDependencies,
  stored: StoredContribution,
  step: Exclude<Step, { do: 'nothing' }>,
): Promise<Done> {
  switch (step.do) {
    case 'record':
      return record(deps, stored, step.data);
    case 'charge':
      return charge(deps, stored, step.data);
    case 'look-up': {
      const request = requestOf(stored.contribution, step.charge);
      const { processor: name } = step.charge.method;
      const outcome = await asked(deps, name, (processor) => processor.lookUp(request), notKnown);
      return settle(deps, stored, step.charge, outcome);
    }
    case 'tell': {
      const { id, version, method } = stored.contribution;
      const verb = ({ running: 'resume', suspended: 'suspend', canceled: 'cancel' } as const)[step.wanted];
      const outcome = await asked(
        deps,
        method.processor,
        (processor) => processor[verb](method.reference ?? '', `${id}:${version}`),
        notAsked,
      );
      return written(deps, stored, decideTellEnd(stored.contribution, step.wanted, outcome, timesOf(deps)));
    }
    case 'retire': {
      const { id, version, retiring } = stored.contribution;
      const outcome: TellEnd =
        retiring === null
          ? { outcome: 'done' }
          : await asked(
              deps,
              retiring.method.processor,
              (processor) => processor.cancel(retiring.method.reference ?? '', `${id}:${version}`),
              notAsked,
            );
      return written(deps, stored, [decideRetireEnd(stored.contribution, outcome, timesOf(deps))]);
    }
  }
}

/** What only has to be written. A period that is expected is begun like a charge: only while nothing holds it. */
function record(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: ContributionEventData,
): Promise<Done> {
  const { id } = stored.contribution;
  const guards: readonly GuardChange[] =
    data.type === 'period_expected'
      ? accountsOf(stored.contribution).map((accountId) => ({
          kind: 'free',
          accountId,
          subjectId: id,
          flow: 'recurring',
        }))
      : [];
  return written(deps, stored, [data], { guards });
}

/** First it is written that the charge begins, under the condition that nothing holds it; only then is anybody asked. */
async function charge(
  deps: WorkDependencies,
  stored: StoredContribution,
  data: ContributionEventData & { readonly type: 'charge_started' },
): Promise<Done> {
  const flow = stored.contribution.interval === 'once' ? 'new_once' : 'recurring';
  const guards = accountsOf(stored.contribution).map(
    (accountId): GuardChange => ({ kind: 'begin', accountId, contributionId: stored.contribution.id, flow }),
  );
  const begun = await append(deps, stored, [data], { guards });
  if (begun === undefined || begun.contribution.charge === null) {
    return [];
  }
  const request = requestOf(begun.contribution, begun.contribution.charge);
  const outcome = await asked(deps, data.charge.method.processor, (processor) => processor.charge(request), notAsked);
  return [data.type, ...(await settle(deps, begun, begun.contribution.charge, outcome))];
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

/** A processor that fails in a way of its own may have done anything. */
async function asked<Outcome, Otherwise>(
  { processors }: WorkDependencies,
  name: ProcessorName,
  ask: (processor: Processor) => Promise<Outcome>,
  notSetUp: (reason: string) => Otherwise,
): Promise<Outcome | Otherwise | Unknown> {
  const processor = processors(name);
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

/**
 * Writes how a charge ended. The contribution may have been changed while the processor was asked: canceled, paused, given
 * another method. What happened to the money happened all the same, so that it is written onto whatever is there now.
 */
async function settle(
  deps: ContributionDependencies,
  stored: StoredContribution,
  charge: Charge,
  outcome: ChargeOutcome | LookUpOutcome,
): Promise<Done> {
  let current: StoredContribution | undefined = stored;
  for (let attempt = 0; attempt < settleAttemptsMax && current !== undefined; attempt += 1) {
    if (current.contribution.charge?.key !== charge.key) {
      // Somebody else, a message of the processor for instance, has written it already.
      return [];
    }
    const done =
      outcome.outcome === 'done'
        ? await book(deps, current, outcome.payment, { source: 'charge', period: charge.period, what: charge.period })
        : await ended(deps, current, charge, outcome);
    if (done.length > 0) {
      return done;
    }
    current = await deps.store.contribution(stored.contribution.id);
  }
  throw new Error(`The end of a charge of ${stored.contribution.id} could not be written; it will be looked up.`);
}

const settleAttemptsMax = 20;

function ended(
  deps: ContributionDependencies,
  stored: StoredContribution,
  charge: Charge,
  end: Exclude<ChargeEnd, { outcome: 'done' }>,
): Promise<Done> {
  const data = decideChargeEnd(charge, end, timesOf(deps));
  const isOver = end.outcome !== 'unknown' && end.outcome !== 'pending';
  return written(deps, stored, [data], { guards: isOver ? noLongerUnderWay(stored.contribution) : [] });
}

const noLongerUnderWay = (contribution: Contribution): readonly GuardChange[] =>
  accountsOf(contribution).map((accountId) => ({ kind: 'end', accountId, contributionId: contribution.id }));

export type Booking = {
  readonly source: 'charge' | 'expected' | 'processor';
  readonly period: string;
  /** What of the contribution is paid with this, and cannot be paid again. */
  readonly what: string;
  readonly by?: { readonly userId: string; readonly capacity: string };
};

/** The change that books a payment: the intent of its period, its entry, and the contribution's own event. */
export async function bookingOf(
  deps: ContributionDependencies,
  stored: StoredContribution,
  payment: Payment,
  { source, period, what, by = batchActor }: Booking,
): Promise<{ readonly change: Change; readonly after: Contribution }> {
  const { contribution } = stored;
  const at = deps.clock.now();
  const host = await deps.store.account(contribution.collective.hostId ?? '');
  const intentId = deps.ids.next('pi', at);
  const { draft, hostFee } = chargedIntent(contribution, {
    intentId,
    period,
    amount: payment.amount,
    processorFee: payment.fee ?? 0,
    hostFeeBasisPoints: host?.settings?.contributionFeeBasisPoints ?? 0,
    reference: payment.reference,
    paidAt: payment.paidAt,
    method: contribution.method.processor,
    by: by.userId,
    at,
  });
  const occasion = { actor: by, at };
  const intent = sealIntent(deps, { id: intentId, before: null }, [draft], occasion);
  const data: ContributionEventData = {
    type: 'charged',
    period,
    intentId,
    amount: payment.amount,
    processorFee: payment.fee ?? 0,
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
      guards: source === 'charge' ? noLongerUnderWay(contribution) : [],
      // It has happened: fees that are higher than the gift are booked as they are.
      allowNegative: true,
    },
    after: sealed.after,
  };
}

async function book(
  deps: ContributionDependencies,
  stored: StoredContribution,
  payment: Payment,
  booking: Booking,
): Promise<Done> {
  const { change } = await bookingOf(deps, stored, payment, booking);
  const { outcome } = await deps.store.commit(change, systemUserId, deps.clock.now());
  if (outcome === 'already-paid' && booking.what !== payment.reference) {
    // The period was paid before, and the processor says that this is another payment: it is in the bank as well.
    return book(deps, stored, payment, { ...booking, what: payment.reference });
  }
  return outcome === 'committed' ? ['charged'] : [];
}

/** @returns the types of the events, or nothing when somebody else was faster */
async function written(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: readonly ContributionEventData[],
  others: ContributionChanges = {},
): Promise<Done> {
  const after = await append(deps, stored, data, others);
  return after === undefined ? [] : data.map(({ type }) => type);
}

async function append(
  deps: ContributionDependencies,
  stored: StoredContribution,
  data: readonly ContributionEventData[],
  others: ContributionChanges,
): Promise<StoredContribution | undefined> {
  const at = deps.clock.now();
  const { contribution } = stored;
  const sealed = sealContribution(deps, { id: contribution.id, before: stored }, data, { actor: batchActor, at });
  const outcome: CommitOutcome = await deps.store.commit(
    { ...others, intents: [], contributions: [{ before: contribution, ...sealed }] },
    systemUserId,
    at,
  );
  return outcome.outcome === 'committed'
    ? { contribution: sealed.after, headHash: sealed.events.at(-1)?.hash ?? '', leasedUntil: null }
    : undefined;
}
