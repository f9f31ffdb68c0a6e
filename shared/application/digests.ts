/**
 * The e-mail of the day, for those who want no single ones: what is to be in it is collected in one item of that person, and goes
 * out in the morning. Whatever dies on the way, nothing is left out and nothing is in two of them.
 */
import { choiceFor, noticeRules } from '../domain/notification.ts';
import { isStillAuthor } from './news.ts';
import type { Digest, DigestMessage, Notice, NotificationDependencies } from './notification-ports.ts';
import { dayBegins, dayOf, minutesAfter } from './periods.ts';
import { personalOf, preferencesOf } from './preferences-of.ts';

/** When people begin to work, in the time zone of the host that they are told by. */
const hour = 8;

/** @returns the next morning after an instant, in a time zone; ISO 8601 UTC */
export function nextDigestAt(now: string, timeZone: string): string {
  const today = dayOf(now, timeZone);
  const morning = (day: string): string => minutesAfter(dayBegins(day, timeZone), hour * 60);
  if (morning(today) > now) {
    return morning(today);
  }
  // The day after begins within a day and two hours of any moment of this one, also when a clock is put back in between.
  return morning(dayOf(minutesAfter(dayBegins(today, timeZone), 26 * 60), timeZone));
}

/** One e-mail names no more, each by itself; what is over is in another one right after it. */
export const digestMax = 50;

/** As with single e-mails: longer than a function runs, shorter than the queue waits before it hands a message out again. */
const claimMinutes = 5;

/** @returns how many notices were sent by this call */
export async function deliverDigest(
  deps: NotificationDependencies,
  { digestOf: userId, dueAt }: DigestMessage,
): Promise<number> {
  const { store, clock, mailer } = deps;
  const whole = await store.digest(userId);
  // A message that comes late, or twice, is about one that was sent: what has come since waits for its own morning.
  if (whole?.dueAt !== dueAt || mailer === null) {
    return 0;
  }
  const digest = { ...whole, eventIds: whole.eventIds.slice(0, digestMax) };
  const now = clock.now();
  if (!(await store.claimDigest(userId, now, minutesAfter(now, claimMinutes)))) {
    // Whoever has it may have died over it, so the message has to come again.
    throw new Error('Somebody else is sending this e-mail of the day, or was.');
  }
  const [notices, reader] = await Promise.all([store.dailyNotices(userId, digest.eventIds), readerOf(deps, userId)]);
  const theirs = await Promise.all(notices.map((notice) => isStillTheirs(deps, notice, reader)));
  const [first, ...others] = notices.filter((_, index) => theirs[index]);
  const isLeft = first === undefined || !(await isSent(deps, { whole, reader }, [first, ...others]));
  const sentIds = isLeft ? [] : [first, ...others].map(({ eventId }) => eventId);
  const hasMore = whole.eventIds.length > digestMax;
  await store.digestSent(
    digest,
    { sent: sentIds, dropped: digest.eventIds.filter((eventId) => !sentIds.includes(eventId)) },
    clock.now(),
    hasMore ? now : nextDigestAt(now, first?.facts.timeZone ?? 'UTC'),
  );
  return sentIds.length;
}

/** A few days of tries, five each hour: an address that nothing can be sent to does not collect for ever. */
const failuresMax = 400;

/**
 * @returns false when it could not be sent for so long that it is given up: people have their inbox
 * @throws what went wrong, so that the message comes again
 */
async function isSent(
  { store, mailer, render, unsubscribeAt }: NotificationDependencies,
  { whole: { userId, dueAt }, reader }: { readonly whole: Digest; readonly reader: Reader },
  [first, ...others]: readonly [Notice, ...Notice[]],
): Promise<boolean> {
  const { language, address } = reader;
  const isRequired = [first, ...others].some(({ topic }) => noticeRules[topic].isRequired);
  try {
    const texts = await render([first.facts, ...others.map(({ facts }) => facts)], language, 'daily');
    await mailer?.send({
      messageId: `digest.${userId}.${dueAt}`,
      to: address ?? '',
      unsubscribe: isRequired ? null : await unsubscribeAt(userId, 'daily'),
      ...texts,
    });
    return true;
  } catch (error) {
    if ((await store.digestFailed(userId)) < failuresMax) {
      throw error;
    }
    return false;
  }
}

type Reader = Awaited<ReturnType<typeof readerOf>>;

/** As they are in the morning, whatever they were when they were told. */
async function readerOf(deps: NotificationDependencies, userId: string) {
  const [memberships, account, personal] = await Promise.all([
    deps.store.memberships(userId),
    deps.store.account(userId),
    personalOf(deps, preferencesOf(deps), [userId]),
  ]);
  return { userId, memberships, address: account?.email ?? null, ...personal(userId) };
}

/**
 * Whoever lost the role between the event and the morning is not told, nor who wants no e-mail any more; what is somebody's own
 * stays theirs. One of those as what they were told is enough.
 */
async function isStillTheirs(
  { store }: NotificationDependencies,
  { topic, subjectId, as }: Notice,
  { userId, memberships, address, withHost }: Reader,
): Promise<boolean> {
  if (address === null) {
    return false;
  }
  const isAuthor = async (): Promise<boolean> => {
    const intent = (await store.intent(subjectId))?.intent;
    return intent !== undefined && isStillAuthor(store, intent);
  };
  for (const { place, accountId, roles, hostId, collectiveId } of as) {
    const held = memberships[accountId] ?? [];
    const isHeld =
      accountId === userId || held.some((role) => roles.includes(role)) || (roles.length === 0 && held.length > 0);
    const choice = choiceFor(await withHost(hostId), { topic, channel: 'email', accountId: collectiveId, userId });
    if (choice !== 'off' && (place === 'author' ? await isAuthor() : isHeld)) {
      return true;
    }
  }
  return false;
}
