/**
 * Requirements P4, invariant 11: from the moment a pause is answered no charge that it covers is begun or booked, whatever is
 * running. Workers charge and people pause and lift at the same time, over and over: a host, a collective, or contributions
 * that the host or the contributor chose, which are kept on those themselves. Each write is noted with when it was asked for
 * and when it was answered, so that what is found wrong is wrong under any order that is possible.
 */
import { expect, test } from '@jest/globals';
import { runBatch } from '../../shared/application/batch.ts';
import { workContribution } from '../../shared/application/charging.ts';
import type { ContributionStore } from '../../shared/application/contribution-ports.ts';
import { type HoldView, liftAccountHold } from '../../shared/application/holds.ts';
import type { Change, Store } from '../../shared/application/ports.ts';
import type { Processor } from '../../shared/application/processors.ts';
import type { SubscriptionWork } from '../../shared/application/work-queue.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { longer } from '../support/longer.ts';
import { bodyOf, expected } from '../support/world.ts';

const rounds = longer(20, 150);
const contributions = 40;
const workersAtOnce = 8;

type Write = {
  readonly kind: 'begun' | 'booked';
  readonly contributionId: string;
  readonly asked: number;
  readonly answered: number;
};
type Pause = {
  readonly covers: (contributionId: string) => boolean;
  readonly answered: number;
  readonly liftAsked: number;
  readonly underWay: number;
};

const engine = await engineOfFile();

test('no charge is begun, nor booked unless it was named, while a pause that was answered lasts', async () => {
  let moment = 0;
  const tick = (): number => {
    moment += 1;
    return moment;
  };
  const writes: Write[] = [];
  const wrap = (store: Store & ContributionStore): Store & ContributionStore => ({
    ...store,
    /** A worker that has seen no hold is slow to write: what it saw may be long past. */
    async standing(...given) {
      const standing = await store.standing(...given);
      await wait(Math.random() * 30);
      return standing;
    },
    async commit(change: Change, ...rest) {
      const what = whatOf(change);
      const asked = tick();
      const outcome = await store.commit(change, ...rest);
      if (what !== undefined && outcome.outcome === 'committed') {
        writes.push({ ...what, asked, answered: tick() });
      }
      return outcome;
    },
  });
  const world = await contributionWorld(engine, { wrap });
  const { deps, clock, people, accounts } = world;
  const ids: string[] = [];
  for (let count = 0; count < contributions; count += 1) {
    ids.push((await world.contribute()).id);
  }
  // Answers take a moment, and not the same one: a charge can be anywhere when a pause comes.
  const unhurried: Processor = {
    ...world.processor,
    async charge(request) {
      await wait(Math.random() * 12);
      return world.processor.charge(request);
    },
  };
  const workDeps = { ...deps, processors: () => unhurried };
  const pauses: Pause[] = [];

  for (let round = 0; round < rounds; round += 1) {
    const queue: SubscriptionWork[] = [];
    await runBatch(
      { ...deps, queue: { send: async (work) => void queue.push(...work) } },
      { shards: dueShards, hasTime: () => true, firedAt: '2026-01-01T00:00:00.000Z' },
    );
    const worker = async (): Promise<void> => {
      for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
        await workContribution(workDeps, work);
      }
    };
    const missed = round % 3 === 0 ? ({ missedPeriods: 'collect_once' } as const) : {};
    const pauser = async (userId: string, accountId: string, contributionIds?: readonly string[]): Promise<void> => {
      await wait(Math.random() * 40);
      const hold = await paused(world, userId, accountId, { ...missed, contributionIds });
      const answered = tick();
      await wait(Math.random() * 100);
      const liftAsked = tick();
      const covers = (id: string): boolean => contributionIds?.includes(id) ?? true;
      pauses.push({ covers, answered, liftAsked, underWay: hold.underWay ?? 0 });
      expected(await liftAccountHold(deps, world.meta(userId), hold.id));
    };
    const { hostAdminA, stranger } = people;
    const onAccount = [accounts.hostA, undefined, accounts.collectiveA, undefined][round % 4];
    await Promise.all([
      onAccount === undefined ? undefined : pauser(hostAdminA, onAccount),
      // Some are chosen by both, and need both to let go.
      pauser(hostAdminA, accounts.collectiveA, ids.slice(0, 12)),
      pauser(stranger, stranger, ids.slice(8, 20)),
      ...Array.from({ length: workersAtOnce }, worker),
    ]);
    clock.advanceDays(31);
  }

  const during = (kind: Write['kind'], { answered, liftAsked }: Pause): readonly Write[] =>
    writes.filter((write) => write.kind === kind && write.asked > answered && write.answered < liftAsked);
  const covered = (kind: Write['kind'], pause: Pause): readonly Write[] =>
    during(kind, pause).filter(({ contributionId }) => pause.covers(contributionId));
  expect(pauses.flatMap((pause) => covered('begun', pause))).toEqual([]);
  for (const pause of pauses) {
    expect(covered('booked', pause).length).toBeLessThanOrEqual(pause.underWay);
  }
  // The test is about something: much was charged, and pauses came while it was.
  const charged = writes.filter(({ kind }) => kind === 'booked');
  expect(charged.length).toBeGreaterThan(rounds * contributions * 0.1);
  // While some were paused the others went on.
  expect(pauses.flatMap((pause) => during('begun', pause)).length).toBeGreaterThan(rounds * 0.5);
  expect(new Set(world.bank.payments.map(({ contributionId, period }) => `${contributionId} ${period}`)).size).toBe(
    world.bank.payments.length,
  );
  expect((await deps.store.guard(accounts.collectiveA)).underWay).toBe(0);
  expect((await deps.store.guard(accounts.hostA)).underWay).toBe(0);
}, 600_000);

/** What others pause at the same time changes what is confirmed: it is looked at and confirmed again. */
async function paused(world: ContributionWorld, ...asked: Parameters<ContributionWorld['pause']>): Promise<HoldView> {
  let placed = await world.pause(...asked);
  while (!placed.ok && placed.refusal.code === 'preview-outdated') {
    placed = await world.pause(...asked);
  }
  return bodyOf<HoldView>(placed);
}

function whatOf({ contributions: changes = [] }: Change): Pick<Write, 'kind' | 'contributionId'> | undefined {
  const [change] = changes;
  const types = changes.flatMap(({ events }) => events.map(({ data }) => data.type));
  const kind = types.includes('charge_started') ? 'begun' : types.includes('charged') ? 'booked' : undefined;
  return change === undefined || kind === undefined ? undefined : { kind, contributionId: change.after.id };
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
