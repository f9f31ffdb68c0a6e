/** People as the OpenID provider knows them, and as accounts of this system. */
import { createHash } from 'node:crypto';
import type { Account } from '../domain/account.ts';
import type { Change, Dependencies, KnownIdentity } from './ports.ts';

export type Identity = {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
  /** When the token was made, in seconds. Of two that do not say, the one that comes later counts. */
  readonly issuedAt?: number | undefined;
};

/** Who the table says made a change that nobody asked for by name. */
export const systemUserId = 'system';

/** Kept for the platform itself, also before there is one: whoever signs in first does not take it. */
export const platformSlug = 'platform';

/**
 * The person behind an identity, who is made at the first sign-in. Issuer and subject alone say who it is: an e-mail
 * address is kept to write to, if the provider vouches for it, and leads to nobody. It follows what the provider says, so
 * that whoever changes it there is not written to at the old one. Roles come by invitation (`invitations.ts`).
 */
export async function personForIdentity(deps: Dependencies, identity: Identity): Promise<KnownIdentity> {
  const { issuer, subject } = identity;
  let known: KnownIdentity | undefined;
  // Of those who come at once with one identity, one makes the person, or writes the address, and the others find it.
  for (let attempt = 0; attempt < signInAttemptsMax; attempt += 1) {
    known = await deps.store.identity(issuer, subject);
    if (known !== undefined && !bringsAddress(known, identity)) {
      return known;
    }
    const now = deps.clock.now();
    const { after, accounts } =
      known === undefined ? firstSignIn(deps, identity, now) : await withAddress(deps, known, identity, now);
    const before = known === undefined ? null : { ...known, issuer, subject };
    const identities = [{ before, after: { ...after, issuer, subject } }];
    const { outcome } = await deps.store.commit({ intents: [], accounts, identities }, systemUserId, now);
    if (outcome === 'committed') {
      return after;
    }
  }
  if (known === undefined) {
    throw new Error('A first sign-in could not be completed.');
  }
  // The next token brings the address again; nobody is turned away for it.
  return known;
}

const signInAttemptsMax = 5;

type SignedIn = { readonly after: KnownIdentity; readonly accounts: NonNullable<Change['accounts']> };

/** What the provider vouches for, and since when; an access token, for one, names no address at all. */
const addressIn = ({ email, emailVerified, issuedAt = 0 }: Identity): KnownIdentity['address'] =>
  emailVerified && email !== null ? { email, issuedAt } : null;

/**
 * Whether a token names another address than the newest that came with this identity. Tokens live on after the address
 * was changed, and one that is older brings nothing back.
 */
export function bringsAddress({ address: known }: KnownIdentity, identity: Identity): boolean {
  const given = addressIn(identity);
  return given !== null && (known === null || (given.email !== known.email && given.issuedAt >= known.issuedAt));
}

function firstSignIn(deps: Dependencies, identity: Identity, now: string): SignedIn {
  const address = addressIn(identity);
  const person = personAccount(deps, { name: identity.name ?? 'Somebody', email: address?.email ?? null }, now);
  return { after: { userId: person.id, address }, accounts: [{ before: null, after: person }] };
}

async function withAddress(
  { store }: Dependencies,
  { userId }: KnownIdentity,
  identity: Identity,
  now: string,
): Promise<SignedIn> {
  const address = addressIn(identity);
  const before = await store.account(userId);
  const isSame = before === undefined || address === null || before.email === address.email;
  return {
    after: { userId, address },
    accounts: isSame
      ? []
      : [{ before, after: { ...before, email: address.email, version: before.version + 1, updatedAt: now } }],
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
