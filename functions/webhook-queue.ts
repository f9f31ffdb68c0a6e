/** The queue in front of the attempts at webhooks. */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { WebhookMessage, WebhookQueue } from '../shared/application/webhook-ports.ts';
import { log } from '../shared/observability/logger.ts';
import { requireEnv } from './dependencies.ts';
import { asError } from './middleware/as-error.ts';

/** SQS takes at most ten messages in a batch. */
const batchMax = 10;

type Entries = Parameters<WebhookQueue['send']>[0];

export function webhookQueue(sqs: Pick<SQSClient, 'send'> = new SQSClient({})): WebhookQueue {
  const notTaken = async (batch: Entries): Promise<readonly WebhookMessage[]> => {
    try {
      const { Failed: failed = [] } = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: requireEnv('WEBHOOK_DELIVERIES_QUEUE_URL'),
          Entries: batch.map(({ message, delaySeconds }, index) => ({
            Id: String(index),
            MessageBody: JSON.stringify(message),
            DelaySeconds: delaySeconds,
          })),
        }),
      );
      const ids = new Set(failed.map(({ Id }) => Id));
      return batch.filter((_entry, index) => ids.has(String(index))).map(({ message }) => message);
    } catch (error) {
      log('WEBHOOKS_NOT_QUEUED', { error: asError(error) });
      return batch.map(({ message }) => message);
    }
  };
  return {
    async send(messages) {
      const left: WebhookMessage[] = [];
      for (let start = 0; start < messages.length; start += batchMax) {
        left.push(...(await notTaken(messages.slice(start, start + batchMax))));
      }
      return left;
    },
  };
}
