/** Who hears of it when teams, choices and times are not as they usually are (requirements N1, N2, N3). */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { deleteMember, putMember } from '../../shared/application/accounts.ts';
import { cancelContribution, updatePaymentMethod } from '../../shared/application/contributions.ts';
import { workDueIntent } from '../../shared/application/due.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { countUnread, listNotifications, putOwnPreferences } from '../../shared/application/inbox.ts';
import { putNotificationPreferences } from '../../shared/application/notification-preferences.ts';
import { deliver } from '../../shared/application/notifications.ts';
import type { NotificationPreferences, PersonalPreferences } from '../../shared/domain/notification.ts';
import { keys } from '../../shared/persistence/keys.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { type NotificationWorld, notificationWorld, tellOf } from '../support/notification-world.ts';
import { bodyOf, expected, receiving, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: NotificationWorld;
beforeEach(async () => {
  world = await notificationWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});

const prefer = async (host: 'A' | 'B', preferences: Partial<NotificationPreferences>): Promise<void> => {
  const { deps, meta, people, accounts } = world;
  const [admin, hostId] = host === 'A' ? [people.hostAdminA, accounts.hostA] : [people.hostAdminB, accounts.hostB];
  const given = { laterAfterMinutes: 60, rules: [], ...preferences };
  expected(await putNotificationPreferences(deps, meta(admin), hostId, given));
};

const choose = async (userId: string, ...rules: PersonalPreferences['rules']): Promise<void> => {
  expected(await putOwnPreferences(world.deps, world.meta(userId), { language: 'en', rules }));
};

const daily = { channel: 'email', choice: 'daily' } as const;

const leave = async (hostAdmin: string, accountId: string, userId: string): Promise<void> => {
  expected(await deleteMember(world.deps, world.meta(hostAdmin), accountId, userId));
};

const join = async (
  hostAdmin: string,
  accountId: string,
  userId: string,
  role: 'host_admin' | 'finance_lead' | 'accountant',
): Promise<void> => {
  expected(await putMember(world.deps, world.meta(hostAdmin), accountId, userId, { roles: [role] }));
};

const mailsTo = (address: string): readonly string[] =>
  world.mailbox.filter(({ to }) => to === address).map(({ subject }) => subject);

const missing = async (by: string): Promise<string> => {
  const { id } = await world.sent();
  await world.must(by, id, { name: 'reportNotReceived', reason: 'Nothing came.' });
  return id;
};

describe('others are told', () => {
  test('when the one who came first has left before the delay is over', async () => {
    const { people, accounts } = world;
    await world.tellAll((await world.sent()).id);
    await leave(people.hostAdminB, accounts.hostB, people.financeB);
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminB)).toEqual(['money_sent']);
  });

  test('when they have taken the place of the one who left', async () => {
    const { people, accounts } = world;
    await world.tellAll((await world.sent()).id);
    await leave(people.hostAdminB, accounts.hostB, people.financeB);
    await join(people.hostAdminB, accounts.hostB, people.outsider, 'finance_lead');
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(people.outsider)).toEqual(['money_sent']);
  });

  test('after the delay of each of their hosts, the shorter one first', async () => {
    const { people, accounts } = world;
    await join(people.hostAdminB, accounts.hostB, people.hostAdminA, 'host_admin');
    await prefer('A', { laterAfterMinutes: 7 * 24 * 60 });
    await prefer('B', { laterAfterMinutes: 10 });
    await world.tellAll(await missing(people.financeB));
    world.clock.advanceDays(1);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminA)).toContain('not_received');
    world.clock.advanceDays(7);
    await world.tellLater();
    expect((await world.toldTo(people.hostAdminA)).filter((topic) => topic === 'not_received')).toHaveLength(1);
  });

  test('at one host when they have left the other', async () => {
    const { people, accounts } = world;
    await join(people.hostAdminA, accounts.hostA, people.hostAdminB, 'host_admin');
    await world.tellAll(await missing(people.financeB));
    await leave(people.hostAdminA, accounts.hostA, people.hostAdminB);
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminB)).toContain('not_received');
  });

  test('although the other side has done something that leaves it to be done', async () => {
    const { people } = world;
    const { id } = await world.approved();
    await world.tellAll(id);
    // It has arrived before anybody said that it was sent: that is still to be said.
    await world.must(people.financeB, id, receiving(usd(1000)));
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminA)).toContain('to_send');
  });

  test('at once, where their host names them for a topic', async () => {
    const { people } = world;
    await prefer('B', { rules: [{ userId: people.hostAdminB, topic: 'money_sent', choice: 'at_once' }] });
    await world.tellAll((await world.sent()).id);
    expect(await world.toldTo(people.hostAdminB)).toEqual(['money_sent']);
    expect(await world.toldTo(people.financeB)).toEqual(['money_sent']);
  });
});

describe('a host whose admins do everything', () => {
  const told = async (id: string): Promise<readonly string[]> => {
    await world.tellAll(id);
    return world.toldTo(world.people.hostAdminB);
  };
  beforeEach(async () => {
    const { people, accounts } = world;
    await leave(people.hostAdminB, accounts.hostB, people.financeB);
    await join(people.hostAdminB, accounts.hostB, people.outsider, 'host_admin');
  });

  test('hears of money that was received', async () => {
    const { id } = await world.sent();
    await world.must(world.people.outsider, id, receiving(usd(1000)));
    expect(await told(id)).toContain('money_received');
  });

  test('hears of less that was accepted', async () => {
    const { id } = await world.sent();
    await world.must(world.people.outsider, id, receiving(usd(985)));
    const reason = 'A bank on the way kept a fee.';
    await world.must(world.people.outsider, id, { name: 'acceptShort', reason, bearer: 'payee' });
    expect(await told(id)).toContain('accepted_short');
  });

  test('hears of what came back', async () => {
    const { id } = await world.sent();
    await world.must(world.people.financeA, id, {
      name: 'markReturned',
      amount: 1000,
      feeLost: 0,
      bearer: 'payer',
      reason: 'The account is closed.',
      date: '2026-03-02',
    });
    expect(await told(id)).toContain('returned');
  });

  test('hears of what was written off', async () => {
    const id = await missing(world.people.outsider);
    const writeOff = { name: 'writeOff', reason: 'It is lost.', bearer: 'payer' } as const;
    await world.must(world.people.financeA, id, writeOff);
    await world.must(world.people.outsider, id, writeOff);
    expect(await told(id)).toContain('written_off');
  });
});

describe('the e-mail of the day', () => {
  const canceled = async (payeeAccountId: string): Promise<void> => {
    const destination = { method: 'bank_account', label: 'Account ending 4242' } as const;
    const { id } = await world.approved({ payeeAccountId, type: 'invoice', destination });
    await world.must(world.people.financeA, id, { name: 'cancel', reason: 'It was paid already.' });
    await world.tellAll(id);
  };
  const nextDay = async (): Promise<void> => {
    world.clock.advanceDays(1);
    await world.tellDaily();
  };

  test('reaches a person who is paid', async () => {
    await choose(world.people.stranger, daily);
    await canceled(world.people.stranger);
    await nextDay();
    expect(mailsTo('stranger@example.org')).toEqual(['daily canceled']);
  });

  test('reaches the people of an organisation that is paid', async () => {
    await choose(world.people.outsider, daily);
    await canceled(world.accounts.organisation);
    await nextDay();
    expect(mailsTo('outsider@example.org')).toEqual(['daily canceled']);
  });

  test('does not reach who has lost the role, although they are on the team', async () => {
    const { people, accounts } = world;
    await choose(people.financeB, daily);
    await world.tellAll((await world.sent()).id);
    await join(people.hostAdminB, accounts.hostB, people.financeB, 'accountant');
    await nextDay();
    expect(mailsTo('bea@b.example')).toEqual([]);
  });

  test('does not reach who wants no e-mail any more', async () => {
    const { people } = world;
    await choose(people.financeB, daily);
    await world.tellAll((await world.sent()).id);
    await choose(people.financeB, { channel: 'email', choice: 'off' });
    await nextDay();
    expect(mailsTo('bea@b.example')).toEqual([]);
  });

  test('is written in the language that is wanted in the morning', async () => {
    const { people, deps, meta } = world;
    await choose(people.financeB, daily);
    await world.tellAll((await world.sent()).id);
    expected(await putOwnPreferences(deps, meta(people.financeB), { language: 'zh', rules: [daily] }));
    await nextDay();
    expect(JSON.parse(world.mailbox.find(({ to }) => to === 'bea@b.example')?.text ?? '{}')).toMatchObject({
      language: 'zh',
    });
  });
});

test('an e-mail that failed is sent although its reader chose the e-mail of the day meanwhile', async () => {
  const { people, deps } = world;
  const { id } = await world.sent();
  const message = (await world.newsOf(id)).at(-1);
  const failing = { ...deps, mailer: { send: () => Promise.reject(new Error('Away.')) } };
  await expect(message === undefined ? undefined : deliver(failing, message)).rejects.toThrow();
  await choose(people.financeB, daily);
  await world.tellAll(id);
  expect(mailsTo('bea@b.example')).toEqual(['money_sent']);
});

test('a choice for one collective counts for the host’s team, too', async () => {
  const { people, accounts } = world;
  await prefer('A', { rules: [{ accountId: accounts.collectiveA, topic: 'money_received', choice: 'off' }] });
  const { id } = await world.sent();
  await world.must(people.financeB, id, receiving(usd(1000)));
  await world.tellAll(id);
  expect(await world.toldTo(people.finance2A)).not.toContain('money_received');
  expect(await world.toldTo(people.collectiveAdminA)).not.toContain('money_received');
  expect(await world.toldTo(people.financeB)).toContain('money_sent');
});

test('what is required is not switched off for everybody, not for one collective either', async () => {
  const { people, accounts, deps, meta } = world;
  const rules = [{ accountId: accounts.collectiveB, topic: 'money_sent', choice: 'off' }] as const;
  const given = { laterAfterMinutes: 60, rules };
  expect(await putNotificationPreferences(deps, meta(people.hostAdminB), accounts.hostB, given)).toMatchObject({
    ok: false,
    refusal: { code: 'validation-failed', errors: [{ pointer: '/rules/0/choice' }] },
  });
});

test('what somebody chose counts for more than whatever their host names', async () => {
  const { people, accounts } = world;
  const rule = { userId: people.finance2A, topic: 'money_received', accountId: accounts.collectiveA } as const;
  await prefer('A', { rules: [{ ...rule, choice: 'at_once' }] });
  await choose(people.finance2A, { choice: 'off' });
  const { id } = await world.sent();
  await world.must(people.financeB, id, receiving(usd(1000)));
  await world.tellAll(id);
  expect(await world.toldTo(people.finance2A)).not.toContain('money_received');
  expect(mailsTo('fay@a.example')).toEqual([]);
});

test('what is told to somebody as one of two teams is in the inbox of both, and once in all', async () => {
  const { people, accounts, deps } = world;
  await join(people.hostAdminA, accounts.hostA, people.financeB, 'finance_lead');
  await world.tellAll(await missing(people.hostAdminB));
  const inboxOf = async (host?: string) => {
    const { items } = expected(await listNotifications(deps, people.financeB, { host, limit: 10 }));
    const { unread } = bodyOf<{ unread: number }>(await countUnread(deps, people.financeB, { host }));
    return [items.filter(({ topic }) => topic === 'not_received').length, items.length === unread];
  };
  expect(await inboxOf(accounts.hostA)).toEqual([1, true]);
  expect(await inboxOf(accounts.hostB)).toEqual([1, true]);
  expect(await inboxOf()).toEqual([1, true]);
});

describe('what comes again after days', () => {
  test('asks nobody who came since for what was done long ago', async () => {
    const { people, accounts } = world;
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(1000)));
    world.clock.advanceDays(3);
    await join(people.hostAdminB, accounts.hostB, people.outsider, 'finance_lead');
    await world.tellAll(id);
    expect(await world.toldTo(people.outsider)).toEqual([]);
  });

  test('asks whoever came since for what is still to be done', async () => {
    const { people, accounts } = world;
    const { id } = await world.sent();
    world.clock.advanceDays(3);
    await join(people.hostAdminB, accounts.hostB, people.outsider, 'finance_lead');
    await world.tellAll(id);
    expect(await world.toldTo(people.outsider)).toEqual(['money_sent']);
  });

  test('tells nobody of a pause who began to give after it', async () => {
    const { people, accounts, deps } = world;
    const hold = await world.paused(people.hostAdminA, accounts.collectiveA);
    const [paused] = await world.newsOf(hold.id);
    expected(await liftAccountHold(deps, world.meta(people.hostAdminA), hold.id));
    world.clock.advanceDays(0.1);
    await world.contribute({ userId: people.outsider });
    for (let next = paused; next !== undefined; next = world.handedOn.shift() as typeof next) {
      await tellOf(deps, next);
    }
    expect(await world.toldTo(people.outsider)).toEqual([]);
  });
});

test('two who tell of the same event at the same moment send one e-mail', async () => {
  const { deps } = world;
  const { id } = await world.sent();
  const message = (await world.newsOf(id)).at(-1);
  const sent: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = {
    ...deps,
    mailer: {
      send: async ({ to }: { readonly to: string }) => {
        sent.push(to);
        await held;
      },
    },
  };
  const tell = () => (message === undefined ? Promise.resolve(0) : deliver(slow, message));
  const first = tell();
  while (sent.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [second, third] = await Promise.allSettled([tell(), tell()]);
  // They cannot know whether the first will come to its end, so that their messages come again.
  expect([second?.status, third?.status]).toEqual(['rejected', 'rejected']);
  release();
  await first;
  expect(sent).toEqual(['bea@b.example']);
});

test('an address that always fails, on each page of those who give, makes no more pages', async () => {
  const { people, accounts, deps } = world;
  await world.contribute();
  await world.contribute({ userId: people.outsider });
  const hold = await world.paused(people.hostAdminA, accounts.collectiveA);
  const pages = 5;
  const receivesMax = 5;
  const queue = (await world.newsOf(hold.id)).map((message) => ({ message, receives: 0 }));
  const failing: typeof deps = {
    ...deps,
    store: {
      ...deps.store,
      listContributions: async (scope, limit, from) => {
        const page = Number((from as { readonly page?: number } | undefined)?.page ?? 1);
        const { items } = await deps.store.listContributions(scope, limit);
        return { items, next: page < pages ? { page: page + 1 } : undefined };
      },
    },
    mailer: {
      send: async ({ to }) => {
        if (to === 'outsider@example.org') {
          throw new Error('Not an address.');
        }
      },
    },
    queue: {
      send: async (messages) => {
        queue.push(
          ...messages.map((message) => ({ message: message as (typeof queue)[number]['message'], receives: 0 })),
        );
        return [];
      },
    },
  };
  let received = 0;
  for (let one = queue.shift(); one !== undefined && received < 1000; one = queue.shift()) {
    const { message, receives } = one;
    received += 1;
    const isDone = await tellOf(failing, message).then(
      () => true,
      () => false,
    );
    if (!isDone && receives + 1 < receivesMax) {
      queue.push({ message, receives: receives + 1 });
    }
    world.clock.advanceDays(0.001);
  }
  // The event's own message, and each page as often as the queue hands it out.
  expect(received).toBe(1 + pages * receivesMax);
  expect(await world.toldTo(people.stranger)).toEqual(['paused']);
});

describe('somebody on two teams', () => {
  const ofBoth = async (userId: string, role: 'host_admin' | 'finance_lead'): Promise<void> => {
    const { people, accounts } = world;
    await join(people.hostAdminA, accounts.hostA, userId, role);
  };

  test.each([{ userOnly: true }, { userOnly: false }])(
    'has the e-mail that one of the hosts wants them to have, whatever the other switched off ($userOnly)',
    async ({ userOnly }) => {
      const { people } = world;
      await ofBoth(people.financeB, 'finance_lead');
      const off = { channel: 'email', choice: 'off' } as const;
      await prefer('A', { rules: [userOnly ? { ...off, userId: people.financeB } : { ...off, topic: 'late' }] });
      const id = await missing(people.hostAdminB);
      world.clock.advanceDays(10);
      await workDueIntent(world.deps, id);
      await world.tellAll(id);
      expect(mailsTo('bea@b.example')).toContain('late');
    },
  );

  test('is told with the first where one of the hosts names them', async () => {
    const { people } = world;
    await ofBoth(people.hostAdminB, 'host_admin');
    await prefer('B', { rules: [{ userId: people.hostAdminB, topic: 'not_received', choice: 'at_once' }] });
    await world.tellAll(await missing(people.financeB));
    expect(await world.toldTo(people.hostAdminB)).toContain('not_received');
  });

  test('has in the e-mail of the day what concerns the team that they have not left', async () => {
    const { people, accounts } = world;
    await ofBoth(people.financeB, 'finance_lead');
    await choose(people.financeB, daily);
    await world.tellAll(await missing(people.hostAdminB));
    await leave(people.hostAdminA, accounts.hostA, people.financeB);
    world.clock.advanceDays(1);
    await world.tellDaily();
    expect(mailsTo('bea@b.example').join(' ')).toContain('not_received');
  });

  test('finds what they were told after the delay in the inbox of both', async () => {
    const { people, accounts, deps } = world;
    await ofBoth(people.hostAdminB, 'host_admin');
    await world.tellAll(await missing(people.financeB));
    world.clock.advanceDays(2);
    await world.tellLater();
    for (const host of [accounts.hostA, accounts.hostB]) {
      const { items } = expected(await listNotifications(deps, people.hostAdminB, { host, limit: 10 }));
      expect(items.map(({ topic }) => topic)).toEqual(['not_received']);
    }
  });

  test('is told days later where the other host alone has acted', async () => {
    const { people, deps } = world;
    await ofBoth(people.financeB, 'finance_lead');
    const id = await missing(people.hostAdminB);
    const message = (await world.newsOf(id)).at(-1);
    await world.must(people.financeA, id, { name: 'writeOff', reason: 'It is lost.', bearer: 'payer' });
    world.clock.advanceDays(3);
    await (message && deliver(deps, message));
    expect(await world.toldTo(people.financeB)).toContain('not_received');
  });
});

test('whoever joins within the delay is told when nobody has acted, also where nobody was to come later', async () => {
  const { people, accounts, deps, meta } = world;
  const roles = ['host_admin', 'finance_lead'] as const;
  expected(await putMember(deps, meta(people.hostAdminB), accounts.hostB, people.hostAdminB, { roles }));
  await leave(people.hostAdminB, accounts.hostB, people.financeB);
  await world.tellAll((await world.sent()).id);
  await join(people.hostAdminB, accounts.hostB, people.outsider, 'host_admin');
  world.clock.advanceDays(2);
  await world.tellLater();
  expect(await world.toldTo(people.outsider)).toEqual(['money_sent']);
});

describe('a period that nobody confirmed', () => {
  const unconfirmed = async () => {
    const paymentMethodId = await world.card(world.people.stranger, 'contributor');
    const { id } = await world.contribute({ paymentMethodId, interval: 'year' });
    await world.batch();
    world.clock.advanceDays(40);
    await world.batch();
    await world.tellAll(id);
    return id;
  };

  test('is told to others although whoever gives has changed something', async () => {
    const { people, deps, meta } = world;
    const id = await unconfirmed();
    const paymentMethodId = await world.card(people.stranger);
    expected(await updatePaymentMethod(deps, meta(people.stranger), id, { paymentMethodId }));
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminA)).toContain('period_unconfirmed');
  });
});

test('a contribution that was set aside asks nobody else when it has ended, whoever ended it', async () => {
  const { people, deps, meta, bank, clock } = world;
  bank.script.push('declined', 'declined', 'declined', 'declined');
  const { id } = await world.contribute();
  await world.batch();
  for (const days of [1, 3, 7]) {
    clock.advanceDays(days);
    await world.batch();
  }
  await world.tellAll(id);
  expected(await cancelContribution(deps, meta(people.stranger), id, { reason: 'Not any more.' }));
  clock.advanceDays(2);
  await world.tellLater();
  expect(await world.toldTo(people.hostAdminA)).toEqual([]);
});

test('what was to be told to those who give, and was lost, is told when it is told again', async () => {
  const { people, accounts, deps } = world;
  await world.contribute();
  const hold = await world.paused(people.hostAdminA, accounts.collectiveA);
  const [message] = await world.newsOf(hold.id);
  await (message && deliver(deps, message));
  world.handedOn.length = 0;
  world.clock.advanceDays(1);
  await world.tellAll(hold.id);
  expect(await world.toldTo(people.stranger)).toEqual(['paused']);
});

test('whoever was given another role meanwhile is told days later what they were to be told', async () => {
  const { people, accounts, deps, meta } = world;
  const { id } = await world.sent();
  await world.must(people.hostAdminB, id, receiving(usd(1000)));
  world.clock.advanceDays(2);
  const roles = ['finance_lead', 'accountant'] as const;
  expected(await putMember(deps, meta(people.hostAdminB), accounts.hostB, people.financeB, { roles }));
  await world.tellAll(id);
  expect(await world.toldTo(people.financeB)).toContain('money_received');
});

test('what was told by an earlier version is in the e-mail of the day', async () => {
  const { people, table } = world;
  await choose(people.financeB, daily);
  const { id } = await world.sent();
  await world.tellAll(id);
  const eventId = (await world.newsOf(id)).at(-1)?.eventId ?? '';
  await table.client.send(
    new UpdateCommand({
      TableName: table.tableName,
      Key: keys.notice(people.financeB, eventId),
      UpdateExpression: 'REMOVE #as',
      ConditionExpression: 'attribute_exists(PK)',
      ExpressionAttributeNames: { '#as': 'as' },
    }),
  );
  world.clock.advanceDays(1);
  await world.tellDaily();
  expect(mailsTo('bea@b.example')).toEqual(['daily money_sent']);
});
