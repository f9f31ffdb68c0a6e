/**
 * Tells people of what happened. The news of an event comes over a queue, perhaps twice and in any order; who is told is worked
 * out from what the event left behind and from who is on the teams now, and each is told of each event once.
 */

import type { Account, Membership } from '../domain/account.ts';
import { fold } from '../domain/apply.ts';
import { visibleToPayeeSide, visibleToPayerSide } from '../domain/authorisation.ts';
import { applyContribution, type Contribution } from '../domain/contribution.ts';
import { currentStep } from '../domain/decide.ts';
import { type AccountHold, applyHold } from '../domain/hold.ts';
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
  readonly facts: NoticeFacts;
  /** Whether something has happened to the subject since. */
  readonly isOvertaken: boolean;
  /** The contributions whose givers are told, where that is asked for. */
  readonly givers: AsyncIterable<Contribution> | null;
};

export type Recipient = {
  readonly userId: string;
  readonly email: string | null;
  readonly hostId: string | null;
  readonly accountId: string | null;
};

/** @returns how many people were told by this call */
export async function deliver(deps: NotificationDependencies, message: EventMessage): Promise<number> {
  const news = await newsOf(deps, message);
  if (news === undefined || (message.laterOf !== undefined && news.isOvertaken)) {
    return 0;
  }
  const { first, later } = await recipientsOf(deps, news);
  const now = message.laterOf === undefined ? first : later.filter(({ hostId }) => hostId === message.laterOf);
  let told = 0;
  for (const recipient of now.filter(({ userId }) => userId !== news.actorId)) {
    told += (await tell(deps, message, news, recipient)) ? 1 : 0;
  }
  if (message.laterOf === undefined && noticeRules[news.topic].asksToAct) {
    await remember(deps, message, later);
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

const emailClaimMinutes = 15;

/** @returns whether the person was told by this call, or the e-mail that was missing was sent */
async function tell(
  deps: NotificationDependencies,
  { eventId, subjectId }: EventMessage,
  { topic, facts }: News,
  { userId, email, hostId, accountId }: Recipient,
): Promise<boolean> {
  const { store, clock } = deps;
  const preferences = await preferencesOf(deps, hostId);
  const choice = (channel: 'inbox' | 'email') => choiceFor(preferences, { topic, channel, accountId, userId });
  const wantsEmail = email !== null && choice('email') === 'at_once';
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
    facts,
    at: now,
    readAt: null,
    email: { state: wantsEmail ? 'waiting' : 'none', address: wantsEmail ? email : null },
  });
  return (await sendEmail(deps, userId, eventId)) || isNew;
}

/** Sends what is waiting, whoever began it. A crash after sending and before it is written sends once more, under the same id. */
async function sendEmail(deps: NotificationDependencies, userId: string, eventId: string): Promise<boolean> {
  const { store, clock, mailer, render } = deps;
  const notice = await store.notice(userId, eventId);
  const address = notice?.email.address ?? null;
  const now = clock.now();
  if (
    notice?.email.state !== 'waiting' ||
    address === null ||
    !(await store.claimEmail(userId, eventId, now, minutesAfter(now, emailClaimMinutes)))
  ) {
    return false;
  }
  await mailer.send({ messageId: `${eventId}.${userId}`, to: address, ...render(notice.facts) });
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
    const each = new Map(some.flatMap((one) => one.people).map((person) => [person.userId, person]));
    return [...each.values()];
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
      givers.push(...(await membersOrSelf(deps, contribution.contributor.accountId, roles, null)));
    }
    return givers;
  }
  const accountId = news.accountAt(place);
  return accountId === null ? [] : membersOrSelf(deps, accountId, roles, news.hostAt(place));
}

async function membersOrSelf(
  { store }: NotificationDependencies,
  accountId: string,
  roles: Audience['roles'],
  hostId: string | null,
): Promise<readonly Recipient[]> {
  const account = await store.account(accountId);
  if (account === undefined) {
    return [];
  }
  if (account.kind === 'person') {
    return [{ userId: account.id, email: account.email, hostId, accountId: null }];
  }
  const { items } = await store.members(accountId, membersMax);
  return items.filter((member) => holdsOne(member, roles)).map((member) => asRecipient(member, account, hostId));
}

const holdsOne = (member: Membership, roles: Audience['roles']): boolean =>
  member.roles.some((role) => roles.includes(role));

const asRecipient = ({ userId, email }: Membership, account: Account, hostId: string | null): Recipient => ({
  userId,
  email,
  hostId,
  accountId: account.kind === 'collective' ? account.id : null,
});

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
    audiences:
      topic === 'approval_needed' ? reviewersOf(after, currentStep(after)) : noticeRules[topic].audiences,
    accountAt: (place) => accountOfIntent(after, place),
    hostAt: (place) => hostOfIntent(after, place),
    facts: intentFacts(topic, after, event.data),
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

function intentFacts(topic: Topic, intent: PaymentIntent, data: object): NoticeFacts {
  const { id, payer, payee, amount, purpose, tier, type, send, reason } = intent;
  const receipt = intent.receipts.at(-1);
  return {
    topic,
    subjectId: id,
    type,
    payer: payer.accountName,
    payerHost: payer.hostName,
    payee: payee.accountName,
    payeeHost: payee.hostName,
    amount,
    arrived: topic === 'money_received' ? (receipt?.amount ?? null) : null,
    purpose,
    tier,
    reference: send?.reference ?? null,
    reason: 'reason' in data && typeof data.reason === 'string' ? data.reason : reason,
  };
}

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
  const { collective, contributor, amount, tier } = after;
  return {
    topic,
    actorId: event.actor.userId,
    audiences: noticeRules[topic].audiences,
    accountAt: (place) =>
      ({ host: collective.hostId, collective: collective.accountId, giver: contributor.accountId })[
        place as 'host' | 'collective' | 'giver'
      ] ?? null,
    hostAt: (place) => (place === 'giver' ? null : collective.hostId),
    facts: {
      topic,
      subjectId,
      payer: contributor.accountName,
      payerHost: null,
      payee: collective.accountName,
      payeeHost: collective.hostName,
      amount,
      tier,
      interval: after.interval,
      reason: 'reason' in event.data ? event.data.reason : null,
      period: 'period' in event.data ? event.data.period : (after.charge?.period ?? null),
      retryAt: 'retryAt' in event.data ? event.data.retryAt : null,
    },
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
    facts: {
      topic,
      subjectId,
      payee: account?.name ?? null,
      payeeHost: host?.name ?? null,
      level: after.level,
      owner: after.owner,
      reason: after.reason,
      message: after.message,
      from: after.from,
      until: after.until,
      reminders: after.reminders,
    },
    isOvertaken: now === undefined || now.status !== 'active',
    givers: giversOf(store, after),
  };
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
