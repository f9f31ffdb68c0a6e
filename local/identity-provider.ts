import { createHash, generateKeyPair, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { Events, OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';
import type { LocalClock } from './clock.ts';
import { writeFileWhole } from './files.ts';

/**
 * The OpenID provider of this machine. It stands in for the one that is deployed: whatever issuer, audience and keys the
 * template gives a function, the local runtime puts these in their place. It lives below the gateway's own address.
 */
export type IdentityProvider = {
  readonly issuer: string;
  /** The variables of a function that checks tokens. */
  readonly environment: Readonly<Record<'OIDC_ISSUER' | 'OIDC_AUDIENCE' | 'OIDC_JWKS_URI', string>>;
  tokenFor(request: TokenRequest): Promise<IssuedToken>;
  /** Serves discovery, keys and the code flow. The path is that below the provider's own. */
  serve(request: IncomingMessage, response: ServerResponse): void;
};

export type TokenRequest = {
  readonly email: string;
  readonly name?: string | undefined;
  readonly expiresInSeconds?: number | undefined;
  /** When the person signed in, for tests of what wants a recent sign-in. */
  readonly authTime?: string | undefined;
};

export type IssuedToken = { readonly token: string; readonly email: string; readonly expiresAt: string };

export const identityProviderPath = '/_local/oidc';
const audience = 'payment-intents-local';
const expiresInSecondsDefault = 12 * 60 * 60;

export type IdentityProviderOptions = {
  readonly baseUrl: string;
  readonly clock: LocalClock;
  /** Key and issuer are kept here, so that a token outlives a restart, on another port as well. */
  readonly file?: string;
};

type Saved = { readonly issuer: string; readonly key: Record<string, unknown> };

export const startIdentityProvider = async (options: IdentityProviderOptions): Promise<IdentityProvider> => {
  const { baseUrl, clock, file } = options;
  const here = `${baseUrl}${identityProviderPath}`;
  const issuer = new OAuth2Issuer();
  const saved: Saved | undefined =
    file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
  const key = saved?.key ?? (await newKey());
  await issuer.keys.add(key);
  issuer.url = saved?.issuer ?? here;
  const { url } = issuer;
  if (file !== undefined && saved === undefined) writeFileWhole(file, JSON.stringify({ issuer: url, key }));

  const service = new OAuth2Service(issuer);
  const seconds = () => Math.floor(clock.now() / 1000);
  const claimsOf = (email: string, name: string | undefined) => ({
    sub: subjectOf(email),
    email,
    email_verified: true,
    ...(name === undefined ? {} : { name }),
  });
  // Tokens of the code flow are dated by the local clock too, and name the person whose address was given as user name.
  service.on(Events.BeforeTokenSigning, ({ payload }, { body }) => {
    const now = seconds();
    const lifetime = payload.exp - payload.iat;
    const email = typeof body.username === 'string' ? body.username.toLowerCase() : undefined;
    Object.assign(payload, { iat: now, nbf: now, exp: now + lifetime, aud: audience, auth_time: now });
    if (email !== undefined) Object.assign(payload, claimsOf(email, undefined));
  });

  return {
    issuer: url,
    environment: { OIDC_ISSUER: url, OIDC_AUDIENCE: audience, OIDC_JWKS_URI: `${here}/jwks` },
    tokenFor: async (request) => {
      const now = seconds();
      const email = request.email.toLowerCase();
      const exp = now + (request.expiresInSeconds ?? expiresInSecondsDefault);
      const authTime = request.authTime === undefined ? now : Math.floor(Date.parse(request.authTime) / 1000);
      const token = await issuer.buildToken({
        scopesOrTransform: (_header, payload) => {
          const claims = { aud: audience, auth_time: authTime, ...claimsOf(email, request.name) };
          Object.assign(payload, { iat: now, nbf: now, exp, ...claims });
        },
      });
      return { token, email, expiresAt: new Date(exp * 1000).toISOString() };
    },
    serve: (request, response) => {
      request.url = (request.url ?? '').slice(identityProviderPath.length) || '/';
      service.requestHandler(request, response);
    },
  };
};

const newKey = async (): Promise<Record<string, unknown>> => {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'RS256', kid: randomUUID() };
};

/** The same address is the same person in every run, whatever the data folder holds. */
const subjectOf = (email: string): string => `local|${createHash('sha256').update(email).digest('hex').slice(0, 32)}`;
