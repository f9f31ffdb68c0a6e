/**
 * What Stripe keeps of a payment stands in the balance transactions of its charges
 * (https://docs.stripe.com/api/balance_transactions/object). From an invoice to them is further than the four levels that
 * Stripe expands (https://docs.stripe.com/api/expanding_objects): it takes two requests.
 */
import type Stripe from 'stripe';
import type { Payment, Reading } from '../application/processors.ts';
import { unknown } from './outcomes.ts';
import { fromStripeAmount } from './stripe-amounts.ts';

/** What expands a payment intent to the fee that Stripe took. */
export const feeOfIntent = 'latest_charge.balance_transaction';

const partsMax = 100;

/** One of the payments that an invoice was paid with. */
type Part = {
  /** Of this invoice: one payment can be for several. */
  readonly paid: number | null;
  readonly received: number;
  readonly transaction: Stripe.BalanceTransaction | null;
};

/**
 * @param payment of an invoice, or one that was asked for from here
 * @throws what the SDK throws
 */
export async function withStripeFee(stripe: Stripe, payment: Payment): Promise<Reading<{ readonly payment: Payment }>> {
  const parts = payment.reference.startsWith('pi_')
    ? [await ownPart(stripe, payment.reference)]
    : await partsOfInvoice(stripe, payment.reference);
  if (parts.length === 0) {
    return unknown('Stripe does not say what the invoice was paid with.');
  }
  const counted = parts.flatMap(({ transaction }) => transaction ?? []);
  if (counted.length < parts.length) {
    return unknown('Stripe has not counted its fee yet.');
  }
  if (parts.some(({ paid, received }) => paid !== received)) {
    return unknown('The invoice was paid together with others; the fee at Stripe is for all of them.');
  }
  const fee = feeIn(payment.amount.currency, counted);
  return fee === undefined
    ? unknown('The fee at Stripe has parts of the smallest unit.')
    : { outcome: 'done', payment: { ...payment, fee } };
}

async function ownPart(stripe: Stripe, reference: string): Promise<Part> {
  const { amount_received: received, latest_charge: charge } = await intentWithFee(stripe, reference);
  return { paid: received, received, transaction: transactionOf(charge) };
}

/** @returns none when Stripe does not say all of them */
async function partsOfInvoice(stripe: Stripe, invoice: string): Promise<readonly Part[]> {
  const listed = await stripe.invoicePayments.list({ invoice, status: 'paid', limit: partsMax });
  // What a person marked as paid elsewhere is no money at Stripe, and nothing of the payment.
  const atStripe = listed.data.filter(({ payment: { type } }) => type !== 'payment_record');
  return listed.has_more ? [] : Promise.all(atStripe.map((part) => partOf(stripe, part)));
}

async function partOf(stripe: Stripe, { amount_paid: paid, payment }: Stripe.InvoicePayment): Promise<Part> {
  if (payment.type === 'payment_intent') {
    const intent = await intentWithFee(stripe, idOf(payment.payment_intent));
    return { paid, received: intent.amount_received, transaction: transactionOf(intent.latest_charge) };
  }
  if (payment.type === 'charge') {
    const charge = await stripe.charges.retrieve(idOf(payment.charge), { expand: ['balance_transaction'] });
    return { paid, received: charge.amount_captured, transaction: transactionOf(charge) };
  }
  throw new Error('Stripe has an invoice paid in a way that nobody here knows.');
}

const intentWithFee = (stripe: Stripe, id: string) => stripe.paymentIntents.retrieve(id, { expand: [feeOfIntent] });

function idOf(reference: string | { readonly id: string } | undefined): string {
  const id = typeof reference === 'object' ? reference.id : reference;
  if (!id) {
    throw new Error('Stripe does not say which payment it is.');
  }
  return id;
}

/** @returns null as long as Stripe has not counted what the charge brings */
export function transactionOf(charge: string | Stripe.Charge | null): Stripe.BalanceTransaction | null {
  const transaction = charge !== null && typeof charge === 'object' ? charge.balance_transaction : null;
  return typeof transaction === 'object' ? transaction : null;
}

/**
 * The fee is counted in the currency that Stripe pays out in; only in the payment's own can it be booked beside it.
 * @returns null when one is in another currency, undefined when the sum is none that can be counted here
 */
export function feeIn(currency: string, transactions: readonly Stripe.BalanceTransaction[]): number | null | undefined {
  const code = currency.toLowerCase();
  if (transactions.some((transaction) => transaction.currency !== code)) {
    return null;
  }
  const sum = transactions.reduce((total, { fee }) => total + fee, 0);
  return fromStripeAmount(sum, code)?.amount;
}
