/** What processors tell by themselves, in any order and more than once. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { cancelContribution } from '../../shared/application/contributions.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { type NewsOutcome, takeNews } from '../../shared/application/processor-news.ts';
import type { ProcessorNews } from '../../shared/application/processors.ts';
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
  return takeNews(world.deps, 'test', news as ProcessorNews);
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
    expect(await tell('payment_succeeded', { subscription: 'another', payment: payment('x') })).toBe('unknown');
    expect(await tell('other', { type: 'customer.created' })).toBe('unknown');
    expect(await available()).toBe(0);
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
    expect(await tell('suspended', { subscription })).toBe('nothing');
    expect(await tell('resumed', { subscription })).toBe('done');
    expect(await look()).toMatchObject({ processor: { observed: 'running', pending: 'pausing' } });
    await world.batch();
    expect(bank.calls.map(({ verb }) => verb)).toEqual(['suspend', 'suspend']);
    expect(await look()).toMatchObject({ processor: { observed: 'suspended', pending: null } });
  });
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
  let key: string;
  let contributionId: string;
  beforeEach(async () => {
    world.bank.script.push('pending');
    contributionId = (await world.contribute()).id;
    expect(await world.batch()).toEqual(['charge_started', 'charge_pending']);
    key = world.bank.calls.at(-1)?.what ?? '';
  });

  test('is booked when the processor says that it succeeded, and not again by the look-up', async () => {
    world.bank.payments.push({ key, contributionId, period: '2026-03-02', amount: usd(5000) });
    expect(await tell('charge_succeeded', { contributionId, key, payment: payment(`payment-${key}`) })).toBe('done');
    expect(await tell('charge_succeeded', { contributionId, key, payment: payment(`payment-${key}`) })).toBe('nothing');
    world.clock.advanceDays(1);
    expect(await world.batch()).toEqual([]);
    expect(await available()).toBe(4825);
    expect((await world.deps.store.guard(world.accounts.collectiveA)).underWay).toBe(0);
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
