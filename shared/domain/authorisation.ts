/**
 * Who may do what: one pure table (action × capacity), and one function that reads it. A capacity is a role that a person
 * holds at an account that stands in some relation to the thing acted on: `finance_lead@payer_host`.
 */
import type { PaymentIntent } from './payment-intent.ts';

export const roles = ['host_admin', 'finance_lead', 'collective_admin', 'accountant', 'platform_admin'] as const;
export type Role = (typeof roles)[number];

/** Roles by account id, as the caller's memberships item holds them. */
export type Memberships = Readonly<Record<string, readonly Role[]>>;

export type Caller = { readonly userId: string; readonly memberships: Memberships };

type HostRole = 'host_admin' | 'finance_lead' | 'accountant';

/** `admin@…` is whoever speaks for an account: its collective admins, its host admins if it is a host, or the person itself. */
export type Capacity =
  | 'author'
  | 'admin@payer'
  | 'admin@payee'
  | 'collective_admin@payer'
  | 'accountant@payer'
  | 'accountant@payee'
  | `${HostRole}@payer_host`
  | `${HostRole}@payee_host`
  | 'admin@account'
  | 'accountant@account'
  | 'finance_lead@account'
  | `${HostRole}@account_host`
  | 'host_admin@applied_host'
  | 'platform_admin'
  | 'signed_in';

const intentReaders = [
  'author',
  'admin@payer',
  'admin@payee',
  'accountant@payer',
  'accountant@payee',
  'host_admin@payer_host',
  'finance_lead@payer_host',
  'accountant@payer_host',
  'host_admin@payee_host',
  'finance_lead@payee_host',
  'accountant@payee_host',
] as const;

const accountReaders = [
  'admin@account',
  'finance_lead@account',
  'accountant@account',
  'host_admin@account_host',
  'finance_lead@account_host',
  'accountant@account_host',
] as const;

/** Actions on accounts and hosts; those on payment intents are in the lifecycle table (`by`). */
export const permissions = {
  readPaymentIntent: intentReaders,
  createPaymentIntentAsPayer: ['admin@payer', 'host_admin@payer_host', 'finance_lead@payer_host'],
  /** The payee asks. The payee's host asks for money from outside only: it knows the money that is promised to it. */
  createPaymentIntentAsPayee: ['admin@payee'],
  createPaymentIntentFromOutside: ['admin@payee', 'host_admin@payee_host', 'finance_lead@payee_host'],

  createHost: ['platform_admin'],
  createAccount: ['signed_in'],
  readAccount: [...accountReaders, 'host_admin@applied_host', 'platform_admin'],
  updateAccount: ['admin@account', 'host_admin@account_host'],
  readMembers: accountReaders,
  changeMembers: ['admin@account', 'host_admin@account_host'],
  readBalances: accountReaders,
  applyToHost: ['admin@account'],
  acceptHosting: ['host_admin@applied_host'],
  leaveHost: ['admin@account', 'host_admin@account_host'],

  managePaymentMethods: ['admin@account'],
  /** Of the contributor's account: somebody else's money is nobody else's to promise. */
  createContribution: ['admin@account'],
  /** Of the contributor's account. */
  readGivenContributions: ['admin@account', 'accountant@account'],
  /** Of the account that receives, or of a host that holds the money of those that do. */
  readReceivedContributions: accountReaders,
  cancelOwnContribution: ['admin@account'],
  cancelReceivedContribution: ['host_admin@account_host', 'finance_lead@account_host'],
  takeUpContribution: ['host_admin@account_host', 'finance_lead@account_host'],
  confirmPeriod: ['host_admin@account_host', 'finance_lead@account_host'],

  /** Who holds in the name of whom: a host its own account and what it hosts, a collective itself, a contributor what it gives. */
  holdAsHost: ['host_admin@account_host', 'finance_lead@account_host', 'admin@account', 'finance_lead@account'],
  holdAsCollective: ['admin@account'],
  holdAsContributor: ['admin@account'],
  holdAsPlatform: ['platform_admin'],
  readHolds: [...accountReaders, 'platform_admin'],

  readBatch: ['platform_admin'],
  changeBatchRollout: ['platform_admin'],
  readDeadLetters: ['platform_admin'],
  replayDeadLetters: ['platform_admin'],

  readHostSettings: ['admin@account', 'finance_lead@account', 'accountant@account'],
  changeHostSettings: ['admin@account'],
  /** Where programs of the host are told, and what became of it. Whoever sets that up can have everything told to anybody. */
  readWebhookEndpoints: ['admin@account', 'finance_lead@account'],
  manageWebhookEndpoints: ['admin@account'],
  readBooks: ['admin@account', 'finance_lead@account', 'accountant@account'],
  recordSuspense: ['admin@account', 'finance_lead@account'],
} as const satisfies Record<string, readonly Capacity[]>;

export type Action = keyof typeof permissions;

type AccountLike = { readonly id: string; readonly hostId: string | null; readonly appliedHostId?: string | null };

const has = (caller: Caller, accountId: string | null | undefined, role: Role): boolean =>
  accountId != null && (caller.memberships[accountId]?.includes(role) ?? false);

const speaksFor = (caller: Caller, accountId: string): boolean =>
  caller.userId === accountId || has(caller, accountId, 'collective_admin') || has(caller, accountId, 'host_admin');

const platformCapacity = (caller: Caller): readonly Capacity[] =>
  Object.values(caller.memberships).some((held) => held.includes('platform_admin')) ? ['platform_admin'] : [];

/** @returns every capacity that the caller has towards an intent. */
export function capacitiesForIntent(
  caller: Caller,
  intent: Pick<PaymentIntent, 'payer' | 'payee'> & { readonly author?: PaymentIntent['author'] },
): readonly Capacity[] {
  const { payer, payee, author } = intent;
  const found: (Capacity | false)[] = [
    speaksFor(caller, payer.accountId) && 'admin@payer',
    speaksFor(caller, payee.accountId) && 'admin@payee',
    has(caller, payer.accountId, 'collective_admin') && 'collective_admin@payer',
    has(caller, payer.accountId, 'accountant') && 'accountant@payer',
    has(caller, payee.accountId, 'accountant') && 'accountant@payee',
    has(caller, payer.hostId, 'host_admin') && 'host_admin@payer_host',
    has(caller, payer.hostId, 'finance_lead') && 'finance_lead@payer_host',
    has(caller, payer.hostId, 'accountant') && 'accountant@payer_host',
    has(caller, payee.hostId, 'host_admin') && 'host_admin@payee_host',
    has(caller, payee.hostId, 'finance_lead') && 'finance_lead@payee_host',
    has(caller, payee.hostId, 'accountant') && 'accountant@payee_host',
  ];
  const held = found.filter((capacity) => capacity !== false);
  // An author who was taken off the team since is an author no longer: memberships decide, not history.
  const isAuthor = author?.userId === caller.userId && held.some(author.side === 'payer' ? isPayerSide : isPayeeSide);
  return isAuthor ? ['author', ...held] : held;
}

/** @returns every capacity that the caller has towards an account (or a host, which is an account too). */
export function capacitiesForAccount(caller: Caller, account: AccountLike): readonly Capacity[] {
  const found: (Capacity | false)[] = [
    'signed_in',
    speaksFor(caller, account.id) && 'admin@account',
    has(caller, account.id, 'finance_lead') && 'finance_lead@account',
    has(caller, account.id, 'accountant') && 'accountant@account',
    has(caller, account.hostId, 'host_admin') && 'host_admin@account_host',
    has(caller, account.hostId, 'finance_lead') && 'finance_lead@account_host',
    has(caller, account.hostId, 'accountant') && 'accountant@account_host',
    has(caller, account.appliedHostId, 'host_admin') && 'host_admin@applied_host',
  ];
  return [...found.filter((capacity) => capacity !== false), ...platformCapacity(caller)];
}

export const capacitiesForPlatform = (caller: Caller): readonly Capacity[] => [
  'signed_in',
  ...platformCapacity(caller),
];

/** @returns the first capacity held that the table allows, in the table's order; `undefined` means no. */
export function allowedBy<Allowed extends string>(
  allowed: readonly Allowed[],
  held: readonly string[],
): Allowed | undefined {
  return allowed.find((capacity) => held.includes(capacity));
}

export const may = (action: Action, held: readonly Capacity[]): boolean =>
  allowedBy<Capacity>(permissions[action], held) !== undefined;

/**
 * Whether the intent may be known to somebody with these capacities. A request is its author's side's own business until it
 * is submitted; the other side learns of it when it becomes a promise: the payer when asked, the payee once approved.
 */
export function isVisible(
  intent: Pick<PaymentIntent, 'author' | 'policy' | 'approvedAt' | 'payer'>,
  held: readonly Capacity[],
): boolean {
  return (
    (held.some(isPayerSide) && visibleToPayerSide(intent)) || (held.some(isPayeeSide) && visibleToPayeeSide(intent))
  );
}

const isPayerSide = (capacity: Capacity): boolean => capacity.includes('@payer');
const isPayeeSide = (capacity: Capacity): boolean => capacity.includes('@payee');

export const visibleToPayerSide = (intent: Pick<PaymentIntent, 'author' | 'policy'>): boolean =>
  intent.author.side === 'payer' || intent.policy !== null;

/** With a payer outside, the payee's host reviews, so it has to see what was submitted. */
export const visibleToPayeeSide = (
  intent: Pick<PaymentIntent, 'author' | 'approvedAt' | 'policy' | 'payer'>,
): boolean =>
  intent.author.side === 'payee' ||
  intent.approvedAt !== null ||
  (intent.payer.hostId === null && intent.policy !== null);
