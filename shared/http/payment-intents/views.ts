/** What answers about payment intents show. */
import * as z from 'zod';
import { commandNames } from '../../domain/lifecycle.ts';
import { intentTypes, payoutMethods, statuses } from '../../domain/payment-intent.ts';
import {
  AccountId,
  AccountKind,
  CalendarDate,
  Currency,
  EventId,
  HoldId,
  Instant,
  Ledger,
  MoneyView,
  minorUnits,
  PaymentIntentId,
  Role,
  SuspenseId,
  said,
  Version,
} from '../fields.ts';

export const Status = z.enum(statuses).meta({ id: 'Status', description: 'The state of a payment intent.' });

export const IntentType = z.enum(intentTypes).meta({ id: 'IntentType', description: 'What a payment intent is for.' });

export const CommandName = z
  .enum(commandNames)
  .meta({ id: 'CommandName', description: 'A command of the lifecycle of payment intents.' });

const personOrNull = z
  .string()
  .nullable()
  .meta({ description: 'The id of the person; null for people of the other side, `clock` when time did it.' });

const Destination = z
  .object({
    method: z.enum(payoutMethods).meta({ description: 'How it is paid out; `bank_account` between hosts.' }),
    label: said('What people call the place it goes to, such as the name of a bank account.'),
  })
  .meta({ id: 'Destination', description: 'Where the money goes.' });

const Party = z
  .object({
    accountId: AccountId,
    accountName: said('The name when the intent was made.'),
    accountKind: AccountKind,
    hostId: AccountId.nullable().meta({ description: 'The host that holds its money; null for somebody outside.' }),
    hostName: z.string().nullable().meta({ description: 'The name of the host when the intent was made.' }),
  })
  .meta({ id: 'Party', description: 'A side of a payment intent, named as it was when the intent was made.' });

const ApprovalPolicyCopy = z
  .object({
    steps: z
      .array(
        z.object({
          name: said('What the step is called.'),
          roles: z.array(Role).meta({ description: 'Who may decide it.' }),
          approvals: z.int().meta({ description: 'How many people have to approve.' }),
        }),
      )
      .meta({ description: 'One after another.' }),
  })
  .meta({ id: 'ApprovalPolicyCopy', description: 'The policy that was copied when the intent was submitted.' });

const bearerOfPayer = z
  .enum(['payer', 'payer_host'])
  .meta({ description: 'Who bears the difference on the payer’s side.' });

const Send = z
  .object({
    amount: MoneyView,
    fee: minorUnits('What the transfer cost the payer’s side on top; null for others.').nullable(),
    feeBearer: bearerOfPayer.nullable(),
    date: CalendarDate,
    method: said('How it was sent.'),
    reference: z.string().nullable().meta({ description: 'The bank’s reference.' }),
    by: personOrNull,
    at: Instant,
  })
  .meta({ id: 'Send', description: 'What the payer’s host says left.' });

const Receipt = z
  .object({
    amount: MoneyView,
    cost: minorUnits('The share of what was sent that it accounts for, at cost, in the currency that was sent.'),
    excess: z
      .object({
        amount: minorUnits('What arrived above what was due.'),
        to: z.enum(['suspense', 'payee']).meta({ description: 'Where it was booked.' }),
      })
      .nullable()
      .meta({ description: 'What arrived above what was due; null when nothing did, and for the payer’s side.' }),
    hostFee: minorUnits('What the payee’s host kept; null for the payer’s side.').nullable(),
    date: CalendarDate,
    reference: z.string().nullable().meta({ description: 'The bank’s reference.' }),
    fromSuspense: SuspenseId.nullable().meta({ description: 'The suspense record that the money was taken from.' }),
    source: z.enum(['host', 'payee', 'assumed', 'book', 'imported']).meta({
      description: 'Who said that it arrived: the host, an outside payee, time, the same book, or an import.',
    }),
    by: personOrNull,
    at: Instant,
  })
  .meta({ id: 'Receipt', description: 'What the payee’s host says arrived.' });

const Return = z
  .object({
    amount: minorUnits('What came back.'),
    feeLost: minorUnits('What was lost on the way.'),
    bearer: bearerOfPayer,
    reason: said('Why it came back.'),
    date: CalendarDate,
    by: personOrNull,
    at: Instant,
  })
  .meta({ id: 'Return', description: 'What came back to the payer’s host.' });

const Network = z
  .object({
    currency: Currency,
    sent: minorUnits('What left.'),
    received: minorUnits('What has arrived of it, at cost.'),
    returned: minorUnits('What came back.'),
    lost: minorUnits('What was lost on the way or written off.'),
    transit: minorUnits('What is on its way: sent − received − returned − lost.'),
  })
  .meta({ id: 'Network', description: 'The network book of the intent, in the sender’s currency at cost.' });

const Expectation = z
  .object({
    amount: MoneyView.nullable(),
    status: z.enum(['open', 'received', 'returned', 'lost']).meta({ description: 'How the expectation stands.' }),
  })
  .meta({ id: 'Expectation', description: 'What the payee’s host may expect. Never a balance.' });

const TraceCase = z
  .object({
    openedAt: Instant,
    openedBy: personOrNull,
    reason: said('What was reported.'),
    closedAt: Instant.nullable(),
    closedBy: z
      .enum(['receipt', 'return', 'write_off', 'accepted_short'])
      .nullable()
      .meta({ description: 'What closed it; null while it is open.' }),
  })
  .meta({ id: 'TraceCase', description: 'The search for money that did not arrive.' });

const Lateness = z
  .object({ since: Instant, reminders: z.int().meta({ description: 'How often it was said again.' }) })
  .meta({ id: 'Lateness', description: 'Since when nothing has been confirmed that should have been.' });

const Hold = z
  .object({
    id: HoldId,
    owner: z.enum(['host', 'collective', 'contributor', 'platform']).meta({ description: 'Who alone can lift it.' }),
    ownerAccountId: AccountId,
    reason: said('Why it is held.'),
    message: z.string().nullable().meta({ description: 'More about it.' }),
    from: Instant,
    by: personOrNull,
  })
  .meta({ id: 'Hold', description: 'While it is there, no money leaves.' });

const WriteOffProposal = z
  .object({
    hostIds: z.array(AccountId).meta({ description: 'For which hosts it was proposed.' }),
    bearer: bearerOfPayer,
    reason: said('Why it is given up.'),
    at: Instant,
  })
  .meta({ id: 'WriteOffProposal', description: 'One person wants it written off; it waits for another.' });

const Approval = z
  .object({
    step: z.int().meta({ description: 'The step of the policy, from 0.' }),
    userId: personOrNull,
    revision: z.int().meta({ description: 'The revision of the content that was approved.' }),
    at: Instant,
  })
  .meta({ id: 'Approval', description: 'One approval, bound to one revision of the content.' });

export const PaymentIntentView = z
  .object({
    id: PaymentIntentId,
    type: IntentType,
    status: Status,
    version: Version,
    revision: z.int().meta({ description: 'Grows when the content changes; approvals are bound to it.' }),
    payer: Party,
    payee: Party,
    amount: MoneyView.meta({ description: 'The instructed amount.' }),
    fixedSide: z.enum(['sent', 'received']).meta({
      description:
        'Which amount was agreed, what leaves the payer or what is to arrive at the payee. It decides nothing by itself.',
    }),
    costLimit: MoneyView.nullable().meta({
      description: 'The most that may leave the payer’s balance; null without one, and for the payee’s side.',
    }),
    purpose: said('What it is for.'),
    tier: z.string().nullable().meta({ description: 'The tier, if it has one.' }),
    destination: Destination.nullable(),
    deadlineAt: Instant.nullable().meta({ description: 'When it expires if it has not been sent.' }),
    author: z
      .object({
        side: z.enum(['payer', 'payee']).meta({ description: 'The side that asked for it.' }),
        userId: AccountId.nullable().meta({ description: 'Who asked for it; null for the other side.' }),
      })
      .meta({ description: 'Who asked for it.' }),
    policy: ApprovalPolicyCopy.nullable().meta({
      description: 'Null before it is submitted, and for the payee’s side.',
    }),
    approvals: z.array(Approval).meta({ description: 'Empty for the payee’s side.' }),
    currentStep: z.int().nullable().meta({ description: 'The step of the policy that decides now, from 0.' }),
    approvedAt: Instant.nullable(),
    reserved: MoneyView.nullable().meta({ description: 'What is set aside for it; null for the payee’s side.' }),
    send: Send.nullable(),
    claimMissing: z
      .boolean()
      .meta({ description: 'Money was confirmed that the payer’s host has not yet said it sent.' }),
    receipts: z.array(Receipt),
    returned: Return.nullable(),
    inTransit: MoneyView.nullable().meta({
      description: 'What has left and has not arrived; negative while the claim that it was sent is missing.',
    }),
    network: Network.nullable(),
    expectation: Expectation.nullable(),
    trace: TraceCase.nullable(),
    late: Lateness.nullable(),
    holds: z.array(Hold).meta({ description: 'Empty for the payee’s side.' }),
    writeOff: WriteOffProposal.nullable(),
    reason: z.string().nullable().meta({ description: 'Why it was rejected, canceled, returned or failed.' }),
    sendsBackId: PaymentIntentId.nullable().meta({ description: 'The intent whose money this one returns.' }),
    reversal: z
      .object({
        amount: minorUnits('What was sent back.'),
        extent: z.enum(['partial', 'full']).meta({ description: 'Whether all of it was.' }),
      })
      .nullable()
      .meta({ description: 'What was sent back after it had been received.' }),
    source: z.string().nullable().meta({ description: 'Where an imported intent comes from.' }),
    createdAt: Instant,
    updatedAt: Instant,
    actions: z.array(CommandName).meta({
      description:
        'What you may do now, given suitable input; whether the balance bears it is checked when it is done.',
    }),
  })
  .meta({ id: 'PaymentIntent', description: 'A payment intent as you may see it; the other side’s business is null.' });

export const PaymentIntentSummary = z
  .object({
    id: PaymentIntentId,
    type: IntentType,
    status: Status,
    version: Version,
    payer: Party,
    payee: Party,
    amount: MoneyView,
    purpose: said('What it is for.'),
    inTransit: MoneyView.nullable().meta({ description: 'What has left and has not arrived.' }),
    late: Lateness.nullable(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'PaymentIntentSummary', description: 'A payment intent as a list shows it.' });

const Posting = z
  .union([
    z.object({
      book: AccountId.meta({ description: 'The host whose book it is in.' }),
      accountId: AccountId.meta({ description: 'The account whose part of the book it is in.' }),
      ledger: Ledger,
      currency: Currency,
      amount: minorUnits('Positive raises the ledger account.'),
    }),
    z.object({
      book: z.literal('network').meta({ description: 'The book where both halves meet.' }),
      party: said('The host that `from`, `to` and `back` name; the intent for the others.'),
      ledger: z
        .enum(['from', 'transit', 'to', 'back', 'lost:intermediary', 'lost:writeoff', 'lost:fee'])
        .meta({ description: 'The ledger account.' }),
      currency: Currency,
      amount: minorUnits('Positive raises the ledger account.'),
    }),
  ])
  .meta({ id: 'Posting', description: 'One line of an entry; entries balance per book and currency.' });

export const EventView = z
  .object({
    id: EventId,
    number: z.int().meta({ description: 'From 1, without a gap.' }),
    type: said('What happened, in the past tense.'),
    at: Instant,
    effectiveAt: Instant.meta({ description: 'When the books count it; differs from `at` for imported history only.' }),
    actor: z
      .object({ userId: personOrNull, capacity: said('In which role it was done.') })
      .meta({ description: 'Who did it.' }),
    postings: z.array(Posting).meta({ description: 'What it wrote into the books that you may see.' }),
    previousHash: z.string().nullable().meta({ description: 'The hash of the event before; null for the first.' }),
    hash: said('SHA-256, base64url, over the whole event without it.'),
  })
  .meta({ id: 'Event', description: 'The append-only record of one change.' });

export const EventList = z
  .object({ items: z.array(EventView) })
  .meta({ id: 'EventList', description: 'The history that you may see, oldest first.' });
