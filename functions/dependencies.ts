/** The composition root: what the functions run on, made once per cold start. */
import { createHash, randomBytes } from 'node:crypto';
import { encodeTime } from 'ulid';
import type { Dependencies } from '../shared/application/ports.ts';
import { createDocumentClient } from '../shared/persistence/client.ts';
import { createStore, type StoreOptions } from '../shared/persistence/store.ts';

const ulidTimeLength = 10;
const ulidRandomLength = 16;
const crockfordBase32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The random part of a ULID from one draw of randomness; the library asks the system for each character by itself. */
function randomPart(): string {
  let part = '';
  for (const byte of randomBytes(ulidRandomLength)) {
    part += crockfordBase32.charAt(byte & 31);
  }
  return part;
}

export function requireEnv(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`The environment variable ${name} is missing.`);
  }
  return value;
}

/** Everything but the store, which tests bring along for a table of their own. */
export function dependenciesOver(
  store: Dependencies['store'],
  clock: Dependencies['clock'] = systemClock,
): Dependencies {
  return {
    store,
    clock,
    ids: { next: (prefix, at) => `${prefix}_${encodeTime(Date.parse(at), ulidTimeLength)}${randomPart()}` },
    hash: (text) => createHash('sha256').update(text).digest('base64url'),
  };
}

export const systemClock: Dependencies['clock'] = { now: () => new Date().toISOString() };

let table: StoreOptions | undefined;

/** The one table, with one client for everything in this function that asks it. */
export function tableOptions(): StoreOptions {
  table ??= { client: createDocumentClient(), tableName: requireEnv('TABLE_NAME') };
  return table;
}

let made: Dependencies | undefined;

export function dependencies(): Dependencies {
  made ??= dependenciesOver(createStore(tableOptions()));
  return made;
}

/** A secret that is made at first use, kept in the table, and read once per cold start. */
function keptSecret(name: string): () => Promise<Uint8Array> {
  let key: Promise<Uint8Array> | undefined;
  return () => {
    key ??= dependencies().store.secret(name, () => randomBytes(32));
    // A failed read is not kept: the next request tries again.
    key.catch(() => {
      key = undefined;
    });
    return key;
  };
}

/** The key that signs cursors. */
export const cursorKey = keptSecret('cursor');
/** The key that seals the links to unsubscribe. */
export const unsubscribeKey = keptSecret('unsubscribe');
