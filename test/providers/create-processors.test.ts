/** Which processors there are, by what is in the environment. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { processors as names } from '../../shared/domain/payment-method.ts';
import { createProcessors, type ProviderEnvironment } from '../../shared/providers/index.ts';
import { baseAddress, certainlyNotSent, safeReason } from '../../shared/providers/outcomes.ts';
import { createTestLedgerInMemory } from '../../shared/providers/test-processor.ts';
import * as paypal from './fixtures/paypal.ts';
import * as stripe from './fixtures/stripe.ts';
import { chargeOf, clock } from './requests.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

let server: StandIn;

beforeEach(async () => {
  server = await startStandIn();
});

afterEach(() => server.stop());

const everything = (): ProviderEnvironment => ({
  STRIPE_SECRET_KEY: stripe.secretKey,
  STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
  STRIPE_API_BASE: server.base.origin,
  PAYPAL_CLIENT_ID: paypal.clientId,
  PAYPAL_CLIENT_SECRET: paypal.clientSecret,
  PAYPAL_WEBHOOK_ID: paypal.webhookId,
  PAYPAL_API_BASE: server.base.origin,
  TEST_PROCESSOR: 'on',
  TEST_PROCESSOR_SECRET: 'a-secret-for-tests',
});

const providers = (environment: ProviderEnvironment) =>
  createProcessors(environment, { now: clock, testLedger: createTestLedgerInMemory(), timeoutMilliseconds: 10_000 });

const there = (environment: ProviderEnvironment) => {
  const { processors, newsReader } = providers(environment);
  return {
    processors: names.filter((name) => processors(name) !== undefined),
    readers: names.filter((name) => newsReader(name) !== undefined),
  };
};

test('nothing is set up where there are no keys, and bank transfers never are', () => {
  expect(there({})).toEqual({ processors: [], readers: [] });
  expect(there({ STRIPE_SECRET_KEY: ' ', PAYPAL_CLIENT_ID: '', TEST_PROCESSOR: 'off' })).toEqual({
    processors: [],
    readers: [],
  });
  expect(there(everything())).toEqual({
    processors: ['stripe', 'paypal', 'test'],
    readers: ['stripe', 'paypal', 'test'],
  });
});

test('a processor without a way to tell its messages has no reader', () => {
  const { STRIPE_WEBHOOK_SECRET: _1, PAYPAL_WEBHOOK_ID: _2, TEST_PROCESSOR_SECRET: _3, ...rest } = everything();
  expect(there(rest)).toEqual({ processors: ['stripe', 'paypal', 'test'], readers: [] });
});

test('the test processor is on only when it is switched on, whatever else is there', () => {
  expect(there({ TEST_PROCESSOR_SECRET: 'a-secret-for-tests' })).toEqual({ processors: [], readers: [] });
});

test.each([
  ['half of the keys of PayPal', { PAYPAL_CLIENT_ID: paypal.clientId }],
  ['an address that is none', { STRIPE_SECRET_KEY: stripe.secretKey, STRIPE_API_BASE: 'stripe' }],
  ['an address that secrets should not travel to', { STRIPE_API_BASE: 'http://api.stripe.com' }],
  ['an address with a path', { PAYPAL_API_BASE: 'https://example.org/paypal' }],
  ['an address with a password', { PAYPAL_API_BASE: 'https://user:NotARealPassword@example.org' }],
])('%s is a mistake that is noticed at once and told without secrets', (_case, environment) => {
  expect(() => providers(environment)).toThrow(/^(STRIPE|PAYPAL)_\w+ /);
  try {
    providers(environment);
  } catch (error) {
    expect(String(error)).not.toMatch(/NotAReal/);
  }
});

test('each processor asks the address of its own setting', async () => {
  const { processors } = providers(everything());
  server.answer(({ path }) => (path === '/v1/oauth2/token' ? { status: 200, body: paypal.token() } : { status: 204 }));
  await processors('stripe')?.suspend('sub_1', 'key-1');
  await processors('paypal')?.suspend('I-1', 'key-1');
  expect(server.paths()).toEqual([
    'POST /v1/subscriptions/sub_1',
    'POST /v1/oauth2/token',
    'POST /v1/billing/subscriptions/I-1/suspend',
  ]);
});

test('the processor that is found does everything that a processor does', async () => {
  const processor = providers(everything()).processors('test');
  const request = chargeOf('test', { reference: 'ok:carol', payerReference: null })();
  expect(await processor?.charge(request)).toMatchObject({ outcome: 'done' });
  expect(await processor?.lookUp(request)).toMatchObject({ outcome: 'done' });
  expect(await processor?.suspend('ok:sub', 'key-2')).toEqual({ outcome: 'done' });
  expect(await processor?.resume('ok:sub', 'key-3')).toEqual({ outcome: 'done' });
  expect(await processor?.cancel('ok:sub', 'key-4')).toEqual({ outcome: 'done' });
});

test('the reader that is found reads', async () => {
  const { newsReader } = providers(everything());
  for (const name of ['stripe', 'paypal', 'test'] as const) {
    expect(await newsReader(name)?.read('{}', {}, clock())).toBeUndefined();
  }
});

test('no adapter is loaded before it is asked', () => {
  const source = readFileSync(join(import.meta.dirname, '../../shared/providers/index.ts'), 'utf8');
  expect([...source.matchAll(/^import (?!type).*'(.+)'/gm)].map(([, name]) => name)).toEqual(['./outcomes.ts']);
});

test('an address is a server: HTTPS, or this machine', () => {
  for (const text of ['https://api.stripe.com', 'https://api.stripe.com/', 'http://127.0.0.1:1234', 'http://[::1]:1']) {
    expect(baseAddress(text, 'X').origin).toBe(text.replace(/\/$/, ''));
  }
});

test('a failed connection is certain in each form that Node gives it, and a broken one never is', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });
  const reset = Object.assign(new Error('read'), { code: 'ECONNRESET', syscall: 'read' });
  const wrapped = (cause: unknown) => new TypeError('fetch failed', { cause });
  expect(certainlyNotSent(wrapped(refused))).toBe(true);
  expect(certainlyNotSent(wrapped(new AggregateError([refused, refused])))).toBe(true);
  expect(certainlyNotSent(wrapped(Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' })))).toBe(true);
  expect(certainlyNotSent(wrapped(Object.assign(new Error(), { code: 'ETIMEDOUT', syscall: 'connect' })))).toBe(true);
  expect(certainlyNotSent(wrapped(reset))).toBe(false);
  expect(certainlyNotSent(wrapped(new AggregateError([refused, reset])))).toBe(false);
  expect(certainlyNotSent(new DOMException('The operation timed out.', 'TimeoutError'))).toBe(false);
  expect(certainlyNotSent(undefined)).toBe(false);
});

test('a reason is one short line', () => {
  expect(safeReason(`one\n\ttwo\u2028three ${'x'.repeat(400)}`, [''])).toMatch(/^one two three x{286}$/);
});
