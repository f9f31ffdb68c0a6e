/** The calendar of contributions: anchor days, short months, leap years, time zones and the hours that clocks change. */
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Calendar, dayBegins, dayOf, periodAt } from '../../shared/application/periods.ts';

const calendar = (startsOn: string, interval: Calendar['interval'] = 'month', timeZone = 'UTC'): Calendar => ({
  interval,
  startsOn,
  firstAt: dayBegins(startsOn, timeZone),
  timeZone,
});
const periods = (given: Calendar, count: number): readonly (string | undefined)[] =>
  Array.from({ length: count }, (_, index) => periodAt(given, index)?.period);

describe('a month later', () => {
  test('is the anchor day again after a month that was too short for it', () => {
    expect(periods(calendar('2026-01-31'), 5)).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
      '2026-05-31',
    ]);
  });

  test('has the 29th of February in a leap year', () => {
    expect(periods(calendar('2027-12-30'), 4)).toEqual(['2027-12-30', '2028-01-30', '2028-02-29', '2028-03-30']);
  });
});

test('a year that begins on the 29th of February comes back to it', () => {
  expect(periods(calendar('2028-02-29', 'year'), 5)).toEqual([
    '2028-02-29',
    '2029-02-28',
    '2030-02-28',
    '2031-02-28',
    '2032-02-29',
  ]);
});

test('what is given once has one period', () => {
  expect(periodAt(calendar('2026-05-04', 'once'), 0)?.period).toBe('2026-05-04');
  expect(periodAt(calendar('2026-05-04', 'once'), 1)).toBeNull();
});

describe('a period begins with the day of the host’s time zone', () => {
  test.each([
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-30', '2026-03-29T22:00:00.000Z'],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
    ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
    ['Pacific/Auckland', '2026-07-01', '2026-06-30T12:00:00.000Z'],
    // Midnight does not exist there on that day: clocks go from 24:00 to 1:00.
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z'],
  ])('in %s on %s at %s', (timeZone, day, instant) => {
    expect(dayBegins(day, timeZone)).toBe(instant);
    expect(dayOf(instant, timeZone)).toBe(day);
  });

  test('also months later, on the other side of a change of clocks', () => {
    const berlin = calendar('2026-01-15', 'month', 'Europe/Berlin');
    expect(periodAt(berlin, 0)?.at).toBe('2026-01-14T23:00:00.000Z');
    expect(periodAt(berlin, 6)?.at).toBe('2026-07-14T22:00:00.000Z');
  });
});

test('periods follow each other, each on its own day, whatever the zone and the day they begin on', async () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Apia', 'Australia/Lord_Howe'];
  await fc.assert(
    fc.asyncProperty(
      fc.date({ min: new Date('2025-01-01'), max: new Date('2033-01-01'), noInvalidDate: true }),
      fc.constantFrom(...zones),
      fc.constantFrom('month', 'year'),
      async (date, timeZone, interval) => {
        const startsOn = dayOf(date.toISOString(), timeZone);
        const given = calendar(startsOn, interval as Calendar['interval'], timeZone);
        for (let index = 1; index < 30; index += 1) {
          const before = periodAt(given, index - 1);
          const period = periodAt(given, index);
          expect(period !== null && before !== null && period.at > before.at).toBe(true);
          expect(period && dayOf(period.at, timeZone)).toBe(period?.period);
          // The anchor day, or the last day of a month that is too short for it.
          const day = Number(period?.period.slice(8));
          const anchor = Number(startsOn.slice(8));
          expect(day === anchor || (day < anchor && day >= 28)).toBe(true);
        }
      },
    ),
    { numRuns: 200 },
  );
});
