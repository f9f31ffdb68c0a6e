/** What the application asks of a payment processor; `shared/providers` answers for Stripe, PayPal and the test processor. */
import type { Money } from '../domain/money.ts';
import type { MethodInUse, PaymentMethod, ProcessorName, SubscriptionTerms } from '../domain/payment-method.ts';

/**
 * What came of asking a processor. `broken` is for what certainly did nothing (not reachable, too many requests, our own
 * keys refused): it may be asked again. `unknown` is for everything that may have been done although no answer says so: it
 * is looked up and never asked again blindly.
 */
export type ProcessorOutcome<Done> =
  | ({ readonly outcome: 'done' } & Done)
  | { readonly outcome: 'pending'; readonly reference: string }
  | {
      readonly outcome: 'refused';
      /** `gone`: what was asked about is not there (any more). `declined`: the payer's bank or the processor said no. */
      readonly code: 'declined' | 'gone' | 'not_possible';
      /** In the processor's words, without anything secret. */
      readonly reason: string;
    }
  | { readonly outcome: 'broken'; readonly reason: string; readonly retryAfterSeconds: number | null }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** A payment that the processor says has happened. */
export type Payment = {
  /** What the processor calls the payment: the same for ever. */
  readonly reference: string;
  readonly amount: Money;
  /** What the processor keeps of it, same currency; null when it does not say yet, or says it in another currency. */
  readonly fee: number | null;
  /** When it happened, ISO 8601 UTC. */
  readonly paidAt: string;
};

export type ChargeRequest = {
  /** One for each attempt at one period of one contribution; the processor does nothing twice under one key. */
  readonly key: string;
  readonly amount: Money;
  readonly method: MethodInUse;
  /** What the payer reads on a statement. */
  readonly description: string;
  readonly contributionId: string;
  /** The period that is paid for, as its first day (YYYY-MM-DD). */
  readonly period: string;
  /** When the key was first used, ISO 8601 UTC; a look-up need not look before it. */
  readonly startedAt: string;
};

export type ChargeOutcome = ProcessorOutcome<{ readonly payment: Payment }>;
/** "Already so" is `done`. */
export type SubscriptionOutcome = ProcessorOutcome<object>;
/**
 * What became of a key: `none` when the processor certainly knows no payment under it. A look-up that does not succeed is
 * `unknown`, whatever it failed of: it says nothing of the charge, and `broken` would mean that nothing was done.
 */
export type LookUpOutcome = Exclude<ChargeOutcome, { readonly outcome: 'broken' }> | { readonly outcome: 'none' };

/** What is only read has no effect that could be in doubt: it was found out, or it was not. */
export type Reading<Found> =
  | ({ readonly outcome: 'done' } & Found)
  | { readonly outcome: 'unknown'; readonly reason: string };

/** What a processor has under a reference that somebody gave us. */
export type MethodAtProcessor = {
  /**
   * The account here that it is kept for, as whoever made it there wrote it down; null when nobody did. References are no
   * secrets: this, and not that somebody knows one, makes it theirs.
   */
  readonly accountId: string | null;
  /** What a subscription pays, and how often; null for what is charged from here. */
  readonly subscription: SubscriptionTerms | null;
};

export type Processor = {
  charge(request: ChargeRequest): Promise<ChargeOutcome>;
  lookUp(request: ChargeRequest): Promise<LookUpOutcome>;
  /**
   * What is there under the references of a payment method before it is used for the first time.
   * @returns `found: null` when there is nothing, or nothing that can be charged any more
   */
  findMethod(
    method: Pick<PaymentMethod, 'chargedBy' | 'reference' | 'payerReference'>,
  ): Promise<Reading<{ readonly found: MethodAtProcessor | null }>>;
  /**
   * A payment of a subscription with what the processor keeps of it, which messages do not always say.
   * @returns the payment with its fee (null only when that is in another currency); `unknown` while it is not counted yet
   */
  withFee(subscription: string, payment: Payment): Promise<Reading<{ readonly payment: Payment }>>;
  suspend(subscription: string, key: string): Promise<SubscriptionOutcome>;
  resume(subscription: string, key: string): Promise<SubscriptionOutcome>;
  cancel(subscription: string, key: string): Promise<SubscriptionOutcome>;
};

/** What a processor tells by itself, verified; in any order, and more than once. */
export type ProcessorNews = {
  /** What the processor calls this message: the same when it is told again. */
  readonly eventId: string;
  readonly at: string;
} & (
  | { readonly kind: 'payment_succeeded'; readonly subscription: string; readonly payment: Payment }
  | { readonly kind: 'payment_failed'; readonly subscription: string; readonly reason: string }
  /** A payment that we asked for and that was `pending`. */
  | {
      readonly kind: 'charge_succeeded';
      readonly contributionId: string;
      readonly key: string;
      /** The period that was charged for, as we said it. */
      readonly period: string;
      readonly payment: Payment;
    }
  | { readonly kind: 'charge_failed'; readonly contributionId: string; readonly key: string; readonly reason: string }
  | { readonly kind: 'suspended' | 'resumed' | 'canceled'; readonly subscription: string }
  /** Something that we have no use for; it is answered, so that it is not sent again. */
  | { readonly kind: 'other'; readonly type: string }
);

/** How a processor's messages are told from anybody else's. */
export type NewsReader = {
  /**
   * @param body exactly as it was received
   * @returns the news, or undefined when the message is not the processor's, too old, or was tampered with; what is `other`
   *   may be anybody's, as nothing is done about it
   * @throws when it cannot be told whose message it is now, or when it is the processor's and has not the shape that it
   *   promises: whoever answers the message answers 5xx, so that it is sent again
   */
  read(
    body: string,
    headers: Readonly<Record<string, string | undefined>>,
    now: string,
  ): Promise<ProcessorNews | undefined>;
};

/**
 * Each host has accounts of its own at the processors: what is charged there is in that host's bank.
 * @returns the processor with the host's account, or undefined where the host has none set up
 */
export type Processors = (name: ProcessorName, hostId: string) => Processor | undefined;
