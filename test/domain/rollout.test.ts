/** Who is served every ten minutes (requirements B2). */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isServed, rolloutAtFirst, slots } from '../../shared/domain/rollout.ts';

const everySlot = Array.from({ length: slots }, (_, slot) => ({ id: `host-${slot}`, slot }));
const served = (percentage: number, hostIds: readonly string[] = []): readonly string[] =>
  everySlot.filter((host) => isServed(host, { percentage, hostIds }, false)).map(({ id }) => id);

test('before anybody decided, everybody is served on the hour and nobody in between', () => {
  expect(everySlot.every((host) => isServed(host, rolloutAtFirst, true))).toBe(true);
  expect(everySlot.some((host) => isServed(host, rolloutAtFirst, false))).toBe(false);
});

test.each([0, 1, 37, 99, 100])(
  'with %i per cent, that many of a hundred hosts are served every ten minutes',
  (percentage) => {
    expect(served(percentage)).toHaveLength(percentage);
  },
);

test('a host that is named is served whatever the percentage', () => {
  expect(served(0, ['host-99'])).toEqual(['host-99']);
  expect(served(100, ['host-99'])).toHaveLength(100);
});

test('raising the percentage takes nobody off, and lowering it adds nobody', () => {
  const percentage = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(percentage, percentage, (one, other) => {
      const [fewer, more] = [served(Math.min(one, other)), served(Math.max(one, other))];
      expect(fewer.filter((id) => !more.includes(id))).toEqual([]);
    }),
  );
});

test('on the hour everybody is served, whatever was decided', () => {
  fc.assert(
    fc.property(fc.nat({ max: 99 }), fc.nat({ max: 100 }), (slot, percentage) => {
      expect(isServed({ id: 'host', slot }, { percentage, hostIds: [] }, true)).toBe(true);
    }),
  );
});
