/** What answers about contributions, payment methods and holds show; never what a processor calls a payment method. */
import * as z from 'zod';
import { contributionIntervals, contributionStatuses } from '../../domain/contribution.ts';
import { holdLevels, holdOwners, holdReasons, missedPeriodChoices } from '../../domain/hold.ts';
import {
  AccountId,
  AccountKind,
  CalendarDate,
  ContributionId,
  Currency,
  EventId,
  HoldId,
  Instant,
  MoneyView,
  minorUnits,
  PaymentMethodId,
  said,
  TimeZone,
  Version,
} from '../fields.ts';
import { ChargedBy, ProcessorName } from '../payment-methods/views.ts';

const HoldOwner = z
  .enum(holdOwners)
  .meta({ id: 'HoldOwner', description: 'In whose name it is held; they alone lift it.' });

const party = z
  .object({
    accountId: AccountId,
    accountName: said('The name when the contribution was made.'),
    accountKind: AccountKind,
    hostId: AccountId.nullable().meta({ description: 'The host that holds its money; null for somebody outside.' }),
    hostName: z.string().nullable().meta({ description: 'The name of the host when the contribution was made.' }),
  })
  .meta({ id: 'ContributionParty', description: 'A side of a contribution, named as it was when it was made.' });

const methodInUse = z.object({
  id: PaymentMethodId,
  processor: ProcessorName,
  chargedBy: ChargedBy,
  label: said('What people call it.'),
});

const Paused = z
  .object({
    isPaused: z.boolean().meta({ description: 'Whether anything keeps it from being charged.' }),
    isElsewhere: z.boolean().meta({
      description:
        'Whether the collective is no longer with the host that this was agreed under, or is archived: nothing is charged until it is back there.',
    }),
    holds: z
      .array(
        z.object({
          id: HoldId,
          accountId: AccountId.nullable().meta({
            description: 'The account that is held: the collective or its host; null for this contribution alone.',
          }),
          owner: HoldOwner,
          reason: z.enum([...holdReasons, 'at_processor']).meta({
            description: 'Why; `at_processor`: the contributor suspended it there.',
          }),
          message: z.string().nullable().meta({ description: 'What the contributors are told.' }),
          from: Instant.meta({ description: 'Since when.' }),
          until: Instant.nullable().meta({ description: 'When it ends by itself, or null.' }),
        }),
      )
      .meta({ description: 'By whom, since when, why, until when. It goes on when the last of them is gone.' }),
  })
  .meta({ id: 'Paused', description: 'What keeps a contribution from being charged.' });

export const ContributionView = z
  .object({
    id: ContributionId,
    version: Version,
    status: z.enum(contributionStatuses).meta({ description: 'Whether it goes on; a pause does not change it.' }),
    contributor: party,
    collective: party,
    amount: MoneyView,
    interval: z.enum(contributionIntervals).meta({ description: 'How often.' }),
    startsOn: CalendarDate.meta({ description: 'The first day.' }),
    timeZone: TimeZone.meta({ description: 'The host’s, in which days begin.' }),
    tier: z.string().nullable().meta({ description: 'The tier, if it has one.' }),
    paymentMethod: methodInUse.meta({ description: 'How it is paid.' }),
    paused: Paused,
    processor: z
      .object({
        observed: z.enum(['running', 'suspended', 'canceled']).meta({ description: 'What it is there.' }),
        pending: z
          .enum(['pausing', 'resuming', 'canceling'])
          .nullable()
          .meta({ description: 'What the processor has still to be told.' }),
        lastError: z.string().nullable().meta({ description: 'Why it could not be told, or could not collect.' }),
      })
      .nullable()
      .meta({ description: 'The subscription, when a processor charges by itself.' }),
    nextChargeAt: Instant.nullable().meta({
      description: 'When the next period begins that is charged from here; null while it is paused.',
    }),
    charge: z
      .object({
        period: CalendarDate,
        state: z.enum(['asking', 'unclear', 'pending', 'waiting']).meta({
          description: 'Asked for, without a clear answer, taken on by the processor, or waiting for another try.',
        }),
        attempt: z.int().meta({ description: 'From 1; grows when the payer’s side said no.' }),
        nextAt: Instant.meta({ description: 'When it is looked up or tried again.' }),
        reason: z.string().nullable().meta({ description: 'Why it did not go well.' }),
      })
      .nullable()
      .meta({ description: 'A charge that was begun and has no good end yet.' }),
    expected: z
      .array(
        z.object({
          period: CalendarDate,
          since: Instant,
          graceUntil: Instant,
          status: z.enum(['expected', 'unconfirmed']).meta({ description: 'Unconfirmed after the time of grace.' }),
        }),
      )
      .meta({ description: 'Periods by bank transfer that the host has not confirmed; no balance.' }),
    setAside: z
      .object({ reason: said('Why.'), since: Instant })
      .nullable()
      .meta({ description: 'Left alone until somebody takes it up again.' }),
    charged: z.int().meta({ description: 'How many times it was paid.' }),
    passed: z.int().meta({ description: 'How many periods passed without being charged.' }),
    lastChargedAt: Instant.nullable(),
    canceled: z
      .object({ at: Instant, reason: said('Why.') })
      .nullable()
      .meta({ description: 'When and why it was canceled.' }),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Contribution', description: 'An agreement to give. Each payment makes a payment intent of its own.' });

export const ContributionEventView = z
  .object({
    id: EventId,
    number: z.int().meta({ description: 'From 1, without a gap.' }),
    at: Instant,
    by: said('In which role it was done; `batch` and `processor` are programs.'),
    type: said('What happened, in the past tense.'),
    details: z.record(z.string(), z.unknown()).meta({ description: 'What is to be said of it, by its type.' }),
  })
  .meta({ id: 'ContributionEvent', description: 'One thing that happened to a contribution.' });

export const HoldPreviewView = z
  .object({
    accountId: AccountId,
    contributions: z.int().meta({ description: 'Recurring contributions that run and would stop.' }),
    monthly: z
      .array(z.object({ currency: Currency, amount: minorUnits('A yearly one counts as a twelfth.') }))
      .meta({ description: 'What they give a month.' }),
    processors: z
      .array(z.object({ processor: ProcessorName, contributions: z.int().meta({ description: 'How many.' }) }))
      .meta({ description: 'Who charges them.' }),
    alreadyHeld: z.int().meta({ description: 'How many more are kept by holds of their own.' }),
    told: z
      .object({
        contributors: z.int().meta({ description: 'Those who give.' }),
        collectiveAdmins: z.int().meta({ description: 'Admins of the collective.' }),
      })
      .meta({ description: 'How many people would be told.' }),
    fingerprint: said('Send it with the pause: it is refused when any of this is different by then.'),
  })
  .meta({ id: 'AccountHoldPreview', description: 'What pausing all recurring contributions of an account would do.' });

export const HoldView = z
  .object({
    id: HoldId,
    version: Version,
    status: z.enum(['active', 'lifted']).meta({ description: 'Whether it holds.' }),
    accountId: AccountId.meta({ description: 'The account that is held, or whose contributions were chosen.' }),
    contributionIds: z
      .array(ContributionId)
      .nullable()
      .meta({ description: 'The chosen contributions; null for all of them.' }),
    level: z.enum(holdLevels).meta({ description: 'What is held.' }),
    owner: HoldOwner,
    reason: z.enum(holdReasons).meta({ description: 'Why.' }),
    message: z.string().nullable().meta({ description: 'What the contributors are told.' }),
    missedPeriods: z.enum(missedPeriodChoices).meta({ description: 'What becomes of the periods that pass.' }),
    from: Instant.meta({ description: 'Since when.' }),
    until: Instant.nullable().meta({ description: 'When it ends by itself, or null.' }),
    lifted: z
      .object({
        at: Instant,
        how: z.enum(['lifted', 'ended']).meta({ description: 'By its owner, or because its time had come.' }),
      })
      .nullable()
      .meta({ description: 'When it ended; null while it holds.' }),
    reminders: z.int().meta({ description: 'How often its owner was reminded of it.' }),
    underWay: z.int().nullable().meta({
      description:
        'Charges that had begun before it was placed and had no answer yet; said when it is placed, null otherwise.',
    }),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'AccountHold', description: 'A pause, with its owner.' });
