/** The payments of a subscription as PayPal lists them (https://developer.paypal.com/api/subscriptions/v1/subscriptions-transactions). */
import * as z from 'zod';
import type { Payment, Reading } from '../application/processors.ts';
import type { Money } from '../domain/money.ts';
import { unknown } from './outcomes.ts';
import { fromPayPalValue } from './paypal-amounts.ts';
import { outcomeOfFailure, type PayPalClient, pathOfSubscription } from './paypal-client.ts';

export const Amount = z.object({ currency_code: z.string(), value: z.string() });
type Amount = z.infer<typeof Amount>;

const Listed = z.object({ transactions: z.array(z.unknown()).default([]) });

/** As much of a transaction as its fee takes; whatever else is odd about it, or about another one, is no matter here. */
const Fee = z.object({
  id: z.string(),
  amount_with_breakdown: z.object({ fee_amount: Amount.optional() }),
});

/** The list is asked for by time and read by id: looking far back costs nothing, and whose clock is right does not matter. */
const lookBackMilliseconds = 24 * 60 * 60 * 1000;

/** @returns what PayPal lists from a time on, not looked into yet */
export async function listTransactions(
  client: PayPalClient,
  subscription: string,
  from: number,
  until: string,
): Promise<Reading<{ readonly transactions: readonly unknown[] }>> {
  const query = new URLSearchParams({ start_time: new Date(from).toISOString(), end_time: until });
  const answer = await client.ask('GET', `${pathOfSubscription(subscription)}/transactions?${query}`);
  if (answer.kind !== 'answered' || answer.status !== 200) {
    // The list of a subscription that is gone is gone with it; the payment may have been made.
    return unknown(outcomeOfFailure(client, answer, (_issues, reason) => unknown(reason)).reason);
  }
  const listed = Listed.safeParse(answer.body);
  return listed.success
    ? { outcome: 'done', transactions: listed.data.transactions }
    : unknown('What PayPal answered could not be understood.');
}

export async function withPayPalFee(
  client: PayPalClient,
  subscription: string,
  payment: Payment,
  now: string,
): Promise<Reading<{ readonly payment: Payment }>> {
  const listed = await listTransactions(client, subscription, Date.parse(payment.paidAt) - lookBackMilliseconds, now);
  if (listed.outcome === 'unknown') {
    return listed;
  }
  const found = listed.transactions
    .flatMap((transaction) => Fee.safeParse(transaction).data ?? [])
    .find(({ id }) => id === payment.reference);
  if (found === undefined) {
    return unknown('PayPal does not list the payment yet.');
  }
  const { fee_amount: said } = found.amount_with_breakdown;
  if (said === undefined) {
    return unknown('PayPal has not counted its fee yet.');
  }
  const fee = feeIn(payment.amount, said);
  return fee === undefined
    ? unknown('PayPal says its fee as an amount that cannot be read.')
    : { outcome: 'done', payment: { ...payment, fee } };
}

/**
 * Some of PayPal's answers write the fee as what is taken off.
 * @returns null when it is in another currency than the payment, undefined when it cannot be read
 */
export function feeIn({ currency }: Money, { value, currency_code: code }: Amount): number | null | undefined {
  const fee = fromPayPalValue(value, code);
  return code === currency ? fee && Math.abs(fee.amount) : null;
}
