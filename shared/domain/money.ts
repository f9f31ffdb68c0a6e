/**
 * Money is an integer count of a currency's minor unit. Nothing here, and nothing built on it, uses fractions.
 * Exponents: ISO 4217, list one (active codes), column "minor unit".
 */

export type Money = {
  /** Minor units, a safe integer. */
  readonly amount: number;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
};

const exponentZero = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF';
const exponentThree = 'BHD IQD JOD KWD LYD OMR TND';
const exponentFour = 'CLF UYW';
const exponentTwo =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
  'COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ' +
  'ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN ' +
  'MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE ' +
  'SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ' +
  'ZMW ZWG';

const exponents: ReadonlyMap<string, number> = new Map(
  (
    [
      [exponentZero, 0],
      [exponentTwo, 2],
      [exponentThree, 3],
      [exponentFour, 4],
    ] as const
  ).flatMap(([codes, exponent]) => codes.split(' ').map((code) => [code, exponent] as const)),
);

/** The largest amount one command may name: far above any real transfer, far below where sums stop being exact. */
export const amountMax = 999_999_999_999;

/** @returns the ISO 4217 exponent (JPY 0, USD 2, KWD 3), or `undefined` for a code that is not in the list. */
export function currencyExponent(currency: string): number | undefined {
  return exponents.get(currency);
}

export const currencyCodes: readonly string[] = [...exponents.keys()].sort((one, other) => (one < other ? -1 : 1));

/**
 * Part of a whole, rounded down: `whole × part ÷ total`, computed exactly.
 * @param whole minor units, not negative
 * @param part minor units, not negative
 * @param total minor units, positive
 */
export function proportion(whole: number, part: number, total: number): number {
  if (total <= 0) {
    throw new Error('A proportion needs a positive total.');
  }
  return Number((BigInt(whole) * BigInt(part)) / BigInt(total));
}

/** A share in basis points (1/100 of a percent), rounded down, so that a fee never exceeds its rate. */
export function basisPointsOf(amount: number, basisPoints: number): number {
  return proportion(amount, basisPoints, 10_000);
}

/**
 * Writes minor units as a decimal in major units, e.g. `(-12345, 'USD')` → `-123.45`, without floating point.
 * @throws for an unknown currency
 */
export function toMajorUnits(amount: number, currency: string): string {
  const exponent = currencyExponent(currency);
  if (exponent === undefined) {
    throw new Error(`Unknown currency ${currency}.`);
  }
  const digits = Math.abs(amount)
    .toString()
    .padStart(exponent + 1, '0');
  const sign = amount < 0 ? '-' : '';
  const cut = digits.length - exponent;
  return exponent === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, cut)}.${digits.slice(cut)}`;
}

/**
 * Reads a plain decimal in major units as minor units, exactly.
 * @returns `undefined` when the text is no such decimal, has more places than the currency, or is too large
 */
export function fromMajorUnits(text: string, currency: string): number | undefined {
  const exponent = currencyExponent(currency);
  const match = /^(-?)(\d{1,13})(?:\.(\d{1,4}))?$/.exec(text.trim());
  if (exponent === undefined || match === null) {
    return undefined;
  }
  const [, sign = '', whole = '0', fraction = ''] = match;
  const significant = fraction.replace(/0+$/, '');
  if (significant.length > exponent) {
    return undefined;
  }
  const amount = Number(`${whole}${significant.padEnd(exponent, '0')}`);
  return Number.isSafeInteger(amount) ? (sign === '-' && amount !== 0 ? -amount : amount) : undefined;
}
