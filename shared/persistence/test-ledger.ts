/** The test processor's memory, in the one table: a record by its key, and a copy of it with its subject for the list. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { GetCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { TestLedger, TestRecord } from '../application/test-ledger.ts';
import type { Key } from './keys.ts';
import type { StoreOptions } from './store.ts';

/** Not among the others: nothing but the test processor knows of them. */
const testKeys = {
  record: (key: string): Key => ({ PK: `TESTPROCESSOR#${key}`, SK: 'RECORD' }),
  ofSubject: (subject: string, key: string): Key => ({ PK: `TESTPROCESSOR#SUBJECT#${subject}`, SK: `RECORD#${key}` }),
  recordPrefix: 'RECORD#',
} as const;

const attemptsMax = 5;

export function createTestLedger({ client, tableName }: StoreOptions): TestLedger {
  const get = async (key: string): Promise<TestRecord | undefined> => {
    const { Item: item } = await client.send(
      new GetCommand({ TableName: tableName, Key: testKeys.record(key), ConsistentRead: true }),
    );
    return item && recordFromItem(item);
  };

  return {
    get,

    async putIfAbsent(record): Promise<TestRecord> {
      const content = { entity: 'TEST_RECORD', schemaVersion: 1, ...record };
      const put = (key: Key) => ({
        Put: {
          TableName: tableName,
          Item: { ...key, ...content },
          ConditionExpression: 'attribute_not_exists(PK)',
        },
      });
      const transaction = new TransactWriteCommand({
        TransactItems: [put(testKeys.record(record.key)), put(testKeys.ofSubject(record.subject, record.key))],
      });
      for (let attempt = 1; ; attempt += 1) {
        try {
          await client.send(transaction);
          return record;
        } catch (error) {
          const isLost = error instanceof TransactionCanceledException;
          const there = isLost ? await get(record.key) : undefined;
          if (there !== undefined) {
            return there;
          }
          // Two at the same moment may both be canceled, with nothing there yet.
          if (!isLost || attempt === attemptsMax) {
            throw error;
          }
        }
      }
    },

    async list(subject): Promise<readonly TestRecord[]> {
      const found: TestRecord[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'PK = :partition AND begins_with(SK, :prefix)',
            ExpressionAttributeValues: {
              ':partition': testKeys.ofSubject(subject, '').PK,
              ':prefix': testKeys.recordPrefix,
            },
            ConsistentRead: true,
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
        );
        found.push(...(page.Items ?? []).map(recordFromItem));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return found;
    },
  };
}

function recordFromItem(item: Record<string, unknown>): TestRecord {
  const { PK: _PK, SK: _SK, entity: _entity, schemaVersion: _version, ...record } = item;
  return record as TestRecord;
}
