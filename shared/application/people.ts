/** People as the OpenID provider knows them, and as accounts of this system. */
import { createHash } from 'node:crypto';
import type { Account } from '../domain/account.ts';
import type { Change, Dependencies, IdentityLink } from './ports.ts';

export type Identity = {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
};

/** Who the table says made a change that nobody asked for by name. */
export const systemUserId = 'system';

/**
 * The person behind an identity; at first sign-in the person that was invited under this e-mail address, if the provider
 * vouches for the address, or else a new one.
 */
export async function personForIdentity(deps: Dependencies, identity: Identity): Promise<{ readonly userId: string }> {
  // Of first sign-ins at once, with one identity or one address, one makes the person and the others find it.
  for (let attempt = 0; attempt < signInAttemptsMax; attempt += 1) {
    const userId = await signedIn(deps, identity);
    if (userId !== undefined) {
      return { userId };
    }
  }
  throw new Error('A first sign-in could not be completed.');
}

const signInAttemptsMax = 5;

async function signedIn(deps: Dependencies, identity: Identity): Promise<string | undefined> {
  const known = await deps.store.identity(identity.issuer, identity.subject);
  if (known !== undefined) {
    return known;
  }
  const vouched = identity.emailVerified ? identity.email : null;
  const invited = vouched === null ? undefined : await deps.store.personByEmail(vouched);
  const link = (userId: string): IdentityLink => ({
    kind: 'identity',
    issuer: identity.issuer,
    subject: identity.subject,
    userId,
  });
  const now = deps.clock.now();
  const change: Change =
    invited === undefined
      ? newPerson(deps, { name: identity.name, email: vouched }, now, link)
      : { intents: [], identities: [link(invited)] };
  const { outcome } = await deps.store.commit(change, systemUserId, now);
  return outcome === 'committed' ? (invited ?? change.accounts?.[0]?.after.id) : undefined;
}

function newPerson(
  deps: Dependencies,
  { name, email }: { readonly name: string | null; readonly email: string | null },
  now: string,
  link: (userId: string) => IdentityLink,
): Change {
  const account = personAccount(deps, { name: name ?? 'Somebody', email }, now);
  return {
    intents: [],
    accounts: [{ before: null, after: account }],
    identities: [link(account.id), ...(email === null ? [] : [{ kind: 'email', email, userId: account.id } as const])],
  };
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

/** The platform and its first admin, once; who may create hosts comes from here. For operators, never for requests. */
export async function bootstrapPlatform(
  deps: Dependencies,
  admin: { readonly email: string; readonly name: string },
): Promise<void> {
  const now = deps.clock.now();
  const existing = await deps.store.accountBySlug('platform');
  const invited = await deps.store.personByEmail(admin.email);
  const person = invited === undefined ? personAccount(deps, admin, now) : undefined;
  const userId = invited ?? person?.id ?? '';
  const platform: Account = existing ?? {
    ...personAccount(deps, { name: 'Platform', email: null, slug: 'platform' }, now),
    kind: 'platform',
  };
  const membership = {
    accountId: platform.id,
    userId,
    name: admin.name,
    email: admin.email,
    roles: ['platform_admin'] as const,
    version: 1,
    updatedAt: now,
  };
  const { outcome } = await deps.store.commit(
    {
      intents: [],
      accounts: [
        ...(existing === undefined ? [{ before: null, after: platform }] : []),
        ...(person === undefined ? [] : [{ before: null, after: person }]),
      ],
      identities: person === undefined ? [] : [{ kind: 'email', email: admin.email, userId }],
      memberships: [{ before: null, after: membership }],
    },
    systemUserId,
    now,
  );
  if (outcome !== 'committed') {
    throw new Error(`The platform could not be set up: ${outcome}. Try again.`);
  }
}
