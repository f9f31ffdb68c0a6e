/**
 * A processor that charges subscriptions by itself, as it really is and not as anybody knows it: it takes money by its own
 * calendar, does or does not do what it is asked, lets payers do as they like on its site, and tells of everything by
 * messages that are late, in any order, and sometimes told twice.
 */
import type { Payment, Processor, ProcessorNews, SubscriptionOutcome } from '../../shared/application/processors.ts';
import { type Random, randomNumbers } from './random-numbers.ts';
import { usd } from './world.ts';

export type StateThere = 'running' | 'suspended' | 'canceled';

export type Subscription = {
  readonly reference: string;
  state: StateThere;
  readonly payments: Payment[];
  /** What the payer did there, and nobody here was told of yet. */
  untold: number;
  /** When it was last asked for something and did not say that it was done; null when it did. */
  failedAt: string | null;
  /** When it takes money next, if it runs then. */
  nextAt: string;
  /** Until when it answers nobody. */
  silentUntil: string;
  changedAt: string;
  readonly random: Random;
};

/** What is told of a subscription; `byPayer`: what the payer did on the processor's site. */
export type Message = { readonly subscription: Subscription; readonly news: ProcessorNews; readonly byPayer: boolean };

type Letter = Message & { isTold: boolean };
type Delivery = { readonly letter: Letter; readonly eventId: string; readonly comesAt: string; readonly order: number };

export type Subscriptions = {
  /** A payer agreed to one: it runs, and takes money within a month. */
  open(reference: string): Subscription;
  readonly processor: Pick<Processor, 'suspend' | 'resume' | 'cancel'>;
  /** Takes whatever is to be taken until now. */
  takePayments(): void;
  byPayer(subscription: Subscription, state: StateThere): Promise<void>;
  /** Tells what has come by now, or all that is under way. */
  deliver(what?: 'what has come' | 'everything'): Promise<void>;
  /** From now on every call is answered, and does what it says. */
  becomeReliable(): void;
};

const periodDays = 30;

export function simulatedSubscriptions(options: {
  readonly now: () => string;
  readonly seed: number;
  readonly tell: (message: Message, isFirst: boolean) => Promise<void>;
}): Subscriptions {
  const { now, tell } = options;
  const all = new Map<string, Subscription>();
  let post: Delivery[] = [];
  let isReliable = false;

  function send(letter: Letter, name: string): void {
    const { happens, next } = letter.subscription.random;
    const add = (eventId: string, comesAt: string): void => void post.push({ letter, eventId, comesAt, order: next() });
    const isPayment = letter.news.kind === 'payment_succeeded';
    const isUrgent = letter.news.kind === 'canceled';
    add(name, isUrgent || happens(60) ? now() : later(now(), next() * (happens(70) ? 1 : 12)));
    if (happens(25)) {
      // A payment may be told under another event as well; other messages come again as they are.
      add(isPayment && happens(50) ? `${name} again` : name, later(now(), next() * 12));
    }
  }

  async function handOver({ letter, eventId }: Delivery): Promise<void> {
    const isFirst = !letter.isTold;
    letter.isTold = true;
    letter.subscription.untold -= isFirst && letter.byPayer ? 1 : 0;
    await tell({ ...letter, news: { ...letter.news, eventId } }, isFirst);
  }

  async function change(subscription: Subscription, state: StateThere, byPayer: boolean): Promise<void> {
    if (subscription.state === state) {
      return;
    }
    const at = momentOf(subscription);
    const kind = ({ running: 'resumed', suspended: 'suspended', canceled: 'canceled' } as const)[state];
    const name = `${subscription.reference} ${kind} ${at}`;
    Object.assign(subscription, { state, changedAt: at, untold: subscription.untold + (byPayer ? 1 : 0) });
    const news = { kind, at, eventId: name, subscription: subscription.reference };
    send({ subscription, news, byPayer, isTold: false }, name);
    if (!byPayer && subscription.random.happens(10)) {
      // The message is sometimes there before the answer to the call.
      await deliver(({ letter }) => letter.subscription === subscription);
    }
  }

  /** The processor's clock shows whole seconds, and no two things happen to a subscription in one. */
  const momentOf = ({ changedAt }: Subscription): string => (changedAt < now() ? now() : later(changedAt, 1 / 86_400));

  async function deliver(isWanted: (delivery: Delivery) => boolean): Promise<void> {
    const wanted = post.filter(isWanted).sort((one, other) => one.order - other.order);
    post = post.filter((delivery) => !wanted.includes(delivery));
    for (const delivery of wanted) {
      await handOver(delivery);
    }
  }

  const ask =
    (wanted: StateThere) =>
    async (reference: string): Promise<SubscriptionOutcome> => {
      const subscription = all.get(reference);
      const said = subscription === undefined || isReliable ? 'done' : answerOf(subscription, now());
      if (subscription === undefined || (subscription.state === 'canceled' && wanted !== 'canceled')) {
        return { outcome: 'refused', code: 'gone', reason: 'There is no such subscription.' };
      }
      if (said === 'done' || said === 'unknown: done') {
        await change(subscription, wanted, false);
      }
      subscription.failedAt = said === 'done' ? null : now();
      return said === 'done'
        ? { outcome: 'done' }
        : said === 'broken'
          ? { outcome: 'broken', reason: 'Nobody answers.', retryAfterSeconds: null }
          : { outcome: 'unknown', reason: 'Lost.' };
    };

  return {
    open(reference) {
      const random = randomNumbers(options.seed + all.size);
      const subscription: Subscription = {
        reference,
        state: 'running',
        payments: [],
        untold: 0,
        failedAt: null,
        nextAt: later(now(), random.next() * periodDays),
        silentUntil: '',
        changedAt: '',
        random,
      };
      all.set(reference, subscription);
      return subscription;
    },
    processor: { suspend: ask('suspended'), resume: ask('running'), cancel: ask('canceled') },
    takePayments() {
      for (const subscription of all.values()) {
        while (subscription.state !== 'canceled' && subscription.nextAt <= now()) {
          const { reference, payments, nextAt: paidAt } = subscription;
          if (subscription.state === 'running') {
            const payment = { reference: `${reference} paid ${paidAt}`, amount: usd(5000), fee: 175, paidAt };
            payments.push(payment);
            const eventId = payment.reference;
            const news = { kind: 'payment_succeeded', at: paidAt, eventId, subscription: reference, payment } as const;
            send({ subscription, news, byPayer: false, isTold: false }, eventId);
          }
          // What was suspended on that day is not collected later.
          subscription.nextAt = later(paidAt, periodDays);
        }
      }
    },
    byPayer: (subscription, state) => change(subscription, state, true),
    deliver: (what = 'what has come') => deliver(({ comesAt }) => what === 'everything' || comesAt <= now()),
    becomeReliable() {
      isReliable = true;
    },
  };
}

/** Most calls go well; sometimes nobody answers for days, longer than anybody would go on asking. */
function answerOf(subscription: Subscription, now: string) {
  const { random } = subscription;
  if (subscription.silentUntil > now) {
    return 'broken';
  }
  if (random.happens(3)) {
    subscription.silentUntil = later(now, random.next() * 12);
    return 'broken';
  }
  return random.happens(75) ? 'done' : random.pick(['broken', 'unknown: done', 'unknown: not done'] as const);
}

const later = (instant: string, days: number): string =>
  new Date(Math.floor(Date.parse(instant) / 1000 + days * 86_400) * 1000).toISOString();
