/** Whatever may be thrown, as something that has a stack to log. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('Something that is no error was thrown.');
