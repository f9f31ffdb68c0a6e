/** What the application needs from outside; `persistence` and `functions` provide it, tests provide the real thing too. */
import type {
  Account,
  AccountSettings,
  Invitation,
  Membership,
  SuspenseEvent,
  SuspenseRecord,
} from '../domain/account.ts';
import type { Memberships } from '../domain/authorisation.ts';
import type { CellKey, HostLedger, Posting } from '../domain/books.ts';
import type { HoldOwner } from '../domain/hold.ts';
import type { Actor, IntentEvent, PaymentIntent, Status } from '../domain/payment-intent.ts';
import type { PaymentMethod } from '../domain/payment-method.ts';
import type { ContributionChanges, ShownGuard, StoredContribution, StoredHold, Tally } from './contribution-ports.ts';
import type { WebhookChanges } from './webhook-ports.ts';

/** Time and identity are inputs, so that the same command on the same state always decides the same. */
export type Clock = { readonly now: () => string };
/** @param at the moment that the id carries (it is a ULID behind a prefix), so that ids sort by time */
export type Ids = {
  readonly next: (
    prefix: 'pi' | 'acc' | 'evt' | 'hold' | 'sus' | 'inv' | 'con' | 'pm' | 'run' | 'whe',
    at: string,
  ) => string;
};

/** What is remembered of a request that changed something: the same key gives the same answer (requirements A2). */
export type IdempotencyRecord = {
  readonly key: string;
  /** Hash over operation, path, body and preconditions: another request under the same key is refused. */
  readonly fingerprint: string;
  readonly answer: StoredAnswer;
};

/** An answer about an intent is rebuilt from its history as of that version; others are kept as they were given. */
export type StoredAnswer =
  | { readonly kind: 'intent'; readonly status: number; readonly intentId: string; readonly version: number }
  | { readonly kind: 'body'; readonly status: number; readonly body: unknown; readonly version: number | null };

/** The append-only record of one change of anything that has a history; each kind of subject has its own data. */
export type HistoryEvent<Data> = {
  readonly id: string;
  readonly subjectId: string;
  readonly number: number;
  readonly at: string;
  readonly effectiveAt: string;
  readonly actor: Actor;
  readonly data: Data;
  readonly postings: readonly Posting[];
  readonly previousHash: string | null;
  readonly hash: string;
};

/** Everything one command means; it is written in one transaction or not at all. */
export type Change = ContributionChanges & {
  readonly intents: readonly IntentChange[];
  readonly accounts?: readonly AccountChange[];
  readonly memberships?: readonly MembershipChange[];
  readonly invitations?: readonly InvitationChange[];
  /** A person becomes findable by what the OpenID provider calls it, and by nothing else. */
  readonly identities?: readonly IdentityChange[];
  readonly suspense?: readonly SuspenseChange[];
  readonly webhooks?: WebhookChanges;
  /** Parts of books that were found empty, and have to be when it is written: money that came meanwhile is a `conflict`. */
  readonly emptyCells?: readonly CellKey[];
  readonly idempotency?: IdempotencyRecord | undefined;
  /** Imported history may pass through negative balances, as real history did. */
  readonly allowNegative?: boolean;
};

export type IntentChange = {
  readonly before: PaymentIntent | null;
  /** The states that the command may come from (lifecycle table); the store makes them its condition. */
  readonly from?: readonly Status[];
  readonly after: PaymentIntent;
  readonly events: readonly IntentEvent[];
};

export type AccountChange = { readonly before: Account | null; readonly after: Account };

/** Roles of one person at one account; no roles at all removes the membership. */
export type MembershipChange = { readonly before: Membership | null; readonly after: Membership };

/** An invitation is given, and ends once: accepted or revoked, of which only one can be. It is never changed between. */
export type InvitationChange = { readonly kind: 'given' | 'ended'; readonly invitation: Invitation };

export type IdentityLink = KnownIdentity & { readonly issuer: string; readonly subject: string };
/** Whose an identity is never changes; only which address came with it does. */
export type IdentityChange = { readonly before: IdentityLink | null; readonly after: IdentityLink };

/** An identity that belongs to somebody, and the newest address that came with it; null when none that counts has come. */
export type KnownIdentity = { readonly userId: string; readonly address: SignInAddress | null };
/** @property issuedAt when the token was made that named it, in seconds: an older one does not bring an old address back */
export type SignInAddress = { readonly email: string; readonly issuedAt: number };

export type SuspenseChange = {
  readonly before: SuspenseRecord | null;
  readonly after: SuspenseRecord;
  readonly events: readonly SuspenseEvent[];
};

/** Why a transaction did not happen; `conflict` is worth another look at what is there now. */
export type CommitOutcome =
  | { readonly outcome: 'committed' }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'duplicate-key' }
  | { readonly outcome: 'slug-taken' }
  /** A hold is in the way. */
  | { readonly outcome: 'on-hold'; readonly owners: readonly HoldOwner[] }
  | { readonly outcome: 'already-on-hold' }
  /** The period was paid, the message was acted on, or the subscription is another contribution's. */
  | { readonly outcome: 'already-paid' | 'known-news' | 'subscription-taken' }
  | { readonly outcome: 'insufficient'; readonly cell: CellKey; readonly ledger: HostLedger; readonly held: number };

/** What a command reads before it decides, in one round trip. */
export type CommandRead = {
  readonly memberships: Memberships;
  readonly idempotency: IdempotencyRecord | undefined;
  readonly intent: StoredIntent | undefined;
  readonly accounts: ReadonlyMap<string, Account>;
  readonly contribution: StoredContribution | undefined;
  readonly hold: StoredHold | undefined;
  readonly paymentMethod: PaymentMethod | undefined;
  readonly guards: readonly ShownGuard[];
  readonly tally: Tally;
};

/** An intent with the hash that its next event has to point at. */
export type StoredIntent = { readonly intent: PaymentIntent; readonly headHash: string };

export type IntentSummary = Pick<
  PaymentIntent,
  | 'id'
  | 'type'
  | 'status'
  | 'version'
  | 'payer'
  | 'payee'
  | 'amount'
  | 'purpose'
  | 'network'
  | 'late'
  | 'createdAt'
  | 'updatedAt'
>;

export type IntentFilter = {
  readonly status?: string | undefined;
  readonly type?: string | undefined;
  readonly currency?: string | undefined;
  readonly amountMin?: number | undefined;
  readonly amountMax?: number | undefined;
  readonly createdFrom?: string | undefined;
  readonly createdTo?: string | undefined;
  readonly party?: string | undefined;
};

export type Balance = CellKey & { readonly ledgers: Readonly<Partial<Record<HostLedger, number>>> };

/** One line of a statement: what one event did to one account in one currency, with all that was posted beside it. */
export type StatementEntry = {
  readonly eventId: string;
  readonly subjectId: string;
  readonly number: number;
  readonly eventType: string;
  readonly accountId: string;
  readonly currency: string;
  readonly effectiveAt: string;
  readonly at: string;
  readonly postings: readonly Posting[];
};

/** Where a page of a list begins: opaque outside, signed by the HTTP layer. */
export type Position = Readonly<Record<string, unknown>>;
export type Slice<Item> = { readonly items: readonly Item[]; readonly next: Position | undefined };

export type IntentListScope =
  | { readonly by: 'host'; readonly direction: 'outgoing' | 'incoming'; readonly hostId: string }
  | { readonly by: 'account'; readonly direction: 'outgoing' | 'incoming'; readonly accountId: string };

export type Store = {
  readForCommand(query: {
    readonly userId: string;
    readonly idempotencyKey?: string | undefined;
    readonly intentId?: string | undefined;
    readonly accountIds?: readonly string[];
    readonly contributionId?: string | undefined;
    readonly holdId?: string | undefined;
    readonly paymentMethod?: { readonly accountId: string; readonly id: string } | undefined;
    readonly guardsOf?: readonly string[];
    readonly tallyOf?: string | undefined;
  }): Promise<CommandRead>;
  /** @param userId whose idempotency keys these are; @param now when, for what expires */
  commit(change: Change, userId: string, now: string): Promise<CommitOutcome>;

  intent(id: string): Promise<StoredIntent | undefined>;
  intentEvents(id: string, upToVersion?: number): Promise<readonly IntentEvent[]>;
  listIntents(
    scope: IntentListScope,
    filter: IntentFilter,
    limit: number,
    from?: Position,
  ): Promise<Slice<IntentSummary>>;

  memberships(userId: string): Promise<Memberships>;
  members(accountId: string, limit: number, from?: Position): Promise<Slice<Membership>>;
  member(accountId: string, userId: string): Promise<Membership | undefined>;

  /** Until it is accepted or revoked; for a while after it has expired, too. */
  invitation(id: string): Promise<Invitation | undefined>;
  /** Newest first. @param since what was given before this instant is left out */
  invitations(accountId: string, since: string, limit: number, from?: Position): Promise<Slice<Invitation>>;

  account(id: string): Promise<Account | undefined>;
  accounts(ids: readonly string[]): Promise<readonly Account[]>;
  accountBySlug(slug: string): Promise<Account | undefined>;

  balances(book: string, accountId: string): Promise<readonly Balance[]>;
  cells(book: string): AsyncIterable<Balance>;
  statement(
    scope: {
      readonly book: string;
      readonly accountId?: string | undefined;
      readonly currency?: string | undefined;
      readonly from?: string | undefined;
      readonly to?: string | undefined;
    },
    limit: number,
    position?: Position,
  ): Promise<Slice<StatementEntry>>;
  /** Every line of a book up to an instant, or of one account in it. */
  entries(book: string, to?: string, accountId?: string): AsyncIterable<StatementEntry>;
  /** Intents of which something has left and not arrived. */
  intentsInTransit(hostId: string, direction: 'outgoing' | 'incoming'): AsyncIterable<IntentSummary>;

  suspense(
    hostId: string,
    id: string,
  ): Promise<{ readonly record: SuspenseRecord; readonly headHash: string } | undefined>;
  suspenseEvents(id: string): Promise<readonly SuspenseEvent[]>;
  listSuspense(hostId: string, limit: number, from?: Position): Promise<Slice<SuspenseRecord>>;

  /** Intents whose clock has run out, oldest first, of one shard of the due index. */
  due(
    shard: number,
    now: string,
    limit: number,
  ): Promise<readonly { readonly intentId: string; readonly dueAt: string }[]>;

  /** Intents that a host is the payer's or the payee's host of, for verification: ids only. */
  intentIdsOfHost(hostId: string): AsyncIterable<string>;
  /** How many intents were ever begun under a host, and the sum of their first hashes (see `register.ts`). */
  register(hostId: string): Promise<{ readonly intents: number; readonly digest: string }>;

  /** The person behind an identity of the OpenID provider; the mapping never changes once it is made. */
  identity(issuer: string, subject: string): Promise<KnownIdentity | undefined>;
  /** A secret of this system that is made at first use and then stays. */
  secret(name: string, make: () => Uint8Array): Promise<Uint8Array>;
};

export type { AccountSettings };

export type Dependencies = {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly hash: (text: string) => string;
};
