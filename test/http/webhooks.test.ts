import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { bodyBytesMax } from '../../functions/middleware/with-content.ts';
import { hostsIn } from '../../functions/processor-settings.ts';
import { keys } from '../../shared/persistence/keys.ts';
import { operations } from '../../shared/persistence/transaction.ts';
import { signTestNews, testSignatureHeader } from '../../shared/providers/test-news.ts';
import { type Api, type Reply, startApi } from '../support/http.ts';
import { createHttpWorld, type HttpWorld, usd } from '../support/http-world.ts';

const secret = 'the secret that messages of the test processor are signed with';

let api: Api;
let world: HttpWorld;
let giver: string;

beforeAll(async () => {
  Object.assign(process.env, { TEST_PROCESSOR: 'on', TEST_PROCESSOR_SECRET: secret });
  api = await startApi();
  world = await createHttpWorld(api);
  giver = await api.person('Gwen');
});

afterAll(() => api.stop());

let subscriptions = 0;

/** Somebody gives by a subscription that the processor charges by itself. */
async function subscribed(): Promise<{ readonly contributionId: string; readonly subscription: string }> {
  subscriptions += 1;
  const subscription = `ok:subscription-${subscriptions}`;
  const { id: paymentMethodId } = await api.ok('addPaymentMethod', {
    as: giver,
    params: { accountId: giver },
    body: { processor: 'test', chargedBy: 'processor', reference: subscription, label: 'A subscription' },
  });
  const { id: contributionId } = await api.ok('createContribution', {
    as: giver,
    body: {
      contributorAccountId: giver,
      collectiveAccountId: world.accounts.collectiveA2,
      amount: usd(1000),
      interval: 'month',
      paymentMethodId,
    },
  });
  return { contributionId, subscription };
}

const now = () => new Date().toISOString();

const paid = (subscription: string, eventId: string) => ({
  eventId,
  at: now(),
  kind: 'payment_succeeded',
  subscription,
  payment: { reference: `payment-${eventId}`, amount: usd(1000), fee: 35, paidAt: now() },
});

type Sending = {
  readonly processor?: string;
  readonly hostId?: string;
  readonly signedAt?: string;
  readonly sent?: string;
  readonly isBase64Encoded?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
};

const tell = (news: unknown, given: Sending = {}): Promise<Reply> => {
  const text = typeof news === 'string' ? news : JSON.stringify(news);
  return api.send({
    operation: 'receiveNews',
    params: { processor: given.processor ?? 'test', hostId: given.hostId ?? world.accounts.hostA },
    headers: given.headers ?? { [testSignatureHeader]: signTestNews(secret, text, given.signedAt ?? now()) },
    body: given.sent ?? text,
    ...(given.isBase64Encoded ? { isBase64Encoded: true } : {}),
  });
};

const charged = async (contributionId: string): Promise<number> =>
  (await api.ok('getContribution', { as: giver, params: { contributionId } })).charged;

test('a payment that the processor tells of is booked, once, however often it is told', async () => {
  const { people, accounts } = world;
  await api.ok('putFees', {
    as: people.adminA,
    params: { hostId: accounts.hostA },
    body: { receivingBasisPoints: 0, contributionBasisPoints: 1000 },
  });
  const { contributionId, subscription } = await subscribed();
  const news = paid(subscription, 'event-1');
  const replies = await Promise.all([tell(news), tell(news), tell(news)]);
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(replies.filter(({ body }) => (body as { outcome: string }).outcome === 'done')).toHaveLength(1);
  expect((await tell(news)).body).toEqual({ outcome: 'nothing' });
  expect(await charged(contributionId)).toBe(1);
  const ofAccount = { as: people.financeA, params: { accountId: accounts.collectiveA2 } };
  const { balances } = await api.ok('getBalances', ofAccount);
  expect(balances).toMatchObject([{ currency: 'USD', available: 865 }]);
  const { currencies } = await api.ok('getBooks', { as: people.financeA, params: { hostId: accounts.hostA } });
  expect(currencies).toMatchObject([{ balanced: true }]);
});

test('the body counts byte for byte, also when the gateway hands it on in base64', async () => {
  const { contributionId, subscription } = await subscribed();
  const text = `${JSON.stringify(paid(subscription, 'event-ü'), null, 3)}\n`;
  const reply = await tell(text, { sent: Buffer.from(text).toString('base64'), isBase64Encoded: true });
  expect(reply.body).toEqual({ outcome: 'done' });
  expect(await charged(contributionId)).toBe(1);
});

test('a message that was changed, is too old, is not signed or is signed by somebody else is refused, and changes nothing', async () => {
  const { subscription } = await subscribed();
  const news = paid(subscription, 'event-forged');
  const text = JSON.stringify(news);
  const before = await api.contents();
  const minutesAgo = new Date(Date.now() - 6 * 60_000).toISOString();
  for (const reply of await Promise.all([
    tell(news, { sent: text.replace('1000', '9000') }),
    tell(news, { sent: `${text} ` }),
    tell(news, { sent: '' }),
    tell(news, { signedAt: minutesAgo }),
    tell(news, { headers: {} }),
    tell(news, { headers: { [testSignatureHeader]: signTestNews('another secret', text, now()) } }),
    tell(news, { headers: { 'stripe-signature': signTestNews(secret, text, now()) } }),
  ])) {
    expect(reply).toMatchObject({ status: 400, body: { type: '/problems/webhook-not-verified' } });
  }
  expect(await api.contents()).toEqual(before);
});

test('a processor that is not known, or not set up, has no address here', async () => {
  for (const processor of ['stripe', 'paypal', 'bank_transfer', 'nobody', '__proto__', '']) {
    expect(await tell({}, { processor })).toMatchObject({ status: 404, body: { type: '/problems/not-found' } });
  }
});

test('a genuine message that is of no use here is answered, so that it is not sent again', async () => {
  const strange = { ...paid('ok:nobody-has-this', 'event-strange'), at: '2026-01-01T00:00:00.000Z' };
  expect(await tell(strange)).toMatchObject({ status: 200, body: { outcome: 'unknown' } });
  const other = { eventId: 'event-other', at: now(), kind: 'other', type: 'balance.available' };
  expect(await tell(other)).toMatchObject({ status: 200, body: { outcome: 'unknown' } });
});

test('a genuine message of a subscription that may be known soon is asked for again', async () => {
  expect(await tell(paid('ok:nobody-has-this-yet', 'event-early'))).toMatchObject({
    status: 404,
    body: { type: '/problems/not-found' },
  });
});

test('a genuine message that cannot be understood is asked for again', async () => {
  for (const text of ['not JSON at all', '{}', '{"eventId":"e","kind":"payment_succeeded"}']) {
    expect(await tell(text)).toMatchObject({ status: 500, body: { type: '/problems/internal-error' } });
  }
});

test('what is too large, or no text, is not even checked', async () => {
  const large = 'x'.repeat(bodyBytesMax + 1);
  expect(await tell(large)).toMatchObject({ status: 413 });
  const base64 = Buffer.from(large).toString('base64');
  expect(await tell('x', { sent: base64, isBase64Encoded: true })).toMatchObject({ status: 413 });
  const bytes = Buffer.from([0xff, 0xfe]).toString('base64');
  expect(await tell('x', { sent: bytes, isBase64Encoded: true })).toMatchObject({
    status: 400,
    body: { type: '/problems/malformed-request' },
  });
});

test('a payer who suspends the subscription at the processor has paused it, and resumes it there', async () => {
  const { contributionId, subscription } = await subscribed();
  const state = (kind: string) => ({ eventId: `event-${kind}`, at: now(), kind, subscription });
  expect((await tell(state('suspended'))).body).toEqual({ outcome: 'done' });
  const seen = await api.ok('getContribution', { as: giver, params: { contributionId } });
  expect(seen.paused).toMatchObject({ isPaused: true, holds: [{ owner: 'contributor', reason: 'at_processor' }] });
  expect((await tell(state('resumed'))).body).toEqual({ outcome: 'done' });
  const after = await api.ok('getContribution', { as: giver, params: { contributionId } });
  expect(after.paused).toEqual({ isPaused: false, isElsewhere: false, holds: [] });
});

test('what a message may bring about is under the keys that the function may write', async () => {
  const { contributionDependencies } = await import('../../functions/contribution-dependencies.ts');
  const { takeNews } = await import('../../shared/application/processor-news.ts');
  const deps = contributionDependencies();
  const { subscription } = await subscribed();
  const written: string[] = [];
  const store: typeof deps.store = {
    ...deps.store,
    commit: (change, userId, at) => {
      for (const { item } of operations('table', change, userId, at)) {
        const part = item.Put?.Item ?? item.Update?.Key ?? item.ConditionCheck?.Key ?? item.Delete?.Key;
        written.push(`${Object.keys(item)[0]} ${String(part?.['PK']).split('#')[0]}`);
      }
      return deps.store.commit(change, userId, at);
    },
  };
  const news = { ...paid(subscription, 'event-keys'), kind: 'payment_succeeded' } as const;
  const source = { processor: 'test', hostId: world.accounts.hostA } as const;
  expect(await takeNews({ ...deps, store, processors: () => undefined }, source, news)).toBe('done');
  const may = [
    ...['CONTRIBUTION', 'HOST', 'INTENT', 'NEWS', 'SUSPENSE'].map((part) => `Put ${part}`),
    'ConditionCheck GUARD',
  ];
  const count = ['BOOK', 'GUARD', 'REGISTER', 'TALLY'].map((part) => `Update ${part}`);
  expect(written.length).toBeGreaterThan(5);
  expect(written.filter((one) => ![...may, ...count].includes(one))).toEqual([]);
  expect(keys.memberships('acc_1').PK).toMatch(/^PERSON#/);
});

test('what a message has read is under the keys that the function may read, whatever it says', async () => {
  const { contributionId, subscription } = await subscribed();
  const send = jest.spyOn(DynamoDBDocumentClient.prototype, 'send');
  const key = `${contributionId}:2026-01-01:pm:1`;
  const told = { at: now(), subscription };
  const lateCharge = (eventId: string) => ({
    ...paid('', eventId),
    kind: 'charge_succeeded',
    subscription: undefined,
    contributionId,
    key,
    period: '2026-01-01',
  });
  const messages = [
    paid(subscription, 'event-read'),
    { ...told, kind: 'payment_failed', eventId: 'event-read-1', reason: 'No funds.' },
    { ...told, kind: 'suspended', eventId: 'event-read-2' },
    { ...told, kind: 'resumed', eventId: 'event-read-3', at: new Date(Date.now() + 1).toISOString() },
    { at: now(), kind: 'charge_failed', eventId: 'event-read-4', contributionId, key, reason: 'No funds.' },
    lateCharge('event-read-6'),
    { ...lateCharge('event-read-7'), payment: { ...lateCharge('').payment, reference: 'another' } },
    { ...told, kind: 'canceled', eventId: 'event-read-5' },
  ];
  for (const message of messages) {
    expect(await tell(message)).toMatchObject({ status: 200 });
  }
  const read = send.mock.calls.flatMap(([command]) => readBy(command));
  send.mockRestore();
  const may = [
    'BatchGetCommand ACCOUNT',
    'BatchGetCommand GUARD',
    ...['CONTRIBUTION', 'INTENT', 'SUBSCRIPTION'].map((part) => `GetCommand ${part}`),
  ];
  expect(new Set(read)).toEqual(new Set(may));
});

/** What a command reads, by the beginnings of the keys; nothing for one that writes. */
function readBy(command: object): readonly string[] {
  if (command instanceof TransactWriteCommand) {
    return [];
  }
  const keysOf =
    command instanceof BatchGetCommand
      ? Object.values(command.input.RequestItems ?? {}).flatMap(({ Keys: wanted = [] }) => wanted)
      : command instanceof GetCommand
        ? [command.input.Key ?? {}]
        : [{ PK: '?' }];
  return keysOf.map((key) => `${command.constructor.name} ${String(key['PK']).split('#')[0]}`);
}

test('a secret that is not what it should be is refused without a word of what is in it', () => {
  const hostId = 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X';
  const other = 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9Y';
  const mistaken: string[] = [];
  const onMistake = (wrong: string) => void mistaken.push(wrong);
  const good = `"${hostId}":{"STRIPE_SECRET_KEY":"sk"}`;
  expect(hostsIn(`{${good}}`, onMistake)).toEqual({ [hostId]: { STRIPE_SECRET_KEY: 'sk' } });
  for (const text of ['', 'sk_live_123', '[]', '"sk_live_123"', 'null']) {
    expect(() => hostsIn(text, onMistake)).toThrow(
      'The secret of the payment processors is not a JSON object of hosts.',
    );
  }
  expect(mistaken).toEqual([]);
  // One host's mistake hinders no other.
  for (const value of ['1', '"sk_live_123"', '{"STRIPE_SECRET_KEY":1}', '{"STRIPE_SECRET_KEY":null}', 'null']) {
    expect(hostsIn(`{"${other}":${value},${good}}`, onMistake)).toEqual({ [hostId]: { STRIPE_SECRET_KEY: 'sk' } });
  }
  expect(new Set(mistaken)).toEqual(new Set([other]));
  expect(hostsIn('{"sk_live_123":"sk_live_456"}', onMistake)).toEqual({});
  expect(mistaken.at(-1)).toBe('something');
});
