import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OperationId } from '../../shared/http/route-table.ts';
import type { AnswerOf } from '../../shared/http/routes.ts';
import { type Api, type CallOptions, startApi } from '../support/http.ts';
import { bankDate, createHttpWorld, type HttpWorld, usd } from '../support/http-world.ts';

let api: Api;
let world: HttpWorld;
let giver: string;

beforeAll(async () => {
  api = await startApi();
  world = await createHttpWorld(api);
  giver = await api.person('Gwen');
});

afterAll(() => api.stop());

type Contribution = AnswerOf<'getContribution'>;
type Hold = AnswerOf<'getAccountHold'>;

const secretReference = 'ok:a-reference-that-nobody-sees';
let methods = 0;

async function card(owner: string, given: object = {}): Promise<string> {
  methods += 1;
  const body = { processor: 'test', chargedBy: 'us', reference: `${secretReference}-${methods}`, label: 'A test card' };
  const added = await api.ok('addPaymentMethod', {
    as: owner,
    params: { accountId: owner },
    body: { ...body, ...given },
  });
  return added.id;
}

const bank = { processor: 'bank_transfer', chargedBy: 'contributor', reference: null, label: 'My bank' };

const agreement = (collectiveAccountId: string, paymentMethodId: string, given: object = {}) => ({
  contributorAccountId: giver,
  collectiveAccountId,
  amount: usd(1000),
  interval: 'month',
  paymentMethodId,
  ...given,
});

async function give(collectiveAccountId: string, given: object = {}): Promise<Contribution> {
  const body = agreement(collectiveAccountId, await card(giver), given);
  return api.ok('createContribution', { as: giver, body });
}

const look = (as: string, contributionId: string): Promise<Contribution> =>
  api.ok('getContribution', { as, params: { contributionId } });

const preview = (as: string, accountId: string) => api.ok('previewAccountHold', { as, params: { accountId } });

/** Pauses all recurring contributions, as somebody does who has just seen what it would do. */
async function pause(as: string, accountId: string, given: object = {}, options: CallOptions = {}): Promise<Hold> {
  const { fingerprint } = await preview(as, accountId);
  return api.ok('placeAccountHold', {
    as,
    params: { accountId },
    body: { reason: 'paperwork', fingerprint, ...given },
    ...options,
  });
}

const lift = (as: string, { id: holdId }: Pick<Hold, 'id'>) => api.ok('liftAccountHold', { as, params: { holdId } });

let collectives = 0;

/** A collective of host A of its own, so that tests do not see each other's pauses. */
async function collective(): Promise<string> {
  const { people, accounts } = world;
  collectives += 1;
  const body = { kind: 'collective', slug: `pausable-${collectives}`, name: 'Pausable', currency: 'USD' };
  const { id: accountId } = await api.ok('createAccount', { as: people.collectiveAdminA, body });
  const params = { accountId };
  await api.ok('changeHosting', {
    as: people.collectiveAdminA,
    params,
    body: { action: 'apply', hostId: accounts.hostA },
  });
  await api.ok('changeHosting', { as: people.adminA, params, body: { action: 'accept' } });
  return accountId;
}

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

describe('pausing', () => {
  test('a host pauses what a person gives, and it is shown by whom, since when, why and until when', async () => {
    const { people, accounts } = world;
    const fees = { as: people.adminA, params: { hostId: accounts.hostA } };
    await api.ok('putFees', { ...fees, body: { receivingBasisPoints: 0, contributionBasisPoints: 1000 } });
    expect(await api.ok('getFees', fees)).toMatchObject({ contributionBasisPoints: 1000 });
    // Left out, it stays as it is.
    await api.ok('putFees', { ...fees, body: { receivingBasisPoints: 0 } });
    expect(await api.ok('getFees', fees)).toMatchObject({ contributionBasisPoints: 1000 });

    const accountId = await collective();
    const paymentMethodId = await card(giver);
    const made = await api.call('createContribution', { as: giver, body: agreement(accountId, paymentMethodId) });
    const { id } = made.body as Contribution;
    expect(made.headers.location).toBe(`/v1/contributions/${id}`);
    expect(await look(giver, id)).toMatchObject({ status: 'active', paused: { isPaused: false, holds: [] } });

    const seen = await preview(people.financeA, accountId);
    expect(seen).toMatchObject({
      contributions: 1,
      monthly: [{ currency: 'USD', amount: 1000 }],
      processors: [{ processor: 'test', contributions: 1 }],
      told: { contributors: 1, collectiveAdmins: 1 },
    });
    await give(accountId);
    const place = { as: people.financeA, params: { accountId } };
    const until = inDays(30);
    const body = { reason: 'information_needed', message: 'We wait for a report.', until };
    const outdated = await api.refused('placeAccountHold', {
      ...place,
      body: { ...body, fingerprint: seen.fingerprint },
    });
    expect(outdated).toMatchObject({ type: '/problems/preview-outdated', contributions: 2 });
    expect(await api.refused('placeAccountHold', { ...place, body })).toMatchObject({
      type: '/problems/preview-outdated',
    });
    expect((await look(giver, id)).paused.isPaused).toBe(false);

    const hold = await pause(people.financeA, accountId, body);
    expect(hold).toMatchObject({ status: 'active', level: 'recurring_in', owner: 'host', underWay: 0 });
    const shown = {
      id: hold.id,
      accountId,
      owner: 'host',
      reason: 'information_needed',
      message: 'We wait for a report.',
      from: hold.from,
      until,
    };
    for (const as of [giver, people.adminA, people.collectiveAdminA]) {
      expect((await look(as, id)).paused).toEqual({ isPaused: true, isElsewhere: false, holds: [shown] });
    }
    const { items } = await api.ok('listContributions', { as: giver, query: { contributor: giver } });
    expect(items.find((item) => item.id === id)?.paused).toEqual({
      isPaused: true,
      isElsewhere: false,
      holds: [shown],
    });
    // Pausing is not cancelling: everything stays as it was agreed.
    expect(await look(giver, id)).toMatchObject({
      status: 'active',
      version: 1,
      paymentMethod: { id: paymentMethodId },
    });

    const wrong = await api.refused('liftAccountHold', { as: people.collectiveAdminA, params: { holdId: hold.id } });
    expect(wrong).toMatchObject({ type: '/problems/not-hold-owner', status: 403 });
    const own = await pause(people.collectiveAdminA, accountId, { reason: 'other' });
    expect(own.owner).toBe('collective');
    expect(await lift(people.adminA, hold)).toMatchObject({ status: 'lifted', lifted: { how: 'lifted' } });
    expect((await look(giver, id)).paused).toMatchObject({
      isPaused: true,
      holds: [{ id: own.id, owner: 'collective' }],
    });
    await lift(people.collectiveAdminA, own);
    expect((await look(giver, id)).paused).toEqual({ isPaused: false, isElsewhere: false, holds: [] });
    const over = await api.refused('liftAccountHold', { as: people.financeA, params: { holdId: hold.id } });
    expect(over).toMatchObject({ type: '/problems/hold-over', status: 409 });
    const holds = await api.ok('listAccountHolds', { as: people.adminA, params: { accountId } });
    expect(holds.items.map((item) => [item.id, item.status])).toEqual([
      [own.id, 'lifted'],
      [hold.id, 'lifted'],
    ]);

    const canceled = await api.ok('cancelContribution', {
      as: giver,
      params: { contributionId: id },
      body: { reason: 'Moving on.' },
    });
    expect(canceled).toMatchObject({ status: 'canceled', canceled: { reason: 'Moving on.' }, nextChargeAt: null });
    const history = await api.ok('listContributionEvents', { as: giver, params: { contributionId: id } });
    expect(history.items.map(({ type }) => type)).toEqual(['created', 'canceled']);
  });

  test('what is paused is not paused again by the same owner, and can be by another', async () => {
    const { people } = world;
    const accountId = await collective();
    await pause(people.adminA, accountId);
    const { fingerprint } = await preview(people.financeA, accountId);
    const again = { as: people.financeA, params: { accountId }, body: { reason: 'other', fingerprint } };
    expect(await api.refused('placeAccountHold', again)).toMatchObject({
      type: '/problems/already-on-hold',
      status: 409,
    });
    expect((await pause(people.collectiveAdminA, accountId)).owner).toBe('collective');
    expect((await pause(people.platformAdmin, accountId)).owner).toBe('platform');
  });

  test('while a collective is paused nobody starts what recurs, and to give once stays open unless that is held too', async () => {
    const { people } = world;
    const accountId = await collective();
    await pause(people.adminA, accountId);
    const paymentMethodId = await card(giver);
    const refused = await api.refused('createContribution', { as: giver, body: agreement(accountId, paymentMethodId) });
    expect(refused).toMatchObject({ type: '/problems/on-hold', detail: expect.stringContaining('host') });
    expect(await give(accountId, { interval: 'once' })).toMatchObject({ paused: { isPaused: false } });
    const hold = await api.ok('placeAccountHold', {
      as: people.adminA,
      params: { accountId },
      body: { level: 'new_in', reason: 'other' },
    });
    const once = { as: giver, body: agreement(accountId, paymentMethodId, { interval: 'once' }) };
    expect(await api.refused('createContribution', once)).toMatchObject({ type: '/problems/on-hold' });
    await lift(people.financeA, hold);
    await api.ok('createContribution', once);
  });

  test('a host’s own hold pauses everything that it holds money for', async () => {
    const { people, accounts } = world;
    const { id } = await give(accounts.collectiveB);
    const hold = await pause(people.financeB, accounts.hostB);
    const { paused } = await look(giver, id);
    expect(paused).toMatchObject({ isPaused: true, holds: [{ accountId: accounts.hostB, owner: 'host' }] });
    const refused = await api.refused('liftAccountHold', { as: people.collectiveAdminB, params: { holdId: hold.id } });
    expect(refused.type).toBe('/problems/not-found');
    await lift(people.adminB, hold);
    expect((await look(giver, id)).paused.isPaused).toBe(false);
  });

  test('chosen contributions are paused by the host, or by who gives them, and others go on', async () => {
    const { people } = world;
    const accountId = await collective();
    const [one, other] = [await give(accountId), await give(accountId)];
    const body = { reason: 'paperwork', contributionIds: [one.id] };
    const place = { as: people.financeA, params: { accountId }, body };
    const hold = await api.ok('placeAccountHold', place);
    expect(hold).toMatchObject({ contributionIds: [one.id], owner: 'host' });
    expect((await look(giver, one.id)).paused).toMatchObject({
      isPaused: true,
      holds: [{ accountId: null, id: hold.id }],
    });
    expect((await look(giver, other.id)).paused.isPaused).toBe(false);
    expect(await preview(people.financeA, accountId)).toMatchObject({ contributions: 1, alreadyHeld: 1 });
    expect(await api.refused('placeAccountHold', place)).toMatchObject({
      type: '/problems/validation-failed',
      errors: [{ pointer: '/contributionIds/0', detail: 'You hold it already.' }],
    });
    const own = await api.ok('placeAccountHold', {
      as: giver,
      params: { accountId: giver },
      body: { reason: 'other', contributionIds: [one.id, other.id] },
    });
    expect(own.owner).toBe('contributor');
    // Neither sees the other's hold as a thing of their own.
    expect(await api.refused('liftAccountHold', { as: giver, params: { holdId: hold.id } })).toMatchObject({
      type: '/problems/not-found',
    });
    expect(await api.refused('liftAccountHold', { as: people.adminA, params: { holdId: own.id } })).toMatchObject({
      type: '/problems/not-found',
    });
    await lift(people.adminA, hold);
    expect((await look(giver, one.id)).paused.holds.map(({ id }) => id)).toEqual([own.id]);
    await lift(giver, own);
    expect((await look(giver, one.id)).paused.isPaused).toBe(false);
  });

  test('as many contributions as a request may name are paused and resumed at once, each of another collective', async () => {
    const { accounts } = world;
    const ids: string[] = [];
    for (let count = 0; count < 24; count += 1) {
      const collectiveAccountId = count < 20 ? await collective() : accounts.collectiveB;
      ids.push((await give(collectiveAccountId)).id);
    }
    const hold = await api.ok('placeAccountHold', {
      as: giver,
      params: { accountId: giver },
      body: { reason: 'other', contributionIds: ids },
    });
    expect((await look(giver, ids[23] ?? '')).paused.isPaused).toBe(true);
    await lift(giver, hold);
    expect((await look(giver, ids[0] ?? '')).paused.isPaused).toBe(false);
  }, 60_000);

  test('a contribution of somebody else’s is not among what is chosen', async () => {
    const { people, accounts } = world;
    const elsewhere = await give(accounts.collectiveB);
    for (const [as, accountId] of [
      [people.adminA, accounts.hostA],
      [people.stranger, people.stranger],
    ] as const) {
      const problem = await api.refused('placeAccountHold', {
        as,
        params: { accountId },
        body: { reason: 'other', contributionIds: [elsewhere.id] },
      });
      expect(problem.errors).toEqual([
        { pointer: '/contributionIds/0', detail: 'The account has no such contribution.' },
      ]);
    }
  });

  test('a contributor pauses by name only, and nobody holds what is not theirs to hold', async () => {
    const { people, accounts } = world;
    const accountId = await collective();
    const body = { reason: 'other' };
    const all = await api.refused('placeAccountHold', { as: giver, params: { accountId: giver }, body });
    expect(all.errors).toMatchObject([{ pointer: '/contributionIds' }]);
    const level = await api.refused('placeAccountHold', {
      as: people.collectiveAdminA,
      params: { accountId },
      body: { ...body, level: 'out' },
    });
    expect(level.errors).toMatchObject([{ pointer: '/level' }]);
    const named = { as: people.collectiveAdminA, params: { accountId }, body: { ...body, owner: 'host' } };
    expect(await api.refused('placeAccountHold', named)).toMatchObject({ type: '/problems/permission-denied' });
    const foreign = { params: { accountId: accounts.collectiveB }, body };
    for (const as of [people.adminA, people.collectiveAdminA, giver]) {
      expect(await api.refused('placeAccountHold', { as, ...foreign })).toMatchObject({ type: '/problems/not-found' });
    }
  });

  test('a pause does not end in the past, and a contribution does not begin there', async () => {
    const { people } = world;
    const accountId = await collective();
    const { fingerprint } = await preview(people.adminA, accountId);
    const place = { as: people.adminA, params: { accountId } };
    const past = await api.refused('placeAccountHold', {
      ...place,
      body: { reason: 'other', fingerprint, until: inDays(-1) },
    });
    expect(past.errors).toMatchObject([{ pointer: '/until' }]);
    const body = agreement(accountId, await card(giver), { startsOn: '2020-01-31' });
    const begun = await api.refused('createContribution', { as: giver, body });
    expect(begun.errors).toMatchObject([{ pointer: '/startsOn' }]);
    const later = await give(accountId, { startsOn: inDays(40).slice(0, 10) });
    expect(later.nextChargeAt?.slice(0, 10)).toBe(inDays(40).slice(0, 10));
  });

  test('a pause that is asked for again with the same key is placed once', async () => {
    const { people } = world;
    const accountId = await collective();
    const { fingerprint } = await preview(people.adminA, accountId);
    const options = {
      as: people.adminA,
      params: { accountId },
      body: { reason: 'other', fingerprint },
      key: 'pause-once',
    };
    const first = await api.call('placeAccountHold', options);
    const again = await api.call('placeAccountHold', options);
    expect(first.status).toBe(201);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.body).toEqual(first.body);
    const other = await api.refused('placeAccountHold', { ...options, body: { reason: 'paperwork', fingerprint } });
    expect(other.type).toBe('/problems/idempotency-key-reused');
    const lifting = { as: people.adminA, params: { holdId: (first.body as Hold).id }, key: 'lift-once' };
    const lifted = await api.call('liftAccountHold', lifting);
    expect((await api.call('liftAccountHold', lifting)).body).toEqual(lifted.body);
  });
});

describe('contributions', () => {
  test('only who speaks for an account promises its money, with its own payment methods', async () => {
    const { people, accounts } = world;
    const paymentMethodId = await card(giver);
    const body = agreement(accounts.collectiveA2, paymentMethodId);
    const unknown = agreement(accounts.collectiveA2, paymentMethodId, {
      contributorAccountId: 'acc_0000000000000000000000000Z',
    });
    const [others, nobodys] = await Promise.all([
      api.refused('createContribution', { as: people.stranger, body }),
      api.refused('createContribution', { as: people.stranger, body: unknown }),
    ]);
    expect(others.errors).toEqual([
      { pointer: '/contributorAccountId', detail: expect.stringContaining('No such person') },
    ]);
    // Whether there is such an account is not told.
    expect(others.errors).toEqual(nobodys.errors);
    const borrowed = { ...body, contributorAccountId: people.stranger };
    expect((await api.refused('createContribution', { as: people.stranger, body: borrowed })).errors).toMatchObject([
      { pointer: '/paymentMethodId' },
    ]);
    const { id: contributionId } = await give(accounts.collectiveA2);
    const elsewhere = { paymentMethodId: await card(people.stranger) };
    const updated = { as: giver, params: { contributionId }, body: elsewhere };
    expect((await api.refused('updatePaymentMethod', updated)).errors).toMatchObject([{ pointer: '/paymentMethodId' }]);
  });

  test('a subscription pays for one contribution', async () => {
    const { accounts } = world;
    const paymentMethodId = await card(giver, { chargedBy: 'processor' });
    const body = agreement(accounts.collectiveA2, paymentMethodId);
    expect(await api.ok('createContribution', { as: giver, body })).toMatchObject({
      processor: { observed: 'running', pending: null },
      nextChargeAt: null,
    });
    expect((await api.refused('createContribution', { as: giver, body })).errors).toMatchObject([
      { pointer: '/paymentMethodId' },
    ]);
    const once = { ...body, interval: 'once' };
    expect((await api.refused('createContribution', { as: giver, body: once })).errors).toMatchObject([
      { pointer: '/paymentMethodId' },
    ]);
  });

  test('the contributor pays in another way under the version that was read, whatever holds there are', async () => {
    const { people } = world;
    const accountId = await collective();
    const { id: contributionId, version } = await give(accountId, {
      paymentMethodId: await card(giver, { chargedBy: 'processor' }),
    });
    await pause(people.adminA, accountId);
    expect((await look(giver, contributionId)).processor).toMatchObject({ pending: 'pausing' });
    const params = { contributionId };
    const body = { paymentMethodId: await card(giver) };
    const changed = await api.ok('updatePaymentMethod', { as: giver, params, body, ifMatch: version });
    expect(changed).toMatchObject({ paymentMethod: { id: body.paymentMethodId }, paused: { isPaused: true } });
    const stale = await api.refused('updatePaymentMethod', { as: giver, params, body, ifMatch: version });
    expect(stale).toMatchObject({ type: '/problems/version-conflict', currentVersion: version + 1 });
    // Another one is possible while the subscription is still to be ended at its processor.
    await api.ok('updatePaymentMethod', { as: giver, params, body: { paymentMethodId: await card(giver) } });
    const byHost = await api.refused('updatePaymentMethod', { as: people.adminA, params, body });
    expect(byHost).toMatchObject({ type: '/problems/permission-denied' });
    await api.ok('cancelContribution', { as: people.adminA, params, body: { reason: 'It is over.' } });
    for (const [operation, said] of [
      ['updatePaymentMethod', body],
      ['cancelContribution', { reason: 'Again.' }],
      ['takeUpContribution', {}],
    ] as const) {
      expect(await api.refused(operation, { as: giver, params, body: said })).toMatchObject({
        type: '/problems/transition-not-allowed',
        currentStatus: 'canceled',
      });
    }
  });

  test('a period that is not expected cannot be confirmed, nor by anybody but the host', async () => {
    const { people } = world;
    const accountId = await collective();
    const { id: contributionId } = await give(accountId, { paymentMethodId: await card(giver, bank) });
    const body = { period: bankDate, amount: usd(1000), date: bankDate, reference: 'BACKER 1' };
    const asked = { params: { contributionId }, body };
    const unexpected = await api.refused('confirmPeriod', { as: people.financeA, ...asked });
    expect(unexpected.errors).toEqual([{ pointer: '/period', detail: 'Expected are: none.' }]);
    for (const as of [giver, people.collectiveAdminA]) {
      expect(await api.refused('confirmPeriod', { as, ...asked })).toMatchObject({
        type: '/problems/permission-denied',
      });
    }
    const future = { ...body, date: inDays(3).slice(0, 10) };
    const dated = await api.refused('confirmPeriod', { as: people.financeA, params: { contributionId }, body: future });
    expect(dated.errors).toMatchObject([{ pointer: '/date' }]);
  });

  test('a list is of one contributor, one collective or one host, newest first and in pages', async () => {
    const { people, accounts } = world;
    const accountId = await collective();
    const made = [await give(accountId), await give(accountId), await give(accountId)].map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: AnswerOf<'listContributions'> = await api.ok('listContributions', {
        as: people.collectiveAdminA,
        query: { collective: accountId, limit: 2, ...(cursor === null ? {} : { cursor }) },
      });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(made.toReversed());
    const ofHost = await api.ok('listContributions', { as: people.financeA, query: { host: accounts.hostA } });
    expect(ofHost.items.map(({ id }) => id)).toEqual(expect.arrayContaining(made));
    const setAside = await api.ok('listContributions', {
      as: people.financeA,
      query: { host: accounts.hostA, setAside: 'true' },
    });
    expect(setAside.items).toEqual([]);
    for (const [query, pointer] of [
      [{}, '/host'],
      [{ host: accounts.hostA, collective: accountId }, '/host'],
      [{ collective: accountId, setAside: 'true' }, '/setAside'],
    ] as const) {
      const problem = await api.refused('listContributions', { as: people.adminA, query });
      expect(problem.errors).toMatchObject([{ pointer }]);
    }
  });

  test('an agreement that is sent again with the same key is made once', async () => {
    const { accounts } = world;
    const options = { as: giver, body: agreement(accounts.collectiveA2, await card(giver)), key: 'agree-once' };
    const first = await api.call('createContribution', options);
    const again = await api.call('createContribution', options);
    expect(again.body).toEqual(first.body);
    expect(again.headers['idempotency-replayed']).toBe('true');
  });

  test('a payment method says what the processor needs, is listed without it, and can be removed', async () => {
    const params = { accountId: giver };
    const hostAccountId = world.accounts.hostA;
    for (const [body, pointer] of [
      [{ processor: 'paypal', chargedBy: 'us', reference: 'x', label: 'x' }, '/chargedBy'],
      [{ processor: 'test', chargedBy: 'us', label: 'x' }, '/reference'],
      [
        { processor: 'stripe', chargedBy: 'us', reference: 'pm_1', payerReference: 'cus_1', label: 'x' },
        '/hostAccountId',
      ],
      [{ processor: 'stripe', hostAccountId, chargedBy: 'us', reference: 'pm_1', label: 'x' }, '/payerReference'],
      [
        { processor: 'stripe', hostAccountId, chargedBy: 'us', reference: 'pm_1', payerReference: 'c', label: 'x' },
        '/processor',
      ],
      [{ processor: 'test', chargedBy: 'us', reference: 'nosuchscript', label: 'x' }, '/reference'],
      [{ processor: 'test', hostAccountId, chargedBy: 'us', reference: 'ok', label: 'x' }, '/hostAccountId'],
      [{ ...bank, reference: 'x' }, '/reference'],
    ] as const) {
      const problem = await api.refused('addPaymentMethod', { as: giver, params, body });
      expect(problem.errors).toMatchObject([{ pointer }]);
    }
    const paymentMethodId = await card(giver);
    const { items } = await api.ok('listPaymentMethods', { as: giver, params, query: { limit: 100 } });
    expect(items.map(({ id }) => id)).toContain(paymentMethodId);
    const one = { as: giver, params: { ...params, paymentMethodId } };
    expect(await api.ok('removePaymentMethod', one)).toMatchObject({ id: paymentMethodId });
    expect(await api.refused('removePaymentMethod', one)).toMatchObject({ type: '/problems/not-found' });
  });
});

describe('who has no part in it', () => {
  test('is answered like for what is not there, on every one of these resources, and is shown nothing in lists', async () => {
    const { people } = world;
    const accountId = await collective();
    const { id: contributionId } = await give(accountId);
    const paymentMethodId = await card(giver);
    const hold = await pause(people.adminA, accountId);
    const outsiders = [people.stranger, people.adminB, people.financeB, people.collectiveAdminB];
    const paying = { paymentMethodId };
    const period = { period: bankDate, amount: usd(1000), date: bankDate };
    const asked: readonly (readonly [OperationId, CallOptions])[] = [
      ['getContribution', { params: { contributionId } }],
      ['listContributionEvents', { params: { contributionId } }],
      ['cancelContribution', { params: { contributionId }, body: { reason: 'x' } }],
      ['updatePaymentMethod', { params: { contributionId }, body: paying }],
      ['takeUpContribution', { params: { contributionId } }],
      ['confirmPeriod', { params: { contributionId }, body: period }],
      ['listContributions', { query: { contributor: giver } }],
      ['listContributions', { query: { collective: accountId } }],
      ['listContributions', { query: { host: world.accounts.hostA } }],
      ['addPaymentMethod', { params: { accountId: giver }, body: bank }],
      ['listPaymentMethods', { params: { accountId: giver } }],
      ['removePaymentMethod', { params: { accountId: giver, paymentMethodId } }],
      ['previewAccountHold', { params: { accountId } }],
      ['placeAccountHold', { params: { accountId }, body: { reason: 'other' } }],
      ['listAccountHolds', { params: { accountId } }],
      ['getAccountHold', { params: { holdId: hold.id } }],
      ['liftAccountHold', { params: { holdId: hold.id } }],
    ];
    const before = await api.contents();
    for (const [operation, options] of asked) {
      for (const as of outsiders) {
        const { status, body } = await api.call(operation, { ...options, as });
        expect([operation, status, (body as { type?: string }).type]).toEqual([operation, 404, '/problems/not-found']);
      }
    }
    expect(await api.contents()).toEqual(before);
    const own = await api.ok('listContributions', { as: people.adminB, query: { host: world.accounts.hostB } });
    expect(JSON.stringify(own)).not.toContain(accountId);
  });

  test('a host and a collective do not see how somebody pays besides what pays them', async () => {
    const { people } = world;
    const { id: contributionId } = await give(await collective());
    const other = await card(giver, { label: 'Another card' });
    const { paymentMethod } = await look(people.adminA, contributionId);
    expect(paymentMethod.id).not.toBe(other);
    for (const as of [people.adminA, people.collectiveAdminA]) {
      const problem = await api.refused('listPaymentMethods', { as, params: { accountId: giver } });
      expect(problem.type).toBe('/problems/not-found');
    }
  });

  test('what a processor calls a payment method is in no answer', async () => {
    const { people, accounts } = world;
    const { id: contributionId } = await give(await collective());
    const paymentMethodId = await card(giver);
    const answers = await Promise.all([
      api.call('getContribution', { as: giver, params: { contributionId } }),
      api.call('listContributionEvents', { as: people.adminA, params: { contributionId } }),
      api.call('updatePaymentMethod', { as: giver, params: { contributionId }, body: { paymentMethodId } }),
      api.call('listContributions', { as: people.adminA, query: { host: accounts.hostA, limit: 100 } }),
      api.call('listPaymentMethods', { as: giver, params: { accountId: giver }, query: { limit: 100 } }),
    ]);
    const removed = await api.call('removePaymentMethod', { as: giver, params: { accountId: giver, paymentMethodId } });
    const history = await api.call('listContributionEvents', { as: giver, params: { contributionId } });
    for (const { status, body } of [...answers, removed, history]) {
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain(secretReference);
      expect(JSON.stringify(body)).not.toMatch(/"(payerReference|reference)":/);
    }
  });
});

describe('the batch', () => {
  test('its runs and its rollout are for platform admins', async () => {
    const { people } = world;
    for (const operation of ['listBatchRuns', 'getBatchRollout', 'listBatchRolloutChanges'] as const) {
      const problem = await api.refused(operation, { as: people.adminA });
      expect(problem.type).toBe('/problems/permission-denied');
    }
    const body = { percentage: 100, hostIds: [] };
    expect((await api.refused('putBatchRollout', { as: people.adminA, body })).type).toBe(
      '/problems/permission-denied',
    );
  });

  test('the rollout is raised and lowered under the version that was read, and its history stays', async () => {
    const { people, accounts } = world;
    const as = people.platformAdmin;
    expect(await api.ok('getBatchRollout', { as })).toMatchObject({ percentage: 0, hostIds: [], version: 0 });
    const raised = { percentage: 25, hostIds: [accounts.hostA] };
    expect(await api.ok('putBatchRollout', { as, body: raised, ifMatch: 0 })).toMatchObject({ ...raised, version: 1 });
    const stale = await api.refused('putBatchRollout', { as, body: raised, ifMatch: 0 });
    expect(stale).toMatchObject({ type: '/problems/version-conflict', currentVersion: 1 });
    await api.ok('putBatchRollout', { as, body: { percentage: 0, hostIds: [] } });
    const { items } = await api.ok('listBatchRolloutChanges', { as });
    expect(items.map(({ version, percentage, updatedBy }) => [version, percentage, updatedBy])).toEqual([
      [2, 0, as],
      [1, 25, as],
    ]);
  });

  test('a run is shown with what it found and what its workers did', async () => {
    const { people } = world;
    const { contributionDependencies } = await import('../../functions/contribution-dependencies.ts');
    const { store, ids, clock } = contributionDependencies();
    const startedAt = clock.now();
    const run = {
      id: ids.next('run', startedAt),
      startedAt,
      finishedAt: startedAt,
      servedAll: true,
      found: 3,
      hasMore: false,
      oldestDueAt: startedAt,
      outcomes: {},
    };
    await store.putBatchRun(run);
    await store.countInRun(run.id, { charged: 2, charge_refused: 1 });
    const { items } = await api.ok('listBatchRuns', { as: people.platformAdmin });
    expect(items).toEqual([{ ...run, outcomes: { charged: 2, charge_refused: 1 } }]);
  });
});
