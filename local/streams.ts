import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type AwsJsonCall, AwsJsonError } from './aws-json.ts';
import type { LocalClock } from './clock.ts';
import { writeFileWhole } from './files.ts';
import { compileFilters } from './filter-pattern.ts';
import type { InvocationResult, LambdaRuntime } from './lambda-runtime.ts';
import { type BackgroundWork, failedItems, type QueueServer } from './queues.ts';
import type { StreamMapping, SystemDescription } from './system.ts';

/**
 * Reads a table's stream shard by shard and calls the mapping's function with batches, in order: a batch that fails is
 * halved or repeated until it succeeds or its attempts are used up, and only then does the shard go on.
 */

export type StreamOptions = {
  readonly mapping: StreamMapping;
  readonly system: SystemDescription;
  /** The stream's name at the engine. */
  readonly streamArn: string;
  readonly streams: AwsJsonCall;
  readonly runtime: Pick<LambdaRuntime, 'invoke'>;
  readonly queueServer: QueueServer;
  readonly clock: LocalClock;
  /** Where the place reached in each shard is kept; without it the stream is read from its beginning. */
  readonly checkpointFile?: string;
};

type StreamRecord = {
  readonly eventID: string;
  readonly dynamodb: { readonly SequenceNumber: string; readonly ApproximateCreationDateTime: number };
};

const Checkpoint = z.strictObject({ streamArn: z.string(), shards: z.record(z.string(), z.string()) });
const ShardList = z.object({
  StreamDescription: z.object({
    Shards: z.array(z.object({ ShardId: z.string(), ParentShardId: z.string().optional() })).default([]),
  }),
});

const pauseMilliseconds = 100;
const readMax = 1000;
const backoffMillisecondsMax = 10_000;

export const consumeStream = (options: StreamOptions): BackgroundWork => {
  const { mapping, system, streamArn, streams, runtime, queueServer, clock } = options;
  const matches = compileFilters(mapping.filters, mapping.id);
  const table = system.tables.find(({ name }) => name === mapping.tableName);
  const positions = readCheckpoint(options.checkpointFile, streamArn);
  /** Iterators of the shards being read; `null` for one that was read to its end. */
  const iterators = new Map<string, string | null>();
  const stopping = new AbortController();
  let isWorking = false;
  let wake: () => void = () => {};
  /** Those who ask whether the next look at the stream finds it empty. */
  let askers: ((isEmpty: boolean) => void)[] = [];

  const reached = (shardId: string, sequenceNumber: string): void => {
    positions.set(shardId, sequenceNumber);
    if (options.checkpointFile === undefined) return;
    writeFileWhole(options.checkpointFile, JSON.stringify({ streamArn, shards: Object.fromEntries(positions) }));
  };

  const openIterator = async (shardId: string): Promise<string> => {
    const shard = { StreamArn: streamArn, ShardId: shardId };
    const position = positions.get(shardId);
    const from = async (start: object) =>
      String((await streams('GetShardIterator', { ...shard, ...start })).ShardIterator);
    const beginning = { ShardIteratorType: 'TRIM_HORIZON' };
    if (position === undefined) return from(beginning);
    return from({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position }).catch((error: unknown) => {
      // Records are kept for a day; whoever was away for longer goes on with the oldest there is.
      if (error instanceof AwsJsonError && error.name.startsWith('TrimmedDataAccess')) return from(beginning);
      throw error;
    });
  };

  /** A shard's children hold what came after it, so they are opened when it has been read to its end. */
  const openShards = async (): Promise<void> => {
    const { StreamDescription } = ShardList.parse(await streams('DescribeStream', { StreamArn: streamArn }));
    const known = new Set(StreamDescription.Shards.map(({ ShardId }) => ShardId));
    for (const { ShardId, ParentShardId } of StreamDescription.Shards) {
      const isParentRead =
        ParentShardId === undefined || !known.has(ParentShardId) || iterators.get(ParentShardId) === null;
      if (!iterators.has(ShardId) && isParentRead) iterators.set(ShardId, await openIterator(ShardId));
    }
  };

  const invoke = async (batch: readonly StreamRecord[]): Promise<InvocationResult> => {
    const Records = batch.map((record) => ({
      ...record,
      awsRegion: system.place.region,
      eventSourceARN: table?.streamArn,
    }));
    return runtime.invoke(mapping.functionName, JSON.stringify({ Records }));
  };

  const giveUp = async (
    shardId: string,
    batch: readonly StreamRecord[],
    result: InvocationResult,
    attempts: number,
  ) => {
    const queue = system.queues.find(({ name }) => name === mapping.onFailureQueue);
    if (queue === undefined) return;
    const [first, last] = [batch[0], batch.at(-1)];
    const at = (record: StreamRecord | undefined) =>
      new Date((record?.dynamodb.ApproximateCreationDateTime ?? 0) * 1000).toISOString();
    await queueServer.send(
      queue.url,
      JSON.stringify({
        requestContext: {
          functionArn: system.functions.find(({ name }) => name === mapping.functionName)?.arn,
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: attempts,
        },
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          ...(result.kind === 'failure' ? { functionError: 'Unhandled' } : {}),
        },
        version: '1.0',
        timestamp: new Date(clock.now()).toISOString(),
        DDBStreamBatchInfo: {
          shardId,
          startSequenceNumber: first?.dynamodb.SequenceNumber,
          endSequenceNumber: last?.dynamodb.SequenceNumber,
          approximateArrivalOfFirstRecord: at(first),
          approximateArrivalOfLastRecord: at(last),
          batchSize: batch.length,
          streamArn: table?.streamArn,
        },
      }),
    );
  };

  const work = async (shardId: string, batch: readonly StreamRecord[], attemptsBefore = 0): Promise<void> => {
    const [first] = batch;
    if (first === undefined || stopping.signal.aborted) return;
    const result = await invoke(batch);
    const failedAt = firstFailure(batch, result, mapping.reportsItemFailures);
    if (failedAt === undefined) return;
    const rest = batch.slice(failedAt);
    // What came before the first failure is done; the rest is a batch of its own, with all its attempts.
    if (failedAt > 0) return work(shardId, rest);
    if (mapping.bisectsOnError && rest.length > 1) {
      // Halving does not use up attempts.
      const middle = Math.ceil(rest.length / 2);
      await work(shardId, rest.slice(0, middle), attemptsBefore);
      return work(shardId, rest.slice(middle), attemptsBefore);
    }
    const attempts = attemptsBefore + 1;
    if (mapping.retryAttempts !== undefined && attempts > mapping.retryAttempts) {
      return giveUp(shardId, rest, result, attempts);
    }
    await sleep(Math.min(100 * 2 ** attemptsBefore, backoffMillisecondsMax), undefined, { signal: stopping.signal });
    return work(shardId, rest, attempts);
  };

  const readShard = async (shardId: string, iterator: string): Promise<readonly StreamRecord[]> => {
    const { Records, NextShardIterator } = await streams('GetRecords', { ShardIterator: iterator, Limit: readMax });
    iterators.set(shardId, typeof NextShardIterator === 'string' ? NextShardIterator : null);
    return (Records as StreamRecord[] | undefined) ?? [];
  };

  const round = async (asked: ((isEmpty: boolean) => void)[]): Promise<void> => {
    if ([...iterators.values()].every((iterator) => iterator === null)) await openShards();
    let isEmpty = true;
    for (const [shardId, iterator] of iterators) {
      if (iterator === null) continue;
      const records = await readShard(shardId, iterator);
      if (records.length === 0) continue;
      isEmpty = false;
      isWorking = true;
      for (const ask of asked.splice(0)) ask(false);
      const wanted = records.filter(matches);
      for (let index = 0; index < wanted.length; index += mapping.batchSize) {
        const batch = wanted.slice(index, index + mapping.batchSize);
        await work(shardId, batch);
        const last = batch.at(-1);
        if (last !== undefined && !stopping.signal.aborted) reached(shardId, last.dynamodb.SequenceNumber);
      }
      const last = records.at(-1);
      if (last !== undefined && !stopping.signal.aborted) reached(shardId, last.dynamodb.SequenceNumber);
    }
    isWorking = false;
    for (const ask of asked) ask(isEmpty);
    if (!isEmpty || askers.length > 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMilliseconds);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  const loop = (async () => {
    while (!stopping.signal.aborted) {
      const asked = askers;
      askers = [];
      try {
        await round(asked);
      } catch {
        for (const ask of asked) ask(false);
        isWorking = false;
        // Iterators expire and engines restart: begin again where the last batch ended.
        iterators.clear();
        if (!stopping.signal.aborted) await sleep(500);
      }
    }
    for (const ask of askers.splice(0)) ask(false);
  })();

  return {
    isIdle: async () => {
      if (isWorking || stopping.signal.aborted) return false;
      const answer = new Promise<boolean>((resolve) => askers.push(resolve));
      wake();
      return answer;
    },
    nextAt: async () => undefined,
    stop: async () => {
      stopping.abort();
      wake();
      await loop;
    },
  };
};

/** Where in the batch the first failure is; everything from there on is delivered again. */
const firstFailure = (
  batch: readonly StreamRecord[],
  result: InvocationResult,
  reportsItemFailures: boolean,
): number | undefined => {
  const failed = failedItems(result, reportsItemFailures);
  if (failed === 'all') return 0;
  if (failed.size === 0) return undefined;
  const index = batch.findIndex(({ dynamodb }) => failed.has(dynamodb.SequenceNumber));
  // A number that is not in the batch is no answer at all, and the whole batch counts as failed.
  return Math.max(index, 0);
};

const readCheckpoint = (file: string | undefined, streamArn: string): Map<string, string> => {
  if (file === undefined || !existsSync(file)) return new Map();
  const checkpoint = Checkpoint.parse(JSON.parse(readFileSync(file, 'utf8')));
  return new Map(checkpoint.streamArn === streamArn ? Object.entries(checkpoint.shards) : []);
};
