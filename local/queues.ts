import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type AwsJsonCall, awsJson } from './aws-json.ts';
import type { LocalClock } from './clock.ts';
import type { LambdaRuntime } from './lambda-runtime.ts';
import type { FromQueueServer, QueueServerSetup, QueueStatus, ToQueueServer } from './queue-server.ts';
import type { QueueDescription, QueueMapping, SystemDescription } from './system.ts';

type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never;
type Question = WithoutId<ToQueueServer>;

export type QueueServer = {
  readonly endpoint: string;
  readonly call: AwsJsonCall;
  createQueue(queue: QueueDescription): Promise<void>;
  createBucket(name: string): Promise<void>;
  status(queueName: string): Promise<QueueStatus>;
  send(queueUrl: string, body: string): Promise<void>;
  stop(): Promise<void>;
};

export type QueueServerOptions = {
  readonly clock: LocalClock;
  readonly region: string;
  readonly dataFolder?: string;
  readonly onUnexpectedExit: (detail: string) => void;
};

export const startQueueServer = async (options: QueueServerOptions): Promise<QueueServer> => {
  const workerData: QueueServerSetup = {
    offsetMemory: options.clock.offsetMemory,
    dataFolder: options.dataFolder,
    region: options.region,
  };
  const worker = new Worker(new URL('./queue-server.ts', import.meta.url), {
    workerData,
    name: 'queues',
    execArgv: ['--no-warnings'],
  });
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let isStopping = false;
  let lastId = 0;
  let failure = '';

  const port = await new Promise<number>((resolve, reject) => {
    worker.on('message', (message: FromQueueServer) => {
      if (message.kind === 'listening') return resolve(message.port);
      const waiter = pending.get(message.id);
      pending.delete(message.id);
      if (message.error === undefined) waiter?.resolve(message.result);
      else waiter?.reject(new Error(message.error));
    });
    worker.on('error', (error) => {
      failure = error instanceof Error ? error.message : String(error);
      reject(error);
    });
    worker.once('exit', () => {
      for (const { reject: refuse } of pending.values()) refuse(new Error(`The queue server has ended. ${failure}`));
      pending.clear();
      if (!isStopping) options.onUnexpectedExit(`The queue server has ended. ${failure}`);
    });
  });
  const ask = async (question: Question): Promise<unknown> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      pending.set(lastId, { resolve, reject });
      worker.postMessage({ ...question, id: lastId });
    });

  const endpoint = `http://127.0.0.1:${port}`;
  const call = awsJson(endpoint, 'sqs', options.region);
  return {
    endpoint,
    call,
    createQueue: async ({ name, url, attributes }) => {
      const outcome = await ask({ kind: 'createQueue', name, attributes });
      if (outcome === 'existed') await call('SetQueueAttributes', { QueueUrl: url, Attributes: attributes });
    },
    createBucket: async (name) => {
      await ask({ kind: 'createBucket', name });
    },
    status: async (name) => (await ask({ kind: 'status', name })) as QueueStatus,
    send: async (queueUrl, body) => {
      await call('SendMessage', { QueueUrl: queueUrl, MessageBody: body });
    },
    stop: async () => {
      isStopping = true;
      await ask({ kind: 'stop' }).catch(() => {});
      await worker.terminate();
    },
  };
};

/** Something that works on its own; a move of the clock waits until all of them have nothing left to do. */
export type BackgroundWork = {
  /** Whether there is nothing to do at the present time of the clock. */
  isIdle(): Promise<boolean>;
  /** When there will be something to do again without anybody's doing, in epoch milliseconds. */
  nextAt(): Promise<number | undefined>;
  /** Starts nothing more and waits for what has begun. */
  stop(): Promise<void>;
};

type Message = {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly MD5OfBody: string;
  readonly Attributes?: Record<string, string>;
  readonly MessageAttributes?: Record<string, { StringValue?: string; BinaryValue?: string; DataType: string }>;
};

const receiveMax = 10;
const waitSeconds = 20;
/** Lambda works on a standard queue with five concurrent batches at first; two keep this machine busy enough. */
const concurrencyDefault = 2;

export const consumeQueue = (
  mapping: QueueMapping,
  system: SystemDescription,
  server: QueueServer,
  runtime: Pick<LambdaRuntime, 'invoke'>,
): BackgroundWork => {
  const queue = system.queues.find(({ name }) => name === mapping.queueName);
  if (queue === undefined) throw new Error(`There is no queue ${mapping.queueName}.`);
  if (mapping.filters.length > 0) throw new Error(`${mapping.id}: filters on a queue are not known here.`);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  /** Receipt handles of messages that failed and wait for their visibility time-out: nobody is working on them. */
  const parked = new Set<string>();
  const concurrency = mapping.concurrency ?? concurrencyDefault;

  const receive = async (limit: number, wait: number): Promise<readonly Message[]> => {
    const { Messages } = await server.call(
      'ReceiveMessage',
      {
        QueueUrl: queue.url,
        MaxNumberOfMessages: Math.min(limit, receiveMax),
        WaitTimeSeconds: wait,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      },
      { signal: stopping.signal },
    );
    return (Messages as Message[] | undefined) ?? [];
  };

  /** One receive gives ten messages at most; larger batches take several, and may wait for more to come. */
  const gather = async (): Promise<readonly Message[]> => {
    const batch = [...(await receive(mapping.batchSize, waitSeconds))];
    const deadline = performance.now() + mapping.batchingWindowSeconds * 1000;
    while (batch.length > 0 && batch.length < mapping.batchSize) {
      const more = await receive(mapping.batchSize - batch.length, 0);
      batch.push(...more);
      if (more.length > 0) continue;
      if (performance.now() >= deadline) break;
      await sleep(50);
    }
    return batch;
  };

  const work = async (batch: readonly Message[]): Promise<void> => {
    const result = await runtime.invoke(
      mapping.functionName,
      JSON.stringify(queueEvent(batch, queue.arn, system.place.region)),
    );
    const failed = failedItems(result, mapping.reportsItemFailures);
    const isFailed = (message: Message): boolean => failed === 'all' || failed.has(message.MessageId);
    for (const message of batch.filter(isFailed)) parked.add(message.ReceiptHandle);
    const done = batch.filter((message) => !isFailed(message));
    for (let index = 0; index < done.length; index += receiveMax) {
      const Entries = done
        .slice(index, index + receiveMax)
        .map(({ ReceiptHandle }, place) => ({ Id: String(place), ReceiptHandle }));
      await server.call('DeleteMessageBatch', { QueueUrl: queue.url, Entries });
    }
  };

  const loop = (async () => {
    // What an earlier run had received is nobody's now; it comes back when its visibility time-out ends.
    for (const handle of (await server.status(queue.name)).invisible) parked.add(handle);
    while (!stopping.signal.aborted) {
      try {
        while (running.size >= concurrency) await Promise.race(running);
        const batch = await gather();
        if (batch.length === 0) continue;
        const task = work(batch)
          .catch(() => {
            for (const { ReceiptHandle } of batch) parked.add(ReceiptHandle);
          })
          .finally(() => running.delete(task));
        running.add(task);
      } catch {
        if (!stopping.signal.aborted) await sleep(200);
      }
    }
    await Promise.all(running);
  })();

  return {
    isIdle: async () => {
      if (running.size > 0) return false;
      const { ready, invisible } = await server.status(queue.name);
      const still = new Set(invisible);
      for (const handle of parked) if (!still.has(handle)) parked.delete(handle);
      return ready === 0 && running.size === 0 && invisible.every((handle) => parked.has(handle));
    },
    nextAt: async () => (await server.status(queue.name)).nextVisibleAt,
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
};

const queueEvent = (batch: readonly Message[], eventSourceARN: string, awsRegion: string) => ({
  Records: batch.map((message) => ({
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue },
      ]),
    ),
    md5OfBody: message.MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  })),
});

/**
 * Which items a batch function says have failed. An answer that says it in a form Lambda does not accept counts as a
 * failure of the whole batch: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export const failedItems = (
  result: Awaited<ReturnType<LambdaRuntime['invoke']>>,
  reportsItemFailures: boolean,
): 'all' | ReadonlySet<string> => {
  if (result.kind === 'failure') return 'all';
  if (!reportsItemFailures) return new Set();
  const answer: unknown = JSON.parse(result.payload);
  if (answer === null || typeof answer !== 'object' || !('batchItemFailures' in answer)) return new Set();
  const failures = answer.batchItemFailures;
  if (failures === null) return new Set();
  if (!Array.isArray(failures)) return 'all';
  const identifiers: unknown[] = failures.map((failure) => failure?.itemIdentifier);
  return identifiers.every((identifier): identifier is string => typeof identifier === 'string' && identifier !== '')
    ? new Set(identifiers)
    : 'all';
};
