/** Found by a year of life, each as small as it gets. */
import { beforeEach, expect, test } from '@jest/globals';
import {
  cancelContribution,
  confirmPeriod,
  takeUpContribution,
  updatePaymentMethod,
} from '../../shared/application/contributions.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { takeNews } from '../../shared/application/processor-news.ts';
import type { Processor, ProcessorNews } from '../../shared/application/processors.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { expected, usd } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
beforeEach(async () => {
  world = await contributionWorld(engine);
});

const subscribed = async (): Promise<{ readonly id: string; readonly subscription: string }> => {
  const paymentMethodId = await world.card(world.people.stranger, 'processor');
  const { id } = await world.contribute({ paymentMethodId });
  const stored = await world.deps.store.contribution(id);
  return { id, subscription: stored?.contribution.method.reference ?? '' };
};
const tell = (kind: 'suspended' | 'resumed', subscription: string, at: string) =>
  takeNews(world.deps, { processor: 'test', hostId: world.accounts.hostA }, {
    kind,
    at,
    eventId: `${kind} ${at}`,
    subscription,
  } as ProcessorNews);
const lift = async (holdId: string) =>
  expected(await liftAccountHold(world.deps, world.meta(world.people.hostAdminA), holdId));
const verbs = () => world.bank.calls.map(({ verb }) => verb);
const minutes = (count: number) => world.clock.advanceDays(count / 1440);

test('what we had asked for ourselves, told after we asked for the opposite, is nobody’s pause', async () => {
  const { people, accounts, clock } = world;
  const { id, subscription } = await subscribed();
  const hold = await world.paused(people.hostAdminA, accounts.collectiveA);
  await world.batch();
  const suspendedAt = clock.now();
  minutes(10);
  await lift(hold.id);
  await world.batch();
  minutes(10);
  // The processor was late to tell of what we asked for twenty minutes ago; it runs since ten minutes.
  await tell('suspended', subscription, suspendedAt);
  expect((await world.look(people.stranger, id)).paused).toMatchObject({ isPaused: false, holds: [] });
  // Now the host pauses again: the subscription has to be suspended.
  await world.paused(people.hostAdminA, accounts.collectiveA);
  await world.batch();
  expect(verbs()).toEqual(['suspend', 'resume', 'suspend']);
});

test('an older resumption, told after we suspended again, does not leave it suspended for ever', async () => {
  const { people, accounts, clock } = world;
  const { subscription } = await subscribed();
  const pause = async () => world.paused(people.hostAdminA, accounts.collectiveA);
  const first = await pause();
  await world.batch();
  minutes(10);
  await lift(first.id);
  await world.batch();
  const resumedAt = clock.now();
  minutes(10);
  const second = await pause();
  await world.batch();
  minutes(10);
  await lift(second.id);
  await tell('resumed', subscription, resumedAt);
  await world.batch();
  expect(verbs()).toEqual(['suspend', 'resume', 'suspend', 'resume']);
});

test('a canceled contribution whose subscription could not be ended is set aside, and can be taken up', async () => {
  const { people, deps, meta } = world;
  const { id } = await subscribed();
  const silent: Processor = {
    ...world.processor,
    cancel: async () => ({ outcome: 'broken', reason: 'Nobody answers.', retryAfterSeconds: null }),
  };
  expected(await cancelContribution(deps, meta(people.stranger), id, { reason: 'Enough.' }));
  for (let day = 0; day < 14; day += 1) {
    await world.batch({ processor: silent });
    world.clock.advanceDays(1);
  }
  expect((await world.look(people.stranger, id)).setAside).not.toBeNull();
  expected(await takeUpContribution(deps, meta(people.financeA), id));
  await world.batch();
  expect(verbs()).toEqual(['cancel']);
});

test('a hold reaches a subscription while another, that was left, still has to be ended', async () => {
  const { people, accounts, deps, meta } = world;
  const { id } = await subscribed();
  const silent: Processor = {
    ...world.processor,
    cancel: async () => ({ outcome: 'broken', reason: 'Nobody answers.', retryAfterSeconds: null }),
  };
  const paymentMethodId = await world.card(people.stranger, 'processor');
  expected(await updatePaymentMethod(deps, meta(people.stranger), id, { paymentMethodId }));
  await world.batch({ processor: silent });
  minutes(10);
  await world.paused(people.hostAdminA, accounts.collectiveA);
  await world.batch({ processor: silent });
  expect(verbs()).toEqual(['suspend']);
});

test('what is to be collected by bank transfer is expected as soon as there is room for it', async () => {
  const { people, accounts, deps, meta, clock } = world;
  const paymentMethodId = await world.card(people.stranger, 'contributor');
  const { id } = await world.contribute({ paymentMethodId });
  const open = async () => (await world.look(people.stranger, id)).expected.map(({ period }) => period);
  for (let month = 0; month < 12; month += 1) {
    await world.batch();
    clock.advanceDays(31);
  }
  expect(await open()).toHaveLength(12);
  const hold = await world.paused(people.hostAdminA, accounts.collectiveA, { missedPeriods: 'collect_once' });
  await world.batch();
  await lift(hold.id);
  await world.batch();
  expect((await world.look(people.stranger, id)).setAside).not.toBeNull();
  const [period = ''] = await open();
  const input = { period, amount: usd(5000), date: clock.now().slice(0, 10), reference: null };
  expected(await confirmPeriod(deps, meta(people.financeA), id, input));
  await world.batch();
  expect(await open()).toHaveLength(12);
});

test('the same when it is taken up', async () => {
  const { people, accounts, deps, meta, clock } = world;
  const paymentMethodId = await world.card(people.stranger, 'contributor');
  const { id } = await world.contribute({ paymentMethodId });
  for (let month = 0; month < 12; month += 1) {
    await world.batch();
    clock.advanceDays(31);
  }
  const hold = await world.paused(people.hostAdminA, accounts.collectiveA, { missedPeriods: 'collect_once' });
  await world.batch();
  await lift(hold.id);
  await world.batch();
  expected(await takeUpContribution(deps, meta(people.stranger), id));
  await world.batch();
  expect((await world.look(people.stranger, id)).setAside).not.toBeNull();
});
