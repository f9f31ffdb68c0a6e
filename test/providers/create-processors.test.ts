/** Which processors there are, by the settings of each host. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { processors as names } from '../../shared/domain/payment-method.ts';
import {
  createProcessors,
  type ProviderDependencies,
  type ProviderEnvironment,
  type ProviderSettings,
  type Providers,
} from '../../shared/providers/index.ts';
import { baseAddress, certainlyNotSent, safeReason } from '../../shared/providers/outcomes.ts';
import { createTestLedgerInMemory } from '../../shared/providers/test-processor.ts';
import * as paypal from './fixtures/paypal.ts';
import * as stripe from './fixtures/stripe.ts';
import { chargeOf, clock, paymentOf } from './requests.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

let server: StandIn;

beforeEach(async () => {
  server = await startStandIn();
});

afterEach(() => server.stop());

/** A host with accounts at every processor. */
const garden: ProviderEnvironment = {
  STRIPE_SECRET_KEY: stripe.secretKey,
  STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
  PAYPAL_CLIENT_ID: paypal.clientId,
  PAYPAL_CLIENT_SECRET: paypal.clientSecret,
  PAYPAL_WEBHOOK_ID: paypal.webhookId,
};

const addresses = (): ProviderEnvironment => ({
  STRIPE_API_BASE: server.base.origin,
  PAYPAL_API_BASE: server.base.origin,
});

const testProcessor: ProviderEnvironment = { TEST_PROCESSOR: 'on', TEST_PROCESSOR_SECRET: 'a-secret-for-tests' };

const everything = (): ProviderSettings => ({
  environment: { ...addresses(), ...testProcessor },
  hosts: { acc_Garden: garden },
});

const dependencies = { now: clock, testLedger: createTestLedgerInMemory(), timeoutMilliseconds: 10_000 };

const providers = (settings: ProviderSettings, others: Partial<ProviderDependencies> = {}) =>
  createProcessors(settings, { ...dependencies, ...others });

const at = ({ processors, newsReader }: Providers, hostId: string) => ({
  processors: names.filter((name) => processors(name, hostId) !== undefined),
  readers: names.filter((name) => newsReader(name, hostId) !== undefined),
});

const there = (settings: ProviderSettings, hostId = 'acc_Garden') => at(providers(settings), hostId);

const nothing = { processors: [], readers: [] };
const all = { processors: ['stripe', 'paypal', 'test'], readers: ['stripe', 'paypal', 'test'] };
const onlyTest = { processors: ['test'], readers: ['test'] };

test('nothing is set up where there are no keys, and bank transfers never are', () => {
  expect(there({ environment: {}, hosts: {} })).toEqual(nothing);
  expect(there({ environment: {}, hosts: { acc_Garden: {} } })).toEqual(nothing);
  expect(
    there({
      environment: { TEST_PROCESSOR: 'off' },
      hosts: { acc_Garden: { STRIPE_SECRET_KEY: ' ', PAYPAL_CLIENT_ID: '' } },
    }),
  ).toEqual(nothing);
  expect(there(everything())).toEqual(all);
});

test('a processor without a way to tell its messages has no reader', () => {
  const { STRIPE_WEBHOOK_SECRET: _1, PAYPAL_WEBHOOK_ID: _2, ...rest } = garden;
  expect(there({ environment: { TEST_PROCESSOR: 'on' }, hosts: { acc_Garden: rest } })).toEqual({
    ...all,
    readers: [],
  });
});

test('the test processor serves every host, and only where it is switched on for all', () => {
  expect(there({ environment: { TEST_PROCESSOR_SECRET: 'a-secret-for-tests' }, hosts: {} })).toEqual(nothing);
  expect(there({ environment: {}, hosts: { acc_Garden: testProcessor } })).toEqual(nothing);
  expect(there({ environment: testProcessor, hosts: {} }, 'acc_Anybody')).toEqual(onlyTest);
});

test('a host has its own accounts and nobody else’s', () => {
  const set = providers({
    ...everything(),
    hosts: { acc_Garden: garden, acc_Other: { STRIPE_SECRET_KEY: 'sk_test_NotARealOther' } },
  });
  expect(at(set, 'acc_Garden')).toEqual(all);
  expect(at(set, 'acc_Other')).toEqual({ processors: ['stripe', 'test'], readers: ['test'] });
  expect(at(set, 'acc_Unknown')).toEqual(onlyTest);
  expect(set.processors('stripe', 'acc_Other')).not.toBe(set.processors('stripe', 'acc_Garden'));
});

test('keys that stand in the environment are no host’s', () => {
  const environment = { ...garden, ...addresses() };
  expect(there({ environment, hosts: { acc_Garden: {} } })).toEqual(nothing);
  const half = { PAYPAL_CLIENT_ID: paypal.clientId };
  const onMistake = jest.fn();
  expect(at(providers({ environment, hosts: { acc_Garden: half } }, { onMistake }), 'acc_Garden')).toEqual(nothing);
  expect(onMistake).toHaveBeenCalledTimes(1);
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])('%p is no host', (hostId) => {
  expect(there(everything(), hostId)).toEqual(onlyTest);
});

test('what the hosts inherit is no host', () => {
  expect(there({ ...everything(), hosts: Object.create({ acc_Garden: garden }) })).toEqual(onlyTest);
});

test('a host that is called as objects call something by themselves is a host like any other', () => {
  const hosts = JSON.parse(JSON.stringify({ HOST: garden }).replace('HOST', '__proto__')) as ProviderSettings['hosts'];
  expect(there({ ...everything(), hosts }, '__proto__')).toEqual(all);
  expect(there({ ...everything(), hosts }, 'STRIPE_SECRET_KEY')).toEqual(onlyTest);
});

test('what a host has is made once', () => {
  const { processors, newsReader } = providers(everything());
  expect(processors('stripe', 'acc_Garden')).toBe(processors('stripe', 'acc_Garden'));
  expect(newsReader('paypal', 'acc_Garden')).toBe(newsReader('paypal', 'acc_Garden'));
});

test('the settings of a host are not looked at before somebody asks for that host', () => {
  const onMistake = jest.fn();
  const hosts = { acc_Garden: garden, acc_Wrong: { PAYPAL_CLIENT_ID: paypal.clientId } };
  expect(at(providers({ ...everything(), hosts }, { onMistake }), 'acc_Garden')).toEqual(all);
  expect(onMistake).not.toHaveBeenCalled();
});

const wrongAddresses: readonly [string, ProviderEnvironment, RegExp][] = [
  ['an address that is none', { STRIPE_API_BASE: 'NotARealAddress' }, /STRIPE_API_BASE/],
  ['an address that secrets should not travel to', { STRIPE_API_BASE: 'http://NotAReal.example' }, /STRIPE_API_BASE/],
  ['an address with a path', { PAYPAL_API_BASE: 'https://example.org/NotARealPath' }, /PAYPAL_API_BASE/],
  ['an address with a password', { PAYPAL_API_BASE: 'https://user:NotARealPassword@example.org' }, /PAYPAL_API_BASE/],
];

test.each(wrongAddresses)(
  '%s for all is a mistake that is noticed at once and told without secrets',
  (_case, wrong, named) => {
    const attempt = () => providers({ environment: wrong, hosts: {} });
    expect(attempt).toThrow(named);
    expect(attempt).not.toThrow(/NotAReal/);
  },
);

test.each<[string, ProviderEnvironment, RegExp]>([
  ...wrongAddresses,
  ['half of the keys of PayPal', { PAYPAL_CLIENT_ID: paypal.clientId }, /PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET/],
  [
    'the other half of the keys of PayPal',
    { PAYPAL_CLIENT_SECRET: paypal.clientSecret, PAYPAL_CLIENT_ID: '' },
    /PAYPAL_CLIENT_ID and PAYPAL_CLIENT_SECRET/,
  ],
  [
    'a key that is no text',
    { STRIPE_SECRET_KEY: ['NotARealKey'] } as unknown as ProviderEnvironment,
    /STRIPE_SECRET_KEY/,
  ],
])('%s is the mistake of one host, is told once and without secrets, and hinders no other', (_case, wrong, named) => {
  const told: [string, Error][] = [];
  const set = providers(
    { ...everything(), hosts: { acc_Garden: garden, acc_Wrong: { STRIPE_SECRET_KEY: stripe.secretKey, ...wrong } } },
    { onMistake: (hostId, error) => told.push([hostId, error]) },
  );
  expect(at(set, 'acc_Wrong')).toEqual(onlyTest);
  expect(at(set, 'acc_Wrong')).toEqual(onlyTest);
  expect(at(set, 'acc_Garden')).toEqual(all);
  expect(told.map(([hostId]) => hostId)).toEqual(['acc_Wrong']);
  expect(told[0]?.[1].message).toMatch(named);
  expect(told[0]?.[1].message).not.toMatch(/NotAReal/);
});

test('a mistake that nobody wants to be told of is none the less one host’s', () => {
  expect(there({ ...everything(), hosts: { acc_Garden: { PAYPAL_CLIENT_ID: paypal.clientId } } })).toEqual(onlyTest);
});

const subscriptionPaths = [
  'POST /v1/subscriptions/sub_1',
  'POST /v1/oauth2/token',
  'POST /v1/billing/subscriptions/I-1/suspend',
];

const answering = (to: StandIn): void =>
  to.answer(({ path }) => (path === '/v1/oauth2/token' ? { status: 200, body: paypal.token() } : { status: 204 }));

const suspendAt = async ({ processors }: Providers, hostId: string): Promise<void> => {
  await processors('stripe', hostId)?.suspend('sub_1', 'key-1');
  await processors('paypal', hostId)?.suspend('I-1', 'key-1');
};

test('each processor asks the address of its own setting, with the keys of the host', async () => {
  const other = {
    ...garden,
    STRIPE_SECRET_KEY: 'sk_test_NotARealOther',
    PAYPAL_CLIENT_ID: 'NotARealOtherId',
    PAYPAL_CLIENT_SECRET: 'NotARealOtherSecret',
  };
  const set = providers({ environment: addresses(), hosts: { acc_Garden: garden, acc_Other: other } });
  answering(server);
  await suspendAt(set, 'acc_Garden');
  await suspendAt(set, 'acc_Other');
  expect(server.paths()).toEqual([...subscriptionPaths, ...subscriptionPaths]);
  const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  expect(server.asked.map(({ headers }) => headers.authorization)).toEqual([
    `Bearer ${stripe.secretKey}`,
    basic(paypal.clientId, paypal.clientSecret),
    `Bearer ${paypal.accessToken}`,
    'Bearer sk_test_NotARealOther',
    basic('NotARealOtherId', 'NotARealOtherSecret'),
    `Bearer ${paypal.accessToken}`,
  ]);
});

test('a host in a sandbox has addresses of its own, and the others have those for all', async () => {
  const sandbox = await startStandIn();
  try {
    const own = { STRIPE_API_BASE: sandbox.base.origin, PAYPAL_API_BASE: sandbox.base.origin };
    const set = providers({
      environment: addresses(),
      hosts: { acc_Garden: garden, acc_Sandbox: { ...garden, ...own } },
    });
    answering(sandbox);
    await suspendAt(set, 'acc_Sandbox');
    expect(server.asked).toEqual([]);
    expect(sandbox.paths()).toEqual(subscriptionPaths);
    answering(server);
    await suspendAt(set, 'acc_Garden');
    expect(server.paths()).toEqual(subscriptionPaths);
    expect(sandbox.asked).toHaveLength(subscriptionPaths.length);
  } finally {
    await sandbox.stop();
  }
});

test('a message that is signed for one host is nobody’s at another', async () => {
  const set = providers({
    ...everything(),
    hosts: { acc_Garden: garden, acc_Other: { STRIPE_WEBHOOK_SECRET: 'whsec_NotARealOther' } },
  });
  const body = JSON.stringify(stripe.event('invoice.paid', stripe.invoice()));
  const seconds = Math.floor(Date.parse(clock()) / 1000);
  const signed = createHmac('sha256', stripe.webhookSecret).update(`${seconds}.${body}`).digest('hex');
  const headers = { 'stripe-signature': `t=${seconds},v1=${signed}` };
  expect(await set.newsReader('stripe', 'acc_Garden')?.read(body, headers, clock())).toMatchObject({
    kind: 'payment_succeeded',
  });
  expect(await set.newsReader('stripe', 'acc_Other')?.read(body, headers, clock())).toBeUndefined();
});

test('the processor that is found does everything that a processor does', async () => {
  const processor = providers(everything()).processors('test', 'acc_Anybody');
  const request = chargeOf('test', { reference: 'ok:carol', payerReference: null })();
  expect(await processor?.charge(request)).toMatchObject({ outcome: 'done' });
  expect(await processor?.lookUp(request)).toMatchObject({ outcome: 'done' });
  expect(await processor?.findMethod(request.method)).toMatchObject({ outcome: 'done', found: { accountId: null } });
  expect(await processor?.withFee('ok:sub', paymentOf('test_1'))).toMatchObject({ payment: { fee: 87 } });
  expect(await processor?.suspend('ok:sub', 'key-2')).toEqual({ outcome: 'done' });
  expect(await processor?.resume('ok:sub', 'key-3')).toEqual({ outcome: 'done' });
  expect(await processor?.cancel('ok:sub', 'key-4')).toEqual({ outcome: 'done' });
});

test('the reader that is found reads', async () => {
  const { newsReader } = providers(everything());
  for (const name of ['stripe', 'paypal', 'test'] as const) {
    expect(await newsReader(name, 'acc_Garden')?.read('{}', {}, clock())).toBeUndefined();
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
