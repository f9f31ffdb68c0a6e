/**
 * Turns the rows of an Open Collective transactions export into movements of money, oldest first, each of which becomes one
 * payment intent. Pure: the same rows always give the same movements, with the same ids.
 */
import type { AccountKind, IntentType } from '../domain/payment-intent.ts';
import { derivedId } from './derived-ids.ts';
import { ImportError } from './import-error.ts';
import { type Against, expenseType, kindRule } from './opencollective-kinds.ts';
import type { Row } from './opencollective-rows.ts';

/** A change of the collective's balance, and what stands against it in the host's book. */
export type Effect = { readonly against: Against; readonly amount: number };

export type Movement = {
  readonly id: string;
  readonly line: number;
  readonly group: string;
  readonly at: string;
  readonly type: IntentType;
  /** As the collective sees it. */
  readonly direction: 'in' | 'out';
  /** The slug of the other side, as the file has it. */
  readonly opposite: string;
  /** What it was about, before fees; minor units, not negative. */
  readonly gross: number;
  readonly effects: readonly Effect[];
  /** What the collective's balance changed by: the sum of the effects. */
  readonly net: number;
  readonly isRefund: boolean;
  /** The movement that this one takes back, if the file has it. */
  readonly refundsId: string | null;
  readonly purpose: string;
  readonly method: string;
  readonly payoutMethod: string;
  readonly reference: string | null;
};

/** Somebody whose money this host does not hold for the purposes of this file. */
export type Outsider = {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly kind: Extract<AccountKind, 'person' | 'organisation'>;
};

export type Ledger = {
  readonly hostSlug: string;
  /** As the file names the host, if it names it. */
  readonly hostName: string | null;
  readonly collective: { readonly slug: string; readonly name: string };
  readonly currency: string;
  readonly rows: number;
  readonly movements: readonly Movement[];
  /** By the slug that the file has. */
  readonly outsiders: ReadonlyMap<string, Outsider>;
  /** The sum of `netAmount`. */
  readonly total: number;
  /** The balance before the oldest row; null when the file has no balances. */
  readonly opening: number | null;
  /** Refunds of something that is not in the file, or of which the file does not say what they refund. */
  readonly unlinkedRefunds: number;
};

/**
 * @param rows as the file has them: all of one collective, newest first or oldest first
 * @throws ImportError for the first row that does not fit the others
 */
export function ledgerOf(rows: readonly Row[], hostSlug: string): Ledger {
  const first = rows[0];
  if (first === undefined) {
    throw new ImportError('The file has no rows.');
  }
  checkOneLedger(rows, first);
  const oldestFirst = isOldestFirst(first, rows.at(-1) ?? first) ? rows : rows.toReversed();
  const opening = openingBalance(oldestFirst);
  const { movements, unlinkedRefunds } = movementsOf(oldestFirst, hostSlug);
  const total = rows.reduce((sum, row) => sum + row.net, 0);
  if (!Number.isSafeInteger(total) || movements.reduce((sum, { net }) => sum + net, 0) !== total) {
    throw new ImportError('The amounts in this file are too large to add up exactly.');
  }
  return {
    hostSlug,
    hostName: rows.find(({ opposite }) => opposite.slug === hostSlug)?.opposite.name ?? null,
    collective: first.account,
    currency: first.currency,
    rows: rows.length,
    movements,
    outsiders: outsidersOf(oldestFirst, hostSlug, new Set(movements.map(({ opposite }) => opposite))),
    total,
    opening,
    unlinkedRefunds,
  };
}

/** The export is newest first, with neighbours up to some seconds out of order; a file may have been sorted since. */
const isOldestFirst = (first: Row, last: Row): boolean => Date.parse(last.at) - Date.parse(first.at) > 60_000;

/** Rows are named by the first eight digits of their id, so it takes row and group together to tell two of them apart. */
const rowName = (row: Row): string => `${row.group} ${row.id}`;

function checkOneLedger(rows: readonly Row[], first: Row): void {
  const lines = new Map<string, number>();
  for (const row of rows) {
    if (row.account.slug !== first.account.slug) {
      throw new ImportError(
        `This row is of ${row.account.slug}, the ones before are of ${first.account.slug}. Export each collective by itself.`,
        row.line,
      );
    }
    if (row.currency !== first.currency) {
      throw new ImportError(
        `This row is in ${row.currency}, the ones before are in ${first.currency}: a ledger is in one currency.`,
        row.line,
      );
    }
    const before = lines.get(rowName(row));
    if (before !== undefined) {
      throw new ImportError(`Row ${row.id} of group ${row.group} is in line ${before} already.`, row.line);
    }
    lines.set(rowName(row), row.line);
  }
}

/** Where the export has running balances they have to follow from one another, row by row. */
function openingBalance(oldestFirst: readonly Row[]): number | null {
  let opening: number | null = null;
  let sum = 0;
  for (const row of oldestFirst) {
    sum += row.net;
    if (row.balance !== null) {
      opening ??= row.balance - sum;
      if (opening + sum !== row.balance) {
        throw new ImportError(
          `The balance after this row is given as ${row.balance}, but the rows up to it make ${opening + sum} ` +
            '(in minor units). A row is missing, or was changed.',
          row.line,
        );
      }
    }
  }
  return opening;
}

// --- Groups to movements ---------------------------------------------------------------------------------------------

type Draft = { readonly main: Row; readonly rows: Row[] };

function movementsOf(
  oldestFirst: readonly Row[],
  hostSlug: string,
): { readonly movements: readonly Movement[]; readonly unlinkedRefunds: number } {
  const groups = Map.groupBy(oldestFirst, (row) => row.group);
  const drafts = [...groups.values()].flatMap(draftsOf);
  const position = new Map(oldestFirst.map((row, index) => [row, index]));
  drafts.sort(
    ({ main: one }, { main: other }) =>
      Date.parse(one.at) - Date.parse(other.at) || (position.get(one) ?? 0) - (position.get(other) ?? 0),
  );
  const ids = new Map(drafts.map((draft) => [draft, intentId(hostSlug, draft.main)]));
  const links = linksOf(drafts);
  const movements = drafts.map((draft): Movement => {
    const { main, rows } = draft;
    const original = links.get(draft);
    const effects = rows.flatMap((row) => effectsOf(row, hostSlug));
    return {
      id: ids.get(draft) ?? '',
      line: main.line,
      group: main.group,
      at: main.at,
      type: typeOf(main),
      direction: main.direction,
      opposite: main.opposite.slug,
      gross: Math.abs(main.amount),
      effects,
      net: effects.reduce((sum, { amount }) => sum + amount, 0),
      isRefund: main.isRefund,
      refundsId: (original && ids.get(original)) ?? null,
      purpose: clean(main.description) || main.kind.toLowerCase().replaceAll('_', ' '),
      method: clean(main.paymentMethod.join(' ').toLowerCase().replaceAll('_', ' ')) || 'other',
      payoutMethod: main.payoutMethod,
      reference: main.reference && clean(main.reference),
    };
  });
  return { movements, unlinkedRefunds: movements.filter((one) => one.isRefund && one.refundsId === null).length };
}

const intentId = (hostSlug: string, main: Row): string =>
  derivedId('pi', Date.parse(main.at), hostSlug, main.account.slug, main.group, main.id);

/**
 * A group is one movement: its main row, with the rows of what it cost. With several main rows it is as many movements, and
 * the costs are the largest one's; without any, the largest row is what it is about.
 */
function draftsOf(group: readonly Row[]): readonly Draft[] {
  const isMain = (row: Row): boolean => kindRule(row.kind)?.role === 'main';
  const bySize = group.toSorted(
    (one, other) => Math.abs(other.amount) - Math.abs(one.amount) || (one.id < other.id ? -1 : 1),
  );
  const mains = bySize.filter(isMain);
  const [largest = bySize[0], ...others] = mains;
  if (largest === undefined) {
    return [];
  }
  const rest = group.filter((row) => row !== largest && !isMain(row));
  return [{ main: largest, rows: [largest, ...rest] }, ...others.map((main) => ({ main, rows: [main] }))];
}

/**
 * A refund is a group of its own, linked row by row with the original, in both directions; the one that calls itself a
 * refund takes back the other. When both do, the later one takes back the earlier.
 */
function linksOf(drafts: readonly Draft[]): ReadonlyMap<Draft, Draft> {
  const owners = Map.groupBy(
    drafts.flatMap((draft, index) => draft.rows.map((row) => ({ draft, index, row }))),
    ({ row }) => row.id,
  );
  const links = new Map<Draft, Draft>();
  for (const [index, draft] of drafts.entries()) {
    const original = draft.main.isRefund
      ? draft.rows
          .flatMap((row) => (row.linkedRow === null ? [] : (owners.get(row.linkedRow) ?? [])))
          .find((other) => other.draft !== draft && (!other.draft.main.isRefund || other.index < index))
      : undefined;
    if (original !== undefined) {
      links.set(draft, original.draft);
    }
  }
  return links;
}

/** Money that is taken back is a compensation, whatever it was before: the same as when it is sent back here. */
function typeOf(main: Row): IntentType {
  const rule = kindRule(main.kind);
  if (rule === undefined) {
    throw new Error(`Kind ${main.kind} passed the check of the rows.`);
  }
  if (main.isRefund) {
    return 'compensation';
  }
  return rule.role === 'side' ? rule.alone : rule.type === 'expense' ? expenseType(main.expenseType) : rule.type;
}

function effectsOf(row: Row, hostSlug: string): readonly Effect[] {
  const rule = kindRule(row.kind);
  const against: Against =
    rule?.role === 'side' ? rule.against : row.opposite.slug === hostSlug ? ('host' as const) : ('bank' as const);
  const effects: readonly Effect[] = [
    { against, amount: row.amount },
    { against: 'bank', amount: row.processorFee },
    { against: 'fees:host', amount: row.hostFee },
    { against: 'fees:platform', amount: row.platformFee },
    { against: 'host', amount: row.tax },
  ];
  return effects.filter(({ amount }) => amount !== 0);
}

// --- Who is on the other side ----------------------------------------------------------------------------------------

const isOrganisation = (row: Row): boolean =>
  row.opposite.slug.endsWith('-vendor') ||
  row.kind === 'ADDED_FUNDS' ||
  kindRule(row.kind)?.role === 'side' ||
  row.paymentMethod.some((part) => part === 'COLLECTIVE' || part === 'HOST');

/**
 * People and organisations outside. They belong to the host's own address book: the same name in the file of another host is
 * another account, so that no host learns from its history whom others pay.
 */
function outsidersOf(
  rows: readonly Row[],
  hostSlug: string,
  parties: ReadonlySet<string>,
): ReadonlyMap<string, Outsider> {
  const outside = rows.filter(({ opposite }) => opposite.slug !== hostSlug && parties.has(opposite.slug));
  return new Map(
    [...Map.groupBy(outside, ({ opposite }) => opposite.slug)].map(([slug, theirs]) => {
      const id = derivedId('acc', 0, hostSlug, slug);
      const name = clean(theirs[0]?.opposite.name ?? '') || slug;
      const suffix = id.slice(-8).toLowerCase();
      return [
        slug,
        { id, slug: `${slugOf(slug)}-${suffix}`, name, kind: theirs.some(isOrganisation) ? 'organisation' : 'person' },
      ];
    }),
  );
}

const slugLengthMax = 54;

/** @returns lower-case words joined by hyphens, as slugs are here */
export const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
    .join('-')
    .slice(0, slugLengthMax)
    .replace(/-$/, '') || 'account';

const textLengthMax = 200;

/** @returns one line without control characters, of a length that any list can show */
export function clean(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length <= textLengthMax ? line : `${line.slice(0, textLengthMax - 1).trimEnd()}…`;
}
