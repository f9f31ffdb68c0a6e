import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';

export type Fingerprinted = {
  readonly operationId: string;
  readonly params: unknown;
  readonly content: unknown;
  readonly ifMatch: number | undefined;
};

/** What makes two requests the same: operation, path, body as canonical JSON (RFC 8785), and the version they are meant for. */
export function fingerprintOf({ operationId, params, content, ifMatch }: Fingerprinted): string {
  const text = canonicalize([operationId, params, content, ifMatch ?? null]);
  return createHash('sha256').update(String(text)).digest('base64url');
}
