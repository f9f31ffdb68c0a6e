/**
 * A year of contributions: pauses, lifts, refusals, lost answers and changes of mind at random times, the clock moved in steps
 * of ten minutes with a run of the batch at each. A separate, simple model says which periods are charged, and the books,
 * the processor and the histories have to agree with it. `npm run test:long` lives through the whole year.
 */
import { expect, test } from '@jest/globals';
import { verifyContributions } from '../../shared/application/contribution-verification.ts';
import { cancelContribution, takeUpContribution, updatePaymentMethod } from '../../shared/application/contributions.ts';
import { type HoldView, liftAccountHold } from '../../shared/application/holds.ts';
import { putFees } from '../../shared/application/hosts.ts';
import { minutesAfter, periodAt } from '../../shared/application/periods.ts';
import type { Processor } from '../../shared/application/processors.ts';
import { verifyHostHistory } from '../../shared/application/verification.ts';
import {
  type AskAnswer,
  answerAt,
  cancel,
  changeCard,
  lift,
  look,
  type Model,
  newModel,
  place,
  takeUp,
} from '../support/contribution-model.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { longer } from '../support/longer.ts';
import { expected } from '../support/world.ts';

const contributions = longer(40, 500);
const days = longer(75, 366);
/** The whole year is lived through in the steps of the rule itself; the shorter tier takes longer ones. */
const stepMinutes = longer(60, 10);
/** About so many people do something each day. */
const actionsPerDay = longer(8, 16);

const engine = await engineOfFile();

/** The same numbers at every run, so that a life that goes wrong can be lived again (mulberry32, public domain). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type Life = {
  readonly id: string;
  readonly collectiveId: string;
  readonly hostId: string;
  readonly model: Model;
  readonly answers: readonly AskAnswer[];
  asked: number;
  truth: string;
};
type Placed = {
  readonly holdId: string;
  readonly userId: string;
  readonly until: string | null;
  readonly lives: readonly Life[];
};

test('each contribution is charged for the periods that the rules give, and the books balance', async () => {
  const random = randomNumbers(20_261_122);
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
  const world = await contributionWorld(engine);
  const { people, accounts, clock, deps } = world;
  expected(
    await putFees(deps, world.meta(people.hostAdminA), accounts.hostA, {
      receivingBasisPoints: 0,
      contributionBasisPoints: 1000,
    }),
  );
  const lives: Life[] = [];
  const byId = new Map<string, Life>();
  const workProcessor = scripted(world, byId);

  for (let count = 0; count < contributions; count += 1) {
    const [collectiveId, hostId] = pick([
      [accounts.collectiveA, accounts.hostA],
      [accounts.collectiveA2, accounts.hostA],
      [accounts.collectiveB, accounts.hostB],
    ] as const);
    // Spread over the month, some of them on its last day.
    const startsOn = `2026-03-${String(3 + Math.floor(random() * 29)).padStart(2, '0')}`;
    const { id } = await world.contribute({ collectiveAccountId: collectiveId, startsOn });
    const stored = (await deps.store.contribution(id))?.contribution;
    const answers: AskAnswer[] = Array.from({ length: 7 }, () =>
      random() < 0.75
        ? 'paid'
        : pick(['refused', 'broken', 'unknown:paid', 'unknown:nothing', 'unknown:refused', 'pending:paid']),
    );
    const begins = Array.from({ length: 15 }, (_, index) =>
      stored === undefined ? null : (periodAt(stored, index)?.at ?? null),
    );
    const terms = {
      beginsAt: (index: number) => begins[index] ?? null,
      byTransfer: false,
      script: { asks: answers, lookUps: ['truth'] as const },
    };
    const life = { id, collectiveId, hostId, model: newModel(terms), answers, asked: 0, truth: 'nothing' };
    lives.push(life);
    byId.set(id, life);
  }

  const held: Placed[] = [];
  const act = async (): Promise<void> => {
    const now = clock.now();
    const life = pick(lives);
    const isActive = !life.model.isCanceled;
    const kind = random();
    if (kind < 0.3) {
      await placeOne(world, held, lives, life, random, pick);
    } else if (kind < 0.65) {
      const hold = held.splice(Math.floor(random() * held.length), 1)[0];
      if (hold !== undefined) {
        expected(await liftAccountHold(deps, world.meta(hold.userId), hold.holdId));
        for (const { model } of hold.lives) {
          lift(model, hold.holdId, now);
        }
      }
    } else if (kind < 0.9) {
      const aside = lives.filter(({ model }) => model.isSetAside && !model.isCanceled);
      const other = aside.length === 0 ? undefined : pick(aside);
      if (other !== undefined) {
        expected(await takeUpContribution(deps, world.meta(people.stranger), other.id));
        takeUp(other.model, now);
      }
    } else if (kind < 0.97 && isActive) {
      const paymentMethodId = await world.card(people.stranger);
      expected(await updatePaymentMethod(deps, world.meta(people.stranger), life.id, { paymentMethodId }));
      changeCard(life.model, now);
    } else if (isActive && random() < 0.3) {
      expected(await cancelContribution(deps, world.meta(people.stranger), life.id, { reason: 'Enough.' }));
      cancel(life.model);
    }
  };

  const steps = (days * 24 * 60) / stepMinutes;
  for (let step = 0; step < steps; step += 1) {
    clock.advanceDays(stepMinutes / (24 * 60));
    if (random() < (actionsPerDay * stepMinutes) / (24 * 60)) {
      await act();
    }
    await world.batch({ processor: workProcessor });
    endThoseThatAreOver(held, clock.now());
    for (const { model } of lives) {
      look(model, clock.now());
    }
  }

  const indexOf = new Map<string, Map<string, number>>();
  for (const { id } of lives) {
    const stored = (await deps.store.contribution(id))?.contribution;
    const periods = Array.from({ length: 15 }, (_, index) => [
      stored === undefined ? '' : (periodAt(stored, index)?.period ?? ''),
      index,
    ]);
    indexOf.set(id, new Map(periods as [string, number][]));
  }
  for (const { id, model } of lives) {
    const events = await deps.store.contributionEvents(id);
    const charged = events.flatMap(({ data }) => (data.type === 'charged' ? [indexOf.get(id)?.get(data.period)] : []));
    expect({ id, charged }).toEqual({ id, charged: model.charged });
    const paid = world.bank.payments.filter(({ contributionId }) => contributionId === id);
    expect(new Set(paid.map(({ period }) => period)).size).toBe(paid.length);
    // What is not known here yet is all that the processor can be ahead by.
    const isUnderWay = model.underWay?.truth === 'paid' ? 1 : 0;
    expect(paid.length).toBe(model.charged.length + isUnderWay);
  }
  const total = lives.reduce((sum, { model }) => sum + model.charged.length, 0);
  expect(total).toBeGreaterThan(contributions * (days / 30) * 0.3);
  for (const hostId of [accounts.hostA, accounts.hostB]) {
    expect((await verifyContributions(deps, hostId)).problems).toEqual([]);
    expect((await verifyHostHistory(deps, hostId)).problems).toEqual([]);
    const fee = hostId === accounts.hostA ? 500 : 0;
    for (const collectiveId of [accounts.collectiveA, accounts.collectiveA2, accounts.collectiveB]) {
      const count = lives
        .filter((life) => life.hostId === hostId && life.collectiveId === collectiveId)
        .reduce((sum, { model }) => sum + model.charged.length, 0);
      const [balance] = await deps.store.balances(hostId, collectiveId);
      expect(balance?.ledgers.available ?? 0).toBe(count * (5000 - 175 - fee));
      expect(balance?.ledgers.bank ?? 0).toBe(count * (5000 - 175));
    }
    const { underWay } = await deps.store.guard(hostId);
    expect(underWay).toBe(lives.filter((life) => life.hostId === hostId && life.model.underWay !== null).length);
  }
}, 3_000_000);

/** What has an end is ended by the run of the batch that comes after it. */
function endThoseThatAreOver(held: Placed[], now: string): void {
  for (const over of held.filter(({ until }) => until !== null && until <= now)) {
    held.splice(held.indexOf(over), 1);
    for (const { model } of over.lives) {
      lift(model, over.holdId, now);
    }
  }
}

/** A hold by one of those who may, of a kind that is not there yet. */
async function placeOne(
  world: ContributionWorld,
  held: Placed[],
  lives: readonly Life[],
  life: Life,
  random: () => number,
  pick: <Value>(values: readonly Value[]) => Value,
): Promise<void> {
  const { people, accounts } = world;
  const isA = life.hostId === accounts.hostA;
  const missedPeriods = random() < 0.6 ? 'skip' : 'collect_once';
  const until = random() < 0.3 ? minutesAfter(world.clock.now(), Math.floor(random() * 30 * 24 * 60) + 1) : null;
  const host = isA ? people.hostAdminA : people.hostAdminB;
  const [userId, accountId, covered, chosen] = pick([
    [host, life.collectiveId, lives.filter(({ collectiveId }) => collectiveId === life.collectiveId), undefined],
    [host, life.hostId, lives.filter(({ hostId }) => hostId === life.hostId), undefined],
    [
      people.platformAdmin,
      life.collectiveId,
      lives.filter(({ collectiveId }) => collectiveId === life.collectiveId),
      undefined,
    ],
    [people.stranger, people.stranger, [life], [life.id]],
    [host, life.collectiveId, [life], [life.id]],
  ] as const);
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

/** Answers each contribution by its own script, and keeps what really happened apart from what it says. */
function scripted(world: ContributionWorld, lives: ReadonlyMap<string, Life>): Processor {
  const { processor } = world;
  return {
    ...processor,
    async charge(request) {
      const life = lives.get(request.contributionId);
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
      return lives.get(request.contributionId)?.truth === 'refused'
        ? { outcome: 'refused', code: 'declined', reason: 'Declined.' }
        : processor.lookUp(request);
    },
  };
}
