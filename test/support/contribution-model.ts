/**
 * A second, simple opinion on which periods of a contribution are charged, written from requirements P2, P3, B3, B5 and B7
 * and not from the code: it knows when each period begins, which holds there are, and what the processor answers. No events,
 * no due index, no decisions of the domain; the batch looks at it whenever it likes.
 *
 * What the rules leave open is read as somebody who gives money would expect it: lifting a hold that skips gives up whatever
 * was not charged until then, also what began shortly before the hold (P2: the next charge is the next anchor day after now).
 * A gift that is given once has no next anchor day: it is given up only when its time came while it was held.
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

export type Model = {
  readonly terms: Terms;
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
  isCanceled: boolean;
  card: number;
  asked: number;
  lookedUp: number;
  /** The result: which periods were charged (or confirmed), in that order, and which are expected by bank transfer. */
  readonly charged: number[];
  expected: number[];
};

export const newModel = (terms: Terms): Model => ({
  terms,
  holds: new Map(),
  next: 0,
  open: [],
  givenUpBefore: '',
  isMissed: false,
  retry: null,
  underWay: null,
  isSetAside: false,
  isCanceled: false,
  card: 1,
  asked: 0,
  lookedUp: 0,
  charged: [],
  expected: [],
});

const later = (at: string, days: number, minutes = 0): string =>
  new Date(Date.parse(at) + (days * 1440 + minutes) * 60_000).toISOString();

export function place(model: Model, id: string, missedPeriods: 'skip' | 'collect_once'): void {
  model.holds.set(id, missedPeriods);
}

export function lift(model: Model, id: string, at: string): void {
  if (model.holds.get(id) === 'skip') {
    model.givenUpBefore = at;
  }
  model.holds.delete(id);
}

export function takeUp(model: Model, at: string): void {
  model.isSetAside = false;
  if (model.retry !== null) {
    model.retry.at = at;
  }
}

export function changeCard(model: Model, at: string): void {
  model.card += 1;
  takeUp(model, at);
}

export function cancel(model: Model): void {
  Object.assign(model, { isCanceled: true, isSetAside: false, retry: null, open: [] });
}

/** The host confirms the oldest bank transfer that is open; one place is free again. */
export function confirm(model: Model): void {
  const [oldest, ...others] = model.expected;
  if (oldest !== undefined) {
    model.charged.push(oldest);
    Object.assign(model, { expected: others, isSetAside: false });
  }
}

/** The batch looks at the contribution. */
export function look(model: Model, at: string): void {
  const { beginsAt } = model.terms;
  for (let begins = beginsAt(model.next); begins !== null && begins <= at; begins = beginsAt(model.next)) {
    model.open.push(model.next);
    model.next += 1;
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
  const { retry, open, terms, givenUpBefore, isMissed } = model;
  const index = open.at(-1) ?? 0;
  const isGivenUp = (terms.beginsAt(index) ?? '') < givenUpBefore && (isMissed || terms.beginsAt(1) !== null);
  if (terms.byTransfer && !isGivenUp && model.expected.length >= 12) {
    model.isSetAside = true;
    return;
  }
  Object.assign(model, { open: [], retry: null, isMissed: false });
  if (isGivenUp) {
    return;
  }
  if (terms.byTransfer) {
    model.expected.push(index);
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
  if (model.isCanceled) {
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
