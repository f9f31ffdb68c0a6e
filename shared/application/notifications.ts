/**
 * Tells people of what happened. The news of an event comes over a queue, perhaps twice and in any order; who is told is worked
 * out from what the event left behind and from who is on the teams now, and each is told of each event once.
 */
import pMap from 'p-map';
import pRetry from 'p-retry';
import {
  type Audience,
  type Channel,
  choiceFor,
  type DeliveryChoice,
  deliveries,
  isNamedFor,
  type Language,
  noticeRules,
  type Topic,
} from '../domain/notification.ts';
import { nextDigestAt } from './digests.ts';
import { isLongAgo, type News, newsOf } from './news.ts';
import type { SharedFacts } from './notice-facts.ts';
import type {
  EventMessage,
  Notice,
  NoticeFacts,
  NotificationDependencies,
  NotificationStore,
} from './notification-ports.ts';
import { minutesAfter } from './periods.ts';
import type { Position } from './ports.ts';
import { type PreferencesOf, personalOf, preferencesOf } from './preferences-of.ts';
import { asEach, giversAmong, peopleOfHost, type Recipient, recipientsOf } from './recipients.ts';
import { tellWebhooks } from './webhook-news.ts';

/** @returns how many people were told by this call */
export async function deliver(deps: NotificationDependencies, message: EventMessage): Promise<number> {
  const news = await newsOf(deps, message);
  if (news === undefined) {
    return 0;
  }
  if (message.givers !== undefined) {
    return tellGivers(deps, message, news, message.givers.from);
  }
  if (message.laterOf !== undefined) {
    return news.isOvertaken(message.laterOf)
      ? 0
      : tellEach(deps, message, news, await peopleOfHost(deps, news, message.laterOf));
  }
  // Neither do programs that cannot be told keep people from being told, nor people programs.
  const [programs] = await Promise.allSettled([tellWebhooks(deps, message, news)]);
  const told = await tellPeople(deps, message, news);
  if (programs.status === 'rejected') {
    throw programs.reason;
  }
  return told;
}

async function tellPeople(deps: NotificationDependencies, message: EventMessage, news: News): Promise<number> {
  const { first, later } = await recipientsOf(deps, news);
  const ofHost = preferencesOf(deps);
  if (noticeRules[news.topic].asksToAct) {
    await remember(deps, message, ofHost, hostsOf([...first, ...later]));
  }
  if (news.givers !== null && giversIn(news) !== undefined) {
    await handOn(deps, message, null);
  }
  const told = [...first, ...(await namedAmong(ofHost, news, later))];
  return tellEach(
    deps,
    message,
    news,
    isLongAgo(message, deps.clock.now()) ? told.filter((person) => isStillNews(person, message, news)) : told,
    ofHost,
  );
}

/** Those whom their host wants told with the first. */
async function namedAmong(
  ofHost: PreferencesOf,
  { topic }: News,
  later: readonly Recipient[],
): Promise<readonly Recipient[]> {
  const isNamed = await Promise.all(
    later.map(async (person) => {
      const named = asEach([person]).map(async ({ hostId, collectiveId, userId }) =>
        isNamedFor(await ofHost(hostId), { topic, accountId: collectiveId, userId }),
      );
      return (await Promise.all(named)).includes(true);
    }),
  );
  return later.filter((_, index) => isNamed[index]);
}

/** Of what comes days later: nobody is asked for what is done, or told of what was before their time. */
const isStillNews = (person: Recipient, { at }: EventMessage, { topic, isOvertaken }: News): boolean =>
  asEach([person]).some(({ hostId, since }) => (noticeRules[topic].asksToAct ? !isOvertaken(hostId) : since <= at));

const giversIn = ({ audiences }: News): Audience | undefined => audiences.find(({ place }) => place === 'givers');

/** One page, and a message for the next: whatever dies in between, the message comes again, and nobody is told twice. */
async function tellGivers(
  deps: NotificationDependencies,
  message: EventMessage,
  news: News,
  from: Position | null,
): Promise<number> {
  const audience = giversIn(news);
  const page = await news.givers?.(from ?? undefined);
  if (audience === undefined || page === undefined) {
    return 0;
  }
  if (page.next !== undefined) {
    await handOn(deps, message, page.next);
  }
  return tellEach(deps, message, news, await giversAmong(deps, page.items, audience));
}

/** Longer than the queue tries a message, and shorter than it takes somebody to tell again what was lost. */
const handedOnMinutes = 120;

/**
 * Leaves the page of givers that begins there to another message. It is written down, as this message may come again because of
 * somebody who cannot be told: if each time another message were left, and that left others, they would be more with every page.
 */
async function handOn(
  { store, queue, clock }: NotificationDependencies,
  message: EventMessage,
  from: Position | null,
): Promise<void> {
  if (await store.isHandedOn(message.eventId, from, clock.now())) {
    return;
  }
  const [left] = await queue.send([{ ...message, givers: { from } }]);
  if (left !== undefined) {
    throw new Error('The queue did not take the news of who is still to be told.');
  }
  await store.putHandedOn(message.eventId, from, minutesAfter(clock.now(), handedOnMinutes));
}

/** At the same time, so that one who is slow to be told keeps few others waiting; e-mail has limits of its own. */
const toldAtOnce = 5;

/** Everybody who can be told is; the message comes again for those who could not. */
async function tellEach(
  deps: NotificationDependencies,
  message: EventMessage,
  news: News,
  recipients: readonly Recipient[],
  ofHost: PreferencesOf = preferencesOf(deps),
): Promise<number> {
  const others = recipients.filter(({ userId }) => userId !== news.actorId);
  const personal = await personalOf(
    deps,
    ofHost,
    others.map(({ userId }) => userId),
  );
  const results = await pMap(
    others,
    async (recipient) => {
      const { language, withHost } = personal(recipient.userId);
      try {
        return await tell(deps, { message, news, language, ...(await wanting(news.topic, recipient, withHost)) });
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

const hostsOf = (people: readonly Recipient[]): readonly string[] => [
  ...new Set(asEach(people).flatMap(({ hostId }) => hostId ?? [])),
];

/**
 * Each host's others are told after that host's own delay; who they are is seen then, also where there is nobody else today.
 */
async function remember(
  { store }: NotificationDependencies,
  message: EventMessage,
  ofHost: PreferencesOf,
  hostIds: readonly string[],
): Promise<void> {
  for (const hostId of hostIds) {
    const { laterAfterMinutes } = await ofHost(hostId);
    await store.putLater({ ...message, laterOf: hostId, dueAt: minutesAfter(message.at, laterAfterMinutes) });
  }
}

/** Longer than a function runs, shorter than the queue waits before it hands a message out again. */
const emailClaimMinutes = 5;

type Wanted = {
  readonly recipient: Recipient;
  /** As what else they would be told. */
  readonly places: readonly Recipient[];
  readonly inbox: DeliveryChoice;
  readonly email: DeliveryChoice;
};

/**
 * Somebody on the teams of two hosts is told by each channel as the one of them wants that wants it most: what one switches off is
 * not switched off for the other. They are told as one of the team whose choice that is.
 */
async function wanting(topic: Topic, recipient: Recipient, withHost: PreferencesOf): Promise<Wanted> {
  const places = asEach([recipient]);
  const choices = await Promise.all(
    places.map(async (place) => {
      const { hostId, collectiveId: accountId, userId } = place;
      const preferences = await withHost(hostId);
      const by = (channel: (typeof toPeople)[number]) => choiceFor(preferences, { topic, channel, accountId, userId });
      return { place, inbox: by('inbox'), email: by('email') };
    }),
  );
  const email = strongest(choices.map((choice) => choice.email));
  const inbox = strongest(choices.map((choice) => choice.inbox));
  const whose = choices.find((choice) => (email === 'off' ? choice.inbox === inbox : choice.email === email));
  return { recipient: whose?.place ?? recipient, places, inbox, email };
}

const strongest = (choices: readonly DeliveryChoice[]): DeliveryChoice =>
  deliveries.find((choice) => choices.includes(choice)) ?? 'off';

/** Webhooks are told of by the host, and not by person. */
const toPeople = ['inbox', 'email'] as const satisfies readonly Channel[];

type Telling = Wanted & {
  readonly message: EventMessage;
  readonly news: News;
  readonly language: Language;
};

/** @returns whether the person was told by this call, or the e-mail that was missing was sent */
async function tell(
  deps: NotificationDependencies,
  { message, news: { topic, facts }, recipient, places, inbox, email: wanted, language }: Telling,
): Promise<boolean> {
  const { store, clock } = deps;
  const { eventId, subjectId } = message;
  const { userId, email: address, hostId, accountId, timeZone } = recipient;
  const isHidden = inbox === 'off';
  const email = deps.mailer === null || address === null ? 'off' : wanted;
  if (isHidden && email === 'off') {
    return sendMissing(deps, recipient, eventId);
  }
  const alsoHostIds = hostsOf(places).filter((id) => id !== hostId);
  const now = clock.now();
  const notice: Notice = {
    userId,
    eventId,
    topic,
    subjectId,
    hostId,
    accountId,
    ...(alsoHostIds.length === 0 ? {} : { alsoHostIds }),
    as: places.map(({ place, held, hostId: host, collectiveId }) => ({ place, ...held, hostId: host, collectiveId })),
    facts: factsFor(deps, message, facts, recipient),
    at: now,
    readAt: null,
    ...(isHidden ? { isHidden } : {}),
    email: {
      state: ({ off: 'none', at_once: 'waiting', daily: 'daily' } as const)[email],
      address: email === 'off' ? null : address,
      language,
      attempts: [],
    },
  };
  switch (email) {
    case 'off':
    case 'daily': {
      const digest = email === 'daily' ? [{ digestAt: nextDigestAt(now, timeZone) }] : [];
      // It was told before, and an e-mail may be missing still that was wanted at once then.
      return (await toldOnce(store, notice, ...digest)) || sendMissing(deps, recipient, eventId);
    }
    case 'at_once': {
      const isNew = await toldOnce(store, notice, { claimedUntil: minutesAfter(now, emailClaimMinutes) });
      if (!isNew) {
        return sendMissing(deps, recipient, eventId);
      }
      await sendEmail(deps, notice);
      return true;
    }
  }
}

function factsFor(
  { linksTo }: NotificationDependencies,
  { subjectId, at, laterOf }: EventMessage,
  facts: SharedFacts,
  { name, place, timeZone, hostId, own, contributionId }: Recipient,
): NoticeFacts {
  const personal = {
    recipient: { name, place },
    waitingSince: laterOf === undefined ? null : at,
    timeZone,
    links: linksTo(contributionId ?? subjectId, hostId),
  };
  switch (facts.about) {
    case 'hold':
      return { ...facts, ...personal, own };
    case 'intent':
      return facts.topic === 'accepted_short' && !place.startsWith('payee')
        ? // The payer is shown as having given the whole; who bears the difference is among those who receive (semantics §3).
          { ...facts, ...personal, bearer: null }
        : { ...facts, ...personal };
    default:
      return { ...facts, ...personal };
  }
}

/** Whoever is told of much at once is told of one thing after the other; the last of some twenty still gets its turn. */
const busyRetries = { retries: 12, minTimeout: 10, factor: 1.5, maxTimeout: 300, randomize: true };

class Busy extends Error {}

/** @returns false when the person was told of it before */
const toldOnce = (
  { tell: write }: Pick<NotificationStore, 'tell'>,
  ...given: Parameters<NotificationStore['tell']>
): Promise<boolean> =>
  pRetry(
    async () => {
      const outcome = await write(...given);
      if (outcome === 'busy') {
        throw new Busy('Others are telling the same person of other things all the time.');
      }
      return outcome === 'told';
    },
    { ...busyRetries, shouldRetry: ({ error }) => error instanceof Busy },
  );

/** Sends what is waiting although somebody was told before: whoever began it may have died over it. */
async function sendMissing(
  deps: NotificationDependencies,
  { userId, email: address }: Pick<Recipient, 'userId' | 'email'>,
  eventId: string,
): Promise<boolean> {
  const { store, clock } = deps;
  const notice = await store.notice(userId, eventId);
  const now = clock.now();
  if (notice?.email.state !== 'waiting') {
    return false;
  }
  if (!(await store.claimEmail(userId, eventId, now, minutesAfter(now, emailClaimMinutes)))) {
    // Whoever has the sending may have died over it, so the message has to come again.
    throw new Error('Somebody else is sending this e-mail, or was.');
  }
  // To where they are written to now: it may have failed because they are not there any more.
  await sendEmail(deps, { ...notice, email: { ...notice.email, address: address ?? notice.email.address } });
  return true;
}

/** By whoever has the claim. A crash after sending and before it is written sends once more, under the same id. */
async function sendEmail(
  { store, clock, mailer, render, unsubscribeAt }: NotificationDependencies,
  { userId, eventId, topic, facts, email: { address, language } }: Notice,
): Promise<void> {
  if (mailer === null || address === null) {
    return;
  }
  try {
    await mailer.send({
      messageId: `${eventId}.${userId}`,
      to: address,
      unsubscribe: noticeRules[topic].isRequired ? null : await unsubscribeAt(userId, topic),
      ...(await render([facts], language, 'one')),
    });
  } catch (error) {
    await store.emailFailed(userId, eventId, clock.now(), error instanceof Error ? error.name : 'Unknown');
    throw error;
  }
  await store.emailSent(userId, eventId, clock.now());
}
