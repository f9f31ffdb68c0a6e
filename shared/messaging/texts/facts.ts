/**
 * What a text is made of: plain data, taken from an intent, a contribution, a hold or a webhook endpoint and from the event that is told. It has
 * no internal notes, no comments, and of people nothing but the name of whoever the text is for. Whoever makes it leaves out
 * what the recipient's capacity would not let them read.
 */
import type { ContributionInterval } from '../../domain/contribution.ts';
import type { HoldLevel, HoldOwner, HoldReason, MissedPeriods } from '../../domain/hold.ts';
import type { Money } from '../../domain/money.ts';
import type {
  ContributionTopic,
  HoldTopic,
  IntentTopic,
  Place,
  Topic,
  WebhookTopic,
} from '../../domain/notification.ts';
import type { IntentType, Status } from '../../domain/payment-intent.ts';
import type { AttemptOutcome, DisabledReason } from '../../domain/webhook-endpoint.ts';

export { type Language, languages } from '../../domain/notification.ts';
export type { ContributionTopic, HoldTopic, IntentTopic, WebhookTopic };

/** Who did it, as a place and never as a person: from the actor's capacity (`finance_lead@payer_host` → `payer_host`). */
export type Doer = Exclude<Place, 'givers'> | 'platform' | 'processor' | 'clock';

/**
 * A side by its names, as the intent or the contribution keeps them; `host` is null for somebody outside. Whether it is a host
 * itself is said apart: anybody may be called what a host is called.
 */
export type Side = { readonly name: string; readonly host: string | null; readonly isHost?: true };

type Common = {
  /** Whom it is for, and as what they are told: the next step follows from the place. */
  readonly recipient: { readonly name: string; readonly place: Place };
  readonly by: Doer | null;
  /** The event's reason, if whoever it is for may read it. */
  readonly reason: string | null;
  /** Since when nobody has acted, for those who are told later (N1); null for those who are told first. */
  readonly waitingSince: string | null;
  /** IANA, in which instants are shown: the recipient's host's. */
  readonly timeZone: string;
  /** Absolute addresses, http or https. */
  readonly links: { readonly subject: string; readonly settings: string };
};

type IntentCommon = Common & {
  readonly about: 'intent';
  readonly type: IntentType;
  /** As the event left it. It tells part from whole, and money that came before anybody said that it was sent. */
  readonly status: Status;
  readonly payer: Side;
  readonly payee: Side;
  /** The instructed amount. */
  readonly amount: Money;
  readonly purpose: string;
  readonly tier: string | null;
  /** What is still on its way: `network.transit`, when it is more than nothing. */
  readonly open: Money | null;
  /** What was lost on the way: `feeLost` of a return, `network.lost` of a write-off. */
  readonly lost: Money | null;
  /** Who bears what is lost or short. */
  readonly bearer: 'payer' | 'payer_host' | 'payee' | 'payee_host' | null;
  /** The bank's day (YYYY-MM-DD) of what is told: sent, arrived, came back. For what is missing, the day it was sent. */
  readonly date: string | null;
  readonly reference: string | null;
  readonly deadlineAt: string | null;
  /** The step of the approval policy that is waiting; counted from one. */
  readonly step: { readonly name: string; readonly number: number; readonly of: number } | null;
};

/**
 * Topics in which a second amount is what there is to tell: what was sent, arrived (with this receipt while more is to come, in
 * all when it was the last), is short, came back, was sent back this time.
 */
export type TopicThatMoves = Extract<
  IntentTopic,
  'money_sent' | 'money_received' | 'accepted_short' | 'returned' | 'sent_back'
>;

export type IntentFacts = IntentCommon &
  (
    | { readonly topic: TopicThatMoves; readonly moved: Money }
    | { readonly topic: Exclude<IntentTopic, TopicThatMoves>; readonly moved: null }
  );

export type ContributionFacts = Common & {
  readonly about: 'contribution';
  readonly topic: ContributionTopic;
  /** Who gives. */
  readonly payer: Side;
  /** The collective, with the host that holds its money. */
  readonly payee: Side;
  readonly amount: Money;
  readonly interval: ContributionInterval;
  readonly tier: string | null;
  /** The first day of the period (YYYY-MM-DD) that was not paid. */
  readonly period: string | null;
  /** When a charge is tried again. */
  readonly retryAt: string | null;
};

export type HoldFacts = Common & {
  readonly about: 'hold';
  readonly topic: HoldTopic;
  /** The account that is paused, or whose contributions were chosen, with its host. */
  readonly payee: Side;
  readonly level: HoldLevel;
  /** How many contributions were chosen; null when the whole account is paused. */
  readonly chosen: number | null;
  /** For somebody who gives: the contribution of theirs that is covered. Null for everybody else, and for several at once. */
  readonly own: { readonly payer: Side; readonly amount: Money; readonly interval: ContributionInterval } | null;
  readonly owner: HoldOwner;
  readonly why: HoldReason;
  /** From the hold's owner to those who give. */
  readonly message: string | null;
  readonly from: string;
  readonly until: string | null;
  readonly missedPeriods: MissedPeriods;
  /** Whether the contributions that it covers end (`cancels`). */
  readonly cancels: boolean;
  /** Whose other holds still stop the same, when this one has ended (P3). */
  readonly stillHeldBy: readonly HoldOwner[];
};

export type WebhookFacts = Common & {
  readonly about: 'webhook';
  readonly topic: WebhookTopic;
  /** What the host calls the endpoint; may be empty. */
  readonly description: string;
  /** The name in its address, and nothing else of it: a path may be a secret. */
  readonly urlHost: string;
  readonly host: string;
  /** Null when it goes on, and a message to it was given up. */
  readonly why: Exclude<DisabledReason, 'by_hand'> | null;
  /** Which message that was, and what it would have told. */
  readonly givenUp?: { readonly deliveryId: string; readonly topic: Topic };
  /** Since when nothing has arrived, or since when that message was tried. */
  readonly since: string;
  /** What the last attempt came to. */
  readonly outcome: AttemptOutcome;
  readonly statusCode: number | null;
};

export type NoticeFacts = IntentFacts | ContributionFacts | HoldFacts | WebhookFacts;
