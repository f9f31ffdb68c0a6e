/** Commands and queries on accounts, their hosting, their members, and their balances. */
import {
  type Account,
  appliedHostIdOf,
  decideHosting,
  decideRoles,
  defaultSettings,
  hostIdOf,
  type Membership,
  managingRole,
} from '../domain/account.ts';
import {
  type Action,
  type Caller,
  type Capacity,
  capacitiesForAccount,
  capacitiesForPlatform,
  may,
  permissions,
  type Role,
} from '../domain/authorisation.ts';
import { type CellKey, type HostLedger, isHostPosting, owedLedgers } from '../domain/books.ts';
import type { AccountKind } from '../domain/payment-intent.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import type { ContributionChanges, ShownGuard, ShownHold } from './contribution-ports.ts';
import { callerOf, execute, notFound, type Plan, stale } from './execute.ts';
import { sealHold } from './history.ts';
import { personAccount, platformSlug } from './people.ts';
import type { AccountChange, Dependencies, IntentListScope, Position, Slice, StatementEntry } from './ports.ts';
import type { Answer, Outcome, RequestMeta } from './request.ts';
import { shownOf } from './shown-hold.ts';

export type CreateAccountInput = {
  readonly kind: Exclude<AccountKind, 'platform'>;
  readonly slug: string;
  readonly name: string;
  readonly country: string | null;
  readonly currency: string;
  readonly timeZone: string;
  readonly email: string | null;
  /** For a host: who runs it at first; from then on they decide themselves who belongs to the team. */
  readonly adminUserIds?: readonly string[] | undefined;
};

export type AccountView = ReturnType<typeof accountView>;

/** The account for those who have part in it; for everybody else the card that it takes to name a payee. */
export function accountView(account: Account, held: readonly Capacity[], holds: readonly ShownHold[]) {
  const isKnown = may('readAccount', held);
  const { id, kind, slug, name, status, hosting } = account;
  return {
    id,
    kind,
    slug,
    name,
    status,
    hosting: hosting.status === 'applied' && !isKnown ? { status: 'none' as const } : hosting,
    country: isKnown ? account.country : null,
    currency: isKnown ? account.currency : null,
    timeZone: isKnown ? account.timeZone : null,
    email: isKnown ? account.email : null,
    /**
     * Who may give has to know what is not taken, and who says so (requirements P7); why, and whether money may leave, is for
     * those who have part in it.
     */
    holds: holds
      .filter(({ level }) => isKnown || level !== 'out')
      .map((hold) => ({ ...hold, reason: isKnown ? hold.reason : null })),
    // It goes up with what strangers know nothing of: a team that changes, an application.
    version: isKnown ? account.version : null,
    createdAt: isKnown ? account.createdAt : null,
    updatedAt: isKnown ? account.updatedAt : null,
  };
}

export const relationOf = (account: Account) => ({
  id: account.id,
  hostId: hostIdOf(account),
  appliedHostId: appliedHostIdOf(account),
});

export const denied = (action: Action): Refusal => ({
  code: 'permission-denied',
  detail: `This is for: ${permissions[action].join(', ')}.`,
});

const invalid = (pointer: string, detail: string) =>
  refuse({ code: 'validation-failed', errors: [{ pointer, detail }] } as const);

// --- Accounts --------------------------------------------------------------------------------------------------------

export function createAccount(deps: Dependencies, meta: RequestMeta, input: CreateAccountInput): Outcome {
  const admins = [...new Set(input.adminUserIds ?? [])];
  return execute(deps, meta, {
    accountIds: [meta.userId, ...admins],
    authorise: (read) => {
      const action = input.kind === 'host' ? 'createHost' : 'createAccount';
      return may(action, capacitiesForPlatform(callerOf(meta, read))) ? undefined : denied(action);
    },
    decide: async (read, now) => {
      if (input.slug === platformSlug) {
        return refuse({ code: 'slug-taken', detail: 'This slug is the platform’s own; choose another.' });
      }
      if (input.kind === 'host' && admins.length === 0) {
        return invalid('/adminUserIds', 'A host begins with at least one person who runs it.');
      }
      if (input.kind !== 'host' && admins.length > 0) {
        return invalid(
          '/adminUserIds',
          'Only a host is created for others; you are the first admin of what you create.',
        );
      }
      const stranger = admins.findIndex((id) => read.accounts.get(id)?.kind !== 'person');
      if (stranger !== -1) {
        return invalid(`/adminUserIds/${stranger}`, 'No such person.');
      }
      const { adminUserIds: _admins, ...fields } = input;
      const account: Account = {
        ...personAccount(deps, { name: fields.name, email: fields.email, slug: fields.slug }, now),
        ...fields,
        settings: input.kind === 'host' ? defaultSettings : null,
      };
      const role = managingRole(input.kind);
      const members = role === null ? [] : input.kind === 'host' ? admins : [meta.userId];
      const memberships = members.map((userId) =>
        membershipOf(account.id, userId, read.accounts.get(userId), role === null ? [] : [role], 1, now),
      );
      const held = capacitiesForAccount(
        {
          userId: meta.userId,
          memberships: {
            ...read.memberships,
            ...(members.includes(meta.userId) && role !== null ? { [account.id]: [role] } : {}),
          },
        },
        relationOf(account),
      );
      return accept({
        change: {
          intents: [],
          accounts: [{ before: null, after: account }],
          memberships: memberships.map((after) => ({ before: null, after })),
        },
        answer: { status: 201, body: accountView(account, held, []), version: 1 },
      });
    },
  });
}

export async function getAccount(deps: Dependencies, userId: string, accountId: string): Outcome {
  const { accounts, memberships, guards } = await deps.store.readForCommand({
    userId,
    accountIds: [accountId],
    guardsOf: [accountId],
  });
  const account = accounts.get(accountId);
  return account === undefined
    ? refuse(notFound('account'))
    : accept(viewAnswer(account, { userId, memberships }, holdsIn(guards, account)));
}

export async function findAccountBySlug(deps: Dependencies, userId: string, slug: string): Outcome {
  const account = await deps.store.accountBySlug(slug);
  const { memberships, guards } = await deps.store.readForCommand({
    userId,
    guardsOf: account === undefined ? [] : [account.id],
  });
  const items =
    account === undefined ? [] : [viewAnswer(account, { userId, memberships }, holdsIn(guards, account)).body];
  return accept({ status: 200, body: { items }, version: null, replayed: false });
}

export type UpdateAccountInput = {
  readonly name?: string | undefined;
  readonly country?: string | null | undefined;
  readonly timeZone?: string | undefined;
  readonly status?: 'active' | 'archived' | undefined;
  readonly email?: string | null | undefined;
};

export function updateAccount(
  deps: Dependencies,
  meta: RequestMeta,
  accountId: string,
  input: UpdateAccountInput,
): Outcome {
  return changeAccount(deps, meta, accountId, 'updateAccount', async (account, now) => {
    if (account.kind === 'person' && input.email !== undefined) {
      return invalid(
        '/email',
        'A person’s e-mail address is the one of the sign-in: change it there, and sign in again.',
      );
    }
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
    const after = { ...account, ...given };
    return account.status === 'active' && after.status === 'archived'
      ? archived(deps, meta, { account, after, now })
      : accept(after);
  });
}

/** What is archived takes part in nothing new, so nothing may be left to do with it or to be had from it. */
async function archived(
  deps: Dependencies,
  meta: RequestMeta,
  { account, after, now }: { readonly account: Account; readonly after: Account; readonly now: string },
): Promise<Result<Decided, Refusal>> {
  const holdings = await holdingsOf(deps, account);
  if (holdings.hasMoney) {
    const detail =
      account.kind === 'host'
        ? 'The host’s book still holds money, of collectives, of its own or in suspense; pay it out or move it first.'
        : 'The account still holds money; pay it out or move it first.';
    return refuse({ code: 'account-in-use', detail });
  }
  if (await hasOpenIntents(deps, account)) {
    return refuse({ code: 'account-in-use', detail: 'Some of its payment intents have not ended; end them first.' });
  }
  const { emptyCells } = holdings;
  // Processors would go on charging what they charge by themselves.
  if (account.kind === 'host') {
    return accept({ account: after, emptyCells, others: await unhosting(deps, meta, account, 'pause', now) });
  }
  const { tally } = await deps.store.readForCommand({ userId: meta.userId, tallyOf: account.id });
  const hasAny = hostIdOf(account) !== null && tally.rows.some(({ hostId }) => hostId === hostIdOf(account));
  return hasAny
    ? refuse({
        code: 'account-in-use',
        detail: 'It still has recurring contributions; it leaves its host first, which pauses or cancels them.',
      })
    : accept({
        account: after,
        emptyCells,
        others: {
          tallies: [{ accountId: account.id, version: tally.version }],
          guards: [{ kind: 'leave', accountId: account.id }],
        },
      });
}

export type HostingInput =
  | { readonly action: 'apply'; readonly hostId: string }
  | { readonly action: 'accept' | 'decline' }
  /** What becomes of its recurring contributions: paused by the host, which is what happens unless it is said, or canceled. */
  | { readonly action: 'leave'; readonly contributions?: 'pause' | 'cancel' | undefined };

/** Applies to a host, accepts or declines an application, or leaves a host (requirements S2 builds on it). */
export function changeHosting(deps: Dependencies, meta: RequestMeta, accountId: string, input: HostingInput): Outcome {
  const action = {
    apply: 'applyToHost',
    accept: 'acceptHosting',
    decline: 'acceptHosting',
    leave: 'leaveHost',
  } as const;
  return changeAccount(deps, meta, accountId, action[input.action], async (account, now) => {
    if (input.action === 'apply') {
      const host = await deps.store.account(input.hostId);
      if (host === undefined) {
        return invalid('/hostId', 'No such host.');
      }
      const hosting = decideHosting(account, { action: 'apply', host }, now);
      return hosting.ok ? accept({ ...account, hosting: hosting.value }) : hosting;
    }
    if (input.action === 'leave') {
      const { hasMoney, emptyCells } = await holdingsOf(deps, account);
      const isNeeded = hasMoney || (await hasOpenIntents(deps, account));
      const left = decideHosting(account, { action: 'leave', hasMoney: isNeeded }, now);
      return left.ok
        ? accept({
            account: { ...account, hosting: left.value },
            emptyCells,
            others: await unhosting(deps, meta, account, input.contributions ?? 'pause', now),
          })
        : left;
    }
    const hosting = decideHosting(account, { action: input.action }, now);
    if (!hosting.ok || hosting.value.status !== 'hosted') {
      return hosting.ok ? accept({ ...account, hosting: hosting.value }) : hosting;
    }
    const { hostId, hostName } = hosting.value;
    const host = await deps.store.account(hostId);
    if (host?.status !== 'active') {
      return refuse({ code: 'account-not-active', detail: `${hostName} is archived.` });
    }
    return accept({
      account: { ...account, hosting: hosting.value },
      emptyCells: [],
      others: await comingBack(deps, meta, account, hostId, now),
    });
  });
}

/**
 * Nobody's money is taken for a collective that no host holds money for: its contributions are held in the name of the host
 * that it leaves (semantics §4), or end.
 */
async function unhosting(
  deps: Dependencies,
  meta: RequestMeta,
  account: Account,
  contributions: 'pause' | 'cancel',
  now: string,
): Promise<ContributionChanges> {
  const { tallies, hasAny, isHeld } = await agreedUnder(deps, meta, account, hostIdOf(account));
  // A charge that is being asked for would be booked with a host that holds nothing for the collective any more.
  const left = { kind: 'leave', accountId: account.id } as const;
  if (!hasAny || (isHeld && contributions === 'pause')) {
    return { guards: [left], tallies };
  }
  const { change, shown } = hostsHold(deps, meta, account, { hostId: hostIdOf(account), contributions }, now);
  return {
    tallies,
    holds: [change],
    guards: [
      isHeld
        ? left
        : { kind: 'place', accountId: account.id, level: 'recurring_in', owner: 'host', shown, isLeaving: true },
    ],
  };
}

/**
 * A collective that comes back finds what was agreed under this host before. It waits until the host says that it goes on:
 * whoever gives has heard that it was over.
 */
async function comingBack(
  deps: Dependencies,
  meta: RequestMeta,
  account: Account,
  hostId: string,
  now: string,
): Promise<ContributionChanges> {
  const { tallies, hasAny, isHeld } = await agreedUnder(deps, meta, account, hostId);
  if (!hasAny || isHeld) {
    return { tallies };
  }
  const { change, shown } = hostsHold(deps, meta, account, { hostId, contributions: 'pause' }, now);
  return {
    tallies,
    holds: [change],
    guards: [{ kind: 'place', accountId: account.id, level: 'recurring_in', owner: 'host', shown }],
  };
}

/** What was agreed under a host, that nothing comes to it meanwhile, and whether the host holds it already. */
async function agreedUnder(deps: Dependencies, meta: RequestMeta, { id }: Account, hostId: string | null) {
  const read = await deps.store.readForCommand({ userId: meta.userId, tallyOf: id, guardsOf: [id] });
  return {
    tallies: [{ accountId: id, version: read.tally.version }],
    hasAny: read.tally.rows.some((row) => row.hostId === hostId),
    isHeld: read.guards.some(({ levels }) => levels.recurring_in?.includes('host')),
  };
}

function hostsHold(
  deps: Dependencies,
  meta: RequestMeta,
  account: Account,
  { hostId, contributions }: { readonly hostId: string | null; readonly contributions: 'pause' | 'cancel' },
  now: string,
) {
  const id = deps.ids.next('hold', now);
  const hold = {
    id,
    accountId: account.id,
    hostId,
    scope: { kind: 'account' },
    level: 'recurring_in',
    owner: 'host',
    reason: 'unhosting',
    message: null,
    missedPeriods: 'skip',
    from: now,
    until: null,
    placedBy: meta.userId,
    remindAt: null,
    createdAt: now,
    ...(contributions === 'cancel' ? { cancels: true as const } : {}),
  } as const;
  const occasion = { actor: { userId: meta.userId, capacity: 'host@hold' }, at: now };
  const sealed = sealHold(deps, { id, before: null }, { type: 'placed', hold }, occasion);
  return { change: { before: null, ...sealed }, shown: shownOf(sealed.after) };
}

type Holdings = { readonly hasMoney: boolean; readonly emptyCells: readonly CellKey[] };

/**
 * A transaction has at most 100 operations, and a hold may be placed in the same. Of a book with more parts than this, the
 * rest is looked at only before it.
 */
const emptyCellsMax = 80;

/**
 * Whether a host's book owes the account anything; the whole book, if the account is a host. What was found empty goes into
 * the transaction as a condition, because a receipt may be confirmed between the look and the write. The account's own
 * currency is among it even when no money of it was there yet.
 */
async function holdingsOf(deps: Dependencies, account: Account): Promise<Holdings> {
  const book = hostIdOf(account);
  if (book === null) {
    return { hasMoney: false, emptyCells: [] };
  }
  const cells =
    account.kind === 'host'
      ? await Array.fromAsync(deps.store.cells(book))
      : await deps.store.balances(book, account.id);
  const own = { book, accountId: account.id, currency: account.currency };
  const keys = new Map([own, ...cells].map((cell) => [`${cell.accountId} ${cell.currency}`, cell]));
  return {
    hasMoney: cells.some(({ ledgers }) => owedLedgers.some((ledger) => (ledgers[ledger] ?? 0) !== 0)),
    emptyCells: [...keys.values()]
      .slice(0, emptyCellsMax)
      .map(({ accountId, currency }) => ({ book, accountId, currency })),
  };
}

/** Approved, on its way, or not whole yet: money would still move in the books of the host that is left. */
const openStatuses: readonly string[] = ['pending_approval', 'approved', 'sent', 'partially_received'];

/** Intents of an account; of a host, all those of its book. */
async function hasOpenIntents(deps: Dependencies, { id, kind }: Account): Promise<boolean> {
  for (const direction of ['outgoing', 'incoming'] as const) {
    const scope: IntentListScope =
      kind === 'host' ? { by: 'host', direction, hostId: id } : { by: 'account', direction, accountId: id };
    let next: Position | undefined;
    do {
      const page = await deps.store.listIntents(scope, {}, 1000, next);
      if (page.items.some(({ status }) => openStatuses.includes(status))) {
        return true;
      }
      next = page.next;
    } while (next !== undefined);
  }
  return false;
}

/** What an account becomes, and what has to be empty for it. */
type Decided =
  | Account
  | {
      readonly account: Account;
      readonly emptyCells: readonly CellKey[];
      /** What the change means for what is given to the account. */
      readonly others?: ContributionChanges;
    };

/** One change of one account: who may, against which version, and what it becomes. */
export function changeAccount(
  deps: Dependencies,
  meta: RequestMeta,
  accountId: string,
  action: Action,
  decide: (account: Account, now: string) => Promise<Result<Decided, Refusal>>,
  view: (account: Account, caller: Caller, holds: readonly ShownHold[]) => unknown = (account, caller, holds) =>
    viewAnswer(account, caller, holds).body,
): Outcome {
  return execute(deps, meta, {
    reads: { accountIds: [accountId], guardsOf: [accountId] },
    authorise: (read) => refusalFor(read.accounts.get(accountId), callerOf(meta, read), action),
    decide: async (read, now) => {
      const before = read.accounts.get(accountId);
      if (before === undefined) {
        return refuse(notFound('account'));
      }
      if (meta.ifMatch !== undefined && meta.ifMatch !== before.version) {
        return refuse(stale(before.version));
      }
      const decided = await decide(before, now);
      if (!decided.ok) {
        return decided;
      }
      const {
        account,
        emptyCells,
        others = {},
      } = 'account' in decided.value ? decided.value : { account: decided.value, emptyCells: [] };
      const after = { ...account, version: before.version + 1, updatedAt: now };
      const placed = (others.guards ?? []).flatMap((guard) => (guard.kind === 'place' ? [guard.shown] : []));
      return accept({
        change: { ...others, intents: [], accounts: [{ before, after }], emptyCells },
        answer: {
          status: 200,
          body: view(after, callerOf(meta, read), [...holdsIn(read.guards, after), ...placed]),
          version: after.version,
        },
      });
    },
  });
}

/** An account's card is public, so that a payee can be named; everything else of it is not there for strangers. */
export function refusalFor(account: Account | undefined, caller: Caller, action: Action): Refusal | undefined {
  if (account === undefined) {
    return notFound('account');
  }
  const held = capacitiesForAccount(caller, relationOf(account));
  return may(action, held) ? undefined : may('readAccount', held) ? denied(action) : notFound('account');
}

const holdsIn = (guards: readonly ShownGuard[], { id }: Account): readonly ShownHold[] =>
  guards.find(({ accountId }) => accountId === id)?.holds ?? [];

function viewAnswer(account: Account, caller: Caller, holds: readonly ShownHold[]): Answer {
  const body = accountView(account, capacitiesForAccount(caller, relationOf(account)), holds);
  return { status: 200, body, version: body.version, replayed: false };
}

// --- Members ---------------------------------------------------------------------------------------------------------

export type MemberView = Pick<Membership, 'accountId' | 'userId' | 'name' | 'email' | 'roles' | 'updatedAt'>;

const memberView = ({ accountId, userId, name, email, roles, updatedAt }: Membership): MemberView => ({
  accountId,
  userId,
  name,
  email,
  roles,
  updatedAt,
});

const membershipOf = (
  accountId: string,
  userId: string,
  person: Account | undefined,
  roles: readonly Role[],
  version: number,
  now: string,
): Membership => ({
  accountId,
  userId,
  name: person?.name ?? 'Somebody',
  email: person?.email ?? null,
  roles,
  version,
  updatedAt: now,
});

/** The most people one account has; the check that somebody stays in charge reads all of them. */
export const membersMax = 500;

export async function listMembers(
  deps: Dependencies,
  userId: string,
  accountId: string,
  { limit, position }: { readonly limit: number; readonly position?: Position | undefined },
): Promise<Result<Slice<MemberView>, Refusal>> {
  const [allowed, page] = await Promise.all([
    readable(deps, userId, accountId, 'readMembers'),
    deps.store.members(accountId, limit, position),
  ]);
  return allowed.ok ? accept({ items: page.items.map(memberView), next: page.next }) : allowed;
}

export async function getMember(deps: Dependencies, userId: string, accountId: string, memberId: string): Outcome {
  const [allowed, member] = await Promise.all([
    readable(deps, userId, accountId, 'readMembers'),
    deps.store.member(accountId, memberId),
  ]);
  if (!allowed.ok) {
    return allowed;
  }
  return member === undefined
    ? refuse(notFound('member'))
    : accept({ status: 200, body: memberView(member), version: member.version, replayed: false });
}

export function putMember(
  deps: Dependencies,
  meta: RequestMeta,
  accountId: string,
  memberId: string,
  { roles }: { readonly roles: readonly Role[] },
): Outcome {
  return execute(deps, meta, {
    accountIds: [accountId, memberId],
    authorise: (read) => refusalFor(read.accounts.get(accountId), callerOf(meta, read), 'changeMembers'),
    decide: async (read, now) => {
      const account = read.accounts.get(accountId);
      if (account === undefined) {
        return refuse(notFound('account'));
      }
      const person = read.accounts.get(memberId);
      const { items } = await deps.store.members(accountId, membersMax);
      const before = items.find(({ userId }) => userId === memberId) ?? null;
      if (person?.kind !== 'person' || (before === null && roles.length === 0)) {
        return refuse(notFound('person'));
      }
      if (meta.ifMatch !== undefined && meta.ifMatch !== (before?.version ?? 0)) {
        return refuse(stale(before?.version ?? 0));
      }
      return decideMembership({ account, person, members: items, roles }, now);
    },
  });
}

/** What it takes that somebody has these roles at an account from now on, all members of which are given. */
export function decideMembership(
  given: {
    readonly account: Account;
    readonly person: Account;
    readonly members: readonly Membership[];
    readonly roles: readonly Role[];
  },
  now: string,
): Result<Plan, Refusal> {
  const { account, person, members, roles } = given;
  const before = members.find(({ userId }) => userId === person.id) ?? null;
  if (before === null && members.length >= membersMax) {
    return refuse({ code: 'too-many', detail: `An account has at most ${membersMax} members.` });
  }
  const others = members.filter((member) => member !== before);
  const decided = decideRoles(account, roles, others);
  if (!decided.ok) {
    return decided;
  }
  const after = membershipOf(account.id, person.id, person, decided.value, (before?.version ?? 0) + 1, now);
  return accept({
    // The account's version goes up too: of two admins who remove each other at once, one finds the other gone.
    change: { intents: [], accounts: [touched(account, now)], memberships: [{ before, after }] },
    answer: { status: 200, body: memberView(after), version: after.version },
  });
}

/** The account at its next version: of two changes beside it that were decided on the same version, one is decided anew. */
export const touched = (account: Account, now: string): AccountChange => ({
  before: account,
  after: { ...account, version: account.version + 1, updatedAt: now },
});

export const deleteMember = (deps: Dependencies, meta: RequestMeta, accountId: string, memberId: string): Outcome =>
  putMember(deps, meta, accountId, memberId, { roles: [] });

// --- Balances --------------------------------------------------------------------------------------------------------

/** @returns the account, if the caller may do this to it */
export async function readable(
  deps: Dependencies,
  userId: string,
  accountId: string,
  action: Action,
): Promise<Result<Account, Refusal>> {
  const { accounts, memberships } = await deps.store.readForCommand({ userId, accountIds: [accountId] });
  const account = accounts.get(accountId);
  const refusal = refusalFor(account, { userId, memberships }, action);
  return account === undefined || refusal !== undefined ? refuse(refusal ?? notFound('account')) : accept(account);
}

type Sums = Partial<Record<HostLedger, number>>;

/** What the account's host holds for it, now or as of the end of an instant, per currency. */
export async function getBalances(
  deps: Dependencies,
  userId: string,
  accountId: string,
  { at }: { readonly at?: string | undefined },
): Outcome {
  const found = await readable(deps, userId, accountId, 'readBalances');
  if (!found.ok) {
    return found;
  }
  const hostId = hostIdOf(found.value);
  const sums =
    hostId === null
      ? new Map<string, Sums>()
      : at === undefined
        ? new Map((await deps.store.balances(hostId, accountId)).map(({ currency, ledgers }) => [currency, ledgers]))
        : await sumsAt(deps, hostId, at, accountId);
  const balances = [...sums].map(([currency, ledgers]) => ({
    hostId,
    currency,
    available: ledgers.available ?? 0,
    reserved: ledgers.reserved ?? 0,
  }));
  return accept({
    status: 200,
    body: { accountId, at: at ?? deps.clock.now(), balances },
    version: null,
    replayed: false,
  });
}

async function sumsAt(deps: Dependencies, hostId: string, at: string, accountId: string): Promise<Map<string, Sums>> {
  const sums = new Map<string, Sums>();
  for await (const line of deps.store.entries(hostId, at, accountId)) {
    addLine(sums, line.currency, line);
  }
  return sums;
}

/** Adds what a line did to its own account and currency; what it posted beside is another line's business. */
export function addLine(sums: Map<string, Sums>, key: string, line: StatementEntry): void {
  const ledgers = sums.get(key) ?? {};
  for (const posting of line.postings) {
    if (isHostPosting(posting) && posting.accountId === line.accountId && posting.currency === line.currency) {
      ledgers[posting.ledger] = (ledgers[posting.ledger] ?? 0) + posting.amount;
    }
  }
  sums.set(key, ledgers);
}

export type StatementLineView = {
  readonly eventId: string;
  readonly intentId: string;
  readonly type: string;
  readonly currency: string;
  readonly effectiveAt: string;
  readonly at: string;
  readonly postings: readonly { readonly ledger: string; readonly currency: string; readonly amount: number }[];
};

export async function getStatement(
  deps: Dependencies,
  userId: string,
  accountId: string,
  query: {
    readonly currency?: string | undefined;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
    readonly limit: number;
    readonly position?: Position | undefined;
  },
): Promise<Result<Slice<StatementLineView>, Refusal>> {
  const found = await readable(deps, userId, accountId, 'readBalances');
  if (!found.ok) {
    return found;
  }
  const hostId = hostIdOf(found.value);
  if (hostId === null) {
    return accept({ items: [], next: undefined });
  }
  const currency = query.currency ?? found.value.currency;
  const scope = { book: hostId, accountId, currency, from: query.from, to: query.to };
  const page = await deps.store.statement(scope, query.limit, query.position);
  return accept({ items: page.items.map(lineView), next: page.next });
}

function lineView({
  eventId,
  subjectId,
  eventType,
  currency,
  accountId,
  effectiveAt,
  at,
  postings,
}: StatementEntry): StatementLineView {
  const own = postings.flatMap((posting) =>
    isHostPosting(posting) && posting.accountId === accountId && posting.currency === currency
      ? [{ ledger: posting.ledger, currency, amount: posting.amount }]
      : [],
  );
  return { eventId, intentId: subjectId, type: eventType, currency, effectiveAt, at, postings: own };
}
