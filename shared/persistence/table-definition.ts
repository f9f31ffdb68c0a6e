/**
 * The one table. The CDK data stack, the local runtime and the store tests all create it from this definition, so the
 * keys that the stores write and the indexes that exist cannot drift apart. `docs/access-patterns.md` says what each is for.
 */

export type IndexDefinition = {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  /** Attributes copied into the index; `undefined` copies the keys alone. */
  readonly attributes?: readonly string[];
};

/** What a row of a list of payment intents shows; kept short, because every change of an intent rewrites it in two indexes. */
export const summaryAttributes = [
  'id',
  'type',
  'status',
  'version',
  'amountMinor',
  'currency',
  'transit',
  'summary',
] as const;

/** What a line of a statement shows. */
export const entryAttributes = [
  'eventId',
  'subjectId',
  'number',
  'eventType',
  'accountId',
  'currency',
  'postings',
  'effectiveAt',
  'at',
] as const;

export const tableDefinition = {
  partitionKey: 'PK',
  sortKey: 'SK',
  timeToLiveAttribute: 'expiresAtSeconds',
  stream: 'NEW_IMAGE',
  indexes: [
    /** Payment intents by the payer's host, newest first. */
    { name: 'GSI1', partitionKey: 'GSI1PK', sortKey: 'GSI1SK', attributes: summaryAttributes },
    /** Payment intents by the payee's host, newest first. */
    { name: 'GSI2', partitionKey: 'GSI2PK', sortKey: 'GSI2SK', attributes: summaryAttributes },
    /** Entries of a host's book by account, currency and date. */
    { name: 'GSI3', partitionKey: 'GSI3PK', sortKey: 'GSI3SK', attributes: entryAttributes },
    /** Payment intents by the payer account: keys alone, so that a change of status does not rewrite it. */
    { name: 'GSI4', partitionKey: 'GSI4PK', sortKey: 'GSI4SK' },
    /** Payment intents by the payee account: keys alone. */
    { name: 'GSI5', partitionKey: 'GSI5PK', sortKey: 'GSI5SK' },
    /** Sparse and sharded: everything that waits for the clock. */
    {
      name: 'GSI6',
      partitionKey: 'GSI6PK',
      sortKey: 'GSI6SK',
      attributes: ['id', 'dueAt', 'hostId', 'slot', 'processor'],
    },
  ] satisfies readonly IndexDefinition[],
} as const;
