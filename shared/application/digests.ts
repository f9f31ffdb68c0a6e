/**
 * The e-mail of the day, for those who want no single ones: what is to be in it is collected in one item of that person, and goes
 * out in the morning. Whatever dies on the way, nothing is left out and nothing is in two of them.
 */
import { noticeRules } from '../domain/notification.ts';
import { isStillAuthor } from './news.ts';
import type { Digest, DigestMessage, Notice, NotificationDependencies } from './notification-ports.ts';
import { dayBegins, dayOf, minutesAfter } from './periods.ts';

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

/** One e-mail names no more; what is over is in another one right after it. */
export const digestMax = 100;

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
  const notices = await store.dailyNotices(userId, digest.eventIds);
  const memberships = await store.memberships(userId);
  const theirs = await Promise.all(notices.map((notice) => isStillTheirs(deps, notice, memberships)));
  const [first, ...others] = notices.filter((_, index) => theirs[index]);
  const sent = first === undefined ? [] : [first, ...others];
  const isGivenUp = first !== undefined && !(await isSent(deps, whole, [first, ...others]));
  const sentIds = isGivenUp ? [] : sent.map(({ eventId }) => eventId);
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
  { store, mailer, render }: NotificationDependencies,
  { userId, dueAt }: Digest,
  [first, ...others]: readonly [Notice, ...Notice[]],
): Promise<boolean> {
  const { language, address } = first.email;
  const isRequired = [first, ...others].some(({ topic }) => noticeRules[topic].isRequired);
  try {
    const texts = await render([first.facts, ...others.map(({ facts }) => facts)], language, 'daily');
    await mailer?.send({
      messageId: `digest.${userId}.${dueAt}`,
      to: address ?? '',
      unsubscribe: isRequired ? null : first.facts.links.settings,
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

/** Whoever was taken off a team between the event and the morning is not told; what is somebody's own stays theirs. */
async function isStillTheirs(
  { store }: NotificationDependencies,
  { hostId, accountId, subjectId, facts }: Notice,
  memberships: Readonly<Record<string, readonly string[]>>,
): Promise<boolean> {
  const { place } = facts.recipient;
  if (place === 'author') {
    const intent = (await store.intent(subjectId))?.intent;
    return intent !== undefined && (await isStillAuthor(store, intent));
  }
  const isOwn = place === 'giver' || place === 'givers';
  return isOwn || [hostId, accountId].some((id) => id !== null && memberships[id] !== undefined);
}
