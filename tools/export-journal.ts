/** npm run export:journal -- --host SLUG [--out FILE] */
import { journalOf } from '../shared/export/journal.ts';
import { exportBook } from './export-book.ts';

await exportBook({
  name: 'export:journal',
  description: 'Writes the books of a host as a journal for hledger; it ends with the balances that the store has.',
  write: (book, assertions) => journalOf(book, assertions === undefined ? {} : { assertions }),
});
