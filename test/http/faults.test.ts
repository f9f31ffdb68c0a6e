import { expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { answer } from '../../functions/middleware/answer.ts';
import { answering } from '../../functions/middleware/answering.ts';
import type { Handled, HttpEvent } from '../../functions/middleware/http-message.ts';
import { isTransient } from '../../functions/middleware/transient.ts';
import { accept, refuse } from '../../shared/domain/result.ts';
import { contextFor, routeOf } from '../support/http.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';

const event: HttpEvent = {
  routeKey: 'GET /v1/me',
  rawPath: '/v1/me',
  rawQueryString: '',
  headers: {},
  isBase64Encoded: false,
  requestContext: { requestId: 'request-1', http: { method: 'GET' } },
};

const context = contextFor({ function: 'caller' });

const throwing = (error: unknown, given: Context = context) =>
  answering(() => Promise.reject(error))({ ...event, requestContext: { ...event.requestContext } }, given);

test.each([
  ['an error', new Error('arn:aws:dynamodb secret table')],
  ['a text', 'secret'],
  ['nothing', undefined],
])('%s that is thrown is an internal error that says nothing', async (_what, error) => {
  const { statusCode, headers, body } = await throwing(error);
  expect(statusCode).toBe(500);
  expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  expect(JSON.parse(body)).toEqual({
    type: '/problems/internal-error',
    title: 'We made a mistake.',
    status: 500,
    instance: 'urn:request:request-1',
  });
});

const named = (name: string): Error => Object.assign(new Error('secret endpoint'), { name });
const coded = (code: string): Error => Object.assign(new Error('connect 10.0.0.1'), { code });

test.each([
  ['a throttled table', named('ProvisionedThroughputExceededException')],
  ['a table that is away', coded('ECONNREFUSED')],
  ['a cause that passes', new Error('x', { cause: named('ThrottlingException') })],
])('%s is unavailable for the moment, and says when to come back', async (_what, error) => {
  const { statusCode, headers, body } = await throwing(error);
  expect(statusCode).toBe(503);
  expect(headers['retry-after']).toBe('2');
  expect(body).not.toMatch(/secret|10\.0/);
});

test('a function that is asked for what is not its own says that there is no such operation', async () => {
  const { handler } = await import('../../functions/http/caller.ts');
  const { statusCode, body } = await handler({ ...event, routeKey: 'GET /v1/accounts' }, context);
  expect([statusCode, JSON.parse(body).type]).toEqual([404, '/problems/route-not-found']);
});

test('mistakes do not pass', () => {
  expect([new Error('x'), named('ValidationException'), coded('ENOENT'), 'x', undefined].some(isTransient)).toBe(false);
});

test('a function whose time runs out says so before it is stopped', async () => {
  const never = answering(() => new Promise<Handled>(() => {}));
  const { statusCode } = await never(event, { ...context, getRemainingTimeInMillis: () => 260 });
  expect(statusCode).toBe(503);
});

test('an answer that is not what was promised does not leave', () => {
  const me = routeOf('getMe');
  const body = {
    userId: 'acc_01JD8Z5YQW4K6M2N8P0R3T7V9X',
    name: 'A',
    email: null,
    memberships: [],
    password: 'secret',
  };
  const handled = answer(me, { status: 200, body });
  expect(handled.ok && JSON.parse(handled.value.body)).toEqual({ ...body, password: undefined });
  expect(() => answer(me, { status: 200, body: { ...body, name: 5 } })).toThrow(
    'The answer of getMe does not fit its schema. /name: Must be a text.',
  );
});

test('refusals and answers pass the layers around them', async () => {
  const ok = answering(async () => accept({ statusCode: 200, headers: { 'cache-control': 'no-cache' }, body: 'x' }));
  expect(await ok(event, context)).toMatchObject({
    statusCode: 200,
    headers: { 'cache-control': 'no-cache' },
    body: 'x',
  });
  const no = answering(async () => refuse({ code: 'not-found', detail: 'x' }));
  expect(await no(event, context)).toMatchObject({ statusCode: 404 });
});
