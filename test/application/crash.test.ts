/**
 * A store that fails at its n-th call, before or after the call took effect, for every n of a whole transfer: a client that
 * repeats its requests with the same keys ends where it would have ended without the failure, and nothing happens twice.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CreateInput, createPaymentIntent } from '../../shared/application/payment-intents.ts';
import type { Store } from '../../shared/application/ports.ts';
import type { Answer } from '../../shared/application/request.ts';
import { verifyIntent } from '../../shared/application/verification.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { createWorld, expected, receiving, sending, usd, type World } from '../support/world.ts';

class Crash extends Error {}

type Moment = 'before' | 'after';

/** Fails once, at the call that is armed. */
class CrashingStore {
  calls = 0;
  private armed: { readonly call: number; readonly moment: Moment } | undefined;

  arm(call: number, moment: Moment): void {
    this.calls = 0;
    this.armed = { call, moment };
  }

  disarm(): void {
    this.calls = 0;
    this.armed = undefined;
  }

  get hasCrashed(): boolean {
    return this.armed === undefined;
  }

  wrap = (store: Store): Store => ({
    ...store,
    readForCommand: this.counted(store.readForCommand),
    commit: this.counted(store.commit),
    intent: this.counted(store.intent),
    intentEvents: this.counted(store.intentEvents),
    accounts: this.counted(store.accounts),
  });

  private counted<Given extends readonly unknown[], Value>(method: (...given: Given) => Promise<Value>) {
    return async (...given: Given): Promise<Value> => {
      this.calls += 1;
      this.crashIf('before');
      const value = await method(...given);
      this.crashIf('after');
      return value;
    };
  }

  private crashIf(moment: Moment): void {
    if (this.armed?.call === this.calls && this.armed.moment === moment) {
      this.armed = undefined;
      throw new Crash();
    }
  }
}

let engine: TestEngine;
let world: World;
const crashing = new CrashingStore();

beforeAll(async () => {
  engine = await startEngine();
  world = await createWorld(engine, { wrap: crashing.wrap });
  const { people, accounts } = world;
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1_000_000));
});
afterAll(() => engine.stop());

type Outcome = Result<Answer, Refusal>;

/** What a client does whose request ended in nothing: the same request with the same key. */
async function repeated(request: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof Crash) {
      return await request();
    }
    throw error;
  }
}

const transfer = (): CreateInput => ({
  type: 'grant',
  payerAccountId: world.accounts.collectiveA,
  payeeAccountId: world.accounts.collectiveB,
  amount: usd(1000),
  fixedSide: 'sent',
  costLimit: null,
  purpose: 'Travel',
  tier: null,
  destination: { method: 'bank_account', label: 'Host B' },
  deadlineAt: null,
});

/** A whole transfer; every request has a key of its own that its repetition uses again. */
async function transferred(name: string): Promise<{ id: string; statuses: readonly string[] }> {
  const { people, deps } = world;
  const key = (step: string) => ({ idempotencyKey: `${name} ${step}` });
  const created = await repeated(() =>
    createPaymentIntent(deps, world.meta(people.collectiveAdminA, key('create')), transfer()),
  );
  const { id } = expected(created).body as { id: string };
  const steps = [
    [people.collectiveAdminA, { name: 'submit' }],
    [people.financeA, { name: 'approve' }],
    [people.financeA, sending({ fee: 5 })],
    [people.financeB, receiving(usd(600))],
    [people.financeB, receiving(usd(400), { reference: 'REF-2' })],
  ] as const;
  const statuses: string[] = [];
  for (const [index, [userId, input]] of steps.entries()) {
    const result = await repeated(() => world.command(userId, id, input, key(`${index} ${input.name}`)));
    statuses.push((expected(result).body as { status: string }).status);
  }
  return { id, statuses };
}

async function balances(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const hostId of [world.accounts.hostA, world.accounts.hostB]) {
    for await (const { accountId, ledgers } of world.deps.store.cells(hostId)) {
      for (const [ledger, amount] of Object.entries(ledgers)) {
        found[`${accountId} ${ledger}`] = amount;
      }
    }
  }
  return found;
}

const difference = (after: Record<string, number>, before: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.keys({ ...before, ...after }).flatMap((key) => {
      const change = (after[key] ?? 0) - (before[key] ?? 0);
      return change === 0 ? [] : [[key, change]];
    }),
  );

async function countOfIntents(): Promise<number> {
  return (await Array.fromAsync(world.deps.store.intentIdsOfHost(world.accounts.hostA))).length;
}

test('a transfer that fails at any one call, before or after it took effect, ends as one that never failed', async () => {
  const { people, accounts } = world;
  crashing.disarm();
  // The first of all reads more: whose host an account has is remembered from then on.
  await transferred('first');
  const before = await balances();
  crashing.disarm();
  const undisturbed = await transferred('undisturbed');
  const calls = crashing.calls;
  const effect = difference(await balances(), before);
  expect(effect).toEqual({
    [`${accounts.collectiveA} available`]: -1005,
    [`${accounts.collectiveA} bank`]: -1005,
    [`${accounts.collectiveB} available`]: 1000,
    [`${accounts.collectiveB} bank`]: 1000,
  });
  expect(undisturbed.statuses).toEqual(['pending_approval', 'approved', 'sent', 'partially_received', 'received']);
  expect(calls).toBeGreaterThanOrEqual(12);

  for (const moment of ['before', 'after'] as const) {
    for (let call = 1; call <= calls; call += 1) {
      const [startingBalances, startingCount] = [await balances(), await countOfIntents()];
      crashing.arm(call, moment);
      const { id, statuses } = await transferred(`crash ${moment} ${call}`);
      const seen = { moment, call, crashed: crashing.hasCrashed, statuses };
      expect(seen).toEqual({ moment, call, crashed: true, statuses: undisturbed.statuses });
      crashing.disarm();
      expect(difference(await balances(), startingBalances)).toEqual(effect);
      expect(await countOfIntents()).toBe(startingCount + 1);
      const { history, problems, intent } = await verifyIntent(world.deps, id);
      expect(problems).toEqual([]);
      expect(intent).toMatchObject({ status: 'received', version: 6, network: { transit: 0, received: 1000 } });
      expect(history.map(({ actor }) => actor.userId)).toEqual([
        people.collectiveAdminA,
        people.collectiveAdminA,
        people.financeA,
        people.financeA,
        people.financeB,
        people.financeB,
      ]);
    }
  }
});
