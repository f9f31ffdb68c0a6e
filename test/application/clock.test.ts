/** What the clock does: deadlines, lateness, reminders, trace cases, and receipts that nobody is left to confirm. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { workingDaysAfter } from '../../shared/application/calendar.ts';
import { dueIntents, workDueIntent } from '../../shared/application/due.ts';
import { verifyIntent } from '../../shared/application/verification.ts';
import type { PaymentIntent } from '../../shared/domain/payment-intent.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { engineOfFile, fundedWorld } from '../support/engine-of-file.ts';
import { receiving, sending, usd, type World } from '../support/world.ts';

const engine = await engineOfFile();
let world: World;
beforeEach(async () => {
  world = await fundedWorld(engine);
});

const stateOf = async (id: string): Promise<PaymentIntent> => {
  const stored = await world.deps.store.intent(id);
  if (stored === undefined) {
    throw new Error(`${id} is gone.`);
  }
  return stored.intent;
};
const availableOfA = async (): Promise<number> => {
  const { accounts, deps } = world;
  const [cell] = await deps.store.balances(accounts.hostA, accounts.collectiveA);
  return cell?.ledgers.available ?? 0;
};
const due = async (): Promise<readonly string[]> =>
  (await Array.fromAsync(dueIntents(world.deps, dueShards, 50))).map(({ intentId }) => intentId);
/** The hourly run: everything that is due is worked on. */
const sweep = async (): Promise<readonly string[]> => {
  const outcomes: string[] = [];
  for (const id of await due()) {
    outcomes.push(await workDueIntent(world.deps, id));
  }
  return outcomes;
};
const typesOf = async (id: string) => (await world.deps.store.intentEvents(id)).map(({ data }) => data.type);

describe('deadlines', () => {
  const deadlineAt = '2026-03-05T09:00:00.000Z';

  test('what was approved and not sent in time expires, and what was set aside is given back', async () => {
    const before = await availableOfA();
    const { id } = await world.approved({ deadlineAt });
    expect(await availableOfA()).toBe(before - 1000);
    world.clock.advanceDays(2.9);
    expect(await sweep()).toEqual([]);
    expect(await workDueIntent(world.deps, id)).toBe('nothing');
    world.clock.advanceDays(0.1);
    expect(await sweep()).toEqual(['done']);
    expect(await stateOf(id)).toMatchObject({ status: 'expired', reserved: null, dueAt: null });
    expect(await availableOfA()).toBe(before);
    expect(await sweep()).toEqual([]);
  });

  test('what was sent, or arrived, in time does not expire', async () => {
    const { people } = world;
    const { id: sent } = await world.sent({ deadlineAt });
    const { id: arrived } = await world.approved({ deadlineAt });
    await world.must(people.financeB, arrived, receiving(usd(400)));
    world.clock.advanceDays(3);
    expect(await sweep()).toEqual([]);
    expect([(await stateOf(sent)).status, (await stateOf(arrived)).status]).toEqual(['sent', 'approved']);
  });

  test('a deadline has to be in the future', async () => {
    const { people } = world;
    await expect(world.create(people.collectiveAdminA, { deadlineAt: world.clock.now() })).rejects.toThrow(
      '/deadlineAt',
    );
  });
});

describe('lateness', () => {
  test('is said after five working days, again after 3, 7 and 14 days, and then a trace case opens', async () => {
    // Sent on a Monday at nine: five working days later is the next Monday at nine.
    const { id } = await world.sent();
    const steps: unknown[] = [];
    for (const days of [6.9, 0.1, 2.9, 0.1, 4, 6.9, 0.1, 30]) {
      world.clock.advanceDays(days);
      const outcomes = await sweep();
      const { late, trace, dueAt } = await stateOf(id);
      steps.push([outcomes, late?.reminders ?? null, trace?.openedBy ?? null, dueAt?.slice(0, 10) ?? null]);
    }
    expect(steps).toEqual([
      [[], null, null, '2026-03-09'],
      [['done'], 0, null, '2026-03-12'],
      [[], 0, null, '2026-03-12'],
      [['done'], 1, null, '2026-03-16'],
      [['done'], 2, null, '2026-03-23'],
      [[], 2, null, '2026-03-23'],
      [['done'], 3, 'clock', null],
      [[], 3, 'clock', null],
    ]);
    expect(await stateOf(id)).toMatchObject({ status: 'sent', network: { transit: 1000 } });
    expect(await typesOf(id)).toEqual([
      'created',
      'submitted',
      'approved',
      'sent',
      'became_late',
      'became_late',
      'became_late',
      'became_late',
      'trace_opened',
    ]);
    expect((await verifyIntent(world.deps, id)).problems).toEqual([]);
  });

  test('a late receipt ends it, and closes the case', async () => {
    const { people } = world;
    const { id } = await world.sent();
    for (const days of [7, 3, 4, 7]) {
      world.clock.advanceDays(days);
      await sweep();
    }
    await world.must(people.financeB, id, receiving(usd(1000)));
    expect(await stateOf(id)).toMatchObject({
      status: 'received',
      late: null,
      trace: { closedBy: 'receipt' },
      dueAt: null,
    });
  });

  test('a part that arrived does not stop the clock for the rest', async () => {
    const { people } = world;
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(400)));
    world.clock.advanceDays(7);
    expect(await sweep()).toEqual(['done']);
    expect(await stateOf(id)).toMatchObject({ status: 'partially_received', late: { reminders: 0 } });
  });

  test('two runs at once, or a run that begins again, say it once', async () => {
    const { id } = await world.sent();
    world.clock.advanceDays(7);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => workDueIntent(world.deps, id)));
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(await workDueIntent(world.deps, id)).toBe('nothing');
    expect((await typesOf(id)).filter((type) => type === 'became_late')).toHaveLength(1);
  });

  test('a receipt at the same moment: nothing is lost, and the next run finds nothing to do', async () => {
    const { people } = world;
    const { id } = await world.sent();
    world.clock.advanceDays(7);
    const [outcome, receipt] = await Promise.all([
      workDueIntent(world.deps, id),
      world.command(people.financeB, id, receiving(usd(1000))),
    ]);
    expect(receipt).toMatchObject({ ok: true });
    expect(['done', 'busy', 'nothing']).toContain(outcome);
    expect(await sweep()).toEqual([]);
    expect(await stateOf(id)).toMatchObject({ status: 'received', late: null });
  });

  test('what does not exist, or waits for nothing, is nothing to do', async () => {
    const { id } = await world.create(world.people.collectiveAdminA);
    world.clock.advanceDays(99);
    expect(await workDueIntent(world.deps, id)).toBe('nothing');
    expect(await workDueIntent(world.deps, 'pi_none')).toBe('nothing');
  });
});

describe('a payee outside', () => {
  const outside = () => ({ payeeAccountId: world.accounts.organisation });

  test('is assumed to have been paid after five working days, and nothing is credited anywhere', async () => {
    const { id } = await world.sent(outside());
    world.clock.advanceDays(7);
    expect(await sweep()).toEqual(['done']);
    expect(await stateOf(id)).toMatchObject({
      status: 'received',
      receipts: [{ source: 'assumed', amount: usd(1000), by: 'clock' }],
      network: { transit: 0 },
    });
    expect((await verifyIntent(world.deps, id)).problems).toEqual([]);
  });

  test('can say so itself before, or that part of it came', async () => {
    const { people } = world;
    const { id } = await world.sent(outside());
    await world.must(people.outsider, id, receiving(usd(400)));
    world.clock.advanceDays(7);
    expect(await sweep()).toEqual(['done']);
    expect(await stateOf(id)).toMatchObject({
      status: 'received',
      receipts: [
        { source: 'payee', amount: usd(400) },
        { source: 'assumed', amount: usd(600) },
      ],
    });
  });

  test('is not assumed to have been paid if the money came back', async () => {
    const { people } = world;
    const { id } = await world.sent(outside());
    await world.must(people.financeA, id, {
      name: 'markReturned',
      amount: 1000,
      feeLost: 0,
      bearer: 'payer',
      reason: 'Closed',
      date: '2026-03-03',
    });
    world.clock.advanceDays(7);
    expect(await sweep()).toEqual([]);
    expect((await stateOf(id)).status).toBe('returned');
  });

  test('is not assumed to have been paid if it said that nothing came', async () => {
    const { people } = world;
    const { id } = await world.sent(outside());
    await world.must(people.outsider, id, { name: 'reportNotReceived', reason: 'Nothing there' });
    world.clock.advanceDays(7);
    await sweep();
    expect((await stateOf(id)).status).toBe('sent');
    // Whatever the clock does instead, it must not come back to the same intent at every run for ever.
    expect(await due()).toEqual([]);
  });

  test('that is sent money back shows on what it had given, when the receipt is assumed', async () => {
    const { people, accounts } = world;
    const given = await world.create(people.outsider, {
      payerAccountId: accounts.organisation,
      payeeAccountId: accounts.collectiveA,
      type: 'added_funds',
    });
    await world.must(people.outsider, given.id, { name: 'submit' });
    await world.must(people.financeA, given.id, { name: 'approve' });
    await world.must(people.financeA, given.id, receiving(usd(1000)));
    const back = await world.must(people.financeA, given.id, {
      name: 'sendBack',
      amount: 300,
      purpose: 'Too much',
      destination: null,
    });
    await world.must(people.financeA, back.id, { name: 'submit' });
    await world.must(people.finance2A, back.id, { name: 'approve' });
    await world.must(people.financeA, back.id, sending());
    world.clock.advanceDays(7);
    expect(await sweep()).toEqual(['done']);
    expect((await stateOf(back.id)).status).toBe('received');
    expect((await stateOf(given.id)).reversal).toEqual({ amount: 300, extent: 'partial' });
  });
});

describe('working days', () => {
  test.each([
    ['a Monday', '2026-03-02T09:00:00.000Z', 'UTC', '2026-03-09T09:00:00.000Z'],
    ['a Friday', '2026-03-06T09:00:00.000Z', 'UTC', '2026-03-13T09:00:00.000Z'],
    ['a Saturday', '2026-03-07T09:00:00.000Z', 'UTC', '2026-03-13T09:00:00.000Z'],
    ['a Sunday', '2026-03-08T09:00:00.000Z', 'UTC', '2026-03-13T09:00:00.000Z'],
    ['a Sunday that is Monday in Auckland', '2026-03-08T20:00:00.000Z', 'Pacific/Auckland', '2026-03-15T20:00:00.000Z'],
    [
      'a Thursday before clocks go forward in Berlin',
      '2026-03-26T09:00:00.000Z',
      'Europe/Berlin',
      '2026-04-02T08:00:00.000Z',
    ],
    [
      'a Thursday before clocks go back in New York',
      '2026-10-29T14:00:00.000Z',
      'America/New_York',
      '2026-11-05T15:00:00.000Z',
    ],
  ])('five of them after %s', (_day, from, timeZone, to) => {
    expect(workingDaysAfter(from, 5, timeZone)).toBe(to);
  });
});
