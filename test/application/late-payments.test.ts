/** Money that comes late, or after a collective has left its host: booked once, where somebody finds it, and not asked for again. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { changeHosting, getBalances, updateAccount } from '../../shared/application/accounts.ts';
import { runBatch } from '../../shared/application/batch.ts';
import { workContribution } from '../../shared/application/charging.ts';
import {
  createContribution,
  listContributions,
  takeUpContribution,
  updatePaymentMethod,
} from '../../shared/application/contributions.ts';
import { liftAccountHold, listHolds, placeHold } from '../../shared/application/holds.ts';
import { listSuspense } from '../../shared/application/hosts.ts';
import { type NewsDependencies, takeNews } from '../../shared/application/processor-news.ts';
import type { Processor, ProcessorNews } from '../../shared/application/processors.ts';
import type { SubscriptionWork } from '../../shared/application/work-queue.ts';
import { lookUpsAwaited } from '../../shared/domain/contribution.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { FailingCalls } from '../support/failing-calls.ts';
import { bodyOf, expected, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
beforeEach(async () => {
  world = await contributionWorld(engine);
});

let messages = 0;
const tell = (
  news: object,
  { deps = world.deps, hostId = world.accounts.hostA }: { deps?: NewsDependencies; hostId?: string } = {},
) => {
  messages += 1;
  const told = { at: world.clock.now(), eventId: `message-${messages}`, ...news } as ProcessorNews;
  return takeNews(deps, { processor: 'test', hostId }, told);
};
const payment = (reference: string) => ({ reference, amount: usd(5000), fee: 175, paidAt: world.clock.now() });
const charges = () => world.bank.calls.filter(({ verb }) => verb === 'charge');
const one = async (id: string) => (await world.deps.store.contribution(id))?.contribution;
const leave = (accountId: string) =>
  changeHosting(world.deps, world.meta(world.people.hostAdminA), accountId, { action: 'leave' });

/** The collective leaves between the first look at what it stands on, and what is done about it. */
function leftAfter(look: 'standing' | 'guardsFor', accountId: string): ContributionWorld['deps']['store'] {
  const { store } = world.deps;
  let hasLeft = false;
  const leaving = async <Seen>(seen: Promise<Seen>): Promise<Seen> => {
    const before = await seen;
    if (!hasLeft) {
      hasLeft = true;
      expected(await leave(accountId));
    }
    return before;
  };
  return look === 'standing'
    ? { ...store, standing: (...asked) => leaving(store.standing(...asked)) }
    : { ...store, guardsFor: (...asked) => leaving(store.guardsFor(...asked)) };
}

/** The collective goes to the other host, whose admin lifts what the first one held. */
async function moveToHostB(accountId: string): Promise<void> {
  const { people, accounts, deps } = world;
  const as = (userId: string, input: Parameters<typeof changeHosting>[3]) =>
    changeHosting(deps, world.meta(userId), accountId, input);
  expected(await leave(accountId));
  expected(await as(people.collectiveAdminA, { action: 'apply', hostId: accounts.hostB }));
  expected(await as(people.hostAdminB, { action: 'accept' }));
  const { items } = expected(await listHolds(deps, people.hostAdminB, accountId, { limit: 10 }));
  for (const { id } of items.filter(({ status }) => status === 'active')) {
    expected(await liftAccountHold(deps, world.meta(people.hostAdminB), id));
  }
}

describe('a period that was paid by a charge that had been given up is not charged again', () => {
  const late = (contributionId: string) =>
    tell({
      kind: 'charge_succeeded',
      contributionId,
      key: 'of before',
      period: '2026-03-02',
      payment: payment('late'),
    });

  test('when it was missed under a hold that collects once', async () => {
    const { people, accounts, deps } = world;
    world.bank.script.push('declined');
    const { id } = await world.contribute();
    await world.batch();
    const hold = await world.paused(people.financeA, accounts.collectiveA, { missedPeriods: 'collect_once' });
    world.clock.advanceDays(1);
    expect(await world.batch()).toEqual(['periods_passed']);
    expect(await late(id)).toBe('done');
    expected(await liftAccountHold(deps, world.meta(people.financeA), hold.id));
    expect(await world.batch()).toEqual([]);
    expect(charges()).toHaveLength(1);
    expect(await one(id)).toMatchObject({ charged: 1, missedFrom: null, collectAt: null });
  });

  test('when it was looked up in vain, and missed then', async () => {
    const { people, accounts, deps } = world;
    world.bank.script.push('unknown-not-done');
    const { id } = await world.contribute();
    await world.batch();
    const hold = await world.paused(people.financeA, accounts.collectiveA, { missedPeriods: 'collect_once' });
    world.clock.advanceDays(1);
    expect(await world.batch()).toEqual(['charge_not_found', 'periods_passed']);
    expect(await late(id)).toBe('done');
    world.clock.advanceDays(3);
    expected(await liftAccountHold(deps, world.meta(people.financeA), hold.id));
    expect(await world.batch()).toEqual([]);
    expect(charges()).toHaveLength(1);
  });

  test('when it was set aside, and taken up before the money was told of', async () => {
    const { people, deps } = world;
    world.bank.script.push('declined', 'declined', 'declined', 'declined');
    const { id } = await world.contribute();
    await world.batch();
    for (const days of [1, 3, 7]) {
      world.clock.advanceDays(days);
      await world.batch();
    }
    expected(await takeUpContribution(deps, world.meta(people.financeA), id));
    expect(await late(id)).toBe('done');
    expect(await world.batch()).toEqual([]);
    expect(charges()).toHaveLength(4);
  });

  test('when the worker had looked at it before the money was told of', async () => {
    const { deps } = world;
    const { id } = await world.contribute();
    let told = false;
    const store: typeof deps.store = {
      ...deps.store,
      standing: async (...asked) => {
        const standing = await deps.store.standing(...asked);
        if (!told) {
          told = true;
          // Another contribution's version would not stop it: only the period itself does.
          await deps.store.commit(
            { intents: [], paid: [{ contributionId: id, what: '2026-03-02', intentId: 'pi_1' }] },
            'test',
            world.clock.now(),
          );
        }
        return standing;
      },
    };
    const work = { contributionId: id, leasedUntil: null };
    expect(await workContribution({ ...deps, store }, work)).toEqual(['periods_passed']);
    expect(charges()).toEqual([]);
    expect(await one(id)).toMatchObject({ next: 1, charge: null, passed: 0 });
    expect((await deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
  });
});

describe('a collective that leaves its host', () => {
  test('is not charged for by a worker that had looked before', async () => {
    const { accounts, deps } = world;
    const { id } = await world.contribute({ collectiveAccountId: accounts.collectiveA2, interval: 'once' });
    const store = leftAfter('standing', accounts.collectiveA2);
    await workContribution({ ...deps, store }, { contributionId: id, leasedUntil: null });
    expect(world.bank.payments).toEqual([]);
    expect((await deps.store.guard(accounts.collectiveA2)).underWay).toBe(0);
  });

  test('takes what was agreed at that moment with it into the pause', async () => {
    const { people, accounts, deps } = world;
    const paymentMethodId = await world.card(people.stranger, 'processor');
    let made: string | undefined;
    const store: typeof deps.store = {
      ...deps.store,
      readForCommand: async (asked) => {
        const read = await deps.store.readForCommand(asked);
        if (asked.tallyOf !== undefined && made === undefined) {
          made = (await world.contribute({ collectiveAccountId: accounts.collectiveA2, paymentMethodId })).id;
        }
        return read;
      },
    };
    expected(
      await changeHosting({ ...deps, store }, world.meta(people.hostAdminA), accounts.collectiveA2, {
        action: 'leave',
      }),
    );
    await world.batch();
    expect(world.bank.calls.map(({ verb }) => verb)).toEqual(['suspend']);
    expect(await world.look(people.stranger, made ?? '')).toMatchObject({ processor: { observed: 'suspended' } });
  });

  test('has nothing agreed to it by somebody who had looked before', async () => {
    const { people, accounts, deps } = world;
    const paymentMethodId = await world.card(people.stranger);
    const store = leftAfter('guardsFor', accounts.collectiveA2);
    const made = await createContribution({ ...deps, store }, world.meta(people.stranger), {
      contributorAccountId: people.stranger,
      collectiveAccountId: accounts.collectiveA2,
      amount: usd(5000),
      interval: 'month',
      tier: null,
      paymentMethodId,
    });
    expect(made).toMatchObject({ refusal: { errors: [{ pointer: '/collectiveAccountId' }] } });
  });

  test('leaves money that comes after that in the suspense of the host that has it', async () => {
    const { people, accounts, deps } = world;
    const paymentMethodId = await world.card(people.stranger, 'processor');
    const { id } = await world.contribute({ collectiveAccountId: accounts.collectiveA2, paymentMethodId });
    const subscription = (await one(id))?.method.reference;
    await moveToHostB(accounts.collectiveA2);
    const told = { kind: 'payment_succeeded', subscription, payment: payment('after') };
    expect(await tell(told)).toBe('done');
    expect(await tell(told)).toBe('nothing');
    expect(await deps.store.balances(accounts.hostA, accounts.collectiveA2)).toEqual([]);
    const { items } = expected(await listSuspense(deps, people.financeA, accounts.hostA, { limit: 10 }));
    expect(items).toMatchObject([{ amount: usd(4825), reference: 'after', status: 'open' }]);
    expect(items[0]?.note).toContain(id);
    const { balances } = bodyOf<{ balances: unknown[] }>(
      await getBalances(deps, people.collectiveAdminA, accounts.collectiveA2, {}),
    );
    expect(balances).toEqual([]);
    expect((await deps.store.contributionEvents(id)).at(-1)?.data).toMatchObject({ type: 'payment_in_suspense' });
  });

  test('is booked for where it is when money comes at that moment', async () => {
    const { people, accounts, deps } = world;
    const paymentMethodId = await world.card(people.stranger, 'processor');
    const { id } = await world.contribute({ collectiveAccountId: accounts.collectiveA2, paymentMethodId });
    const subscription = (await one(id))?.method.reference;
    const store = leftAfter('standing', accounts.collectiveA2);
    const told = { kind: 'payment_succeeded', subscription, payment: payment('meanwhile') };
    expect(await tell(told, { deps: { ...deps, store } })).toBe('done');
    const { items } = expected(await listSuspense(deps, people.financeA, accounts.hostA, { limit: 10 }));
    expect(items).toMatchObject([{ reference: 'meanwhile' }]);
  });

  test('shows its new host nothing of what was agreed with the old one, and lets it hold nothing of it', async () => {
    const { people, accounts, deps } = world;
    const { id } = await world.contribute({ collectiveAccountId: accounts.collectiveA2 });
    await moveToHostB(accounts.collectiveA2);
    const seen = async (userId: string) =>
      expected(
        await listContributions(deps, userId, {
          scope: { by: 'collective', accountId: accounts.collectiveA2 },
          limit: 10,
        }),
      ).items.length;
    expect([await seen(people.hostAdminB), await seen(people.collectiveAdminA)]).toEqual([0, 1]);
    expect(await world.preview(people.hostAdminB, accounts.collectiveA2)).toMatchObject({
      contributions: 0,
      alreadyHeld: 0,
      monthly: [],
    });
    const chosen = await placeHold(deps, world.meta(people.hostAdminB), accounts.collectiveA2, {
      level: 'recurring_in',
      reason: 'other',
      message: null,
      until: null,
      missedPeriods: 'skip',
      contributionIds: [id],
    });
    expect(chosen).toMatchObject({ refusal: { errors: [{ pointer: '/contributionIds/0' }] } });
  });
});

describe('an archived host', () => {
  const archive = async () =>
    expected(
      await updateAccount(world.deps, world.meta(world.people.hostAdminB), world.accounts.hostB, {
        status: 'archived',
      }),
    );

  test('is agreed to give nothing', async () => {
    const { people, accounts, deps } = world;
    await archive();
    const made = await createContribution(deps, world.meta(people.stranger), {
      contributorAccountId: people.stranger,
      collectiveAccountId: accounts.collectiveB,
      amount: usd(5000),
      interval: 'month',
      tier: null,
      paymentMethodId: await world.card(people.stranger),
    });
    expect(made).toMatchObject({ refusal: { code: 'account-not-active' } });
  });

  test('is not charged for what was agreed before, once and for later', async () => {
    const { accounts } = world;
    await world.contribute({ collectiveAccountId: accounts.collectiveB, interval: 'once', startsOn: '2026-03-10' });
    await archive();
    world.clock.advanceDays(10);
    expect(await world.batch()).toEqual(['canceled']);
    expect(world.bank.payments).toEqual([]);
  });
});

describe('what a processor keeps of a charge and does not say', () => {
  const without = (fee: Processor['withFee']): Processor => ({
    ...world.processor,
    charge: async (request) => {
      const outcome = await world.processor.charge(request);
      return outcome.outcome === 'done' ? { outcome: 'done', payment: { ...outcome.payment, fee: null } } : outcome;
    },
    lookUp: async (request) => {
      const outcome = await world.processor.lookUp(request);
      return outcome.outcome === 'done' ? { outcome: 'done', payment: { ...outcome.payment, fee: null } } : outcome;
    },
    withFee: fee,
  });
  const bank = async () =>
    (await world.deps.store.balances(world.accounts.hostA, world.accounts.collectiveA))[0]?.ledgers.bank ?? 0;

  test('is asked for before it is booked', async () => {
    await world.contribute();
    const processor = without(async (_method, paid) => ({ outcome: 'done', payment: { ...paid, fee: 175 } }));
    expect(await world.batch({ processor })).toEqual(['charge_started', 'charged']);
    expect(await bank()).toBe(4825);
  });

  test('is waited for while it is not counted, and is booked as unknown after an hour', async () => {
    const { id } = await world.contribute();
    const processor = without(async () => ({ outcome: 'unknown', reason: 'Not counted yet.' }));
    expect(await world.batch({ processor })).toEqual(['charge_started', 'charge_pending']);
    world.clock.advanceDays(5 / 1440);
    expect(await world.batch({ processor })).toEqual(['charge_pending']);
    expect(await bank()).toBe(0);
    world.clock.advanceDays(2 / 24);
    // The world's bank says that it was paid just now, whenever it is asked: its look-up is asked for once more.
    const paidAt = (await one(id))?.charge?.startedAt ?? '';
    const later: Processor = {
      ...processor,
      lookUp: async (request) => {
        const outcome = await processor.lookUp(request);
        return outcome.outcome === 'done' ? { ...outcome, payment: { ...outcome.payment, paidAt } } : outcome;
      },
    };
    expect(await world.batch({ processor: later })).toEqual(['charged']);
    expect((await world.deps.store.contributionEvents(id)).at(-1)?.data).toMatchObject({
      type: 'charged',
      processorFee: 0,
      isFeeUnknown: true,
    });
  });
});

test('a charge that nobody can ask about any more is set aside after two weeks, and keeps no collective for ever', async () => {
  const { people, accounts, deps } = world;
  world.bank.script.push('pending');
  const { id } = await world.contribute({ collectiveAccountId: accounts.collectiveA2 });
  expect(await world.batch()).toEqual(['charge_started', 'charge_pending']);
  const gone = { ...deps, processors: () => undefined };
  const oneDay = async () => {
    world.clock.advanceDays(1);
    const queue: SubscriptionWork[] = [];
    await runBatch(
      { ...deps, queue: { send: async (work) => void queue.push(...work) } },
      { shards: dueShards, hasTime: () => true, firedAt: '2026-01-01T00:00:00.000Z' },
    );
    for (const work of queue) {
      await workContribution(gone, work);
    }
  };
  expect(await leave(accounts.collectiveA2)).toMatchObject({ refusal: { code: 'temporarily-unavailable' } });
  for (let day = 0; day < lookUpsAwaited + 3; day += 1) {
    await oneDay();
  }
  expect((await deps.store.guard(accounts.collectiveA2)).underWay).toBe(0);
  expect((await deps.store.guard(accounts.hostA)).underWay).toBe(0);
  expect(await world.look(people.stranger, id)).toMatchObject({
    setAside: { reason: expect.stringContaining('two weeks') },
    charge: { state: 'unclear' },
  });
  expected(await leave(accounts.collectiveA2));
  // The money had moved after all: it is in the host's bank.
  world.bank.payments.push({
    key: (await one(id))?.charge?.key ?? '',
    contributionId: id,
    period: '2026-03-02',
    amount: usd(5000),
  });
  world.clock.advanceDays(1);
  expect(await world.batch()).toContain('payment_in_suspense');
  expect(await one(id)).toMatchObject({ charge: null });
  expect((await deps.store.guard(accounts.collectiveA2)).underWay).toBe(0);
  // And what the processor tells of the same payment by itself is known.
  const [booked] = expected(await listSuspense(deps, people.financeA, accounts.hostA, { limit: 10 })).items;
  const told = {
    kind: 'charge_succeeded',
    contributionId: id,
    key: 'the key',
    period: '2026-03-02',
    payment: payment(booked?.reference ?? ''),
  };
  expect(await tell(told)).toBe('nothing');
  expect(expected(await listSuspense(deps, people.financeA, accounts.hostA, { limit: 10 })).items).toHaveLength(1);
}, 60_000);

test('a message of one host is no other host’s, also under the same id', async () => {
  const { people, accounts } = world;
  const subscriptionTo = async (collectiveAccountId: string) => {
    const paymentMethodId = await world.card(people.stranger, 'processor');
    const { id } = await world.contribute({ collectiveAccountId, paymentMethodId });
    return (await one(id))?.method.reference;
  };
  const paid = async (hostId: string, collectiveId: string) => {
    const subscription = await subscriptionTo(collectiveId);
    const told = { kind: 'payment_succeeded', eventId: 'the same', subscription, payment: payment(`of ${hostId}`) };
    return tell(told, { hostId });
  };
  expect(await paid(accounts.hostB, accounts.collectiveB)).toBe('done');
  expect(await paid(accounts.hostA, accounts.collectiveA)).toBe('done');
});

test('a subscription is paused, resumed and left by machines that die at any of their calls', async () => {
  const { people, accounts, deps } = world;
  const calls = new FailingCalls();
  const dying = async (call: number, moment: 'before' | 'after') => {
    const queue: SubscriptionWork[] = [];
    const again: SubscriptionWork[] = [];
    calls.arm(call, moment);
    await runBatch(
      { ...deps, store: calls.wrap(deps.store), queue: calls.wrap({ send: async (work) => void queue.push(...work) }) },
      { shards: dueShards, hasTime: () => true, firedAt: '2026-03-02T09:00:00Z' },
    ).catch(() => undefined);
    for (const work of queue) {
      const worker = { ...deps, store: calls.wrap(deps.store), processors: () => calls.wrap(world.processor) };
      await workContribution(worker, work).catch(() => again.push(work));
    }
    calls.disarm();
    for (const work of again) {
      await workContribution(deps, work);
    }
    for (let run = 0; run < 3; run += 1) {
      world.clock.advanceDays(0.03);
      await world.batch();
    }
  };
  for (const moment of ['before', 'after'] as const) {
    for (let call = 1; call <= 21; call += 4) {
      const collectiveId = await world.collective('A', `Collective ${moment} ${call}`);
      const paymentMethodId = await world.card(people.stranger, 'processor');
      const { id } = await world.contribute({ collectiveAccountId: collectiveId, paymentMethodId });
      const hold = await world.paused(people.financeA, collectiveId);
      await dying(call, moment);
      expect((await world.look(people.stranger, id)).processor).toMatchObject({ observed: 'suspended', pending: null });
      expected(await liftAccountHold(deps, world.meta(people.financeA), hold.id));
      const card = await world.card(people.stranger, 'us');
      expected(await updatePaymentMethod(deps, world.meta(people.stranger), id, { paymentMethodId: card }));
      await dying(call, moment);
      expect(await one(id)).toMatchObject({ retiring: null, told: null });
    }
  }
  expect((await deps.store.guard(accounts.hostA)).underWay).toBe(0);
}, 120_000);
