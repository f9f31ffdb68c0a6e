/** Stripe's SDK as it is used here, and what its errors mean (https://docs.stripe.com/error-codes). */
import Stripe from 'stripe';
import {
  answerTimeoutMilliseconds,
  broken,
  certainlyNotSent,
  fetchOnce,
  refused,
  retryAfterSeconds,
  safeReason,
  unknown,
} from './outcomes.ts';

/** The types and shapes used here are those of this version; another version of the SDK does not compile until somebody looks. */
export const stripeApiVersion = '2026-10-28.endive';

export type StripeOptions = {
  readonly secretKey: string;
  /** `https://api.stripe.com`, or a server that stands in for it. */
  readonly base: URL;
  readonly now: () => string;
  readonly timeoutMilliseconds?: number;
};

export function createStripe({
  secretKey,
  base,
  timeoutMilliseconds = answerTimeoutMilliseconds,
}: StripeOptions): Stripe {
  return new Stripe(secretKey, {
    apiVersion: stripeApiVersion,
    protocol: base.protocol === 'http:' ? 'http' : 'https',
    host: base.hostname,
    port: base.port === '' ? (base.protocol === 'http:' ? 80 : 443) : base.port,
    timeout: timeoutMilliseconds,
    telemetry: false,
    maxNetworkRetries: 0,
    // With Node's own client the SDK asks once more after a reset connection, even with no retries allowed, and reports the
    // second error alone: a refused connection then looks as if nothing had been sent. Fetch's errors it leaves as they are.
    httpClient: Stripe.createFetchHttpClient(fetchOnce),
  });
}

/** The amount itself is what Stripe does not accept; asking again would not change that. */
const amountCodes: readonly unknown[] = ['amount_too_small', 'amount_too_large', 'invalid_charge_amount'];

export const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

export function outcomeOfError(error: unknown, secretKey: string, now: string) {
  if (!(error instanceof Stripe.errors.StripeError)) {
    return unknown('What Stripe answered could not be understood.');
  }
  const said = safeReason(error.message, [secretKey]);
  const code = error.code === undefined ? '' : ` (${safeReason(error.code, [secretKey])})`;
  switch (error.type) {
    case 'StripeCardError':
      return refused('declined', said);
    case 'StripeRateLimitError':
      return broken('Stripe takes no more requests for now.', retryAfterSeconds(error.headers?.['retry-after'], now));
    case 'StripeAuthenticationError':
      return broken('Stripe does not accept our key.');
    case 'StripePermissionError':
      return broken('Stripe does not permit this with our key.');
    case 'StripeInvalidRequestError':
      return amountCodes.includes(error.code)
        ? refused('not_possible', said)
        : broken(`Stripe finds our request at fault${code}: ${said}`);
    case 'StripeConnectionError':
      return certainlyNotSent(error.detail)
        ? broken('Stripe cannot be reached.')
        : unknown('Stripe did not answer, or not to the end.');
    // Its key was used for something else, or is being used at this moment; or Stripe failed underway. What was done before
    // that, nobody says.
    default:
      return unknown(`Stripe answered ${error.statusCode ?? 'something'}${code}: ${said}`);
  }
}
