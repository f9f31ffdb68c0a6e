/**
 * Tells people of what happened. The news of an event comes over a queue, perhaps twice and in any order; who is told is worked
 * out from what the event left behind and from who is on the teams now, and each is told of each event once.
 */
import pMap from 'p-map';
import {
  type Audience,
  choiceFor,
  type Language,
  type NotificationPreferences,
  noticeRules,
  personalAtFirst,
  preferencesAtFirst,
  withPersonal,
} from '../domain/notification.ts';
import { nextDigestAt } from './digests.ts';
import { type News, newsOf } from './news.ts';
import type { SharedFacts } from './notice-facts.ts';
import type { EventMessage, NoticeFacts, NotificationDependencies } from './notification-ports.ts';
import { minutesAfter } from './periods.ts';
import type { Position } from './ports.ts';
import { giversAmong, type Recipient, recipientsOf } from './recipients.ts';

/** @returns how many people were told by this call */
export async function deliver(deps: NotificationDependencies, message: EventMessage): Promise<number> {
  const news = await newsOf(deps, message);
  if (news === undefined || (message.laterOf !== undefined && news.isOvertaken)) {
    return 0;
  }
  if (message.givers !== undefined) {
    return tellGivers(deps, message, news, message.givers.from ?? undefined);
  }
  const { first, later } = await recipientsOf(deps, news);
  if (message.laterOf !== undefined) {
    return tellEach(
      deps,
      message,
      news,
      later.filter(({ hostId }) => hostId === message.laterOf),
    );
  }
  if (noticeRules[news.topic].asksToAct) {
    await remember(deps, message, later);
  }
  if (news.givers !== null && giversIn(news) !== undefined) {
    await goOn(deps, { ...message, givers: { from: null } });
  }
  return tellEach(deps, message, news, first);
}

const giversIn = ({ audiences }: News): Audience | undefined => audiences.find(({ place }) => place === 'givers');

/** One page, and a message for the next: whatever dies in between, the message comes again, and nobody is told twice. */
async function tellGivers(
  deps: NotificationDependencies,
  message: EventMessage,
  news: News,
  from: Position | undefined,
): Promise<number> {
  const audience = giversIn(news);
  const page = await news.givers?.(from);
  if (audience === undefined || page === undefined) {
    return 0;
  }
  if (page.next !== undefined) {
    await goOn(deps, { ...message, givers: { from: page.next } });
  }
  return tellEach(deps, message, news, await giversAmong(deps, page.items, audience));
}

async function goOn({ queue }: NotificationDependencies, message: EventMessage): Promise<void> {
  const [left] = await queue.send([message]);
  if (left !== undefined) {
    throw new Error('The queue did not take the news of who is still to be told.');
  }
}

/** At the same time, so that one who is slow to be told keeps few others waiting; e-mail has limits of its own. */
const toldAtOnce = 5;

/** Everybody who can be told is; the message comes again for those who could not. */
async function tellEach(
  deps: NotificationDependencies,
  message: EventMessage,
  news: News,
  recipients: readonly Recipient[],
): Promise<number> {
  const others = recipients.filter(({ userId }) => userId !== news.actorId);
  const ofHost = preferencesOf(deps);
  const personal = await deps.store.personalPreferences(others.map(({ userId }) => userId));
  const results = await pMap(
    others,
    async (recipient) => {
      const { userId, hostId } = recipient;
      const own = personal.get(userId) ?? personalAtFirst;
      try {
        const preferences = withPersonal(await ofHost(hostId), own, userId);
        return await tell(deps, { message, news, preferences, language: own.language }, recipient);
      } catch (error) {
        // An address that no e-mail can be sent to keeps nobody else from being told.
        return error instanceof Error ? error : new Error('Something was thrown that is no error.');
      }
    },
    { concurrency: toldAtOnce },
  );
  const errors = results.filter((result) => result instanceof Error);
  if (errors.length > 0) {
    throw new AggregateError(errors, `${errors.length} of ${others.length} people could not be told.`);
  }
  return results.filter((isTold) => isTold === true).length;
}

/** Each host's others are told after that host's own delay. */
async function remember(
  deps: NotificationDependencies,
  message: EventMessage,
  later: readonly Recipient[],
): Promise<void> {
  const hostIds = new Set(later.flatMap(({ hostId }) => (hostId === null ? [] : [hostId])));
  const preferences = preferencesOf(deps);
  for (const hostId of hostIds) {
    const { laterAfterMinutes } = await preferences(hostId);
    await deps.store.putLater({ ...message, laterOf: hostId, dueAt: minutesAfter(message.at, laterAfterMinutes) });
  }
}

/** Longer than a function runs, shorter than the queue waits before it hands a message out again. */
const emailClaimMinutes = 5;

type Telling = {
  readonly message: EventMessage;
  readonly news: News;
  readonly preferences: NotificationPreferences;
  readonly language: Language;
};

/** @returns whether the person was told by this call, or the e-mail that was missing was sent */
async function tell(
  deps: NotificationDependencies,
  { message, news: { topic, facts }, preferences, language }: Telling,
  recipient: Recipient,
): Promise<boolean> {
  const { store, clock } = deps;
  const { eventId, subjectId } = message;
  const { userId, email: address, hostId, accountId, timeZone } = recipient;
  const choice = (channel: 'inbox' | 'email') => choiceFor(preferences, { topic, channel, accountId, userId });
  const email = deps.mailer === null || address === null ? 'off' : choice('email');
  if (choice('inbox') === 'off' && email === 'off') {
    return false;
  }
  const now = clock.now();
  const isNew = await store.tell(
    {
      userId,
      eventId,
      topic,
      subjectId,
      hostId,
      accountId,
      facts: factsFor(deps, message, facts, recipient),
      at: now,
      readAt: null,
      email: {
        state: ({ off: 'none', at_once: 'waiting', daily: 'daily' } as const)[email],
        address: email === 'off' ? null : address,
        language,
        attempts: [],
      },
    },
    email === 'daily' ? nextDigestAt(now, timeZone) : undefined,
  );
  // Also when it was told before: an e-mail may be missing still.
  return (email === 'at_once' && (await sendEmail(deps, userId, eventId))) || isNew;
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
  const { facts, topic, email } = notice;
  try {
    await mailer.send({
      messageId: `${eventId}.${userId}`,
      to: address,
      unsubscribe: noticeRules[topic].isRequired ? null : facts.links.settings,
      ...render([facts], email.language, 'one'),
    });
  } catch (error) {
    await store.emailFailed(userId, eventId, clock.now(), error instanceof Error ? error.name : 'Unknown');
    throw error;
  }
  await store.emailSent(userId, eventId, clock.now());
  return true;
}

/** Each host's are read once for a message, however many of its people are told. */
function preferencesOf({ store }: NotificationDependencies) {
  const read = new Map<string, Promise<NotificationPreferences>>();
  const ofHost = async (hostId: string) => (await store.account(hostId))?.settings?.notifications ?? preferencesAtFirst;
  return async (hostId: string | null): Promise<NotificationPreferences> => {
    if (hostId === null) {
      return preferencesAtFirst;
    }
    const known = read.get(hostId) ?? ofHost(hostId);
    read.set(hostId, known);
    return known;
  };
}
