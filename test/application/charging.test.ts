/** Corners of charging and of lifting holds, on a real engine. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { getBalances } from '../../shared/application/accounts.ts';
import { workContribution } from '../../shared/application/charging.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import type { HoldLevel } from '../../shared/domain/hold.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { bodyOf, expected } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
beforeEach(async () => {
  world = await contributionWorld(engine);
});

const lift = async (holdId: string) => {
  const { deps, meta, people } = world;
  expected(await liftAccountHold(deps, meta(people.hostAdminA), holdId));
};

describe('a contribution to a host itself', () => {
  test('passes the one guard there is, is charged, and is counted once', async () => {
    const { people, accounts, deps } = world;
    await world.contribute({ collectiveAccountId: accounts.hostA });
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect((await deps.store.guard(accounts.hostA)).underWay).toBe(0);
    expect((await deps.store.tally(accounts.hostA)).rows).toMatchObject([{ contributions: 1, amount: 5000 }]);
    type Balances = { readonly balances: readonly { readonly available: number }[] };
    const { balances } = bodyOf<Balances>(await getBalances(deps, people.hostAdminA, accounts.hostA, {}));
    expect(balances).toMatchObject([{ available: 5000 - 175 }]);
  });
});

test('a pause of chosen contributions names the charges that had begun, like one of all of them', async () => {
  const { people, accounts, processor } = world;
  const { id } = await world.contribute();
  const choose = () => world.paused(people.financeA, accounts.collectiveA, { contributionIds: [id] });
  let underWay: number | null = null;
  const asked: typeof processor = {
    ...processor,
    async charge(request) {
      ({ underWay } = await choose());
      return processor.charge(request);
    },
  };
  expect(await world.batch({ processor: asked })).toEqual(['charge_started', 'charged']);
  expect(underWay).toBe(1);
  const other = await world.contribute();
  expect(await world.paused(people.financeA, accounts.collectiveA, { contributionIds: [other.id] })).toMatchObject({
    underWay: 0,
  });
});

describe('a look-up at a processor that is not set up any more', () => {
  test('leaves the charge under way, however often it is tried', async () => {
    const { accounts, bank, deps, clock } = world;
    bank.script.push('unknown-done');
    const { id } = await world.contribute();
    expect(await world.batch()).toEqual(['charge_started', 'charge_unclear']);
    for (let round = 0; round < 3; round += 1) {
      clock.advanceDays(2);
      const notSetUp = { ...deps, processors: () => undefined };
      expect(await workContribution(notSetUp, { contributionId: id, leasedUntil: null })).toEqual(['charge_unclear']);
      expect((await deps.store.guard(accounts.collectiveA)).underWay).toBe(1);
    }
    clock.advanceDays(2);
    expect(await world.batch()).toEqual(['charged']);
    expect((await deps.store.guard(accounts.collectiveA)).underWay).toBe(0);
    expect(bank.payments).toHaveLength(1);
  });
});

describe('lifting a hold', () => {
  test.each<HoldLevel>(['out', 'new_in'])(
    'at the level %s skips no period of recurring contributions, which it had not stopped',
    async (level) => {
      const { people, accounts, clock, bank } = world;
      await world.contribute();
      await world.batch();
      const hold = await world.paused(people.hostAdminA, accounts.collectiveA, { level, missedPeriods: 'skip' });
      clock.advanceDays(31);
      // The second period has begun, and no run has come round since.
      await lift(hold.id);
      expect(await world.batch()).toEqual(['charge_started', 'charged']);
      expect(bank.payments.map(({ period }) => period)).toEqual(['2026-03-02', '2026-04-02']);
    },
  );

  test('that skips what it covered ends what was to be given once, as there is no later period for it', async () => {
    const { people, accounts, bank, clock } = world;
    const { id } = await world.contribute({ interval: 'once' });
    const hold = await world.paused(people.hostAdminA, accounts.collectiveA, { level: 'full', missedPeriods: 'skip' });
    expect(await world.batch()).toEqual(['periods_passed']);
    clock.advanceDays(1);
    await lift(hold.id);
    expect(await world.batch()).toEqual(['periods_passed']);
    expect(await world.look(people.stranger, id)).toMatchObject({ status: 'completed', charged: 0 });
    expect(bank.payments).toEqual([]);
  });
});
