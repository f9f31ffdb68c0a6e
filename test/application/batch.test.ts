/** What a run of the batch finds and hands out: once, whatever else runs, and whatever dies on the way (requirements B). */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { type BatchOptions, runBatch } from '../../shared/application/batch.ts';
import { listBatchRuns, putRollout } from '../../shared/application/batch-admin.ts';
import { workContribution } from '../../shared/application/charging.ts';
import type { BatchRun } from '../../shared/application/contribution-ports.ts';
import type { SubscriptionWork } from '../../shared/application/work-queue.ts';
import type { Contribution } from '../../shared/domain/contribution.ts';
import { slotOf } from '../../shared/persistence/contribution-items.ts';
import { dueShards, shardOf } from '../../shared/persistence/keys.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { putDueContributions } from '../support/due-contributions.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { Crash, FailingCalls, type Moment } from '../support/failing-calls.ts';
import { expected } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
/** Everything that was handed out, in order. */
let handedOut: SubscriptionWork[];
beforeEach(async () => {
  world = await contributionWorld(engine);
  handedOut = [];
});

const onTheHour = '2026-03-02T09:00:00Z';
const between = '2026-03-02T09:10:00Z';
const leaseDays = 20 / 1440;
const minutes = (count: number) => world.clock.advanceDays(count / 1440);

const queue = {
  async send(work: readonly SubscriptionWork[]) {
    handedOut.push(...work);
  },
};

const run = (options: Partial<BatchOptions> = {}, deps: Partial<Parameters<typeof runBatch>[0]> = {}) =>
  runBatch(
    { ...world.deps, queue, ...deps },
    { shards: dueShards, hasTime: () => true, firedAt: onTheHour, ...options },
  );

const idsHandedOut = () => handedOut.map(({ contributionId }) => contributionId);
const sorted = (ids: readonly string[]) => ids.toSorted((one, other) => one.localeCompare(other));
const madeId = (index: number): string => `con_${index.toString().padStart(26, '0')}`;
const after = (instant: string, seconds: number): string =>
  new Date(Date.parse(instant) + seconds * 1000).toISOString();

async function contributions(count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push((await world.contribute()).id);
  }
  return ids;
}

/** All that was handed out is worked on, in the order in which it came. */
async function workedOff(): Promise<void> {
  for (const work of handedOut.splice(0)) {
    await workContribution({ ...world.deps, processors: () => world.processor }, work);
  }
}

const stored = async (id: string): Promise<Contribution> => {
  const found = await world.deps.store.contribution(id);
  if (found === undefined) {
    throw new Error(`There is no ${id}.`);
  }
  return found.contribution;
};

const lastRun = async (): Promise<BatchRun | undefined> => (await world.deps.store.listBatchRuns(1)).items[0];

describe('a run', () => {
  test('hands out what is due with its lease and its processor, and leaves the rest alone', async () => {
    const due = await contributions(3);
    await world.contribute({ startsOn: '2026-03-03' });
    const { id } = await run();
    expect(sorted(idsHandedOut())).toEqual(sorted(due));
    const leasedUntil = '2026-03-02T09:20:00.000Z';
    for (const work of handedOut) {
      expect(work).toMatchObject({ leasedUntil, runId: id, processor: 'test' });
    }
    expect((await world.deps.store.contribution(due[0] ?? ''))?.leasedUntil).toBe(leasedUntil);
  });

  test('hands out nothing that another has handed out, until its lease has ended', async () => {
    const due = await contributions(3);
    await run();
    await run();
    expect(handedOut).toHaveLength(3);
    world.clock.advanceDays(leaseDays);
    await run();
    expect(sorted(idsHandedOut())).toEqual(sorted([...due, ...due]));
  });

  test('that others run beside shares the work with them, and nothing is handed out twice', async () => {
    const due = await contributions(30);
    await Promise.all([run(), run(), run()]);
    expect(sorted(idsHandedOut())).toEqual(sorted(due));
  });

  test('that begins while another is at work takes none of what that one has', async () => {
    const due = await contributions(12);
    let other: Promise<BatchRun> | undefined;
    const first = await run(
      {},
      {
        queue: {
          async send(work) {
            other ??= run();
            await other;
            await queue.send(work);
          },
        },
      },
    );
    expect(sorted(idsHandedOut())).toEqual(sorted(due));
    expect([first.found, (await other)?.found]).toEqual([12, 0]);
  });

  test('works on the holds that are due, and one that fails stops no other and no charge', async () => {
    const { people, accounts, deps } = world;
    const until = '2026-03-02T09:05:00.000Z';
    const broken = await world.paused(people.hostAdminA, accounts.collectiveA2, { until });
    const sound = await world.paused(people.hostAdminB, accounts.collectiveB, { until });
    const [charged = ''] = await contributions(1);
    minutes(5);
    const failed: string[] = [];
    const store = {
      ...deps.store,
      hold: async (id: string) => {
        if (id === broken.id) {
          throw new Error('This hold cannot be read.');
        }
        return deps.store.hold(id);
      },
    };
    await run({ onHoldFailed: (id) => failed.push(id) }, { store });
    expect(failed).toEqual([broken.id]);
    expect((await deps.store.hold(sound.id))?.hold.status).toBe('lifted');
    expect(idsHandedOut()).toEqual([charged]);
    expect((await lastRun())?.outcomes).toEqual({ hold_failed: 1 });
    world.clock.advanceDays(leaseDays);
    await run();
    expect((await deps.store.hold(broken.id))?.hold.status).toBe('lifted');
  });
});

describe('a run that dies', () => {
  test('at any one call is continued by the next: nothing is lost, nothing is charged twice', async () => {
    const calls = new FailingCalls();
    const dying = () => run({}, { store: calls.wrap(world.deps.store), queue: calls.wrap(queue) });
    await contributions(3);
    calls.disarm();
    await dying();
    const undisturbed = calls.calls;
    await workedOff();
    expect(undisturbed).toBeGreaterThan(dueShards + 1 + 3);

    for (const moment of ['before', 'after'] as const satisfies readonly Moment[]) {
      for (let call = 1; call <= undisturbed; call += 1) {
        minutes(60);
        const due = await contributions(3);
        world.bank.payments.splice(0);
        calls.arm(call, moment);
        await expect(dying()).rejects.toThrow(Crash);
        // The next run comes before the leases of this one have ended, and others after.
        minutes(10);
        await run({ firedAt: between });
        minutes(10);
        await run({ firedAt: between });
        await workedOff();
        await run({ firedAt: between });
        const charged = world.bank.payments.map(({ contributionId }) => contributionId);
        expect({ moment, call, charged: sorted(charged), left: handedOut }).toEqual({
          moment,
          call,
          charged: sorted(due),
          left: [],
        });
      }
    }
  });

  test('is seen to have begun, and those after it serve everybody for the rest of the hour', async () => {
    await contributions(1);
    const failing = { send: () => Promise.reject(new Error('The queue is not there.')) };
    await expect(run({}, { queue: failing })).rejects.toThrow('The queue is not there.');
    expect(await lastRun()).toMatchObject({ finishedAt: null, servedAll: true });
    minutes(10);
    expect(await run({ firedAt: between })).toMatchObject({ servedAll: true, found: 0 });
    minutes(10);
    expect(await run({ firedAt: between })).toMatchObject({ servedAll: true, found: 1 });
    minutes(41);
    expect(await run({ firedAt: onTheHour })).toMatchObject({ servedAll: true });
    minutes(10);
    expect(await run({ firedAt: between })).toMatchObject({ servedAll: false });
  });
});

describe('a run without time for everything', () => {
  const perShard = 130;

  /** More than one page in each shard, in the order in which they came due. */
  async function morePerShardThanAPage(): Promise<ReadonlyMap<number, readonly string[]>> {
    const [id = ''] = await contributions(1);
    const shards = new Map(Array.from({ length: dueShards }, (_, shard): [number, string[]] => [shard, []]));
    const all: Parameters<typeof putDueContributions>[2][number][] = [];
    for (let index = 0; all.length < dueShards * perShard; index += 1) {
      const made = madeId(index);
      const ofShard = shards.get(shardOf(made, dueShards)) ?? [];
      if (ofShard.length < perShard) {
        ofShard.push(made);
        all.push({ id: made, hostId: world.accounts.hostA, dueAt: after('2026-03-01T00:00:00.000Z', index) });
      }
    }
    await putDueContributions(world.table, await stored(id), all);
    return shards;
  }

  test('hands out the oldest of each shard, says that there is more, and the next run begins with that', async () => {
    const shards = await morePerShardThanAPage();
    let looks = 0;
    const first = await run({
      hasTime: () => {
        looks += 1;
        return looks <= 2;
      },
    });
    expect(first).toMatchObject({ hasMore: true, found: 100 * dueShards });
    expect(sorted(idsHandedOut())).toEqual(sorted([...shards.values()].flatMap((ids) => ids.slice(0, 100))));
    handedOut.splice(0);
    minutes(10);
    expect(await run({ firedAt: between })).toMatchObject({ hasMore: false, servedAll: true });
    const left = [...shards.values()].flatMap((ids) => ids.slice(100));
    expect(idsHandedOut().filter((id) => left.includes(id))).toHaveLength(left.length);
    expect(handedOut).toHaveLength(left.length + 1);
  });

  test('leaves everything when there is none at all', async () => {
    await contributions(2);
    const nothing = await run({ hasTime: () => false });
    expect(nothing).toMatchObject({ found: 0, hasMore: true, finishedAt: expect.any(String) });
    expect(handedOut).toEqual([]);
  });
});

describe('the rollout', () => {
  const hosts = Array.from({ length: 150 }, (_, index) => `acc_${madeId(index).slice(4)}`);
  const hostOf = new Map(hosts.map((hostId, index) => [madeId(index), hostId]));

  beforeEach(async () => {
    const [id = ''] = await contributions(1);
    const like = await stored(id);
    await run();
    handedOut.splice(0);
    const due = [...hostOf].map(([made, hostId]) => ({
      id: made,
      hostId,
      dueAt: after('2026-03-02T08:00:00.000Z', 0),
    }));
    await putDueContributions(world.table, like, due);
  });

  const rollOut = async (percentage: number, hostIds: readonly string[] = []) => {
    const { people } = world;
    return expected(await putRollout(world.deps, world.meta(people.platformAdmin), { percentage, hostIds }));
  };
  // The contribution that the others are like is somebody's as well; whether its host is served is chance.
  const hostsServed = (): readonly string[] =>
    sorted(handedOut.splice(0).flatMap(({ contributionId }) => hostOf.get(contributionId) ?? []));
  const below = (percentage: number) => sorted(hosts.filter((hostId) => slotOf(hostId) < percentage));

  test('serves nobody between the hours at first, and everybody on the hour', async () => {
    expect(await run({ firedAt: between })).toMatchObject({ servedAll: false, found: 0 });
    expect(await run({ firedAt: onTheHour })).toMatchObject({ servedAll: true, found: hosts.length });
    expect(hostsServed()).toEqual(sorted(hosts));
  });

  test('serves the hosts that are named, also when they are very many', async () => {
    await rollOut(0, [hosts[3] ?? '', hosts[7] ?? '']);
    await run({ firedAt: between });
    expect(hostsServed()).toEqual(sorted([hosts[3] ?? '', hosts[7] ?? '']));
    await rollOut(0, hosts.slice(0, 140));
    await run({ firedAt: between });
    expect(hostsServed()).toHaveLength(138);
  });

  test('serves its share of the hosts, always the same ones, and those that are named besides', async () => {
    expect(below(30).length).toBeGreaterThan(25);
    expect(below(30).length).toBeLessThan(65);
    await rollOut(30);
    await run({ firedAt: between });
    expect(hostsServed()).toEqual(below(30));
    world.clock.advanceDays(leaseDays);
    const named = hosts.filter((hostId) => slotOf(hostId) >= 30).slice(0, 1);
    await rollOut(30, named);
    await run({ firedAt: between });
    expect(hostsServed()).toEqual(sorted([...below(30), ...named]));
  });

  test('that is raised adds hosts and takes none away, and that is taken back counts from the next run on', async () => {
    await rollOut(30);
    await run({ firedAt: between });
    expect(hostsServed()).toEqual(below(30));
    await rollOut(60);
    await run({ firedAt: between });
    expect(hostsServed()).toEqual(below(60).filter((hostId) => slotOf(hostId) >= 30));
    await rollOut(100);
    await run({ firedAt: between });
    expect(hostsServed()).toEqual(sorted(hosts.filter((hostId) => slotOf(hostId) >= 60)));
    await rollOut(0);
    world.clock.advanceDays(leaseDays);
    await run({ firedAt: between });
    expect(hostsServed()).toEqual([]);
  });
});

describe('the record of a run', () => {
  test('says what it found, how long it took, and what its workers did', async () => {
    const { people, bank } = world;
    await contributions(3);
    bank.script.push('ok', 'declined');
    const { id } = await run();
    const { store } = world.deps;
    await store.countInRun(id, { charged: 2, charge_refused: 1 });
    await store.countInRun(id, { charged: 1 });
    const runs = expected(await listBatchRuns(world.deps, people.platformAdmin, { limit: 10 }));
    expect(runs.items).toEqual([
      {
        id,
        startedAt: world.clock.now(),
        finishedAt: world.clock.now(),
        servedAll: true,
        found: 3,
        hasMore: false,
        oldestDueAt: world.clock.now(),
        outcomes: { charged: 3, charge_refused: 1 },
      },
    ]);
  });

  test.each([
    [0, '2026-03-02T10:00:00.000Z'],
    [100, '2026-03-02T09:10:00.000Z'],
  ])('calls nothing late before its host’s turn has come: served at %i percent', async (percentage, oldestDueAt) => {
    const { people, deps } = world;
    expected(await putRollout(deps, world.meta(people.platformAdmin), { percentage, hostIds: [] }));
    minutes(10);
    await contributions(1);
    minutes(55);
    expect(await run({ firedAt: '2026-03-02T10:05:00Z' })).toMatchObject({ found: 1, oldestDueAt });
  });
});
