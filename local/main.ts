import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { demoRoles, loadDemoData } from './demo-data.ts';
import { writeFileWhole } from './files.ts';
import { type LocalSystem, startLocal } from './start.ts';

/**
 * `npm start`: the whole system on this machine. It answers as soon as it can and loads the demo data behind that.
 *
 * PORT (3000; 0 takes any), DATA_DIR (.local) and DYNAMODB_ENDPOINT are read from the environment, and so is ASSEMBLY_DIR, a
 * synthesized app to run instead of this project's own.
 */

// Functions run in UTC on AWS; a thread cannot have a time zone of its own, so the process has it.
process.env.TZ = 'UTC';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const readPort = (text: string | undefined): number => {
  const port = Number(text === undefined || text === '' ? 3000 : text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`PORT is "${text}", which is not a port.`);
  return port;
};

const showAddresses = async (local: LocalSystem): Promise<void> => {
  say('');
  say(`  API        ${local.baseUrl}/v1`);
  say(`  Docs       ${local.baseUrl}/v1/docs`);
  say(`  Mailbox    ${local.baseUrl}/_local/mailbox`);
  say(`  Health     ${local.baseUrl}/_local/health`);
  say(`  Data       ${local.dataFolder} (table: ${local.engine})`);
  for (const { role, email } of demoRoles) {
    const { token, expiresAt } = await local.tokenFor(email);
    say('');
    say(`  ${role} <${email}>, token until ${expiresAt}`);
    say(`  ${token}`);
  }
  say('');
  say('  A token for anybody: curl -X POST -H "content-type: application/json" \\');
  say(`    -d '{"email":"somebody@example.org"}' ${local.baseUrl}/_local/tokens`);
  say('');
};

const loadDemoDataOnce = async (local: LocalSystem, signal: AbortSignal): Promise<void> => {
  const marker = join(local.dataFolder, 'demo-data.json');
  if (existsSync(marker)) {
    local.report('demoData', { state: 'loaded' });
    return;
  }
  local.report('demoData', { state: 'loading' });
  let step = '';
  try {
    await loadDemoData({
      baseUrl: local.baseUrl,
      dataFolder: local.dataFolder,
      token: async (email) => (await local.tokenFor(email)).token,
      invoke: local.invoke,
      onProgress: (progress) => {
        local.report('demoData', { state: 'loading', ...progress });
        if (progress.step !== step) say(`Demo data ${progress.done}/${progress.total}: ${progress.step}`);
        step = progress.step;
      },
      signal,
    });
    writeFileWhole(marker, JSON.stringify({ loadedAt: new Date(local.now()).toISOString() }));
    local.report('demoData', { state: 'loaded' });
    say('The demo data is loaded.');
  } catch (error) {
    if (signal.aborted) return;
    const detail = error instanceof Error ? error.message : String(error);
    local.report('demoData', { state: 'failed', detail });
    say(`The demo data could not be loaded, and will be tried again at the next start: ${detail}`);
  }
};

/**
 * A signal that only npm gets ends npm and the shell between, but not what they started: without them nobody would be left to
 * end this process. Started without npm, it may well outlive whoever started it.
 */
const stopWithNpm = (stop: () => void): void => {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 250);
  watch.unref();
};

const run = async (): Promise<void> => {
  const stopping = new AbortController();
  let local: LocalSystem | undefined;
  let firstSignalAt: number | undefined;

  const stop = async (exitCode: number): Promise<never> => {
    stopping.abort();
    await local?.stop();
    process.exit(exitCode);
  };
  const onSignal = (): void => {
    // npm passes the terminal's signal on to a process that has had it already; only a later one is meant as a second one.
    if (firstSignalAt !== undefined) {
      if (performance.now() - firstSignalAt > 500) process.exit(130);
      return;
    }
    firstSignalAt = performance.now();
    say('Stopping. Press Ctrl-C again to stop at once.');
    if (local !== undefined) void stop(0);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  stopWithNpm(onSignal);

  say('Starting…');
  local = await startLocal({
    port: readPort(process.env.PORT),
    dataFolder: resolve(process.env.DATA_DIR || '.local'),
    dynamodbEndpoint: process.env.DYNAMODB_ENDPOINT,
    ...(process.env.ASSEMBLY_DIR ? { assemblyFolder: resolve(process.env.ASSEMBLY_DIR) } : {}),
    log: say,
    onFatal: (detail) => {
      process.stderr.write(`${detail}\n`);
      if (!stopping.signal.aborted) void stop(1);
    },
  });
  if (firstSignalAt !== undefined) return stop(0);
  await showAddresses(local);
  await loadDemoDataOnce(local, stopping.signal);
};

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
