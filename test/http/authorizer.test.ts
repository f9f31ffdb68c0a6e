import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { createAuthenticator } from '../../functions/authorizer/authenticate.ts';
import { dependenciesOver } from '../../functions/dependencies.ts';
import { createStore } from '../../shared/persistence/store.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';

const issuer = 'https://id.example';
const audience = 'the-client';

let engine: TestEngine;
let dependencies: () => ReturnType<typeof dependenciesOver>;
let server: Server;
let jwksUri: string;
let fetches = 0;
let status = 200;
let published: object[] = [];
let privateKey: CryptoKey;
let otherKey: CryptoKey;
let publicPem: Uint8Array;

beforeAll(async () => {
  engine = await startEngine();
  const tableName = await engine.createTable();
  const made = dependenciesOver(createStore({ client: engine.client(), tableName }));
  dependencies = () => made;
  const pair = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'key-1', use: 'sig', alg: 'RS256' };
  privateKey = pair.privateKey;
  otherKey = (await generateKeyPair('RS256')).privateKey;
  publicPem = new TextEncoder().encode(JSON.stringify(jwk));
  published = [jwk];
  server = createServer((_request, response) => {
    fetches += 1;
    response.statusCode = status;
    response.end(JSON.stringify({ keys: published }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await engine.stop();
});

beforeEach(() => {
  status = 200;
  fetches = 0;
});

const authenticator = (given: Partial<Parameters<typeof createAuthenticator>[1]> = {}) =>
  createAuthenticator(dependencies, { issuer, audience, jwksUri, ...given });

type Given = {
  readonly claims?: JWTPayload;
  readonly kid?: string;
  readonly key?: CryptoKey | Uint8Array;
  readonly algorithm?: string;
  readonly issuer?: string;
  readonly audience?: string | string[] | null;
  readonly expires?: string | number;
  readonly notBefore?: string;
};

const tokenOf = (given: Given = {}): Promise<string> => {
  const token = new SignJWT({
    sub: 'subject-1',
    email: 'a@example.org',
    email_verified: true,
    name: 'A',
    ...given.claims,
  })
    .setProtectedHeader({ alg: given.algorithm ?? 'RS256', kid: given.kid ?? 'key-1' })
    .setIssuer(given.issuer ?? issuer)
    .setIssuedAt(given.claims?.iat)
    .setExpirationTime(given.expires ?? '5m');
  const named = given.audience === null ? token : token.setAudience(given.audience ?? audience);
  return (given.notBefore === undefined ? named : named.setNotBefore(given.notBefore)).sign(given.key ?? privateKey);
};

const bearer = async (given?: Given): Promise<string> => `Bearer ${await tokenOf(given)}`;

test('a good token names a person, the same one each time', async () => {
  const authenticate = authenticator();
  const first = await authenticate(await bearer());
  expect(first).toEqual({ userId: expect.stringMatching(/^acc_[0-9A-Z]{26}$/) });
  expect(await authenticate(`bearer ${await tokenOf()}`)).toEqual(first);
  expect(await authenticator()(await bearer())).toEqual(first);
  expect(fetches).toBe(2);
});

test('whoever signs in for the first time becomes a person, and two identities are two people', async () => {
  const authenticate = authenticator();
  const [one, other] = await Promise.all(
    ['new-1', 'new-2'].map(async (sub) => authenticate(await bearer({ claims: { sub, email: `${sub}@example.org` } }))),
  );
  expect(one).not.toEqual(other);
});

test('a token says who somebody is by its subject alone: an e-mail address leads to nobody', async () => {
  const authenticate = authenticator();
  const signIn = async (claims: JWTPayload) => authenticate(await bearer({ claims }));
  const shared = { email: 'shared@example.org', email_verified: true };
  const first = await signIn({ sub: 'mail-1', ...shared });
  expect(await signIn({ sub: 'mail-2', ...shared })).not.toEqual(first);
  expect(await authenticator()(await bearer({ claims: { sub: 'mail-1', email: 'other@example.org' } }))).toEqual(first);
});

test('an access token, which names no address, is somebody’s as much as an ID token of the same subject', async () => {
  const claims = { sub: 'no-address', client_id: audience, token_use: 'access', email: undefined, name: undefined };
  const first = await authenticator()(await bearer({ audience: null, claims }));
  expect(first).toEqual({ userId: expect.stringMatching(/^acc_/) });
  expect(await authenticator()(await bearer({ claims: { sub: 'no-address' } }))).toEqual(first);
});

test('an address is followed by whoever has seen the person before, and asked for no more often than it changes', async () => {
  const calls: string[] = [];
  const counted = new Proxy(dependencies().store, {
    get: (store, name) => {
      calls.push(String(name));
      return Reflect.get(store, name);
    },
  });
  const authenticate = createAuthenticator(() => ({ ...dependencies(), store: counted }), {
    issuer,
    audience,
    jwksUri,
  });
  const other = authenticator();
  const claims = (email: string | undefined, iat: number): JWTPayload => ({
    sub: 'moving',
    email,
    email_verified: email !== undefined,
    iat,
  });
  const now = Math.floor(Date.now() / 1000);
  const signIn = async (as: typeof authenticate, given: JWTPayload) => as(await bearer({ claims: given }));
  const who = await signIn(authenticate, claims('old@example.org', now - 60));
  const emailNow = async () =>
    typeof who === 'string' ? undefined : (await dependencies().store.account(who.userId))?.email;
  calls.length = 0;
  await signIn(authenticate, claims('old@example.org', now - 30));
  await signIn(authenticate, claims(undefined, now));
  expect(calls).toEqual([]);
  expect(await signIn(authenticate, claims('new@example.org', now))).toEqual(who);
  expect(await emailNow()).toBe('new@example.org');
  expect(calls).toEqual(['identity', 'account', 'commit']);
  // An older token that is still good, here and where nobody has seen the newer one.
  await signIn(authenticate, claims('old@example.org', now - 30));
  expect(await signIn(other, claims('old@example.org', now - 30))).toEqual(who);
  expect(calls).toHaveLength(3);
  expect(await emailNow()).toBe('new@example.org');
});

test('only an address that the provider vouches for is kept', async () => {
  const emailOf = async (claims: JWTPayload) => {
    const identity = await authenticator()(await bearer({ claims }));
    const person = typeof identity === 'string' ? undefined : await dependencies().store.account(identity.userId);
    return person?.email;
  };
  expect(await emailOf({ sub: 'vouched', email: 'v@example.org', email_verified: true })).toBe('v@example.org');
  expect(await emailOf({ sub: 'claimed', email: 'v@example.org', email_verified: false })).toBeNull();
  expect(await emailOf({ sub: 'silent', email: 'v@example.org', email_verified: undefined })).toBeNull();
});

test('access tokens of Cognito name the audience client_id, and say things as texts', async () => {
  const claims = { sub: 'cognito', client_id: audience, token_use: 'access', email_verified: 'true' };
  expect(await authenticator()(await bearer({ audience: null, claims }))).toHaveProperty('userId');
  expect(await authenticator()(await bearer({ audience: null, claims: { ...claims, client_id: 'other' } }))).toBe(
    'invalid',
  );
  // A token for somebody else does not become one for us by a second claim.
  expect(await authenticator()(await bearer({ audience: 'other', claims }))).toBe('invalid');
});

test.each([
  ['an ID token of Cognito', audience, { token_use: 'id' }, true],
  ['an ID token of another provider', audience, {}, true],
  ['an access token of Cognito', null, { token_use: 'access', client_id: audience }, true],
  ['an access token that names the client as its audience', audience, { token_use: 'access' }, true],
  ['an ID token without an audience', null, { token_use: 'id', client_id: audience }, false],
  ['a token that does not say what it is for, and names the client alone', null, { client_id: audience }, false],
])('%s is taken or refused by what it is made out to', async (_what, to, claims, isTaken) => {
  const answer = await authenticator()(await bearer({ audience: to, claims }));
  expect(typeof answer === 'string' ? answer : 'taken').toBe(isTaken ? 'taken' : 'invalid');
});

test('one of several audiences is enough', async () => {
  expect(await authenticator()(await bearer({ audience: ['other', audience] }))).toHaveProperty('userId');
});

const refusals: readonly (readonly [string, () => Promise<string | undefined>, string])[] = [
  ['no header', async () => undefined, 'missing'],
  ['an empty header', async () => '  ', 'missing'],
  ['another scheme', async () => `Basic ${await tokenOf()}`, 'invalid'],
  ['a token alone', () => tokenOf(), 'invalid'],
  ['two tokens', async () => `Bearer ${await tokenOf()}, Bearer ${await tokenOf()}`, 'invalid'],
  ['no token', async () => 'Bearer ', 'invalid'],
  ['nonsense', async () => 'Bearer a.b.c', 'invalid'],
  ['too long a token', () => bearer({ claims: { filler: 'x'.repeat(9000) } }), 'invalid'],
  ['a token that has expired', () => bearer({ expires: Math.floor(Date.now() / 1000) - 10 }), 'expired'],
  ['a token that is not valid yet', () => bearer({ notBefore: '10m' }), 'invalid'],
  ['another issuer', () => bearer({ issuer: 'https://evil.example' }), 'invalid'],
  ['another audience', () => bearer({ audience: 'other' }), 'invalid'],
  ['no audience at all', () => bearer({ audience: null }), 'invalid'],
  ['another key under the same name', () => bearer({ key: otherKey }), 'invalid'],
  ['no subject', () => bearer({ claims: { sub: '' } }), 'invalid'],
  ['the public key as a secret', () => bearer({ algorithm: 'HS256', key: publicPem }), 'invalid'],
  [
    'no signature',
    async () => `Bearer ${new UnsecuredJWT({ sub: 'subject-1' }).setIssuer(issuer).setAudience(audience).encode()}`,
    'invalid',
  ],
  [
    'no signature after a good one was taken off',
    async () => `Bearer ${(await tokenOf()).split('.').slice(0, 2).join('.')}.`,
    'invalid',
  ],
  [
    'content that was changed',
    async () => {
      const [header = '', , signature = ''] = (await tokenOf()).split('.');
      const claims = { iss: issuer, aud: audience, sub: 'admin', exp: Math.floor(Date.now() / 1000) + 60 };
      return `Bearer ${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    },
    'invalid',
  ],
];

test.each(refusals)('%s: nobody', async (_what, header, refusal) => {
  expect(await authenticator()(await header())).toBe(refusal);
});

test('a key that nobody knows is refused, again and again, without asking the provider each time', async () => {
  const authenticate = authenticator();
  expect(await authenticate(await bearer())).toHaveProperty('userId');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    expect(await authenticate(await bearer({ kid: `forged-${attempt}` }))).toBe('invalid');
  }
  expect(fetches).toBeLessThanOrEqual(2);
  expect(await authenticate(await bearer())).toHaveProperty('userId');
});

test('a key that the provider has begun to use is found after a while', async () => {
  const authenticate = authenticator({ waitSeconds: 0.1 });
  const kept = published;
  published = [];
  expect(await authenticate(await bearer())).toBe('invalid');
  published = kept;
  expect(await authenticate(await bearer())).toBe('invalid');
  await setTimeout(200);
  expect(await authenticate(await bearer())).toHaveProperty('userId');
});

test('while the provider cannot be asked, a token is not called bad; once it can, all is well', async () => {
  const authenticate = authenticator();
  status = 503;
  expect(await authenticate(await bearer())).toBe('unavailable');
  expect(await authenticate(await bearer())).toBe('unavailable');
  status = 200;
  expect(await authenticate(await bearer())).toHaveProperty('userId');
});

test.each([
  ['http to another machine', 'http://id.example/jwks'],
  ['a place where nothing is', 'http://127.0.0.1:9/jwks'],
])('keys from %s count for nothing', async (_what, elsewhere) => {
  expect(await authenticator({ jwksUri: elsewhere })(await bearer())).toBe('unavailable');
});

test('a key that is none lets nobody in', async () => {
  const kept = published;
  published = [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'key-2', use: 'sig' }];
  try {
    await expect(authenticator()(await bearer({ kid: 'key-2' }))).rejects.toThrow('Invalid JWK');
  } finally {
    published = kept;
  }
});

test('keys that are too many count for nothing', async () => {
  const kept = published;
  published = Array.from({ length: 20_000 }, (_, index) => ({ kid: `${index}`, kty: 'RSA' }));
  expect(await authenticator()(await bearer())).toBe('unavailable');
  published = kept;
});

test('the handler says who asks, and when anything breaks it names no one', async () => {
  Object.assign(process.env, {
    OIDC_ISSUER: issuer,
    OIDC_AUDIENCE: audience,
    OIDC_JWKS_URI: jwksUri,
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  });
  delete process.env.TABLE_NAME;
  const { handler } = await import('../../functions/authorizer/authorizer.ts');
  expect(await handler({})).toEqual({ isAuthorized: true, context: { refusal: 'missing' } });
  expect(await handler({ headers: { authorization: 'Bearer x.y.z' } })).toEqual({
    isAuthorized: true,
    context: { refusal: 'invalid' },
  });
  // There is no table, so the person cannot be looked up.
  expect(await handler({ headers: { authorization: await bearer({ claims: { sub: 'unknown' } }) } })).toEqual({
    isAuthorized: true,
    context: { refusal: 'unavailable' },
  });
  Object.assign(process.env, {
    TABLE_NAME: await engine.createTable(),
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  const { context } = await handler({ headers: { authorization: await bearer() } });
  expect(JSON.parse('identity' in context ? context.identity : '{}')).toEqual({
    userId: expect.stringMatching(/^acc_/),
  });
});
