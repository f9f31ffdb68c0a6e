/** The two exports differ only in how they write the same book. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { Command } from 'commander';
import type { Balance, Store } from '../shared/application/ports.ts';
import type { Account } from '../shared/domain/account.ts';
import { type HostBook, readHostBook } from '../shared/export/host-book.ts';
import { runCommand } from './run-command.ts';
import { connectToTable, UsageError } from './table-connection.ts';

export type Export = {
  readonly name: string;
  readonly description: string;
  /** Without balances when the books were never still long enough to read both. */
  readonly write: (book: HostBook, balances: readonly Balance[] | undefined) => Iterable<string>;
};

const attemptsMax = 3;

/** Money may move while the book is read: it is read again until the balances before and after are the same. */
async function readWhileStill(
  store: Store,
  host: Account,
): Promise<{ readonly book: HostBook; readonly balances: readonly Balance[] | undefined }> {
  const read = async (): Promise<readonly Balance[]> => Array.fromAsync(store.cells(host.id));
  let before = await read();
  for (let attempt = 1; ; attempt += 1) {
    const book = await readHostBook(store, host);
    const after = await read();
    if (isDeepStrictEqual(before, after)) {
      return { book, balances: after };
    }
    if (attempt === attemptsMax) {
      return { book, balances: undefined };
    }
    before = after;
  }
}

export async function exportBook({ name, description, write }: Export): Promise<void> {
  const options = new Command(name)
    .description(description)
    .requiredOption('--host <slug>', 'whose books')
    .option('--out <file>', 'where to; by default it is printed')
    .option('--data-dir <folder>', 'where the local runtime keeps its data')
    .parse()
    .opts<{ host: string; out?: string; dataDir?: string }>();

  await runCommand(async (signal) => {
    const { store, close } = await connectToTable(options.dataDir);
    try {
      const host = await store.accountBySlug(options.host);
      if (host?.kind !== 'host') {
        throw new UsageError(`There is no host ${options.host}.`);
      }
      const { book, balances } = await readWhileStill(store, host);
      const pieces = Readable.from(write(book, balances));
      await (options.out === undefined
        ? pipeline(pieces, process.stdout, { signal, end: false })
        : pipeline(pieces, createWriteStream(options.out), { signal }));
    } finally {
      close();
    }
  });
}
