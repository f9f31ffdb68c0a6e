/** What answers show callers of themselves. */
import * as z from 'zod';
import { AccountId, Channel, Delivery, EventId, Instant, Language, MoneyView, Role, said, Topic } from '../fields.ts';

export const MeView = z
  .object({
    userId: AccountId,
    name: said('Your name.'),
    email: z.string().nullable().meta({ description: 'Your e-mail address.' }),
    memberships: z
      .array(z.object({ accountId: AccountId, roles: z.array(Role) }))
      .meta({ description: 'What you may do, and where.' }),
  })
  .meta({ id: 'Me', description: 'Who you are here.' });

const fact = (description: string) => z.string().nullish().meta({ description });
const sum = (description: string) => MoneyView.nullish().meta({ description });
const side = (description: string) =>
  z
    .object({
      name: said('Its name.'),
      host: z.string().nullable().meta({ description: 'Its host’s; null outside.' }),
      isHost: z.boolean().optional().meta({ description: 'Whether it is a host itself; left out when it is none.' }),
    })
    .nullish()
    .meta({ description });

/** Facts were written when the event was told, perhaps by an earlier version: each may be missing. */
const Facts = z
  .object({
    about: fact('What it is about: an `intent`, a `contribution`, a `hold` or a `webhook` endpoint.'),
    payer: side('Who gives.'),
    payee: side('Who receives, or what is paused.'),
    amount: sum('How much was agreed.'),
    by: fact('On whose behalf it was done.'),
    reason: fact('Why.'),
    waitingSince: fact('Since when nobody has acted, for those who are told later.'),
    timeZone: fact('The time zone in which the host shows moments.'),
    type: fact('What kind of payment intent it is.'),
    status: fact('What the payment intent was afterwards.'),
    purpose: fact('What it is for.'),
    tier: fact('The tier, if it has one.'),
    moved: sum('How much was sent, arrived, is short, or came back.'),
    open: sum('How much is still on its way.'),
    lost: sum('How much was lost on the way.'),
    bearer: fact('Who bears what was lost or is short.'),
    date: fact('The bank’s day.'),
    reference: fact('The bank’s reference.'),
    deadlineAt: fact('When it expires.'),
    step: z
      .object({
        name: said('Its name.'),
        number: z.int().meta({ description: 'Its number.' }),
        of: z.int().meta({ description: 'How many steps there are.' }),
      })
      .nullish()
      .meta({ description: 'Which step of the approval waits, counted from one.' }),
    interval: fact('How often a contribution is given.'),
    period: fact('The first day of the period that was not paid.'),
    retryAt: fact('When a charge is tried again.'),
    level: fact('What is paused.'),
    owner: fact('In whose name it is paused.'),
    why: fact('Why it is paused, or disabled.'),
    message: fact('What they say about it to those who give.'),
    from: fact('Since when it is paused.'),
    until: fact('Until when, if that was said.'),
    description: fact('What a webhook endpoint is called.'),
    urlHost: fact('The name in its address.'),
    host: fact('The host whose endpoint it is.'),
    givenUp: z
      .object({ deliveryId: said('Its id.'), topic: said('What it would have told.') })
      .nullish()
      .meta({ description: 'Which message to it was given up.' }),
    since: fact('Since when nothing has arrived there, or since when that message was tried.'),
    outcome: fact('What the last attempt came to.'),
    statusCode: z.int().nullish().meta({ description: 'What its receiver answered, if it did.' }),
  })
  .meta({ description: 'Names, amounts and dates as they were then.' });

export const NotificationView = z
  .object({
    eventId: EventId,
    topic: Topic,
    asksToAct: z.boolean().meta({ description: 'Whether somebody has to do something.' }),
    subjectId: said('The payment intent, the contribution, the hold or the webhook endpoint that it is about.'),
    hostId: AccountId.nullable().meta({ description: 'The host as one of whose people you were told, or null.' }),
    accountId: AccountId.nullable().meta({
      description: 'The collective as one of whose people you were told, or null.',
    }),
    at: Instant.meta({ description: 'When you were told.' }),
    readAt: Instant.nullable().meta({ description: 'When you marked it as read; null before.' }),
    email: z
      .object({
        state: z.enum(['none', 'waiting', 'daily', 'sent']).meta({
          description: 'None was wanted, it is to be sent, it is to be in the e-mail of the day, or it was sent.',
        }),
        attempts: z
          .array(z.object({ at: Instant, outcome: said('`sent`, or what went wrong.') }))
          .meta({ description: 'When it was tried, and what came of it; oldest first.' }),
      })
      .meta({ description: 'What became of the e-mail.' }),
    facts: Facts,
  })
  .meta({ id: 'Notification', description: 'What you were told of one event.' });

export const UnreadView = z
  .object({ unread: z.int().meta({ description: 'How many of your notifications you have not marked as read.' }) })
  .meta({ id: 'Unread', description: 'How much you have not read.' });

export const OwnPreferencesView = z
  .object({
    language: Language,
    rules: z
      .array(z.object({ topic: Topic.optional(), channel: Channel.optional(), choice: Delivery }))
      .meta({ description: 'What you are told, and how.' }),
  })
  .meta({ id: 'OwnPreferences', description: 'What you have chosen for yourself.' });
