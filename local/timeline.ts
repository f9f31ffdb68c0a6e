import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalClock } from './clock.ts';
import type { LambdaRuntime } from './lambda-runtime.ts';
import type { BackgroundWork, QueueServer } from './queues.ts';
import { parseScheduleExpression, type ScheduleExpression } from './schedule-expression.ts';
import type { FunctionDescription, ScheduleDescription, ScheduleTarget, SystemDescription } from './system.ts';

/**
 * Everything that happens because time passes. Rules fire by themselves as the clock runs; and when the clock is moved, what
 * would have happened on the way happens in order, with the clock standing where it would have stood:
 *
 *     now ──── 10:00 rule ── 10:06 a failed message is visible again ── 11:00 rule ──── target
 *               run, settle            settle                            run, settle     settle
 */
export type Timeline = {
  /** Refuses with a `TravelRefused` to go back, or to live through more than it can in reasonable time. */
  moveTo(epochMilliseconds: number): Promise<TravelReport>;
  /** `undefined` when there is no such schedule. */
  run(name: string): Promise<ScheduleRun | undefined>;
  readonly scheduleNames: readonly string[];
  /** Waits until nothing is left to do at the present time of the clock. */
  settle(): Promise<void>;
  stop(): Promise<void>;
};

export type ScheduleRun = { readonly name: string; readonly at: string; readonly failures: readonly string[] };

export type TravelReport = {
  readonly runs: Readonly<Record<string, number>>;
  /** The first ones; a function that fails at every occurrence says the same each time. */
  readonly failures: readonly { readonly schedule: string; readonly at: string; readonly detail: string }[];
};

export class TravelRefused extends Error {}

export class NotSettled extends Error {}

export type TimelineOptions = {
  readonly system: SystemDescription;
  readonly clock: LocalClock;
  readonly runtime: Pick<LambdaRuntime, 'invoke'>;
  readonly queueServer: QueueServer;
  readonly work: readonly BackgroundWork[];
  readonly onFailure: (schedule: string, detail: string) => void;
  readonly settleMillisecondsMax?: number;
};

/** A month of a rule that runs every ten minutes is 4,320 of them. */
const occurrencesMax = 60_000;
const yearsMax = 5;
const failuresShownMax = 20;
/** Node's timers do not go beyond 24 days, and a machine that slept should notice soon that time has passed. */
const timerMillisecondsMax = 30_000;

type Scheduled = { readonly schedule: ScheduleDescription; readonly expression: ScheduleExpression };

export const createTimeline = (options: TimelineOptions): Timeline => {
  const { system, clock, runtime, queueServer, work } = options;
  const enabled: readonly Scheduled[] = system.schedules
    .filter(({ isEnabled }) => isEnabled)
    .map((schedule) => ({ schedule, expression: parseScheduleExpression(schedule.expression) }));
  /** Every occurrence up to here has been run. */
  let livedUntil = clock.now();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let last: Promise<unknown> = Promise.resolve();

  /** One journey, run or tick at a time: two would interleave occurrences. */
  const exclusively = <T>(action: () => Promise<T>): Promise<T> => {
    const result = last.then(action);
    last = result.catch(() => {});
    return result;
  };

  const nextOccurrence = (): { readonly at: number; readonly due: readonly Scheduled[] } | undefined => {
    const times = enabled.map(({ expression }) => expression.next(livedUntil) ?? Number.POSITIVE_INFINITY);
    const at = Math.min(...times);
    return Number.isFinite(at) ? { at, due: enabled.filter((_, index) => times[index] === at) } : undefined;
  };

  const runSchedule = async (schedule: ScheduleDescription, at: number): Promise<ScheduleRun> => {
    const event = scheduledEvent(schedule, at, system);
    const outcomes = await Promise.all(schedule.targets.map((target) => deliver(target, event)));
    const failures = outcomes.filter((outcome): outcome is string => outcome !== undefined);
    for (const failure of failures) options.onFailure(schedule.name, failure);
    return { name: schedule.name, at: new Date(at).toISOString(), failures };
  };

  const deliver = async (target: ScheduleTarget, event: object): Promise<string | undefined> => {
    const payload = target.input ?? JSON.stringify(event);
    if (target.kind === 'queue') {
      await queueServer.send(queueUrl(system, target.name), payload);
      return undefined;
    }
    const fn = system.functions.find(({ name }) => name === target.name);
    return fn === undefined ? `There is no function ${target.name}.` : invokeAsynchronously(fn, payload);
  };

  /** Lambda waits one minute and then two before it repeats; here it is repeated at once. */
  const invokeAsynchronously = async (fn: FunctionDescription, payload: string): Promise<string | undefined> => {
    let failure = '';
    for (let attempt = 0; attempt <= fn.asynchronousRetries; attempt++) {
      const result = await runtime.invoke(fn.name, payload);
      if (result.kind === 'answer') return undefined;
      failure = `${result.error.errorType}: ${result.error.errorMessage}`;
    }
    if (fn.deadLetterQueue !== undefined) await queueServer.send(queueUrl(system, fn.deadLetterQueue), payload);
    return failure;
  };

  const settle = async (): Promise<void> => {
    const deadline = performance.now() + (options.settleMillisecondsMax ?? 60_000);
    // What one consumer does may give another something to do, so with several a single look proves nothing.
    const looksWanted = work.length > 1 ? 2 : 1;
    for (let looks = 0; looks < looksWanted; ) {
      const idle = await Promise.all(work.map((each) => each.isIdle()));
      if (idle.every(Boolean)) {
        looks += 1;
        continue;
      }
      looks = 0;
      if (performance.now() > deadline) throw new NotSettled('Queues and streams are still being worked on.');
      await sleep(2);
    }
  };

  const nextVisible = async (): Promise<number> => {
    const times = await Promise.all(work.map((each) => each.nextAt()));
    return Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
  };

  const refuseLongJourney = (target: number): void => {
    if (target < clock.now()) throw new TravelRefused('The clock only moves forward.');
    if (target > clock.now() + yearsMax * 366 * 24 * 3_600_000) {
      throw new TravelRefused(`The clock moves by ${yearsMax} years at most; go in several steps.`);
    }
    let count = 0;
    for (const { expression } of enabled) {
      for (let at = expression.next(livedUntil); at !== undefined && at <= target; at = expression.next(at)) {
        count += 1;
        if (count > occurrencesMax) {
          throw new TravelRefused(`More than ${occurrencesMax} runs of schedules lie on the way; go in several steps.`);
        }
      }
    }
  };

  const travel = async (target: number): Promise<TravelReport> => {
    refuseLongJourney(target);
    const runs: Record<string, number> = {};
    const failures: TravelReport['failures'][number][] = [];
    await settle();
    while (!isStopped) {
      const occurrence = nextOccurrence();
      const visibleAt = await nextVisible();
      const at = Math.min(occurrence?.at ?? Number.POSITIVE_INFINITY, visibleAt);
      if (at > target) break;
      clock.moveTo(at);
      if (occurrence !== undefined && occurrence.at === at) {
        livedUntil = at;
        for (const { schedule } of occurrence.due) {
          const run = await runSchedule(schedule, at);
          runs[run.name] = (runs[run.name] ?? 0) + 1;
          const shown = run.failures.map((detail) => ({ schedule: run.name, at: run.at, detail }));
          failures.push(...shown.slice(0, failuresShownMax - failures.length));
        }
      }
      await settle();
    }
    clock.moveTo(target);
    await settle();
    return { runs, failures };
  };

  const tick = async (): Promise<void> => {
    for (let next = nextOccurrence(); next !== undefined && next.at <= clock.now(); next = nextOccurrence()) {
      livedUntil = next.at;
      for (const { schedule } of next.due) await runSchedule(schedule, next.at);
    }
  };

  const arm = (): void => {
    clearTimeout(timer);
    if (isStopped) return;
    const next = nextOccurrence();
    if (next === undefined) return;
    const wait = Math.min(Math.max(next.at - clock.now(), 0), timerMillisecondsMax);
    timer = setTimeout(() => {
      void exclusively(tick)
        .catch(() => {})
        .finally(arm);
    }, wait);
    timer.unref();
  };
  arm();

  return {
    moveTo: (target) => exclusively(() => travel(target)).finally(arm),
    run: async (name) => {
      const schedule =
        system.schedules.find((candidate) => candidate.name === name) ??
        system.schedules.find((candidate) => candidate.logicalId.startsWith(name));
      if (schedule === undefined) return undefined;
      return exclusively(async () => {
        const run = await runSchedule(schedule, clock.now());
        await settle();
        return run;
      });
    },
    scheduleNames: system.schedules.map(({ name }) => name),
    settle: () => exclusively(settle),
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await last;
    },
  };
};

const queueUrl = (system: SystemDescription, name: string): string => {
  const queue = system.queues.find((candidate) => candidate.name === name);
  if (queue === undefined) throw new Error(`There is no queue ${name}.`);
  return queue.url;
};

const scheduledEvent = (schedule: ScheduleDescription, at: number, { place }: SystemDescription) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: place.accountId,
  time: new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'),
  region: place.region,
  resources: [schedule.arn],
  detail: {},
});
