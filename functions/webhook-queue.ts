/** The queue in front of the attempts at webhooks. */
import { SQSClient } from '@aws-sdk/client-sqs';
import type { WebhookQueue } from '../shared/application/webhook-ports.ts';
import { requireEnv } from './dependencies.ts';
import { type Sqs, sendAll } from './sqs-batches.ts';

type Entry = Parameters<WebhookQueue['send']>[0][number];

const entryOf = ({ message, delaySeconds }: Entry) => ({
  MessageBody: JSON.stringify(message),
  DelaySeconds: delaySeconds,
  // The queue is no FIFO queue: this tells it whose messages they are, so that it hands out those of quiet hosts first.
  MessageGroupId: message.hostId,
});

export function webhookQueue(sqs: Sqs = new SQSClient({})): WebhookQueue {
  const queueUrl = () => requireEnv('WEBHOOK_DELIVERIES_QUEUE_URL');
  return {
    async send(entries) {
      const left = await sendAll(sqs, { queueUrl, entryOf, code: 'WEBHOOKS_NOT_QUEUED' }, entries);
      return left.map(({ message }) => message);
    },
  };
}
