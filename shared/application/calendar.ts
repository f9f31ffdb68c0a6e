/** Dates that people count: days in a time zone, working days. Calendar arithmetic is the library's. */
import { Temporal } from 'temporal-polyfill';

/** Monday is 1 in ISO 8601. */
const saturday = 6;

/**
 * @param now instant, ISO 8601 UTC
 * @param timeZone IANA name
 * @returns the same time of day that many working days later (Monday to Friday; holidays are not known), as an instant
 */
export function workingDaysAfter(now: string, days: number, timeZone: string): string {
  let date = Temporal.Instant.from(now).toZonedDateTimeISO(timeZone);
  for (let left = days; left > 0; ) {
    date = date.add({ days: 1 });
    left -= date.dayOfWeek < saturday ? 1 : 0;
  }
  return date.toInstant().toString({ smallestUnit: 'millisecond' });
}

/** @returns the UTC date of an instant, moved by whole days, as `YYYY-MM-DD` */
export function todayIn(now: string, plusDays: number): string {
  return Temporal.Instant.from(now).toZonedDateTimeISO('UTC').toPlainDate().add({ days: plusDays }).toString();
}
