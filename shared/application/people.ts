/** People as the OpenID provider knows them, and as accounts of this system. */
import { createHash } from 'node:crypto';
import type { Account } from '../domain/account.ts';
import type { Dependencies } from './ports.ts';

export type Identity = {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
};

/** Who the table says made a change that nobody asked for by name. */
export const systemUserId = 'system';

/** Kept for the platform itself, also before there is one: whoever signs in first does not take it. */
export const platformSlug = 'platform';

/**
 * The person behind an identity, who is made at the first sign-in. Issuer and subject alone say who it is: an e-mail
 * address is kept to write to, if the provider vouches for it, and leads to nobody. Roles come by invitation
 * (`invitations.ts`).
 */
export async function personForIdentity(deps: Dependencies, identity: Identity): Promise<{ readonly userId: string }> {
  // Of first sign-ins at once with one identity, one makes the person and the others find it.
  for (let attempt = 0; attempt < signInAttemptsMax; attempt += 1) {
    const userId = await signedIn(deps, identity);
    if (userId !== undefined) {
      return { userId };
    }
  }
  throw new Error('A first sign-in could not be completed.');
}

const signInAttemptsMax = 5;

async function signedIn(deps: Dependencies, { issuer, subject, ...given }: Identity): Promise<string | undefined> {
  const known = await deps.store.identity(issuer, subject);
  if (known !== undefined) {
    return known;
  }
  const now = deps.clock.now();
  const email = given.emailVerified ? given.email : null;
  const person = personAccount(deps, { name: given.name ?? 'Somebody', email }, now);
  const change = {
    intents: [],
    accounts: [{ before: null, after: person }],
    identities: [{ issuer, subject, userId: person.id }],
  };
  const { outcome } = await deps.store.commit(change, systemUserId, now);
  return outcome === 'committed' ? person.id : undefined;
}

/** A person's account; its slug is derived from its id, as nobody chooses one at sign-in. */
export function personAccount(
  deps: Pick<Dependencies, 'ids'>,
  { name, email, slug }: { readonly name: string; readonly email: string | null; readonly slug?: string },
  now: string,
): Account {
  const id = deps.ids.next('acc', now);
  return {
    id,
    kind: 'person',
    slug: slug ?? `person-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`,
    name,
    status: 'active',
    country: null,
    currency: 'USD',
    timeZone: 'UTC',
    hosting: { status: 'none' },
    settings: null,
    email,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
}
