/** Reads input through a schema, and says of each wrong field what is wrong with it, in words for whoever sent it. */
import type * as z from 'zod';
import type { FieldError } from '../domain/refusals.ts';

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** A caller who sends nonsense gets enough to go on, and not an answer as long as the nonsense. */
export const errorsMax = 50;
const segmentLengthMax = 100;

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

/** The words for an issue whose schema has none of its own. Values are never repeated: they may be anything. */
function describe(issue: z.core.$ZodRawIssue): string {
  if (issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value')) {
    return 'Is required.';
  }
  switch (issue.code) {
    case 'invalid_type':
      return `Must be ${typeNames[issue.expected] ?? 'of another type'}.`;
    case 'too_small':
      return Number(issue.minimum) === 1 && issue.origin === 'string'
        ? 'Must not be empty.'
        : `Must be at least ${issue.minimum}${units[issue.origin] ?? ''}.`;
    case 'too_big':
      return `Must be at most ${issue.maximum}${units[issue.origin] ?? ''}.`;
    case 'invalid_value':
      return `Must be one of: ${issue.values.map(String).join(', ')}.`;
    case 'invalid_union':
      return 'Must be one of the kinds that the API document names.';
    case 'unrecognized_keys':
      return 'Is not known here.';
    default:
      return 'Does not have the right form.';
  }
}

const segment = (part: PropertyKey): string =>
  String(part).toWellFormed().slice(0, segmentLengthMax).replaceAll('~', '~0').replaceAll('/', '~1');

/** A JSON Pointer (RFC 6901); the whole document is the empty text. */
export const pointerOf = (path: readonly PropertyKey[]): string => path.map((part) => `/${segment(part)}`).join('');

function fieldErrors(issues: readonly z.core.$ZodIssue[]): readonly FieldError[] {
  const errors = new Map<string, string>();
  for (const issue of issues) {
    const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    for (const path of paths) {
      const pointer = pointerOf(path);
      // One entry per field: the first thing that is wrong with it.
      if (!errors.has(pointer)) {
        errors.set(pointer, issue.code === 'unrecognized_keys' ? 'Is not known here.' : issue.message);
      }
    }
  }
  return [...errors].slice(0, errorsMax).map(([pointer, detail]) => ({ pointer, detail }));
}

/**
 * What JSON can write and its canonical form (RFC 8785) cannot: half a surrogate pair, in a text or a name, and a number larger than
 * there are. No two readers need agree on what it is, so nothing that has it is taken, wherever it stands.
 */
export function faultsOfForm(value: unknown, path: readonly PropertyKey[] = []): readonly FieldError[] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) =>
      faultsOfForm(name.isWellFormed() ? member : name, [...path, name]),
    );
  }
  if (typeof value === 'string') {
    return value.isWellFormed() ? [] : [{ pointer: pointerOf(path), detail: 'Has halves of characters.' }];
  }
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY
    ? [{ pointer: pointerOf(path), detail: 'Is too large a number.' }]
    : [];
}

export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): Parsed<z.output<Schema>> {
  const result = schema.safeParse(input, { error: describe });
  return result.success ? { ok: true, value: result.data } : { ok: false, errors: fieldErrors(result.error.issues) };
}
