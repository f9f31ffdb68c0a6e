import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currencyCodes } from '../../shared/domain/money.ts';
import { fromPayPalValue, toPayPalValue } from '../../shared/providers/paypal-amounts.ts';
import { fromStripeAmount, toStripeAmount } from '../../shared/providers/stripe-amounts.ts';

const anyMoney = fc.record({
  amount: fc.integer({ min: 1, max: 999_999_999_999 }),
  currency: fc.constantFrom(...currencyCodes),
});

test.each([
  ['USD', 1050, 1050],
  ['JPY', 500, 500],
  // Zero-decimal at Stripe, two decimals in ISO 4217.
  ['MGA', 500, 5],
  ['MGA', 550, undefined],
  // None in ISO 4217, and still counted in hundredths at Stripe.
  ['ISK', 5, 500],
  ['UGX', 5, 500],
  // Special for payouts alone.
  ['HUF', 1045, 1045],
  ['TWD', 80045, 80045],
  ['KWD', 5120, 5120],
  ['KWD', 5124, undefined],
  // Not among Stripe's currencies, and with other exponents than it has.
  ['IQD', 1000, undefined],
  ['CLF', 10000, undefined],
  ['UYI', 10, undefined],
  ['ABC', 10, undefined],
])('%s %d is %p in the minor units of Stripe', (currency, amount, expected) => {
  expect(toStripeAmount({ amount, currency })).toBe(expected);
});

test('whatever Stripe can charge comes back as what was asked for', () => {
  fc.assert(
    fc.property(anyMoney, (money) => {
      const amount = toStripeAmount(money);
      fc.pre(amount !== undefined);
      expect(fromStripeAmount(amount, money.currency.toLowerCase())).toEqual(money);
    }),
  );
});

test('a part of a minor unit, and a currency that is none, are no amount', () => {
  expect(fromStripeAmount(150, 'isk')).toBeUndefined();
  expect(fromStripeAmount(150, 'abc')).toBeUndefined();
});

test.each([
  ['USD', 1050, '10.50'],
  ['USD', 5, '0.05'],
  ['JPY', 500, '500'],
  ['HUF', 50000, '500'],
  ['HUF', 50001, undefined],
  ['TWD', 80000, '800'],
  ['TWD', 80045, undefined],
  ['KWD', 5124, '5.124'],
  ['ABC', 10, undefined],
])('%s %d is written as %p for PayPal', (currency, amount, expected) => {
  expect(toPayPalValue({ amount, currency })).toBe(expected);
});

test('whatever PayPal can take comes back as what was asked for', () => {
  fc.assert(
    fc.property(anyMoney, (money) => {
      const value = toPayPalValue(money);
      fc.pre(value !== undefined);
      expect(fromPayPalValue(value, money.currency)).toEqual(money);
    }),
  );
});

test('PayPal may write decimals where a currency has none', () => {
  expect(fromPayPalValue('500.00', 'JPY')).toEqual({ amount: 500, currency: 'JPY' });
  expect(fromPayPalValue('500.50', 'JPY')).toBeUndefined();
  expect(fromPayPalValue('ten', 'USD')).toBeUndefined();
});
