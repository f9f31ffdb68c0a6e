/**
 * The events of a period that may be news to somebody. No index has them: they lie in the partitions of their subjects, and those
 * with postings in a statement besides. So the whole table is read, page by page and one at a time, and what is not wanted is
 * filtered out where it is: half a read unit for each four kilobytes of the table, some 130,000 for each gigabyte,
 * whatever the period. That is cents, and nothing beside what people read; it is for a day on which something went wrong.
 */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { EventNews, importedDetails } from '../functions/notification-message.ts';
import type { EventMessage } from '../shared/application/notification-ports.ts';
import { toldEventTypes, toldSubjectPrefixes } from '../shared/domain/notification.ts';
import type { StoreOptions } from '../shared/persistence/store.ts';

export type Period = { readonly since: string; readonly until: string | undefined };

export type PageOfNews = { readonly messages: readonly EventMessage[]; readonly readUnits: number };

/** As the relay reads them from the stream (`functions/stream/relay.ts`, `infra/constructs/telling.ts`). */
export async function* toldEvents({ client, tableName }: StoreOptions, period: Period): AsyncGenerator<PageOfNews> {
  const wanted = filterFor(period);
  let from: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({
        TableName: tableName,
        ...wanted,
        ReturnConsumedCapacity: 'TOTAL',
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    yield {
      messages: (page.Items ?? []).map((item) => EventNews.parse({ schemaVersion: 1, ...item })),
      readUnits: page.ConsumedCapacity?.CapacityUnits ?? 0,
    };
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
}

function filterFor({ since, until }: Period) {
  const types = toldEventTypes().map((type, index) => [`:type${index}`, type] as const);
  const prefixes = toldSubjectPrefixes.map((prefix, index) => [`:prefix${index}`, prefix] as const);
  const conditions = [
    'entity = :event',
    '#at >= :since',
    ...(until === undefined ? [] : ['#at <= :until']),
    `eventType IN (${types.map(([name]) => name).join(', ')})`,
    `(${prefixes.map(([name]) => `begins_with(subjectId, ${name})`).join(' OR ')})`,
    'NOT begins_with(details, :imported)',
  ];
  return {
    FilterExpression: conditions.join(' AND '),
    ProjectionExpression: 'subjectId, #number, eventId, #at',
    ExpressionAttributeNames: { '#at': 'at', '#number': 'number' },
    ExpressionAttributeValues: {
      ':event': 'EVENT',
      ':since': since,
      ...(until === undefined ? {} : { ':until': until }),
      ':imported': importedDetails,
      ...Object.fromEntries([...types, ...prefixes]),
    },
  };
}
