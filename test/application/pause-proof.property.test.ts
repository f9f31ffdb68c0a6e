/**
 * Requirements P4, invariant 11: from the moment a pause is answered no charge that it covers is begun or booked, whatever is
 * running. Workers charge and people pause and lift at the same time, over and over; each write is noted with when it was
 * asked for and when it was answered, so that what is found wrong is wrong under any order that is possible.
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
import { contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { longer } from '../support/longer.ts';
import { bodyOf, expected } from '../support/world.ts';

const rounds = longer(20, 150);
const contributions = 40;
const workersAtOnce = 8;

type Write = { readonly kind: 'begun' | 'booked'; readonly asked: number; readonly answered: number };
type Pause = { readonly answered: number; readonly liftAsked: number; readonly underWay: number };

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
      const kind = kindOf(change);
      const asked = tick();
      const outcome = await store.commit(change, ...rest);
      if (kind !== undefined && outcome.outcome === 'committed') {
        writes.push({ kind, asked, answered: tick() });
      }
      return outcome;
    },
  });
  const world = await contributionWorld(engine, { wrap });
  const { deps, clock, people, accounts } = world;
  for (let count = 0; count < contributions; count += 1) {
    await world.contribute();
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
    const pauser = async (): Promise<void> => {
      await wait(Math.random() * 60);
      const onHost = round % 3 === 0;
      const placed = await world.pause(
        people.hostAdminA,
        onHost ? accounts.hostA : accounts.collectiveA,
        round % 2 === 0 ? { missedPeriods: 'collect_once' } : {},
      );
      const hold = bodyOf<HoldView>(placed);
      const answered = tick();
      await wait(Math.random() * 60);
      const liftAsked = tick();
      pauses.push({ answered, liftAsked, underWay: hold.underWay ?? 0 });
      expected(await liftAccountHold(deps, world.meta(people.hostAdminA), hold.id));
    };
    await Promise.all([pauser(), ...Array.from({ length: workersAtOnce }, worker)]);
    clock.advanceDays(31);
  }

  const during = (kind: Write['kind'], { answered, liftAsked }: Pause): readonly Write[] =>
    writes.filter((write) => write.kind === kind && write.asked > answered && write.answered < liftAsked);
  expect(pauses.flatMap((pause) => during('begun', pause))).toEqual([]);
  for (const pause of pauses) {
    expect(during('booked', pause).length).toBeLessThanOrEqual(pause.underWay);
  }
  // The test is about something: much was charged, and pauses came while it was.
  const charged = writes.filter(({ kind }) => kind === 'booked');
  expect(charged.length).toBeGreaterThan(rounds * contributions * 0.1);
  expect(new Set(world.bank.payments.map(({ contributionId, period }) => `${contributionId} ${period}`)).size).toBe(
    world.bank.payments.length,
  );
  expect((await deps.store.guard(accounts.collectiveA)).underWay).toBe(0);
  expect((await deps.store.guard(accounts.hostA)).underWay).toBe(0);
}, 600_000);

function kindOf({ contributions: changes = [] }: Change): Write['kind'] | undefined {
  const types = changes.flatMap(({ events }) => events.map(({ data }) => data.type));
  return types.includes('charge_started') ? 'begun' : types.includes('charged') ? 'booked' : undefined;
}

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
