/**
 * What a row of the route table is (`route-table.ts`). The rows of a function stand in the folder of what it is about, so that
 * it carries no more than its own.
 */

export type FunctionName =
  | 'accounts'
  | 'payment-intents'
  | 'contributions'
  | 'payment-methods'
  | 'hosts'
  | 'batch-admin'
  | 'dead-letters'
  | 'webhooks'
  | 'webhook-endpoints'
  | 'caller'
  | 'unsubscribe'
  | 'documentation';

export type RouteRow = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below `/v1`, with `{name}` parameters as API Gateway spells them. */
  readonly path: string;
  readonly function: FunctionName;
  /**
   * `public` routes answer without a token, `signed` ones take messages that are genuine by themselves, and `linked` ones have a
   * seal in their address; everything else needs an identity, and the authorisation table decides.
   */
  readonly access: 'public' | 'signed' | 'linked' | 'authenticated';
};

/** Where the API begins; the next one that breaks its callers begins elsewhere. */
export const pathPrefix = '/v1';

/** A route as API Gateway spells it. */
export const routeKeyOf = ({ method, path }: Pick<RouteRow, 'method' | 'path'>): string =>
  `${method} ${pathPrefix}${path}`;

// Generic, so that the rows keep each path and function name as a type: parameters and handlers are checked against them.
export const get = <Path extends string, Fn extends FunctionName>(path: Path, fn: Fn) =>
  ({ method: 'GET', path, function: fn, access: 'authenticated' }) as const;
export const open = <Path extends string>(path: Path) =>
  ({ method: 'GET', path, function: 'documentation', access: 'public' }) as const;
export const change = <Path extends string, Fn extends FunctionName>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: Path,
  fn: Fn,
) => ({ method, path, function: fn, access: 'authenticated' }) as const;

/** For programs that sign what they send, and not in: the function tells by the signature whose message it is. */
export const signed = <Path extends string, Fn extends FunctionName>(path: Path, fn: Fn) =>
  ({ method: 'POST', path, function: fn, access: 'signed' }) as const;

/** For whoever was sent the link, and does not sign in: the function tells by the seal in it that it was made here. */
export const linked = <Method extends 'GET' | 'POST', Path extends string, Fn extends FunctionName>(
  method: Method,
  path: Path,
  fn: Fn,
) => ({ method, path, function: fn, access: 'linked' }) as const;
