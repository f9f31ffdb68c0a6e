/** What the readers of processors' messages have in common. */
import type * as z from 'zod';

/** A message is not taken for new for longer than this, where its signature says when it was made. */
export const messageAgeMaxSeconds = 300;

/** Header names have no case (RFC 9110 §5.1), and gateways differ in how they write them. */
export function headerOf(headers: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  const own = Object.keys(headers).find((header) => header.toLowerCase() === name);
  return own === undefined ? undefined : headers[own];
}

/**
 * A message that is the processor's and has not the shape that it promises, mostly because it is told in another version
 * of its API. It is no message to pass over: it may be about money.
 */
export class NewsNotUnderstood extends Error {
  override readonly name = 'NewsNotUnderstood';
}

export const instantOf = (secondsSinceEpoch: number): string => new Date(secondsSinceEpoch * 1000).toISOString();

/**
 * @param what whose message of what it is, for the one who has to find out
 * @throws {NewsNotUnderstood} that names the fields that are wrong, and nothing of what is in them
 */
export function understood<Value>(schema: z.ZodType<Value>, value: unknown, what: string): Value {
  const read = schema.safeParse(value);
  if (!read.success) {
    const fields = read.error.issues.map(({ path }) => path.join('.')).join(', ');
    throw new NewsNotUnderstood(`${what} has not the shape that it is documented with: ${fields}.`);
  }
  return read.data;
}
