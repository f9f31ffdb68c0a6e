/**
 * Who is told of what: one table, topic by topic (requirements N1). The host's finance lead comes first; others are told when
 * nobody has acted after the delay that the host sets. Nobody is told what their capacity would not let them read.
 */
import type { Role } from './authorisation.ts';
import type { ContributionEventData } from './contribution.ts';
import type { HoldEventData } from './hold.ts';
import type { EventData, PaymentIntent } from './payment-intent.ts';
import { type DeliveryChoice, type Language, type Topic, topics } from './topics.ts';

export { type DeliveryChoice, deliveries, type Language, languages, type Topic, topics } from './topics.ts';

export const channels = ['inbox', 'email', 'webhook'] as const;
export type Channel = (typeof channels)[number];

/**
 * At which account somebody has to hold a role to be told. `giver` is whoever gives a contribution: the person, or the admins
 * of the organisation; `author` is the person who made the intent.
 */
export type Place =
  | 'payer_host'
  | 'payee_host'
  | 'payer'
  | 'payee'
  | 'author'
  | 'host'
  | 'collective'
  | 'giver'
  | 'givers';

export type Audience = {
  readonly place: Place;
  /** Empty for a person by itself. */
  readonly roles: readonly Role[];
  /**
   * `first`: at once. `later`: where nobody comes first; and of what asks to be done, after the host's delay, unless somebody has
   * acted by then.
   */
  readonly when: 'first' | 'later';
};

export type NoticeRule = {
  /** Cannot be switched off for everybody: money would be overlooked (N2). */
  readonly isRequired: boolean;
  /** Whether it asks for something to be done; only that is repeated to others later. */
  readonly asksToAct: boolean;
  readonly audiences: readonly Audience[];
  /** Hosts whose programs are told although it is no news for their people. */
  readonly programs: readonly HostPlace[];
};

/** Where a host is told, and its programs with its people. */
const hostPlaces = ['payer_host', 'payee_host', 'host'] as const satisfies readonly Place[];
type HostPlace = (typeof hostPlaces)[number];

const finance = (place: Place): Audience => ({ place, roles: ['finance_lead'], when: 'first' });
const admins = (place: Place): Audience => ({ place, roles: ['host_admin'], when: 'later' });
const team = (place: HostPlace): readonly Audience[] => [finance(place), admins(place)];
const people = (place: 'payer' | 'payee' | 'collective'): Audience => ({
  place,
  roles: ['collective_admin', 'host_admin'],
  when: 'first',
});
const author: Audience = { place: 'author', roles: [], when: 'first' };
const giver: Audience = { place: 'giver', roles: ['collective_admin'], when: 'first' };
const bothHosts = [...team('payer_host'), ...team('payee_host')];

const told = (audiences: readonly Audience[], programs: readonly HostPlace[] = []): NoticeRule => ({
  isRequired: false,
  asksToAct: false,
  audiences,
  programs,
});
const asked = (audiences: readonly Audience[]): NoticeRule => ({ ...told(audiences), asksToAct: true });
const required = (audiences: readonly Audience[]): NoticeRule => ({ ...asked(audiences), isRequired: true });

/** The table (event × side × role); the events of each topic are in the functions below. */
export const noticeRules: Readonly<Record<Topic, NoticeRule>> = {
  // Reviewers are those whom the policy that was copied onto the intent names; see `reviewersOf`.
  approval_needed: asked([]),
  to_send: asked(team('payer_host')),
  to_settle: asked(team('payer_host')),
  rejected: told([author], ['payer_host', 'payee_host']),
  canceled: told([...team('payer_host'), people('payer'), people('payee')]),
  expired: told([...team('payer_host'), author]),
  money_sent: required(team('payee_host')),
  money_received: told([...bothHosts, people('payer'), people('payee')]),
  accepted_short: told([...bothHosts, author]),
  not_received: required(bothHosts),
  late: asked(bothHosts),
  returned: told([...bothHosts, author]),
  write_off_proposed: asked(bothHosts),
  written_off: told([...bothHosts, author]),
  sent_back: told(bothHosts),
  charge_failed: told([giver], ['host']),
  contribution_set_aside: asked([...team('host'), giver]),
  contribution_canceled: told([...team('host'), people('collective'), giver]),
  period_unconfirmed: asked(team('host')),
  paused: told([
    ...team('host'),
    people('collective'),
    { place: 'givers', roles: ['collective_admin'], when: 'first' },
  ]),
  resumed: told([
    ...team('host'),
    people('collective'),
    { place: 'givers', roles: ['collective_admin'], when: 'first' },
  ]),
  pause_reminder: asked(team('host')),
  // Programs of the host that were to be told are told nothing any more.
  webhook_disabled: required(team('host')),
  // One of them was not told of something, which may be of any topic.
  webhook_given_up: required(team('host')),
};

/** At which places the programs of the host are told: there may be no account, or one whose side may not know of it yet. */
export const placesOfPrograms = (topic: Topic, audiences: readonly Audience[]): readonly Place[] =>
  hostPlaces.filter(
    (host) => noticeRules[topic].programs.includes(host) || audiences.some(({ place }) => place === host),
  );

/** What each topic is about. */
export type HoldTopic = Extract<Topic, 'paused' | 'resumed' | 'pause_reminder'>;
export type ContributionTopic = Extract<
  Topic,
  'charge_failed' | 'contribution_set_aside' | 'contribution_canceled' | 'period_unconfirmed'
>;
export type WebhookTopic = Extract<Topic, 'webhook_disabled' | 'webhook_given_up'>;
export type IntentTopic = Exclude<Topic, ContributionTopic | HoldTopic | WebhookTopic>;

/** Which topic the events of a type are news of; a type that is not there is nobody's news. */
type Telling<Data extends { readonly type: string }, Told extends Topic, After = unknown> = {
  readonly [Type in Data['type']]?: (data: Extract<Data, { readonly type: Type }>, after: After) => Told | undefined;
};

const whileReviewed = (_data: unknown, { status }: PaymentIntent): IntentTopic | undefined =>
  status === 'pending_approval' ? 'approval_needed' : undefined;

const tellingOfIntents: Telling<EventData, IntentTopic, PaymentIntent> = {
  submitted: whileReviewed,
  redrafted: whileReviewed,
  edited: whileReviewed,
  approval_given: () => 'approval_needed',
  approved: (_data, { payer, payee }) =>
    payee.hostId !== null && payee.hostId === payer.hostId ? 'to_settle' : 'to_send',
  rejected: () => 'rejected',
  canceled: (_data, { policy }) => (policy === null ? undefined : 'canceled'),
  expired: () => 'expired',
  sent: (_data, { status, payee }) => (status === 'received' || payee.hostId === null ? undefined : 'money_sent'),
  receipt_confirmed: ({ receipt }) => (receipt.source === 'assumed' ? undefined : 'money_received'),
  short_accepted: () => 'accepted_short',
  not_received_reported: () => 'not_received',
  trace_opened: () => 'not_received',
  became_late: () => 'late',
  returned: () => 'returned',
  write_off_proposed: () => 'write_off_proposed',
  written_off: () => 'written_off',
  reversed: () => 'sent_back',
};

type Retried = { readonly retryAt: string | null };

const onceGivenUp = ({ retryAt }: Retried): ContributionTopic | undefined =>
  retryAt === null ? 'contribution_set_aside' : undefined;

const tellingOfContributions: Telling<ContributionEventData, ContributionTopic> = {
  charge_refused: ({ retryAt }) => (retryAt === null ? 'contribution_set_aside' : 'charge_failed'),
  charge_broken: onceGivenUp,
  telling_failed: onceGivenUp,
  set_aside: () => 'contribution_set_aside',
  canceled: () => 'contribution_canceled',
  period_unconfirmed: () => 'period_unconfirmed',
};

const tellingOfHolds: Telling<HoldEventData, HoldTopic> = {
  placed: () => 'paused',
  lifted: () => 'resumed',
  ended: () => 'resumed',
  reminded: () => 'pause_reminder',
};

/** Of a webhook endpoint nothing else is an event. */
const tellingOfWebhooks: Telling<{ readonly type: WebhookTopic }, WebhookTopic> = {
  webhook_disabled: () => 'webhook_disabled',
  webhook_given_up: () => 'webhook_given_up',
};

/**
 * The types of the events that may be news; the others do not even leave the table's stream. A function, so that bundles leave it
 * out where it is not asked for.
 */
export const toldEventTypes = (): readonly string[] => [
  ...new Set(
    [tellingOfIntents, tellingOfContributions, tellingOfHolds, tellingOfWebhooks].flatMap((telling) =>
      Object.keys(telling),
    ),
  ),
];

/** The kinds of things whose events are news, by how their ids begin. */
export const toldSubjectPrefixes = ['pi_', 'con_', 'hold_', 'whe_'] as const;

/** A type leads to the function that takes events of that type, which the compiler cannot follow. */
const topicIn = <Data extends { readonly type: string }, Told extends Topic, After>(
  telling: Telling<Data, Told, After>,
  data: Data,
  after: After,
): Told | undefined =>
  (telling[data.type as Data['type']] as ((data: Data, after: After) => Told | undefined) | undefined)?.(data, after);

/** @param after the intent as the event left it */
export const topicOfIntentEvent = (data: EventData, after: PaymentIntent): IntentTopic | undefined =>
  topicIn(tellingOfIntents, data, after);

export const topicOfContributionEvent = (data: ContributionEventData): ContributionTopic | undefined =>
  topicIn(tellingOfContributions, data, undefined);

export const topicOfHoldEvent = (data: HoldEventData): HoldTopic | undefined =>
  topicIn(tellingOfHolds, data, undefined);

/** Who reviews now: the roles of the policy's current step, at the places where they are held. */
export function reviewersOf(
  { policy, payer }: Pick<PaymentIntent, 'policy' | 'payer'>,
  step: number | undefined,
): readonly Audience[] {
  const roles = policy?.steps[step ?? -1]?.roles ?? [];
  // With a payer outside, the payee's host reviews.
  const host: Place = payer.hostId === null ? 'payee_host' : 'payer_host';
  return [
    ...(roles.includes('collective_admin')
      ? [{ place: 'payer', roles: ['collective_admin'], when: 'first' } as const]
      : []),
    ...(roles.includes('finance_lead') ? [finance(host)] : []),
    ...(roles.includes('host_admin')
      ? [{ ...admins(host), when: roles.includes('finance_lead') ? ('later' as const) : ('first' as const) }]
      : []),
  ];
}

// --- Languages -------------------------------------------------------------------------------------------------------

// --- Preferences -----------------------------------------------------------------------------------------------------

/** What a host wants to be told, and what its people want: the most particular choice that says something decides. */
export type NotificationPreferences = {
  /** Minutes after which others are told when nobody has acted. */
  readonly laterAfterMinutes: number;
  readonly rules: readonly PreferenceRule[];
};

export type PreferenceRule = {
  /** Everything, when it is left out. */
  readonly topic?: Topic | undefined;
  readonly channel?: Exclude<Channel, 'webhook'> | undefined;
  /** One collective's, and everybody's, when they are left out. */
  readonly accountId?: string | undefined;
  readonly userId?: string | undefined;
  readonly choice: DeliveryChoice;
  /** What somebody chose for themselves, and no host for them. */
  readonly isOwn?: true;
};

export const preferencesAtFirst: NotificationPreferences = { laterAfterMinutes: 24 * 60, rules: [] };

export type Asked = {
  readonly topic: Topic;
  readonly channel: Exclude<Channel, 'webhook'>;
  /** The collective that it is about, on this person's side. */
  readonly accountId: string | null;
  readonly userId: string;
};

/**
 * The rule that fits best: what somebody chose for themselves before what their host did; then one for the person before one for the
 * collective, that before one for the topic, that before one for the channel; of two that fit equally well the later one. The inbox
 * has everything that is required, whatever was chosen.
 */
export function choiceFor({ rules }: NotificationPreferences, asked: Asked): DeliveryChoice {
  const fitting = rules.filter(
    (rule) =>
      (rule.topic === undefined || rule.topic === asked.topic) &&
      (rule.channel === undefined || rule.channel === asked.channel) &&
      (rule.accountId === undefined || rule.accountId === asked.accountId) &&
      (rule.userId === undefined || rule.userId === asked.userId),
  );
  const best = fitting.reduce<PreferenceRule | undefined>(
    (one, other) => (one === undefined || weightOf(other) >= weightOf(one) ? other : one),
    undefined,
  );
  const choice = best?.choice ?? 'at_once';
  return choice === 'off' && asked.channel === 'inbox' && noticeRules[asked.topic].isRequired ? 'at_once' : choice;
}

/** What somebody chose for themselves: in which language, and how they are told, whatever host it is about. */
export type PersonalPreferences = {
  readonly language: Language;
  readonly rules: readonly Pick<PreferenceRule, 'topic' | 'channel' | 'choice'>[];
};

export const personalAtFirst: PersonalPreferences = { language: 'en', rules: [] };

/** Somebody's own choice counts for more than the host's, whatever that names. */
export const withPersonal = (
  host: NotificationPreferences,
  { rules }: PersonalPreferences,
  userId: string,
): NotificationPreferences => ({
  ...host,
  rules: [...host.rules, ...rules.map((rule) => ({ ...rule, userId, isOwn: true as const }))],
});

/** What an e-mail is one of: those of a topic, or those of the day. Whoever has one may want no more of them. */
export type EmailKind = Topic | 'daily';

/** The topics that somebody has no more e-mails of who wants no more of a kind; none that is required. */
export const topicsLeftBy = (kind: EmailKind): readonly Topic[] =>
  topics.filter((topic) => !noticeRules[topic].isRequired && (kind === 'daily' || kind === topic));

/** @returns the same preferences when there are no e-mails of these topics already */
export function withoutEmail(preferences: PersonalPreferences, left: readonly Topic[]): PersonalPreferences {
  const isOf = (topic: Topic) => (rule: PersonalPreferences['rules'][number]) =>
    rule.topic === topic && rule.channel === 'email';
  const { rules } = preferences;
  const still = left.filter((topic) => rules.findLast(isOf(topic))?.choice !== 'off');
  // Of two that say the same the later one counts, so that what there is of them stays bounded.
  const isLast = ({ topic, channel }: PersonalPreferences['rules'][number], index: number): boolean =>
    rules.findLastIndex((other) => other.topic === topic && other.channel === channel) === index;
  const kept = rules.filter((rule, index) => isLast(rule, index) && !still.some((topic) => isOf(topic)(rule)));
  const off = still.map((topic) => ({ topic, channel: 'email', choice: 'off' }) as const);
  return still.length === 0 ? preferences : { ...preferences, rules: [...kept, ...off] };
}

/** Whether their host wants somebody told at once of a topic although others come first: it names both. */
export const isNamedFor = (
  { rules }: NotificationPreferences,
  asked: Pick<Asked, 'topic' | 'accountId' | 'userId'>,
): boolean =>
  rules.some(
    ({ userId, topic, accountId, choice }) =>
      choice === 'at_once' &&
      userId === asked.userId &&
      topic === asked.topic &&
      (accountId === undefined || accountId === asked.accountId),
  );

const weightOf = ({ isOwn, userId, accountId, topic, channel }: PreferenceRule): number =>
  (isOwn === true ? 16 : 0) +
  (userId === undefined ? 0 : 8) +
  (accountId === undefined ? 0 : 4) +
  (topic === undefined ? 0 : 2) +
  (channel === undefined ? 0 : 1);

/**
 * Rules that would keep everybody from having e-mail of what is required, be it for one collective. One for a person may: they have
 * it in their inbox whatever was chosen.
 */
export const switchesOffRequired = ({ topic, userId, choice }: PreferenceRule): boolean =>
  choice === 'off' && userId === undefined && (topic === undefined || noticeRules[topic].isRequired);
