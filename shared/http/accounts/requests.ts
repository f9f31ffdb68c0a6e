/** What requests about accounts may say. */
import * as z from 'zod';
import {
  AccountId,
  CountryCode,
  Currency,
  EmailAddress,
  fromBoundary,
  InvitationCode,
  invitationCodeExample,
  notEmpty,
  Role,
  Slug,
  TimeZone,
  text,
  toBoundary,
} from '../fields.ts';
import { page } from '../pages.ts';

const accountFields = {
  name: text(200).meta({ description: 'Its name.' }),
  country: CountryCode.nullable().meta({ description: 'Where it is.' }),
  timeZone: TimeZone.meta({ description: 'Where its working days are counted.' }),
  email: EmailAddress.nullable().meta({
    description: 'Where it can be written to. Nobody is found or signed in by it.',
  }),
};

const adminIds = z
  .array(AccountId)
  .min(1)
  .max(20)
  .refine((ids) => new Set(ids).size === ids.length, { error: 'Names somebody twice.' })
  .meta({ description: 'For a host, which needs it: its first admins. Others begin with you.', uniqueItems: true });

export const CreateAccount = z
  .strictObject({
    kind: z
      .enum(['host', 'collective', 'person', 'organisation'])
      .meta({ description: 'What kind of account it is. Hosts are created by the platform.' }),
    slug: Slug,
    name: accountFields.name,
    country: accountFields.country.default(null),
    currency: Currency.meta({ description: 'The currency that most of its money is in.' }),
    timeZone: accountFields.timeZone.default('UTC'),
    email: accountFields.email.default(null),
    adminUserIds: adminIds.optional(),
  })
  .meta({
    id: 'CreateAccount',
    description: 'A new account.',
    examples: [{ kind: 'collective', slug: 'open-water', name: 'Open Water', currency: 'EUR', country: 'BE' }],
  });

export const UpdateAccount = z
  .strictObject({
    name: accountFields.name.optional(),
    country: accountFields.country.optional(),
    timeZone: accountFields.timeZone.optional(),
    status: z
      .enum(['active', 'archived'])
      .optional()
      .meta({ description: 'Archived accounts take part in nothing new.' }),
    email: accountFields.email.optional(),
  })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateAccount',
    description: 'What changes; whatever is left out stays as it is.',
    minProperties: 1,
    examples: [{ name: 'Open Water Fund' }],
  });

export const ChangeHosting = z
  .discriminatedUnion('action', [
    z.strictObject({
      action: z.literal('apply').meta({ description: 'Ask a host to hold the collective’s money.' }),
      hostId: AccountId.meta({ description: 'The host that is asked.' }),
    }),
    z.strictObject({
      action: z
        .enum(['accept', 'decline', 'leave'])
        .meta({ description: 'The host accepts or declines; the collective or its host ends it.' }),
    }),
  ])
  .meta({
    id: 'ChangeHosting',
    description: 'A step of the way to a host, or away from one.',
    examples: [{ action: 'apply', hostId: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X' }],
  });

const rolesThat = (description: string) =>
  z
    .array(Role)
    .min(1)
    .max(5)
    .refine((roles) => new Set(roles).size === roles.length, { error: 'Names a role twice.' })
    .meta({ description, uniqueItems: true });

export const PutMember = z.strictObject({ roles: rolesThat('All roles that the person has from now on.') }).meta({
  id: 'PutMember',
  description: 'What somebody may do at the account.',
  examples: [{ roles: ['finance_lead'] }],
});

export const CreateInvitation = z
  .strictObject({
    email: EmailAddress.meta({ description: 'Whom it is meant for, for the team to know.' }),
    roles: rolesThat('The roles that whoever accepts it gets.'),
  })
  .meta({
    id: 'CreateInvitation',
    description: 'Who is to have which roles at the account.',
    examples: [{ email: 'finance@host.example', roles: ['finance_lead'] }],
  });

export const AcceptInvitation = z.strictObject({ code: InvitationCode }).meta({
  id: 'AcceptInvitation',
  description: 'What was handed over by whoever invites.',
  examples: [{ code: invitationCodeExample }],
});

export const FindAccounts = z.strictObject({ slug: Slug });

export const Statement = z.strictObject({
  currency: Currency.optional(),
  from: fromBoundary('From when on.').optional(),
  to: toBoundary('Until when.').optional(),
  ...page,
});
