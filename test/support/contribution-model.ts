/**
 * A second, simple opinion on which periods of a contribution are charged, written from requirements P2, P3, B3, B5 and B7
 * and not from the code: it knows when each period begins, which holds there are, and what the processor answers. No events,
 * no due index, no decisions of the domain; the batch looks at it whenever it likes.
 *
 * What the rules leave open is read as somebody who gives money would expect it: lifting a hold that skips gives up whatever
 * was not charged until then, also what began shortly before the hold (P2: the next charge is the next anchor day after now).
 * A gift that is given once has no next anchor day: it is given up only when its time came while it was held.
 *
 * A subscription that a processor charges by itself has its calendar there: the model says what it should be doing there, and
 * to which period belongs what it took. Whoever changes from or to one gives up the periods that have begun by then.
 */

/** What a new request to charge comes to, and whether anybody hears of it. `lost`: whoever asked died before writing it. */
export const askAnswers = [
  ...(['paid', 'refused', 'broken', 'unknown:paid', 'unknown:refused', 'unknown:nothing'] as const),
  ...(['pending:paid', 'pending:refused', 'lost:paid', 'lost:nothing'] as const),
] as const;
export type AskAnswer = (typeof askAnswers)[number];

/** What a look-up says: what really happened, or nothing that would help. */
export const lookUpAnswers = ['truth', 'unknown', 'pending', 'broken'] as const;
export type LookUpAnswer = (typeof lookUpAnswers)[number];

/** The processor's answers in the order in which they are asked for; they begin again when they are used up. */
export type Script = { readonly asks: readonly AskAnswer[]; readonly lookUps: readonly LookUpAnswer[] };
export const alwaysPaid: Script = { asks: ['paid'], lookUps: ['truth'] };

export const answerAt = <Answer>(answers: readonly Answer[], count: number): Answer =>
  answers[count % answers.length] as Answer;

export type Terms = {
  /** When a period begins (ISO 8601 UTC), null past the last one. */
  readonly beginsAt: (index: number) => string | null;
  readonly byTransfer: boolean;
  readonly script: Script;
};

/** By a saved card, by the contributor's own bank, or by a subscription that the processor charges by itself. */
export type Means = 'card' | 'transfer' | 'subscription';

export type Model = {
  readonly terms: Terms;
  means: Means;
  /** By id, what becomes of the periods that pass: only holds that stop this contribution. */
  readonly holds: Map<string, 'skip' | 'collect_once'>;
  /** The first period that has not begun, and those that began and are neither charged nor given up. */
  next: number;
  open: number[];
  /** What began before this is not collected. */
  givenUpBefore: string;
  /** Whether the time of what is open came under a hold. */
  isMissed: boolean;
  /** A refused or broken attempt that waits; a charge of which nobody knows yet what became of it. */
  retry: {
    readonly index: number;
    readonly attempt: number;
    readonly faults: number;
    readonly card: number;
    at: string;
  } | null;
  underWay: {
    readonly index: number;
    readonly attempt: number;
    readonly faults: number;
    readonly card: number;
    readonly truth: string;
    lookUps: number;
    at: string;
  } | null;
  isSetAside: boolean;
  /** Set aside because too many bank transfers are open, and for nothing else. */
  isFull: boolean;
  isCanceled: boolean;
  card: number;
  asked: number;
  lookedUp: number;
  /** The result: which periods were charged (or confirmed), in that order, and which are expected by bank transfer. */
  readonly charged: number[];
  expected: number[];
  /** Until when each bank transfer was to be confirmed, and those that were not. */
  readonly graceUntil: Map<number, string>;
  readonly unconfirmed: Set<number>;
  /** What the payer did on the processor's own site: what is not told here yet is not known here. */
  there: 'goes on' | 'paused, not told' | 'paused' | 'resumed, not told';
};

export const newModel = (terms: Terms, means: Means = terms.byTransfer ? 'transfer' : 'card'): Model => ({
  terms,
  means,
  holds: new Map(),
  next: 0,
  open: [],
  givenUpBefore: '',
  isMissed: false,
  retry: null,
  underWay: null,
  isSetAside: false,
  isFull: false,
  isCanceled: false,
  card: 1,
  asked: 0,
  lookedUp: 0,
  charged: [],
  expected: [],
  graceUntil: new Map(),
  unconfirmed: new Set(),
  there: 'goes on',
});

const later = (at: string, days: number, minutes = 0): string =>
  new Date(Date.parse(at) + (days * 1440 + minutes) * 60_000).toISOString();

export function place(model: Model, id: string, missedPeriods: 'skip' | 'collect_once'): void {
  model.holds.set(id, missedPeriods);
  if (model.there === 'paused, not told') {
    // Nobody can tell any more whose doing it is that it stands still there: it goes on with the hold that came here.
    model.there = 'goes on';
  }
}

export function lift(model: Model, id: string, at: string): void {
  if (model.holds.get(id) === 'skip') {
    model.givenUpBefore = at;
  }
  model.holds.delete(id);
}

export function takeUp(model: Model, at: string): void {
  Object.assign(model, { isSetAside: false, isFull: false });
  if (model.retry !== null) {
    model.retry.at = at;
  }
}

export function changeCard(model: Model, at: string): void {
  model.card += 1;
  takeUp(model, at);
}

/** Another way to pay. What a processor charges by itself it has charged, or not, until then: nothing is paid twice. */
export function changeMeans(model: Model, means: Means, at: string): void {
  begin(model, at);
  if (model.means === 'subscription' || means === 'subscription') {
    Object.assign(model, { open: [], retry: null, isMissed: false });
  }
  // What was paused there ends, and the pause with it.
  resumeThere(model);
  heardResumed(model, at);
  model.means = means;
  changeCard(model, at);
}

export function cancel(model: Model): void {
  Object.assign(model, { isCanceled: true, isSetAside: false, isFull: false, retry: null, open: [] });
}

/** The host confirms a bank transfer that is open, the oldest unless it says another; one place is free again. */
export function confirm(model: Model, index = model.expected[0]): void {
  if (index !== undefined) {
    model.charged.push(index);
    Object.assign(model, { expected: model.expected.filter((other) => other !== index) });
    Object.assign(model, model.isFull ? { isSetAside: false, isFull: false } : {});
  }
}

/** What a subscription of the contribution should be doing at its processor. */
export const wantedThere = ({ isCanceled, holds }: Model): 'running' | 'suspended' | 'canceled' =>
  isCanceled ? 'canceled' : holds.size > 0 ? 'suspended' : 'running';

const payersOwn = 'on the processor’s site';

/** The payer pauses a subscription on the processor's own site. */
export function pauseThere(model: Model): void {
  model.there = 'paused, not told';
}

/** The processor tells of it: from now on it is a hold of the payer's own. */
export function heardPaused(model: Model): void {
  if (model.there === 'paused, not told') {
    place(model, payersOwn, 'skip');
    model.there = 'paused';
  }
}

export function resumeThere(model: Model): void {
  model.there = ['paused', 'resumed, not told'].includes(model.there) ? 'resumed, not told' : 'goes on';
}

export function heardResumed(model: Model, at: string): void {
  if (model.there === 'resumed, not told') {
    lift(model, payersOwn, at);
    model.there = 'goes on';
  }
}

/** The period that a payment of a subscription belongs to: the newest that has begun. */
export function periodOf({ terms: { beginsAt } }: Model, paidAt: string): number {
  let index = 0;
  for (let begins = beginsAt(1); begins !== null && begins <= paidAt; begins = beginsAt(index + 1)) {
    index += 1;
  }
  return index;
}

function begin(model: Model, at: string): void {
  const { beginsAt } = model.terms;
  for (let begins = beginsAt(model.next); begins !== null && begins <= at; begins = beginsAt(model.next)) {
    if (model.means !== 'subscription') {
      model.open.push(model.next);
    }
    model.next += 1;
  }
}

/** The batch looks at the contribution. */
export function look(model: Model, at: string): void {
  begin(model, at);
  for (const index of model.isCanceled ? [] : model.expected) {
    if ((model.graceUntil.get(index) ?? at) <= at) {
      model.unconfirmed.add(index);
    }
  }
  if (model.underWay !== null && model.underWay.at <= at) {
    lookUp(model, at);
  }
  while (isReady(model, at)) {
    chargeNewest(model, at);
  }
}

function isReady(model: Model, at: string): boolean {
  const { retry, underWay, open } = model;
  const newest = open.at(-1);
  if (underWay !== null || newest === undefined || model.isSetAside || model.isCanceled) {
    return false;
  }
  const isTime = retry === null || retry.at <= at || newest > retry.index;
  if (isTime && model.holds.size > 0) {
    // Its time came while it was held: it was missed, and is not waiting for anything but the hold.
    Object.assign(model, { retry: null, isMissed: true });
    return false;
  }
  return isTime;
}

/** At most one period is charged, the newest; the others are given up. */
function chargeNewest(model: Model, at: string): void {
  const { retry, open, terms, means, givenUpBefore, isMissed } = model;
  const index = open.at(-1) ?? 0;
  const isGivenUp = (terms.beginsAt(index) ?? '') < givenUpBefore && (isMissed || terms.beginsAt(1) !== null);
  if (means === 'transfer' && !isGivenUp && model.expected.length >= 12) {
    Object.assign(model, { isSetAside: true, isFull: true });
    return;
  }
  Object.assign(model, { open: [], retry: null, isMissed: false });
  if (isGivenUp) {
    return;
  }
  if (means === 'transfer') {
    model.expected.push(index);
    model.graceUntil.set(index, later(at, 10));
    return;
  }
  const isAgain = retry?.index === index && retry.card === model.card;
  const trying = {
    index,
    card: model.card,
    attempt: isAgain ? retry.attempt : 1,
    faults: isAgain ? retry.faults : 0,
  };
  const answer = answerAt(terms.script.asks, model.asked);
  model.asked += 1;
  const [said, truth = said] = answer.split(':') as [string, string?];
  if (said === 'unknown' || said === 'pending' || said === 'lost') {
    model.underWay = { ...trying, truth, lookUps: said === 'lost' ? 0 : 1, at: later(at, 0, 5) };
  } else {
    settle(model, trying, said, at);
  }
}

type Trying = Pick<NonNullable<Model['retry']>, 'index' | 'attempt' | 'faults' | 'card'>;

function settle(model: Model, trying: Trying, truth: string, at: string): void {
  const { index, card, attempt, faults } = trying;
  if (truth === 'paid') {
    model.charged.push(index);
    return;
  }
  if (model.isCanceled || model.means === 'subscription') {
    return;
  }
  // It did not happen: the period is open again.
  model.open = [index, ...model.open];
  const broken = [10, 30, 60, 240, 720, 1440, 1440, 1440, 1440][faults];
  const days = [1, 3, 7][attempt - 1];
  if (truth === 'nothing') {
    model.retry = { ...trying, at };
  } else if (truth === 'broken' && broken !== undefined) {
    model.retry = { index, card, attempt, faults: faults + 1, at: later(at, 0, broken) };
  } else if (truth === 'refused' && days !== undefined) {
    model.retry = { index, card, attempt: attempt + 1, faults: 0, at: later(at, days) };
  } else {
    model.isSetAside = true;
  }
}

function lookUp(model: Model, at: string): void {
  const { underWay, terms } = model;
  const answer = answerAt(terms.script.lookUps, model.lookedUp);
  model.lookedUp += 1;
  if (underWay !== null && answer === 'truth') {
    model.underWay = null;
    settle(model, underWay, underWay.truth, at);
  } else if (underWay !== null) {
    underWay.at = later(at, 0, [5, 60, 1440][Math.min(underWay.lookUps, 2)]);
    underWay.lookUps += 1;
  }
}
