/**
 * What Stripe has under the references of a payment method: https://docs.stripe.com/api/payment_methods/object,
 * https://docs.stripe.com/api/subscriptions/object. Whoever made them at Stripe has written our account's id into their
 * metadata, as `accountId`.
 */
import type Stripe from 'stripe';
import type { SubscriptionTerms } from '../domain/payment-method.ts';
import {
  intervalOf,
  isReference,
  type MethodAsked,
  type MethodFound,
  methodFound,
  nothingFound,
} from './found-methods.ts';
import { fromStripeAmount } from './stripe-amounts.ts';
import { isMissing } from './stripe-client.ts';

/** @throws what the SDK throws, except that there is nothing under the reference */
export async function findStripeMethod(
  stripe: Stripe,
  { chargedBy, reference, payerReference }: MethodAsked,
): Promise<MethodFound> {
  if (!isReference(reference)) {
    return nothingFound;
  }
  try {
    switch (chargedBy) {
      case 'us':
        return payerReference === null ? nothingFound : await savedCard(stripe, reference, payerReference);
      case 'processor':
        return await subscription(stripe, reference);
      case 'contributor':
        return nothingFound;
    }
  } catch (error) {
    if (isMissing(error)) {
      return nothingFound;
    }
    throw error;
  }
}

async function savedCard(stripe: Stripe, reference: string, payerReference: string): Promise<MethodFound> {
  const { object, id, customer } = await stripe.paymentMethods.retrieve(reference, { expand: ['customer'] });
  if (object !== 'payment_method' || typeof customer === 'string') {
    throw notAsked();
  }
  return id === reference && customer?.id === payerReference && !customer.deleted
    ? methodFound({ accountId: accountIn(customer), subscription: null })
    : nothingFound;
}

async function subscription(stripe: Stripe, reference: string): Promise<MethodFound> {
  const found = await stripe.subscriptions.retrieve(reference, { expand: ['customer'] });
  if (found.object !== 'subscription' || typeof found.customer === 'string') {
    throw notAsked();
  }
  // What it is called here is what messages will call it.
  const terms = found.id === reference && isRunning(found) ? termsOf(found) : undefined;
  const { customer } = found;
  return terms === undefined
    ? nothingFound
    : methodFound({
        accountId: accountIn(found) ?? (customer.deleted ? null : accountIn(customer)),
        subscription: terms,
      });
}

const notAsked = (): Error => new Error('Stripe answered something else than it was asked for.');

/** A value that is empty is one that nobody wrote. */
const accountIn = ({ metadata }: { readonly metadata: Stripe.Metadata }): string | null =>
  metadata['accountId'] || null;

/** It goes on by itself, and Stripe collects: one that ends, is paused, or sends invoices is not one to count on. */
const isRunning = (found: Stripe.Subscription): boolean =>
  (found.status === 'active' || found.status === 'trialing') &&
  found.collection_method === 'charge_automatically' &&
  found.pause_collection === null &&
  found.cancel_at === null &&
  !found.cancel_at_period_end;

/** @returns undefined when its prices do not say what it takes each time, or take something at different times */
function termsOf(found: Stripe.Subscription): SubscriptionTerms | undefined {
  const { items, currency, discounts } = found;
  const recurring = items.data[0]?.price.recurring;
  const prices = items.data.flatMap((item) => (isEach(recurring, item) ? (priceOf(found, item) ?? []) : []));
  if (!recurring || items.has_more || prices.length < items.data.length || discounts.length > 0) {
    return undefined;
  }
  const sum = prices.reduce((total, price) => total + price, 0);
  const amount = fromStripeAmount(sum, currency);
  return amount && amount.amount > 0
    ? { amount, interval: intervalOf(recurring.interval, recurring.interval_count) }
    : undefined;
}

const isEach = (recurring: Stripe.Price.Recurring | null | undefined, { price }: Stripe.SubscriptionItem): boolean =>
  price.recurring?.interval === recurring?.interval && price.recurring?.interval_count === recurring?.interval_count;

/** @returns undefined for what is not so much each time: by use, in tiers, discounted, taxed, or of a price in another currency */
function priceOf(found: Stripe.Subscription, item: Stripe.SubscriptionItem): number | undefined {
  const { price, quantity } = item;
  const isFixed =
    price.billing_scheme === 'per_unit' &&
    price.recurring?.usage_type === 'licensed' &&
    price.transform_quantity === null &&
    price.currency === found.currency &&
    item.discounts.length === 0 &&
    !isTaxedOnTop(found, item);
  return isFixed && price.unit_amount !== null && quantity !== undefined ? price.unit_amount * quantity : undefined;
}

/** Whether a tax may come on top of the price; rates of the item stand in for those of the subscription. */
function isTaxedOnTop(found: Stripe.Subscription, { price, tax_rates: own }: Stripe.SubscriptionItem): boolean {
  const rates = own && own.length > 0 ? own : (found.default_tax_rates ?? []);
  return (
    rates.some(({ inclusive }) => !inclusive) || (found.automatic_tax.enabled && price.tax_behavior !== 'inclusive')
  );
}
