/** Domain values to table items and back. Null and empty attributes are left out: an intent is rewritten on every change. */

import type { StatementEntry } from '../application/ports.ts';
import type { SuspenseEvent } from '../domain/account.ts';
import { visibleToPayeeSide, visibleToPayerSide } from '../domain/authorisation.ts';
import {
  cellChanges,
  type HostLedger,
  inCanonicalOrder,
  isHostPosting,
  type NetworkLedger,
  type Posting,
} from '../domain/books.ts';
import type { IntentEvent, PaymentIntent } from '../domain/payment-intent.ts';
import { dueShards, indexKeys, keys, type Subject, shardOf } from './keys.ts';

export type Item = Record<string, unknown>;

const isAbsent = (value: unknown): boolean =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0);

const compact = (item: Item): Item => Object.fromEntries(Object.entries(item).filter(([, value]) => !isAbsent(value)));

/** What an absent attribute of an intent means. */
const intentDefaults = {
  costLimit: null,
  tier: null,
  destination: null,
  deadlineAt: null,
  policy: null,
  approvals: [],
  approvedAt: null,
  reserved: null,
  send: null,
  receipts: [],
  returned: null,
  network: null,
  expectation: null,
  trace: null,
  late: null,
  holds: [],
  writeOff: null,
  reason: null,
  sendsBackId: null,
  reversal: null,
  source: null,
  dueAt: null,
} satisfies Partial<PaymentIntent>;

const isKeyAttribute = (name: string): boolean => /^(PK|SK|GSI\dPK|GSI\dSK|entity|schemaVersion)$/.test(name);

const withoutKeys = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !isKeyAttribute(name)));

/** The intent, under the keys by which the sides that may know of it find it, and the clock if it waits for it. */
export function intentItem(intent: PaymentIntent, headHash: string): Item {
  const { payer, payee, id, createdAt, dueAt } = intent;
  const created = indexKeys.byCreation(createdAt, id);
  const forPayer = visibleToPayerSide(intent);
  const forPayee = visibleToPayeeSide(intent);
  return {
    ...keys.intent(id),
    entity: 'INTENT',
    schemaVersion: 1,
    ...compact(intent),
    headHash,
    ...(forPayer && payer.hostId !== null ? { GSI1PK: indexKeys.outgoingOfHost(payer.hostId), GSI1SK: created } : {}),
    ...(forPayee && payee.hostId !== null ? { GSI2PK: indexKeys.incomingOfHost(payee.hostId), GSI2SK: created } : {}),
    ...(forPayer ? { GSI4PK: indexKeys.outgoingOfAccount(payer.accountId), GSI4SK: created } : {}),
    ...(forPayee ? { GSI5PK: indexKeys.incomingOfAccount(payee.accountId), GSI5SK: created } : {}),
    ...(dueAt === null
      ? {}
      : { GSI6PK: indexKeys.dueIntents(shardOf(id, dueShards)), GSI6SK: indexKeys.due(dueAt, id) }),
  };
}

export function intentFromItem(item: Item): { intent: PaymentIntent; headHash: string } {
  const { headHash, ...attributes } = withoutKeys(item);
  return { intent: { ...intentDefaults, ...attributes } as unknown as PaymentIntent, headHash: headHash as string };
}

/** Postings by the part of the book that they are in: a third of the size of a list of postings. */
type StoredPostings = Record<string, { at: readonly [string, string, string]; sums: Record<string, number> }>;

function storedPostings(postings: readonly Posting[]): readonly StoredPostings[string][] {
  const groups: StoredPostings = {};
  for (const posting of postings) {
    const party = isHostPosting(posting) ? posting.accountId : posting.party;
    const key = `${posting.book} ${party} ${posting.currency}`;
    const group = groups[key] ?? { at: [posting.book, party, posting.currency], sums: {} };
    group.sums[posting.ledger] = posting.amount;
    groups[key] = group;
  }
  return Object.values(groups);
}

function postingsFromStored(stored: readonly StoredPostings[string][]): readonly Posting[] {
  return inCanonicalOrder(
    stored.flatMap(({ at: [book, party, currency], sums }) =>
      Object.entries(sums).map(
        ([ledger, amount]): Posting =>
          book === 'network'
            ? { book, party, ledger: ledger as NetworkLedger, currency, amount }
            : { book, accountId: party, ledger: ledger as HostLedger, currency, amount },
      ),
    ),
  );
}

type AnyEvent = IntentEvent | SuspenseEvent;

/**
 * An event, and a line of a statement for each part of a host's book that it touches: the first rides on the event itself,
 * further ones are small items of their own.
 */
export function eventItems(subject: Subject, event: AnyEvent): readonly Item[] {
  const { id, subjectId, number, at, effectiveAt, actor, data, previousHash, hash } = event;
  const { type, ...details } = data;
  const postings = storedPostings(event.postings);
  const lines = cellChanges(event.postings).map(({ book, accountId, currency }) => ({
    accountId,
    currency,
    GSI3PK: indexKeys.book(book),
    GSI3SK: indexKeys.line(accountId, currency, effectiveAt, id),
  }));
  const line = { eventId: id, subjectId, number, eventType: type, postings, effectiveAt, at };
  const [first, ...others] = lines;
  return [
    {
      ...keys.event(subject, subjectId, number),
      entity: 'EVENT',
      schemaVersion: 1,
      ...line,
      actor,
      details,
      ...(previousHash === null ? {} : { previousHash }),
      hash,
      ...first,
    },
    ...others.map((keysOfLine, index) => ({
      ...keys.entry(subject, subjectId, number, index + 1),
      entity: 'ENTRY',
      schemaVersion: 1,
      ...line,
      ...keysOfLine,
    })),
  ];
}

/** @typeParam Event the kind of history that the item belongs to */
export function eventFromItem<Event extends AnyEvent>(item: Item): Event {
  return {
    id: item['eventId'],
    subjectId: item['subjectId'],
    number: item['number'],
    at: item['at'],
    effectiveAt: item['effectiveAt'],
    actor: item['actor'],
    data: { type: item['eventType'], ...(item['details'] as object) },
    postings: postingsFromStored((item['postings'] ?? []) as readonly StoredPostings[string][]),
    previousHash: item['previousHash'] ?? null,
    hash: item['hash'],
  } as Event;
}

export function entryFromItem(item: Item): StatementEntry {
  const { eventId, subjectId, number, eventType, accountId, currency, effectiveAt, at } = item as Omit<
    StatementEntry,
    'postings'
  >;
  const postings = postingsFromStored((item['postings'] ?? []) as readonly StoredPostings[string][]);
  return { eventId, subjectId, number, eventType, accountId, currency, effectiveAt, at, postings };
}

/** A plain item: the value's attributes under its keys. */
export function plainItem(entity: string, key: { PK: string; SK: string }, value: object): Item {
  return { ...key, entity, schemaVersion: 1, ...value };
}

export function plainFromItem<Value>(item: Item): Value {
  return withoutKeys(item) as Value;
}
