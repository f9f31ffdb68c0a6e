/** Who is told of what, when, and only once (requirements N1, N2, N3). */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { putMember, updateAccount } from '../../shared/application/accounts.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { putOwnPreferences } from '../../shared/application/inbox.ts';
import type { NotificationQueue, QueueMessage } from '../../shared/application/notification-ports.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { personForIdentity } from '../../shared/application/people.ts';
import { unsubscribe } from '../../shared/application/unsubscribe.ts';
import type { NotificationPreferences } from '../../shared/domain/notification.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { linkKey, type NotificationWorld, notificationWorld, tellOf } from '../support/notification-world.ts';
import { expected, receiving, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: NotificationWorld;
beforeEach(async () => {
  world = await notificationWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});

const prefer = async (hostId: string, notifications: NotificationPreferences): Promise<void> => {
  const { deps } = world;
  const before = await deps.store.account(hostId);
  if (before?.settings == null) {
    throw new Error('No such host.');
  }
  const after = { ...before, settings: { ...before.settings, notifications }, version: before.version + 1 };
  await deps.store.commit({ intents: [], accounts: [{ before, after }] }, 'test', deps.clock.now());
};

describe('money that was sent', () => {
  test('is told to the finance lead of the payee’s host at once, and to its admins when a day has passed', async () => {
    const { people } = world;
    const { id } = await world.sent();
    await world.tellAll(id);
    expect(await world.toldTo(people.financeB)).toEqual(['money_sent']);
    expect(await world.toldTo(people.hostAdminB)).toEqual([]);
    expect(await world.tellLater()).toBe(0);
    world.clock.advanceDays(1);
    expect(await world.tellLater()).toBeGreaterThan(0);
    expect(await world.toldTo(people.hostAdminB)).toEqual(['money_sent']);
    expect(await world.tellLater()).toBe(0);
  });

  test('is not told to others when somebody has acted', async () => {
    const { people } = world;
    const { id } = await world.sent();
    await world.tellAll(id);
    await world.must(people.financeB, id, receiving(usd(1000)));
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminB)).toEqual([]);
  });

  test('is told to the admins at once where there is no finance lead', async () => {
    const { people, accounts, deps } = world;
    expected(await putMember(deps, world.meta(people.hostAdminB), accounts.hostB, people.financeB, { roles: [] }));
    const { id } = await world.sent();
    await world.tellAll(id);
    expect(await world.toldTo(people.hostAdminB)).toEqual(['money_sent']);
  });

  test('is not told to somebody who was taken off the team meanwhile', async () => {
    const { people, accounts, deps } = world;
    const { id } = await world.sent();
    expected(
      await putMember(deps, world.meta(people.hostAdminB), accounts.hostB, people.financeB, { roles: ['accountant'] }),
    );
    await world.tellAll(id);
    expect(await world.toldTo(people.financeB)).toEqual([]);
  });
});

test('a request is told to its reviewers, and nothing of it to the other side before it is promised', async () => {
  const { people } = world;
  const { id } = await world.create(people.collectiveAdminA);
  await world.must(people.collectiveAdminA, id, { name: 'submit' });
  await world.must(people.financeA, id, { name: 'reject', reason: 'Not now.' });
  await world.tellAll(id);
  expect(await world.toldTo(people.financeA)).toEqual(['approval_needed']);
  expect(await world.toldTo(people.finance2A)).toEqual(['approval_needed']);
  expect(await world.toldTo(people.collectiveAdminA)).toEqual(['rejected']);
  for (const userId of [people.financeB, people.hostAdminB, people.collectiveAdminB, people.stranger]) {
    expect(await world.toldTo(userId)).toEqual([]);
  }
});

describe('once', () => {
  test('is how often each is told, however often and in whatever order the news comes', async () => {
    const { people, deps, mailbox } = world;
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(1000)));
    const news = await world.newsOf(id);
    const often = [...news, ...news, ...news].reverse();
    for (let round = 0; round < 4; round += 1) {
      await Promise.allSettled(often.map((message) => deliver(deps, message)));
    }
    world.clock.advanceDays(0.02);
    for (const message of news) {
      await deliver(deps, message);
    }
    for (const userId of Object.values(people)) {
      const { items } = await deps.store.listNotices(userId, 100);
      expect(new Set(items.map(({ eventId }) => eventId)).size).toBe(items.length);
      expect(await deps.store.unread(userId, deps.clock.now())).toBe(items.length);
    }
    expect(new Set(mailbox.map(({ messageId }) => messageId)).size).toBe(mailbox.length);
    expect(await world.toldTo(people.financeB)).toEqual(expect.arrayContaining(['money_sent']));
    expect(mailbox.filter(({ subject, to }) => subject === 'money_sent' && to === 'bea@b.example')).toHaveLength(1);
  });

  test('is how often something is read', async () => {
    const { people, deps } = world;
    const { id } = await world.sent();
    await world.tellAll(id);
    const [told] = (await deps.store.listNotices(people.financeB, 1)).items;
    if (told === undefined) {
      throw new Error('Somebody was told.');
    }
    expect(await deps.store.unread(people.financeB, deps.clock.now())).toBe(1);
    expect(await deps.store.markRead(told, deps.clock.now())).toBe(true);
    expect(await deps.store.markRead(told, deps.clock.now())).toBe(false);
    expect(await deps.store.unread(people.financeB, deps.clock.now())).toBe(0);
    expect(await deps.store.markRead({ ...told, eventId: 'evt_none' }, deps.clock.now())).toBe(false);
  });
});

test('what was told so long ago that it is forgotten is not counted as unread', async () => {
  const { people, deps, clock } = world;
  await world.tellAll((await world.sent()).id);
  clock.advanceDays(300);
  await world.tellAll((await world.sent()).id);
  const unread = (days: number) =>
    deps.store.unread(people.financeB, new Date(Date.parse(clock.now()) + days * 86_400_000).toISOString());
  // What was told in March 2026 is forgotten at the end of April 2027, and this is December.
  expect([await unread(0), await unread(120), await unread(130), await unread(500)]).toEqual([2, 2, 1, 0]);
});

describe('preferences', () => {
  test('leave out an e-mail for a topic, a collective or a person, the most particular first', async () => {
    const { people, accounts, mailbox } = world;
    await prefer(accounts.hostB, {
      laterAfterMinutes: 60,
      rules: [
        { topic: 'money_received', channel: 'email', choice: 'off' },
        { topic: 'money_received', channel: 'email', userId: people.collectiveAdminB, choice: 'at_once' },
      ],
    });
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(1000)));
    await world.tellAll(id);
    const received = mailbox.filter(({ subject }) => subject === 'money_received').map(({ to }) => to);
    expect(received).toContain('cob@b.example');
    expect(received).not.toContain('bea@b.example');
  });

  test('do not keep what is required out of the inbox', async () => {
    const { people, accounts } = world;
    await prefer(accounts.hostB, { laterAfterMinutes: 60, rules: [{ choice: 'off' }] });
    const { id } = await world.sent();
    await world.tellAll(id);
    expect(await world.toldTo(people.financeB)).toEqual(['money_sent']);
  });

  test('say after how long others are told', async () => {
    const { people, accounts } = world;
    await prefer(accounts.hostB, { laterAfterMinutes: 30, rules: [] });
    const { id } = await world.sent();
    await world.tellAll(id);
    world.clock.advanceDays(31 / (24 * 60));
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminB)).toEqual(['money_sent']);
  });
});

test('a pause is told to those who give, to the collective and to the host’s finance, and so is its end', async () => {
  const { people, accounts, deps } = world;
  await world.contribute();
  await world.contribute({ userId: people.outsider });
  const hold = await world.paused(people.hostAdminA, accounts.collectiveA, { message: 'Papers are missing.' });
  world.clock.advanceDays(1);
  expected(await liftAccountHold(deps, world.meta(people.hostAdminA), hold.id));
  await world.tellAll(hold.id);
  for (const userId of [people.stranger, people.outsider, people.collectiveAdminA, people.financeA]) {
    expect(await world.toldTo(userId)).toEqual(['paused', 'resumed']);
  }
  expect(await world.toldTo(people.hostAdminA)).toEqual([]);
});

describe('an e-mail', () => {
  const signIn = async (userId: string, email: string): Promise<void> => {
    const subject = (await world.deps.store.account(userId))?.email ?? '';
    const identity = { issuer: 'https://id.example', subject, email, emailVerified: true, name: null, issuedAt: 1 };
    expect((await personForIdentity(world.deps, identity)).userId).toBe(userId);
  };
  const sentTo = () => world.mailbox.map(({ to }) => to);

  test('goes to the address that somebody has now, and not to the one that they had when they joined the team', async () => {
    const { id } = await world.sent();
    await signIn(world.people.financeB, 'bea@new.example');
    await world.tellAll(id);
    expect(sentTo()).toContain('bea@new.example');
    expect(sentTo()).not.toContain('bea@b.example');
  });

  test('that failed goes to the address that somebody has when it is tried again', async () => {
    const { id } = await world.sent();
    const message = (await world.newsOf(id)).at(-1);
    const failing = { ...world.deps, mailer: { send: () => Promise.reject(new Error('No such address.')) } };
    await expect(message === undefined ? undefined : deliver(failing, message)).rejects.toThrow();
    await signIn(world.people.financeB, 'bea@new.example');
    await world.tellAll(id);
    expect(world.mailbox.filter(({ subject }) => subject === 'money_sent').map(({ to }) => to)).toEqual([
      'bea@new.example',
    ]);
  });

  test('of the day goes to the address that somebody has by then', async () => {
    const { people, deps, meta } = world;
    const rules = [{ channel: 'email', choice: 'daily' }] as const;
    expected(await putOwnPreferences(deps, meta(people.financeB), { language: 'en', rules }));
    await world.tellAll((await world.sent()).id);
    await signIn(people.financeB, 'bea@new.example');
    world.clock.advanceDays(1);
    await world.tellDaily();
    expect(sentTo().filter((to) => to.startsWith('bea@'))).toEqual(['bea@new.example']);
  });

  test('goes to whoever joined before their address was verified', async () => {
    const { deps, people, accounts, meta } = world;
    const nova = { issuer: 'https://id.example', subject: 'nova', email: 'nova@b.example', name: 'Nova' };
    const { userId } = await personForIdentity(deps, { ...nova, emailVerified: false });
    const roles = ['finance_lead'] as const;
    expected(await putMember(deps, meta(people.hostAdminB), accounts.hostB, userId, { roles }));
    await personForIdentity(deps, { ...nova, emailVerified: true });
    await world.tellAll((await world.sent()).id);
    expect(sentTo()).toContain('nova@b.example');
  });

  const received = async (): Promise<string> => {
    const { id } = await world.sent();
    await world.must(world.people.financeB, id, receiving(usd(1000)));
    await world.tellAll(id);
    return id;
  };
  const emailTo = (address: string, topic: string) =>
    world.mailbox.find(({ to, subject }) => to === address && subject === topic);

  test('has a link that ends the e-mails of its topic for whoever it went to, and for nobody else', async () => {
    const { people, deps, mailbox } = world;
    await received();
    const link = emailTo('fin@a.example', 'money_received')?.unsubscribe ?? '';
    expect(link).toMatch(/^https:\/\/pay\.example\/unsubscribe\/acc_\w{26}\.money_received\.[\w-]{43}$/);
    const unsubscribing = { ...deps, unsubscribeKey: async () => linkKey };
    expected(await unsubscribe(unsubscribing, link.slice(link.lastIndexOf('/') + 1)));

    mailbox.length = 0;
    await received();
    expect(emailTo('fin@a.example', 'money_received')).toBeUndefined();
    expect(emailTo('fay@a.example', 'money_received')).toBeDefined();
    expect((await world.toldTo(people.financeA)).filter((topic) => topic === 'money_received')).toHaveLength(2);
  });

  test('of what is required has no such link', async () => {
    await received();
    expect(emailTo('bea@b.example', 'money_sent')?.unsubscribe).toBeNull();
  });

  test('says somebody’s name as it is now', async () => {
    const { people, deps, meta, mailbox } = world;
    expected(await updateAccount(deps, meta(people.financeB), people.financeB, { name: 'Beatrice' }));
    await world.tellAll((await world.sent()).id);
    expect(mailbox.find(({ to }) => to === 'bea@b.example')?.text).toContain('Beatrice');
  });
});

test('the addresses of a whole team are one read', async () => {
  const { deps, people, accounts, meta } = world;
  for (let count = 0; count < 3; count += 1) {
    const email = `lead-${count}@b.example`;
    const identity = { issuer: 'https://id.example', subject: email, email, emailVerified: true, name: email };
    const { userId } = await personForIdentity(deps, identity);
    const roles = ['finance_lead'] as const;
    expected(await putMember(deps, meta(people.hostAdminB), accounts.hostB, userId, { roles }));
  }
  const { id } = await world.sent();
  const news = (await world.newsOf(id)).at(-1);
  const asked: (readonly string[])[] = [];
  const accountsOf: typeof deps.store.accounts = async (ids) => {
    asked.push(ids);
    return deps.store.accounts(ids);
  };
  expect(news && (await deliver({ ...deps, store: { ...deps.store, accounts: accountsOf } }, news))).toBe(4);
  // The admins and the finance leads of the host, each once; which are asked for first does not matter.
  expect(asked.map((ids) => ids.length).toSorted((one, other) => one - other)).toEqual([1, 4]);
});

describe('a pause of what very many give', () => {
  const givers = 7;
  const pageSize = 2;

  /** Seven people of whom one gives twice, told by pages of two; the queue fails when it is told to. */
  async function pausedWorld(fails: (count: number) => boolean = () => false) {
    const inPages = await notificationWorld(engine, {
      wrap: (store) => ({
        ...store,
        listContributions: (scope, _limit, from) => store.listContributions(scope, pageSize, from),
      }),
    });
    const people: string[] = [];
    for (let count = 0; count < givers; count += 1) {
      const email = `giver-${count}@people.example`;
      const identity = { issuer: 'https://id.example', subject: email, email, emailVerified: true, name: email };
      const { userId } = await personForIdentity(inPages.deps, identity);
      people.push(userId);
      await inPages.contribute({ userId });
    }
    await inPages.contribute({ userId: people[0] ?? '' });
    const hold = await inPages.paused(inPages.people.hostAdminA, inPages.accounts.collectiveA);
    const [message] = await inPages.newsOf(hold.id);
    const queued: QueueMessage[] = message === undefined ? [] : [message];
    let sent = 0;
    const queue: NotificationQueue = {
      send: async (messages) => {
        sent += 1;
        if (fails(sent)) {
          return messages;
        }
        queued.push(...messages);
        return [];
      },
    };
    let failures = 0;
    for (let next = queued.shift(); next !== undefined; next = queued.shift()) {
      try {
        await tellOf({ ...inPages.deps, queue }, next);
      } catch {
        failures += 1;
        queued.push(next);
      }
    }
    return { inPages, people, failures, sent };
  }

  test('is told to each of them once, a page with each message', async () => {
    const { inPages, people, sent } = await pausedWorld();
    for (const userId of people) {
      expect(await inPages.toldTo(userId)).toEqual(['paused']);
    }
    // The last page may be empty: only then it is known to be the last.
    expect(sent).toBe(Math.ceil((givers + 1) / pageSize) + 1);
    expect(inPages.mailbox.filter(({ to }) => to.startsWith('giver'))).toHaveLength(givers);
  });

  test('is told to each of them once when the queue fails in between', async () => {
    const { inPages, people, failures } = await pausedWorld((count) => count === 1 || count === 3);
    expect(failures).toBe(2);
    for (const userId of people) {
      expect(await inPages.toldTo(userId)).toEqual(['paused']);
    }
  });
});

test('what is told of a contribution is read from its last events, however long it has gone on', async () => {
  const { people, clock, bank, deps } = world;
  const { id } = await world.contribute();
  for (let month = 0; month < 14; month += 1) {
    await world.batch();
    clock.advanceDays(31);
  }
  bank.script.push('declined');
  await world.batch();
  const message = (await world.newsOf(id)).at(-1);
  const asked: number[] = [];
  const store: typeof deps.store = {
    ...deps.store,
    contributionEvents: () => Promise.reject(new Error('The whole history is read.')),
    contributionEventsUpTo: (...wanted) => {
      asked.push(wanted[2]);
      return deps.store.contributionEventsUpTo(...wanted);
    },
  };
  expect(message === undefined ? 0 : await deliver({ ...deps, store }, message)).toBe(1);
  expect(asked).toEqual([20]);
  const [notice] = (await deps.store.listNotices(people.stranger, 1)).items;
  expect(notice).toMatchObject({ topic: 'charge_failed', facts: { period: clock.now().slice(0, 8).concat('02') } });
});

test('a contribution that was set aside is told to the host and to who gives it', async () => {
  const { people, clock, bank } = world;
  bank.script.push('declined', 'declined', 'declined', 'declined');
  const { id } = await world.contribute();
  await world.batch();
  for (const days of [1, 3, 7]) {
    clock.advanceDays(days);
    await world.batch();
  }
  await world.tellAll(id);
  expect(await world.toldTo(people.financeA)).toEqual(['contribution_set_aside']);
  expect(await world.toldTo(people.stranger)).toEqual([
    'charge_failed',
    'charge_failed',
    'charge_failed',
    'contribution_set_aside',
  ]);
});

test('money that came back, did not arrive or was reported late is told to both hosts', async () => {
  const { people } = world;
  const { id } = await world.sent();
  await world.must(people.financeB, id, { name: 'reportNotReceived', reason: 'Nothing came.' });
  await world.tellAll(id);
  expect(await world.toldTo(people.financeA)).toEqual(expect.arrayContaining(['not_received']));
  // Whoever said so need not be told.
  expect(await world.toldTo(people.financeB)).toEqual(['money_sent']);
});
