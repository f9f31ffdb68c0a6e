/** What answers about hosts show. */
import * as z from 'zod';
import {
  AccountId,
  BasisPoints,
  CalendarDate,
  Channel,
  Currency,
  Delivery,
  Instant,
  Ledger,
  MoneyView,
  minorUnits,
  SuspenseId,
  Topic,
  Version,
} from '../fields.ts';

export const ApprovalPolicyView = z
  .object({ reviewers: z.int().meta({ description: 'How many people approve: 1 or 2.' }), version: Version })
  .meta({ id: 'ApprovalPolicy', description: 'How many people of the host approve an outgoing payment intent.' });

export const FeesView = z
  .object({
    receivingBasisPoints: BasisPoints.meta({
      description: 'Of money that arrives from another host, in basis points.',
    }),
    contributionBasisPoints: BasisPoints.meta({
      description: 'Of each contribution, in basis points of what was given.',
    }),
    version: Version,
  })
  .meta({ id: 'Fees', description: 'What the host keeps of money that comes in.' });

export const NotificationPreferencesView = z
  .object({
    laterAfterMinutes: z.int().meta({ description: 'After how many minutes others are told when nobody has acted.' }),
    rules: z
      .array(
        z.object({
          topic: Topic.optional(),
          channel: Channel.optional(),
          accountId: AccountId.optional(),
          userId: AccountId.optional(),
          choice: Delivery,
        }),
      )
      .meta({ description: 'Who is told of what, and how; the rule that fits best decides.' }),
    version: Version,
  })
  .meta({ id: 'NotificationPreferences', description: 'What the host’s people are told, and how.' });

export const BooksView = z
  .object({
    hostId: AccountId,
    at: Instant,
    currencies: z
      .array(
        z.object({
          currency: Currency,
          bank: minorUnits('What the host has in the bank.'),
          owed: minorUnits('What it owes, earned and spent, as credits: the same when the books balance.'),
          ledgers: z
            .array(
              z.object({
                ledger: Ledger,
                amount: minorUnits('Its balance.'),
              }),
            )
            .meta({ description: 'What it is made of.' }),
          balanced: z.boolean().meta({ description: 'Whether what it has equals what it owes.' }),
        }),
      )
      .meta({ description: 'The book, per currency.' }),
    inTransit: z
      .object({ outgoing: z.array(MoneyView), incoming: z.array(MoneyView) })
      .nullable()
      .meta({ description: 'What is between this host and others now; null for a date.' }),
    accounts: z
      .array(
        z.object({
          accountId: AccountId,
          currency: Currency,
          available: minorUnits('What can be spent.'),
          reserved: minorUnits('What is set aside.'),
        }),
      )
      .meta({ description: 'What the host owes to whom.' }),
  })
  .meta({ id: 'Books', description: 'A host’s book: what it has against what it owes.' });

export const SuspenseView = z
  .object({
    id: SuspenseId,
    hostId: AccountId,
    amount: MoneyView,
    remaining: minorUnits('What nobody has claimed yet.'),
    date: CalendarDate,
    reference: z.string().nullable().meta({ description: 'The bank’s reference.' }),
    payerName: z.string().nullable().meta({ description: 'Who sent it, as the bank says.' }),
    note: z.string().nullable().meta({ description: 'What the host noted.' }),
    status: z.enum(['open', 'attached']).meta({ description: 'Whether some of it is still unclaimed.' }),
    version: Version,
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Suspense', description: 'Money that arrived and that nobody can place yet.' });
