/** What people were told, and what they want to be told (requirements N1, N2). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Api, startApi } from '../support/http.ts';
import { tellOfIntent } from '../support/http-notices.ts';
import { createHttpWorld, type HttpWorld, usd } from '../support/http-world.ts';

let api: Api;
let world: HttpWorld;

beforeAll(async () => {
  api = await startApi();
  world = await createHttpWorld(api);
});

afterAll(() => api.stop());

const unknownEvent = 'evt_0000000000000000000000000Z';

async function sent(): Promise<string> {
  const { id } = await world.sent();
  await tellOfIntent(id);
  return id;
}

const inboxOf = async (as: string, query: Record<string, string | number> = {}) =>
  api.ok('listNotifications', { as, query });
const unreadOf = async (as: string) => (await api.ok('countUnreadNotifications', { as })).unread;
const read = (as: string, eventId: string, key?: string) =>
  api.ok('markNotificationRead', { as, params: { eventId }, ...(key === undefined ? {} : { key }) });

describe('the inbox', () => {
  test('has what somebody was told, with what they need to act on it', async () => {
    const { people, accounts } = world;
    const intentId = await sent();
    const [first] = (await inboxOf(people.financeB)).items;
    expect(first).toEqual({
      eventId: expect.stringMatching(/^evt_/),
      topic: 'money_sent',
      asksToAct: true,
      subjectId: intentId,
      hostId: accounts.hostB,
      accountId: null,
      at: expect.any(String),
      readAt: null,
      email: { state: 'none', attempts: [] },
      facts: expect.objectContaining({
        payer: { name: 'collective-a', host: 'host-a' },
        payee: { name: 'collective-b', host: 'host-b' },
        amount: usd(1000),
        purpose: 'Travel to the conference',
        reference: 'REF-1',
      }),
    });
  });

  test('is read once, however often that is said', async () => {
    const { people } = world;
    await sent();
    const before = await unreadOf(people.financeB);
    const [newest] = (await inboxOf(people.financeB)).items;
    const eventId = newest?.eventId ?? '';
    const marked = await read(people.financeB, eventId, 'reading-1');
    expect(marked).toEqual({ ...newest, readAt: expect.any(String) });
    expect(await read(people.financeB, eventId, 'reading-1')).toEqual(marked);
    expect(await read(people.financeB, eventId)).toEqual(marked);
    expect(await unreadOf(people.financeB)).toBe(before - 1);
    expect((await inboxOf(people.financeB)).items[0]).toEqual(marked);
  });

  test('is read at the same time from two places, and counted once', async () => {
    const { people } = world;
    await sent();
    const before = await unreadOf(people.financeB);
    const eventId = (await inboxOf(people.financeB)).items[0]?.eventId ?? '';
    const both = await Promise.all([read(people.financeB, eventId), read(people.financeB, eventId)]);
    expect(both[0]).toEqual(both[1]);
    expect(await unreadOf(people.financeB)).toBe(before - 1);
  });

  test('is nobody else’s to see or to read', async () => {
    const { people } = world;
    await sent();
    const eventId = (await inboxOf(people.financeB)).items[0]?.eventId ?? '';
    const before = await unreadOf(people.financeB);
    for (const as of [people.stranger, people.adminB, people.financeA, people.platformAdmin]) {
      expect((await inboxOf(as)).items.map((item) => item.eventId)).not.toContain(eventId);
      const refused = await api.refused('markNotificationRead', { as, params: { eventId } });
      const unknown = await api.refused('markNotificationRead', { as, params: { eventId: unknownEvent } });
      expect(refused).toMatchObject({ type: '/problems/not-found', detail: unknown.detail });
    }
    expect(await unreadOf(people.stranger)).toBe(0);
    expect((await inboxOf(people.stranger)).items).toEqual([]);
    expect(await unreadOf(people.financeB)).toBe(before);
  });

  test('is read in pages, the newest event first, and a cursor is its reader’s alone', async () => {
    const { people } = world;
    const ids = [await sent(), await sent(), await sent()];
    const all = (await inboxOf(people.financeB, { limit: 100 })).items;
    expect(all.slice(0, 3).map(({ subjectId }) => subjectId)).toEqual(ids.reverse());
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string | number> = { limit: 2, ...(cursor === null ? {} : { cursor }) };
      const page: Awaited<ReturnType<typeof inboxOf>> = await inboxOf(people.financeB, query);
      seen.push(...page.items.map(({ eventId }) => eventId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(all.map(({ eventId }) => eventId));

    const { nextCursor } = await inboxOf(people.financeB, { limit: 1 });
    const stolen = { as: people.financeA, query: { limit: 1, cursor: nextCursor ?? '' } };
    expect(await api.refused('listNotifications', stolen)).toMatchObject({ type: '/problems/validation-failed' });
  });

  test('is counted for one host alone when that is asked for', async () => {
    const { people, accounts } = world;
    const all = await unreadOf(people.financeB);
    const of = async (host: string) =>
      (await api.ok('countUnreadNotifications', { as: people.financeB, query: { host } })).unread;
    expect([await of(accounts.hostB), await of(accounts.hostA)]).toEqual([all, 0]);
    expect(all).toBeGreaterThan(0);
  });

  test('can be asked for what somebody was told as one of the people of a host', async () => {
    const { people, accounts } = world;
    const { items } = await inboxOf(people.financeB, { limit: 100 });
    expect(items.length).toBeGreaterThan(1);
    expect((await inboxOf(people.financeB, { host: accounts.hostB, limit: 100 })).items).toEqual(items);
    expect(await inboxOf(people.financeB, { host: accounts.hostA, limit: 2 })).toEqual({ items: [], nextCursor: null });
  });
});

describe('what somebody chooses for themselves', () => {
  test('is as it was at first until they choose, is kept as they chose, and is nobody else’s', async () => {
    const { people } = world;
    const atFirst = { language: 'en', rules: [] };
    expect(await api.ok('getOwnPreferences', { as: people.financeA })).toEqual(atFirst);
    const body = { language: 'zh', rules: [{ topic: 'canceled', channel: 'email', choice: 'daily' }] } as const;
    expect(await api.ok('putOwnPreferences', { as: people.financeA, body })).toEqual(body);
    expect(await api.ok('getOwnPreferences', { as: people.financeA })).toEqual(body);
    expect(await api.ok('getOwnPreferences', { as: people.financeB })).toEqual(atFirst);
  });

  test.each([
    [{ language: 'fr', rules: [] }, '/language'],
    [{ rules: [{ choice: 'weekly' }] }, '/rules/0/choice'],
    [{ rules: [{ choice: 'off', userId: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X' }] }, '/rules/0/userId'],
    [{ rules: Array.from({ length: 101 }, () => ({ choice: 'off' })) }, '/rules'],
  ])('is refused where it is wrong: %j', async (body, pointer) => {
    const problem = await api.refused('putOwnPreferences', { as: world.people.financeA, body });
    expect(problem.errors).toMatchObject([{ pointer }]);
  });
});

describe('the preferences of a host', () => {
  const of = (as: string, hostId: string) => ({ as, params: { hostId } });

  test('are as they were at first until somebody sets them, and are kept as they were set', async () => {
    const { people, accounts } = world;
    const host = of(people.adminA, accounts.hostA);
    const { version, ...first } = await api.ok('getNotificationPreferences', host);
    expect(first).toEqual({ laterAfterMinutes: 1440, rules: [] });
    const wanted = {
      laterAfterMinutes: 10,
      rules: [
        { topic: 'canceled', choice: 'off' },
        { channel: 'email', choice: 'daily' },
        { userId: people.financeA, choice: 'off' },
        { accountId: accounts.collectiveA, userId: people.collectiveAdminA, channel: 'inbox', choice: 'at_once' },
      ],
    };
    const set = await api.ok('putNotificationPreferences', { ...host, body: wanted, ifMatch: version });
    expect(set).toEqual({ ...wanted, version: version + 1 });
    expect(await api.ok('getNotificationPreferences', of(people.financeA, accounts.hostA))).toEqual(set);
    const stale = await api.refused('putNotificationPreferences', { ...host, body: wanted, ifMatch: version });
    expect(stale).toMatchObject({ status: 412, currentVersion: version + 1 });
    // What else the host has set is as it was.
    expect(await api.ok('getApprovalPolicy', host)).toMatchObject({ reviewers: 1 });
    await api.ok('putFees', { ...host, body: { receivingBasisPoints: 0 } });
    expect(await api.ok('getNotificationPreferences', host)).toMatchObject(wanted);
  });

  test('decide what its people are told from then on', async () => {
    const { people, accounts } = world;
    const host = of(people.adminB, accounts.hostB);
    const rules = [{ userId: people.financeB, topic: 'money_received', choice: 'off' }];
    await api.ok('putNotificationPreferences', { ...host, body: { laterAfterMinutes: 1440, rules } });
    const { id } = await world.received();
    await tellOfIntent(id);
    const topicsFor = async (as: string) =>
      (await inboxOf(as, { limit: 100 })).items.filter(({ subjectId }) => subjectId === id).map(({ topic }) => topic);
    expect(await topicsFor(people.financeB)).toEqual(['money_sent']);
    expect(await topicsFor(people.collectiveAdminB)).toEqual(['money_received']);
  });

  test('say nothing of whom the host does not know, and switch off for everybody nothing that is required', async () => {
    const { people, accounts } = world;
    const host = of(people.adminA, accounts.hostA);
    const before = await api.ok('getNotificationPreferences', host);
    const rules = [
      { topic: 'not_received', channel: 'email', choice: 'off' },
      { choice: 'off' },
      { accountId: accounts.collectiveB, choice: 'daily' },
      { accountId: accounts.hostA, choice: 'daily' },
      { userId: people.adminB, choice: 'daily' },
      { userId: 'acc_0000000000000000000000000Z', choice: 'daily' },
      { userId: people.stranger, topic: 'money_sent', choice: 'off' },
      { topic: 'money_sent', channel: 'email', choice: 'daily' },
    ];
    const problem = await api.refused('putNotificationPreferences', {
      ...host,
      body: { laterAfterMinutes: 60, rules },
    });
    expect(problem).toMatchObject({ type: '/problems/validation-failed', status: 422 });
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual([
      '/rules/0/choice',
      '/rules/1/choice',
      '/rules/2/accountId',
      '/rules/3/accountId',
      '/rules/4/userId',
      '/rules/5/userId',
      '/rules/6/userId',
    ]);
    // Somebody of another host and somebody who is not there are refused alike.
    expect(problem.errors?.[4]?.detail).toBe(problem.errors?.[5]?.detail);
    expect(await api.ok('getNotificationPreferences', host)).toEqual(before);
  });

  test('are read by its team, changed by its admins, and are not there for anybody else', async () => {
    const { people, accounts } = world;
    const body = { laterAfterMinutes: 60, rules: [] };
    const change = (as: string) => api.refused('putNotificationPreferences', { ...of(as, accounts.hostA), body });
    expect(await change(people.financeA)).toMatchObject({ type: '/problems/permission-denied' });
    for (const userId of [people.stranger, people.adminB, people.financeB, people.collectiveAdminB]) {
      expect(await change(userId)).toMatchObject({ type: '/problems/not-found' });
      const reading = await api.refused('getNotificationPreferences', of(userId, accounts.hostA));
      expect(reading).toMatchObject({ type: '/problems/not-found' });
    }
    const ofCollective = await api.refused(
      'getNotificationPreferences',
      of(people.collectiveAdminA, accounts.collectiveA),
    );
    expect(ofCollective).toMatchObject({ type: '/problems/not-found' });
  });
});
