import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { awsJson } from '../../local/aws-json.ts';
import { type Fixture, startFixture } from './fixtures/start.ts';

let local: Fixture;
beforeAll(async () => {
  // A known date, so that the tests take the same way through the calendar whenever they run.
  local = await startFixture({ startAt: Date.UTC(2040, 11, 27, 10, 20) });
});
afterAll(async () => local.remove());

const minutes = (count: number): number => count * 60_000;
const item = async (partitionKey: string, sortKey: string) =>
  (await local.items(partitionKey)).find(({ SK }) => SK === sortKey);

const messagesIn = async (queueName: string): Promise<string[]> => {
  const url = local.system.queues.find(({ name }) => name === queueName)?.url;
  const sqs = awsJson(local.environment.AWS_ENDPOINT_URL_SQS, 'sqs', 'eu-central-1');
  const { Messages } = await sqs('ReceiveMessage', { QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
  return ((Messages as { Body: string }[] | undefined) ?? []).map(({ Body }) => Body);
};

describe('a queue', () => {
  test('hands its messages to its function', async () => {
    for (const id of ['a', 'b', 'c']) await local.post('/v1/do/send', { id });
    await local.settle();
    expect((await local.items('WORKED')).map(({ SK, receives }) => [SK, receives])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 1],
    ]);
  });

  test('hands a message that failed out again when its visibility time-out ends, and the others not', async () => {
    await Promise.all([{ id: 'good' }, { id: 'once', failures: 1 }].map((body) => local.post('/v1/do/send', body)));
    await local.settle();
    expect([await item('WORKED', 'good'), await item('WORKED', 'once')]).toMatchObject([{ attempt: 1 }, undefined]);
    await local.moveClock(local.now() + minutes(1));
    expect(await item('ATTEMPTS', 'once')).toMatchObject({ amount: 1 });
    await local.moveClock(local.now() + minutes(1) + 1000);
    expect(await item('WORKED', 'once')).toMatchObject({ attempt: 2, receives: 2 });
    expect(await item('ATTEMPTS', 'good')).toMatchObject({ amount: 1 });
  });

  test('sets a message aside that failed as often as it may', async () => {
    await local.post('/v1/do/send', { id: 'poison', poison: true });
    await local.settle();
    await local.moveClock(local.now() + minutes(15));
    expect(await item('ATTEMPTS', 'poison')).toMatchObject({ amount: 3 });
    expect(await messagesIn('work-dlq')).toEqual([JSON.stringify({ id: 'poison', poison: true })]);
  });
});

describe('a table’s stream', () => {
  const write = async (sk: string, more: object) => local.post('/v1/do/put', { pk: 'STREAMED', sk, ...more });

  test('hands over what the filter lets through, once and in order', async () => {
    for (let index = 0; index < 5; index++) await write(`event-${index}`, { entity: 'event' });
    await write('event-0', { entity: 'event', changed: true });
    await write('other', { entity: 'other' });
    await local.settle();
    const seen = (await local.items('SEEN')).filter(({ SK }) => String(SK).startsWith('event-') || SK === 'other');
    expect(seen.map(({ SK, eventName, source, times }) => [SK, eventName, source, times])).toEqual(
      [0, 1, 2, 3, 4].map((index) => [`event-${index}`, 'INSERT', 'aws:dynamodb', 1]),
    );
  });

  test('halves a batch that fails until the one record that is to blame is alone, and sets that one aside', async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, index) => write(`half-${index}`, { entity: 'event', poison: index === 5 })),
    );
    await local.settle();
    const seen = (await local.items('SEEN')).filter(({ SK }) => String(SK).startsWith('half-'));
    expect(seen.map(({ SK }) => SK)).toEqual([0, 1, 2, 3, 4, 6, 7].map((index) => `half-${index}`));
    expect((await messagesIn('stream-dlq')).map((body) => JSON.parse(body))).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
        DDBStreamBatchInfo: { batchSize: 1 },
      },
    ]);
  });
});

describe('the clock', () => {
  const clock = (body: object) => local.post('/_local/clock', body);

  test('runs what lies on the way, in order, with the clock standing where it would have stood', async () => {
    const start = new Date(local.now());
    // From half past some hour, so that neither end falls on an occurrence.
    start.setUTCHours(start.getUTCHours() + 1, 30, 0, 0);
    await clock({ to: start.toISOString() });
    const before = (await local.items('TICK#hourly')).length;
    const { status, body } = await clock({ advance: 'P2D' });
    expect([status, body]).toMatchObject([200, { schedules: { hourly: 48 }, failures: [] }]);
    const ticks = (await local.items('TICK#hourly')).slice(before);
    expect(ticks).toHaveLength(48);
    for (const [index, { SK, clock: seen }] of ticks.entries()) {
      const expected = start.getTime() + minutes(30 + 60 * index);
      expect(Date.parse(String(SK))).toBe(expected);
      expect(Date.parse(String(seen))).toBeGreaterThanOrEqual(expected);
      expect(Date.parse(String(seen))).toBeLessThan(expected + minutes(5));
    }
    // What each run left in the queue was worked on before the next.
    const worked = new Set((await local.items('WORKED')).map(({ SK }) => SK));
    expect(ticks.every(({ SK }) => worked.has(SK))).toBe(true);
  });

  test('says what time it is', async () => {
    const { body } = await local.get('/_local/clock');
    const { now, offsetMilliseconds } = body as { now: string; offsetMilliseconds: number };
    expect(Math.abs(Date.parse(now) - local.now())).toBeLessThan(5000);
    expect(offsetMilliseconds).toBeGreaterThan(minutes(48 * 60));
  });

  test('runs a cron schedule on its days alone', async () => {
    const before = (await local.items('TICK#mornings')).length;
    // From a Saturday to the Monday after it.
    await clock({ advance: 'P2D' });
    const ticks = (await local.items('TICK#mornings')).slice(before);
    expect(ticks.map(({ SK }) => SK)).toEqual(['2040-12-31T06:30:00Z']);
  });

  test('reports what fails, repeats it as often as it may, and sets it aside', async () => {
    const newYear = Date.UTC(new Date(local.now()).getUTCFullYear() + 1, 0, 1);
    await clock({ to: new Date(newYear - minutes(10)).toISOString() });
    const { body } = await clock({ advance: 'PT20M' });
    expect(body).toMatchObject({
      schedules: { broken: 1, hourly: 1 },
      failures: [
        { schedule: 'broken', at: new Date(newYear).toISOString(), detail: 'Error: This schedule is broken.' },
      ],
    });
    expect((await messagesIn('schedule-dlq')).map((text) => JSON.parse(text).time)).toEqual([
      new Date(newYear).toISOString().replace('.000Z', 'Z'),
    ]);
  });

  test.each<[string, object | string, number]>([
    ['back', { to: '2001-01-01T00:00:00Z' }, 422],
    ['back by a duration', { advance: '-PT1M' }, 422],
    ['by what is no duration', { advance: 'ten minutes' }, 422],
    ['to what is no time', { to: 'tomorrow' }, 422],
    ['both ways at once', { advance: 'PT1M', to: '2100-01-01T00:00:00Z' }, 422],
    ['nowhere', {}, 422],
    ['by what is not JSON', '{"advance":', 400],
    ['further than it goes in one step', { advance: 'P6Y' }, 422],
    ['to the end of all calendars', { advance: 'P300000Y' }, 422],
  ])('does not move %s', async (_name, body, status) => {
    const offset = async () =>
      ((await local.get('/_local/clock')).body as { offsetMilliseconds: number }).offsetMilliseconds;
    const before = await offset();
    const answer = await local.post('/_local/clock', body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(answer.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
    expect(await offset()).toBe(before);
  });
});

describe('a schedule', () => {
  test('runs when it is asked to, by name or logical id, and is waited for', async () => {
    const before = (await local.items('TICK#hourly')).length;
    expect(await local.post('/_local/schedules/hourly/run', {})).toMatchObject({
      status: 200,
      body: { schedule: 'hourly' },
    });
    await sleep(1100);
    expect((await fetch(`${local.baseUrl}/_local/schedules/Hourl/run`, { method: 'POST' })).status).toBe(200);
    expect((await local.items('TICK#hourly')).length).toBe(before + 2);
  });

  test('that is switched off can still be run by hand', async () => {
    expect((await local.post('/_local/schedules/sleeping/run', {})).status).toBe(200);
    expect(await local.items('TICK#sleeping')).toHaveLength(1);
  });

  test('that fails says so', async () => {
    expect(await local.post('/_local/schedules/broken/run', {})).toMatchObject({
      status: 502,
      body: { detail: 'Error: This schedule is broken.' },
    });
  });

  test('that nobody knows is not found', async () => {
    expect(await local.post('/_local/schedules/nobody/run', {})).toMatchObject({
      status: 404,
      body: { detail: 'There is no schedule "nobody". There are: hourly, mornings, broken, sleeping.' },
    });
  });
});

describe('the storage', () => {
  test('has the buckets of the template', async () => {
    const object = `${local.environment.AWS_ENDPOINT_URL_S3}/fixturedata-attachments/folder/contract.pdf`;
    expect((await fetch(object, { method: 'PUT', body: 'a contract' })).status).toBe(200);
    expect(await (await fetch(object)).text()).toBe('a contract');
  });

  test('and everything else listens on the loopback interface alone', async () => {
    const urls = [local.baseUrl, ...Object.values(local.environment)];
    const ports = new Set(urls.map((url) => Number(new URL(url).port)));
    const isListening = '0A';
    const sockets = ['tcp', 'tcp6'].flatMap((file) =>
      readFileSync(`/proc/net/${file}`, 'utf8').trim().split('\n').slice(1),
    );
    const listening = sockets.flatMap((line) => {
      const [, address = '', , state] = line.trim().split(/\s+/);
      const [host, port = ''] = address.split(':');
      return state === isListening && ports.has(Number.parseInt(port, 16)) ? [host] : [];
    });
    expect(ports.size).toBe(3);
    expect(listening).toEqual(Array.from(ports, () => '0100007F'));
  });
});

describe('the local API', () => {
  const json = { 'content-type': 'application/json' };
  const token = { email: 'Somebody@Example.org' };

  test('is healthy, and has an empty mailbox', async () => {
    expect(await local.get('/_local/health')).toMatchObject({
      status: 200,
      body: { status: 'ready', baseUrl: local.baseUrl },
    });
    expect(await local.get('/_local/mailbox')).toMatchObject({ status: 200, body: [] });
  });

  test('gives anybody a token that the provider’s keys verify, dated by the local clock', async () => {
    const { body } = await local.post('/_local/tokens', { ...token, name: 'Some Body', expiresInSeconds: 60 });
    const { token: jwt, email, expiresAt } = body as { token: string; email: string; expiresAt: string };
    const { createLocalJWKSet, jwtVerify } = await import('jose');
    const keys = (await local.get('/_local/oidc/jwks')).body;
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(keys as never), {
      issuer: `${local.baseUrl}/_local/oidc`,
      audience: 'payment-intents-local',
      currentDate: new Date(local.now()),
    });
    expect(payload).toMatchObject({ email: 'somebody@example.org', email_verified: true, name: 'Some Body' });
    expect(Math.abs(Number(payload.auth_time) * 1000 - local.now())).toBeLessThan(5000);
    expect([email, expiresAt]).toEqual(['somebody@example.org', new Date(Number(payload.exp) * 1000).toISOString()]);
    const again = (await local.tokenFor('somebody@example.org', { authTime: '2026-01-01T00:00:00Z' })).token;
    const claims = JSON.parse(Buffer.from(again.split('.')[1] ?? '', 'base64url').toString());
    expect([claims.sub, claims.auth_time]).toEqual([payload.sub, Date.UTC(2026, 0, 1) / 1000]);
  });

  test('is discovered as an OpenID provider', async () => {
    const { body } = await local.get('/_local/oidc/.well-known/openid-configuration');
    expect(body).toMatchObject({
      issuer: `${local.baseUrl}/_local/oidc`,
      jwks_uri: `${local.baseUrl}/_local/oidc/jwks`,
    });
  });

  test.each<[string, object | string, number]>([
    ['no address', {}, 422],
    ['an address that is none', { email: 'nobody' }, 422],
    ['a field nobody knows', { ...token, role: 'admin' }, 422],
    ['a life that is too long', { ...token, expiresInSeconds: 31 * 86_400 }, 422],
    ['a sign-in at no time', { ...token, authTime: 'yesterday' }, 422],
    ['a body that is too long', { email: `${'x'.repeat(20_000)}@example.org` }, 413],
    ['a list', [], 422],
  ])('refuses a token for %s', async (_name, body, status) => {
    const answer = await local.post('/_local/tokens', body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  });

  test.each<[string, string, RequestInit, number]>([
    ['a form', '/_local/tokens', { method: 'POST', body: 'email=a@b.c' }, 415],
    [
      'a page of another site',
      '/_local/tokens',
      { method: 'POST', headers: { ...json, origin: 'https://evil.example' }, body: '{}' },
      403,
    ],
    ['a page without an origin', '/_local/clock', { headers: { origin: 'null' } }, 403],
    ['another method', '/_local/clock', { method: 'DELETE' }, 405],
    ['what is not there', '/_local/secrets', {}, 404],
    ['what is badly encoded', '/_local/schedules/%E0%A4%A/run', { method: 'POST', headers: json, body: '{}' }, 400],
  ])('refuses %s', async (_name, path, init, status) => {
    expect((await fetch(`${local.baseUrl}${path}`, init)).status).toBe(status);
  });

  test('refuses a name that only points here', async () => {
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      const asked = request(`${local.baseUrl}/_local/clock`, { headers: { host: 'rebound.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.end();
    });
    expect(status).toBe(403);
  });
});
