/**
 * Says who asks. It authenticates and refuses nobody: the functions answer, in the order of precedence of the catalogue and
 * as a problem document. Whatever goes wrong here, the answer names no one.
 */
import { type AuthorizerContext, authorizerContext } from '../../shared/http/identity.ts';
import { log } from '../../shared/observability/logger.ts';
import { dependencies, requireEnv } from '../dependencies.ts';
import { asError } from '../middleware/as-error.ts';
import { createAuthenticator } from './authenticate.ts';

export type AuthorizerEvent = {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly requestContext?: { readonly requestId?: string };
};

export type AuthorizerAnswer = { readonly isAuthorized: true; readonly context: AuthorizerContext };

let made: ReturnType<typeof createAuthenticator> | undefined;

const authenticator = () => {
  made ??= createAuthenticator(dependencies, {
    issuer: requireEnv('OIDC_ISSUER'),
    audience: requireEnv('OIDC_AUDIENCE'),
    jwksUri: requireEnv('OIDC_JWKS_URI'),
  });
  return made;
};

export async function handler({ headers, requestContext }: AuthorizerEvent): Promise<AuthorizerAnswer> {
  try {
    const result = await authenticator()(headers?.authorization);
    return { isAuthorized: true, context: authorizerContext(result) };
  } catch (thrown) {
    log('IDENTITY_UNAVAILABLE', { requestId: requestContext?.requestId, error: asError(thrown) });
    return { isAuthorized: true, context: authorizerContext('unavailable') };
  }
}
