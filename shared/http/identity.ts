/** What the authorizer tells the functions: who asks, or why it could not say. It only ever says; the functions refuse. */

export type Identity = { readonly userId: string };

/** `missing`: no token. `invalid`: not one that counts. `expired`: it did. `unavailable`: it could not be checked. */
export const identityRefusals = ['missing', 'invalid', 'expired', 'unavailable'] as const;
export type IdentityRefusal = (typeof identityRefusals)[number];

/** As API Gateway hands it on: flat, and all text. */
export type AuthorizerContext = { readonly identity: string } | { readonly refusal: IdentityRefusal };

export const authorizerContext = (result: Identity | IdentityRefusal): AuthorizerContext =>
  typeof result === 'string' ? { refusal: result } : { identity: JSON.stringify({ userId: result.userId }) };

/** Deny by default: whatever is not exactly what the authorizer writes is nobody. */
export function readAuthorizerContext(context: unknown): Identity | IdentityRefusal {
  if (typeof context !== 'object' || context === null) {
    return 'missing';
  }
  if ('refusal' in context) {
    return identityRefusals.find((refusal) => refusal === context.refusal) ?? 'invalid';
  }
  return 'identity' in context && typeof context.identity === 'string' ? readIdentity(context.identity) : 'missing';
}

function readIdentity(text: string): Identity | IdentityRefusal {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' &&
      value !== null &&
      'userId' in value &&
      typeof value.userId === 'string' &&
      value.userId !== ''
      ? { userId: value.userId }
      : 'invalid';
  } catch {
    return 'invalid';
  }
}
