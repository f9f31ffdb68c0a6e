/** The e-mail of the day, and what people choose for themselves. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { deleteMember } from '../../shared/application/accounts.ts';
import { deliverDigest, digestMax, nextDigestAt } from '../../shared/application/digests.ts';
import { putOwnPreferences } from '../../shared/application/inbox.ts';
import type { NotificationDependencies } from '../../shared/application/notification-ports.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { readUnsubscribeToken } from '../../shared/application/unsubscribe.ts';
import type { PersonalPreferences } from '../../shared/domain/notification.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { Crash, FailingCalls } from '../support/failing-calls.ts';
import { linkKey, type NotificationWorld, notificationWorld } from '../support/notification-world.ts';
import { expected, receiving, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: NotificationWorld;
beforeEach(async () => {
  world = await notificationWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});

const choose = async (userId: string, chosen: Partial<PersonalPreferences>): Promise<void> => {
  const preferences: PersonalPreferences = { language: 'en', rules: [], ...chosen };
  expected(await putOwnPreferences(world.deps, world.meta(userId), preferences));
};
const daily = { rules: [{ channel: 'email', choice: 'daily' }] } as const;

const sentAndTold = async (): Promise<void> => world.tellAll((await world.sent()).id);
const emailsTo = (address: string) => world.mailbox.filter(({ to }) => to === address);
const bea = 'bea@b.example';
const nextMorning = (): void => world.clock.advanceDays(1);

test.each([
  // The world's clock, in UTC; New York is five hours behind in winter and four in summer.
  ['2026-03-02T09:00:00.000Z', 'UTC', '2026-03-03T08:00:00.000Z'],
  ['2026-03-02T07:59:59.999Z', 'UTC', '2026-03-02T08:00:00.000Z'],
  ['2026-03-02T08:00:00.000Z', 'UTC', '2026-03-03T08:00:00.000Z'],
  ['2026-03-02T09:00:00.000Z', 'America/New_York', '2026-03-02T13:00:00.000Z'],
  ['2026-03-02T23:00:00.000Z', 'Asia/Shanghai', '2026-03-03T00:00:00.000Z'],
  ['2026-12-31T23:59:00.000Z', 'Pacific/Auckland', '2027-01-01T19:00:00.000Z'],
])('after %s in %s the next morning is at %s', (now, timeZone, morning) => {
  expect(nextDigestAt(now, timeZone)).toBe(morning);
});

test('a morning always comes within a day, also when a clock is changed', () => {
  for (const timeZone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC']) {
    for (let hour = 0; hour < 366 * 24; hour += 5) {
      const now = new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
      const wait = Date.parse(nextDigestAt(now, timeZone)) - Date.parse(now);
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(25 * 3_600_000);
    }
  }
});

describe('the e-mail of the day', () => {
  beforeEach(() => choose(world.people.financeB, daily));

  test('has everything since the last one, once, and single e-mails are not sent', async () => {
    const { people, deps } = world;
    await sentAndTold();
    await sentAndTold();
    expect(emailsTo(bea)).toEqual([]);
    expect(await world.tellDaily()).toBe(0);
    nextMorning();
    expect(await world.tellDaily()).toBe(2);
    expect(emailsTo(bea)).toMatchObject([{ subject: 'daily money_sent money_sent' }]);
    expect(await world.tellDaily()).toBe(0);
    expect(await deps.store.digest(people.financeB)).toBeUndefined();
    const { items } = await deps.store.listNotices(people.financeB, 10);
    expect(items.map(({ email }) => email)).toMatchObject([
      { state: 'sent', attempts: [{ outcome: 'sent' }] },
      { state: 'sent', attempts: [{ outcome: 'sent' }] },
    ]);
  });

  test('has a link that ends the e-mails of all that is not required, unless something in it is', async () => {
    const { people } = world;
    await choose(people.financeA, daily);
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(1000)));
    await world.tellAll(id);
    nextMorning();
    await world.tellDaily();
    const link = emailsTo('fin@a.example').at(-1)?.unsubscribe ?? '';
    const token = link.slice(link.lastIndexOf('/') + 1);
    expect(readUnsubscribeToken(linkKey, token)).toEqual({ userId: people.financeA, kind: 'daily' });
    expect(emailsTo(bea).at(-1)?.unsubscribe).toBeNull();
  });

  test('leaves what comes after it to the next one', async () => {
    const { deps, people } = world;
    await sentAndTold();
    nextMorning();
    const due = await deps.store.digest(people.financeB);
    const { id } = await world.sent();
    let hasCome = false;
    const store: typeof deps.store = {
      ...deps.store,
      dailyNotices: async (...asked) => {
        const notices = await deps.store.dailyNotices(...asked);
        if (!hasCome) {
          hasCome = true;
          await world.tellAll(id);
        }
        return notices;
      },
    };
    const message = { schemaVersion: 1, digestOf: people.financeB, dueAt: due?.dueAt ?? '' } as const;
    expect(await deliverDigest({ ...deps, store }, message)).toBe(1);
    expect(await deliverDigest(deps, message)).toBe(0);
    expect(await world.tellDaily()).toBe(0);
    nextMorning();
    expect(await world.tellDaily()).toBe(1);
    expect(emailsTo(bea)).toHaveLength(2);
  });

  test('tells nobody who was taken off the team since, and tells them of what is their own', async () => {
    const { people, accounts, deps } = world;
    await sentAndTold();
    expected(await deleteMember(deps, world.meta(people.hostAdminB), accounts.hostB, people.financeB));
    nextMorning();
    expect(await world.tellDaily()).toBe(0);
    expect(emailsTo(bea)).toEqual([]);
    expect(await deps.store.digest(people.financeB)).toBeUndefined();
    const [notice] = (await deps.store.listNotices(people.financeB, 1)).items;
    expect(notice?.email.state).toBe('none');
  });

  test('is sent once, and whole, by a machine that dies at any of its calls', async () => {
    const { people, deps } = world;
    const failing = new FailingCalls();
    const dying: NotificationDependencies = {
      ...deps,
      store: failing.wrap(deps.store),
      mailer: deps.mailer === null ? null : failing.wrap(deps.mailer),
    };
    let copies = 0;
    for (let call = 1, hasCrashed = true; hasCrashed; call += 1) {
      for (const moment of ['before', 'after'] as const) {
        await sentAndTold();
        await sentAndTold();
        nextMorning();
        world.mailbox.length = 0;
        const due = await deps.store.digest(people.financeB);
        const message = { schemaVersion: 1, digestOf: people.financeB, dueAt: due?.dueAt ?? '' } as const;
        failing.arm(call, moment);
        try {
          await deliverDigest(dying, message);
          hasCrashed = false;
        } catch (error) {
          expect(error).toBeInstanceOf(Crash);
        }
        failing.disarm();
        world.clock.advanceDays(6 / (24 * 60));
        await deliverDigest(deps, message);
        await deliverDigest(deps, message);
        const sent = emailsTo(bea);
        expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1);
        expect(sent[0]?.subject).toBe('daily money_sent money_sent');
        copies += sent.length - 1;
        expect(sent.length).toBeLessThanOrEqual(2);
        // Whatever was left over goes out the next morning, and nothing is.
        nextMorning();
        expect(await world.tellDaily()).toBe(0);
        expect(await deps.store.digest(people.financeB)).toBeUndefined();
      }
    }
    expect(copies).toBeGreaterThan(0);
  }, 60_000);

  test('names so many, and another one follows with the rest', async () => {
    const { people, deps, clock } = world;
    await sentAndTold();
    const [one] = (await deps.store.listNotices(people.financeB, 1)).items;
    if (one === undefined) {
      throw new Error('Somebody was told.');
    }
    const at = nextDigestAt(clock.now(), 'UTC');
    for (let count = 0; count < digestMax; count += 1) {
      await deps.store.tell({ ...one, eventId: deps.ids.next('evt', clock.now()) }, { digestAt: at });
    }
    nextMorning();
    expect(await world.tellDaily()).toBe(digestMax);
    expect(await world.tellDaily()).toBe(1);
    expect(emailsTo(bea)).toHaveLength(2);
  });
});

describe('what somebody chooses for themselves', () => {
  test('counts for more than what a host has set for them, and does not keep what is required out of the inbox', async () => {
    const { people } = world;
    await choose(people.financeB, { rules: [{ choice: 'off' }] });
    await sentAndTold();
    expect(await world.toldTo(people.financeB)).toEqual(['money_sent']);
    expect(emailsTo(bea)).toEqual([]);
  });

  test('decides the language that they are written to in', async () => {
    const { people } = world;
    await choose(people.financeB, { language: 'zh' });
    await sentAndTold();
    expect(emailsTo(bea).map(({ text }) => (JSON.parse(text) as { language: string }).language)).toEqual(['zh']);
  });
});

test('an e-mail that could not be sent is recorded with what went wrong, is tried again, and keeps nobody else from theirs', async () => {
  const { people, deps, mailbox } = world;
  const { id } = await world.sent();
  const message = (await world.newsOf(id)).at(-1);
  if (message === undefined) {
    throw new Error('There is news.');
  }
  class Refused extends Error {
    override readonly name = 'MessageRejected';
  }
  const refusing: NotificationDependencies = { ...deps, mailer: { send: () => Promise.reject(new Refused(bea)) } };
  await expect(deliver(refusing, message)).rejects.toThrow('could not be told');
  const emailOf = async () => (await deps.store.notice(people.financeB, message.eventId))?.email;
  expect(await emailOf()).toMatchObject({ state: 'waiting', attempts: [{ outcome: 'MessageRejected' }] });
  expect(JSON.stringify((await emailOf())?.attempts)).not.toContain(bea);
  await deliver(deps, message);
  expect(await emailOf()).toMatchObject({
    state: 'sent',
    attempts: [{ outcome: 'MessageRejected' }, { outcome: 'sent' }],
  });
  expect(mailbox.filter(({ to }) => to === bea)).toHaveLength(1);
});
