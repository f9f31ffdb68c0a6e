/** The commands for messages that were set aside, and for news that never became a message, on real queues and a real table. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { deliverer } from '../../functions/queue/deliver-notification.ts';
import { replayableQueues } from '../../shared/application/dead-letters.ts';
import type { EventMessage } from '../../shared/application/notification-ports.ts';
import { runTool } from '../support/command.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { type NotificationWorld, notificationWorld } from '../support/notification-world.ts';
import { realFiles } from '../support/open-collective.ts';
import { usd } from '../support/world.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';

const region = 'eu-central-1';
const engine = await engineOfFile();
let server: FauxqsServer;
let folder: string;
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false, defaultRegion: region });
  folder = mkdtempSync(join(tmpdir(), 'dead-letters-'));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  for (const name of replayableQueues.flatMap((queue) => [queue, `${queue}-dlq`])) {
    server.deleteQueue(name, { region });
    server.createQueue(name, { region });
  }
});

const endpoint = (): string => `http://127.0.0.1:${server.port}`;
const failed = (queue: string, body: object): string =>
  server.sendMessage(`${queue}-dlq`, JSON.stringify(body), { region }).messageId;
const bodiesIn = (queue: string): readonly string[] =>
  (server.inspectQueue(queue)?.messages.ready ?? []).map(({ body }) => body);
const onQueues = (tableName = 'any') => ({ TABLE_NAME: tableName, AWS_ENDPOINT_URL_SQS: endpoint() });

describe('dead-letters', () => {
  test('says how many messages of each queue were set aside, shows those of one, and sends them on their way', async () => {
    const id = failed('due-work', { intentId: 'pi_1' });
    failed('due-work', { intentId: 'pi_2' });
    const counted = await runTool('dead-letters', [], onQueues());
    expect(counted).toEqual({
      code: 0,
      out: replayableQueues.map((name) => `${name}: ${name === 'due-work' ? 2 : 0}\n`).join(''),
      err: '',
    });
    const shown = await runTool('dead-letters', ['--queue', 'due-work'], onQueues());
    const lines = shown.out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ id, body: { intentId: 'pi_1' }, receives: 1 }),
    );
    expect(lines).toHaveLength(2);
    const replayed = await runTool('dead-letters', ['--queue', 'due-work', '--replay'], onQueues());
    expect(replayed).toEqual({ code: 0, out: 'due-work: 2 replayed, 0 left\n', err: '' });
    expect(bodiesIn('due-work')).toHaveLength(2);
  });

  test('sends more than a request may, of all queues, and says when a queue does not take something', async () => {
    for (let index = 0; index < 130; index += 1) failed('host-notifications', { index });
    server.deleteQueue('due-work', { region });
    server.createQueue('due-work', { region, attributes: { MaximumMessageSize: '1024' } });
    failed('due-work', { long: 'x'.repeat(2000) });
    const { code, out } = await runTool('dead-letters', ['--replay'], onQueues());
    expect([code, out.split('\n').filter((line) => !line.includes(': 0 replayed, 0 left'))]).toEqual([
      1,
      ['host-notifications: 130 replayed, 0 left', 'due-work: 0 replayed, 1 that the queue does not take, 1 left', ''],
    ]);
  });

  test('finds the queues of the runtime that keeps its data in a folder', async () => {
    failed('subscription-work', { contributionId: 'con_1' });
    const place = { tableName: 'any', tableEndpoint: engine.endpoint, queueEndpoint: endpoint() };
    writeFileSync(join(folder, 'runtime.json'), JSON.stringify(place));
    const parameters = ['--queue', 'subscription-work', '--replay', '--data-dir', folder];
    expect(await runTool('dead-letters', parameters)).toMatchObject({
      code: 0,
      out: 'subscription-work: 1 replayed, 0 left\n',
    });
  });

  test.each([
    ['a queue that is not there', ['--queue', 'relay-dlq'], {}, 'There is no queue relay-dlq; there are: host-'],
    ['nothing that runs', ['--data-dir', '/nowhere'], {}, 'Nothing is running on /nowhere.'],
    ['a table of this machine alone', [], { TABLE_NAME: 'any', DYNAMODB_ENDPOINT: 'http://127.0.0.1:1' }, 'SQS_'],
  ])('with %s says so and stops', async (_what, parameters, environment, message) => {
    const { code, out, err } = await runTool('dead-letters', parameters, environment);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(message.replace('SQS_', 'AWS_ENDPOINT_URL_SQS=…'));
    expect(err).not.toContain('    at ');
  });
});

describe('tell-again', () => {
  let world: NotificationWorld;
  beforeEach(async () => {
    world = await notificationWorld(engine);
    // The command refuses what lies too far back by the machine's clock.
    const behind = Date.now() - Date.parse(world.clock.now());
    world.clock.advanceDays(Math.max(0, Math.floor(behind / 86_400_000)));
    await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
  });
  const tellAgain = (...parameters: readonly string[]) =>
    runTool('tell-again', parameters, { ...onQueues(world.table.tableName), DYNAMODB_ENDPOINT: engine.endpoint });
  const queued = (): readonly EventMessage[] => bodiesIn('host-notifications').map((body) => JSON.parse(body));
  const deliverQueued = () =>
    deliverer(() => world.deps)({
      Records: queued().map(
        (message, index) => ({ messageId: String(index), body: JSON.stringify(message) }) as SQSRecord,
      ),
    });
  const day = (shift = 0): string => new Date(Date.parse(world.clock.now()) + shift * 86_400_000).toISOString();

  test('tells of exactly what was missed, and of what was told nothing twice', async () => {
    const before = await world.sent();
    await world.tellAll(before.id);
    world.clock.advanceDays(1);
    const since = day();
    const told = await world.sent();
    await world.tellAll(told.id);
    const missed = await world.sent();
    const until = day();
    const mails = world.mailbox.length;
    const seen = (await world.toldTo(world.people.financeB)).length;
    world.clock.advanceDays(1);
    const after = await world.sent();

    const { code, out } = await tellAgain('--since', since, '--until', until);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^\d+ events queued on host-notifications; .* read units\.\n$/),
    ]);
    const subjects = new Set(queued().map(({ subjectId }) => subjectId));
    expect([before, told, missed, after].map(({ id }) => subjects.has(id))).toEqual([false, true, true, false]);
    const news = [...(await world.newsOf(told.id)), ...(await world.newsOf(missed.id))];
    for (const message of queued()) expect(news).toContainEqual(message);

    expect(await deliverQueued()).toEqual({ batchItemFailures: [] });
    expect(await world.toldTo(world.people.financeB)).toHaveLength(seen + 1);
    expect(world.mailbox.length).toBeGreaterThan(mails);
    const all = world.mailbox.length;
    expect(await deliverQueued()).toEqual({ batchItemFailures: [] });
    expect(world.mailbox).toHaveLength(all);
  });

  test('tells nobody of what was imported, or of money that nobody can place', async () => {
    const tableName = await engine.createTable();
    const environment = { ...onQueues(tableName), DYNAMODB_ENDPOINT: engine.endpoint };
    const brew = [join('data', realFiles.brew.file), '--host', 'foundation'];
    expect(await runTool('import-opencollective', brew, environment)).toMatchObject({ code: 0 });
    const lastYear = new Date(Date.now() - 364 * 86_400_000).toISOString();
    const { out } = await runTool('tell-again', ['--since', lastYear], environment);
    expect(out).toMatch(/^0 events queued/);
    // What the world began with: money in suspense, which was attached.
    await tellAgain('--since', day(-1));
    expect(queued().filter(({ subjectId }) => subjectId.startsWith('sus_'))).toEqual([]);
  });

  test('stops when the queue is not there, and says so', async () => {
    server.deleteQueue('host-notifications', { region });
    expect(await tellAgain('--since', day(-1))).toEqual({
      code: 1,
      out: '',
      err: 'There is no queue host-notifications there.\n',
    });
  });

  test.each([
    ['no moment', ['--since', 'yesterday'], '--since is a moment, such as'],
    ['a day without a time', ['--since', '2026-03-31'], '--since is a moment, such as'],
    [
      'an end before its beginning',
      ['--since', '2026-03-31T12:00:00Z', '--until', '2026-03-31T13:00:00+02:00'],
      'before',
    ],
    ['what lies too far back', ['--since', '2020-01-01T00:00:00Z'], 'more than 365 days ago'],
    ['no beginning', [], "required option '--since <instant>'"],
  ])('refuses %s', async (_what, parameters, message) => {
    const { code, out, err } = await tellAgain(...parameters);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(message);
  });
});
