/** Holds: whose they are, what they stop, and when the clock has something to do with them (requirements P1 to P3, P7). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type AccountHold,
  applyHold,
  decideHoldDue,
  decideLift,
  type Flow,
  type Guard,
  type HoldEventData,
  type HoldLevel,
  type HoldOwner,
  holdDueAt,
  holdLevels,
  holdOwners,
  levelsOf,
  onHold,
  openGuard,
  stoppedBy,
} from '../../shared/domain/hold.ts';
import { day } from '../support/contribution-life.ts';

const agreed = {
  id: 'hold_1',
  accountId: 'b',
  hostId: 'B',
  scope: { kind: 'account' },
  level: 'recurring_in',
  owner: 'host',
  reason: 'paperwork',
  message: null,
  missedPeriods: 'skip',
  from: day(0),
  until: null,
  placedBy: 'hostAdminB',
  remindAt: day(14),
  createdAt: day(0),
} as const satisfies (HoldEventData & { readonly type: 'placed' })['hold'];

const event = (number: number, data: HoldEventData, at = day(number)) => ({
  number,
  at,
  actor: { userId: 'hostAdminB' },
  data,
});

const placed = (given: Partial<AccountHold> = {}): AccountHold => ({
  ...applyHold(undefined, event(1, { type: 'placed', hold: agreed }, day(0))),
  ...given,
});
/** One of which everything that follows from it was set going. */
const spread = (given: Partial<AccountHold> = {}): AccountHold => placed({ spread: 'done', ...given });

describe('a hold', () => {
  test('begins as it was placed', () => {
    expect(placed()).toEqual({
      ...agreed,
      version: 1,
      status: 'active',
      lifted: null,
      reminders: 0,
      spread: 'waiting',
      updatedAt: day(0),
    });
  });

  test.each(['lifted', 'ended'] as const)('that was %s says by whom and when, and reminds nobody any more', (type) => {
    expect(applyHold(placed(), event(2, { type }))).toMatchObject({
      version: 2,
      status: 'lifted',
      lifted: { at: day(2), by: 'hostAdminB', how: type },
      remindAt: null,
      updatedAt: day(2),
    });
  });

  test('counts its reminders', () => {
    const once = applyHold(placed(), event(2, { type: 'reminded', remindAt: day(21) }));
    const twice = applyHold(once, event(3, { type: 'reminded', remindAt: day(28) }));
    expect(twice).toMatchObject({ version: 3, status: 'active', reminders: 2, remindAt: day(28) });
  });

  test('has a history that begins with its placing, once, and has no gap', () => {
    const placing: HoldEventData = { type: 'placed', hold: agreed };
    expect(() => applyHold(undefined, event(1, { type: 'lifted' }))).toThrow('cannot begin with lifted');
    expect(() => applyHold(undefined, event(2, placing))).toThrow('cannot follow version 0');
    expect(() => applyHold(placed(), event(3, { type: 'lifted' }))).toThrow('cannot follow version 1');
    expect(() => applyHold(placed(), event(1, { type: 'lifted' }))).toThrow('cannot follow version 1');
    expect(() => applyHold(placed(), event(2, placing))).toThrow('placed once');
  });

  const spreading = [
    ['recurring_in', 'waiting', 'waiting'],
    ['full', 'waiting', 'waiting'],
    ['new_in', 'done', 'waiting'],
    ['out', 'done', 'done'],
  ] as const;
  test.each(spreading)('at the level %s is %s to spread when placed and %s when lifted', (level, before, after) => {
    const hold = applyHold(undefined, event(1, { type: 'placed', hold: { ...agreed, level } }));
    expect(hold.spread).toBe(before);
    const done = hold.spread === 'waiting' ? applyHold(hold, event(2, { type: 'spread', woken: 3 })) : hold;
    expect(done).toMatchObject({ spread: 'done', status: 'active' });
    expect(applyHold(done, event(done.version + 1, { type: 'lifted' })).spread).toBe(after);
  });

  test('on chosen contributions has nothing to spread: they carry it themselves', () => {
    const scope = { kind: 'contributions', contributionIds: ['con_1'] } as const;
    const hold = applyHold(undefined, event(1, { type: 'placed', hold: { ...agreed, scope } }));
    expect(hold.spread).toBe('done');
    expect(applyHold(hold, event(2, { type: 'lifted' })).spread).toBe('done');
  });
});

describe('the clock', () => {
  test.each([
    ['to remind', { until: null }, day(14)],
    ['to end it, if that is earlier', { until: day(7) }, day(7)],
    ['to remind, if that is earlier', { until: day(30) }, day(14)],
    ['to end it, without a reminder', { until: day(30), remindAt: null }, day(30)],
    ['nothing', { until: null, remindAt: null }, null],
    ['nothing with a hold that is over', { status: 'lifted', until: day(7) }, null],
    ['to spread it, first of all', { spread: 'waiting', until: day(7), updatedAt: day(1) }, day(1)],
    ['to spread one that is over too', { spread: 'waiting', status: 'lifted', updatedAt: day(2) }, day(2)],
  ] as const)('has %s', (_what, given, due) => {
    expect(holdDueAt(spread(given))).toBe(due);
  });

  test.each([
    ['nothing before its time', {}, day(14, -1), undefined],
    ['reminds when it is time', {}, day(14), { type: 'reminded', remindAt: day(21) }],
    ['ends it when its date has come', { until: day(7) }, day(7), { type: 'ended' }],
    ['does not end it before', { until: day(7) }, day(7, -1), undefined],
    ['ends rather than reminds', { until: day(14) }, day(20), { type: 'ended' }],
    ['leaves alone what is over', { status: 'lifted', until: day(7) }, day(20), undefined],
  ] as const)('%s', (_what, given, now, data) => {
    expect(decideHoldDue(spread(given), now, day(21))).toEqual(data);
  });
});

describe('lifting', () => {
  const pairs = holdOwners.flatMap((owner) => holdOwners.map((caller) => [owner, caller] as const));
  test.each(pairs)('a hold of the %s by the %s: only its owner may', (owner, caller) => {
    const result = decideLift(placed({ owner }), [caller]);
    expect(result.ok ? result.value : result.refusal.code).toEqual(
      owner === caller ? { type: 'lifted' } : 'not-hold-owner',
    );
  });

  test('a second time is refused, and somebody else learns nothing new from trying', () => {
    const over = placed({ status: 'lifted' });
    expect(decideLift(over, ['host'])).toMatchObject({ ok: false, refusal: { code: 'hold-over' } });
    expect(decideLift(over, ['collective'])).toMatchObject({ ok: false, refusal: { code: 'not-hold-owner' } });
  });

  test('is for whoever may act in the owner’s name among others', () => {
    expect(decideLift(placed({ owner: 'host' }), ['collective', 'host']).ok).toBe(true);
    expect(decideLift(placed({ owner: 'host' }), []).ok).toBe(false);
  });
});

describe('levels', () => {
  test('nobody stops more than is theirs', () => {
    expect(levelsOf).toEqual({
      host: ['recurring_in', 'new_in', 'out', 'full'],
      collective: ['recurring_in', 'new_in'],
      contributor: ['recurring_in'],
      platform: ['recurring_in', 'new_in', 'out', 'full'],
    });
  });

  /** Requirement P3, row by row. */
  const stopped: Readonly<Record<HoldLevel, Readonly<Record<Flow, boolean>>>> = {
    recurring_in: { recurring: true, new_recurring: true, new_once: false, out: false },
    new_in: { recurring: false, new_recurring: true, new_once: true, out: false },
    out: { recurring: false, new_recurring: false, new_once: false, out: true },
    full: { recurring: true, new_recurring: true, new_once: true, out: true },
  };
  const rows = holdLevels.flatMap((level) =>
    (['recurring', 'new_recurring', 'new_once', 'out'] as const).map(
      (flow) => [level, flow, stopped[level][flow]] as const,
    ),
  );
  test.each(rows)('%s stops the flow %s: %s', (level, flow, isStopped) => {
    const guard: Guard = { ...openGuard('b'), levels: { [level]: ['host'] } };
    expect(stoppedBy([openGuard('B'), guard], flow)).toEqual(isStopped ? ['host'] : []);
    expect(stoppedBy([guard, openGuard('B')], flow)).toEqual(isStopped ? ['host'] : []);
  });

  test('who is stopped is told by whom', () => {
    expect(onHold(['host', 'platform'])).toEqual({
      code: 'on-hold',
      detail: expect.stringContaining('Held by: host, platform.'),
    });
  });

  test('nothing is stopped where nobody holds, nor where the last one has lifted', () => {
    expect(stoppedBy([], 'recurring')).toEqual([]);
    expect(stoppedBy([openGuard('b'), { ...openGuard('B'), levels: { full: [] } }], 'recurring')).toEqual([]);
  });

  test('holds add up: a flow is free only when nobody is left, each owner is named once, and lifting one leaves the others', () => {
    const holding = fc.record({
      place: fc.constantFrom(0, 1),
      level: fc.constantFrom(...holdLevels),
      owner: fc.constantFrom<HoldOwner>(...holdOwners),
    });
    const same = (one: { place: number; level: string; owner: string }): string =>
      `${one.place} ${one.level} ${one.owner}`;
    const expectSame = (some: readonly HoldOwner[], others: readonly HoldOwner[]): void => {
      expect(some).toHaveLength(others.length);
      expect(new Set(some)).toEqual(new Set(others));
    };
    fc.assert(
      fc.property(
        fc.uniqueArray(holding, { selector: same, maxLength: 8 }),
        fc.nat({ max: 7 }),
        fc.constantFrom<Flow>('recurring', 'new_recurring', 'new_once', 'out'),
        (all, which, flow) => {
          const guards = (holds: typeof all): readonly Guard[] =>
            [0, 1].map((place) => ({
              ...openGuard(`account ${place}`),
              levels: Object.fromEntries(
                holdLevels.map((level) => [
                  level,
                  holds.filter((each) => each.place === place && each.level === level).map(({ owner }) => owner),
                ]),
              ),
            }));
          const owners = (holds: typeof all): readonly HoldOwner[] =>
            holdOwners.filter((owner) => holds.some((each) => each.owner === owner && stopped[each.level][flow]));
          expectSame(stoppedBy(guards(all), flow), owners(all));
          const left = all.filter((_, index) => index !== which);
          expectSame(stoppedBy(guards(left), flow), owners(left));
        },
      ),
    );
  });
});
