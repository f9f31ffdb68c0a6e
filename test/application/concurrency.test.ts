/** Many callers at once: one effect per key, and exactly the effects that are allowed (invariant 2). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getBalances, putMember } from '../../shared/application/accounts.ts';
import { createPaymentIntent, listPaymentIntents } from '../../shared/application/payment-intents.ts';
import { personForIdentity } from '../../shared/application/people.ts';
import type { Answer } from '../../shared/application/request.ts';
import { verifyIntent } from '../../shared/application/verification.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { createWorld, expected, receiving, sending, usd, type World } from '../support/world.ts';

let engine: TestEngine;
let world: World;
let reviewers: readonly string[];

const fifty = <Value>(make: (index: number) => Promise<Value>): Promise<readonly Value[]> =>
  Promise.all(Array.from({ length: 50 }, (_, index) => make(index)));

const person = async (name: string): Promise<string> => {
  const email = `${name}@a.example`;
  const identity = { issuer: 'https://id.example', subject: email, email, emailVerified: true, name };
  return (await personForIdentity(world.deps, identity)).userId;
};

beforeAll(async () => {
  engine = await startEngine();
  world = await createWorld(engine);
  const { people, accounts, deps } = world;
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1_000_000));
  const made: string[] = [];
  for (let index = 0; index < 50; index += 1) {
    const userId = await person(`reviewer-${index}`);
    expected(await putMember(deps, world.meta(people.hostAdminA), accounts.hostA, userId, { roles: ['finance_lead'] }));
    made.push(userId);
  }
  reviewers = made;
});
afterAll(() => engine.stop());

const balanceOf = async (userId: string, accountId: string) => {
  const answer = expected(await getBalances(world.deps, userId, accountId, {}));
  const { balances } = answer.body as { balances: { currency: string; available: number; reserved: number }[] };
  const { available = 0, reserved = 0 } = balances.find(({ currency }) => currency === 'USD') ?? {};
  return { available, reserved };
};

const answersOf = (results: readonly Result<Answer, Refusal>[]): readonly Answer[] =>
  results.flatMap((result) => (result.ok ? [result.value] : []));
const refusalsOf = (results: readonly Result<Answer, Refusal>[]): readonly string[] =>
  results.flatMap((result) => (result.ok ? [] : [result.refusal.code]));

const transfer = () => ({
  type: 'grant' as const,
  payerAccountId: world.accounts.collectiveA,
  payeeAccountId: world.accounts.collectiveB,
  amount: usd(1000),
  fixedSide: 'sent' as const,
  costLimit: null,
  purpose: 'Travel',
  tier: null,
  destination: { method: 'bank_account' as const, label: 'Host B' },
  deadlineAt: null,
});

describe('fifty identical requests with one key', () => {
  /** One effect: one answer is the first, the others repeat it word for word. */
  const expectOneEffect = (results: readonly Result<Answer, Refusal>[]): void => {
    const answers = answersOf(results);
    expect(answers).toHaveLength(50);
    const [first, ...others] = answers.map(({ replayed: _replayed, ...answer }) => answer);
    for (const other of others) {
      expect(other).toEqual(first);
    }
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
  };

  test('create one intent', async () => {
    const { deps, people, accounts } = world;
    const count = async () => {
      const query = { account: accounts.collectiveA, limit: 100 };
      return expected(await listPaymentIntents(deps, people.collectiveAdminA, query)).items.length;
    };
    const before = await count();
    const meta = world.meta(people.collectiveAdminA);
    expectOneEffect(await fifty(() => createPaymentIntent(deps, meta, transfer())));
    expect(await count()).toBe(before + 1);
  });

  test('submit, approve, send and confirm once each', async () => {
    const { people, accounts } = world;
    const { id } = await world.create(people.collectiveAdminA);
    const before = {
      a: await balanceOf(people.financeA, accounts.collectiveA),
      b: await balanceOf(people.financeB, accounts.collectiveB),
    };
    const steps = [
      [people.collectiveAdminA, { name: 'submit' }],
      [people.financeA, { name: 'approve' }],
      [people.financeA, sending({ fee: 5 })],
      [people.financeB, receiving(usd(1000))],
    ] as const;
    for (const [userId, input] of steps) {
      const options = { idempotencyKey: `${id} ${input.name}` };
      expectOneEffect(await fifty(() => world.command(userId, id, input, options)));
    }
    expect(await balanceOf(people.financeA, accounts.collectiveA)).toEqual({
      ...before.a,
      available: before.a.available - 1005,
    });
    expect(await balanceOf(people.financeB, accounts.collectiveB)).toEqual({
      ...before.b,
      available: before.b.available + 1000,
    });
    const { history, problems } = await verifyIntent(world.deps, id);
    expect(problems).toEqual([]);
    expect(history.map(({ data }) => data.type)).toEqual([
      'created',
      'submitted',
      'approved',
      'sent',
      'receipt_confirmed',
    ]);
  });

  test('an answer stays as it was given, whatever happened since', async () => {
    const { people } = world;
    const { id } = await world.create(people.collectiveAdminA);
    const options = { idempotencyKey: 'submit once' };
    const first = await world.command(people.collectiveAdminA, id, { name: 'submit' }, options);
    await world.must(people.financeA, id, { name: 'approve' });
    await world.must(people.financeA, id, sending());
    const again = await world.command(people.collectiveAdminA, id, { name: 'submit' }, options);
    expect(again).toEqual({ ok: true, value: { ...expected(first), replayed: true } });
    expect(again).toMatchObject({ value: { version: 2, body: { status: 'pending_approval' } } });
  });

  test('with another request under it, the key is refused, and nothing happens', async () => {
    const { people, deps } = world;
    const meta = world.meta(people.collectiveAdminA);
    const { body } = expected(await createPaymentIntent(deps, meta, transfer()));
    const { id } = body as { id: string };
    const other = { ...meta, fingerprint: 'another request' };
    expect(await createPaymentIntent(deps, other, { ...transfer(), amount: usd(1) })).toMatchObject({
      refusal: { code: 'idempotency-key-reused' },
    });
    expect(await world.command(people.collectiveAdminA, id, { name: 'submit' }, { ...other })).toMatchObject({
      refusal: { code: 'idempotency-key-reused' },
    });
    expect((await world.deps.store.intent(id))?.intent.status).toBe('draft');
  });

  test('one key of two people is two keys', async () => {
    const { people, accounts } = world;
    const ofPerson = (userId: string) =>
      createPaymentIntent(world.deps, world.meta(userId, { idempotencyKey: 'same' }), {
        ...transfer(),
        payerAccountId: accounts.collectiveA,
      });
    const [one, other] = await Promise.all([ofPerson(people.collectiveAdminA), ofPerson(people.financeA)]);
    expect((expected(one).body as { id: string }).id).not.toBe((expected(other).body as { id: string }).id);
  });

  test('a refusal is not remembered: the same request is tried anew', async () => {
    const { people } = world;
    const { id } = await world.create(people.collectiveAdminA);
    const options = { idempotencyKey: 'approve early' };
    expect(await world.command(people.financeA, id, { name: 'approve' }, options)).toMatchObject({ ok: false });
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    expect(await world.command(people.financeA, id, { name: 'approve' }, options)).toMatchObject({ ok: true });
  });
});

describe('fifty different requests', () => {
  test('fifty reviewers approve what takes one: one does, and the amount is set aside once', async () => {
    const { people, accounts } = world;
    const before = await balanceOf(people.financeA, accounts.collectiveA);
    const { id } = await world.create(people.collectiveAdminA);
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    const results = await fifty((index) => world.command(reviewers[index] ?? '', id, { name: 'approve' }));
    expect(answersOf(results)).toHaveLength(1);
    expect(new Set(refusalsOf(results))).toEqual(new Set(['transition-not-allowed']));
    const { available, reserved } = await balanceOf(people.financeA, accounts.collectiveA);
    expect({ available, reserved }).toEqual({ available: before.available - 1000, reserved: before.reserved + 1000 });
    expect((await world.deps.store.intent(id))?.intent.approvals).toHaveLength(1);
    await world.must(people.collectiveAdminA, id, { name: 'cancel', reason: null });
  });

  test('fifty receipts of 100 for what was sent as 1000: ten are confirmed, and 1000 is credited', async () => {
    const { people, accounts } = world;
    const before = await balanceOf(people.financeB, accounts.collectiveB);
    const { id } = await world.sent();
    const results = await fifty((index) =>
      world.command(index % 2 === 0 ? people.financeB : people.hostAdminB, id, receiving(usd(100))),
    );
    expect(answersOf(results)).toHaveLength(10);
    expect(new Set(refusalsOf(results))).toEqual(new Set(['transition-not-allowed']));
    const { available } = await balanceOf(people.financeB, accounts.collectiveB);
    expect(available).toBe(before.available + 1000);
    const { intent, problems } = await verifyIntent(world.deps, id);
    expect(problems).toEqual([]);
    expect(intent).toMatchObject({ status: 'received', version: 14, network: { received: 1000, transit: 0 } });
  });

  test('fifty claims that it was sent: one counts', async () => {
    const { people } = world;
    const { id } = await world.approved();
    const results = await fifty((index) =>
      world.command(reviewers[index] ?? people.financeA, id, sending({ reference: `REF-${index}` })),
    );
    expect(answersOf(results)).toHaveLength(1);
    expect((await verifyIntent(world.deps, id)).problems).toEqual([]);
  });

  test('sent, canceled and edited at once: one of them happens, and the money is where it says', async () => {
    const { people, accounts } = world;
    for (let round = 0; round < 5; round += 1) {
      const before = await balanceOf(people.financeA, accounts.collectiveA);
      const { id } = await world.approved();
      const [sent, canceled, edited] = await Promise.all([
        world.command(people.financeA, id, sending()),
        world.command(people.hostAdminA, id, { name: 'cancel', reason: null }),
        world.command(people.collectiveAdminA, id, { name: 'edit', purpose: 'Something else' }),
      ]);
      const after = await balanceOf(people.financeA, accounts.collectiveA);
      const status = (await world.deps.store.intent(id))?.intent.status;
      const expectedStatus = sent.ok ? 'sent' : edited.ok ? 'pending_approval' : 'canceled';
      expect([status, canceled.ok && sent.ok, edited.ok && sent.ok]).toEqual([expectedStatus, false, false]);
      expect(after).toEqual(sent.ok ? { ...before, available: before.available - 1000 } : before);
    }
  });

  test('fifty intents of one balance that covers five: five are approved', async () => {
    const { people, accounts } = world;
    await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA2, usd(5000));
    const ids = await fifty(async () => {
      const { id } = await world.create(people.collectiveAdminA, { payerAccountId: accounts.collectiveA2 });
      await world.must(people.collectiveAdminA, id, { name: 'submit' });
      return id;
    });
    const results = await Promise.all(ids.map((id) => world.command(people.financeA, id, { name: 'approve' })));
    const codes = new Set(refusalsOf(results));
    expect(answersOf(results)).toHaveLength(5);
    expect(codes).toEqual(new Set(['insufficient-funds']));
    expect(await balanceOf(people.financeA, accounts.collectiveA2)).toEqual({ available: 0, reserved: 5000 });
  });

  test('of fifty edits of one version that was read, one is written and the others are told what is there now', async () => {
    const { people } = world;
    const { id } = await world.create(people.collectiveAdminA);
    const results = await fifty((index) =>
      world.command(people.collectiveAdminA, id, { name: 'edit', purpose: `Edit ${index}` }, { ifMatch: 1 }),
    );
    expect(answersOf(results)).toHaveLength(1);
    const refused = results.flatMap((result) => (result.ok ? [] : [result.refusal]));
    expect(refused.every((refusal) => refusal.code === 'version-conflict' && refusal.currentVersion === 2)).toBe(true);
  });

  test('two hosts’ people write off together: both are counted, whoever came first', async () => {
    const { people } = world;
    const { id } = await world.sent();
    await world.must(people.financeB, id, { name: 'reportNotReceived', reason: 'Nothing there' });
    const writeOff = { name: 'writeOff', reason: 'Lost', bearer: 'payer' } as const;
    const results = await Promise.all(
      [people.financeA, people.financeB].map((userId) => world.command(userId, id, writeOff)),
    );
    expect(answersOf(results)).toHaveLength(2);
    expect((await world.deps.store.intent(id))?.intent).toMatchObject({ status: 'returned', network: { transit: 0 } });
  });

  test('fifty first sign-ins of one person make one person', async () => {
    const users = await fifty(() => person('newcomer'));
    expect(new Set(users).size).toBe(1);
  });
});
