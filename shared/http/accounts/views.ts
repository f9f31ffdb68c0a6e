/** What answers about accounts show. */
import * as z from 'zod';
import { holdLevels, holdOwners, holdReasons } from '../../domain/hold.ts';
import {
  AccountId,
  AccountKind,
  Currency,
  EventId,
  HoldId,
  Instant,
  InvitationCode,
  InvitationId,
  Ledger,
  minorUnits,
  Role,
  said,
  Version,
} from '../fields.ts';

const Hosting = z
  .object({
    status: z.enum(['none', 'applied', 'hosted']).meta({ description: 'How it stands.' }),
    hostId: AccountId.optional(),
    hostName: z.string().optional().meta({ description: 'The name of the host.' }),
    since: Instant.optional(),
  })
  .meta({ id: 'Hosting', description: 'Which host holds the account’s money, or was asked to.' });

const HoldOnAccount = z
  .object({
    id: HoldId,
    level: z.enum(holdLevels).meta({ description: 'What is stopped.' }),
    owner: z.enum(holdOwners).meta({ description: 'In whose name; they alone lift it.' }),
    reason: z.enum(holdReasons).nullable().meta({ description: 'Why; null for who has no part in the account.' }),
    message: z.string().nullable().meta({ description: 'What contributors are told.' }),
    from: Instant,
    until: Instant.nullable().meta({ description: 'When it ends by itself, or null.' }),
  })
  .meta({ id: 'HoldOnAccount', description: 'A hold on the account itself; its host may be held as well.' });

export const AccountView = z
  .object({
    id: AccountId,
    kind: AccountKind,
    slug: z.string().meta({ description: 'Its short name.' }),
    name: said('Its name.'),
    status: z.enum(['active', 'archived']).meta({ description: 'Archived accounts take part in nothing new.' }),
    country: z.string().nullable().meta({ description: 'A country code of ISO 3166-1.' }),
    currency: Currency.nullable().meta({ description: 'The currency that most of its money is in.' }),
    timeZone: z.string().nullable().meta({ description: 'A time zone of the IANA database.' }),
    hosting: Hosting,
    email: z.string().nullable().meta({ description: 'Where it can be written to.' }),
    holds: z
      .array(HoldOnAccount)
      .meta({ description: 'What is paused on it, by whom, since when, why, and until when.' }),
    version: Version.nullable(),
    createdAt: Instant.nullable(),
    updatedAt: Instant.nullable(),
  })
  .meta({
    id: 'Account',
    description: 'An account. Who has no part in it sees what is needed to name it as a payee; the rest is null.',
  });

export const AccountList = z
  .object({ items: z.array(AccountView) })
  .meta({ id: 'AccountList', description: 'The account with that slug, if there is one.' });

export const MemberView = z
  .object({
    accountId: AccountId,
    userId: AccountId,
    name: said('The name of the person.'),
    email: z.string().nullable().meta({ description: 'The e-mail address of the person.' }),
    roles: z.array(Role).meta({ description: 'What the person may do; empty for somebody who was removed.' }),
    updatedAt: Instant,
  })
  .meta({ id: 'Member', description: 'Somebody who belongs to an account.' });

export const InvitationView = z
  .object({
    id: InvitationId,
    accountId: AccountId,
    email: z.string().meta({ description: 'Whom it is meant for.' }),
    roles: z.array(Role).meta({ description: 'The roles that whoever accepts it gets.' }),
    invitedBy: AccountId.nullable().meta({
      description: 'Who invited; it counts for as long as they may. Null for an operator of the platform.',
    }),
    createdAt: Instant,
    expiresAt: Instant.meta({ description: 'From when on it cannot be accepted any more.' }),
  })
  .meta({ id: 'Invitation', description: 'Roles that wait for somebody to come with the code.' });

export const NewInvitation = InvitationView.extend({ code: InvitationCode }).meta({
  id: 'NewInvitation',
  description: 'An invitation with its code, which is shown here and nowhere else.',
});

export const BalancesView = z
  .object({
    accountId: AccountId,
    at: Instant,
    balances: z
      .array(
        z.object({
          hostId: AccountId.meta({ description: 'The host that holds it.' }),
          currency: Currency,
          available: minorUnits('What can be spent.'),
          reserved: minorUnits('What is set aside for approved payment intents.'),
        }),
      )
      .meta({ description: 'Per host and currency.' }),
  })
  .meta({ id: 'Balances', description: 'What an account has, per host and currency.' });

export const StatementLine = z
  .object({
    eventId: EventId,
    intentId: z.string().meta({ description: 'The payment intent, or the suspense record, that it belongs to.' }),
    type: said('What happened.'),
    currency: Currency,
    effectiveAt: Instant.meta({
      description: 'When the book counts it: when it was recorded, or when it happened, for imported history.',
    }),
    at: Instant.meta({ description: 'When it was recorded.' }),
    postings: z
      .array(
        z.object({
          ledger: Ledger,
          currency: Currency,
          amount: minorUnits('Positive raises the ledger account.'),
        }),
      )
      .meta({ description: 'What it wrote into the account’s part of the book.' }),
  })
  .meta({ id: 'StatementLine', description: 'One event as an account’s statement shows it.' });
