/** What requests about contributions, payment methods and holds may say. */
import * as z from 'zod';
import { chosenMax } from '../../application/holds.ts';
import { contributionIntervals } from '../../domain/contribution.ts';
import { holdLevels, holdOwners, holdReasons, missedPeriodChoices } from '../../domain/hold.ts';
import {
  AccountId,
  bankDateRange,
  CalendarDate,
  ContributionId,
  InstantInput,
  Money,
  PaymentMethodId,
  prose,
  reference,
  text,
} from '../fields.ts';
import { page } from '../pages.ts';

const paymentMethodId = PaymentMethodId.meta({ description: 'One of the contributor’s payment methods.' });

export const CreateContribution = z
  .strictObject({
    contributorAccountId: AccountId.meta({ description: 'Who gives: a person or an organisation that you speak for.' }),
    collectiveAccountId: AccountId.meta({ description: 'Who gets it: an account that a host holds money for.' }),
    amount: Money.meta({ description: 'How much, each time.' }),
    interval: z.enum(contributionIntervals).meta({ description: 'How often: every month, every year, or once.' }),
    startsOn: CalendarDate.optional().meta({
      description:
        'The first day, in the host’s time zone, today or later; today without it. Its day of the month stays the day of each period, and the last day of months that are too short.',
    }),
    tier: text(100).nullable().default(null).meta({ description: 'The tier, if it has one.' }),
    paymentMethodId,
  })
  .meta({
    id: 'CreateContribution',
    description: 'An agreement to give.',
    examples: [
      {
        contributorAccountId: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X',
        collectiveAccountId: 'acc_01JD8Z5YQX1A2B3C4D5E6F7G8H',
        amount: { amount: 1000, currency: 'USD' },
        interval: 'month',
        tier: 'Backer',
        paymentMethodId: 'pm_01JD8Z5YQW4K6M2N8P0R3T7V9X',
      },
    ],
  });

export const CancelContribution = z
  .strictObject({ reason: prose(1000).meta({ description: 'Why.' }) })
  .meta({ id: 'CancelContribution', description: 'The end of a contribution.', examples: [{ reason: 'Moving on.' }] });

export const UpdatePaymentMethod = z.strictObject({ paymentMethodId }).meta({
  id: 'UpdatePaymentMethod',
  description: 'How it is paid from now on.',
  examples: [{ paymentMethodId: 'pm_01JD8Z5YQW4K6M2N8P0R3T7V9X' }],
});

export const ConfirmPeriod = z
  .strictObject({
    period: CalendarDate.meta({ description: 'Which of the expected periods it is for, by its first day.' }),
    amount: Money.meta({ description: 'What arrived.' }),
    date: CalendarDate.meta({ description: `The day it arrived, ${bankDateRange}.` }),
    reference,
  })
  .meta({
    id: 'ConfirmPeriod',
    description: 'A bank transfer that the host has found in its statement.',
    examples: [
      { period: '2026-03-01', amount: { amount: 1000, currency: 'USD' }, date: '2026-03-03', reference: 'BACKER 0042' },
    ],
  });

const scopes = ['contributor', 'collective', 'host'] as const;

export const ListContributions = z
  .strictObject({
    contributor: AccountId.optional().meta({
      description: 'What this account gives. Either this, `collective` or `host`.',
    }),
    collective: AccountId.optional().meta({ description: 'What this account receives.' }),
    host: AccountId.optional().meta({ description: 'What the accounts receive whose money this host holds.' }),
    setAside: z
      .literal('true')
      .optional()
      .meta({ description: 'With `host`: only those that are left alone until somebody takes them up.' }),
    ...page,
  })
  .refine((query) => scopes.filter((name) => query[name] !== undefined).length === 1, {
    path: ['host'],
    error: 'Give one of contributor, collective and host.',
    when: ({ issues }) => issues.length === 0,
  })
  .refine(({ host, setAside }) => setAside === undefined || host !== undefined, {
    path: ['setAside'],
    error: 'Only the list of a host is asked for like this.',
    when: ({ issues }) => issues.length === 0,
  });

export const PlaceAccountHold = z
  .strictObject({
    level: z.enum(holdLevels).default('recurring_in').meta({
      description:
        'What is held: `recurring_in` pauses recurring contributions and lets nobody start one; `new_in` lets nobody start anything and nothing be given once; `out` keeps money from leaving; `full` is all of these.',
    }),
    owner: z.enum(holdOwners).optional().meta({
      description: 'In whose name, of those that you may act for; without it, the host’s before the collective’s.',
    }),
    reason: z.enum(holdReasons).meta({ description: 'Why.' }),
    message: prose(1000).nullable().default(null).meta({ description: 'To the contributors.' }),
    until: InstantInput.nullable().default(null).meta({ description: 'When it ends by itself; null for never.' }),
    missedPeriods: z.enum(missedPeriodChoices).default('skip').meta({
      description:
        'What becomes of the periods that pass: nothing, or one charge for all of them when it ends. A subscription that the processor charges by itself keeps the processor’s calendar: nothing is collected for it.',
    }),
    fingerprint: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/, { error: 'Must be the fingerprint of a preview.' })
      .optional()
      .meta({
        description:
          'Of the preview that you have seen; needed for all recurring contributions of an account. It is refused when they are others by now.',
      }),
    contributionIds: z
      .array(ContributionId)
      .min(1)
      .max(chosenMax)
      .refine((ids) => new Set(ids).size === ids.length, { error: 'Names one twice.' })
      .optional()
      .meta({
        description: 'Chosen contributions that the account receives or gives; all that it receives without it.',
        uniqueItems: true,
      }),
  })
  .meta({
    id: 'PlaceAccountHold',
    description: 'A pause.',
    examples: [
      {
        reason: 'information_needed',
        message: 'We are waiting for a report, and go on as soon as we have it.',
        fingerprint: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
      },
    ],
  });
