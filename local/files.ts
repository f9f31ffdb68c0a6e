import { renameSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step, so that a process killed at any moment leaves the old content or the new one. */
export const writeFileWhole = (path: string, content: string): void => {
  const partial = `${path}.partial`;
  writeFileSync(partial, content);
  renameSync(partial, path);
};
