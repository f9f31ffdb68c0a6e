/** Finds the table that a command works on: the one the environment names, or that of the local runtime that is running. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answersListTables, localCredentials } from '../local/table-engine.ts';
import type { Store } from '../shared/application/ports.ts';
import { createDocumentClient } from '../shared/persistence/client.ts';
import { createStore, type StoreOptions } from '../shared/persistence/store.ts';

export type TableConnection = StoreOptions & { readonly store: Store; close(): void };

/** What people did wrong, or forgot: shown without a stack trace. */
export class UsageError extends Error {}

/** Without endpoints it is where the SDK's own settings say. */
export type Place = {
  readonly tableName: string;
  readonly endpoint: string | undefined;
  readonly queueEndpoint: string | undefined;
};

/** @param dataFolder where the local runtime keeps its data; by default what `DATA_DIR` says, or `.local` */
export async function connectToTable(dataFolder?: string): Promise<TableConnection> {
  const { tableName, endpoint } = await findPlace(dataFolder);
  const client = createDocumentClient(endpoint === undefined ? {} : { ...localSettings(), endpoint });
  return { store: createStore({ client, tableName }), client, tableName, close: () => client.destroy() };
}

export const localSettings = () => ({
  region: process.env.AWS_REGION ?? 'eu-central-1',
  credentials: localCredentials,
});

export const findPlace = async (dataFolder?: string): Promise<Place> =>
  placeFromEnvironment() ?? placeOfRuntime(dataFolder);

function placeFromEnvironment(): Place | undefined {
  const tableName = process.env.TABLE_NAME;
  const endpoint = process.env.DYNAMODB_ENDPOINT || process.env.AWS_ENDPOINT_URL_DYNAMODB || undefined;
  const queueEndpoint = process.env.AWS_ENDPOINT_URL_SQS || undefined;
  return tableName === undefined || tableName === '' ? undefined : { tableName, endpoint, queueEndpoint };
}

async function placeOfRuntime(dataFolder = process.env.DATA_DIR ?? '.local'): Promise<Place> {
  const place = await readFile(join(dataFolder, 'runtime.json'), 'utf8').then(readPlace, () => undefined);
  const isRunning = place?.endpoint !== undefined && (await answersListTables(place.endpoint).catch(() => false));
  if (place === undefined || !isRunning) {
    throw new UsageError(
      `Nothing is running on ${dataFolder}. Start it with "npm start" in another terminal, or name a table: ` +
        'TABLE_NAME=… (and DYNAMODB_ENDPOINT=… when it is not on AWS).',
    );
  }
  return place;
}

function readPlace(text: string): Place | undefined {
  try {
    const { tableName, tableEndpoint, queueEndpoint } = JSON.parse(text) as Record<string, unknown>;
    return typeof tableName === 'string' && typeof tableEndpoint === 'string'
      ? {
          tableName,
          endpoint: tableEndpoint,
          queueEndpoint: typeof queueEndpoint === 'string' ? queueEndpoint : undefined,
        }
      : undefined;
  } catch {
    return undefined;
  }
}
