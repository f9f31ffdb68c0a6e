import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LocalClock } from './clock.ts';
import type { FunctionDescription } from './system.ts';
import {
  describeError,
  type FromWorker,
  type FunctionError,
  type ToWorker,
  type WorkerSetup,
} from './worker-protocol.ts';

/**
 * Runs functions as Lambda does: each execution environment is a worker thread with its own module graph and environment
 * variables, works on one event at a time, and is thrown away when it times out or crashes.
 */

export type InvocationResult =
  | { readonly kind: 'answer'; readonly payload: string }
  | { readonly kind: 'failure'; readonly error: FunctionError };

export type LambdaRuntime = {
  invoke(functionName: string, event: string): Promise<InvocationResult>;
  /** Starts one environment, so that the first request does not wait for it. */
  warmUp(functionName: string): void;
  /** Waits for nothing: what is still running is ended. */
  stop(): Promise<void>;
};

export type LambdaRuntimeOptions = {
  readonly functions: readonly FunctionDescription[];
  readonly region: string;
  readonly clock: LocalClock;
  readonly logFolder: string;
  /** What every function gets besides its own variables: endpoints, and what replaces the deployed identity provider. */
  readonly environmentOf: (fn: FunctionDescription) => Readonly<Record<string, string>>;
  /** Bound of environments per function unless the function reserves its own. */
  readonly environmentsMax: number;
  readonly onNotice: (functionName: string, text: string) => void;
};

export const createLambdaRuntime = (options: LambdaRuntimeOptions): LambdaRuntime => {
  const pools = new Map(options.functions.map((fn) => [fn.name, new Pool(fn, options)]));
  const pool = (name: string): Pool => {
    const found = pools.get(name);
    if (found === undefined) throw new Error(`There is no function ${name}.`);
    return found;
  };
  return {
    invoke: async (name, event) => pool(name).invoke(event),
    warmUp: (name) => pool(name).warmUp(),
    stop: async () => {
      await Promise.all([...pools.values()].map((each) => each.stop()));
    },
  };
};

type Invocation = { readonly event: string; readonly answer: (result: InvocationResult) => void };

/** What an answer may have: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const payloadBytesMax = 6 * 1024 * 1024;

/**
 * A burst of short requests is served sooner by the warm environments than by new ones, which take a while to load and
 * would take processor time from the others: a request waits this long before another environment is started for it.
 */
const patienceMilliseconds = 20;

class Pool {
  readonly #fn: FunctionDescription;
  readonly #options: LambdaRuntimeOptions;
  readonly #environmentsMax: number;
  readonly #environments = new Set<Environment>();
  /** Last in, first out: the environment that worked last is the warmest. */
  readonly #idle: Environment[] = [];
  readonly #waiting: Invocation[] = [];
  #starting = 0;
  #growth: NodeJS.Timeout | undefined;
  #state: 'running' | 'stopped' = 'running';

  constructor(fn: FunctionDescription, options: LambdaRuntimeOptions) {
    this.#fn = fn;
    this.#options = options;
    this.#environmentsMax = Math.min(fn.concurrency ?? options.environmentsMax, options.environmentsMax);
  }

  invoke(event: string): Promise<InvocationResult> {
    return new Promise((answer) => {
      const environment = this.#idle.pop();
      if (environment !== undefined) {
        environment.run({ event, answer });
        return;
      }
      this.#waiting.push({ event, answer });
      if (this.#environments.size === 0) this.#start();
      else this.#growLater();
    });
  }

  warmUp(): void {
    if (this.#environments.size === 0) this.#start();
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    clearTimeout(this.#growth);
    for (const { answer } of this.#waiting.splice(0)) {
      answer({ kind: 'failure', error: { errorType: 'Local.Stopped', errorMessage: 'The runtime is stopping.' } });
    }
    await Promise.all([...this.#environments].map((environment) => environment.end()));
  }

  #growLater(): void {
    if (this.#growth !== undefined || this.#environments.size >= this.#environmentsMax) return;
    this.#growth = setTimeout(() => {
      this.#growth = undefined;
      if (this.#waiting.length === 0) return;
      if (this.#starting === 0) this.#start();
      this.#growLater();
    }, patienceMilliseconds);
  }

  #start(): void {
    if (this.#state === 'stopped' || this.#environments.size >= this.#environmentsMax) return;
    this.#starting += 1;
    let isStarting = true;
    const started = (): void => {
      if (isStarting) this.#starting -= 1;
      isStarting = false;
    };
    const environment = new Environment(this.#fn, this.#options, {
      onFree: () => {
        const next = this.#waiting.shift();
        if (next !== undefined) environment.run(next);
        // One that has just loaded and finds nothing to do goes below those that have worked already.
        else if (isStarting) this.#idle.unshift(environment);
        else this.#idle.push(environment);
        started();
      },
      onGone: (error) => {
        const hasLoaded = !isStarting;
        started();
        this.#environments.delete(environment);
        const place = this.#idle.indexOf(environment);
        if (place >= 0) this.#idle.splice(place, 1);
        // One that never loaded takes one invocation with it: otherwise a broken bundle would be loaded for ever.
        if (!hasLoaded) this.#waiting.shift()?.answer({ kind: 'failure', error });
        if (this.#waiting.length > 0) this.#start();
      },
    });
    this.#environments.add(environment);
  }
}

type EnvironmentEvents = { readonly onFree: () => void; readonly onGone: (error: FunctionError) => void };

class Environment {
  readonly #fn: FunctionDescription;
  readonly #options: LambdaRuntimeOptions;
  readonly #events: EnvironmentEvents;
  readonly #worker: Worker;
  readonly #logFile: string;
  #current: (Invocation & { readonly requestId: string; readonly timer: NodeJS.Timeout }) | undefined;
  #end: FunctionError | undefined;

  constructor(fn: FunctionDescription, options: LambdaRuntimeOptions, events: EnvironmentEvents) {
    this.#fn = fn;
    this.#options = options;
    this.#events = events;
    this.#logFile = join(options.logFolder, `${fn.name}.log`);
    const logStreamName = `local/[$LATEST]${randomUUID().replaceAll('-', '')}`;
    const workerData: WorkerSetup = {
      offsetMemory: options.clock.offsetMemory,
      folder: fn.folder,
      handler: fn.handler,
      logFile: this.#logFile,
      context: {
        functionName: fn.name,
        functionVersion: '$LATEST',
        invokedFunctionArn: fn.arn,
        memoryLimitInMB: String(fn.memoryMegabytes),
        logGroupName: fn.logGroup,
        logStreamName,
      },
    };
    this.#worker = new Worker(new URL('./worker-bootstrap.ts', import.meta.url), {
      workerData,
      name: fn.name,
      env: {
        ...environmentOfLambda(fn, options.region, logStreamName),
        ...fn.environment,
        ...options.environmentOf(fn),
      },
      resourceLimits: { maxOldGenerationSizeMb: fn.memoryMegabytes },
      // Flags of this process, such as those of the test runner, are none of the function's business.
      execArgv: ['--no-warnings'],
    });
    this.#worker.on('message', (message: FromWorker) => this.#receive(message));
    this.#worker.on('error', (error) => {
      this.#end ??= describeError(error);
    });
    this.#worker.once('exit', (code) => this.#gone(code));
  }

  run(invocation: Invocation): void {
    const requestId = randomUUID();
    const timeoutMilliseconds = this.#fn.timeoutSeconds * 1000;
    const timer = setTimeout(() => this.#timeOut(requestId), timeoutMilliseconds);
    this.#current = { ...invocation, requestId, timer };
    const message: ToWorker = { requestId, event: invocation.event, timeoutMilliseconds };
    this.#worker.postMessage(message);
  }

  async end(): Promise<void> {
    this.#end ??= { errorType: 'Local.Stopped', errorMessage: 'The runtime is stopping.' };
    await this.#worker.terminate();
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
        this.#events.onFree();
        break;
      case 'initFailed':
        this.#end = message.error;
        break;
      case 'notice':
        this.#options.onNotice(this.#fn.name, message.text);
        break;
      case 'answer':
        this.#finish(isTooLong(message.payload) ? { kind: 'failure', error: tooLong(message.payload) } : message);
        break;
      case 'failure':
        this.#finish(message);
        break;
    }
  }

  #finish(result: InvocationResult): void {
    const current = this.#current;
    // The answer of an invocation that has just timed out comes too late.
    if (current === undefined || this.#end !== undefined) return;
    clearTimeout(current.timer);
    this.#current = undefined;
    current.answer(result);
    this.#events.onFree();
  }

  #timeOut(requestId: string): void {
    const seconds = this.#fn.timeoutSeconds.toFixed(2);
    this.#end = {
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
    };
    this.#log(this.#end.errorMessage);
    void this.#worker.terminate();
  }

  #gone(code: number): void {
    const error = this.#end ?? {
      errorType: 'Runtime.ExitError',
      errorMessage: `RequestId: ${this.#current?.requestId ?? 'none'} Error: Runtime exited with error: exit status ${code}`,
    };
    if (this.#end?.errorType !== 'Local.Stopped' && this.#end?.errorType !== 'Sandbox.Timedout') {
      this.#log(`The execution environment ended: ${error.errorType}: ${error.errorMessage}`);
    }
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined) {
      clearTimeout(current.timer);
      current.answer({ kind: 'failure', error });
    }
    this.#events.onGone(error);
  }

  #log(text: string): void {
    appendFileSync(this.#logFile, `${text}\n`);
    this.#options.onNotice(this.#fn.name, text);
  }
}

const isTooLong = (payload: string): boolean =>
  payload.length > payloadBytesMax / 3 && Buffer.byteLength(payload) > payloadBytesMax;

const tooLong = (payload: string): FunctionError => ({
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size exceeded maximum allowed payload size (${payloadBytesMax} bytes): ${payload.length}.`,
});

/** The reserved variables that Lambda sets: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const environmentOfLambda = (fn: FunctionDescription, region: string, logStreamName: string) => ({
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: fn.name,
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMegabytes),
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: fn.logGroup,
  AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  // The SDK would otherwise read the profile of whoever runs this.
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  LAMBDA_TASK_ROOT: fn.folder,
  LANG: 'en_US.UTF-8',
  PATH: process.env.PATH ?? '',
  TZ: ':UTC',
  _HANDLER: fn.handler,
});
