/** What Stripe has under the references of a payment method, in the shapes of its API reference. */
import { describe, expect, test } from '@jest/globals';
import * as stripe from './fixtures/stripe.ts';
import type { Answer } from './stand-in.ts';
import { answer, stripeStandIn } from './stripe-stand-in.ts';

const here = stripeStandIn();

const asksFor = (): readonly (readonly [string, Record<string, string>])[] =>
  here.server.asked.map(({ method, path }) => {
    const { pathname, searchParams } = new URL(path, here.server.base);
    return [`${method} ${pathname}`, Object.fromEntries(searchParams)];
  });

const card = { chargedBy: 'us', reference: 'pm_Card', payerReference: 'cus_Carol' } as const;
const subscription = { chargedBy: 'processor', reference: 'sub_1', payerReference: null } as const;

const nothing = { outcome: 'done', found: null };
const monthly = { amount: { amount: 2500, currency: 'USD' }, interval: 'month' };

describe('a saved card', () => {
  test('is the account’s that its customer was made for', async () => {
    here.server.answer(answer(200, stripe.paymentMethod()));
    expect(await here.processor().findMethod(card)).toEqual({
      outcome: 'done',
      found: { accountId: 'acc_Carol', subscription: null },
    });
    expect(asksFor()).toEqual([['GET /v1/payment_methods/pm_Card', { 'expand[0]': 'customer' }]]);
  });

  test.each([
    ['nobody wrote an account', {}],
    ['the account is empty', { accountId: '' }],
  ])('is nobody’s where %s', async (_case, metadata) => {
    here.server.answer(answer(200, stripe.paymentMethod({ customer: stripe.customer({ metadata }) })));
    expect(await here.processor().findMethod(card)).toEqual({
      outcome: 'done',
      found: { accountId: null, subscription: null },
    });
  });

  test('is not said to be anybody’s by its own metadata, which whoever saves it can write', async () => {
    const customer = stripe.customer({ metadata: {} });
    here.server.answer(answer(200, stripe.paymentMethod({ customer, metadata: { accountId: 'acc_Mallory' } })));
    expect(await here.processor().findMethod(card)).toMatchObject({ found: { accountId: null } });
  });

  test.each<[string, Answer]>([
    ['Stripe does not have it', answer(404, stripe.missing('PaymentMethod'))],
    ['it is no customer’s', answer(200, stripe.paymentMethod({ customer: null }))],
    ['it is another customer’s', answer(200, stripe.paymentMethod({ customer: stripe.customer({ id: 'cus_Dave' }) }))],
    ['its customer was deleted', answer(200, stripe.paymentMethod({ customer: stripe.deletedCustomer }))],
    ['it is called otherwise there', answer(200, stripe.paymentMethod({ id: 'pm_Other' }))],
  ])('is not found when %s', async (_case, given) => {
    here.server.answer(given);
    expect(await here.processor().findMethod(card)).toEqual(nothing);
  });

  test.each([
    ['no reference', { ...card, reference: null }],
    ['no payer', { ...card, payerReference: null }],
    ['an empty reference', { ...card, reference: '' }],
    ['a reference that would be another address', { ...card, reference: '..' }],
    ['a reference with more behind it', { ...card, reference: 'pm_Card?expand[]=customer' }],
    ['a bank transfer', { chargedBy: 'contributor', reference: 'pm_Card', payerReference: 'cus_Carol' } as const],
  ])('with %s is not found, and Stripe is not asked', async (_case, method) => {
    expect(await here.processor().findMethod(method)).toEqual(nothing);
    expect(here.server.asked).toEqual([]);
  });
});

describe('a subscription', () => {
  const found = async (given: Parameters<typeof stripe.subscription>[0] = {}) => {
    here.server.answer(answer(200, stripe.subscription(given)));
    return here.processor().findMethod(subscription);
  };
  const ofPrice = (given: Parameters<typeof stripe.price>[0], others = {}) => ({
    items: stripe.items([stripe.subscriptionItem({ price: stripe.price(given), ...others })]),
  });
  const recurring = (interval: string, interval_count: number, usage_type = 'licensed') => ({
    recurring: { ...stripe.price().recurring, interval, interval_count, usage_type },
  });

  test('is what it takes each time, and the account’s that its customer was made for', async () => {
    expect(await found()).toEqual({ outcome: 'done', found: { accountId: 'acc_Carol', subscription: monthly } });
    expect(asksFor()).toEqual([['GET /v1/subscriptions/sub_1', { 'expand[0]': 'customer' }]]);
  });

  test('is the account’s that it was made for itself before that of its customer', async () => {
    expect(await found({ metadata: { accountId: 'acc_Garden' } })).toMatchObject({
      found: { accountId: 'acc_Garden' },
    });
  });

  test.each([
    ['nobody wrote an account', stripe.customer({ metadata: {} })],
    ['its customer was deleted', stripe.deletedCustomer],
  ])('is nobody’s where %s', async (_case, customer) => {
    expect(await found({ customer })).toEqual({ outcome: 'done', found: { accountId: null, subscription: monthly } });
  });

  test('runs while it is on trial', async () => {
    expect(await found({ status: 'trialing' })).toMatchObject({ found: { subscription: monthly } });
  });

  test.each([
    ...['incomplete', 'incomplete_expired', 'past_due', 'canceled', 'unpaid', 'paused', 'something_new'].map(
      (status) => [`is ${status}`, { status }] as const,
    ),
    ['does not collect for now', { pause_collection: { behavior: 'void', resumes_at: null } }],
    ['ends with its period', { cancel_at_period_end: true }],
    ['ends some day', { cancel_at: 1800000000 }],
    ['sends invoices', { collection_method: 'send_invoice' }],
    ['is called otherwise there', { id: 'sub_2' }],
  ] as const)('that %s is not found', async (_case, given) => {
    expect(await found(given)).toEqual(nothing);
  });

  test.each([
    ['month', 1, 'month'],
    ['month', 12, 'year'],
    ['year', 1, 'year'],
    ['month', 3, null],
    ['year', 2, null],
    ['week', 1, null],
    ['day', 1, null],
    ['week', 12, null],
  ])('of every %s × %d has the interval %p', async (unit, count, interval) => {
    expect(await found(ofPrice(recurring(unit, count)))).toMatchObject({ found: { subscription: { interval } } });
  });

  test('takes what its items take together, each as often as it counts', async () => {
    const items = [
      stripe.subscriptionItem({ quantity: 3 }),
      stripe.subscriptionItem({ id: 'si_2', price: stripe.price({ unit_amount: 199 }) }),
    ];
    expect(await found({ items: stripe.items(items) })).toMatchObject({
      found: { subscription: { amount: { amount: 7699, currency: 'USD' }, interval: 'month' } },
    });
  });

  test('takes what is counted in the units of Stripe', async () => {
    expect(await found({ currency: 'isk', ...ofPrice({ currency: 'isk', unit_amount: 250000 }) })).toMatchObject({
      found: { subscription: { amount: { amount: 2500, currency: 'ISK' } } },
    });
  });

  test.each([
    ['in tiers', ofPrice({ billing_scheme: 'tiered', unit_amount: null, tiers_mode: 'graduated' })],
    ['in tiers, whatever one would be', ofPrice({ billing_scheme: 'tiered', tiers_mode: 'volume' })],
    ['in parts of the smallest unit', ofPrice({ unit_amount: null, unit_amount_decimal: '0.5' })],
    ['by use', ofPrice(recurring('month', 1, 'metered'), { quantity: undefined })],
    ['by use, however often it counts', ofPrice(recurring('month', 1, 'metered'))],
    ['in packages', ofPrice({ transform_quantity: { divide_by: 10, round: 'up' } })],
    ['of a price that has other currencies', ofPrice({ currency: 'eur' })],
    ['in a currency that Stripe counts and nobody knows', { currency: 'abc', ...ofPrice({ currency: 'abc' }) }],
    ['once', ofPrice({ recurring: null, type: 'one_time' })],
    ['nothing', ofPrice({ unit_amount: 0, unit_amount_decimal: '0' })],
    ['for no items', { items: stripe.items([]) }],
    ['for more items than are shown', { items: stripe.items([stripe.subscriptionItem()], true) }],
    [
      'at different times',
      {
        items: stripe.items([
          stripe.subscriptionItem(),
          stripe.subscriptionItem({ id: 'si_2', price: stripe.price(recurring('year', 1)) }),
        ]),
      },
    ],
    ['less by a discount', { discounts: ['di_1'] }],
    ['less by a discount on an item', ofPrice({}, { discounts: ['di_1'] })],
    ['more by a tax', { default_tax_rates: [stripe.taxRate()] }],
    ['more by a tax on an item', ofPrice({}, { tax_rates: [stripe.taxRate()] })],
    [
      'more by a tax that Stripe finds out',
      { automatic_tax: { ...stripe.subscription().automatic_tax, enabled: true } },
    ],
  ])('that takes its money %s is not found', async (_case, given) => {
    expect(await found(given)).toEqual(nothing);
  });

  test.each([
    ['its rate says so', { default_tax_rates: [stripe.taxRate({ inclusive: true })] }],
    [
      'the rate of its item says so',
      {
        default_tax_rates: [stripe.taxRate()],
        ...ofPrice({}, { tax_rates: [stripe.taxRate({ inclusive: true })] }),
      },
    ],
    [
      'its price says so',
      {
        automatic_tax: { ...stripe.subscription().automatic_tax, enabled: true },
        ...ofPrice({ tax_behavior: 'inclusive' }),
      },
    ],
  ])('takes no more than its price where the tax is in it because %s', async (_case, given) => {
    expect(await found(given)).toMatchObject({ found: { subscription: monthly } });
  });

  test('that Stripe does not have is not found', async () => {
    here.server.answer(answer(404, stripe.missing('subscription')));
    expect(await here.processor().findMethod(subscription)).toEqual(nothing);
  });
});

describe.each([
  ['a saved card', card],
  ['a subscription', subscription],
])('%s', (_what, method) => {
  const limit: Answer = { status: 429, body: stripe.error({}), headers: { 'retry-after': '7' } };

  test.each<[string, Answer]>([
    ['Stripe takes no more requests', limit],
    ['our key is refused', answer(401, stripe.error({ type: 'invalid_request_error' }))],
    ['our key may not', answer(403, stripe.error({ type: 'invalid_request_error' }))],
    ['our request is wrong', answer(400, stripe.error({ type: 'invalid_request_error', code: 'parameter_unknown' }))],
    ['there is no such address', answer(404, stripe.error({ type: 'invalid_request_error' }))],
    ['Stripe fails', answer(500, stripe.error({ type: 'api_error' }))],
    ['what comes is no JSON', { status: 200 }],
    ['what comes is something else', answer(200, {})],
    ['what comes is half of it', answer(200, stripe.subscription({ items: undefined }))],
    ['its customer is not shown', answer(200, stripe.paymentMethod({ customer: 'cus_Carol' }))],
    ['its customer is not shown either', answer(200, stripe.subscription({ customer: 'cus_Carol' }))],
    ['the connection is cut', 'cut'],
    ['the connection is cut in the answer', 'cut in the answer'],
    ['nobody answers', 'silence'],
  ])('is unknown when %s', async (_case, given) => {
    here.server.answer(given);
    expect(await here.processor(given).findMethod(method)).toEqual({ outcome: 'unknown', reason: expect.any(String) });
    expect(here.server.asked).toHaveLength(1);
  });

  test('is unknown when Stripe cannot be reached', async () => {
    const { findMethod } = here.processor();
    await here.server.stop();
    expect(await findMethod(method)).toEqual({ outcome: 'unknown', reason: 'Stripe cannot be reached.' });
  });
});
