/** A movement as a payment intent that has ended: received, with the entry it made in the host's book (docs/import.md). */
import { asDebit, entry, type HostLedger, type Posting } from '../domain/books.ts';
import type { Money } from '../domain/money.ts';
import {
  type Actor,
  type Destination,
  type DraftEvent,
  type Party,
  type PaymentIntent,
  type Receipt,
  untouched,
} from '../domain/payment-intent.ts';
import type { Movement } from './opencollective-ledger.ts';

export const importActor: Actor = { userId: 'import', capacity: 'import' };

export type Parties = {
  readonly host: Party;
  readonly collective: Party;
  readonly opposite: Party;
};

export type ImportOccasion = {
  readonly parties: Parties;
  readonly currency: string;
  /** When it is loaded. */
  readonly at: string;
};

export const sourceOf = (hostSlug: string, group: string): string => `opencollective:${hostSlug}:${group}`;

/** @returns the first event of the movement's intent; nothing comes after it but a reversal */
export function importedEvent(movement: Movement, occasion: ImportOccasion, hostSlug: string): DraftEvent {
  return {
    data: { type: 'imported', intent: importedIntent(movement, occasion, hostSlug) },
    postings: postingsOf(movement, occasion),
  };
}

function importedIntent(
  movement: Movement,
  { parties, currency, at }: ImportOccasion,
  hostSlug: string,
): Omit<PaymentIntent, 'version' | 'updatedAt'> {
  const isIn = movement.direction === 'in';
  const { collective, opposite } = parties;
  const amount: Money = { amount: movement.gross, currency };
  const against = (ledger: string): number =>
    movement.effects.reduce((sum, effect) => sum + (effect.against === ledger ? effect.amount : 0), 0);
  const date = movement.at.slice(0, 10);
  const isBook = opposite.hostId === collective.hostId;
  const fee = isIn || isBook ? 0 : Math.max(0, -against('bank') - movement.gross);
  // Money that comes in is what reached the bank, for all that was given; what goes out is taken to have arrived whole.
  const arrived = isIn && !isBook ? Math.max(0, against('bank')) : movement.gross;
  const receipt: Receipt = {
    amount: { amount: arrived, currency },
    cost: movement.gross,
    excess: null,
    hostFee: isIn ? Math.max(0, -against('fees:host')) : 0,
    date,
    reference: movement.reference,
    fromSuspense: null,
    source: isBook ? 'book' : isIn ? 'imported' : 'assumed',
    by: importActor.userId,
    at,
  };
  return {
    ...untouched,
    id: movement.id,
    type: movement.type,
    status: 'received',
    payer: isIn ? opposite : collective,
    payee: isIn ? collective : opposite,
    amount,
    purpose: movement.purpose,
    destination: destinationOf(movement),
    author: { userId: importActor.userId, side: isIn ? 'payee' : 'payer' },
    approvedAt: movement.at,
    send:
      isIn && !isBook
        ? null
        : {
            amount,
            fee,
            feeBearer: 'payer',
            date,
            method: isBook ? 'book' : movement.method,
            reference: movement.reference,
            by: importActor.userId,
            at,
          },
    receipts: [receipt],
    sendsBackId: movement.refundsId,
    source: sourceOf(hostSlug, movement.group),
    createdAt: movement.at,
  };
}

function destinationOf({ direction, payoutMethod }: Movement): Destination | null {
  if (direction === 'in' || payoutMethod === '') {
    return null;
  }
  const method = payoutMethod === 'BANK_ACCOUNT' ? 'bank_account' : payoutMethod === 'PAYPAL' ? 'paypal' : 'other';
  return { method, label: payoutMethod.toLowerCase().replaceAll('_', ' ').slice(0, 60) };
}

/** What the collective has changes by each effect; the other half of each is where its rule says. */
function postingsOf({ effects }: Movement, { parties, currency }: ImportOccasion): readonly Posting[] {
  const book = parties.host.accountId;
  const posting = (accountId: string, ledger: HostLedger, amount: number): Posting => ({
    book,
    accountId,
    ledger,
    currency,
    amount,
  });
  const collective = parties.collective.accountId;
  return entry(
    effects.flatMap(({ against, amount }) => [
      posting(collective, 'available', amount),
      against === 'host'
        ? posting(book, 'available', -amount)
        : // What has to be added so that it stands against a credit of `amount`, whatever side the ledger account is on.
          posting(collective, against, asDebit(against, amount)),
    ]),
  );
}
