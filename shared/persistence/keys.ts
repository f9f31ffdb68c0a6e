/** Every key of the table is built here; the one that is read back (a position in a list) is read here too. */
import { createHash } from 'node:crypto';

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Fixed width, so that the order of the text is the order of the numbers. */
const padded = (number: number): string => number.toString().padStart(8, '0');

export type Key = { readonly PK: string; readonly SK: string };

export const keys = {
  intent: (id: string): Key => ({ PK: `INTENT#${id}`, SK: 'INTENT' }),
  /** The same for intents and for suspense records: `subject` is the partition that a history lives in. */
  event: (subject: Subject, id: string, number: number): Key => ({
    PK: `${subject}#${id}`,
    SK: `EVENT#${padded(number)}`,
  }),
  eventPrefix: 'EVENT#',
  /** A line of a statement for the second, third, … cell that one event touches. */
  entry: (subject: Subject, id: string, number: number, cell: number): Key => ({
    PK: `${subject}#${id}`,
    SK: `ENTRY#${padded(number)}#${padded(cell)}`,
  }),
  idempotency: (userId: string, key: string): Key => ({
    PK: `IDEMPOTENCY#${userId}#${digest(key)}`,
    SK: 'IDEMPOTENCY',
  }),
  account: (id: string): Key => ({ PK: `ACCOUNT#${id}`, SK: 'ACCOUNT' }),
  slug: (slug: string): Key => ({ PK: `SLUG#${slug}`, SK: 'SLUG' }),
  member: (accountId: string, userId: string): Key => ({ PK: `ACCOUNT#${accountId}`, SK: `MEMBER#${userId}` }),
  memberPrefix: 'MEMBER#',
  memberships: (userId: string): Key => ({ PK: `PERSON#${userId}`, SK: 'MEMBERSHIPS' }),
  identity: (issuer: string, subject: string): Key => ({
    PK: `IDENTITY#${digest(`${issuer}\n${subject}`)}`,
    SK: 'IDENTITY',
  }),
  email: (email: string): Key => ({ PK: `EMAIL#${digest(email.trim().toLowerCase())}`, SK: 'EMAIL' }),
  cell: (book: string, accountId: string, currency: string): Key => ({
    PK: `BOOK#${book}`,
    SK: `CELL#${accountId}#${currency}`,
  }),
  cellPrefix: (accountId?: string): string => (accountId === undefined ? 'CELL#' : `CELL#${accountId}#`),
  suspense: (hostId: string, id: string): Key => ({ PK: `HOST#${hostId}`, SK: `SUSPENSE#${id}` }),
  suspensePrefix: 'SUSPENSE#',
  register: (hostId: string, shard: number): Key => ({ PK: `REGISTER#${hostId}`, SK: `SHARD#${padded(shard)}` }),
  secret: (name: string): Key => ({ PK: `SECRET#${name}`, SK: 'SECRET' }),
} as const;

export type Subject = 'INTENT' | 'SUSPENSE';

/** Index keys; the attribute names are generic, the access pattern is in the function's name. */
export const indexKeys = {
  outgoingOfHost: (hostId: string) => `HOST#${hostId}#OUT`,
  incomingOfHost: (hostId: string) => `HOST#${hostId}#IN`,
  outgoingOfAccount: (accountId: string) => `ACCOUNT#${accountId}#OUT`,
  incomingOfAccount: (accountId: string) => `ACCOUNT#${accountId}#IN`,
  byCreation: (createdAt: string, id: string) => `${createdAt}#${id}`,
  book: (hostId: string) => `BOOK#${hostId}`,
  line: (accountId: string, currency: string, effectiveAt: string, eventId: string) =>
    `${accountId}#${currency}#${effectiveAt}#${eventId}`,
  dueIntents: (shard: number) => `DUE#INTENT#${padded(shard)}`,
  due: (dueAt: string, id: string) => `${dueAt}#${id}`,
} as const;

/** Where a page of a list ended, as the position that the next one starts from. */
export function fromCreationKey(key: string): { readonly createdAt: string; readonly id: string } {
  const [createdAt = '', id = ''] = key.split('#');
  return { createdAt, id };
}

/** Enough that no index partition gets hot, few enough that a sweep asks each in a moment. */
export const dueShards = 8;
export const registerShards = 16;

/** Spreads ids evenly and always the same way. */
export const shardOf = (id: string, shards: number): number =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % shards;
