/** What requests about payment intents may say. Every object is strict: a member that is not known is refused and pointed at. */
import * as z from 'zod';
import { amountMax } from '../../domain/money.ts';
import { payoutMethods } from '../../domain/payment-intent.ts';
import {
  AccountId,
  amountOrNothing,
  bankDateRange,
  CalendarDate,
  Currency,
  fromBoundary,
  HoldId,
  InstantInput,
  Money,
  notEmpty,
  positiveAmount,
  prose,
  purpose,
  reference,
  SuspenseId,
  text,
  toBoundary,
  wholeNumber,
} from '../fields.ts';
import { page } from '../pages.ts';
import { IntentType, Status } from './views.ts';

const reason = prose(1000).meta({ description: 'Why.' });

export const DestinationInput = z
  .strictObject({
    method: z.enum(payoutMethods).meta({ description: 'How it is paid out; `bank_account` between hosts.' }),
    label: text(200).meta({
      description: 'What people call the place it goes to, such as the name of a bank account.',
    }),
  })
  .meta({ id: 'DestinationInput', description: 'Where the money goes.' });

const fixedSide = z.enum(['sent', 'received']).meta({
  description:
    'Which amount was agreed, what leaves the payer or what is to arrive at the payee. Said to people; it changes neither what is reserved nor how a difference is booked.',
});

const costLimit = Money.nullable().meta({
  description: 'The most that may leave the payer’s balance when the amount is in another currency.',
});

const tier = text(100).nullable().meta({ description: 'The tier, if it has one.' });

const destination = DestinationInput.nullable().meta({ description: 'Where the money goes; needed between hosts.' });

const deadlineAt = InstantInput.nullable().meta({ description: 'When it expires if it has not been sent by then.' });

export const CreatePaymentIntent = z
  .strictObject({
    type: IntentType,
    payerAccountId: AccountId.meta({ description: 'Whose money it is.' }),
    payeeAccountId: AccountId.meta({ description: 'Who gets it.' }),
    amount: Money.meta({ description: 'The instructed amount.' }),
    fixedSide: fixedSide.default('sent'),
    costLimit: costLimit.default(null),
    purpose,
    tier: tier.default(null),
    destination: destination.default(null),
    deadlineAt: deadlineAt.default(null),
  })
  .meta({
    id: 'CreatePaymentIntent',
    description: 'A new payment intent.',
    examples: [
      {
        type: 'grant',
        payerAccountId: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X',
        payeeAccountId: 'acc_01JD8Z5YQX1A2B3C4D5E6F7G8H',
        amount: { amount: 125000, currency: 'USD' },
        purpose: 'Documentation sprint, first half',
        destination: { method: 'bank_account', label: 'Main account of the payee’s host' },
      },
    ],
  });

const content = {
  payeeAccountId: AccountId.optional().meta({ description: 'Who gets it.' }),
  amount: Money.optional().meta({ description: 'The instructed amount.' }),
  fixedSide: fixedSide.optional(),
  costLimit: costLimit.optional(),
  purpose: purpose.optional(),
  tier: tier.optional(),
  destination: destination.optional(),
  deadlineAt: deadlineAt.optional(),
};

export const EditPaymentIntent = z
  .strictObject(content)
  .refine(...notEmpty)
  .meta({
    id: 'EditPaymentIntent',
    description: 'What changes; whatever is left out stays as it is.',
    minProperties: 1,
    examples: [{ amount: { amount: 100000, currency: 'USD' } }],
  });

export const Redraft = z.strictObject(content).meta({
  id: 'Redraft',
  description: 'What changes before it goes out again; nothing, for the same again.',
  examples: [{}],
});

export const Approve = z
  .strictObject({
    revision: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'The revision that you have read; if the content has changed since, nothing is approved.' }),
  })
  .meta({ id: 'Approve', description: 'An approval.', examples: [{ revision: 1 }] });

export const Reject = z
  .strictObject({ reason })
  .meta({ id: 'Reject', description: 'A rejection.', examples: [{ reason: 'Not in this year’s budget.' }] });

export const Cancel = z
  .strictObject({ reason: reason.nullable().default(null) })
  .meta({ id: 'Cancel', description: 'A cancellation.', examples: [{ reason: 'Entered twice.' }] });

const payerBearer = z
  .enum(['payer', 'payer_host'])
  .meta({ description: 'Who bears it: the payer’s balance, or the payer’s host.' });

export const MarkSent = z
  .strictObject({
    amount: Money.optional().meta({ description: 'What left; without it, all that is reserved.' }),
    fee: amountOrNothing('What the transfer cost on top, in the same currency.').default(0),
    feeBearer: payerBearer.default('payer'),
    date: CalendarDate.meta({ description: `The day it left, ${bankDateRange}.` }),
    method: text(50).default('bank_transfer').meta({ description: 'How it was sent.' }),
    reference,
    expected: Money.nullable()
      .default(null)
      .meta({ description: 'What the payee’s host may expect, when it arrives in another currency.' }),
  })
  .meta({
    id: 'MarkSent',
    description: 'What the payer’s host says left.',
    examples: [{ date: '2026-03-31', reference: 'TRX-20260331-0042', fee: 500 }],
  });

export const Settle = z
  .strictObject({ date: CalendarDate.meta({ description: `The day it is booked, ${bankDateRange}.` }) })
  .meta({ id: 'Settle', description: 'A move within one host’s book.', examples: [{ date: '2026-03-31' }] });

export const ConfirmReceipt = z
  .strictObject({
    amount: Money.meta({ description: 'What arrived.' }),
    date: CalendarDate.meta({ description: `The day it arrived, ${bankDateRange}.` }),
    reference,
    final: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether this is all that will arrive, when it is in another currency.' }),
    overReceipt: z
      .enum(['suspense', 'payee'])
      .nullable()
      .default(null)
      .meta({ description: 'What to do with what arrived above what was due; without a decision it is refused.' }),
    fromSuspense: SuspenseId.nullable()
      .default(null)
      .meta({ description: 'The suspense record that the money was booked to when it arrived.' }),
  })
  .meta({
    id: 'ConfirmReceipt',
    description: 'What the payee’s host says arrived.',
    examples: [{ amount: { amount: 125000, currency: 'USD' }, date: '2026-04-02', reference: 'TRX-20260331-0042' }],
  });

export const AcceptShort = z
  .strictObject({
    reason,
    bearer: z
      .enum(['payee', 'payee_host'])
      .meta({ description: 'Who bears the difference: the payee’s balance, or the payee’s host.' }),
  })
  .meta({
    id: 'AcceptShort',
    description: 'What arrived is all that will.',
    examples: [{ reason: 'A bank on the way kept 15.', bearer: 'payee' }],
  });

export const ReportNotReceived = z.strictObject({ reason }).meta({
  id: 'ReportNotReceived',
  description: 'It has not arrived.',
  examples: [{ reason: 'Nothing in ten days.' }],
});

export const MarkReturned = z
  .strictObject({
    amount: amountOrNothing('What came back, in the currency that was sent.'),
    feeLost: amountOrNothing('What was lost on the way.').default(0),
    bearer: payerBearer.default('payer'),
    reason,
    date: CalendarDate.meta({ description: `The day it came back, ${bankDateRange}.` }),
  })
  .meta({
    id: 'MarkReturned',
    description: 'What came back to the payer’s host.',
    examples: [{ amount: 124000, feeLost: 1000, reason: 'Account closed', date: '2026-04-10' }],
  });

export const WriteOff = z.strictObject({ reason, bearer: payerBearer.default('payer') }).meta({
  id: 'WriteOff',
  description: 'It is given up. The first of two people proposes it, the second one, from the other host, does it.',
  examples: [{ reason: 'Neither bank can find it.' }],
});

export const SendBack = z
  .strictObject({
    amount: positiveAmount('How much goes back, in the currency that arrived.'),
    purpose,
    destination: destination.default(null),
  })
  .meta({
    id: 'SendBack',
    description: 'A new payment intent the other way, linked to this one.',
    examples: [{ amount: 125000, purpose: 'Sent to the wrong project' }],
  });

export const PlaceHold = z
  .strictObject({
    reason: text(200).meta({ description: 'Why it is held.' }),
    message: prose(1000).nullable().default(null).meta({ description: 'More about it.' }),
  })
  .meta({ id: 'PlaceHold', description: 'A hold on this intent.', examples: [{ reason: 'information_needed' }] });

export const LiftHold = z.strictObject({ holdId: HoldId }).meta({
  id: 'LiftHold',
  description: 'The end of a hold.',
  examples: [{ holdId: 'hold_01JD8Z5YQW4K6M2N8P0R3T7V9X' }],
});

export const ListPaymentIntents = z
  .strictObject({
    host: AccountId.optional().meta({
      description: 'The intents that this host has a side of. Either this or `account`.',
    }),
    account: AccountId.optional().meta({ description: 'The intents that this account is a side of.' }),
    direction: z
      .enum(['outgoing', 'incoming'])
      .optional()
      .meta({ description: 'Whether it is the payer’s side or the payee’s.' }),
    status: Status.optional(),
    type: IntentType.optional(),
    currency: Currency.optional().meta({ description: 'The currency of the instructed amount.' }),
    amountMin: wholeNumber(0, amountMax, 'The least instructed amount, in minor units.').optional(),
    amountMax: wholeNumber(0, amountMax, 'The largest instructed amount, in minor units.').optional(),
    createdFrom: fromBoundary('Created from when on.').optional(),
    createdTo: toBoundary('Created until when.').optional(),
    party: AccountId.optional().meta({ description: 'Only with this account on the other side.' }),
    ...page,
  })
  .refine(({ host, account }) => (host === undefined) !== (account === undefined), {
    path: ['host'],
    error: 'Give either host or account.',
    when: ({ issues }) => issues.length === 0,
  });
