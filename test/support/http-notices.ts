/** Tells people of what happened over HTTP, as the functions that do so would. */
import { contributionDependencies } from '../../functions/contribution-dependencies.ts';
import { tableOptions } from '../../functions/dependencies.ts';
import type { NotificationDependencies } from '../../shared/application/notification-ports.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { createNotificationStore } from '../../shared/persistence/notification-store.ts';
import { createWebhookStore } from '../../shared/persistence/webhook-store.ts';

/** All news of a payment intent so far; once the functions have their table. */
export async function tellOfIntent(intentId: string): Promise<void> {
  const { store, ...others } = contributionDependencies();
  const deps: NotificationDependencies = {
    ...others,
    store: { ...store, ...createNotificationStore(tableOptions()), ...createWebhookStore(tableOptions()) },
    queue: { send: async () => [] },
    webhookQueue: { send: async () => [] },
    mailer: null,
    linksTo: () => ({ subject: 'https://app.example/it', settings: 'https://app.example/settings' }),
    unsubscribeAt: async () => 'https://app.example/unsubscribe',
    render: () => ({ subject: '', text: '', html: '' }),
  };
  for (const { id: eventId, number, at } of await store.intentEvents(intentId)) {
    await deliver(deps, { schemaVersion: 1, subjectId: intentId, number, eventId, at });
  }
}
