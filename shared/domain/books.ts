/**
 * The books. Every entry is a list of postings that balances per book and currency; a host's book holds what the host has
 * in the bank against what it owes, and the network book holds what is between two hosts, per intent.
 */

/** Ledger accounts of a host's book. */
export type HostLedger =
  | 'bank'
  | 'available'
  | 'reserved'
  | 'suspense'
  | 'fees:host'
  | 'fees:platform'
  | 'fees:processor'
  | 'costs:transfer'
  | 'costs:loss'
  | 'costs:processor';

/** Ledger accounts that say whose the money in the bank is, or that nobody knows yet. */
export const owedLedgers = ['available', 'reserved', 'suspense'] as const satisfies readonly HostLedger[];

/** Ledger accounts of the network book; `lost` names its cause. */
export type NetworkLedger = 'from' | 'transit' | 'to' | 'back' | 'lost:intermediary' | 'lost:writeoff' | 'lost:fee';

/** A posting in the book of the host `book`, in the part of it that belongs to `accountId`. */
export type HostPosting = {
  readonly book: string;
  readonly accountId: string;
  readonly ledger: HostLedger;
  readonly currency: string;
  /** Minor units; positive raises the ledger account, whatever its side. */
  readonly amount: number;
};

/** A posting in the network book. `party` is the host that `from`, `to` and `back` name, the intent for the others. */
export type NetworkPosting = {
  readonly book: 'network';
  readonly party: string;
  readonly ledger: NetworkLedger;
  readonly currency: string;
  readonly amount: number;
};

export type Posting = HostPosting | NetworkPosting;

/**
 * Which side raises a ledger account. What a host has and what it spent are debits; what it owes and what it earned are
 * credits. In the network book the money that left (`from`) stands against where it is now.
 */
const sides: Record<HostLedger | NetworkLedger, 'debit' | 'credit'> = {
  bank: 'debit',
  'costs:transfer': 'debit',
  'costs:loss': 'debit',
  'costs:processor': 'debit',
  available: 'credit',
  reserved: 'credit',
  suspense: 'credit',
  'fees:host': 'credit',
  'fees:platform': 'credit',
  'fees:processor': 'credit',
  from: 'credit',
  transit: 'debit',
  to: 'debit',
  back: 'debit',
  'lost:intermediary': 'debit',
  'lost:writeoff': 'debit',
  'lost:fee': 'debit',
};

export const hostLedgers = [
  'bank',
  'available',
  'reserved',
  'suspense',
  'fees:host',
  'fees:platform',
  'fees:processor',
  'costs:transfer',
  'costs:loss',
  'costs:processor',
] as const satisfies readonly HostLedger[];

/** @returns the amount as a debit: positive for what is had or spent, negative for what is owed or earned. */
export function asDebit(ledger: HostLedger | NetworkLedger, amount: number): number {
  return sides[ledger] === 'debit' ? amount : amount === 0 ? 0 : -amount;
}

export const isHostPosting = (posting: Posting): posting is HostPosting => posting.book !== 'network';

/** @returns what each book and currency is out of balance by; empty for a balanced entry. */
export function imbalances(postings: readonly Posting[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const posting of postings) {
    const key = `${posting.book} ${posting.currency}`;
    sums.set(key, (sums.get(key) ?? 0) + asDebit(posting.ledger, posting.amount));
  }
  return new Map([...sums].filter(([, sum]) => sum !== 0));
}

/**
 * Drops postings of nothing, adds up postings to one ledger account, and asserts that the rest balances: an unbalanced
 * entry is a bug, never a refusal. The order is canonical, so that an entry reads back from the table as it was hashed.
 */
export function entry(postings: readonly Posting[]): readonly Posting[] {
  const merged = new Map<string, Posting>();
  for (const posting of postings) {
    const key = placeOf(posting);
    merged.set(key, { ...posting, amount: (merged.get(key)?.amount ?? 0) + posting.amount });
  }
  const kept = inCanonicalOrder([...merged.values()].filter((posting) => posting.amount !== 0));
  const wrong = imbalances(kept);
  if (wrong.size > 0 || kept.some((posting) => !Number.isSafeInteger(posting.amount))) {
    throw new Error(`Entry does not balance: ${JSON.stringify([...wrong])}`);
  }
  return kept;
}

const placeOf = (posting: Posting): string =>
  [posting.book, isHostPosting(posting) ? posting.accountId : posting.party, posting.currency, posting.ledger].join(
    ' ',
  );

export function inCanonicalOrder(postings: readonly Posting[]): readonly Posting[] {
  return [...postings].sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1));
}

/**
 * A cell is the part of a host's book that belongs to one account in one currency: one item, one write per movement.
 * The bank's total is kept as the sum of the cells' shares, so that a busy host has no single item that everything waits for.
 */
export type CellKey = { readonly book: string; readonly accountId: string; readonly currency: string };

export type CellChange = CellKey & { readonly changes: Readonly<Partial<Record<HostLedger, number>>> };

/** Groups an entry's host postings by cell, adding up postings to the same ledger account. */
export function cellChanges(postings: readonly Posting[]): readonly CellChange[] {
  const cells = new Map<string, CellKey & { changes: Partial<Record<HostLedger, number>> }>();
  for (const posting of postings.filter(isHostPosting)) {
    const key = `${posting.book} ${posting.accountId} ${posting.currency}`;
    const cell = cells.get(key) ?? {
      book: posting.book,
      accountId: posting.accountId,
      currency: posting.currency,
      changes: {},
    };
    cell.changes[posting.ledger] = (cell.changes[posting.ledger] ?? 0) + posting.amount;
    cells.set(key, cell);
  }
  return [...cells.values()];
}
