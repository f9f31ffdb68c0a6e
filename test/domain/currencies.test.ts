/** Our currency exponents against an independent list of ISO 4217. */
import { describe, expect, test } from '@jest/globals';
import { code, codes, publishDate } from 'currency-codes';
import { currencyCodes, currencyExponent } from '../../shared/domain/money.ts';

/** The independent list is of this day; what ISO changed since is written out below. */
const listOf = '2024-06-25';
/** The Caribbean guilder, in force since 31 March 2025 (amendment 176). */
const newInOurs = ['XCG'];
/** Replaced since: the guilder by XCG, the lev by the euro on 1 January 2026, the convertible peso withdrawn. */
const replaced = ['ANG', 'BGN', 'CUC'];
/** Metals, funds of accounts, drawing rights, testing, "no currency": ISO gives them no minor unit. */
const withoutMinorUnit = ['XAG', 'XAU', 'XBA', 'XBB', 'XBC', 'XBD', 'XDR', 'XPD', 'XPT', 'XSU', 'XTS', 'XUA', 'XXX'];

test('the independent list is the one that the differences below were written for', () => {
  expect(publishDate).toBe(listOf);
});

describe('the exponent agrees with the independent list', () => {
  test.each(currencyCodes.filter((currency) => !newInOurs.includes(currency)))('for %s', (currency) => {
    expect(currencyExponent(currency)).toBe(code(currency)?.digits);
  });
});

test('ours has what is newer, and nothing else that the other has not', () => {
  expect(currencyCodes.filter((currency) => code(currency) === undefined)).toEqual(newInOurs);
  expect(currencyExponent('XCG')).toBe(2);
});

test('ours lacks only what was replaced and what has no minor unit', () => {
  const lacking = codes().filter((currency) => currencyExponent(currency) === undefined);
  expect(new Set(lacking)).toEqual(new Set([...replaced, ...withoutMinorUnit]));
});

test.each(['JPY', 'USD', 'KWD', 'CLF'])('%s has the exponent that the requirements name', (currency) => {
  expect({ JPY: 0, USD: 2, KWD: 3, CLF: 4 }[currency]).toBe(currencyExponent(currency));
});

test.each(['', 'usd', 'US', 'USDX', 'XXX', 'constructor', '__proto__'])('%p is no currency', (text) => {
  expect(currencyExponent(text)).toBeUndefined();
});
