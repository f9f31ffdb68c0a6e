import { existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { installMovedDate } from './moved-date.ts';
import { describeError, type FromWorker, type ToWorker, type WorkerSetup } from './worker-protocol.ts';

/** One execution environment of one function: loads the bundle, then answers one event at a time until it is ended. */
const setup: WorkerSetup = workerData;
const port = parentPort;
if (port === null) throw new Error('worker-bootstrap.ts only runs as a worker.');
const tell = (message: FromWorker): void => port.postMessage(message);

writeLogsToFile(setup.logFile);
installMovedDate(setup.offsetMemory);

type Handler = (event: unknown, context: unknown) => unknown;
let handler: Handler;
try {
  handler = await loadHandler(setup.folder, setup.handler);
} catch (error) {
  const described = describeError(error);
  tell({ kind: 'initFailed', error: described });
  throw error;
}

port.on('message', (message: ToWorker) => void answer(message));
tell({ kind: 'ready' });

async function answer({ requestId, event, timeoutMilliseconds }: ToWorker): Promise<void> {
  // Measured by the monotonic clock: moving the local clock does not shorten anybody's time.
  const deadline = performance.now() + timeoutMilliseconds;
  const context = {
    ...setup.context,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  };
  try {
    // A function that answers nothing answers null.
    const result = (await handler(JSON.parse(event), context)) ?? null;
    tell({ kind: 'answer', payload: JSON.stringify(result) });
  } catch (error) {
    const described = describeError(error);
    process.stderr.write(`${JSON.stringify({ level: 'ERROR', requestId, ...described })}\n`);
    tell({ kind: 'failure', error: described });
  }
}

async function loadHandler(folder: string, name: string): Promise<Handler> {
  const separator = name.lastIndexOf('.');
  const [file, exported] = [name.slice(0, separator), name.slice(separator + 1)];
  const path = ['.mjs', '.js', '.cjs'].map((extension) => join(folder, `${file}${extension}`)).find(existsSync);
  if (path === undefined) throw new Error(`Cannot find module '${file}' in ${folder}`);
  const module: Record<string, unknown> = await import(pathToFileURL(path).href);
  const defaultExport = module.default as Record<string, unknown> | undefined;
  const found = module[exported] ?? defaultExport?.[exported];
  if (typeof found !== 'function') throw new Error(`${name} is undefined or not exported`);
  return found as Handler;
}

/**
 * Log lines go straight from this thread to the function's file: through the main thread each would cost it a message.
 * Warnings and worse are passed on as well, for the console.
 */
function writeLogsToFile(path: string): void {
  const file = openSync(path, 'a');
  const noteworthy = /"level":\s*"(WARN|ERROR|CRITICAL)"/;
  const replaceWrite = (stream: NodeJS.WriteStream): void => {
    const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      writeSync(file, text);
      if (noteworthy.test(text)) tell({ kind: 'notice', text });
      const callback = rest.at(-1);
      if (typeof callback === 'function') queueMicrotask(() => callback());
      return true;
    };
    Object.assign(stream, { write });
  };
  replaceWrite(process.stdout);
  replaceWrite(process.stderr);
}
