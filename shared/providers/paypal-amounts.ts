/**
 * PayPal writes amounts as decimals in major units. Source: https://developer.paypal.com/api/rest/reference/currency-codes,
 * as of 2026-11: HUF, JPY and TWD are written without decimals, though two of them have some in ISO 4217.
 */
import { currencyExponent, fromMajorUnits, type Money, toMajorUnits } from '../domain/money.ts';

const withoutDecimals = new Set(['HUF', 'JPY', 'TWD']);

/** @returns the amount as PayPal wants it written, or undefined when PayPal cannot take exactly that */
export function toPayPalValue({ amount, currency }: Money): string | undefined {
  if (currencyExponent(currency) === undefined) {
    return undefined;
  }
  const [whole = '', fraction = ''] = toMajorUnits(amount, currency).split('.');
  if (!withoutDecimals.has(currency)) {
    return fraction === '' ? whole : `${whole}.${fraction}`;
  }
  return /^0*$/.test(fraction) ? whole : undefined;
}

/** @returns undefined for an amount or a currency that is none */
export function fromPayPalValue(value: string, currency: string): Money | undefined {
  const amount = fromMajorUnits(value, currency);
  return amount === undefined ? undefined : { amount, currency };
}
