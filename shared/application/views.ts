/**
 * What one caller may see of an intent and of its history. Each side sees what is common to both, and its own side's
 * business: approvals, reservations, holds and fees of the other host are nobody else's (requirements A7).
 */
import { actionsFor } from '../domain/actions.ts';
import type { Capacity } from '../domain/authorisation.ts';
import { isHostPosting, type Posting } from '../domain/books.ts';
import { currentStep } from '../domain/decide.ts';
import type { Money } from '../domain/money.ts';
import type { EventData, IntentEvent, PaymentIntent } from '../domain/payment-intent.ts';

export type Viewer = { readonly userId: string; readonly held: readonly Capacity[] };

const isOn = (side: 'payer' | 'payee', { held }: Viewer): boolean =>
  held.some((capacity) => capacity.includes(`@${side}`));

export type IntentView = ReturnType<typeof intentView>;

/** @returns the intent as this caller may see it; the other side's business is null or empty. */
export function intentView(intent: PaymentIntent, viewer: Viewer) {
  const payer = isOn('payer', viewer);
  const payee = isOn('payee', viewer);
  return {
    id: intent.id,
    type: intent.type,
    status: intent.status,
    version: intent.version,
    revision: intent.revision,
    payer: intent.payer,
    payee: intent.payee,
    amount: intent.amount,
    fixedSide: intent.fixedSide,
    costLimit: payer ? intent.costLimit : null,
    purpose: intent.purpose,
    tier: intent.tier,
    destination: intent.destination,
    deadlineAt: intent.deadlineAt,
    author: { side: intent.author.side, userId: isOn(intent.author.side, viewer) ? intent.author.userId : null },
    policy: payer || intent.payer.hostId === null ? intent.policy : null,
    approvals: payer || intent.payer.hostId === null ? intent.approvals : [],
    currentStep:
      intent.status === 'pending_approval' && (payer || intent.payer.hostId === null)
        ? (currentStep(intent) ?? null)
        : null,
    approvedAt: intent.approvedAt,
    reserved: payer ? intent.reserved : null,
    send: intent.send && {
      ...intent.send,
      fee: payer ? intent.send.fee : null,
      feeBearer: payer ? intent.send.feeBearer : null,
      by: payer ? intent.send.by : null,
    },
    /** The payee's host has confirmed money that the payer's host has not yet said it sent: the sender is chased. */
    claimMissing:
      intent.send === null && intent.receipts.length > 0 && intent.payer.hostId !== null && intent.source === null,
    receipts: intent.receipts.map((receipt) => ({
      ...receipt,
      excess: payee ? receipt.excess : null,
      hostFee: payee ? receipt.hostFee : null,
      fromSuspense: payee ? receipt.fromSuspense : null,
      by: payee ? receipt.by : null,
    })),
    returned: intent.returned && { ...intent.returned, by: payer ? intent.returned.by : null },
    inTransit: inTransit(intent),
    network: intent.network,
    expectation: intent.expectation,
    trace: intent.trace && { ...intent.trace, openedBy: null },
    late: intent.late,
    holds: payer ? intent.holds : [],
    writeOff: intent.writeOff && {
      hostIds: intent.writeOff.hostIds,
      bearer: intent.writeOff.bearer,
      reason: intent.writeOff.reason,
      at: intent.writeOff.at,
    },
    reason: intent.reason,
    sendsBackId: intent.sendsBackId,
    reversal: intent.reversal,
    source: intent.source,
    createdAt: intent.createdAt,
    updatedAt: intent.updatedAt,
    /** What this caller may do now, given suitable input; whether the balance bears it is checked when it is done. */
    actions: actionsFor(intent, viewer),
  };
}

/** Money that has left and has not arrived: shown to both hosts, nobody's balance. */
export function inTransit(intent: Pick<PaymentIntent, 'network'>): Money | null {
  return intent.network !== null && intent.network.transit !== 0
    ? { amount: intent.network.transit, currency: intent.network.currency }
    : null;
}

export type EventView = ReturnType<typeof eventView>;

/** Events that are one side's own business, and are not shown to the other. */
const internal: Partial<Record<EventData['type'], 'payer' | 'payee'>> = {
  approval_given: 'payer',
  hold_placed: 'payer',
  hold_lifted: 'payer',
};

/** @returns the events that this caller may see, without the postings of books that are not theirs. */
export function eventViews(events: readonly IntentEvent[], intent: PaymentIntent, viewer: Viewer) {
  return events.flatMap((event) => {
    const side = internal[event.data.type];
    return side !== undefined && !isOn(side, viewer) && intent.payer.hostId !== null
      ? []
      : [eventView(event, intent, viewer)];
  });
}

function eventView(event: IntentEvent, intent: PaymentIntent, viewer: Viewer) {
  const { capacity } = event.actor;
  const actedOn = capacity === 'author' ? intent.author.side : capacity.includes('payee') ? 'payee' : 'payer';
  const isKnown = event.actor.capacity === 'clock' || isOn(actedOn, viewer) || event.actor.userId === viewer.userId;
  return {
    id: event.id,
    number: event.number,
    type: event.data.type,
    at: event.at,
    effectiveAt: event.effectiveAt,
    actor: { userId: isKnown ? event.actor.userId : null, capacity: event.actor.capacity },
    postings: event.postings.filter((posting) => isOwn(posting, intent, viewer)),
    previousHash: event.previousHash,
    hash: event.hash,
  };
}

/** The team of a host sees its whole book; whoever speaks for an account sees the part that is the account's. */
function isOwn(posting: Posting, { payer, payee }: PaymentIntent, { held }: Viewer): boolean {
  if (!isHostPosting(posting)) {
    return true;
  }
  return held
    .filter((capacity) => capacity.includes('@'))
    .some((capacity) => {
      const party = capacity.includes('@payer') ? payer : payee;
      return capacity.endsWith('_host') ? posting.book === party.hostId : posting.accountId === party.accountId;
    });
}
