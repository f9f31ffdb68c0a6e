/** What the built-in test processor remembers, so that it is the same processor for every process that asks it. */
import type { Payment } from './processors.ts';

export type TestRecord = {
  /** The key that it was asked under; what it did once under a key it does not do again. */
  readonly key: string;
  /** The contribution that was charged for, or the subscription that was acted on. */
  readonly subject: string;
  /** The period that was charged for; null for a subscription. */
  readonly period: string | null;
  readonly did:
    | 'paid'
    | 'declined'
    | 'began'
    | 'suspended'
    | 'resumed'
    | 'canceled'
    /** Nothing was done, and the one who asked was told so, or was told nothing. */
    | 'turned_away';
  /** What was paid, or will be, with `paid` and `began`. */
  readonly payment: Payment | null;
  /** ISO 8601 UTC. */
  readonly at: string;
};

export type TestLedger = {
  /** @returns what stands under the key now: the given record itself, or the one that was there before */
  putIfAbsent(record: TestRecord): Promise<TestRecord>;
  get(key: string): Promise<TestRecord | undefined>;
  /** Everything of one contribution or subscription, in no particular order. */
  list(subject: string): Promise<readonly TestRecord[]>;
};
