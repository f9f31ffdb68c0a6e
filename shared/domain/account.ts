/** Accounts, who belongs to them, and which host holds their money. */
import type { Role } from './authorisation.ts';
import type { Posting } from './books.ts';
import type { Money } from './money.ts';
import type { NotificationPreferences } from './notification.ts';
import type { AccountKind, Actor, ApprovalPolicy, Party } from './payment-intent.ts';
import type { Refusal } from './refusals.ts';
import { accept, type Result, refuse } from './result.ts';

export type AccountSettings = {
  readonly approvalPolicy: ApprovalPolicy;
  /** What the host keeps of money that arrives from another host, in basis points. */
  readonly receivingFeeBasisPoints: number;
  /** What the host keeps of each contribution, in basis points of what was given (semantics §3, F1). */
  readonly contributionFeeBasisPoints: number;
  /** What its people are told, and how; settings from before there were any have none. */
  readonly notifications?: NotificationPreferences;
};

export type Hosting =
  | { readonly status: 'none' }
  | { readonly status: 'applied'; readonly hostId: string; readonly hostName: string; readonly since: string }
  | { readonly status: 'hosted'; readonly hostId: string; readonly hostName: string; readonly since: string };

export type Account = {
  readonly id: string;
  readonly kind: AccountKind;
  readonly slug: string;
  readonly name: string;
  readonly status: 'active' | 'archived';
  readonly country: string | null;
  /** The currency that the account's host keeps most of its money in; balances exist in any. */
  readonly currency: string;
  /** IANA time zone; working days are counted in it. */
  readonly timeZone: string;
  readonly hosting: Hosting;
  /** For hosts only. */
  readonly settings: AccountSettings | null;
  readonly email: string | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type Membership = {
  readonly accountId: string;
  readonly userId: string;
  readonly name: string;
  readonly email: string | null;
  readonly roles: readonly Role[];
  readonly version: number;
  readonly updatedAt: string;
};

/**
 * Roles at an account that wait for somebody to come with the code. It says where the code was sent and not to whom it
 * belongs: whoever has the code and signs in gets the roles, once.
 */
export type Invitation = {
  readonly id: string;
  readonly accountId: string;
  /** Whom it is meant for, for the team to know; nobody is looked up by it. */
  readonly email: string;
  readonly roles: readonly Role[];
  /** Whose right to invite it stands on, for as long as they have it; null where an operator gave it. */
  readonly invitedBy: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
};

/** Which roles make sense at which kind of account. */
export const rolesOfKind: Record<AccountKind, readonly Role[]> = {
  host: ['host_admin', 'finance_lead', 'accountant'],
  collective: ['collective_admin', 'accountant'],
  organisation: ['collective_admin', 'accountant'],
  person: [],
  platform: ['platform_admin'],
};

export const defaultSettings: AccountSettings = {
  approvalPolicy: { steps: [{ name: 'review', roles: ['host_admin', 'finance_lead'], approvals: 1 }] },
  receivingFeeBasisPoints: 0,
  contributionFeeBasisPoints: 0,
};

/** @returns the host that holds the account's money now; a host holds its own; null for somebody outside. */
export function hostIdOf(account: Account): string | null {
  return account.kind === 'host' ? account.id : account.hosting.status === 'hosted' ? account.hosting.hostId : null;
}

export const appliedHostIdOf = (account: Account): string | null =>
  account.hosting.status === 'applied' ? account.hosting.hostId : null;

/** The account as a side of an intent, named as it is now. */
export function asParty(account: Account): Party {
  const hostName =
    account.kind === 'host' ? account.name : account.hosting.status === 'hosted' ? account.hosting.hostName : null;
  return {
    accountId: account.id,
    accountName: account.name,
    accountKind: account.kind,
    hostId: hostIdOf(account),
    hostName,
  };
}

export type HostingCommand =
  | { readonly action: 'apply'; readonly host: Account }
  | { readonly action: 'accept' }
  | { readonly action: 'decline' }
  | { readonly action: 'leave'; readonly hasMoney: boolean };

/** Decides a change of hosting; a collective has at most one host at a time. */
export function decideHosting(account: Account, command: HostingCommand, now: string): Result<Hosting, Refusal> {
  const { hosting } = account;
  const notAllowed = (detail: string) => refuse({ code: 'hosting-not-allowed', detail } as const);
  switch (command.action) {
    case 'apply':
      if (account.kind !== 'collective') {
        return notAllowed('Only collectives are held by a host.');
      }
      if (command.host.kind !== 'host' || command.host.status !== 'active') {
        return notAllowed('That account is not an active host.');
      }
      return hosting.status === 'hosted'
        ? notAllowed('The collective has a host; it leaves that one first.')
        : accept({ status: 'applied', hostId: command.host.id, hostName: command.host.name, since: now });
    case 'accept':
      return hosting.status === 'applied'
        ? accept({ ...hosting, status: 'hosted', since: now })
        : notAllowed('No application to this host is open.');
    case 'decline':
      return hosting.status === 'applied' ? accept({ status: 'none' }) : notAllowed('No application is open.');
    case 'leave':
      if (hosting.status !== 'hosted') {
        return notAllowed('The collective has no host to leave.');
      }
      return command.hasMoney
        ? notAllowed('The host still holds money for the collective, or some is on its way; end that first.')
        : accept({ status: 'none' });
  }
}

/** Checks that an account of this kind knows the roles. */
export function knownRoles(account: Pick<Account, 'kind'>, roles: readonly Role[]): Result<readonly Role[], Refusal> {
  const unknown = roles.filter((role) => !rolesOfKind[account.kind].includes(role));
  return unknown.length === 0
    ? accept([...new Set(roles)])
    : refuse({
        code: 'validation-failed',
        errors: [
          {
            pointer: '/roles',
            detail: `A ${account.kind} has no ${unknown.join(', ')}; it has: ${rolesOfKind[account.kind].join(', ') || 'no roles'}.`,
          },
        ],
      });
}

/** Checks a change of somebody's roles: only roles that the kind of account knows, and never the last who can manage it. */
export function decideRoles(
  account: Account,
  roles: readonly Role[],
  others: readonly Membership[],
): Result<readonly Role[], Refusal> {
  const known = knownRoles(account, roles);
  if (!known.ok) {
    return known;
  }
  const managing = managingRole(account.kind);
  const managed = [roles, ...others.map((member) => member.roles)].some(
    (held) => managing !== null && held.includes(managing),
  );
  return managed
    ? known
    : refuse({
        code: 'last-admin',
        detail: `Somebody has to stay ${managing ?? 'in charge'}: give the role to another person first.`,
      });
}

export const managingRole = (kind: AccountKind): Role | null =>
  kind === 'host'
    ? 'host_admin'
    : kind === 'platform'
      ? 'platform_admin'
      : kind === 'person'
        ? null
        : 'collective_admin';

/** Money that arrived at a host's bank and that nobody can yet place (semantics §3, S1 and S2). */
export type SuspenseRecord = {
  readonly id: string;
  readonly hostId: string;
  readonly amount: Money;
  readonly remaining: number;
  readonly date: string;
  readonly reference: string | null;
  readonly payerName: string | null;
  readonly note: string | null;
  readonly status: 'open' | 'attached';
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type SuspenseEventData =
  | {
      readonly type: 'recorded';
      readonly record: Omit<SuspenseRecord, 'version' | 'updatedAt' | 'remaining' | 'status'>;
    }
  | {
      readonly type: 'attached_to_accounts';
      readonly shares: readonly { readonly accountId: string; readonly amount: number }[];
      readonly purpose: string;
    }
  | { readonly type: 'attached_to_intent'; readonly intentId: string; readonly amount: number };

export type SuspenseEvent = {
  readonly id: string;
  readonly subjectId: string;
  readonly number: number;
  readonly at: string;
  readonly effectiveAt: string;
  readonly actor: Actor;
  readonly data: SuspenseEventData;
  readonly postings: readonly Posting[];
  readonly previousHash: string | null;
  readonly hash: string;
};

/** The state after an event, as for intents. */
export function applySuspense(
  record: SuspenseRecord | undefined,
  event: Pick<SuspenseEvent, 'number' | 'at' | 'data'>,
): SuspenseRecord {
  const { data, number, at } = event;
  if (data.type === 'recorded') {
    return { ...data.record, remaining: data.record.amount.amount, status: 'open', version: number, updatedAt: at };
  }
  if (record === undefined || number !== record.version + 1) {
    throw new Error(`Event ${number} cannot follow version ${record?.version ?? 0}.`);
  }
  const used =
    data.type === 'attached_to_intent' ? data.amount : data.shares.reduce((sum, share) => sum + share.amount, 0);
  const remaining = record.remaining - used;
  return { ...record, remaining, status: remaining === 0 ? 'attached' : 'open', version: number, updatedAt: at };
}
