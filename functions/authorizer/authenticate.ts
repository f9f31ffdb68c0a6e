import { JwtVerifier } from 'aws-jwt-verify';
import { FetchError, JwtBaseError, JwtExpiredError } from 'aws-jwt-verify/error';
import { SimpleJwksCache, SimplePenaltyBox } from 'aws-jwt-verify/jwk';
import QuickLRU from 'quick-lru';
import { bringsAddress, personForIdentity, type Identity as SignedIn } from '../../shared/application/people.ts';
import type { Dependencies, KnownIdentity } from '../../shared/application/ports.ts';
import type { Identity, IdentityRefusal } from '../../shared/http/identity.ts';
import { fetchKeys } from './fetch-keys.ts';

export type Provider = {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** How long the keys are not asked for again after a token could not be matched with one. */
  readonly waitSeconds?: number;
};

/** As much as API Gateway takes in headers at all. */
const tokenLengthMax = 8192;
const bearer = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

const nameLengthMax = 200;
const emailLengthMax = 254;

type Claims = Readonly<Record<string, unknown>>;

/**
 * Checks tokens of one OpenID Connect provider. The library takes the algorithm from the provider's key, never from the
 * token, and refuses `none` and symmetric ones; it checks issuer and times. The audience is checked here (`isFor`).
 */
export function createAuthenticator(dependencies: () => Dependencies, provider: Provider) {
  const verifier = JwtVerifier.create(
    { issuer: provider.issuer, audience: null, jwksUri: provider.jwksUri },
    {
      jwksCache: new SimpleJwksCache({
        fetcher: { fetch: fetchKeys },
        penaltyBox: new SimplePenaltyBox({ waitSeconds: provider.waitSeconds ?? 10 }),
      }),
    },
  );
  // An identity belongs to one person for good, and is asked for again only when a token brings another address.
  const people = new QuickLRU<string, KnownIdentity>({ maxSize: 10_000 });

  const verify = async (token: string): Promise<Claims | IdentityRefusal> => {
    try {
      const claims = await verifier.verify(token);
      return isFor(provider.audience, claims) ? claims : 'invalid';
    } catch (error) {
      return refusalFor(error);
    }
  };

  return async (authorization: string | undefined): Promise<Identity | IdentityRefusal> => {
    if (authorization === undefined || authorization.trim() === '') {
      return 'missing';
    }
    const token = authorization.length > tokenLengthMax ? undefined : bearer.exec(authorization.trim())?.[1];
    const claims = token === undefined ? 'invalid' : await verify(token);
    if (typeof claims === 'string') {
      return claims;
    }
    const identity = identityOf(provider.issuer, claims);
    if (identity === undefined) {
      return 'invalid';
    }
    const known = people.get(identity.subject);
    if (known !== undefined && !bringsAddress(known, identity)) {
      return { userId: known.userId };
    }
    const person = await personForIdentity(dependencies(), identity);
    people.set(identity.subject, person);
    return { userId: person.userId };
  };
}

/** A token that cannot be checked is not a bad token: the caller is told to come back. */
function refusalFor(error: unknown): IdentityRefusal {
  if (error instanceof JwtExpiredError) {
    return 'expired';
  }
  if (error instanceof FetchError) {
    return 'unavailable';
  }
  // This is also what is thrown for an unknown key while the provider is not asked for its keys again.
  if (error instanceof JwtBaseError) {
    return 'invalid';
  }
  throw error;
}

/**
 * ID tokens and access tokens are both taken. An ID token names the client as its audience (`aud`), and so do the access tokens
 * of most providers; Cognito's has no audience, and names the client that it was made for (`client_id`). Nothing else without
 * an audience counts.
 */
const isFor = (audience: string, { aud, client_id: clientId, token_use: use }: Claims): boolean =>
  aud === undefined
    ? use === 'access' && clientId === audience
    : aud === audience || (Array.isArray(aud) && aud.includes(audience));

const textOf = (value: unknown, lengthMax: number): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().toWellFormed().slice(0, lengthMax) : null;

function identityOf(issuer: string, claims: Claims): SignedIn | undefined {
  const subject = claims.sub;
  if (typeof subject !== 'string' || subject === '') {
    return undefined;
  }
  return {
    issuer,
    subject,
    email: textOf(claims.email, emailLengthMax),
    // Cognito says it as a text in some tokens.
    emailVerified: claims.email_verified === true || claims.email_verified === 'true',
    name: textOf(claims.name, nameLengthMax),
    issuedAt: typeof claims.iat === 'number' ? claims.iat : undefined,
  };
}
