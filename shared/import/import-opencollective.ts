/**
 * Loads an Open Collective transactions export into the books of a host. The file is read and checked whole before anything
 * is written; then each movement is one transaction under an id that follows from the file, so that a load that was cut
 * short is finished by starting it again, and loading a file twice changes nothing.
 */
import { sealIntent } from '../application/history.ts';
import type { Change, Dependencies, IntentChange, Position, Store, StoredIntent } from '../application/ports.ts';
import { type Account, asParty, defaultSettings, hostIdOf } from '../domain/account.ts';
import { decideReversal } from '../domain/decide.ts';
import type { DraftEvent, Party } from '../domain/payment-intent.ts';
import { derivedId } from './derived-ids.ts';
import { ImportError } from './import-error.ts';
import { importActor, importedEvent } from './imported-intent.ts';
import { clean, type Ledger, ledgerOf, type Movement, type Outsider, slugOf } from './opencollective-ledger.ts';
import { type CsvSource, readRows } from './opencollective-rows.ts';

export type ImportDependencies = Pick<Dependencies, 'clock' | 'hash'> & {
  readonly store: Pick<Store, 'commit' | 'intent' | 'listIntents' | 'accounts' | 'accountBySlug' | 'balances'>;
};

export type ImportProgress = {
  readonly step: 'accounts' | 'movements';
  readonly done: number;
  readonly total: number;
};

export type ImportOptions = {
  readonly file: CsvSource;
  readonly hostSlug: string;
  /** Make the host when there is none; nobody is a member of it then. */
  readonly createsHost?: boolean;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops between two movements; what has been written stays, and the next load continues. */
  readonly signal?: AbortSignal;
};

export type ImportReport = {
  readonly host: Account;
  readonly collective: Account;
  readonly isHostNew: boolean;
  readonly rows: number;
  readonly movements: number;
  /** How many of the movements this load wrote; the others were there. */
  readonly written: number;
  readonly accountsWritten: number;
  readonly unlinkedRefunds: number;
  readonly currency: string;
  /** The sum of the file, in minor units. */
  readonly total: number;
  /** What the collective has now, in minor units. */
  readonly available: number;
};

/** Enough to keep the table busy; more would only make writers wait for each other at the collective's balance. */
const parallelWriters = 8;
const pageSize = 200;
/** Two items each, well below what one transaction may hold. */
const accountsPerCommit = 40;
const attemptsMax = 12;

export async function readOpenCollective(file: CsvSource, hostSlug: string): Promise<Ledger> {
  return ledgerOf(await Array.fromAsync(readRows(file, hostSlug)), hostSlug);
}

/**
 * @throws ImportError when the file or the place is wrong; nothing has been written then
 */
export async function importOpenCollective(deps: ImportDependencies, options: ImportOptions): Promise<ImportReport> {
  const { hostSlug, onProgress, signal } = options;
  const ledger = await readOpenCollective(options.file, hostSlug);
  const place = await findPlace(deps, ledger, options.createsHost ?? false);
  // Movements are written after their collective, so a new one has none and nothing needs to be asked.
  const missing = place.isCollectiveNew
    ? ledger.movements
    : await missingMovements(deps.store, place.collective, ledger);
  await checkOpening(deps.store, place, ledger, missing);

  const accountsWritten = await createAccounts(deps, place, ledger, (done, total) =>
    onProgress?.({ step: 'accounts', done, total }),
  );
  const parties = partiesOf(place, ledger, await outsidersThere(deps.store, ledger));
  const writer: Writer = { deps, parties, ledger, at: deps.clock.now() };
  let done = ledger.movements.length - missing.length;
  const progress = (): void => onProgress?.({ step: 'movements', done, total: ledger.movements.length });
  progress();
  const write = async (movement: Movement): Promise<void> => {
    signal?.throwIfAborted();
    await writeMovement(writer, movement);
    done += 1;
    progress();
  };
  // A reversal is written on its original, so originals come first; among themselves movements may come in any order.
  await inParallel(
    missing.filter(({ refundsId }) => refundsId === null),
    write,
  );
  for (const reversal of missing.filter(({ refundsId }) => refundsId !== null)) {
    await write(reversal);
  }

  return {
    host: place.host,
    collective: place.collective,
    isHostNew: place.isHostNew,
    rows: ledger.rows,
    movements: ledger.movements.length,
    written: missing.length,
    accountsWritten,
    unlinkedRefunds: ledger.unlinkedRefunds,
    currency: ledger.currency,
    total: ledger.total,
    available: await availableOf(deps.store, place, ledger.currency),
  };
}

// --- The place it goes to --------------------------------------------------------------------------------------------

type Place = {
  readonly host: Account;
  readonly collective: Account;
  readonly isHostNew: boolean;
  readonly isCollectiveNew: boolean;
};

async function findPlace({ store, clock }: ImportDependencies, ledger: Ledger, createsHost: boolean): Promise<Place> {
  const now = clock.now();
  const slug = slugOf(ledger.collective.slug);
  const [hostThere, collectiveThere] = await Promise.all([
    store.accountBySlug(ledger.hostSlug),
    store.accountBySlug(slug),
  ]);
  if (hostThere === undefined && !createsHost) {
    throw new ImportError(`There is no host ${ledger.hostSlug}. Create it first.`);
  }
  if (hostThere !== undefined && hostThere.kind !== 'host') {
    throw new ImportError(`${ledger.hostSlug} is a ${hostThere.kind}, not a host.`);
  }
  const host = hostThere ?? newHost(ledger, now);
  if (
    collectiveThere !== undefined &&
    (collectiveThere.kind !== 'collective' || hostIdOf(collectiveThere) !== host.id)
  ) {
    throw new ImportError(
      collectiveThere.kind === 'collective'
        ? `The collective ${slug} exists and is not hosted by ${host.slug}. Let it apply there and be accepted first.`
        : `${slug} is a ${collectiveThere.kind}, not a collective.`,
    );
  }
  return {
    host,
    collective: collectiveThere ?? newCollective(ledger, slug, host, now),
    isHostNew: hostThere === undefined,
    isCollectiveNew: collectiveThere === undefined,
  };
}

type Named = Pick<Account, 'id' | 'kind' | 'slug' | 'name' | 'currency'>;

const newAccount = (named: Named, now: string): Account => ({
  ...named,
  status: 'active',
  country: null,
  timeZone: 'UTC',
  hosting: { status: 'none' },
  settings: null,
  email: null,
  version: 1,
  createdAt: now,
  updatedAt: now,
});

function newHost({ hostSlug, hostName, currency }: Ledger, now: string): Account {
  if (slugOf(hostSlug) !== hostSlug) {
    throw new ImportError(`${hostSlug} cannot be the slug of a host: lower-case words joined by hyphens are.`);
  }
  const id = derivedId('acc', 0, hostSlug);
  const name = clean(hostName ?? hostSlug);
  return { ...newAccount({ id, kind: 'host', slug: hostSlug, name, currency }, now), settings: defaultSettings };
}

function newCollective({ hostSlug, collective, currency }: Ledger, slug: string, host: Account, now: string): Account {
  const id = derivedId('acc', 0, hostSlug, 'collective', collective.slug);
  const name = clean(collective.name);
  return {
    ...newAccount({ id, kind: 'collective', slug, name, currency }, now),
    hosting: { status: 'hosted', hostId: host.id, hostName: host.name, since: now },
  };
}

/** A file that begins in the middle of a history can only follow what was loaded of it before. */
async function checkOpening(
  store: ImportDependencies['store'],
  place: Place,
  ledger: Ledger,
  missing: readonly Movement[],
): Promise<void> {
  if (ledger.opening === null || ledger.opening === 0) {
    return;
  }
  const loaded = ledger.total - missing.reduce((sum, { net }) => sum + net, 0);
  const before = (await availableOf(store, place, ledger.currency)) - loaded;
  if (before !== ledger.opening) {
    throw new ImportError(
      `The file begins with a balance of ${ledger.opening}, and the books have ${before} without it (in minor units). ` +
        'Load the export of the time before first, or export everything.',
    );
  }
}

async function availableOf(store: ImportDependencies['store'], place: Place, currency: string): Promise<number> {
  const balances = await store.balances(place.host.id, place.collective.id);
  return balances.find((balance) => balance.currency === currency)?.ledgers.available ?? 0;
}

// --- Accounts --------------------------------------------------------------------------------------------------------

async function createAccounts(
  { store, clock }: ImportDependencies,
  place: Place,
  ledger: Ledger,
  onProgress: (done: number, total: number) => void,
): Promise<number> {
  const there = await outsidersThere(store, ledger);
  const outsiders = [...ledger.outsiders.values()].filter(({ id }) => !there.has(id));
  const wanted: readonly Account[] = [
    ...(place.isHostNew ? [place.host] : []),
    ...(place.isCollectiveNew ? [place.collective] : []),
    ...outsiders.map((outsider) => newAccount({ ...outsider, currency: ledger.currency }, clock.now())),
  ];
  for (let from = 0; from < wanted.length; from += accountsPerCommit) {
    onProgress(from, wanted.length);
    await createTogether(store, wanted.slice(from, from + accountsPerCommit), clock.now());
  }
  onProgress(wanted.length, wanted.length);
  return wanted.length;
}

/** Another load of the same history may be making the same accounts at this moment: what is there is left as it is. */
async function createTogether(
  store: ImportDependencies['store'],
  accounts: readonly Account[],
  now: string,
): Promise<void> {
  for (let rest = accounts, attempt = 1; rest.length > 0; attempt += 1) {
    const change: Change = { intents: [], accounts: rest.map((after) => ({ before: null, after })) };
    const { outcome } = await store.commit(change, importActor.userId, now);
    if (outcome === 'committed') {
      return;
    }
    if (attempt === attemptsMax) {
      throw new ImportError(
        `The accounts could not be created (${outcome}): another account may have one of the names ` +
          `${rest.map(({ slug }) => slug).join(', ')}.`,
      );
    }
    await pause(attempt);
    const there = new Set((await store.accounts(rest.map(({ id }) => id))).map(({ id }) => id));
    rest = rest.filter(({ id }) => !there.has(id));
  }
}

async function outsidersThere(
  store: ImportDependencies['store'],
  { outsiders }: Ledger,
): Promise<ReadonlyMap<string, Account>> {
  const accounts = await store.accounts([...outsiders.values()].map(({ id }: Outsider) => id));
  return new Map(accounts.map((account) => [account.id, account]));
}

/** By the slug that the file has. Whoever it is, for these books the money went out of the host or came in from outside. */
function partiesOf(
  { host, collective }: Place,
  { hostSlug, outsiders }: Ledger,
  accounts: ReadonlyMap<string, Account>,
): { readonly host: Party; readonly collective: Party; readonly opposites: ReadonlyMap<string, Party> } {
  const outside = [...outsiders].flatMap(([slug, { id }]): (readonly [string, Party])[] => {
    const account = accounts.get(id);
    return account === undefined ? [] : [[slug, { ...asParty(account), hostId: null, hostName: null }]];
  });
  return {
    host: asParty(host),
    collective: asParty(collective),
    opposites: new Map([[hostSlug, asParty(host)], ...outside]),
  };
}

// --- Movements -------------------------------------------------------------------------------------------------------

type Writer = {
  readonly deps: ImportDependencies;
  readonly parties: ReturnType<typeof partiesOf>;
  readonly ledger: Ledger;
  readonly at: string;
};

/**
 * What of the file is not there yet, from the collective's own lists: a few pages instead of a read for each. The lists may
 * lag a moment behind the table, which costs a refused transaction and nothing else.
 */
async function missingMovements(
  store: ImportDependencies['store'],
  collective: Account,
  { movements }: Ledger,
): Promise<readonly Movement[]> {
  const created = { createdFrom: movements[0]?.at, createdTo: movements.at(-1)?.at };
  const there = new Set<string>();
  for (const direction of ['incoming', 'outgoing'] as const) {
    let from: Position | undefined;
    do {
      const page = await store.listIntents(
        { by: 'account', direction, accountId: collective.id },
        created,
        pageSize,
        from,
      );
      for (const { id } of page.items) {
        there.add(id);
      }
      from = page.next;
    } while (from !== undefined);
  }
  return movements.filter(({ id }) => !there.has(id));
}

async function writeMovement(writer: Writer, movement: Movement): Promise<void> {
  const { store } = writer.deps;
  for (let attempt = 1; ; attempt += 1) {
    const change: Change = { intents: await changesOf(writer, movement), allowNegative: true };
    const { outcome } = await store.commit(change, importActor.userId, writer.at);
    // A lost race against another load of the same file is as good as a won one.
    if (outcome === 'committed' || (await store.intent(movement.id)) !== undefined) {
      return;
    }
    if (attempt === attemptsMax) {
      throw new Error(`The movement of line ${movement.line} could not be written: ${outcome}.`);
    }
    await pause(attempt);
  }
}

/** The movement's intent and, for a refund, the mark on what it takes back: both or neither. */
async function changesOf(writer: Writer, movement: Movement): Promise<readonly IntentChange[]> {
  const { deps, parties, ledger, at } = writer;
  const opposite = parties.opposites.get(movement.opposite);
  if (opposite === undefined) {
    throw new Error(`Account ${movement.opposite} is not there, although it was created.`);
  }
  const occasion = { parties: { ...parties, opposite }, currency: ledger.currency, at };
  const imported = appended(writer, movement, movement.id, null, importedEvent(movement, occasion, ledger.hostSlug));
  if (movement.refundsId === null) {
    return [imported];
  }
  const original = await deps.store.intent(movement.refundsId);
  if (original === undefined) {
    throw new Error(`Intent ${movement.refundsId} is not there, although it was loaded.`);
  }
  const reversal = decideReversal(original.intent, movement.id, movement.gross);
  return [imported, appended(writer, movement, movement.refundsId, original, reversal)];
}

function appended(
  { deps, at }: Writer,
  movement: Movement,
  id: string,
  before: StoredIntent | null,
  event: DraftEvent,
): IntentChange {
  const eventId = derivedId('evt', Date.parse(movement.at), id, movement.id);
  const sealing = { hash: deps.hash, ids: { next: () => eventId } };
  const occasion = { actor: importActor, at, effectiveAt: movement.at };
  return { before: before?.intent ?? null, ...sealIntent(sealing, { id, before }, [event], occasion) };
}

// --- Small pieces ----------------------------------------------------------------------------------------------------

/** Works through the items in order, several at once; the first failure stops the rest and is thrown when all have stopped. */
async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (hasFailed) {
        return;
      }
      try {
        await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: parallelWriters }, worker));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) {
    throw failure.reason;
  }
}

const pause = async (attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** Math.min(attempt, 7)));
