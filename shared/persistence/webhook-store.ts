/** Where hosts want to be told by webhook, and what became of each (`docs/access-patterns.md`). */
import { PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { WebhookStore } from '../application/webhook-ports.ts';
import { indexKeys, keys } from './keys.ts';
import { isDone } from './lost-races.ts';
import type { StoreOptions } from './store.ts';
import { createTableReader } from './table-reader.ts';
import {
  attemptOperations,
  deliveryFromItem,
  deliveryItem,
  endpointFromItem,
  sweepKey,
  webhookEventFromItem,
  webhookTestFromItem,
} from './webhook-items.ts';

const nobodyHasIt = '(attribute_not_exists(claimedUntil) OR claimedUntil < :now)';

export function createWebhookStore({ client, tableName }: StoreOptions): WebhookStore {
  const { get, due, inOrder, slice, byPrefix } = createTableReader(client, tableName);

  return {
    async webhookEndpoint(hostId, id) {
      const item = await get(keys.webhookEndpoint(hostId, id));
      return item && endpointFromItem(item);
    },
    listWebhookEndpoints: (hostId, limit, from) =>
      slice(byPrefix(keys.webhookEndpoint(hostId, '').PK, keys.webhookEndpointPrefix), limit, from, endpointFromItem),
    async webhookRegistrations(hostId) {
      const item = await get(keys.webhookRegistrations(hostId));
      return Number(item?.['version'] ?? 0);
    },
    async webhookEvent(endpointId, number) {
      const item = await get(keys.webhookEvent(endpointId, number));
      return item && webhookEventFromItem(item);
    },

    async webhookTest(endpointId) {
      const item = await get(keys.webhookTest(endpointId));
      return item && webhookTestFromItem(item);
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
        'conditionOrConflict',
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
        'conditionOrConflict',
      ),
    recordAttempt: (write) =>
      isDone(
        client.send(
          new TransactWriteCommand({ TransactItems: attemptOperations(tableName, write).map(({ item }) => item) }),
        ),
        'transaction',
      ),

    async dueDeliveries(shard, now, limit) {
      const { Items: found = [] } = await due(indexKeys.dueDeliveries(shard), now, limit);
      return (await inOrder(found)).map(deliveryFromItem);
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
        'conditionOrConflict',
      ),
  };
}
