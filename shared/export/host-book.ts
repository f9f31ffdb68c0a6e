/** A host's whole history for taking out: its own book, and what of the network book concerns its intents (requirements M4). */
import type { IntentSummary, Store } from '../application/ports.ts';
import type { Account } from '../domain/account.ts';
import { isHostPosting, type Posting } from '../domain/books.ts';

export type ExportStore = Pick<Store, 'entries' | 'listIntents' | 'intentEvents' | 'accounts' | 'cells'>;

export type BookLine = {
  readonly eventId: string;
  readonly subjectId: string;
  readonly number: number;
  readonly eventType: string;
  /** The moment the books count it under. */
  readonly effectiveAt: string;
  /** When it was recorded here. */
  readonly at: string;
  /** Of the host's own book and of the network book; each balances by itself. */
  readonly postings: readonly Posting[];
};

export type HostBook = {
  readonly host: Account;
  /** Oldest first. */
  readonly lines: readonly BookLine[];
  readonly intents: ReadonlyMap<string, IntentSummary>;
  /** Every account that a posting names. */
  readonly accounts: ReadonlyMap<string, Account>;
};

const pageSize = 200;

export async function readHostBook(store: ExportStore, host: Account): Promise<HostBook> {
  const intents = await intentsOf(store, host.id);
  const lines = new Map<string, BookLine>();
  for await (const line of store.entries(host.id)) {
    // An event that touches several parts of the book is listed once for each, every time with all of its postings.
    const { accountId: _part, currency: _itsCurrency, postings, ...event } = line;
    lines.set(line.eventId, { ...event, postings: concerning(host.id, postings) });
  }
  for (const { id } of [...intents.values()].filter(({ network }) => network !== null)) {
    for (const event of await store.intentEvents(id)) {
      const postings = concerning(host.id, event.postings);
      if (postings.length > 0 && !lines.has(event.id)) {
        const { id: eventId, subjectId, number, data, effectiveAt, at } = event;
        lines.set(eventId, { eventId, subjectId, number, eventType: data.type, effectiveAt, at, postings });
      }
    }
  }
  const oldestFirst = [...lines.values()].sort(byTime);
  return { host, lines: oldestFirst, intents, accounts: await accountsOf(store, host, oldestFirst) };
}

/** What the other host does in its own book is its own business. */
const concerning = (hostId: string, postings: readonly Posting[]): readonly Posting[] =>
  postings.filter((posting) => !isHostPosting(posting) || posting.book === hostId);

async function intentsOf(store: ExportStore, hostId: string): Promise<ReadonlyMap<string, IntentSummary>> {
  const intents = new Map<string, IntentSummary>();
  for (const direction of ['outgoing', 'incoming'] as const) {
    let from: Awaited<ReturnType<ExportStore['listIntents']>>['next'];
    do {
      const page = await store.listIntents({ by: 'host', direction, hostId }, {}, pageSize, from);
      for (const intent of page.items) {
        intents.set(intent.id, intent);
      }
      from = page.next;
    } while (from !== undefined);
  }
  return intents;
}

async function accountsOf(
  store: ExportStore,
  host: Account,
  lines: readonly BookLine[],
): Promise<ReadonlyMap<string, Account>> {
  const ids = new Set(
    lines.flatMap(({ postings }) =>
      postings.map((posting) => (isHostPosting(posting) ? posting.accountId : posting.party)),
    ),
  );
  const accounts = await store.accounts([...ids].filter((id) => id.startsWith('acc_')));
  return new Map([host, ...accounts].map((account) => [account.id, account]));
}

function byTime(one: BookLine, other: BookLine): number {
  const key = ({ effectiveAt, at, subjectId, number }: BookLine): string =>
    [effectiveAt, at, subjectId, number.toString().padStart(8, '0')].join(' ');
  return key(one) < key(other) ? -1 : 1;
}

/** @returns one line of text without control characters */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
