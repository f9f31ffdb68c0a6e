/**
 * Tells people of what happened, one event per message. Who was told of what is in the table, so a message that comes twice tells
 * nobody twice; one that fails is kept while the others go on.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { deliverDigest } from '../../shared/application/digests.ts';
import type { NotificationDependencies } from '../../shared/application/notification-ports.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { log } from '../../shared/observability/logger.ts';
import { asError } from '../middleware/as-error.ts';
import { notificationDependencies } from '../notification-dependencies.ts';
import { NotificationMessage } from '../notification-message.ts';

export const deliverer =
  (dependencies: () => NotificationDependencies) =>
  async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
    const failures: SQSBatchResponse['batchItemFailures'] = [];
    // One after the other: those who tell the same person at the same time would be in each other's way.
    for (const record of records) {
      if (!(await isDelivered(dependencies, record))) {
        failures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures: failures };
  };

export const handler = deliverer(notificationDependencies);

/** @returns whether the message is done with; a message that nobody can read is kept until it is set aside. */
async function isDelivered(
  dependencies: () => NotificationDependencies,
  { body, messageId }: SQSRecord,
): Promise<boolean> {
  let eventId: string | undefined;
  try {
    const message = NotificationMessage.parse(JSON.parse(body));
    if ('digestOf' in message) {
      const told = await deliverDigest(dependencies(), message);
      log('DIGEST_DELIVERED', { userId: message.digestOf, told });
    } else {
      eventId = message.eventId;
      const told = await deliver(dependencies(), message);
      log('NEWS_DELIVERED', { eventId, told });
    }
    return true;
  } catch (error) {
    log('DELIVERY_FAILED', { messageId, eventId, error: asError(error) });
    return false;
  }
}
