/** Transactions exports for tests: the two real ones, made-up ones, and the other flavour of any of them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Dependencies } from '../../shared/application/ports.ts';
import { fromMajorUnits, toMajorUnits } from '../../shared/domain/money.ts';
import { type Ledger, ledgerOf } from '../../shared/import/opencollective-ledger.ts';
import { readRows } from '../../shared/import/opencollective-rows.ts';

export type CsvRow = Readonly<Partial<Record<string, string>>>;

export const realFiles = {
  homebrew: { file: 'homebrew-opensource-2021-2025.csv', hostSlug: 'opensource', total: 19_332_478 },
  brew: { file: 'brew-foundation-2022-2024.csv', hostSlug: 'foundation', total: 16 },
} as const;

export const realText = async (name: keyof typeof realFiles): Promise<string> =>
  readFile(new URL(`../../data/${realFiles[name].file}`, import.meta.url), 'utf8');

export const rowsOf = (text: string): readonly CsvRow[] => parse(text, { columns: true });

export function csvOf(rows: readonly CsvRow[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))]
    .map((cells) => `${cells.map(quoted).join(',')}\r\n`)
    .join('');
}

/** A row that is right by itself; what a test is about is given. */
export function csvRow(given: CsvRow): CsvRow {
  const { amount = '10', currency = 'USD' } = given;
  return {
    datetime: '2024-03-01T12:00:00',
    shortId: createHash('sha256').update(JSON.stringify(given)).digest('hex').slice(0, 8),
    shortGroup: 'aaaaaaaa',
    description: 'Contribution from Ada',
    type: amount.startsWith('-') ? 'DEBIT' : 'CREDIT',
    kind: 'CONTRIBUTION',
    isRefund: '',
    isRefunded: '',
    shortRefundId: '',
    amount,
    netAmount: amount,
    currency,
    accountSlug: 'garden',
    accountName: 'Garden',
    oppositeAccountSlug: 'ada',
    oppositeAccountName: 'Ada',
    ...given,
  };
}

export const hostFee = (given: CsvRow): CsvRow =>
  csvRow({
    kind: 'HOST_FEE',
    description: 'Host Fee to Harbour',
    oppositeAccountSlug: 'harbour',
    oppositeAccountName: 'Harbour',
    ...given,
  });

export const processorFee = (given: CsvRow): CsvRow =>
  csvRow({
    kind: 'PAYMENT_PROCESSOR_FEE',
    description: 'Transaction to Stripe',
    oppositeAccountSlug: 'stripe-payment-processor-vendor',
    oppositeAccountName: 'Stripe',
    ...given,
  });

export const readLedger = async (text: string, hostSlug: string): Promise<Ledger> =>
  ledgerOf(await Array.fromAsync(readRows([text], hostSlug)), hostSlug);

const columnOfKind: Readonly<Record<string, string>> = {
  PAYMENT_PROCESSOR_FEE: 'paymentProcessorFee',
  HOST_FEE: 'hostFee',
  TAX: 'taxAmount',
};

/** The export that the other setting gives: fees beside the amount they belong to, instead of in rows of their own. */
export function inColumns(rows: readonly CsvRow[], kinds: readonly string[]): readonly CsvRow[] {
  const isFee = (row: CsvRow): boolean => kinds.includes(row.kind ?? '');
  const minor = (row: CsvRow, column: string): number => fromMajorUnits(row[column] || '0', row.currency ?? '') ?? 0;
  return [...Map.groupBy(rows, (row) => row.shortGroup ?? '').values()].flatMap((group) => {
    const [main, ...others] = group.filter((row) => !isFee(row));
    if (main === undefined) {
      return group;
    }
    const fees = group.filter(isFee);
    const currency = main.currency ?? '';
    const columns = Object.fromEntries(
      kinds.map((kind) => {
        const column = columnOfKind[kind] ?? '';
        const sum = fees.filter((fee) => fee.kind === kind).reduce((total, fee) => total + minor(fee, 'amount'), 0);
        return [column, toMajorUnits(minor(main, column) + sum, currency)];
      }),
    );
    const net = minor(main, 'netAmount') + fees.reduce((total, fee) => total + minor(fee, 'netAmount'), 0);
    return [
      { ...main, ...columns, netAmount: toMajorUnits(net, currency), balance: '' },
      ...others.map((row) => ({ ...row, balance: '' })),
    ];
  });
}

/** Time stands still, so that two loads can be compared byte by byte. */
export const importClock: Dependencies['clock'] = { now: () => '2026-01-15T09:00:00.000Z' };

export const sha256: Dependencies['hash'] = (text) => createHash('sha256').update(text).digest('base64url');
