/** Messages that were set aside, as platform admins see them and send them on their way again, on real queues. */
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { sqsDeadLetterQueues } from '../../functions/dead-letter-queues.ts';
import { lettersMax, lookAt, replay, replayableQueues } from '../../shared/application/dead-letters.ts';
import { type Api, startApi } from '../support/http.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';

const region = 'eu-central-1';
const queue = 'host-notifications';

let server: FauxqsServer;
let sqs: SQSClient;
let api: Api;
let world: HttpWorld;

const urlOf = (name: string): string => `http://127.0.0.1:${server.port}/000000000000/${name}`;
const urlsOf = (name: string) => ({ queue: urlOf(name), deadLetters: urlOf(`${name}-dlq`) });

beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false, defaultRegion: region });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${server.port}`,
    WORK_QUEUE_URLS: JSON.stringify(Object.fromEntries(replayableQueues.map((name) => [name, urlsOf(name)]))),
  });
  api = await startApi();
  world = await createHttpWorld(api);
  sqs = new SQSClient({ region });
});
afterAll(async () => {
  sqs.destroy();
  await api.stop();
  await server.stop();
});
beforeEach(() => {
  for (const name of replayableQueues) {
    for (const each of [name, `${name}-dlq`]) {
      server.deleteQueue(each, { region });
      server.createQueue(each, { region });
    }
  }
});

/** For comparing what has no order. */
const sorted = (texts: readonly string[]): readonly string[] =>
  texts.toSorted((one, other) => one.localeCompare(other));
const failed = (body: unknown, name: string = queue): string =>
  server.sendMessage(`${name}-dlq`, typeof body === 'string' ? body : JSON.stringify(body), { region }).messageId;

/** What is in a queue, whoever is looking at it. */
const bodiesIn = (name: string): readonly string[] => {
  const { ready = [], inflight = [] } = server.inspectQueue(name)?.messages ?? {};
  return sorted([...ready, ...inflight.map(({ message }) => message)].map(({ body }) => body));
};
const look = (name: string = queue) =>
  api.ok('listDeadLetters', { as: world.people.platformAdmin, params: { queue: name } });
const send = (body: object = {}, key?: string) =>
  api.ok('replayDeadLetters', {
    as: world.people.platformAdmin,
    params: { queue },
    body,
    ...(key === undefined ? {} : { key }),
  });

describe('looking', () => {
  test('shows how many messages of each queue were set aside', async () => {
    for (const body of ['a', 'b']) failed(body, 'due-work');
    const { items } = await api.ok('listDeadLetterQueues', { as: world.people.platformAdmin });
    expect(items).toEqual(replayableQueues.map((name) => ({ queue: name, messages: name === 'due-work' ? 2 : 0 })));
  });

  test('shows each message with what it says, since when it is there and how often it was received', async () => {
    const id = failed({ eventId: 'evt_1', number: 3 });
    const { queue: name, messages, items } = await look();
    expect([name, messages]).toEqual([queue, 1]);
    expect(items).toEqual([
      {
        id,
        body: { eventId: 'evt_1', number: 3 },
        sentAt: expect.stringMatching(/^20..-/),
        firstReceivedAt: expect.stringMatching(/^20..-/),
        receives: 1,
      },
    ]);
  });

  test('takes nothing away: whoever looks right after sees the same, and may replay it', async () => {
    const ids = sorted(Array.from({ length: 25 }, (_, index) => failed({ index })));
    const seen = async () => sorted((await look()).items.map(({ id }) => id));
    expect(await seen()).toEqual(ids);
    expect(await seen()).toEqual(ids);
    expect(await send()).toEqual({ replayed: 25, notTaken: 0, notFound: [], left: 0 });
  });

  test('shows what is no JSON as text, and of long text the beginning', async () => {
    for (const body of ['{', 'x'.repeat(5000)]) failed(body);
    const bodies = (await look()).items.map(({ body }) => body);
    expect(bodies).toEqual(expect.arrayContaining(['{', `${'x'.repeat(4000)}…`]));
  });

  test('shows a hundred at most, and says how many there are', async () => {
    for (let index = 0; index < lettersMax + 20; index += 1) failed({ index });
    const { messages, items } = await look();
    expect([messages, items.length]).toEqual([lettersMax + 20, lettersMax]);
  });
});

describe('replaying', () => {
  test('sends one message to the queue that it failed in, and leaves the others', async () => {
    const [id = ''] = ['one', 'two', 'three'].map((body) => failed(body));
    expect(await send({ messageIds: [id, 'gone'] })).toEqual({
      replayed: 1,
      notTaken: 0,
      notFound: ['gone'],
      left: 2,
    });
    expect([bodiesIn(queue), bodiesIn(`${queue}-dlq`)]).toEqual([['one'], ['three', 'two']]);
    expect((await look()).items).toHaveLength(2);
  });

  test('sends all of them, unchanged, and only to their own queue', async () => {
    const bodies = sorted(['{"a": 1}', '{', 'ünï ✓']);
    for (const body of bodies) failed(body);
    failed('other', 'due-work');
    expect(await send()).toMatchObject({ replayed: 3, left: 0 });
    expect([bodiesIn(queue), bodiesIn(`${queue}-dlq`)]).toEqual([bodies, []]);
    expect([bodiesIn('due-work'), bodiesIn('due-work-dlq')]).toEqual([[], ['other']]);
  });

  test('sends a hundred at most, and says how many are left', async () => {
    for (let index = 0; index < lettersMax + 20; index += 1) failed({ index });
    expect(await send()).toMatchObject({ replayed: lettersMax, left: 20 });
    expect(await send()).toMatchObject({ replayed: 20, left: 0 });
    expect(bodiesIn(queue)).toHaveLength(lettersMax + 20);
  });

  test('with the same key is done once, and with nothing left does nothing', async () => {
    failed('one');
    const first = await send({}, 'a-replay');
    failed('later');
    expect(await send({}, 'a-replay')).toEqual(first);
    expect([bodiesIn(queue), bodiesIn(`${queue}-dlq`)]).toEqual([['one'], ['later']]);
    expect(await send()).toMatchObject({ replayed: 1 });
    expect(await send()).toEqual({ replayed: 0, notTaken: 0, notFound: [], left: 0 });
  });

  test('by two at once gives each message to one of them', async () => {
    const bodies = sorted(Array.from({ length: 60 }, (_, index) => `message ${index}`));
    for (const body of bodies) failed(body);
    const both = await Promise.all([send(), send()]);
    expect(both[0].replayed + both[1].replayed).toBe(60);
    expect([bodiesIn(queue), bodiesIn(`${queue}-dlq`)]).toEqual([bodies, []]);
  });

  test('removes nothing when the queue is away, and lets others have the messages at once', async () => {
    failed('one');
    server.deleteQueue(queue, { region });
    const problem = await api.refused('replayDeadLetters', {
      as: world.people.platformAdmin,
      params: { queue },
      body: {},
    });
    expect(problem.status).toBe(500);
    expect((await look()).items).toHaveLength(1);
  });

  test('keeps what the queue does not take, and says so; when that is all of it, nothing was done', async () => {
    const long = 'x'.repeat(2000);
    server.deleteQueue(queue, { region });
    server.createQueue(queue, { region, attributes: { MaximumMessageSize: '1024' } });
    failed(long);
    failed('good');
    expect(await send({}, 'some')).toEqual({ replayed: 1, notTaken: 1, notFound: [], left: 1 });
    const again = { as: world.people.platformAdmin, params: { queue }, body: {} };
    expect(await api.refused('replayDeadLetters', again)).toMatchObject({
      status: 503,
      type: '/problems/temporarily-unavailable',
    });
    expect([bodiesIn(queue), bodiesIn(`${queue}-dlq`)]).toEqual([['good'], [long]]);
  });

  test('that dies between sending and removing leaves the message in both, and loses none', async () => {
    failed('one');
    const queues = sqsDeadLetterQueues(urlsOf, sqs);
    const dying = { ...queues, remove: () => Promise.reject(new Error('The lights go out.')) };
    await expect(replay(dying, queue)).rejects.toThrow('lights');
    expect([bodiesIn(queue), bodiesIn(`${queue}-dlq`)]).toEqual([['one'], ['one']]);
  });

  test('finds single messages among many', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => failed({ index }));
    const queues = sqsDeadLetterQueues(urlsOf, sqs);
    const wanted = [ids[3] ?? '', ids[149] ?? ''];
    expect(await replay(queues, queue, wanted)).toEqual({ replayed: 2, notTaken: 0, notFound: [] });
    expect(bodiesIn(queue)).toHaveLength(2);
    expect(await lookAt(queues, queue)).toHaveLength(lettersMax);
  });

  test('finds nothing of what somebody else is at, and says so', async () => {
    const id = failed('one');
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: urlOf(`${queue}-dlq`), VisibilityTimeout: 60 }));
    expect(await send({ messageIds: [id] })).toEqual({ replayed: 0, notTaken: 0, notFound: [id], left: 1 });
  });
});

describe('rights', () => {
  test.each(['stranger', 'adminA', 'financeA', 'collectiveAdminA'] as const)('%s has none', async (person) => {
    const id = failed('one');
    const as = world.people[person];
    const requests = [
      ['listDeadLetterQueues', { as }],
      ['listDeadLetters', { as, params: { queue } }],
      ['replayDeadLetters', { as, params: { queue }, body: { messageIds: [id] } }],
      // Whether there is such a queue is not theirs to know either.
      ['listDeadLetters', { as, params: { queue: 'no-such-queue' } }],
    ] as const;
    for (const [operation, options] of requests) {
      expect(await api.refused(operation, options)).toMatchObject({ status: 403, type: '/problems/permission-denied' });
    }
    expect([bodiesIn(queue), bodiesIn(`${queue}-dlq`)]).toEqual([[], ['one']]);
  });

  test.each(['no-such-queue', 'host-notifications-dlq', 'relay'])('there is no queue %s for anybody', async (name) => {
    const asked = { as: world.people.platformAdmin, params: { queue: name } };
    for (const operation of ['listDeadLetters', 'replayDeadLetters'] as const) {
      const options = operation === 'listDeadLetters' ? asked : { ...asked, body: {} };
      expect(await api.refused(operation, options)).toMatchObject({ status: 404, type: '/problems/not-found' });
    }
  });

  test.each([
    ['no message', { messageIds: [] }, '/messageIds'],
    ['a message twice', { messageIds: ['a', 'a'] }, '/messageIds'],
    ['what is no id', { messageIds: [''] }, '/messageIds/0'],
    ['too many', { messageIds: Array.from({ length: lettersMax + 1 }, (_, index) => `id-${index}`) }, '/messageIds'],
    ['something else', { all: true }, '/all'],
  ])('a request that names %s is refused', async (_what, body, pointer) => {
    const asked = { as: world.people.platformAdmin, params: { queue }, body };
    const { type, errors } = await api.refused('replayDeadLetters', asked);
    expect([type, errors?.[0]?.pointer]).toEqual(['/problems/validation-failed', pointer]);
  });
});
