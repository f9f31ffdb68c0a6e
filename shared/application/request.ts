import type { Refusal } from '../domain/refusals.ts';
import type { Result } from '../domain/result.ts';

/** What the HTTP layer knows of a request besides its content. */
export type RequestMeta = {
  readonly userId: string;
  readonly requestId: string;
  /** Required on every request that changes something. */
  readonly idempotencyKey?: string | undefined;
  /** SHA-256 over operation, path parameters, canonical body and If-Match. */
  readonly fingerprint: string;
  /** The version in `If-Match`, if there was one. */
  readonly ifMatch?: number | undefined;
};

/** `body` is a view, ready to be written as JSON; `version` becomes the ETag. */
export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly version: number | null;
  readonly replayed: boolean;
};

export type Outcome = Promise<Result<Answer, Refusal>>;
