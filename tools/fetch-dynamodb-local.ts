import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * Fetches Amazon's DynamoDB Local, the second engine of the store tests. It travels inside an npm package, of which the
 * `emulator` folder alone is unpacked: the package itself and its dependencies are never installed.
 */
const run = promisify(execFile);
const source = 'amplify-dynamodb-simulator@2.9.30';

export const dynamodbLocalFolder = resolve(fileURLToPath(import.meta.url), '../../.cache/dynamodb-local');

export const isDynamodbLocalFetched = (): boolean => existsSync(join(dynamodbLocalFolder, 'DynamoDBLocal.jar'));

export const fetchDynamodbLocal = async (): Promise<'fetched' | 'already there'> => {
  if (isDynamodbLocalFetched()) return 'already there';
  // Unpacked beside its place and renamed into it, so that a run cut short never looks like a finished one.
  const partial = `${dynamodbLocalFolder}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    const { stdout } = await run('npm', ['pack', source, '--json', '--pack-destination', partial], {
      maxBuffer: 64 << 20,
    });
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    if (packed === undefined) throw new Error('npm pack named no file');
    const archive = join(partial, packed.filename);
    await run('tar', ['-xzf', archive, '-C', partial, '--strip-components=2', 'package/emulator']);
    rmSync(archive);
    rmSync(dynamodbLocalFolder, { recursive: true, force: true });
    renameSync(partial, dynamodbLocalFolder);
    return 'fetched';
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  try {
    console.log(`DynamoDB Local: ${await fetchDynamodbLocal()} (${dynamodbLocalFolder}).`);
  } catch (error) {
    console.error(
      `DynamoDB Local could not be fetched (npm pack ${source}): ${error instanceof Error ? error.message : error}\n` +
        'The store tests run on the embedded engine alone until it is there.',
    );
    process.exitCode = 1;
  }
}
