import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Fixture, startFixture } from './fixtures/start.ts';

let local: Fixture;
beforeAll(async () => {
  local = await startFixture();
});
afterAll(async () => local.remove());

type Echo = { event: Record<string, unknown>; context: Record<string, unknown>; env: Record<string, string> };
const echoOf = (body: unknown): Echo => body as Echo;

/** Sends bytes as they are and answers all that comes back until the connection is closed. */
const raw = async (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(local.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });

describe('the event of a request', () => {
  test('has the shape of payload format 2.0', async () => {
    const before = Date.now();
    const { body } = await local.post('/v1/do/echo?b=2&a=1&a=x%20y&plus=1+1&empty', '{"hello":"wörld"}', {
      'X-Mixed-Case': 'Kept',
      cookie: 'one=1; two=2',
      'user-agent': 'a test',
    });
    const { event } = echoOf(body);
    const { requestContext, headers, ...rest } = event;
    expect(rest).toEqual({
      version: '2.0',
      routeKey: 'ANY /v1/do/{behaviour}',
      rawPath: '/v1/do/echo',
      rawQueryString: 'b=2&a=1&a=x%20y&plus=1+1&empty',
      cookies: ['one=1', 'two=2'],
      queryStringParameters: { b: '2', a: '1,x y', plus: '1 1', empty: '' },
      pathParameters: { behaviour: 'echo' },
      body: '{"hello":"wörld"}',
      isBase64Encoded: false,
    });
    expect(requestContext).toEqual({
      accountId: '000000000000',
      apiId: 'Api',
      domainName: '127.0.0.1',
      domainPrefix: '127',
      http: { method: 'POST', path: '/v1/do/echo', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'a test' },
      requestId: expect.any(String),
      routeKey: 'ANY /v1/do/{behaviour}',
      stage: '$default',
      time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      timeEpoch: expect.any(Number),
    });
    expect(Number((requestContext as { timeEpoch: number }).timeEpoch)).toBeGreaterThanOrEqual(before);
    expect(headers).toMatchObject({
      'x-mixed-case': 'Kept',
      'content-type': 'application/json',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(local.port),
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
    });
    expect(headers).not.toHaveProperty('cookie');
  });

  test('leaves out what a request does not have', async () => {
    const { event } = echoOf((await local.get('/v1/nowhere')).body);
    expect(event).toMatchObject({ routeKey: '$default', rawQueryString: '', isBase64Encoded: false });
    for (const absent of ['cookies', 'queryStringParameters', 'pathParameters', 'body'])
      expect(event).not.toHaveProperty(absent);
    expect(event.requestContext).not.toHaveProperty('authorizer');
  });

  test('joins headers that were sent twice', async () => {
    const answer = await raw(
      'GET /v1/do/echo HTTP/1.1\r\nHost: localhost\r\nX-Twice: a\r\nx-twice: b\r\nCookie: a=1\r\nCookie: b=2; c=3\r\nConnection: close\r\n\r\n',
    );
    const { event } = echoOf(JSON.parse(answer.slice(answer.indexOf('{'))));
    expect(event.headers).toMatchObject({ 'x-twice': 'a,b' });
    expect(event.cookies).toEqual(['a=1', 'b=2', 'c=3']);
  });

  test('decodes the path and its parameters', async () => {
    const { event } = echoOf((await local.get('/v1/things/h%C3%A9%20llo%2Fyou')).body);
    expect(event).toMatchObject({ rawPath: '/v1/things/hé llo/you', pathParameters: { thing: 'hé llo/you' } });
  });

  test('survives names that mean something to JavaScript', async () => {
    const { event } = echoOf((await local.get('/v1/do/echo?__proto__=1&constructor=2', { constructor: 'x' })).body);
    expect(Object.entries(event.queryStringParameters as object)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  test.each<[string, string | Uint8Array<ArrayBuffer>, string | undefined, boolean]>([
    ['JSON', '{}', 'application/json; charset=utf-8', false],
    ['a problem', '{}', 'application/problem+json', false],
    ['XML', '<a/>', 'application/xml', false],
    ['plain text', 'text', 'text/plain', false],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', true],
    ['bytes', new Uint8Array([0, 200, 1]), 'application/octet-stream', true],
    ['bytes without a type', new Uint8Array([0, 200, 1]), undefined, true],
  ])('has %s as text or in base64', async (_name, body, contentType, isBase64Encoded) => {
    const response = await fetch(`${local.baseUrl}/v1/do/echo`, {
      method: 'POST',
      body: typeof body === 'string' ? Buffer.from(body) : body,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
    });
    const { event } = echoOf(await response.json());
    const expected = Buffer.from(body as string);
    expect([event.isBase64Encoded, event.body]).toEqual([
      isBase64Encoded,
      expected.toString(isBase64Encoded ? 'base64' : 'utf8'),
    ]);
  });
});

describe('the surroundings of a function', () => {
  test('are those of Lambda', async () => {
    const { context, env } = echoOf((await local.get('/v1/do/echo')).body);
    expect(context).toMatchObject({
      functionName: 'FixtureService-HttpFunction',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:FixtureService-HttpFunction',
      memoryLimitInMB: '128',
      logGroupName: '/aws/lambda/FixtureService-HttpFunction',
      awsRequestId: expect.any(String),
    });
    expect(Number(context.remaining)).toBeGreaterThan(1000);
    expect(Number(context.remaining)).toBeLessThanOrEqual(2000);
    expect(env).toMatchObject({
      AWS_LAMBDA_FUNCTION_NAME: 'FixtureService-HttpFunction',
      TABLE_NAME: 'FixtureData-Table',
      OIDC_ISSUER: `${local.baseUrl}/_local/oidc`,
      OIDC_JWKS_URI: `${local.baseUrl}/_local/oidc/jwks`,
      ...local.environment,
    });
    expect(env).not.toHaveProperty('HOME');
    expect(env).not.toHaveProperty('NODE_ENV');
  });

  test('keep logs in a file, and show warnings', async () => {
    await local.get('/v1/do/log');
    const log = readFileSync(join(local.dataFolder, 'logs', 'FixtureService-HttpFunction.log'), 'utf8');
    expect(log).toContain('all is well');
    expect(log).toContain('take care');
    expect(local.lines).toContain('[FixtureService-HttpFunction] WARN take care');
    expect(local.lines.join()).not.toContain('all is well');
  });
});

describe('the answer to a request', () => {
  test.each<[string, number, string, string]>([
    ['bare', 200, 'application/json', '{"hello":"world"}'],
    ['text', 200, 'application/json', 'only a text'],
    ['empty', 204, 'text/plain; charset=utf-8', ''],
    ['headers', 201, 'text/plain; charset=utf-8', 'made'],
  ])('%s is formed as API Gateway does', async (behaviour, status, contentType, text) => {
    const answer = await local.get(`/v1/do/${behaviour}`);
    expect([answer.status, answer.headers.get('content-type'), answer.text]).toEqual([status, contentType, text]);
  });

  test('has the headers and cookies that the function gave', async () => {
    const { headers } = await local.get('/v1/do/headers');
    expect(headers.get('x-number')).toBe('7');
    expect(headers.get('location')).toBe('/v1/things/1');
    expect(headers.get('content-length')).toBe('4');
    expect(headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(headers.get('apigw-requestid')).not.toBeNull();
  });

  test('may be binary', async () => {
    const response = await fetch(`${local.baseUrl}/v1/do/binary`);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([0, 1, 2, 255]);
  });

  test.each(['malformed', 'throw', 'huge'])('is a plain 500 when the function %ss', async (behaviour) => {
    const answer = await local.get(`/v1/do/${behaviour}`);
    expect([answer.status, answer.body]).toEqual([500, { message: 'Internal Server Error' }]);
  });

  test('to HEAD has no body', async () => {
    const response = await fetch(`${local.baseUrl}/v1/do/bare`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('bad requests', () => {
  test.each<[string, string, string]>([
    ['malformed HTTP', 'NONSENSE\r\n\r\n', 'HTTP/1.1 400 Bad Request'],
    // By the gateway, before any route or function, so not with a problem document (docs/problems.md, malformed-request).
    [
      'a path that is not properly encoded',
      'GET /v1/do/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'HTTP/1.1 400',
    ],
    ['an address that is no path', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'HTTP/1.1 400'],
    [
      'headers that are too long',
      `GET /v1/do/bare HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
      'HTTP/1.1 431',
    ],
    [
      'a body that says it is too long',
      `POST /v1/do/echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${11 * 1024 * 1024}\r\n\r\n`,
      'HTTP/1.1 413',
    ],
  ])('%s is answered', async (_name, request, statusLine) => {
    const answer = await raw(request);
    expect(answer).toMatch(new RegExp(`^${statusLine}`));
    expect(answer).toContain('{"message":');
  });

  test('an absolute address is taken for what it is', async () => {
    const answer = await raw(
      'GET http://example.org/v1/do/bare?x=1 HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain('{"hello":"world"}');
  });

  test('a body that turns out too long is refused', async () => {
    const block = new Uint8Array(1024 * 1024);
    const body = new ReadableStream({
      start: (controller) => {
        for (let sent = 0; sent < 11; sent++) controller.enqueue(block);
        controller.close();
      },
    });
    const status = await fetch(`${local.baseUrl}/v1/do/echo`, { method: 'POST', body, duplex: 'half' }).then(
      (response) => response.status,
      // The connection may be closed before the client has read the answer.
      () => 413,
    );
    expect(status).toBe(413);
  });

  test('somebody who hangs up disturbs nobody', async () => {
    const socket = connect(local.port, '127.0.0.1', () => {
      socket.write('POST /v1/do/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"half"');
      setTimeout(() => socket.destroy(), 20);
    });
    const aborted = fetch(`${local.baseUrl}/v1/do/calls?wait=300`, { signal: AbortSignal.timeout(50) });
    await expect(aborted).rejects.toThrow();
    expect((await local.get('/v1/do/bare')).status).toBe(200);
  });
});

describe('the authorizer', () => {
  test('lets in and hands on what it knows', async () => {
    const { event } = echoOf((await local.get('/v1/guarded', { authorization: 'me' })).body);
    expect(event.requestContext).toMatchObject({
      authorizer: { lambda: { token: 'me', identitySource: null, type: 'REQUEST' } },
    });
  });

  test.each<[string, number, string]>([
    ['no', 403, 'Forbidden'],
    ['broken', 500, 'Internal Server Error'],
  ])('that answers "%s" ends the request', async (authorization, status, message) => {
    const answer = await local.get('/v1/guarded', { authorization });
    expect([answer.status, answer.body]).toEqual([status, { message }]);
  });

  test('without an identity source is asked each time', async () => {
    const calls = async () => {
      const { event } = echoOf((await local.get('/v1/guarded', { authorization: 'again' })).body);
      return (event.requestContext as { authorizer: { lambda: { calls: number } } }).authorizer.lambda.calls;
    };
    expect(await calls()).toBe((await calls()) - 1);
  });

  test('is not asked when an identity source is missing', async () => {
    const answer = await local.get('/v1/remembered', { authorization: 'me' });
    expect([answer.status, answer.body]).toEqual([401, { message: 'Unauthorized' }]);
  });

  test('is remembered for as long as it says, by every identity source', async () => {
    const ask = async (authorization: string, tenant: string) => {
      const { event } = echoOf((await local.get(`/v1/remembered?tenant=${tenant}`, { authorization })).body);
      return (event.requestContext as { authorizer: { lambda: { calls: number; identitySource: string[] } } })
        .authorizer.lambda;
    };
    const first = await ask('me', 'a');
    expect(first.identitySource).toEqual(['me', 'a']);
    expect((await ask('me', 'a')).calls).toBe(first.calls);
    expect((await ask('me', 'b')).calls).toBe(first.calls + 1);
    await local.moveClock(local.now() + 301_000);
    expect((await ask('me', 'a')).calls).toBe(first.calls + 2);
  });
});

describe('execution environments', () => {
  const failing = ['crash', 'reject', 'exit', 'hoard'] as const;

  test.each(failing)('one that ends by %s takes its own request with it and nothing else', async (behaviour) => {
    const slow = local.get('/v1/do/calls?wait=200');
    const answer = await local.get(`/v1/do/${behaviour}`);
    expect([answer.status, answer.body]).toEqual([500, { message: 'Internal Server Error' }]);
    expect((await slow).status).toBe(200);
    expect((await local.get('/v1/do/bare')).status).toBe(200);
  });

  test.each(['hang', 'spin'])('one that %ss is ended when its time is up', async (behaviour) => {
    const startedAt = performance.now();
    const answer = await local.get(`/v1/do/${behaviour}`);
    expect([answer.status, answer.body]).toEqual([500, { message: 'Internal Server Error' }]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1990);
    expect(local.lines.join('\n')).toMatch(/Task timed out after 2.00 seconds/);
    expect((await local.get('/v1/do/bare')).status).toBe(200);
  });

  test('work on one event at a time, and the warm one is taken again', async () => {
    const callsOf = async (wait: number) =>
      ((await local.get(`/v1/do/calls?wait=${wait}`)).body as { calls: number }).calls;
    const first = await callsOf(0);
    expect([await callsOf(0), await callsOf(0)]).toEqual([first + 1, first + 2]);
    // Four environments are the bound: eight requests of 150 ms take two rounds at least, and no more than a few.
    await Promise.all(Array.from({ length: 8 }, () => callsOf(150)));
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => callsOf(150)));
    const elapsed = performance.now() - startedAt;
    expect(elapsed).toBeGreaterThanOrEqual(295);
    expect(elapsed).toBeLessThan(1200);
  });
});

describe('the moved clock', () => {
  test('is what functions see, in those that run already too', async () => {
    type Time = { now: number; iso: string; text: string; isDate: boolean; loadedAt: number };
    const before = (await local.get('/v1/do/time')).body as Time;
    const target = local.now() + 3 * 86_400_000;
    await local.moveClock(target);
    const after = (await local.get('/v1/do/time')).body as Time;
    expect(after.now).toBeGreaterThanOrEqual(target);
    expect(after.now).toBeLessThan(target + 60_000);
    expect(Date.parse(after.iso)).toBeGreaterThanOrEqual(target);
    expect(Date.parse(after.text)).toBeGreaterThanOrEqual(target - 1000);
    expect(after).toMatchObject({ isDate: true, loadedAt: before.loadedAt });
    const { event } = echoOf((await local.get('/v1/do/echo')).body);
    expect((event.requestContext as { timeEpoch: number }).timeEpoch).toBeGreaterThanOrEqual(target);
  });

  test('takes no time from a function that is running', async () => {
    const slow = local.get('/v1/do/calls?wait=300');
    await sleep(50);
    await local.moveClock(local.now() + 60_000);
    expect((await slow).status).toBe(200);
  });
});

test('the stage’s throttle is kept when asked for', async () => {
  const throttled = await startFixture({ isThrottled: true });
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async () => (await throttled.get('/v1/do/bare')).status),
  );
  const answer = await throttled.get('/v1/do/bare');
  await throttled.remove();
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
  expect(statuses.filter((status) => status === 200).length).toBeLessThan(10);
  expect([answer.status, answer.body]).toEqual([429, { message: 'Too Many Requests' }]);
});
