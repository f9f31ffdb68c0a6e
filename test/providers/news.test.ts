/** The readers of processors' messages: whose they are, and what they say. */
import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { NewsReader, ProcessorNews } from '../../shared/application/processors.ts';
import { NewsNotUnderstood } from '../../shared/providers/news.ts';
import { createPayPalNewsReader } from '../../shared/providers/paypal-news.ts';
import { createStripeNewsReader } from '../../shared/providers/stripe-news.ts';
import { createTestNewsReader, signTestNews } from '../../shared/providers/test-news.ts';
import * as paypal from './fixtures/paypal.ts';
import * as stripe from './fixtures/stripe.ts';
import { now } from './requests.ts';
import { type Answer, type StandIn, startStandIn } from './stand-in.ts';

const later = (seconds: number): string => new Date(Date.parse(now) + seconds * 1000).toISOString();

describe('from Stripe', () => {
  const reader = createStripeNewsReader(stripe.webhookSecret);

  /** As Stripe's documentation has it, and not by the SDK that reads it. */
  const signature = (body: string, secret = stripe.webhookSecret, at = now): string => {
    const seconds = Math.floor(Date.parse(at) / 1000);
    return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
  };

  const read = (event: object, at = now) => {
    const body = JSON.stringify(event);
    return reader.read(body, { 'Stripe-Signature': signature(body) }, at);
  };

  const paid = stripe.event('invoice.paid', stripe.invoice());

  test('a signed message is read, in whatever case its header comes, and again the same when it is repeated', async () => {
    const first = await read(paid);
    expect(first).toMatchObject({ eventId: 'evt_1', at: stripe.createdAt, kind: 'payment_succeeded' });
    expect(await read(paid, later(240))).toEqual(first);
  });

  test('a message is new for five minutes by the clock that is given', async () => {
    expect(await read(paid, later(300))).toBeDefined();
    expect(await read(paid, later(301))).toBeUndefined();
  });

  test.each([
    ['has no signature', {}],
    ['has no readable signature', { 'stripe-signature': 'v1=' }],
    ['is signed with another secret', { 'stripe-signature': signature(JSON.stringify(paid), 'whsec_other') }],
    ['was tampered with', { 'stripe-signature': signature(JSON.stringify({ ...paid, id: 'evt_2' })) }],
  ])('a message that %s is not read', async (_case, headers) => {
    expect(await reader.read(JSON.stringify(paid), headers, now)).toBeUndefined();
  });

  const payment = { reference: 'in_1', amount: { amount: 2500, currency: 'USD' }, fee: null };
  const own = { contributionId: 'con_1', key: 'key-1' };
  const failed = { status: 'requires_payment_method', last_payment_error: { message: 'Your card was declined.' } };

  test.each<[string, object, Partial<Record<string, unknown>>]>([
    [
      'a subscription that was paid',
      paid,
      { kind: 'payment_succeeded', subscription: 'sub_1', payment: { ...payment, paidAt: '2026-11-22T09:59:55.000Z' } },
    ],
    [
      'a subscription that was not paid',
      stripe.event('invoice.payment_failed', stripe.invoice({ attempt_count: 2 })),
      { kind: 'payment_failed', subscription: 'sub_1', reason: 'Stripe could not collect the payment (attempt 2).' },
    ],
    [
      'an invoice of no subscription',
      stripe.event('invoice.paid', stripe.invoice({ parent: null })),
      { kind: 'other', type: 'invoice.paid' },
    ],
    [
      'an invoice that nothing was paid for',
      stripe.event('invoice.paid', stripe.invoice({ amount_paid: 0 })),
      { kind: 'other' },
    ],
    [
      'an invoice that was paid elsewhere',
      stripe.event('invoice.paid', stripe.invoice({ amount_paid_off_stripe: 2500 })),
      { kind: 'other' },
    ],
    [
      'a charge of ours that succeeded',
      stripe.event('payment_intent.succeeded', stripe.paymentIntent()),
      {
        kind: 'charge_succeeded',
        ...own,
        period: '2026-11-01',
        payment: { ...payment, reference: 'pi_3Pay', paidAt: stripe.createdAt },
      },
    ],
    [
      'a charge of ours that failed',
      stripe.event('payment_intent.payment_failed', stripe.paymentIntent(failed)),
      { kind: 'charge_failed', ...own, reason: 'Your card was declined.' },
    ],
    [
      'a charge of ours that was canceled',
      stripe.event('payment_intent.canceled', stripe.paymentIntent({ cancellation_reason: 'abandoned' })),
      { kind: 'charge_failed', ...own, reason: 'abandoned' },
    ],
    [
      'a charge of somebody else',
      stripe.event('payment_intent.succeeded', stripe.paymentIntent({ metadata: { key: 'x' } })),
      { kind: 'other' },
    ],
    [
      'a charge that says no period',
      stripe.event('payment_intent.succeeded', stripe.paymentIntent({ metadata: own })),
      { kind: 'other' },
    ],
    [
      'a charge of a period that is none',
      stripe.event('payment_intent.succeeded', stripe.paymentIntent({ metadata: { ...own, period: 'November' } })),
      { kind: 'other' },
    ],
    [
      'a subscription that is paused',
      stripe.event('customer.subscription.updated', stripe.subscription({ pause_collection: { behavior: 'void' } }), {
        previous_attributes: { pause_collection: null },
      }),
      { kind: 'suspended', subscription: 'sub_1' },
    ],
    [
      'a subscription that goes on',
      stripe.event('customer.subscription.updated', stripe.subscription(), {
        previous_attributes: { pause_collection: { behavior: 'void' } },
      }),
      { kind: 'resumed', subscription: 'sub_1' },
    ],
    [
      'a pause of another kind',
      stripe.event('customer.subscription.updated', stripe.subscription({ pause_collection: { behavior: 'void' } }), {
        previous_attributes: { pause_collection: { behavior: 'keep_as_draft' } },
      }),
      { kind: 'other' },
    ],
    [
      'a subscription with another card',
      stripe.event('customer.subscription.updated', stripe.subscription(), {
        previous_attributes: { default_payment_method: null },
      }),
      { kind: 'other' },
    ],
    [
      'a subscription that ended',
      stripe.event('customer.subscription.deleted', stripe.subscription({ status: 'canceled' })),
      { kind: 'canceled', subscription: 'sub_1' },
    ],
    ['anything else', stripe.event('charge.refunded', { id: 'ch_1' }), { kind: 'other', type: 'charge.refunded' }],
  ])('of %s', async (_case, event, expected) => {
    expect(await read(event)).toEqual(
      expected['kind'] === 'other'
        ? { eventId: 'evt_1', at: stripe.createdAt, type: expect.any(String), ...expected }
        : { eventId: 'evt_1', at: stripe.createdAt, ...expected },
    );
  });

  test('an invoice in the shape of an older version is not passed over', async () => {
    const { parent: _parent, ...older } = stripe.invoice();
    await expect(read(stripe.event('invoice.paid', { ...older, subscription: 'sub_1' }))).rejects.toThrow(
      NewsNotUnderstood,
    );
    await expect(read(stripe.event('invoice.paid', stripe.invoice({ currency: 'abc' })))).rejects.toThrow(
      NewsNotUnderstood,
    );
  });
});

describe('from PayPal', () => {
  let server: StandIn;
  let reader: NewsReader;

  beforeEach(async () => {
    server = await startStandIn();
    reader = createPayPalNewsReader({
      clientId: paypal.clientId,
      clientSecret: paypal.clientSecret,
      webhookId: paypal.webhookId,
      base: server.base,
      now: () => now,
      timeoutMilliseconds: 2000,
    });
  });

  afterEach(() => server.stop());

  const verifies = (answer: Answer): void =>
    server.answer(({ path }) => (path === '/v1/oauth2/token' ? { status: 200, body: paypal.token() } : answer));
  const success: Answer = { status: 200, body: { verification_status: 'SUCCESS' } };

  const read = (event: object, at = now) => reader.read(JSON.stringify(event), paypal.transmission, at);
  const completed = paypal.event('PAYMENT.SALE.COMPLETED', paypal.sale());

  test('a message is read when PayPal says that it is its own, and again the same when it is repeated', async () => {
    verifies(success);
    const first = await read(completed);
    expect(first).toMatchObject({ eventId: completed.id, at: '2026-11-22T10:00:01.500Z' });
    expect(await read(completed)).toEqual(first);
  });

  test('PayPal is asked about the message as it was received, to the letter', async () => {
    verifies(success);
    const body = ` {"id": "WH-1", "event_type":"BILLING.SUBSCRIPTION.SUSPENDED", "create_time":"2026-11-22T10:00:00Z", "resource": {"id": "I-1", "value": 1.50}} `;
    expect(await reader.read(body, paypal.transmission, now)).toMatchObject({ eventId: 'WH-1', kind: 'suspended' });
    const asked = server.asked.find(({ path }) => path === '/v1/notifications/verify-webhook-signature');
    expect(asked?.body.endsWith(`"webhook_event":${body}}`)).toBe(true);
    expect(JSON.parse(asked?.body ?? '')).toMatchObject({
      auth_algo: 'SHA256withRSA',
      cert_url: paypal.transmission['paypal-cert-url'],
      transmission_id: paypal.transmission['paypal-transmission-id'],
      transmission_sig: paypal.transmission['paypal-transmission-sig'],
      transmission_time: '2026-11-22T10:00:02Z',
      webhook_id: paypal.webhookId,
    });
  });

  test.each<[string, Answer]>([
    ['PayPal does not know', { status: 200, body: { verification_status: 'FAILURE' } }],
    ['PayPal finds malformed', { status: 400, body: paypal.error('VALIDATION_ERROR') }],
    ['PayPal answers nothing of', { status: 200, body: {} }],
  ])('a message that %s is not read', async (_case, answer) => {
    verifies(answer);
    expect(await read(completed)).toBeUndefined();
  });

  test('PayPal is not asked about what nothing would be done for, whoever sent it', async () => {
    verifies({ status: 200, body: { verification_status: 'FAILURE' } });
    const ofNoUse = [
      paypal.event('BILLING.SUBSCRIPTION.CREATED', paypal.subscription('APPROVAL_PENDING')),
      paypal.event('CUSTOMER.DISPUTE.CREATED', {}),
      paypal.event('PAYMENT.SALE.COMPLETED', paypal.sale({ billing_agreement_id: undefined })),
    ];
    for (const event of ofNoUse) {
      expect(await read(event)).toMatchObject({ kind: 'other', type: event.event_type });
    }
    expect(server.asked).toEqual([]);
  });

  test.each(['PAYMENT.SALE.DENIED', 'BILLING.SUBSCRIPTION.SUSPENDED', 'BILLING.SUBSCRIPTION.CANCELLED'])(
    'a forged %s is not read',
    async (type) => {
      verifies({ status: 200, body: { verification_status: 'FAILURE' } });
      expect(await read(paypal.event(type, paypal.sale()))).toBeUndefined();
    },
  );

  test.each<[string, object]>([
    ['a payment without an amount', paypal.event('PAYMENT.SALE.COMPLETED', { id: 'x', billing_agreement_id: 'I-1' })],
    ['an event without a type', { id: 'WH-1' }],
    ['no event at all', []],
  ])('%s is to be looked into when PayPal sent it, and is nothing when somebody else did', async (_case, event) => {
    verifies({ status: 200, body: { verification_status: 'FAILURE' } });
    expect(await read(event)).toBeUndefined();
    verifies(success);
    await expect(read(event)).rejects.toThrow(NewsNotUnderstood);
  });

  test.each<[string, string, Record<string, string>, string]>([
    ['has no signature', JSON.stringify(completed), {}, now],
    [
      'lacks a part of its signature',
      JSON.stringify(completed),
      { ...paypal.transmission, 'paypal-cert-url': '' },
      now,
    ],
    ['is no JSON', '{"id":', paypal.transmission, now],
    ['is more than one JSON value', '{},"webhook_id":"other"', paypal.transmission, now],
    ['is older than PayPal repeats messages for', JSON.stringify(completed), paypal.transmission, later(4 * 86_400)],
    [
      'was sent at no time',
      JSON.stringify(completed),
      { ...paypal.transmission, 'paypal-transmission-time': 'now' },
      now,
    ],
  ])('a message that %s is not read, and PayPal is not asked', async (_case, body, headers, at) => {
    verifies(success);
    expect(await reader.read(body, headers, at)).toBeUndefined();
    expect(server.asked).toEqual([]);
  });

  test.each<[string, Answer]>([
    ['fails', { status: 500 }],
    ['takes no more requests', { status: 429 }],
    ['does not answer', 'silence'],
  ])('a message is to be sent again when PayPal %s', async (_case, answer) => {
    verifies(answer);
    await expect(read(completed)).rejects.toThrow('PayPal could not be asked');
  });

  const ofSubscription = (event: string, resource = {}) =>
    paypal.event(`BILLING.SUBSCRIPTION.${event}`, { ...paypal.subscription('ACTIVE'), ...resource });
  const subscription = 'I-BW452GLLEP1G';
  const payment = {
    reference: '80021663DE681814L',
    amount: { amount: 2500, currency: 'USD' },
    fee: 118,
    paidAt: '2026-11-22T10:00:00.000Z',
  };

  test.each<[string, object, object]>([
    ['a payment', completed, { kind: 'payment_succeeded', subscription, payment }],
    [
      'a payment with a fee in another currency',
      paypal.event('PAYMENT.SALE.COMPLETED', paypal.sale({ transaction_fee: { value: '1.00', currency: 'EUR' } })),
      { kind: 'payment_succeeded', subscription, payment: { ...payment, fee: null } },
    ],
    [
      'a payment of no subscription',
      paypal.event('PAYMENT.SALE.COMPLETED', paypal.sale({ billing_agreement_id: undefined })),
      { kind: 'other', type: 'PAYMENT.SALE.COMPLETED' },
    ],
    [
      'a payment that was denied',
      paypal.event('PAYMENT.SALE.DENIED', paypal.sale({ state: 'denied' })),
      { kind: 'payment_failed', subscription, reason: 'PayPal says that the payment was denied.' },
    ],
    [
      'a payment that failed',
      ofSubscription('PAYMENT.FAILED', { billing_info: { last_failed_payment: { reason_code: 'PAYMENT_DENIED' } } }),
      { kind: 'payment_failed', subscription, reason: 'PayPal could not collect the payment (PAYMENT_DENIED).' },
    ],
    [
      'a payment that failed, nobody knows why',
      ofSubscription('PAYMENT.FAILED'),
      { kind: 'payment_failed', subscription, reason: 'PayPal could not collect the payment.' },
    ],
    ['a suspension', ofSubscription('SUSPENDED'), { kind: 'suspended', subscription }],
    ['a subscription that goes on', ofSubscription('ACTIVATED'), { kind: 'resumed', subscription }],
    ['a cancellation', ofSubscription('CANCELLED'), { kind: 'canceled', subscription }],
    ['a subscription that ran out', ofSubscription('EXPIRED'), { kind: 'canceled', subscription }],
    ['anything else', ofSubscription('CREATED'), { kind: 'other', type: 'BILLING.SUBSCRIPTION.CREATED' }],
  ])('of %s', async (_case, event, expected) => {
    verifies(success);
    expect(await read(event)).toEqual({ eventId: completed.id, at: '2026-11-22T10:00:01.500Z', ...expected });
  });

  test('a payment whose amount cannot be read is not passed over', async () => {
    verifies(success);
    const wrong = paypal.event('PAYMENT.SALE.COMPLETED', paypal.sale({ amount: { total: '25.001', currency: 'USD' } }));
    await expect(read(wrong)).rejects.toThrow(NewsNotUnderstood);
  });
});

describe('from the test processor', () => {
  const secret = 'a-secret-for-tests';
  const reader = createTestNewsReader(secret);
  const at = '2026-11-22T10:04:00.000Z';
  const payment = { reference: 'test_1', amount: { amount: 2500, currency: 'USD' }, fee: 87, paidAt: at };
  const news: ProcessorNews = { eventId: 'evt_1', at, kind: 'payment_succeeded', subscription: 'ok:carol', payment };
  const body = JSON.stringify(news);

  const read = (text: string, signature: string, when = now) =>
    reader.read(text, { 'test-signature': signature }, when);

  test.each<ProcessorNews>([
    news,
    { eventId: 'evt_2', at, kind: 'payment_failed', subscription: 'ok:carol', reason: 'No money.' },
    {
      eventId: 'evt_3',
      at,
      kind: 'charge_succeeded',
      contributionId: 'con_1',
      key: 'key-1',
      period: '2026-11-01',
      payment: { ...payment, fee: null },
    },
    { eventId: 'evt_4', at, kind: 'charge_failed', contributionId: 'con_1', key: 'key-1', reason: 'No money.' },
    { eventId: 'evt_5', at, kind: 'suspended', subscription: 'ok:carol' },
    { eventId: 'evt_6', at, kind: 'other', type: 'weather' },
  ])('$kind is read as it was told', async (told) => {
    const text = JSON.stringify(told);
    expect(await read(text, signTestNews(secret, text, now))).toEqual(told);
  });

  test('a message is new for five minutes, and not before its time', async () => {
    expect(await read(body, signTestNews(secret, body, now), later(300))).toEqual(news);
    expect(await read(body, signTestNews(secret, body, now), later(301))).toBeUndefined();
    expect(await read(body, signTestNews(secret, body, now), later(-301))).toBeUndefined();
  });

  test.each([
    ['is signed with another secret', signTestNews('another', body, now)],
    ['was tampered with', signTestNews(secret, `${body} `, now)],
    ['says another time than was signed', signTestNews(secret, body, now).replace(/^t=\d+/, 't=1795341601')],
    ['has a signature of another form', 't=1,v1=00'],
    ['has no signature', ''],
  ])('a message that %s is not read', async (_case, signature) => {
    expect(await read(body, signature)).toBeUndefined();
  });

  test.each([
    ['what nobody knows', { ...news, kind: 'refunded' }],
    [
      'no period of a charge',
      { eventId: 'evt_1', at, kind: 'charge_succeeded', contributionId: 'con_1', key: 'key-1', payment },
    ],
  ])('a message that says %s is not passed over', async (_case, told) => {
    const strange = JSON.stringify(told);
    await expect(read(strange, signTestNews(secret, strange, now))).rejects.toThrow(NewsNotUnderstood);
  });
});
