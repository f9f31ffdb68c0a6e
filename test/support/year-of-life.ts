/** Contributions that are lived twice, in a world and in the model of it: what people, processors and time do to both. */
import { expect } from '@jest/globals';
import { takeUpContribution, updatePaymentMethod } from '../../shared/application/contributions.ts';
import { type HoldView, liftAccountHold } from '../../shared/application/holds.ts';
import { minutesAfter, periodAt } from '../../shared/application/periods.ts';
import { takeNews } from '../../shared/application/processor-news.ts';
import type { Processor } from '../../shared/application/processors.ts';
import type { Period } from '../../shared/domain/charging.ts';
import {
  type AskAnswer,
  answerAt,
  cancel,
  changeMeans,
  heardPaused,
  heardResumed,
  lift,
  look,
  type Means,
  type Model,
  newModel,
  pauseThere,
  place,
  resumeThere,
  takeUp,
  wantedThere,
} from './contribution-model.ts';
import type { ContributionWorld } from './contribution-world.ts';
import { type Random, randomNumbers } from './random-numbers.ts';
import {
  type Message,
  type Subscription,
  type Subscriptions,
  simulatedSubscriptions,
} from './simulated-subscriptions.ts';
import { expected } from './world.ts';

export type Life = {
  readonly id: string;
  readonly collectiveId: string;
  readonly hostId: string;
  readonly periods: readonly Period[];
  readonly model: Model;
  /** What its cards answer, and what really came of the last charge. */
  readonly answers: readonly AskAnswer[];
  asked: number;
  truth: string;
  /** The subscription that pays for it now. */
  subscription: Subscription | null;
  /** What arrived of the bank transfers that the host confirmed. */
  readonly confirmed: number[];
};

type Placed = {
  readonly holdId: string;
  readonly userId: string;
  readonly until: string | null;
  readonly lives: readonly Life[];
};

export type Year = {
  readonly world: ContributionWorld;
  readonly random: Random;
  readonly lives: Life[];
  readonly held: Placed[];
  /** All that ever were, those as well that were left for another way to pay. */
  readonly subscriptions: Map<Subscription, Life>;
  readonly there: Subscriptions;
  readonly processor: Processor;
};

export function yearIn(world: ContributionWorld, seed: number): Year {
  const { deps, clock } = world;
  const lives: Life[] = [];
  const subscriptions: Year['subscriptions'] = new Map();
  const there = simulatedSubscriptions({
    now: clock.now,
    seed,
    tell: async (message, isFirst) => {
      const life = subscriptions.get(message.subscription);
      const outcome = await takeNews(deps, { processor: 'test', hostId: life?.hostId ?? '' }, message.news);
      if (message.news.kind === 'payment_succeeded') {
        expect(outcome).toBe(isFirst ? 'done' : 'nothing');
      }
      if (life?.subscription === message.subscription && message.byPayer && isFirst) {
        heard(life.model, message, clock.now());
      }
    },
  });
  const processor = { ...scripted(world, lives), ...there.processor };
  return { world, random: randomNumbers(seed), lives, held: [], subscriptions, there, processor };
}

/** What the payer did on the processor's own site is known from now on. */
function heard(model: Model, { news }: Message, now: string): void {
  switch (news.kind) {
    case 'suspended':
      heardPaused(model);
      break;
    case 'resumed':
      heardResumed(model, now);
      break;
    case 'canceled':
      cancel(model);
      break;
    default:
  }
}

/** Longer than anybody looks at one: two years of months. */
const periodsMax = 30;

/** Somebody begins to give, on some day of the month that comes. */
export async function beginLife(year: Year, means: Means): Promise<void> {
  const { world, random, lives } = year;
  const { accounts, clock, deps } = world;
  const [collectiveId, hostId] = random.pick([
    [accounts.collectiveA, accounts.hostA],
    [accounts.collectiveA2, accounts.hostA],
    [accounts.collectiveB, accounts.hostB],
  ] as const);
  const startsOn = minutesAfter(clock.now(), (1 + Math.floor(random.next() * 30)) * 24 * 60).slice(0, 10);
  const paid = await methodFor(year, means);
  const { id } = await world.contribute({
    collectiveAccountId: collectiveId,
    startsOn,
    paymentMethodId: paid.paymentMethodId,
  });
  const stored = (await deps.store.contribution(id))?.contribution;
  const periods = Array.from({ length: periodsMax }, (_, index) => stored && periodAt(stored, index)).filter(
    (period) => period != null,
  );
  const answers: AskAnswer[] = Array.from({ length: 7 }, () =>
    random.happens(75)
      ? 'paid'
      : random.pick(['refused', 'broken', 'unknown:paid', 'unknown:nothing', 'unknown:refused', 'pending:paid']),
  );
  const model = newModel(
    {
      beginsAt: (index) => periods[index]?.at ?? null,
      byTransfer: means === 'transfer',
      script: { asks: answers, lookUps: ['truth'] },
    },
    means,
  );
  const life: Life = {
    ...{ id, collectiveId, hostId, periods, model, answers, confirmed: [] },
    ...{ asked: 0, truth: 'nothing', subscription: null },
  };
  lives.push(life);
  paidBy(year, life, paid.subscription);
}

type Paid = { readonly paymentMethodId: string; readonly subscription: Subscription | null };

async function methodFor({ world, there }: Year, means: Means): Promise<Paid> {
  const { people, deps } = world;
  const chargedBy = ({ card: 'us', transfer: 'contributor', subscription: 'processor' } as const)[means];
  const paymentMethodId = await world.card(people.stranger, chargedBy);
  const method = await deps.store.paymentMethod(people.stranger, paymentMethodId);
  const subscription = means === 'subscription' ? there.open(method?.reference ?? '') : null;
  return { paymentMethodId, subscription };
}

function paidBy({ subscriptions }: Year, life: Life, subscription: Subscription | null): void {
  life.subscription = subscription;
  if (subscription !== null) {
    subscriptions.set(subscription, life);
  }
}

// --- What people do --------------------------------------------------------------------------------------------------

/** A hold by one of those who may, of a kind that is not there yet. */
export async function placeOne({ world, random, lives, held }: Year, life: Life): Promise<void> {
  const { people, accounts, clock } = world;
  const until = random.happens(30) ? minutesAfter(clock.now(), Math.floor(random.next() * 30 * 24 * 60) + 1) : null;
  const host = life.hostId === accounts.hostA ? people.hostAdminA : people.hostAdminB;
  const ofCollective = lives.filter(({ collectiveId }) => collectiveId === life.collectiveId);
  const ofHost = lives.filter(({ hostId }) => hostId === life.hostId);
  const [userId, accountId, covered, chosen] = random.pick([
    [host, life.collectiveId, ofCollective, undefined],
    [host, life.hostId, ofHost, undefined],
    [people.platformAdmin, life.collectiveId, ofCollective, undefined],
    [people.stranger, people.stranger, [life], [life.id]],
    [host, life.collectiveId, [life], [life.id]],
  ] as const);
  const missedPeriods = random.happens(60) ? 'skip' : 'collect_once';
  const owner = userId === people.platformAdmin ? ('platform' as const) : undefined;
  const input = { missedPeriods, owner, until, ...(chosen === undefined ? {} : { contributionIds: chosen }) } as const;
  const placed = await world.pause(userId, accountId, input);
  if (placed.ok) {
    const { id: holdId } = placed.value.body as HoldView;
    held.push({ holdId, userId, until, lives: covered });
    for (const { model } of covered) {
      place(model, holdId, missedPeriods);
    }
  } else {
    expect(['already-on-hold', 'validation-failed']).toContain(placed.refusal.code);
  }
}

export async function liftOne(year: Year, hold: Placed | undefined): Promise<void> {
  if (hold !== undefined) {
    const { world } = year;
    expected(await liftAccountHold(world.deps, world.meta(hold.userId), hold.holdId));
    lifted(year, hold);
  }
}

function lifted({ world, held }: Year, hold: Placed): void {
  held.splice(held.indexOf(hold), 1);
  for (const { model } of hold.lives) {
    lift(model, hold.holdId, world.clock.now());
  }
}

/** Another card, or another way to pay. */
export async function changePayment(year: Year, life: Life, means: Means): Promise<void> {
  const { world } = year;
  if (life.model.isCanceled) {
    return;
  }
  const { paymentMethodId, subscription } = await methodFor(year, means);
  const { people, deps, clock } = world;
  expected(await updatePaymentMethod(deps, world.meta(people.stranger), life.id, { paymentMethodId }));
  changeMeans(life.model, means, clock.now());
  paidBy(year, life, subscription);
}

/**
 * A payer does something on the processor's own site. Pausing and ending is only done there while all is quiet: of what stands
 * still nobody could say whose doing it is, while the processor is being asked for the same.
 */
export async function payerActs({ lives, random, there }: Year): Promise<void> {
  const life = random.anyOf(lives.filter(({ subscription }) => subscription !== null));
  if (life?.subscription == null) {
    return;
  }
  const { subscription, model } = life;
  const { state, untold, failedAt } = subscription;
  if (state === 'suspended') {
    resumeThere(model);
    await there.byPayer(subscription, 'running');
  } else if (state === 'running' && wantedThere(model) === 'running' && untold === 0 && failedAt === null) {
    const isPause = random.happens(85);
    if (isPause) {
      pauseThere(model);
    }
    await there.byPayer(subscription, isPause ? 'suspended' : 'canceled');
  }
}

// --- What time does --------------------------------------------------------------------------------------------------

type Step = { readonly minutes: number; readonly act?: ((year: Year) => Promise<void>) | undefined };

/** Time passes: the processor takes its payments and tells of them, somebody may do something, and the batch comes round. */
export async function goOn(year: Year, { minutes, act }: Step): Promise<void> {
  const { world, lives, held, there, processor } = year;
  world.clock.advanceDays(minutes / (24 * 60));
  const now = world.clock.now();
  there.takePayments();
  await act?.(year);
  await there.deliver();
  await world.batch({ processor });
  for (const over of held.filter(({ until }) => until !== null && until <= now)) {
    lifted(year, over);
  }
  for (const { model } of lives) {
    look(model, now);
  }
}

const longestWaitMinutes = 24 * 60;

/**
 * The batch came round: what subscriptions really do is what the holds want, unless the processor did not do as it was asked
 * and is asked again within a day, or has not told yet what the payer did.
 */
export async function stateThereIsWanted(year: Year): Promise<void> {
  for (const [subscription, life] of year.subscriptions) {
    const { state, untold } = subscription;
    const isInUse = life.subscription === subscription;
    const wanted = isInUse ? wantedThere(life.model) : 'canceled';
    if (state !== wanted && untold === 0 && !(await isAskedAgain(year, subscription, life))) {
      const { reference, failedAt } = subscription;
      const found = { id: life.id, reference, failedAt, isInUse, now: year.world.clock.now() };
      expect({ ...found, state }).toEqual({ ...found, state: wanted });
    }
  }
}

/** After about a week one that is in use is set aside, until somebody takes it up; one that was left is never given up. */
async function isAskedAgain({ world }: Year, asked: Subscription, { id, model, subscription }: Life): Promise<boolean> {
  const { failedAt } = asked;
  if (failedAt !== null && minutesAfter(failedAt, longestWaitMinutes) > world.clock.now()) {
    return true;
  }
  if (asked !== subscription) {
    return false;
  }
  const stored = model.isSetAside ? undefined : await world.deps.store.contribution(id);
  model.isSetAside ||= stored?.contribution.setAside != null;
  return model.isSetAside;
}

/** The processor answers again, all that it has to tell is told, and what was set aside at it is taken up. */
export async function settleDown(year: Year): Promise<void> {
  const { world, lives, there } = year;
  const { deps, people, clock } = world;
  there.becomeReliable();
  for (const { id, model } of lives.filter(({ subscription }) => subscription !== null)) {
    const stored = (await deps.store.contribution(id))?.contribution;
    if (stored?.setAside != null) {
      expected(await takeUpContribution(deps, world.meta(people.stranger), id));
    }
    takeUp(model, clock.now());
  }
  for (let hour = 0; hour < 25; hour += 1) {
    await goOn(year, { minutes: 60 });
  }
  await there.deliver('everything');
  await goOn(year, { minutes: 10 });
  for (const [subscription, life] of year.subscriptions) {
    const wanted = life.subscription === subscription ? wantedThere(life.model) : 'canceled';
    const { reference, state } = subscription;
    expect({ id: life.id, reference, state }).toEqual({ id: life.id, reference, state: wanted });
  }
}

// --- The cards' processor --------------------------------------------------------------------------------------------

/** Answers each contribution by its own script, and keeps what really happened apart from what it says. */
function scripted({ processor }: ContributionWorld, lives: readonly Life[]): Processor {
  const lifeOf = (id: string): Life | undefined => lives.find((life) => life.id === id);
  return {
    ...processor,
    async charge(request) {
      const life = lifeOf(request.contributionId);
      const [said = 'paid', truth = said] =
        life === undefined ? ['paid'] : answerAt(life.answers, life.asked).split(':');
      if (life !== undefined) {
        life.asked += 1;
        life.truth = truth;
      }
      const outcome = truth === 'paid' ? await processor.charge(request) : undefined;
      switch (said) {
        case 'refused':
          return { outcome: 'refused', code: 'declined', reason: 'Declined.' };
        case 'broken':
          return { outcome: 'broken', reason: 'Nobody answers.', retryAfterSeconds: null };
        case 'unknown':
          return { outcome: 'unknown', reason: 'Lost.' };
        case 'pending':
          return { outcome: 'pending', reference: 'later' };
        default:
          return outcome ?? { outcome: 'unknown', reason: 'Nothing was scripted.' };
      }
    },
    async lookUp(request) {
      return lifeOf(request.contributionId)?.truth === 'refused'
        ? { outcome: 'refused', code: 'declined', reason: 'Declined.' }
        : processor.lookUp(request);
    },
  };
}
