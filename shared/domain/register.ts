/**
 * A host's register: how many intents it came to know, and a sum over the hashes of the events by which it did. Histories
 * are chained one by one; the register is what notices that a whole one is gone.
 */
import type { IntentEvent, PaymentIntent } from './payment-intent.ts';

/** The host in whose register an intent stands: the payer's, or the payee's for money from outside. */
export function homeHostOf(intent: Pick<PaymentIntent, 'payer' | 'payee'>): string | null {
  return intent.payer.hostId ?? intent.payee.hostId;
}

/** The event by which the home host learns of an intent: its beginning, or its submission by the other side. */
export function isRegistration(
  intent: Pick<PaymentIntent, 'payer' | 'author'>,
  event: Pick<IntentEvent, 'data'>,
): boolean {
  const homeSide = intent.payer.hostId === null ? 'payee' : 'payer';
  const { type } = event.data;
  return type === 'imported' || type === (intent.author.side === homeSide ? 'created' : 'submitted');
}

/**
 * 84 bits of a hash as a number: the sum of a hundred billion of them stays within the 38 digits that the table keeps exactly.
 * @param hash base64url, at least 14 characters of it
 */
export function digestOf(hash: string): bigint {
  let digest = 0n;
  for (const character of hash.slice(0, 14)) {
    digest = digest * 64n + BigInt(alphabet.indexOf(character) & 63);
  }
  return digest;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
