/**
 * PayPal's webhooks, verified by asking PayPal (https://developer.paypal.com/api/rest/webhooks/rest): the other way is to
 * fetch a certificate from an address that the message itself names.
 */
import * as z from 'zod';
import type { NewsReader, Payment, ProcessorNews } from '../application/processors.ts';
import { headerOf, NewsNotUnderstood, understood } from './news.ts';
import { fromPayPalValue } from './paypal-amounts.ts';
import { createPayPalClient, type PayPalOptions } from './paypal-client.ts';

export type PayPalNewsOptions = PayPalOptions & {
  /** What PayPal calls the webhook that its messages are sent to: part of what is signed. */
  readonly webhookId: string;
};

/** PayPal repeats a message for three days; what was sent earlier is not repeated but replayed. */
const transmissionAgeMaxMilliseconds = 4 * 24 * 60 * 60 * 1000;

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text).toISOString());

const Event = z.object({
  id: z.string().min(1),
  event_type: z.string().min(1),
  create_time: instant,
  resource: z.unknown(),
});
type Event = z.infer<typeof Event>;

const Sale = z.object({
  id: z.string().min(1),
  /** The subscription; a sale by itself has none. */
  billing_agreement_id: z.string().min(1).optional(),
  amount: z.object({ total: z.string(), currency: z.string() }),
  transaction_fee: z.object({ value: z.string(), currency: z.string() }).optional(),
  create_time: instant,
});

const Subscription = z.object({
  id: z.string().min(1),
  billing_info: z
    .object({ last_failed_payment: z.object({ reason_code: z.string().optional() }).optional() })
    .optional(),
});

const Verification = z.object({ verification_status: z.string() });

/** What PayPal's names mean to us; nothing for the rest. */
const subscriptionNews: Readonly<Record<string, 'suspended' | 'resumed' | 'canceled'>> = {
  'BILLING.SUBSCRIPTION.SUSPENDED': 'suspended',
  'BILLING.SUBSCRIPTION.ACTIVATED': 'resumed',
  'BILLING.SUBSCRIPTION.RE-ACTIVATED': 'resumed',
  'BILLING.SUBSCRIPTION.CANCELLED': 'canceled',
  'BILLING.SUBSCRIPTION.EXPIRED': 'canceled',
};

export function createPayPalNewsReader(options: PayPalNewsOptions): NewsReader {
  const client = createPayPalClient(options);

  /** @throws when PayPal cannot be asked: the message is sent again if it is not answered with success */
  async function isPayPals(body: string, transmission: Transmission): Promise<boolean> {
    // The event stands in the request as it was received: written anew it might not be what was signed. It is one JSON
    // value, as it was parsed before.
    const stated = JSON.stringify({ ...transmission, webhook_id: options.webhookId });
    const answer = await client.ask('POST', '/v1/notifications/verify-webhook-signature', {
      body: `${stated.slice(0, -1)},"webhook_event":${body}}`,
    });
    if (answer.kind === 'answered' && answer.status === 200) {
      return Verification.safeParse(answer.body).data?.verification_status === 'SUCCESS';
    }
    // Headers that cannot be PayPal's are refused as such.
    if (answer.kind === 'answered' && (answer.status === 400 || answer.status === 422)) {
      return false;
    }
    throw new Error('PayPal could not be asked whether a message is its own.');
  }

  return {
    async read(body, headers, now): Promise<ProcessorNews | undefined> {
      const transmission = transmissionOf(headers);
      const content = jsonOf(body);
      if (transmission === undefined || content === undefined || !isRecent(transmission.transmission_time, now)) {
        return undefined;
      }
      // It is read first, so that PayPal is asked only about what would be acted on: whoever finds the address can send as
      // much as they like. What is of no use is answered without that; nothing is done for it, whoever sent it.
      const news = readingOf(content);
      if (!(news instanceof NewsNotUnderstood) && news.kind === 'other') {
        return news;
      }
      if (!(await isPayPals(body, transmission))) {
        return undefined;
      }
      if (news instanceof NewsNotUnderstood) {
        throw news;
      }
      return news;
    },
  };
}

/** @returns what it says, or that it cannot be understood: which matters only when it is PayPal's */
function readingOf(content: object): ProcessorNews | NewsNotUnderstood {
  try {
    return newsOf(understood(Event, content, "PayPal's event"));
  } catch (error) {
    if (error instanceof NewsNotUnderstood) {
      return error;
    }
    throw error;
  }
}

type Transmission = Readonly<
  Record<'auth_algo' | 'cert_url' | 'transmission_id' | 'transmission_sig' | 'transmission_time', string>
>;

function transmissionOf(headers: Readonly<Record<string, string | undefined>>): Transmission | undefined {
  const auth_algo = headerOf(headers, 'paypal-auth-algo');
  const cert_url = headerOf(headers, 'paypal-cert-url');
  const transmission_id = headerOf(headers, 'paypal-transmission-id');
  const transmission_sig = headerOf(headers, 'paypal-transmission-sig');
  const transmission_time = headerOf(headers, 'paypal-transmission-time');
  return auth_algo && cert_url && transmission_id && transmission_sig && transmission_time
    ? { auth_algo, cert_url, transmission_id, transmission_sig, transmission_time }
    : undefined;
}

function isRecent(time: string, now: string): boolean {
  const age = Date.parse(now) - Date.parse(time);
  return Math.abs(age) <= transmissionAgeMaxMilliseconds;
}

function jsonOf(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function newsOf(event: Event): ProcessorNews {
  const told = { eventId: event.id, at: event.create_time };
  const other: ProcessorNews = { ...told, kind: 'other', type: event.event_type };
  const kind = subscriptionNews[event.event_type];
  if (kind !== undefined) {
    return { ...told, kind, subscription: understood(Subscription, event.resource, `PayPal's ${event.event_type}`).id };
  }
  switch (event.event_type) {
    case 'PAYMENT.SALE.COMPLETED': {
      const sale = understood(Sale, event.resource, `PayPal's ${event.event_type}`);
      const subscription = sale.billing_agreement_id;
      return subscription === undefined
        ? other
        : { ...told, kind: 'payment_succeeded', subscription, payment: paymentOf(sale) };
    }
    case 'PAYMENT.SALE.DENIED': {
      const { billing_agreement_id: subscription } = understood(Sale, event.resource, `PayPal's ${event.event_type}`);
      return subscription === undefined
        ? other
        : { ...told, kind: 'payment_failed', subscription, reason: 'PayPal says that the payment was denied.' };
    }
    case 'BILLING.SUBSCRIPTION.PAYMENT.FAILED': {
      const { id, billing_info: billing } = understood(Subscription, event.resource, `PayPal's ${event.event_type}`);
      const code = billing?.last_failed_payment?.reason_code;
      const reason = `PayPal could not collect the payment${code === undefined ? '' : ` (${code})`}.`;
      return { ...told, kind: 'payment_failed', subscription: id, reason };
    }
    default:
      return other;
  }
}

function paymentOf(sale: z.infer<typeof Sale>): Payment {
  const amount = fromPayPalValue(sale.amount.total, sale.amount.currency);
  if (amount === undefined) {
    throw new NewsNotUnderstood(`PayPal tells of ${sale.id} with an amount that cannot be read.`);
  }
  const fee = sale.transaction_fee && fromPayPalValue(sale.transaction_fee.value, sale.transaction_fee.currency);
  return {
    reference: sale.id,
    amount,
    fee: fee?.currency === amount.currency ? Math.abs(fee.amount) : null,
    paidAt: sale.create_time,
  };
}
