/** Dates that people count: days in a time zone, working days. Calendar arithmetic is the library's. */
import { TZDate } from '@date-fns/tz';
import { addBusinessDays } from 'date-fns/addBusinessDays';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';

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

/** A bank cannot have done something tomorrow; a day of grace covers the time zones. */
export function inPast<Value>(date: string, now: string, value: Value): Result<Value, Refusal> {
  const latest = dateInUtc(now, 1);
  return date > latest
    ? refuse({
        code: 'validation-failed',
        errors: [{ pointer: '/date', detail: `The date is in the future (after ${latest}).` }],
      })
    : accept(value);
}
