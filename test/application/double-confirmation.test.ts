import { expect, test } from '@jest/globals';
import { getBalances } from '../../shared/application/accounts.ts';
import { getBooks, verifyHost } from '../../shared/application/hosts.ts';
import { engineOfFile, fundedWorld } from '../support/engine-of-file.ts';
import { bodyOf, receiving, sending, usd } from '../support/world.ts';

const world = await fundedWorld(await engineOfFile());

const available = async (userId: string, accountId: string): Promise<number> => {
  const { balances } = bodyOf<{ balances: { available: number; currency: string }[] }>(
    await getBalances(world.deps, userId, accountId, {}),
  );
  return balances.find(({ currency }) => currency === 'USD')?.available ?? 0;
};

const books = async (userId: string, hostId: string) =>
  bodyOf<{
    currencies: { balanced: boolean; bank: number }[];
    inTransit: { outgoing: unknown[]; incoming: unknown[] };
  }>(await getBooks(world.deps, userId, hostId, {}));

test('a transfer is paid at the sending host and pending at the receiving one until that one confirms', async () => {
  const { people, accounts } = world;
  const before = await available(people.financeA, accounts.collectiveA);
  const intent = await world.sent();
  expect(intent).toMatchObject({ status: 'sent', inTransit: usd(1000) });
  expect(await available(people.financeA, accounts.collectiveA)).toBe(before - 1000);
  expect(await available(people.financeB, accounts.collectiveB)).toBe(0);
  expect((await books(people.financeA, accounts.hostA)).inTransit).toEqual({ outgoing: [usd(1000)], incoming: [] });
  expect((await books(people.financeB, accounts.hostB)).inTransit).toEqual({ outgoing: [], incoming: [usd(1000)] });

  const received = await world.must(people.financeB, intent.id, receiving(usd(1000)));
  expect(received).toMatchObject({ status: 'received', inTransit: null });
  expect(await available(people.financeB, accounts.collectiveB)).toBe(1000);
  for (const [userId, hostId] of [
    [people.financeA, accounts.hostA],
    [people.financeB, accounts.hostB],
  ] as const) {
    const { currencies, inTransit } = await books(userId, hostId);
    expect(currencies.every(({ balanced }) => balanced)).toBe(true);
    expect(inTransit).toEqual({ outgoing: [], incoming: [] });
    expect(bodyOf(await verifyHost(world.deps, userId, hostId))).toMatchObject({ verified: true, problems: [] });
  }
});

test('the sending host cannot confirm the receipt, and the receiving host cannot claim that it was sent', async () => {
  const { people } = world;
  const approved = await world.approved();
  const claim = await world.command(people.financeB, approved.id, sending());
  expect(claim).toMatchObject({ ok: false, refusal: { code: 'permission-denied' } });
  await world.must(people.financeA, approved.id, sending());
  const confirmation = await world.command(people.financeA, approved.id, receiving(usd(1000)));
  expect(confirmation).toMatchObject({ ok: false, refusal: { code: 'permission-denied' } });
});
