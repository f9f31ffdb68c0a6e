import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileWhole } from './files.ts';

/** What turns the test processor on, and what its messages are signed with: in a file, for whoever wants to send some. */
export const testProcessorEnvironment = (dataFolder: string): Readonly<Record<string, string>> => {
  const file = join(dataFolder, 'test-processor-secret');
  if (!existsSync(file)) writeFileWhole(file, randomBytes(32).toString('hex'));
  return { TEST_PROCESSOR: 'on', TEST_PROCESSOR_SECRET: readFileSync(file, 'utf8').trim() };
};
