/** What those run on who tell people of what happened: the table, e-mail where it is set up, and the texts. */
import type { Mailer, NotificationDependencies, NotificationQueue } from '../shared/application/notification-ports.ts';
import { unsubscribeToken } from '../shared/application/unsubscribe.ts';
import { createNotificationStore } from '../shared/persistence/notification-store.ts';
import { createWebhookStore } from '../shared/persistence/webhook-store.ts';
import { contributionDependencies } from './contribution-dependencies.ts';
import { requireEnv, tableOptions, unsubscribeKey } from './dependencies.ts';
import { laterWebhookQueue } from './later-webhook-queue.ts';

let made: NotificationDependencies | undefined;

export function notificationDependencies(): NotificationDependencies {
  made ??= make();
  return made;
}

function make(): NotificationDependencies {
  const { store, ...others } = contributionDependencies();
  const from = requireEnv('MAIL_FROM');
  return {
    ...others,
    store: { ...store, ...createNotificationStore(tableOptions()), ...createWebhookStore(tableOptions()) },
    queue: laterQueue(),
    webhookQueue: laterWebhookQueue(),
    mailer: from === 'off' ? null : mailerFrom(from),
    linksTo: linksBelow(requireEnv('PUBLIC_URL')),
    unsubscribeAt: unsubscribeBelow(requireEnv('API_URL')),
    // The texts of all languages are large, and loaded when somebody is written to.
    render: async (facts, language, kind) => {
      const { renderDigest, renderEmail } = await import('../shared/messaging/texts/render.ts');
      return kind === 'daily' ? renderDigest(facts, language) : renderEmail(facts[0], language);
    },
  };
}

/** Few messages leave anything for another one: the client of SQS is loaded when one does. */
function laterQueue(): NotificationQueue {
  let queue: Promise<NotificationQueue> | undefined;
  return {
    async send(messages) {
      queue ??= import('./notification-queue.ts').then(({ notificationQueue }) => notificationQueue());
      return (await queue).send(messages);
    },
  };
}

/** The client of SES is large, and loaded when there is something to send. */
function mailerFrom(from: string): Mailer {
  let mailer: Promise<Mailer> | undefined;
  return {
    async send(email) {
      mailer ??= import('../shared/messaging/mail.ts').then(({ createMailer }) => createMailer({ from }));
      await (await mailer).send(email);
    },
  };
}

const folders: Readonly<Record<string, string>> = { pi: 'payment-intents', con: 'contributions', hold: 'holds' };

export const linksBelow =
  (publicUrl: string): NotificationDependencies['linksTo'] =>
  (subjectId, hostId) => ({
    subject: subjectId.startsWith('whe_')
      ? `${publicUrl}/hosts/${hostId}/webhook-endpoints/${subjectId}`
      : `${publicUrl}/${folders[subjectId.split('_')[0] ?? '']}/${subjectId}`,
    // Their own choice, which everybody may change; the host's is its admins'.
    settings: `${publicUrl}/me/notification-preferences`,
  });

/** At the API itself, wherever else e-mails lead to: mail programs send the request. */
export const unsubscribeBelow =
  (apiUrl: string, key: () => Promise<Uint8Array> = unsubscribeKey): NotificationDependencies['unsubscribeAt'] =>
  async (userId, kind) =>
    `${apiUrl}/unsubscribe/${unsubscribeToken(await key(), { userId, kind })}`;
