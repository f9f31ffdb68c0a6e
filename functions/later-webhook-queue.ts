/** The same queue for functions that seldom send anything: the client of SQS is loaded when there is something to send. */
import type { WebhookQueue } from '../shared/application/webhook-ports.ts';

export function laterWebhookQueue(): WebhookQueue {
  let queue: Promise<WebhookQueue> | undefined;
  return {
    async send(messages) {
      if (messages.length === 0) {
        return [];
      }
      queue ??= import('./webhook-queue.ts').then(({ webhookQueue }) => webhookQueue());
      return (await queue).send(messages);
    },
  };
}
