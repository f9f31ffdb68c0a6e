/** What a sign-in says of somebody: whose account it is stays, and the address that they are written to follows the provider. */
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Identity, personForIdentity } from '../../shared/application/people.ts';
import type { Dependencies } from '../../shared/application/ports.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { createWorld, type World } from '../support/world.ts';

const engine = await engineOfFile();
let world: World;
let count = 0;
let subject: string;

beforeAll(async () => {
  world = await createWorld(engine);
});
beforeEach(() => {
  count += 1;
  subject = `subject-${count}`;
});

const at = 1_800_000_000;

const signIn = (given: Partial<Identity> = {}, deps: Dependencies = world.deps) =>
  personForIdentity(deps, {
    issuer: 'https://id.example',
    subject,
    email: 'old@example.org',
    emailVerified: true,
    name: 'Vera',
    issuedAt: at,
    ...given,
  });
const accountOf = async (userId: string) => world.deps.store.account(userId);

test('an address that is verified after the first sign-in is taken over', async () => {
  const { userId } = await signIn({ emailVerified: false });
  expect(await accountOf(userId)).toMatchObject({ email: null, version: 1 });
  world.clock.advanceDays(1);
  expect(await signIn({ issuedAt: at + 60 })).toMatchObject({ userId });
  const now = world.deps.clock.now();
  expect(await accountOf(userId)).toMatchObject({ email: 'old@example.org', version: 2, updatedAt: now });
});

test('whoever came with a token that names no address first is written to when one does', async () => {
  const { userId } = await signIn({ email: null, emailVerified: false, name: null });
  expect(await signIn({})).toMatchObject({ userId });
  expect(await accountOf(userId)).toMatchObject({ email: 'old@example.org' });
});

test('an address that was changed at the provider replaces the one before, and nothing else of the account', async () => {
  const { userId } = await signIn();
  const before = await accountOf(userId);
  await signIn({ email: 'new@example.org', name: 'Another', issuedAt: at + 60 });
  const updatedAt = expect.any(String);
  expect(await accountOf(userId)).toEqual({ ...before, email: 'new@example.org', version: 2, updatedAt });
});

test.each([
  ['that is not verified', { email: 'claimed@example.org', emailVerified: false }],
  ['that is not verified, and the same', { emailVerified: false }],
  ['that is not there', { email: null, emailVerified: false }],
  ['that is not there, and is said to be verified', { email: null, emailVerified: true }],
])('an address %s changes nothing', async (_what, given) => {
  const { userId } = await signIn();
  const before = await accountOf(userId);
  expect(await signIn({ ...given, issuedAt: at + 60 })).toMatchObject({ userId });
  expect(await accountOf(userId)).toEqual(before);
});

test('a token from before the change does not bring the old address back', async () => {
  const { userId } = await signIn();
  await signIn({ email: 'new@example.org', issuedAt: at + 60 });
  await signIn({ issuedAt: at + 59 });
  expect(await accountOf(userId)).toMatchObject({ email: 'new@example.org', version: 2 });
  await signIn({ issuedAt: at + 61 });
  expect(await accountOf(userId)).toMatchObject({ email: 'old@example.org', version: 3 });
});

test('two people with one address stay two, and a change of one is not the other’s', async () => {
  const one = await signIn();
  const other = await signIn({ subject: `${subject}-other` });
  expect(other.userId).not.toBe(one.userId);
  await signIn({ email: 'new@example.org', issuedAt: at + 60 });
  expect((await accountOf(one.userId))?.email).toBe('new@example.org');
  expect((await accountOf(other.userId))?.email).toBe('old@example.org');
  await signIn({ subject: `${subject}-other`, email: 'new@example.org', issuedAt: at + 60 });
  expect((await signIn({ issuedAt: at + 120, email: 'new@example.org' })).userId).toBe(one.userId);
});

test('a sign-in that changes nothing is one read', async () => {
  await signIn();
  const calls: string[] = [];
  const counted = new Proxy(world.deps.store, {
    get: (store, name) => {
      calls.push(String(name));
      return Reflect.get(store, name);
    },
  });
  const deps = { ...world.deps, store: counted };
  await signIn({ issuedAt: at + 60 }, deps);
  await signIn({ email: null, emailVerified: false, issuedAt: at + 120 }, deps);
  expect(calls).toEqual(['identity', 'identity']);
});

test('of many that bring a new address at once, one writes it', async () => {
  const { userId } = await signIn();
  const all = await Promise.all(
    Array.from({ length: 10 }, () => signIn({ email: 'new@example.org', issuedAt: at + 60 })),
  );
  expect(new Set(all.map((person) => person.userId))).toEqual(new Set([userId]));
  expect(await accountOf(userId)).toMatchObject({ email: 'new@example.org', version: 2 });
});

test('a change that comes between, such as one of the name, is not lost', async () => {
  const { userId } = await signIn();
  const { store } = world.deps;
  let renamed = false;
  const account: typeof store.account = async (id) => {
    const before = await store.account(id);
    if (before !== undefined && !renamed) {
      renamed = true;
      const after = { ...before, name: 'Vera Renamed', version: before.version + 1 };
      await store.commit({ intents: [], accounts: [{ before, after }] }, 'test', world.deps.clock.now());
    }
    return before;
  };
  await signIn({ email: 'new@example.org', issuedAt: at + 60 }, { ...world.deps, store: { ...store, account } });
  expect(await accountOf(userId)).toMatchObject({ email: 'new@example.org', name: 'Vera Renamed', version: 3 });
});

test('nobody is turned away because an address could not be written down: the next token brings it', async () => {
  const { userId } = await signIn();
  const { store } = world.deps;
  const busy = { ...world.deps, store: { ...store, commit: async () => ({ outcome: 'conflict' }) as const } };
  expect(await signIn({ email: 'new@example.org', issuedAt: at + 60 }, busy)).toMatchObject({ userId });
  expect(await accountOf(userId)).toMatchObject({ email: 'old@example.org' });
  await signIn({ email: 'new@example.org', issuedAt: at + 60 });
  expect(await accountOf(userId)).toMatchObject({ email: 'new@example.org' });
});

test('who signed in before addresses were followed keeps theirs, and it follows from then on', async () => {
  const { userId } = await signIn();
  const link = { issuer: 'https://id.example', subject, userId };
  const { store, clock } = world.deps;
  // As it was written then: the identity says nothing of an address.
  const known = await store.identity(link.issuer, link.subject);
  await store.commit(
    {
      intents: [],
      identities: [{ before: { ...link, address: known?.address ?? null }, after: { ...link, address: null } }],
    },
    'test',
    clock.now(),
  );
  expect(await store.identity(link.issuer, link.subject)).toEqual({ userId, address: null });
  await signIn();
  expect(await accountOf(userId)).toMatchObject({ email: 'old@example.org', version: 1 });
  await signIn({ email: 'new@example.org', issuedAt: at + 60 });
  expect(await accountOf(userId)).toMatchObject({ email: 'new@example.org', version: 2 });
});
