/** What requests about hosts may say. */
import * as z from 'zod';
import {
  AccountId,
  BasisPoints,
  bankDateRange,
  CalendarDate,
  Channel,
  Delivery,
  Money,
  positiveAmount,
  prose,
  purpose,
  reference,
  shownAs,
  Topic,
  text,
} from '../fields.ts';

export const PutApprovalPolicy = z
  .strictObject({
    reviewers: z.union([z.literal(1), z.literal(2)], { error: 'Must be 1 or 2.' }).meta({
      description: 'How many people approve: 1 or 2.',
      override: shownAs({ type: 'integer', minimum: 1, maximum: 2 }, 'anyOf'),
    }),
  })
  .meta({ id: 'PutApprovalPolicy', description: 'How many people approve.', examples: [{ reviewers: 2 }] });

export const PutFees = z
  .strictObject({
    receivingBasisPoints: BasisPoints.meta({
      description: 'Of money that arrives from another host, in basis points.',
    }),
    contributionBasisPoints: BasisPoints.optional().meta({
      description: 'Of each contribution, in basis points of what was given; as it is when left out.',
    }),
  })
  .meta({
    id: 'PutFees',
    description: 'What the host keeps.',
    examples: [{ receivingBasisPoints: 500, contributionBasisPoints: 1000 }],
  });

const PreferenceRule = z.strictObject({
  topic: Topic.optional().meta({ description: 'What it is about; everything when left out.' }),
  channel: Channel.optional().meta({ description: 'Over which channel; both when left out.' }),
  accountId: AccountId.optional().meta({
    description: 'For what concerns one collective that the host holds: its people, and the host’s own.',
  }),
  userId: AccountId.optional().meta({
    description:
      'For one person; for everybody when left out. Named with a topic and `at_once`, somebody who would be told later is told with those who come first.',
  }),
  choice: Delivery,
});

export const PutNotificationPreferences = z
  .strictObject({
    laterAfterMinutes: z.int().min(10).max(10_080).meta({
      description: 'After how many minutes others are told when nobody has acted: from ten minutes to seven days.',
    }),
    rules: z.array(PreferenceRule).max(100).meta({ description: 'Who is told of what, and how.' }),
  })
  .meta({
    id: 'PutNotificationPreferences',
    description: 'What the host’s people are told, and how; all of it at once.',
    examples: [
      {
        laterAfterMinutes: 1440,
        rules: [
          { topic: 'canceled', choice: 'off' },
          { channel: 'email', choice: 'daily' },
        ],
      },
    ],
  });

export const RecordSuspense = z
  .strictObject({
    amount: Money.meta({ description: 'What arrived.' }),
    date: CalendarDate.meta({ description: `The day it arrived, ${bankDateRange}.` }),
    reference,
    payerName: text(200).nullable().default(null).meta({ description: 'Who sent it, as the bank says.' }),
    note: prose(1000).nullable().default(null).meta({ description: 'Whatever helps to place it.' }),
  })
  .meta({
    id: 'RecordSuspense',
    description: 'Money that arrived and that nobody can place yet.',
    examples: [{ amount: { amount: 10000, currency: 'USD' }, date: '2026-04-02', payerName: 'A. Friend' }],
  });

const payee = AccountId.meta({ description: 'Who gets this share.' });

export const AttachSuspense = z
  .strictObject({
    shares: z
      .array(
        z.discriminatedUnion('kind', [
          z.strictObject({
            accountId: payee,
            kind: z.literal('rate').meta({ description: 'A part of the whole.' }),
            basisPoints: BasisPoints,
          }),
          z.strictObject({
            accountId: payee,
            kind: z.literal('fixed').meta({ description: 'A fixed sum.' }),
            amount: positiveAmount('How much.'),
          }),
          z.strictObject({
            accountId: payee,
            kind: z.literal('rest').meta({ description: 'What is left, and the rounding with it.' }),
          }),
        ]),
      )
      .min(1)
      .max(20)
      .meta({ description: 'Who gets how much; exactly one share takes the rest.' }),
    purpose,
  })
  .meta({
    id: 'AttachSuspense',
    description: 'Whose money it turned out to be.',
    examples: [
      {
        shares: [{ accountId: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X', kind: 'rest' }],
        purpose: 'Donation by bank transfer',
      },
    ],
  });
