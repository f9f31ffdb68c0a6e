/** PayPal's subscriptions, against a server that answers in the shapes of PayPal's API reference. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Processor } from '../../shared/application/processors.ts';
import { createPayPalProcessor } from '../../shared/providers/paypal.ts';
import * as paypal from './fixtures/paypal.ts';
import { chargeOf, now, paymentOf } from './requests.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

const subscription = 'I-BW452GLLEP1G';
const path = `/v1/billing/subscriptions/${subscription}`;
const request = chargeOf('paypal', { reference: subscription, payerReference: null });

let server: StandIn;
let processor: Processor;
/** Gives up soon, where nobody answers; everywhere else a busy machine gets the time that it needs. */
let hasty: Processor;
let clock: string;

beforeEach(async () => {
  server = await startStandIn();
  clock = now;
  const waiting = (timeoutMilliseconds: number): Processor =>
    createPayPalProcessor({
      clientId: paypal.clientId,
      clientSecret: paypal.clientSecret,
      base: server.base,
      now: () => clock,
      timeoutMilliseconds,
    });
  processor = waiting(10_000);
  hasty = waiting(500);
});

afterEach(() => server.stop());

const json = (status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  body,
  headers,
});

const isForToken = (asked: Asked): boolean => asked.path === '/v1/oauth2/token';

const asking = (given: Answer): Processor => (given === 'silence' ? hasty : processor);

/** A token for whoever wants one, and for everything else what the test wants. */
const answers = (given: Answer | ((asked: Asked) => Answer)): void =>
  server.answer((asked) =>
    isForToken(asked) ? json(200, paypal.token()) : typeof given === 'function' ? given(asked) : given,
  );

/** What was asked besides tokens. */
const asked = (): readonly Asked[] => server.asked.filter((one) => !isForToken(one));

const hours = (count: number): string => new Date(Date.parse(now) + count * 3_600_000).toISOString();

describe('a token', () => {
  test('is asked for with the keys and goes along with every request', async () => {
    answers(json(204));
    await processor.suspend(subscription, 'key-1');
    const [forToken, suspend] = server.asked;
    const basic = Buffer.from(`${paypal.clientId}:${paypal.clientSecret}`).toString('base64');
    expect(forToken).toMatchObject({
      method: 'POST',
      path: '/v1/oauth2/token',
      body: 'grant_type=client_credentials',
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(suspend?.headers.authorization).toBe(`Bearer ${paypal.accessToken}`);
  });

  test('is kept until a minute before it runs out', async () => {
    answers(json(204));
    await processor.suspend(subscription, 'key-1');
    clock = new Date(Date.parse(now) + (32400 - 61) * 1000).toISOString();
    await processor.suspend(subscription, 'key-2');
    expect(server.asked.filter(isForToken)).toHaveLength(1);
    clock = new Date(Date.parse(now) + (32400 - 60) * 1000).toISOString();
    await processor.suspend(subscription, 'key-3');
    expect(server.asked.filter(isForToken)).toHaveLength(2);
  });

  test('is asked for once when several want one at the same time', async () => {
    answers(json(204));
    await Promise.all(['I-1', 'I-2', 'I-3'].map((id) => processor.suspend(id, 'key-1')));
    expect(server.asked.filter(isForToken)).toHaveLength(1);
    expect(asked()).toHaveLength(3);
  });

  test('that PayPal takes back is given up, and the next request gets another', async () => {
    answers(json(401, { error: 'invalid_token' }));
    expect(await processor.suspend(subscription, 'key-1')).toMatchObject({ outcome: 'broken' });
    answers(json(204));
    expect(await processor.suspend(subscription, 'key-1')).toEqual({ outcome: 'done' });
    expect(server.asked.filter(isForToken)).toHaveLength(2);
  });

  test.each<[string, Answer, object]>([
    ['our keys are refused', json(401, { error: 'invalid_client' }), { reason: 'PayPal does not accept our keys.' }],
    ['too many are asked for', json(429, {}, { 'retry-after': '9' }), { retryAfterSeconds: 9 }],
    ['PayPal fails', json(500), { reason: 'PayPal gives no token for now.' }],
    ['what comes is no token', json(200, { access_token: '' }), {}],
    ['the connection is cut', 'cut', {}],
    ['nobody answers', 'silence', {}],
  ])('without which certainly nothing was done, when %s', async (_case, given, expected) => {
    server.answer(given);
    expect(await asking(given).charge(request())).toMatchObject({ outcome: 'broken', ...expected });
    expect(asked()).toEqual([]);
  });
});

describe.each([
  ['suspend', 'suspend', 'SUSPENDED', 'ACTIVE'],
  ['resume', 'activate', 'ACTIVE', 'APPROVAL_PENDING'],
  ['cancel', 'cancel', 'CANCELLED', 'APPROVAL_PENDING'],
] as const)('to %s', (operation, action, wanted, other) => {
  const refusedAs = (status: string) => (one: Asked) =>
    one.method === 'GET' ? json(200, paypal.subscription(status)) : json(422, paypal.statusInvalid);

  test('says so and why', async () => {
    answers(json(204));
    expect(await processor[operation](subscription, 'key-1')).toEqual({ outcome: 'done' });
    expect(asked().map((one) => `${one.method} ${one.path}`)).toEqual([`POST ${path}/${action}`]);
    expect(JSON.parse(asked()[0]?.body ?? '')).toEqual({ reason: expect.stringMatching(/^The contribution .+\.$/) });
  });

  test('an id goes into the address as it is', async () => {
    answers(json(204));
    await processor[operation]('../../oauth2/token?', 'key-1');
    expect(asked()[0]?.path).toBe(`/v1/billing/subscriptions/..%2F..%2Foauth2%2Ftoken%3F/${action}`);
  });

  test('is done when it is so already', async () => {
    answers(refusedAs(wanted));
    expect(await processor[operation](subscription, 'key-1')).toEqual({ outcome: 'done' });
    expect(asked().map((one) => `${one.method} ${one.path}`)).toEqual([`POST ${path}/${action}`, `GET ${path}`]);
  });

  test('is not possible in another state', async () => {
    answers(refusedAs(other));
    expect(await processor[operation](subscription, 'key-1')).toMatchObject({
      outcome: 'refused',
      code: 'not_possible',
      reason: expect.stringContaining('SUBSCRIPTION_STATUS_INVALID'),
    });
  });

  test.each(['CANCELLED', 'EXPIRED'])('what is %s is over', async (status) => {
    answers(refusedAs(status));
    expect(await processor[operation](subscription, 'key-1')).toMatchObject(
      operation === 'cancel' ? { outcome: 'done' } : { outcome: 'refused', code: 'gone' },
    );
  });

  test.each<[string, Answer, object]>([
    ['PayPal does not have it', json(404, paypal.notFound), { outcome: 'refused', code: 'gone' }],
    ['something else answers', json(404, { message: 'no Route matched' }), { outcome: 'broken' }],
    ['our request is wrong', json(400, paypal.error('INVALID_REQUEST')), { outcome: 'broken' }],
    ['we may not', json(403, paypal.error('NOT_AUTHORIZED')), { outcome: 'broken' }],
    [
      'too much is asked',
      json(429, paypal.error('RATE_LIMIT_REACHED'), { 'retry-after': '5' }),
      { outcome: 'broken', retryAfterSeconds: 5 },
    ],
    ['PayPal fails', json(500, paypal.error('INTERNAL_SERVICE_ERROR')), { outcome: 'unknown' }],
    ['PayPal is busy with it', json(409, paypal.error('RESOURCE_CONFLICT')), { outcome: 'unknown' }],
    ['it is sent elsewhere', json(302, undefined, { location: 'http://127.0.0.1:1/' }), { outcome: 'unknown' }],
    ['the connection is cut', 'cut', { outcome: 'unknown' }],
    ['the connection is cut in the answer', 'cut in the answer', { outcome: 'unknown' }],
    ['nobody answers', 'silence', { outcome: 'unknown' }],
  ])('is told as what is known of it when %s', async (_case, given, expected) => {
    answers(given);
    expect(await asking(given)[operation](subscription, 'key-1')).toMatchObject(expected);
    expect(asked()).toHaveLength(1);
  });

  test('tells what is known when the state cannot be asked for either', async () => {
    answers((one) => (one.method === 'GET' ? json(500) : json(422, paypal.statusInvalid)));
    expect(await processor[operation](subscription, 'key-1')).toMatchObject({ outcome: 'unknown' });
  });

  test('certainly did nothing when the connection is refused', async () => {
    answers(json(204));
    await processor.suspend('I-Other', 'key-0');
    await server.stop();
    expect(await processor[operation](subscription, 'key-1')).toEqual({
      outcome: 'broken',
      reason: 'PayPal cannot be reached.',
      retryAfterSeconds: null,
    });
  });
});

const paid = {
  outcome: 'done',
  payment: {
    reference: '4WX60143EN7653017',
    amount: { amount: 2500, currency: 'USD' },
    fee: 118,
    paidAt: '2026-11-22T10:00:01.000Z',
  },
};

describe('a charge', () => {
  test('captures what is outstanding, once under its key', async () => {
    answers(json(200, paypal.transaction()));
    expect(await processor.charge(request())).toEqual(paid);
    const [capture] = asked();
    expect(capture).toMatchObject({ method: 'POST', path: `${path}/capture` });
    expect(capture?.headers).toMatchObject({ 'paypal-request-id': 'key-1', 'content-type': 'application/json' });
    expect(JSON.parse(capture?.body ?? '')).toEqual({
      note: 'Sky Garden, November',
      capture_type: 'OUTSTANDING_BALANCE',
      amount: { currency_code: 'USD', value: '25.00' },
    });
  });

  test('leaves the fee open when PayPal takes it in another currency, or does not say', async () => {
    const gross_amount = { currency_code: 'USD', value: '25.00' };
    const fee_amount = { currency_code: 'EUR', value: '1.10' };
    for (const amount_with_breakdown of [{ gross_amount }, { gross_amount, fee_amount }]) {
      answers(json(200, paypal.transaction({ amount_with_breakdown })));
      expect(await processor.charge(request())).toMatchObject({ outcome: 'done', payment: { fee: null } });
    }
  });

  test.each([
    ['an amount that PayPal cannot write', request({ amount: { amount: 250001, currency: 'HUF' } })],
    ['a method without subscription', request({ reference: null })],
  ])('of %s is refused without asking', async (_case, wrong) => {
    expect(await processor.charge(wrong)).toMatchObject({ outcome: 'refused', code: 'not_possible' });
    expect(server.asked).toEqual([]);
  });

  const unprocessable = (issue: string) => json(422, paypal.error('UNPROCESSABLE_ENTITY', issue, 'It does not go.'));

  test.each<[string, Answer, object]>([
    [
      'it is pending',
      json(200, paypal.transaction({ status: 'PENDING' })),
      { outcome: 'pending', reference: '4WX60143EN7653017' },
    ],
    [
      'it was declined',
      json(200, paypal.transaction({ status: 'DECLINED' })),
      { outcome: 'refused', code: 'declined' },
    ],
    ['its state is a new one', json(200, paypal.transaction({ status: 'NEW' })), { outcome: 'unknown' }],
    ['it was only accepted', json(202), { outcome: 'unknown' }],
    [
      'its amount cannot be read',
      json(
        200,
        paypal.transaction({ amount_with_breakdown: { gross_amount: { currency_code: 'USD', value: '1e3' } } }),
      ),
      { outcome: 'unknown' },
    ],
    [
      'the card is declined',
      unprocessable('INSTRUMENT_DECLINED'),
      { outcome: 'refused', code: 'declined', reason: 'INSTRUMENT_DECLINED: It does not go.' },
    ],
    ['nothing is outstanding', unprocessable('ZERO_OUTSTANDING_BALANCE'), { outcome: 'refused', code: 'not_possible' }],
    ['the key was used for something else', unprocessable('DUPLICATE_REQUEST_ID'), { outcome: 'unknown' }],
    ['the subscription is gone', json(404, paypal.notFound), { outcome: 'refused', code: 'gone' }],
    ['PayPal fails', json(503), { outcome: 'unknown' }],
    ['the connection is cut', 'cut', { outcome: 'unknown' }],
    ['nobody answers', 'silence', { outcome: 'unknown' }],
  ])('is told as what is known of it when %s', async (_case, given, expected) => {
    answers(given);
    expect(await asking(given).charge(request())).toMatchObject(expected);
    expect(asked()).toHaveLength(1);
  });
});

describe('a look-up', () => {
  test('goes through the transactions of the subscription since the charge', async () => {
    answers(json(200, paypal.transactions(paypal.transaction())));
    expect(await processor.lookUp(request())).toEqual(paid);
    const { path: asking = '' } = asked()[0] ?? {};
    expect(asking).toMatch(new RegExp(`^${path}/transactions\\?`));
    expect(Object.fromEntries(new URL(asking, server.base).searchParams)).toEqual({
      start_time: '2026-11-22T09:59:00.000Z',
      end_time: now,
    });
  });

  test('takes no transaction of another amount for it', async () => {
    const gross_amount = { currency_code: 'USD', value: '25.01' };
    answers(json(200, paypal.transactions(paypal.transaction({ amount_with_breakdown: { gross_amount } }))));
    clock = hours(4);
    expect(await processor.lookUp(request())).toEqual({ outcome: 'none' });
  });

  test('says none only when lists have had the time to be complete', async () => {
    answers(json(200, paypal.transactions()));
    clock = '2026-11-22T12:59:59.999Z';
    expect(await processor.lookUp(request())).toMatchObject({ outcome: 'unknown' });
    clock = '2026-11-22T13:00:00.000Z';
    expect(await processor.lookUp(request())).toEqual({ outcome: 'none' });
  });

  test('leaves two payments of the same amount to people', async () => {
    answers(json(200, paypal.transactions(paypal.transaction(), paypal.transaction({ id: 'Other' }))));
    expect(await processor.lookUp(request())).toMatchObject({ outcome: 'unknown' });
  });

  test.each<[string, Answer]>([
    ['PayPal takes no more requests', json(429)],
    ['PayPal does not have the subscription', json(404, paypal.notFound)],
    ['our keys are refused', json(401)],
    ['PayPal fails', json(500)],
    ['what comes is no list', json(200, { transactions: [{}] })],
    ['nobody answers', 'silence'],
  ])('that fails as %s says nothing of the charge', async (_case, given) => {
    answers(given);
    expect(await asking(given).lookUp(request())).toMatchObject({ outcome: 'unknown' });
  });
});

test.each([400, 401, 403, 404, 409, 422, 429, 500])(
  'our keys and the token are in no reason, although the server repeats them with a %d',
  async (status) => {
    const basic = Buffer.from(`${paypal.clientId}:${paypal.clientSecret}`).toString('base64');
    const echo = `${paypal.clientId} ${paypal.clientSecret} ${basic} ${paypal.accessToken}`;
    answers(json(status, paypal.error('UNPROCESSABLE_ENTITY', echo, echo)));
    const told = JSON.stringify([
      await processor.charge(request()),
      await processor.lookUp(request()),
      await processor.suspend(subscription, 'key-2'),
      await processor.cancel(subscription, 'key-3'),
      await processor.findMethod({ chargedBy: 'processor', reference: subscription, payerReference: null }),
      await processor.withFee(subscription, paymentOf('4WX60143EN7653017')),
    ]);
    expect(told).not.toMatch(/NotAReal/);
    expect(told).not.toContain(basic);
  },
);
