/** What Stripe keeps of a subscription's payment, which is found out in two steps. */
import { describe, expect, test } from '@jest/globals';
import * as stripe from './fixtures/stripe.ts';
import { paymentOf } from './requests.ts';
import type { Answer } from './stand-in.ts';
import { answer, stripeStandIn } from './stripe-stand-in.ts';

const here = stripeStandIn();

/** What is answered by path, such as `/v1/charges/ch_1`. */
const answers = (given: Readonly<Record<string, Answer>>): void =>
  here.server.answer(({ path }) => given[path.replace(/\?.*/, '')] ?? answer(404, stripe.missing(path)));

const payment = paymentOf('in_1');
const withFee = (given?: Answer) => here.processor(given).withFee('sub_1', payment);
const done = (fee: number | null) => ({ outcome: 'done', payment: { ...payment, fee } });

const listOf = (...data: readonly unknown[]): Answer => answer(200, stripe.list(data));
const byIntent = (id: string, given = {}) =>
  stripe.invoicePayment({ payment: { type: 'payment_intent', payment_intent: id }, ...given });
const byCharge = (id: string, given = {}) =>
  stripe.invoicePayment({ payment: { type: 'charge', charge: id }, ...given });
const elsewhere = stripe.invoicePayment({ payment: { type: 'payment_record', payment_record: 'pr_1' } });

const intentWith = (balance_transaction: unknown, given = {}): Answer =>
  answer(200, stripe.paymentIntent({ latest_charge: stripe.charge({ balance_transaction }), ...given }));
const inEuro = stripe.balanceTransaction({ currency: 'eur', exchange_rate: 0.92, fee: 95 });

test('the invoice leads to its payment, and that to the fee; the rest of the payment stays as it was told', async () => {
  answers({
    '/v1/invoice_payments': listOf(byIntent('pi_1')),
    '/v1/payment_intents/pi_1': answer(200, stripe.paymentIntent()),
  });
  expect(await withFee()).toEqual(done(103));
  expect(
    here.server.asked.map(({ method, path }) => {
      const { pathname, searchParams } = new URL(path, here.server.base);
      return [`${method} ${pathname}`, Object.fromEntries(searchParams)];
    }),
  ).toEqual([
    ['GET /v1/invoice_payments', { invoice: 'in_1', status: 'paid', limit: '100' }],
    ['GET /v1/payment_intents/pi_1', { 'expand[0]': 'latest_charge.balance_transaction' }],
  ]);
});

test('an invoice that was paid with a charge leads to that', async () => {
  answers({ '/v1/invoice_payments': listOf(byCharge('ch_1')), '/v1/charges/ch_1': answer(200, stripe.charge()) });
  expect(await withFee()).toEqual(done(103));
  expect(here.server.asked[1]?.path).toBe('/v1/charges/ch_1?expand[0]=balance_transaction');
});

test('the fees of several payments are one fee', async () => {
  answers({
    '/v1/invoice_payments': listOf(
      byIntent('pi_1', { amount_paid: 2000 }),
      byCharge('ch_2', { amount_paid: 500 }),
      elsewhere,
    ),
    '/v1/payment_intents/pi_1': intentWith(stripe.balanceTransaction({ fee: 88 }), { amount_received: 2000 }),
    '/v1/charges/ch_2': answer(
      200,
      stripe.charge({ amount_captured: 500, balance_transaction: stripe.balanceTransaction({ fee: 45 }) }),
    ),
  });
  expect(await withFee()).toEqual(done(133));
  expect(here.server.asked).toHaveLength(3);
});

test('a payment without any fee has the fee 0', async () => {
  answers({
    '/v1/invoice_payments': listOf(byIntent('pi_1')),
    '/v1/payment_intents/pi_1': intentWith(stripe.balanceTransaction({ fee: 0 })),
  });
  expect(await withFee()).toEqual(done(0));
});

test('a fee is counted in the units of Stripe', async () => {
  answers({
    '/v1/invoice_payments': listOf(byIntent('pi_1')),
    '/v1/payment_intents/pi_1': intentWith(stripe.balanceTransaction({ currency: 'isk', fee: 8700 })),
  });
  const inKrona = { ...payment, amount: { amount: 2500, currency: 'ISK' } };
  expect(await here.processor().withFee('sub_1', inKrona)).toEqual({
    outcome: 'done',
    payment: { ...inKrona, fee: 87 },
  });
});

describe('a payment that was asked for from here', () => {
  const own = paymentOf('pi_3Pay');

  test('leads to its fee by itself', async () => {
    answers({ '/v1/payment_intents/pi_3Pay': answer(200, stripe.paymentIntent()) });
    expect(await here.processor().withFee('pm_Card', own)).toEqual({ outcome: 'done', payment: { ...own, fee: 103 } });
    expect(here.server.asked.map(({ path }) => path)).toEqual([
      '/v1/payment_intents/pi_3Pay?expand[0]=latest_charge.balance_transaction',
    ]);
  });

  test('has a fee that is unknown as long as Stripe has not counted it', async () => {
    answers({ '/v1/payment_intents/pi_3Pay': intentWith(null) });
    expect(await here.processor().withFee('pm_Card', own)).toEqual({
      outcome: 'unknown',
      reason: 'Stripe has not counted its fee yet.',
    });
  });
});

describe('no fee is what can be booked', () => {
  test('in another currency', async () => {
    answers({ '/v1/invoice_payments': listOf(byIntent('pi_1')), '/v1/payment_intents/pi_1': intentWith(inEuro) });
    expect(await withFee()).toEqual(done(null));
  });

  test('in two currencies', async () => {
    answers({
      '/v1/invoice_payments': listOf(byIntent('pi_1'), byIntent('pi_2')),
      '/v1/payment_intents/pi_1': answer(200, stripe.paymentIntent()),
      '/v1/payment_intents/pi_2': intentWith(inEuro),
    });
    expect(await withFee()).toEqual(done(null));
  });
});

describe('a fee is unknown', () => {
  const notCounted = { outcome: 'unknown', reason: 'Stripe has not counted its fee yet.' };

  test.each<[string, Answer]>([
    ['the charge', intentWith(null)],
    ['the charge, which is not shown', intentWith('txn_1')],
    ['the payment', answer(200, stripe.paymentIntent({ latest_charge: null }))],
    ['the payment, which is not shown', answer(200, stripe.paymentIntent({ latest_charge: 'ch_1' }))],
  ])('as long as Stripe has not counted %s', async (_case, given) => {
    answers({ '/v1/invoice_payments': listOf(byIntent('pi_1')), '/v1/payment_intents/pi_1': given });
    expect(await withFee()).toEqual(notCounted);
  });

  test('as long as Stripe has not counted each of several', async () => {
    answers({
      '/v1/invoice_payments': listOf(byIntent('pi_1'), byCharge('ch_1')),
      '/v1/payment_intents/pi_1': intentWith(inEuro),
      '/v1/charges/ch_1': answer(200, stripe.charge({ balance_transaction: null })),
    });
    expect(await withFee()).toEqual(notCounted);
  });

  test.each<[string, Answer]>([
    ['no payments', listOf()],
    ['only payments elsewhere', listOf(elsewhere)],
    ['more payments than are shown', answer(200, stripe.list([byIntent('pi_1')], true))],
    ['a payment of a new kind', listOf(stripe.invoicePayment({ payment: { type: 'something_new' } }))],
    ['a payment without an id', listOf(stripe.invoicePayment({ payment: { type: 'payment_intent' } }))],
    ['no answer that could be read', answer(200, {})],
  ])('when Stripe has %s for the invoice', async (_case, given) => {
    answers({ '/v1/invoice_payments': given, '/v1/payment_intents/pi_1': answer(200, stripe.paymentIntent()) });
    expect(await withFee()).toEqual({ outcome: 'unknown', reason: expect.any(String) });
  });

  test('when the payment was for other invoices too', async () => {
    answers({
      '/v1/invoice_payments': listOf(byIntent('pi_1')),
      '/v1/payment_intents/pi_1': answer(200, stripe.paymentIntent({ amount_received: 5000 })),
    });
    expect(await withFee()).toMatchObject({
      outcome: 'unknown',
      reason: expect.stringContaining('together with others'),
    });
  });

  test('when it cannot be counted in the smallest unit here', async () => {
    answers({
      '/v1/invoice_payments': listOf(byIntent('pi_1')),
      '/v1/payment_intents/pi_1': intentWith(stripe.balanceTransaction({ currency: 'isk', fee: 8750 })),
    });
    const inKrona = { ...payment, amount: { amount: 2500, currency: 'ISK' } };
    expect(await here.processor().withFee('sub_1', inKrona)).toEqual({
      outcome: 'unknown',
      reason: expect.any(String),
    });
  });

  const failures: readonly [string, Answer][] = [
    ['Stripe takes no more requests', answer(429, stripe.error({}))],
    ['our key is refused', answer(401, stripe.error({}))],
    ['Stripe does not have it', answer(404, stripe.missing('invoice'))],
    ['Stripe fails', answer(500, stripe.error({}))],
    ['what comes is no JSON', { status: 200 }],
    ['the connection is cut', 'cut'],
    ['nobody answers', 'silence'],
  ];

  test.each(failures)('when %s', async (_case, given) => {
    here.server.answer(given);
    expect(await withFee(given)).toEqual({ outcome: 'unknown', reason: expect.any(String) });
  });

  test.each(failures)('when %s at the second step', async (_case, given) => {
    answers({ '/v1/invoice_payments': listOf(byIntent('pi_1')), '/v1/payment_intents/pi_1': given });
    expect(await withFee(given)).toEqual({ outcome: 'unknown', reason: expect.any(String) });
  });

  test('when Stripe cannot be reached', async () => {
    const stopped = here.processor();
    await here.server.stop();
    expect(await stopped.withFee('sub_1', payment)).toEqual({
      outcome: 'unknown',
      reason: 'Stripe cannot be reached.',
    });
  });
});
