import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Api, startApi } from '../support/http.ts';
import { bankDate, createHttpWorld, type HttpWorld, usd } from '../support/http-world.ts';

let api: Api;
let world: HttpWorld;

beforeAll(async () => {
  api = await startApi();
  world = await createHttpWorld(api);
});

afterAll(() => api.stop());

test('a payment intent goes from a draft to money received, and every answer is as the API document says', async () => {
  const { people } = world;
  const draft = await world.draft();
  expect(draft).toMatchObject({ status: 'draft', version: 1, author: { side: 'payer' } });
  const received = await world.received();
  expect(received).toMatchObject({ status: 'received', inTransit: null });

  const params = { intentId: received.id };
  const history = await api.ok('listPaymentIntentEvents', { as: people.financeB, params });
  expect(history.items.map(({ type }) => type)).toEqual(expect.arrayContaining(['sent', 'receipt_confirmed']));
  expect(await api.ok('verifyPaymentIntent', { as: people.financeA, params })).toMatchObject({ verified: true });
});

test('every read answers as its description says', async () => {
  const { people, accounts } = world;
  await world.sent();
  const { id: suspenseId } = await world.suspense();
  const ofHost = { as: people.financeA, params: { hostId: accounts.hostA } };
  const ofAccount = { as: people.financeA, params: { accountId: accounts.collectiveA } };
  expect(await api.ok('getMe', { as: people.financeA })).toMatchObject({ name: 'Fin' });
  expect((await api.ok('findAccounts', { as: people.stranger, query: { slug: 'host-b' } })).items).toHaveLength(1);
  expect(await api.ok('getAccount', ofAccount)).toMatchObject({ slug: 'collective-a' });
  expect((await api.ok('getBalances', ofAccount)).balances).toHaveLength(1);
  expect((await api.ok('getBalances', { ...ofAccount, query: { at: '2020-01-01' } })).balances).toEqual([]);
  expect((await api.ok('getStatement', ofAccount)).items.length).toBeGreaterThan(0);
  expect(await api.ok('getApprovalPolicy', ofHost)).toMatchObject({ reviewers: 1 });
  expect(await api.ok('getFees', ofHost)).toMatchObject({ receivingBasisPoints: 0 });
  expect((await api.ok('getBooks', ofHost)).currencies).toMatchObject([{ currency: 'USD', balanced: true }]);
  expect(await api.ok('verifyHost', ofHost)).toMatchObject({ verified: true });
  expect((await api.ok('listSuspense', ofHost)).items.length).toBeGreaterThan(0);
  const one = { as: people.financeA, params: { hostId: accounts.hostA, suspenseId } };
  expect(await api.ok('getSuspense', one)).toMatchObject({ remaining: 1_000_000 });
  const members = { as: people.adminA, params: { accountId: accounts.hostA } };
  expect((await api.ok('listMembers', members)).items).toHaveLength(2);
  const member = { as: people.adminA, params: { accountId: accounts.hostA, userId: people.financeA } };
  expect(await api.ok('getMember', member)).toMatchObject({ roles: ['finance_lead'] });
});

test('what a host sets is changed under the version that was read', async () => {
  const { people, accounts } = world;
  const params = { hostId: accounts.hostB };
  const { version } = await api.ok('getFees', { as: people.adminB, params });
  const body = { receivingBasisPoints: 250 };
  const changed = await api.ok('putFees', { as: people.adminB, params, body, ifMatch: version });
  expect(changed).toMatchObject({ receivingBasisPoints: 250, version: version + 1 });
  const problem = await api.refused('putFees', { as: people.adminB, params, body, ifMatch: version });
  expect(problem).toMatchObject({ status: 412, currentVersion: version + 1 });
  await api.ok('putFees', { as: people.adminB, params, body: { receivingBasisPoints: 0 } });
  const policy = await api.ok('putApprovalPolicy', { as: people.adminB, params, body: { reviewers: 2 } });
  expect(policy).toMatchObject({ reviewers: 2 });
});

test('money that is sent back makes a new payment intent, and says where it is', async () => {
  const { people } = world;
  const { id: intentId } = await world.received();
  const body = { amount: 400, purpose: 'Too much', destination: { method: 'bank_account', label: 'Host A' } };
  const reply = await api.call('sendBack', { as: people.financeB, params: { intentId }, body });
  expect(reply.status).toBe(201);
  expect(reply.body).toMatchObject({ sendsBackId: intentId, amount: usd(400) });
  expect(reply.headers.location).toMatch(/^\/v1\/payment-intents\/pi_/);
  expect(reply.headers.location).not.toContain(intentId);
});

test('an answer that is repeated says so, and is the same', async () => {
  const { people } = world;
  const { id: intentId } = await world.draft();
  const options = { as: people.collectiveAdminA, params: { intentId }, key: 'the-same-key' };
  const first = await api.call('submitPaymentIntent', options);
  const again = await api.call('submitPaymentIntent', options);
  expect(first.headers['idempotency-replayed']).toBeUndefined();
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.body).toEqual(first.body);
  expect(again.headers.etag).toBe(first.headers.etag);
  // No body says the same as an empty one.
  expect((await api.call('submitPaymentIntent', { ...options, body: {} })).headers['idempotency-replayed']).toBe(
    'true',
  );
  expect(await api.refused('submitPaymentIntent', { ...options, key: 'another-key' })).toMatchObject({
    type: '/problems/transition-not-allowed',
    currentStatus: 'pending_approval',
    allowedCommands: expect.arrayContaining(['approve', 'reject']),
  });
});

test('the same key with another body is refused', async () => {
  const { people } = world;
  const { id: intentId } = await world.submitted();
  const options = { as: people.financeA, params: { intentId }, key: 'a-rejection' };
  await api.ok('rejectPaymentIntent', { ...options, body: { reason: 'No.' } });
  const { type } = await api.refused('rejectPaymentIntent', { ...options, body: { reason: 'Never.' } });
  expect(type).toBe('/problems/idempotency-key-reused');
});

test('an account that is created says where it is, and a taken slug is refused', async () => {
  const { people } = world;
  const body = { kind: 'organisation', slug: 'givers', name: 'Givers', currency: 'EUR', country: 'BE' };
  const reply = await api.call('createAccount', { as: people.stranger, body });
  expect(reply.status).toBe(201);
  expect(reply.headers.location).toBe(`/v1/accounts/${(reply.body as { id: string }).id}`);
  expect(reply.headers.etag).toBe('"1"');
  expect(await api.refused('createAccount', { as: people.stranger, body })).toMatchObject({ status: 409 });
});

test('pages of a list come one after another, and each cursor is good for its list, its filter and its caller only', async () => {
  const { people, accounts } = world;
  const query = { host: accounts.hostA, direction: 'outgoing', limit: 2 };
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: readonly { id: string }[]; nextCursor: string | null } = await api.ok('listPaymentIntents', {
      as: people.financeA,
      query: { ...query, ...(cursor === null ? {} : { cursor }) },
    });
    expect(page.items.length).toBeLessThanOrEqual(2);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(seen.length).toBeGreaterThan(4);
  expect(new Set(seen).size).toBe(seen.length);
  // Ids are made in the order of time: newest first is their order backwards.
  expect(seen).toEqual(seen.toSorted((one, other) => (one < other ? 1 : -1)));

  const { nextCursor } = await api.ok('listPaymentIntents', { as: people.financeA, query });
  const again = { ...query, cursor: nextCursor ?? '' };
  const refused = { type: '/problems/validation-failed', errors: [{ pointer: '/cursor' }] };
  expect((await api.call('listPaymentIntents', { as: people.financeA, query: { ...again, limit: 5 } })).status).toBe(
    200,
  );
  for (const [as, other] of [
    [people.adminA, again],
    [people.financeA, { ...again, status: 'sent' }],
    [people.financeA, { ...again, direction: 'incoming' }],
    [people.financeA, { ...again, cursor: altered(again.cursor) }],
    [people.financeA, { ...again, cursor: 'AAAA' }],
  ] as const) {
    expect(await api.refused('listPaymentIntents', { as, query: other })).toMatchObject(refused);
  }
  const params = { accountId: accounts.hostA };
  expect(
    await api.refused('listMembers', { as: people.financeA, params, query: { cursor: again.cursor } }),
  ).toMatchObject(refused);
});

/** Another character in the middle, where every bit of it counts. */
function altered(cursor: string): string {
  const place = Math.floor(cursor.length / 2);
  return `${cursor.slice(0, place)}${cursor[place] === 'A' ? 'B' : 'A'}${cursor.slice(place + 1)}`;
}

test('a day in a query includes all of that day', async () => {
  const { people, accounts } = world;
  const today = new Date().toISOString().slice(0, 10);
  const query = { host: accounts.hostA, createdFrom: today, createdTo: today };
  expect((await api.ok('listPaymentIntents', { as: people.financeA, query })).items.length).toBeGreaterThan(0);
  const before = { host: accounts.hostA, createdTo: bankDate };
  expect((await api.ok('listPaymentIntents', { as: people.financeA, query: before })).items).toEqual([]);
});
