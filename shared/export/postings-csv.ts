/** A host's book as a table, one row per posting, for spreadsheets. */
import { isHostPosting } from '../domain/books.ts';
import { toMajorUnits } from '../domain/money.ts';
import { type HostBook, oneLine } from './host-book.ts';

type Cell = { readonly text: string } | { readonly number: string | number };

const text = (value: string | null | undefined): Cell => ({ text: oneLine(value ?? '') });
const number = (value: string | number): Cell => ({ number: value });

const columns = [
  'effectiveAt',
  'recordedAt',
  'eventId',
  'subjectId',
  'number',
  'eventType',
  'intentType',
  'payer',
  'payee',
  'purpose',
  'book',
  'account',
  'ledger',
  'currency',
  'amount',
  'amountMinor',
] as const;

/** @yields the header, then a line for each posting; the amount raises the ledger account when it is positive */
export function* postingsCsv(book: HostBook): Generator<string> {
  const { host, lines, intents, accounts } = book;
  yield row(columns.map((column) => text(column)));
  for (const { effectiveAt, at, eventId, subjectId, number: eventNumber, eventType, postings } of lines) {
    const intent = intents.get(subjectId);
    for (const posting of postings) {
      const party = isHostPosting(posting) ? posting.accountId : posting.party;
      yield row([
        text(effectiveAt),
        text(at),
        text(eventId),
        text(subjectId),
        number(eventNumber),
        text(eventType),
        text(intent?.type),
        text(intent?.payer.accountName),
        text(intent?.payee.accountName),
        text(intent?.purpose),
        text(isHostPosting(posting) ? host.slug : 'network'),
        text(accounts.get(party)?.slug ?? party),
        text(posting.ledger),
        text(posting.currency),
        number(toMajorUnits(posting.amount, posting.currency)),
        number(posting.amount),
      ]);
    }
  }
}

const row = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

/**
 * Spreadsheets run a text that begins like a formula, full-width signs included; an apostrophe in front makes it text.
 * Numbers are left alone: a minus sign is theirs.
 */
function csvCell(cell: Cell): string {
  if ('number' in cell) {
    return String(cell.number);
  }
  const safe = /^[=+\-@＝＋－＠]/u.test(cell.text) ? `'${cell.text}` : cell.text;
  return /[",\r\n;\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
