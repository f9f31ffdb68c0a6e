/**
 * What somebody may do to an intent now. It is asked of the decisions themselves, with the input that has the best chance of
 * being accepted, so that what is offered and what is accepted cannot part.
 */
import type { Capacity } from './authorisation.ts';
import { type CommandOf, type Context, decide, type IntentCommand } from './decide.ts';
import { type Command, commandsPossible } from './lifecycle.ts';
import type { PaymentIntent } from './payment-intent.ts';

type Viewer = { readonly userId: string; readonly held: readonly Capacity[] };

/**
 * @returns the commands that would be accepted with suitable input. What is not in the intent is checked when one is given:
 * whether the balance bears it, and whether accounts and suspense records exist.
 */
export function actionsFor(intent: PaymentIntent, { userId, held }: Viewer): readonly Command[] {
  // No command of a person depends on the time; dates are checked before it is decided.
  const context: Context = { now: intent.updatedAt, userId, held };
  return commandsPossible(intent.status).filter((name) =>
    attempts[name](intent).some((command) => decide(intent, command, context).ok),
  );
}

type Attempts = { readonly [Name in Command]: (intent: PaymentIntent) => readonly CommandOf<Name>[] };

const none = (): readonly never[] => [];
const reason = 'Why';
const date = '2026-01-01';

const attempts: Attempts & Record<Command, (intent: PaymentIntent) => readonly IntentCommand[]> = {
  edit: () => [{ name: 'edit', content: {} }],
  submit: () => [{ name: 'submit', policy: { steps: [] }, receivingFeeBasisPoints: 0, receivingTimeZone: 'UTC' }],
  approve: () => [{ name: 'approve' }],
  reject: () => [{ name: 'reject', reason }],
  cancel: () => [{ name: 'cancel', reason: null }],
  markSent: ({ reserved, amount, updatedAt }) => [
    {
      name: 'markSent',
      amount: reserved ?? amount,
      fee: 0,
      feeBearer: 'payer',
      date,
      method: 'bank_transfer',
      reference: 'REFERENCE',
      expected: null,
      lateAt: updatedAt,
    },
  ],
  settle: () => [{ name: 'settle', date }],
  confirmReceipt: ({ network, reserved, amount }) => [
    {
      name: 'confirmReceipt',
      amount: { amount: 1, currency: network?.currency ?? reserved?.currency ?? amount.currency },
      date,
      reference: null,
      final: false,
      overReceipt: 'suspense',
      fromSuspense: null,
    },
  ],
  acceptShort: () => [{ name: 'acceptShort', reason, bearer: 'payee' }],
  reportNotReceived: () => [{ name: 'reportNotReceived', reason }],
  markReturned: ({ network }) => [
    { name: 'markReturned', amount: network?.transit ?? 0, feeLost: 0, bearer: 'payer', reason, date },
  ],
  // Who has proposed one bearer already may propose the other instead.
  writeOff: () => [
    { name: 'writeOff', reason, bearer: 'payer' },
    { name: 'writeOff', reason, bearer: 'payer_host' },
  ],
  sendBack: ({ id }) => [{ name: 'sendBack', amount: 1, byIntentId: id }],
  // With the content as it was, it is approved at once; with a change of it, reviewers decide anew.
  redraft: ({ purpose }) => [
    { name: 'redraft', content: {} },
    { name: 'redraft', content: { purpose } },
  ],
  placeHold: ({ id }) => [{ name: 'placeHold', holdId: id, reason, message: null }],
  liftHold: ({ holds }) => holds.map(({ id }) => ({ name: 'liftHold', holdId: id })),
  // These are the clock's and the system's, and are offered to nobody.
  expire: none,
  fail: none,
  becomeLate: none,
  assumeReceived: none,
};
