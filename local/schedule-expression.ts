/**
 * `rate(…)` and `cron(…)` of EventBridge rules, in UTC. AWS counts a rate from the moment the rule was made, which nobody can
 * predict; here it is counted from the epoch, so that an hourly rule runs on the hour and a test knows when.
 */

/** Answers the first time after the given one, or `undefined` when there is none. */
export type ScheduleExpression = { next(afterEpochMilliseconds: number): number | undefined };

const minute = 60_000;
const day = 24 * 60 * minute;
const unitMilliseconds: Readonly<Record<string, number>> = { minute, hour: 60 * minute, day };

export const parseScheduleExpression = (text: string): ScheduleExpression => {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(text);
  if (rate !== null) {
    const period = Number(rate[1]) * (unitMilliseconds[rate[2] ?? ''] ?? 0);
    if (period === 0) throw new Error(`${text} never passes.`);
    return { next: (after) => (Math.floor(after / period) + 1) * period };
  }
  const cron = /^cron\((.+)\)$/.exec(text);
  if (cron?.[1] !== undefined) return parseCron(cron[1], text);
  throw new Error(`The schedule expression ${text} is not known here.`);
};

const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const yearMax = 2199;

const parseCron = (fields: string, text: string): ScheduleExpression => {
  const parts = fields.trim().split(/\s+/);
  if (parts.length !== 6) throw new Error(`${text} has ${parts.length} fields; EventBridge wants six.`);
  const [minutes = '', hours = '', daysOfMonth = '', months = '', daysOfWeek = '', years = ''] = parts;
  if ((daysOfMonth === '?') === (daysOfWeek === '?')) {
    throw new Error(`${text} must have "?" in one of its day fields, as EventBridge wants it.`);
  }
  const allowed = {
    minutes: parseField(minutes, 0, 59, text),
    hours: parseField(hours, 0, 23, text),
    daysOfMonth: parseField(daysOfMonth, 1, 31, text),
    months: parseField(months, 1, 12, text, monthNames, 1),
    daysOfWeek: parseField(daysOfWeek, 1, 7, text, dayNames, 1),
    years: parseField(years, 1970, yearMax, text),
  };
  const isAllowedDay = (date: Date): boolean =>
    allowed.years.has(date.getUTCFullYear()) &&
    allowed.months.has(date.getUTCMonth() + 1) &&
    allowed.daysOfMonth.has(date.getUTCDate()) &&
    allowed.daysOfWeek.has(date.getUTCDay() + 1);
  return {
    next: (after) => {
      const first = (Math.floor(after / minute) + 1) * minute;
      // Eight years hold every combination of date and weekday that a leap year can bring, save at the turn of some centuries.
      for (let midnight = first - (first % day), days = 0; days <= 8 * 366; midnight += day, days++) {
        if (!isAllowedDay(new Date(midnight))) continue;
        for (const hour of allowed.hours) {
          for (const minuteOfHour of allowed.minutes) {
            const time = midnight + (hour * 60 + minuteOfHour) * minute;
            if (time >= first) return time;
          }
        }
      }
      return undefined;
    },
  };
};

/** The allowed values in ascending order. */
const parseField = (
  field: string,
  min: number,
  max: number,
  text: string,
  names: readonly string[] = [],
  firstName = 0,
): ReadonlySet<number> => {
  const read = (part: string): number => {
    const named = names.indexOf(part.toUpperCase());
    const value = named >= 0 ? named + firstName : Number(part);
    if (!/^\w+$/.test(part) || !Number.isInteger(value) || value < min || value > max) {
      throw new Error(`${text}: "${part}" is not known here.`);
    }
    return value;
  };
  const values = field.split(',').flatMap((item) => {
    const [range = '', stepText, ...rest] = item.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (rest.length > 0 || !Number.isInteger(step) || step < 1)
      throw new Error(`${text}: "${item}" is not known here.`);
    const [from, to] = rangeOf(range, stepText !== undefined, read, min, max);
    if (to < from) throw new Error(`${text}: the range "${range}" ends before it begins.`);
    return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  });
  return new Set(values.toSorted((left, right) => left - right));
};

const rangeOf = (
  range: string,
  hasStep: boolean,
  read: (part: string) => number,
  min: number,
  max: number,
): readonly [number, number] => {
  if (range === '*' || range === '?') return [min, max];
  const dash = range.indexOf('-');
  if (dash > 0) return [read(range.slice(0, dash)), read(range.slice(dash + 1))];
  const value = read(range);
  return [value, hasStep ? max : value];
};
