/** What the function runs on that shows people what they were told: the same as the others, and the store of notices. */
import type { InboxDependencies } from '../shared/application/inbox.ts';
import { createNotificationStore } from '../shared/persistence/notification-store.ts';
import { dependencies, tableOptions } from './dependencies.ts';

let made: InboxDependencies | undefined;

export function inboxDependencies(): InboxDependencies {
  const { store, ...others } = dependencies();
  made ??= { ...others, store: { ...store, ...createNotificationStore(tableOptions()) } };
  return made;
}
