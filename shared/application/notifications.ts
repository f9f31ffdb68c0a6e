/**
 * Tells people of what happened. The news of an event comes over a queue, perhaps twice and in any order; who is told is worked
 * out from what the event left behind and from who is on the teams now, and each is told of each event once.
 */

import type { Membership } from '../domain/account.ts';
import { fold } from '../domain/apply.ts';
import { visibleToPayeeSide, visibleToPayerSide } from '../domain/authorisation.ts';
import { applyContribution, type Contribution } from '../domain/contribution.ts';
import { currentStep } from '../domain/decide.ts';
import { type AccountHold, applyHold, type HoldOwner, stoppedBy } from '../domain/hold.ts';
import {
  type Audience,
  choiceFor,
  noticeRules,
  type Place,
  preferencesAtFirst,
  reviewersOf,
  type Topic,
  topicOfContributionEvent,
  topicOfHoldEvent,
  topicOfIntentEvent,
} from '../domain/notification.ts';
import type { PaymentIntent } from '../domain/payment-intent.ts';
import type { HoldFacts } from '../messaging/texts/facts.ts';
import { contributionFacts, holdFacts, intentFacts, type SharedFacts, sideOf } from './notice-facts.ts';
import type { EventMessage, NoticeFacts, NotificationDependencies } from './notification-ports.ts';
import { minutesAfter } from './periods.ts';

/** What an event is about, for those who are told of it. */
type News = {
  readonly topic: Topic;
  readonly actorId: string;
  readonly audiences: readonly Audience[];
  /** The account at which an audience's roles are held; null where there is nobody, or they may not know. */
  readonly accountAt: (place: Place) => string | null;
  /** Whose preferences count at a place: the host of the account there. */
  readonly hostAt: (place: Place) => string | null;
  readonly facts: SharedFacts;
  /** Whether something has happened to the subject since. */
  readonly isOvertaken: boolean;
  /** The contributions whose givers are told, where that is asked for. */
  readonly givers: AsyncIterable<Contribution> | null;
};

export type Recipient = {
  readonly userId: string;
  readonly name: string;
  readonly email: string | null;
  /** As what they are told. */
  readonly place: Place;
  readonly hostId: string | null;
  readonly accountId: string | null;
  readonly timeZone: string;
  /** The contribution of theirs that a hold covers, if it is one. */
  readonly own: HoldFacts['own'];
};

/** @returns how many people were told by this call */
export async function deliver(deps: NotificationDependencies, message: EventMessage): Promise<number> {
  const news = await newsOf(deps, message);
  if (news === undefined || (message.laterOf !== undefined && news.isOvertaken)) {
    return 0;
  }
  const { first, later } = await recipientsOf(deps, news);
  const now = message.laterOf === undefined ? first : later.filter(({ hostId }) => hostId === message.laterOf);
  if (message.laterOf === undefined && noticeRules[news.topic].asksToAct) {
    await remember(deps, message, later);
  }
  let told = 0;
  const errors: unknown[] = [];
  for (const recipient of now.filter(({ userId }) => userId !== news.actorId)) {
    try {
      told += (await tell(deps, message, news, recipient)) ? 1 : 0;
    } catch (error) {
      // An address that no e-mail can be sent to keeps nobody else from being told.
      errors.push(error);
    }
  }
  if (errors.length > 0) {
    throw new AggregateError(errors, `${errors.length} of ${now.length} people could not be told.`);
  }
  return told;
}

/** Each host's others are told after that host's own delay. */
async function remember(
  deps: NotificationDependencies,
  message: EventMessage,
  later: readonly Recipient[],
): Promise<void> {
  const hostIds = new Set(later.flatMap(({ hostId }) => (hostId === null ? [] : [hostId])));
  for (const hostId of hostIds) {
    const { laterAfterMinutes } = await preferencesOf(deps, hostId);
    await deps.store.putLater({ ...message, laterOf: hostId, dueAt: minutesAfter(message.at, laterAfterMinutes) });
  }
}

/** Longer than a function runs, shorter than the queue waits before it hands a message out again. */
const emailClaimMinutes = 5;

/** @returns whether the person was told by this call, or the e-mail that was missing was sent */
async function tell(
  deps: NotificationDependencies,
  message: EventMessage,
  { topic, facts }: News,
  recipient: Recipient,
): Promise<boolean> {
  const { store, clock } = deps;
  const { eventId, subjectId } = message;
  const { userId, email, hostId, accountId } = recipient;
  const preferences = await preferencesOf(deps, hostId);
  const choice = (channel: 'inbox' | 'email') => choiceFor(preferences, { topic, channel, accountId, userId });
  const wantsEmail = deps.mailer !== null && email !== null && choice('email') === 'at_once';
  if (choice('inbox') === 'off' && !wantsEmail) {
    return false;
  }
  const now = clock.now();
  const isNew = await store.tell({
    userId,
    eventId,
    topic,
    subjectId,
    hostId,
    accountId,
    facts: factsFor(deps, message, facts, recipient),
    at: now,
    readAt: null,
    email: { state: wantsEmail ? 'waiting' : 'none', address: wantsEmail ? email : null },
  });
  return (await sendEmail(deps, userId, eventId)) || isNew;
}

function factsFor(
  { linksTo }: NotificationDependencies,
  { subjectId, at, laterOf }: EventMessage,
  facts: SharedFacts,
  { name, place, timeZone, hostId, own }: Recipient,
): NoticeFacts {
  const personal = {
    recipient: { name, place },
    waitingSince: laterOf === undefined ? null : at,
    timeZone,
    links: linksTo(subjectId, hostId),
  };
  return facts.about === 'hold' ? { ...facts, ...personal, own } : { ...facts, ...personal };
}

/** Sends what is waiting, whoever began it. A crash after sending and before it is written sends once more, under the same id. */
async function sendEmail(deps: NotificationDependencies, userId: string, eventId: string): Promise<boolean> {
  const { store, clock, mailer, render } = deps;
  const notice = await store.notice(userId, eventId);
  const address = notice?.email.address ?? null;
  const now = clock.now();
  if (mailer === null || notice?.email.state !== 'waiting' || address === null) {
    return false;
  }
  if (!(await store.claimEmail(userId, eventId, now, minutesAfter(now, emailClaimMinutes)))) {
    // Whoever has the sending may have died over it, so the message has to come again.
    throw new Error('Somebody else is sending this e-mail, or was.');
  }
  await mailer.send({
    messageId: `${eventId}.${userId}`,
    to: address,
    unsubscribe: noticeRules[notice.topic].isRequired ? null : notice.facts.links.settings,
    ...render(notice.facts),
  });
  await store.emailSent(userId, eventId, clock.now());
  return true;
}

async function preferencesOf({ store }: NotificationDependencies, hostId: string | null) {
  const host = hostId === null ? undefined : await store.account(hostId);
  return host?.settings?.notifications ?? preferencesAtFirst;
}

// --- Who -------------------------------------------------------------------------------------------------------------

const membersMax = 500;

/** Where nobody comes first, those who come later come first: what has to be done goes untold by nobody. */
async function recipientsOf(
  deps: NotificationDependencies,
  news: News,
): Promise<{ readonly first: readonly Recipient[]; readonly later: readonly Recipient[] }> {
  const found = await Promise.all(
    news.audiences.map(async (audience) => ({ audience, people: await peopleOf(deps, news, audience) })),
  );
  const placesWithSomebody = new Set(
    found.flatMap(({ audience, people }) => (audience.when === 'first' && people.length > 0 ? [audience.place] : [])),
  );
  const first = found.filter(({ audience }) => audience.when === 'first' || !placesWithSomebody.has(audience.place));
  const later = found.filter(({ audience }) => audience.when === 'later' && placesWithSomebody.has(audience.place));
  const people = (some: typeof found): readonly Recipient[] => {
    const each = Map.groupBy(
      some.flatMap((one) => one.people),
      ({ userId }) => userId,
    );
    // Several contributions that are covered are not one of theirs.
    return [...each.values()].flatMap(([one, ...others]) =>
      one === undefined ? [] : [others.some(({ own }) => own !== null) ? { ...one, own: null } : one],
    );
  };
  const told = people(first);
  return { first: told, later: people(later).filter(({ userId }) => !told.some((one) => one.userId === userId)) };
}

async function peopleOf(
  deps: NotificationDependencies,
  news: News,
  { place, roles }: Audience,
): Promise<readonly Recipient[]> {
  if (place === 'givers') {
    const givers: Recipient[] = [];
    for await (const contribution of news.givers ?? []) {
      const { contributor, amount, interval } = contribution;
      const own = { payer: sideOf(contributor), amount, interval };
      const people = await membersOrSelf(deps, { place, accountId: contributor.accountId, hostId: null }, roles);
      givers.push(...people.map((person) => ({ ...person, own })));
    }
    return givers;
  }
  const accountId = news.accountAt(place);
  return accountId === null ? [] : membersOrSelf(deps, { place, accountId, hostId: news.hostAt(place) }, roles);
}

type Where = { readonly place: Place; readonly accountId: string; readonly hostId: string | null };

async function membersOrSelf(
  { store }: NotificationDependencies,
  { place, accountId, hostId }: Where,
  roles: Audience['roles'],
): Promise<readonly Recipient[]> {
  const account = await store.account(accountId);
  if (account === undefined) {
    return [];
  }
  const host = hostId === null || hostId === accountId ? account : await store.account(hostId);
  const shared = { place, hostId, timeZone: (host ?? account).timeZone, own: null };
  if (account.kind === 'person') {
    return [{ ...shared, userId: account.id, name: account.name, email: account.email, accountId: null }];
  }
  const { items } = await store.members(accountId, membersMax);
  const collectiveId = account.kind === 'collective' ? account.id : null;
  return items
    .filter((member) => holdsOne(member, roles))
    .map(({ userId, name, email }) => ({ ...shared, userId, name, email, accountId: collectiveId }));
}

const holdsOne = (member: Membership, roles: Audience['roles']): boolean =>
  member.roles.some((role) => roles.includes(role));

// --- What ------------------------------------------------------------------------------------------------------------

async function newsOf(deps: NotificationDependencies, message: EventMessage): Promise<News | undefined> {
  const [kind] = message.subjectId.split('_');
  switch (kind) {
    case 'pi':
      return intentNews(deps, message);
    case 'con':
      return contributionNews(deps, message);
    case 'hold':
      return holdNews(deps, message);
    default:
      return undefined;
  }
}

async function intentNews(
  { store }: NotificationDependencies,
  { subjectId, number }: EventMessage,
): Promise<News | undefined> {
  const history = await store.intentEvents(subjectId, number);
  const event = history.at(-1);
  const after = fold(history);
  const topic = event && after && topicOfIntentEvent(event.data, after);
  if (event === undefined || after === undefined || topic === undefined || event.number !== number) {
    return undefined;
  }
  const now = (await store.intent(subjectId))?.intent;
  return {
    topic,
    actorId: event.actor.userId,
    audiences: topic === 'approval_needed' ? reviewersOf(after, currentStep(after)) : noticeRules[topic].audiences,
    accountAt: (place) => accountOfIntent(after, place),
    hostAt: (place) => hostOfIntent(after, place),
    facts: intentFacts(topic, after, { data: event.data, capacity: event.actor.capacity }),
    isOvertaken: now === undefined || now.version !== number,
    givers: null,
  };
}

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

const hostOfIntent = ({ payer, payee, author }: PaymentIntent, place: Place): string | null => {
  const side = place === 'author' ? author.side : place.startsWith('payer') ? 'payer' : 'payee';
  return side === 'payer' ? payer.hostId : payee.hostId;
};

async function contributionNews(
  { store }: NotificationDependencies,
  { subjectId, number }: EventMessage,
): Promise<News | undefined> {
  const history = (await store.contributionEvents(subjectId)).filter((event) => event.number <= number);
  const event = history.at(-1);
  const topic = event && topicOfContributionEvent(event.data);
  if (event === undefined || topic === undefined || event.number !== number) {
    return undefined;
  }
  const after = history.reduce<Contribution | undefined>((before, one) => applyContribution(before, one), undefined);
  const now = (await store.contribution(subjectId))?.contribution;
  if (after === undefined) {
    return undefined;
  }
  const { collective, contributor } = after;
  return {
    topic,
    actorId: event.actor.userId,
    audiences: noticeRules[topic].audiences,
    accountAt: (place) =>
      ({ host: collective.hostId, collective: collective.accountId, giver: contributor.accountId })[
        place as 'host' | 'collective' | 'giver'
      ] ?? null,
    hostAt: (place) => (place === 'giver' ? null : collective.hostId),
    facts: contributionFacts(topic, after, { data: event.data, capacity: event.actor.capacity }),
    isOvertaken: now === undefined || now.version !== number,
    givers: null,
  };
}

async function holdNews(
  { store }: NotificationDependencies,
  { subjectId, number }: EventMessage,
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
    actorId: event.actor.userId,
    audiences: noticeRules[topic].audiences,
    accountAt: (place) =>
      place === 'host' ? after.hostId : place === 'collective' && !isOnHost ? after.accountId : null,
    hostAt: () => after.hostId,
    facts: holdFacts(topic, after, {
      payee: { name: account?.name ?? '', host: host?.name ?? null },
      capacity: event.actor.capacity,
      stillHeldBy: topic === 'resumed' ? await stillHeldBy(store, after) : [],
    }),
    isOvertaken: now === undefined || now.status !== 'active',
    givers: giversOf(store, after),
  };
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

/** Those whose contributions a hold covers. */
async function* giversOf(store: NotificationDependencies['store'], hold: AccountHold): AsyncGenerator<Contribution> {
  if (hold.scope.kind === 'contributions') {
    for (const id of hold.scope.contributionIds) {
      const stored = await store.contribution(id);
      if (stored !== undefined) {
        yield stored.contribution;
      }
    }
    return;
  }
  const scope =
    hold.hostId === hold.accountId
      ? ({ by: 'host', hostId: hold.accountId } as const)
      : ({ by: 'collective', accountId: hold.accountId } as const);
  let from: Parameters<typeof store.listContributions>[2];
  do {
    const page = await store.listContributions(scope, pageSize, from);
    yield* page.items.filter(({ status, interval }) => status === 'active' && interval !== 'once');
    from = page.next;
  } while (from !== undefined);
}
