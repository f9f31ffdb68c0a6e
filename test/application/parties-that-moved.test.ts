/** An intent names its parties as they were when it was written; it goes on only while they are where it says they are. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { changeHosting, getAccount, updateAccount } from '../../shared/application/accounts.ts';
import type { Answer } from '../../shared/application/request.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { bodyOf, expected, receiving, sending, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
beforeEach(async () => {
  world = await contributionWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(10_000));
});

const codeOf = (result: Result<Answer, Refusal>): string => (result.ok ? 'ok' : result.refusal.code);
const leaves = async () =>
  expected(
    await changeHosting(world.deps, world.meta(world.people.collectiveAdminB), world.accounts.collectiveB, {
      action: 'leave',
    }),
  );
const archives = async () =>
  expected(
    await updateAccount(world.deps, world.meta(world.people.collectiveAdminB), world.accounts.collectiveB, {
      status: 'archived',
    }),
  );

describe.each([
  ['has left its host', leaves],
  ['is archived', archives],
] as const)('when the payee %s', (_what, goes) => {
  test('a draft is not submitted', async () => {
    const { people } = world;
    const { id } = await world.create(people.collectiveAdminA);
    await goes();
    expect(codeOf(await world.command(people.collectiveAdminA, id, { name: 'submit' }))).toBe('account-not-active');
    expect(codeOf(await world.command(people.collectiveAdminA, id, { name: 'cancel', reason: null }))).toBe('ok');
  });

  test('what waits for approval is not approved, and is rejected', async () => {
    const { people } = world;
    const { id } = await world.create(people.collectiveAdminA);
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    await goes();
    expect(codeOf(await world.command(people.financeA, id, { name: 'approve' }))).toBe('account-not-active');
    expect(codeOf(await world.command(people.financeA, id, { name: 'reject', reason: 'Gone' }))).toBe('ok');
  });

  test('what came back is not taken up again', async () => {
    const { people } = world;
    const { id } = await world.sent();
    const returned = {
      amount: 1000,
      feeLost: 0,
      bearer: 'payer',
      reason: 'Wrong account',
      date: '2026-03-02',
    } as const;
    await world.must(people.financeA, id, { name: 'markReturned', ...returned });
    await goes();
    const again = { name: 'redraft' } as const;
    expect(codeOf(await world.command(people.financeA, id, again))).toBe('account-not-active');
    const changed = { name: 'redraft', purpose: 'Something else' } as const;
    expect(codeOf(await world.command(people.financeA, id, changed))).toBe('account-not-active');
  });
});

test('a former host sends nothing back in the name of a collective that left it', async () => {
  const { people, accounts } = world;
  const { id } = await world.sent();
  await world.must(people.financeB, id, receiving(usd(1000)));
  const away = await world.create(people.collectiveAdminB, {
    payerAccountId: accounts.collectiveB,
    payeeAccountId: accounts.hostB,
    destination: null,
  });
  await world.must(people.collectiveAdminB, away.id, { name: 'submit' });
  await world.must(people.financeB, away.id, { name: 'approve' });
  await world.must(people.financeB, away.id, { name: 'settle', date: '2026-03-02' });
  await leaves();
  const destination = { method: 'bank_account', label: 'Host A' } as const;
  const back = { name: 'sendBack', amount: 1000, purpose: 'Sent by mistake', destination } as const;
  expect(codeOf(await world.command(people.financeB, id, back))).toBe('account-not-active');
});

test('an archived host takes nobody in who applied before', async () => {
  const { people, accounts, deps, meta } = world;
  await leaves();
  const change = (userId: string, input: Parameters<typeof changeHosting>[3]) =>
    changeHosting(deps, meta(userId), accounts.collectiveB, input);
  expected(await change(people.collectiveAdminB, { action: 'apply', hostId: accounts.hostB }));
  expected(await updateAccount(deps, meta(people.hostAdminB), accounts.hostB, { status: 'archived' }));
  expect(codeOf(await change(people.hostAdminB, { action: 'accept' }))).toBe('account-not-active');
  expected(await updateAccount(deps, meta(people.hostAdminB), accounts.hostB, { status: 'active' }));
  expect(codeOf(await change(people.hostAdminB, { action: 'accept' }))).toBe('ok');
});

describe('while the payer is held', () => {
  test('what has arrived is recorded, and its host learns nothing of the hold', async () => {
    const { people, accounts } = world;
    const { id } = await world.approved();
    await world.paused(people.financeA, accounts.collectiveA, { level: 'out' });
    expect(codeOf(await world.command(people.financeB, id, receiving(usd(1000))))).toBe('ok');
    // The claim that it left is the payer's own, and waits.
    expect(codeOf(await world.command(people.financeA, id, sending()))).toBe('on-hold');
  });

  test('one of its intents is held besides, and let go', async () => {
    const { people, accounts } = world;
    const { id } = await world.approved();
    await world.paused(people.financeA, accounts.collectiveA, { level: 'out' });
    const held = await world.must(people.financeA, id, { name: 'placeHold', reason: 'A question', message: null });
    const holdId = held.holds[0]?.id ?? '';
    expect(codeOf(await world.command(people.financeA, id, { name: 'liftHold', holdId }))).toBe('ok');
  });

  test('a stranger sees nothing of a hold on what leaves', async () => {
    const { people, accounts, deps } = world;
    await world.paused(people.financeA, accounts.collectiveA, { level: 'out', message: 'An inquiry.' });
    const seenBy = async (userId: string) =>
      bodyOf<{ holds: unknown[] }>(await getAccount(deps, userId, accounts.collectiveA)).holds.length;
    expect([await seenBy(people.collectiveAdminA), await seenBy(people.stranger)]).toEqual([1, 0]);
  });
});
