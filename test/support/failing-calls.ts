/** A machine that stops at its n-th call of anything outside: before the call took effect, or after it did and nobody heard. */
export class Crash extends Error {}

export type Moment = 'before' | 'after';

export class FailingCalls {
  calls = 0;
  private armed: { readonly call: number; readonly moment: Moment } | undefined;

  arm(call: number, moment: Moment): void {
    this.calls = 0;
    this.armed = { call, moment };
  }

  disarm(): void {
    this.calls = 0;
    this.armed = undefined;
  }

  /** The same object, whose methods count as calls; from the one that is armed on, none gets through any more. */
  wrap<Wrapped extends object>(target: Wrapped): Wrapped {
    return new Proxy(target, {
      get: (object, name, receiver) => {
        const value: unknown = Reflect.get(object, name, receiver);
        return typeof value === 'function'
          ? (...given: unknown[]) => this.call(() => value.apply(object, given))
          : value;
      },
    });
  }

  private async call(method: () => unknown): Promise<unknown> {
    this.calls += 1;
    const number = this.calls;
    this.stopAt(number, 'before');
    const value = await method();
    this.stopAt(number, 'after');
    return value;
  }

  private stopAt(number: number, moment: Moment): void {
    if (this.armed === undefined) {
      return;
    }
    const isPast = this.calls > this.armed.call || number > this.armed.call;
    if (isPast || (number === this.armed.call && this.armed.moment === moment)) {
      throw new Crash();
    }
  }
}
