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
import { type Key, keys, last, type Subject } from './keys.ts';

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

  /** The oldest of a partition of the due index whose time has come; what is read there may be a moment old. */
  const due = (
    partition: string,
    now: string,
    limit: number,
    more: Pick<QueryCommandInput, 'FilterExpression' | 'ExpressionAttributeValues' | 'ExclusiveStartKey'> = {},
  ) =>
    query({
      ...more,
      IndexName: 'GSI6',
      KeyConditionExpression: 'GSI6PK = :partition AND GSI6SK <= :now',
      ExpressionAttributeValues: {
        ...more.ExpressionAttributeValues,
        ':partition': partition,
        ':now': `${now}${last}`,
      },
      Limit: limit,
    });

  /** What an index of keys found, as it is now and in that order; what is gone meanwhile is left out. */
  const inOrder = async (found: readonly Item[]): Promise<readonly Item[]> => {
    const items = await batchGet(found.map((item) => ({ PK: item['PK'] as string, SK: item['SK'] as string })));
    const nameOf = (item: Item): string => `${item['PK']} ${item['SK']}`;
    const byName = new Map(items.map((item) => [nameOf(item), item]));
    return found.flatMap((item): readonly Item[] => {
      const whole = byName.get(nameOf(item));
      return whole === undefined ? [] : [whole];
    });
  };

  const history = async <Event extends AnyEvent>(subject: Subject, id: string): Promise<readonly Event[]> => {
    const events: Event[] = [];
    for await (const item of all(byPrefix(`${subject}#${id}`, keys.eventPrefix))) {
      events.push(eventFromItem<Event>(item, events.at(-1)?.hash ?? null));
    }
    return events;
  };

  return { get, batchGet, query, all, byPrefix, slice, due, inOrder, history };
}
