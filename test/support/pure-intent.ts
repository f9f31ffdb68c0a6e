/** Payment intents driven through the pure core alone: people, parties, histories, and postings written as words. */
import { apply } from '../../shared/domain/apply.ts';
import {
  type Caller,
  type Capacity,
  capacitiesForIntent,
  type Memberships,
} from '../../shared/domain/authorisation.ts';
import { isHostPosting, type Posting } from '../../shared/domain/books.ts';
import {
  actingAs,
  type CommandOf,
  type Context,
  type CreateCommand,
  decide,
  decideCreation,
  type IntentCommand,
} from '../../shared/domain/decide.ts';
import type { Money } from '../../shared/domain/money.ts';
import type {
  ApprovalPolicy,
  Content,
  DraftEvent,
  IntentEvent,
  Party,
  PaymentIntent,
} from '../../shared/domain/payment-intent.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';

export const money = (amount: number, currency: string): Money => ({ amount, currency });
export const usd = (amount: number): Money => money(amount, 'USD');

const party = (accountId: string, hostId: string | null, accountKind: Party['accountKind'] = 'collective'): Party => ({
  accountId,
  accountName: `Account ${accountId}`,
  accountKind,
  hostId,
  hostName: hostId === null ? null : `Host ${hostId}`,
});

/** Two hosts, A and B, with collectives a, a2 and b; an organisation and a person whose money no host holds. */
export const parties = {
  a: party('a', 'A'),
  a2: party('a2', 'A'),
  b: party('b', 'B'),
  hostA: party('A', 'A', 'host'),
  hostC: party('c', 'C'),
  organisation: party('org', null, 'organisation'),
  person: party('person', null, 'person'),
} as const;

/** Who there is, and on which teams; the clock and the system act in a capacity of their own. */
export const memberships = {
  collectiveAdminA: { a: ['collective_admin'], a2: ['collective_admin'] },
  collectiveAdminA2: { a: ['collective_admin'] },
  hostAdminA: { A: ['host_admin'] },
  financeA: { A: ['finance_lead'] },
  finance2A: { A: ['finance_lead'] },
  accountantA: { A: ['accountant'] },
  collectiveAdminB: { b: ['collective_admin'] },
  hostAdminB: { B: ['host_admin'] },
  financeB: { B: ['finance_lead'] },
  finance2B: { B: ['finance_lead'] },
  financeOfBoth: { A: ['finance_lead'], B: ['finance_lead'] },
  organisationAdmin: { org: ['collective_admin'] },
  person: {},
  platformAdmin: { platform: ['platform_admin'] },
  stranger: {},
} as const satisfies Record<string, Memberships>;

export type Who = keyof typeof memberships | 'clock' | 'system';

export const now = '2026-03-02T09:00:00.000Z';
export const daysLater = (days: number, from: string = now): string =>
  new Date(Date.parse(from) + days * 86_400_000).toISOString();

export const callerOf = (who: keyof typeof memberships): Caller => ({ userId: who, memberships: memberships[who] });

export function contextOf(intent: PaymentIntent, who: Who, at: string = now): Context {
  const held: readonly (Capacity | 'clock' | 'system')[] =
    who === 'clock' || who === 'system' ? [who] : capacitiesForIntent(callerOf(who), intent);
  return { now: at, userId: who, held };
}

const content: Content = {
  payee: parties.b,
  amount: usd(1000),
  fixedSide: 'sent',
  costLimit: null,
  purpose: 'Travel to the conference',
  tier: null,
  destination: { method: 'bank_account', label: 'Host B, account ending 4242' },
  deadlineAt: null,
};

export type Beginning = {
  readonly payer?: Party;
  readonly side?: CreateCommand['side'];
  readonly author?: keyof typeof memberships;
  readonly sendsBackId?: string | null;
} & Partial<Content>;

/** The decision to create an intent of 1000 USD from collective a to collective b, or a variation of it. */
export function creation(given: Beginning = {}) {
  const { payer = parties.a, side = 'payer', author: _author, sendsBackId = null, ...changed } = given;
  return decideCreation({ type: 'grant', payer, side, content: { ...content, ...changed }, sendsBackId });
}

/** An intent with everything that has happened to it so far. */
export type History = { readonly intent: PaymentIntent; readonly events: readonly Numbered[] };
export type Numbered = Pick<IntentEvent, 'subjectId' | 'number' | 'at' | 'actor' | 'data' | 'postings'>;

export const intentId = 'pi_1';

function extended(
  history: History | undefined,
  drafts: readonly DraftEvent[],
  actor: IntentEvent['actor'],
  at: string,
): History {
  let intent = history?.intent;
  const events = drafts.map((draft): Numbered => {
    const event = { subjectId: intentId, number: (intent?.version ?? 0) + 1, at, actor, ...draft };
    intent = apply(intent, event);
    return event;
  });
  if (intent === undefined) {
    throw new Error('Nothing happened.');
  }
  return { intent, events: [...(history?.events ?? []), ...events] };
}

export function begun(given: Beginning = {}): History {
  const decision = creation(given);
  if (!decision.ok) {
    throw new Error(`Refused: ${JSON.stringify(decision.refusal)}`);
  }
  const actor = { userId: given.author ?? 'collectiveAdminA', capacity: `admin@${given.side ?? 'payer'}` };
  return extended(undefined, decision.value, actor, now);
}

export type Step = readonly [who: Who, command: IntentCommand, at?: string];

/** One more command; says what was refused, or the longer history. */
export function tried(history: History, [who, command, at = now]: Step): History | { readonly refusal: Refusal } {
  const context = contextOf(history.intent, who, at);
  const decision = decide(history.intent, command, context);
  return decision.ok
    ? extended(history, decision.value, actingAs(command.name, context), at)
    : { refusal: decision.refusal };
}

/** Commands that a test takes for granted. */
export function continued(history: History, ...steps: readonly Step[]): History {
  return steps.reduce((soFar, step) => {
    const next = tried(soFar, step);
    if ('refusal' in next) {
      throw new Error(`${step[1].name} by ${step[0]} was refused: ${JSON.stringify(next.refusal)}`);
    }
    return next;
  }, history);
}

/** The refusal of a command, or `undefined` when it was accepted. */
export function refusalOf(history: History, ...step: Step): Refusal | undefined {
  const next = tried(history, step);
  return 'refusal' in next ? next.refusal : undefined;
}

/** What one more command posts, as words: `A/a available -1000 USD`; the network book as `network transit/pi_1 1000 USD`. */
export function postedBy(history: History, ...step: Step): readonly string[] {
  const next = continued(history, step);
  return inWords(next.events.slice(history.events.length).flatMap(({ postings }) => postings));
}

export const inWords = (postings: readonly Posting[]): readonly string[] =>
  sorted(
    postings.map((posting) =>
      isHostPosting(posting)
        ? `${posting.book}/${posting.accountId} ${posting.ledger} ${posting.amount} ${posting.currency}`
        : `network ${posting.ledger}/${posting.party} ${posting.amount} ${posting.currency}`,
    ),
  );

export const sorted = (texts: readonly string[]): readonly string[] =>
  [...texts].sort((one, other) => (one < other ? -1 : 1));

// --- Commands with the usual details ---------------------------------------------------------------------------------

export const oneReviewer: ApprovalPolicy = {
  steps: [{ name: 'review', roles: ['host_admin', 'finance_lead'], approvals: 1 }],
};
export const twoReviewers: ApprovalPolicy = {
  steps: [{ name: 'review', roles: ['host_admin', 'finance_lead'], approvals: 2 }],
};

type Given<Name extends IntentCommand['name']> = Partial<Omit<CommandOf<Name>, 'name'>>;

export const submit = (given: Given<'submit'> = {}): IntentCommand => ({
  name: 'submit',
  policy: oneReviewer,
  receivingFeeBasisPoints: 0,
  receivingTimeZone: 'UTC',
  ...given,
});
export const approve: IntentCommand = { name: 'approve' };
export const reject: IntentCommand = { name: 'reject', reason: 'No budget' };
export const cancel: IntentCommand = { name: 'cancel', reason: null };
export const edit = (changed: Partial<Content>): IntentCommand => ({ name: 'edit', content: changed });
export const redraft = (changed: Partial<Content> = {}): IntentCommand => ({ name: 'redraft', content: changed });
export const expire: IntentCommand = { name: 'expire' };
export const fail: IntentCommand = { name: 'fail', reason: 'The bank refused it' };
export const settle: IntentCommand = { name: 'settle', date: '2026-03-02' };
export const becomeLate: IntentCommand = { name: 'becomeLate' };
export const assumeReceived: IntentCommand = { name: 'assumeReceived' };
export const reportNotReceived: IntentCommand = { name: 'reportNotReceived', reason: 'Nothing on the account' };
export const sendBack = (amount: number): IntentCommand => ({ name: 'sendBack', byIntentId: 'pi_back', amount });
export const placeHold: IntentCommand = { name: 'placeHold', holdId: 'hold_1', reason: 'paperwork', message: null };
export const liftHold: IntentCommand = { name: 'liftHold', holdId: 'hold_1' };

export const markSent = (amount: Money = usd(1000), given: Given<'markSent'> = {}): IntentCommand => ({
  name: 'markSent',
  amount,
  fee: 0,
  feeBearer: 'payer',
  date: '2026-03-02',
  method: 'bank_transfer',
  reference: 'REF-1',
  expected: null,
  lateAt: daysLater(7),
  ...given,
});

export const confirmReceipt = (amount: Money = usd(1000), given: Given<'confirmReceipt'> = {}): IntentCommand => ({
  name: 'confirmReceipt',
  amount,
  date: '2026-03-03',
  reference: 'REF-1',
  final: false,
  overReceipt: null,
  fromSuspense: null,
  ...given,
});

export const acceptShort = (bearer: 'payee' | 'payee_host' = 'payee'): IntentCommand => ({
  name: 'acceptShort',
  reason: 'Bank fee',
  bearer,
});

export const markReturned = (amount: number, feeLost = 0, bearer: 'payer' | 'payer_host' = 'payer'): IntentCommand => ({
  name: 'markReturned',
  amount,
  feeLost,
  bearer,
  reason: 'Account closed',
  date: '2026-03-04',
});

export const writeOff = (bearer: 'payer' | 'payer_host' = 'payer'): IntentCommand => ({
  name: 'writeOff',
  reason: 'Lost',
  bearer,
});

// --- Histories with the usual people ---------------------------------------------------------------------------------

const authorOf = (given: Beginning): keyof typeof memberships => given.author ?? 'collectiveAdminA';

export const submitted = (given: Beginning = {}, details: Given<'submit'> = {}): History =>
  continued(begun(given), [authorOf(given), submit(details)]);

/** Approved by whoever reviews it: the payer's host, or the payee's when the payer is outside. */
export function approved(given: Beginning = {}, details: Given<'submit'> = {}): History {
  const reviewer = (given.payer ?? parties.a).hostId === null ? 'financeB' : 'financeA';
  return continued(submitted(given, details), [reviewer, approve]);
}

export const sent = (given: Beginning = {}, details: Given<'submit'> = {}): History =>
  continued(approved(given, details), ['financeA', markSent(given.costLimit ?? given.amount ?? usd(1000))]);
