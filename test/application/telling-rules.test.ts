/** Who stands in for whom, who is told no more, and what only looks like acting (requirements N1, N3; semantics §2). */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { changeHosting, deleteMember, putMember, updateAccount } from '../../shared/application/accounts.ts';
import { cancelContribution, getContribution } from '../../shared/application/contributions.ts';
import { deliverDigest } from '../../shared/application/digests.ts';
import { workDueIntent } from '../../shared/application/due.ts';
import { liftAccountHold, listHolds } from '../../shared/application/holds.ts';
import type { NotificationPreferences } from '../../shared/domain/notification.ts';
import type { NoticeFacts } from '../../shared/messaging/texts/facts.ts';
import { renderEmail } from '../../shared/messaging/texts/render.ts';
import { keys } from '../../shared/persistence/keys.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { type NotificationWorld, notificationWorld } from '../support/notification-world.ts';
import { expected, receiving, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: NotificationWorld;
beforeEach(async () => {
  world = await notificationWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});

const prefer = async (hostId: string, rules: NotificationPreferences['rules']): Promise<void> => {
  const { deps } = world;
  const before = await deps.store.account(hostId);
  if (before?.settings == null) {
    throw new Error('No such host.');
  }
  const notifications = { laterAfterMinutes: 7 * 24 * 60, rules };
  const after = { ...before, settings: { ...before.settings, notifications }, version: before.version + 1 };
  await deps.store.commit({ intents: [], accounts: [{ before, after }] }, 'test', deps.clock.now());
};

describe('others come first, or later,', () => {
  test('after the delay, where the one who comes first has done it and knows', async () => {
    const { people, accounts, deps, clock } = world;
    expected(await deleteMember(deps, world.meta(people.hostAdminB), accounts.hostB, people.financeB));
    const roles = ['finance_lead'] as const;
    expected(await putMember(deps, world.meta(people.hostAdminB), accounts.hostB, people.financeA, { roles }));
    const { id } = await world.sent();
    await world.tellAll(id);
    expect(await world.toldTo(people.hostAdminB)).toEqual([]);
    clock.advanceDays(1);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminB)).toEqual(['money_sent']);
  });

  test('where the only finance lead has made the request, which they may not approve', async () => {
    const { people, accounts, deps } = world;
    expected(await deleteMember(deps, world.meta(people.hostAdminA), accounts.hostA, people.finance2A));
    const { id } = await world.create(people.financeA);
    await world.must(people.financeA, id, { name: 'submit' });
    await world.tellAll(id);
    expect(await world.toldTo(people.hostAdminA)).toEqual(['approval_needed']);
  });
});

test('a reminder of the clock is nobody’s acting: others are told of the money all the same', async () => {
  const { people, accounts, deps, clock } = world;
  await prefer(accounts.hostB, []);
  const { id } = await world.sent();
  await world.tellAll(id);
  clock.advanceDays(8);
  expect(await workDueIntent(deps, id)).not.toBe('nothing');
  await world.tellAll(id);
  await world.tellLater();
  expect(await world.toldTo(people.hostAdminB)).toEqual(['money_sent']);
});

test('an author who was taken off the team since is told nothing more of it', async () => {
  const { people, accounts, deps } = world;
  const { id } = await world.create(people.collectiveAdminA);
  await world.must(people.collectiveAdminA, id, { name: 'submit' });
  const roles = ['collective_admin'] as const;
  expected(await putMember(deps, world.meta(people.hostAdminA), accounts.collectiveA, people.outsider, { roles }));
  expected(await deleteMember(deps, world.meta(people.hostAdminA), accounts.collectiveA, people.collectiveAdminA));
  await world.must(people.financeA, id, { name: 'reject', reason: 'Confidential.' });
  await world.tellAll(id);
  expect(await world.toldTo(people.collectiveAdminA)).toEqual([]);
});

test('what one host switches off for somebody is not switched off for another', async () => {
  const { people, accounts, deps } = world;
  const roles = ['finance_lead'] as const;
  expected(await putMember(deps, world.meta(people.hostAdminA), accounts.hostA, people.financeB, { roles }));
  await prefer(accounts.hostA, [{ topic: 'money_received', choice: 'off' }]);
  const { id } = await world.sent();
  await world.must(people.hostAdminB, id, receiving(usd(1000)));
  await world.tellAll(id);
  const { items } = await deps.store.listNotices(people.financeB, 10);
  expect(items.find(({ topic }) => topic === 'money_received')).toMatchObject({ hostId: accounts.hostB });
});

test('what is wanted by e-mail alone is in no inbox, and is not counted as unread', async () => {
  const { people, accounts, deps, mailbox } = world;
  await prefer(accounts.hostA, [{ topic: 'money_received', channel: 'inbox', choice: 'off' }]);
  const { id } = await world.sent();
  await world.must(people.financeB, id, receiving(usd(1000)));
  const before = await deps.store.unread(people.finance2A, deps.clock.now());
  await world.tellAll(id);
  await world.tellAll(id);
  expect(await world.toldTo(people.finance2A)).not.toContain('money_received');
  expect(mailbox.filter(({ to, subject }) => to === 'fay@a.example' && subject === 'money_received')).toHaveLength(1);
  const told = (await deps.store.listNotices(people.finance2A, 10)).items.length;
  expect(await deps.store.unread(people.finance2A, deps.clock.now())).toBe(before + told);
});

describe('whoever gives', () => {
  test.each(['out', 'new_in'] as const)('hears nothing of what else is held (%s)', async (level) => {
    const { people, accounts } = world;
    await world.contribute();
    const hold = await world.paused(people.hostAdminA, accounts.collectiveA, { level });
    await world.tellAll(hold.id);
    expect(await world.toldTo(people.stranger)).toEqual([]);
    expect(await world.toldTo(people.collectiveAdminA)).toEqual(['paused']);
  });

  test('is led to the contribution, as the pause is not theirs to read', async () => {
    const { people, accounts, deps } = world;
    const { id } = await world.contribute();
    const hold = await world.paused(people.hostAdminA, accounts.collectiveA);
    await world.tellAll(hold.id);
    const [told] = (await deps.store.listNotices(people.stranger, 1)).items;
    expect(told?.facts.links.subject).toBe(`https://pay.example/${id}`);
    expected(await getContribution(deps, people.stranger, id));
  });
});

test('a collective that is called like its host is not said to be one', async () => {
  const { people, accounts, deps } = world;
  expected(await updateAccount(deps, world.meta(people.collectiveAdminA), accounts.collectiveA, { name: 'Host A' }));
  await world.tellAll((await world.sent()).id);
  const [told] = (await deps.store.listNotices(people.financeB, 1)).items;
  const { text } = renderEmail(told?.facts as NoticeFacts, 'en');
  expect(text).toContain('Host A (host: Host A)');
  expect(text).not.toContain('(a host)');
});

test('whoever gives hears that the host has canceled it', async () => {
  const { people, deps } = world;
  const { id } = await world.contribute();
  expected(await cancelContribution(deps, world.meta(people.financeA), id, { reason: 'We stop.' }));
  await world.tellAll(id);
  expect(await world.toldTo(people.stranger)).toEqual(['contribution_canceled']);
});

describe('a collective that leaves a host and cancels what was agreed', () => {
  const move = (userId: string, accountId: string, input: Parameters<typeof changeHosting>[3]) =>
    changeHosting(world.deps, world.meta(userId), accountId, input);

  test('ends what was agreed under that host, and nothing of another', async () => {
    const { people, accounts, deps } = world;
    const accountId = accounts.collectiveA2;
    const first = await world.contribute({ collectiveAccountId: accountId });
    expected(await move(people.hostAdminA, accountId, { action: 'leave' }));
    expected(await move(people.collectiveAdminA, accountId, { action: 'apply', hostId: accounts.hostB }));
    expected(await move(people.hostAdminB, accountId, { action: 'accept' }));
    const { items } = expected(await listHolds(deps, people.hostAdminB, accountId, { limit: 10 }));
    for (const { id } of items) {
      expected(await liftAccountHold(deps, world.meta(people.hostAdminB), id));
    }
    const second = await world.contribute({ collectiveAccountId: accountId });
    expected(await move(people.hostAdminB, accountId, { action: 'leave', contributions: 'cancel' }));
    await world.batch();
    const statusOf = async (id: string) => (await deps.store.contribution(id))?.contribution.status;
    expect([await statusOf(first.id), await statusOf(second.id)]).toEqual(['active', 'canceled']);
  });
});

describe('the e-mail of the day', () => {
  /** What finance of host B was told of yesterday, of a transfer, and is to be sent now. */
  async function collected() {
    const { people, deps, clock } = world;
    await deps.store.putPersonalPreferences(people.financeB, {
      language: 'en',
      rules: [{ channel: 'email', choice: 'daily' }],
    });
    await world.tellAll((await world.sent()).id);
    clock.advanceDays(1);
    return deps.store.digest(people.financeB);
  }

  test('is over although a machine died between its last two writes', async () => {
    const { people, deps } = world;
    const digest = await collected();
    const eventIds = digest?.eventIds ?? [];
    // The last of the events is taken out of it, and the item is still there.
    await world.table.client.send(
      new UpdateCommand({
        TableName: world.table.tableName,
        Key: keys.digest(people.financeB),
        UpdateExpression: 'DELETE eventIds :all',
        ExpressionAttributeValues: { ':all': new Set(eventIds) },
      }),
    );
    expect(await world.tellDaily()).toBe(0);
    expect(await deps.store.digest(people.financeB)).toBeUndefined();
  });

  test('does not write that an e-mail was not sent which was', async () => {
    const { people, deps, clock } = world;
    const digest = await collected();
    const [eventId = ''] = digest?.eventIds ?? [];
    await deps.store.emailSent(people.financeB, eventId, clock.now());
    expect(await world.tellDaily()).toBe(0);
    expect((await deps.store.notice(people.financeB, eventId))?.email.state).toBe('sent');
  });

  test('is given up when it could not be sent for days, and people have their inbox', async () => {
    const { people, deps } = world;
    const digest = await collected();
    const message = { schemaVersion: 1, digestOf: people.financeB, dueAt: digest?.dueAt ?? '' } as const;
    const refusing = { ...deps, mailer: { send: () => Promise.reject(new Error('Not an address.')) } };
    let tries = 0;
    for (let isOver = false; !isOver && tries < 1000; tries += 1) {
      isOver = await deliverDigest(refusing, message).then(
        () => true,
        () => false,
      );
    }
    expect(tries).toBe(400);
    expect(await deps.store.digest(people.financeB)).toBeUndefined();
    expect(await world.toldTo(people.financeB)).toEqual(['money_sent']);
  }, 30_000);
});
