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

/** A year and a day, so that last year's statement can still be worked through on its anniversary. */
const bankDateDaysMax = 366;

/**
 * A bank cannot have done something tomorrow; a day of grace covers the time zones. What it did more than a year ago is
 * hardly news but a slip of the pen (1905, 0206): real history comes in by import, which is not bound by this.
 */
export function inPast<Value>(date: string, now: string, value: Value): Result<Value, Refusal> {
  const earliest = dateInUtc(now, -bankDateDaysMax);
  const latest = dateInUtc(now, 1);
  const wrong = (detail: string): Result<Value, Refusal> =>
    refuse({ code: 'validation-failed', errors: [{ pointer: '/date', detail }] });
  if (date > latest) {
    return wrong(`The date is in the future (after ${latest}).`);
  }
  return date < earliest
    ? wrong(`The date is more than ${bankDateDaysMax} days ago (before ${earliest}). Older history is imported.`)
    : accept(value);
}
