import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { changeHosting } from '../../shared/application/accounts.ts';
import { workDueIntent } from '../../shared/application/due.ts';
import { getPaymentIntent } from '../../shared/application/payment-intents.ts';
import type { IntentView } from '../../shared/application/views.ts';
import { engineOfFile, fundedWorld } from '../support/engine-of-file.ts';
import { bodyOf, expected, receiving, sending, usd } from '../support/world.ts';

const world = await fundedWorld(await engineOfFile());

const refused = (code: string) => ({ ok: false, refusal: { code } });

const returning = (amount: number, feeLost: number) =>
  ({ name: 'markReturned', amount, feeLost, bearer: 'payer', reason: 'Account closed', date: '2026-03-03' }) as const;

describe('one person alone', () => {
  test('does not approve the content that they gave an intent when taking it up again', async () => {
    const { people } = world;
    const { id } = await world.sent();
    await world.must(people.financeA, id, returning(1000, 0));
    await world.must(people.financeA, id, { name: 'redraft', amount: usd(400_000) });
    expect(await world.command(people.financeA, id, { name: 'approve' })).toMatchObject(refused('own-request'));
    expect(await world.must(people.hostAdminA, id, { name: 'approve' })).toMatchObject({ status: 'approved' });
  });

  test('does not write off what is on its way by calling it a fee', async () => {
    const { people } = world;
    const { id } = await world.sent();
    expect(await world.command(people.financeA, id, returning(0, 1000))).toMatchObject(refused('amount-not-allowed'));
    expect(await world.command(people.financeA, id, returning(400, 600))).toMatchObject(refused('amount-not-allowed'));
    expect(await world.must(people.financeA, id, returning(960, 40))).toMatchObject({ status: 'returned' });
  });

  test('does not approve what was edited while the approval was on its way', async () => {
    const { people } = world;
    for (let round = 0; round < 10; round += 1) {
      const { id } = await world.create(people.collectiveAdminA);
      await world.must(people.collectiveAdminA, id, { name: 'submit' });
      await Promise.all([
        world.command(people.collectiveAdminA, id, { name: 'edit', amount: usd(99_999) }),
        world.command(people.financeA, id, { name: 'approve', revision: 1 }),
      ]);
      const { amount, status } = bodyOf<IntentView>(await getPaymentIntent(world.deps, people.financeA, id));
      expect([status, amount]).not.toEqual(['approved', usd(99_999)]);
    }
  });
});

test('more foreign money than was expected is a decision, like more of the same money', async () => {
  const { people } = world;
  const { id } = await world.approved();
  await world.must(people.financeA, id, sending({ expected: { amount: 860, currency: 'EUR' } }));
  await world.must(people.financeB, id, receiving({ amount: 430, currency: 'EUR' }));
  const tooMuch = receiving({ amount: 43_000_000, currency: 'EUR' });
  expect(await world.command(people.financeB, id, tooMuch)).toMatchObject({
    refusal: { code: 'over-receipt', remaining: 430 },
  });
  const received = await world.must(
    people.financeB,
    id,
    receiving({ amount: 450, currency: 'EUR' }, { overReceipt: 'suspense' }),
  );
  expect(received).toMatchObject({ status: 'received', receipts: [{}, { excess: { amount: 20, to: 'suspense' } }] });
});

test('a proposal to write off falls when money arrives after all', async () => {
  const { people } = world;
  const { id } = await world.sent();
  await world.must(people.financeB, id, { name: 'reportNotReceived', reason: 'Nothing there' });
  await world.must(people.financeA, id, { name: 'writeOff', reason: 'Lost', bearer: 'payer' });
  await world.must(people.financeB, id, receiving(usd(400)));
  const agreed = await world.must(people.financeB, id, { name: 'writeOff', reason: 'Lost', bearer: 'payer' });
  expect(agreed).toMatchObject({ status: 'partially_received', inTransit: usd(600), writeOff: { bearer: 'payer' } });
});

test('money that arrived before the claim that it was sent has the sender chased', async () => {
  const { people } = world;
  const { id } = await world.approved();
  await world.must(people.financeB, id, receiving(usd(1000)));
  expect(await workDueIntent(world.deps, id)).toBe('nothing');
  world.clock.advanceDays(8);
  expect(await workDueIntent(world.deps, id)).toBe('done');
  const late = bodyOf<IntentView>(await getPaymentIntent(world.deps, people.financeA, id));
  expect(late).toMatchObject({ status: 'approved', claimMissing: true, late: { reminders: 0 } });
  expect(await world.must(people.financeA, id, sending())).toMatchObject({ status: 'received', late: null });
});

describe('a collective', () => {
  test('does not leave its host while money of it is on its way', async () => {
    const { people, accounts, deps, meta } = world;
    const moving = await world.collective('A', 'Moving');
    await world.fund(people.hostAdminA, accounts.hostA, moving, usd(500));
    const { id } = await world.sent({ payerAccountId: moving, amount: usd(500) });
    const leave = () => changeHosting(deps, meta(people.collectiveAdminA), moving, { action: 'leave' });
    expect(await leave()).toMatchObject(refused('hosting-not-allowed'));
    await world.must(people.financeB, id, receiving(usd(500)));
    expect(await leave()).toMatchObject({ ok: true });
  });

  test('gets the same answer to the same request, even if the request ended the right to ask', async () => {
    const { people, deps, meta } = world;
    const moving = await world.collective('A', 'Let go');
    const request = { idempotencyKey: randomUUID() };
    const first = expected(await changeHosting(deps, meta(people.hostAdminA, request), moving, { action: 'leave' }));
    const again = expected(await changeHosting(deps, meta(people.hostAdminA, request), moving, { action: 'leave' }));
    expect(again).toEqual({ ...first, replayed: true });
  });
});
