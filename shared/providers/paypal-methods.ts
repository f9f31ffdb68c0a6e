/**
 * What PayPal has under the reference of a subscription, and what that takes each time:
 * https://developer.paypal.com/api/subscriptions/v1/subscriptions-get. Whoever made it there has written our account's id
 * into its `custom_id`.
 */
import * as z from 'zod';
import type { SubscriptionTerms } from '../domain/payment-method.ts';
import {
  intervalOf,
  isReference,
  type MethodAsked,
  type MethodFound,
  methodFound,
  nothingFound,
} from './found-methods.ts';
import { unknown } from './outcomes.ts';
import { fromPayPalValue } from './paypal-amounts.ts';
import { outcomeOfFailure, type PayPalClient, pathOfSubscription } from './paypal-client.ts';
import { Amount } from './paypal-transactions.ts';

const Cycle = z.object({
  tenure_type: z.string(),
  pricing_scheme: z.object({ fixed_price: Amount.optional(), pricing_model: z.string().optional() }).optional(),
  frequency: z.object({ interval_unit: z.string(), interval_count: z.int().positive().default(1) }),
});
type Cycle = z.infer<typeof Cycle>;

const Subscription = z.object({
  id: z.string().min(1),
  status: z.string(),
  custom_id: z.string().optional(),
  quantity: z.string().default('1'),
  shipping_amount: Amount.optional(),
});
type Subscription = z.infer<typeof Subscription>;

/** It is there because it is asked for (`fields`); what a subscription has of its own stands in it already. */
const Plan = z.object({
  billing_cycles: z.array(Cycle),
  taxes: z.object({ percentage: z.string().default('0'), inclusive: z.boolean().default(true) }).optional(),
});
type Plan = z.infer<typeof Plan>;

export async function findPayPalMethod(
  client: PayPalClient,
  { chargedBy, reference }: MethodAsked,
): Promise<MethodFound> {
  if (chargedBy !== 'processor' || !isReference(reference)) {
    return nothingFound;
  }
  const answer = await client.ask('GET', `${pathOfSubscription(reference)}?fields=plan`);
  if (answer.kind === 'answered' && answer.status === 200) {
    return read(answer.body, reference);
  }
  const failure = outcomeOfFailure(client, answer, (_issues, reason) => unknown(reason));
  return failure.outcome === 'refused' ? nothingFound : unknown(failure.reason);
}

function read(body: unknown, reference: string): MethodFound {
  const subscription = Subscription.safeParse(body);
  if (!subscription.success) {
    return notUnderstood;
  }
  // What it is called here is what messages will call it.
  if (subscription.data.id !== reference || subscription.data.status !== 'ACTIVE') {
    return nothingFound;
  }
  const withPlan = z.object({ plan: Plan }).safeParse(body);
  if (!withPlan.success) {
    return notUnderstood;
  }
  const terms = termsOf(subscription.data, withPlan.data.plan);
  return terms === undefined
    ? nothingFound
    : methodFound({ accountId: subscription.data.custom_id || null, subscription: terms });
}

const notUnderstood = unknown('What PayPal answered could not be understood.');

/** @returns undefined when the plan does not say what it takes each time: in tiers, or with more on top of the price */
function termsOf(subscription: Subscription, { billing_cycles: cycles, taxes }: Plan): SubscriptionTerms | undefined {
  const [cycle, ...others] = cycles.filter(({ tenure_type }) => tenure_type === 'REGULAR');
  const isMore = hasShipping(subscription) || (taxes?.inclusive === false && Number(taxes.percentage) !== 0);
  if (cycle === undefined || others.length > 0 || isMore) {
    return undefined;
  }
  const amount = amountOf(cycle, subscription.quantity);
  const { interval_unit: unit, interval_count: count } = cycle.frequency;
  return amount && { amount, interval: intervalOf(unit, count) };
}

const hasShipping = ({ shipping_amount: shipping }: Subscription): boolean =>
  shipping !== undefined && Number(shipping.value) !== 0;

function amountOf({ pricing_scheme: scheme }: Cycle, quantity: string): SubscriptionTerms['amount'] | undefined {
  const price = scheme?.pricing_model === undefined ? scheme?.fixed_price : undefined;
  const one = price && fromPayPalValue(price.value, price.currency_code);
  const amount = one && /^\d+$/.test(quantity) ? one.amount * Number(quantity) : 0;
  return one && Number.isSafeInteger(amount) && amount > 0 ? { ...one, amount } : undefined;
}
