/** What hosts and people have chosen, as it is read to tell them of something. */
import {
  type NotificationPreferences,
  type PersonalPreferences,
  personalAtFirst,
  preferencesAtFirst,
  withPersonal,
} from '../domain/notification.ts';
import type { NotificationDependencies } from './notification-ports.ts';

export type PreferencesOf = (hostId: string | null) => Promise<NotificationPreferences>;

/** Each host's are read once, however many of its people are told. */
export function preferencesOf({ store }: NotificationDependencies): PreferencesOf {
  const read = new Map<string, Promise<NotificationPreferences>>();
  const ofHost = async (hostId: string) => (await store.account(hostId))?.settings?.notifications ?? preferencesAtFirst;
  return async (hostId) => {
    if (hostId === null) {
      return preferencesAtFirst;
    }
    const known = read.get(hostId) ?? ofHost(hostId);
    read.set(hostId, known);
    return known;
  };
}

/** What counts for each of some people: their host's choices, and their own before them. */
export async function personalOf(
  { store }: NotificationDependencies,
  ofHost: PreferencesOf,
  userIds: readonly string[],
): Promise<(userId: string) => PersonalPreferences & { readonly withHost: PreferencesOf }> {
  const personal = await store.personalPreferences(userIds);
  return (userId) => {
    const own = personal.get(userId) ?? personalAtFirst;
    return { ...own, withHost: async (hostId) => withPersonal(await ofHost(hostId), own, userId) };
  };
}
