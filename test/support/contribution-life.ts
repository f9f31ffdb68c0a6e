/**
 * Contributions lived through on the pure core alone: holds on three places, a processor that answers by a script and keeps
 * what it really did, and a batch that looks only at what is due.
 */
import {
  type ChargeEnd,
  decideChargeEnd,
  decideRetireEnd,
  decideStep,
  decideTellEnd,
  type Period,
  type Step,
  type Surroundings,
  type TellEnd,
} from '../../shared/domain/charging.ts';
import {
  type Agreement,
  applyContribution,
  type Charge,
  type Contribution,
  type ContributionEventData,
  contributionDueAt,
  type OwnHold,
  type ProcessorState,
} from '../../shared/domain/contribution.ts';
import {
  type Guard,
  type HoldLevel,
  type HoldOwner,
  levelsThatStop,
  type MissedPeriods,
  openGuard,
  stoppedBy,
} from '../../shared/domain/hold.ts';
import type { MethodInUse } from '../../shared/domain/payment-method.ts';
import { alwaysPaid, answerAt, type Script } from './contribution-model.ts';
import { parties, usd } from './pure-intent.ts';

export const begins = '2026-01-01T00:00:00.000Z';
export const after = (instant: string, days: number, minutes = 0): string =>
  new Date(Date.parse(instant) + (days * 1440 + minutes) * 60_000).toISOString();
/** An instant so many days (and minutes) after the first period began. */
export const day = (days: number, minutes = 0): string => after(begins, days, minutes);

export const periodDays = 30;
/** Periods of thirty days: that the calendar is right is tested elsewhere. */
export const periodAt = (index: number): Period => ({
  period: day(index * periodDays).slice(0, 10),
  at: day(index * periodDays),
});
export const onlyPeriodAt = (index: number): Period | null => (index === 0 ? periodAt(0) : null);

export const card = (id = 'card-1'): MethodInUse => ({
  id,
  processor: 'test',
  chargedBy: 'us',
  reference: `ref ${id}`,
  payerReference: null,
});
export const subscription = (id = 'sub-1'): MethodInUse => ({
  ...card(id),
  processor: 'paypal',
  chargedBy: 'processor',
});
export const transfer: MethodInUse = {
  id: 'transfer',
  processor: 'bank_transfer',
  chargedBy: 'contributor',
  reference: null,
  payerReference: null,
};

export const agreement = (given: Partial<Agreement> = {}): Agreement => ({
  contributor: parties.person,
  collective: parties.b,
  amount: usd(5000),
  interval: 'month',
  startsOn: begins.slice(0, 10),
  firstAt: begins,
  timeZone: 'UTC',
  tier: 'Backer',
  method: card(),
  methodLabel: 'Visa ending in 4242',
  ...given,
});

export type Recorded = {
  readonly subjectId: string;
  readonly number: number;
  readonly at: string;
  readonly actor: { readonly userId: string; readonly capacity: string };
  readonly data: ContributionEventData;
};

export type PlacedHold = {
  readonly id: string;
  readonly place: 'own' | 'collective' | 'host';
  readonly owner: HoldOwner;
  readonly level: HoldLevel;
  readonly missedPeriods: MissedPeriods;
};

/** `broken` never did anything; of an `unknown` nobody knows. */
export type Telling = {
  readonly heard: 'done' | 'pending' | 'declined' | 'broken' | 'unknown';
  readonly happens: boolean;
};

export type Life = {
  contribution: Contribution;
  readonly events: Recorded[];
  readonly guards: Record<'collective' | 'host', Guard>;
  now: string;
  readonly script: Script;
  asked: number;
  lookedUp: number;
  /** What the processor really did, by key, with the period that it was for. */
  readonly known: Map<string, { readonly truth: 'paid' | 'refused'; readonly period: string }>;
  /** Every request to charge, in order; a key that comes again is asked for again. */
  readonly requests: Charge[];
  /** What a processor hears and does when it is told to suspend, resume or end a subscription, by turns. */
  readonly tellings: readonly Telling[];
  tells: number;
  /** What subscriptions there really do, by method; those that were never told anything run. */
  readonly subscriptions: Map<string, ProcessorState>;
  /** What was to be done although the due index did not say so. */
  readonly overlooked: Step[];
};

export function beginLife(
  given: Partial<Agreement> = {},
  script: Script = alwaysPaid,
  tellings: readonly Telling[] = [{ heard: 'done', happens: true }],
): Life {
  const event: Recorded = {
    subjectId: 'con_1',
    number: 1,
    at: begins,
    actor: { userId: 'person', capacity: 'contributor' },
    data: { type: 'created', agreement: agreement(given) },
  };
  return {
    contribution: applyContribution(undefined, event),
    events: [event],
    guards: { collective: openGuard('b'), host: openGuard('B') },
    now: begins,
    script,
    asked: 0,
    lookedUp: 0,
    known: new Map(),
    requests: [],
    tellings,
    tells: 0,
    subscriptions: new Map(),
    overlooked: [],
  };
}

export function record(life: Life, ...data: readonly ContributionEventData[]): void {
  for (const each of data) {
    const event: Recorded = {
      subjectId: life.contribution.id,
      number: life.contribution.version + 1,
      at: life.now,
      actor: { userId: 'batch', capacity: 'batch' },
      data: each,
    };
    life.contribution = applyContribution(life.contribution, event);
    life.events.push(event);
  }
}

export const around = ({ contribution, guards, now }: Life): Surroundings => ({
  guards: [guards.collective, guards.host],
  periodAt: contribution.interval === 'once' ? onlyPeriodAt : periodAt,
  now,
  inMinutes: (minutes) => after(now, 0, minutes),
  inDays: (days) => after(now, days),
});

export const stepOf = (life: Life): Step => decideStep(life.contribution, around(life));

export const isDue = ({ contribution, now }: Life): boolean => (contributionDueAt(contribution) ?? '9') <= now;

/** The lifting of a hold on an account writes nothing on a contribution: those that missed something are looked at out of turn. */
export const isWoken = ({ contribution, guards }: Life): boolean =>
  contribution.missedFrom !== null &&
  contribution.holds.length === 0 &&
  stoppedBy([guards.collective, guards.host], contribution.interval === 'once' ? 'new_once' : 'recurring').length === 0;

/** The batch comes round: it looks at what is due, and at nothing else. */
export function batch(life: Life): void {
  if (isDue(life)) {
    work(life);
    return;
  }
  const step = stepOf(life);
  if (step.do !== 'nothing' && !isWoken(life)) {
    life.overlooked.push(step);
  }
}

const stepsMax = 20;

/** Everything that is to be done now. @throws when that has no end */
export function work(life: Life): void {
  for (let count = 0; count < stepsMax; count += 1) {
    const step = stepOf(life);
    if (step.do === 'nothing') {
      if (isDue(life)) {
        throw new Error(`There is nothing to do, yet it is due: ${JSON.stringify(life.contribution)}`);
      }
      return;
    }
    carryOut(life, step);
  }
  throw new Error(`There is no end to what is to be done: ${JSON.stringify(life.events.slice(-4))}`);
}

export function carryOut(life: Life, step: Step): void {
  switch (step.do) {
    case 'nothing':
      break;
    case 'record':
      record(life, step.data);
      break;
    case 'charge':
      record(life, step.data);
      ask(life);
      break;
    case 'look-up':
      lookUp(life, step.charge);
      break;
    case 'tell':
      record(
        life,
        ...decideTellEnd(
          life.contribution,
          step.wanted,
          tell(life, life.contribution.method, step.wanted),
          around(life),
        ),
      );
      break;
    case 'retire':
      if (life.contribution.retiring !== null) {
        const heard = tell(life, life.contribution.retiring.method, 'canceled');
        record(life, decideRetireEnd(life.contribution, heard, around(life)));
      }
      break;
  }
}

function ask(life: Life): void {
  const { charge } = life.contribution;
  if (charge === null) {
    throw new Error('A charge that was begun is there.');
  }
  life.requests.push(charge);
  const before = life.known.get(charge.key);
  if (before !== undefined) {
    // Nothing is done twice under one key: the same answer again.
    end(life, charge, before.truth);
    return;
  }
  const [said, truth = said] = answerAt(life.script.asks, life.asked).split(':') as [string, string?];
  life.asked += 1;
  if (truth === 'paid' || truth === 'refused') {
    life.known.set(charge.key, { truth, period: charge.period });
  }
  if (said !== 'lost') {
    end(life, charge, said);
  }
}

function lookUp(life: Life, charge: Charge): void {
  const answer = answerAt(life.script.lookUps, life.lookedUp);
  life.lookedUp += 1;
  end(life, charge, answer === 'truth' ? (life.known.get(charge.key)?.truth ?? 'none') : answer);
}

export const stateThere = ({ subscriptions }: Life, { id }: MethodInUse): ProcessorState =>
  subscriptions.get(id) ?? 'running';

/** What is so already is done without further ado; what has ended there is gone. */
function tell(life: Life, method: MethodInUse, wanted: ProcessorState): TellEnd {
  const { heard, happens } = answerAt(life.tellings, life.tells);
  life.tells += 1;
  if (heard === 'broken') {
    return { outcome: 'broken', reason, retryAfterSeconds: null };
  }
  if (stateThere(life, method) === 'canceled' && wanted !== 'canceled') {
    return { outcome: 'refused', code: 'gone', reason };
  }
  if (heard === 'declined') {
    return { outcome: 'refused', code: 'declined', reason };
  }
  if (happens || heard !== 'unknown') {
    life.subscriptions.set(method.id, wanted);
  }
  return heard === 'done'
    ? { outcome: 'done' }
    : heard === 'pending'
      ? { outcome: 'pending', reference: 'ref' }
      : { outcome: 'unknown', reason };
}

const reason = 'So says the processor.';
const ends: Readonly<Record<string, ChargeEnd>> = {
  refused: { outcome: 'refused', reason },
  broken: { outcome: 'broken', reason, retryAfterSeconds: null },
  unknown: { outcome: 'unknown', reason },
  pending: { outcome: 'pending', reference: 'ref' },
  none: { outcome: 'none' },
};

/** Writes what was heard of a charge: `paid`, or one of the other ends. */
export function end(life: Life, charge: Charge, heard: string): void {
  const other = ends[heard];
  if (other === undefined) {
    record(life, paid(life, charge.period, 'charge'));
  } else {
    record(life, decideChargeEnd(charge, other, around(life)));
  }
}

export const paid = (
  { now }: Pick<Life, 'now'>,
  period: string,
  source: 'charge' | 'expected' | 'processor',
): ContributionEventData & { readonly type: 'charged' } => ({
  type: 'charged',
  period,
  intentId: `pi_${period}`,
  amount: usd(5000),
  processorFee: 175,
  hostFee: 500,
  reference: 'ref',
  paidAt: now,
  source,
});

/** Time passes, and the batch comes round at the end of it. */
export function wait(life: Life, days: number, minutes = 0): void {
  life.now = after(life.now, days, minutes);
  batch(life);
}

export function hold(life: Life, { id, place, owner, level, missedPeriods }: PlacedHold): void {
  if (place === 'own') {
    const own: OwnHold = { id, owner, reason: 'other', from: life.now, until: null, missedPeriods };
    record(life, { type: 'held', hold: own });
    return;
  }
  const { levels } = life.guards[place];
  life.guards[place] = {
    ...life.guards[place],
    levels: { ...levels, [level]: [...(levels[level] ?? []), owner] },
  };
}

/**
 * Lifts a hold. The lift of a hold on an account writes nothing on a contribution: what is to be collected is looked at out of
 * turn, and so is what has no next period to be looked at for.
 * @returns whether it was looked at
 */
export function lift(life: Life, { id, place, owner, level, missedPeriods }: PlacedHold): boolean {
  if (place === 'own') {
    record(life, { type: 'released', holdId: id, missedPeriods });
    return false;
  }
  const guard = life.guards[place];
  const isSkipping = missedPeriods === 'skip' && levelsThatStop.recurring.includes(level);
  life.guards[place] = {
    ...guard,
    levels: { ...guard.levels, [level]: (guard.levels[level] ?? []).filter((other) => other !== owner) },
    skipUntil: isSkipping ? life.now : guard.skipUntil,
  };
  if (missedPeriods === 'skip' && life.contribution.nextAt !== null) {
    return false;
  }
  work(life);
  return true;
}

/** The numbers of the periods that were charged or confirmed, in that order. */
export const chargedPeriods = ({ events }: Life): readonly number[] =>
  events.flatMap(({ data }) =>
    data.type === 'charged'
      ? [Math.round((Date.parse(data.period) - Date.parse(begins)) / (periodDays * 86_400_000))]
      : [],
  );
