/**
 * Ids that follow from what they name, so that loading the same history again names the same things. They have the shape
 * of all other ids (a ULID behind a prefix) and sort by the time of what they name.
 */
import { createHash } from 'node:crypto';
import { encodeTime } from 'ulid';

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const timeLength = 10;
const bitsPerDigit = 5n;
const digits = 16;

/**
 * @param at when it happened; the time of everything that has none is 0
 * @param parts what makes it that one and no other
 */
export function derivedId(prefix: 'pi' | 'acc' | 'evt', at: number, ...parts: readonly string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([prefix, ...parts]))
    .digest('hex');
  let rest = BigInt(`0x${hash}`);
  let text = '';
  for (let digit = 0; digit < digits; digit += 1) {
    text += crockford[Number(rest & 31n)];
    rest >>= bitsPerDigit;
  }
  return `${prefix}_${encodeTime(at, timeLength)}${text}`;
}
