import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeFileWhole } from './files.ts';

/**
 * Two runtimes in one folder would write over each other. The lock is SQLite's on an empty database: the kernel lets go of it
 * when the process ends, however it ends, so there is no such thing as a stale one.
 */
export type FolderLock = {
  /** Tells whoever finds the folder in use, and the commands that work on its data, who holds it. */
  describe(holder: FolderHolder): void;
  release(): void;
};

export type FolderHolder = {
  readonly pid: number;
  readonly baseUrl: string;
  /** Where the table is, once it is there. */
  readonly tableName?: string;
  readonly tableEndpoint?: string;
  /** Where the queues are, once they are there. */
  readonly queueEndpoint?: string;
};

export const lockDataFolder = (folder: string): FolderLock => {
  mkdirSync(folder, { recursive: true });
  const holderFile = join(folder, 'runtime.json');
  const database = new DatabaseSync(join(folder, 'runtime.lock'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch {
    database.close();
    throw new Error(
      `${folder} is in use by another runtime${holderOf(holderFile)}. Stop that one, or give this one a folder of its own: DATA_DIR=… npm start`,
    );
  }
  return {
    describe: (holder) => writeFileWhole(holderFile, `${JSON.stringify(holder, undefined, 2)}\n`),
    release: () => {
      rmSync(holderFile, { force: true });
      database.close();
    },
  };
};

const holderOf = (file: string): string => {
  if (!existsSync(file)) return '';
  const { pid, baseUrl }: FolderHolder = JSON.parse(readFileSync(file, 'utf8'));
  return ` (process ${pid} at ${baseUrl})`;
};
