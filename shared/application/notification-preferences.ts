/** What a host wants its people to be told, and how (requirements N2). */
import { hostIdOf } from '../domain/account.ts';
import {
  type NotificationPreferences,
  noticeRules,
  type PreferenceRule,
  preferencesAtFirst,
  switchesOffRequired,
  topics,
} from '../domain/notification.ts';
import type { FieldError } from '../domain/refusals.ts';
import { accept, refuse } from '../domain/result.ts';
import { decideSettings, settingsView } from './hosts.ts';
import type { Dependencies } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';

const preferencesView = ({
  notifications = preferencesAtFirst,
}: {
  readonly notifications?: NotificationPreferences;
}) => notifications;

export const getNotificationPreferences = (deps: Dependencies, userId: string, hostId: string): Outcome =>
  settingsView(deps, userId, hostId, preferencesView);

/** All of them at once: what is left out is as it was at first. */
export const putNotificationPreferences = (
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  preferences: NotificationPreferences,
): Outcome =>
  decideSettings(
    deps,
    meta,
    hostId,
    async (settings) => {
      const errors = await wrongRules(deps, hostId, preferences.rules);
      return errors.length > 0
        ? refuse({ code: 'validation-failed', errors })
        : accept({ ...settings, notifications: preferences });
    },
    preferencesView,
  );

const requiredTopics = topics.filter((topic) => noticeRules[topic].isRequired).join(', ');

/** A host speaks for itself, its collectives and their people; whom it does not know is refused like nobody at all. */
async function wrongRules(
  deps: Dependencies,
  hostId: string,
  rules: readonly PreferenceRule[],
): Promise<readonly FieldError[]> {
  const collectives = await those(
    rules.map(({ accountId }) => accountId),
    (id) => isHosted(deps, hostId, id),
  );
  const people = await those(
    rules.map(({ userId }) => userId),
    (id) => isOnTeam(deps, hostId, id),
  );
  return rules.flatMap((rule, index) => {
    const { accountId, userId } = rule;
    const wrong = (member: keyof PreferenceRule, detail: string) => ({ pointer: `/rules/${index}/${member}`, detail });
    return [
      ...(accountId === undefined || collectives.has(accountId)
        ? []
        : [wrong('accountId', 'Your host holds no such collective.')]),
      ...(userId === undefined || people.has(userId)
        ? []
        : [wrong('userId', 'Is nobody on the team of your host, or of a collective that it holds.')]),
      ...(switchesOffRequired(rule)
        ? [wrong('choice', `These cannot be off for everybody: ${requiredTopics}. Name the other topics one by one.`)]
        : []),
    ];
  });
}

/** Those of the ids of which it is true, each asked once. */
async function those(
  ids: readonly (string | undefined)[],
  isTrue: (id: string) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  const distinct = [...new Set(ids.filter((id) => id !== undefined))];
  const answers = await Promise.all(distinct.map(isTrue));
  return new Set(distinct.filter((_id, index) => answers[index]));
}

async function isHosted({ store }: Dependencies, hostId: string, accountId: string): Promise<boolean> {
  const account = await store.account(accountId);
  return account?.kind === 'collective' && hostIdOf(account) === hostId;
}

async function isOnTeam(deps: Dependencies, hostId: string, userId: string): Promise<boolean> {
  const accountIds = Object.keys(await deps.store.memberships(userId));
  if (accountIds.includes(hostId)) {
    return true;
  }
  return (await those(accountIds, (id) => isHosted(deps, hostId, id))).size > 0;
}
