/** Nobody learns of what they have no part in, and each side only of its own business (requirements A7, invariant 12). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  changeHosting,
  createAccount,
  findAccountBySlug,
  getAccount,
  getBalances,
  getMember,
  getStatement,
  listMembers,
  putMember,
  updateAccount,
} from '../../shared/application/accounts.ts';
import {
  attachSuspense,
  getApprovalPolicy,
  getBooks,
  getFees,
  getSuspense,
  listSuspense,
  putApprovalPolicy,
  putFees,
  recordSuspense,
  verifyHost,
} from '../../shared/application/hosts.ts';
import { createInvitation, listInvitations, revokeInvitation } from '../../shared/application/invitations.ts';
import {
  getNotificationPreferences,
  putNotificationPreferences,
} from '../../shared/application/notification-preferences.ts';
import {
  getPaymentIntent,
  type IntentCommandInput,
  listPaymentIntentEvents,
  listPaymentIntents,
  verifyPaymentIntent,
} from '../../shared/application/payment-intents.ts';
import type { Answer } from '../../shared/application/request.ts';
import type { EventView, IntentView } from '../../shared/application/views.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { bodyOf, createWorld, expected, type People, receiving, sending, usd, type World } from '../support/world.ts';

let engine: TestEngine;
let world: World;
/** A third host with a team and a collective of its own: people of the system who have nothing to do with A or B. */
let hostC: string;
let collectiveC: string;
let asked: IntentView;
let draft: IntentView;
let pending: IntentView;
let approved: IntentView;
let received: IntentView;
let suspenseId: string;

const nothing = 'pi_01JD8Z5YQW4K6M2N8P0R3T7V9X';

beforeAll(async () => {
  engine = await startEngine();
  world = await createWorld(engine);
  const { people, accounts, deps, meta } = world;
  const account = async (userId: string, given: object): Promise<string> =>
    bodyOf<{ id: string }>(
      await createAccount(deps, meta(userId), {
        kind: 'collective',
        slug: `slug-${Math.random()}`,
        name: 'An account',
        country: null,
        currency: 'USD',
        timeZone: 'UTC',
        email: null,
        ...given,
      }),
    ).id;
  hostC = await account(people.platformAdmin, { kind: 'host', name: 'Host C', adminUserIds: [people.stranger] });
  collectiveC = await account(people.stranger, { name: 'Collective C' });
  expected(await changeHosting(deps, meta(people.stranger), collectiveC, { action: 'apply', hostId: hostC }));
  expected(await changeHosting(deps, meta(people.stranger), collectiveC, { action: 'accept' }));
  expected(await putFees(deps, meta(people.hostAdminB), accounts.hostB, { receivingBasisPoints: 300 }));
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1_000_000));
  suspenseId = bodyOf<{ id: string }>(
    await recordSuspense(deps, meta(people.hostAdminB), accounts.hostB, {
      amount: usd(100),
      date: '2026-03-02',
      reference: null,
      payerName: 'Somebody',
      note: 'Internal',
    }),
  ).id;
  draft = await world.create(people.collectiveAdminA);
  asked = await world.create(people.collectiveAdminB);
  pending = await world.create(people.collectiveAdminA);
  await world.must(people.collectiveAdminA, pending.id, { name: 'submit' });
  approved = await world.approved();
  const { id } = await world.approved();
  await world.must(people.financeA, id, sending({ fee: 5 }));
  received = await world.must(people.financeB, id, receiving(usd(1000)));
});
afterAll(() => engine.stop());

const codeOf = (result: Result<unknown, Refusal>): string => (result.ok ? 'ok' : result.refusal.code);
const idsIn = (result: Result<{ items: readonly { id: string }[] }, Refusal>): readonly string[] =>
  expected(result).items.map(({ id }) => id);

const everyCommand: readonly IntentCommandInput[] = [
  { name: 'edit', purpose: 'Mine now' },
  { name: 'submit' },
  { name: 'approve' },
  { name: 'reject', reason: 'no' },
  { name: 'cancel', reason: null },
  sending(),
  { name: 'settle', date: '2026-03-02' },
  receiving(usd(1)),
  { name: 'acceptShort', reason: 'no', bearer: 'payee' },
  { name: 'reportNotReceived', reason: 'no' },
  { name: 'markReturned', amount: 1, feeLost: 0, bearer: 'payer', reason: 'no', date: '2026-03-02' },
  { name: 'writeOff', reason: 'no', bearer: 'payer' },
  { name: 'sendBack', amount: 1, purpose: 'no', destination: null },
  { name: 'redraft' },
  { name: 'placeHold', reason: 'other', message: null },
  { name: 'liftHold', holdId: 'hold_x' },
];

describe('an intent that one has no part in', () => {
  /** Who has no part in what, besides the stranger who runs a host of their own. */
  const cases: readonly (readonly [keyof People, string, () => string])[] = [
    ...(['stranger', 'platformAdmin', 'outsider'] as const).flatMap((who) => [
      [who, 'a draft', () => draft.id] as const,
      [who, 'what the payee asked', () => asked.id] as const,
      [who, 'a pending request', () => pending.id] as const,
      [who, 'an approved one', () => approved.id] as const,
      [who, 'a received one', () => received.id] as const,
    ]),
    ...(['financeB', 'hostAdminB', 'collectiveAdminB'] as const).flatMap((who) => [
      [who, 'the payer’s draft', () => draft.id] as const,
      [who, 'the payer’s pending request', () => pending.id] as const,
    ]),
    ...(['financeA', 'hostAdminA', 'accountantA', 'collectiveAdminA'] as const).map(
      (who) => [who, 'what the payee has not asked yet', () => asked.id] as const,
    ),
  ];

  test.each(cases)('is for %s, if it is %s, as one that does not exist', async (who, _what, id) => {
    const { deps, people } = world;
    const userId = people[who];
    for (const ask of [getPaymentIntent, listPaymentIntentEvents, verifyPaymentIntent]) {
      expect(await ask(deps, userId, id())).toEqual(await ask(deps, userId, nothing));
    }
    for (const input of everyCommand) {
      const [real, imagined] = [await world.command(userId, id(), input), await world.command(userId, nothing, input)];
      expect(real).toEqual(imagined);
      expect(codeOf(real)).toBe('not-found');
    }
  });

  test('a stale version of it says nothing either', async () => {
    const real = await world.command(world.people.stranger, received.id, { name: 'submit' }, { ifMatch: 1 });
    expect(real).toEqual(await world.command(world.people.stranger, nothing, { name: 'submit' }, { ifMatch: 1 }));
  });
});

describe('lists', () => {
  const listFor = (who: keyof People, query: object) =>
    listPaymentIntents(world.deps, world.people[who], { limit: 100, ...query });

  test('a host’s list is for its team alone, and for others as that of a host that does not exist', async () => {
    const { accounts } = world;
    for (const who of ['stranger', 'platformAdmin', 'financeB', 'collectiveAdminA', 'outsider'] as const) {
      const real = await listFor(who, { host: accounts.hostA });
      expect(real).toEqual(await listFor(who, { host: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X' }));
      expect(codeOf(real)).toBe('not-found');
    }
    for (const who of ['hostAdminA', 'financeA', 'accountantA'] as const) {
      expect(new Set(idsIn(await listFor(who, { host: accounts.hostA })))).toEqual(
        new Set([draft.id, pending.id, approved.id, received.id]),
      );
    }
  });

  test('an account’s list is for its people and its host’s team alone', async () => {
    const { accounts } = world;
    for (const who of ['stranger', 'platformAdmin', 'financeB', 'collectiveAdminB', 'outsider'] as const) {
      const real = await listFor(who, { account: accounts.collectiveA });
      expect(real).toEqual(await listFor(who, { account: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X' }));
      expect(codeOf(real)).toBe('not-found');
    }
  });

  test('each side lists what it may know of, and no more', async () => {
    const { accounts } = world;
    const ofB = new Set([asked.id, approved.id, received.id]);
    for (const who of ['hostAdminB', 'financeB'] as const) {
      expect(new Set(idsIn(await listFor(who, { host: accounts.hostB })))).toEqual(ofB);
    }
    expect(new Set(idsIn(await listFor('collectiveAdminB', { account: accounts.collectiveB })))).toEqual(ofB);
  });

  test('a filter or a cursor does not find what the list does not show', async () => {
    const { accounts } = world;
    for (const query of [
      { status: 'draft' },
      { status: 'pending_approval' },
      { party: accounts.collectiveA },
      { position: { id: draft.id } },
    ]) {
      const found = idsIn(await listFor('financeB', { host: accounts.hostB, direction: 'incoming', ...query }));
      expect(found.filter((id) => id === draft.id || id === pending.id)).toEqual([]);
    }
  });

  test('whoever finds an intent in a list may open it', async () => {
    const { accounts, deps, people, meta } = world;
    // The accountant of a collective, and the team of a host that the collective moves to.
    expected(
      await putMember(deps, meta(people.collectiveAdminA), accounts.collectiveA, people.outsider, {
        roles: ['accountant'],
      }),
    );
    const listed = await listFor('outsider', { account: accounts.collectiveA });
    for (const id of listed.ok ? idsIn(listed) : []) {
      expect([id, codeOf(await getPaymentIntent(deps, people.outsider, id))]).toEqual([id, 'ok']);
    }
    const off = { roles: [] };
    expected(await putMember(deps, meta(people.collectiveAdminA), accounts.collectiveA, people.outsider, off));
  });

  test('a host that a collective moved to does not see what the former host did for it', async () => {
    const { deps, people, meta, accounts } = world;
    const moving = await world.collective('A', 'Moving');
    await world.fund(people.hostAdminA, accounts.hostA, moving, usd(100));
    const { id } = await world.create(people.collectiveAdminA, {
      payerAccountId: moving,
      payeeAccountId: accounts.collectiveA2,
      amount: usd(100),
    });
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    await world.must(people.financeA, id, { name: 'approve' });
    await world.must(people.financeA, id, { name: 'settle', date: '2026-03-02' });
    expected(await changeHosting(deps, meta(people.collectiveAdminA), moving, { action: 'leave' }));
    expected(await changeHosting(deps, meta(people.collectiveAdminA), moving, { action: 'apply', hostId: hostC }));
    expected(await changeHosting(deps, meta(people.stranger), moving, { action: 'accept' }));
    expect(codeOf(await getPaymentIntent(deps, people.stranger, id))).toBe('not-found');
    expect(idsIn(await listFor('stranger', { account: moving }))).toEqual([]);
  });
});

/** The platform's admin knows that an account is there; for everybody else it is not. */
const refusalTo = (who: string): string => (who === 'platformAdmin' ? 'permission-denied' : 'not-found');

describe('accounts and hosts', () => {
  test('of an account that one has no part in, the card that names a payee is all there is', async () => {
    const { deps, people, accounts } = world;
    for (const id of [accounts.collectiveA, accounts.hostA, people.financeA]) {
      const card = bodyOf<Record<string, unknown>>(await getAccount(deps, people.stranger, id));
      const { country, currency, timeZone, email, createdAt, updatedAt } = card;
      expect([country, currency, timeZone, email, createdAt, updatedAt]).toEqual([null, null, null, null, null, null]);
    }
  });

  test('an application to a host is between the two', async () => {
    const { deps, people, meta, accounts } = world;
    const created = await createAccount(deps, meta(people.outsider), {
      kind: 'collective',
      slug: 'applicant',
      name: 'Applicant',
      country: null,
      currency: 'USD',
      timeZone: 'UTC',
      email: null,
    });
    const { id } = bodyOf<{ id: string }>(created);
    expected(await changeHosting(deps, meta(people.outsider), id, { action: 'apply', hostId: accounts.hostA }));
    const statusFor = async (userId: string) =>
      bodyOf<{ hosting: { status: string } }>(await getAccount(deps, userId, id)).hosting.status;
    expect(await statusFor(people.outsider)).toBe('applied');
    expect(await statusFor(people.hostAdminA)).toBe('applied');
    expect(await statusFor(people.hostAdminB)).toBe('none');
    const { items } = bodyOf<{ items: { hosting: { status: string } }[] }>(
      await findAccountBySlug(deps, people.stranger, 'applicant'),
    );
    expect(items).toMatchObject([{ hosting: { status: 'none' } }]);
  });

  test('balances, statements, members and invitations are not for others', async () => {
    const { deps, people, accounts, meta } = world;
    const invitations = new Map<string, { id: string }>();
    for (const id of [accounts.collectiveA, accounts.hostA]) {
      const input = { email: 'somebody@example.org', roles: ['accountant'] as const };
      invitations.set(id, bodyOf(await createInvitation(deps, meta(people.hostAdminA), id, input)));
    }
    for (const who of ['stranger', 'platformAdmin', 'financeB', 'collectiveAdminB'] as const) {
      const userId = people[who];
      for (const id of [accounts.collectiveA, accounts.hostA]) {
        const outcomes = await Promise.all([
          getBalances(deps, userId, id, {}),
          getBalances(deps, userId, id, { at: '2026-03-02T09:00:00.000Z' }),
          getStatement(deps, userId, id, { limit: 10 }),
          listMembers(deps, userId, id, { limit: 10 }),
          getMember(deps, userId, id, people.financeA),
          listInvitations(deps, userId, id, { limit: 10 }),
          createInvitation(deps, meta(userId), id, { email: 'mine@example.org', roles: ['accountant'] }),
          revokeInvitation(deps, meta(userId), id, invitations.get(id)?.id ?? ''),
        ]);
        expect([who, ...outcomes.map(codeOf)]).toEqual([who, ...outcomes.map(() => refusalTo(who))]);
      }
      // A member that exists and one that does not are refused alike.
      expect(await getMember(deps, userId, accounts.hostA, people.financeA)).toEqual(
        await getMember(deps, userId, accounts.hostA, people.outsider),
      );
      // And so are an invitation that exists and one that does not.
      const revoke = (id = '') => revokeInvitation(deps, meta(userId), accounts.hostA, id);
      expect(await revoke(invitations.get(accounts.hostA)?.id)).toEqual(await revoke('inv_01JD8Z5YQW4K6M2N8P0R3T7V9X'));
    }
    for (const [id, { id: invitationId }] of invitations) {
      expect((await deps.store.invitations(id, deps.clock.now(), 10)).items.map((one) => one.id)).toEqual([
        invitationId,
      ]);
    }
  });

  test('an invitation to one account is not found from another, by somebody who may revoke there', async () => {
    const { deps, people, accounts, meta } = world;
    const input = { email: 'somebody@example.org', roles: ['accountant'] as const };
    const { id } = bodyOf<{ id: string }>(await createInvitation(deps, meta(people.hostAdminA), accounts.hostA, input));
    const real = await revokeInvitation(deps, meta(people.hostAdminB), accounts.hostB, id);
    expect(real).toEqual(
      await revokeInvitation(deps, meta(people.hostAdminB), accounts.hostB, 'inv_01JD8Z5YQW4K6M2N8P0R3T7V9X'),
    );
    expect(codeOf(real)).toBe('not-found');
    expect((await deps.store.invitation(id))?.id).toBe(id);
  });

  test('whether somebody has an address here is told by no answer: not to who enters it, and not to who invites it', async () => {
    const { deps, people, meta } = world;
    const shapeOf = (result: Result<Answer, Refusal>): unknown => {
      const { status, body } = expected(result);
      return { status, names: new Set(Object.keys(body as object)) };
    };
    const asked = async (email: string) => [
      shapeOf(
        await createAccount(deps, meta(people.stranger), {
          kind: 'person',
          slug: `slug-${Math.random()}`,
          name: 'Somebody',
          country: null,
          currency: 'USD',
          timeZone: 'UTC',
          email,
        }),
      ),
      shapeOf(await createInvitation(deps, meta(people.stranger), collectiveC, { email, roles: ['accountant'] })),
    ];
    expect(await asked('ada@a.example')).toEqual(await asked('nobody@nowhere.example'));
  });

  test('books, settings, verification and money in suspense are the host’s alone', async () => {
    const { deps, people, accounts, meta } = world;
    for (const who of [
      'stranger',
      'platformAdmin',
      'financeA',
      'hostAdminA',
      'collectiveAdminB',
      'outsider',
    ] as const) {
      const userId = people[who];
      const { hostB } = accounts;
      const outcomes = await Promise.all([
        getBooks(deps, userId, hostB, {}),
        verifyHost(deps, userId, hostB),
        getApprovalPolicy(deps, userId, hostB),
        getFees(deps, userId, hostB),
        putFees(deps, meta(userId), hostB, { receivingBasisPoints: 0 }),
        putApprovalPolicy(deps, meta(userId), hostB, { reviewers: 1 }),
        getNotificationPreferences(deps, userId, hostB),
        // Whether the host knows somebody is not told to those who may not ask.
        putNotificationPreferences(deps, meta(userId), hostB, {
          laterAfterMinutes: 10,
          rules: [
            { userId: people.financeB, choice: 'off' },
            { userId: people.outsider, choice: 'off' },
          ],
        }),
        listSuspense(deps, userId, hostB, { limit: 10 }),
        getSuspense(deps, userId, hostB, suspenseId),
        recordSuspense(deps, meta(userId), hostB, {
          amount: usd(1),
          date: '2026-03-02',
          reference: null,
          payerName: null,
          note: null,
        }),
        attachSuspense(deps, meta(userId), hostB, suspenseId, {
          shares: [{ kind: 'rest', accountId: accounts.collectiveB }],
          purpose: 'x',
        }),
        updateAccount(deps, meta(userId), hostB, { name: 'Mine' }),
        putMember(deps, meta(userId), hostB, userId, { roles: ['host_admin'] }),
      ]);
      expect([who, ...outcomes.map(codeOf)]).toEqual([who, ...outcomes.map(() => refusalTo(who))]);
      expect(await getSuspense(deps, userId, hostB, suspenseId)).toEqual(
        await getSuspense(deps, userId, hostB, 'sus_01JD8Z5YQW4K6M2N8P0R3T7V9X'),
      );
    }
  });

  test('another host’s money in suspense is for one’s own receipt as if it did not exist', async () => {
    const { people, accounts, deps, meta } = world;
    const own = await recordSuspense(deps, meta(people.hostAdminA), accounts.hostA, {
      amount: usd(50),
      date: '2026-03-02',
      reference: null,
      payerName: null,
      note: null,
    });
    const { id: ofA } = bodyOf<{ id: string }>(own);
    const { id } = await world.sent();
    const taking = (fromSuspense: string) => world.command(people.financeB, id, receiving(usd(50), { fromSuspense }));
    const real = await taking(ofA);
    expect(real).toEqual(await taking('sus_01JD8Z5YQW4K6M2N8P0R3T7V9X'));
    expect(codeOf(real)).toBe('validation-failed');
    const attached = await attachSuspense(deps, meta(people.hostAdminB), accounts.hostB, ofA, {
      shares: [{ kind: 'rest', accountId: accounts.collectiveB }],
      purpose: 'x',
    });
    expect(codeOf(attached)).toBe('not-found');
  });

  test('nobody creates an intent for a payer or a payee that is not theirs', async () => {
    const { people, accounts } = world;
    for (const who of ['stranger', 'platformAdmin', 'outsider', 'accountantA'] as const) {
      await expect(world.create(people[who])).rejects.toThrow('permission-denied');
    }
    // The payee's host does not ask another host's collective for money on its own.
    await expect(world.create(people.financeB)).rejects.toThrow('permission-denied');
    await expect(
      world.create(people.stranger, { payerAccountId: accounts.collectiveA, payeeAccountId: accounts.hostA }),
    ).rejects.toThrow('permission-denied');
  });
});

describe('of what both sides know, each side’s own business stays its own', () => {
  let id: string;
  let payerTeam: readonly string[];
  let payeeTeam: readonly string[];

  beforeAll(async () => {
    const { people, accounts, deps, meta } = world;
    payerTeam = [people.collectiveAdminA, people.financeA, people.finance2A, people.hostAdminA, people.accountantA];
    payeeTeam = [people.collectiveAdminB, people.financeB, people.hostAdminB];
    expected(await putApprovalPolicy(deps, meta(people.hostAdminA), accounts.hostA, { reviewers: 2 }));
    const created = await world.create(people.collectiveAdminA, {
      amount: { amount: 860, currency: 'EUR' },
      costLimit: usd(1234),
    });
    id = created.id;
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    await world.must(people.financeA, id, { name: 'placeHold', reason: 'paperwork', message: 'Secret of host A' });
    const { holds } = bodyOf<IntentView>(await getPaymentIntent(deps, people.financeA, id));
    await world.must(people.financeA, id, { name: 'approve' });
    await world.must(people.financeA, id, { name: 'liftHold', holdId: holds[0]?.id ?? '' });
    await world.must(people.hostAdminA, id, { name: 'approve' });
    await world.must(people.financeA, id, sending({ amount: usd(1000), fee: 7, feeBearer: 'payer_host' }));
    const over = await recordSuspense(deps, meta(people.financeB), accounts.hostB, {
      amount: { amount: 860, currency: 'EUR' },
      date: '2026-03-02',
      reference: null,
      payerName: null,
      note: null,
    });
    await world.must(
      people.financeB,
      id,
      receiving({ amount: 860, currency: 'EUR' }, { fromSuspense: bodyOf<{ id: string }>(over).id }),
    );
    expected(await putApprovalPolicy(deps, meta(people.hostAdminA), accounts.hostA, { reviewers: 1 }));
  });

  const viewFor = async (userId: string): Promise<IntentView> =>
    bodyOf<IntentView>(await getPaymentIntent(world.deps, userId, id));
  const eventsFor = async (userId: string): Promise<readonly EventView[]> =>
    bodyOf<{ items: readonly EventView[] }>(await listPaymentIntentEvents(world.deps, userId, id)).items;
  const mentions = (value: unknown, texts: readonly string[]): readonly string[] => {
    const text = JSON.stringify(value);
    return texts.filter((one) => text.includes(one));
  };

  test('the payer’s side sees its approvals, its limit, its fee, its people', async () => {
    const view = await viewFor(world.people.financeA);
    expect(view).toMatchObject({
      costLimit: usd(1234),
      policy: { steps: [{ approvals: 2 }] },
      send: { fee: 7, feeBearer: 'payer_host' },
    });
    expect(view.approvals).toHaveLength(2);
    expect(view.author.userId).toBe(world.people.collectiveAdminA);
    expect(mentions([view, await eventsFor(world.people.financeA)], payeeTeam)).toEqual([]);
  });

  test.each(['financeB', 'hostAdminB', 'collectiveAdminB'] as const)('to %s none of it is shown', async (who) => {
    const view = await viewFor(world.people[who]);
    expect(view).toMatchObject({
      status: 'received',
      costLimit: null,
      policy: null,
      approvals: [],
      holds: [],
      reserved: null,
      currentStep: null,
    });
    expect(view.send).toMatchObject({ amount: usd(1000), fee: null, feeBearer: null, by: null });
    expect(view.author).toEqual({ side: 'payer', userId: null });
    expect(mentions(view, [...payerTeam, '1234', 'Secret of host A', 'paperwork'])).toEqual([]);
    const events = await eventsFor(world.people[who]);
    expect(events.map(({ type }) => type)).toEqual(['created', 'submitted', 'approved', 'sent', 'receipt_confirmed']);
    expect(mentions(events, [...payerTeam, world.accounts.collectiveA, '1234'])).toEqual([]);
  });

  test('the payee’s side sees its fee and where the money came from', async () => {
    const view = await viewFor(world.people.financeB);
    expect(view.receipts).toMatchObject([{ hostFee: 25, by: world.people.financeB }]);
    expect(view.receipts[0]?.fromSuspense).toMatch(/^sus_/);
  });

  test.each(['financeA', 'hostAdminA', 'accountantA', 'collectiveAdminA'] as const)(
    'to %s none of it is shown',
    async (who) => {
      const view = await viewFor(world.people[who]);
      expect(view.receipts).toMatchObject([
        { amount: { amount: 860, currency: 'EUR' }, excess: null, hostFee: null, fromSuspense: null, by: null },
      ]);
      const events = await eventsFor(world.people[who]);
      expect(events.length).toBe(8);
      expect(mentions([view, events], [...payeeTeam, 'sus_', 'fees:host'])).toEqual([]);
    },
  );

  test('of the postings each side sees its own host’s and those between the hosts', async () => {
    const books = async (userId: string) =>
      new Set((await eventsFor(userId)).flatMap(({ postings }) => postings.map(({ book }) => book)));
    expect(await books(world.people.financeA)).toEqual(new Set([world.accounts.hostA, 'network']));
    expect(await books(world.people.financeB)).toEqual(new Set([world.accounts.hostB, 'network']));
  });

  test('who asked on the payee’s side is not told to the payer’s', async () => {
    const { people, deps } = world;
    const request = await world.create(people.collectiveAdminB);
    await world.must(people.collectiveAdminB, request.id, { name: 'submit' });
    const seenBy = async (userId: string) => [
      bodyOf(await getPaymentIntent(deps, userId, request.id)),
      bodyOf(await listPaymentIntentEvents(deps, userId, request.id)),
    ];
    expect(mentions(await seenBy(people.financeA), payeeTeam)).toEqual([]);
    expect(mentions(await seenBy(people.financeB), [people.collectiveAdminB])).toEqual([people.collectiveAdminB]);
  });

  test('who confirmed at the payer’s host that money came back is not told to the payee’s', async () => {
    const { people, deps } = world;
    const { id: original } = await world.sent();
    await world.must(people.financeB, original, receiving(usd(1000)));
    const back = await world.must(people.financeB, original, {
      name: 'sendBack',
      amount: 100,
      purpose: 'Too much',
      destination: { method: 'bank_account', label: 'Host A' },
    });
    await world.must(people.financeB, back.id, { name: 'submit' });
    await world.must(people.hostAdminB, back.id, { name: 'approve' });
    await world.must(people.financeB, back.id, sending());
    await world.must(people.financeA, back.id, receiving(usd(100)));
    const seen = [
      bodyOf(await getPaymentIntent(deps, people.financeB, original)),
      bodyOf(await listPaymentIntentEvents(deps, people.financeB, original)),
    ];
    expect(mentions(seen, payerTeam)).toEqual([]);
    const ofA = bodyOf<{ items: EventView[] }>(await listPaymentIntentEvents(deps, people.financeA, original));
    expect(ofA.items.at(-1)).toMatchObject({ type: 'reversed', actor: { userId: people.financeA } });
  });

  test('a collective that is paid by another of its own host does not see the other’s part of the book', async () => {
    const { people, accounts, deps, meta } = world;
    expected(
      await putMember(deps, meta(people.hostAdminA), accounts.collectiveA2, people.outsider, {
        roles: ['collective_admin'],
      }),
    );
    const { id: inside } = await world.approved({ payeeAccountId: accounts.collectiveA2 });
    await world.must(people.financeA, inside, { name: 'settle', date: '2026-03-02' });
    const { items } = bodyOf<{ items: EventView[] }>(await listPaymentIntentEvents(deps, people.outsider, inside));
    const ofPayer = items
      .flatMap(({ postings }) => postings)
      .filter((posting) => 'accountId' in posting && posting.accountId === accounts.collectiveA);
    expect(ofPayer).toEqual([]);
  });

  test('a new payee does not learn of a request that was approved for somebody else', async () => {
    const { people, deps } = world;
    const { id: redirected } = await world.approved();
    await world.must(people.collectiveAdminA, redirected, { name: 'edit', payeeAccountId: collectiveC });
    expect(codeOf(await getPaymentIntent(deps, people.stranger, redirected))).toBe('not-found');
    await world.must(people.financeA, redirected, { name: 'approve' });
    expect(codeOf(await getPaymentIntent(deps, people.stranger, redirected))).toBe('ok');
    expect(codeOf(await getPaymentIntent(deps, people.financeB, redirected))).toBe('not-found');
  });
});
