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
  /** Whether there is time to begin another page. */
  readonly hasTime: () => boolean;
  /** When the rule fired; the first run of an hour serves everybody. */
  readonly firedAt: string;
  /** Told of what could not be carried out on a hold; it comes round again. */
  readonly onHoldFailed?: (holdId: string, error: unknown) => void;
};

/** As many as one query gives without reading much in vain when time runs out. */
const pageSize = 100;
/**
 * As long as a message is tried before it is set aside (fifteen minutes, `infra/constructs/running-batch.ts`), and some
 * more. After it the work is anybody's again: one who comes late with it finds another lease and leaves it alone, and one
 * who had begun is held to the version that it had read.
 */
const leaseMinutes = 20;
/** Leases are taken side by side; each is a round trip. */
const leasesAtOnce = 25;
const runMinutes = 10;
const hourMinutes = 60;
/** More than there are in an hour, with some that somebody started by hand. */
const runsOfAnHour = 12;

/** @returns the record of the run, as it stands when everything has been handed out */
export async function runBatch(deps: BatchDependencies, options: BatchOptions): Promise<BatchRun> {
  const { store, clock, ids } = deps;
  const startedAt = clock.now();
  const [rollout, before] = await Promise.all([store.rollout(), store.listBatchRuns(runsOfAnHour)]);
  const servedAll = isOnTheHour(options.firedAt) || isOwedToAll(before.items, startedAt);
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
  const turn: Turn = { deps, options, run, rollout };
  await holdsDue(turn);
  await contributionsDue(turn);
  const finished = { ...run, finishedAt: clock.now() };
  await store.putBatchRun(finished);
  return finished;
}

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] };

type Turn = {
  readonly deps: BatchDependencies;
  readonly options: BatchOptions;
  readonly run: Mutable<BatchRun>;
  readonly rollout: Rollout;
};

const isOnTheHour = (firedAt: string): boolean => new Date(firedAt).getUTCMinutes() < runMinutes;

/**
 * Those who are served on the hour wait for no other hour because of a run that did not come to its end: until one that
 * serves everybody does, each run does; and after one that died each does for the rest of the hour, as its leases end late.
 */
function isOwedToAll(before: readonly BatchRun[], now: string): boolean {
  const anHourAgo = minutesAfter(now, -hourMinutes);
  const forAll = before.filter(({ servedAll, startedAt }) => servedAll && startedAt > anHourAgo);
  return (
    !forAll.some(({ finishedAt, hasMore }) => finishedAt !== null && !hasMore) ||
    forAll.some(({ finishedAt }) => finishedAt === null)
  );
}

async function contributionsDue(turn: Turn): Promise<void> {
  const { deps, run } = turn;
  const find = (query: DueQuery) => deps.store.dueContributions(query);
  await everyPage(turn, find, async (page) => {
    const leasedUntil = minutesAfter(deps.clock.now(), leaseMinutes);
    const leased = await leases(deps, 'contribution', page, leasedUntil);
    await deps.queue.send(
      leased.map(({ id, processor }) => ({ contributionId: id, leasedUntil, runId: run.id, processor })),
    );
    run.found += leased.length;
  });
}

/** Holds are few: they are worked on here, one after the other, before what they may free or stop. */
async function holdsDue(turn: Turn): Promise<void> {
  const { deps, options, run } = turn;
  const find = (query: DueQuery) => deps.store.dueHolds(query);
  // They have one partition of the index, which is asked for as if it were a shard.
  await everyPage({ ...turn, options: { ...options, shards: 1 } }, find, async (page) => {
    const leasedUntil = minutesAfter(deps.clock.now(), leaseMinutes);
    for (const { id } of await leases(deps, 'hold', page, leasedUntil)) {
      run.found += 1;
      try {
        await workHold(deps, id, run.id, { hasTime: options.hasTime });
      } catch (error) {
        // One that fails stops no other; it is due again when its lease ends.
        options.onHoldFailed?.(id, error);
        await deps.store.countInRun(run.id, { hold_failed: 1 });
      }
    }
  });
}

/** The shards in turn, page by page, the oldest first in each, for as long as there is time. */
async function everyPage<Found extends Due>(
  { deps, options: { shards, hasTime }, run, rollout }: Turn,
  find: (query: DueQuery) => Promise<Slice<Found>>,
  work: (page: readonly Found[]) => Promise<void>,
): Promise<void> {
  const now = deps.clock.now();
  const served = run.servedAll ? undefined : { slotBelow: rollout.percentage, hostIds: rollout.hostIds };
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
    for (const { dueAt, host } of due) {
      const turnCameAt = isServed(host, rollout, false) ? dueAt : earlier(nextHour(dueAt), now);
      run.oldestDueAt = run.oldestDueAt === null ? turnCameAt : earlier(turnCameAt, run.oldestDueAt);
    }
    await work(due);
    open = pages.flatMap(({ shard, page }) => (page.next === undefined ? [] : [{ shard, from: page.next }]));
  }
}

const earlier = (one: string, other: string): string => (one < other ? one : other);

/** Who is served on the hour is not late before it. */
function nextHour(instant: string): string {
  const hour = hourMinutes * 60_000;
  return new Date(Math.ceil(Date.parse(instant) / hour) * hour).toISOString();
}

/** Of two runs that see the same, one gets it. */
async function leases<Found extends Due>(
  { store }: ContributionDependencies,
  kind: 'contribution' | 'hold',
  page: readonly Found[],
  until: string,
): Promise<readonly Found[]> {
  const taken: Found[] = [];
  for (let start = 0; start < page.length; start += leasesAtOnce) {
    const some = page.slice(start, start + leasesAtOnce);
    const results = await Promise.all(some.map((due) => store.lease(kind, due, until)));
    taken.push(...some.filter((_, index) => results[index]));
  }
  return taken;
}
