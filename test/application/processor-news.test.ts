/** What processors tell by themselves, in any order and more than once. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { cancelContribution, updatePaymentMethod } from '../../shared/application/contributions.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { type NewsOutcome, takeNews } from '../../shared/application/processor-news.ts';
import type { Processor, ProcessorNews } from '../../shared/application/processors.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { expected, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
let id: string;
let subscription: string;
beforeEach(async () => {
  world = await contributionWorld(engine);
  const paymentMethodId = await world.card(world.people.stranger, 'processor');
  id = (await world.contribute({ paymentMethodId })).id;
  subscription = (await stored())?.method.reference ?? '';
});

const stored = async () => (await world.deps.store.contribution(id))?.contribution;
const look = () => world.look(world.people.stranger, id);
let events = 0;
const tell = (kind: ProcessorNews['kind'], told: object, eventId?: string): Promise<NewsOutcome> => {
  events += 1;
  const news = { kind, at: world.clock.now(), eventId: eventId ?? `event-${events}`, ...told };
  return takeNews(world.deps, { processor: 'test', hostId: world.accounts.hostA }, news as ProcessorNews);
};
const payment = (reference: string, paidAt = world.clock.now()) => ({ reference, amount: usd(5000), fee: 175, paidAt });
const available = async (): Promise<number> => {
  const [balance] = await world.deps.store.balances(world.accounts.hostA, world.accounts.collectiveA);
  return balance?.ledgers.available ?? 0;
};

describe('a payment of a subscription', () => {
  test('is booked once, however often it is told, under one event or another', async () => {
    const told = { subscription, payment: payment('payment-1') };
    expect(await tell('payment_succeeded', told, 'event-a')).toBe('done');
    expect(await tell('payment_succeeded', told, 'event-a')).toBe('nothing');
    expect(await tell('payment_succeeded', told, 'event-b')).toBe('nothing');
    const atOnce = Array.from({ length: 20 }, (_, index) =>
      tell('payment_succeeded', { subscription, payment: payment('payment-2') }, `event-c${index % 2}`),
    );
    expect((await Promise.all(atOnce)).filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(await available()).toBe(2 * 4825);
    expect(await look()).toMatchObject({ charged: 2 });
  });

  test('belongs to the period in which it was paid, and comes in any order', async () => {
    await tell('payment_succeeded', { subscription, payment: payment('second', '2026-04-05T10:00:00.000Z') });
    await tell('payment_failed', { subscription, reason: 'No funds.' });
    await tell('payment_succeeded', { subscription, payment: payment('first', '2026-03-02T10:00:00.000Z') });
    const periods = (await world.deps.store.contributionEvents(id)).flatMap(({ data }) =>
      data.type === 'charged' ? [data.period] : [],
    );
    expect(periods).toEqual(['2026-04-02', '2026-03-02']);
  });

  test('of which nobody knows anything here changes nothing', async () => {
    const told = { subscription: 'another', payment: payment('x'), at: world.clock.now() };
    world.clock.advanceDays(1);
    expect(await tell('payment_succeeded', told)).toBe('unknown');
    expect(await tell('other', { type: 'customer.created' })).toBe('unknown');
    expect(await available()).toBe(0);
  });
});

test('a payment that is told before its contribution is made is asked for again, and booked then', async () => {
  const paymentMethodId = await world.card(world.people.stranger, 'processor');
  const { reference } = (await world.deps.store.paymentMethod(world.people.stranger, paymentMethodId)) ?? {};
  const told = { subscription: reference, payment: payment('first') };
  expect(await tell('payment_succeeded', told, 'event-first')).toBe('early');
  await world.contribute({ paymentMethodId });
  expect(await tell('payment_succeeded', told, 'event-first')).toBe('done');
  expect(await available()).toBe(4825);
});

describe('a payment that is told without what the processor keeps of it', () => {
  const takes = (withFee: Processor['withFee'], told: object, kind: ProcessorNews['kind'] = 'payment_succeeded') =>
    takeNews(
      { ...world.deps, processors: () => ({ ...world.processor, withFee }) },
      { processor: 'test', hostId: world.accounts.hostA },
      { kind, at, eventId: 'event-fee', ...told } as ProcessorNews,
    );
  let at: string;
  let told: object;
  beforeEach(() => {
    at = world.clock.now();
    told = { subscription, payment: { ...payment('payment-1'), fee: null } };
  });

  test('is booked with what the processor says when it is asked', async () => {
    const asked: unknown[] = [];
    const withFee: Processor['withFee'] = async (...given) => {
      asked.push(given);
      return { outcome: 'done', payment: { ...given[1], fee: 205 } };
    };
    expect(await takes(withFee, told)).toBe('done');
    expect(asked).toMatchObject([[subscription, { reference: 'payment-1', fee: null }]]);
    expect(await available()).toBe(5000 - 205);
  });

  test('is told again while that is not counted yet, and books nothing until then', async () => {
    const unknown: Processor['withFee'] = async () => ({ outcome: 'unknown', reason: 'Not counted yet.' });
    expect(await takes(unknown, told)).toBe('early');
    expect(await available()).toBe(0);
    expect(await takes(async (_, given) => ({ outcome: 'done', payment: { ...given, fee: 205 } }), told)).toBe('done');
    expect(await available()).toBe(5000 - 205);
  });

  test('is booked as it is when that is not to be found out in an hour, and says so', async () => {
    const unknown: Processor['withFee'] = async () => ({ outcome: 'unknown', reason: 'Not counted yet.' });
    world.clock.advanceDays(1 / 24);
    expect(await takes(unknown, told)).toBe('done_without_fee');
    expect(await available()).toBe(5000);
  });

  test('is booked without a fee when that is in another currency, as no amount of ours can be taken off it', async () => {
    expect(await takes(async (_, given) => ({ outcome: 'done', payment: given }), told)).toBe('done_without_fee');
    expect(await available()).toBe(5000);
  });
});

describe('a message of another host’s account', () => {
  const other = (news: object) =>
    takeNews(world.deps, { processor: 'test', hostId: world.accounts.hostB }, {
      at: '2026-03-01T00:00:00.000Z',
      eventId: 'event-other',
      ...news,
    } as ProcessorNews);

  test('is about nothing that is known, whatever it names: no host tells of the money of another', async () => {
    const key = `${id}:2026-03-02:pm:1`;
    const charged = { contributionId: id, key, period: '2026-03-02', payment: payment('x') };
    expect(await other({ kind: 'payment_succeeded', subscription, payment: payment('x') })).toBe('unknown');
    expect(await other({ kind: 'charge_succeeded', ...charged })).toBe('unknown');
    expect(await other({ kind: 'charge_failed', ...charged, reason: 'No.' })).toBe('unknown');
    expect(await other({ kind: 'canceled', subscription })).toBe('unknown');
    expect(await look()).toMatchObject({ status: 'active', charged: 0 });
    expect(await available()).toBe(0);
  });
});

describe('a charge that was given up and had succeeded all the same', () => {
  const period = '2026-03-02';
  let contributionId: string;
  beforeEach(async () => {
    contributionId = (await world.contribute()).id;
  });
  const succeeded = (reference: string, key = 'a key of before') =>
    tell('charge_succeeded', { contributionId, key, period, payment: payment(reference) });
  const one = async () => (await world.deps.store.contribution(contributionId))?.contribution;

  test('is booked for its period, which is not charged again', async () => {
    world.bank.script.push('declined');
    expect(await world.batch()).toEqual(['charge_started', 'charge_refused']);
    expect(await succeeded('late')).toBe('done');
    expect(await one()).toMatchObject({ charge: null, charged: 1 });
    expect(await available()).toBe(4825);
    world.clock.advanceDays(10);
    expect(await world.batch()).toEqual([]);
  });

  test('mends what was set aside for want of it', async () => {
    world.bank.script.push('declined', 'declined', 'declined', 'declined');
    await world.batch();
    for (const days of [1, 3, 7]) {
      world.clock.advanceDays(days);
      await world.batch();
    }
    expect((await one())?.setAside).not.toBeNull();
    expect(await succeeded('late')).toBe('done');
    expect(await one()).toMatchObject({ setAside: null, charged: 1 });
    expect((await world.deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
  });

  test('is booked beside another payment of its period: both are in the bank', async () => {
    await world.batch();
    expect(await succeeded('late')).toBe('done');
    expect(await available()).toBe(2 * 4825);
    expect((await world.deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
  });

  test('leaves another attempt that is being asked for to its own end', async () => {
    world.bank.script.push('unknown-done');
    expect(await world.batch()).toEqual(['charge_started', 'charge_unclear']);
    expect(await succeeded('late')).toBe('done');
    world.clock.advanceDays(1);
    expect(await world.batch()).toEqual(['charged']);
    expect(await available()).toBe(2 * 4825);
    expect((await world.deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
  });

  test('is booked once: what the answer had booked already is known', async () => {
    await world.batch();
    const [booked] = world.bank.payments;
    expect(await succeeded(`payment-${booked?.key}`)).toBe('nothing');
    expect(await succeeded('late')).toBe('done');
    expect(await succeeded('late', 'another key')).toBe('nothing');
    expect(await available()).toBe(2 * 4825);
  });
});

describe('a payer who suspends on the processor’s own site', () => {
  test('pauses as the contributor, and goes on there as well', async () => {
    const { people } = world;
    expect(await tell('suspended', { subscription })).toBe('done');
    expect(await look()).toMatchObject({
      paused: { isPaused: true, holds: [{ owner: 'contributor', reason: 'at_processor' }] },
      processor: { observed: 'suspended', pending: null },
    });
    await world.batch();
    expect(world.bank.calls).toEqual([]);
    expect(await tell('suspended', { subscription })).toBe('nothing');
    expect(await tell('resumed', { subscription })).toBe('done');
    expect(await look()).toMatchObject({ paused: { isPaused: false }, processor: { observed: 'running' } });
    expect((await world.look(people.stranger, id)).status).toBe('active');
  });

  test('does not lift what the host holds: the processor is told to suspend again', async () => {
    const { people, accounts, bank } = world;
    await world.paused(people.financeA, accounts.collectiveA);
    await world.batch();
    // It says what we know; that nothing older counts from now on is all that is written.
    expect(await tell('suspended', { subscription })).toBe('done');
    expect(await tell('suspended', { subscription })).toBe('nothing');
    expect(await tell('resumed', { subscription })).toBe('done');
    expect(await look()).toMatchObject({ processor: { observed: 'running', pending: 'pausing' } });
    await world.batch();
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend', 'suspend']);
    expect(await look()).toMatchObject({ processor: { observed: 'suspended', pending: null } });
  });
});

describe('what a payer does there, told in the wrong order,', () => {
  const at = (minute: number): string => `2026-03-02T09:0${minute}:00.000Z`;

  test('counts by when it was so: what was resumed is not paused by an older message', async () => {
    expect(await tell('resumed', { subscription, at: at(2) })).toBe('done');
    expect(await tell('suspended', { subscription, at: at(1) })).toBe('nothing');
    expect(await look()).toMatchObject({ paused: { isPaused: false }, processor: { observed: 'running' } });
  });

  test('counts by when it was so: what was suspended again does not run by an older message', async () => {
    await tell('suspended', { subscription, at: at(1) });
    expect(await tell('suspended', { subscription, at: at(3) })).toBe('done');
    expect(await tell('resumed', { subscription, at: at(2) })).toBe('nothing');
    expect(await look()).toMatchObject({ paused: { isPaused: true }, processor: { observed: 'suspended' } });
  });

  test('changes nothing of what the processor is still to be told', async () => {
    const hold = await world.paused(world.people.stranger, world.people.stranger, { contributionIds: [id] });
    expect(await tell('resumed', { subscription })).toBe('done');
    await world.batch();
    expect(world.bank.calls.map(({ verb }) => verb)).toEqual(['suspend']);
    expect(hold.owner).toBe('contributor');
  });
});

describe('another payment method', () => {
  const changed = async (chargedBy: 'us' | 'processor'): Promise<void> => {
    const { people, deps } = world;
    const paymentMethodId = await world.card(people.stranger, chargedBy);
    expected(await updatePaymentMethod(deps, world.meta(people.stranger), id, { paymentMethodId }));
  };

  test('in the place of a subscription that the payer had paused there takes the pause with it: nobody else could lift it', async () => {
    await tell('suspended', { subscription });
    await changed('us');
    expect(await look()).toMatchObject({ paused: { isPaused: false } });
    world.clock.advanceDays(40);
    expect(await world.batch()).toContain('charged');
  });

  test('is not touched by what is told of the subscription that was left, and money from that is booked', async () => {
    await changed('processor');
    await world.batch();
    expect(world.bank.calls.map(({ verb }) => verb)).toEqual(['cancel']);
    for (const kind of ['suspended', 'resumed', 'canceled'] as const) {
      expect(await tell(kind, { subscription })).toBe('nothing');
    }
    expect(await tell('payment_failed', { subscription, reason: 'No funds.' })).toBe('nothing');
    expect(await look()).toMatchObject({
      status: 'active',
      paused: { isPaused: false },
      processor: { observed: 'running', pending: null, lastError: null },
    });
    expect(await tell('payment_succeeded', { subscription, payment: payment('late') })).toBe('done');
    expect(await available()).toBe(4825);
  });
});

test('a subscription that is chosen again while the processor is still to resume it is resumed there all the same', async () => {
  const { people, accounts, deps, bank } = world;
  const hold = await world.paused(people.financeA, accounts.collectiveA);
  await world.batch();
  expected(await liftAccountHold(deps, world.meta(people.financeA), hold.id));
  const paymentMethodId = (await stored())?.method.id ?? '';
  expected(await updatePaymentMethod(deps, world.meta(people.stranger), id, { paymentMethodId }));
  await world.batch();
  expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend', 'resume']);
});

test('the processor’s word of our own suspension is no pause of the payer, also when it was lifted while we asked', async () => {
  const { people, accounts, deps, bank, processor } = world;
  const hold = await world.paused(people.financeA, accounts.collectiveA);
  const slow: Processor = {
    ...processor,
    async suspend(...asked) {
      const answer = await processor.suspend(...asked);
      expected(await liftAccountHold(deps, world.meta(people.financeA), hold.id));
      expect(await tell('suspended', { subscription })).toBe('done');
      return answer;
    },
  };
  await world.batch({ processor: slow });
  await world.batch();
  expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend', 'resume']);
  expect(await look()).toMatchObject({
    paused: { isPaused: false },
    processor: { observed: 'running', pending: null },
  });
});

test('a payment that failed is forgotten when the next one succeeds', async () => {
  await tell('payment_failed', { subscription, reason: 'No funds.' });
  expect(await look()).toMatchObject({ processor: { lastError: 'No funds.' } });
  await tell('payment_succeeded', { subscription, payment: payment('next') });
  expect(await look()).toMatchObject({ processor: { lastError: null } });
});

test('a refusal that the processor tells before its answer is written is one refusal, and nothing stays under way', async () => {
  const contributionId = (await world.contribute()).id;
  const processor: Processor = {
    ...world.processor,
    charge: async ({ key }) => {
      expect(await tell('charge_failed', { contributionId, key, reason: 'No funds.' })).toBe('done');
      return { outcome: 'refused', code: 'declined', reason: 'No funds.' };
    },
  };
  expect(await world.batch({ processor })).toEqual(['charge_started']);
  expect((await world.deps.store.contribution(contributionId))?.contribution).toMatchObject({
    refusals: 1,
    charge: { attempt: 2, state: 'waiting', nextAt: '2026-03-03T09:00:00.000Z' },
  });
  expect((await world.deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
});

test('the processor’s word of our own suspension is no pause of the payer, also while our call has no answer yet', async () => {
  const { people, accounts, deps } = world;
  const hold = await world.paused(people.financeA, accounts.collectiveA);
  expect(await tell('suspended', { subscription })).toBe('done');
  await world.batch();
  expect((await stored())?.holds).toEqual([]);
  expected(await liftAccountHold(deps, world.meta(people.financeA), hold.id));
  await world.batch();
  expect(await look()).toMatchObject({
    paused: { isPaused: false },
    processor: { observed: 'running', pending: null },
  });
});

test('a subscription that was canceled at the processor ends here, and one that we canceled is told once', async () => {
  expect(await tell('canceled', { subscription })).toBe('done');
  expect(await look()).toMatchObject({ status: 'canceled', canceled: { reason: 'It was canceled at the processor.' } });
  expect(await tell('canceled', { subscription })).toBe('nothing');
  const paymentMethodId = await world.card(world.people.stranger, 'processor');
  const other = (await world.contribute({ paymentMethodId })).id;
  expected(await cancelContribution(world.deps, world.meta(world.people.stranger), other, { reason: 'Enough.' }));
  await world.batch();
  const reference = (await world.deps.store.contribution(other))?.contribution.method.reference ?? '';
  expect(await tell('canceled', { subscription: reference })).toBe('nothing');
  expect(world.bank.calls.map(({ verb }) => verb)).toEqual(['cancel']);
});

describe('a charge that was pending', () => {
  const period = '2026-03-02';
  let key: string;
  let contributionId: string;
  beforeEach(async () => {
    world.bank.script.push('pending');
    contributionId = (await world.contribute()).id;
    expect(await world.batch()).toEqual(['charge_started', 'charge_pending']);
    key = world.bank.calls.at(-1)?.what ?? '';
  });

  test('is booked when the processor says that it succeeded, and not again by the look-up', async () => {
    world.bank.payments.push({ key, contributionId, period, amount: usd(5000) });
    const told = { contributionId, key, period, payment: payment(`payment-${key}`) };
    expect(await tell('charge_succeeded', told)).toBe('done');
    expect(await tell('charge_succeeded', told)).toBe('nothing');
    world.clock.advanceDays(1);
    expect(await world.batch()).toEqual([]);
    expect(await available()).toBe(4825);
    expect((await world.deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
  });

  test('is booked with its fee when the message does not say what the processor kept', async () => {
    world.bank.payments.push({ key, contributionId, period, amount: usd(5000) });
    const told = { contributionId, key, period, payment: { ...payment(`payment-${key}`), fee: null } };
    expect(await tell('charge_succeeded', told)).toBe('done');
    expect(await tell('charge_succeeded', told)).toBe('nothing');
    expect(await available()).toBe(4825);
  });

  test('is tried again later when the processor says that it failed', async () => {
    expect(await tell('charge_failed', { contributionId, key, reason: 'No funds.' })).toBe('done');
    expect(await tell('charge_failed', { contributionId, key, reason: 'No funds.' })).toBe('nothing');
    expect((await world.deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
    world.clock.advanceDays(1);
    expect(await world.batch()).toEqual(['charge_started', 'charged']);
    expect(world.bank.calls.at(-1)?.what).not.toBe(key);
  });

  test('of another attempt changes nothing', async () => {
    expect(await tell('charge_failed', { contributionId, key: `${key}-else`, reason: 'No.' })).toBe('nothing');
  });
});
