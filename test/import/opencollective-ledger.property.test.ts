import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { imbalances, isHostPosting } from '../../shared/domain/books.ts';
import { toMajorUnits } from '../../shared/domain/money.ts';
import type { Party } from '../../shared/domain/payment-intent.ts';
import { importedEvent } from '../../shared/import/imported-intent.ts';
import type { Ledger } from '../../shared/import/opencollective-ledger.ts';
import { type CsvRow, csvOf, csvRow, inColumns, readLedger } from '../support/open-collective.ts';

const mainKinds = ['CONTRIBUTION', 'ADDED_FUNDS', 'EXPENSE', 'BALANCE_TRANSFER', 'PREPAID_PAYMENT_METHOD'] as const;
const sideKinds = ['HOST_FEE', 'PAYMENT_PROCESSOR_FEE', 'PAYMENT_PROCESSOR_COVER', 'TAX', 'PLATFORM_TIP'] as const;

const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD');
const minor = fc.integer({ min: -100_000_000, max: 100_000_000 });

const line = (kinds: readonly string[]) =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    amount: minor,
    opposite: fc.constantFrom('harbour', 'ada', 'bob', 'stripe-payment-processor-vendor'),
    fee: fc.option(fc.integer({ min: -5_000, max: 0 }), { nil: undefined }),
  });

const group = fc.record({
  mains: fc.array(line(mainKinds), { maxLength: 2 }),
  sides: fc.array(line(sideKinds), { maxLength: 4 }),
  seconds: fc.integer({ min: 0, max: 100_000_000 }),
  /** Which of the groups before it takes back, if any. */
  refunds: fc.option(fc.nat(), { nil: undefined }),
});

const byHost: readonly string[] = ['HOST_FEE', 'PAYMENT_PROCESSOR_COVER'];

/** Rows newest first with running balances, as the export has them. */
const exported = fc.tuple(currency, fc.array(group, { minLength: 1, maxLength: 8 })).map(([code, groups]) => {
  const start = Date.parse('2023-01-01T00:00:00Z');
  let balance = 0;
  const oldestFirst = groups
    .toSorted((one, other) => one.seconds - other.seconds)
    .flatMap(({ mains, sides, seconds, refunds }, index) =>
      [...mains, ...sides].map(({ kind, amount, opposite, fee }, place): CsvRow => {
        const processorFee = mainKinds.some((main) => main === kind) ? (fee ?? 0) : 0;
        balance += amount + processorFee;
        return csvRow({
          datetime: new Date(start + seconds * 1_000).toISOString().slice(0, 19),
          shortId: `r${index}-${place}`,
          shortGroup: `g${index}`,
          kind,
          type: amount < 0 ? 'DEBIT' : 'CREDIT',
          currency: code,
          amount: toMajorUnits(amount, code),
          paymentProcessorFee: toMajorUnits(processorFee, code),
          netAmount: toMajorUnits(amount + processorFee, code),
          balance: toMajorUnits(balance, code),
          oppositeAccountSlug: byHost.includes(kind) ? 'harbour' : opposite,
          ...(refunds === undefined || index === 0
            ? {}
            : { isRefund: 'REFUND', shortRefundId: `r${refunds % index}-${place}` }),
        });
      }),
    );
  return { rows: oldestFirst.toReversed(), total: balance, code };
});

const withRows = exported.filter(({ rows }) => rows.length > 0);

const party = (accountId: string, hostId: string | null): Party => ({
  accountId,
  accountName: accountId,
  accountKind: 'collective',
  hostId,
  hostName: hostId,
});

function postingsOf(ledger: Ledger) {
  const host = party('host', 'host');
  return ledger.movements.map((movement) => {
    const opposite = movement.opposite === 'harbour' ? host : party(movement.opposite, null);
    const occasion = {
      parties: { host, collective: party('collective', 'host'), opposite },
      currency: ledger.currency,
      at: '2026-01-15T09:00:00.000Z',
    };
    return { movement, ...importedEvent(movement, occasion, 'harbour') };
  });
}

const availableOfCollective = (ledger: Ledger): number =>
  postingsOf(ledger)
    .flatMap(({ postings }) => postings)
    .filter((posting) => isHostPosting(posting) && posting.accountId === 'collective' && posting.ledger === 'available')
    .reduce((sum, { amount }) => sum + amount, 0);

test('whatever the groups hold, every entry balances and the collective ends with the sum of the file', async () => {
  await fc.assert(
    fc.asyncProperty(withRows, async ({ rows, total }) => {
      const ledger = await readLedger(csvOf(rows), 'harbour');
      expect(ledger.total).toBe(total);
      expect(ledger.opening).toBe(0);
      for (const { movement, data, postings } of postingsOf(ledger)) {
        expect([...imbalances(postings)]).toEqual([]);
        expect(postings.every((posting) => isHostPosting(posting) && posting.book === 'host')).toBe(true);
        const intent = data.type === 'imported' ? data.intent : undefined;
        expect(intent).toMatchObject({ status: 'received', id: movement.id, amount: { currency: ledger.currency } });
        expect(intent?.receipts.every(({ amount, cost }) => amount.amount >= 0 && cost >= 0)).toBe(true);
      }
      expect(availableOfCollective(ledger)).toBe(total);
    }),
    { numRuns: 300 },
  );
});

test('refunds point at movements that come before them, and never at themselves', async () => {
  await fc.assert(
    fc.asyncProperty(withRows, async ({ rows }) => {
      const { movements } = await readLedger(csvOf(rows), 'harbour');
      for (const [index, { refundsId }] of movements.entries()) {
        const original = movements.findIndex(({ id }) => id === refundsId);
        expect(refundsId === null || original < index).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

test('fees in columns give the same balance as fees in rows', async () => {
  await fc.assert(
    fc.asyncProperty(withRows, async ({ rows }) => {
      const asRows = await readLedger(csvOf(rows), 'harbour');
      const columns = inColumns(rows, ['PAYMENT_PROCESSOR_FEE', 'HOST_FEE', 'TAX']);
      const asColumns = await readLedger(csvOf(columns), 'harbour');
      expect(availableOfCollective(asColumns)).toBe(availableOfCollective(asRows));
    }),
    { numRuns: 200 },
  );
});

test('changing one amount by one cent is found by the running balance or by the sum of the row', async () => {
  await fc.assert(
    fc.asyncProperty(
      withRows,
      fc.nat(),
      fc.constantFrom('amount', 'netAmount', 'balance'),
      async (file, at, column) => {
        const rows = file.rows.map((row, index) => {
          const text = row[column] ?? '';
          const digit = text.at(-1) === '9' ? '0' : String(Number(text.at(-1)) + 1);
          return index === at % file.rows.length ? { ...row, [column]: text.slice(0, -1) + digit } : row;
        });
        // With a single row nothing says that its balance is wrong, except that it does not begin at nothing.
        const outcome = await readLedger(csvOf(rows), 'harbour').then(
          ({ opening }) => opening,
          (error: unknown) => error,
        );
        expect(outcome).not.toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test('any text at all is read or refused with a reason, and never breaks the reader', async () => {
  const header = csvOf([csvRow({})]).split('\r\n')[0] ?? '';
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), fc.boolean(), async (text, hasHeader) => {
      const outcome = await readLedger(hasHeader ? `${header}\r\n${text}` : text, 'harbour').catch(
        (error: unknown) => error,
      );
      expect((outcome as Error).name).toBe('ImportError');
    }),
    { numRuns: 300 },
  );
});
