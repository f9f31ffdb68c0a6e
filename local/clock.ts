import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileWhole } from './files.ts';

const Saved = z.strictObject({ offsetMilliseconds: z.int().nonnegative() });

/** The clock of the whole system: the machine's, plus an offset that only grows and outlives restarts. */
export class LocalClock {
  /** Shared with every worker, see `moved-date.ts`. */
  readonly offsetMemory = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  readonly #offset = new BigInt64Array(this.offsetMemory);
  readonly #file: string | undefined;

  /** Without a file the offset ends with the run. */
  constructor(file?: string) {
    this.#file = file;
    if (file !== undefined && existsSync(file)) {
      const saved = Saved.parse(JSON.parse(readFileSync(file, 'utf8')));
      Atomics.store(this.#offset, 0, BigInt(saved.offsetMilliseconds));
    }
  }

  get offsetMilliseconds(): number {
    return Number(Atomics.load(this.#offset, 0));
  }

  now(): number {
    return Date.now() + this.offsetMilliseconds;
  }

  /** Moves to an instant that is not behind the present one; an earlier one leaves the clock as it is. */
  moveTo(epochMilliseconds: number): void {
    const step = Math.ceil(epochMilliseconds - this.now());
    if (step <= 0) return;
    const offsetMilliseconds = this.offsetMilliseconds + step;
    Atomics.store(this.#offset, 0, BigInt(offsetMilliseconds));
    if (this.#file !== undefined) writeFileWhole(this.#file, JSON.stringify({ offsetMilliseconds }));
  }
}
