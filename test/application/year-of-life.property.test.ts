/**
 * A year of contributions: pauses, lifts, refusals, lost answers and changes of mind at random times, the clock moved in steps
 * of ten minutes with a run of the batch at each. Some pay by a card, some by their bank, some by a subscription that the
 * processor charges by itself, and they change from one to the other. A separate, simple model says which periods are
 * charged or expected and what subscriptions do, and the books, the processor and the histories have to agree with it.
 * `npm run test:long` lives through the whole year.
 */
import { expect, test } from '@jest/globals';
import { verifyContributions } from '../../shared/application/contribution-verification.ts';
import { cancelContribution, confirmPeriod, takeUpContribution } from '../../shared/application/contributions.ts';
import { putFees } from '../../shared/application/hosts.ts';
import { verifyHostHistory } from '../../shared/application/verification.ts';
import { cancel, confirm, type Means, periodOf, takeUp } from '../support/contribution-model.ts';
import { contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { longer } from '../support/longer.ts';
import { expected, usd } from '../support/world.ts';
import {
  beginLife,
  changePayment,
  goOn,
  type Life,
  liftOne,
  payerActs,
  placeOne,
  settleDown,
  stateThereIsWanted,
  type Year,
  yearIn,
} from '../support/year-of-life.ts';

const contributions = longer(40, 500);
const days = longer(60, 366);
/** The whole year is lived through in the steps of the rule itself; the shorter tier takes longer ones. */
const stepMinutes = longer(180, 10);
/** About so many people do something each day. */
const actionsPerDay = longer(6, 16);

/** Each subscription is told of each hold and each lift: the long year has fewer of them among its many contributions. */
const cards = longer(5, 24);
const means: readonly Means[] = [
  ...Array<Means>(cards).fill('card'),
  ...(['transfer', 'transfer', 'transfer', 'subscription', 'subscription'] as const),
];

const engine = await engineOfFile();

test('each contribution is paid for the periods that the rules give, and the books balance', async () => {
  const year = yearIn(await contributionWorld(engine), 20_261_122);
  const { world, random, lives } = year;
  const { people, accounts, deps } = world;
  expected(
    await putFees(deps, world.meta(people.hostAdminA), accounts.hostA, {
      receivingBasisPoints: 0,
      contributionBasisPoints: 1000,
    }),
  );
  // Some have paid by their bank for more than a year, and nobody has confirmed anything.
  await begin(year, contributions * 0.1, ['transfer']);
  for (let week = 0; week < 60; week += 1) {
    await goOn(year, { minutes: 7 * 24 * 60 });
  }
  await begin(year, contributions * 0.9, means);

  for (let step = 0; step < (days * 24 * 60) / stepMinutes; step += 1) {
    await goOn(year, {
      minutes: stepMinutes,
      act: random.happens((100 * actionsPerDay * stepMinutes) / (24 * 60)) ? act : undefined,
    });
    await stateThereIsWanted(year);
  }
  await settleDown(year);

  const reached = new Set<string>();
  for (const life of lives) {
    await isAsTheModelSays(year, life, reached);
  }
  // What is special about paying by bank transfers and by subscriptions did come about.
  expect([...reached]).toEqual(
    expect.arrayContaining(['period_unconfirmed', 'set_aside', 'telling_failed', 'retired', 'at_processor']),
  );
  const total = lives.reduce((sum, { model }) => sum + model.charged.length, 0);
  expect(total).toBeGreaterThan(contributions * (days / 30) * 0.3);
  for (const hostId of [accounts.hostA, accounts.hostB]) {
    await booksBalance(year, hostId);
  }
}, 3_000_000);

async function begin(year: Year, count: number, among: readonly Means[]): Promise<void> {
  for (let done = 0; done < count; done += 1) {
    await beginLife(year, year.random.pick(among));
  }
}

/** Somebody does something. */
async function act(year: Year): Promise<void> {
  const { world, lives, random, held } = year;
  const { people, clock, deps } = world;
  const life = random.pick(lives);
  const kind = random.next() * 100;
  if (kind < 25) {
    await placeOne(year, life);
  } else if (kind < 54) {
    await liftOne(year, random.anyOf(held));
  } else if (kind < 65) {
    const aside = random.anyOf(lives.filter(({ model }) => model.isSetAside));
    if (aside !== undefined) {
      const taken = await takeUpContribution(deps, world.meta(people.stranger), aside.id);
      // A subscription may have been mended by itself meanwhile.
      expect(taken.ok || aside.model.means === 'subscription').toBe(true);
      takeUp(aside.model, clock.now());
    }
  } else if (kind < 77) {
    await confirmOne(year);
  } else if (kind < 90) {
    await payerActs(year);
  } else if (kind < 98) {
    await changePayment(year, life, random.pick(means));
  } else if (!life.model.isCanceled && random.happens(50)) {
    expected(await cancelContribution(deps, world.meta(people.stranger), life.id, { reason: 'Enough.' }));
    cancel(life.model);
  }
}

/** The host finds a bank transfer in its statement: the last one or an old one, whole or with something missing. */
async function confirmOne({ world, lives, random }: Year): Promise<void> {
  const { people, accounts, clock, deps } = world;
  const life = random.anyOf(lives.filter(({ model }) => model.expected.length > 0));
  if (life === undefined) {
    return;
  }
  const index = random.pick(life.model.expected);
  const amount = random.pick([5000, 5000, 4980]);
  const host = life.hostId === accounts.hostA ? people.financeA : people.financeB;
  const period = life.periods[index]?.period ?? '';
  const input = { period, amount: usd(amount), date: clock.now().slice(0, 10), reference: null };
  expected(await confirmPeriod(deps, world.meta(host), life.id, input));
  confirm(life.model, index);
  life.confirmed.push(amount);
}

async function isAsTheModelSays(year: Year, life: Life, reached: Set<string>): Promise<void> {
  const { world, subscriptions } = year;
  const { id, model, periods, confirmed } = life;
  const { deps, bank } = world;
  const stored = (await deps.store.contribution(id))?.contribution;
  const indexOf = new Map(periods.map(({ period }, index) => [period, index]));
  const events = await deps.store.contributionEvents(id);
  for (const { data } of events) {
    reached.add(data.type === 'held' ? data.hold.reason : data.type);
  }
  const charged = events.flatMap(({ data }) =>
    data.type === 'charged' ? [{ ...data, index: indexOf.get(data.period) }] : [],
  );
  const byUs = charged.filter(({ source }) => source !== 'processor').map(({ index }) => index);
  expect({ id, byUs }).toEqual({ id, byUs: model.charged });

  // What a processor took by itself is told in any order: all of it is booked, each payment once, and nothing else.
  const bySubscription = charged.filter(({ source }) => source === 'processor');
  const taken = [...subscriptions].flatMap(([{ payments }, of]) => (of === life ? payments : []));
  expect({ id, booked: bySubscription.map(({ reference, index }) => `${reference}: ${index}`).sort() }).toEqual({
    id,
    booked: taken.map(({ reference, paidAt }) => `${reference}: ${periodOf(model, paidAt)}`).sort(),
  });

  expect({ id, open: stored?.expected.map(({ index, status }) => [index, status]) }).toEqual({
    id,
    open: model.expected.map((index) => [index, model.unconfirmed.has(index) ? 'unconfirmed' : 'expected']),
  });
  expect({ id, isSetAside: stored?.setAside !== null, isCanceled: stored?.status === 'canceled' }).toEqual({
    id,
    isSetAside: model.isSetAside,
    isCanceled: model.isCanceled,
  });

  const paid = bank.payments.filter(({ contributionId }) => contributionId === id);
  expect(new Set(paid.map(({ period }) => period)).size).toBe(paid.length);
  // What is not known here yet is all that the processor can be ahead by.
  const isUnderWay = model.underWay?.truth === 'paid' ? 1 : 0;
  expect(paid.length).toBe(model.charged.length - confirmed.length + isUnderWay);
}

async function booksBalance({ world, lives, subscriptions }: Year, hostId: string): Promise<void> {
  const { deps, accounts } = world;
  expect((await verifyContributions(deps, hostId)).problems).toEqual([]);
  expect((await verifyHostHistory(deps, hostId)).problems).toEqual([]);
  const hostFee = hostId === accounts.hostA ? 0.1 : 0;
  for (const collectiveId of [accounts.collectiveA, accounts.collectiveA2, accounts.collectiveB]) {
    const isHere = (life: Life): boolean => life.hostId === hostId && life.collectiveId === collectiveId;
    const here = lives.filter(isHere);
    const gifts = here.flatMap(({ confirmed }) => confirmed);
    const byCard = here.reduce((sum, { model, confirmed }) => sum + model.charged.length - confirmed.length, 0);
    const taken = [...subscriptions].flatMap(([{ payments }, of]) => (isHere(of) ? payments : []));
    const byProcessor = byCard + taken.length;
    const given = gifts.reduce((sum, gift) => sum + gift, byProcessor * 5000);
    const [balance] = await deps.store.balances(hostId, collectiveId);
    expect(balance?.ledgers.bank ?? 0).toBe(given - byProcessor * 175);
    expect(balance?.ledgers.available ?? 0).toBe(given - byProcessor * 175 - given * hostFee);
  }
  const { underWay } = await deps.store.guard(hostId);
  expect(underWay).toBe(lives.filter((life) => life.hostId === hostId && life.model.underWay !== null).length);
}
