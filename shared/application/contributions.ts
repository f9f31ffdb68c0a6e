/** Commands and queries on contributions; what the clock does to them is in `charging.ts`. */
import { type Account, asParty, hostIdOf } from '../domain/account.ts';
import { type Action, type Caller, capacitiesForAccount, may, permissions } from '../domain/authorisation.ts';
import { flowOf, heldBy, wantedAtProcessor } from '../domain/charging.ts';
import type { Agreement, Contribution, ContributionEventData, ContributionInterval } from '../domain/contribution.ts';
import { type Flow, levelsThatStop, onHold, stoppedBy } from '../domain/hold.ts';
import { type Money, toMajorUnits } from '../domain/money.ts';
import type { Party } from '../domain/payment-intent.ts';
import type { MethodInUse, PaymentMethod, SubscriptionTerms } from '../domain/payment-method.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { readable, relationOf } from './accounts.ts';
import { inPast } from './calendar.ts';
import { accountsOf, bookingOf, guardsOn, isElsewhere } from './charging.ts';
import type {
  ContributionDependencies,
  ContributionListScope,
  GuardChange,
  Standing,
  StoredContribution,
  ToldEvent,
} from './contribution-ports.ts';
import { callerOf, execute, notFound, type Plan, stale } from './execute.ts';
import { type Occasion, sealContribution } from './history.ts';
import { dayBegins, dayOf, periodAt } from './periods.ts';
import type { Change, CommandRead, Position, Slice } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';

export type CreateContributionInput = {
  readonly contributorAccountId: string;
  readonly collectiveAccountId: string;
  readonly amount: Money;
  readonly interval: ContributionInterval;
  /** First day, `YYYY-MM-DD` in the host's time zone; today when it is left out. */
  readonly startsOn?: string | undefined;
  readonly tier: string | null;
  readonly paymentMethodId: string;
};

// --- Views -----------------------------------------------------------------------------------------------------------

export type ContributionView = ReturnType<typeof contributionView>;

/**
 * What is true of it besides its status: what keeps it, what is pending at a processor, what somebody has to look at.
 * @param standing what it stands on; of its own accounts alone
 */
export function contributionView(contribution: Contribution, standing: Standing) {
  const { id, version, status, contributor, collective, amount, interval, startsOn, timeZone, tier, method } =
    contribution;
  const { charge, told, setAside, expected, holds, canceled } = contribution;
  const levels = levelsThatStop[flowOf(contribution)];
  const guards = guardsOn(contribution, standing);
  const wanted = wantedAtProcessor(contribution, guards);
  const isPaused = status === 'active' && heldBy(contribution, guards).length > 0;
  return {
    id,
    version,
    status,
    contributor,
    collective,
    amount,
    interval,
    startsOn,
    timeZone,
    tier,
    paymentMethod: {
      id: method.id,
      processor: method.processor,
      chargedBy: method.chargedBy,
      label: contribution.methodLabel,
    },
    /** Who keeps it from being charged: its own holds, and those on its collective and its host (P7). */
    paused: {
      isPaused,
      isElsewhere: isElsewhere(contribution, standing),
      holds: [
        ...holds.map(({ missedPeriods: _missed, message = null, ...hold }) => ({ ...hold, message, accountId: null })),
        ...standing.guards.flatMap((guard) =>
          guard.holds
            .filter(({ level }) => levels.includes(level))
            .map(({ level: _level, ...hold }) => ({ ...hold, accountId: guard.accountId })),
        ),
      ],
    },
    /** For a subscription that the processor charges by itself: whether it knows already. */
    processor:
      told === null
        ? null
        : { observed: told.observed, pending: pendingAt(told.observed, wanted), lastError: told.lastError },
    nextChargeAt: status === 'active' && setAside === null && !isPaused ? contribution.nextAt : null,
    charge:
      charge === null
        ? null
        : {
            period: charge.period,
            state: charge.state,
            attempt: charge.attempt,
            nextAt: charge.nextAt,
            reason: charge.reason,
          },
    expected: expected.map(({ period, since, graceUntil, status: state }) => ({
      period,
      since,
      graceUntil,
      status: state,
    })),
    setAside: setAside && { reason: setAside.reason, since: setAside.since },
    charged: contribution.charged,
    passed: contribution.passed,
    lastChargedAt: contribution.lastChargedAt,
    canceled: canceled && { at: canceled.at, reason: canceled.reason },
    createdAt: contribution.createdAt,
    updatedAt: contribution.updatedAt,
  };
}

function pendingAt(observed: string, wanted: string): 'pausing' | 'resuming' | 'canceling' | null {
  return observed === wanted || observed === 'canceled'
    ? null
    : ({ suspended: 'pausing', running: 'resuming', canceled: 'canceling' } as const)[wanted as 'running'];
}

// --- Who may ---------------------------------------------------------------------------------------------------------

const accountLike = ({ accountId, hostId }: Party) => ({ id: accountId, hostId });

type Rights = { readonly given: Action; readonly received: Action | null };

const readers: Rights = { given: 'readGivenContributions', received: 'readReceivedContributions' };

function mayOn(contribution: Contribution, caller: Caller, { given, received }: Rights): boolean {
  return (
    may(given, capacitiesForAccount(caller, accountLike(contribution.contributor))) ||
    (received !== null && may(received, capacitiesForAccount(caller, accountLike(contribution.collective))))
  );
}

function refusalOn(stored: StoredContribution | undefined, caller: Caller, rights: Rights): Refusal | undefined {
  if (stored === undefined || !mayOn(stored.contribution, caller, readers)) {
    return notFound('contribution');
  }
  return mayOn(stored.contribution, caller, rights)
    ? undefined
    : {
        code: 'permission-denied',
        detail: `This is for: ${permissions[rights.received ?? rights.given].join(', ')}.`,
      };
}

// --- Commands --------------------------------------------------------------------------------------------------------

const invalid = (pointer: string, detail: string) =>
  refuse({ code: 'validation-failed', errors: [{ pointer, detail }] } as const);

/** An agreement to give. The first period is charged when the batch comes round, unless it begins later. */
export function createContribution(
  deps: ContributionDependencies,
  meta: RequestMeta,
  input: CreateContributionInput,
): Outcome {
  const { contributorAccountId, collectiveAccountId, paymentMethodId } = input;
  return execute(deps, meta, {
    reads: {
      accountIds: [contributorAccountId, collectiveAccountId],
      paymentMethod: { accountId: contributorAccountId, id: paymentMethodId },
      guardsOf: [collectiveAccountId],
    },
    authorise: (read) => {
      const contributor = read.accounts.get(contributorAccountId);
      const held = contributor && capacitiesForAccount(callerOf(meta, read), relationOf(contributor));
      // A card of somebody else's account is no secret, but nothing is promised in its name.
      return held === undefined || may('createContribution', held) || !may('readAccount', held)
        ? undefined
        : { code: 'permission-denied', detail: 'Only those who speak for an account promise its money.' };
    },
    decide: async (read, now) => {
      const found = partiesIn(read, input, callerOf(meta, read));
      if (!found.ok) {
        return found;
      }
      const { contributor, collective, method, host } = found.value;
      const hostAccount = await deps.store.account(host);
      const agreed = agreementOf(
        input,
        { contributor, collective, method, timeZone: hostAccount?.timeZone ?? 'UTC' },
        now,
      );
      if (!agreed.ok) {
        return agreed;
      }
      if (hostAccount?.status !== 'active') {
        return refuse({ code: 'account-not-active', detail: `The host of ${collective.name} is archived.` });
      }
      const flow: Flow = input.interval === 'once' ? 'new_once' : 'new_recurring';
      const guards = [...read.guards, ...(await deps.store.guardsFor(collectiveAccountId, [host]))];
      const owners = stoppedBy(guards, flow);
      if (owners.length > 0) {
        return refuse(onHold(owners));
      }
      const id = deps.ids.next('con', now);
      const occasion = { actor: { userId: meta.userId, capacity: 'admin@contributor' }, at: now };
      const sealed = sealContribution(
        deps,
        { id, before: null },
        [{ type: 'created', agreement: agreed.value }],
        occasion,
      );
      const { processor, reference, chargedBy } = agreed.value.method;
      return accept({
        change: {
          intents: [],
          contributions: [{ before: null, ...sealed }],
          guards: guards.map(
            ({ accountId, moves }): GuardChange => ({ kind: 'free', accountId, subjectId: id, flow, moves }),
          ),
          subscriptions:
            chargedBy === 'processor' && reference !== null ? [{ processor, reference, contributionId: id }] : [],
        },
        answer: {
          status: 201,
          body: contributionView(sealed.after, { guards: [], accounts: [collective, hostAccount] }),
          version: sealed.after.version,
        },
      });
    },
  });
}

function partiesIn(
  read: CommandRead,
  { contributorAccountId, collectiveAccountId, interval, amount }: CreateContributionInput,
  caller: Caller,
): Result<
  {
    readonly contributor: Account;
    readonly collective: Account;
    readonly host: string;
    readonly method: PaymentMethod;
  },
  Refusal
> {
  const contributor = read.accounts.get(contributorAccountId);
  const collective = read.accounts.get(collectiveAccountId);
  const host = collective && hostIdOf(collective);
  // Somebody else's account is answered like one that is not there.
  const isTheirs =
    contributor !== undefined && may('createContribution', capacitiesForAccount(caller, relationOf(contributor)));
  if (contributor === undefined || !isTheirs || !['person', 'organisation'].includes(contributor.kind)) {
    return invalid('/contributorAccountId', 'No such person or organisation that you speak for.');
  }
  if (collective === undefined || host == null) {
    return invalid('/collectiveAccountId', 'No such collective with a host.');
  }
  const closed = [contributor, collective].find(({ status }) => status !== 'active');
  if (closed !== undefined) {
    return refuse({ code: 'account-not-active', detail: `${closed.name} is archived.` });
  }
  const method = read.paymentMethod;
  if (method === undefined) {
    return invalid('/paymentMethodId', 'The contributor has no such payment method.');
  }
  if (interval === 'once' && method.chargedBy === 'processor') {
    return invalid(
      '/paymentMethodId',
      'A subscription pays again and again; to give once, choose another payment method.',
    );
  }
  const misfit = misfitOf(method, { hostId: host, amount, interval });
  return misfit === undefined ? accept({ contributor, collective, host, method }) : invalid('/paymentMethodId', misfit);
}

/** Why a payment method cannot pay what was agreed: it is another host's, or a subscription for something else. */
function misfitOf(
  { hostId, processor, terms }: PaymentMethod,
  agreed: { readonly hostId: string | null; readonly amount: Money; readonly interval: ContributionInterval },
): string | undefined {
  if (hostId !== null && hostId !== agreed.hostId) {
    return `It is saved with another host’s account at ${processor}; this is agreed under its own host. Add one that is saved there; where the collective has changed its host, end this contribution and agree anew.`;
  }
  const isAsAgreed =
    terms === null ||
    (terms.interval === agreed.interval &&
      terms.amount.amount === agreed.amount.amount &&
      terms.amount.currency === agreed.amount.currency);
  return isAsAgreed
    ? undefined
    : `This subscription pays ${inWords(terms)} at ${processor}; agree to the same, or choose another payment method.`;
}

const inWords = ({ amount: { amount, currency }, interval }: SubscriptionTerms): string =>
  `${toMajorUnits(amount, currency)} ${currency} ${interval === null ? 'in another rhythm' : `each ${interval}`}`;

const inUse = ({ id, processor, chargedBy, reference, payerReference }: PaymentMethod): MethodInUse => ({
  id,
  processor,
  chargedBy,
  reference,
  payerReference,
});

function agreementOf(
  { amount, interval, startsOn, tier }: CreateContributionInput,
  {
    contributor,
    collective,
    method,
    timeZone,
  }: {
    readonly contributor: Account;
    readonly collective: Account;
    readonly method: PaymentMethod;
    readonly timeZone: string;
  },
  now: string,
): Result<Agreement, Refusal> {
  const today = dayOf(now, timeZone);
  const first = startsOn ?? today;
  if (first < today) {
    return invalid('/startsOn', `It is past in ${timeZone}; today is ${today}.`);
  }
  const begins = dayBegins(first, timeZone);
  return accept({
    contributor: asParty(contributor),
    collective: asParty(collective),
    amount,
    interval,
    startsOn: first,
    firstAt: begins > now ? begins : now,
    timeZone,
    tier,
    method: inUse(method),
    methodLabel: method.label,
  });
}

type Decision = {
  readonly data: readonly ContributionEventData[];
  readonly change?: Omit<Change, 'intents' | 'contributions'>;
};

/** One change of one contribution: who may, against which version, and what happened. */
function changeContribution(
  deps: ContributionDependencies,
  meta: RequestMeta,
  contributionId: string,
  rights: Rights,
  decide: (stored: StoredContribution, read: CommandRead, now: string) => Promise<Result<Decision, Refusal>>,
): Outcome {
  return execute(deps, meta, {
    reads: { contributionId },
    authorise: (read) => refusalOn(read.contribution, callerOf(meta, read), rights),
    decide: async (read, now) => {
      const stored = read.contribution;
      if (stored === undefined) {
        return refuse(notFound('contribution'));
      }
      if (meta.ifMatch !== undefined && meta.ifMatch !== stored.contribution.version) {
        return refuse(stale(stored.contribution.version));
      }
      const decided = await decide(stored, read, now);
      if (!decided.ok) {
        return decided;
      }
      const occasion = occasionOf(meta, read, stored.contribution, now);
      const sealed = sealContribution(deps, { id: contributionId, before: stored }, decided.value.data, occasion);
      return answered(deps, sealed.after, {
        ...decided.value.change,
        intents: [],
        contributions: [{ before: stored.contribution, ...sealed }],
      });
    },
  });
}

async function answered(
  deps: ContributionDependencies,
  after: Contribution,
  change: Change,
): Promise<Result<Plan, Refusal>> {
  const standing = await standingOf(deps, after);
  return accept({
    change,
    answer: { status: 200, body: contributionView(after, standing), version: after.version },
  });
}

const standingOf = (deps: ContributionDependencies, contribution: Contribution): Promise<Standing> =>
  deps.store.standing(contribution.id, accountsOf(contribution));

function occasionOf(
  meta: RequestMeta,
  read: Pick<CommandRead, 'memberships'>,
  { contributor }: Contribution,
  at: string,
): Occasion {
  const isOwn = may('createContribution', capacitiesForAccount(callerOf(meta, read), accountLike(contributor)));
  return { actor: { userId: meta.userId, capacity: isOwn ? 'admin@contributor' : 'finance@host' }, at };
}

const over = ({ status }: Contribution, allowed: readonly string[]): Refusal => ({
  code: 'transition-not-allowed',
  currentStatus: status,
  allowedCommands: [],
  detail: `The contribution is ${status}${allowed.length === 0 ? '' : `; what is possible: ${allowed.join(', ')}`}.`,
});

/** A contributor can always cancel; the host can, for what it holds. */
export const cancelContribution = (
  deps: ContributionDependencies,
  meta: RequestMeta,
  id: string,
  { reason }: { readonly reason: string },
): Outcome =>
  changeContribution(
    deps,
    meta,
    id,
    { given: 'cancelOwnContribution', received: 'cancelReceivedContribution' },
    async ({ contribution }) =>
      contribution.status === 'active'
        ? accept({ data: [{ type: 'canceled', reason }] })
        : refuse(over(contribution, [])),
  );

/** Subscriptions that were left and have not ended yet are kept with the contribution, which has to stay small. */
const retiringMax = 10;

/** A contributor can do this whatever holds there are (P3); a charge that failed is tried again with it. */
export const updatePaymentMethod = (
  deps: ContributionDependencies,
  meta: RequestMeta,
  id: string,
  { paymentMethodId }: { readonly paymentMethodId: string },
): Outcome =>
  changeContribution(
    deps,
    meta,
    id,
    { given: 'createContribution', received: null },
    async ({ contribution }, _read, now) => {
      if (contribution.status !== 'active') {
        return refuse(over(contribution, []));
      }
      const method = await deps.store.paymentMethod(contribution.contributor.accountId, paymentMethodId);
      if (method === undefined) {
        return invalid('/paymentMethodId', 'The contributor has no such payment method.');
      }
      const misfit = misfitOf(method, { ...contribution, hostId: contribution.collective.hostId });
      if (misfit !== undefined) {
        return invalid('/paymentMethodId', misfit);
      }
      const { retiring, retiringLater } = contribution;
      if (retiringLater.length >= retiringMax) {
        return refuse({
          code: 'too-many',
          detail:
            'Several subscriptions that were left are still being ended at their processor; try again when they are.',
        });
      }
      if ([retiring, ...retiringLater].some((left) => left?.method.id === method.id)) {
        return refuse({
          code: 'transition-not-allowed',
          currentStatus: contribution.status,
          allowedCommands: [],
          detail: 'This subscription is being ended at its processor, as another payment method took its place.',
        });
      }
      const { processor, reference, chargedBy } = method;
      const isNewSubscription = chargedBy === 'processor' && reference !== null && method.id !== contribution.method.id;
      return accept({
        data: [
          {
            type: 'method_changed',
            method: inUse(method),
            label: method.label,
            ...calendarAfter(contribution, method, now),
          },
          ...(method.id === contribution.method.id ? [] : pausesLeftBehind(contribution)),
        ],
        change: {
          subscriptions: isNewSubscription ? [{ processor, reference, contributionId: id }] : [],
        },
      });
    },
  );

/** What the payer paused on the processor's own site goes on there, or ends with what was paused: nobody else can lift it. */
const pausesLeftBehind = ({ holds }: Contribution): readonly ContributionEventData[] =>
  holds
    .filter(({ reason }) => reason === 'at_processor')
    .map(({ id, missedPeriods }) => ({ type: 'released', holdId: id, missedPeriods }));

/** Who charges from now on has the calendar: a subscription keeps its own, and ours goes on with the next period. */
function calendarAfter(
  contribution: Contribution,
  { chargedBy }: PaymentMethod,
  now: string,
): { readonly next: number; readonly nextAt: string | null } {
  if (chargedBy === 'processor') {
    return { next: contribution.next, nextAt: null };
  }
  if (contribution.method.chargedBy !== 'processor') {
    return { next: contribution.next, nextAt: contribution.nextAt };
  }
  let next = contribution.next;
  for (
    let period = periodAt(contribution, next);
    period !== null && period.at <= now;
    period = periodAt(contribution, next)
  ) {
    next += 1;
  }
  return { next, nextAt: periodAt(contribution, next)?.at ?? null };
}

/** What was set aside is tried once more (B5). */
export const takeUpContribution = (deps: ContributionDependencies, meta: RequestMeta, id: string): Outcome =>
  changeContribution(
    deps,
    meta,
    id,
    { given: 'createContribution', received: 'takeUpContribution' },
    async ({ contribution }) =>
      contribution.status !== 'completed' && contribution.setAside !== null
        ? accept({ data: [{ type: 'taken_up' }] })
        : refuse(over(contribution, contribution.status === 'active' ? ['cancel', 'update-payment-method'] : [])),
  );

export type ConfirmPeriodInput = {
  readonly period: string;
  readonly amount: Money;
  readonly date: string;
  readonly reference: string | null;
};

/** The host has found a bank transfer in its statement: only now is it money (B7). */
export function confirmPeriod(
  deps: ContributionDependencies,
  meta: RequestMeta,
  id: string,
  input: ConfirmPeriodInput,
): Outcome {
  return execute(deps, meta, {
    reads: { contributionId: id },
    authorise: (read) => {
      const caller = callerOf(meta, read);
      const stored = read.contribution;
      if (stored === undefined || !mayOn(stored.contribution, caller, readers)) {
        return notFound('contribution');
      }
      return may('confirmPeriod', capacitiesForAccount(caller, accountLike(stored.contribution.collective)))
        ? undefined
        : { code: 'permission-denied', detail: `This is for: ${permissions.confirmPeriod.join(', ')}.` };
    },
    decide: async ({ contribution: stored }, now) => {
      const dated = inPast(input.date, now, input);
      if (!dated.ok) {
        return dated;
      }
      if (stored === undefined) {
        return refuse(notFound('contribution'));
      }
      const { contribution } = stored;
      if (meta.ifMatch !== undefined && meta.ifMatch !== contribution.version) {
        return refuse(stale(contribution.version));
      }
      if (!contribution.expected.some(({ period }) => period === input.period)) {
        return invalid(
          '/period',
          `Expected are: ${contribution.expected.map(({ period }) => period).join(', ') || 'none'}.`,
        );
      }
      const collective = await deps.store.account(contribution.collective.accountId);
      if (collective === undefined || hostIdOf(collective) !== contribution.collective.hostId) {
        return refuse({
          code: 'account-not-active',
          detail: `${contribution.collective.accountName} has left your host; money that came for it is recorded in suspense.`,
        });
      }
      if ((await deps.store.paidBy(id, input.period)) !== undefined) {
        return invalid('/period', 'It is paid already; money that came besides is recorded in suspense.');
      }
      if (input.amount.currency !== contribution.amount.currency) {
        return refuse({
          code: 'currency-mismatch',
          detail: `The contribution is in ${contribution.amount.currency}; money in another currency is recorded in suspense.`,
        });
      }
      const payment = {
        reference: input.reference ?? `${id}:${input.period}`,
        amount: input.amount,
        fee: 0,
        paidAt: `${input.date}T00:00:00.000Z`,
      };
      const { change, after } = await bookingOf(deps, stored, payment, {
        source: 'expected',
        period: input.period,
        what: input.period,
        by: { userId: meta.userId, capacity: 'finance@host' },
      });
      return answered(deps, after, change);
    },
  });
}

// --- Queries ---------------------------------------------------------------------------------------------------------

export async function getContribution(deps: ContributionDependencies, userId: string, id: string): Outcome {
  const { contribution: stored, memberships } = await deps.store.readForCommand({ userId, contributionId: id });
  if (stored === undefined || !mayOn(stored.contribution, { userId, memberships }, readers)) {
    return refuse(notFound('contribution'));
  }
  const { contribution } = stored;
  const body = contributionView(contribution, await standingOf(deps, contribution));
  return accept({ status: 200, body, version: contribution.version, replayed: false });
}

export async function listContributionEvents(
  deps: ContributionDependencies,
  userId: string,
  id: string,
  { limit, position }: { readonly limit: number; readonly position?: Position | undefined },
): Promise<Result<Slice<ContributionEventView>, Refusal>> {
  const { contribution: stored, memberships } = await deps.store.readForCommand({ userId, contributionId: id });
  if (stored === undefined || !mayOn(stored.contribution, { userId, memberships }, readers)) {
    return refuse(notFound('contribution'));
  }
  const page = await deps.store.listContributionEvents(id, limit, position);
  return accept({ items: page.items.map(eventView), next: page.next });
}

export type ContributionEventView = ReturnType<typeof eventView>;

const eventView = ({ id, number, at, actor, data }: ToldEvent) => ({
  id,
  number,
  at,
  by: actor.capacity,
  type: data.type,
  details: detailsOf(data),
});

/** What the processor calls things, and the whole agreement that is shown elsewhere, are left out. */
function detailsOf(data: ContributionEventData): Readonly<Record<string, unknown>> {
  const { type: _type, ...details } = data as ContributionEventData & Record<string, unknown>;
  const {
    agreement: _agreement,
    method: _method,
    reference: _reference,
    charge,
    ...rest
  } = details as Record<string, unknown>;
  return charge === undefined ? rest : { ...rest, ...chargeDetails(charge as Record<string, unknown>) };
}

const chargeDetails = ({
  index: _index,
  method: _method,
  key: _key,
  faults: _faults,
  ...charge
}: Record<string, unknown>) => charge;

export type ListContributionsInput = {
  readonly scope: ContributionListScope;
  readonly limit: number;
  readonly position?: Position | undefined;
};

/** Newest first: those that an account gives, that it receives, that a host holds, or that are set aside there. */
export async function listContributions(
  deps: ContributionDependencies,
  userId: string,
  { scope, limit, position }: ListContributionsInput,
): Promise<Result<Slice<ContributionView>, Refusal>> {
  const accountId = 'hostId' in scope ? scope.hostId : scope.accountId;
  const action = scope.by === 'contributor' ? 'readGivenContributions' : 'readReceivedContributions';
  const found = await readable(deps, userId, accountId, action);
  if (!found.ok) {
    return found;
  }
  if ('hostId' in scope && found.value.kind !== 'host') {
    return refuse(notFound('host'));
  }
  const page = await deps.store.listContributions(scope, limit, position);
  const standing = await deps.store.standing(accountId, page.items.flatMap(accountsOf));
  const standingOfOne = (contribution: Contribution): Standing => {
    const own = accountsOf(contribution);
    return {
      guards: standing.guards.filter((guard) => own.includes(guard.accountId)),
      accounts: standing.accounts.filter(({ id }) => own.includes(id)),
    };
  };
  // Whoever holds a collective's money now has no part in what was agreed under another host: such pages are shorter.
  const caller = { userId, memberships: await deps.store.memberships(userId) };
  const theirs = page.items.filter((contribution) => mayOn(contribution, caller, readers));
  return accept({
    items: theirs.map((contribution) => contributionView(contribution, standingOfOne(contribution))),
    next: page.next,
  });
}
