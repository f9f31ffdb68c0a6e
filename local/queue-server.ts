import { Server } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { startFauxqs } from 'fauxqs';
import { installMovedDate } from './moved-date.ts';

/**
 * SQS and S3, in a thread of their own: there they can live by the moved clock, so that what was delayed or is to be
 * retried comes through when the clock passes its time, and their writes to disk do not hold up the gateway.
 */

export type QueueServerSetup = {
  readonly offsetMemory: SharedArrayBuffer;
  /** Without it everything is kept in memory. */
  readonly dataFolder: string | undefined;
  readonly region: string;
};

export type QueueStatus = {
  /** Messages that a consumer could receive now. */
  readonly ready: number;
  /** Receipt handles of messages that were received and are still invisible. */
  readonly invisible: readonly string[];
  /** When the next message that is delayed or invisible becomes visible, in epoch milliseconds. */
  readonly nextVisibleAt: number | undefined;
  readonly total: number;
};

export type ToQueueServer =
  | {
      readonly id: number;
      readonly kind: 'createQueue';
      readonly name: string;
      readonly attributes: Record<string, string>;
    }
  | { readonly id: number; readonly kind: 'createBucket'; readonly name: string }
  | { readonly id: number; readonly kind: 'status'; readonly name: string }
  | { readonly id: number; readonly kind: 'stop' };

export type FromQueueServer =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'result'; readonly id: number; readonly result?: unknown; readonly error?: string };

const setup: QueueServerSetup = workerData;
const port = parentPort;
if (port === null) throw new Error('queue-server.ts only runs as a worker.');
const tell = (message: FromQueueServer): void => port.postMessage(message);

installMovedDate(setup.offsetMemory);
listenOnLoopbackOnly();
await keepWhatIsReleased();

const server = await startFauxqs({
  port: 0,
  logger: false,
  defaultRegion: setup.region,
  ...(setup.dataFolder === undefined ? {} : { dataDir: setup.dataFolder }),
});
port.on('message', (message: ToQueueServer) => {
  handle(message)
    .then((result) => tell({ kind: 'result', id: message.id, result }))
    .catch((error: unknown) => tell({ kind: 'result', id: message.id, error: String(error) }));
});
tell({ kind: 'listening', port: server.port });

async function handle(message: ToQueueServer): Promise<unknown> {
  switch (message.kind) {
    case 'createQueue':
      // Making one that exists would empty it.
      if (server.inspectQueue(message.name) === undefined) {
        server.createQueue(message.name, { region: setup.region, attributes: message.attributes });
        return 'created';
      }
      return 'existed';
    case 'createBucket':
      server.createBucket(message.name);
      return undefined;
    case 'status':
      return statusOf(message.name);
    case 'stop':
      return server.stop();
  }
}

function statusOf(name: string): QueueStatus {
  const { ready, delayed, inflight } = server.inspectQueue(name)?.messages ?? { ready: [], delayed: [], inflight: [] };
  const now = Date.now();
  const invisible = inflight.filter(({ visibilityDeadline }) => visibilityDeadline > now);
  const delayedUntil = delayed.map(({ delayUntil }) => delayUntil ?? 0);
  const times = [
    ...invisible.map(({ visibilityDeadline }) => visibilityDeadline),
    ...delayedUntil.filter((at) => at > now),
  ];
  return {
    ready: ready.length + delayedUntil.filter((at) => at <= now).length + (inflight.length - invisible.length),
    invisible: invisible.map(({ receiptHandle }) => receiptHandle),
    nextVisibleAt: times.length === 0 ? undefined : Math.min(...times),
    total: ready.length + delayed.length + inflight.length,
  };
}

/** The server binds every interface and offers no choice; nothing of a local run is anybody else's business. */
function listenOnLoopbackOnly(): void {
  const listen = Server.prototype.listen;
  function listenOnLoopback(this: Server, ...parameters: unknown[]): unknown {
    const [first, ...rest] = parameters;
    const isOptions = typeof first === 'object' && first !== null && 'host' in first;
    return Reflect.apply(listen, this, isOptions ? [{ ...first, host: '127.0.0.1' }, ...rest] : parameters);
  }
  Reflect.set(Server.prototype, 'listen', listenOnLoopback);
}

/**
 * A server with its data on disk forgets messages that are made visible at once: it writes no count where its own table asks for
 * one, after it has let go of the message. It is on the disk still, and comes back with the next start only.
 */
async function keepWhatIsReleased(): Promise<void> {
  const { PersistenceManager } = await import(new URL('./persistence.js', import.meta.resolve('fauxqs')).href);
  type Persistence = { readonly db: { prepare(statement: string): { run(...values: readonly string[]): unknown } } };
  PersistenceManager.prototype.updateMessageReady = function updateMessageReady(this: Persistence, id: string): void {
    this.db
      .prepare('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?')
      .run(id);
  };
}
