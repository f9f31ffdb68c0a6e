/** Many contributions at once, put into the table as the store writes them, for tests of what finds them. */
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Contribution } from '../../shared/domain/contribution.ts';
import { contributionItem } from '../../shared/persistence/contribution-items.ts';
import type { StoreOptions } from '../../shared/persistence/store.ts';

const batchMax = 25;

/** Contributions like the given one, each with an id, a host and a time of its own. */
export async function putDueContributions(
  { client, tableName }: StoreOptions,
  like: Contribution,
  all: readonly { readonly id: string; readonly hostId: string; readonly dueAt: string }[],
): Promise<void> {
  const requests = all.map(({ id, hostId, dueAt }) => {
    const contribution = { ...like, id, nextAt: dueAt, collective: { ...like.collective, hostId } };
    return { PutRequest: { Item: contributionItem(contribution, 'hash') } };
  });
  for (let start = 0; start < requests.length; start += batchMax) {
    await client.send(
      new BatchWriteCommand({ RequestItems: { [tableName]: requests.slice(start, start + batchMax) } }),
    );
  }
}
