/**
 * The batch: finds what is due, takes a lease on it and hands it to workers. It charges nobody itself, so that a run stays
 * short however much is due, and what one run leaves over the next one finds first (requirements B, semantics §5).
 */
import { isServed, type Rollout } from '../domain/rollout.ts';
import type { BatchRun, ContributionDependencies, Due, DueQuery } from './contribution-ports.ts';
import { workHold } from './hold-work.ts';
import { minutesAfter } from './periods.ts';
import type { Position, Slice } from './ports.ts';
import type { WorkQueue } from './work-queue.ts';

export type BatchDependencies = ContributionDependencies & { readonly queue: WorkQueue };

export type BatchOptions = {
  /** How many shards the due index has. */
  readonly shards: number;
  /** The hosts' place among the hundred, as the index has it. */
  readonly slotOf: (hostId: string) => number;
  /** Whether there is time to begin another page. */
  readonly hasTime: () => boolean;
  /** When the rule fired; the first run of an hour serves everybody. */
  readonly firedAt: string;
};

/** As many as one query gives without reading much in vain when time runs out. */
const pageSize = 100;
/** Longer than a message can wait and be tried: after it the work is anybody's again. */
const leaseMinutes = 20;
/** Leases are taken side by side; each is a round trip. */
const leasesAtOnce = 10;
const runMinutes = 10;

/** @returns the record of the run, as it stands when everything has been handed out */
export async function runBatch(deps: BatchDependencies, options: BatchOptions): Promise<BatchRun> {
  const { store, clock, ids } = deps;
  const startedAt = clock.now();
  const rollout = await store.rollout();
  const servedAll = isOnTheHour(options.firedAt);
  const run: Mutable<BatchRun> = {
    id: ids.next('run', startedAt),
    startedAt,
    finishedAt: null,
    servedAll,
    found: 0,
    hasMore: false,
    oldestDueAt: null,
    outcomes: {},
  };
  // Written before anything is done: a run that dies is seen to have begun.
  await store.putBatchRun(run);
  const served = servedAll ? undefined : { slotBelow: rollout.percentage, hostIds: rollout.hostIds };
  await holdsDue(deps, options, run, served);
  await contributionsDue(deps, options, run, served);
  const finished = { ...run, finishedAt: clock.now() };
  await store.putBatchRun(finished);
  return finished;
}

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

const isOnTheHour = (firedAt: string): boolean => new Date(firedAt).getUTCMinutes() < runMinutes;

async function contributionsDue(
  deps: BatchDependencies,
  options: BatchOptions,
  run: Mutable<BatchRun>,
  served: DueQuery['served'],
): Promise<void> {
  const find = (query: DueQuery) => deps.store.dueContributions(query);
  await everyPage(deps, options, run, served, find, async (page) => {
    const leasedUntil = minutesAfter(deps.clock.now(), leaseMinutes);
    const leased = await leases(deps, 'contribution', page, leasedUntil);
    await deps.queue.send(leased.map(({ id }) => ({ contributionId: id, leasedUntil, runId: run.id })));
    run.found += leased.length;
  });
}

/** Holds are few: they are worked on here, one after the other, before what they may free or stop. */
async function holdsDue(
  deps: BatchDependencies,
  options: BatchOptions,
  run: Mutable<BatchRun>,
  served: DueQuery['served'],
): Promise<void> {
  const find = (query: DueQuery) => deps.store.dueHolds(query);
  await everyPage(deps, options, run, served, find, async (page) => {
    const leasedUntil = minutesAfter(deps.clock.now(), leaseMinutes);
    for (const { id } of await leases(deps, 'hold', page, leasedUntil)) {
      await workHold(deps, id, run.id);
      run.found += 1;
    }
  });
}

/** The shards in turn, page by page, the oldest first in each, for as long as there is time. */
async function everyPage(
  deps: BatchDependencies,
  { shards, hasTime }: BatchOptions,
  run: Mutable<BatchRun>,
  served: DueQuery['served'],
  find: (query: DueQuery) => Promise<Slice<Due>>,
  work: (page: readonly Due[]) => Promise<void>,
): Promise<void> {
  const now = deps.clock.now();
  let open: readonly { readonly shard: number; readonly from: Position | undefined }[] = Array.from(
    { length: shards },
    (_, shard) => ({ shard, from: undefined }),
  );
  while (open.length > 0) {
    if (!hasTime()) {
      run.hasMore = true;
      return;
    }
    const pages = await Promise.all(
      open.map(async ({ shard, from }) => ({
        shard,
        page: await find({ shard, now, limit: pageSize, from, served }),
      })),
    );
    const due = pages.flatMap(({ page }) => page.items);
    for (const { dueAt } of due) {
      run.oldestDueAt = run.oldestDueAt === null || dueAt < run.oldestDueAt ? dueAt : run.oldestDueAt;
    }
    await work(due);
    open = pages.flatMap(({ shard, page }) => (page.next === undefined ? [] : [{ shard, from: page.next }]));
  }
}

/** Of two runs that see the same, one gets it. */
async function leases(
  { store }: ContributionDependencies,
  kind: 'contribution' | 'hold',
  page: readonly Due[],
  until: string,
): Promise<readonly Due[]> {
  const taken: Due[] = [];
  for (let start = 0; start < page.length; start += leasesAtOnce) {
    const some = page.slice(start, start + leasesAtOnce);
    const results = await Promise.all(some.map((due) => store.lease(kind, due, until)));
    taken.push(...some.filter((_, index) => results[index]));
  }
  return taken;
}

/** Whether a host is served every ten minutes under a rollout: what its people are shown. */
export const servedEveryTenMinutes = (hostId: string, rollout: Rollout, slotOf: BatchOptions['slotOf']): boolean =>
  isServed({ id: hostId, slot: slotOf(hostId) }, rollout, false);
