import { expect, test } from '@jest/globals';
import * as z from 'zod';
import * as accounts from '../../shared/http/accounts/requests.ts';
import * as fields from '../../shared/http/fields.ts';
import * as hosts from '../../shared/http/hosts/requests.ts';
import * as requests from '../../shared/http/payment-intents/requests.ts';
import { errorsMax, parse, pointerOf } from '../../shared/http/validation.ts';

const ulid = '01JD8Z5YQW4K6M2N8P0R3T7V9X';

type Row = readonly [string, z.ZodType, readonly unknown[], readonly unknown[]];

test.each<Row>([
  [
    'text',
    fields.text(5),
    ['a', ' a ', 'größe', '日本語'],
    ['', '   ', 'abcdef', 'a\nb', 'a\u0000', 'a\u202eb', '\ud800', 1, null],
  ],
  ['prose', fields.prose(10), ['a\nb', 'a\tb'], ['', 'a\u0000', 'a\u202eb', '\udfff', 'abcdefghijk']],
  [
    'account id',
    fields.AccountId,
    [`acc_${ulid}`],
    [`pi_${ulid}`, `acc_${ulid}x`, 'acc_', ulid, `acc_8${ulid.slice(1)}`, `ACC_${ulid}`],
  ],
  [
    'intent id',
    fields.PaymentIntentId,
    [`pi_${ulid}`],
    [`acc_${ulid}`, `pi_${ulid.toLowerCase()}`, `pi_${ulid.replace('0', 'I')}`],
  ],
  ['currency', fields.Currency, ['USD', 'JPY', 'KWD'], ['usd', 'XXX', 'US', 'DOGE', '', 840]],
  [
    'positive amount',
    fields.positiveAmount('x'),
    [1, 999_999_999_999],
    [0, -1, 1.5, 1_000_000_000_000, 1e300, Number.NaN, '1', null],
  ],
  ['amount or nothing', fields.amountOrNothing('x'), [0, 1], [-1, 0.1, 1_000_000_000_000]],
  [
    'date',
    fields.CalendarDate,
    ['2024-02-29', '1900-01-01', '2199-12-31'],
    ['2023-02-29', '2026-13-01', '2026-1-1', '1899-12-31', '2200-01-01', '2026-01-01T00:00:00Z', '20260101'],
  ],
  [
    'moment',
    fields.InstantInput,
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456Z'],
    ['2026-01-01', '2026-01-01T00:00:00+02:00', '2026-01-01T25:00:00Z', '9999-01-01T00:00:00Z'],
  ],
  ['country', fields.CountryCode, ['BE'], ['be', 'BEL', '']],
  [
    'time zone',
    fields.TimeZone,
    ['UTC', 'Europe/Brussels', 'Asia/Taipei'],
    ['Mars/Olympus', '+02:00', '', 'x'.repeat(65)],
  ],
  ['slug', fields.Slug, ['ab', 'open-water-2'], ['a', 'Open', 'a--b', '-ab', 'ab-', 'a b', 'x'.repeat(65)]],
  [
    'e-mail address',
    fields.EmailAddress,
    ['a@b.example'],
    ['a', 'a@', 'a b@c.example', `${'x'.repeat(250)}@b.example`],
  ],
  ['basis points', fields.BasisPoints, [0, 10_000], [-1, 10_001, 0.5]],
  [
    'money',
    fields.Money,
    [{ amount: 1, currency: 'USD' }],
    [{ amount: 1 }, { currency: 'USD' }, { amount: 1, currency: 'USD', more: 1 }, 1, null, []],
  ],
  [
    'whole number in a query',
    fields.wholeNumber(1, 100, 'x'),
    ['1', '100'],
    ['0', '101', '', ' 5', '1e1', '0x10', '1.5', '-1', '05', '９'],
  ],
  [
    'change of hosting',
    accounts.ChangeHosting,
    [{ action: 'apply', hostId: `acc_${ulid}` }, { action: 'leave' }],
    [{ action: 'apply' }, { action: 'accept', hostId: `acc_${ulid}` }, { action: 'x' }, {}],
  ],
  [
    'roles',
    accounts.PutMember,
    [{ roles: ['accountant'] }],
    [{ roles: [] }, { roles: ['king'] }, { roles: ['accountant', 'accountant'] }],
  ],
  ['edit', requests.EditPaymentIntent, [{ tier: null }], [{}, { payer: 1 }]],
  ['update of an account', accounts.UpdateAccount, [{ email: null }], [{}]],
  [
    'admins',
    accounts.CreateAccount.shape.adminUserIds,
    [[`acc_${ulid}`]],
    [[], [`acc_${ulid}`, `acc_${ulid}`], Array.from({ length: 21 }, () => `acc_${ulid}`)],
  ],
  [
    'policy',
    hosts.PutApprovalPolicy,
    [{ reviewers: 1 }, { reviewers: 2 }],
    [{ reviewers: 0 }, { reviewers: 3 }, { reviewers: '1' }, {}],
  ],
  [
    'list query',
    requests.ListPaymentIntents,
    [{ host: `acc_${ulid}` }, { account: `acc_${ulid}` }],
    [{}, { host: `acc_${ulid}`, account: `acc_${ulid}` }],
  ],
])('%s', (_name, schema, good, bad) => {
  expect(good.filter((value) => !schema.safeParse(value).success)).toEqual([]);
  expect(bad.filter((value) => schema.safeParse(value).success)).toEqual([]);
});

test('texts are trimmed, moments get milliseconds, and days stand for their first and last moment', () => {
  expect(fields.text(5).parse('  a ')).toBe('a');
  expect(fields.InstantInput.parse('2026-01-01T00:00:00Z')).toBe('2026-01-01T00:00:00.000Z');
  expect(fields.fromBoundary('x').parse('2026-01-01')).toBe('2026-01-01T00:00:00.000Z');
  expect(fields.toBoundary('x').parse('2026-01-01')).toBe('2026-01-01T23:59:59.999Z');
  expect(fields.toBoundary('x').parse('2026-01-01T10:00:00Z')).toBe('2026-01-01T10:00:00.000Z');
});

const errorsOf = (schema: z.ZodType, input: unknown): Readonly<Record<string, string>> => {
  const parsed = parse(schema, input);
  return Object.fromEntries(parsed.ok ? [] : parsed.errors.map(({ pointer, detail }) => [pointer, detail]));
};

test('every wrong field is pointed at once, in words that say what is wanted', () => {
  const input = {
    type: 'gift',
    amount: { amount: 0, currency: 'usd', cents: 1 },
    purpose: '',
    tier: 5,
    extra: true,
    'a/b~c': 1,
  };
  expect(errorsOf(requests.CreatePaymentIntent, input)).toEqual({
    '/type': expect.stringMatching(/^Must be one of: expense, /),
    '/payerAccountId': 'Is required.',
    '/payeeAccountId': 'Is required.',
    '/amount/amount': 'Must be at least 1.',
    '/amount/currency': 'Must be a currency code of ISO 4217, such as EUR.',
    '/amount/cents': 'Is not known here.',
    '/purpose': 'Must not be empty.',
    '/tier': 'Must be a text.',
    '/extra': 'Is not known here.',
    '/a~1b~0c': 'Is not known here.',
  });
});

test.each<[string, z.ZodType, unknown, Readonly<Record<string, string>>]>([
  ['a type that JSON has no word for', z.date(), 1, { '': 'Must be of another type.' }],
  ['another type for the whole', fields.Nothing, [], { '': 'Must be an object.' }],
  ['a missing choice', requests.CreatePaymentIntent.shape.type, undefined, { '': 'Is required.' }],
  [
    'an unknown kind',
    hosts.AttachSuspense,
    { shares: [{ kind: 'half' }], purpose: 'x' },
    { '/shares/0/kind': 'Must be one of the kinds that the API document names.' },
  ],
  ['a list that is too short', accounts.PutMember, { roles: [] }, { '/roles': 'Must be at least 1 entries.' }],
  ['a text that is too long', fields.text(3), 'abcd', { '': 'Must be at most 3 characters.' }],
  ['a number that is too large', fields.BasisPoints, 10_001, { '': 'Must be at most 10000.' }],
  ['a fraction', fields.BasisPoints, 0.5, { '': 'Must be a whole number.' }],
  ['something of no form', z.string().regex(/y/), 'x', { '': 'Does not have the right form.' }],
])('%s is told in words', (_name, schema, input, errors) => {
  expect(errorsOf(schema, input)).toEqual(errors);
});

test('values are never repeated, and neither are long names whole', () => {
  const secret = 'hunter2-hunter2';
  const answer = JSON.stringify(errorsOf(requests.Reject, { reason: { secret }, [`x${'y'.repeat(5000)}`]: secret }));
  expect(answer).not.toContain(secret);
  expect(answer.length).toBeLessThan(500);
});

test('nonsense gets a bounded answer', () => {
  const input = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`field${index}`, 1]));
  const parsed = parse(fields.Nothing, input);
  expect(parsed).toMatchObject({ ok: false, errors: { length: errorsMax } });
});

test('a pointer is a JSON Pointer', () => {
  expect(pointerOf([])).toBe('');
  expect(pointerOf(['a', 0, 'b/c~d'])).toBe('/a/0/b~1c~0d');
  expect(pointerOf(['\ud800'])).toBe('/\ufffd');
});
