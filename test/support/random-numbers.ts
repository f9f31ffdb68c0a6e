/** The same numbers at every run, so that a life that goes wrong can be lived again. */
export type Random = {
  /** At least 0, and less than 1. */
  readonly next: () => number;
  readonly pick: <Value>(values: readonly Value[]) => Value;
  /** The same of what may be empty. */
  readonly anyOf: <Value>(values: readonly Value[]) => Value | undefined;
  /** True about so many times of a hundred. */
  readonly happens: (percent: number) => boolean;
};

/** mulberry32, public domain. */
export function randomNumbers(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const anyOf = <Value>(values: readonly Value[]) => values[Math.floor(next() * values.length)];
  return {
    next,
    anyOf,
    pick: <Value>(values: readonly Value[]) => anyOf(values) as Value,
    happens: (percent) => next() * 100 < percent,
  };
}
