/**
 * Stripe counts in minor units of its own, which are not always those of ISO 4217 that everything here counts in. Source:
 * https://docs.stripe.com/currencies, "Minor units in API amounts" and "Special cases", as of 2026-11. HUF and TWD are
 * special for payouts alone; they are charged with two decimals as ISO has them.
 */
import { currencyExponent, type Money } from '../domain/money.ts';

const zeroDecimal = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));
/** The last digit has to be 0: Stripe's partners do not know thousandths. */
const threeDecimal = new Set('BHD JOD KWD OMR TND'.split(' '));
/** They have no decimals any more, and Stripe goes on to count them in hundredths, which have to be 00. */
const wholeInHundredths = new Set('ISK UGX'.split(' '));

/** @returns by which power of ten Stripe's count is larger than ours (−2 for MGA), or undefined for what it has not */
function shift(currency: string): number | undefined {
  const exponent = currencyExponent(currency);
  if (exponent === undefined) {
    return undefined;
  }
  if (zeroDecimal.has(currency)) {
    return -exponent;
  }
  if (wholeInHundredths.has(currency)) {
    return 2 - exponent;
  }
  return exponent === 2 || threeDecimal.has(currency) ? 0 : undefined;
}

function shifted(amount: number, places: number): number | undefined {
  const factor = 10 ** Math.abs(places);
  if (places < 0 && amount % factor !== 0) {
    return undefined;
  }
  const result = places < 0 ? amount / factor : amount * factor;
  return Number.isSafeInteger(result) ? result : undefined;
}

/** @returns the amount as Stripe counts it, or undefined when Stripe cannot charge exactly that */
export function toStripeAmount({ amount, currency }: Money): number | undefined {
  const places = shift(currency);
  return places === undefined || (threeDecimal.has(currency) && amount % 10 !== 0)
    ? undefined
    : shifted(amount, places);
}

/**
 * @param currency as Stripe writes it, in small letters
 * @returns undefined for a currency that is not in the list, or for a part of a minor unit
 */
export function fromStripeAmount(amount: number, currency: string): Money | undefined {
  const code = currency.toUpperCase();
  const places = shift(code);
  const own = places === undefined ? undefined : shifted(amount, -places);
  return own === undefined ? undefined : { amount: own, currency: code };
}
