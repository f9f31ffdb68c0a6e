/** The queue in front of those who tell people. */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { NotificationQueue, QueueMessage } from '../shared/application/notification-ports.ts';
import { log } from '../shared/observability/logger.ts';
import { requireEnv } from './dependencies.ts';
import { asError } from './middleware/as-error.ts';

/** SQS takes at most ten messages in a batch. */
const batchMax = 10;

export function notificationQueue(
  sqs: Pick<SQSClient, 'send'> = new SQSClient({}),
  queueUrl: () => string = () => requireEnv('HOST_NOTIFICATIONS_QUEUE_URL'),
): NotificationQueue {
  const notTaken = async <Message extends QueueMessage>(batch: readonly Message[]): Promise<readonly Message[]> => {
    try {
      const { Failed: failed = [] } = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl(),
          Entries: batch.map((message, index) => ({ Id: String(index), MessageBody: JSON.stringify(message) })),
        }),
      );
      const ids = new Set(failed.map(({ Id }) => Id));
      return batch.filter((_message, index) => ids.has(String(index)));
    } catch (error) {
      log('NOTIFICATIONS_NOT_QUEUED', { error: asError(error) });
      return batch;
    }
  };
  return {
    async send<Message extends QueueMessage>(messages: readonly Message[]) {
      const left: Message[] = [];
      for (let start = 0; start < messages.length; start += batchMax) {
        left.push(...(await notTaken(messages.slice(start, start + batchMax))));
      }
      return left;
    },
  };
}
