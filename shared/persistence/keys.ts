/** Every key of the table is built here, and nothing is ever parsed back out of one. */
import { createHash } from 'node:crypto';
import { encodeTime } from 'ulid';

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
  /** An invitation is kept twice: by its id for who comes with the code, and with the account for its list. */
  invitation: (id: string): Key => ({ PK: `INVITATION#${id}`, SK: 'INVITATION' }),
  invitationOf: (accountId: string, id: string): Key => ({ PK: `ACCOUNT#${accountId}`, SK: `INVITATION#${id}` }),
  memberships: (userId: string): Key => ({ PK: `PERSON#${userId}`, SK: 'MEMBERSHIPS' }),
  identity: (issuer: string, subject: string): Key => ({
    PK: `IDENTITY#${digest(`${issuer}\n${subject}`)}`,
    SK: 'IDENTITY',
  }),
  cell: (book: string, accountId: string, currency: string): Key => ({
    PK: `BOOK#${book}`,
    SK: `CELL#${accountId}#${currency}`,
  }),
  cellPrefix: (accountId?: string): string => (accountId === undefined ? 'CELL#' : `CELL#${accountId}#`),
  suspense: (hostId: string, id: string): Key => ({ PK: `HOST#${hostId}`, SK: `SUSPENSE#${id}` }),
  suspensePrefix: 'SUSPENSE#',
  contribution: (id: string): Key => ({ PK: `CONTRIBUTION#${id}`, SK: 'CONTRIBUTION' }),
  /** One for each period that was paid, or each payment that a processor reports: there is no second. */
  paid: (contributionId: string, what: string): Key => ({ PK: `CONTRIBUTION#${contributionId}`, SK: `PAID#${what}` }),
  hold: (id: string): Key => ({ PK: `HOLD#${id}`, SK: 'HOLD' }),
  /** What the holds of an account come to, in copies, so that charges of one collective do not wait for each other. */
  guard: (accountId: string, shard: number): Key => ({ PK: `GUARD#${accountId}#${padded(shard)}`, SK: 'GUARD' }),
  /** How many contributions an account receives, and how much, by processor, currency and interval. */
  tally: (accountId: string): Key => ({ PK: `TALLY#${accountId}`, SK: 'TALLY' }),
  paymentMethod: (accountId: string, id: string): Key => ({
    PK: `PAYMENT_METHODS#${accountId}`,
    SK: `PAYMENT_METHOD#${id}`,
  }),
  paymentMethodPrefix: 'PAYMENT_METHOD#',
  /** Whose a subscription at a processor is here. */
  subscription: (processor: string, reference: string): Key => ({
    PK: `SUBSCRIPTION#${processor}#${digest(reference)}`,
    SK: 'SUBSCRIPTION',
  }),
  /** A message of a processor that was acted on. */
  news: (news: { readonly processor: string; readonly hostId: string; readonly eventId: string }): Key => ({
    PK: `NEWS#${news.processor}#${news.hostId}#${digest(news.eventId)}`,
    SK: 'NEWS',
  }),
  /** What somebody was told of an event: by whom and by what it is, so that nobody is told twice. Ids sort by time. */
  notice: (userId: string, eventId: string): Key => ({ PK: `INBOX#${userId}`, SK: `NOTICE#${eventId}` }),
  noticePrefix: 'NOTICE#',
  /** What is unread, and what somebody has chosen for themselves. */
  inbox: (userId: string): Key => ({ PK: `INBOX#${userId}`, SK: 'COUNTS' }),
  /** What is to be in somebody's next e-mail of the day. */
  digest: (userId: string): Key => ({ PK: `INBOX#${userId}`, SK: 'DIGEST' }),
  /** Which page of those who give has handed on; a position is short, and the same each time. */
  handedOn: (eventId: string, from: unknown): Key => ({ PK: `LATER#${eventId}`, SK: `GIVERS#${JSON.stringify(from)}` }),
  /** Others who are told of an event when nobody of a host has acted. */
  later: (eventId: string, hostId: string): Key => ({ PK: `LATER#${eventId}#${hostId}`, SK: 'LATER' }),
  webhookEndpoint: (hostId: string, id: string): Key => ({
    PK: `WEBHOOK_ENDPOINTS#${hostId}`,
    SK: `WEBHOOK_ENDPOINT#${id}`,
  }),
  webhookEndpointPrefix: 'WEBHOOK_ENDPOINT#',
  /** How many a host has ever registered: each registration passes through it. */
  webhookRegistrations: (hostId: string): Key => ({ PK: `WEBHOOK_ENDPOINTS#${hostId}`, SK: 'REGISTRATIONS' }),
  /** One for each event: what comes twice makes no second one. Ids of events sort by time. */
  webhookDelivery: (endpointId: string, eventId: string): Key => ({
    PK: `WEBHOOK_ENDPOINT#${endpointId}`,
    SK: `DELIVERY#${eventId}`,
  }),
  webhookDeliveryPrefix: 'DELIVERY#',
  /** When a test of it was last asked for. */
  webhookTest: (endpointId: string): Key => ({ PK: `WEBHOOK_ENDPOINT#${endpointId}`, SK: 'TEST' }),
  webhookEvent: (endpointId: string, number: number): Key => ({
    PK: `WEBHOOK_ENDPOINT#${endpointId}`,
    SK: `EVENT#${padded(number)}`,
  }),
  batchRun: (id: string): Key => ({ PK: 'BATCH_RUNS', SK: `RUN#${id}` }),
  batchRunPrefix: 'RUN#',
  batchRollout: { PK: 'BATCH_ROLLOUT', SK: 'ROLLOUT' },
  batchRolloutChange: (version: number): Key => ({ PK: 'BATCH_ROLLOUT', SK: `CHANGE#${padded(version)}` }),
  batchRolloutChangePrefix: 'CHANGE#',
  register: (hostId: string, shard: number): Key => ({ PK: `REGISTER#${hostId}`, SK: `SHARD#${padded(shard)}` }),
  secret: (name: string): Key => ({ PK: `SECRET#${name}`, SK: 'SECRET' }),
} as const;

export type Subject = 'INTENT' | 'SUSPENSE' | 'CONTRIBUTION' | 'HOLD';

/** Index keys; the attribute names are generic, the access pattern is in the function's name. */
export const indexKeys = {
  outgoingOfHost: (hostId: string) => `HOST#${hostId}#OUT`,
  incomingOfHost: (hostId: string) => `HOST#${hostId}#IN`,
  outgoingOfAccount: (accountId: string) => `ACCOUNT#${accountId}#OUT`,
  incomingOfAccount: (accountId: string) => `ACCOUNT#${accountId}#IN`,
  book: (hostId: string) => `BOOK#${hostId}`,
  line: (accountId: string, currency: string, effectiveAt: string, eventId: string) =>
    `${accountId}#${currency}#${effectiveAt}#${eventId}`,
  dueIntents: (shard: number) => `DUE#INTENT#${padded(shard)}`,
  contributionsOfHost: (hostId: string) => `HOST#${hostId}#CONTRIBUTIONS`,
  setAsideOfHost: (hostId: string) => `HOST#${hostId}#SET_ASIDE`,
  contributionsFrom: (accountId: string) => `ACCOUNT#${accountId}#GIVEN`,
  contributionsTo: (accountId: string) => `ACCOUNT#${accountId}#RECEIVED`,
  holdsOf: (accountId: string) => `ACCOUNT#${accountId}#HOLDS`,
  dueContributions: (shard: number) => `DUE#CONTRIBUTION#${padded(shard)}`,
  dueLater: (shard: number) => `DUE#LATER#${padded(shard)}`,
  dueDigests: (shard: number) => `DUE#DIGEST#${padded(shard)}`,
  dueDeliveries: (shard: number) => `DUE#WEBHOOK#${padded(shard)}`,
  /** Holds are few: one partition of the due index has them all. */
  dueHolds: () => 'DUE#HOLD',
  due: (dueAt: string, id: string) => `${dueAt}#${id}`,
} as const;

/** The range of ids that were made between two instants, both included; an id is a ULID behind its prefix. */
export function idsMadeBetween(
  prefix: string,
  from: string | undefined,
  to: string | undefined,
): readonly [string, string] {
  const time = (instant: string): string => encodeTime(Date.parse(instant), ulidTimeLength);
  return [`${prefix}_${from === undefined ? '' : time(from)}`, `${prefix}_${to === undefined ? '' : time(to)}${last}`];
}

const ulidTimeLength = 10;

/** Sorts after every key with the same beginning. */
export const last = '\uffff';

/** Enough that no index partition gets hot, few enough that a sweep asks each in a moment. */
export const dueShards = 8;
export const registerShards = 16;
/** Charges of one collective pass through its guard, two writes each; a hold writes all of its copies in one transaction. */
export const guardShards = 8;

/** Spreads ids evenly and always the same way. */
export const shardOf = (id: string, shards: number): number =>
  createHash('sha256').update(id).digest().readUInt32BE(0) % shards;
