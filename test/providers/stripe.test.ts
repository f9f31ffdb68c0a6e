/** Stripe through its SDK, against a server that answers in the shapes of Stripe's API reference. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Processor } from '../../shared/application/processors.ts';
import { createStripeProcessor } from '../../shared/providers/stripe.ts';
import * as stripe from './fixtures/stripe.ts';
import { chargeOf, clock, paymentOf } from './requests.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

const request = chargeOf('stripe', { reference: 'pm_Card', payerReference: 'cus_Carol' });

let server: StandIn;
let processor: Processor;
/** Gives up soon, where nobody answers; everywhere else a busy machine gets the time that it needs. */
let hasty: Processor;

beforeEach(async () => {
  server = await startStandIn();
  const waiting = (timeoutMilliseconds: number): Processor =>
    createStripeProcessor({ secretKey: stripe.secretKey, base: server.base, now: clock, timeoutMilliseconds });
  processor = waiting(10_000);
  hasty = waiting(300);
});

afterEach(() => server.stop());

const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  body,
  headers: { 'request-id': 'req_1', ...headers },
});

const asking = (given: Answer): Processor => (given === 'silence' ? hasty : processor);

const form = ({ body }: Asked) => Object.fromEntries(new URLSearchParams(body));

const paid = {
  outcome: 'done',
  payment: { reference: 'pi_3Pay', amount: { amount: 2500, currency: 'USD' }, fee: 103, paidAt: stripe.createdAt },
};

describe('a charge', () => {
  test('says what is charged, to whom, and for what, once under its key', async () => {
    server.answer(answer(200, stripe.paymentIntent()));
    expect(await processor.charge(request())).toEqual(paid);
    const [asked] = server.asked;
    expect(server.paths()).toEqual(['POST /v1/payment_intents']);
    expect(asked?.headers).toMatchObject({
      authorization: `Bearer ${stripe.secretKey}`,
      'idempotency-key': 'key-1',
      'stripe-version': '2026-10-28.endive',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(asked && form(asked)).toEqual({
      amount: '2500',
      currency: 'usd',
      customer: 'cus_Carol',
      payment_method: 'pm_Card',
      capture_method: 'automatic',
      confirm: 'true',
      off_session: 'true',
      error_on_requires_action: 'true',
      'automatic_payment_methods[enabled]': 'true',
      'automatic_payment_methods[allow_redirects]': 'never',
      description: 'Sky Garden, November',
      'metadata[contributionId]': 'con_1',
      'metadata[period]': '2026-11-01',
      'metadata[key]': 'key-1',
      'expand[0]': 'latest_charge.balance_transaction',
    });
  });

  test('tells Stripe nothing of how long earlier requests took', async () => {
    server.answer(answer(200, stripe.paymentIntent()));
    await processor.charge(request());
    await processor.charge(request());
    expect(server.asked.map(({ headers }) => headers['x-stripe-client-telemetry'])).toEqual([undefined, undefined]);
  });

  test('in a currency that Stripe counts otherwise is asked for and read in the units of Stripe', async () => {
    server.answer(answer(200, stripe.paymentIntent({ currency: 'isk', amount_received: 250000, latest_charge: null })));
    const outcome = await processor.charge(request({ amount: { amount: 2500, currency: 'ISK' } }));
    expect(server.asked[0] && form(server.asked[0])).toMatchObject({ amount: '250000', currency: 'isk' });
    expect(outcome).toMatchObject({ payment: { amount: { amount: 2500, currency: 'ISK' }, fee: null } });
  });

  test('leaves the fee open when Stripe takes it in another currency, or has not taken it yet', async () => {
    const inEuro = stripe.balanceTransaction({ currency: 'eur', exchange_rate: 0.92 });
    for (const balance_transaction of [inEuro, null, 'txn_1']) {
      const latest_charge = { id: 'ch_3Pay', created: stripe.createdSeconds, balance_transaction };
      server.answer(answer(200, stripe.paymentIntent({ latest_charge })));
      expect(await processor.charge(request())).toMatchObject({ outcome: 'done', payment: { fee: null } });
    }
  });

  test.each([
    ['an amount that Stripe cannot count', request({ amount: { amount: 5124, currency: 'KWD' } })],
    ['a method without anything saved', request({ reference: null })],
    ['a method without a payer', request({ payerReference: null })],
  ])('of %s is refused without asking', async (_case, wrong) => {
    expect(await processor.charge(wrong)).toMatchObject({ outcome: 'refused', code: 'not_possible' });
    expect(server.asked).toEqual([]);
  });

  test.each([
    ['processing', { outcome: 'pending', reference: 'pi_3Pay' }],
    ['requires_action', { outcome: 'refused', code: 'declined' }],
    ['requires_payment_method', { outcome: 'refused', code: 'declined', reason: 'The payment was declined.' }],
    ['canceled', { outcome: 'refused', code: 'declined' }],
    ['requires_confirmation', { outcome: 'unknown' }],
    ['requires_capture', { outcome: 'unknown' }],
    ['something_new', { outcome: 'unknown' }],
  ])('that is %s afterwards is told as what that means', async (status, expected) => {
    server.answer(answer(200, stripe.paymentIntent({ status })));
    expect(await processor.charge(request())).toMatchObject(expected);
  });

  const invalid = (code: string) => stripe.error({ type: 'invalid_request_error', code, message: 'It is wrong.' });

  test.each<[string, Answer, object]>([
    [
      'the card is declined',
      answer(402, stripe.declined),
      { outcome: 'refused', code: 'declined', reason: 'Your card has insufficient funds.' },
    ],
    [
      'the amount is too small',
      answer(400, invalid('amount_too_small')),
      { outcome: 'refused', code: 'not_possible', reason: 'It is wrong.' },
    ],
    ['the card is gone', answer(400, stripe.missing('PaymentMethod')), { outcome: 'refused', code: 'gone' }],
    [
      'too much is asked',
      answer(429, stripe.error({ type: 'invalid_request_error', code: 'rate_limit' }), { 'retry-after': '7' }),
      { outcome: 'broken', retryAfterSeconds: 7 },
    ],
    [
      'too much is asked until a date',
      answer(429, stripe.error({}), { 'retry-after': 'Sun, 22 Nov 2026 10:06:30 GMT' }),
      { outcome: 'broken', retryAfterSeconds: 90 },
    ],
    [
      'too much is asked, for nobody knows how long',
      answer(429, stripe.error({})),
      { outcome: 'broken', retryAfterSeconds: null },
    ],
    [
      'our key is refused',
      answer(401, stripe.error({ type: 'invalid_request_error' })),
      { outcome: 'broken', retryAfterSeconds: null },
    ],
    ['our key may not', answer(403, stripe.error({ type: 'invalid_request_error' })), { outcome: 'broken' }],
    ['our request is wrong', answer(400, invalid('parameter_unknown')), { outcome: 'broken' }],
    [
      'the key is in use at this moment',
      answer(409, stripe.error({ type: 'idempotency_error', code: 'idempotency_key_in_use' })),
      { outcome: 'unknown' },
    ],
    [
      'the key was used for something else',
      answer(400, stripe.error({ type: 'idempotency_error', message: 'Keys can only be used once.' })),
      { outcome: 'unknown' },
    ],
    ['Stripe fails', answer(500, stripe.error({ type: 'api_error' })), { outcome: 'unknown' }],
    ['Stripe is not there for now', answer(503, stripe.error({ type: 'api_error' })), { outcome: 'unknown' }],
    ['what answers is not Stripe', { status: 200, headers: { 'content-type': 'text/html' } }, { outcome: 'unknown' }],
    ['it is sent elsewhere', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, { outcome: 'unknown' }],
    ['the connection is cut', 'cut', { outcome: 'unknown' }],
    ['the connection is cut in the answer', 'cut in the answer', { outcome: 'unknown' }],
    ['nobody answers', 'silence', { outcome: 'unknown' }],
  ])('is told as what is known of it when %s', async (_case, given, expected) => {
    server.answer(given);
    expect(await asking(given).charge(request())).toMatchObject(expected);
    // Never a second time by itself: the batch decides about that.
    expect(server.asked).toHaveLength(1);
  });

  test('has a connection of its own, so that one which was kept too long is not taken for an answer that is missing', async () => {
    server.answer(answer(200, stripe.paymentIntent()));
    await processor.charge(request());
    await server.stop();
    expect(await processor.charge(request())).toMatchObject({ outcome: 'broken' });
  });

  test('certainly did nothing when the connection is refused', async () => {
    await server.stop();
    expect(await processor.charge(request())).toEqual({
      outcome: 'broken',
      reason: 'Stripe cannot be reached.',
      retryAfterSeconds: null,
    });
  });

  test('certainly did nothing when the name of the server is not known', async () => {
    const nowhere = createStripeProcessor({
      secretKey: stripe.secretKey,
      base: new URL('http://stripe.invalid'),
      now: clock,
      timeoutMilliseconds: 5000,
    });
    expect(await nowhere.charge(request())).toMatchObject({ outcome: 'broken' });
  });

  test.each([400, 401, 402, 403, 404, 409, 429, 500])(
    'never tells our key in a reason, although the server repeats it with a %d',
    async (status) => {
      const message = `Invalid API Key provided: ${stripe.secretKey}\nBearer ${stripe.secretKey} pi_1_secret_2`;
      server.answer(answer(status, stripe.error({ type: 'card_error', message, code: stripe.secretKey })));
      const told = JSON.stringify([
        await processor.charge(request()),
        await processor.lookUp(request()),
        await processor.suspend('sub_1', 'key-2'),
        await processor.cancel('sub_1', 'key-3'),
        await processor.findMethod({ chargedBy: 'us', reference: 'pm_Card', payerReference: 'cus_Carol' }),
        await processor.findMethod({ chargedBy: 'processor', reference: 'sub_1', payerReference: null }),
        await processor.withFee('sub_1', paymentOf('in_1')),
      ]);
      expect(told).not.toContain('NotARealKey');
      expect(told).not.toContain('secret_2');
    },
  );
});

describe('a look-up', () => {
  const other = stripe.paymentIntent({ id: 'pi_Other', metadata: { key: 'key-0' } });

  test('goes through the payments of the payer since shortly before the charge, and not by search', async () => {
    server.answer(answer(200, stripe.list([other, stripe.paymentIntent()])));
    expect(await processor.lookUp(request())).toEqual(paid);
    const { path = '' } = server.asked[0] ?? {};
    expect(server.paths()).toEqual(['GET /v1/payment_intents']);
    expect(Object.fromEntries(new URL(path, server.base).searchParams)).toEqual({
      customer: 'cus_Carol',
      'created[gte]': String(stripe.createdSeconds - 600),
      limit: '100',
      'expand[0]': 'data.latest_charge.balance_transaction',
    });
  });

  test('goes on to the next page', async () => {
    server.answer(({ path }) =>
      path.includes('starting_after=pi_Other')
        ? answer(200, stripe.list([stripe.paymentIntent()]))
        : answer(200, stripe.list([other], true)),
    );
    expect(await processor.lookUp(request())).toEqual(paid);
    expect(server.asked).toHaveLength(2);
  });

  test('does not say that there is nothing while there are more pages than it reads', async () => {
    server.answer(answer(200, stripe.list([other], true)));
    expect(await processor.lookUp(request())).toMatchObject({ outcome: 'unknown' });
    expect(server.asked).toHaveLength(10);
  });

  test.each([
    ['processing', { outcome: 'pending', reference: 'pi_3Pay' }],
    ['requires_payment_method', { outcome: 'refused', code: 'declined', reason: 'Your card was declined.' }],
    ['requires_confirmation', { outcome: 'unknown' }],
  ])('finds a charge that is %s', async (status, expected) => {
    const last_payment_error = { message: 'Your card was declined.' };
    server.answer(answer(200, stripe.list([stripe.paymentIntent({ status, last_payment_error })])));
    expect(await processor.lookUp(request())).toMatchObject(expected);
  });

  test('of two under one key tells the one that moved money', async () => {
    const failed = stripe.paymentIntent({ id: 'pi_Failed', status: 'requires_payment_method' });
    server.answer(answer(200, stripe.list([failed, stripe.paymentIntent()])));
    expect(await processor.lookUp(request())).toEqual(paid);
  });

  test('says none when the payer has no such payment', async () => {
    server.answer(answer(200, stripe.list([other])));
    expect(await processor.lookUp(request())).toEqual({ outcome: 'none' });
  });

  test.each<[string, Answer]>([
    ['Stripe takes no more requests', answer(429, stripe.error({}))],
    ['our key is refused', answer(401, stripe.error({}))],
    ['Stripe does not have the payer', answer(404, stripe.missing('customer'))],
    ['Stripe fails', answer(500, stripe.error({}))],
    ['nobody answers', 'silence'],
  ])('that fails as %s says nothing of the charge', async (_case, given) => {
    server.answer(given);
    expect(await asking(given).lookUp(request())).toMatchObject({ outcome: 'unknown' });
  });

  test('that cannot reach Stripe says nothing of the charge', async () => {
    await server.stop();
    expect(await processor.lookUp(request())).toMatchObject({ outcome: 'unknown' });
  });
});

describe('a subscription', () => {
  const byMethod =
    (change: Answer, look: Answer) =>
    ({ method }: Asked): Answer =>
      method === 'GET' ? look : change;

  test('is suspended so that nothing is owed for the time of the pause', async () => {
    server.answer(answer(200, stripe.subscription({ pause_collection: { behavior: 'void', resumes_at: null } })));
    expect(await processor.suspend('sub_1', 'key-2')).toEqual({ outcome: 'done' });
    expect(server.paths()).toEqual(['POST /v1/subscriptions/sub_1']);
    expect(server.asked[0]?.headers['idempotency-key']).toBe('key-2');
    expect(server.asked[0]?.body).toBe('pause_collection[behavior]=void');
  });

  test('is resumed by taking the pause away', async () => {
    server.answer(answer(200, stripe.subscription()));
    expect(await processor.resume('sub_1', 'key-2')).toEqual({ outcome: 'done' });
    expect(server.asked[0]?.headers['idempotency-key']).toBe('key-2');
    expect(server.asked[0]?.body).toBe('pause_collection=');
  });

  test('is canceled at once', async () => {
    server.answer(answer(200, stripe.subscription({ status: 'canceled' })));
    expect(await processor.cancel('sub_1', 'key-2')).toEqual({ outcome: 'done' });
    expect(server.paths()).toEqual(['DELETE /v1/subscriptions/sub_1']);
    expect(server.asked[0]?.headers['idempotency-key']).toBeUndefined();
  });

  test('that was canceled before is canceled', async () => {
    server.answer(
      byMethod(answer(404, stripe.missing('subscription')), answer(200, stripe.subscription({ status: 'canceled' }))),
    );
    expect(await processor.cancel('sub_1', 'key-2')).toEqual({ outcome: 'done' });
  });

  test.each(['suspend', 'resume'] as const)(
    'that was canceled is gone for whoever wants to %s it',
    async (operation) => {
      const refusal = stripe.error({
        type: 'invalid_request_error',
        message: 'A canceled subscription can only update its cancellation_details.',
      });
      server.answer(byMethod(answer(400, refusal), answer(200, stripe.subscription({ status: 'canceled' }))));
      expect(await processor[operation]('sub_1', 'key-2')).toMatchObject({ outcome: 'refused', code: 'gone' });
    },
  );

  describe.each(['suspend', 'resume', 'cancel'] as const)('to %s', (operation) => {
    test('is gone when Stripe does not have it', async () => {
      server.answer(answer(404, stripe.missing('subscription')));
      expect(await processor[operation]('sub_1', 'key-2')).toMatchObject({ outcome: 'refused', code: 'gone' });
    });

    test.each<[string, Answer, object]>([
      [
        'too much is asked',
        answer(429, stripe.error({}), { 'retry-after': '3' }),
        { outcome: 'broken', retryAfterSeconds: 3 },
      ],
      ['our key is refused', answer(401, stripe.error({})), { outcome: 'broken' }],
      ['Stripe fails', answer(500, stripe.error({})), { outcome: 'unknown' }],
      ['the connection is cut', 'cut', { outcome: 'unknown' }],
      ['nobody answers', 'silence', { outcome: 'unknown' }],
    ])('is told as what is known of it when %s', async (_case, given, expected) => {
      server.answer(given);
      expect(await asking(given)[operation]('sub_1', 'key-2')).toMatchObject(expected);
      expect(server.asked).toHaveLength(1);
    });

    test('is our fault when Stripe refuses and the subscription goes on', async () => {
      const refusal = stripe.error({ type: 'invalid_request_error', message: 'Received unknown parameter.' });
      server.answer(byMethod(answer(400, refusal), answer(200, stripe.subscription())));
      expect(await processor[operation]('sub_1', 'key-2')).toMatchObject({ outcome: 'broken' });
    });

    test('certainly did nothing when the connection is refused', async () => {
      await server.stop();
      expect(await processor[operation]('sub_1', 'key-2')).toMatchObject({ outcome: 'broken' });
    });
  });
});
