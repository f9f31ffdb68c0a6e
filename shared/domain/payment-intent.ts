import type { Posting } from './books.ts';
import type { Money } from './money.ts';

/** The state of a payment intent: each stands for something that really happened to money (semantics §2). */
export const statuses = [
  'draft',
  'pending_approval',
  'approved',
  'sent',
  'partially_received',
  'received',
  'rejected',
  'canceled',
  'expired',
  'failed',
  'returned',
] as const;
export type Status = (typeof statuses)[number];

export const intentTypes = [
  'expense',
  'reimbursement',
  'invoice',
  'grant',
  'contribution',
  'transfer',
  'added_funds',
  'settlement',
  'compensation',
  'split',
] as const;
export type IntentType = (typeof intentTypes)[number];

export const accountKinds = ['host', 'collective', 'person', 'organisation', 'platform'] as const;
export type AccountKind = (typeof accountKinds)[number];

export const payoutMethods = ['bank_account', 'paypal', 'other'] as const;
export type PayoutMethod = (typeof payoutMethods)[number];

/**
 * A side of an intent, named as it was when the intent was made, so that its history reads the same for ever.
 * `hostId` is null for a party outside: somebody whose money no host on this system holds.
 */
export type Party = {
  readonly accountId: string;
  readonly accountName: string;
  readonly accountKind: AccountKind;
  readonly hostId: string | null;
  readonly hostName: string | null;
};

export type Side = 'payer' | 'payee';

/** One step of an approval policy: who may decide, and how many of them it takes. */
export type ApprovalStep = {
  readonly name: string;
  readonly roles: readonly ('collective_admin' | 'host_admin' | 'finance_lead')[];
  readonly approvals: number;
};

export type ApprovalPolicy = { readonly steps: readonly ApprovalStep[] };

/** Given on one revision of the content: an edit makes it worthless (invariant 7). */
export type Approval = {
  readonly step: number;
  readonly userId: string;
  readonly revision: number;
  readonly at: string;
};

export type SendRecord = {
  readonly amount: Money;
  /** What the transfer itself cost the sending side, on top; same currency as the amount. */
  readonly fee: number;
  readonly feeBearer: 'payer' | 'payer_host';
  readonly date: string;
  readonly method: string;
  readonly reference: string | null;
  readonly by: string;
  readonly at: string;
};

export type Receipt = {
  readonly amount: Money;
  /** The share of what was sent that this receipt accounts for, in the sender's currency, at cost. */
  readonly cost: number;
  /** What arrived above what was sent, and where it was booked; null when nothing did. */
  readonly excess: { readonly amount: number; readonly to: 'suspense' | 'payee' } | null;
  readonly hostFee: number;
  readonly date: string;
  readonly reference: string | null;
  /** The suspense record that the money was taken from, when it had arrived before anybody knew what it was for. */
  readonly fromSuspense: string | null;
  /** `host`: the payee's host confirmed. `payee`: an outside payee did. `assumed`: nobody could, and nothing came back.
   * `processor`: the payment processor that holds the money for the host says so. */
  readonly source: 'host' | 'payee' | 'assumed' | 'book' | 'imported' | 'processor';
  readonly by: string;
  readonly at: string;
};

export type ReturnRecord = {
  readonly amount: number;
  readonly feeLost: number;
  readonly bearer: 'payer' | 'payer_host';
  readonly reason: string;
  readonly date: string;
  readonly by: string;
  readonly at: string;
};

/**
 * What is between the two hosts, at cost in the sender's currency. Always `transit = sent − received − returned − lost`,
 * and zero once the intent has ended. A receipt that came before the claim that it was sent makes it negative for a while.
 */
export type Network = {
  readonly currency: string;
  readonly sent: number;
  readonly received: number;
  readonly returned: number;
  readonly lost: number;
  readonly transit: number;
};

/** What the payee's host may expect: opened when the other host sent it, never a balance (requirements E2). */
export type Expectation = {
  readonly amount: Money | null;
  readonly status: 'open' | 'received' | 'returned' | 'lost';
};

export type TraceCase = {
  readonly openedAt: string;
  readonly openedBy: string;
  readonly reason: string;
  readonly closedAt: string | null;
  readonly closedBy: 'receipt' | 'return' | 'write_off' | 'accepted_short' | null;
};

export type Hold = {
  readonly id: string;
  readonly owner: 'host' | 'collective' | 'contributor' | 'platform';
  readonly ownerAccountId: string;
  readonly reason: string;
  readonly message: string | null;
  readonly from: string;
  readonly by: string;
};

export type WriteOffProposal = {
  readonly by: string;
  readonly hostIds: readonly string[];
  readonly bearer: 'payer' | 'payer_host';
  readonly reason: string;
  readonly at: string;
};

export type Lateness = { readonly since: string; readonly reminders: number };

export type Destination = { readonly method: PayoutMethod; readonly label: string };

export type PaymentIntent = {
  readonly id: string;
  readonly type: IntentType;
  readonly status: Status;
  /** The number of the newest event. */
  readonly version: number;
  /** Grows when the content changes; approvals are bound to it. */
  readonly revision: number;
  readonly payer: Party;
  readonly payee: Party;
  /** The instructed amount. */
  readonly amount: Money;
  /**
   * Which amount was agreed: what leaves the payer, or what is to arrive at the payee. It is for people to read and decides
   * nothing: what is set aside follows from `amount` and `costLimit`, and what becomes of a difference is said with the
   * receipt (`overReceipt`, `final`) or by accepting it short.
   */
  readonly fixedSide: 'sent' | 'received';
  /** The most that may leave the payer's balance, when the instructed amount is in another currency. */
  readonly costLimit: Money | null;
  readonly purpose: string;
  readonly tier: string | null;
  readonly destination: Destination | null;
  readonly deadlineAt: string | null;
  readonly author: { readonly userId: string; readonly side: Side };
  /** Who changed the content when taking it up again; like the author, they do not decide on it. */
  readonly revisedBy: string | null;
  /** Copied when submitted, so that a later change of policy alters nothing under way (requirements I3). */
  readonly policy: ApprovalPolicy | null;
  readonly receivingFeeBasisPoints: number;
  /** IANA time zone in which the receiving side's working days are counted; copied with the policy. */
  readonly receivingTimeZone: string;
  readonly approvals: readonly Approval[];
  /** When it was last approved; from then on it is a promise that the payee's side may see. */
  readonly approvedAt: string | null;
  /** Set aside from the payer's available balance from approval until it is sent or given back. */
  readonly reserved: Money | null;
  readonly send: SendRecord | null;
  readonly receipts: readonly Receipt[];
  readonly returned: ReturnRecord | null;
  readonly network: Network | null;
  readonly expectation: Expectation | null;
  readonly trace: TraceCase | null;
  readonly late: Lateness | null;
  readonly holds: readonly Hold[];
  readonly writeOff: WriteOffProposal | null;
  readonly reason: string | null;
  /** For an intent that sends money back: the intent whose money it returns. */
  readonly sendsBackId: string | null;
  readonly reversal: { readonly amount: number; readonly extent: 'partial' | 'full' } | null;
  /** What intents that send money of this one back stand for, while they have not ended. */
  readonly sendingBack: number;
  /** Where an imported intent comes from. */
  readonly source: string | null;
  /** When the clock has something to do with this intent; null while nothing waits. */
  readonly dueAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** What is true of an intent until something says otherwise; items leave it out, histories begin with it. */
export const untouched = {
  revision: 1,
  fixedSide: 'sent',
  costLimit: null,
  tier: null,
  destination: null,
  deadlineAt: null,
  revisedBy: null,
  policy: null,
  receivingFeeBasisPoints: 0,
  receivingTimeZone: 'UTC',
  approvals: [],
  approvedAt: null,
  reserved: null,
  send: null,
  receipts: [],
  returned: null,
  network: null,
  expectation: null,
  trace: null,
  late: null,
  holds: [],
  writeOff: null,
  reason: null,
  sendsBackId: null,
  reversal: null,
  sendingBack: 0,
  source: null,
  dueAt: null,
} as const satisfies Partial<PaymentIntent>;

/** Who made a change: a person in a capacity, or the clock. */
export type Actor = { readonly userId: string; readonly capacity: string };

/** What was created: the content that an author may still change. */
export type Content = Pick<
  PaymentIntent,
  'payee' | 'amount' | 'fixedSide' | 'costLimit' | 'purpose' | 'tier' | 'destination' | 'deadlineAt'
>;

/** What the receiving side brings along when an intent is submitted, or redirected afterwards. */
export type Receiving = { readonly feeBasisPoints: number; readonly timeZone: string };

/** What happened, in the past tense, with all that is needed to know the state after it. */
export type EventData =
  | {
      readonly type: 'created';
      readonly content: Content;
      readonly intentType: IntentType;
      readonly payer: Party;
      readonly side: Side;
      readonly sendsBackId: string | null;
    }
  | { readonly type: 'edited'; readonly content: Partial<Content>; readonly receiving: Receiving | null }
  | {
      readonly type: 'submitted';
      readonly policy: ApprovalPolicy;
      readonly receivingFeeBasisPoints: number;
      readonly receivingTimeZone: string;
    }
  | { readonly type: 'approval_given'; readonly step: number; readonly revision: number }
  | {
      readonly type: 'approved';
      readonly step: number | null;
      readonly revision: number;
      readonly reserved: Money | null;
      readonly dueAt: string | null;
    }
  | { readonly type: 'rejected'; readonly reason: string }
  | { readonly type: 'canceled'; readonly reason: string | null }
  | { readonly type: 'expired' }
  | { readonly type: 'failed'; readonly reason: string }
  | {
      readonly type: 'sent';
      readonly send: Omit<SendRecord, 'by' | 'at'>;
      readonly network: Network | null;
      readonly expectation: Expectation | null;
      readonly status: Status;
      readonly correction: number;
      readonly dueAt: string | null;
    }
  | {
      readonly type: 'receipt_confirmed';
      readonly receipt: Omit<Receipt, 'by' | 'at'>;
      readonly network: Network | null;
      readonly status: Status;
      readonly dueAt: string | null;
    }
  | {
      readonly type: 'short_accepted';
      readonly reason: string;
      readonly bearer: 'payee' | 'payee_host';
      readonly shortBy: Money;
      readonly network: Network | null;
    }
  | { readonly type: 'not_received_reported'; readonly reason: string }
  | { readonly type: 'became_late'; readonly reminders: number; readonly dueAt: string | null }
  | { readonly type: 'trace_opened'; readonly reason: string }
  | {
      readonly type: 'returned';
      readonly returned: Omit<ReturnRecord, 'by' | 'at'>;
      readonly network: Network;
      readonly status: Status;
    }
  | {
      readonly type: 'write_off_proposed';
      readonly hostIds: readonly string[];
      readonly bearer: 'payer' | 'payer_host';
      readonly reason: string;
    }
  | {
      readonly type: 'written_off';
      readonly bearer: 'payer' | 'payer_host';
      readonly reason: string;
      readonly network: Network;
      readonly status: Status;
    }
  | {
      readonly type: 'reversed';
      readonly byIntentId: string;
      readonly amount: number;
      readonly extent: 'partial' | 'full';
      readonly closes: number;
    }
  | { readonly type: 'send_back_opened'; readonly byIntentId: string; readonly amount: number }
  | { readonly type: 'send_back_closed'; readonly byIntentId: string; readonly amount: number }
  | {
      readonly type: 'redrafted';
      readonly content: Partial<Content>;
      readonly approvalsKept: boolean;
      readonly receiving: Receiving | null;
    }
  | { readonly type: 'hold_placed'; readonly hold: Omit<Hold, 'by' | 'from'> }
  | { readonly type: 'hold_lifted'; readonly holdId: string }
  | { readonly type: 'imported'; readonly intent: Omit<PaymentIntent, 'version' | 'updatedAt'> }
  /** A period of a contribution was paid: the intent begins as what has happened. */
  | {
      readonly type: 'charged';
      readonly contributionId: string;
      readonly period: string;
      readonly intent: Omit<PaymentIntent, 'version' | 'updatedAt'>;
    };

export type EventType = EventData['type'];

/** An event before it is numbered and chained. */
export type DraftEvent = { readonly data: EventData; readonly postings: readonly Posting[] };

/** The append-only record of one change. `hash` covers everything else, and the hash before it. */
export type IntentEvent = {
  readonly id: string;
  readonly subjectId: string;
  readonly number: number;
  readonly at: string;
  /** The day the books count it under; differs from `at` for imported history only. */
  readonly effectiveAt: string;
  readonly actor: Actor;
  readonly data: EventData;
  readonly postings: readonly Posting[];
  readonly previousHash: string | null;
  readonly hash: string;
};

export const isCrossHost = (intent: Pick<PaymentIntent, 'payer' | 'payee'>): boolean =>
  intent.payer.hostId !== null && intent.payee.hostId !== null && intent.payer.hostId !== intent.payee.hostId;

export const isSameHost = (intent: Pick<PaymentIntent, 'payer' | 'payee'>): boolean =>
  intent.payer.hostId !== null && intent.payer.hostId === intent.payee.hostId;

/** What the payer's balance has to bear at most. */
export const costOf = (intent: Pick<PaymentIntent, 'amount' | 'costLimit'>): Money => intent.costLimit ?? intent.amount;

const endStates: readonly Status[] = ['received', 'rejected', 'canceled', 'expired', 'failed', 'returned'];

export const isEnded = (status: Status): boolean => endStates.includes(status);
