/**
 * Attempts webhooks, one per message. What became of each is in the table, so a message that comes twice sends nothing twice; a
 * receiver that fails is an outcome, and only what is wrong here keeps a message.
 */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { makeAttempt } from '../../shared/application/webhook-attempts.ts';
import type { DeliveryDependencies, WebhookMessage as Message } from '../../shared/application/webhook-ports.ts';
import { log } from '../../shared/observability/logger.ts';
import { createWebhookStore } from '../../shared/persistence/webhook-store.ts';
import { dependencies, tableOptions } from '../dependencies.ts';
import { asError } from '../middleware/as-error.ts';
import { WebhookMessage } from '../webhook-message.ts';
import { attemptOver, network } from '../webhook-network.ts';
import { webhookQueue } from '../webhook-queue.ts';

let made: DeliveryDependencies | undefined;

function make(): DeliveryDependencies {
  const { clock, ids } = dependencies();
  made ??= {
    clock,
    ids,
    store: createWebhookStore(tableOptions()),
    queue: webhookQueue(),
    attempt: attemptOver(network()),
  };
  return made;
}

/** All at the same time: a receiver that is slow keeps no other waiting, and each attempt ends by itself. */
export const webhookDeliverer =
  (deps: () => DeliveryDependencies) =>
  async ({ Records: records }: SQSEvent): Promise<SQSBatchResponse> => {
    const results = await Promise.all(
      records.map(async (record) => ({ record, isDone: await isAttempted(deps, record) })),
    );
    return {
      batchItemFailures: results
        .filter(({ isDone }) => !isDone)
        .map(({ record: { messageId } }) => ({ itemIdentifier: messageId })),
    };
  };

export const handler = webhookDeliverer(make);

/** @returns whether the message is done with; one that nobody can read is kept until it is set aside */
async function isAttempted(deps: () => DeliveryDependencies, { body, messageId }: SQSRecord): Promise<boolean> {
  let message: Message | undefined;
  try {
    message = WebhookMessage.parse(JSON.parse(body));
    const outcome = await makeAttempt(deps(), message);
    log('WEBHOOK_ATTEMPTED', { endpointId: message.endpointId, deliveryId: message.deliveryId, outcome });
    return true;
  } catch (error) {
    const { endpointId, deliveryId } = message ?? {};
    log('WEBHOOK_FAILED', { messageId, endpointId, deliveryId, error: asError(error) });
    return false;
  }
}
