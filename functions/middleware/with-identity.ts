import { refuse } from '../../shared/domain/result.ts';
import { type IdentityRefusal, readAuthorizerContext } from '../../shared/http/identity.ts';
import type { AnyProblem } from '../../shared/http/problems.ts';
import type { Handler, Incoming } from './http-message.ts';

export type WithIdentity = { readonly userId: string };

/** Hands on who asks, as the authorizer said. Nobody, unless it said so. */
export const withIdentity =
  <Request extends Incoming>(next: Handler<Request & WithIdentity>): Handler<Request> =>
  async (request) => {
    const identity = readAuthorizerContext(request.event.requestContext.authorizer?.lambda);
    if (typeof identity === 'string') {
      return refuse(refusals[identity]);
    }
    request.record.userId = identity.userId;
    return next({ ...request, userId: identity.userId });
  };

const invalidToken = (detail: string): AnyProblem => ({
  code: 'authentication-required',
  detail,
  challenge: `Bearer error="invalid_token", error_description="${detail}"`,
});

const refusals: Readonly<Record<IdentityRefusal, AnyProblem>> = {
  missing: { code: 'authentication-required', challenge: 'Bearer' },
  invalid: invalidToken('The token is not one that counts here.'),
  expired: invalidToken('The token has expired.'),
  unavailable: {
    code: 'temporarily-unavailable',
    detail: 'The token cannot be checked at the moment. Send the same request again.',
  },
};
