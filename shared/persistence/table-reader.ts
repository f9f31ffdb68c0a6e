/** Reading the table: single items, several at once, pages and whole histories; every store is built on these. */
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Position, Slice } from '../application/ports.ts';
import { type AnyEvent, eventFromItem, type Item } from './items.ts';
import { type Key, keys, type Subject } from './keys.ts';

export type TableReader = ReturnType<typeof createTableReader>;

export function createTableReader(client: DynamoDBDocumentClient, tableName: string) {
  const get = async (Key: Key): Promise<Item | undefined> => {
    const { Item: item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
    return item;
  };

  const query = async (input: Omit<QueryCommandInput, 'TableName'>) =>
    client.send(new QueryCommand({ TableName: tableName, ...input }));

  /** Pages until the end; for histories and books, which have to be whole. */
  async function* all(input: Omit<QueryCommandInput, 'TableName'>): AsyncGenerator<Item> {
    let from: Item | undefined;
    do {
      const page = await query({ ...input, ...(from === undefined ? {} : { ExclusiveStartKey: from }) });
      yield* page.Items ?? [];
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
  }

  const byPrefix = (partition: string, prefix: string): Omit<QueryCommandInput, 'TableName'> => ({
    KeyConditionExpression: 'PK = :partition AND begins_with(SK, :prefix)',
    ExpressionAttributeValues: { ':partition': partition, ':prefix': prefix },
    ConsistentRead: true,
  });

  const slice = async <Value>(
    input: Omit<QueryCommandInput, 'TableName'>,
    limit: number,
    from: Position | undefined,
    read: (item: Item) => Value,
  ): Promise<Slice<Value>> => {
    const page = await query({ ...input, Limit: limit, ...(from === undefined ? {} : { ExclusiveStartKey: from }) });
    return { items: (page.Items ?? []).map(read), next: page.LastEvaluatedKey };
  };

  async function batchGet(wanted: readonly Key[]): Promise<readonly Item[]> {
    const found: Item[] = [];
    for (let rest = [...wanted]; rest.length > 0; ) {
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [tableName]: { Keys: rest.slice(0, 100), ConsistentRead: true } } }),
      );
      found.push(...(Responses?.[tableName] ?? []));
      rest = [...((UnprocessedKeys?.[tableName]?.Keys ?? []) as Key[]), ...rest.slice(100)];
    }
    return found;
  }

  const history = async <Event extends AnyEvent>(subject: Subject, id: string): Promise<readonly Event[]> => {
    const events: Event[] = [];
    for await (const item of all(byPrefix(`${subject}#${id}`, keys.eventPrefix))) {
      events.push(eventFromItem<Event>(item, events.at(-1)?.hash ?? null));
    }
    return events;
  };

  return { get, batchGet, query, all, byPrefix, slice, history };
}
