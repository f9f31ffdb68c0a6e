/** The queue in front of those who tell people. */
import { SQSClient } from '@aws-sdk/client-sqs';
import type { NotificationQueue, QueueMessage } from '../shared/application/notification-ports.ts';
import { requireEnv } from './dependencies.ts';
import { type Sqs, sendAll } from './sqs-batches.ts';

export function notificationQueue(
  sqs: Sqs = new SQSClient({}),
  queueUrl: () => string = () => requireEnv('HOST_NOTIFICATIONS_QUEUE_URL'),
): NotificationQueue {
  const entryOf = (message: QueueMessage) => ({ MessageBody: JSON.stringify(message) });
  return {
    send: (messages) => sendAll(sqs, { queueUrl, entryOf, code: 'NOTIFICATIONS_NOT_QUEUED' }, messages),
  };
}
