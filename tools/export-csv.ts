/** npm run export:csv -- --host SLUG [--out FILE] */
import { postingsCsv } from '../shared/export/postings-csv.ts';
import { exportBook } from './export-book.ts';

await exportBook({
  name: 'export:csv',
  description: 'Writes the books of a host as CSV, one row per posting.',
  write: (book) => postingsCsv(book),
});
