/** What somebody was told, for that person alone: whoever asks is asked for nothing but their own. */
import { noticeRules, type PersonalPreferences, personalAtFirst } from '../domain/notification.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { execute, notFound } from './execute.ts';
import type { Notice, NotificationStore } from './notification-ports.ts';
import type { Dependencies, Position, Slice } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';

export type InboxStore = Pick<
  NotificationStore,
  | 'notice'
  | 'listNotices'
  | 'unread'
  | 'markRead'
  | 'personalPreferences'
  | 'putPersonalPreferences'
  | 'changePersonalPreferences'
>;
export type InboxDependencies = Dependencies & { readonly store: Dependencies['store'] & InboxStore };

export type NotificationView = ReturnType<typeof notificationView>;

/** The address that an e-mail went to may be an old one of theirs: it is not shown. */
export const notificationView = ({
  eventId,
  topic,
  subjectId,
  hostId,
  accountId,
  at,
  readAt,
  facts,
  email: { state, attempts },
}: Notice) => ({
  eventId,
  topic,
  asksToAct: noticeRules[topic].asksToAct,
  subjectId,
  hostId,
  accountId,
  at,
  readAt,
  email: { state, attempts },
  facts,
});

export type ListNotificationsInput = {
  /** Only what was told to the team of this host. */
  readonly host?: string | undefined;
  readonly limit: number;
  readonly position?: Position | undefined;
};

/** How many times one request reads on, looking for what was told as one of a host's people. */
const readsMax = 10;

/** The newest event first. With a host, a page may be short of what was asked for although there are more. */
export async function listNotifications(
  { store }: InboxDependencies,
  userId: string,
  { host, limit, position }: ListNotificationsInput,
): Promise<Result<Slice<NotificationView>, Refusal>> {
  const found: Notice[] = [];
  let next = position;
  for (let reads = 0; reads < readsMax; reads += 1) {
    // No more than there is room for, so that the next page begins right after the last one that was looked at.
    const page = await store.listNotices(userId, limit - found.length, next);
    found.push(...page.items.filter((notice) => host === undefined || isOfHost(notice, host)));
    next = page.next;
    if (next === undefined || found.length === limit) {
      break;
    }
  }
  return accept({ items: found.map(notificationView), next });
}

const isOfHost = ({ hostId, alsoHostIds = [] }: Notice, host: string): boolean =>
  hostId === host || alsoHostIds.includes(host);

export async function countUnread(
  { store, clock }: InboxDependencies,
  userId: string,
  { host }: Pick<ListNotificationsInput, 'host'>,
): Outcome {
  const unread = await store.unread(userId, clock.now(), host);
  return accept({ status: 200, body: { unread }, version: null, replayed: false });
}

/** How many times somebody who is told of other things at the same moment is tried again. */
const attemptsMax = 5;

/**
 * What was read stays read, since when it was first. Marking it changes nothing that anybody else sees and can be repeated, so
 * it is written by itself, before the answer is remembered.
 */
export const markNotificationRead = (deps: InboxDependencies, meta: RequestMeta, eventId: string): Outcome =>
  execute(deps, meta, {
    authorise: () => undefined,
    decide: async (_read, now) => {
      const { store } = deps;
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const notice = await store.notice(meta.userId, eventId);
        if (notice === undefined || notice.isHidden) {
          return refuse(notFound('notification'));
        }
        if (notice.readAt !== null) {
          const answer = { status: 200, body: notificationView(notice), version: null };
          return accept({ change: { intents: [] }, answer });
        }
        await store.markRead(notice, now);
      }
      return refuse({
        code: 'temporarily-unavailable',
        detail: 'You are being told of other things at this moment; nothing was changed. Try again.',
      });
    },
  });

export async function getOwnPreferences({ store }: InboxDependencies, userId: string): Outcome {
  const chosen = (await store.personalPreferences([userId])).get(userId) ?? personalAtFirst;
  return accept({ status: 200, body: chosen, version: null, replayed: false });
}

/** All of it at once, so that it can be repeated: it is written by itself, before the answer is remembered. */
export const putOwnPreferences = (
  deps: InboxDependencies,
  meta: RequestMeta,
  preferences: PersonalPreferences,
): Outcome =>
  execute(deps, meta, {
    authorise: () => undefined,
    decide: async () => {
      await deps.store.putPersonalPreferences(meta.userId, preferences);
      return accept({ change: { intents: [] }, answer: { status: 200, body: preferences, version: null } });
    },
  });
