import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { depthMax, parseJsonText } from '../../shared/http/json-text.ts';

const nested = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

test('whatever JSON can say is read as JSON.parse reads it', () => {
  const harmless = fc.json({ maxDepth: 6 }).filter((text) => !/__proto__|constructor|prototype/.test(text));
  fc.assert(
    fc.property(harmless, fc.constantFrom(0, 1, 2), (text, indent) => {
      const value: unknown = JSON.parse(text);
      expect(parseJsonText(JSON.stringify(value, null, indent))).toEqual({ ok: true, value });
    }),
  );
});

test('any text is read or refused, and never breaks the reader', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '1', ' ') }),
      (text) => {
        expect(typeof parseJsonText(text).ok).toBe('boolean');
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  ['{"a":1,"a":2}'],
  ['{"a":1,"\\u0061":2}'],
  ['{"b":{"a":1,"c":[{"x":1}],"a":2}}'],
  ['[{"a":1},{"a":1,"b":"\\"a\\":","a":3}]'],
])('a member that is named twice is refused: %s', (text) => {
  expect(parseJsonText(text)).toEqual({ ok: false, detail: 'The body names a member twice.' });
});

test.each([
  ['{"a":"a","b":"a"}'],
  ['[{"a":1},{"a":1}]'],
  ['{"a":{"a":{"a":[]}}}'],
  ['{"a":"{\\"a\\":1,\\"a\\":2}"}'],
  ['["a","a"]'],
  ['{"a" : "\\\\", "b\\\\" : "\\\\\\"" }'],
  ['"a"'],
])('names in different objects, and texts that look like names, are not the same member: %s', (text) => {
  expect(parseJsonText(text)).toEqual({ ok: true, value: JSON.parse(text) });
});

test.each(['__proto__', 'constructor', 'prototype'])('a member %s is refused', (name) => {
  expect(parseJsonText(`{"a":[{"${name}":{}}]}`)).toMatchObject({ ok: false });
});

test('nesting is bounded, and the bound itself is allowed', () => {
  expect(parseJsonText(nested(depthMax)).ok).toBe(true);
  expect(parseJsonText(nested(depthMax + 1))).toMatchObject({ ok: false });
  expect(parseJsonText(nested(100_000))).toMatchObject({ ok: false });
});

test.each([[''], ['{'], ['{"a":}'], ["{'a':1}"], ['{"a":1}x'], ['NaN'], ['\u0000'], ['{"a":01}']])(
  'what is not JSON is refused: %s',
  (text) => {
    expect(parseJsonText(text)).toEqual({ ok: false, detail: 'The body is not JSON.' });
  },
);
