import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where e-mail goes on this machine: one JSON file per message, named so that their order is the order of sending. */
const mailboxFolder = (dataFolder: string): string => join(dataFolder, 'mailbox');

/** The newest first. Nothing sends e-mail yet, so the list is empty until something does. */
export const readMailbox = (dataFolder: string): readonly unknown[] => {
  const folder = mailboxFolder(dataFolder);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .toReversed()
    .map((name): unknown => JSON.parse(readFileSync(join(folder, name), 'utf8')));
};
