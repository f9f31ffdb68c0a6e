/** The periods of contributions: days and months in the host's time zone. Calendar arithmetic is the library's. */
import { TZDate } from '@date-fns/tz';
import { addMonths } from 'date-fns/addMonths';
import { addYears } from 'date-fns/addYears';
import type { Period } from '../domain/charging.ts';
import type { Contribution } from '../domain/contribution.ts';

/** The periods of an agreement, by their number: the anchor day in its time zone, from the start of that day. */
export type Calendar = Pick<Contribution, 'interval' | 'startsOn' | 'firstAt' | 'timeZone'>;

/**
 * A month that is too short has its last day instead of the anchor day, and the month after it has the anchor day again:
 * each period is counted from the first, not from the one before (semantics §4).
 * @returns null past the last period
 */
export function periodAt({ interval, startsOn, firstAt, timeZone }: Calendar, index: number): Period | null {
  if (index === 0) {
    return { period: startsOn, at: firstAt };
  }
  if (interval === 'once') {
    return null;
  }
  const first = startOfDay(startsOn, timeZone);
  const date = interval === 'month' ? addMonths(first, index) : addYears(first, index);
  return { period: dayText(date), at: new Date(date.getTime()).toISOString() };
}

const dayText = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => part.toString().padStart(2, '0')).join('-');

/** @param date `YYYY-MM-DD` @returns the first instant of that day, as a date of that time zone */
function startOfDay(date: string, timeZone: string): TZDate {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  return new TZDate(year, month - 1, day, timeZone);
}

/** @returns the first instant of a day (`YYYY-MM-DD`) in a time zone, ISO 8601 UTC */
export const dayBegins = (date: string, timeZone: string): string =>
  new Date(startOfDay(date, timeZone).getTime()).toISOString();

/** @returns the day that an instant falls on in a time zone, as `YYYY-MM-DD` */
export const dayOf = (instant: string, timeZone: string): string => dayText(new TZDate(Date.parse(instant), timeZone));

export const minutesAfter = (instant: string, minutes: number): string =>
  new Date(Date.parse(instant) + minutes * 60_000).toISOString();
