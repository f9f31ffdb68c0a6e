/** Dates that people count: days in a time zone, working days. Calendar arithmetic is the library's. */
import { TZDate } from '@date-fns/tz';
import { addBusinessDays } from 'date-fns/addBusinessDays';

/**
 * @param now instant, ISO 8601 UTC
 * @param timeZone IANA name
 * @returns the same time of day that many working days later (Monday to Friday; holidays are not known), as an instant
 */
export function workingDaysAfter(now: string, days: number, timeZone: string): string {
  const date = addBusinessDays(new TZDate(now, timeZone), days);
  return new Date(date.getTime()).toISOString();
}

const dayMilliseconds = 86_400_000;

/** @returns the UTC date of an instant, moved by whole days, as `YYYY-MM-DD` */
export function dateInUtc(now: string, plusDays: number): string {
  return new Date(Date.parse(now) + plusDays * dayMilliseconds).toISOString().slice(0, 10);
}
