/** Counts the write units of what goes to the table, as AWS counts them, from the images of the items before and after. */
import { type DynamoDBDocumentClient, GetCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { type Cost, type Image, transactionalCost, writeCost } from './write-capacity.ts';

type Command = { readonly input: unknown; readonly constructor: { readonly name: string } };
type Key = Record<string, unknown>;
type One = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export type Counted = { readonly roundTrips: number; readonly items: readonly Cost[] };

const targetOf = ({ Put, Update, Delete, ConditionCheck }: One): { readonly table: string; readonly key: Key } => {
  const keyed = Update ?? Delete ?? ConditionCheck;
  return {
    table: (Put ?? keyed)?.TableName ?? '',
    key: Put === undefined ? (keyed?.Key ?? {}) : { PK: Put.Item?.['PK'], SK: Put.Item?.['SK'] },
  };
};

/** What a command writes, and whether in a transaction, which AWS counts twice; nothing for one that reads. */
function writesOf({ input, constructor: { name } }: Command): {
  readonly isTwice: boolean;
  readonly items: readonly One[];
} {
  switch (name) {
    case 'TransactWriteCommand':
      return { isTwice: true, items: (input as TransactWriteCommandInput).TransactItems ?? [] };
    case 'PutCommand':
      return { isTwice: false, items: [{ Put: input } as One] };
    case 'UpdateCommand':
      return { isTwice: false, items: [{ Update: input } as One] };
    case 'DeleteCommand':
      return { isTwice: false, items: [{ Delete: input } as One] };
    default:
      return { isTwice: false, items: [] };
  }
}

/**
 * From now on, everything that goes through the client is counted; it reads each item before and after, so that nothing is to be
 * timed meanwhile. What is written by several at the same time has no images of its own.
 */
export function counting(client: DynamoDBDocumentClient): { taken(): Counted; end(): void } {
  const plain = client.send;
  const send = plain.bind(client) as unknown as (command: Command) => Promise<unknown>;
  let roundTrips = 0;
  let items: Cost[] = [];
  const imageOf = async ({
    table: TableName,
    key: Key,
  }: {
    readonly table: string;
    readonly key: Key;
  }): Promise<Image> => ((await send(new GetCommand({ TableName, Key }))) as { Item?: Image }).Item;
  const counted = async (command: Command): Promise<unknown> => {
    roundTrips += 1;
    const { isTwice, items: written } = writesOf(command);
    const targets = written.map(targetOf);
    const before = await Promise.all(targets.map(imageOf));
    const answer = await send(command);
    const after = await Promise.all(targets.map(imageOf));
    const costOf = isTwice ? transactionalCost : writeCost;
    items.push(...before.map((image, index) => costOf(image, after[index])));
    return answer;
  };
  Object.assign(client, { send: counted });
  return {
    taken: () => {
      const all = { roundTrips, items };
      roundTrips = 0;
      items = [];
      return all;
    },
    end: () => {
      Object.assign(client, { send: plain });
    },
  };
}

export const unitsOf = (items: readonly Cost[]): number =>
  items.reduce((sum, { table, indexes }) => sum + table + indexes, 0);
