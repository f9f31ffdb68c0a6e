import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type ChildServer, startChildServer } from './child-server.ts';

/** A DynamoDB endpoint: one that runs somewhere already, or the embedded program started for this run. */
export type TableEngine = {
  readonly endpoint: string;
  readonly description: string;
  readonly isEmbedded: boolean;
  stop(): Promise<void>;
};

export type TableEngineOptions = {
  /** Where the database is kept; without it, it lives in memory and ends with the run. */
  readonly databasePath?: string;
  readonly pidFile?: string;
  /** An endpoint to use instead of starting a program. */
  readonly endpoint?: string;
  readonly onUnexpectedExit?: (detail: string) => void;
};

/** DynamoDB engines check that a request carries credentials, not which. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' } as const;

export const answersListTables = async (endpoint: string): Promise<boolean> => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.ListTables',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20200101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      'x-amz-date': '20200101T000000Z',
    },
    body: '{}',
  });
  await response.arrayBuffer();
  return response.ok;
};

export const embeddedEnginePath = (): string | undefined => {
  try {
    const packageFile = createRequire(import.meta.url).resolve(
      `@dynoxide/${process.platform}-${process.arch}/package.json`,
    );
    const path = join(dirname(packageFile), 'dynoxide');
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
};

const whatToInstall = [
  'No table engine was found. On Linux with an x64 processor "npm install --include=optional" brings one, @dynoxide/linux-x64.',
  'Elsewhere set DYNAMODB_ENDPOINT to the address of a server that speaks DynamoDB. Amazon’s own runs wherever Java 17 does:',
  '"npm run fetch:dynamodb-local", and in .cache/dynamodb-local',
  '"java -Djava.library.path=./DynamoDBLocal_lib -jar DynamoDBLocal.jar -sharedDb -disableTelemetry -port 8000".',
].join(' ');

export const startEmbeddedEngine = async (options: TableEngineOptions = {}): Promise<ChildServer> => {
  const path = embeddedEnginePath();
  if (path === undefined) throw new Error(whatToInstall);
  const database = options.databasePath === undefined ? [] : ['--db-path', options.databasePath];
  return startChildServer({
    name: 'The table engine',
    command: path,
    arguments: (port) => ['serve', '--host', '127.0.0.1', '--port', String(port), ...database],
    // It works on one request at a time, behind one lock: more threads wait for that one, and for the memory allocator's.
    environment: { TOKIO_WORKER_THREADS: '1' },
    isReady: answersListTables,
    ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
    ...(options.onUnexpectedExit === undefined ? {} : { onUnexpectedExit: options.onUnexpectedExit }),
  });
};

export const startTableEngine = async (options: TableEngineOptions): Promise<TableEngine> => {
  if (options.endpoint !== undefined && options.endpoint !== '') {
    const { endpoint } = options;
    const reachable = await answersListTables(endpoint).catch(() => false);
    if (!reachable) throw new Error(`DYNAMODB_ENDPOINT is ${endpoint}, but nothing there answers as DynamoDB does.`);
    return { endpoint, description: `DYNAMODB_ENDPOINT ${endpoint}`, isEmbedded: false, stop: async () => {} };
  }
  const server = await startEmbeddedEngine(options);
  return { endpoint: server.endpoint, description: 'embedded engine', isEmbedded: true, stop: server.stop };
};
