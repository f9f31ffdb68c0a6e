/** Invitations: roles for whoever brings the code, once, while whoever gave it may still give it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { changeHosting, createAccount, deleteMember, putMember } from '../../shared/application/accounts.ts';
import { getMe } from '../../shared/application/caller.ts';
import {
  acceptInvitation,
  createInvitation,
  type InvitationInput,
  listInvitations,
  openInvitationsMax,
  revokeInvitation,
} from '../../shared/application/invitations.ts';
import { personForIdentity } from '../../shared/application/people.ts';
import type { RequestMeta } from '../../shared/application/request.ts';
import type { Invitation } from '../../shared/domain/account.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { bodyOf, createWorld, expected, type World } from '../support/world.ts';

type NewInvitation = Invitation & { readonly code: string };

let engine: TestEngine;
let world: World;
/** A collective of its own for each test. */
let id: string;
let people = 0;

beforeAll(async () => {
  engine = await startEngine();
  world = await createWorld(engine);
});
afterAll(() => engine.stop());
beforeEach(async () => {
  id = bodyOf<{ id: string }>(
    await createAccount(world.deps, world.meta(world.people.collectiveAdminB), {
      kind: 'collective',
      slug: `invites-${randomUUID()}`,
      name: 'Inviting',
      country: null,
      currency: 'USD',
      timeZone: 'UTC',
      email: null,
    }),
  ).id;
});

/** Somebody who signs in with an access token, which names nobody's address. */
const newcomer = async (email: string | null = null): Promise<string> => {
  people += 1;
  const identity = { issuer: 'https://id.example', subject: `n-${people}`, email, emailVerified: true, name: null };
  return (await personForIdentity(world.deps, identity)).userId;
};
const admin = () => world.people.collectiveAdminB;
const input = (given: Partial<InvitationInput> = {}): InvitationInput => ({
  email: 'new@example.org',
  roles: ['accountant'],
  ...given,
});
const invite = (by: string, given: Partial<InvitationInput> = {}, options: Partial<RequestMeta> = {}, at = id) =>
  createInvitation(world.deps, world.meta(by, options), at, input(given));
const invited = async (given: Partial<InvitationInput> = {}): Promise<NewInvitation> =>
  bodyOf<NewInvitation>(await invite(admin(), given));
const take = (userId: string, code: string, options: Partial<RequestMeta> = {}) =>
  acceptInvitation(world.deps, world.meta(userId, options), { code });
const revoke = (by: string, invitationId: string, at = id) =>
  revokeInvitation(world.deps, world.meta(by), at, invitationId);
const listed = async (by: string = admin(), limit = 100) =>
  expected(await listInvitations(world.deps, by, id, { limit })).items;
const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'ok' : result.refusal.code);
const rolesOf = async (userId: string, accountId = id): Promise<readonly string[]> =>
  (await world.deps.store.memberships(userId))[accountId] ?? [];
const memberIds = async (): Promise<readonly string[]> =>
  (await world.deps.store.members(id, 100)).items.map(({ userId }) => userId);

/** What is answered to a code that never was. */
const nothing = {
  ok: false,
  refusal: { code: 'not-found', detail: 'No such invitation, or it is not yours to see.' },
};

describe('inviting', () => {
  test('is answered alike for an address that somebody has here and for one that nobody has', async () => {
    await newcomer('known@example.org');
    const answered = async (email: string) => {
      const { id: invitationId, code, ...rest } = await invited({ email });
      expect(code.startsWith(`${invitationId}.`)).toBe(true);
      return { ...rest, email: '', codeLength: code.length, names: Object.keys(rest) };
    };
    const unknown = await answered('nobody@example.org');
    expect(await answered('known@example.org')).toEqual(unknown);
    // The address of a member, too.
    expect(await answered('cob@b.example')).toEqual(unknown);
  });

  test('says for how long, by whom and as what', async () => {
    const { email, roles, invitedBy, createdAt, expiresAt, accountId } = await invited({ roles: ['collective_admin'] });
    expect({ email, roles, invitedBy, accountId }).toEqual({
      email: 'new@example.org',
      roles: ['collective_admin'],
      invitedBy: admin(),
      accountId: id,
    });
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(14 * 86_400_000);
  });

  test('is for those who put members on the team; the others of it are refused, and strangers find nothing', async () => {
    const { people: who, accounts, deps, meta } = world;
    expected(await putMember(deps, meta(admin()), id, who.outsider, { roles: ['accountant'] }));
    const { id: open } = await invited();
    for (const [userId, refusal] of [
      [who.outsider, 'permission-denied'],
      [who.platformAdmin, 'permission-denied'],
      [who.stranger, 'not-found'],
      [who.hostAdminA, 'not-found'],
    ] as const) {
      expect([userId, codeOf(await invite(userId))]).toEqual([userId, refusal]);
      expect([userId, codeOf(await revoke(userId, open))]).toEqual([userId, refusal]);
    }
    expect((await listed()).map(({ id: one }) => one)).toEqual([open]);
    // A host invites for the collectives that it holds.
    expect(codeOf(await invite(who.hostAdminA, {}, {}, accounts.collectiveA))).toBe('ok');
    expect(codeOf(await invite(who.financeA, {}, {}, accounts.collectiveA))).toBe('permission-denied');
    expect(await invite(who.stranger, {}, {}, id)).toEqual(await invite(who.stranger, {}, {}, 'acc_none'));
  });

  test('gives roles only that the kind of account knows', async () => {
    for (const role of ['host_admin', 'finance_lead', 'platform_admin'] as const) {
      expect(await invite(admin(), { roles: ['accountant', role] })).toMatchObject({
        refusal: { code: 'validation-failed', errors: [{ pointer: '/roles' }] },
      });
    }
    expect(codeOf(await invite(admin(), {}, {}, admin()))).toBe('validation-failed');
    expect(await listed()).toEqual([]);
  });

  test('is repeated under its key with the same code, although no record holds it', async () => {
    const options = { idempotencyKey: `invite ${id}`, fingerprint: 'f' };
    const [first, again] = [await invite(admin(), {}, options), await invite(admin(), {}, options)];
    expect(again).toEqual({ ok: true, value: { ...expected(first), replayed: true } });
    expect(bodyOf<NewInvitation>(again).code).toMatch(/^inv_[0-9A-Z]{26}\.[\w-]{43}$/);
    const { idempotency } = await world.deps.store.readForCommand({ userId: admin(), ...options });
    expect(idempotency?.answer).toMatchObject({ kind: 'body', status: 201, body: { email: 'new@example.org' } });
    expect(JSON.stringify(idempotency)).not.toContain(bodyOf<NewInvitation>(again).code.split('.')[1]);
    expect(await listed()).toHaveLength(1);
  });

  test('stops at a hundred that are open, also when many come at once; one that is revoked or expires makes room', async () => {
    for (let index = 0; index < openInvitationsMax - 10; index += 1) {
      await invited();
    }
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => invite(admin())));
    expect(outcomes.map(codeOf).filter((code) => code === 'ok')).toHaveLength(10);
    expect(outcomes.map(codeOf).filter((code) => code === 'too-many')).toHaveLength(10);
    const open = await listed();
    expect(open).toHaveLength(openInvitationsMax);
    expected(await revoke(admin(), open[0]?.id ?? ''));
    expect(codeOf(await invite(admin()))).toBe('ok');
    expect(codeOf(await invite(admin()))).toBe('too-many');
    world.clock.advanceDays(14);
    expect(await listed()).toEqual([]);
    expect(codeOf(await invite(admin()))).toBe('ok');
  });
});

describe('the list', () => {
  test('shows the team what is open, newest first, and no code', async () => {
    const first = await invited({ email: 'first@example.org' });
    world.clock.advanceDays(1);
    const second = await invited({ email: 'second@example.org' });
    const withoutCode = ({ code: _code, ...rest }: NewInvitation) => rest;
    expect(await listed()).toEqual([second, first].map(withoutCode));
    expect(JSON.stringify(await listed())).not.toContain(first.code.split('.')[1]);
    expect(await listed(admin(), 1)).toHaveLength(1);
    for (const [who, refusal] of [
      ['stranger', 'not-found'],
      ['platformAdmin', 'permission-denied'],
    ] as const) {
      const refused = await listInvitations(world.deps, world.people[who], id, { limit: 10 });
      expect([who, codeOf(refused)]).toEqual([who, refusal]);
    }
  });
});

describe('accepting', () => {
  test('gives whoever brings the code its roles, with a token that names no address, and shows them to the team', async () => {
    const { code } = await invited();
    const userId = await newcomer();
    const { body, status, version } = expected(await take(userId, code));
    expect({ body, status, version }).toMatchObject({
      status: 200,
      version: 1,
      body: { accountId: id, userId, roles: ['accountant'], email: null },
    });
    expect(bodyOf(await getMe(world.deps, userId))).toMatchObject({
      memberships: [{ accountId: id, roles: ['accountant'] }],
    });
    expect(await memberIds()).toContain(userId);
    expect(await listed()).toEqual([]);
  });

  test('adds to the roles that somebody has, and takes none away', async () => {
    const { code } = await invited();
    expected(await take(admin(), code));
    expect(new Set(await rolesOf(admin()))).toEqual(new Set(['collective_admin', 'accountant']));
    const again = await invited();
    expected(await take(admin(), again.code));
    expect(await rolesOf(admin())).toHaveLength(2);
  });

  test('a code that is used twice makes one membership', async () => {
    const { code } = await invited();
    const [first, second] = [await newcomer(), await newcomer()];
    expected(await take(first, code));
    expect(await take(second, code)).toEqual(nothing);
    expect(await take(first, code)).toEqual(nothing);
    expect(await rolesOf(second)).toEqual([]);
    expect(await memberIds()).toHaveLength(2);
  });

  test('of twenty people who come with one code at once, one gets the roles', async () => {
    const { code } = await invited();
    const all = await Promise.all(Array.from({ length: 20 }, () => newcomer()));
    const outcomes = await Promise.all(all.map((userId) => take(userId, code)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    for (const outcome of outcomes.filter(({ ok }) => !ok)) {
      expect(outcome).toEqual(nothing);
    }
    const winner = all[outcomes.findIndex(({ ok }) => ok)];
    expect(new Set(await memberIds())).toEqual(new Set([admin(), winner]));
    const held = await Promise.all(all.map((userId) => rolesOf(userId)));
    expect(held.filter((roles) => roles.length > 0)).toEqual([['accountant']]);
  });

  test('twenty people with a code each all get their roles', async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, async () => (await invited()).code));
    const all = await Promise.all(Array.from({ length: 20 }, () => newcomer()));
    const outcomes = await Promise.all(codes.map((code, index) => take(all[index] ?? '', code)));
    expect(new Set(outcomes.map(codeOf))).toEqual(new Set(['ok']));
    expect(await memberIds()).toHaveLength(21);
  });

  test('of an invitation that is accepted and revoked at once, one happens', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id: invitationId, code } = await invited();
      const userId = await newcomer();
      const [accepted, revoked] = await Promise.all([take(userId, code), revoke(admin(), invitationId)]);
      expect([accepted.ok, revoked.ok].filter(Boolean)).toHaveLength(1);
      expect(await rolesOf(userId)).toEqual(accepted.ok ? ['accountant'] : []);
    }
  });

  test('is repeated under its key with the same answer, and done once', async () => {
    const { code } = await invited();
    const userId = await newcomer();
    const options = { idempotencyKey: 'accept', fingerprint: 'f' };
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => take(userId, code, options)));
    const answers = outcomes.map((outcome) => expected(outcome));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    for (const { body } of answers) {
      expect(body).toEqual(answers[0]?.body);
    }
    expect((await world.deps.store.member(id, userId))?.version).toBe(1);
  });

  test('forged, expired, revoked and used codes, and those of nobody’s invitation, are answered alike', async () => {
    const [used, revoked, old] = [await invited(), await invited(), await invited()];
    expected(await take(await newcomer(), used.code));
    expected(await revoke(admin(), revoked.id));
    world.clock.advanceDays(14);
    const open = await invited();
    const [openId, openSign] = open.code.split('.') as [string, string];
    const forged = [
      `${openId}.${randomBytes(32).toString('base64url')}`,
      // The last letter has two bits that mean nothing in base64url, and count all the same.
      ...['A', 'B', 'C', 'D']
        .map((last) => `${openId}.${openSign.slice(0, -1)}${last}`)
        .filter((one) => one !== open.code),
      `${openId}.`,
      openId,
      `${openId}.${old.code.split('.')[1]}`,
      `inv_01JD8Z5YQW4K6M2N8P0R3T7V9X.${openSign}`,
    ];
    const userId = await newcomer();
    for (const code of [used.code, revoked.code, old.code, ...forged]) {
      expect([code, await take(userId, code)]).toEqual([code, nothing]);
    }
    expect(await rolesOf(userId)).toEqual([]);
    expected(await take(userId, open.code));
  });

  test('it is good until the last millisecond of its fourteen days', async () => {
    const [one, other] = [await invited(), await invited()];
    world.clock.advanceDays(14 - 1 / 86_400_000);
    expect(await listed()).toHaveLength(2);
    expect(codeOf(await take(await newcomer(), one.code))).toBe('ok');
    world.clock.advanceDays(1 / 86_400_000);
    expect(codeOf(await take(await newcomer(), other.code))).toBe('not-found');
    expect(codeOf(await revoke(admin(), other.id))).toBe('not-found');
  });

  test('one that was given by somebody who may not invite any more is good for nothing', async () => {
    const { people: who, deps, meta } = world;
    expected(await putMember(deps, meta(admin()), id, who.outsider, { roles: ['collective_admin'] }));
    const { code } = bodyOf<NewInvitation>(await invite(who.outsider, { roles: ['collective_admin'] }));
    expected(await deleteMember(deps, meta(admin()), id, who.outsider));
    // Neither themselves nor a friend of theirs.
    expect(await take(who.outsider, code)).toEqual(nothing);
    expect(await take(await newcomer(), code)).toEqual(nothing);
    expect(await rolesOf(who.outsider)).toEqual([]);
    expected(await putMember(deps, meta(admin()), id, who.outsider, { roles: ['collective_admin'] }));
    expected(await take(await newcomer(), code));
    expected(await deleteMember(deps, meta(admin()), id, who.outsider));
  });

  test('one that a host gave for a collective is good for nothing once the collective has left', async () => {
    const { people: who, accounts, deps, meta } = world;
    expected(await changeHosting(deps, meta(admin()), id, { action: 'apply', hostId: accounts.hostB }));
    expected(await changeHosting(deps, meta(who.hostAdminB), id, { action: 'accept' }));
    const { code } = bodyOf<NewInvitation>(await invite(who.hostAdminB));
    expected(await changeHosting(deps, meta(admin()), id, { action: 'leave' }));
    expect(await take(await newcomer(), code)).toEqual(nothing);
  });

  test('an inviter who is taken off the team while the code is used either was too late or had brought somebody in', async () => {
    const { people: who, deps, meta } = world;
    for (let round = 0; round < 5; round += 1) {
      expected(await putMember(deps, meta(admin()), id, who.outsider, { roles: ['collective_admin'] }));
      const { code } = bodyOf<NewInvitation>(await invite(who.outsider));
      const userId = await newcomer();
      const [accepted, removed] = await Promise.all([
        take(userId, code),
        deleteMember(deps, meta(admin()), id, who.outsider),
      ]);
      expect(removed.ok).toBe(true);
      expect(await rolesOf(userId)).toEqual(accepted.ok ? ['accountant'] : []);
      expect(await take(await newcomer(), code)).toEqual(nothing);
    }
  });
});

describe('revoking', () => {
  test('ends an invitation, once, and only by the account that gave it', async () => {
    const { accounts, people: who } = world;
    const { id: invitationId, code: _code, ...rest } = await invited();
    expect(codeOf(await revoke(who.collectiveAdminA, invitationId, accounts.collectiveA))).toBe('not-found');
    expect(bodyOf(await revoke(admin(), invitationId))).toEqual({ id: invitationId, ...rest });
    expect(await revoke(admin(), invitationId)).toEqual(nothing);
    expect(await revoke(admin(), 'inv_01JD8Z5YQW4K6M2N8P0R3T7V9X')).toEqual(nothing);
    expect(await listed()).toEqual([]);
  });
});
