/** Holds on an account stop its payment intents too: money that leaves it, and what is new for it (requirements P3). */
import { beforeEach, expect, test } from '@jest/globals';
import { changeHosting, getAccount } from '../../shared/application/accounts.ts';
import { confirmPeriod, listContributions } from '../../shared/application/contributions.ts';
import { workHold } from '../../shared/application/hold-work.ts';
import { liftAccountHold, listHolds } from '../../shared/application/holds.ts';
import type { Answer } from '../../shared/application/request.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { bodyOf, expected, sending, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
beforeEach(async () => {
  world = await contributionWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});

const codeOf = (result: Result<Answer, Refusal>): string => (result.ok ? 'ok' : result.refusal.code);

test('a hold with more contributions than one run gets through is spread by the next ones, from where it got to', async () => {
  const listed: unknown[] = [];
  world = await contributionWorld(engine, {
    wrap: (store) => ({
      ...store,
      listContributions(scope, _limit, from) {
        listed.push(from);
        return store.listContributions(scope, 1, from);
      },
    }),
  });
  const { deps, people, accounts } = world;
  for (let count = 0; count < 4; count += 1) {
    await world.contribute({ paymentMethodId: await world.card(people.stranger, 'processor') });
  }
  const { id } = await world.paused(people.financeA, accounts.collectiveA);
  const woken: string[] = [];
  const queue = {
    send: async (work: readonly { readonly contributionId: string }[]) =>
      void woken.push(...work.map(({ contributionId }) => contributionId)),
  };
  /** One step, and no time for another. */
  const step = (holdId: string) => {
    let asked = 0;
    const hasTime = () => {
      asked += 1;
      return asked === 1;
    };
    return workHold({ ...deps, queue }, holdId, null, { hasTime, pages: 2 });
  };
  for (let run = 0; run < 4; run += 1) {
    await step(id);
  }
  expect(new Set(woken).size).toBe(4);
  expect(woken).toHaveLength(4);
  expect((await deps.store.hold(id))?.hold.spread).toBe('done');
  expected(await liftAccountHold(deps, world.meta(people.financeA), id));
  await step(id);
  expect((await deps.store.hold(id))?.hold).toMatchObject({ spread: 'waiting', spreadFrom: {} });
  // Placed again and lifted again while it is not through: what follows from the end begins with the first of them.
  const again = await world.paused(people.financeA, accounts.collectiveA);
  await step(again.id);
  expected(await liftAccountHold(deps, world.meta(people.financeA), again.id));
  listed.length = 0;
  await step(again.id);
  expect(listed[0]).toBeUndefined();
});

test('money that is held is not sent, and is sent when the hold is lifted', async () => {
  const { people, accounts } = world;
  const { id } = await world.approved();
  const hold = await world.paused(people.financeA, accounts.collectiveA, { level: 'out' });
  expect(await world.command(people.financeA, id, sending())).toMatchObject({
    ok: false,
    refusal: { code: 'on-hold', detail: expect.stringContaining('host') },
  });
  expected(await liftAccountHold(world.deps, world.meta(people.financeA), hold.id));
  expect(codeOf(await world.command(people.financeA, id, sending()))).toBe('ok');
});

test('a hold on a host stops what its collectives send and settle', async () => {
  const { people, accounts } = world;
  const { id } = await world.approved();
  const within = await world.approved({ payeeAccountId: accounts.collectiveA2 });
  await world.paused(people.platformAdmin, accounts.hostA, { level: 'full', owner: 'platform' });
  expect(codeOf(await world.command(people.financeA, id, sending()))).toBe('on-hold');
  const settle = { name: 'settle', date: '2026-03-02' } as const;
  expect(codeOf(await world.command(people.financeA, within.id, settle))).toBe('on-hold');
});

test('nothing is approved while its payer is held, and pausing contributions alone stops no approval', async () => {
  const { people, accounts } = world;
  const first = await world.create(people.collectiveAdminA);
  await world.must(people.collectiveAdminA, first.id, { name: 'submit' });
  await world.paused(people.financeA, accounts.collectiveA, { level: 'recurring_in' });
  expect(codeOf(await world.command(people.financeA, first.id, { name: 'approve' }))).toBe('ok');
  const second = await world.create(people.collectiveAdminA);
  await world.must(people.collectiveAdminA, second.id, { name: 'submit' });
  await world.paused(people.financeA, accounts.collectiveA, { level: 'out' });
  expect(codeOf(await world.command(people.financeA, second.id, { name: 'approve' }))).toBe('on-hold');
});

test('nothing new is asked for an account that takes nothing new, nor for one whose host takes nothing new', async () => {
  const { people, accounts } = world;
  await world.paused(people.financeB, accounts.collectiveB, { level: 'new_in' });
  await expect(world.create(people.collectiveAdminA, { payeeAccountId: accounts.collectiveB })).rejects.toThrow(
    'on-hold',
  );
  await world.paused(people.hostAdminA, accounts.hostA, { level: 'full' });
  await expect(world.create(people.collectiveAdminA, { payeeAccountId: accounts.collectiveA2 })).rejects.toThrow(
    'on-hold',
  );
});

test('a collective that leaves its host takes no contributions along: they are held, or canceled if that was chosen', async () => {
  const { people, accounts, clock } = world;
  const kept = await world.contribute({ collectiveAccountId: accounts.collectiveA2 });
  const leave = (accountId: string, contributions?: 'cancel') =>
    changeHosting(world.deps, world.meta(people.hostAdminA), accountId, { action: 'leave', contributions });
  expected(await leave(accounts.collectiveA2));
  expect(await world.batch()).toEqual(['periods_passed']);
  expect((await world.look(people.stranger, kept.id)).paused.holds).toMatchObject([
    { accountId: accounts.collectiveA2, owner: 'host', reason: 'unhosting' },
  ]);
  const other = await world.collective('A', 'Another');
  const ended = await world.contribute({ collectiveAccountId: other });
  expected(await leave(other, 'cancel'));
  await world.batch();
  expect((await world.look(people.stranger, ended.id)).status).toBe('canceled');
  expect((await world.look(people.stranger, kept.id)).status).toBe('active');
  clock.advanceDays(62);
  await world.batch();
  expect(world.bank.payments).toEqual([]);
});

test('what is given to a collective that changed its host is not charged for the host that it left', async () => {
  const { people, accounts, clock } = world;
  await world.contribute({ collectiveAccountId: accounts.collectiveA2 });
  const as = (userId: string, input: Parameters<typeof changeHosting>[3]) =>
    changeHosting(world.deps, world.meta(userId), accounts.collectiveA2, input);
  expected(await as(people.hostAdminA, { action: 'leave' }));
  expected(await as(people.collectiveAdminA, { action: 'apply', hostId: accounts.hostB }));
  expected(await as(people.hostAdminB, { action: 'accept' }));
  const holds = expected(await listHolds(world.deps, people.hostAdminB, accounts.collectiveA2, { limit: 10 }));
  expected(await liftAccountHold(world.deps, world.meta(people.hostAdminB), holds.items[0]?.id ?? ''));
  clock.advanceDays(62);
  expect(await world.batch()).toEqual(['periods_passed']);
  expect(world.bank.payments).toEqual([]);
});

test('what waits for a collective that is elsewhere says so, and goes on when it is back and nobody holds it', async () => {
  const { people, accounts, clock, bank, deps } = world;
  const { collectiveA2, hostA, hostB } = accounts;
  const card = await world.contribute({ collectiveAccountId: collectiveA2 });
  const paymentMethodId = await world.card(people.stranger, 'processor');
  const subscription = await world.contribute({ collectiveAccountId: collectiveA2, paymentMethodId });
  const as = (userId: string, input: Parameters<typeof changeHosting>[3]) =>
    changeHosting(deps, world.meta(userId), collectiveA2, input);
  const liftAll = async (userId: string) => {
    const { items } = expected(await listHolds(deps, userId, collectiveA2, { limit: 10 }));
    for (const { id } of items.filter(({ status }) => status === 'active')) {
      expected(await liftAccountHold(deps, world.meta(userId), id));
    }
  };
  const shown = async () => [
    await world.look(people.stranger, card.id),
    ...expected(
      await listContributions(deps, people.stranger, {
        scope: { by: 'contributor', accountId: people.stranger },
        limit: 10,
      }),
    ).items,
  ];
  for (const one of await shown()) {
    expect(one.paused).toMatchObject({ isPaused: false, isElsewhere: false });
  }
  expected(await as(people.hostAdminA, { action: 'leave' }));
  expected(await as(people.collectiveAdminA, { action: 'apply', hostId: hostB }));
  expected(await as(people.hostAdminB, { action: 'accept' }));
  await liftAll(people.hostAdminB);
  await world.batch();
  for (const one of await shown()) {
    expect(one).toMatchObject({ paused: { isPaused: true, isElsewhere: true, holds: [] }, nextChargeAt: null });
  }
  expect((await world.look(people.stranger, subscription.id)).processor).toMatchObject({ observed: 'suspended' });
  expected(await as(people.hostAdminB, { action: 'leave' }));
  expected(await as(people.collectiveAdminA, { action: 'apply', hostId: hostA }));
  expected(await as(people.hostAdminA, { action: 'accept' }));
  // What was agreed before waits until the host says that it goes on.
  await world.batch();
  expect((await world.look(people.stranger, card.id)).paused).toMatchObject({
    isElsewhere: false,
    holds: [{ owner: 'host', reason: 'unhosting' }],
  });
  await liftAll(people.hostAdminA);
  await world.batch();
  for (const one of await shown()) {
    expect(one.paused).toMatchObject({ isPaused: false, isElsewhere: false });
  }
  expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend', 'resume']);
  clock.advanceDays(31);
  expect(await world.batch()).toEqual(['charge_started', 'charged']);
});

test('an account shows what is paused on it, by whom, since when and until when; why is for those who have part in it', async () => {
  const { people, accounts, deps } = world;
  const until = '2026-05-01T00:00:00.000Z';
  const hold = await world.paused(people.financeA, accounts.collectiveA, { until, message: 'Papers are missing.' });
  const seenBy = async (userId: string) =>
    bodyOf<{ holds: unknown }>(await getAccount(deps, userId, accounts.collectiveA)).holds;
  const shown = { id: hold.id, level: 'recurring_in', owner: 'host', from: hold.from, until };
  expect(await seenBy(people.collectiveAdminA)).toEqual([
    { ...shown, reason: 'paperwork', message: 'Papers are missing.' },
  ]);
  expect(await seenBy(people.stranger)).toEqual([{ ...shown, reason: null, message: 'Papers are missing.' }]);
  expected(await liftAccountHold(deps, world.meta(people.financeA), hold.id));
  expect(await seenBy(people.stranger)).toEqual([]);
});

test('a bank transfer for a collective that has left is not credited where nobody would find it', async () => {
  const { people, accounts, deps } = world;
  const paymentMethodId = await world.card(people.stranger, 'contributor');
  const { id } = await world.contribute({ collectiveAccountId: accounts.collectiveA2, paymentMethodId });
  await world.batch();
  expected(await changeHosting(deps, world.meta(people.hostAdminA), accounts.collectiveA2, { action: 'leave' }));
  const input = { period: '2026-03-02', amount: usd(5000), date: '2026-03-02', reference: 'R-1' };
  expect(codeOf(await confirmPeriod(deps, world.meta(people.financeA), id, input))).toBe('account-not-active');
});

test('a collective does not leave its host while a charge for it has no answer yet', async () => {
  const { people, accounts, bank, clock, deps } = world;
  bank.script.push('unknown-done');
  await world.contribute({ collectiveAccountId: accounts.collectiveA2 });
  expect(await world.batch()).toEqual(['charge_started', 'charge_unclear']);
  const leave = () => changeHosting(deps, world.meta(people.hostAdminA), accounts.collectiveA2, { action: 'leave' });
  expect(codeOf(await leave())).toBe('temporarily-unavailable');
  clock.advanceDays(1);
  await world.batch();
  // The money has come, and is held for it.
  expect(codeOf(await leave())).toBe('hosting-not-allowed');
});

test('a preview counts as running only what no other hold stops', async () => {
  const { people, accounts } = world;
  await world.contribute();
  expect(await world.preview(people.financeA, accounts.collectiveA)).toMatchObject({
    contributions: 1,
    alreadyHeld: 0,
  });
  await world.paused(people.collectiveAdminA, accounts.collectiveA);
  expect(await world.preview(people.financeA, accounts.collectiveA)).toMatchObject({
    contributions: 0,
    alreadyHeld: 1,
  });
  expect(codeOf(await world.pause(people.financeA, accounts.collectiveA))).toBe('ok');
});
