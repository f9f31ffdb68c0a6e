/**
 * Cursors: where the next page begins, sealed. A cursor is good for the caller, the operation and the filter that it was
 * made for and for nothing else. It is encrypted as well as signed, because a position may name something that the caller
 * must not know of (invariant 12).
 */
import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import type { Position } from '../application/ports.ts';

export type CursorScope = {
  readonly operationId: string;
  readonly userId: string;
  /** Path parameters and everything in the query but `cursor` and `limit`: pages may differ in size. */
  readonly filter: Readonly<Record<string, unknown>>;
};

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
/** The first byte: another way of sealing would be another number. */
const format = Buffer.from([1]);

const scopeBytes = ({ operationId, userId, filter }: CursorScope): Buffer => {
  const members = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.from(JSON.stringify([operationId, userId, members]));
};

const derived = (key: Uint8Array, purpose: string): Buffer => createHmac('sha256', key).update(purpose).digest();

export function sealCursor(key: Uint8Array, scope: CursorScope, position: Position): string {
  const additional = scopeBytes(scope);
  const plain = Buffer.from(JSON.stringify(position));
  // The nonce is made from what it seals, so that the same page always has the same cursor and no nonce serves two texts.
  const nonce = createHmac('sha256', derived(key, 'cursor nonce'))
    .update(createHash('sha256').update(additional).digest())
    .update(plain)
    .digest()
    .subarray(0, nonceBytes);
  const cipher = createCipheriv(algorithm, derived(key, 'cursor'), nonce, { authTagLength: tagBytes });
  cipher.setAAD(additional);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([format, nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @returns the position, or `undefined` for a cursor that was not made here, for this caller and this list. */
export function openCursor(key: Uint8Array, scope: CursorScope, cursor: string): Position | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  const sealedFrom = format.length + nonceBytes + tagBytes;
  if (bytes.length <= sealedFrom || bytes[0] !== format[0] || bytes.toString('base64url') !== cursor) {
    return undefined;
  }
  const nonce = bytes.subarray(format.length, format.length + nonceBytes);
  const decipher = createDecipheriv(algorithm, derived(key, 'cursor'), nonce, { authTagLength: tagBytes });
  decipher.setAAD(scopeBytes(scope));
  decipher.setAuthTag(bytes.subarray(format.length + nonceBytes, sealedFrom));
  try {
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(sealedFrom)), decipher.final()]).toString());
  } catch {
    return undefined;
  }
}
