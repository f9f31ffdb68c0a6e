/**
 * The kinds of values that requests and answers are made of, each bounded and described once. Texts are trimmed; what
 * cannot be shown, or turns around what stands beside it, is refused, so that a name on a screen is what it looks like.
 */
import * as z from 'zod';
// Its types let `.meta()` know what OpenAPI knows; nothing of it is loaded.
import type {} from 'zod-openapi';
import { roles } from '../domain/authorisation.ts';
import { hostLedgers } from '../domain/books.ts';
import { amountMax, currencyCodes } from '../domain/money.ts';
import { accountKinds } from '../domain/payment-intent.ts';
import { deliveries, languages, topics } from '../domain/topics.ts';

/** How the API document shows what the schema alone would show clumsily. */
export const shownAs =
  (keywords: Readonly<Record<string, unknown>>, instead: string) =>
  ({ jsonSchema }: { jsonSchema: Record<string, unknown> }): void => {
    delete jsonSchema[instead];
    Object.assign(jsonSchema, keywords);
  };

/** Control characters, direction overrides, and halves of surrogate pairs, which are no characters at all. */
const line = /^[^\p{Cc}\u2028-\u202e\u2066-\u2069\ud800-\udfff]*$/u;
/** The same with line breaks and tabs. */
const lines = /^(?:[\t\n\r]|[^\p{Cc}\u2028-\u202e\u2066-\u2069\ud800-\udfff])*$/u;

const noControls = { error: 'Has characters that cannot be shown.' };

/** One line of text. */
export const text = (lengthMax: number) => z.string().trim().min(1).max(lengthMax).regex(line, noControls);

/** Text that may have several lines. */
export const prose = (lengthMax: number) => z.string().trim().min(1).max(lengthMax).regex(lines, noControls);

const exampleUlid = '01JD8Z5YQW4K6M2N8P0R3T7V9X';

/** An id names its kind, so that one of another kind is refused before anything is looked up. */
const idOf = (prefix: string, id: string, description: string) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-7][0-9A-HJKMNP-TV-Z]{25}$`), {
      error: `Must be an id that begins with ${prefix}_ and a ULID.`,
    })
    .meta({ id, description, examples: [`${prefix}_${exampleUlid}`] });

export const AccountId = idOf('acc', 'AccountId', 'The id of an account: `acc_` and a ULID. People are accounts too.');
export const PaymentIntentId = idOf('pi', 'PaymentIntentId', 'The id of a payment intent: `pi_` and a ULID.');
export const EventId = idOf('evt', 'EventId', 'The id of an event: `evt_` and a ULID.');
export const HoldId = idOf('hold', 'HoldId', 'The id of a hold: `hold_` and a ULID.');
export const InvitationId = idOf('inv', 'InvitationId', 'The id of an invitation: `inv_` and a ULID.');
export const ContributionId = idOf('con', 'ContributionId', 'The id of a contribution: `con_` and a ULID.');
export const PaymentMethodId = idOf('pm', 'PaymentMethodId', 'The id of a payment method here: `pm_` and a ULID.');
export const WebhookEndpointId = idOf('whe', 'WebhookEndpointId', 'The id of a webhook endpoint: `whe_` and a ULID.');
export const WebhookDeliveryId = idOf(
  'whd',
  'WebhookDeliveryId',
  'The id of a delivery: `whd_` and the ULID of its event.',
);
export const SuspenseId = idOf('sus', 'SuspenseId', 'The id of a suspense record: `sus_` and a ULID.');

/** Which queues there are, the operation says: one that is not there is not found, whatever it is called. */
export const QueueName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,80}$/, { error: 'Must be the name of a queue.' })
  .meta({ id: 'QueueName', description: 'The name of a queue.', examples: ['host-notifications'] });

const knownCurrencies: ReadonlySet<string> = new Set(currencyCodes);

export const Currency = z
  .string()
  .refine((code) => knownCurrencies.has(code), { error: 'Must be a currency code of ISO 4217, such as EUR.' })
  .meta({
    id: 'Currency',
    description: 'An alphabetic currency code of ISO 4217.',
    examples: ['USD'],
    override: { enum: [...currencyCodes] },
  });

const wholeMinorUnits = (minimum: number) => z.int().min(minimum).max(amountMax);

/** More than nothing, in minor units. */
export const positiveAmount = (description: string) =>
  wholeMinorUnits(1).meta({ description: `${description} In minor units of the currency.`, examples: [1250] });

/** Nothing or more, in minor units. */
export const amountOrNothing = (description: string) =>
  wholeMinorUnits(0).meta({ description: `${description} In minor units of the currency.`, examples: [0] });

export const Money = z.strictObject({ amount: positiveAmount('How much.'), currency: Currency }).meta({
  id: 'Money',
  description: 'An amount of money that a request names: more than nothing, at most 999,999,999,999 minor units.',
  examples: [{ amount: 125000, currency: 'USD' }],
});

/** In answers sums may be nothing, negative, or larger than one command may name. */
export const MoneyView = z
  .object({
    amount: z.int().meta({ description: 'Minor units of the currency; negative where it is owed.' }),
    currency: Currency,
  })
  .meta({ id: 'MoneyView', description: 'An amount of money.', examples: [{ amount: 125000, currency: 'USD' }] });

const day = /^(?:19|20|21)\d\d-/;

export const CalendarDate = z.iso
  .date({ error: 'Must be a date that exists, as YYYY-MM-DD.' })
  .regex(day, { error: 'Must be between the years 1900 and 2199.' })
  .meta({
    id: 'CalendarDate',
    description: 'A day: YYYY-MM-DD, between 1900 and 2199.',
    examples: ['2026-03-31'],
    override: shownAs({ format: 'date' }, 'allOf'),
  });

/** What the application asks of the day of a bank's movement besides (`calendar.ts`). */
export const bankDateRange = 'from 366 days ago until today (a day of grace covers the time zones)';

export const Instant = z.string().meta({
  id: 'Instant',
  description: 'A moment in ISO 8601, in UTC, with milliseconds.',
  examples: ['2026-03-31T12:00:00.000Z'],
  format: 'date-time',
});

const instantText = z.iso.datetime({ error: 'Must be a moment in UTC, such as 2026-03-31T12:00:00.000Z.' }).regex(day);

/** A moment that a request names, with or without fractions of a second; kept with milliseconds. */
export const InstantInput = instantText
  .max(40)
  // An overwrite rather than a transform, because a schema with a transform loses its examples in the document; it runs on
  // texts that the checks before it have refused, too.
  .overwrite((value) => (Number.isNaN(Date.parse(value)) ? value : new Date(value).toISOString()))
  .meta({
    id: 'InstantInput',
    description: 'A moment in ISO 8601, in UTC (`Z`); fractions of a second beyond milliseconds are dropped.',
    examples: ['2026-03-31T12:00:00Z'],
    override: shownAs({ format: 'date-time', pattern: 'Z$' }, 'allOf'),
  });

/** In a query a day stands for its first or its last moment, so that a range of days includes both. */
const boundary = (endOfDay: string, description: string) =>
  z
    .union([CalendarDate, InstantInput], { error: 'Must be a day (YYYY-MM-DD) or a moment in UTC (ISO 8601 with Z).' })
    .transform((value) => (value.length === 10 ? `${value}T${endOfDay}` : value))
    .meta({ description, override: shownAs({ type: 'string', maxLength: 40, examples: ['2026-03-31'] }, 'anyOf') });

export const fromBoundary = (description: string) =>
  boundary('00:00:00.000Z', `${description} A day (its first moment, in UTC) or a moment. Inclusive.`);
export const toBoundary = (description: string) =>
  boundary('23:59:59.999Z', `${description} A day (its last moment, in UTC) or a moment. Inclusive.`);

/** A whole number in a query, where everything is text. */
export const wholeNumber = (minimum: number, maximum: number, description: string) =>
  z
    .string()
    .regex(/^(?:0|[1-9]\d{0,14})$/, { error: 'Must be a whole number.' })
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum))
    .meta({ description, override: shownAs({ type: 'integer', minimum, maximum }, 'pattern') });

export const CountryCode = z
  .string()
  .regex(/^[A-Z]{2}$/, { error: 'Must be two capital letters, as in ISO 3166-1.' })
  .meta({ id: 'CountryCode', description: 'A country code of ISO 3166-1 alpha-2.', examples: ['BE'] });

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
};

export const TimeZone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_+\-/]*$/, { error: 'Must be the name of a time zone, such as Europe/Brussels.' })
  .refine(isTimeZone, { error: 'Must be a time zone of the IANA database, such as Europe/Brussels.' })
  .meta({ id: 'TimeZone', description: 'A time zone of the IANA database.', examples: ['Europe/Brussels'] });

export const Slug = z
  .string()
  .min(2)
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, { error: 'Must be lower-case letters and digits, in words joined by hyphens.' })
  .meta({ id: 'Slug', description: 'A short name that is unique among all accounts.', examples: ['open-water-fund'] });

export const EmailAddress = z
  .email({ error: 'Must be an e-mail address.' })
  .max(254)
  .meta({ id: 'EmailAddress', description: 'An e-mail address.', examples: ['finance@host.example'] });

export const invitationCodeExample = `inv_${exampleUlid}.${'0'.repeat(43)}`;

export const InvitationCode = z
  .string()
  .regex(/^inv_[0-7][0-9A-HJKMNP-TV-Z]{25}\.[A-Za-z0-9_-]{43}$/, { error: 'Must be the code of an invitation.' })
  .meta({
    id: 'InvitationCode',
    description: 'What an invitation is accepted with, once. It is shown to whoever invites, and to nobody else.',
    examples: [invitationCodeExample],
  });

export const BasisPoints = z
  .int()
  .min(0)
  .max(10_000)
  .meta({ id: 'BasisPoints', description: 'A share in basis points: 10,000 is the whole.', examples: [500] });

export const Version = z
  .int()
  .min(0)
  .meta({ id: 'Version', description: 'Grows by one with each change; it is the ETag.', examples: [3] });

/** In answers: minor units, of any size and sign. */
export const minorUnits = (description: string) =>
  z.int().meta({ description: `${description} In minor units of the currency.` });

/** In answers: a text as it was said. */
export const said = (description: string) => z.string().meta({ description });

/** Who may tell something by itself; a bank transfer has nobody who could. */
export const NewsSource = z
  .enum(['stripe', 'paypal', 'test'])
  .meta({ id: 'NewsSource', description: 'A payment processor that sends messages.' });

export const AccountKind = z.enum(accountKinds).meta({ id: 'AccountKind', description: 'What kind of account it is.' });

export const Role = z.enum(roles).meta({ id: 'Role', description: 'What somebody may do at an account.' });

export const Ledger = z.enum(hostLedgers).meta({ id: 'Ledger', description: 'A ledger account of a host’s book.' });

export const Topic = z.enum(topics).meta({ id: 'Topic', description: 'What somebody is told of.' });

export const Channel = z
  .enum(['inbox', 'email'])
  .meta({ id: 'Channel', description: 'The list of notifications here, or e-mail.' });

export const Language = z
  .enum(languages)
  .meta({ id: 'Language', description: 'In which language texts are written: English, or simplified Chinese.' });

export const Delivery = z
  .enum(deliveries)
  .meta({ id: 'Delivery', description: 'Whether people are told at once, once a day, or not at all.' });

export const Nothing = z.strictObject({}).meta({ id: 'Nothing', description: 'This command says nothing more.' });

/** What requests say of themselves in more than one place. */
export const purpose = text(500).meta({ description: 'What it is for, in words that both sides understand.' });

export const reference = text(140)
  .nullable()
  .default(null)
  .meta({ description: 'The bank’s reference, by which the other host finds it.' });

/** An object of optional members says something only when it has one of them. */
export const notEmpty = [
  (value: object): boolean => Object.keys(value).length > 0,
  // Once every field is right: what is wrong with one of them is said of that one.
  { error: 'Has to have at least one of its fields.', when: ({ issues }: z.core.ParsePayload) => issues.length === 0 },
] as const;
