/** What PayPal has under the reference of a subscription, and what it keeps of the payments, in the shapes of its API reference. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Processor } from '../../shared/application/processors.ts';
import { createPayPalProcessor } from '../../shared/providers/paypal.ts';
import * as paypal from './fixtures/paypal.ts';
import { now, paymentOf } from './requests.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

const reference = 'I-BW452GLLEP1G';
const path = `/v1/billing/subscriptions/${reference}`;

let server: StandIn;

beforeEach(async () => {
  server = await startStandIn();
});

afterEach(() => server.stop());

/** Gives up soon, where nobody answers; everywhere else a busy machine gets the time that it needs. */
const processor = (given?: Answer): Processor =>
  createPayPalProcessor({
    clientId: paypal.clientId,
    clientSecret: paypal.clientSecret,
    base: server.base,
    now: () => now,
    timeoutMilliseconds: given === 'silence' ? 500 : 10_000,
  });

const json = (status: number, body?: unknown): Answer => ({ status, body });

const isForToken = (one: Asked): boolean => one.path === '/v1/oauth2/token';

const answers = (given: Answer): void => server.answer((one) => (isForToken(one) ? json(200, paypal.token()) : given));

/** What was asked besides tokens. */
const asked = (): readonly string[] =>
  server.asked.filter((one) => !isForToken(one)).map((one) => `${one.method} ${one.path}`);

const failures: readonly [string, Answer][] = [
  ['something else answers', json(404, { message: 'no Route matched' })],
  ['our request is wrong', json(400, paypal.error('INVALID_REQUEST'))],
  ['the token is refused', json(401, { error: 'invalid_token' })],
  ['we may not', json(403, paypal.error('NOT_AUTHORIZED'))],
  ['PayPal refuses', json(422, paypal.error('UNPROCESSABLE_ENTITY', 'USER_ACCOUNT_CLOSED'))],
  ['PayPal takes no more requests', json(429, paypal.error('RATE_LIMIT_REACHED'))],
  ['PayPal fails', json(500, paypal.error('INTERNAL_SERVICE_ERROR'))],
  ['it is sent elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }],
  ['what comes is no JSON', { status: 200 }],
  ['the connection is cut', 'cut'],
  ['the connection is cut in the answer', 'cut in the answer'],
  ['nobody answers', 'silence'],
];

const unknown = { outcome: 'unknown', reason: expect.any(String) };

describe('a subscription', () => {
  const method = { chargedBy: 'processor', reference, payerReference: null } as const;
  const nothing = { outcome: 'done', found: null };
  const monthly = { amount: { amount: 2500, currency: 'USD' }, interval: 'month' };

  const found = async (given: Parameters<typeof paypal.subscriptionWithPlan>[0] = {}) => {
    answers(json(200, paypal.subscriptionWithPlan(given)));
    return processor().findMethod(method);
  };
  const ofPlan = (given: Parameters<typeof paypal.plan>[0]) => ({ plan: paypal.plan(given) });
  const ofCycle = (given: Parameters<typeof paypal.billingCycle>[0]) =>
    ofPlan({ billing_cycles: [paypal.billingCycle(given)] });
  const priced = (value: string, currency_code = 'USD') => ({
    pricing_scheme: { version: 1, fixed_price: { currency_code, value } },
  });

  test('is what its plan takes each time, and the account’s that it was made for', async () => {
    expect(await found()).toEqual({ outcome: 'done', found: { accountId: 'acc_Carol', subscription: monthly } });
    expect(asked()).toEqual([`GET ${path}?fields=plan`]);
  });

  test.each([undefined, ''])('is nobody’s when it was made for %p', async (custom_id) => {
    expect(await found({ custom_id })).toEqual({ outcome: 'done', found: { accountId: null, subscription: monthly } });
  });

  test.each(['APPROVAL_PENDING', 'APPROVED', 'SUSPENDED', 'CANCELLED', 'EXPIRED', 'NEW'])(
    'that is %s is not found',
    async (status) => {
      expect(await found({ status })).toEqual(nothing);
      expect(await found({ status, plan: undefined })).toEqual(nothing);
    },
  );

  test.each([
    ['MONTH', 1, 'month'],
    ['MONTH', undefined, 'month'],
    ['MONTH', 12, 'year'],
    ['YEAR', 1, 'year'],
    ['MONTH', 3, null],
    ['WEEK', 4, null],
    ['DAY', 30, null],
  ])('of every %s × %p has the interval %p', async (interval_unit, interval_count, interval) => {
    expect(await found(ofCycle({ frequency: { interval_unit, interval_count } }))).toMatchObject({
      found: { subscription: { ...monthly, interval } },
    });
  });

  test.each([
    ['3', 7500],
    [undefined, 2500],
  ])('takes its price %p times', async (quantity, amount) => {
    expect(await found({ quantity })).toMatchObject({
      found: { subscription: { amount: { amount, currency: 'USD' } } },
    });
  });

  test('takes whole yen, however PayPal writes them', async () => {
    expect(await found(ofCycle(priced('500.0', 'JPY')))).toMatchObject({
      found: { subscription: { amount: { amount: 500, currency: 'JPY' } } },
    });
  });

  test('takes what it takes after its trial', async () => {
    const trial = paypal.billingCycle({ tenure_type: 'TRIAL', total_cycles: 1, pricing_scheme: undefined });
    const regular = paypal.billingCycle({ sequence: 2 });
    expect(await found(ofPlan({ billing_cycles: [trial, regular] }))).toMatchObject({
      found: { subscription: monthly },
    });
  });

  test('that ends after some payments is found until then', async () => {
    expect(await found(ofCycle({ total_cycles: 12 }))).toMatchObject({ found: { subscription: monthly } });
  });

  test.each([
    [
      'in two regular cycles',
      ofPlan({ billing_cycles: [paypal.billingCycle(), paypal.billingCycle({ sequence: 2 })] }),
    ],
    ['in no regular cycle', ofCycle({ tenure_type: 'TRIAL' })],
    ['at no price', ofCycle({ pricing_scheme: undefined })],
    ['in tiers', ofCycle({ pricing_scheme: { pricing_model: 'TIERED', tiers: [] } })],
    ['by volume', ofCycle({ pricing_scheme: { ...priced('50').pricing_scheme, pricing_model: 'VOLUME', tiers: [] } })],
    ['in parts of a cent', ofCycle(priced('25.001'))],
    ['in a currency that nobody knows', ofCycle(priced('25', 'ABC'))],
    ['as nothing', ofCycle(priced('0'))],
    ['one and a half times', { quantity: '1.5' }],
    ['no times', { quantity: '0' }],
    ['more times than can be counted', { quantity: '9'.repeat(20) }],
    ['with shipping on top', { shipping_amount: { currency_code: 'USD', value: '10.00' } }],
    ['with a tax on top', ofPlan({ taxes: { percentage: '19', inclusive: false } })],
  ])('that takes its money %s is not found', async (_case, given) => {
    expect(await found(given)).toEqual(nothing);
  });

  test.each([
    ['within its price', { percentage: '19', inclusive: true }],
    ['within its price, as PayPal has it unless told otherwise', { percentage: '19' }],
    ['of nothing', { percentage: '0.0', inclusive: false }],
  ])('may have a tax %s', async (_case, taxes) => {
    expect(await found(ofPlan({ taxes }))).toMatchObject({ found: { subscription: monthly } });
  });

  test('that PayPal does not have is not found', async () => {
    answers(json(404, paypal.notFound));
    expect(await processor().findMethod(method)).toEqual(nothing);
  });

  test('that is called otherwise there is not found: messages would not be told as its own', async () => {
    expect(await found({ id: reference.toLowerCase() })).toEqual(nothing);
  });

  test.each([
    ['no reference', { ...method, reference: null }],
    ['an empty reference', { ...method, reference: '' }],
    ['a reference that would be another address', { ...method, reference: '..' }],
    ['a reference with more behind it', { ...method, reference: `${reference}/transactions` }],
    ['a card to be charged from here', { ...method, chargedBy: 'us' } as const],
    ['a bank transfer', { ...method, chargedBy: 'contributor' } as const],
  ])('with %s is not found, and PayPal is not asked', async (_case, given) => {
    expect(await processor().findMethod(given)).toEqual(nothing);
    expect(server.asked).toEqual([]);
  });

  test.each<[string, Answer]>([
    ...failures,
    ['what comes is something else', json(200, {})],
    ['its plan is not shown', json(200, paypal.subscriptionWithPlan({ plan: undefined }))],
    ['its plan is of another shape', json(200, paypal.subscriptionWithPlan(ofPlan({ billing_cycles: {} })))],
  ])('is unknown when %s', async (_case, given) => {
    answers(given);
    expect(await processor(given).findMethod(method)).toEqual(unknown);
    expect(asked()).toHaveLength(1);
  });

  test('is unknown when PayPal gives no token', async () => {
    server.answer(json(401, { error: 'invalid_client' }));
    expect(await processor().findMethod(method)).toEqual({
      outcome: 'unknown',
      reason: 'PayPal does not accept our keys.',
    });
  });

  test('is unknown when PayPal cannot be reached', async () => {
    const stopped = processor();
    await server.stop();
    expect(await stopped.findMethod(method)).toEqual({ outcome: 'unknown', reason: 'PayPal cannot be reached.' });
  });
});

describe('a fee', () => {
  const payment = paymentOf('4WX60143EN7653017');
  const withFee = (given?: Answer) => processor(given).withFee(reference, payment);
  const done = (fee: number | null) => ({ outcome: 'done', payment: { ...payment, fee } });
  const listOf = (...found: readonly unknown[]) => json(200, paypal.transactions(...found));
  const withAmounts = (amounts: object) =>
    paypal.transaction({
      amount_with_breakdown: { gross_amount: { currency_code: 'USD', value: '25.00' }, ...amounts },
    });

  test('stands in the list of the subscription, from a day before the payment until now, under the payment’s id', async () => {
    answers(listOf(paypal.transaction({ id: 'Other', amount_with_breakdown: {} }), paypal.transaction()));
    expect(await withFee()).toEqual(done(118));
    const [one = ''] = asked();
    expect(one).toMatch(new RegExp(`^GET ${path}/transactions\\?`));
    expect(Object.fromEntries(new URL(one.slice(4), server.base).searchParams)).toEqual({
      start_time: '2026-11-21T09:59:55.000Z',
      end_time: now,
    });
  });

  test.each([
    ['that is written as what is taken off', { currency_code: 'USD', value: '-1.18' }, 118],
    ['of nothing', { currency_code: 'USD', value: '0.00' }, 0],
    ['in another currency', { currency_code: 'EUR', value: '1.10' }, null],
  ])('%s is read', async (_case, fee_amount, expected) => {
    answers(listOf(withAmounts({ fee_amount })));
    expect(await withFee()).toEqual(done(expected));
  });

  test('does not need more of a transaction than PayPal promises, nor of others', async () => {
    const { status: _status, ...transaction } = paypal.transaction();
    answers(listOf({ id: 'Odd' }, null, transaction));
    expect(await withFee()).toEqual(done(118));
  });

  test.each<[string, Answer]>([
    ...failures,
    ['PayPal does not have the subscription', json(404, paypal.notFound)],
    ['what comes is no list', json(200, { transactions: {} })],
    ['nothing is listed', json(200, {})],
    ['only other payments are listed', listOf(paypal.transaction({ id: 'Other' }))],
    ['the payment is listed without it', listOf(withAmounts({}))],
    ['its amount cannot be read', listOf(withAmounts({ fee_amount: { currency_code: 'USD', value: '1.181' } }))],
    ['the payment is listed without amounts', listOf({ id: payment.reference })],
  ])('is unknown when %s', async (_case, given) => {
    answers(given);
    expect(await withFee(given)).toEqual(unknown);
    expect(asked()).toHaveLength(1);
  });

  test('is unknown when PayPal cannot be reached', async () => {
    const stopped = processor();
    await server.stop();
    expect(await stopped.withFee(reference, payment)).toEqual({
      outcome: 'unknown',
      reason: 'PayPal cannot be reached.',
    });
  });
});
