/** What the event of a message is about: its topic, where those are who are told of it, and what they are told. */
import { fold } from '../domain/apply.ts';
import { capacitiesForIntent, visibleToPayeeSide, visibleToPayerSide } from '../domain/authorisation.ts';
import type { Contribution, ContributionEventData } from '../domain/contribution.ts';
import { currentStep } from '../domain/decide.ts';
import { type AccountHold, applyHold, type HoldOwner, levelsThatStop, stoppedBy } from '../domain/hold.ts';
import {
  type Audience,
  noticeRules,
  type Place,
  reviewersOf,
  type Topic,
  topicOfContributionEvent,
  topicOfHoldEvent,
  topicOfIntentEvent,
} from '../domain/notification.ts';
import type { Party, PaymentIntent } from '../domain/payment-intent.ts';
import { contributionFacts, doerOf, holdFacts, intentFacts, type SharedFacts, webhookFacts } from './notice-facts.ts';
import type { EventMessage, NotificationDependencies } from './notification-ports.ts';
import { minutesAfter } from './periods.ts';
import type { Position, Slice } from './ports.ts';
import { eventIdOf } from './webhook-delivery.ts';
import type { WebhookEvent, WebhookNews } from './webhook-ports.ts';

/** What an event is about, for those who are told of it. */
export type News = {
  readonly topic: Topic;
  /** What it is, and between whom, as programs are told of it. */
  readonly subject: WebhookNews['subject'];
  readonly parties: Pick<WebhookNews, 'payer' | 'payee'>;
  /** Whoever did it knows of it, and is not told. */
  readonly actorId: string;
  /** Who may do nothing about it, whatever their role: they are not told, and others come first in their place. */
  readonly cannotAct: ReadonlySet<string>;
  readonly audiences: readonly Audience[];
  /** The account at which an audience's roles are held; null where there is nobody, or they may not know. */
  readonly accountAt: (place: Place) => string | null;
  /** Whose preferences count at a place: the host of the account there. */
  readonly hostAt: (place: Place) => string | null;
  readonly facts: SharedFacts;
  /**
   * Whether it needs nobody of a host any more: one of its people has done something since, or it is not in the state that asked
   * for something. Null asks the same of anybody.
   */
  readonly isOvertaken: (hostId: string | null) => boolean;
  /** Which collective of a host it is about: what the host chose for that one counts. */
  readonly collectiveAt: (place: Place) => string | null;
  /** Pages of the contributions whose givers are told, where that is asked for. */
  readonly givers: ((from: Position | undefined) => Promise<Slice<Contribution>>) | null;
};

/** A message comes within minutes; one that is older was set aside, or is told again by hand. */
const longAgoMinutes = 24 * 60;

export const isLongAgo = ({ at }: Pick<EventMessage, 'at'>, now: string): boolean =>
  minutesAfter(at, longAgoMinutes) < now;

export async function newsOf(deps: NotificationDependencies, message: EventMessage): Promise<News | undefined> {
  const [kind] = message.subjectId.split('_');
  switch (kind) {
    case 'pi':
      return intentNews(deps, message);
    case 'con':
      return contributionNews(deps, message);
    case 'hold':
      return holdNews(deps, message);
    case 'whe':
      return webhookNews(deps, message);
    default:
      return undefined;
  }
}

async function intentNews(
  { store }: NotificationDependencies,
  { subjectId, number }: EventMessage,
): Promise<News | undefined> {
  const whole = await store.intentEvents(subjectId);
  const history = whole.filter((one) => one.number <= number);
  const event = history.at(-1);
  const [before, after] = [fold(history.slice(0, -1)), fold(history)];
  const topic = event && after && topicOfIntentEvent(event.data, after);
  if (event === undefined || after === undefined || topic === undefined || event.number !== number) {
    return undefined;
  }
  const audiences = topic === 'approval_needed' ? reviewersOf(after, currentStep(after)) : noticeRules[topic].audiences;
  const isAuthor = audiences.some(({ place }) => place === 'author') && (await isStillAuthor(store, after));
  return {
    topic,
    subject: { kind: 'payment_intent', id: subjectId },
    parties: { payer: namedOf(after.payer), payee: namedOf(after.payee) },
    actorId: event.actor.userId,
    cannotAct: new Set(topic === 'approval_needed' ? notReviewing(after) : []),
    audiences,
    accountAt: (place) => (place === 'author' && !isAuthor ? null : accountOfIntent(after, place)),
    hostAt: (place) => hostOfIntent(after, place),
    facts: intentFacts(topic, { before, after }, { data: event.data, capacity: event.actor.capacity }),
    isOvertaken: (hostId) =>
      fold(whole)?.status !== after.status ||
      whole.some((one) => one.number > number && isByPerson(one) && isOfHost(after, one, hostId)),
    collectiveAt: (place) => collectiveOfIntent(after, place),
    givers: null,
  };
}

/** The author may not approve, and who has approved the step already has done their part. */
const notReviewing = (intent: PaymentIntent): readonly string[] => [
  intent.author.userId,
  ...intent.approvals
    .filter(({ step, revision }) => step === currentStep(intent) && revision === intent.revision)
    .map(({ userId }) => userId),
];

/** Who was taken off the team since is an author no longer: memberships decide, and not history. */
export const isStillAuthor = async (
  { memberships }: Pick<NotificationDependencies['store'], 'memberships'>,
  intent: PaymentIntent,
): Promise<boolean> => {
  const { userId } = intent.author;
  return capacitiesForIntent({ userId, memberships: await memberships(userId) }, intent).includes('author');
};

/** Reminders of the clock, and what a batch or a processor does, are nobody's acting. */
const isByPerson = ({ actor }: { readonly actor: { readonly capacity: string } }): boolean =>
  !['clock', 'batch', 'processor'].includes(actor.capacity);

/** Whoever acts for neither side, such as the platform, acts for both. */
function isOfHost(
  intent: PaymentIntent,
  { actor }: { readonly actor: { readonly capacity: string } },
  hostId: string | null,
): boolean {
  const place = doerOf(actor.capacity);
  const isOfASide = place === 'author' || place?.startsWith('pay');
  return hostId === null || !isOfASide || hostOfIntent(intent, place as Place) === hostId;
}

const collectiveOfIntent = ({ payer, payee, author }: PaymentIntent, place: Place): string | null => {
  const side = { payer, payee }[sideAt(author, place)];
  return side.accountKind === 'collective' ? side.accountId : null;
};

const namedOf = ({ accountId: id, accountName: name }: Pick<Party, 'accountId' | 'accountName'>) => ({ id, name });

/** Nobody is told of what their side may not know yet (requirements A7). */
function accountOfIntent(intent: PaymentIntent, place: Place): string | null {
  const { payer, payee, author } = intent;
  const forPayer = visibleToPayerSide(intent);
  const forPayee = visibleToPayeeSide(intent);
  switch (place) {
    case 'payer':
      return forPayer ? payer.accountId : null;
    case 'payer_host':
      return forPayer ? payer.hostId : null;
    case 'payee':
      return forPayee ? payee.accountId : null;
    case 'payee_host':
      return forPayee ? payee.hostId : null;
    case 'author':
      return author.userId;
    default:
      return null;
  }
}

const sideAt = (author: PaymentIntent['author'], place: Place): PaymentIntent['author']['side'] =>
  place === 'author' ? author.side : place.startsWith('payer') ? 'payer' : 'payee';

const hostOfIntent = ({ payer, payee, author }: PaymentIntent, place: Place): string | null =>
  ({ payer, payee })[sideAt(author, place)].hostId;

/** A refusal follows the start of its charge, with a few look-ups between them at most that anybody would want to read of. */
const eventsBack = 20;

/** What was agreed stays what it is: it is read as it is now, and not from the history, which grows with every month. */
async function contributionNews(
  { store, clock }: NotificationDependencies,
  message: EventMessage,
): Promise<News | undefined> {
  const { subjectId, number } = message;
  const [recent, stored] = await Promise.all([
    store.contributionEventsUpTo(subjectId, number, eventsBack),
    store.contribution(subjectId),
  ]);
  const [event] = recent;
  const topic = event && topicOfContributionEvent(event.data);
  if (event?.number !== number || topic === undefined || stored === undefined) {
    return undefined;
  }
  const { contribution } = stored;
  const { collective, contributor } = contribution;
  const isAsked = message.laterOf !== undefined || isLongAgo(message, clock.now());
  const since = isAsked ? await store.contributionEventsUpTo(subjectId, contribution.version, eventsBack) : [];
  return {
    topic,
    subject: { kind: 'contribution', id: subjectId },
    parties: { payer: namedOf(contributor), payee: namedOf(collective) },
    actorId: event.actor.userId,
    cannotAct: new Set(),
    audiences: noticeRules[topic].audiences,
    accountAt: (place) =>
      ({ host: collective.hostId, collective: collective.accountId, giver: contributor.accountId })[
        place as 'host' | 'collective' | 'giver'
      ] ?? null,
    hostAt: (place) => (place === 'giver' ? null : collective.hostId),
    facts: contributionFacts(topic, contribution, {
      data: event.data,
      capacity: event.actor.capacity,
      period: periodIn(recent.map(({ data }) => data)),
    }),
    // Whoever gives may change much that leaves it to the host.
    isOvertaken: () =>
      !isOpen(topic, contribution, event.data) ||
      since.some((one) => one.number > number && isByPerson(one) && doerOf(one.actor.capacity) !== 'giver'),
    collectiveAt: () => collective.accountId,
    givers: null,
  };
}

/** Whether it is still to be done what was asked for; of what asks for nothing, whether it goes on. */
function isOpen(topic: Topic, { status, setAside, expected }: Contribution, data: ContributionEventData): boolean {
  switch (topic) {
    case 'contribution_set_aside':
      return status === 'active' && setAside !== null;
    case 'period_unconfirmed':
      return expected.some(
        (one) => one.status === 'unconfirmed' && (!('period' in data) || one.period === data.period),
      );
    default:
      return status === 'active';
  }
}

/** @param recent newest first; the period that the newest is about, or the last charge that was begun before it */
function periodIn([newest, ...before]: readonly ContributionEventData[]): string | null {
  if (newest !== undefined && 'period' in newest) {
    return newest.period;
  }
  const begun = before.find((data) => data.type === 'charge_started');
  return begun?.type === 'charge_started' ? begun.charge.period : null;
}

async function holdNews(
  { store }: NotificationDependencies,
  { subjectId, number, at }: EventMessage,
): Promise<News | undefined> {
  const history = (await store.holdEvents(subjectId)).filter((event) => event.number <= number);
  const event = history.at(-1);
  const topic = event && topicOfHoldEvent(event.data);
  const after = history.reduce<AccountHold | undefined>((before, one) => applyHold(before, one), undefined);
  if (event === undefined || after === undefined || topic === undefined || event.number !== number) {
    return undefined;
  }
  const [account, host] = await Promise.all([
    store.account(after.accountId),
    after.hostId === null ? undefined : store.account(after.hostId),
  ]);
  const now = (await store.hold(subjectId))?.hold;
  const isOnHost = after.hostId === after.accountId;
  return {
    topic,
    subject: { kind: 'hold', id: subjectId },
    parties: { payee: { id: after.accountId, name: account?.name ?? '' } },
    actorId: event.actor.userId,
    cannotAct: new Set(),
    audiences: noticeRules[topic].audiences,
    accountAt: (place) =>
      place === 'host' ? after.hostId : place === 'collective' && !isOnHost ? after.accountId : null,
    hostAt: () => after.hostId,
    facts: holdFacts(topic, after, {
      payee: { name: account?.name ?? '', host: host?.name ?? null, ...(isOnHost ? { isHost: true } : {}) },
      capacity: event.actor.capacity,
      stillHeldBy: topic === 'resumed' ? await stillHeldBy(store, after) : [],
    }),
    isOvertaken: () => now === undefined || now.status !== 'active',
    collectiveAt: () => (isOnHost ? null : after.accountId),
    // Whoever gives is told of what stops their giving, and may not know of anything else that is held.
    givers: levelsThatStop.recurring.includes(after.level) ? (from) => giversOf(store, after, at, from) : null,
  };
}

/** What there is to tell of a webhook endpoint stands in the event, and it is overtaken when somebody has acted. */
async function webhookNews(
  { store }: NotificationDependencies,
  { subjectId, number }: EventMessage,
): Promise<News | undefined> {
  const event = await store.webhookEvent(subjectId, number);
  if (event === undefined) {
    return undefined;
  }
  const { hostId } = event;
  const { type: topic } = event.data;
  const [host, isOvertaken] = await Promise.all([store.account(hostId), hasActed(store, event)]);
  return {
    topic,
    subject: { kind: 'webhook_endpoint', id: subjectId },
    parties: {},
    actorId: 'clock',
    cannotAct: new Set(),
    audiences: noticeRules[topic].audiences,
    accountAt: (place) => (place === 'host' ? hostId : null),
    hostAt: () => hostId,
    facts: webhookFacts(event, host?.name ?? ''),
    isOvertaken: () => isOvertaken,
    collectiveAt: () => null,
    givers: null,
  };
}

/** Whether the endpoint was enabled, or the message sent once more, or there is nothing left to do it with. */
async function hasActed(
  store: NotificationDependencies['store'],
  { hostId, endpointId, at, data }: WebhookEvent,
): Promise<boolean> {
  const endpoint = await store.webhookEndpoint(hostId, endpointId);
  if (data.type === 'webhook_disabled') {
    return endpoint?.disabled?.at !== at;
  }
  const stored = await store.webhookDelivery(endpointId, eventIdOf(data.givenUp.deliveryId));
  return endpoint === undefined || stored?.delivery.status !== 'exhausted';
}

/** Whose other holds stop the same now that this one is over. */
async function stillHeldBy(
  store: NotificationDependencies['store'],
  { id, accountId, hostId, level }: AccountHold,
): Promise<readonly HoldOwner[]> {
  const accountIds = hostId === null || hostId === accountId ? [accountId] : [accountId, hostId];
  const flow = level === 'new_in' ? 'new_once' : level === 'out' ? 'out' : 'recurring';
  return stoppedBy(await store.guardsFor(id, accountIds), flow);
}

const pageSize = 100;

/** Those whose contributions a hold covers, page by page. */
async function giversOf(
  store: NotificationDependencies['store'],
  { scope: chosen, accountId, hostId }: AccountHold,
  at: string,
  from: Position | undefined,
): Promise<Slice<Contribution>> {
  if (chosen.kind === 'contributions') {
    const found = await Promise.all(chosen.contributionIds.map((id) => store.contribution(id)));
    return { items: found.flatMap((stored) => (stored === undefined ? [] : [stored.contribution])), next: undefined };
  }
  const scope =
    hostId === accountId ? ({ by: 'host', hostId: accountId } as const) : ({ by: 'collective', accountId } as const);
  const { items, next } = await store.listContributions(scope, pageSize, from);
  // What was agreed under another host is not what this hold is about, nor is what was agreed after the event.
  const isCovered = ({ status, interval, collective, createdAt }: Contribution): boolean =>
    status === 'active' && interval !== 'once' && (hostId === null || collective.hostId === hostId) && createdAt <= at;
  return { items: items.filter(isCovered), next };
}
