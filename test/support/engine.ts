import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { CreateTableCommand, type CreateTableCommandInput, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { startChildServer } from '../../local/child-server.ts';
import {
  answersListTables,
  embeddedEnginePath,
  localCredentials,
  startEmbeddedEngine,
} from '../../local/table-engine.ts';
import { createDocumentClient } from '../../shared/persistence/client.ts';
import { type IndexDefinition, tableDefinition } from '../../shared/persistence/table-definition.ts';
import { dynamodbLocalFolder, isDynamodbLocalFetched } from '../../tools/fetch-dynamodb-local.ts';

export type EngineKind = 'dynoxide' | 'dynamodb-local';

export type TestEngine = {
  readonly kind: EngineKind;
  readonly endpoint: string;
  /** One client for the whole engine; it is closed by `stop`. */
  client(): DynamoDBDocumentClient;
  /** A fresh table with every key, index and setting of the definition. */
  createTable(options?: TableOptions): Promise<string>;
  stop(): Promise<void>;
};

export type TableOptions = {
  /** Off by default: no store reads the stream, and the embedded engine slows down as its records pile up. */
  readonly stream?: boolean;
};

const hasJava = (): boolean => {
  try {
    execFileSync('java', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** The embedded engine always; Amazon's own when Java is there and `npm run fetch:dynamodb-local` has run. */
export const availableEngines = (): readonly EngineKind[] => [
  ...(embeddedEnginePath() === undefined ? [] : (['dynoxide'] as const)),
  ...(isDynamodbLocalFetched() && hasJava() ? (['dynamodb-local'] as const) : []),
];

/** Starts an empty database in memory. */
export const startEngine = async (kind: EngineKind = 'dynoxide'): Promise<TestEngine> => {
  const server = kind === 'dynoxide' ? await startEmbeddedEngine() : await startDynamodbLocal();
  const client = createDocumentClient({
    endpoint: server.endpoint,
    region: 'eu-central-1',
    credentials: localCredentials,
  });
  return {
    kind,
    endpoint: server.endpoint,
    client: () => client,
    createTable: async (options = {}) => {
      const name = `test-${randomUUID()}`;
      await client.send(new CreateTableCommand(tableInput(name, options)));
      await client.send(
        new UpdateTimeToLiveCommand({
          TableName: name,
          TimeToLiveSpecification: { Enabled: true, AttributeName: tableDefinition.timeToLiveAttribute },
        }),
      );
      return name;
    },
    stop: async () => {
      client.destroy();
      await server.stop();
    },
  };
};

const startDynamodbLocal = async () =>
  startChildServer({
    name: 'DynamoDB Local',
    command: 'java',
    arguments: (port) => [
      '-Djava.library.path=./DynamoDBLocal_lib',
      '-jar',
      'DynamoDBLocal.jar',
      '-inMemory',
      '-sharedDb',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    workingDirectory: dynamodbLocalFolder,
    isReady: answersListTables,
    startTimeoutMilliseconds: 30_000,
  });

const keySchema = (partitionKey: string, sortKey: string): CreateTableCommandInput['KeySchema'] => [
  { AttributeName: partitionKey, KeyType: 'HASH' },
  { AttributeName: sortKey, KeyType: 'RANGE' },
];

const tableInput = (name: string, { stream = false }: TableOptions): CreateTableCommandInput => {
  const indexes: readonly IndexDefinition[] = tableDefinition.indexes;
  const keys = [tableDefinition, ...indexes].flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]);
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...new Set(keys)].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keySchema(tableDefinition.partitionKey, tableDefinition.sortKey),
    GlobalSecondaryIndexes: indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index.partitionKey, index.sortKey),
      Projection: index.attributes
        ? { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.attributes] }
        : { ProjectionType: 'KEYS_ONLY' },
    })),
    ...(stream ? { StreamSpecification: { StreamEnabled: true, StreamViewType: tableDefinition.stream } } : {}),
  };
};
