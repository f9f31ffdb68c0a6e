/**
 * The whole state machine, readable at a glance. The decisions, the store's conditions, the OpenAPI text,
 * `docs/lifecycle.md` and the tests are derived from this table (semantics §2).
 */
import type { Capacity } from './authorisation.ts';
import type { Status } from './payment-intent.ts';

export type Transition = {
  readonly from: readonly Status[];
  /** Every state it can lead to; several where the amounts decide. */
  readonly to: readonly Status[];
  readonly by: readonly (Capacity | 'clock' | 'system')[];
  /** What has to hold besides the state, in words for people. */
  readonly guards: string;
  /** The entry of semantics §3 that it writes, if any. */
  readonly books?: string;
};

const reviewers = [
  'collective_admin@payer',
  'host_admin@payer_host',
  'finance_lead@payer_host',
  'host_admin@payee_host',
  'finance_lead@payee_host',
] as const;
const payerFinance = ['finance_lead@payer_host', 'host_admin@payer_host'] as const;
const payeeFinance = ['finance_lead@payee_host', 'host_admin@payee_host'] as const;
const payerAdmins = ['admin@payer'] as const;

export const transitions = {
  edit: {
    from: ['draft', 'pending_approval', 'approved'],
    to: ['draft', 'pending_approval'],
    by: ['author'],
    guards: 'before it is sent and before anything arrived; approvals of the old revision fall',
    books: 'L1 undone',
  },
  submit: {
    from: ['draft'],
    to: ['pending_approval'],
    by: ['author'],
    guards: 'amounts and destination complete; a bank account as destination between hosts; policy copied',
  },
  approve: {
    from: ['pending_approval'],
    to: ['pending_approval', 'approved'],
    by: reviewers,
    guards:
      'once per person and step; never the author; bound to the revision; the last one needs enough available and no hold',
    books: 'L1',
  },
  reject: { from: ['pending_approval'], to: ['rejected'], by: reviewers, guards: 'a reason; never the author' },
  cancel: {
    from: ['draft', 'pending_approval', 'approved'],
    to: ['canceled'],
    by: ['author', ...payerAdmins, ...payerFinance],
    guards: 'the payer’s admins until it is approved, the payer’s host from then on; nothing arrived yet',
    books: "L1'",
  },
  expire: {
    from: ['approved'],
    to: ['expired'],
    by: ['clock'],
    guards: 'the deadline has passed; nothing arrived yet',
    books: "L1'",
  },
  fail: {
    from: ['approved'],
    to: ['failed'],
    by: ['system'],
    guards: 'the rail says that it never left',
    books: "L1'",
  },
  markSent: {
    from: ['approved'],
    to: ['sent', 'partially_received', 'received'],
    by: payerFinance,
    guards: 'another host or somebody outside is paid; a reference between hosts; no hold; not more than is reserved',
    books: 'L2',
  },
  settle: {
    from: ['approved'],
    to: ['received'],
    by: payerFinance,
    guards: 'the same host on both sides; no hold',
    books: 'L8',
  },
  confirmReceipt: {
    from: ['approved', 'sent', 'partially_received'],
    to: ['approved', 'partially_received', 'received'],
    by: [...payeeFinance, 'admin@payee'],
    guards:
      'total at cost not above what was sent, or a decision on what is over; before the claim that it was sent: accepted, and the state waits for the claim',
    books: 'L3',
  },
  acceptShort: {
    from: ['sent', 'partially_received'],
    to: ['received'],
    by: payeeFinance,
    guards: 'part has arrived; a reason, and who bears the difference',
    books: 'L4',
  },
  reportNotReceived: {
    from: ['sent', 'partially_received'],
    to: ['sent', 'partially_received'],
    by: [...payeeFinance, 'admin@payee'],
    guards: 'no trace case open',
  },
  markReturned: {
    from: ['sent', 'partially_received'],
    to: ['returned', 'received'],
    by: payerFinance,
    guards: 'received + returned + fees lost = sent',
    books: 'L5',
  },
  becomeLate: {
    from: ['approved', 'sent', 'partially_received'],
    to: ['approved', 'sent', 'partially_received'],
    by: ['clock'],
    guards:
      'five working days, then 3, 7 and 14 days after that; while approved only if money arrived before the claim that it was sent',
  },
  assumeReceived: {
    from: ['sent', 'partially_received'],
    to: ['received'],
    by: ['clock'],
    guards: 'the payee is outside; five working days and nothing came back',
    books: 'L3',
  },
  writeOff: {
    from: ['sent', 'partially_received'],
    to: ['sent', 'partially_received', 'received', 'returned'],
    by: [...payerFinance, ...payeeFinance],
    guards: 'a trace case is open; two people, one from each host if there are two',
    books: 'L7',
  },
  sendBack: {
    from: ['received'],
    to: ['received'],
    by: payeeFinance,
    guards: 'not more than arrived; a new, linked intent the other way',
    books: 'L6',
  },
  redraft: {
    from: ['returned', 'failed'],
    to: ['pending_approval', 'approved'],
    by: payerFinance,
    guards: 'approved again if anything but the date changed; enough available',
    books: 'L1',
  },
  placeHold: {
    from: ['pending_approval', 'approved'],
    to: ['pending_approval', 'approved'],
    by: payerFinance,
    guards: 'a reason',
  },
  liftHold: {
    from: ['pending_approval', 'approved'],
    to: ['pending_approval', 'approved'],
    by: payerFinance,
    guards: 'only its own owner',
  },
} as const satisfies Record<string, Transition>;

export type Command = keyof typeof transitions;

export const commandNames = Object.keys(transitions) as readonly Command[];

export const fromStatuses = (command: Command): readonly Status[] => transitions[command].from;

/** The commands whose state allows them, whoever asks; guards are checked when one is given. */
export function commandsPossible(status: Status): readonly Command[] {
  return commandNames.filter((command) => {
    const row: Transition = transitions[command];
    return row.from.includes(status) && !row.by.includes('clock') && !row.by.includes('system');
  });
}
