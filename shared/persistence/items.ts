/**
 * Domain values to table items and back. What goes without saying is left out: an intent is rewritten on every change, and
 * each kilobyte of an item is paid for twice in a transaction.
 */

import type { HistoryEvent, IntentSummary, StatementEntry } from '../application/ports.ts';
import { visibleToPayeeSide, visibleToPayerSide } from '../domain/authorisation.ts';
import {
  cellChanges,
  type HostLedger,
  inCanonicalOrder,
  isHostPosting,
  type NetworkLedger,
  type Posting,
} from '../domain/books.ts';
import { type AccountKind, type Party, type PaymentIntent, untouched } from '../domain/payment-intent.ts';
import { dueShards, indexKeys, keys, type Subject, shardOf } from './keys.ts';

export type Item = Record<string, unknown>;

const goesWithoutSaying = (name: string, value: unknown): boolean =>
  name in untouched &&
  (Array.isArray(value) ? value.length === 0 : value === untouched[name as keyof typeof untouched]);

const isKeyAttribute = (name: string): boolean => /^(PK|SK|GSI\dPK|GSI\dSK|entity|schemaVersion)$/.test(name);

const withoutKeys = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !isKeyAttribute(name)));

/**
 * What conditions, filters and indexes ask for is an attribute; the rest is JSON text. An item of some eighty nested
 * attributes takes the embedded engine several times as long as one of a dozen, and the SDK as well
 * (docs/decisions/2026-11-22-items-as-text.md).
 */
const attributesOfIntent = ['id', 'type', 'status', 'version', 'dueAt'] as const;
/** What a row of a list shows besides those. */
const summarised = ['payer', 'payee', 'purpose', 'network', 'late', 'createdAt', 'updatedAt'] as const;

const isAmong = <Name extends string>(names: readonly Name[], name: string): name is Name =>
  (names as readonly string[]).includes(name);

/** The intent, under the keys by which the sides that may know of it find it, newest first as ids sort by time, and the clock. */
export function intentItem(intent: PaymentIntent, headHash: string): Item {
  const { payer, payee, id, dueAt, amount } = intent;
  const forPayer = visibleToPayerSide(intent);
  const forPayee = visibleToPayeeSide(intent);
  const said = Object.entries(intent).filter(([name, value]) => !goesWithoutSaying(name, value));
  const part = (isIn: (name: string) => boolean): Item => Object.fromEntries(said.filter(([name]) => isIn(name)));
  const isSummarised = (name: string): boolean => isAmong(summarised, name);
  const isAttribute = (name: string): boolean => name === 'amount' || isAmong(attributesOfIntent, name);
  return {
    ...keys.intent(id),
    entity: 'INTENT',
    schemaVersion: 1,
    ...part((name) => isAmong(attributesOfIntent, name)),
    amountMinor: amount.amount,
    currency: amount.currency,
    ...(intent.network === null || intent.network.transit === 0 ? {} : { transit: intent.network.transit }),
    summary: JSON.stringify({ ...part(isSummarised), payer: storedParty(payer), payee: storedParty(payee) }),
    state: JSON.stringify(part((name) => !isSummarised(name) && !isAttribute(name))),
    headHash,
    ...(forPayer && payer.hostId !== null ? { GSI1PK: indexKeys.outgoingOfHost(payer.hostId), GSI1SK: id } : {}),
    ...(forPayee && payee.hostId !== null ? { GSI2PK: indexKeys.incomingOfHost(payee.hostId), GSI2SK: id } : {}),
    ...(forPayer ? { GSI4PK: indexKeys.outgoingOfAccount(payer.accountId), GSI4SK: id } : {}),
    ...(forPayee ? { GSI5PK: indexKeys.incomingOfAccount(payee.accountId), GSI5SK: id } : {}),
    ...(dueAt === null
      ? {}
      : { GSI6PK: indexKeys.dueIntents(shardOf(id, dueShards)), GSI6SK: indexKeys.due(dueAt, id) }),
  };
}

/** Reads an intent from the table, or as much of it as a list index holds. */
function readIntent(item: Item): PaymentIntent {
  const attributes = Object.fromEntries(attributesOfIntent.map((name) => [name, item[name] ?? null]));
  const amount = { amount: item['amountMinor'], currency: item['currency'] };
  const text = (name: string): Item => (typeof item[name] === 'string' ? (JSON.parse(item[name]) as Item) : {});
  const summary = text('summary');
  const parties = {
    payer: partyFromStored(summary['payer'] as StoredParty),
    payee: partyFromStored(summary['payee'] as StoredParty),
  };
  return {
    ...untouched,
    ...attributes,
    amount,
    ...summary,
    ...parties,
    ...text('state'),
  } as unknown as PaymentIntent;
}

/** Both sides of an intent are in three places of its item; their names without the names of their names are half as long. */
type StoredParty = readonly [string, string, AccountKind, string | null, string | null];

const storedParty = ({ accountId, accountName, accountKind, hostId, hostName }: Party): StoredParty => [
  accountId,
  accountName,
  accountKind,
  hostId,
  hostName,
];

const partyFromStored = ([accountId, accountName, accountKind, hostId, hostName]: StoredParty): Party => ({
  accountId,
  accountName,
  accountKind,
  hostId,
  hostName,
});

export function intentFromItem(item: Item): { intent: PaymentIntent; headHash: string } {
  return { intent: readIntent(item), headHash: item['headHash'] as string };
}

export function summaryFromItem(item: Item): IntentSummary {
  const { id, type, status, version, payer, payee, amount, purpose, network, late, createdAt, updatedAt } =
    readIntent(item);
  return { id, type, status, version, payer, payee, amount, purpose, network, late, createdAt, updatedAt };
}

/** Postings by the part of the book that they are in: book, account or party, currency, and what each ledger gets. */
type StoredPostings = readonly (readonly [string, string, string, Readonly<Record<string, number>>])[];

function storedPostings(postings: readonly Posting[]): string {
  const groups = new Map<string, [string, string, string, Record<string, number>]>();
  for (const posting of postings) {
    const party = isHostPosting(posting) ? posting.accountId : posting.party;
    const key = `${posting.book} ${party} ${posting.currency}`;
    const group = groups.get(key) ?? [posting.book, party, posting.currency, {}];
    group[3][posting.ledger] = posting.amount;
    groups.set(key, group);
  }
  return JSON.stringify([...groups.values()]);
}

function postingsFromItem(item: Item): readonly Posting[] {
  const stored = JSON.parse(item['postings'] as string) as StoredPostings;
  return inCanonicalOrder(
    stored.flatMap(([book, party, currency, sums]) =>
      Object.entries(sums).map(
        ([ledger, amount]): Posting =>
          book === 'network'
            ? { book, party, ledger: ledger as NetworkLedger, currency, amount }
            : { book, accountId: party, ledger: ledger as HostLedger, currency, amount },
      ),
    ),
  );
}

export type AnyEvent = HistoryEvent<{ readonly type: string }>;

/**
 * An event, and a line of a statement for each part of a host's book that it touches: the first rides on the event itself,
 * further ones are small items of their own. The hash of the event before is not written twice: it is that one's.
 */
export function eventItems(subject: Subject, event: AnyEvent): readonly Item[] {
  const { id, subjectId, number, at, effectiveAt, actor, data, hash } = event;
  const { type, ...details } = data;
  const [first, ...others] = cellChanges(event.postings).map(({ book, accountId, currency }) => ({
    accountId,
    currency,
    index: { GSI3PK: indexKeys.book(book), GSI3SK: indexKeys.line(accountId, currency, effectiveAt, id) },
  }));
  const line = {
    eventId: id,
    subjectId,
    number,
    eventType: type,
    postings: storedPostings(event.postings),
    at,
    ...(effectiveAt === at ? {} : { effectiveAt }),
  };
  return [
    {
      ...keys.event(subject, subjectId, number),
      entity: 'EVENT',
      schemaVersion: 1,
      ...line,
      details: JSON.stringify([actor.userId, actor.capacity, details]),
      hash,
      ...first?.index,
    },
    ...others.map(({ accountId, currency, index: indexOfLine }, index) => ({
      ...keys.entry(subject, subjectId, number, index + 1),
      entity: 'ENTRY',
      schemaVersion: 1,
      ...line,
      accountId,
      currency,
      ...indexOfLine,
    })),
  ];
}

/**
 * @typeParam Event the kind of history that the item belongs to
 * @param previousHash the hash of the event before it in the same history; null for the first
 */
export function eventFromItem<Event extends AnyEvent>(item: Item, previousHash: string | null): Event {
  const [userId, capacity, details] = JSON.parse(item['details'] as string) as [string, string, object];
  return {
    id: item['eventId'],
    subjectId: item['subjectId'],
    number: item['number'],
    at: item['at'],
    effectiveAt: item['effectiveAt'] ?? item['at'],
    actor: { userId, capacity },
    data: { type: item['eventType'], ...details },
    postings: postingsFromItem(item),
    previousHash,
    hash: item['hash'],
  } as Event;
}

export function entryFromItem(item: Item): StatementEntry {
  const { eventId, subjectId, number, eventType, at, effectiveAt = at } = item as Omit<StatementEntry, 'postings'>;
  const postings = postingsFromItem(item);
  // The line that rides on the event itself is the one of the first cell that the event touches.
  const [cell] = cellChanges(postings);
  const { accountId = cell?.accountId ?? '', currency = cell?.currency ?? '' } = item as Partial<StatementEntry>;
  return { eventId, subjectId, number, eventType, accountId, currency, effectiveAt, at, postings };
}

/** A plain item: the value's attributes under its keys. */
export function plainItem(entity: string, key: { PK: string; SK: string }, value: object): Item {
  return { ...key, entity, schemaVersion: 1, ...value };
}

export function plainFromItem<Value>(item: Item): Value {
  return withoutKeys(item) as Value;
}
