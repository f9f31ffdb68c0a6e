/** Hosting, roles, and money that nobody can place yet. */
import { describe, expect, test } from '@jest/globals';
import {
  type Account,
  appliedHostIdOf,
  applySuspense,
  asParty,
  decideHosting,
  decideRoles,
  type Hosting,
  hostIdOf,
  type Membership,
  managingRole,
  rolesOfKind,
  type SuspenseEventData,
} from '../../shared/domain/account.ts';
import { type Role, roles } from '../../shared/domain/authorisation.ts';
import { type AccountKind, accountKinds } from '../../shared/domain/payment-intent.ts';
import { now, usd } from '../support/pure-intent.ts';

const account = (given: Partial<Account> = {}): Account => ({
  id: 'c',
  kind: 'collective',
  slug: 'c',
  name: 'Collective',
  status: 'active',
  country: null,
  currency: 'USD',
  timeZone: 'UTC',
  hosting: { status: 'none' },
  settings: null,
  email: null,
  version: 1,
  createdAt: now,
  updatedAt: now,
  ...given,
});
const host = account({ id: 'H', kind: 'host', slug: 'h', name: 'Host' });

const states: Record<Hosting['status'], Hosting> = {
  none: { status: 'none' },
  applied: { status: 'applied', hostId: 'H', hostName: 'Host', since: '2026-01-01T00:00:00.000Z' },
  hosted: { status: 'hosted', hostId: 'H', hostName: 'Host', since: '2026-01-01T00:00:00.000Z' },
};

describe('hosting', () => {
  const commands = {
    apply: { action: 'apply', host },
    accept: { action: 'accept' },
    decline: { action: 'decline' },
    leave: { action: 'leave', hasMoney: false },
  } as const;
  /** From each state, what each action leads to; nothing where it is refused. */
  const expected: Record<Hosting['status'], Partial<Record<keyof typeof commands, Hosting['status']>>> = {
    none: { apply: 'applied' },
    applied: { apply: 'applied', accept: 'hosted', decline: 'none' },
    hosted: { leave: 'none' },
  };
  const cases = (Object.keys(states) as Hosting['status'][]).flatMap((from) =>
    (Object.keys(commands) as (keyof typeof commands)[]).map((action) => ({
      from,
      action,
      to: expected[from][action] ?? 'a refusal',
    })),
  );
  test.each(cases)('$action from $from leads to $to', ({ from, action, to }) => {
    const decided = decideHosting(account({ hosting: states[from] }), commands[action], now);
    expect(decided.ok ? decided.value.status : 'a refusal').toBe(to);
    if (!decided.ok) {
      expect(decided.refusal.code).toBe('hosting-not-allowed');
    }
  });

  test('a collective that has money at its host does not leave', () => {
    const decided = decideHosting(account({ hosting: states.hosted }), { action: 'leave', hasMoney: true }, now);
    expect(decided).toMatchObject({ refusal: { code: 'hosting-not-allowed' } });
  });

  test.each(accountKinds.filter((kind) => kind !== 'collective'))('a %s is held by no host', (kind) => {
    const decided = decideHosting(account({ kind }), { action: 'apply', host }, now);
    expect(decided).toMatchObject({ refusal: { code: 'hosting-not-allowed' } });
  });

  test('only an active host can be applied to', () => {
    for (const other of [account(), { ...host, status: 'archived' as const }]) {
      const decided = decideHosting(account(), { action: 'apply', host: other }, now);
      expect(decided).toMatchObject({ refusal: { code: 'hosting-not-allowed' } });
    }
  });

  test('accepting keeps the host that was applied to, from this moment', () => {
    const decided = decideHosting(account({ hosting: states.applied }), { action: 'accept' }, now);
    expect(decided).toEqual({ ok: true, value: { status: 'hosted', hostId: 'H', hostName: 'Host', since: now } });
  });

  test('a host holds its own money, a hosted collective’s is at its host, and of others nobody’s', () => {
    expect(hostIdOf(host)).toBe('H');
    expect(hostIdOf(account({ hosting: states.hosted }))).toBe('H');
    expect(hostIdOf(account({ hosting: states.applied }))).toBeNull();
    expect(appliedHostIdOf(account({ hosting: states.applied }))).toBe('H');
    expect(appliedHostIdOf(account({ hosting: states.hosted }))).toBeNull();
    expect(asParty(account({ hosting: states.hosted }))).toMatchObject({ hostId: 'H', hostName: 'Host' });
    expect(asParty(account({ hosting: states.applied }))).toMatchObject({ hostId: null, hostName: null });
    expect(asParty(host)).toMatchObject({ hostId: 'H', hostName: 'Host' });
  });
});

describe('roles', () => {
  const member = (userId: string, held: readonly Role[]): Membership => ({
    accountId: 'c',
    userId,
    name: userId,
    email: null,
    roles: held,
    version: 1,
    updatedAt: now,
  });
  const expected: Record<AccountKind, readonly Role[]> = {
    host: ['host_admin', 'finance_lead', 'accountant'],
    collective: ['collective_admin', 'accountant'],
    organisation: ['collective_admin', 'accountant'],
    person: [],
    platform: ['platform_admin'],
  };

  test.each(accountKinds)('a %s knows its own roles only', (kind) => {
    expect(rolesOfKind[kind]).toEqual(expected[kind]);
    const managing = managingRole(kind);
    const others = managing === null ? [] : [member('admin', [managing])];
    for (const role of roles) {
      const decided = decideRoles(account({ kind }), [role], others);
      if (expected[kind].includes(role)) {
        expect(decided).toEqual({ ok: true, value: [role] });
      } else {
        expect(decided).toMatchObject({ refusal: { code: 'validation-failed', errors: [{ pointer: '/roles' }] } });
      }
    }
  });

  test.each(['host', 'collective', 'organisation', 'platform'] as const)('the last admin of a %s stays', (kind) => {
    const managing = managingRole(kind) ?? 'accountant';
    const bystander = member('accountant', ['accountant']);
    expect(decideRoles(account({ kind }), [], [bystander])).toMatchObject({ refusal: { code: 'last-admin' } });
    expect(decideRoles(account({ kind }), [], [bystander, member('other', [managing])]).ok).toBe(true);
  });

  test('a role that is given twice is held once', () => {
    const decided = decideRoles(account(), ['collective_admin', 'collective_admin'], []);
    expect(decided).toEqual({ ok: true, value: ['collective_admin'] });
  });
});

describe('money in suspense', () => {
  const recorded: SuspenseEventData = {
    type: 'recorded',
    record: {
      id: 'sus_1',
      hostId: 'H',
      amount: usd(100),
      date: '2026-03-02',
      reference: null,
      payerName: null,
      note: null,
      createdAt: now,
    },
  };
  const record = applySuspense(undefined, { number: 1, at: now, data: recorded });

  test('what was recorded is open until all of it is attached', () => {
    expect(record).toMatchObject({ status: 'open', remaining: 100, version: 1 });
    const part = applySuspense(record, {
      number: 2,
      at: now,
      data: { type: 'attached_to_intent', intentId: 'pi_1', amount: 40 },
    });
    expect(part).toMatchObject({ status: 'open', remaining: 60, version: 2 });
    const shares = [
      { accountId: 'a', amount: 50 },
      { accountId: 'b', amount: 10 },
    ];
    const whole = applySuspense(part, {
      number: 3,
      at: now,
      data: { type: 'attached_to_accounts', shares, purpose: 'Gifts' },
    });
    expect(whole).toMatchObject({ status: 'attached', remaining: 0, version: 3 });
  });

  test('a history with a gap, or without a beginning, cannot be', () => {
    const data = { type: 'attached_to_intent', intentId: 'pi_1', amount: 40 } as const;
    expect(() => applySuspense(record, { number: 3, at: now, data })).toThrow('cannot follow');
    expect(() => applySuspense(undefined, { number: 2, at: now, data })).toThrow('cannot follow');
  });
});
