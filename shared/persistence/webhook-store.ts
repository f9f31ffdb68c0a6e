/** Where hosts want to be told by webhook, and what became of each (`docs/access-patterns.md`). */
import { PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { WebhookStore } from '../application/webhook-ports.ts';
import { indexKeys, keys, last } from './keys.ts';
import type { StoreOptions } from './store.ts';
import { createTableReader } from './table-reader.ts';
import {
  attemptOperations,
  deliveryFromItem,
  deliveryItem,
  endpointFromItem,
  sweepKey,
  webhookEventFromItem,
} from './webhook-items.ts';

const nobodyHasIt = '(attribute_not_exists(claimedUntil) OR claimedUntil < :now)';

export function createWebhookStore({ client, tableName }: StoreOptions): WebhookStore {
  const { get, query, slice, byPrefix } = createTableReader(client, tableName);

  return {
    async webhookEndpoint(hostId, id) {
      const item = await get(keys.webhookEndpoint(hostId, id));
      return item && endpointFromItem(item);
    },
    listWebhookEndpoints: (hostId, limit, from) =>
      slice(byPrefix(keys.webhookEndpoint(hostId, '').PK, keys.webhookEndpointPrefix), limit, from, endpointFromItem),
    async webhookEvent(endpointId, number) {
      const item = await get(keys.webhookEvent(endpointId, number));
      return item && webhookEventFromItem(item);
    },

    async webhookDelivery(endpointId, eventId) {
      const item = await get(keys.webhookDelivery(endpointId, eventId));
      return item && deliveryFromItem(item);
    },
    listWebhookDeliveries: (endpointId, limit, from) =>
      slice(
        {
          ...byPrefix(keys.webhookDelivery(endpointId, '').PK, keys.webhookDeliveryPrefix),
          ScanIndexForward: false,
        },
        limit,
        from,
        deliveryFromItem,
      ),
    putDelivery: (delivery) =>
      isDone(
        client.send(
          new PutCommand({
            TableName: tableName,
            Item: deliveryItem(delivery),
            ConditionExpression: 'attribute_not_exists(PK)',
          }),
        ),
      ),
    claimDelivery: ({ delivery, version }, now, until) =>
      isDone(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: keys.webhookDelivery(delivery.endpointId, delivery.eventId),
            UpdateExpression: 'SET claimedUntil = :until',
            ConditionExpression: `#version = :version AND ${nobodyHasIt}`,
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: { ':until': until, ':version': version, ':now': now },
          }),
        ),
      ),
    recordAttempt: (write) =>
      isDone(
        client.send(
          new TransactWriteCommand({ TransactItems: attemptOperations(tableName, write).map(({ item }) => item) }),
        ),
      ),

    async dueDeliveries(shard, now, limit) {
      const page = await query({
        IndexName: 'GSI6',
        KeyConditionExpression: 'GSI6PK = :shard AND GSI6SK <= :now',
        ExpressionAttributeValues: { ':shard': indexKeys.dueDeliveries(shard), ':now': `${now}${last}` },
        Limit: limit,
      });
      const found = await Promise.all(
        (page.Items ?? []).map((item) => get({ PK: item['PK'] as string, SK: item['SK'] as string })),
      );
      return found.flatMap((item) => (item === undefined ? [] : [deliveryFromItem(item)]));
    },
    postponeSweep: ({ delivery, version }, sweepAt) =>
      isDone(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: keys.webhookDelivery(delivery.endpointId, delivery.eventId),
            UpdateExpression: 'SET sweepAt = :sweepAt, GSI6SK = :key',
            ConditionExpression: '#version = :version AND attribute_exists(GSI6SK)',
            ExpressionAttributeNames: { '#version': 'version' },
            ExpressionAttributeValues: {
              ':sweepAt': sweepAt,
              ':key': sweepKey(delivery, sweepAt),
              ':version': version,
            },
          }),
        ),
      ),
  };
}

/** A condition that does not hold is an answer; a transaction that met another one is worth another look, too. */
async function isDone(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (
      error instanceof Error &&
      ['ConditionalCheckFailedException', 'TransactionCanceledException', 'TransactionConflictException'].includes(
        error.name,
      )
    ) {
      return false;
    }
    throw error;
  }
}
