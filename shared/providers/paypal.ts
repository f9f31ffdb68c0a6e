/**
 * PayPal's subscriptions (https://developer.paypal.com/api/subscriptions/v1). PayPal charges them by itself; what is charged
 * from here is what a subscriber has failed to pay, its outstanding balance.
 */
import * as z from 'zod';
import type {
  ChargeOutcome,
  ChargeRequest,
  LookUpOutcome,
  Payment,
  Processor,
  SubscriptionOutcome,
} from '../application/processors.ts';
import type { Money } from '../domain/money.ts';
import { doubted, refused, unknown } from './outcomes.ts';
import { fromPayPalValue, toPayPalValue } from './paypal-amounts.ts';
import {
  createPayPalClient,
  outcomeOfFailure,
  type PayPalClient,
  type PayPalOptions,
  pathOfSubscription,
} from './paypal-client.ts';
import { findPayPalMethod } from './paypal-methods.ts';
import { Amount, feeIn, listTransactions, withPayPalFee } from './paypal-transactions.ts';

const Transaction = z.object({
  id: z.string().min(1),
  status: z.string(),
  amount_with_breakdown: z.object({ gross_amount: Amount, fee_amount: Amount.optional() }),
  time: z.iso.datetime({ offset: true }),
});
type Transaction = z.infer<typeof Transaction>;

const Subscription = z.object({ status: z.string() });

/** The payer's money is the reason; everything else that PayPal refuses is a matter of the subscription. */
const declines: readonly string[] = ['INSTRUMENT_DECLINED', 'TRANSACTION_REFUSED', 'PAYER_CANNOT_PAY'];
/** The key was used before: what was done under it is not said. */
const reuses: readonly string[] = ['DUPLICATE_REQUEST_ID', 'DUPLICATE_TRANSACTION'];

const noteLengthMax = 128;

/** How much earlier than ours PayPal's clock may be. */
const clockSlackMilliseconds = 60_000;
/**
 * PayPal gives its lists of transactions three hours to be complete (Transaction Search API, "Execution time"); before
 * that, what is not in one may still have happened.
 */
const listedAfterMilliseconds = 3 * 60 * 60 * 1000;

export function createPayPalProcessor(options: PayPalOptions): Processor {
  const { now } = options;
  const client = createPayPalClient(options);

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const { reference } = request.method;
    if (reference === null) {
      return refused('not_possible', 'There is no subscription at PayPal to charge.');
    }
    const value = toPayPalValue(request.amount);
    if (value === undefined) {
      return refused('not_possible', `PayPal cannot charge exactly this amount of ${request.amount.currency}.`);
    }
    const answer = await client.ask('POST', `${pathOfSubscription(reference)}/capture`, {
      requestId: request.key,
      body: JSON.stringify({
        note: request.description.slice(0, noteLengthMax),
        capture_type: 'OUTSTANDING_BALANCE',
        amount: { currency_code: request.amount.currency, value },
      }),
    });
    if (answer.kind === 'answered' && answer.status >= 200 && answer.status < 300) {
      const transaction = Transaction.safeParse(answer.body);
      return transaction.success
        ? outcomeOf(transaction.data)
        : unknown('PayPal took the request on and does not say what came of it.');
    }
    return outcomeOfFailure<ChargeOutcome>(client, answer, (issues, reason) =>
      issues.some((issue) => reuses.includes(issue))
        ? unknown(reason)
        : refused(issues.some((issue) => declines.includes(issue)) ? 'declined' : 'not_possible', reason),
    );
  }

  /**
   * PayPal does not say under which key a transaction was made. One of the same amount since then is taken for it; more
   * than one are for a person to look at.
   */
  async function lookUp(request: ChargeRequest): Promise<LookUpOutcome> {
    const { reference } = request.method;
    if (reference === null) {
      return { outcome: 'none' };
    }
    const from = Date.parse(request.startedAt) - clockSlackMilliseconds;
    const answered = await listTransactions(client, reference, from, now());
    if (answered.outcome === 'unknown') {
      return answered;
    }
    const listed = z.array(Transaction).safeParse(answered.transactions);
    if (!listed.success) {
      return unknown('What PayPal answered could not be understood.');
    }
    const [found, ...others] = listed.data.filter((transaction) => isOf(request.amount, transaction));
    if (others.length > 0) {
      return unknown('PayPal has several payments of this amount since then.');
    }
    if (found !== undefined) {
      return doubted(outcomeOf(found));
    }
    return Date.parse(now()) - Date.parse(request.startedAt) < listedAfterMilliseconds
      ? unknown('PayPal does not list the payment yet.')
      : { outcome: 'none' };
  }

  /** None of these is done twice by asking twice, and none takes a key. */
  async function change(subscription: string, to: Change): Promise<SubscriptionOutcome> {
    const { action, reason, wanted } = changes[to];
    const answer = await client.ask('POST', `${pathOfSubscription(subscription)}/${action}`, {
      body: JSON.stringify({ reason }),
    });
    if (answer.kind === 'answered' && answer.status >= 200 && answer.status < 300) {
      return { outcome: 'done' };
    }
    if (answer.kind !== 'answered' || answer.status !== 422) {
      return outcomeOfFailure<SubscriptionOutcome>(client, answer, (_issues, said) => refused('not_possible', said));
    }
    const status = await statusOf(client, subscription);
    if (typeof status !== 'string') {
      return status;
    }
    if (wanted.includes(status)) {
      return { outcome: 'done' };
    }
    return ended.includes(status)
      ? refused('gone', 'The subscription at PayPal has ended.')
      : outcomeOfFailure<SubscriptionOutcome>(client, answer, (_issues, said) => refused('not_possible', said));
  }

  return {
    charge,
    lookUp,
    findMethod: (method) => findPayPalMethod(client, method),
    withFee: (subscription, payment) => withPayPalFee(client, subscription, payment, now()),
    suspend: (subscription) => change(subscription, 'suspend'),
    resume: (subscription) => change(subscription, 'resume'),
    cancel: (subscription) => change(subscription, 'cancel'),
  };
}

const ended: readonly string[] = ['CANCELLED', 'EXPIRED'];

type Change = 'suspend' | 'resume' | 'cancel';

/** What to ask for, what the subscriber reads of it, and in which states of a subscription it is so already. */
const changes: Readonly<
  Record<Change, { readonly action: string; readonly reason: string; readonly wanted: readonly string[] }>
> = {
  suspend: { action: 'suspend', reason: 'The contribution is paused.', wanted: ['SUSPENDED'] },
  resume: { action: 'activate', reason: 'The contribution goes on.', wanted: ['ACTIVE'] },
  cancel: { action: 'cancel', reason: 'The contribution has ended.', wanted: ended },
};

/** @returns the state of a subscription in PayPal's words, or why it could not be found out */
async function statusOf(client: PayPalClient, subscription: string): Promise<string | SubscriptionOutcome> {
  const answer = await client.ask('GET', pathOfSubscription(subscription));
  if (answer.kind === 'answered' && answer.status === 200) {
    const read = Subscription.safeParse(answer.body);
    return read.success ? read.data.status : unknown('What PayPal answered could not be understood.');
  }
  return outcomeOfFailure<SubscriptionOutcome>(client, answer, (_issues, reason) => unknown(reason));
}

function isOf({ amount, currency }: Money, transaction: Transaction): boolean {
  const { value, currency_code } = transaction.amount_with_breakdown.gross_amount;
  const paid = fromPayPalValue(value, currency_code);
  return paid?.amount === amount && paid.currency === currency;
}

function outcomeOf(transaction: Transaction): ChargeOutcome {
  switch (transaction.status) {
    case 'COMPLETED':
    // It was paid; what went back later is another matter.
    case 'PARTIALLY_REFUNDED':
    case 'REFUNDED': {
      const payment = paymentOf(transaction);
      return payment === undefined
        ? unknown('PayPal says that it was paid, with an amount that cannot be read.')
        : { outcome: 'done', payment };
    }
    case 'PENDING':
      return { outcome: 'pending', reference: transaction.id };
    case 'DECLINED':
    case 'FAILED':
      return refused('declined', 'PayPal says that the payment was declined.');
    default:
      return unknown('PayPal says of the payment what nobody here knows.');
  }
}

function paymentOf({ id, time, amount_with_breakdown: amounts }: Transaction): Payment | undefined {
  const amount = fromPayPalValue(amounts.gross_amount.value, amounts.gross_amount.currency_code);
  const fee = amount && amounts.fee_amount && feeIn(amount, amounts.fee_amount);
  return amount && { reference: id, amount, fee: fee ?? null, paidAt: new Date(time).toISOString() };
}
