/** Money that nobody can place yet, settling within one host, and money that is sent back (semantics §3: S1, S2, L6, L8, X). */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { getBalances, getStatement } from '../../shared/application/accounts.ts';
import {
  attachSuspense,
  getBooks,
  getSuspense,
  listSuspense,
  putFees,
  recordSuspense,
  verifyHost,
} from '../../shared/application/hosts.ts';
import { verifyIntent } from '../../shared/application/verification.ts';
import type { SuspenseRecord } from '../../shared/domain/account.ts';
import type { Money } from '../../shared/domain/money.ts';
import type { Share } from '../../shared/domain/split.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { bodyOf, createWorld, expected, receiving, sending, usd, type World } from '../support/world.ts';

const engine = await engineOfFile();
let world: World;
beforeEach(async () => {
  world = await createWorld(engine);
});

const record = async (amount: Money, host: 'A' | 'B' = 'B'): Promise<SuspenseRecord> => {
  const { people, accounts, deps, meta } = world;
  const [userId, hostId] = host === 'A' ? [people.financeA, accounts.hostA] : [people.financeB, accounts.hostB];
  return bodyOf<SuspenseRecord>(
    await recordSuspense(deps, meta(userId), hostId, {
      amount,
      date: '2026-03-02',
      reference: 'UNKNOWN',
      payerName: 'Somebody',
      note: null,
    }),
  );
};
const attach = (id: string, shares: readonly Share[], options: { ifMatch?: number; idempotencyKey?: string } = {}) =>
  attachSuspense(world.deps, world.meta(world.people.financeB, options), world.accounts.hostB, id, {
    shares,
    purpose: 'Donation',
  });
const ledgersOf = async (host: 'A' | 'B', accountId: string, currency = 'USD') => {
  const hostId = host === 'A' ? world.accounts.hostA : world.accounts.hostB;
  return (
    (await world.deps.store.balances(hostId, accountId)).find((balance) => balance.currency === currency)?.ledgers ?? {}
  );
};
const suspenseOf = async (id: string): Promise<SuspenseRecord> =>
  bodyOf<SuspenseRecord>(await getSuspense(world.deps, world.people.financeB, world.accounts.hostB, id));

/** Whatever was done: both hosts' books balance, and their histories are whole. */
const expectSound = async (): Promise<void> => {
  const { people, accounts, deps } = world;
  for (const [userId, hostId] of [
    [people.financeA, accounts.hostA],
    [people.financeB, accounts.hostB],
  ] as const) {
    const { currencies } = bodyOf<{ currencies: { balanced: boolean }[] }>(await getBooks(deps, userId, hostId, {}));
    expect(currencies.every(({ balanced }) => balanced)).toBe(true);
    expect(bodyOf(await verifyHost(deps, userId, hostId))).toMatchObject({ verified: true, problems: [] });
  }
};
/** What the suspense records say is open is what the books hold in suspense. */
const expectAllSuspenseRecorded = async (): Promise<void> => {
  const { people, accounts, deps } = world;
  const { items } = expected(await listSuspense(deps, people.financeB, accounts.hostB, { limit: 100 }));
  const open = items.reduce((sum, { remaining }) => sum + remaining, 0);
  expect((await ledgersOf('B', accounts.hostB)).suspense ?? 0).toBe(open);
};

describe('money in suspense', () => {
  test('is in the bank and owed to nobody yet', async () => {
    const { accounts } = world;
    const recorded = await record(usd(500));
    expect(recorded).toMatchObject({ status: 'open', remaining: 500, version: 1, amount: usd(500) });
    expect(await ledgersOf('B', accounts.hostB)).toEqual({ bank: 500, suspense: 500 });
    await expectSound();
    await expectAllSuspenseRecorded();
  });

  test('is attached by shares that add up to the last cent', async () => {
    const { accounts } = world;
    const second = await world.collective('B', 'Second');
    const third = await world.collective('B', 'Third');
    const { id } = await record(usd(100));
    const shares: readonly Share[] = [
      { kind: 'rate', accountId: accounts.collectiveB, basisPoints: 3333 },
      { kind: 'fixed', accountId: second, amount: 20 },
      { kind: 'rest', accountId: third },
    ];
    expect(bodyOf(await attach(id, shares))).toMatchObject({ status: 'attached', remaining: 0, version: 2 });
    const available = await Promise.all(
      [accounts.collectiveB, second, third].map(async (one) => (await ledgersOf('B', one)).available),
    );
    expect(available).toEqual([33, 20, 47]);
    expect(await ledgersOf('B', accounts.hostB)).toEqual({ bank: 100 });
    await expectSound();
    await expectAllSuspenseRecorded();
  });

  test('shows on the statement of who got it', async () => {
    const { accounts, deps, people } = world;
    const { id } = await record(usd(100));
    await attach(id, [{ kind: 'rest', accountId: accounts.collectiveB }]);
    const { items } = expected(await getStatement(deps, people.collectiveAdminB, accounts.collectiveB, { limit: 10 }));
    expect(items).toMatchObject([
      { type: 'attached_to_accounts', postings: [{ ledger: 'available', amount: 100, currency: 'USD' }] },
    ]);
  });

  test('is attached once', async () => {
    const { accounts } = world;
    const { id } = await record(usd(100));
    const whole: readonly Share[] = [{ kind: 'rest', accountId: accounts.collectiveB }];
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => attach(id, whole)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await attach(id, whole)).toMatchObject({ refusal: { code: 'amount-not-allowed' } });
    expect(await ledgersOf('B', accounts.collectiveB)).toEqual({ available: 100 });
  });

  test('is not attached by a rule that does not fit, to others’ accounts, or from a stale version', async () => {
    const { accounts } = world;
    const { id } = await record(usd(100));
    const rest: Share = { kind: 'rest', accountId: accounts.collectiveB };
    expect(await attach(id, [{ kind: 'fixed', accountId: accounts.collectiveB, amount: 101 }, rest])).toMatchObject({
      refusal: { code: 'split-not-exact' },
    });
    expect(await attach(id, [])).toMatchObject({ refusal: { code: 'split-not-exact' } });
    for (const stranger of [accounts.collectiveA, accounts.organisation, 'acc_none']) {
      expect(await attach(id, [{ kind: 'rest', accountId: stranger }])).toMatchObject({
        refusal: { code: 'validation-failed', errors: [{ pointer: '/shares/0/accountId' }] },
      });
    }
    expect(await attach(id, [rest], { ifMatch: 7 })).toMatchObject({
      refusal: { code: 'version-conflict', currentVersion: 1 },
    });
    expect(await attach('sus_none', [rest])).toMatchObject({ refusal: { code: 'not-found' } });
    expect(await suspenseOf(id)).toMatchObject({ status: 'open', remaining: 100 });
  });

  test('does not come from the future', async () => {
    const { people, accounts, deps, meta } = world;
    const future = { amount: usd(1), date: '2026-03-04', reference: null, payerName: null, note: null };
    expect(await recordSuspense(deps, meta(people.financeB), accounts.hostB, future)).toMatchObject({
      refusal: { code: 'validation-failed' },
    });
  });
});

describe('money in suspense that turns out to belong to an intent', () => {
  beforeEach(async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(10_000));
  });

  test('is taken for its receipt, and does not come into the bank a second time', async () => {
    const { people, accounts } = world;
    const { id: suspenseId } = await record(usd(1000));
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(1000), { fromSuspense: suspenseId }));
    expect(await ledgersOf('B', accounts.hostB)).toEqual({ bank: 1000 });
    expect(await ledgersOf('B', accounts.collectiveB)).toEqual({ available: 1000 });
    expect(await suspenseOf(suspenseId)).toMatchObject({ status: 'attached', remaining: 0, version: 2 });
    await expectSound();
  });

  test('is taken in part, and the rest stays', async () => {
    const { people, accounts } = world;
    const { id: suspenseId } = await record(usd(1500));
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(400), { fromSuspense: suspenseId }));
    await world.must(people.financeB, id, receiving(usd(600), { fromSuspense: suspenseId }));
    expect(await suspenseOf(suspenseId)).toMatchObject({ status: 'open', remaining: 500, version: 3 });
    expected(await attach(suspenseId, [{ kind: 'rest', accountId: accounts.collectiveB }]));
    expect(await ledgersOf('B', accounts.collectiveB)).toEqual({ available: 1500 });
    await expectSound();
    await expectAllSuspenseRecorded();
  });

  test('is not taken beyond what is there, in another currency, or twice at once', async () => {
    const { people } = world;
    const { id: suspenseId } = await record(usd(500));
    const { id: inEuro } = await record({ amount: 500, currency: 'EUR' });
    const { id } = await world.sent();
    const take = (amount: number, fromSuspense: string) =>
      world.command(people.financeB, id, receiving(usd(amount), { fromSuspense }));
    expect(await take(501, suspenseId)).toMatchObject({ refusal: { code: 'validation-failed' } });
    expect(await take(100, inEuro)).toMatchObject({ refusal: { code: 'validation-failed' } });
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => take(100, suspenseId)));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(5);
    expect(await suspenseOf(suspenseId)).toMatchObject({ remaining: 0, status: 'attached' });
    await expectSound();
  });

  test('two intents that take the same money at once get it once', async () => {
    const { people } = world;
    const { id: suspenseId } = await record(usd(1000));
    const [one, other] = [await world.sent(), await world.sent()];
    const outcomes = await Promise.all(
      [one, other].map(({ id }) =>
        world.command(people.financeB, id, receiving(usd(1000), { fromSuspense: suspenseId })),
      ),
    );
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
    await expectSound();
  });

  test('what is over and set aside can be attached later', async () => {
    const { people, accounts } = world;
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(1100), { overReceipt: 'suspense' }));
    expect((await ledgersOf('B', accounts.hostB)).suspense).toBe(100);
    await expectAllSuspenseRecorded();
  });

  test('what is over of money in suspense stays on its record', async () => {
    const { people } = world;
    const { id: suspenseId } = await record(usd(1100));
    const { id } = await world.sent();
    await world.must(people.financeB, id, receiving(usd(1100), { fromSuspense: suspenseId, overReceipt: 'suspense' }));
    await expectAllSuspenseRecorded();
  });
});

describe('settling within one host', () => {
  test('moves it in one step, and never through the network', async () => {
    const { people, accounts, deps } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1000));
    const { id } = await world.approved({ payeeAccountId: accounts.collectiveA2 });
    expect(await ledgersOf('A', accounts.collectiveA)).toEqual({ reserved: 1000 });
    const settled = await world.must(people.financeA, id, { name: 'settle', date: '2026-03-02' });
    expect(settled).toMatchObject({ status: 'received', version: 5, network: null, inTransit: null });
    const { balances } = bodyOf<{ balances: unknown[] }>(
      await getBalances(deps, people.collectiveAdminA, accounts.collectiveA2, {}),
    );
    expect(balances).toEqual([{ hostId: accounts.hostA, currency: 'USD', available: 1000, reserved: 0 }]);
    const { history } = await verifyIntent(deps, id);
    expect(history.flatMap(({ postings }) => postings).filter(({ book }) => book === 'network')).toEqual([]);
    await expectSound();
  });
});

describe('sending back', () => {
  const received = async (amount = usd(1000)): Promise<string> => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(10_000));
    const { id } = await world.sent({ amount });
    await world.must(people.financeB, id, receiving(amount));
    return id;
  };
  const destination = { method: 'bank_account', label: 'Host A' } as const;
  const requested = (id: string, amount: number) =>
    world.command(world.people.financeB, id, { name: 'sendBack', amount, purpose: 'Too much', destination });
  const returning = async (id: string, amount: number): Promise<string> => {
    const { people } = world;
    const back = bodyOf<{ id: string }>(await requested(id, amount));
    await world.must(people.financeB, back.id, { name: 'submit' });
    await world.must(people.hostAdminB, back.id, { name: 'approve' });
    await world.must(people.financeB, back.id, sending());
    return back.id;
  };
  const reversalOf = async (id: string) => (await world.deps.store.intent(id))?.intent.reversal;

  test('is an intent of its own the other way, and shows on the original when it has arrived', async () => {
    const { people, accounts } = world;
    const original = await received();
    const back = await returning(original, 300);
    expect((await world.deps.store.intent(back))?.intent).toMatchObject({
      type: 'compensation',
      sendsBackId: original,
      payer: { accountId: accounts.collectiveB },
      payee: { accountId: accounts.collectiveA },
      amount: usd(300),
    });
    expect(await reversalOf(original)).toBeNull();
    await world.must(people.financeA, back, receiving(usd(300)));
    expect(await reversalOf(original)).toEqual({ amount: 300, extent: 'partial' });
    const second = await returning(original, 700);
    await world.must(people.financeA, second, receiving(usd(700)));
    expect(await reversalOf(original)).toEqual({ amount: 1000, extent: 'full' });
    expect((await world.deps.store.intent(original))?.intent).toMatchObject({ status: 'received' });
    expect(await requested(original, 1)).toMatchObject({ refusal: { code: 'amount-not-allowed' } });
    expect((await ledgersOf('B', accounts.collectiveB)).available ?? 0).toBe(0);
    await expectSound();
  });

  test('within one host is settled, and shows on the original', async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1000));
    const { id } = await world.approved({ payeeAccountId: accounts.collectiveA2 });
    await world.must(people.financeA, id, { name: 'settle', date: '2026-03-02' });
    const back = await world.must(people.financeA, id, {
      name: 'sendBack',
      amount: 1000,
      purpose: 'Wrong account',
      destination: null,
    });
    await world.must(people.financeA, back.id, { name: 'submit' });
    await world.must(people.finance2A, back.id, { name: 'approve' });
    await world.must(people.finance2A, back.id, { name: 'settle', date: '2026-03-02' });
    expect(await reversalOf(id)).toEqual({ amount: 1000, extent: 'full' });
    expect(await ledgersOf('A', accounts.collectiveA)).toMatchObject({ available: 1000 });
    await expectSound();
  });

  test('counts on the original what it was there, in whatever currency it arrives', async () => {
    const { people, accounts, deps, meta } = world;
    expected(await putFees(deps, meta(people.hostAdminB), accounts.hostB, { receivingBasisPoints: 0 }));
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(10_000));
    const { id } = await world.sent({ amount: { amount: 860, currency: 'EUR' }, costLimit: usd(1000) });
    await world.must(people.financeB, id, receiving({ amount: 860, currency: 'EUR' }));
    const back = await returning(id, 430);
    await world.must(people.financeA, back, receiving(usd(495), { final: true }));
    expect(await reversalOf(id)).toEqual({ amount: 430, extent: 'partial' });
    expect(await requested(id, 431)).toMatchObject({ refusal: { code: 'amount-not-allowed' } });
    expect(await requested(id, 430)).toMatchObject({ ok: true });
  });

  test('what comes back beyond what was sent back is not counted as sent back', async () => {
    const { people } = world;
    const original = await received();
    const back = await returning(original, 300);
    await world.must(people.financeA, back, receiving(usd(350), { overReceipt: 'payee' }));
    expect(await reversalOf(original)).toEqual({ amount: 300, extent: 'partial' });
  });

  test('not more is under way back than arrived, in several attempts together', async () => {
    const { people, accounts } = world;
    const original = await received();
    // The collective has other money, so that its balance alone would not stop the second.
    await world.fund(people.hostAdminB, accounts.hostB, accounts.collectiveB, usd(5000));
    const [one, other] = [await returning(original, 1000), await requested(original, 1000)];
    if (other.ok) {
      const second = await returning(original, 1000).catch(() => undefined);
      for (const id of [one, second].filter((id) => id !== undefined)) {
        await world.command(people.financeA, id, receiving(usd(1000)));
      }
    }
    expect((await reversalOf(original))?.amount ?? 0).toBeLessThanOrEqual(1000);
  });

  test('two parts that arrive at once are both counted', async () => {
    const { people } = world;
    const original = await received();
    const [one, other] = [await returning(original, 300), await returning(original, 200)];
    await Promise.all([
      world.must(people.financeA, one, receiving(usd(300))),
      world.must(people.financeA, other, receiving(usd(200))),
    ]);
    expect(await reversalOf(original)).toEqual({ amount: 500, extent: 'partial' });
    await expectSound();
  });
});
