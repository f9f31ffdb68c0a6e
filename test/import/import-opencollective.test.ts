import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Store } from '../../shared/application/ports.ts';
import { verifyHostHistory } from '../../shared/application/verification.ts';
import { type Account, defaultSettings } from '../../shared/domain/account.ts';
import { fold } from '../../shared/domain/apply.ts';
import { type HostLedger, isHostPosting } from '../../shared/domain/books.ts';
import { fromMajorUnits } from '../../shared/domain/money.ts';
import { type ImportOptions, importOpenCollective } from '../../shared/import/import-opencollective.ts';
import { createStore } from '../../shared/persistence/store.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import {
  csvOf,
  csvRow,
  hostFee,
  importClock,
  inColumns,
  realFiles,
  realText,
  rowsOf,
  sha256,
} from '../support/open-collective.ts';
import { tableContents } from '../support/table-contents.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(async () => {
  await engine.stop();
});

type Table = {
  readonly store: Store;
  readonly load: (
    text: string,
    options?: Partial<ImportOptions> & { store?: Store },
  ) => ReturnType<typeof importOpenCollective>;
  readonly contents: () => ReturnType<typeof tableContents>;
};

async function freshTable(): Promise<Table> {
  const tableName = await engine.createTable();
  const store = createStore({ client: engine.client(), tableName });
  return {
    store,
    load: async (text, { store: other = store, ...options } = {}) =>
      importOpenCollective(
        { store: other, clock: importClock, hash: sha256 },
        { file: [text], hostSlug: 'harbour', createsHost: true, ...options },
      ),
    contents: () => tableContents(engine.client(), tableName),
  };
}

const foundation = { hostSlug: realFiles.brew.hostSlug };
const opensource = { hostSlug: realFiles.homebrew.hostSlug };

const account = (given: Pick<Account, 'kind' | 'slug'> & Partial<Account>): Account => ({
  id: `acc_0000000000${given.slug.toUpperCase().padEnd(16, '0').slice(0, 16)}`,
  name: given.slug,
  status: 'active',
  country: null,
  currency: 'USD',
  timeZone: 'UTC',
  hosting: { status: 'none' },
  settings: given.kind === 'host' ? defaultSettings : null,
  email: null,
  version: 1,
  createdAt: importClock.now(),
  updatedAt: importClock.now(),
  ...given,
});

const withAccounts = async (store: Store, ...accounts: readonly Account[]): Promise<void> => {
  const changes = accounts.map((after) => ({ before: null, after }));
  expect(await store.commit({ intents: [], accounts: changes }, 'test', importClock.now())).toEqual({
    outcome: 'committed',
  });
};

const verified = (store: Store, hostId: string) =>
  verifyHostHistory({ store, clock: importClock, hash: sha256, ids: { next: () => '' } }, hostId);

describe('homebrew, 3,411 rows', () => {
  let table: Table;
  let text: string;
  let report: Awaited<ReturnType<Table['load']>>;

  beforeAll(async () => {
    table = await freshTable();
    text = await realText('homebrew');
    const startedAt = performance.now();
    report = await table.load(text, opensource);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  }, 120_000);

  test('has its known balance in the books, which balance', async () => {
    expect(report).toMatchObject({ isHostNew: true, total: 19_332_478, available: 19_332_478 });
    expect([report.written, report.movements]).toEqual([1_483, 1_483]);
    const cells = await Array.fromAsync(table.store.cells(report.host.id));
    const sum = (ledger: HostLedger): number => cells.reduce((all, { ledgers }) => all + (ledgers[ledger] ?? 0), 0);
    const own = cells.find(({ accountId }) => accountId === report.collective.id);
    expect(own?.ledgers.available).toBe(19_332_478);
    expect(sum('bank') + sum('costs:processor')).toBe(sum('available') + sum('fees:host'));
  });

  test('loaded again changes nothing', async () => {
    const before = await table.contents();
    const second = await table.load(text, opensource);
    expect(second).toMatchObject({ written: 0, accountsWritten: 0, available: 19_332_478, isHostNew: false });
    expect(await table.contents()).toEqual(before);
  });

  test('at a date has the running balance that the file has there', async () => {
    const { store } = table;
    let available = 0;
    for await (const { postings } of store.entries(report.host.id, '2023-12-31T23:59:59.999Z')) {
      available += postings
        .filter((posting) => isHostPosting(posting) && posting.accountId === report.collective.id)
        .reduce((sum, { ledger, amount }) => sum + (ledger === 'available' ? amount : 0), 0);
    }
    const newest = rowsOf(text).find(({ datetime = '' }) => datetime < '2024');
    expect(available).toBe(fromMajorUnits(newest?.balance ?? '', 'USD'));
  });
});

describe('brew, 331 rows', () => {
  test('has its known balance, its history verifies, and loading it again changes nothing', async () => {
    const text = await realText('brew');
    const { store, load, contents } = await freshTable();
    const first = await load(text, foundation);
    expect(first).toMatchObject({ isHostNew: true, total: 16, available: 16, written: 233 });
    expect(await verified(store, first.host.id)).toMatchObject({ intents: 233, events: 236, problems: [] });
    const before = await contents();
    expect(await load(text, foundation)).toMatchObject({ written: 0, accountsWritten: 0, available: 16 });
    expect(await contents()).toEqual(before);
  });

  test('a refund marks what it takes back, in the same transaction', async () => {
    const { store, load } = await freshTable();
    await load(await realText('brew'), foundation);
    const host = await store.accountBySlug('foundation');
    const page = await store.listIntents(
      { by: 'host', direction: 'outgoing', hostId: host?.id ?? '' },
      { type: 'compensation' },
      50,
    );
    expect(page.items.length).toBe(1);
    const refund = (await store.intent(page.items[0]?.id ?? ''))?.intent;
    const original = await store.intent(refund?.sendsBackId ?? '');
    expect(refund).toMatchObject({ source: 'opencollective:foundation:4edd7bb3', status: 'received' });
    expect(original?.intent).toMatchObject({
      source: 'opencollective:foundation:8af54a5f',
      version: 2,
      reversal: { amount: 10_000_000, extent: 'full' },
    });
    const events = await store.intentEvents(original?.intent.id ?? '');
    expect(events.map(({ data, effectiveAt, at }) => [data.type, effectiveAt, at])).toEqual([
      ['imported', '2022-04-11T04:03:27.000Z', importClock.now()],
      ['reversed', '2022-04-22T03:14:28.000Z', importClock.now()],
    ]);
    expect(fold(events)).toEqual(original?.intent);
  });
});

describe('a load that is cut short', () => {
  const movements = 115;
  let text: string;
  let whole: Awaited<ReturnType<Table['contents']>>;

  beforeAll(async () => {
    // The oldest rows: with a refund of added funds, refunds of expenses, and covers of what the processor kept.
    text = csvOf(rowsOf(await realText('brew')).slice(-120));
    const table = await freshTable();
    expect((await table.load(text, foundation)).movements).toBe(movements);
    whole = await table.contents();
  });

  /** A store that dies at the n-th transaction: before it is written, or after it but before anybody hears of it. */
  const dying = (store: Store, at: number, isWritten: boolean): Store => {
    let commits = 0;
    return {
      ...store,
      commit: async (...change) => {
        commits += 1;
        if (commits < at) {
          return store.commit(...change);
        }
        if (commits === at && isWritten) {
          await store.commit(...change);
        }
        throw new Error('The machine is gone.');
      },
    };
  };

  test.each([
    [1, false],
    [1, true],
    [2, true],
    [9, false],
    [60, true],
    [114, false],
    [116, false],
    [116, true],
  ])('at transaction %i (written: %s) ends the same when it is started again', async (at, isWritten) => {
    const { store, load, contents } = await freshTable();
    await expect(load(text, { ...foundation, store: dying(store, at, isWritten) })).rejects.toThrow(
      'The machine is gone.',
    );
    await load(text, foundation);
    expect(await contents()).toEqual(whole);
  });

  test('by being asked to stop, several times over, ends the same', async () => {
    const { load, contents } = await freshTable();
    for (const stopAt of [1, 40, 90, 110]) {
      const controller = new AbortController();
      const onProgress: ImportOptions['onProgress'] = ({ step, done }) => {
        if (step === 'movements' && done >= stopAt) {
          controller.abort();
        }
      };
      await expect(load(text, { ...foundation, signal: controller.signal, onProgress })).rejects.toThrow('aborted');
    }
    await load(text, foundation);
    expect(await contents()).toEqual(whole);
  });

  test('two loads of one file at the same time end the same as one', async () => {
    const { load, contents } = await freshTable();
    await Promise.all([load(text, foundation), load(text, foundation), load(text, foundation)]);
    expect(await contents()).toEqual(whole);
  });
});

describe('the other flavour and other parts of the same history', () => {
  test('fees in columns end with the same books, account by account', async () => {
    const text = await realText('brew');
    const [asRows, asColumns] = [await freshTable(), await freshTable()];
    await asRows.load(text, foundation);
    await asColumns.load(csvOf(inColumns(rowsOf(text), ['PAYMENT_PROCESSOR_FEE', 'HOST_FEE'])), foundation);
    expect(await asColumns.contents()).toEqual(await asRows.contents());
  });

  test('the other flavour on top changes nothing', async () => {
    const text = await realText('brew');
    const { load, contents } = await freshTable();
    await load(text, foundation);
    const before = await contents();
    const report = await load(csvOf(inColumns(rowsOf(text), ['PAYMENT_PROCESSOR_FEE'])), foundation);
    expect(report.written).toBe(0);
    expect(await contents()).toEqual(before);
  });

  test('an export that begins later needs the one before it, and then fits', async () => {
    const rows = rowsOf(await realText('homebrew')).slice(-600);
    // Between two groups: the newest 300 rows, and what came before them.
    const cut = rows.findIndex((row, index) => index >= 300 && row.shortGroup !== rows[index - 1]?.shortGroup);
    const [newer, older] = [csvOf(rows.slice(0, cut)), csvOf(rows.slice(cut))];
    const { load, contents } = await freshTable();
    await expect(load(newer, opensource)).rejects.toThrow('The file begins with a balance of');
    expect(await contents()).toEqual({});
    const first = await load(older, opensource);
    const second = await load(newer, opensource);
    expect(second.available).toBe(first.total + second.total);
    expect((await load(newer, opensource)).written).toBe(0);
    const all = await load(csvOf(rows), opensource);
    expect(all).toMatchObject({ written: 0, available: all.total });
  });

  test('a refund that comes in a later export finds the original that was loaded before', async () => {
    const original = csvRow({ shortId: 'c1', amount: '5' });
    const refund = csvRow({
      shortId: 'c2',
      shortGroup: 'bbbbbbbb',
      datetime: '2024-04-01T00:00:00',
      isRefund: 'REFUND',
      shortRefundId: 'c1',
      amount: '-2',
    });
    const again = { ...refund, shortId: 'c3', shortGroup: 'cccccccc', amount: '-3', netAmount: '-3' };
    const { store, load } = await freshTable();
    await load(csvOf([original]));
    const report = await load(csvOf([again, refund, { ...original, isRefunded: 'REFUNDED', shortRefundId: 'c2' }]));
    expect(report).toMatchObject({ written: 2, available: 0 });
    const page = await store.listIntents(
      { by: 'account', direction: 'incoming', accountId: report.collective.id },
      {},
      10,
    );
    const { intent } = (await store.intent(page.items[0]?.id ?? '')) ?? {};
    expect(intent).toMatchObject({ version: 3, reversal: { amount: 500, extent: 'full' } });
  });
});

describe('where it goes', () => {
  const text = csvOf([hostFee({ amount: '-1' }), csvRow({ amount: '10' })]);

  test('a host and a collective that exist are used as they are', async () => {
    const { store, load } = await freshTable();
    const host = account({ kind: 'host', slug: 'harbour' });
    const hosting = { status: 'hosted', hostId: host.id, hostName: host.name, since: importClock.now() } as const;
    const collective = account({ kind: 'collective', slug: 'garden', hosting });
    await withAccounts(store, host, collective);
    const report = await load(text, { createsHost: false });
    expect(report).toMatchObject({
      isHostNew: false,
      host: { id: host.id },
      collective: { id: collective.id },
      available: 900,
    });
    expect(await store.account(collective.id)).toEqual(collective);
  });

  test('what the books have besides the file stays', async () => {
    const { load } = await freshTable();
    await load(csvOf([csvRow({ shortGroup: 'earlier', datetime: '2023-01-01T00:00:00', amount: '7' })]));
    expect(await load(text)).toMatchObject({ total: 900, available: 1_600 });
  });

  test('people outside are not given a host, even when they have one here', async () => {
    const { store, load } = await freshTable();
    const { collective } = await load(
      csvOf([csvRow({ oppositeAccountSlug: 'orchard', oppositeAccountName: 'Orchard' })]),
    );
    await load(
      csvOf([csvRow({ accountSlug: 'orchard', accountName: 'Orchard', oppositeAccountSlug: 'garden', amount: '-10' })]),
    );
    const page = await store.listIntents({ by: 'account', direction: 'incoming', accountId: collective.id }, {}, 10);
    expect(page.items).toMatchObject([{ payer: { accountName: 'Orchard', hostId: null, accountKind: 'person' } }]);
  });

  const hosted = account({ kind: 'host', slug: 'marina' });
  test.each([
    {
      what: 'no host, and none may be made',
      accounts: [],
      options: { createsHost: false },
      message: 'There is no host harbour',
    },
    {
      what: 'the name of the host belongs to a collective',
      accounts: [account({ kind: 'collective', slug: 'harbour' })],
      options: {},
      message: 'harbour is a collective, not a host',
    },
    {
      what: 'the name of the collective belongs to an organisation',
      accounts: [account({ kind: 'organisation', slug: 'garden' })],
      options: {},
      message: 'garden is a organisation, not a collective',
    },
    {
      what: 'the collective is at another host',
      accounts: [
        hosted,
        account({
          kind: 'collective',
          slug: 'garden',
          hosting: { status: 'hosted', hostId: hosted.id, hostName: 'Marina', since: importClock.now() },
        }),
      ],
      options: {},
      message: 'garden exists and is not hosted by harbour',
    },
    {
      what: 'the host has a name that no account can have',
      accounts: [],
      options: { hostSlug: 'Harbour Inc' },
      text: csvOf([csvRow({})]),
      message: 'Harbour Inc cannot be the slug of a host',
    },
    {
      what: 'the file is wrong',
      accounts: [],
      options: {},
      text: csvOf([csvRow({}), csvRow({ kind: 'GIFT' })]),
      message: 'Line 3',
    },
  ])('nothing is written when $what', async ({ accounts, options, message, ...given }) => {
    const { store, load, contents } = await freshTable();
    if (accounts.length > 0) {
      await withAccounts(store, ...accounts);
    }
    const before = await contents();
    await expect(load(given.text ?? text, options)).rejects.toThrow(message);
    expect(await contents()).toEqual(before);
  });
});
