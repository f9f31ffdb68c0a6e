/**
 * Functions are written as if time were what `Date` says. So that the local clock can be moved without them knowing, each
 * worker replaces `Date` before it loads the function, and adds an offset that the main thread keeps in shared memory.
 * Timers are left alone: waiting a second takes a second, wherever the clock stands.
 */
export const installMovedDate = (offsetMemory: SharedArrayBuffer): void => {
  const offset = new BigInt64Array(offsetMemory);
  const RealDate = globalThis.Date;
  const realNow = RealDate.now;
  const now = (): number => realNow() + Number(Atomics.load(offset, 0));

  function MovedDate(this: unknown, ...parameters: unknown[]): unknown {
    if (new.target === undefined) return new RealDate(now()).toString();
    return Reflect.construct(RealDate, parameters.length === 0 ? [now()] : parameters, new.target);
  }
  // Sharing the prototype keeps `instanceof Date` true for dates made before and after the replacement.
  Object.defineProperties(MovedDate, {
    ...Object.getOwnPropertyDescriptors(RealDate),
    now: { value: now, writable: true, configurable: true },
  });
  Object.defineProperty(RealDate.prototype, 'constructor', { value: MovedDate, writable: true, configurable: true });
  Reflect.set(globalThis, 'Date', MovedDate);
  moveTemporal(now);
};

type NativeTemporal = {
  Instant: { fromEpochMilliseconds(milliseconds: number): { toZonedDateTimeISO(zone: string): ZonedDateTime } };
  Now: Record<string, unknown> & { timeZoneId(): string };
};
type ZonedDateTime = { toPlainDateTime(): unknown; toPlainDate(): unknown; toPlainTime(): unknown };

/** Node has no Temporal without a flag yet; the polyfill reads `Date.now` and needs nothing. */
const moveTemporal = (now: () => number): void => {
  const temporal: NativeTemporal | undefined = Reflect.get(globalThis, 'Temporal');
  if (temporal === undefined) return;
  const instant = () => temporal.Instant.fromEpochMilliseconds(now());
  const zoned = (zone: string = temporal.Now.timeZoneId()) => instant().toZonedDateTimeISO(zone);
  Object.assign(temporal.Now, {
    instant,
    zonedDateTimeISO: zoned,
    plainDateTimeISO: (zone?: string) => zoned(zone).toPlainDateTime(),
    plainDateISO: (zone?: string) => zoned(zone).toPlainDate(),
    plainTimeISO: (zone?: string) => zoned(zone).toPlainTime(),
  });
};
