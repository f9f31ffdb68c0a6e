/**
 * What a command does to a payment intent: pure decisions. Each takes the state and the command, and gives the events that
 * follow, with their postings, or a refusal that says how to mend it. Nothing here reads a clock or a table.
 */

import { allowedBy, type Capacity } from './authorisation.ts';
import { entry, type HostLedger, type NetworkLedger, type Posting } from './books.ts';
import { type Command, commandsPossible, fromStatuses, transitions } from './lifecycle.ts';
import { basisPointsOf, type Money, proportion } from './money.ts';
import { nothingConfirmed } from './own-reasons.ts';
import {
  type Actor,
  type ApprovalPolicy,
  type Content,
  costOf,
  type DraftEvent,
  type EventData,
  type Hold,
  type IntentType,
  isCrossHost,
  isSameHost,
  type Network,
  type Party,
  type PaymentIntent,
  type Receipt,
  type Receiving,
  type Side,
  type Status,
} from './payment-intent.ts';
import type { FieldError, Refusal } from './refusals.ts';
import { accept, type Result, refuse, unreachable } from './result.ts';

export type Decision = Result<readonly DraftEvent[], Refusal>;

export type Context = {
  readonly now: string;
  /** Who asks, in every capacity that they have towards the intent; the clock has `clock`. */
  readonly userId: string;
  readonly held: readonly (Capacity | 'clock' | 'system')[];
};

export type IntentCommand =
  | { readonly name: 'edit'; readonly content: Partial<Content>; readonly receiving?: Receiving | null }
  | {
      readonly name: 'submit';
      readonly policy: ApprovalPolicy;
      readonly receivingFeeBasisPoints: number;
      readonly receivingTimeZone: string;
    }
  | { readonly name: 'approve'; readonly revision?: number | undefined }
  | { readonly name: 'reject'; readonly reason: string }
  | { readonly name: 'cancel'; readonly reason: string | null }
  | { readonly name: 'expire' }
  | { readonly name: 'fail'; readonly reason: string }
  | {
      readonly name: 'markSent';
      readonly amount: Money;
      readonly fee: number;
      readonly feeBearer: 'payer' | 'payer_host';
      readonly date: string;
      readonly method: string;
      readonly reference: string | null;
      readonly expected: Money | null;
      /** When it counts as late if nothing has been confirmed (five working days of the payee's host). */
      readonly lateAt: string;
    }
  | { readonly name: 'settle'; readonly date: string }
  | {
      readonly name: 'confirmReceipt';
      readonly amount: Money;
      readonly date: string;
      readonly reference: string | null;
      readonly final: boolean;
      readonly overReceipt: 'suspense' | 'payee' | null;
      readonly fromSuspense: string | null;
      /** When the sender is chased, if the money arrived before the claim that it was sent. */
      readonly claimLateAt?: string | null;
    }
  | { readonly name: 'acceptShort'; readonly reason: string; readonly bearer: 'payee' | 'payee_host' }
  | { readonly name: 'reportNotReceived'; readonly reason: string }
  | {
      readonly name: 'markReturned';
      readonly amount: number;
      readonly feeLost: number;
      readonly bearer: 'payer' | 'payer_host';
      readonly reason: string;
      readonly date: string;
    }
  | { readonly name: 'becomeLate' }
  | { readonly name: 'assumeReceived' }
  | { readonly name: 'writeOff'; readonly reason: string; readonly bearer: 'payer' | 'payer_host' }
  | { readonly name: 'sendBack'; readonly amount: number; readonly byIntentId: string }
  | { readonly name: 'redraft'; readonly content: Partial<Content>; readonly receiving?: Receiving | null }
  | { readonly name: 'placeHold'; readonly holdId: string; readonly reason: string; readonly message: string | null }
  | { readonly name: 'liftHold'; readonly holdId: string };

export type CommandOf<Name extends Command> = Extract<IntentCommand, { readonly name: Name }>;

/**
 * Decides a command on an existing intent.
 * @returns the events to append, or the first refusal that applies: who asks, then the state, then the rules of the business
 */
export function decide(intent: PaymentIntent, command: IntentCommand, context: Context): Decision {
  const row = transitions[command.name];
  if (allowedBy<string>(row.by, context.held) === undefined) {
    return refuse({ code: 'permission-denied', detail: `${command.name} is for: ${row.by.join(', ')}.` });
  }
  if (!fromStatuses(command.name).includes(intent.status)) {
    return notPossible(intent, command.name);
  }
  switch (command.name) {
    case 'edit':
      return edit(intent, command);
    case 'submit':
      return submit(intent, command);
    case 'approve':
      return approve(intent, command, context);
    case 'reject':
      return reject(intent, command, context);
    case 'cancel':
      return cancel(intent, command, context);
    case 'expire':
      return expire(intent, context);
    case 'fail':
      return intent.receipts.length > 0
        ? refuse(moneyArrived('marked as failed'))
        : happened({ type: 'failed', reason: command.reason }, release(intent));
    case 'markSent':
      return markSent(intent, command);
    case 'settle':
      return settle(intent, command);
    case 'confirmReceipt':
      return confirmReceipt(intent, command, context);
    case 'acceptShort':
      return acceptShort(intent, command);
    case 'reportNotReceived':
      return reportNotReceived(intent, command, context);
    case 'markReturned':
      return markReturned(intent, command);
    case 'becomeLate':
      return becomeLate(intent, context);
    case 'assumeReceived':
      return assumeReceived(intent, context);
    case 'writeOff':
      return writeOff(intent, command, context);
    case 'sendBack':
      return sendBack(intent, command);
    case 'redraft':
      return redraft(intent, command);
    case 'placeHold':
      return placeHold(intent, command);
    case 'liftHold':
      return liftHold(intent, command);
    default:
      return unreachable(command);
  }
}

export type CreateCommand = {
  readonly type: IntentType;
  readonly payer: Party;
  readonly side: Side;
  readonly content: Content;
  readonly sendsBackId: string | null;
};

/** Decides the creation of an intent; who may ask for it has been decided before. */
export function decideCreation({ type, payer, side, content, sendsBackId }: CreateCommand): Decision {
  const errors = contentErrors(payer, content);
  return errors.length > 0
    ? refuse({ code: 'validation-failed', errors })
    : happened({ type: 'created', intentType: type, payer, side, content, sendsBackId });
}

/**
 * What follows for the original when money that was sent back has arrived.
 * @param amount what arrived, at what it cost the original's payee, in minor units
 * @param closes what had been set aside for it
 */
export function decideReversal(original: PaymentIntent, byIntentId: string, amount: number, closes = 0): DraftEvent {
  const total = (original.reversal?.amount ?? 0) + amount;
  const extent = total >= creditedAmount(original) ? 'full' : 'partial';
  return { data: { type: 'reversed', byIntentId, amount: total, extent, closes }, postings: [] };
}

/** What follows for the original when an intent that was to send its money back ends without doing so. */
export const decideSendBackClosed = (byIntentId: string, amount: number): DraftEvent => ({
  data: { type: 'send_back_closed', byIntentId, amount },
  postings: [],
});

/** What the payee was credited, in minor units of the currency it arrived in. */
export const creditedAmount = (intent: PaymentIntent): number =>
  intent.receipts.reduce(
    (sum, receipt) => sum + receipt.amount.amount - (receipt.excess?.to === 'suspense' ? receipt.excess.amount : 0),
    0,
  );

// --- The drafts ------------------------------------------------------------------------------------------------------

function contentErrors(payer: Party, content: Content): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (content.payee.accountId === payer.accountId) {
    errors.push({ pointer: '/payeeAccountId', detail: 'Payer and payee are the same account.' });
  }
  if (content.costLimit !== null && content.costLimit.currency === content.amount.currency) {
    errors.push({
      pointer: '/costLimit/currency',
      detail: 'A cost limit is for an amount in another currency; leave it out when the currency is the same.',
    });
  }
  if (payer.hostId === null && content.payee.hostId === null) {
    errors.push({ pointer: '/payerAccountId', detail: 'At least one side must be held by a host.' });
  }
  return errors;
}

function edited(intent: PaymentIntent, content: Partial<Content>, receiving: Receiving | null): Decision {
  // A draft may be unfinished; what has been submitted stays complete.
  const refusal = intent.status === 'draft' ? undefined : incompleteness({ ...intent, ...content });
  return refusal ? refuse(refusal) : happened({ type: 'edited', content, receiving }, release(intent));
}

/** Money from outside stands in the register of the payee's host, and money sent back goes where it came from. */
function payeeErrors(intent: PaymentIntent, { payee, amount }: Partial<Content>): readonly FieldError[] {
  const isFixed = intent.payer.hostId === null || intent.author.side === 'payee' || intent.sendsBackId !== null;
  if (intent.sendsBackId !== null && amount !== undefined) {
    return [
      {
        pointer: '/amount',
        detail: 'What is sent back was set aside with this amount; cancel it and send back another.',
      },
    ];
  }
  return payee !== undefined && payee.accountId !== intent.payee.accountId && isFixed
    ? [
        {
          pointer: '/payeeAccountId',
          detail: 'This intent belongs to its payee; create another one for another payee.',
        },
      ]
    : [];
}

function edit(intent: PaymentIntent, { content, receiving = null }: CommandOf<'edit'>): Decision {
  if (intent.receipts.length > 0) {
    return refuse(moneyArrived('edited'));
  }
  const errors = [...contentErrors(intent.payer, { ...intent, ...content }), ...payeeErrors(intent, content)];
  return errors.length > 0 ? refuse({ code: 'validation-failed', errors }) : edited(intent, content, receiving);
}

function submit(intent: PaymentIntent, command: CommandOf<'submit'>): Decision {
  const refusal = incompleteness(intent);
  return refusal
    ? refuse(refusal)
    : happened({
        type: 'submitted',
        policy: command.policy,
        receivingFeeBasisPoints: command.receivingFeeBasisPoints,
        receivingTimeZone: command.receivingTimeZone,
      });
}

/** What a request lacks to be decided on (requirements I2, X1). */
function incompleteness(intent: PaymentIntent): Refusal | undefined {
  const errors: FieldError[] = [];
  if (isCrossHost(intent) && intent.destination === null) {
    errors.push({ pointer: '/destination', detail: 'Say which bank account of the payee’s host the money goes to.' });
  }
  if (isSameHost(intent) && intent.costLimit !== null) {
    errors.push({ pointer: '/costLimit', detail: 'Within one host the amount is in the currency of the balance.' });
  }
  if (errors.length > 0) {
    return { code: 'incomplete', detail: 'The intent is not complete.', errors };
  }
  return isCrossHost(intent) && intent.destination?.method !== 'bank_account'
    ? {
        code: 'bank-rail-required',
        detail: 'Money between hosts goes by bank account only; set destination.method to bank_account.',
      }
    : undefined;
}

// --- Approval --------------------------------------------------------------------------------------------------------

/** The first step whose quorum is not reached on this revision; `undefined` when all are. */
export function currentStep(intent: PaymentIntent): number | undefined {
  const step = (intent.policy?.steps ?? []).findIndex(
    (policyStep, index) => approvalsOf(intent, index) < policyStep.approvals,
  );
  return step === -1 ? undefined : step;
}

const approvalsOf = (intent: PaymentIntent, step: number): number =>
  intent.approvals.filter((approval) => approval.step === step && approval.revision === intent.revision).length;

/** Who reviews: roles at the payer's host, or at the payee's host when the payer is outside. */
function reviewerCapacities(intent: PaymentIntent, step: number): readonly Capacity[] {
  const where = intent.payer.hostId === null ? 'payee_host' : 'payer_host';
  return (intent.policy?.steps[step]?.roles ?? []).map((role) =>
    role === 'collective_admin' ? 'collective_admin@payer' : (`${role}@${where}` as const),
  );
}

function reviewRefusal(intent: PaymentIntent, step: number, context: Context): Refusal | undefined {
  if (intent.author.userId === context.userId || intent.revisedBy === context.userId) {
    return { code: 'own-request', detail: 'Nobody decides on their own request; another reviewer has to.' };
  }
  if (allowedBy<string>(reviewerCapacities(intent, step), context.held) === undefined) {
    return {
      code: 'not-a-reviewer',
      detail: `This step is decided by: ${reviewerCapacities(intent, step).join(', ')}.`,
    };
  }
  return undefined;
}

function approve(intent: PaymentIntent, command: CommandOf<'approve'>, context: Context): Decision {
  const step = currentStep(intent);
  if (step === undefined) {
    throw new Error(`Intent ${intent.id} waits for approval and for nobody.`);
  }
  const refusal = reviewRefusal(intent, step, context);
  if (refusal) {
    return refuse(refusal);
  }
  if (command.revision !== undefined && command.revision !== intent.revision) {
    return refuse({
      code: 'version-conflict',
      currentVersion: intent.version,
      detail: `The request was edited: it is now revision ${intent.revision}. Read it again before you approve it.`,
    });
  }
  const mine = intent.approvals.some(
    (given) => given.step === step && given.userId === context.userId && given.revision === intent.revision,
  );
  if (mine) {
    return refuse({ code: 'already-approved', detail: 'You have approved this step; it takes another person.' });
  }
  const needed = intent.policy?.steps[step]?.approvals ?? 0;
  const isLast = step === (intent.policy?.steps.length ?? 0) - 1 && approvalsOf(intent, step) + 1 >= needed;
  if (!isLast) {
    return happened({ type: 'approval_given', step, revision: intent.revision });
  }
  return intent.holds.length > 0 ? refuse(held(intent.holds)) : becomeApproved(intent, step);
}

function becomeApproved(intent: PaymentIntent, step: number | null): Decision {
  const cost = costOf(intent);
  const reserved = intent.payer.hostId === null ? null : cost;
  return happened(
    { type: 'approved', step, revision: intent.revision, reserved, dueAt: intent.deadlineAt },
    reserved === null ? [] : [payerSide(intent, 'available', -cost.amount), payerSide(intent, 'reserved', cost.amount)],
  );
}

function reject(intent: PaymentIntent, { reason }: CommandOf<'reject'>, context: Context): Decision {
  const refusal = reviewRefusal(intent, currentStep(intent) ?? 0, context);
  return refusal ? refuse(refusal) : happened({ type: 'rejected', reason });
}

function cancel(intent: PaymentIntent, { reason }: CommandOf<'cancel'>, context: Context): Decision {
  if (intent.receipts.length > 0) {
    return refuse(moneyArrived('canceled'));
  }
  const allowed: readonly string[] =
    intent.status === 'approved'
      ? ['author', 'finance_lead@payer_host', 'host_admin@payer_host']
      : ['author', 'admin@payer'];
  return allowedBy(allowed, context.held) === undefined
    ? refuse({ code: 'permission-denied', detail: `In this state, cancel is for: ${allowed.join(', ')}.` })
    : happened({ type: 'canceled', reason }, release(intent));
}

function expire(intent: PaymentIntent, context: Context): Decision {
  return intent.deadlineAt === null || intent.deadlineAt > context.now || intent.receipts.length > 0
    ? notPossible(intent, 'expire')
    : happened({ type: 'expired' }, release(intent));
}

// --- Out -------------------------------------------------------------------------------------------------------------

function markSent(intent: PaymentIntent, command: CommandOf<'markSent'>): Decision {
  const { amount, fee, feeBearer, date, method, reference } = command;
  if (isSameHost(intent)) {
    return refuse({ code: 'same-host', detail: 'Payer and payee are held by the same host: use settle.' });
  }
  if (intent.holds.length > 0) {
    return refuse(held(intent.holds));
  }
  if (isCrossHost(intent) && reference === null) {
    return refuse({
      code: 'reference-required',
      detail: 'Give the bank’s reference, so that the other host can find the money.',
    });
  }
  const reserved = intent.reserved;
  if (reserved === null) {
    return refuse({ code: 'different-hosts', detail: 'The payer is outside: there is no balance to send from.' });
  }
  if (amount.currency !== reserved.currency) {
    return refuse({
      code: 'currency-mismatch',
      detail: `What was approved leaves in ${reserved.currency}, not in ${amount.currency}.`,
    });
  }
  if (amount.amount > reserved.amount) {
    return refuse({
      code: 'amount-not-allowed',
      detail: `At most ${reserved.amount} was approved; edit the intent to have more approved.`,
    });
  }
  const arrived = intent.network?.received ?? 0;
  // What arrived in another currency before the claim was counted at what had been approved; the claim says what it cost.
  const isForeign = intent.receipts.every((receipt) => receipt.amount.currency !== amount.currency);
  const correction = isForeign ? Math.max(0, arrived - amount.amount) : 0;
  const received = arrived - correction;
  if (amount.amount < received) {
    return refuse({
      code: 'amount-not-allowed',
      detail: `${received} has arrived already; at least that was sent.`,
    });
  }
  const transit = amount.amount - received;
  const isComplete = transit === 0;
  const network: Network = { currency: amount.currency, sent: amount.amount, received, returned: 0, lost: 0, transit };
  const expected = command.expected ?? (intent.costLimit === null ? amount : intent.amount);
  const status: Status = isComplete ? 'received' : intent.receipts.length > 0 ? 'partially_received' : 'sent';
  return happened(
    {
      type: 'sent',
      send: { amount, fee, feeBearer, date, method, reference },
      network,
      expectation: intent.payee.hostId === null ? null : { amount: expected, status: isComplete ? 'received' : 'open' },
      status,
      correction,
      dueAt: isComplete ? null : command.lateAt,
    },
    [
      payerSide(intent, 'reserved', -reserved.amount),
      payerSide(intent, 'available', reserved.amount - amount.amount),
      payerSide(intent, 'bank', -amount.amount),
      ...(feeBearer === 'payer' ? [payerSide(intent, 'available', -fee)] : [payerSide(intent, 'costs:transfer', fee)]),
      payerSide(intent, 'bank', -fee),
      between(network, 'from', hostOf(intent.payer), amount.amount),
      between(network, 'transit', intent.id, amount.amount + correction),
      between(network, 'to', intent.payee.hostId ?? intent.payee.accountId, -correction),
    ],
  );
}

function settle(intent: PaymentIntent, { date }: CommandOf<'settle'>): Decision {
  if (!isSameHost(intent)) {
    return refuse({
      code: 'different-hosts',
      detail: 'Payer and payee are not held by the same host: use mark-sent, and the other side confirms.',
    });
  }
  if (intent.holds.length > 0) {
    return refuse(held(intent.holds));
  }
  const amount = intent.amount;
  const sent: DraftEvent = {
    data: {
      type: 'sent',
      send: { amount, fee: 0, feeBearer: 'payer', date, method: 'book', reference: null },
      network: null,
      expectation: null,
      status: 'sent',
      correction: 0,
      dueAt: null,
    },
    postings: [],
  };
  const received: DraftEvent = {
    data: {
      type: 'receipt_confirmed',
      receipt: {
        amount,
        cost: amount.amount,
        excess: null,
        hostFee: 0,
        date,
        reference: null,
        fromSuspense: null,
        source: 'book',
      },
      network: null,
      status: 'received',
      dueAt: null,
    },
    postings: entry([
      payerSide(intent, 'reserved', -amount.amount),
      payeeSide(intent, amount.currency, 'available', amount.amount),
    ]),
  };
  return accept([sent, received]);
}

// --- In --------------------------------------------------------------------------------------------------------------

type Share = { readonly cost: number; readonly excess: number; readonly isComplete: boolean };

function confirmReceipt(intent: PaymentIntent, command: CommandOf<'confirmReceipt'>, context: Context): Decision {
  if (isSameHost(intent)) {
    return refuse({ code: 'same-host', detail: 'Payer and payee are held by the same host: use settle.' });
  }
  const isOutsidePayee = intent.payee.hostId === null;
  if (
    isOutsidePayee !==
    (allowedBy(['finance_lead@payee_host', 'host_admin@payee_host'], context.held) === undefined)
  ) {
    return refuse({
      code: 'permission-denied',
      detail: 'Only the payee’s host confirms what arrived; a payee without a host confirms it itself.',
    });
  }
  if (isOutsidePayee && intent.send === null) {
    return notPossible(intent, 'confirmReceipt');
  }
  const shared = shareOf(intent, command);
  if (!shared.ok) {
    return shared;
  }
  const { cost, excess, isComplete } = shared.value;
  if (excess > 0 && (command.overReceipt === null || isOutsidePayee)) {
    return refuse({
      code: 'over-receipt',
      remaining: command.amount.amount - excess,
      detail: `${excess} more arrived than was still due. Decide with overReceipt: "suspense" sets the rest aside, "payee" credits it.`,
    });
  }
  const source = isOutsidePayee ? 'payee' : 'host';
  return accept([receiptEvent(intent, command, { cost, excess, isComplete }, source)]);
}

/** Which part of what was sent a receipt accounts for (semantics §3, L3). */
function shareOf(intent: PaymentIntent, { amount, final }: CommandOf<'confirmReceipt'>): Result<Share, Refusal> {
  const { network, reserved } = intent;
  const currency = network?.currency ?? reserved?.currency ?? intent.amount.currency;
  const total = network !== null && network.sent > 0 ? network.sent : (reserved?.amount ?? intent.amount.amount);
  const remaining = total - (network?.received ?? receivedAtCost(intent));
  if (amount.currency === currency) {
    if (final && amount.amount < remaining) {
      return refuse({
        code: 'amount-not-allowed',
        detail: 'Less arrived than was due. Confirm it without "final", and accept the shortfall with accept-short.',
      });
    }
    const cost = Math.min(amount.amount, remaining);
    return accept({ cost, excess: amount.amount - cost, isComplete: cost === remaining });
  }
  const expected = intent.expectation?.amount ?? (intent.costLimit === null ? null : intent.amount);
  if (expected?.currency === amount.currency) {
    const soFar = intent.receipts
      .filter((receipt) => receipt.amount.currency === amount.currency)
      .reduce((sum, receipt) => sum + receipt.amount.amount, 0);
    const closes = final || soFar + amount.amount >= expected.amount;
    const cost = closes ? remaining : Math.min(remaining, proportion(total, amount.amount, expected.amount));
    const excess = Math.min(amount.amount, Math.max(0, soFar + amount.amount - expected.amount));
    return accept({ cost, excess, isComplete: cost === remaining });
  }
  return final
    ? accept({ cost: remaining, excess: 0, isComplete: true })
    : refuse({
        code: 'currency-mismatch',
        detail: `It was sent in ${currency} and nothing says how much ${amount.currency} to expect. Say "final": true if this is all of it.`,
      });
}

const receivedAtCost = (intent: PaymentIntent): number =>
  intent.receipts.reduce((sum, receipt) => sum + receipt.cost, 0);

function receiptEvent(
  intent: PaymentIntent,
  command: Pick<
    CommandOf<'confirmReceipt'>,
    'amount' | 'date' | 'reference' | 'fromSuspense' | 'overReceipt' | 'claimLateAt'
  >,
  { cost, excess, isComplete }: Share,
  source: Receipt['source'],
): DraftEvent {
  const { amount, overReceipt } = command;
  const network = afterReceipt(intent, cost);
  const hasClaim = intent.send !== null || intent.payer.hostId === null;
  const status: Status = !hasClaim ? 'approved' : isComplete ? 'received' : 'partially_received';
  const toSuspense = overReceipt === 'suspense' ? excess : 0;
  const credited = amount.amount - toSuspense;
  const hostFee = source === 'host' ? basisPointsOf(credited, intent.receivingFeeBasisPoints) : 0;
  const hostPostings =
    intent.payee.hostId === null
      ? []
      : [
          command.fromSuspense === null
            ? payeeSide(intent, amount.currency, 'bank', amount.amount)
            : payeeHost(intent, amount.currency, 'suspense', -amount.amount),
          payeeSide(intent, amount.currency, 'available', credited - hostFee),
          payeeSide(intent, amount.currency, 'fees:host', hostFee),
          payeeHost(intent, amount.currency, 'suspense', toSuspense),
        ];
  const networkPostings =
    network === null
      ? []
      : [
          between(network, 'transit', intent.id, -cost),
          between(network, 'to', intent.payee.hostId ?? intent.payee.accountId, cost),
        ];
  return {
    data: {
      type: 'receipt_confirmed',
      receipt: {
        amount,
        cost,
        excess: excess === 0 ? null : { amount: excess, to: overReceipt ?? 'suspense' },
        hostFee,
        date: command.date,
        reference: command.reference,
        fromSuspense: command.fromSuspense,
        source,
      },
      network,
      status,
      // A deadline ends what was not paid; once money has arrived there is nothing left to expire, but a claim to ask for.
      dueAt: hasClaim
        ? status === 'partially_received' && intent.send !== null
          ? intent.dueAt
          : null
        : (command.claimLateAt ?? null),
    },
    postings: entry([...hostPostings, ...networkPostings]),
  };
}

/** The network book after a receipt; null when no host sends, so that nothing is between two hosts. */
function afterReceipt(intent: PaymentIntent, cost: number): Network | null {
  if (intent.payer.hostId === null) {
    return null;
  }
  const before = intent.network ?? {
    currency: costOf(intent).currency,
    sent: 0,
    received: 0,
    returned: 0,
    lost: 0,
    transit: 0,
  };
  return { ...before, received: before.received + cost, transit: before.transit - cost };
}

function acceptShort(intent: PaymentIntent, { reason, bearer }: CommandOf<'acceptShort'>): Decision {
  const { network } = intent;
  if (intent.receipts.length === 0) {
    return refuse({
      code: 'amount-not-allowed',
      detail: 'Nothing has arrived. Report it as not received; the sender marks it returned, or both write it off.',
    });
  }
  const shortBy: Money =
    network === null
      ? { amount: intent.amount.amount - receivedAtCost(intent), currency: intent.amount.currency }
      : { amount: network.transit, currency: network.currency };
  if (bearer === 'payee_host') {
    if (network === null || intent.receipts.some((receipt) => receipt.amount.currency !== network.currency)) {
      return refuse({
        code: 'currency-mismatch',
        detail: 'The host can bear a difference only in the currency that was sent.',
      });
    }
  }
  const borne = bearer === 'payee_host' ? shortBy.amount : 0;
  const settled = network && { ...network, lost: network.lost + network.transit, transit: 0 };
  return happened({ type: 'short_accepted', reason, bearer, shortBy, network: settled }, [
    payeeSide(intent, shortBy.currency, 'available', borne),
    payeeSide(intent, shortBy.currency, 'costs:transfer', borne),
    ...(network === null
      ? []
      : [
          between(network, 'transit', intent.id, -network.transit),
          between(network, 'lost:intermediary', intent.id, network.transit),
        ]),
  ]);
}

// --- When it does not arrive -----------------------------------------------------------------------------------------

function reportNotReceived(
  intent: PaymentIntent,
  { reason }: CommandOf<'reportNotReceived'>,
  context: Context,
): Decision {
  if (!speaksForReceiver(intent, context)) {
    return refuse({
      code: 'permission-denied',
      detail: 'The payee’s host says what did not arrive; a payee without a host says it itself.',
    });
  }
  return isOpen(intent.trace)
    ? refuse({
        code: 'trace-case-open',
        detail: 'A trace case is open already; it closes with a receipt, a return or a write-off.',
      })
    : happened({ type: 'not_received_reported', reason });
}

/** Whoever holds the payee's money: its host's finance team, or the payee itself when it is outside. */
function speaksForReceiver(intent: PaymentIntent, { held: capacities }: Context): boolean {
  const isHostTeam = allowedBy(['finance_lead@payee_host', 'host_admin@payee_host'], capacities) !== undefined;
  return isHostTeam || intent.payee.hostId === null;
}

function markReturned(intent: PaymentIntent, command: CommandOf<'markReturned'>): Decision {
  const { amount, feeLost, bearer, reason, date } = command;
  const network = intent.network;
  if (network === null) {
    return refuse({ code: 'amount-not-allowed', detail: 'Nothing was sent, so nothing can come back.' });
  }
  if (amount + feeLost !== network.transit) {
    return refuse({
      code: 'amount-not-allowed',
      detail: `What came back and the fees lost must make up what is on its way: ${network.transit} ${network.currency}.`,
    });
  }
  if (amount < feeLost || amount === 0) {
    return refuse({
      code: 'amount-not-allowed',
      detail: 'More was lost than came back: report it as not received, and write it off with the other host.',
    });
  }
  const borne = bearer === 'payer_host' ? feeLost : 0;
  return happened(
    {
      type: 'returned',
      returned: { amount, feeLost, bearer, reason, date },
      network: { ...network, returned: network.returned + amount, lost: network.lost + feeLost, transit: 0 },
      status: intent.receipts.length > 0 ? 'received' : 'returned',
    },
    [
      payerSide(intent, 'bank', amount),
      payerSide(intent, 'available', amount + borne),
      payerSide(intent, 'costs:transfer', borne),
      between(network, 'transit', intent.id, -network.transit),
      between(network, 'back', hostOf(intent.payer), amount),
      between(network, 'lost:intermediary', intent.id, feeLost),
    ],
  );
}

/** Days after it became late on which it is said again; after the last of them a trace case opens by itself. */
export const reminderDays: readonly number[] = [3, 7, 14];

const daysAfter = (instant: string, days: number): string =>
  new Date(Date.parse(instant) + days * 86_400_000).toISOString();

function becomeLate(intent: PaymentIntent, { now }: Context): Decision {
  const isUnclaimed = intent.status === 'approved';
  if (intent.dueAt === null || intent.dueAt > now || (isUnclaimed && intent.receipts.length === 0)) {
    return notPossible(intent, 'becomeLate');
  }
  const reminders = intent.late === null ? 0 : intent.late.reminders + 1;
  const next = reminderDays[reminders];
  const dueAt = next === undefined ? null : daysAfter(intent.late?.since ?? now, next);
  const late: DraftEvent = { data: { type: 'became_late', reminders, dueAt }, postings: [] };
  const trace: DraftEvent = {
    data: { type: 'trace_opened', reason: nothingConfirmed },
    postings: [],
  };
  return accept(dueAt === null && !isOpen(intent.trace) && !isUnclaimed ? [late, trace] : [late]);
}

function assumeReceived(intent: PaymentIntent, { now }: Context): Decision {
  const network = intent.network;
  if (
    intent.payee.hostId !== null ||
    network === null ||
    isOpen(intent.trace) ||
    intent.dueAt === null ||
    intent.dueAt > now
  ) {
    return notPossible(intent, 'assumeReceived');
  }
  const amount = { amount: network.transit, currency: network.currency };
  const receipt = { amount, date: now.slice(0, 10), reference: null, fromSuspense: null, overReceipt: null };
  return accept([receiptEvent(intent, receipt, { cost: network.transit, excess: 0, isComplete: true }, 'assumed')]);
}

function writeOff(intent: PaymentIntent, { reason, bearer }: CommandOf<'writeOff'>, context: Context): Decision {
  const { network, writeOff: proposal } = intent;
  if (!isOpen(intent.trace) || network === null) {
    return refuse({
      code: 'trace-case-required',
      detail: 'Report it as not received first: only what has been looked for can be written off.',
    });
  }
  const hostIds = hostsActedFor(intent, context);
  // Who would have somebody else bear it makes a proposal of their own: it takes two who say the same.
  if (proposal === null || proposal.bearer !== bearer) {
    return happened({ type: 'write_off_proposed', hostIds, bearer, reason });
  }
  if (proposal.by === context.userId || !coverBothHosts(intent, proposal.hostIds, hostIds)) {
    return refuse({
      code: 'second-person-required',
      detail: 'A write-off takes two people, one from each host if there are two. It waits for the other one.',
    });
  }
  const borne = bearer === 'payer_host' ? network.transit : 0;
  return happened(
    {
      type: 'written_off',
      bearer,
      reason,
      network: { ...network, lost: network.lost + network.transit, transit: 0 },
      status: intent.receipts.length > 0 ? 'received' : 'returned',
    },
    [
      payerSide(intent, 'available', borne),
      payerSide(intent, 'costs:loss', borne),
      between(network, 'transit', intent.id, -network.transit),
      between(network, 'lost:writeoff', intent.id, network.transit),
    ],
  );
}

function hostsActedFor(intent: PaymentIntent, { held: capacities }: Context): readonly string[] {
  const sides = [
    { hostId: intent.payer.hostId, capacities: transitions.markSent.by },
    { hostId: intent.payee.hostId, capacities: transitions.acceptShort.by },
  ];
  return sides.flatMap((side) =>
    side.hostId !== null && allowedBy<string>(side.capacities, capacities) !== undefined ? [side.hostId] : [],
  );
}

function coverBothHosts(intent: PaymentIntent, one: readonly string[], other: readonly string[]): boolean {
  const { hostId: payerHost } = intent.payer;
  const { hostId: payeeHost } = intent.payee;
  if (payerHost === null || payeeHost === null) {
    return true;
  }
  const covers = (first: readonly string[], second: readonly string[]): boolean =>
    first.includes(payerHost) && second.includes(payeeHost);
  return covers(one, other) || covers(other, one);
}

/** Sets aside that this much is being sent back; the new intent the other way is created beside it. */
function sendBack(intent: PaymentIntent, { amount, byIntentId }: CommandOf<'sendBack'>): Decision {
  const currencies = new Set(intent.receipts.map((receipt) => receipt.amount.currency));
  if (currencies.size !== 1) {
    return refuse({
      code: 'currency-mismatch',
      detail: 'It arrived in several currencies: create an intent for each.',
    });
  }
  const possible = creditedAmount(intent) - (intent.reversal?.amount ?? 0) - intent.sendingBack;
  return amount > possible
    ? refuse({ code: 'amount-not-allowed', detail: `At most ${possible} arrived and is not on its way back yet.` })
    : happened({ type: 'send_back_opened', byIntentId, amount });
}

function redraft(intent: PaymentIntent, { content, receiving = null }: CommandOf<'redraft'>): Decision {
  const { deadlineAt: _date, ...rest } = content;
  const approvalsKept = Object.keys(rest).length === 0;
  const errors = [...contentErrors(intent.payer, { ...intent, ...content }), ...payeeErrors(intent, content)];
  if (errors.length > 0) {
    return refuse({ code: 'validation-failed', errors });
  }
  const refusal = incompleteness({ ...intent, ...content });
  if (refusal) {
    return refuse(refusal);
  }
  const redrafted: DraftEvent = { data: { type: 'redrafted', content, approvalsKept, receiving }, postings: [] };
  if (!approvalsKept) {
    return accept([redrafted]);
  }
  if (intent.holds.length > 0) {
    return refuse(held(intent.holds));
  }
  const approved = becomeApproved({ ...intent, ...content }, null);
  return approved.ok ? accept([redrafted, ...approved.value]) : approved;
}

// --- Holds on one intent ---------------------------------------------------------------------------------------------

function placeHold(intent: PaymentIntent, { holdId, reason, message }: CommandOf<'placeHold'>): Decision {
  const ownerAccountId = hostOf(intent.payer);
  if (intent.holds.some((hold) => hold.ownerAccountId === ownerAccountId)) {
    return refuse({ code: 'on-hold', detail: 'Your host holds this intent already.' });
  }
  return happened({ type: 'hold_placed', hold: { id: holdId, owner: 'host', ownerAccountId, reason, message } });
}

function liftHold(intent: PaymentIntent, { holdId }: CommandOf<'liftHold'>): Decision {
  const hold = intent.holds.find((candidate) => candidate.id === holdId);
  if (hold === undefined) {
    return refuse({
      code: 'validation-failed',
      errors: [{ pointer: '/holdId', detail: 'No such hold on this intent.' }],
    });
  }
  return hold.owner === 'host' && hold.ownerAccountId === intent.payer.hostId
    ? happened({ type: 'hold_lifted', holdId })
    : refuse({ code: 'permission-denied', detail: 'A hold is lifted by its owner only.' });
}

// --- Small pieces ----------------------------------------------------------------------------------------------------

function happened(data: EventData, postings: readonly Posting[] = []): Decision {
  return accept([{ data, postings: entry(postings) }]);
}

/** L1′: gives back what approval had set aside; nothing if nothing was. */
function release(intent: PaymentIntent): readonly Posting[] {
  return intent.reserved === null
    ? []
    : [payerSide(intent, 'reserved', -intent.reserved.amount), payerSide(intent, 'available', intent.reserved.amount)];
}

const isOpen = (trace: PaymentIntent['trace']): boolean => trace !== null && trace.closedAt === null;

function hostOf(party: Party): string {
  if (party.hostId === null) {
    throw new Error(`Account ${party.accountId} is outside: no host keeps books for it.`);
  }
  return party.hostId;
}

function payerSide(intent: PaymentIntent, ledger: HostLedger, amount: number): Posting {
  const currency = intent.reserved?.currency ?? intent.network?.currency ?? costOf(intent).currency;
  return { book: hostOf(intent.payer), accountId: intent.payer.accountId, ledger, currency, amount };
}

const payeeSide = (intent: PaymentIntent, currency: string, ledger: HostLedger, amount: number): Posting => ({
  book: hostOf(intent.payee),
  accountId: intent.payee.accountId,
  ledger,
  currency,
  amount,
});

/** In the host's own part of its book: money of which nobody knows yet whose it is. */
const payeeHost = (intent: PaymentIntent, currency: string, ledger: HostLedger, amount: number): Posting => ({
  book: hostOf(intent.payee),
  accountId: hostOf(intent.payee),
  ledger,
  currency,
  amount,
});

const between = (network: Network, ledger: NetworkLedger, party: string, amount: number): Posting => ({
  book: 'network',
  party,
  ledger,
  currency: network.currency,
  amount,
});

const held = (holds: readonly Hold[]): Refusal => ({
  code: 'on-hold',
  detail: `Held by: ${holds.map((hold) => `${hold.owner} (${hold.reason})`).join(', ')}. The owner has to lift it first.`,
});

const moneyArrived = (done: string): Refusal => ({
  code: 'money-already-arrived',
  detail: `The payee’s host has confirmed money already, so this cannot be ${done}. Mark it sent, and have the money sent back if it was wrong.`,
});

function notPossible(intent: PaymentIntent, command: Command): Decision {
  return refuse({
    code: 'transition-not-allowed',
    currentStatus: intent.status,
    allowedCommands: commandsPossible(intent.status),
    detail: `${command} is not possible while the intent is ${intent.status}.`,
  });
}

/** The capacity that let somebody act, as the event records it. */
export function actingAs(command: Command, context: Context): Actor {
  return { userId: context.userId, capacity: allowedBy<string>(transitions[command].by, context.held) ?? 'unknown' };
}
