/**
 * Invitations: how somebody who signs in by themselves comes to have roles at an account. Nobody is looked up by an e-mail
 * address; whoever brings the code gets the roles, once (docs/decisions/2026-11-22-invitations-by-code.md).
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Account, type Invitation, knownRoles } from '../domain/account.ts';
import { capacitiesForAccount, may, type Role } from '../domain/authorisation.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { decideMembership, membersMax, readable, refusalFor, relationOf, touched } from './accounts.ts';
import { callerOf, execute, notFound } from './execute.ts';
import type { Dependencies, Position, Slice } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';

const lifetimeMilliseconds = 14 * 86_400_000;

/** The most invitations that an account has open. */
export const openInvitationsMax = 100;

export type InvitationInput = { readonly email: string; readonly roles: readonly Role[] };

const invitationNotFound = notFound('invitation');

export function invitationTo(
  deps: Pick<Dependencies, 'ids'>,
  accountId: string,
  { email, roles }: InvitationInput,
  invitedBy: string | null,
  now: string,
): Invitation {
  const expiresAt = new Date(Date.parse(now) + lifetimeMilliseconds).toISOString();
  return { id: deps.ids.next('inv', now), accountId, email, roles, invitedBy, createdAt: now, expiresAt };
}

const hasExpired = ({ expiresAt }: Invitation, now: string): boolean => expiresAt <= now;

/** The earliest moment at which one was given that has not expired; those from before are deleted in their own time. */
export const openSince = (now: string): string => new Date(Date.parse(now) - lifetimeMilliseconds + 1).toISOString();

// --- The code --------------------------------------------------------------------------------------------------------

/**
 * The code is worked out from the id each time that it is shown, and kept nowhere: neither the table nor a remembered answer
 * can be read for it.
 */
export async function codeOf({ store }: Pick<Dependencies, 'store'>, invitationId: string): Promise<string> {
  const secret = await store.secret('invitation', () => randomBytes(32));
  return `${invitationId}.${createHmac('sha256', secret).update(invitationId).digest('base64url')}`;
}

/** @returns the invitation that a code was made for, or nothing for a code that was not made here */
async function idIn(deps: Pick<Dependencies, 'store'>, code: string): Promise<string | undefined> {
  const [id = ''] = code.split('.');
  const [given, genuine] = [Buffer.from(code), Buffer.from(await codeOf(deps, id))];
  return given.length === genuine.length && timingSafeEqual(given, genuine) ? id : undefined;
}

// --- The team invites ------------------------------------------------------------------------------------------------

export async function createInvitation(
  deps: Dependencies,
  meta: RequestMeta,
  accountId: string,
  input: InvitationInput,
): Outcome {
  const result = await execute(deps, meta, {
    accountIds: [accountId],
    authorise: (read) => refusalFor(read.accounts.get(accountId), callerOf(meta, read), 'changeMembers'),
    decide: async (read, now) => {
      const account = read.accounts.get(accountId);
      if (account === undefined) {
        return refuse(notFound('account'));
      }
      const roles = knownRoles(account, input.roles);
      if (!roles.ok) {
        return roles;
      }
      const { items } = await deps.store.invitations(accountId, openSince(now), openInvitationsMax);
      if (items.length >= openInvitationsMax) {
        return refuse({ code: 'too-many', detail: `An account has at most ${openInvitationsMax} open invitations.` });
      }
      const invitation = invitationTo(deps, accountId, { ...input, roles: roles.value }, meta.userId, now);
      return accept({
        change: { intents: [], accounts: [touched(account, now)], invitations: [{ kind: 'given', invitation }] },
        answer: { status: 201, body: invitation, version: null },
      });
    },
  });
  if (!result.ok) {
    return result;
  }
  // Only now that the answer has been remembered under its key: the record has no code, and a repetition has it all the same.
  const invitation = result.value.body as Invitation;
  return accept({ ...result.value, body: { ...invitation, code: await codeOf(deps, invitation.id) } });
}

export async function listInvitations(
  deps: Dependencies,
  userId: string,
  accountId: string,
  { limit, position }: { readonly limit: number; readonly position?: Position | undefined },
): Promise<Result<Slice<Invitation>, Refusal>> {
  const [allowed, page] = await Promise.all([
    readable(deps, userId, accountId, 'readMembers'),
    deps.store.invitations(accountId, openSince(deps.clock.now()), limit, position),
  ]);
  return allowed.ok ? accept(page) : allowed;
}

export function revokeInvitation(
  deps: Dependencies,
  meta: RequestMeta,
  accountId: string,
  invitationId: string,
): Outcome {
  return execute(deps, meta, {
    accountIds: [accountId],
    authorise: (read) => refusalFor(read.accounts.get(accountId), callerOf(meta, read), 'changeMembers'),
    decide: async (_read, now) => {
      const invitation = await deps.store.invitation(invitationId);
      return invitation === undefined || invitation.accountId !== accountId || hasExpired(invitation, now)
        ? refuse(invitationNotFound)
        : accept({
            change: { intents: [], invitations: [{ kind: 'ended', invitation }] },
            answer: { status: 200, body: invitation, version: null },
          });
    },
  });
}

// --- Whoever has the code comes --------------------------------------------------------------------------------------

/** Forged, expired, revoked and used codes are answered alike, so that a code tells nothing but what it gives. */
export async function acceptInvitation(
  deps: Dependencies,
  meta: RequestMeta,
  { code }: { readonly code: string },
): Outcome {
  const id = await idIn(deps, code);
  return execute(deps, meta, {
    accountIds: [meta.userId],
    authorise: () => (id === undefined ? invitationNotFound : undefined),
    decide: async (read, now) => {
      const invitation = id === undefined ? undefined : await deps.store.invitation(id);
      const person = read.accounts.get(meta.userId);
      if (invitation === undefined || hasExpired(invitation, now) || person === undefined) {
        return refuse(invitationNotFound);
      }
      // The account before its team: when the team changes meanwhile, so does the version that the transaction asks for.
      const account = await deps.store.account(invitation.accountId);
      if (account === undefined || !(await standsStill(deps, invitation, account))) {
        return refuse(invitationNotFound);
      }
      const { items: members } = await deps.store.members(account.id, membersMax);
      const held = members.find(({ userId }) => userId === person.id)?.roles ?? [];
      const plan = decideMembership({ account, person, members, roles: [...held, ...invitation.roles] }, now);
      return plan.ok
        ? accept({
            ...plan.value,
            change: { ...plan.value.change, invitations: [{ kind: 'ended', invitation }] },
          })
        : plan;
    },
  });
}

/** An admin who was taken off the team does not come back, or bring anybody in, by an invitation given before. */
async function standsStill(deps: Dependencies, { invitedBy }: Invitation, account: Account): Promise<boolean> {
  if (invitedBy === null) {
    return true;
  }
  const inviter = { userId: invitedBy, memberships: await deps.store.memberships(invitedBy) };
  return may('changeMembers', capacitiesForAccount(inviter, relationOf(account)));
}
