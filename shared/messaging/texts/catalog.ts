/** What a language has to say: a catalog that lacks something does not compile. */
import type { ContributionInterval } from '../../domain/contribution.ts';
import type { HoldLevel, HoldOwner, HoldReason, MissedPeriods } from '../../domain/hold.ts';
import type { Place, Topic } from '../../domain/notification.ts';
import type { OwnReason } from '../../domain/own-reasons.ts';
import type { IntentType } from '../../domain/payment-intent.ts';
import type { AttemptOutcome, DisabledReason } from '../../domain/webhook-endpoint.ts';
import type { Doer, NoticeFacts } from './facts.ts';

/** A text with places for values: `{name}`. What is put there is never read for places again. */
export type Template = string;

/** Where the same topic asks for other words. */
export type Variant =
  | 'received_in_part'
  /** Money that arrived before its sender said that it was sent: the lifecycle leaves such an intent approved. */
  | 'received_before_sent'
  | 'late_before_sent'
  /** Part had arrived, so it cannot be taken up again. */
  | 'returned_after_part'
  /** The host waits for something from the collective. */
  | 'paused_for_papers'
  /** A hold that ends what it covers. */
  | 'paused_and_ending'
  /** A hold is over, and others still stop the same. */
  | 'resumed_but_held';

export type TextKey = Topic | Variant;

export type TopicText = {
  /** The first words of subject and line: what happened, or what is to be done. */
  readonly headline: Template;
  /** One sentence about the payment, the contribution, or what is held. */
  readonly lead: Template;
  /** What whoever is told at a place does now; those who are not named have nothing to do. */
  readonly next: Readonly<Partial<Record<Place, Template>>>;
};

export type Plural = { readonly one: Template; readonly other: Template };

export type Catalog = {
  /** For `Intl`, and for the `lang` attribute. */
  readonly locale: string;
  readonly topics: Readonly<Record<TextKey, TopicText>>;
  /** `short` in subjects and lines, `long` at the beginning of a sentence; `nature` tells a gift from a fee (X3). */
  readonly types: Readonly<
    Record<IntentType, { readonly short: Template; readonly long: Template; readonly nature: Template }>
  >;
  readonly party: {
    readonly short: Template;
    readonly long: Template;
    /** An account that is its own host. */
    readonly hostItself: Template;
  };
  /** `purpose` and `tier` are added to it where there are any. */
  readonly payment: { readonly short: Template; readonly long: Template };
  readonly forPurpose: Template;
  readonly forTier: Template;
  readonly intervals: Readonly<Record<ContributionInterval, Template>>;
  readonly held: Readonly<Record<HoldLevel | 'own', Template>> & { readonly chosen: Plural };
  readonly levels: Readonly<Record<HoldLevel | 'chosen', Template>>;
  readonly owners: Readonly<Record<HoldOwner, Template>>;
  readonly holdReasons: Readonly<Record<HoldReason, Template>>;
  /** An endpoint by the name in its address, and by what its host calls it, if anything. */
  readonly webhook: { readonly plain: Template; readonly described: Template };
  /** What the system gives as a reason by itself. */
  readonly ownReasons: Readonly<Record<OwnReason, Template>>;
  readonly disabledReasons: Readonly<Record<Exclude<DisabledReason, 'by_hand'>, Template>>;
  readonly outcomes: Readonly<Record<AttemptOutcome, Template>>;
  readonly answered: Template;
  readonly missedPeriods: Readonly<Record<MissedPeriods | 'canceled', Template>>;
  readonly doers: Readonly<Record<Doer, Template>>;
  /** Why somebody is told. */
  readonly because: Readonly<Record<Place, Template>>;
  readonly labels: Readonly<Record<Label, Template>>;
  readonly open: Readonly<Record<NoticeFacts['about'], Template>>;
  readonly subject: Template;
  readonly firstLine: Template;
  readonly waiting: Template;
  readonly waitingHeadline: Template;
  readonly nothingToDo: Template;
  readonly step: Template;
  readonly instant: Template;
  readonly listSeparator: string;
  readonly labelSeparator: string;
  readonly messageFrom: Template;
  readonly forRecipient: Template;
  readonly settings: Template;
  readonly digest: {
    readonly subject: Template;
    readonly toDo: Plural;
    readonly toKnow: Plural;
    readonly more: Plural;
  };
  /** The page behind the link to unsubscribe. */
  readonly unsubscribe: {
    readonly asked: UnsubscribeText;
    readonly done: UnsubscribeText;
    readonly button: Template;
    readonly besides: Template;
  };
};

/** Of one topic, by its headline, or of all that are not required. */
export type UnsubscribeText = { readonly title: Template; readonly topic: Template; readonly daily: Template };

export type Label =
  | 'payer'
  | 'payee'
  | 'account'
  | 'amount'
  | 'sent'
  | 'arrived'
  | 'short'
  | 'cameBack'
  | 'sentBack'
  | 'open'
  | 'lost'
  | 'bearer'
  | 'nature'
  | 'purpose'
  | 'tier'
  | 'step'
  | 'deadline'
  | 'sentOn'
  | 'arrivedOn'
  | 'cameBackOn'
  | 'reference'
  | 'reason'
  | 'period'
  | 'retryAt'
  | 'pausedBy'
  | 'stillHeldBy'
  | 'why'
  | 'from'
  | 'until'
  | 'meaning'
  | 'missed'
  | 'description'
  | 'address'
  | 'host'
  | 'disabledBecause'
  | 'givenUp'
  | 'delivery'
  | 'firstTried'
  | 'failingSince'
  | 'lastOutcome'
  | 'by';
