/** A small world on a real engine: two hosts with their teams, collectives, people outside; driven through the application. */
import { randomUUID } from 'node:crypto';
import { dependenciesOver } from '../../functions/dependencies.ts';
import { changeHosting, createAccount, putMember } from '../../shared/application/accounts.ts';
import { attachSuspense, putApprovalPolicy, recordSuspense } from '../../shared/application/hosts.ts';
import { acceptInvitation } from '../../shared/application/invitations.ts';
import {
  type CreateInput,
  createPaymentIntent,
  executeIntentCommand,
  type IntentCommandInput,
} from '../../shared/application/payment-intents.ts';
import { personForIdentity } from '../../shared/application/people.ts';
import { bootstrapPlatform } from '../../shared/application/platform.ts';
import type { Dependencies, Store } from '../../shared/application/ports.ts';
import type { Answer, RequestMeta } from '../../shared/application/request.ts';
import type { IntentView } from '../../shared/application/views.ts';
import type { Role } from '../../shared/domain/authorisation.ts';
import type { Money } from '../../shared/domain/money.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { createStore, type StoreOptions } from '../../shared/persistence/store.ts';
import type { TestEngine } from './engine.ts';

/** A clock that stands still until it is moved. */
export type TestClock = { now: () => string; advanceDays: (days: number) => void };

export function testClock(start = '2026-03-02T09:00:00.000Z'): TestClock {
  let milliseconds = Date.parse(start);
  return {
    now: () => new Date(milliseconds).toISOString(),
    advanceDays: (days) => {
      milliseconds += days * 86_400_000;
    },
  };
}

export const usd = (amount: number): Money => ({ amount, currency: 'USD' });

/** @returns the value, or throws what was refused: for steps that a test takes for granted. */
export function expected<Value>(result: Result<Value, Refusal>): Value {
  if (!result.ok) {
    throw new Error(`Refused: ${JSON.stringify(result.refusal)}`);
  }
  return result.value;
}

export const bodyOf = <Body>(result: Result<Answer, Refusal>): Body => expected(result).body as Body;

export type People = Record<
  | 'platformAdmin'
  | 'hostAdminA'
  | 'financeA'
  | 'finance2A'
  | 'accountantA'
  | 'collectiveAdminA'
  | 'hostAdminB'
  | 'financeB'
  | 'collectiveAdminB'
  | 'stranger'
  | 'outsider',
  string
>;

export type World = {
  readonly table: StoreOptions;
  readonly deps: Dependencies;
  readonly clock: TestClock;
  readonly people: People;
  readonly accounts: Record<
    'hostA' | 'hostB' | 'collectiveA' | 'collectiveA2' | 'collectiveB' | 'organisation',
    string
  >;
  /** A request by somebody, with a fresh idempotency key unless one is given. */
  meta(userId: string, options?: Partial<RequestMeta>): RequestMeta;
  create(userId: string, input?: Partial<CreateInput>, options?: Partial<RequestMeta>): Promise<IntentView>;
  command(
    userId: string,
    intentId: string,
    input: IntentCommandInput,
    options?: Partial<RequestMeta>,
  ): Promise<Result<Answer, Refusal>>;
  /** The same for a step that a test takes for granted. */
  must(userId: string, intentId: string, input: IntentCommandInput): Promise<IntentView>;
  /** One more collective, held by one of the hosts. */
  collective(host: 'A' | 'B', name: string): Promise<string>;
  /** Money in the bank for a collective: recorded as suspense and attached whole. */
  fund(hostAdmin: string, hostId: string, accountId: string, amount: Money): Promise<void>;
  approved(input?: Partial<CreateInput>): Promise<IntentView>;
  sent(input?: Partial<CreateInput>): Promise<IntentView>;
};

export type WorldOptions = {
  /** Wraps the store, e.g. to fail after the n-th call. */
  readonly wrap?: (store: Store) => Store;
  readonly reviewers?: 1 | 2;
};

export async function createWorld(engine: TestEngine, options: WorldOptions = {}): Promise<World> {
  const tableName = await engine.createTable();
  const table: StoreOptions = { client: engine.client(), tableName };
  const plain = createStore(table);
  const clock = testClock();
  const deps = dependenciesOver(options.wrap?.(plain) ?? plain, clock);
  const meta: World['meta'] = (userId, given = {}) => ({
    userId,
    requestId: randomUUID(),
    idempotencyKey: randomUUID(),
    fingerprint: 'fingerprint',
    ...given,
  });

  const person = async (name: string, email: string): Promise<string> =>
    (await personForIdentity(deps, { issuer: 'https://id.example', subject: email, email, emailVerified: true, name }))
      .userId;
  const people: People = {
    platformAdmin: await person('Platform admin', 'platform@example.org'),
    hostAdminA: await person('Ada', 'ada@a.example'),
    financeA: await person('Fin', 'fin@a.example'),
    finance2A: await person('Fay', 'fay@a.example'),
    accountantA: await person('Acc', 'acc@a.example'),
    collectiveAdminA: await person('Col', 'col@a.example'),
    hostAdminB: await person('Bob', 'bob@b.example'),
    financeB: await person('Bea', 'bea@b.example'),
    collectiveAdminB: await person('Cob', 'cob@b.example'),
    stranger: await person('Stranger', 'stranger@example.org'),
    outsider: await person('Outsider', 'outsider@example.org'),
  };
  const code = await bootstrapPlatform(deps, { email: 'platform@example.org' });
  expected(await acceptInvitation(deps, meta(people.platformAdmin), { code }));

  const account = async (userId: string, fields: Partial<Parameters<typeof createAccount>[2]>): Promise<string> =>
    bodyOf<{ id: string }>(
      await createAccount(deps, meta(userId), {
        kind: 'collective',
        slug: `slug-${randomUUID().slice(0, 8)}`,
        name: 'An account',
        country: null,
        currency: 'USD',
        timeZone: 'UTC',
        email: null,
        ...fields,
      }),
    ).id;
  const hostA = await account(people.platformAdmin, {
    kind: 'host',
    name: 'Host A',
    adminUserIds: [people.hostAdminA],
  });
  const hostB = await account(people.platformAdmin, {
    kind: 'host',
    name: 'Host B',
    adminUserIds: [people.hostAdminB],
  });
  const hosted = async (admin: string, name: string, hostId: string, hostAdmin: string): Promise<string> => {
    const id = await account(admin, { name });
    expected(await changeHosting(deps, meta(admin), id, { action: 'apply', hostId }));
    expected(await changeHosting(deps, meta(hostAdmin), id, { action: 'accept' }));
    return id;
  };
  const accounts: World['accounts'] = {
    hostA,
    hostB,
    collectiveA: await hosted(people.collectiveAdminA, 'Collective A', hostA, people.hostAdminA),
    collectiveA2: await hosted(people.collectiveAdminA, 'Collective A2', hostA, people.hostAdminA),
    collectiveB: await hosted(people.collectiveAdminB, 'Collective B', hostB, people.hostAdminB),
    organisation: await account(people.outsider, { kind: 'organisation', name: 'Giving Organisation' }),
  };
  const join = async (admin: string, accountId: string, userId: string, roles: readonly Role[]): Promise<void> => {
    expected(await putMember(deps, meta(admin), accountId, userId, { roles }));
  };
  await join(people.hostAdminA, hostA, people.financeA, ['finance_lead']);
  await join(people.hostAdminA, hostA, people.finance2A, ['finance_lead']);
  await join(people.hostAdminA, hostA, people.accountantA, ['accountant']);
  await join(people.hostAdminB, hostB, people.financeB, ['finance_lead']);
  if (options.reviewers === 2) {
    expected(await putApprovalPolicy(deps, meta(people.hostAdminA), hostA, { reviewers: 2 }));
  }

  const command: World['command'] = (userId, intentId, input, given) =>
    executeIntentCommand(deps, meta(userId, given), intentId, input);
  const must: World['must'] = async (userId, intentId, input) =>
    bodyOf<IntentView>(await command(userId, intentId, input));
  const create: World['create'] = async (userId, input = {}, given = {}) =>
    bodyOf<IntentView>(
      await createPaymentIntent(deps, meta(userId, given), {
        type: 'grant',
        payerAccountId: accounts.collectiveA,
        payeeAccountId: accounts.collectiveB,
        amount: usd(1000),
        fixedSide: 'sent',
        costLimit: null,
        purpose: 'Travel to the conference',
        tier: null,
        destination: { method: 'bank_account', label: 'Host B, account ending 4242' },
        deadlineAt: null,
        ...input,
      }),
    );
  const approved: World['approved'] = async (input) => {
    const { id } = await create(people.collectiveAdminA, input);
    await must(people.collectiveAdminA, id, { name: 'submit' });
    const first = await must(people.financeA, id, { name: 'approve' });
    return first.status === 'approved' ? first : must(people.finance2A, id, { name: 'approve' });
  };
  return {
    table,
    deps,
    clock,
    people,
    accounts,
    meta,
    create,
    command,
    must,
    approved,
    collective: (host, name) =>
      host === 'A'
        ? hosted(people.collectiveAdminA, name, hostA, people.hostAdminA)
        : hosted(people.collectiveAdminB, name, hostB, people.hostAdminB),
    async sent(input) {
      const intent = await approved(input);
      return must(people.financeA, intent.id, sending());
    },
    async fund(hostAdmin, hostId, accountId, amount) {
      const { id } = bodyOf<{ id: string }>(
        await recordSuspense(deps, meta(hostAdmin), hostId, {
          amount,
          date: clock.now().slice(0, 10),
          reference: null,
          payerName: null,
          note: null,
        }),
      );
      const attached = { shares: [{ kind: 'rest', accountId } as const], purpose: 'Opening balance' };
      expected(await attachSuspense(deps, meta(hostAdmin), hostId, id, attached));
    },
  };
}

/** A claim that money left, with the usual details. */
export const sending = (
  given: Partial<Extract<IntentCommandInput, { name: 'markSent' }>> = {},
): Extract<IntentCommandInput, { name: 'markSent' }> => ({
  name: 'markSent',
  fee: 0,
  feeBearer: 'payer',
  date: '2026-03-02',
  method: 'bank_transfer',
  reference: 'REF-1',
  expected: null,
  ...given,
});

/** A confirmation that money arrived, with the usual details. */
export const receiving = (
  amount: Money,
  given: Partial<Extract<IntentCommandInput, { name: 'confirmReceipt' }>> = {},
): Extract<IntentCommandInput, { name: 'confirmReceipt' }> => ({
  name: 'confirmReceipt',
  amount,
  date: '2026-03-02',
  reference: 'REF-1',
  final: false,
  overReceipt: null,
  fromSuspense: null,
  ...given,
});
