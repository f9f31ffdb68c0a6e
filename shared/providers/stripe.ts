/** Stripe, by its own SDK. What Stripe answers is in https://docs.stripe.com/api and https://docs.stripe.com/error-codes. */

import Stripe from 'stripe';
import type {
  ChargeOutcome,
  ChargeRequest,
  LookUpOutcome,
  Payment,
  Processor,
  Reading,
  SubscriptionOutcome,
} from '../application/processors.ts';
import { declined, payerToConfirm } from '../domain/own-reasons.ts';
import { doubted, refused, safeReason, unknown } from './outcomes.ts';
import { fromStripeAmount, toStripeAmount } from './stripe-amounts.ts';
import { createStripe, isMissing, outcomeOfError, type StripeOptions } from './stripe-client.ts';
import { feeIn, feeOfIntent, transactionOf, withStripeFee } from './stripe-fees.ts';
import { findStripeMethod } from './stripe-methods.ts';

/** How much earlier than ours Stripe's clock may be, when payments are looked for by the time that they began at. */
const clockSlackSeconds = 600;
const pageSize = 100;
/** A customer who has begun a thousand payments since the one that is looked for is nobody's contributor. */
const pagesMax = 10;

export function createStripeProcessor(options: StripeOptions): Processor {
  const { secretKey, now } = options;
  const stripe = createStripe(options);

  const faultOf = (error: unknown) => outcomeOfError(error, secretKey, now());

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const { reference, payerReference } = request.method;
    if (reference === null || payerReference === null) {
      return refused('not_possible', 'There is nothing saved at Stripe to charge.');
    }
    const amount = toStripeAmount(request.amount);
    if (amount === undefined) {
      return refused('not_possible', `Stripe cannot charge exactly this amount of ${request.amount.currency}.`);
    }
    try {
      const intent = await stripe.paymentIntents.create(
        {
          amount,
          currency: request.amount.currency.toLowerCase(),
          customer: payerReference,
          payment_method: reference,
          confirm: true,
          // By default Stripe answers before it has counted its fee (https://docs.stripe.com/payments/payment-intents/asynchronous-capture).
          capture_method: 'automatic',
          // Nobody is there to be asked, or to be sent to a page of their bank.
          off_session: true,
          error_on_requires_action: true,
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          description: request.description,
          metadata: { contributionId: request.contributionId, period: request.period, key: request.key },
          expand: [feeOfIntent],
        },
        { idempotencyKey: request.key },
      );
      return outcomeOf(intent, secretKey);
    } catch (error) {
      return isMissing(error)
        ? refused('gone', 'Stripe does not have the payer or the card any more.')
        : faultOf(error);
    }
  }

  /** By listing and not by searching: what is searched lags behind, and a payment that is missed would be made again. */
  async function lookUp(request: ChargeRequest): Promise<LookUpOutcome> {
    const customer = request.method.payerReference;
    if (customer === null) {
      return { outcome: 'none' };
    }
    const since = Math.floor(Date.parse(request.startedAt) / 1000) - clockSlackSeconds;
    try {
      const found: ChargeOutcome[] = [];
      let after: string | undefined;
      for (let pages = 0; pages < pagesMax; pages += 1) {
        const page: Stripe.ApiList<Stripe.PaymentIntent> = await stripe.paymentIntents.list({
          customer,
          created: { gte: since },
          limit: pageSize,
          expand: [`data.${feeOfIntent}`],
          ...(after === undefined ? {} : { starting_after: after }),
        });
        found.push(
          ...page.data
            .filter(({ metadata }) => metadata['key'] === request.key)
            .map((intent) => outcomeOf(intent, secretKey)),
        );
        after = page.data.at(-1)?.id;
        if (!page.has_more || after === undefined) {
          return doubted(worthMost(found) ?? { outcome: 'none' });
        }
      }
      return unknown('The payer has more payments at Stripe than were looked through.');
    } catch (error) {
      return doubted(faultOf(error));
    }
  }

  /** Asks; when Stripe refuses, looks whether the subscription is what was wanted already, or is over. */
  async function about(
    subscription: string,
    ask: () => Promise<unknown>,
    whenOver: SubscriptionOutcome,
  ): Promise<SubscriptionOutcome> {
    try {
      await ask();
      return { outcome: 'done' };
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) {
        return faultOf(error);
      }
      const status = await statusOf(subscription);
      return status === 'canceled' || status === 'incomplete_expired'
        ? whenOver
        : status === 'missing'
          ? refused('gone', 'Stripe does not have this subscription.')
          : faultOf(error);
    }
  }

  /** @returns undefined when it could not be found out: the first answer is all that is known then */
  async function statusOf(subscription: string): Promise<string | undefined> {
    try {
      return (await stripe.subscriptions.retrieve(subscription)).status;
    } catch (error) {
      return isMissing(error) ? 'missing' : undefined;
    }
  }

  /** Whatever else it failed of: it was not found out. */
  async function reading<Found>(read: () => Promise<Reading<Found>>): Promise<Reading<Found>> {
    try {
      return await read();
    } catch (error) {
      return unknown(faultOf(error).reason);
    }
  }

  const over = refused('gone', 'The subscription at Stripe has ended.');

  return {
    charge,
    lookUp,
    findMethod: (method) => reading(() => findStripeMethod(stripe, method)),
    withFee: (_subscription, payment) => reading(() => withStripeFee(stripe, payment)),
    // Invoices of the time of the pause are void: nobody owes them when it ends (requirements P2).
    suspend: (subscription, key) =>
      about(
        subscription,
        () =>
          stripe.subscriptions.update(
            subscription,
            { pause_collection: { behavior: 'void' } },
            { idempotencyKey: key },
          ),
        over,
      ),
    resume: (subscription, key) =>
      about(
        subscription,
        () => stripe.subscriptions.update(subscription, { pause_collection: '' }, { idempotencyKey: key }),
        over,
      ),
    // Stripe takes no keys with DELETE, which does the same however often it is asked.
    cancel: (subscription) => about(subscription, () => stripe.subscriptions.cancel(subscription), { outcome: 'done' }),
  };
}

function outcomeOf(intent: Stripe.PaymentIntent, secretKey: string): ChargeOutcome {
  switch (intent.status) {
    case 'succeeded': {
      const payment = paymentOf(intent);
      return payment === undefined
        ? unknown(`Stripe says that ${intent.id} succeeded, with an amount that cannot be read.`)
        : { outcome: 'done', payment };
    }
    case 'processing':
      return { outcome: 'pending', reference: intent.id };
    case 'requires_action':
      return refused('declined', payerToConfirm);
    case 'requires_payment_method':
    case 'canceled':
      return refused('declined', declineReason(intent, secretKey));
    // It was created to be confirmed and captured at once: whatever else it says is between two states.
    default:
      return unknown(`Stripe says that ${intent.id} is ${safeReason(intent.status, [secretKey])}.`);
  }
}

const declineReason = (
  { last_payment_error: error, cancellation_reason: why }: Stripe.PaymentIntent,
  secretKey: string,
) => safeReason(error?.message ?? (why === null ? declined : `The payment was canceled: ${why}.`), [secretKey]);

/** @returns undefined when the amount cannot be read, which no answer of Stripe's should bring about */
function paymentOf(intent: Stripe.PaymentIntent): Payment | undefined {
  const amount = fromStripeAmount(intent.amount_received, intent.currency);
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const transaction = transactionOf(intent.latest_charge);
  return (
    amount && {
      reference: intent.id,
      amount,
      fee: (transaction && feeIn(intent.currency, [transaction])) ?? null,
      paidAt: new Date((charge?.created ?? intent.created) * 1000).toISOString(),
    }
  );
}

/** A key has one payment; were there several, the one that moved money is the one to know of. */
const worthMost = (outcomes: readonly ChargeOutcome[]): ChargeOutcome | undefined =>
  (['done', 'pending', 'unknown', 'refused'] as const)
    .map((wanted) => outcomes.find(({ outcome }) => outcome === wanted))
    .find((outcome) => outcome !== undefined);
