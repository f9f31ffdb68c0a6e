/** Accounts, hosting, members and who is in charge, on the real engine. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dependenciesOver } from '../../functions/dependencies.ts';
import {
  type CreateAccountInput,
  changeHosting,
  createAccount,
  deleteMember,
  findAccountBySlug,
  getAccount,
  getMember,
  listMembers,
  putMember,
  updateAccount,
} from '../../shared/application/accounts.ts';
import { getMe } from '../../shared/application/caller.ts';
import { acceptInvitation } from '../../shared/application/invitations.ts';
import { getPaymentIntent, listPaymentIntents } from '../../shared/application/payment-intents.ts';
import { type Identity, personForIdentity } from '../../shared/application/people.ts';
import { bootstrapPlatform } from '../../shared/application/platform.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { createStore } from '../../shared/persistence/store.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { bodyOf, createWorld, expected, receiving, sending, usd, type World } from '../support/world.ts';

let engine: TestEngine;
let world: World;
let slugs = 0;

beforeAll(async () => {
  engine = await startEngine();
  world = await createWorld(engine);
});
afterAll(() => engine.stop());

const input = (given: Partial<CreateAccountInput> = {}): CreateAccountInput => {
  slugs += 1;
  return {
    kind: 'collective',
    slug: `account-${slugs}`,
    name: 'An account',
    country: null,
    currency: 'USD',
    timeZone: 'UTC',
    email: null,
    ...given,
  };
};
const create = (userId: string, given: Partial<CreateAccountInput> = {}) =>
  createAccount(world.deps, world.meta(userId), input(given));
const created = async (userId: string, given: Partial<CreateAccountInput> = {}): Promise<string> =>
  bodyOf<{ id: string }>(await create(userId, given)).id;
const signIn = (given: Partial<Identity> & { subject: string }): Identity => ({
  issuer: 'https://id.example',
  email: null,
  emailVerified: true,
  name: null,
  ...given,
});
const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'ok' : result.refusal.code);
const hosting = (userId: string, id: string, change: Parameters<typeof changeHosting>[3], ifMatch?: number) =>
  changeHosting(world.deps, world.meta(userId, { ifMatch }), id, change);
const statusOf = async (id: string): Promise<string> => (await world.deps.store.account(id))?.hosting.status ?? 'gone';

describe('creating accounts', () => {
  test('whoever creates a collective or an organisation is in charge of it', async () => {
    const { people, deps } = world;
    for (const kind of ['collective', 'organisation'] as const) {
      const id = await created(people.outsider, { kind });
      expect(bodyOf(await getMember(deps, people.outsider, id, people.outsider))).toMatchObject({
        roles: ['collective_admin'],
      });
      expect(bodyOf(await getAccount(deps, people.outsider, id))).toMatchObject({
        id,
        kind,
        currency: 'USD',
        version: 1,
      });
    }
  });

  test('a host is created by the platform’s admin, for people who then run it', async () => {
    const { people, deps } = world;
    expect(codeOf(await create(people.hostAdminA, { kind: 'host', adminUserIds: [people.hostAdminA] }))).toBe(
      'permission-denied',
    );
    expect(codeOf(await create(people.platformAdmin, { kind: 'host' }))).toBe('validation-failed');
    expect(codeOf(await create(people.platformAdmin, { kind: 'host', adminUserIds: ['acc_none'] }))).toBe(
      'validation-failed',
    );
    const id = await created(people.platformAdmin, { kind: 'host', adminUserIds: [people.outsider, people.stranger] });
    const { items } = expected(await listMembers(deps, people.outsider, id, { limit: 10 }));
    expect(new Set(items.map(({ userId }) => userId))).toEqual(new Set([people.outsider, people.stranger]));
    expect(codeOf(await listMembers(deps, people.platformAdmin, id, { limit: 10 }))).toBe('permission-denied');
  });

  test('nobody makes somebody else the admin of what is not a host', async () => {
    const { people } = world;
    expect(codeOf(await create(people.outsider, { adminUserIds: [people.stranger] }))).toBe('validation-failed');
  });

  test('a slug is taken once, and finds the account', async () => {
    const { people, deps } = world;
    const id = await created(people.outsider, { slug: 'wanted' });
    expect(codeOf(await create(people.stranger, { slug: 'wanted' }))).toBe('slug-taken');
    expect(bodyOf(await findAccountBySlug(deps, people.stranger, 'wanted'))).toMatchObject({ items: [{ id }] });
    expect(bodyOf(await findAccountBySlug(deps, people.stranger, 'unwanted'))).toEqual({ items: [] });
  });

  test('a person who is entered with an e-mail address is answered alike, whether somebody has it already or nobody', async () => {
    const { people, deps } = world;
    await personForIdentity(deps, signIn({ subject: 'known', email: 'known@example.org' }));
    const enter = async (email: string) => {
      const { replayed, status, body } = expected(await create(people.outsider, { kind: 'person', email }));
      const { id, slug, ...rest } = body as { id: string; slug: string };
      return { replayed, status, rest, isThere: (await deps.store.account(id))?.slug === slug };
    };
    const unknown = await enter('nobody@example.org');
    for (const email of ['known@example.org', 'KNOWN@example.org', 'nobody@example.org', 'ada@a.example']) {
      expect(await enter(email)).toEqual(unknown);
    }
    expect(unknown).toMatchObject({ status: 201, isThere: true });
  });

  test('nobody becomes a person whom somebody else has entered, whatever address the provider vouches for', async () => {
    const { people, deps } = world;
    const email = 'entered@example.org';
    const entered = await created(people.outsider, { kind: 'person', email, name: 'As they call her' });
    const first = await personForIdentity(deps, signIn({ subject: 'entered', email, name: 'As she is called' }));
    expect(first.userId).not.toBe(entered);
    expect(bodyOf(await getMe(deps, first.userId))).toMatchObject({ name: 'As she is called', email });
    // Two identities with one address are two people; one identity is one, whatever its address is now.
    const idOf = async (given: Parameters<typeof signIn>[0]) => (await personForIdentity(deps, signIn(given))).userId;
    expect(await idOf({ subject: 'another', email })).not.toBe(first.userId);
    expect(await idOf({ subject: 'entered', email: 'new@example.org' })).toBe(first.userId);
    expect(await idOf({ subject: 'entered', issuer: 'other', email })).not.toBe(first.userId);
  });

  test('an address that the provider does not vouch for is not kept', async () => {
    const { deps } = world;
    const identity = signIn({ subject: 'unproven', email: 'mine@example.org', emailVerified: false });
    const { userId } = await personForIdentity(deps, identity);
    expect(bodyOf(await getMe(deps, userId))).toMatchObject({ email: null });
  });

  test('setting up the platform again makes no second one, and answers the invitation that is open', async () => {
    const { people, deps } = world;
    const platform = await deps.store.accountBySlug('platform');
    const me = async (userId: string) => bodyOf<{ memberships: unknown[] }>(await getMe(deps, userId)).memberships;
    const isAdmin = [{ accountId: platform?.id, roles: ['platform_admin'] }];
    const code = await bootstrapPlatform(deps, { email: 'second@example.org' });
    expect(await bootstrapPlatform(deps, { email: 'second@example.org' })).toBe(code);
    expect((await deps.store.accountBySlug('platform'))?.id).toBe(platform?.id);
    expect(await me(people.platformAdmin)).toEqual(isAdmin);
    const { userId } = await personForIdentity(deps, signIn({ subject: 'second' }));
    expect(await me(userId)).toEqual([]);
    expected(await acceptInvitation(deps, world.meta(userId), { code }));
    expect(await me(userId)).toEqual(isAdmin);
    expect(await bootstrapPlatform(deps, { email: 'second@example.org' })).not.toBe(code);
  });

  test('nobody takes the slug of the platform before it is set up, and no other account is made the platform', async () => {
    const bare = dependenciesOver(createStore({ client: engine.client(), tableName: await engine.createTable() }));
    const { userId } = await personForIdentity(bare, signIn({ subject: 'early' }));
    const early = await createAccount(bare, world.meta(userId), input({ slug: 'platform' }));
    expect(codeOf(early)).toBe('slug-taken');
    await bootstrapPlatform(bare, { email: 'first@example.org' });
    expect((await bare.store.accountBySlug('platform'))?.kind).toBe('platform');
  });
});

describe('changing an account', () => {
  test('its admin and its host’s admin may, from the version that they read', async () => {
    const { people, accounts, deps, meta } = world;
    const version = (await deps.store.account(accounts.collectiveA))?.version ?? 0;
    const change = (userId: string, ifMatch: number) =>
      updateAccount(deps, meta(userId, { ifMatch }), accounts.collectiveA, { name: 'Collective A, renamed' });
    expect(codeOf(await change(people.collectiveAdminA, version))).toBe('ok');
    expect(await change(people.hostAdminA, version)).toMatchObject({
      refusal: { code: 'version-conflict', currentVersion: version + 1 },
    });
    expect(codeOf(await change(people.hostAdminA, version + 1))).toBe('ok');
    for (const who of [people.financeA, people.platformAdmin]) {
      expect(codeOf(await change(who, version + 2))).toBe('permission-denied');
    }
    for (const who of [people.hostAdminB, people.stranger]) {
      expect(codeOf(await change(who, version + 2))).toBe('not-found');
    }
  });

  test('what is archived takes part in nothing new', async () => {
    const { people, deps, meta } = world;
    const id = await created(people.outsider, { kind: 'organisation' });
    expected(await updateAccount(deps, meta(people.outsider), id, { status: 'archived' }));
    await expect(world.create(people.collectiveAdminA, { payeeAccountId: id })).rejects.toThrow('account-not-active');
    const { id: intent } = await world.create(people.collectiveAdminA);
    const redirected = await world.command(people.collectiveAdminA, intent, { name: 'edit', payeeAccountId: id });
    expect(codeOf(redirected)).toBe('account-not-active');
  });

  test('a person’s e-mail address is that of the sign-in', async () => {
    const { people, deps, meta } = world;
    const own = updateAccount(deps, meta(people.outsider), people.outsider, { email: 'other@example.org' });
    expect(codeOf(await own)).toBe('validation-failed');
    expect(codeOf(await updateAccount(deps, meta(people.outsider), people.outsider, { name: 'Out Sider' }))).toBe('ok');
    expect(codeOf(await updateAccount(deps, meta(people.stranger), people.outsider, { name: 'Mine' }))).toBe(
      'not-found',
    );
  });
});

describe('hosting', () => {
  let id: string;
  beforeEach(async () => {
    id = await created(world.people.outsider);
  });
  const apply = () => hosting(world.people.outsider, id, { action: 'apply', hostId: world.accounts.hostA });

  test('a collective applies, the host accepts, and its money is the host’s to hold', async () => {
    const { people, accounts } = world;
    expect(codeOf(await apply())).toBe('ok');
    expect(await statusOf(id)).toBe('applied');
    expect(codeOf(await hosting(people.hostAdminA, id, { action: 'accept' }))).toBe('ok');
    expect((await world.deps.store.account(id))?.hosting).toMatchObject({
      status: 'hosted',
      hostId: accounts.hostA,
      hostName: 'Host A',
    });
    await world.fund(people.hostAdminA, accounts.hostA, id, usd(5));
  });

  test('only the host that was applied to answers, and only its admin', async () => {
    const { people } = world;
    await apply();
    for (const action of ['accept', 'decline'] as const) {
      for (const who of [people.outsider, people.platformAdmin]) {
        expect(codeOf(await hosting(who, id, { action }))).toBe('permission-denied');
      }
      for (const who of [people.hostAdminB, people.financeA, people.accountantA, people.stranger]) {
        expect(codeOf(await hosting(who, id, { action }))).toBe('not-found');
      }
    }
    expect(codeOf(await hosting(people.hostAdminA, id, { action: 'decline' }))).toBe('ok');
    expect(await statusOf(id)).toBe('none');
    expect(codeOf(await hosting(people.hostAdminA, id, { action: 'accept' }))).toBe('not-found');
  });

  test('only its own admin applies for a collective, and to a host that exists', async () => {
    const { people, accounts } = world;
    for (const who of [people.hostAdminA, people.stranger]) {
      expect(codeOf(await hosting(who, id, { action: 'apply', hostId: accounts.hostA }))).toBe('not-found');
    }
    expect(codeOf(await hosting(people.platformAdmin, id, { action: 'apply', hostId: accounts.hostA }))).toBe(
      'permission-denied',
    );
    expect(codeOf(await hosting(people.outsider, id, { action: 'apply', hostId: 'acc_none' }))).toBe(
      'validation-failed',
    );
    expect(codeOf(await hosting(people.outsider, id, { action: 'apply', hostId: accounts.collectiveA }))).toBe(
      'hosting-not-allowed',
    );
    expect(codeOf(await hosting(people.outsider, 'acc_none', { action: 'leave' }))).toBe('not-found');
  });

  test('a collective has one host at a time', async () => {
    const { people, accounts } = world;
    await apply();
    await hosting(people.hostAdminA, id, { action: 'accept' });
    expect(codeOf(await hosting(people.outsider, id, { action: 'apply', hostId: accounts.hostB }))).toBe(
      'hosting-not-allowed',
    );
  });

  test('it leaves, or is let go, when nothing of its money is left', async () => {
    const { people, accounts } = world;
    await apply();
    await hosting(people.hostAdminA, id, { action: 'accept' });
    await world.fund(people.hostAdminA, accounts.hostA, id, usd(100));
    expect(codeOf(await hosting(people.outsider, id, { action: 'leave' }))).toBe('hosting-not-allowed');
    expect(codeOf(await hosting(people.hostAdminA, id, { action: 'leave' }))).toBe('hosting-not-allowed');
    const { id: intent } = await world.create(people.outsider, {
      payerAccountId: id,
      payeeAccountId: accounts.collectiveA2,
      amount: usd(100),
    });
    await world.must(people.outsider, intent, { name: 'submit' });
    await world.must(people.financeA, intent, { name: 'approve' });
    // All of it is set aside now, which is still the host's to hold.
    expect(codeOf(await hosting(people.outsider, id, { action: 'leave' }))).toBe('hosting-not-allowed');
    await world.must(people.financeA, intent, { name: 'settle', date: '2026-03-02' });
    expect(codeOf(await hosting(people.stranger, id, { action: 'leave' }))).toBe('not-found');
    expect(codeOf(await hosting(people.outsider, id, { action: 'leave' }))).toBe('ok');
    expect(codeOf(await hosting(people.outsider, id, { action: 'apply', hostId: accounts.hostB }))).toBe('ok');
  });

  test('of an application that is accepted and declined at once, one happens', async () => {
    const { people } = world;
    await apply();
    const outcomes = await Promise.all(
      (['accept', 'decline'] as const).map((action) => hosting(people.hostAdminA, id, { action })),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await statusOf(id)).toBe(outcomes[0]?.ok ? 'hosted' : 'none');
  });

  test('an intent keeps the hosts that it was made between', async () => {
    const { people, accounts } = world;
    await apply();
    const { id: intent } = await world.create(people.collectiveAdminA, { payeeAccountId: id });
    await hosting(people.hostAdminA, id, { action: 'accept' });
    expect((await world.deps.store.intent(intent))?.intent.payee).toMatchObject({ hostId: null });
    expect(accounts.hostA).toBeDefined();
  });
});

describe('members', () => {
  let id: string;
  beforeEach(async () => {
    id = await created(world.people.collectiveAdminB, { name: 'With members' });
  });
  const put = (by: string, userId: string, roles: Parameters<typeof putMember>[4]['roles'], ifMatch?: number) =>
    putMember(world.deps, world.meta(by, { ifMatch }), id, userId, { roles });
  const remove = (by: string, userId: string) => deleteMember(world.deps, world.meta(by), id, userId);

  test('an admin brings people in, changes their roles, and takes them out', async () => {
    const { people, deps } = world;
    expect(bodyOf(await put(people.collectiveAdminB, people.outsider, ['accountant']))).toMatchObject({
      userId: people.outsider,
      roles: ['accountant'],
    });
    expect(codeOf(await put(people.outsider, people.stranger, ['accountant']))).toBe('permission-denied');
    expected(await put(people.collectiveAdminB, people.outsider, ['collective_admin']));
    expect(codeOf(await put(people.outsider, people.stranger, ['accountant']))).toBe('ok');
    expected(await remove(people.outsider, people.stranger));
    expect(codeOf(await getMember(deps, people.outsider, id, people.stranger))).toBe('not-found');
    expect(codeOf(await remove(people.outsider, people.stranger))).toBe('not-found');
  });

  test('the last admin stays, whether taken out by others or by themselves', async () => {
    const { people } = world;
    expect(codeOf(await remove(people.collectiveAdminB, people.collectiveAdminB))).toBe('last-admin');
    expect(codeOf(await put(people.collectiveAdminB, people.collectiveAdminB, ['accountant']))).toBe('last-admin');
  });

  test('two admins who remove each other at once leave one', async () => {
    const { people, deps } = world;
    for (let round = 0; round < 5; round += 1) {
      expected(await put(people.collectiveAdminB, people.outsider, ['collective_admin']));
      const outcomes = await Promise.all([
        remove(people.collectiveAdminB, people.outsider),
        remove(people.outsider, people.collectiveAdminB),
      ]);
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      const [left] = (await deps.store.members(id, 10)).items;
      if (left?.userId === people.outsider) {
        expected(await put(people.outsider, people.collectiveAdminB, ['collective_admin']));
        expected(await remove(people.collectiveAdminB, people.outsider));
      }
    }
  });

  test('roles of another kind of account, and people who do not exist, are refused', async () => {
    const { people, accounts } = world;
    expect(codeOf(await put(people.collectiveAdminB, people.outsider, ['host_admin']))).toBe('validation-failed');
    expect(codeOf(await put(people.collectiveAdminB, people.outsider, ['platform_admin']))).toBe('validation-failed');
    expect(codeOf(await put(people.collectiveAdminB, 'acc_none', ['accountant']))).toBe('not-found');
    expect(codeOf(await put(people.collectiveAdminB, accounts.collectiveA, ['accountant']))).toBe('not-found');
  });

  test('the platform’s admin puts nobody on a team, and is put on none by being it', async () => {
    const { people, accounts, deps, meta } = world;
    for (const accountId of [accounts.hostA, accounts.collectiveA, id]) {
      const outcome = await putMember(deps, meta(people.platformAdmin), accountId, people.platformAdmin, {
        roles: ['accountant'],
      });
      expect(codeOf(outcome)).toBe('permission-denied');
    }
  });

  test('the platform’s admin can make no claim about money', async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(5000));
    const { id: approved } = await world.approved();
    const { id: sent } = await world.sent();
    for (const [intent, command] of [
      [approved, sending()],
      [approved, { name: 'cancel', reason: null }],
      [sent, receiving(usd(1000))],
      [sent, { name: 'reportNotReceived', reason: 'x' }],
      [sent, { name: 'writeOff', reason: 'x', bearer: 'payer' }],
    ] as const) {
      expect(codeOf(await world.command(people.platformAdmin, intent, command))).toBe('not-found');
    }
  });

  test('who is taken off a team loses everything at once, answers given before among it', async () => {
    const { people, accounts, deps, meta } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(5000));
    expected(
      await putMember(deps, meta(people.hostAdminA), accounts.hostA, people.outsider, { roles: ['finance_lead'] }),
    );
    const { id: intent } = await world.create(people.collectiveAdminA);
    await world.must(people.collectiveAdminA, intent, { name: 'submit' });
    const options = { idempotencyKey: 'my approval', fingerprint: 'f' };
    expect(codeOf(await world.command(people.outsider, intent, { name: 'approve' }, options))).toBe('ok');
    expect(codeOf(await world.command(people.outsider, intent, { name: 'approve' }, options))).toBe('ok');
    expect(codeOf(await listPaymentIntents(deps, people.outsider, { host: accounts.hostA, limit: 1 }))).toBe('ok');
    expected(await deleteMember(deps, meta(people.hostAdminA), accounts.hostA, people.outsider));
    expect(codeOf(await world.command(people.outsider, intent, { name: 'approve' }, options))).toBe('not-found');
    expect(codeOf(await getPaymentIntent(deps, people.outsider, intent))).toBe('not-found');
    expect(codeOf(await listPaymentIntents(deps, people.outsider, { host: accounts.hostA, limit: 1 }))).toBe(
      'not-found',
    );
  });

  test('an author who is taken off the team can neither go on nor repeat the creation', async () => {
    const { people, accounts, deps, meta } = world;
    expected(
      await putMember(deps, meta(people.hostAdminA), accounts.collectiveA, people.stranger, {
        roles: ['collective_admin'],
      }),
    );
    const options = { idempotencyKey: 'my request', fingerprint: 'f' };
    const { id: intent } = await world.create(people.stranger, {}, options);
    expect((await world.create(people.stranger, {}, options)).id).toBe(intent);
    expected(await deleteMember(deps, meta(people.collectiveAdminA), accounts.collectiveA, people.stranger));
    await expect(world.create(people.stranger, {}, options)).rejects.toThrow('permission-denied');
    expect(codeOf(await world.command(people.stranger, intent, { name: 'submit' }))).toBe('not-found');
  });

  test('an answer is repeated as seen by who one is now', async () => {
    const { people, accounts, deps, meta } = world;
    expected(
      await putMember(deps, meta(people.hostAdminA), accounts.hostA, people.outsider, { roles: ['finance_lead'] }),
    );
    const { id: intent } = await world.create(people.collectiveAdminA);
    await world.must(people.collectiveAdminA, intent, { name: 'submit' });
    const options = { idempotencyKey: 'another approval', fingerprint: 'f' };
    expect(codeOf(await world.command(people.outsider, intent, { name: 'approve' }, options))).toBe('ok');
    // On the other side now: the approval was given, but by whom is the payer's business.
    expected(
      await putMember(deps, meta(people.hostAdminB), accounts.hostB, people.outsider, { roles: ['finance_lead'] }),
    );
    expected(await deleteMember(deps, meta(people.hostAdminA), accounts.hostA, people.outsider));
    const repeated = await world.command(people.outsider, intent, { name: 'approve' }, options);
    if (repeated.ok) {
      expect(repeated.value.body).toMatchObject({ approvals: [], policy: null, reserved: null });
    }
    expected(await deleteMember(deps, meta(people.hostAdminB), accounts.hostB, people.outsider));
  });
});
