/** Amounts: exact, and never more than the whole. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  amountMax,
  basisPointsOf,
  currencyCodes,
  currencyExponent,
  fromMajorUnits,
  proportion,
  toMajorUnits,
} from '../../shared/domain/money.ts';
import { type Share, splitAmount } from '../../shared/domain/split.ts';

const runs = { numRuns: 2000 };
const currency = fc.constantFrom(...currencyCodes);
const amount = fc.integer({ min: -amountMax, max: amountMax });
const positive = fc.integer({ min: 1, max: amountMax });

describe('major and minor units', () => {
  test('an amount reads back as it was written', () => {
    fc.assert(
      fc.property(amount, currency, (given, code) => {
        expect(fromMajorUnits(toMajorUnits(given, code), code)).toBe(given === 0 ? 0 : given);
      }),
      runs,
    );
  });

  test('an amount is written with exactly the places of its currency', () => {
    fc.assert(
      fc.property(amount, currency, (given, code) => {
        const places = currencyExponent(code) ?? 0;
        expect(toMajorUnits(given, code)).toMatch(places === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${places}}$`));
      }),
      runs,
    );
  });

  test('trailing zeros say nothing, and more places than the currency has are refused', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), currency, fc.integer({ min: 1, max: 4 }), (whole, code, places) => {
        expect(fromMajorUnits(`${whole}.${'0'.repeat(places)}`, code)).toBe(fromMajorUnits(`${whole}`, code));
        const finer = `${whole}.${'0'.repeat(places - 1)}1`;
        const isRead = fromMajorUnits(finer, code) !== undefined;
        expect(isRead).toBe(places <= (currencyExponent(code) ?? 0));
      }),
      runs,
    );
  });

  test.each([
    ['-123.45', 'USD', -12345],
    ['0.1', 'USD', 10],
    ['1.005', 'KWD', 1005],
    ['7', 'JPY', 7],
    ['7.0', 'JPY', 7],
    [' 12.30 ', 'EUR', 1230],
    ['-0.00', 'EUR', 0],
    ['9999999999999', 'USD', 999999999999900],
  ])('%p in %s is %p', (text, code, minor) => {
    expect(fromMajorUnits(text, code)).toBe(minor);
  });

  test.each([
    '',
    ' ',
    '.5',
    '5.',
    '1,000',
    '1e3',
    '+5',
    '--5',
    '0x10',
    'NaN',
    'Infinity',
    '1.00001',
    '12345678901234',
    '١٢',
  ])('%p is no amount', (text) => {
    expect(fromMajorUnits(text, 'USD')).toBeUndefined();
  });

  test('what is not a currency is an error to write, and unreadable', () => {
    expect(() => toMajorUnits(1, 'ABC')).toThrow('Unknown currency');
    expect(fromMajorUnits('1', 'ABC')).toBeUndefined();
  });

  test('any text is read without an exception, and as a safe integer or not at all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^-?\d{0,15}\.?\d{0,5}$/)), currency, (text, code) => {
        const read = fromMajorUnits(text, code);
        expect(read === undefined || Number.isSafeInteger(read)).toBe(true);
        expect(Object.is(read, -0)).toBe(false);
      }),
      runs,
    );
  });
});

describe('proportions', () => {
  test('a part of a whole is exact to the unit below, and never more than the whole', () => {
    fc.assert(
      fc.property(positive, positive, fc.double({ min: 0, max: 1, noNaN: true }), (whole, total, share) => {
        const part = Math.floor(total * share);
        const result = proportion(whole, part, total);
        expect(result).toBeLessThanOrEqual(whole);
        expect(result).toBeGreaterThanOrEqual(0);
        // whole × part = result × total + remainder, with a remainder below the total: division by hand.
        const remainder = BigInt(whole) * BigInt(part) - BigInt(result) * BigInt(total);
        expect(remainder >= 0n && remainder < BigInt(total)).toBe(true);
      }),
      runs,
    );
  });

  test('the parts of a whole never exceed it together', () => {
    fc.assert(
      fc.property(positive, fc.array(positive, { minLength: 1, maxLength: 10 }), (whole, parts) => {
        const total = parts.reduce((sum, part) => sum + part, 0);
        const given = parts.map((part) => proportion(whole, part, total)).reduce((sum, part) => sum + part, 0);
        expect(given).toBeLessThanOrEqual(whole);
        expect(whole - given).toBeLessThan(parts.length);
      }),
      runs,
    );
  });

  test('a fee never exceeds its rate, and the whole of a whole is the whole', () => {
    fc.assert(
      fc.property(positive, fc.integer({ min: 0, max: 10_000 }), (given, basisPoints) => {
        expect(basisPointsOf(given, basisPoints) * 10_000).toBeLessThanOrEqual(given * basisPoints);
        expect(basisPointsOf(given, 10_000)).toBe(given);
        expect(basisPointsOf(given, 0)).toBe(0);
      }),
      runs,
    );
  });

  test.each([0, -1])('a total of %p divides nothing', (total) => {
    expect(() => proportion(1, 1, total)).toThrow('positive total');
  });
});

describe('splits', () => {
  const share = fc.oneof(
    fc.integer({ min: 0, max: 5000 }).map((basisPoints): Share => ({ kind: 'rate', accountId: 'r', basisPoints })),
    fc.integer({ min: 0, max: 1_000_000 }).map((fixed): Share => ({ kind: 'fixed', accountId: 'f', amount: fixed })),
  );
  const rest: Share = { kind: 'rest', accountId: 'x' };

  test('the shares add up to the sum exactly, and each is as the rule says', () => {
    fc.assert(
      fc.property(positive, fc.array(share, { maxLength: 6 }), fc.nat(6), (total, others, place) => {
        const rule = [...others.slice(0, place), rest, ...others.slice(place)];
        const divided = splitAmount(total, rule);
        const claimed = others
          .map((one) =>
            one.kind === 'rate'
              ? Number((BigInt(total) * BigInt(one.basisPoints)) / 10_000n)
              : one.kind === 'fixed'
                ? one.amount
                : 0,
          )
          .reduce((sum, part) => sum + part, 0);
        expect(divided.ok).toBe(claimed <= total);
        if (divided.ok) {
          expect(divided.value.reduce((sum, part) => sum + part, 0)).toBe(total);
          expect(Math.min(...divided.value)).toBeGreaterThanOrEqual(0);
          expect(divided.value[Math.min(place, others.length)]).toBe(total - claimed);
        }
      }),
      runs,
    );
  });

  test('100 divided into 10 %, 20 fixed and the rest is 10, 20 and 70', () => {
    const rule: readonly Share[] = [
      { kind: 'rate', accountId: 'a', basisPoints: 1000 },
      { kind: 'fixed', accountId: 'b', amount: 20 },
      rest,
    ];
    expect(splitAmount(100, rule)).toEqual({ ok: true, value: [10, 20, 70] });
    expect(splitAmount(105, rule)).toEqual({ ok: true, value: [10, 20, 75] });
  });

  test.each([
    ['nobody', []],
    ['two', [rest, rest]],
  ] as const)('a rule by which %s takes the rest divides nothing', (_who, shares) => {
    expect(splitAmount(100, [{ kind: 'fixed', accountId: 'a', amount: 1 }, ...shares])).toMatchObject({
      refusal: { code: 'split-not-exact' },
    });
  });

  test('shares that exceed the sum divide nothing', () => {
    expect(splitAmount(100, [{ kind: 'fixed', accountId: 'a', amount: 101 }, rest])).toMatchObject({
      refusal: { code: 'split-not-exact' },
    });
  });
});
