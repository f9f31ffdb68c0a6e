import { describe, expect, test } from '@jest/globals';
import type { Posting } from '../../shared/domain/books.ts';
import type { Party, PaymentIntent } from '../../shared/domain/payment-intent.ts';
import { importedEvent } from '../../shared/import/imported-intent.ts';
import type { Ledger, Movement } from '../../shared/import/opencollective-ledger.ts';
import {
  type CsvRow,
  csvOf,
  csvRow,
  hostFee,
  inColumns,
  processorFee,
  readLedger,
  realFiles,
  realText,
  rowsOf,
} from '../support/open-collective.ts';

const party = (accountId: string, hostId: string | null): Party => ({
  accountId,
  accountName: accountId,
  accountKind: 'collective',
  hostId,
  hostName: hostId,
});
const host = party('host', 'host');
const collective = party('collective', 'host');

const imported = (
  movement: Movement,
  ledger: Ledger,
): { intent: Omit<PaymentIntent, 'version' | 'updatedAt'>; postings: readonly Posting[] } => {
  const opposite = movement.opposite === ledger.hostSlug ? host : party(movement.opposite, null);
  const { data, postings } = importedEvent(
    movement,
    { parties: { host, collective, opposite }, currency: ledger.currency, at: '2026-01-15T09:00:00.000Z' },
    ledger.hostSlug,
  );
  if (data.type !== 'imported') {
    throw new Error(`An import begins with ${data.type}.`);
  }
  return { intent: data.intent, postings };
};

/** Postings as `account ledger` → amount. */
const book = (postings: readonly Posting[]): Record<string, number> =>
  Object.fromEntries(
    postings.map((posting) => [
      `${'accountId' in posting ? posting.accountId : posting.party} ${posting.ledger}`,
      posting.amount,
    ]),
  );

const oneMovement = async (...rows: readonly CsvRow[]) => {
  const ledger = await readLedger(csvOf(rows), 'harbour');
  const [movement, ...others] = ledger.movements;
  if (movement === undefined || others.length > 0) {
    throw new Error(`${ledger.movements.length} movements instead of one.`);
  }
  return { movement, ledger, ...imported(movement, ledger) };
};

describe('the two real files', () => {
  test.each(['homebrew', 'brew'] as const)('%s adds up to the known balance, to the cent', async (name) => {
    const { hostSlug, total } = realFiles[name];
    const ledger = await readLedger(await realText(name), hostSlug);
    expect(ledger.total).toBe(total);
    expect(ledger.movements.reduce((sum, { net }) => sum + net, 0)).toBe(total);
  });

  test.each([
    { name: 'homebrew' as const, rows: 3_411, movements: 1_483, refunds: 3, unlinked: 1, opening: 0 },
    { name: 'brew' as const, rows: 331, movements: 233, refunds: 3, unlinked: 0, opening: null },
  ])('every group of $name becomes one movement, and refunds find their originals', async (expected) => {
    const ledger = await readLedger(await realText(expected.name), realFiles[expected.name].hostSlug);
    expect(ledger.rows).toBe(expected.rows);
    expect(ledger.movements.length).toBe(expected.movements);
    expect(ledger.movements.filter(({ isRefund }) => isRefund).length).toBe(expected.refunds);
    expect(ledger.unlinkedRefunds).toBe(expected.unlinked);
    expect(ledger.opening).toBe(expected.opening);
    expect(new Set(ledger.movements.map(({ id }) => id)).size).toBe(expected.movements);
  });

  test('movements come oldest first, and a refund after what it takes back', async () => {
    for (const name of ['homebrew', 'brew'] as const) {
      const { movements } = await readLedger(await realText(name), realFiles[name].hostSlug);
      const position = new Map(movements.map(({ id }, index) => [id, index]));
      for (const [index, { refundsId }] of movements.entries()) {
        if (refundsId !== null) {
          expect(position.get(refundsId)).toBeLessThan(index);
        }
      }
      const times = movements.map(({ at }) => at);
      expect(times).toEqual(times.toSorted((one, other) => (one < other ? -1 : one > other ? 1 : 0)));
    }
  });

  test('fees in rows and fees in columns give the same intents, the same postings and the same balance', async () => {
    for (const name of ['homebrew', 'brew'] as const) {
      const { hostSlug } = realFiles[name];
      const rows = await realText(name);
      const asRows = await readLedger(rows, hostSlug);
      for (const kinds of [['PAYMENT_PROCESSOR_FEE'], ['PAYMENT_PROCESSOR_FEE', 'HOST_FEE', 'TAX']]) {
        const asColumns = await readLedger(csvOf(inColumns(rowsOf(rows), kinds)), hostSlug);
        expect(asColumns.rows).toBeLessThan(asRows.rows);
        expect(asColumns.total).toBe(asRows.total);
        expect(asColumns.movements.map((movement) => imported(movement, asColumns))).toEqual(
          asRows.movements.map((movement) => imported(movement, asRows)),
        );
      }
    }
  });

  test('a file in the opposite order, or with a byte order mark, gives the same movements', async () => {
    const text = await realText('brew');
    const { movements } = await readLedger(text, 'foundation');
    const turned = await readLedger(`\uFEFF${csvOf(rowsOf(text).toReversed())}`, 'foundation');
    expect(turned.movements.map(({ line: _line, ...movement }) => movement)).toEqual(
      movements.map(({ line: _line, ...movement }) => movement),
    );
  });

  test('the change of host at the beginning of brew is booked, taken back, and booked anew', async () => {
    const ledger = await readLedger(await realText('brew'), 'foundation');
    const [first, second, third] = ledger.movements.map((movement) => imported(movement, ledger));
    expect(first?.intent).toMatchObject({ type: 'added_funds', amount: { amount: 10_000_000 }, sendsBackId: null });
    expect(second?.intent).toMatchObject({ type: 'compensation', sendsBackId: first?.intent.id });
    expect(third?.intent).toMatchObject({ type: 'added_funds', amount: { amount: 26_800_000 }, sendsBackId: null });
    expect(book(second?.postings ?? [])).toEqual({
      'collective available': -9_200_000,
      'collective bank': -10_000_000,
      'collective fees:host': -800_000,
    });
  });
});

describe('what a group of rows becomes', () => {
  test('a contribution with both fees: the bank gets what the processor leaves, the collective what the host leaves', async () => {
    const rows = [
      hostFee({ amount: '-5' }),
      processorFee({ amount: '-1.75' }),
      csvRow({ amount: '50', paymentMethodService: 'STRIPE', paymentMethodType: 'CREDITCARD' }),
    ];
    const { intent, postings, movement } = await oneMovement(...rows);
    expect(book(postings)).toEqual({
      'collective available': 4_325,
      'collective bank': 4_825,
      'collective fees:host': 500,
    });
    expect(intent).toMatchObject({
      type: 'contribution',
      status: 'received',
      amount: { amount: 5_000, currency: 'USD' },
      payer: { accountId: 'ada', hostId: null },
      payee: { accountId: 'collective', hostId: 'host' },
      send: null,
      source: 'opencollective:harbour:aaaaaaaa',
      createdAt: '2024-03-01T12:00:00.000Z',
    });
    expect(intent.receipts).toMatchObject([
      { amount: { amount: 4_825 }, cost: 5_000, hostFee: 500, source: 'imported', date: '2024-03-01' },
    ]);
    expect(intent.id).toMatch(/^pi_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(movement.method).toBe('stripe creditcard');
  });

  test.each([
    ['RECEIPT', 'reimbursement'],
    ['INVOICE', 'invoice'],
    ['GRANT', 'grant'],
    ['CHARGE', 'expense'],
    ['', 'expense'],
  ])('an expense of type "%s" is a %s that is assumed to have arrived', async (expenseType, type) => {
    const { intent, postings } = await oneMovement(
      csvRow({ kind: 'EXPENSE', amount: '-900', expenseType, payoutMethodType: 'BANK_ACCOUNT', merchantId: 'T-1' }),
      processorFee({ amount: '-4.60' }),
    );
    expect(book(postings)).toEqual({ 'collective available': -90_460, 'collective bank': -90_460 });
    expect(intent).toMatchObject({
      type,
      payer: { accountId: 'collective' },
      payee: { accountId: 'ada', hostId: null },
      send: { amount: { amount: 90_000 }, fee: 460, feeBearer: 'payer', reference: 'T-1' },
      destination: { method: 'bank_account' },
    });
    expect(intent.receipts).toMatchObject([{ amount: { amount: 90_000 }, cost: 90_000, source: 'assumed' }]);
  });

  test.each([
    ['ADDED_FUNDS', 'added_funds'],
    ['BALANCE_TRANSFER', 'transfer'],
    ['PREPAID_PAYMENT_METHOD', 'transfer'],
    ['CONTRIBUTION', 'contribution'],
  ])('%s is a %s, in both directions', async (kind, type) => {
    const incoming = await oneMovement(csvRow({ kind, amount: '12.34' }));
    expect(incoming.intent).toMatchObject({ type, payee: { accountId: 'collective' } });
    expect(book(incoming.postings)).toEqual({ 'collective available': 1_234, 'collective bank': 1_234 });
    const outgoing = await oneMovement(csvRow({ kind, amount: '-12.34' }));
    expect(outgoing.intent).toMatchObject({ type, payer: { accountId: 'collective' } });
    expect(book(outgoing.postings)).toEqual({ 'collective available': -1_234, 'collective bank': -1_234 });
  });

  test('money from the host itself is moved within its book', async () => {
    const { intent, postings } = await oneMovement(
      csvRow({ kind: 'ADDED_FUNDS', amount: '1.12', oppositeAccountSlug: 'harbour' }),
    );
    expect(book(postings)).toEqual({ 'collective available': 112, 'host available': -112 });
    expect(intent.receipts).toMatchObject([{ source: 'book', amount: { amount: 112 } }]);
    expect(intent.send).toMatchObject({ method: 'book', amount: { amount: 112 } });
  });

  test.each([
    { row: hostFee({ amount: '-5' }), type: 'settlement', ledger: 'collective fees:host', amount: 500 },
    { row: processorFee({ amount: '-0.39' }), type: 'expense', ledger: 'collective bank', amount: -39 },
    {
      row: processorFee({ kind: 'PAYMENT_PROCESSOR_DISPUTE_FEE', amount: '-15' }),
      type: 'expense',
      ledger: 'collective bank',
      amount: -1_500,
    },
    {
      row: hostFee({ kind: 'PAYMENT_PROCESSOR_COVER', amount: '0.45' }),
      type: 'compensation',
      ledger: 'collective costs:processor',
      amount: 45,
    },
    { row: hostFee({ kind: 'TAX', amount: '-21' }), type: 'settlement', ledger: 'host available', amount: 2_100 },
    {
      row: csvRow({ kind: 'PLATFORM_FEE', amount: '-2.50' }),
      type: 'settlement',
      ledger: 'collective fees:platform',
      amount: 250,
    },
    {
      row: csvRow({ kind: 'PLATFORM_TIP', amount: '-3' }),
      type: 'settlement',
      ledger: 'collective fees:platform',
      amount: 300,
    },
  ])('a group of nothing but $row.kind is a $type', async ({ row, type, ledger, amount }) => {
    const { intent, postings, movement } = await oneMovement(row);
    expect(intent.type).toBe(type);
    expect(book(postings)).toEqual({ 'collective available': movement.net, [ledger]: amount });
  });

  test('tax on a contribution is kept by the host for whom it is owed to', async () => {
    const inRow = await oneMovement(csvRow({ amount: '121' }), hostFee({ kind: 'TAX', amount: '-21' }));
    const inColumn = await oneMovement(csvRow({ amount: '121', taxAmount: '-21', netAmount: '100' }));
    for (const { postings } of [inRow, inColumn]) {
      expect(book(postings)).toEqual({
        'collective available': 10_000,
        'collective bank': 12_100,
        'host available': 2_100,
      });
    }
  });

  test('a platform fee in its column is owed to the platform', async () => {
    const { postings } = await oneMovement(csvRow({ amount: '100', platformFee: '-5', netAmount: '95' }));
    expect(book(postings)).toEqual({
      'collective available': 9_500,
      'collective bank': 10_000,
      'collective fees:platform': 500,
    });
  });

  test('a refunded contribution gives back the host fee, and the host covers the processor', async () => {
    const refund = { shortGroup: 'bbbbbbbb', isRefund: 'REFUND', datetime: '2024-05-01T00:00:00' };
    const rows = [
      hostFee({ ...refund, shortId: 'f2', shortRefundId: 'f1', amount: '0.50' }),
      hostFee({ ...refund, kind: 'PAYMENT_PROCESSOR_COVER', amount: '0.45' }),
      csvRow({ ...refund, shortId: 'c2', shortRefundId: 'c1', amount: '-5' }),
      hostFee({ shortId: 'f1', shortRefundId: 'f2', isRefunded: 'REFUNDED', amount: '-0.50' }),
      processorFee({ amount: '-0.45' }),
      csvRow({ shortId: 'c1', shortRefundId: 'c2', isRefunded: 'REFUNDED', amount: '5' }),
    ];
    const ledger = await readLedger(csvOf(rows), 'harbour');
    expect(ledger.total).toBe(0);
    const [original, reversal] = ledger.movements.map((movement) => imported(movement, ledger));
    expect(reversal?.intent).toMatchObject({
      type: 'compensation',
      sendsBackId: original?.intent.id,
      payer: { accountId: 'collective' },
      payee: { accountId: 'ada' },
    });
    expect(book(reversal?.postings ?? [])).toEqual({
      'collective available': -405,
      'collective bank': -500,
      'collective costs:processor': 45,
      'collective fees:host': -50,
    });
  });

  test('a refund of something that is not in the file stands by itself', async () => {
    const { movement, ledger } = await oneMovement(csvRow({ isRefund: 'REFUND', shortRefundId: 'gone', amount: '-5' }));
    expect(movement).toMatchObject({ isRefund: true, refundsId: null, type: 'compensation' });
    expect(ledger.unlinkedRefunds).toBe(1);
  });

  test('two rows that both call themselves refunds of each other: the later takes back the earlier', async () => {
    const rows = [
      csvRow({ shortId: 'b', shortGroup: 'g2', isRefund: 'REFUND', shortRefundId: 'a', amount: '-5' }),
      csvRow({ shortId: 'a', shortGroup: 'g1', isRefund: 'REFUND', shortRefundId: 'b', amount: '5' }),
    ];
    const { movements } = await readLedger(csvOf(rows), 'harbour');
    expect(movements.map(({ refundsId }) => refundsId)).toEqual([null, movements[0]?.id]);
  });

  test('a group with several main rows is several movements, and the largest bears the fees', async () => {
    const rows = [
      csvRow({ shortId: 'small', amount: '10' }),
      csvRow({ shortId: 'large', amount: '90', oppositeAccountSlug: 'bob' }),
      hostFee({ amount: '-10' }),
    ];
    const { movements, total } = await readLedger(csvOf(rows), 'harbour');
    expect(total).toBe(9_000);
    expect(
      movements.map(({ opposite, net }) => [opposite, net]).sort(([one], [other]) => (`${one}` < `${other}` ? -1 : 1)),
    ).toEqual([
      ['ada', 1_000],
      ['bob', 8_000],
    ]);
  });

  test('a fee larger than the contribution leaves nothing at the bank and less than nothing to the collective', async () => {
    const { intent, postings } = await oneMovement(csvRow({ amount: '0.20' }), processorFee({ amount: '-0.33' }));
    expect(book(postings)).toEqual({ 'collective available': -13, 'collective bank': -13 });
    expect(intent.receipts).toMatchObject([{ amount: { amount: 0 }, cost: 20 }]);
  });

  test('currencies without decimals, and with three, are exact', async () => {
    expect((await oneMovement(csvRow({ amount: '1200', currency: 'JPY' }))).movement.net).toBe(1_200);
    expect((await oneMovement(csvRow({ amount: '1.234', currency: 'KWD' }))).movement.net).toBe(1_234);
    expect((await oneMovement(csvRow({ amount: '9007199254.99' }))).movement.net).toBe(900_719_925_499);
  });

  test('texts lose control characters and do not grow without end', async () => {
    const { movement } = await oneMovement(csvRow({ description: `line one\r\nline\u0007 two ${'x'.repeat(500)}` }));
    expect(movement.purpose).toMatch(/^line one line two x+…$/);
    expect(movement.purpose.length).toBe(200);
  });

  test('ids depend on host, collective, group and row, and on nothing else', async () => {
    const idOf = async (given: CsvRow, hostSlug = 'harbour') =>
      (await readLedger(csvOf([csvRow({ shortId: 'r', ...given })]), hostSlug)).movements[0]?.id;
    const id = await idOf({});
    expect(await idOf({ description: 'Another text', amount: '99' })).toBe(id);
    const others = [
      await idOf({ shortId: 's' }),
      await idOf({ shortGroup: 'g' }),
      await idOf({ accountSlug: 'orchard' }),
      await idOf({}, 'marina'),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });

  test('somebody outside is another account in the books of another host', async () => {
    const accountOf = async (hostSlug: string) =>
      (await readLedger(csvOf([csvRow({})]), hostSlug)).outsiders.get('ada')?.id;
    expect(await accountOf('harbour')).toBe(await accountOf('harbour'));
    expect(await accountOf('harbour')).not.toBe(await accountOf('marina'));
  });
});

describe('files that are wrong', () => {
  const refused = async (text: string, hostSlug = 'harbour'): Promise<string> =>
    readLedger(text, hostSlug).then(
      () => 'accepted',
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    );
  const good = csvRow({ shortId: 'good', shortGroup: 'good' });
  const withRow = (given: CsvRow) => refused(csvOf([good, csvRow({ shortId: 'bad', ...given })]));

  test.each([
    ['an unknown kind', { kind: 'GIFT' }, 'Line 3: The kind "GIFT" is unknown'],
    ['a kind of the host’s own ledger', { kind: 'HOST_FEE_SHARE' }, 'Line 3: A row of kind HOST_FEE_SHARE belongs to'],
    ['a kind that is a name of every object', { kind: 'constructor' }, 'Line 3: The kind "constructor" is unknown'],
    ['an amount that is no number', { amount: 'ten', netAmount: '10' }, 'Line 3: amount is "ten"'],
    ['more decimals than the currency has', { amount: '1.005' }, 'Line 3: amount is "1.005", which is not an amount'],
    ['decimals with a comma', { amount: '1,50' }, 'Line 3: amount is "1,50"'],
    ['an exponent', { amount: '1e2' }, 'Line 3: amount is "1e2"'],
    ['an amount too large to be exact', { amount: '99999999999999' }, 'Line 3: amount is "99999999999999"'],
    ['no amount', { amount: '' }, 'Line 3: amount is empty'],
    ['sums that do not fit', { amount: '10', netAmount: '9' }, 'Line 3: amount 10 and the fees beside it'],
    ['a fee column that is no number', { paymentProcessorFee: '?' }, 'Line 3: paymentProcessorFee is "?"'],
    ['another currency', { currency: 'EUR' }, 'Line 3: This row is in EUR'],
    ['a currency that does not exist', { currency: 'USX' }, 'Line 3: The currency "USX"'],
    ['another collective', { accountSlug: 'orchard' }, 'Line 3: This row is of orchard'],
    ['the ledger of the host', { accountSlug: 'harbour' }, 'Line 3: This is the ledger of the host harbour itself'],
    [
      'a fee to another host',
      { ...hostFee({ oppositeAccountSlug: 'marina' }), amount: '-1', netAmount: '-1', type: 'DEBIT' },
      'Line 3: The host here is marina',
    ],
    ['another host by name', { hostSlug: 'marina' }, 'Line 3: The host here is marina'],
    ['neither credit nor debit', { type: 'GIVE' }, 'Line 3: type is "GIVE"'],
    ['the wrong sign', { type: 'DEBIT' }, 'Line 3: A DEBIT of 10 has the wrong sign'],
    ['a day that does not exist', { datetime: '2024-02-30T00:00:00' }, 'Line 3: datetime is "2024-02-30T00:00:00"'],
    ['a time in another form', { datetime: '01/03/2024' }, 'Line 3: datetime is "01/03/2024"'],
    ['no group', { shortGroup: '' }, 'Line 3: shortGroup is empty'],
    ['the same row twice', { shortId: 'good', shortGroup: 'good' }, 'Line 3: Row good of group good is in line 2'],
  ])('%s', async (_what, given, message) => {
    expect(await withRow(given as CsvRow)).toContain(`ImportError: ${message}`);
  });

  test('columns that are missing', async () => {
    expect(await refused('datetime,amount\n2024-01-01,5\n')).toMatch(/^ImportError: Line 1: .* no column shortId,/);
    expect(await refused('Date & Time,Gross Amount\n2024-01-01,5\n')).toContain('short field names');
    expect(await refused('{"not": "csv"}')).toMatch(/^ImportError: /);
  });

  test('nothing at all', async () => {
    expect(await refused('')).toBe('ImportError: The file has no rows.');
    expect(await refused(csvOf([good]).split('\r\n')[0] ?? '')).toBe('ImportError: The file has no rows.');
  });

  test('a file that is cut off', async () => {
    const text = csvOf([good, csvRow({})]);
    expect(await refused(text.slice(0, -20))).toMatch(/^ImportError: Line \d+: (A quoted text|It does not have)/);
    expect(await refused(text.slice(0, text.lastIndexOf('"ada"')))).toMatch(/^ImportError: Line \d+: /);
  });

  test('a quote that swallows the file', async () => {
    const text = csvOf([good]).replace('Garden', `Gar"den${'x'.repeat(70_000)}`);
    expect(await refused(text)).toMatch(/^ImportError: Line \d+: /);
  });

  test('a running balance that does not follow names the first row where it breaks', async () => {
    const text = await realText('homebrew');
    const rows = rowsOf(text);
    const changed = rows.map((row, index) => (index === 1_000 ? { ...row, balance: '1.00' } : row));
    expect(await refused(csvOf(changed), 'opensource')).toMatch(/^ImportError: Line 1002: The balance after this row/);
    const removed = rows.toSpliced(2_000, 1);
    expect(await refused(csvOf(removed), 'opensource')).toMatch(/^ImportError: Line 2001: The balance after this row/);
  });

  test('a source that fails midway', async () => {
    const source = (async function* () {
      yield csvOf([good]);
      throw new Error('The disk is gone.');
    })();
    const { readRows } = await import('../../shared/import/opencollective-rows.ts');
    await expect(Array.fromAsync(readRows(source, 'harbour'))).rejects.toThrow('The disk is gone.');
  });
});
