import { expect, test } from '@jest/globals';
import { problemMeanings } from '../../shared/http/problem-meanings.ts';
import { type AnyProblem, type Problem, problemCodes, problemResponse, problems } from '../../shared/http/problems.ts';

test('problems come in the order of precedence: unreadable, unknown, unkeyed, invalid, forbidden, missing, reused, stale, impossible', () => {
  const order = [
    'payload-too-large',
    'unsupported-media-type',
    'malformed-request',
    'authentication-required',
    'idempotency-key-missing',
    'validation-failed',
    'permission-denied',
    'not-found',
    'idempotency-key-reused',
    'version-conflict',
    'transition-not-allowed',
    'insufficient-funds',
    'rate-limited',
    'temporarily-unavailable',
    'internal-error',
  ];
  expect(problemCodes.filter((code) => order.includes(code))).toEqual(order);
});

test.each(problemCodes)('%s says what it means and how to mend it', (code) => {
  const { status, title, mend } = problems[code];
  expect(status).toBeGreaterThanOrEqual(400);
  for (const sentence of [title, problemMeanings[code], mend]) {
    expect(sentence).toMatch(/^[A-Z`].*[.)]$/s);
  }
});

test('only what is worth repeating says when to come back', () => {
  const retryAfter = problemCodes.filter(
    (code) => 'retry-after' in problemResponse({ code, detail: 'x' } as AnyProblem, 'r').headers,
  );
  expect(retryAfter).toEqual(['rate-limited', 'temporarily-unavailable']);
});

test('a problem has the members of the catalogue and no others', () => {
  const refusal = {
    code: 'insufficient-funds',
    detail: 'Too little.',
    available: 5,
    currency: 'USD',
    secret: 'hidden',
  } as const;
  expect(problemResponse(refusal, 'request-1')).toEqual({
    status: 422,
    headers: { 'content-type': 'application/problem+json' },
    document: {
      type: '/problems/insufficient-funds',
      title: problems['insufficient-funds'].title,
      status: 422,
      detail: 'Too little.',
      instance: 'urn:request:request-1',
      available: 5,
      currency: 'USD',
    },
  });
});

test('a refusal without words of its own says how it is mended', () => {
  const { document } = problemResponse({ code: 'idempotency-key-reused' }, 'r');
  expect(document.detail).toBe(problems['idempotency-key-reused'].mend);
});

test('an internal error says nothing but its instance', () => {
  const { document } = problemResponse({ code: 'internal-error', detail: 'the table is gone' } as AnyProblem, 'r');
  expect(Object.keys(document)).toEqual(['type', 'title', 'status', 'instance']);
});

test('a challenge says how to sign in', () => {
  const challenge = (problem: AnyProblem) => problemResponse(problem, 'r').headers['www-authenticate'];
  expect(challenge({ code: 'authentication-required' })).toBe('Bearer');
  expect(challenge({ code: 'authentication-required', challenge: 'Bearer error="x"' })).toBe('Bearer error="x"');
  expect(challenge({ code: 'permission-denied', detail: '' })).toBeUndefined();
});

test('statuses are those that the design prescribes', () => {
  const statuses = Object.fromEntries(Object.entries<Problem>(problems).map(([code, { status }]) => [code, status]));
  expect(statuses).toMatchObject({
    'malformed-request': 400,
    'unsupported-media-type': 415,
    'payload-too-large': 413,
    'route-not-found': 404,
    'authentication-required': 401,
    'idempotency-key-missing': 400,
    'validation-failed': 422,
    'permission-denied': 403,
    'not-found': 404,
    'idempotency-key-reused': 422,
    'version-conflict': 412,
    'transition-not-allowed': 409,
    'slug-taken': 409,
    'rate-limited': 429,
    'temporarily-unavailable': 503,
    'internal-error': 500,
  });
});
