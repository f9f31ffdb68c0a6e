/** Stripe's webhooks: https://docs.stripe.com/webhooks/signature, https://docs.stripe.com/api/events/types. */

import Stripe from 'stripe';
import * as z from 'zod';
import type { NewsReader, Payment, ProcessorNews } from '../application/processors.ts';
import { declined } from '../domain/own-reasons.ts';
import { headerOf, instantOf, messageAgeMaxSeconds, NewsNotUnderstood, understood } from './news.ts';
import { safeReason } from './outcomes.ts';
import { fromStripeAmount } from './stripe-amounts.ts';

const Event = z.object({
  id: z.string().min(1),
  type: z.string().min(1),
  created: z.int().nonnegative(),
  data: z.object({ object: z.unknown(), previous_attributes: z.record(z.string(), z.unknown()).nullish() }),
});
type Event = z.infer<typeof Event>;

const idOf = z.union([z.string().min(1), z.object({ id: z.string().min(1) }).transform(({ id }) => id)]);

/**
 * An invoice since version 2025-03-31.basil. Before, it had no `parent` and its subscription was elsewhere: an endpoint that
 * is set to such a version is a mistake to be noticed, not a payment without subscription.
 */
const Invoice = z.object({
  id: z.string().min(1),
  currency: z.string(),
  amount_paid: z.int(),
  amount_paid_off_stripe: z.int().optional(),
  attempt_count: z.int().nonnegative(),
  status_transitions: z.object({ paid_at: z.int().nullable() }),
  parent: z.object({ subscription_details: z.object({ subscription: idOf }).nullable() }).nullable(),
});

/** As we write it with every charge. */
const OwnMetadata = z.object({ contributionId: z.string().min(1), key: z.string().min(1), period: z.iso.date() });

const PaymentIntent = z.object({
  id: z.string().min(1),
  currency: z.string(),
  amount_received: z.int(),
  cancellation_reason: z.string().nullable(),
  last_payment_error: z.object({ message: z.string().optional() }).nullable(),
  metadata: z.record(z.string(), z.string()),
});

const Subscription = z.object({ id: z.string().min(1), pause_collection: z.unknown() });

/** @param secret the signing secret of the webhook endpoint, `whsec_…` */
export function createStripeNewsReader(secret: string): NewsReader {
  return {
    async read(body, headers, now): Promise<ProcessorNews | undefined> {
      const signature = headerOf(headers, 'stripe-signature');
      if (signature === undefined) {
        return undefined;
      }
      try {
        // The last parameter is when it was received, in milliseconds: the SDK would ask the machine's clock otherwise.
        const event = await Stripe.webhooks.constructEventAsync(
          body,
          signature,
          secret,
          messageAgeMaxSeconds,
          undefined,
          Date.parse(now),
        );
        return newsOf(understood(Event, event, "Stripe's event"));
      } catch (error) {
        if (error instanceof Stripe.errors.StripeSignatureVerificationError) {
          return undefined;
        }
        throw error;
      }
    },
  };
}

function newsOf(event: Event): ProcessorNews {
  switch (event.type) {
    case 'invoice.paid':
    case 'invoice.payment_failed':
      return newsOfInvoice(event);
    case 'payment_intent.succeeded':
    case 'payment_intent.payment_failed':
    case 'payment_intent.canceled':
      return newsOfCharge(event);
    case 'customer.subscription.updated':
      return newsOfSubscription(event);
    case 'customer.subscription.deleted':
      return {
        ...told(event),
        kind: 'canceled',
        subscription: understood(Subscription, event.data.object, `Stripe's ${event.type}`).id,
      };
    default:
      return other(event);
  }
}

const told = ({ id, created }: Event) => ({ eventId: id, at: instantOf(created) });
const other = (event: Event): ProcessorNews => ({ ...told(event), kind: 'other', type: event.type });

function newsOfInvoice(event: Event): ProcessorNews {
  const invoice = understood(Invoice, event.data.object, `Stripe's ${event.type}`);
  const subscription = invoice.parent?.subscription_details?.subscription;
  // What a person marked as paid elsewhere, and what a credit or a trial paid, is no money at Stripe.
  const atStripe = invoice.amount_paid - (invoice.amount_paid_off_stripe ?? 0);
  if (subscription === undefined || (event.type === 'invoice.paid' && atStripe <= 0)) {
    return other(event);
  }
  if (event.type === 'invoice.payment_failed') {
    // Why it failed is in the payment and not in the invoice.
    const reason = `Stripe could not collect the payment (attempt ${invoice.attempt_count}).`;
    return { ...told(event), kind: 'payment_failed', subscription, reason };
  }
  const paidAt = instantOf(invoice.status_transitions.paid_at ?? event.created);
  const payment = paymentOf(invoice.id, atStripe, invoice.currency, paidAt);
  return { ...told(event), kind: 'payment_succeeded', subscription, payment };
}

/** A payment without our metadata is somebody else's at the same account, or an invoice's, which is told by itself. */
function newsOfCharge(event: Event): ProcessorNews {
  const intent = understood(PaymentIntent, event.data.object, `Stripe's ${event.type}`);
  const own = OwnMetadata.safeParse(intent.metadata);
  if (!own.success) {
    return other(event);
  }
  const { contributionId, key, period } = own.data;
  const ours = { ...told(event), contributionId, key };
  if (event.type === 'payment_intent.succeeded') {
    const payment = paymentOf(intent.id, intent.amount_received, intent.currency, instantOf(event.created));
    return { ...ours, kind: 'charge_succeeded', period, payment };
  }
  const said = intent.last_payment_error?.message ?? intent.cancellation_reason ?? declined;
  return { ...ours, kind: 'charge_failed', reason: safeReason(said, []) };
}

/** An event names what changed with the value that it had before; `pause_collection` is null unless paused. */
function newsOfSubscription(event: Event): ProcessorNews {
  const subscription = understood(Subscription, event.data.object, `Stripe's ${event.type}`);
  const before = event.data.previous_attributes ?? {};
  if (!Object.hasOwn(before, 'pause_collection')) {
    return other(event);
  }
  const isPaused = (value: unknown): boolean => value !== null && value !== undefined;
  const [was, is] = [isPaused(before['pause_collection']), isPaused(subscription.pause_collection)];
  return was === is
    ? other(event)
    : { ...told(event), kind: is ? 'suspended' : 'resumed', subscription: subscription.id };
}

function paymentOf(reference: string, amount: number, currency: string, paidAt: string): Payment {
  const read = fromStripeAmount(amount, currency);
  if (read === undefined) {
    throw new NewsNotUnderstood(`Stripe tells of ${reference} with an amount that cannot be read.`);
  }
  // The fee is in the balance transaction, which no event brings along.
  return { reference, amount: read, fee: null, paidAt };
}
