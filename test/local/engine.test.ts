import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { availableEngines, startEngine, type TestEngine } from '../support/engine.ts';

describe.each(availableEngines())('the test engine %s', (kind) => {
  let engine: TestEngine;
  let table: string;
  beforeAll(async () => {
    engine = await startEngine(kind);
    table = await engine.createTable();
  });
  afterAll(async () => engine.stop());

  test('keeps an item and answers it from the table and from a sparse index', async () => {
    const item = { PK: 'INTENT#1', SK: 'INTENT', GSI6PK: 'DUE#expiry#1', GSI6SK: '2026-01-01#1', amount: 1250 };
    await engine.client().send(new PutCommand({ TableName: table, Item: item }));
    await engine.client().send(new PutCommand({ TableName: table, Item: { PK: 'INTENT#2', SK: 'INTENT' } }));
    const got = await engine.client().send(new GetCommand({ TableName: table, Key: { PK: 'INTENT#1', SK: 'INTENT' } }));
    const due = await engine.client().send(
      new QueryCommand({
        TableName: table,
        IndexName: 'GSI6',
        KeyConditionExpression: 'GSI6PK = :shard',
        ExpressionAttributeValues: { ':shard': 'DUE#expiry#1' },
      }),
    );
    expect(got.Item).toEqual(item);
    expect(due.Items).toEqual([{ PK: 'INTENT#1', SK: 'INTENT', GSI6PK: 'DUE#expiry#1', GSI6SK: '2026-01-01#1' }]);
  });

  test('gives every caller a table of its own', async () => {
    const other = await engine.createTable({ stream: true });
    expect(other).not.toBe(table);
  });
});
