/**
 * Domain values to table items and back. What goes without saying is left out: an intent is rewritten on every change, and
 * each kilobyte of an item is paid for twice in a transaction.
 */

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

/** What an absent attribute of an intent means. */
const intentDefaults = {
  revision: 1,
  fixedSide: 'sent',
  receivingFeeBasisPoints: 0,
  receivingTimeZone: 'UTC',
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

const goesWithoutSaying = (name: string, value: unknown): boolean =>
  name in intentDefaults &&
  (Array.isArray(value) ? value.length === 0 : value === intentDefaults[name as keyof typeof intentDefaults]);

const compact = (intent: PaymentIntent): Item =>
  Object.fromEntries(Object.entries(intent).filter(([name, value]) => !goesWithoutSaying(name, value)));

const isKeyAttribute = (name: string): boolean => /^(PK|SK|GSI\dPK|GSI\dSK|entity|schemaVersion)$/.test(name);

const withoutKeys = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !isKeyAttribute(name)));

/** The intent, under the keys by which the sides that may know of it find it, newest first as ids sort by time, and the clock. */
export function intentItem(intent: PaymentIntent, headHash: string): Item {
  const { payer, payee, id, dueAt } = intent;
  const forPayer = visibleToPayerSide(intent);
  const forPayee = visibleToPayeeSide(intent);
  return {
    ...keys.intent(id),
    entity: 'INTENT',
    schemaVersion: 1,
    ...compact(intent),
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
    postings,
    at,
    ...(effectiveAt === at ? {} : { effectiveAt }),
  };
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

/** @typeParam Event the kind of history that the item belongs to */
export function eventFromItem<Event extends AnyEvent>(item: Item): Event {
  return {
    id: item['eventId'],
    subjectId: item['subjectId'],
    number: item['number'],
    at: item['at'],
    effectiveAt: item['effectiveAt'] ?? item['at'],
    actor: item['actor'],
    data: { type: item['eventType'], ...(item['details'] as object) },
    postings: postingsFromStored((item['postings'] ?? []) as readonly StoredPostings[string][]),
    previousHash: item['previousHash'] ?? null,
    hash: item['hash'],
  } as Event;
}

export function entryFromItem(item: Item): StatementEntry {
  const { eventId, subjectId, number, eventType, at, effectiveAt = at } = item as Omit<StatementEntry, 'postings'>;
  const postings = postingsFromStored((item['postings'] ?? []) as readonly StoredPostings[string][]);
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
