/** Endpoints and deliveries to table items and back, and the writes that a change of them means. */
import type {
  AttemptWrite,
  StoredDelivery,
  WebhookChanges,
  WebhookEvent,
  WebhookTest,
} from '../application/webhook-ports.ts';
import type { WebhookEndpoint } from '../domain/webhook-endpoint.ts';
import { type Item, plainFromItem, plainItem } from './items.ts';
import { dueShards, indexKeys, keys, shardOf } from './keys.ts';
import { expiryOf } from './retention.ts';
import type { MoreOperations, Operation } from './transaction.ts';

const doesNotExist = 'attribute_not_exists(PK)';
const isAtVersion = '#version = :version';
const isClaimed = 'claimedUntil = :claimedUntil';

const atVersion = (version: number) => ({
  ConditionExpression: isAtVersion,
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: { ':version': version },
});

export const endpointItem = (endpoint: WebhookEndpoint): Item =>
  plainItem('WEBHOOK_ENDPOINT', keys.webhookEndpoint(endpoint.hostId, endpoint.id), endpoint);

/** Those that were made before somebody was told of what is given up do not say when. */
export const endpointFromItem = (item: Item): WebhookEndpoint => ({
  givenUpToldAt: null,
  ...plainFromItem<Omit<WebhookEndpoint, 'givenUpToldAt'>>(item),
});

/** What conditions and the due index ask for is an attribute; the log of attempts is JSON text. */
export function deliveryItem({ delivery, hostId, news, version, sweepAt }: StoredDelivery): Item {
  const { round, attemptCount, attempts, ...attributes } = delivery;
  return {
    ...plainItem('WEBHOOK_DELIVERY', keys.webhookDelivery(delivery.endpointId, delivery.eventId), attributes),
    hostId,
    version,
    details: JSON.stringify({ round, attemptCount, attempts, news }),
    expiresAtSeconds: expiryOf(delivery.createdAt),
    ...(sweepAt === null
      ? {}
      : {
          GSI6PK: indexKeys.dueDeliveries(shardOf(`${delivery.endpointId}#${delivery.eventId}`, dueShards)),
          GSI6SK: sweepKey(delivery, sweepAt),
          sweepAt,
        }),
  };
}

/** Its place in the due index. */
export const sweepKey = ({ endpointId, eventId }: StoredDelivery['delivery'], sweepAt: string): string =>
  indexKeys.due(sweepAt, `${endpointId}#${eventId}`);

export function deliveryFromItem(item: Item): StoredDelivery {
  const {
    details,
    hostId,
    version,
    sweepAt,
    expiresAtSeconds: _expiry,
    claimedUntil: _claim,
    ...attributes
  } = plainFromItem<Record<string, unknown>>(item);
  const { news, ...more } = JSON.parse(String(details)) as Pick<StoredDelivery, 'news'>;
  return {
    delivery: { ...attributes, ...more } as StoredDelivery['delivery'],
    hostId: String(hostId),
    news,
    version: Number(version),
    sweepAt: sweepAt === undefined ? null : String(sweepAt),
  };
}

/** In the form of every event's item, so that the table's stream lets it through; forgotten like the deliveries. */
export const webhookEventItem = ({ id, endpointId, hostId, number, at, data }: WebhookEvent): Item => {
  const { type, ...details } = data;
  return {
    ...plainItem('EVENT', keys.webhookEvent(endpointId, number), {
      eventId: id,
      subjectId: endpointId,
      number,
      eventType: type,
      hostId,
      at,
    }),
    details: JSON.stringify(['clock', 'clock', details]),
    expiresAtSeconds: expiryOf(at),
  };
};

export function webhookEventFromItem(item: Item): WebhookEvent {
  const [, , details] = JSON.parse(String(item['details'])) as [string, string, object];
  return {
    id: item['eventId'],
    endpointId: item['subjectId'],
    hostId: item['hostId'],
    number: item['number'],
    at: item['at'],
    data: { type: item['eventType'], ...details },
  } as WebhookEvent;
}

/** Forgotten when it says nothing any more. */
const webhookTestItem = ({ endpointId, at, version }: WebhookTest): Item => ({
  ...plainItem('WEBHOOK_TEST', keys.webhookTest(endpointId), { endpointId, at, version }),
  expiresAtSeconds: Math.ceil(Date.parse(at) / 1000) + 86_400,
});

export const webhookTestFromItem = (item: Item): WebhookTest => {
  const { endpointId, at, version } = plainFromItem<WebhookTest>(item);
  return { endpointId, at, version };
};

/** The part of a transaction that is about webhooks. */
export function webhookOperations(tableName: string, changes: WebhookChanges): readonly Operation[] {
  const meaning = { kind: 'version' } as const;
  const put = (Item: Item, before: { readonly version: number } | null): Operation => ({
    meaning,
    item: {
      Put: {
        TableName: tableName,
        Item,
        ...(before === null ? { ConditionExpression: doesNotExist } : atVersion(before.version)),
      },
    },
  });
  const registered = ({ hostId, before }: NonNullable<WebhookChanges['registration']>): Operation =>
    put(
      plainItem('WEBHOOK_REGISTRATIONS', keys.webhookRegistrations(hostId), { version: before + 1 }),
      before === 0 ? null : { version: before },
    );
  const remove = ({ hostId, id, version }: WebhookEndpoint): Operation => ({
    meaning,
    item: { Delete: { TableName: tableName, Key: keys.webhookEndpoint(hostId, id), ...atVersion(version) } },
  });
  const { registration, test } = changes;
  return [
    ...(test === undefined
      ? []
      : [put(webhookTestItem(test), test.version === 1 ? null : { version: test.version - 1 })]),
    ...(registration === undefined ? [] : [registered(registration)]),
    ...(changes.endpoints ?? []).flatMap(({ before, after }) =>
      after === null ? (before === null ? [] : [remove(before)]) : [put(endpointItem(after), before)],
    ),
    ...(changes.deliveries ?? []).map(({ before, after }) => put(deliveryItem(after), before)),
  ];
}

/** For the store of a function that changes endpoints by hand, in one transaction with the answer that is remembered. */
export const withWebhooks: MoreOperations = (tableName, { webhooks = {} }) => webhookOperations(tableName, webhooks);

/** An attempt that somebody else has claimed meanwhile is not written: whoever has it now writes it. */
export function attemptOperations(
  tableName: string,
  { before, after, claimedUntil, endpoint, event }: AttemptWrite,
): readonly Operation[] {
  const condition = atVersion(before.version);
  return [
    {
      meaning: { kind: 'version' },
      item: {
        Put: {
          TableName: tableName,
          Item: deliveryItem(after),
          ...(claimedUntil === null
            ? condition
            : {
                ...condition,
                ConditionExpression: `${isAtVersion} AND ${isClaimed}`,
                ExpressionAttributeValues: { ...condition.ExpressionAttributeValues, ':claimedUntil': claimedUntil },
              }),
        },
      },
    },
    ...webhookOperations(tableName, { endpoints: endpoint === undefined ? [] : [endpoint] }),
    ...(event === undefined
      ? []
      : [
          {
            meaning: { kind: 'version' } as const,
            item: {
              Put: { TableName: tableName, Item: webhookEventItem(event), ConditionExpression: doesNotExist },
            },
          },
        ]),
  ];
}
