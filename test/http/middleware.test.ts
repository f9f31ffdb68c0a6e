import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bodyBytesMax } from '../../functions/middleware/with-content.ts';
import { type Api, type CallOptions, type Problem, type RawRequest, requestFor, startApi } from '../support/http.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';

let api: Api;
let world: HttpWorld;
let intentId: string;

beforeAll(async () => {
  api = await startApi();
  world = await createHttpWorld(api);
  intentId = (await world.submitted()).id;
});

afterAll(() => api.stop());

const slugOf = async (request: RawRequest): Promise<string> => {
  const { body } = await api.send(request);
  return (body as Problem).type.replace('/problems/', '');
};

/** A rejection that would succeed if it were asked by a reviewer. */
const good = (given: CallOptions = {}): RawRequest =>
  requestFor('rejectPaymentIntent', {
    as: world.people.stranger,
    params: { intentId },
    body: { reason: 'No.' },
    ...given,
  });

const without = ({ headers = {}, ...request }: RawRequest, name: string): RawRequest => ({
  ...request,
  headers: Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name)),
});

test('when everything is wrong, the problems come one after another in the order of the catalogue', async () => {
  const { authorizer, ...anonymous } = good();
  const wrong: RawRequest = {
    ...without(without(anonymous, 'idempotency-key'), 'content-type'),
    body: `{"reason":1${' '.repeat(bodyBytesMax)}`,
    rawQueryString: 'x=1',
    headers: { 'if-match': 'W/"1"' },
  };
  const seen: string[] = [];
  const steps: readonly ((request: RawRequest) => RawRequest)[] = [
    (request) => ({ ...request, body: '{"reason":1' }),
    (request) => ({ ...request, headers: { ...request.headers, 'content-type': 'application/json' } }),
    (request) => ({ ...request, body: '{"reason":1}' }),
    (request) => ({ ...request, headers: { ...request.headers, 'if-match': '"999"' } }),
    (request) => ({ ...request, authorizer }),
    (request) => ({ ...request, headers: { ...request.headers, 'idempotency-key': 'a-key' } }),
    (request) => ({ ...request, body: '{"reason":"No."}' }),
    (request) => ({ ...request, rawQueryString: '' }),
  ];
  let request = wrong;
  for (const mend of [(same: RawRequest) => same, ...steps]) {
    request = mend(request);
    seen.push(await slugOf(request));
  }
  expect(seen).toEqual([
    'payload-too-large',
    'unsupported-media-type',
    'malformed-request',
    'malformed-request',
    'authentication-required',
    'idempotency-key-missing',
    'validation-failed',
    'validation-failed',
    'not-found',
  ]);
});

test('who may see it and not do it is told so; a stale version comes before an impossible step', async () => {
  const { people } = world;
  expect(await slugOf(good({ as: people.collectiveAdminA, ifMatch: 1 }))).toBe('version-conflict');
  const { id } = await world.draft();
  expect(await slugOf(good({ as: people.financeA, params: { intentId: id }, ifMatch: 7 }))).toBe('version-conflict');
  expect(await slugOf(good({ as: people.financeA, params: { intentId: id } }))).toBe('transition-not-allowed');
  const params = { accountId: world.accounts.collectiveA, userId: people.stranger };
  const body = { roles: ['accountant'] };
  expect(await api.refused('putMember', { as: people.financeA, params, body })).toMatchObject({ status: 403 });
});

const identityRows: readonly (readonly [string, unknown, string, string | undefined])[] = [
  ['no authorizer at all', undefined, 'authentication-required', 'Bearer'],
  ['null', null, 'authentication-required', 'Bearer'],
  ['an empty context', {}, 'authentication-required', 'Bearer'],
  ['a text', 'identity', 'authentication-required', 'Bearer'],
  ['an identity that is no text', { identity: { userId: 'acc_1' } }, 'authentication-required', 'Bearer'],
  ['an identity that is no JSON', { identity: '{' }, 'authentication-required', 'invalid_token'],
  ['an identity of nobody', { identity: '{"userId":""}' }, 'authentication-required', 'invalid_token'],
  ['an identity of another shape', { identity: '{"user":"acc_1"}' }, 'authentication-required', 'invalid_token'],
  ['an identity that is nothing', { identity: 'null' }, 'authentication-required', 'invalid_token'],
  ['no token', { refusal: 'missing' }, 'authentication-required', 'Bearer'],
  ['a bad token', { refusal: 'invalid' }, 'authentication-required', 'invalid_token'],
  ['an old token', { refusal: 'expired' }, 'authentication-required', 'expired'],
  ['an unknown refusal', { refusal: 'fine' }, 'authentication-required', 'invalid_token'],
  ['both', { refusal: 'expired', identity: '{"userId":"acc_1"}' }, 'authentication-required', 'expired'],
  ['keys that cannot be had', { refusal: 'unavailable' }, 'temporarily-unavailable', undefined],
];

test.each(identityRows)('the authorizer that says %s lets nobody in', async (_what, authorizer, slug, challenge) => {
  const { authorizer: _identity, ...anonymous } = good();
  const reply = await api.send(authorizer === undefined ? anonymous : { ...anonymous, authorizer });
  expect((reply.body as Problem).type).toBe(`/problems/${slug}`);
  expect(reply.headers['www-authenticate'] ?? 'none').toContain(challenge ?? 'none');
});

test.each(['getPaymentIntent', 'listPaymentIntents', 'getMe'] as const)(
  '%s is for those who signed in',
  async (operation) => {
    expect(await slugOf({ operation, params: { intentId } })).toBe('authentication-required');
  },
);

const mediaTypes: readonly (readonly [string, boolean])[] = [
  ['application/json', true],
  ['application/json; charset=utf-8', true],
  ['Application/JSON;charset="UTF-8"', true],
  ['application/merge-patch+json', true],
  ['text/json', false],
  ['text/plain', false],
  ['application/json; charset=latin1', false],
  ['application/x-www-form-urlencoded', false],
  ['', false],
];

test.each(mediaTypes)('a body of the type "%s" is read: %s', async (type, isRead) => {
  const slug = await slugOf({ ...good(), headers: { 'content-type': type, 'idempotency-key': 'k' } });
  expect(slug).toBe(isRead ? 'not-found' : 'unsupported-media-type');
});

test('a body may have 262,144 bytes and not one more, however it comes', async () => {
  const body = (bytes: number): string => JSON.stringify({ reason: 'x'.repeat(bytes - '{"reason":""}'.length) });
  const encoded = (text: string): Partial<RawRequest> => ({
    body: Buffer.from(text).toString('base64'),
    isBase64Encoded: true,
  });
  expect(await slugOf({ ...good(), body: body(bodyBytesMax) })).toBe('validation-failed');
  expect(await slugOf({ ...good(), body: body(bodyBytesMax + 1) })).toBe('payload-too-large');
  expect(await slugOf({ ...good(), ...encoded(body(bodyBytesMax)) })).toBe('validation-failed');
  expect(await slugOf({ ...good(), ...encoded(body(bodyBytesMax + 1)) })).toBe('payload-too-large');
  expect(await slugOf({ ...good(), ...encoded(body(bodyBytesMax * 2)) })).toBe('payload-too-large');
  // Two bytes each: it is bytes that count.
  const wide = JSON.stringify({ reason: 'é'.repeat(bodyBytesMax / 2) });
  expect(wide.length).toBeLessThan(bodyBytesMax);
  expect(await slugOf({ ...good(), body: wide })).toBe('payload-too-large');
});

test('a body in base64 is read like any other, and is UTF-8', async () => {
  const send = (bytes: Buffer) => slugOf({ ...good(), body: bytes.toString('base64'), isBase64Encoded: true });
  expect(await send(Buffer.from('{"reason":"Größe"}'))).toBe('not-found');
  expect(await send(Buffer.from([0x22, 0xff, 0x22]))).toBe('malformed-request');
});

test.each([
  ['{', 'malformed-request'],
  ['{"reason":"a","reason":"b"}', 'malformed-request'],
  ['{"reason":"a","__proto__":{"admin":true}}', 'malformed-request'],
  [`{"reason":${'['.repeat(500)}${']'.repeat(500)}}`, 'malformed-request'],
  ['[]', 'validation-failed'],
  ['null', 'validation-failed'],
  ['"reason"', 'validation-failed'],
  ['42', 'validation-failed'],
  ['', 'validation-failed'],
])('the body %s is a %s', async (body, slug) => {
  expect(await slugOf({ ...good(), body })).toBe(slug);
});

test('no body is an empty one: what is missing is said', async () => {
  const { body: _body, ...bodyless } = good();
  const problem = (await api.send(bodyless)).body as Problem;
  expect(problem.errors).toEqual([{ pointer: '/reason', detail: 'Is required.' }]);
});

test.each([
  ['"3"', 'not-found'],
  [' "3" ', 'not-found'],
  ['*', 'not-found'],
  ['3', 'malformed-request'],
  ['W/"3"', 'malformed-request'],
  ['"3", "4"', 'malformed-request'],
  ['"03"', 'malformed-request'],
  ['"-1"', 'malformed-request'],
  ['"9999999999999999"', 'malformed-request'],
  ['', 'malformed-request'],
])('If-Match: %s is answered %s', async (ifMatch, slug) => {
  expect(await slugOf(good({ ifMatch }))).toBe(slug);
});

test('an operation without versions does not pass over If-Match', async () => {
  const body = { kind: 'collective', slug: 'unversioned', name: 'x', currency: 'USD' };
  const problem = await api.refused('createAccount', { as: world.people.stranger, body, ifMatch: 1 });
  expect(problem).toMatchObject({ type: '/problems/malformed-request', status: 400 });
  expect((await api.call('getMe', { as: world.people.stranger, ifMatch: 'anything' })).status).toBe(200);
});

test.each([
  ['', 'idempotency-key-missing'],
  ['   ', 'idempotency-key-missing'],
  ['a b', 'validation-failed'],
  ['ключ', 'validation-failed'],
  ['x'.repeat(256), 'validation-failed'],
  ['x'.repeat(255), 'not-found'],
  ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', 'not-found'],
])('the key "%s" is answered %s', async (key, slug) => {
  expect(await slugOf(good({ key }))).toBe(slug);
});

test('wrong fields of path, query, headers and body are reported together', async () => {
  const problem = await api.refused('rejectPaymentIntent', {
    as: world.people.financeA,
    params: { intentId: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X' },
    query: { force: 'yes' },
    body: { reason: '', because: 1 },
    key: 'a b',
  });
  expect(problem.errors?.map(({ pointer }) => pointer)).toEqual([
    '/intentId',
    '/force',
    '/reason',
    '/because',
    '/Idempotency-Key',
  ]);
});

test('a query says each thing once, and nothing that is unknown', async () => {
  const { hostA } = world.accounts;
  const errorsOf = async (rawQueryString: string) =>
    (
      (await api.send({ ...requestFor('listPaymentIntents', { as: world.people.financeA }), rawQueryString }))
        .body as Problem
    ).errors?.map(({ pointer }) => pointer);
  expect(await errorsOf(`host=${hostA}&status=sent&status=draft&status=sent`)).toEqual(['/status']);
  expect(await errorsOf(`host=${hostA}&nonsense=1&limit=0`)).toEqual(['/limit', '/nonsense']);
  expect(await errorsOf('')).toEqual(['/host']);
  expect(await errorsOf(`host=${hostA}&nonsense=1&nonsense=2`)).toEqual(['/nonsense']);
  expect(await errorsOf(`limit=5&limit=0`)).toEqual(['/limit']);
  expect(await errorsOf(`host=${hostA}&__proto__=1`)).toEqual(['/__proto__']);
});

test('every answer says that it is nobody else’s, and what it is', async () => {
  const { people } = world;
  const refused = await api.call('getMe');
  const read = await api.call('getPaymentIntent', { as: people.financeA, params: { intentId } });
  for (const { headers } of [refused, read]) {
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-request-id': expect.stringMatching(/^[\w-]+$/),
    });
  }
  expect(refused.headers['content-type']).toBe('application/problem+json');
  expect((refused.body as Problem).instance).toBe(`urn:request:${refused.headers['x-request-id']}`);
  expect(read.headers).toMatchObject({ 'content-type': 'application/json', etag: '"2"' });
});
