import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CursorScope, openCursor, sealCursor } from '../../shared/http/cursors.ts';

const key = new Uint8Array(32).fill(7);
const scope: CursorScope = { operationId: 'listThings', userId: 'acc_1', filter: { host: 'acc_2', status: undefined } };
const positions = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()), { noNullPrototype: true });

test('what is sealed is opened again', () => {
  fc.assert(
    fc.property(positions, (position) => {
      expect(openCursor(key, scope, sealCursor(key, scope, position))).toEqual(JSON.parse(JSON.stringify(position)));
    }),
  );
});

test('a cursor says nothing of what is in it, and the same page has the same cursor', () => {
  const position = { createdAt: '2026-01-01T00:00:00.000Z', id: 'pi_secret' };
  const cursor = sealCursor(key, scope, position);
  expect(cursor).toMatch(/^[\w-]+$/);
  expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('pi_secret');
  expect(sealCursor(key, scope, position)).toBe(cursor);
});

test('the order of a filter and what is left out of it make no difference', () => {
  const cursor = sealCursor(key, { ...scope, filter: { b: 1, a: 2 } }, { id: '1' });
  expect(openCursor(key, { ...scope, filter: { a: 2, c: undefined, b: 1 } }, cursor)).toEqual({ id: '1' });
});

test.each<[string, Partial<CursorScope>]>([
  ['operation', { operationId: 'listOthers' }],
  ['caller', { userId: 'acc_3' }],
  ['filter', { filter: { host: 'acc_4' } }],
  ['filter with more in it', { filter: { host: 'acc_2', status: 'sent' } }],
])('a cursor does not open for another %s', (_what, other) => {
  const cursor = sealCursor(key, scope, { id: '1' });
  expect(openCursor(key, { ...scope, ...other }, cursor)).toBeUndefined();
});

test('a cursor that was changed anywhere does not open', () => {
  const bytes = Buffer.from(sealCursor(key, scope, { id: '1' }), 'base64url');
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const forged = Buffer.from(bytes);
      forged[at] = (forged[at] ?? 0) ^ difference;
      expect(openCursor(key, scope, forged.toString('base64url'))).toBeUndefined();
    }),
  );
});

test('any other text does not open, and another key opens nothing', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      expect(openCursor(key, scope, text)).toBeUndefined();
    }),
  );
  expect(openCursor(new Uint8Array(32), scope, sealCursor(key, scope, { id: '1' }))).toBeUndefined();
  // Base64 has several spellings of the same bytes; a cursor has one.
  expect(openCursor(key, scope, `${sealCursor(key, scope, { id: '1' })}=`)).toBeUndefined();
});
