/** What a text needs to know of an event (`shared/messaging/texts/facts.ts`), before it is known whom the text is for. */
import type { Contribution, ContributionEventData } from '../domain/contribution.ts';
import { currentStep } from '../domain/decide.ts';
import type { AccountHold, HoldOwner } from '../domain/hold.ts';
import type { Money } from '../domain/money.ts';
import type { Topic } from '../domain/notification.ts';
import type { EventData, Party, PaymentIntent, Receipt } from '../domain/payment-intent.ts';
import type {
  ContributionFacts,
  ContributionTopic,
  Doer,
  HoldFacts,
  HoldTopic,
  IntentFacts,
  NoticeFacts,
  Side,
  WebhookFacts,
  WebhookTopic,
} from '../messaging/texts/facts.ts';
import type { WebhookEvent } from './webhook-ports.ts';

/** Each of a union without some of its members. */
type Without<Union, Name extends PropertyKey> = Union extends unknown ? Omit<Union, Name> : never;

/** What is the same for everybody who is told. */
export type SharedFacts = Without<NoticeFacts, 'recipient' | 'waitingSince' | 'timeZone' | 'links' | 'own'>;
type SharedIntentFacts = Without<IntentFacts, 'recipient' | 'waitingSince' | 'timeZone' | 'links'>;
type SharedContributionFacts = Omit<ContributionFacts, 'recipient' | 'waitingSince' | 'timeZone' | 'links'>;
type SharedWebhookFacts = Omit<WebhookFacts, 'recipient' | 'waitingSince' | 'timeZone' | 'links'>;
type SharedHoldFacts = Omit<HoldFacts, 'recipient' | 'waitingSince' | 'timeZone' | 'links' | 'own'>;

export const sideOf = ({ accountId, accountName, hostId, hostName }: Omit<Party, 'accountKind'>): Side => ({
  name: accountName,
  host: hostName,
  ...(accountId === hostId ? { isHost: true } : {}),
});

/** On whose behalf it was done: what follows the `@` of a capacity (`finance_lead@payer_host`), or the capacity itself. */
const doers: Readonly<Record<string, Doer>> = {
  payer: 'payer',
  payee: 'payee',
  payer_host: 'payer_host',
  payee_host: 'payee_host',
  author: 'author',
  contributor: 'giver',
  collective: 'collective',
  host: 'host',
  platform_admin: 'platform',
  platform: 'platform',
  processor: 'processor',
  clock: 'clock',
  batch: 'clock',
};

export function doerOf(capacity: string): Doer | null {
  const [what = '', at] = capacity.split('@');
  // Whoever owns a hold has it as `host@hold`.
  return doers[at === undefined || at === 'hold' ? what : at] ?? null;
}

const reasonOf = (data: object): string | null =>
  'reason' in data && typeof data.reason === 'string' ? data.reason : null;

/** What came back says why where it says how much. */
const intentReasonOf = (data: EventData): string | null =>
  data.type === 'returned' ? data.returned.reason : reasonOf(data);

export function intentFacts(
  topic: Exclude<Topic, ContributionTopic | HoldTopic | WebhookTopic>,
  { before, after }: { readonly before: PaymentIntent | undefined; readonly after: PaymentIntent },
  { data, capacity }: { readonly data: EventData; readonly capacity: string },
): SharedIntentFacts {
  const { type, status, payer, payee, amount, purpose, tier, network, send, deadlineAt } = after;
  const receipt = after.receipts.at(-1);
  const shared = {
    about: 'intent',
    by: doerOf(capacity),
    reason: intentReasonOf(data),
    type,
    status,
    payer: sideOf(payer),
    payee: sideOf(payee),
    amount,
    purpose,
    tier,
    open: network !== null && network.transit > 0 ? { amount: network.transit, currency: network.currency } : null,
    lost: lostIn(data),
    bearer: bearerIn(data),
    date:
      data.type === 'receipt_confirmed'
        ? (receipt?.date ?? null)
        : data.type === 'returned'
          ? data.returned.date
          : (send?.date ?? null),
    reference: (topic === 'money_received' ? receipt?.reference : null) ?? send?.reference ?? null,
    deadlineAt: topic === 'approval_needed' || topic === 'to_send' || topic === 'expired' ? deadlineAt : null,
    step: topic === 'approval_needed' ? stepOf(after) : null,
  } as const;
  switch (topic) {
    case 'money_sent':
    case 'money_received':
    case 'accepted_short':
    case 'returned':
    case 'sent_back':
      return { ...shared, topic, moved: movedBy(data, before, after) };
    default:
      return { ...shared, topic, moved: null };
  }
}

function stepOf(after: PaymentIntent): IntentFacts['step'] {
  const steps = after.policy?.steps ?? [];
  const index = currentStep(after);
  const step = index === undefined ? undefined : steps[index];
  return step === undefined || index === undefined ? null : { name: step.name, number: index + 1, of: steps.length };
}

function bearerIn(data: EventData): IntentFacts['bearer'] {
  if (data.type === 'returned') {
    // Where nothing was lost there is nothing to bear.
    return data.returned.feeLost > 0 ? data.returned.bearer : null;
  }
  return 'bearer' in data ? data.bearer : null;
}

function movedBy(
  data: EventData,
  before: PaymentIntent | undefined,
  { amount, send, network, status, receipts }: PaymentIntent,
): Money {
  const currency = network?.currency ?? send?.amount.currency ?? amount.currency;
  switch (data.type) {
    case 'sent':
      return data.send.amount;
    case 'receipt_confirmed':
      // The last of several says what there is in all, as the payment is complete with it.
      return status === 'received' ? allOf(data.receipt.amount, receipts) : data.receipt.amount;
    case 'short_accepted':
      return data.shortBy;
    case 'returned':
      return { amount: data.returned.amount, currency };
    case 'reversed':
      // The event has the sum of all that was sent back, in what the payee had been credited.
      return {
        amount: data.amount - (before?.reversal?.amount ?? 0),
        currency: receipts[0]?.amount.currency ?? amount.currency,
      };
    default:
      return amount;
  }
}

/** Receipts in other currencies cannot be added to it. */
const allOf = (last: Money, receipts: readonly Receipt[]): Money =>
  receipts.every((receipt) => receipt.amount.currency === last.currency)
    ? { amount: receipts.reduce((sum, receipt) => sum + receipt.amount.amount, 0), currency: last.currency }
    : last;

function lostIn(data: EventData): Money | null {
  const lost = data.type === 'returned' ? data.returned.feeLost : data.type === 'written_off' ? data.network.lost : 0;
  return 'network' in data && data.network !== null && lost > 0
    ? { amount: lost, currency: data.network.currency }
    : null;
}

export const contributionFacts = (
  topic: ContributionTopic,
  { contributor, collective, amount, interval, tier }: Contribution,
  {
    data,
    capacity,
    period,
  }: { readonly data: ContributionEventData; readonly capacity: string; readonly period: string | null },
): SharedContributionFacts => ({
  about: 'contribution',
  topic,
  by: doerOf(capacity),
  reason: reasonOf(data),
  payer: sideOf(contributor),
  payee: sideOf(collective),
  amount,
  interval,
  tier,
  // An agreement that has ended is about no period.
  period: topic === 'contribution_canceled' ? null : period,
  retryAt: 'retryAt' in data ? data.retryAt : null,
});

export const holdFacts = (
  topic: HoldTopic,
  hold: AccountHold,
  {
    payee,
    capacity,
    stillHeldBy,
  }: { readonly payee: Side; readonly capacity: string; readonly stillHeldBy: readonly HoldOwner[] },
): SharedHoldFacts => ({
  about: 'hold',
  topic,
  by: doerOf(capacity),
  reason: null,
  payee,
  level: hold.level,
  chosen: hold.scope.kind === 'contributions' ? hold.scope.contributionIds.length : null,
  owner: hold.owner,
  why: hold.reason,
  message: hold.message,
  from: hold.from,
  until: hold.until,
  missedPeriods: hold.missedPeriods,
  cancels: hold.cancels === true,
  stillHeldBy,
});

export const webhookFacts = ({ data }: WebhookEvent, host: string): SharedWebhookFacts => ({
  about: 'webhook',
  topic: data.type,
  by: 'clock',
  reason: null,
  description: data.description,
  urlHost: data.urlHost,
  host,
  why: data.type === 'webhook_disabled' ? data.why : null,
  ...(data.type === 'webhook_given_up' ? { givenUp: data.givenUp } : {}),
  since: data.since,
  outcome: data.outcome,
  statusCode: data.statusCode,
});
