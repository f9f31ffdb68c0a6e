/**
 * A host's book as a plain-text-accounting journal (docs/import.md). Signs are those of hledger: what the host has and spent
 * is positive, what it owes and earned is negative, and every transaction adds up to nothing.
 */
import type { Balance } from '../application/ports.ts';
import { asDebit, type HostLedger, isHostPosting, type Posting } from '../domain/books.ts';
import { currencyExponent, toMajorUnits } from '../domain/money.ts';
import { type BookLine, type HostBook, oneLine } from './host-book.ts';

export type JournalOptions = {
  /** Balances that the store keeps by itself; given, the journal ends with assertions that it arrives at the same. */
  readonly assertions?: readonly Balance[];
};

/** @yields the journal, piece by piece, each ending with a line break */
export function* journalOf(book: HostBook, options: JournalOptions = {}): Generator<string> {
  const { host, lines } = book;
  const used = new Set<string>();
  const currencies = new Set<string>();
  for (const { postings } of lines) {
    for (const posting of postings) {
      used.add(accountName(posting, book));
      currencies.add(posting.currency);
    }
  }
  yield `; The books of ${oneLine(host.name)} (${host.slug}): ${lines.length} events.\n`;
  yield '; Accounts under "network" say where money between hosts is; they balance by themselves.\n\n';
  yield 'decimal-mark .\n\n';
  for (const currency of [...currencies].sort(inOrder)) {
    yield `commodity ${currency} ${sampleAmount(currency)}\n`;
  }
  yield '\n';
  for (const name of [...used].sort(inOrder)) {
    yield `account ${name}\n`;
  }
  for (const line of lines) {
    yield `\n${transaction(line, book)}`;
  }
  if (options.assertions !== undefined) {
    yield assertions(options.assertions, book);
  }
}

const inOrder = (one: string, other: string): number => (one < other ? -1 : 1);

/** Shows a journal reader how many decimals the currency has; without any, a trailing mark says so. */
const sampleAmount = (currency: string): string => {
  const exponent = currencyExponent(currency) ?? 0;
  return `1000.${'0'.repeat(exponent)}`;
};

function transaction(line: BookLine, book: HostBook): string {
  const { eventId, subjectId, effectiveAt, at, eventType, postings } = line;
  return [
    `${effectiveAt.slice(0, 10)} * (${subjectId}) ${description(line, book)}\n`,
    `    ; event:${eventId}, type:${eventType}, time:${effectiveAt}, recorded:${at}\n`,
    ...postings.map((posting) => {
      const debit = asDebit(posting.ledger, posting.amount);
      return `    ${accountName(posting, book)}  ${posting.currency} ${toMajorUnits(debit, posting.currency)}\n`;
    }),
  ].join('');
}

function description({ subjectId, eventType }: BookLine, { intents }: HostBook): string {
  const intent = intents.get(subjectId);
  const text =
    intent === undefined
      ? eventType.replaceAll('_', ' ')
      : `${intent.payer.accountName} to ${intent.payee.accountName}: ${intent.purpose}`;
  // A semicolon would begin a comment, and a bar would end the payee.
  return oneLine(text.replace(/[;|]/g, ','));
}

const hostAccounts: Record<HostLedger, (owner: string, host: string) => string> = {
  bank: (_owner, host) => `assets:${host}:bank`,
  available: (owner) => `liabilities:${owner}:available`,
  reserved: (owner) => `liabilities:${owner}:reserved`,
  suspense: (_owner, host) => `liabilities:${host}:suspense`,
  'fees:host': (_owner, host) => `income:${host}:fees:host`,
  'fees:platform': (_owner, host) => `liabilities:${host}:fees:platform`,
  'fees:processor': (_owner, host) => `liabilities:${host}:fees:processor`,
  'costs:transfer': (_owner, host) => `expenses:${host}:costs:transfer`,
  'costs:loss': (_owner, host) => `expenses:${host}:costs:loss`,
  'costs:processor': (_owner, host) => `expenses:${host}:costs:processor`,
};

function accountName(posting: Posting, { accounts, host }: HostBook): string {
  const slug = (id: string): string => accounts.get(id)?.slug ?? id;
  return isHostPosting(posting)
    ? hostAccounts[posting.ledger](slug(posting.accountId), host.slug)
    : `network:${posting.ledger}:${slug(posting.party)}`;
}

/** A transaction of nothing at the end: each account has to be what the store says, or the reader complains. */
function assertions(balances: readonly Balance[], book: HostBook): string {
  const sums = new Map<string, { readonly currency: string; readonly name: string; readonly sum: number }>();
  for (const { accountId, currency, ledgers } of balances) {
    for (const [ledger, amount] of Object.entries(ledgers) as [HostLedger, number][]) {
      const name = accountName({ book: book.host.id, accountId, ledger, currency, amount }, book);
      const key = `${name} ${currency}`;
      sums.set(key, { currency, name, sum: (sums.get(key)?.sum ?? 0) + asDebit(ledger, amount) });
    }
  }
  const date = book.lines.at(-1)?.effectiveAt.slice(0, 10);
  return sums.size === 0 || date === undefined
    ? ''
    : [
        `\n${date} * Balances as the store has them\n`,
        ...[...sums.values()].map(
          ({ name, currency, sum }) =>
            `    ${name}  ${currency} ${toMajorUnits(0, currency)} = ${currency} ${toMajorUnits(sum, currency)}\n`,
        ),
      ].join('');
}
