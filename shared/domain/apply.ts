/** The state after an event: the stored intent is always the fold of its history (and a test proves it). */
import {
  type Content,
  type EventData,
  type IntentEvent,
  type PaymentIntent,
  type Receipt,
  type Receiving,
  type TraceCase,
  untouched,
} from './payment-intent.ts';
import { unreachable } from './result.ts';

type Occurrence = Pick<IntentEvent, 'subjectId' | 'number' | 'at' | 'actor'> & { readonly data: EventData };

/**
 * @param intent the state before, or `undefined` before the first event
 * @throws when the event cannot follow: a first event that does not create, or a gap in the numbers
 */
export function apply(intent: PaymentIntent | undefined, event: Occurrence): PaymentIntent {
  if (intent === undefined) {
    return begin(event);
  }
  if (event.number !== intent.version + 1) {
    throw new Error(`Event ${event.number} cannot follow version ${intent.version}.`);
  }
  return { ...intent, ...consequence(intent, event), version: event.number, updatedAt: event.at };
}

/** Rebuilds the state from a whole history, oldest first. */
export function fold(events: readonly Occurrence[]): PaymentIntent | undefined {
  return events.reduce<PaymentIntent | undefined>((intent, event) => apply(intent, event), undefined);
}

function begin({ subjectId, number, at, actor, data }: Occurrence): PaymentIntent {
  if (number !== 1) {
    throw new Error(`A history begins with event 1, not ${number}.`);
  }
  if (data.type === 'imported' || data.type === 'charged') {
    return { ...data.intent, version: 1, updatedAt: at };
  }
  if (data.type !== 'created') {
    throw new Error(`A history cannot begin with ${data.type}.`);
  }
  return {
    ...untouched,
    id: subjectId,
    type: data.intentType,
    status: 'draft',
    version: 1,
    payer: data.payer,
    ...data.content,
    author: { userId: actor.userId, side: data.side },
    sendsBackId: data.sendsBackId,
    createdAt: at,
    updatedAt: at,
  };
}

function consequence(intent: PaymentIntent, { at, actor, data }: Occurrence): Partial<PaymentIntent> {
  const by = actor.userId;
  switch (data.type) {
    case 'created':
    case 'imported':
    case 'charged':
      throw new Error(`${data.type} can only be the first event.`);
    case 'edited':
      return {
        ...data.content,
        ...redirection(intent, data),
        revision: intent.revision + 1,
        status: intent.status === 'draft' ? 'draft' : 'pending_approval',
        approvals: [],
        reserved: null,
        dueAt: null,
      };
    case 'submitted':
      return {
        status: 'pending_approval',
        policy: data.policy,
        receivingFeeBasisPoints: data.receivingFeeBasisPoints,
        receivingTimeZone: data.receivingTimeZone,
      };
    case 'approval_given':
      return { approvals: [...intent.approvals, { step: data.step, userId: by, revision: data.revision, at }] };
    case 'approved':
      return {
        status: 'approved',
        approvals:
          data.step === null
            ? intent.approvals
            : [...intent.approvals, { step: data.step, userId: by, revision: data.revision, at }],
        approvedAt: at,
        reserved: data.reserved,
        dueAt: data.dueAt,
      };
    case 'rejected':
      return { status: 'rejected', reason: data.reason };
    case 'canceled':
      return { status: 'canceled', reason: data.reason, reserved: null, dueAt: null };
    case 'expired':
      return { status: 'expired', reserved: null, dueAt: null };
    case 'failed':
      return { status: 'failed', reason: data.reason, reserved: null, dueAt: null };
    case 'sent':
      return {
        ...(data.status === 'received' ? closing(intent, at, 'receipt') : {}),
        status: data.status,
        send: { ...data.send, by, at },
        late: null,
        receipts: corrected(intent.receipts, data.correction),
        reserved: null,
        network: data.network,
        expectation: data.expectation,
        dueAt: data.dueAt,
      };
    case 'receipt_confirmed':
      return {
        status: data.status,
        receipts: [...intent.receipts, { ...data.receipt, by, at }],
        // A proposal was about what was missing then.
        writeOff: null,
        network: data.network,
        dueAt: data.dueAt,
        ...(data.status === 'received' ? { ...closing(intent, at, 'receipt'), reserved: null } : {}),
      };
    case 'short_accepted':
      return {
        status: 'received',
        network: data.network,
        reason: data.reason,
        dueAt: null,
        ...closing(intent, at, 'accepted_short'),
      };
    case 'not_received_reported':
    case 'trace_opened':
      return {
        trace: { openedAt: at, openedBy: by, reason: data.reason, closedAt: null, closedBy: null },
        // The clock would have assumed that somebody outside was paid; it waits for the sender now.
        dueAt: intent.payee.hostId === null ? null : intent.dueAt,
      };
    case 'became_late':
      return { late: { since: intent.late?.since ?? at, reminders: data.reminders }, dueAt: data.dueAt };
    case 'returned':
      return {
        status: data.status,
        returned: { ...data.returned, by, at },
        network: data.network,
        reason: data.returned.reason,
        dueAt: null,
        ...closing(intent, at, 'return'),
        expectation: intent.expectation && { ...intent.expectation, status: 'returned' },
      };
    case 'write_off_proposed':
      return { writeOff: { by, hostIds: data.hostIds, bearer: data.bearer, reason: data.reason, at } };
    case 'written_off':
      return {
        status: data.status,
        network: data.network,
        reason: data.reason,
        dueAt: null,
        ...closing(intent, at, 'write_off'),
        expectation: intent.expectation && { ...intent.expectation, status: 'lost' },
      };
    case 'reversed':
      return {
        reversal: { amount: data.amount, extent: data.extent },
        sendingBack: intent.sendingBack - data.closes,
      };
    case 'send_back_opened':
      return { sendingBack: intent.sendingBack + data.amount };
    case 'send_back_closed':
      return { sendingBack: intent.sendingBack - data.amount };
    case 'redrafted':
      return {
        ...data.content,
        ...redirection(intent, data),
        status: 'pending_approval',
        revision: data.approvalsKept ? intent.revision : intent.revision + 1,
        approvals: data.approvalsKept ? intent.approvals : [],
        revisedBy: data.approvalsKept ? intent.revisedBy : by,
        send: null,
        returned: null,
        network: null,
        expectation: null,
        trace: null,
        late: null,
        writeOff: null,
        reason: null,
      };
    case 'hold_placed':
      return { holds: [...intent.holds, { ...data.hold, from: at, by }] };
    case 'hold_lifted':
      return { holds: intent.holds.filter((hold) => hold.id !== data.holdId) };
    default:
      return unreachable(data);
  }
}

/** Another payee brings its own host's terms along, and has been promised nothing yet. */
function redirection(
  intent: PaymentIntent,
  { content, receiving }: { readonly content: Partial<Content>; readonly receiving: Receiving | null },
): Partial<PaymentIntent> {
  if (content.payee === undefined || content.payee.accountId === intent.payee.accountId) {
    return {};
  }
  return {
    approvedAt: null,
    receivingFeeBasisPoints: receiving?.feeBasisPoints ?? 0,
    receivingTimeZone: receiving?.timeZone ?? 'UTC',
  };
}

/** Takes a correction of the cost from the newest receipts. */
function corrected(receipts: readonly Receipt[], correction: number): readonly Receipt[] {
  let left = correction;
  return receipts
    .toReversed()
    .map((receipt) => {
      const taken = Math.min(left, receipt.cost);
      left -= taken;
      return taken === 0 ? receipt : { ...receipt, cost: receipt.cost - taken };
    })
    .toReversed();
}

function closing(
  intent: PaymentIntent,
  at: string,
  closedBy: NonNullable<TraceCase['closedBy']>,
): Pick<PaymentIntent, 'expectation' | 'trace' | 'late'> {
  return {
    expectation: intent.expectation && { ...intent.expectation, status: 'received' },
    trace: intent.trace && intent.trace.closedAt === null ? { ...intent.trace, closedAt: at, closedBy } : intent.trace,
    late: null,
  };
}
