/** Entries as lists of postings: canonical, merged, balanced, and split into cells. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  cellChanges,
  entry,
  type HostLedger,
  hostLedgers,
  imbalances,
  type Posting,
} from '../../shared/domain/books.ts';

/** Debits are what a host has and spends, credits what it owes and earns; written out, not read from the code. */
const debits: readonly HostLedger[] = ['bank', 'costs:transfer', 'costs:loss', 'costs:processor'];

const place = fc.record({
  book: fc.constantFrom('A', 'B'),
  accountId: fc.constantFrom('a', 'b', 'A'),
  currency: fc.constantFrom('USD', 'EUR'),
});
const ledger = fc.constantFrom(...hostLedgers);
const amount = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

/** Pairs that balance: the second posting undoes what the first did to its book and currency. */
const pair = fc
  .record({ place, other: fc.constantFrom('a', 'b', 'A'), from: ledger, to: ledger, amount })
  .map((given): readonly Posting[] => {
    const isSameSide = debits.includes(given.from) === debits.includes(given.to);
    return [
      { ...given.place, ledger: given.from, amount: given.amount },
      {
        ...given.place,
        accountId: given.other,
        ledger: given.to,
        amount: isSameSide ? 0 - given.amount : given.amount,
      },
    ];
  });
const balanced = fc.array(pair, { maxLength: 8 }).map((pairs) => pairs.flat());

const sumsOf = (postings: readonly Posting[]): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const posting of postings) {
    const at = 'accountId' in posting ? posting.accountId : posting.party;
    const key = [posting.book, at, posting.currency, posting.ledger].join('|');
    sums[key] = (sums[key] ?? 0) + posting.amount;
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
};

test('an entry is the same however its postings are ordered or divided', () => {
  fc.assert(
    fc.property(
      balanced.chain((postings) =>
        fc.tuple(
          fc.constant(postings),
          fc.shuffledSubarray([...postings], { minLength: postings.length }),
          fc.array(fc.nat(100), { minLength: postings.length, maxLength: postings.length }),
        ),
      ),
      ([postings, shuffled, parts]) => {
        const divided = shuffled.flatMap((posting, index) => {
          const part = parts[index] ?? 0;
          return [
            { ...posting, amount: posting.amount - part },
            { ...posting, amount: part },
          ];
        });
        expect(entry(divided)).toEqual(entry(postings));
        expect(entry(entry(postings))).toEqual(entry(postings));
      },
    ),
    { numRuns: 1000 },
  );
});

test('an entry keeps every sum, and names each place once and never with nothing', () => {
  fc.assert(
    fc.property(balanced, (postings) => {
      const kept = entry(postings);
      expect(sumsOf(kept)).toEqual(sumsOf(postings));
      expect(Object.keys(sumsOf(kept))).toHaveLength(kept.length);
      expect(imbalances(kept).size).toBe(0);
    }),
    { numRuns: 1000 },
  );
});

test('an entry that is out of balance is a bug, whatever it is out by', () => {
  fc.assert(
    fc.property(balanced, place, ledger, amount, (postings, at, where, by) => {
      fc.pre(by !== 0);
      expect(() => entry([...postings, { ...at, ledger: where, amount: by }])).toThrow('does not balance');
    }),
    { numRuns: 1000 },
  );
});

test('an entry that balances over two currencies or two books together, and not in each, is a bug', () => {
  const one = { book: 'A', accountId: 'a', ledger: 'bank', currency: 'USD', amount: 100 } as const;
  expect(() => entry([one, { ...one, ledger: 'available', currency: 'EUR' }])).toThrow('does not balance');
  expect(() => entry([one, { ...one, ledger: 'available', book: 'B' }])).toThrow('does not balance');
});

test('the cells of an entry add up to its host postings', () => {
  fc.assert(
    fc.property(balanced, (postings) => {
      const cells = cellChanges(entry(postings)).flatMap(({ changes, ...cell }) =>
        Object.entries(changes).map(([name, sum]): Posting => ({ ...cell, ledger: name as HostLedger, amount: sum })),
      );
      expect(sumsOf(cells)).toEqual(sumsOf(postings));
    }),
    { numRuns: 1000 },
  );
});

test('what is between two hosts touches no cell of either', () => {
  const network = entry([
    { book: 'network', party: 'A', ledger: 'from', currency: 'USD', amount: 10 },
    { book: 'network', party: 'pi_1', ledger: 'transit', currency: 'USD', amount: 10 },
  ]);
  expect(cellChanges(network)).toEqual([]);
});
