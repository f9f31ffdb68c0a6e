/** Books, balances and statements at a date go by when a change was recorded, not by the bank's date (decision of 2026-11-22). */
import { expect, test } from '@jest/globals';
import { getBalances, getStatement } from '../../shared/application/accounts.ts';
import { getBooks } from '../../shared/application/hosts.ts';
import { engineOfFile, fundedWorld } from '../support/engine-of-file.ts';
import { bodyOf, expected, receiving, usd } from '../support/world.ts';

const world = await fundedWorld(await engineOfFile());

test('a receipt that is confirmed late changes nothing of what the books said before, and shows the bank’s date', async () => {
  const { people, accounts, deps, clock } = world;
  const { id } = await world.sent();
  clock.advanceDays(30);
  const closedAt = clock.now();
  const booksThen = bodyOf(await getBooks(deps, people.financeB, accounts.hostB, { at: closedAt }));
  clock.advanceDays(3);
  const confirmedAt = clock.now();
  const { receipts } = await world.must(people.financeB, id, receiving(usd(1000), { date: '2026-03-28' }));
  expect(receipts).toMatchObject([{ date: '2026-03-28', at: confirmedAt }]);

  expect(bodyOf(await getBooks(deps, people.financeB, accounts.hostB, { at: closedAt }))).toEqual(booksThen);
  const balancesAt = async (at: string) =>
    bodyOf<{ balances: unknown[] }>(await getBalances(deps, people.collectiveAdminB, accounts.collectiveB, { at }))
      .balances;
  expect(await balancesAt(closedAt)).toEqual([]);
  expect(await balancesAt(confirmedAt)).toMatchObject([{ available: 1000 }]);
  const statement = (given: { from?: string; to?: string }) =>
    getStatement(deps, people.collectiveAdminB, accounts.collectiveB, { limit: 10, ...given });
  expect(expected(await statement({ to: closedAt })).items).toEqual([]);
  expect(expected(await statement({ from: closedAt })).items).toMatchObject([
    { intentId: id, at: confirmedAt, effectiveAt: confirmedAt },
  ]);
});
