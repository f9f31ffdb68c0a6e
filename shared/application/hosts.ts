/** A host's settings, its books, its history, and money of which it does not yet know whose it is. */
import { type Account, type AccountSettings, hostIdOf, type SuspenseRecord } from '../domain/account.ts';
import {
  type Action,
  allowedBy,
  type Capacity,
  capacitiesForAccount,
  may,
  permissions,
} from '../domain/authorisation.ts';
import { asDebit, entry, type HostLedger } from '../domain/books.ts';
import type { Money } from '../domain/money.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { type Share, splitAmount } from '../domain/split.ts';
import { addLine, changeAccount, denied, readable, relationOf } from './accounts.ts';
import { inPast } from './calendar.ts';
import { execute, notFound, stale } from './execute.ts';
import { sealSuspense } from './history.ts';
import type { CommandRead, Dependencies, Position, Slice } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';
import { hasMoreHistories, verifyHostHistory } from './verification.ts';

// --- Settings --------------------------------------------------------------------------------------------------------

async function hostFor(
  deps: Dependencies,
  userId: string,
  hostId: string,
  action: Action,
): Promise<Result<Account, Refusal>> {
  const found = await readable(deps, userId, hostId, action);
  return found.ok && found.value.kind !== 'host' ? refuse(notFound('host')) : found;
}

/** @returns a part of what a host sets */
export async function settingsView(
  deps: Dependencies,
  userId: string,
  hostId: string,
  view: (settings: AccountSettings) => object,
): Outcome {
  const found = await hostFor(deps, userId, hostId, 'readHostSettings');
  if (!found.ok) {
    return found;
  }
  const { settings, version } = found.value;
  return settings === null
    ? refuse(notFound('host'))
    : accept({ status: 200, body: { ...view(settings), version }, version, replayed: false });
}

/** Changes a part of what a host sets, once it is known whether it may be so. */
export function decideSettings(
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  decide: (settings: AccountSettings) => Promise<Result<AccountSettings, Refusal>>,
  view: (settings: AccountSettings) => object,
): Outcome {
  return changeAccount(
    deps,
    meta,
    hostId,
    'changeHostSettings',
    async (account) => {
      if (account.settings === null) {
        return refuse(notFound('host'));
      }
      const settings = await decide(account.settings);
      return settings.ok ? accept({ ...account, settings: settings.value }) : settings;
    },
    ({ settings, version }) => ({ ...(settings === null ? {} : view(settings)), version }),
  );
}

const changeSettings = (
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  change: (settings: AccountSettings) => AccountSettings,
  view: (settings: AccountSettings) => object,
): Outcome => decideSettings(deps, meta, hostId, async (settings) => accept(change(settings)), view);

const policyView = ({ approvalPolicy }: AccountSettings) => ({ reviewers: approvalPolicy.steps[0]?.approvals ?? 1 });
/** Settings that were stored before there were contributions have no share of them. */
const feesView = ({ receivingFeeBasisPoints, contributionFeeBasisPoints = 0 }: AccountSettings) => ({
  receivingBasisPoints: receivingFeeBasisPoints,
  contributionBasisPoints: contributionFeeBasisPoints,
});

export const getApprovalPolicy = (deps: Dependencies, userId: string, hostId: string): Outcome =>
  settingsView(deps, userId, hostId, policyView);

/** One step for now: how many of the host's admins and finance leads have to agree. */
export const putApprovalPolicy = (
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  { reviewers }: { readonly reviewers: 1 | 2 },
): Outcome =>
  changeSettings(
    deps,
    meta,
    hostId,
    (settings) => ({
      ...settings,
      approvalPolicy: { steps: [{ name: 'review', roles: ['host_admin', 'finance_lead'], approvals: reviewers }] },
    }),
    policyView,
  );

export const getFees = (deps: Dependencies, userId: string, hostId: string): Outcome =>
  settingsView(deps, userId, hostId, feesView);

export const putFees = (
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  {
    receivingBasisPoints,
    contributionBasisPoints,
  }: { readonly receivingBasisPoints: number; readonly contributionBasisPoints?: number | undefined },
): Outcome =>
  changeSettings(
    deps,
    meta,
    hostId,
    (settings) => ({
      ...settings,
      receivingFeeBasisPoints: receivingBasisPoints,
      contributionFeeBasisPoints: contributionBasisPoints ?? feesView(settings).contributionBasisPoints,
    }),
    feesView,
  );

// --- Books -----------------------------------------------------------------------------------------------------------

type Sums = Partial<Record<HostLedger, number>>;

/** The host's whole book, now or at an instant: what it has in the bank against what it owes, per currency. */
export async function getBooks(
  deps: Dependencies,
  userId: string,
  hostId: string,
  { at }: { readonly at?: string | undefined },
): Outcome {
  const found = await hostFor(deps, userId, hostId, 'readBooks');
  if (!found.ok) {
    return found;
  }
  const cells = await (at === undefined ? currentCells(deps, hostId) : cellsAt(deps, hostId, at));
  const currencies = new Map<string, Sums>();
  for (const { currency, ledgers } of cells) {
    const total = currencies.get(currency) ?? {};
    for (const [ledger, amount] of Object.entries(ledgers) as [HostLedger, number][]) {
      total[ledger] = (total[ledger] ?? 0) + amount;
    }
    currencies.set(currency, total);
  }
  const body = {
    hostId,
    at: at ?? deps.clock.now(),
    currencies: [...currencies].map(([currency, ledgers]) => currencyView(currency, ledgers)),
    // What was on its way at a date is not kept; today's would only look as if it belonged there.
    inTransit: at === undefined ? await transitOf(deps, hostId) : null,
    accounts: cells
      .filter(({ ledgers }) => (ledgers.available ?? 0) !== 0 || (ledgers.reserved ?? 0) !== 0)
      .map(({ accountId, currency, ledgers }) => ({
        accountId,
        currency,
        available: ledgers.available ?? 0,
        reserved: ledgers.reserved ?? 0,
      })),
  };
  return accept({ status: 200, body, version: null, replayed: false });
}

type Cell = { readonly accountId: string; readonly currency: string; readonly ledgers: Sums };

const currentCells = (deps: Dependencies, hostId: string): Promise<readonly Cell[]> =>
  Array.fromAsync(deps.store.cells(hostId));

async function cellsAt(deps: Dependencies, hostId: string, at: string): Promise<readonly Cell[]> {
  const sums = new Map<string, Sums>();
  const places = new Map<string, Pick<Cell, 'accountId' | 'currency'>>();
  for await (const line of deps.store.entries(hostId, at)) {
    const key = `${line.accountId} ${line.currency}`;
    places.set(key, { accountId: line.accountId, currency: line.currency });
    addLine(sums, key, line);
  }
  return [...places].map(([key, place]) => ({ ...place, ledgers: sums.get(key) ?? {} }));
}

function currencyView(currency: string, sums: Sums) {
  const ledgers = (Object.entries(sums) as [HostLedger, number][]).filter(([, amount]) => amount !== 0);
  const debits = ledgers.reduce((sum, [ledger, amount]) => sum + asDebit(ledger, amount), 0);
  const bank = sums.bank ?? 0;
  return {
    currency,
    bank,
    /** What is owed and earned, less what was spent: everything that is not the bank, as a credit. */
    owed: bank - debits,
    ledgers: ledgers.map(([ledger, amount]) => ({ ledger, amount })),
    balanced: debits === 0,
  };
}

/** What is on its way from and to the host now: it stands in the intents that were sent and have not ended. */
async function transitOf(deps: Dependencies, hostId: string) {
  const [outgoing, incoming] = await Promise.all(
    (['outgoing', 'incoming'] as const).map(async (direction) => {
      const sums = new Map<string, number>();
      for await (const { network } of deps.store.intentsInTransit(hostId, direction)) {
        if (network !== null) {
          sums.set(network.currency, (sums.get(network.currency) ?? 0) + network.transit);
        }
      }
      return [...sums].map(([currency, amount]) => ({ currency, amount })).filter(({ amount }) => amount !== 0);
    }),
  );
  return { outgoing: outgoing ?? [], incoming: incoming ?? [] };
}

/**
 * How many histories one request verifies at most. Reading and hashing one of six events takes some 4 ms of a processor, and
 * the function has one for almost thirty seconds. A part of the histories would prove nothing: balances,
 * statements and the register are checked against all of them together.
 */
const historiesMax = 4000;

export async function verifyHost(
  deps: Dependencies,
  userId: string,
  hostId: string,
  { most = historiesMax }: { readonly most?: number } = {},
): Outcome {
  const found = await hostFor(deps, userId, hostId, 'readBooks');
  if (!found.ok) {
    return found;
  }
  if (await hasMoreHistories(deps, hostId, most)) {
    const detail = `The host has more than ${most} payment intents and suspense records, more than one request can verify. Whoever operates the system runs: npm run verify -- --host ${found.value.slug}`;
    return refuse({ code: 'too-many', detail });
  }
  const { intents, events, problems } = await verifyHostHistory(deps, hostId);
  const body = { subject: hostId, verified: problems.length === 0, intents, events, problems };
  return accept({ status: 200, body, version: null, replayed: false });
}

// --- Suspense --------------------------------------------------------------------------------------------------------

export type RecordSuspenseInput = {
  readonly amount: Money;
  readonly date: string;
  readonly reference: string | null;
  readonly payerName: string | null;
  readonly note: string | null;
};

/** Money that arrived and that nobody can place yet (semantics §3, S1). */
export function recordSuspense(
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  input: RecordSuspenseInput,
): Outcome {
  return forHost(deps, meta, hostId, [], async (_read, now, capacity) => {
    const dated = inPast(input.date, now, input);
    if (!dated.ok) {
      return dated;
    }
    const id = deps.ids.next('sus', now);
    const { amount, currency } = input.amount;
    const own = { book: hostId, accountId: hostId, currency, amount } as const;
    const sealed = sealSuspense(
      deps,
      { id, before: null },
      {
        data: { type: 'recorded', record: { id, hostId, ...input, createdAt: now } },
        postings: entry([
          { ...own, ledger: 'bank' },
          { ...own, ledger: 'suspense' },
        ]),
      },
      { actor: { userId: meta.userId, capacity }, at: now },
    );
    return accept({
      change: { intents: [], suspense: [{ before: null, ...sealed }] },
      answer: { status: 201, body: sealed.after, version: sealed.after.version },
    });
  });
}

export type AttachSuspenseInput = { readonly shares: readonly Share[]; readonly purpose: string };

/**
 * Attaches money to whom it belongs to, by a rule whose shares add up to the last minor unit (semantics §3, S2 and X).
 * Money that belongs to an intent is attached by confirming the intent's receipt with `fromSuspense`.
 */
export function attachSuspense(
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  suspenseId: string,
  { shares, purpose }: AttachSuspenseInput,
): Outcome {
  return forHost(
    deps,
    meta,
    hostId,
    shares.map(({ accountId }) => accountId),
    async (read, now, capacity) => {
      const before = await deps.store.suspense(hostId, suspenseId);
      if (before === undefined) {
        return refuse(notFound('suspense record'));
      }
      if (meta.ifMatch !== undefined && meta.ifMatch !== before.record.version) {
        return refuse(stale(before.record.version));
      }
      const strangers = shares.flatMap(({ accountId }, index) => {
        const account = read.accounts.get(accountId);
        return account === undefined || hostIdOf(account) !== hostId
          ? [{ pointer: `/shares/${index}/accountId`, detail: 'Your host holds no such account.' }]
          : [];
      });
      if (strangers.length > 0) {
        return refuse({ code: 'validation-failed', errors: strangers });
      }
      if (before.record.remaining === 0) {
        return refuse({ code: 'amount-not-allowed', detail: 'All of it has been attached already.' });
      }
      const parts = splitAmount(before.record.remaining, shares);
      if (!parts.ok) {
        return parts;
      }
      const amounts = shares.map(({ accountId }, index) => ({ accountId, amount: parts.value[index] ?? 0 }));
      const { currency } = before.record.amount;
      const sealed = sealSuspense(
        deps,
        { id: suspenseId, before },
        {
          data: { type: 'attached_to_accounts', shares: amounts, purpose },
          postings: entry([
            { book: hostId, accountId: hostId, ledger: 'suspense', currency, amount: -before.record.remaining },
            ...amounts.map(
              ({ accountId, amount }) => ({ book: hostId, accountId, ledger: 'available', currency, amount }) as const,
            ),
          ]),
        },
        { actor: { userId: meta.userId, capacity }, at: now },
      );
      return accept({
        change: { intents: [], suspense: [{ before: before.record, ...sealed }] },
        answer: { status: 200, body: sealed.after, version: sealed.after.version },
      });
    },
  );
}

export async function listSuspense(
  deps: Dependencies,
  userId: string,
  hostId: string,
  { limit, position }: { readonly limit: number; readonly position?: Position | undefined },
): Promise<Result<Slice<SuspenseRecord>, Refusal>> {
  const found = await hostFor(deps, userId, hostId, 'readBooks');
  return found.ok ? accept(await deps.store.listSuspense(hostId, limit, position)) : found;
}

export async function getSuspense(deps: Dependencies, userId: string, hostId: string, suspenseId: string): Outcome {
  const found = await hostFor(deps, userId, hostId, 'readBooks');
  if (!found.ok) {
    return found;
  }
  const suspense = await deps.store.suspense(hostId, suspenseId);
  return suspense === undefined
    ? refuse(notFound('suspense record'))
    : accept({ status: 200, body: suspense.record, version: suspense.record.version, replayed: false });
}

/** A command of a host's finance team on the host itself. */
function forHost(
  deps: Dependencies,
  meta: RequestMeta,
  hostId: string,
  accountIds: readonly string[],
  decide: (read: CommandRead, now: string, capacity: Capacity) => ReturnType<Parameters<typeof execute>[2]['decide']>,
): Outcome {
  const heldIn = (read: CommandRead): readonly Capacity[] => {
    const host = read.accounts.get(hostId);
    return host === undefined
      ? []
      : capacitiesForAccount({ userId: meta.userId, memberships: read.memberships }, relationOf(host));
  };
  const capacityIn = (read: CommandRead): Capacity | undefined =>
    allowedBy<Capacity>(permissions.recordSuspense, heldIn(read));
  return execute(deps, meta, {
    accountIds: [hostId, ...accountIds],
    authorise: (read) => {
      if (read.accounts.get(hostId)?.kind !== 'host' || !may('readAccount', heldIn(read))) {
        return notFound('host');
      }
      return capacityIn(read) === undefined ? denied('recordSuspense') : undefined;
    },
    decide: (read, now) => decide(read, now, capacityIn(read) ?? 'admin@account'),
  });
}
