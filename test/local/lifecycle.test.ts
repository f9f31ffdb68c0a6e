import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { awsJson } from '../../local/aws-json.ts';
import { startLocal } from '../../local/start.ts';
import { availableEngines, startEngine } from '../support/engine.ts';
import { writeFixtureApp } from './fixtures/app.ts';

const main = resolve(fileURLToPath(import.meta.url), '../../../local/main.ts');

type Run = {
  readonly baseUrl: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
};

let assemblyFolder: string;
let dataFolder: string;
const runs: Run[] = [];

beforeAll(() => {
  assemblyFolder = writeFixtureApp(mkdtempSync(join(tmpdir(), 'fixture-app-')));
});
afterAll(() => rmSync(assemblyFolder, { recursive: true, force: true }));
beforeEach(() => {
  dataFolder = mkdtempSync(join(tmpdir(), 'fixture-data-'));
});
afterEach(async () => {
  for (const { child, ended } of runs.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(dataFolder, { recursive: true, force: true });
});

/** Starts the program that `npm start` starts, in a process of its own. */
const spawnMain = (environment: Record<string, string> = {}): Omit<Run, 'baseUrl'> => {
  const env = { ...process.env, PORT: '0', DATA_DIR: dataFolder, ASSEMBLY_DIR: assemblyFolder, ...environment };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const ended = new Promise<Awaited<Run['ended']>>((done) => {
    child.once('exit', (code, signal) => done({ code, signal }));
  });
  return { child, output: () => output, ended };
};

const startMain = async (environment?: Record<string, string>): Promise<Run> => {
  const started = spawnMain(environment);
  for (;;) {
    const address = /API\s+(http:\S+)\/v1/.exec(started.output())?.[1];
    if (address !== undefined) {
      const run = { ...started, baseUrl: address };
      runs.push(run);
      return run;
    }
    if (started.child.exitCode !== null) throw new Error(started.output());
    await sleep(20);
  }
};

const post = async (run: Run, path: string, body: object): Promise<Response> =>
  fetch(`${run.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const items = async (run: Run, partitionKey: string): Promise<string[]> => {
  const response = await fetch(`${run.baseUrl}/v1/do/list?pk=${partitionKey}`);
  return ((await response.json()) as { SK: string }[]).map(({ SK }) => SK);
};

/** Processes that were given something in the data folder. */
const processesIn = (folder: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return commandLine.includes(folder) ? [commandLine.replaceAll('\0', ' ')] : [];
      } catch {
        return [];
      }
    });

describe('a runtime that is killed', () => {
  test('loses nothing that was answered, leaves nothing running, and starts again', async () => {
    let run = await startMain();
    const answered: string[] = [];
    const sent: string[] = [];
    const killed = new AbortController();
    const writer = async (name: number): Promise<void> => {
      for (let index = 0; !killed.signal.aborted; index++) {
        const sk = `${name}-${index}`;
        const put = await post(run, '/v1/do/put', { pk: 'WRITTEN', sk }).catch(() => undefined);
        if (put?.status === 201) answered.push(sk);
        const send = await post(run, '/v1/do/send', { id: sk }).catch(() => undefined);
        if (send?.status === 202) sent.push(sk);
      }
    };
    const writers = Array.from({ length: 8 }, (_, name) => writer(name));
    while (answered.length < 150) await sleep(5);
    run.child.kill('SIGKILL');
    killed.abort();
    await Promise.all(writers);
    expect(await run.ended).toMatchObject({ signal: 'SIGKILL' });
    await sleep(100);
    expect(processesIn(dataFolder)).toEqual([]);

    run = await startMain();
    const written = new Set(await items(run, 'WRITTEN'));
    expect(answered.filter((sk) => !written.has(sk))).toEqual([]);
    // Messages that were being worked on come back when their visibility time-out ends.
    await post(run, '/_local/clock', { advance: 'PT3M' });
    const worked = new Set(await items(run, 'WORKED'));
    expect(sent.filter((id) => !worked.has(id))).toEqual([]);
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
  });
});

describe('a runtime that is started again', () => {
  test('has its data, its clock, its keys and its place in the stream still', async () => {
    const options = { assemblyFolder, dataFolder };
    const first = await startLocal(options);
    await first.invoke('HttpFunction', {
      pathParameters: { behaviour: 'put' },
      body: '{"pk":"P","sk":"1","entity":"event"}',
    });
    await first.settle();
    await first.moveClock(first.now() + 3_600_000);
    const { token } = await first.tokenFor('a@b.c');
    const issuer = await (await fetch(`${first.baseUrl}/_local/oidc/jwks`)).json();
    const clockBefore = first.now();
    await first.stop();

    const second = await startLocal(options);
    const list = async (pk: string) => {
      const event = { pathParameters: { behaviour: 'list' }, queryStringParameters: { pk } };
      const answer = (await second.invoke('HttpFunction', event)) as { body: string };
      return JSON.parse(answer.body) as object[];
    };
    await second.settle();
    expect(await list('P')).toMatchObject([{ SK: '1' }]);
    expect(await list('SEEN')).toMatchObject([{ SK: '1', times: 1 }]);
    expect(second.now()).toBeGreaterThanOrEqual(clockBefore);
    expect(second.now()).toBeLessThan(clockBefore + 60_000);
    expect(await (await fetch(`${second.baseUrl}/_local/oidc/jwks`)).json()).toEqual(issuer);
    // Another port, and still the same issuer: a token from before is as good as one from now.
    const issuerOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).iss;
    expect(issuerOf((await second.tokenFor('a@b.c')).token)).toBe(issuerOf(token));
    await second.stop();
  });

  test('refuses a table of another shape instead of guessing', async () => {
    const first = await startLocal({ assemblyFolder, dataFolder });
    await first.stop();
    const changedFolder = mkdtempSync(join(tmpdir(), 'fixture-app-'));
    writeFixtureApp(changedFolder, {
      change: ({ data }) => {
        const table = data?.Resources.Table0123ABCD as { Properties: { GlobalSecondaryIndexes: unknown[] } };
        table.Properties.GlobalSecondaryIndexes = [];
      },
    });
    await expect(startLocal({ assemblyFolder: changedFolder, dataFolder })).rejects.toThrow('other keys or indexes');
    rmSync(changedFolder, { recursive: true });
    // The failed start let go of everything.
    await (await startLocal({ assemblyFolder, dataFolder })).stop();
  });
});

describe('schedules', () => {
  test('run by themselves when their time comes', async () => {
    const startAt = Date.UTC(2040, 0, 1, 11, 59, 58);
    const local = await startLocal({ assemblyFolder, startAt });
    const event = { pathParameters: { behaviour: 'list' }, queryStringParameters: { pk: 'TICK#hourly' } };
    let ticks: { SK: string; clock: string }[] = [];
    for (const deadline = performance.now() + 20_000; ticks.length === 0 && performance.now() < deadline; ) {
      const { body } = (await local.invoke('HttpFunction', event)) as { body: string };
      ticks = JSON.parse(body);
      await sleep(50);
    }
    await local.stop();
    expect(ticks).toMatchObject([{ SK: '2040-01-01T12:00:00Z', clock: expect.stringMatching(/^2040-01-01T12:00:/) }]);
  });
});

const hasDynamodbLocal = availableEngines().includes('dynamodb-local');

const onAmazonsEngine: typeof test | undefined = hasDynamodbLocal ? test : undefined;

// Without Java there is one engine; a machine that checks releases has both.
onAmazonsEngine?.('Amazon’s own engine does as well, streams included', async () => {
  const engine = await startEngine('dynamodb-local');
  const local = await startLocal({ assemblyFolder, dynamodbEndpoint: engine.endpoint });
  const ask = async (behaviour: string, more: object) =>
    (await local.invoke('HttpFunction', { pathParameters: { behaviour }, ...more })) as { body: string };
  for (const sk of ['1', '2', '3']) await ask('put', { body: JSON.stringify({ pk: 'P', sk, entity: 'event' }) });
  await local.settle();
  const seen = await ask('list', { queryStringParameters: { pk: 'SEEN' } });
  expect(JSON.parse(seen.body)).toMatchObject(['1', '2', '3'].map((SK) => ({ SK, times: 1 })));
  await local.stop();
  // Its table is still there for the next start, which may use it as it is.
  await (await startLocal({ assemblyFolder, dynamodbEndpoint: engine.endpoint })).stop();
  await engine.stop();
});

describe('a data folder', () => {
  test('says where the table and the queues are, for the commands', async () => {
    const local = await startLocal({ assemblyFolder, dataFolder });
    const place = JSON.parse(readFileSync(join(dataFolder, 'runtime.json'), 'utf8'));
    expect(place).toMatchObject({
      tableName: local.system.tables[0]?.name,
      tableEndpoint: local.environment.AWS_ENDPOINT_URL_DYNAMODB,
      queueEndpoint: local.environment.AWS_ENDPOINT_URL_SQS,
    });
    await local.stop();
  });

  test('keeps a message that somebody has looked at and released', async () => {
    const start = () => startLocal({ assemblyFolder, dataFolder });
    const queueOf = ({ system, environment }: Awaited<ReturnType<typeof start>>) => ({
      QueueUrl: system.queues.find(({ name }) => name === 'work-dlq')?.url,
      sqs: awsJson(environment.AWS_ENDPOINT_URL_SQS, 'sqs', 'eu-central-1'),
    });
    const local = await start();
    const { sqs, QueueUrl } = queueOf(local);
    await sqs('SendMessage', { QueueUrl, MessageBody: 'looked at' });
    const look = async () => (await sqs('ReceiveMessage', { QueueUrl })).Messages as { ReceiptHandle: string }[];
    for (let time = 0; time < 2; time += 1) {
      const [message] = await look();
      const Entries = [{ Id: '0', ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }];
      expect(await sqs('ChangeMessageVisibilityBatch', { QueueUrl, Entries })).toMatchObject({ Failed: [] });
    }
    await local.stop();
    const again = await start();
    const later = queueOf(again);
    const { Messages } = await later.sqs('ReceiveMessage', { QueueUrl: later.QueueUrl });
    expect(Messages).toMatchObject([{ Body: 'looked at' }]);
    await again.stop();
  });

  test('is for one runtime at a time', async () => {
    const run = await startMain();
    const second = spawnMain();
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.output()).toContain(`in use by another runtime (process ${run.child.pid} at ${run.baseUrl})`);
    await expect(startLocal({ assemblyFolder, dataFolder })).rejects.toThrow('in use by another runtime');
    run.child.kill('SIGKILL');
    await run.ended;
    // What a killed runtime held is free.
    await (await startLocal({ assemblyFolder, dataFolder })).stop();
  });

  test('of a taken port is not touched for long', async () => {
    const run = await startMain();
    const other = spawnMain({ PORT: new URL(run.baseUrl).port, DATA_DIR: join(dataFolder, 'other') });
    expect(await other.ended).toEqual({ code: 1, signal: null });
    expect(other.output()).toMatch(/Port \d+ is taken/);
  });
});

describe('Ctrl-C', () => {
  test('finishes what is under way and ends with success', async () => {
    const run = await startMain();
    await fetch(`${run.baseUrl}/v1/do/bare`);
    const slow = fetch(`${run.baseUrl}/v1/do/calls?wait=700`);
    await sleep(150);
    run.child.kill('SIGINT');
    // npm passes the signal on a second time at once; that does not count as another one.
    run.child.kill('SIGINT');
    expect((await slow).status).toBe(200);
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(processesIn(dataFolder)).toEqual([]);
  });

  test('pressed twice does not wait', async () => {
    const run = await startMain();
    await fetch(`${run.baseUrl}/v1/do/bare`);
    const hanging = fetch(`${run.baseUrl}/v1/do/hang`).catch(() => 'cut off');
    await sleep(150);
    run.child.kill('SIGINT');
    await sleep(600);
    run.child.kill('SIGINT');
    expect(await run.ended).toEqual({ code: 130, signal: null });
    expect(await hanging).toBe('cut off');
  });

  test('while it starts ends it too', async () => {
    const starting = spawnMain();
    while (!starting.output().includes('Starting')) await sleep(5);
    starting.child.kill('SIGINT');
    expect(await starting.ended).toEqual({ code: 0, signal: null });
  });
});

test('a start without an engine says what to install', async () => {
  const options = { assemblyFolder, dataFolder, dynamodbEndpoint: 'http://127.0.0.1:9' };
  await expect(startLocal(options)).rejects.toThrow('DYNAMODB_ENDPOINT is http://127.0.0.1:9');
});
