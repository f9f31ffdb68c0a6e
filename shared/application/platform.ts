/** The platform itself: whoever administers it creates the hosts. For operators, never for requests. */
import type { Account } from '../domain/account.ts';
import { codeOf, invitationTo, openInvitationsMax, openSince } from './invitations.ts';
import { personAccount, platformSlug, systemUserId } from './people.ts';
import type { Dependencies } from './ports.ts';

/**
 * Sets the platform up if it is not there, and invites somebody to administer it. Repeated while the invitation is open, it
 * changes nothing and answers the same code.
 *
 * @returns the code for `POST /v1/invitations/accept`
 */
export async function bootstrapPlatform(deps: Dependencies, { email }: { readonly email: string }): Promise<string> {
  const now = deps.clock.now();
  const existing = await deps.store.accountBySlug(platformSlug);
  if (existing !== undefined && existing.kind !== 'platform') {
    throw new Error(`The slug ${platformSlug} belongs to ${existing.id}, which is a ${existing.kind}.`);
  }
  const platform: Account = existing ?? {
    ...personAccount(deps, { name: 'Platform', email: null, slug: platformSlug }, now),
    kind: 'platform',
  };
  const { items: open } = await deps.store.invitations(platform.id, openSince(now), openInvitationsMax);
  const before = open.find((one) => one.email === email);
  if (before !== undefined) {
    return codeOf(deps, before.id);
  }
  const invitation = invitationTo(deps, platform.id, { email, roles: ['platform_admin'] }, null, now);
  const { outcome } = await deps.store.commit(
    {
      intents: [],
      accounts: existing === undefined ? [{ before: null, after: platform }] : [],
      invitations: [{ kind: 'given', invitation }],
    },
    systemUserId,
    now,
  );
  if (outcome !== 'committed') {
    throw new Error(`The platform could not be set up: ${outcome}. Try again.`);
  }
  return codeOf(deps, invitation.id);
}
