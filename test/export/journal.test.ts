import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import type { IntentSummary, Store } from '../../shared/application/ports.ts';
import { type Account, defaultSettings } from '../../shared/domain/account.ts';
import { isHostPosting, type Posting } from '../../shared/domain/books.ts';
import { fromMajorUnits } from '../../shared/domain/money.ts';
import { type BookLine, type HostBook, readHostBook } from '../../shared/export/host-book.ts';
import { journalOf } from '../../shared/export/journal.ts';
import { postingsCsv } from '../../shared/export/postings-csv.ts';
import { importOpenCollective } from '../../shared/import/import-opencollective.ts';
import { createStore } from '../../shared/persistence/store.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { importClock, realFiles, realText, sha256 } from '../support/open-collective.ts';

const run = promisify(execFile);
let engine: TestEngine;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
  engine = await startEngine();
  await run('hledger', ['--version']).catch(() => {
    throw new Error('hledger reads the journals in these tests. Install it: apt-get install hledger');
  });
});
afterAll(async () => {
  await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

let journals = 0;
const hledger = async (journal: string, ...parameters: readonly string[]): Promise<string> => {
  journals += 1;
  const file = join(folder, `${journals}.journal`);
  writeFileSync(file, journal);
  return (await run('hledger', ['-f', file, ...parameters], { maxBuffer: 64 * 1024 * 1024 })).stdout;
};

/** What hledger says that each account has, in minor units, by `account currency`. */
async function balancesByHledger(journal: string): Promise<Record<string, number>> {
  const table = await hledger(
    journal,
    'balance',
    '--flat',
    '--layout=bare',
    '--no-total',
    '--output-format=csv',
    '--empty',
  );
  const rows: readonly Record<string, string>[] = parse(table, { columns: true });
  return Object.fromEntries(
    rows.map(({ account = '', commodity = '', balance = '' }) => [
      `${account} ${commodity}`,
      fromMajorUnits(balance, commodity) ?? 0,
    ]),
  );
}

const journalText = (book: HostBook, options?: Parameters<typeof journalOf>[1]): string =>
  [...journalOf(book, options)].join('');

async function loaded(name: keyof typeof realFiles): Promise<{ store: Store; book: HostBook }> {
  const store = createStore({ client: engine.client(), tableName: await engine.createTable() });
  const { host } = await importOpenCollective(
    { store, clock: importClock, hash: sha256 },
    { file: [await realText(name)], hostSlug: realFiles[name].hostSlug, createsHost: true },
  );
  return { store, book: await readHostBook(store, host) };
}

describe('the journal of real history', () => {
  test.each([
    { name: 'homebrew' as const, transactions: 1_483, bank: 22_659_662, fees: 3_327_341, covers: 45, own: -112 },
    { name: 'brew' as const, transactions: 233, bank: 2_143_517, fees: 2_144_000, covers: 499, own: 0 },
  ])(
    'hledger accepts $name and has the same figures as the store',
    async ({ name, transactions, bank, fees, covers, own }) => {
      const { store, book } = await loaded(name);
      const { hostSlug, total } = realFiles[name];
      const cells = await Array.fromAsync(store.cells(book.host.id));
      const journal = journalText(book, { assertions: cells });
      for (const check of [[], ['--strict'], ['ordereddates'], ['uniqueleafnames'].slice(1)]) {
        await expect(hledger(journal, 'check', ...check)).resolves.toBe('');
      }
      expect(await balancesByHledger(journal)).toEqual({
        [`assets:${hostSlug}:bank USD`]: bank,
        [`liabilities:${name}:available USD`]: -total,
        [`income:${hostSlug}:fees:host USD`]: -fees,
        [`expenses:${hostSlug}:costs:processor USD`]: covers,
        ...(own === 0 ? {} : { [`liabilities:${hostSlug}:available USD`]: -own }),
      });
      expect(journal.match(/^\d{4}-\d\d-\d\d \* \(pi_/gm)?.length).toBe(transactions);
      expect(bank + covers).toBe(total + own + fees);
    },
  );

  test('an assertion that is a cent off is not accepted', async () => {
    const { store, book } = await loaded('brew');
    const cells = await Array.fromAsync(store.cells(book.host.id));
    const wrong = cells.map((cell) => ({ ...cell, ledgers: { ...cell.ledgers, bank: (cell.ledgers.bank ?? 0) + 1 } }));
    await expect(hledger(journalText(book, { assertions: wrong }), 'check')).rejects.toThrow('assertion');
  });

  test('the table has one row per posting, and adds up to the same', async () => {
    const { book } = await loaded('brew');
    const rows: readonly Record<string, string>[] = parse([...postingsCsv(book)].join(''), { columns: true });
    expect(rows.length).toBe(book.lines.reduce((sum, { postings }) => sum + postings.length, 0));
    const available = rows.filter(({ ledger, account }) => ledger === 'available' && account === 'brew');
    expect(available.reduce((sum, { amountMinor }) => sum + Number(amountMinor), 0)).toBe(16);
    expect(
      rows.every(
        ({ amount = '', amountMinor, currency = '' }) => fromMajorUnits(amount, currency) === Number(amountMinor),
      ),
    ).toBe(true);
  });
});

// --- Books made up for what real ones do not hold ---------------------------------------------------------------------

const account = (id: string, slug: string, kind: Account['kind']): Account => ({
  id,
  kind,
  slug,
  name: slug,
  status: 'active',
  country: null,
  currency: 'USD',
  timeZone: 'UTC',
  hosting: { status: 'none' },
  settings: kind === 'host' ? defaultSettings : null,
  email: null,
  version: 1,
  createdAt: importClock.now(),
  updatedAt: importClock.now(),
});
const host = account('acc_H', 'harbour', 'host');
const other = account('acc_M', 'marina', 'host');
const collective = account('acc_C', 'garden', 'collective');

const posted = (ledger: string, amount: number, currency = 'USD', accountId = collective.id): Posting =>
  ({ book: host.id, accountId, ledger, currency, amount }) as Posting;
const between = (ledger: string, party: string, amount: number): Posting =>
  ({ book: 'network', party, ledger, currency: 'USD', amount }) as Posting;

const line = (number: number, postings: readonly Posting[], given: Partial<BookLine> = {}): BookLine => ({
  eventId: `evt_${number}`,
  subjectId: 'pi_1',
  number,
  eventType: 'sent',
  effectiveAt: `2026-01-0${number}T10:00:00.000Z`,
  at: `2026-01-0${number}T10:00:00.000Z`,
  postings,
  ...given,
});

const summary = (purpose: string, name = 'Garden'): IntentSummary => ({
  id: 'pi_1',
  type: 'grant',
  status: 'sent',
  version: 1,
  payer: {
    accountId: collective.id,
    accountName: name,
    accountKind: 'collective',
    hostId: host.id,
    hostName: 'Harbour',
  },
  payee: { accountId: 'acc_P', accountName: 'Ada', accountKind: 'person', hostId: null, hostName: null },
  amount: { amount: 100, currency: 'USD' },
  purpose,
  network: null,
  late: null,
  createdAt: importClock.now(),
  updatedAt: importClock.now(),
});

const bookOf = (lines: readonly BookLine[], intent = summary('A grant')): HostBook => ({
  host,
  lines,
  intents: new Map([[intent.id, intent]]),
  accounts: new Map([host, other, collective].map((each) => [each.id, each])),
});

describe('books of every kind', () => {
  const whole = [
    line(1, [posted('bank', 100_000), posted('suspense', 100_000, 'USD', host.id)], {
      subjectId: 'sus_1',
      eventType: 'recorded',
    }),
    line(2, [posted('available', 100_000), posted('suspense', -100_000, 'USD', host.id)], { subjectId: 'sus_1' }),
    line(3, [posted('available', -60_000), posted('reserved', 60_000)], { eventType: 'approved' }),
    line(4, [
      posted('reserved', -60_000),
      posted('available', -500),
      posted('bank', -60_500),
      between('from', host.id, 60_000),
      between('transit', 'pi_1', 60_000),
    ]),
    line(5, [
      between('transit', 'pi_1', -60_000),
      between('to', other.id, 59_000),
      between('lost:intermediary', 'pi_1', 1_000),
    ]),
    line(6, [posted('available', 1_200, 'JPY'), posted('bank', 1_200, 'JPY')]),
    line(7, [posted('available', 1_234, 'KWD'), posted('fees:host', 66, 'KWD'), posted('bank', 1_300, 'KWD')]),
    line(8, [posted('costs:transfer', 5), posted('costs:loss', 7), posted('bank', -12)]),
    line(9, [posted('available', -30), posted('fees:platform', 20), posted('fees:processor', 10)]),
  ];

  test('hledger accepts every ledger account, the network book, and currencies of any exponent', async () => {
    const journal = journalText(bookOf(whole));
    await expect(hledger(journal, 'check', '--strict')).resolves.toBe('');
    expect(await balancesByHledger(journal)).toMatchObject({
      'assets:harbour:bank USD': 39_488,
      'liabilities:garden:available USD': -39_470,
      'liabilities:garden:reserved USD': 0,
      'liabilities:harbour:suspense USD': 0,
      'liabilities:harbour:fees:platform USD': -20,
      'liabilities:harbour:fees:processor USD': -10,
      'expenses:harbour:costs:transfer USD': 5,
      'expenses:harbour:costs:loss USD': 7,
      'network:from:harbour USD': -60_000,
      'network:transit:pi_1 USD': 0,
      'network:to:marina USD': 59_000,
      'network:lost:intermediary:pi_1 USD': 1_000,
      'assets:harbour:bank JPY': 1_200,
      'assets:harbour:bank KWD': 1_300,
      'income:harbour:fees:host KWD': -66,
    });
  });

  test('an empty book is a journal too', async () => {
    await expect(hledger(journalText(bookOf([]), { assertions: [] }), 'check', '--strict')).resolves.toBe('');
  });

  test.each([
    'two lines\nof text; with a comment | and a payee',
    '  (code) * ! = 2026-01-02 @ $5 "quoted"',
    'tab\tand  two spaces\u202e\u0000',
    'due:2020-01-01, date:not-a-date',
    'ünïcödé 漢字 🙂',
    '',
  ])('a purpose cannot break out of its line: %j', async (purpose) => {
    const journal = journalText(bookOf(whole, summary(purpose, purpose)));
    await expect(hledger(journal, 'check', '--strict')).resolves.toBe('');
    expect(await balancesByHledger(journal)).toEqual(await balancesByHledger(journalText(bookOf(whole))));
  });

  test('a text that begins like a formula is text for a spreadsheet, and numbers stay numbers', () => {
    const purposes = ['=1+1', '+1', '-1', '@SUM(A1)', '＝1', '\t=1', 'plain', 'a,b', 'say "hi"', 'x\r\ny'];
    for (const purpose of purposes) {
      const text = [
        ...postingsCsv(bookOf([line(1, [posted('available', -5), posted('bank', -5)])], summary(purpose))),
      ].join('');
      const [row]: readonly Record<string, string>[] = parse(text, { columns: true });
      const clean = purpose.replace(/\s+/g, ' ').trim();
      expect(row?.purpose).toBe(/^[=+\-@＝]/.test(clean) ? `'${clean}` : clean);
      expect([row?.amount, row?.amountMinor]).toEqual(['-0.05', '-5']);
    }
  });
});

describe('what is read for an export', () => {
  const entriesOf = (lines: readonly BookLine[]): Store['entries'] =>
    async function* () {
      yield* lines.map((each) => ({ ...each, accountId: collective.id, currency: 'USD' }));
    };
  const stub = (lines: readonly BookLine[], intents: readonly IntentSummary[], events: readonly BookLine[]) => ({
    entries: entriesOf(lines),
    listIntents: async (scope: { readonly direction: string }) => ({
      items: scope.direction === 'outgoing' ? intents : [],
      next: undefined,
    }),
    intentEvents: async () =>
      events.map(({ eventId, eventType, ...event }) => ({ ...event, id: eventId, data: { type: eventType } })),
    accounts: async () => [collective, other],
    cells: async function* () {},
  });

  test('an event that touches several parts of the book is there once, and the other host’s own book is not', async () => {
    const foreign = { book: other.id, accountId: 'acc_X', ledger: 'bank', currency: 'USD', amount: 5 } as Posting;
    const sent = line(2, [posted('available', -5), posted('bank', -5), foreign, between('from', host.id, 5)]);
    const received = line(3, [foreign, between('to', other.id, 5)], { eventId: 'evt_other' });
    const hidden = line(1, [foreign], { eventId: 'evt_hidden' });
    const network = { currency: 'USD', sent: 5, received: 5, returned: 0, lost: 0, transit: 0 };
    const store = stub([sent, sent], [{ ...summary('x'), network }], [hidden, sent, received]);
    const book = await readHostBook(store as unknown as Store, host);
    expect(book.lines.map(({ eventId }) => eventId)).toEqual(['evt_2', 'evt_other']);
    expect(
      book.lines
        .flatMap(({ postings }) => postings)
        .some((posting) => isHostPosting(posting) && posting.book === other.id),
    ).toBe(false);
  });
});
