/** Histories that cannot be, and the register's reading of those that can. */
import { describe, expect, test } from '@jest/globals';
import { apply, fold } from '../../shared/domain/apply.ts';
import { digestOf, homeHostOf, isRegistration } from '../../shared/domain/register.ts';
import { approved, begun, type Numbered, parties, submitted } from '../support/pure-intent.ts';

const [first, second, third] = approved().events as readonly [Numbered, Numbered, Numbered];

describe('a history', () => {
  test('without events has no state', () => {
    expect(fold([])).toBeUndefined();
  });

  test('begins with its first event and has no gap', () => {
    expect(() => fold([second])).toThrow('begins with event 1');
    expect(() => fold([{ ...second, number: 1 }])).toThrow('cannot begin with submitted');
    expect(() => fold([first, third])).toThrow('cannot follow');
    expect(() => fold([first, { ...first, number: 2 }])).toThrow('only be the first');
    expect(() => fold([first, second, second])).toThrow('cannot follow');
  });

  test('begins with an import as it was imported', () => {
    const { version: _version, updatedAt: _updatedAt, ...intent } = approved().intent;
    const imported = { ...first, data: { type: 'imported', intent } as const };
    expect(apply(undefined, imported)).toEqual({ ...intent, version: 1, updatedAt: first.at });
  });
});

describe('a register', () => {
  test('the home of an intent is the payer’s host, or the payee’s for money from outside', () => {
    expect(homeHostOf(begun().intent)).toBe('A');
    expect(homeHostOf(begun({ payer: parties.organisation, author: 'organisationAdmin' }).intent)).toBe('B');
    expect(homeHostOf(begun({ payee: parties.person }).intent)).toBe('A');
  });

  test.each([
    ['its own side asked', {}, 'created'],
    ['the payee asked', { side: 'payee', author: 'collectiveAdminB' }, 'submitted'],
    ['a payer outside asked', { payer: parties.organisation, author: 'organisationAdmin' }, 'submitted'],
    ['it asked a payer outside', { payer: parties.organisation, side: 'payee', author: 'hostAdminB' }, 'created'],
  ] as const)('when %s, it knows the intent from one event on', (_who, given, type) => {
    const { intent, events } = submitted(given);
    expect(events.filter((event) => isRegistration(intent, event)).map(({ data }) => data.type)).toEqual([type]);
  });

  test('a digest takes 84 bits of a hash, each of which counts', () => {
    expect(digestOf('AAAAAAAAAAAAAAAAAA')).toBe(0n);
    expect(digestOf('______________')).toBe(2n ** 84n - 1n);
    const digests = Array.from({ length: 14 }, (_, index) =>
      digestOf(`${'A'.repeat(index)}B${'A'.repeat(13 - index)}`),
    );
    expect(new Set(digests).size).toBe(14);
  });
});
