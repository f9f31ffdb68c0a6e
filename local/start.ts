import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { awsJson } from './aws-json.ts';
import { LocalClock } from './clock.ts';
import { type FolderLock, lockDataFolder } from './data-folder.ts';
import { startGateway } from './gateway.ts';
import { type IssuedToken, startIdentityProvider, type TokenRequest } from './identity-provider.ts';
import { createLambdaRuntime, type LambdaRuntime } from './lambda-runtime.ts';
import { type LocalApiState, serveLocalApi } from './local-api.ts';
import { mailEnvironment } from './mailbox.ts';
import { consumeQueue, type QueueServer, startQueueServer } from './queues.ts';
import { consumeStream } from './streams.ts';
import { ensureSynthesized } from './synthesize.ts';
import { type FunctionDescription, type Place, readSystem, type SystemDescription } from './system.ts';
import { startTableEngine, type TableEngine } from './table-engine.ts';
import { ensureTable, tendStreamRecords } from './tables.ts';
import { testProcessorEnvironment } from './test-processor.ts';
import { createTimeline, type Timeline, type TravelReport } from './timeline.ts';

export type LocalOptions = {
  /** 0, the default, takes any that is free. */
  readonly port?: number;
  /** Where everything is kept; without it nothing is, and what needs a file has it in a folder that is removed at the end. */
  readonly dataFolder?: string;
  /** A synthesized app; without it, this project's own is synthesized when it is not up to date. */
  readonly assemblyFolder?: string;
  /** A DynamoDB endpoint to use instead of the embedded engine. */
  readonly dynamodbEndpoint?: string | undefined;
  /** Where the clock stands at first, in epoch milliseconds, for tests that want a known date. Never behind the machine's. */
  readonly startAt?: number;
  /** Whether the API refuses requests above the rate that the stage declares. */
  readonly isThrottled?: boolean;
  /** Bound of execution environments per function. */
  readonly environmentsMax?: number;
  /** What people should see: warnings of functions, failures. Nothing by default. */
  readonly log?: (line: string) => void;
  /** Called when a part that everything depends on has ended by itself. */
  readonly onFatal?: (detail: string) => void;
};

export type LocalSystem = {
  readonly baseUrl: string;
  readonly port: number;
  readonly dataFolder: string;
  readonly engine: string;
  readonly system: SystemDescription;
  /** Endpoints of table, queues and buckets, by the names of the SDK's variables. */
  readonly environment: Readonly<
    Record<'AWS_ENDPOINT_URL_DYNAMODB' | 'AWS_ENDPOINT_URL_SQS' | 'AWS_ENDPOINT_URL_S3', string>
  >;
  tokenFor(email: string, options?: Omit<TokenRequest, 'email'>): Promise<IssuedToken>;
  /** By name or by the beginning of the logical id; the answer is what the function answers, and its failure is thrown. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  now(): number;
  moveClock(to: number): Promise<TravelReport>;
  runSchedule: Timeline['run'];
  /** Waits until queues and streams have nothing left to do. */
  settle(): Promise<void>;
  /** Shows something more in `GET /_local/health`. */
  report(name: string, value: unknown): void;
  stop(): Promise<void>;
};

const place: Place = { region: 'eu-central-1', accountId: '000000000000' };
/** Half of an environment's time goes by waiting for the table engine: two do not keep two cores busy. */
const environmentsMaxDefault = 3;

type Undo = () => Promise<void> | void;

export const startLocal = async (options: LocalOptions = {}): Promise<LocalSystem> => {
  const log = options.log ?? (() => {});
  const onFatal = options.onFatal ?? log;
  /** What has been started, to be stopped in the opposite order. */
  const started: Undo[] = [];
  const undo = async (): Promise<void> => {
    for (const each of started.splice(0).reverse()) await each();
  };
  try {
    return await start(options, log, onFatal, started, undo);
  } catch (error) {
    await undo();
    throw error;
  }
};

const start = async (
  options: LocalOptions,
  log: (line: string) => void,
  onFatal: (detail: string) => void,
  started: Undo[],
  undo: () => Promise<void>,
): Promise<LocalSystem> => {
  const isTemporary = options.dataFolder === undefined;
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'payment-intents-'));
  if (isTemporary) started.push(() => rmSync(dataFolder, { recursive: true, force: true }));
  const lock: FolderLock = lockDataFolder(dataFolder);
  started.push(lock.release);
  const logFolder = join(dataFolder, 'logs');
  mkdirSync(logFolder, { recursive: true });
  const kept = (name: string): string | undefined => (isTemporary ? undefined : join(dataFolder, name));

  const clock = new LocalClock(kept('clock.json'));
  if (options.startAt !== undefined) clock.moveTo(options.startAt);
  const health: Record<string, unknown> = { status: 'starting' };
  const state: { -readonly [K in keyof LocalApiState]: LocalApiState[K] } = {
    clock,
    dataFolder,
    started: undefined,
    health,
  };
  const gateway = await startGateway({
    port: options.port ?? 0,
    serveLocal: (path, request, response) => serveLocalApi(state, path, request, response),
  });
  started.push(gateway.stop);
  const baseUrl = `http://127.0.0.1:${gateway.port}`;
  lock.describe({ pid: process.pid, baseUrl });
  Object.assign(health, { baseUrl, port: gateway.port });

  // A file even when nothing is kept: only there can `tendStreamRecords` reach it, and it is no slower than memory.
  const databasePath = join(dataFolder, 'table.db');
  const [assemblyFolder, engine, queueServer, identityProvider] = await allOrNone([
    options.assemblyFolder ?? ensureSynthesized(),
    startEngine(options, databasePath, join(dataFolder, 'table-engine.pid'), onFatal).then((each) => {
      started.push(each.stop);
      return each;
    }),
    startQueueServer({
      clock,
      region: place.region,
      onUnexpectedExit: onFatal,
      ...optional('dataFolder', kept('queues')),
    }).then((each) => {
      started.push(each.stop);
      return each;
    }),
    startIdentityProvider({ baseUrl, clock, ...optional('file', kept('identity-provider.json')) }),
  ]);
  health.engine = engine.description;

  const system = readSystem({ assemblyFolder, place, endpoints: { queues: queueServer.endpoint, api: baseUrl } });
  const streamArns = await prepareStorage(system, engine, queueServer, databasePath);

  const [table] = system.tables;
  if (table !== undefined) {
    const endpoints = { tableEndpoint: engine.endpoint, queueEndpoint: queueServer.endpoint };
    lock.describe({ pid: process.pid, baseUrl, tableName: table.name, ...endpoints });
  }

  const environment = {
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_ENDPOINT_URL_SQS: queueServer.endpoint,
    AWS_ENDPOINT_URL_S3: queueServer.endpoint,
  };
  const testProcessor = testProcessorEnvironment(dataFolder);
  const runtime = createLambdaRuntime({
    functions: system.functions,
    region: place.region,
    clock,
    logFolder,
    environmentsMax: options.environmentsMax ?? environmentsMaxDefault,
    environmentOf: (fn) => ({
      ...environment,
      ...('OIDC_ISSUER' in fn.environment ? identityProvider.environment : {}),
      ...('TEST_PROCESSOR' in fn.environment ? testProcessor : {}),
      ...('MAIL_FROM' in fn.environment ? mailEnvironment(baseUrl) : {}),
      // Receivers that are being developed run on this machine, too.
      ...('WEBHOOK_DESTINATIONS' in fn.environment ? { WEBHOOK_DESTINATIONS: 'local' } : {}),
    }),
    onNotice: (functionName, text) => log(noticeLine(functionName, text)),
  });
  started.push(runtime.stop);

  const work = [
    ...system.queueMappings.map((mapping) => consumeQueue(mapping, system, queueServer, runtime)),
    ...system.streamMappings.map((mapping) =>
      consumeStream({
        mapping,
        system,
        streamArn: streamArns.get(mapping.tableName) ?? '',
        streams: awsJson(engine.endpoint, 'dynamodb-streams', place.region),
        runtime,
        queueServer,
        clock,
        ...optional('checkpointFile', kept(`stream-${mapping.id}.json`)),
      }),
    ),
  ];
  started.push(async () => {
    await Promise.all(work.map((each) => each.stop()));
  });
  const timeline = createTimeline({
    system,
    clock,
    runtime,
    queueServer,
    work,
    onFailure: (schedule, detail) => log(`[schedule ${schedule}] ${detail}`),
  });
  started.push(timeline.stop);

  if (system.api !== undefined) {
    gateway.open({
      api: system.api,
      place,
      runtime,
      clock,
      isThrottled: options.isThrottled ?? false,
    });
  }
  state.started = { identityProvider, timeline };
  health.status = 'ready';

  let stopping: Promise<void> | undefined;
  return {
    baseUrl,
    port: gateway.port,
    dataFolder,
    engine: engine.description,
    system,
    environment,
    tokenFor: (email, more) => identityProvider.tokenFor({ ...more, email }),
    invoke: (name, event) => invokeByName(system.functions, runtime, name, event),
    now: () => clock.now(),
    moveClock: (to) => timeline.moveTo(to),
    runSchedule: timeline.run,
    settle: timeline.settle,
    report: (name, value) => {
      health[name] = value;
    },
    stop: () => {
      // Requests under way need everything that would be stopped before the gateway, so the gateway goes first of all.
      stopping ??= Promise.all([gateway.stop(), timeline.stop()]).then(undo);
      return stopping;
    },
  };
};

const optional = <K extends string>(name: K, value: string | undefined): { [key in K]?: string } =>
  value === undefined ? {} : ({ [name]: value } as { [key in K]: string });

/** Like `Promise.all`, but waits for all of them to end, so that nothing starts behind the back of a failed start. */
const allOrNone = async <T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  await Promise.allSettled(promises);
  return Promise.all(promises);
};

const startEngine = async (
  options: LocalOptions,
  databasePath: string,
  pidFile: string,
  onUnexpectedExit: (detail: string) => void,
): Promise<TableEngine> =>
  startTableEngine({
    pidFile,
    onUnexpectedExit,
    databasePath,
    ...optional('endpoint', options.dynamodbEndpoint),
  });

const prepareStorage = async (
  system: SystemDescription,
  engine: TableEngine,
  queueServer: QueueServer,
  databasePath: string,
): Promise<ReadonlyMap<string, string>> => {
  const dynamodb = awsJson(engine.endpoint, 'dynamodb', system.place.region);
  const streamArns = new Map<string, string>();
  for (const table of system.tables) {
    const isRead = system.streamMappings.some(({ tableName }) => tableName === table.name);
    const { streamArn } = await ensureTable(dynamodb, table, isRead);
    if (streamArn !== undefined) streamArns.set(table.name, streamArn);
  }
  if (engine.isEmbedded && streamArns.size > 0) tendStreamRecords(databasePath);
  // A queue names its dead-letter queue, so those without one are made first.
  const byRedrive = system.queues.toSorted(
    (left, right) => Number('RedrivePolicy' in left.attributes) - Number('RedrivePolicy' in right.attributes),
  );
  for (const queue of byRedrive) await queueServer.createQueue(queue);
  for (const bucket of system.buckets) await queueServer.createBucket(bucket);
  return streamArns;
};

const invokeByName = async (
  functions: readonly FunctionDescription[],
  runtime: LambdaRuntime,
  name: string,
  event: unknown,
): Promise<unknown> => {
  const fn =
    functions.find((candidate) => candidate.name === name) ??
    functions.find((candidate) => candidate.logicalId.startsWith(name));
  if (fn === undefined) throw new Error(`There is no function ${name}.`);
  const result = await runtime.invoke(fn.name, JSON.stringify(event));
  if (result.kind === 'answer') return JSON.parse(result.payload);
  throw new Error(`${fn.name}: ${result.error.errorType}: ${result.error.errorMessage}`);
};

/** One line of a structured log, short enough for a console; the whole of it is in the function's file. */
const noticeLine = (functionName: string, text: string): string => {
  try {
    const { level, message, errorType, errorMessage } = JSON.parse(text);
    return `[${functionName}] ${level ?? 'ERROR'} ${message ?? `${errorType}: ${errorMessage}`}`;
  } catch {
    return `[${functionName}] ${text.trim()}`;
  }
};
