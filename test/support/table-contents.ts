import { inspect } from 'node:util';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';

/** Everything in a table as text, by key, for comparing two tables or one table before and after. */
export async function tableContents(
  client: DynamoDBDocumentClient,
  tableName: string,
): Promise<Readonly<Record<string, string>>> {
  const items: [string, string][] = [];
  let from: Record<string, unknown> | undefined;
  do {
    const page = await client.send(
      new ScanCommand({ TableName: tableName, ConsistentRead: true, ...(from ? { ExclusiveStartKey: from } : {}) }),
    );
    for (const item of page.Items ?? []) {
      items.push([`${item.PK} ${item.SK}`, inspect(item, { depth: null, sorted: true, compact: true })]);
    }
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return Object.fromEntries(items);
}
