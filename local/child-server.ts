import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A server program that lives and dies with this process. Node cannot ask the kernel to end a child with its parent, so
 * `setpriv` does where it is installed; a pid file lets the next start end what a killed process left behind elsewhere.
 */
export type ChildServer = { readonly port: number; readonly endpoint: string; stop(): Promise<void> };

export type ChildServerOptions = {
  readonly name: string;
  readonly command: string;
  readonly arguments: (port: number) => readonly string[];
  readonly workingDirectory?: string;
  /** Besides what this process has. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly pidFile?: string;
  /** Answers whether the server takes requests yet. */
  readonly isReady: (endpoint: string) => Promise<boolean>;
  readonly startTimeoutMilliseconds?: number;
  /** Called when the program ends without having been asked to. */
  readonly onUnexpectedExit?: (detail: string) => void;
};

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

const freePort = async (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Pids are reused, so a leftover is only ended when its command line is still the one that was written down. */
const commandLineOf = (pid: number): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return undefined;
  }
};

const endLeftover = async (pidFile: string): Promise<void> => {
  if (!existsSync(pidFile)) return;
  const [pidText = '', ...rest] = readFileSync(pidFile, 'utf8').split('\n');
  const pid = Number(pidText);
  const commandLine = rest.join('\n');
  if (Number.isInteger(pid) && pid > 1 && commandLine !== '' && commandLineOf(pid) === commandLine) {
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid) && commandLineOf(pid) === commandLine) await sleep(10);
  }
  rmSync(pidFile, { force: true });
};

const exited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

export const startChildServer = async (options: ChildServerOptions): Promise<ChildServer> => {
  if (options.pidFile !== undefined) await endLeftover(options.pidFile);
  const attempts = 3;
  for (let attempt = 1; ; attempt++) {
    // Somebody else may take the port between asking for a free one and the program binding it, hence the attempts.
    const port = await freePort();
    const result = await startOnPort(options, port);
    if (typeof result !== 'string') return result;
    if (attempt === attempts) throw new Error(`${options.name} did not start: ${result}`);
  }
};

const startOnPort = async (options: ChildServerOptions, port: number): Promise<ChildServer | string> => {
  const command = [options.command, ...options.arguments(port)];
  const [program = '', ...parameters] = setpriv ? [setpriv, '--pdeathsig', 'KILL', '--', ...command] : command;
  const child = spawn(program, parameters, {
    cwd: options.workingDirectory,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that Ctrl-C in the terminal reaches this process alone, which then stops the child in order.
    detached: true,
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4096);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let failure: string | undefined;
  child.once('error', (error) => {
    failure = error.message;
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });

  const endpoint = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + (options.startTimeoutMilliseconds ?? 20_000);
  while (!(await options.isReady(endpoint).catch(() => false))) {
    if (failure !== undefined || exited(child)) return failure ?? `it ended at once. ${output.trim()}`;
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      return `it did not answer in time. ${output.trim()}`;
    }
    await sleep(10);
  }

  const { pid, pidFile } = { pid: child.pid ?? 0, pidFile: options.pidFile };
  if (pidFile !== undefined) writeFileSync(pidFile, `${pid}\n${commandLineOf(pid) ?? ''}`);
  let stopping = false;
  void ended.then(() => {
    if (!stopping)
      options.onUnexpectedExit?.(`${options.name} ended with ${child.signalCode ?? child.exitCode}. ${output.trim()}`);
  });
  child.unref();
  const endWithThisProcess = (): boolean => child.kill('SIGKILL');
  process.once('exit', endWithThisProcess);
  return {
    port,
    endpoint,
    stop: async () => {
      stopping = true;
      if (!exited(child)) {
        child.ref();
        child.kill('SIGTERM');
        const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
        await ended;
        clearTimeout(force);
      }
      process.off('exit', endWithThisProcess);
      child.stdout.destroy();
      child.stderr.destroy();
      if (pidFile !== undefined) rmSync(pidFile, { force: true });
    },
  };
};
