/** Expected outcomes are values; exceptions are bugs or faults of the machinery. */
export type Result<Value, Failure> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Failure };

export const accept = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({ ok: true, value });

export const refuse = <Failure>(refusal: Failure): { readonly ok: false; readonly refusal: Failure } => ({
  ok: false,
  refusal,
});

/** Marks the end of an exhaustive switch: reaching it is a bug, and the compiler proves that nothing does. */
export function unreachable(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}
