/** Holds on an account stop its payment intents too: money that leaves it, and what is new for it (requirements P3). */
import { beforeEach, expect, test } from '@jest/globals';
import { changeHosting, getAccount } from '../../shared/application/accounts.ts';
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
