/** Reads an Open Collective transactions export row by row: every cell that counts is checked, and amounts become exact. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { currencyExponent, fromMajorUnits } from '../domain/money.ts';
import { ImportError } from './import-error.ts';
import { hostLedgerKinds, kindRule, knownKinds } from './opencollective-kinds.ts';

export type Row = {
  readonly line: number;
  /** ISO 8601, UTC, with milliseconds. */
  readonly at: string;
  readonly id: string;
  readonly group: string;
  readonly kind: string;
  readonly direction: 'in' | 'out';
  readonly isRefund: boolean;
  /** The row that this one refunds, or that refunds it. */
  readonly linkedRow: string | null;
  readonly currency: string;
  /** Minor units, as all amounts here; positive raises the collective's balance. */
  readonly amount: number;
  readonly processorFee: number;
  readonly hostFee: number;
  readonly platformFee: number;
  readonly tax: number;
  readonly net: number;
  /** The collective's balance after this row, where the export has it. */
  readonly balance: number | null;
  readonly account: { readonly slug: string; readonly name: string };
  readonly opposite: { readonly slug: string; readonly name: string };
  readonly description: string;
  readonly paymentMethod: readonly string[];
  readonly expenseType: string;
  readonly payoutMethod: string;
  readonly reference: string | null;
};

/** A file is checked whole before anything is written, so it has to fit in memory: some hundred megabytes at this many. */
export const rowsMax = 250_000;
const recordBytesMax = 65_536;

const requiredColumns = [
  'datetime',
  'shortId',
  'shortGroup',
  'type',
  'kind',
  'amount',
  'netAmount',
  'currency',
  'accountSlug',
  'oppositeAccountSlug',
] as const;

/** Columns that carry fees beside the amount; an export has them or has rows of their own, and often a mixture. */
const feeColumns = ['paymentProcessorFee', 'hostFee', 'platformFee', 'taxAmount'] as const;

type Cells = Readonly<Record<string, string | undefined>>;

export type CsvSource = Readable | Iterable<string | Buffer> | AsyncIterable<string | Buffer>;

/**
 * @throws ImportError for the first line that is wrong
 */
export async function* readRows(source: CsvSource, hostSlug: string): AsyncGenerator<Row> {
  const parser = parse({
    columns: checkedHeader,
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: recordBytesMax,
  });
  const input = source instanceof Readable ? source : Readable.from(source);
  // A failure of the source, or of the parser, reaches the loop below, which is where it is dealt with.
  const piped = pipeline(input, parser).catch(() => undefined);
  try {
    let count = 0;
    for await (const { record, info } of parser as AsyncIterable<{ record: Cells; info: { lines: number } }>) {
      count += 1;
      if (count > rowsMax) {
        throw new ImportError(`The file has more than ${rowsMax} rows. Export it in parts, by date, oldest first.`);
      }
      yield readRow(record, info.lines, hostSlug);
    }
    if (count === 0) {
      throw new ImportError('The file has no rows.');
    }
  } catch (error) {
    throw error instanceof CsvError ? new ImportError(brokenCsv(error), lineOf(error)) : error;
  } finally {
    input.destroy();
    await piped;
  }
}

function checkedHeader(header: readonly string[]): string[] {
  const names = header.map((name) => name.trim());
  const missing = requiredColumns.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    throw new ImportError(
      `This is not a transactions export of Open Collective: it has no column ${missing.join(', ')}. ` +
        'Export it with the short field names (not "Date & Time" but "datetime").',
      1,
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new ImportError(`The column ${twice} is there twice.`, 1);
  }
  return names;
}

const brokenCsv = (error: CsvError): string => {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'A quoted text is not closed: the file is cut off, or a quote is missing.';
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return 'It does not have as many fields as the header: the file is cut off, or a comma is not quoted.';
    case 'CSV_MAX_RECORD_SIZE':
      return `It is longer than ${recordBytesMax} bytes: a quote is missing, or this is not a CSV file.`;
    default:
      return `It is not valid CSV (${error.code}).`;
  }
};

const lineOf = (error: CsvError): number | undefined => {
  const { lines } = error as unknown as { lines?: unknown };
  return typeof lines === 'number' ? lines : undefined;
};

function readRow(cells: Cells, line: number, hostSlug: string): Row {
  const cell = (name: string): string => (cells[name] ?? '').trim();
  const needed = (name: string): string => {
    const text = cell(name);
    if (text === '') {
      throw new ImportError(`${name} is empty.`, line);
    }
    return text;
  };

  const currency = needed('currency');
  if (currencyExponent(currency) === undefined) {
    throw new ImportError(`The currency ${quoted(currency)} is not one of ISO 4217.`, line);
  }
  const money = (name: string, text: string): number => {
    const amount = fromMajorUnits(text, currency);
    if (amount === undefined) {
      throw new ImportError(`${name} is ${quoted(text)}, which is not an amount in ${currency}.`, line);
    }
    return amount;
  };

  const kind = needed('kind');
  const rule = kindRule(kind);
  if (rule === undefined) {
    throw new ImportError(
      hostLedgerKinds.includes(kind)
        ? `A row of kind ${kind} belongs to the ledger of a host. Export the transactions of the collective instead.`
        : `The kind ${quoted(kind)} is unknown. Known are: ${knownKinds.join(', ')}.`,
      line,
    );
  }

  const [processorFee = 0, hostFee = 0, platformFee = 0, tax = 0] = feeColumns.map((name) =>
    cell(name) === '' ? 0 : money(name, cell(name)),
  );
  const amount = money('amount', needed('amount'));
  const net = money('netAmount', needed('netAmount'));
  if (amount + processorFee + hostFee + platformFee + tax !== net) {
    throw new ImportError(
      `amount ${cell('amount')} and the fees beside it do not make netAmount ${cell('netAmount')}.`,
      line,
    );
  }
  const type = needed('type');
  if (type !== 'CREDIT' && type !== 'DEBIT') {
    throw new ImportError(`type is ${quoted(type)}; it has to be CREDIT or DEBIT.`, line);
  }
  if (type === 'CREDIT' ? amount < 0 : amount > 0) {
    throw new ImportError(`A ${type} of ${cell('amount')} has the wrong sign.`, line);
  }

  const account = { slug: needed('accountSlug'), name: cell('accountName') || cell('accountSlug') };
  const opposite = {
    slug: needed('oppositeAccountSlug'),
    name: cell('oppositeAccountName') || cell('oppositeAccountSlug'),
  };
  if (account.slug === hostSlug) {
    throw new ImportError(
      `This is the ledger of the host ${hostSlug} itself. Export the transactions of the collective instead.`,
      line,
    );
  }
  const namedHost = cell('hostSlug') || (rule.role === 'side' && rule.byHost ? opposite.slug : hostSlug);
  if (namedHost !== hostSlug) {
    throw new ImportError(`The host here is ${namedHost}, not ${hostSlug}: load it with --host ${namedHost}.`, line);
  }

  return {
    line,
    at: instant(needed('datetime'), line),
    id: needed('shortId'),
    group: needed('shortGroup'),
    kind,
    direction: type === 'CREDIT' ? 'in' : 'out',
    isRefund: cell('isRefund') === 'REFUND',
    linkedRow: cell('shortRefundId') || null,
    currency,
    amount,
    processorFee,
    hostFee,
    platformFee,
    tax,
    net,
    balance: cell('balance') === '' ? null : money('balance', cell('balance')),
    account,
    opposite,
    description: cell('description'),
    paymentMethod: [cell('paymentMethodService'), cell('paymentMethodType')].filter((part) => part !== ''),
    expenseType: cell('expenseType'),
    payoutMethod: cell('payoutMethodType'),
    reference: cell('merchantId') || null,
  };
}

/** Reads a time as UTC; the export writes it without a zone. */
function instant(text: string, line: number): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,3})?Z?$/.exec(text);
  const time = match === null ? Number.NaN : Date.parse(`${match[1]}${match[2] ?? ''}Z`);
  // The parser of dates turns 30 February into March, so what it understood has to read as what was written.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 19) !== match?.[1]) {
    throw new ImportError(`datetime is ${quoted(text)}, which is not a time such as 2024-01-31T12:00:00.`, line);
  }
  return new Date(time).toISOString();
}

const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
