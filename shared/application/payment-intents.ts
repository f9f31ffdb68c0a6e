/** Commands and queries on payment intents. */
import QuickLRU from 'quick-lru';
import { type Account, asParty, hostIdOf } from '../domain/account.ts';
import { fold } from '../domain/apply.ts';
import {
  allowedBy,
  type Caller,
  type Capacity,
  capacitiesForAccount,
  capacitiesForIntent,
  isVisible,
  may,
} from '../domain/authorisation.ts';
import {
  actingAs,
  type CommandOf,
  type Context,
  decide,
  decideCreation,
  type IntentCommand,
} from '../domain/decide.ts';
import { type Flow, type HoldOwner, onHold, stoppedBy } from '../domain/hold.ts';
import { fromStatuses, transitions } from '../domain/lifecycle.ts';
import type { Money } from '../domain/money.ts';
import type {
  Content,
  Destination,
  IntentType,
  Party,
  PaymentIntent,
  Receiving,
  Side,
} from '../domain/payment-intent.ts';
import type { FieldError, Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { alongside } from './alongside.ts';
import { inPast, workingDaysAfter } from './calendar.ts';
import type { GuardChange } from './contribution-ports.ts';
import { callerOf, execute, notFound, type Plan, stale } from './execute.ts';
import { sealIntent } from './history.ts';
import type {
  Change,
  CommandRead,
  Dependencies,
  IntentFilter,
  IntentListScope,
  IntentSummary,
  Position,
  Slice,
  StoredIntent,
} from './ports.ts';
import type { Answer, Outcome, RequestMeta } from './request.ts';
import { verifyIntent } from './verification.ts';
import { eventViews, inTransit, intentView } from './views.ts';

export type ContentInput = {
  readonly payeeAccountId?: string | undefined;
  readonly amount?: Money | undefined;
  readonly fixedSide?: 'sent' | 'received' | undefined;
  readonly costLimit?: Money | null | undefined;
  readonly purpose?: string | undefined;
  readonly tier?: string | null | undefined;
  readonly destination?: Destination | null | undefined;
  readonly deadlineAt?: string | null | undefined;
};

export type CreateInput = Omit<Content, 'payee'> & {
  readonly type: IntentType;
  readonly payerAccountId: string;
  readonly payeeAccountId: string;
};

/** A command as it comes in: what the server works out itself (policy, dates, ids) is added before it is decided. */
export type IntentCommandInput =
  | ({ readonly name: 'edit' } & ContentInput)
  | { readonly name: 'submit' }
  | { readonly name: 'approve'; readonly revision?: number | undefined }
  | { readonly name: 'reject'; readonly reason: string }
  | { readonly name: 'cancel'; readonly reason: string | null }
  | (Omit<CommandOf<'markSent'>, 'lateAt' | 'amount'> & { readonly amount?: Money | undefined })
  | CommandOf<'settle'>
  | CommandOf<'confirmReceipt'>
  | CommandOf<'acceptShort'>
  | CommandOf<'reportNotReceived'>
  | CommandOf<'markReturned'>
  | CommandOf<'writeOff'>
  | {
      readonly name: 'sendBack';
      readonly amount: number;
      readonly purpose: string;
      readonly destination: Destination | null;
    }
  | ({ readonly name: 'redraft' } & ContentInput)
  | { readonly name: 'placeHold'; readonly reason: string; readonly message: string | null }
  | CommandOf<'liftHold'>;

/** Five working days after which money that was sent and not confirmed counts as late (requirements C3). */
const lateAfterWorkingDays = 5;

/**
 * Which accounts and hosts an intent is between: only a hint for what to read along with it, so that submitting and approving
 * take one read. Whatever it says is checked against the intent itself.
 */
const accountsHint = new QuickLRU<string, readonly string[]>({ maxSize: 10_000 });
/** The payer and its host: whose holds an approval has to look at. */
const payerHint = new QuickLRU<string, readonly string[]>({ maxSize: 10_000 });
/** The same for an account: which host its money was with when it was last seen. */
const hostOfAccountHint = new QuickLRU<string, string>({ maxSize: 10_000 });

// --- Commands --------------------------------------------------------------------------------------------------------

export function createPaymentIntent(deps: Dependencies, meta: RequestMeta, input: CreateInput): Outcome {
  return execute(deps, meta, {
    accountIds: [input.payerAccountId, input.payeeAccountId],
    reads: { guardsOf: withHost(input.payeeAccountId, hostOfAccountHint.get(input.payeeAccountId) ?? null) },
    authorise: (read) => {
      const parties = partiesOf(read, input);
      return parties.ok && authoringSide(callerOf(meta, read), parties.value) === undefined
        ? {
            code: 'permission-denied',
            detail:
              'A payment intent is created by the payer’s admins, the payer’s host, or the payee that asks for it.',
          }
        : undefined;
    },
    decide: async (read, now) => {
      const parties = partiesOf(read, input);
      if (!parties.ok) {
        return parties;
      }
      const { payer, payee } = parties.value;
      const closed = [payer, payee].find((account) => account.status !== 'active');
      if (closed !== undefined) {
        return refuse({ code: 'account-not-active', detail: `${closed.name} is archived.` });
      }
      const owners = await holdersOf(deps, meta, read, asParty(payee), 'new_once');
      if (owners.length > 0) {
        return refuse(onHold(owners));
      }
      const side = authoringSide(callerOf(meta, read), parties.value) ?? 'payer';
      const { type, payerAccountId: _payer, payeeAccountId: _payee, ...rest } = input;
      const errors = deadlineErrors(rest.deadlineAt, now);
      if (errors.length > 0) {
        return refuse({ code: 'validation-failed', errors });
      }
      const drafts = decideCreation({
        type,
        payer: asParty(payer),
        side,
        content: { ...rest, payee: asParty(payee) },
        sendsBackId: null,
      });
      if (!drafts.ok) {
        return drafts;
      }
      const held = capacitiesForIntent(callerOf(meta, read), { payer: asParty(payer), payee: asParty(payee) });
      const capacity = allowedBy<Capacity>(transitionsOfCreation, held) ?? 'admin@payer';
      const occasion = { actor: { userId: meta.userId, capacity }, at: now };
      const { after, events } = sealIntent(
        deps,
        { id: deps.ids.next('pi', now), before: null },
        drafts.value,
        occasion,
      );
      rememberHosts(after);
      return accept(plan(201, after, { intents: [{ before: null, after, events }] }, callerOf(meta, read)));
    },
    rebuild: (answer, read) => rebuilt(deps, answer, callerOf(meta, read)),
  });
}

const transitionsOfCreation: readonly Capacity[] = [
  'admin@payer',
  'host_admin@payer_host',
  'finance_lead@payer_host',
  'admin@payee',
  'host_admin@payee_host',
  'finance_lead@payee_host',
];

export function executeIntentCommand(
  deps: Dependencies,
  meta: RequestMeta,
  intentId: string,
  input: IntentCommandInput,
): Outcome {
  // An approval that lost a race is not carried over to content that somebody changed meanwhile.
  let revisionRead: number | undefined;
  return execute(deps, meta, {
    intentId,
    accountIds: [
      ...(asksForMore(input.name) ? (accountsHint.get(intentId) ?? []) : []),
      ...('payeeAccountId' in input && input.payeeAccountId !== undefined ? [input.payeeAccountId] : []),
    ],
    reads: { guardsOf: input.name === 'approve' ? (payerHint.get(intentId) ?? []) : [] },
    authorise: (read) => {
      const held = read.intent === undefined ? [] : heldBy(meta, read, read.intent.intent);
      if (read.intent === undefined || !isVisible(read.intent.intent, held)) {
        return notFound('payment intent');
      }
      const { by } = transitions[input.name];
      return allowedBy<string>(by, held) === undefined
        ? { code: 'permission-denied', detail: `${input.name} is for: ${by.join(', ')}.` }
        : undefined;
    },
    decide: async (read, now) => {
      const stored = read.intent;
      if (stored === undefined) {
        return refuse(notFound('payment intent'));
      }
      if (meta.ifMatch !== undefined && meta.ifMatch !== stored.intent.version) {
        return refuse(stale(stored.intent.version));
      }
      if (input.name === 'sendBack') {
        return sendBack(deps, meta, read, stored, input, now);
      }
      revisionRead ??= stored.intent.revision;
      const given = input.name === 'approve' ? { ...input, revision: input.revision ?? revisionRead } : input;
      return command(deps, meta, read, stored, given, now);
    },
    rebuild: (answer, read) => rebuilt(deps, answer, callerOf(meta, read)),
  });
}

async function command(
  deps: Dependencies,
  meta: RequestMeta,
  given: CommandRead,
  stored: StoredIntent,
  input: Exclude<IntentCommandInput, { name: 'sendBack' }>,
  now: string,
): Promise<Result<Plan, Refusal>> {
  const { intent } = stored;
  const read = asksForMore(input.name) ? await informed(deps, meta, given, intent, input.name) : given;
  const completed = await complete(deps, read, intent, input, now);
  if (!completed.ok) {
    return completed;
  }
  const context: Context = { now, userId: meta.userId, held: heldBy(meta, read, intent) };
  const decided = decide(intent, completed.value, context);
  if (!decided.ok) {
    return decided;
  }
  const occasion = { actor: actingAs(input.name, context), at: now };
  const { after, events } = sealIntent(deps, { id: intent.id, before: stored }, decided.value, occasion);
  if (asksForMore(input.name)) {
    const refusal = await refusalToGoOn(deps, meta, read, after);
    if (refusal !== undefined) {
      return refuse(refusal);
    }
  }
  const change = { before: intent, after, events, from: fromStatuses(input.name) };
  const others = await alongside(deps, { before: intent, after, command: completed.value }, occasion);
  return others.ok
    ? accept(
        plan(
          200,
          after,
          { ...others.value, intents: [change, ...others.value.intents], guards: guardsOnLeaving(input.name, intent) },
          callerOf(meta, read),
        ),
      )
    : others;
}

/** What brings an intent nearer to money that moves. What has happened already is recorded whatever holds there are by now. */
const asksForMore = (name: IntentCommandInput['name']): boolean => ['submit', 'approve', 'redraft'].includes(name);

/** Reads at once what a hint did not have read along with the intent. */
async function informed(
  deps: Dependencies,
  { userId }: RequestMeta,
  read: CommandRead,
  intent: PaymentIntent,
  name: IntentCommandInput['name'],
): Promise<CommandRead> {
  const accountIds = accountsAround(intent);
  const guardsOf = name === 'submit' ? [] : withHost(intent.payer.accountId, intent.payer.hostId);
  const isRead =
    accountIds.every((id) => read.accounts.has(id)) &&
    guardsOf.every((id) => read.guards.some(({ accountId }) => accountId === id));
  if (isRead) {
    return read;
  }
  const more = await deps.store.readForCommand({ userId, accountIds, guardsOf });
  return { ...read, accounts: new Map([...read.accounts, ...more.accounts]), guards: more.guards };
}

const changedHost = (name: string): Refusal => ({
  code: 'account-not-active',
  detail: `${name} has another host by now, or none: its books went on elsewhere, and so do its payment intents.`,
});

const accountsAround = ({ payer, payee }: Pick<PaymentIntent, 'payer' | 'payee'>): readonly string[] => [
  ...new Set([payer, payee].flatMap(({ accountId, hostId }) => withHost(accountId, hostId))),
];

/**
 * An intent names its parties and their hosts as they were when it was written. Until it is approved neither side is kept from
 * leaving its host, so it is looked at again: no money goes into a book that does not hold the account any more.
 */
async function refusalToGoOn(
  deps: Dependencies,
  meta: RequestMeta,
  read: CommandRead,
  after: PaymentIntent,
): Promise<Refusal | undefined> {
  const around = accountsAround(after);
  const accounts = around.every((id) => read.accounts.has(id))
    ? read.accounts
    : new Map((await deps.store.accounts(around)).map((account) => [account.id, account]));
  const closed = around.map((id) => accounts.get(id)).find((account) => account?.status === 'archived');
  if (closed !== undefined) {
    return { code: 'account-not-active', detail: `${closed.name} is archived.` };
  }
  const moved = [after.payer, after.payee].find(({ accountId, hostId }) => {
    const account = accounts.get(accountId);
    return account === undefined || hostIdOf(account) !== hostId;
  });
  if (moved !== undefined) {
    return changedHost(moved.accountName);
  }
  const owners = after.status === 'approved' ? await holdersOf(deps, meta, read, after.payer, 'out') : [];
  return owners.length > 0 ? onHold(owners) : undefined;
}

const withHost = (accountId: string, hostId: string | null): readonly string[] =>
  hostId === null ? [accountId] : [...new Set([accountId, hostId])];

/** Money leaves only while nobody holds it: asked inside the transaction that says so (requirements P3). */
function guardsOnLeaving(
  name: IntentCommand['name'],
  { id, payer: { accountId, hostId } }: PaymentIntent,
): readonly GuardChange[] {
  return name === 'markSent' || name === 'settle'
    ? withHost(accountId, hostId).map((guarded) => ({ kind: 'free', accountId: guarded, subjectId: id, flow: 'out' }))
    : [];
}

/** Whose holds stop the flow on an account or on its host, as read along with the command, or else read now. */
async function holdersOf(
  deps: Dependencies,
  { userId }: RequestMeta,
  read: CommandRead,
  { accountId, hostId }: Party,
  flow: Flow,
): Promise<readonly HoldOwner[]> {
  const wanted = withHost(accountId, hostId);
  const isRead = wanted.every((id) => read.guards.some((guard) => guard.accountId === id));
  const { guards } = isRead ? read : await deps.store.readForCommand({ userId, guardsOf: wanted });
  if (hostId !== null) {
    hostOfAccountHint.set(accountId, hostId);
  }
  return stoppedBy(
    guards.filter((guard) => wanted.includes(guard.accountId)),
    flow,
  );
}

/** Adds what the server works out: the policy that is copied, when it counts as late, ids, and the payee's name. */
async function complete(
  deps: Dependencies,
  read: CommandRead,
  intent: PaymentIntent,
  input: Exclude<IntentCommandInput, { name: 'sendBack' }>,
  now: string,
): Promise<Result<IntentCommand, Refusal>> {
  switch (input.name) {
    case 'edit':
    case 'redraft':
      return completeContent(deps, read, intent, input, now);
    case 'submit':
      return accept(submission(read, intent));
    case 'markSent':
      return inPast(input.date, now, {
        ...input,
        amount: input.amount ?? intent.reserved ?? intent.amount,
        lateAt: workingDaysAfter(now, lateAfterWorkingDays, intent.receivingTimeZone),
      });
    case 'confirmReceipt':
      return inPast(input.date, now, {
        ...input,
        claimLateAt: workingDaysAfter(now, lateAfterWorkingDays, intent.receivingTimeZone),
      });
    case 'settle':
    case 'markReturned':
      return inPast(input.date, now, input);
    case 'placeHold':
      return accept({ ...input, holdId: deps.ids.next('hold', now) });
    default:
      return accept(input);
  }
}

async function completeContent(
  deps: Dependencies,
  read: CommandRead,
  intent: PaymentIntent,
  { name, payeeAccountId, ...fields }: Extract<IntentCommandInput, { name: 'edit' | 'redraft' }>,
  now: string,
): Promise<Result<IntentCommand, Refusal>> {
  const errors = deadlineErrors(fields.deadlineAt, now);
  const payee = payeeAccountId === undefined ? undefined : read.accounts.get(payeeAccountId);
  if (payeeAccountId !== undefined && payee === undefined) {
    errors.push({ pointer: '/payeeAccountId', detail: 'No such account.' });
  }
  if (errors.length > 0) {
    return refuse({ code: 'validation-failed', errors });
  }
  if (payee !== undefined && payee.status !== 'active') {
    return refuse({ code: 'account-not-active', detail: `${payee.name} is archived.` });
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const content: Partial<Content> = { ...given, ...(payee === undefined ? {} : { payee: asParty(payee) }) };
  return accept({ name, content, receiving: payee === undefined ? null : await receivingOf(deps, payee, intent) });
}

/** The terms of the new payee's host, when a request is redirected. */
async function receivingOf(deps: Dependencies, payee: Account, intent: PaymentIntent): Promise<Receiving> {
  const hostId = hostIdOf(payee);
  const host = await deps.store.account(hostId ?? intent.payer.hostId ?? '');
  return {
    feeBasisPoints: hostId === null ? 0 : (host?.settings?.receivingFeeBasisPoints ?? 0),
    timeZone: host?.timeZone ?? 'UTC',
  };
}

function deadlineErrors(deadlineAt: string | null | undefined, now: string): FieldError[] {
  return deadlineAt != null && deadlineAt <= now
    ? [{ pointer: '/deadlineAt', detail: 'The deadline has passed already.' }]
    : [];
}

function submission(read: CommandRead, intent: PaymentIntent): CommandOf<'submit'> {
  const reviewingId = intent.payer.hostId ?? intent.payee.hostId;
  const receivingId = intent.payee.hostId;
  rememberHosts(intent);
  const reviewing = reviewingId === null ? undefined : read.accounts.get(reviewingId);
  const receiving = receivingId === null ? undefined : read.accounts.get(receivingId);
  if (reviewing?.settings == null) {
    throw new Error(`Host ${reviewingId} has no settings.`);
  }
  return {
    name: 'submit',
    policy: reviewing.settings.approvalPolicy,
    receivingFeeBasisPoints: receiving?.settings?.receivingFeeBasisPoints ?? 0,
    receivingTimeZone: receiving?.timeZone ?? reviewing.timeZone,
  };
}

function rememberHosts(intent: PaymentIntent): void {
  accountsHint.set(intent.id, accountsAround(intent));
  payerHint.set(intent.id, withHost(intent.payer.accountId, intent.payer.hostId));
}

async function sendBack(
  deps: Dependencies,
  meta: RequestMeta,
  read: CommandRead,
  stored: StoredIntent,
  input: Extract<IntentCommandInput, { name: 'sendBack' }>,
  now: string,
): Promise<Result<Plan, Refusal>> {
  const { intent: original } = stored;
  const context: Context = { now, userId: meta.userId, held: heldBy(meta, read, original) };
  const id = deps.ids.next('pi', now);
  const setAside = decide(original, { name: 'sendBack', amount: input.amount, byIntentId: id }, context);
  if (!setAside.ok) {
    return setAside;
  }
  const accounts = await deps.store.accounts([original.payee.accountId, original.payer.accountId]);
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const payer = byId.get(original.payee.accountId);
  const payee = byId.get(original.payer.accountId);
  if (payer === undefined || payee === undefined) {
    throw new Error(`A party of ${original.id} has no account.`);
  }
  const closed = [payer, payee].find(({ status }) => status !== 'active');
  if (closed !== undefined) {
    return refuse({ code: 'account-not-active', detail: `${closed.name} is archived.` });
  }
  if (hostIdOf(payer) !== original.payee.hostId) {
    return refuse(changedHost(payer.name));
  }
  const drafts = decideCreation({
    type: 'compensation',
    payer: asParty(payer),
    side: 'payer',
    content: {
      payee: asParty(payee),
      amount: { amount: input.amount, currency: original.receipts[0]?.amount.currency ?? original.amount.currency },
      fixedSide: 'sent',
      costLimit: null,
      purpose: input.purpose,
      tier: null,
      destination: input.destination,
      deadlineAt: null,
    },
    sendsBackId: original.id,
  });
  if (!drafts.ok) {
    return drafts;
  }
  const occasion = { actor: actingAs('sendBack', context), at: now };
  const { after, events } = sealIntent(deps, { id, before: null }, drafts.value, occasion);
  const marked = sealIntent(deps, { id: original.id, before: stored }, setAside.value, occasion);
  rememberHosts(after);
  const intents = [
    { before: null, after, events },
    { before: original, ...marked, from: fromStatuses('sendBack') },
  ];
  return accept(plan(201, after, { intents }, callerOf(meta, read)));
}

// --- Queries ---------------------------------------------------------------------------------------------------------

export async function getPaymentIntent(deps: Dependencies, userId: string, intentId: string): Outcome {
  const found = await visibleIntent(deps, userId, intentId);
  return found.ok ? accept(viewAnswer(200, found.value.stored.intent, found.value.caller)) : found;
}

export async function listPaymentIntentEvents(deps: Dependencies, userId: string, intentId: string): Outcome {
  const found = await visibleIntent(deps, userId, intentId);
  if (!found.ok) {
    return found;
  }
  const { stored, caller } = found.value;
  const events = await deps.store.intentEvents(intentId);
  const viewer = { userId, held: capacitiesForIntent(caller, stored.intent) };
  const items = eventViews(events, stored.intent, viewer);
  return accept({ status: 200, body: { items }, version: null, replayed: false });
}

/** Verifies an intent's whole history (requirements X5). */
export async function verifyPaymentIntent(deps: Dependencies, userId: string, intentId: string): Outcome {
  const found = await visibleIntent(deps, userId, intentId).catch((error: unknown) =>
    visibleByHistory(deps, userId, intentId, error),
  );
  if (!found.ok) {
    return found;
  }
  const { events, problems } = await verifyIntent(deps, intentId);
  const body = { subject: intentId, verified: problems.length === 0, intents: 1, events, problems };
  return accept({ status: 200, body, version: null, replayed: false });
}

/** When the text of the intent was altered beyond reading, its history still says who may know of it. */
async function visibleByHistory(
  deps: Dependencies,
  userId: string,
  intentId: string,
  error: unknown,
): Promise<Result<unknown, Refusal>> {
  if (!(error instanceof SyntaxError)) {
    throw error;
  }
  const intent = fold(await deps.store.intentEvents(intentId));
  const caller = { userId, memberships: await deps.store.memberships(userId) };
  return intent !== undefined && isVisible(intent, capacitiesForIntent(caller, intent))
    ? accept(intent)
    : refuse(notFound('payment intent'));
}

export type ListQuery = IntentFilter & {
  readonly host?: string | undefined;
  readonly account?: string | undefined;
  readonly direction?: 'outgoing' | 'incoming' | undefined;
  readonly limit: number;
  readonly position?: Position | undefined;
};

export type IntentSummaryView = Omit<IntentSummary, 'network'> & { readonly inTransit: Money | null };

/** Lists the intents of one host or of one account, newest first. */
export async function listPaymentIntents(
  deps: Dependencies,
  userId: string,
  { host, account: accountId, direction, limit, position, ...filter }: ListQuery,
): Promise<Result<Slice<IntentSummaryView>, Refusal>> {
  const id = host ?? accountId;
  if (id === undefined || (host !== undefined && accountId !== undefined)) {
    const detail = 'Say either which host or which account to list for.';
    return refuse({ code: 'validation-failed', errors: [{ pointer: '/host', detail }] });
  }
  const directions = direction === undefined ? (['outgoing', 'incoming'] as const) : [direction];
  const scopes = directions.map(
    (one): IntentListScope =>
      host === undefined
        ? { by: 'account', direction: one, accountId: id }
        : { by: 'host', direction: one, hostId: id },
  );
  const [read, ...slices] = await Promise.all([
    deps.store.readForCommand({ userId, accountIds: [id] }),
    ...scopes.map((scope) => deps.store.listIntents(scope, filter, limit, position)),
  ]);
  const account = read.accounts.get(id);
  const caller = { userId, memberships: read.memberships };
  if (account === undefined || !mayList(caller, account, host !== undefined)) {
    return refuse(notFound(host === undefined ? 'account' : 'host'));
  }
  const merged = merge(slices, limit);
  // A host that holds the account now sees of it what it has part in, not what a former host did.
  const known = merged.items.filter((summary) => capacitiesForIntent(caller, summary).length > 0);
  const items = known.map(({ network, ...summary }) => ({ ...summary, inTransit: inTransit({ network }) }));
  return accept({ items, next: merged.next });
}

/** A host's list is for its team; an account's list is for whoever speaks for it and for the team of its host. */
function mayList(caller: Caller, account: Account, asHost: boolean): boolean {
  const held = capacitiesForAccount(caller, { id: account.id, hostId: hostIdOf(account) });
  return asHost ? account.kind === 'host' && may('readBooks', held) : may('readBalances', held);
}

/** Merges lists that are each newest first (ids sort by time); an intent that stands in both (same host on both sides) is listed once. */
function merge(slices: readonly Slice<IntentSummary>[], limit: number): Slice<IntentSummary> {
  const unique = new Map(slices.flatMap(({ items }) => items).map((summary) => [summary.id, summary]));
  const sorted = [...unique.values()].sort((one, other) => (one.id < other.id ? 1 : -1));
  // Behind the end of a list that has more to come nothing can be placed yet: its next item may belong before it.
  const horizon = slices
    .filter(({ next }) => next !== undefined)
    .map(({ next }) => String(next?.['id']))
    // biome-ignore lint/complexity/useMathMinMax: these are ids, and Math.max knows numbers only.
    .reduce((latest, end) => (latest > end ? latest : end), '');
  const certain = sorted.filter(({ id }) => id >= horizon);
  const items = certain.slice(0, limit);
  const isMore = certain.length > items.length || horizon !== '';
  const id = certain.length > items.length ? items.at(-1)?.id : horizon;
  return { items, next: isMore ? { id } : undefined };
}

// --- Small pieces ----------------------------------------------------------------------------------------------------

const heldBy = (meta: RequestMeta, read: CommandRead, intent: PaymentIntent): readonly Capacity[] =>
  capacitiesForIntent(callerOf(meta, read), intent);

type Parties = { readonly payer: Account; readonly payee: Account };

function partiesOf(
  read: CommandRead,
  { payerAccountId, payeeAccountId }: Pick<CreateInput, 'payerAccountId' | 'payeeAccountId'>,
): Result<Parties, Refusal> {
  const payer = read.accounts.get(payerAccountId);
  const payee = read.accounts.get(payeeAccountId);
  if (payer !== undefined && payee !== undefined) {
    return accept({ payer, payee });
  }
  const detail = 'No such account.';
  return refuse({
    code: 'validation-failed',
    errors: [
      ...(payer === undefined ? [{ pointer: '/payerAccountId', detail }] : []),
      ...(payee === undefined ? [{ pointer: '/payeeAccountId', detail }] : []),
    ],
  });
}

/** On whose side somebody asks: the payer's if they may, or else the payee's that asks for money. */
function authoringSide(caller: Caller, parties: Parties): Side | undefined {
  const payer = asParty(parties.payer);
  const held = capacitiesForIntent(caller, { payer, payee: asParty(parties.payee) });
  if (may('createPaymentIntentAsPayer', held)) {
    return 'payer';
  }
  const asPayee = payer.hostId === null ? 'createPaymentIntentFromOutside' : 'createPaymentIntentAsPayee';
  return may(asPayee, held) ? 'payee' : undefined;
}

function viewAnswer(status: number, intent: PaymentIntent, caller: Caller): Answer {
  const view = intentView(intent, { userId: caller.userId, held: capacitiesForIntent(caller, intent) });
  return { status, body: view, version: intent.version, replayed: false };
}

function plan(status: number, after: PaymentIntent, change: Omit<Change, 'idempotency'>, caller: Caller): Plan {
  return {
    change,
    answer: viewAnswer(status, after, caller),
    remembered: { kind: 'intent', status, intentId: after.id, version: after.version },
  };
}

/** The answer as it was given: the state at that version, folded from the history. */
async function rebuilt(
  deps: Dependencies,
  { status, intentId, version }: { readonly status: number; readonly intentId: string; readonly version: number },
  caller: Caller,
): Promise<Omit<Answer, 'replayed'>> {
  const intent = fold(await deps.store.intentEvents(intentId, version));
  if (intent === undefined) {
    throw new Error(`The history of ${intentId} is gone.`);
  }
  return viewAnswer(status, intent, caller);
}

async function visibleIntent(
  deps: Dependencies,
  userId: string,
  intentId: string,
): Promise<Result<{ readonly stored: StoredIntent; readonly caller: Caller }, Refusal>> {
  const { intent: stored, memberships } = await deps.store.readForCommand({ userId, intentId });
  const caller = { userId, memberships };
  return stored !== undefined && isVisible(stored.intent, capacitiesForIntent(caller, stored.intent))
    ? accept({ stored, caller })
    : refuse(notFound('payment intent'));
}
