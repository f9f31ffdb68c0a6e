/**
 * Random commands by random people, one after another and several at once, on the real engine, against the simple model of
 * `money-model.ts`: who is let, what state the intent is in, and every balance of both hosts (semantics §7, 1–4, 7, 10, 12).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { getBooks, putFees, verifyHost } from '../../shared/application/hosts.ts';
import { getPaymentIntent, type IntentCommandInput } from '../../shared/application/payment-intents.ts';
import { verifyIntent } from '../../shared/application/verification.ts';
import type { IntentView } from '../../shared/application/views.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import {
  type Books,
  copyOf,
  everyone,
  type Model,
  newModel,
  type Operation,
  type Person,
  perform,
  type Shape,
  transitOf,
} from '../support/money-model.ts';
import { bodyOf, createWorld, expected, receiving, sending, usd, type World } from '../support/world.ts';

let engine: TestEngine;

beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine.stop());

/** More than most sequences need, and little enough that some are short of money. */
const opening = 60_000;

async function fundedWorld(): Promise<{ world: World; books: Books }> {
  const world = await createWorld(engine);
  const { people, accounts, deps } = world;
  expected(await putFees(deps, world.meta(people.hostAdminB), accounts.hostB, { receivingBasisPoints: 250 }));
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(opening));
  return { world, books: { 'A available': opening, 'bank of A': opening } };
}

// --- What is tried ---------------------------------------------------------------------------------------------------

/** Numbers that become an operation once the state is known, so that most sequences get somewhere. */
type Choice = { readonly what: number; readonly who: number; readonly amount: number; readonly flag: number };
const choice = fc.record<Choice>({
  what: fc.nat(999),
  who: fc.nat(999),
  amount: fc.nat(999),
  flag: fc.nat(999),
});

const shapes: readonly Shape[] = ['otherHost', 'otherHost', 'otherHost', 'sameHost', 'outside'];
const beginning = fc.record({ shape: fc.constantFrom(...shapes), amount: fc.integer({ min: 1, max: 3000 }) });

const likely: Record<string, readonly Operation['name'][]> = {
  draft: ['submit', 'submit', 'submit', 'edit', 'cancel'],
  pending_approval: ['approve', 'approve', 'approve', 'approve', 'edit', 'reject', 'cancel', 'hold', 'lift'],
  approved: ['markSent', 'markSent', 'markSent', 'settle', 'settle', 'confirm', 'edit', 'cancel', 'hold', 'lift'],
  sent: ['confirm', 'confirm', 'report', 'markReturned', 'writeOff', 'acceptShort'],
  partially_received: ['confirm', 'confirm', 'acceptShort', 'report', 'markReturned', 'writeOff', 'writeOff'],
  returned: ['redraft'],
};
const names: readonly Operation['name'][] = [...new Set(Object.values(likely).flat())];

const pick = <Value>(values: readonly Value[], number: number): Value => {
  const value = values[number % values.length];
  if (value === undefined) {
    throw new Error('Nothing to pick from.');
  }
  return value;
};

function chosen(model: Model, { what, who, amount, flag }: Choice): readonly [Person, Operation] {
  const usual = likely[model.status] ?? names;
  const operation = operationOf(model, what % 10 === 0 ? pick(names, what) : pick(usual, what), amount, flag);
  const able = everyone.filter((person) => perform(copyOf(model), person, operation));
  const person = who % 10 === 0 || able.length === 0 ? pick(everyone, who) : pick(able, who);
  // Whether a collective may report for its host is another test's question.
  return operation.name === 'report' && person === 'collectiveAdminB' ? ['stranger', operation] : [person, operation];
}

function operationOf(model: Model, name: Operation['name'], amount: number, flag: number): Operation {
  const byHost = flag % 2 === 0;
  const due = Math.max(1, model.sent > 0 ? transitOf(model) : model.reserved - model.received);
  const part = Math.max(1, Math.floor((due * (amount % 12)) / 10));
  switch (name) {
    case 'edit':
      return { name, amount: flag % 7 === 0 ? 2 * opening : 1 + amount };
    case 'markSent':
      return { name, amount: flag % 3 === 0 ? part : model.reserved, fee: flag % 5, feeByHost: byHost };
    case 'confirm':
      return { name, amount: flag % 3 === 0 ? due : part, over: pick([null, 'suspense', 'payee'], flag) };
    case 'acceptShort':
      return { name, byHost };
    case 'markReturned': {
      const back = Math.min(part, due);
      return { name, amount: back, lost: due - back + (flag % 11 === 0 ? 1 : 0), byHost };
    }
    case 'writeOff':
      return { name, byHost };
    default:
      return { name };
  }
}

/** The same operation as the system knows it. */
function inputOf(operation: Operation, holdId: string): IntentCommandInput {
  switch (operation.name) {
    case 'submit':
    case 'approve':
      return { name: operation.name };
    case 'redraft':
      return { name: 'redraft' };
    case 'reject':
      return { name: 'reject', reason: 'No budget' };
    case 'cancel':
      return { name: 'cancel', reason: null };
    case 'settle':
      return { name: 'settle', date: '2026-03-02' };
    case 'report':
      return { name: 'reportNotReceived', reason: 'Nothing there' };
    case 'hold':
      return { name: 'placeHold', reason: 'paperwork', message: null };
    case 'lift':
      return { name: 'liftHold', holdId };
    case 'edit':
      return { name: 'edit', amount: usd(operation.amount) };
    case 'markSent':
      return sending({
        amount: usd(operation.amount),
        fee: operation.fee,
        feeBearer: operation.feeByHost ? 'payer_host' : 'payer',
      });
    case 'confirm':
      return receiving(usd(operation.amount), { overReceipt: operation.over });
    case 'acceptShort':
      return { name: 'acceptShort', reason: 'Bank fee', bearer: operation.byHost ? 'payee_host' : 'payee' };
    case 'markReturned':
      return {
        name: 'markReturned',
        amount: operation.amount,
        feeLost: operation.lost,
        bearer: operation.byHost ? 'payer_host' : 'payer',
        reason: 'Account closed',
        date: '2026-03-02',
      };
    case 'writeOff':
      return { name: 'writeOff', reason: 'Lost', bearer: operation.byHost ? 'payer_host' : 'payer' };
  }
}

const payeeOf = ({ accounts }: World, shape: Shape): string =>
  shape === 'otherHost' ? accounts.collectiveB : shape === 'sameHost' ? accounts.collectiveA2 : accounts.organisation;

const createIntent = (world: World, shape: Shape, amount: number): Promise<IntentView> =>
  world.create(world.people.collectiveAdminA, { payeeAccountId: payeeOf(world, shape), amount: usd(amount) });

// --- What is compared ------------------------------------------------------------------------------------------------

/** Both hosts' balances as the store has them, in the words of the model. */
async function booksOf({ deps, accounts }: World): Promise<Books> {
  const places: Record<string, string> = {
    [accounts.collectiveA]: 'A',
    [accounts.collectiveA2]: 'A2',
    [accounts.collectiveB]: 'B',
    [accounts.hostA]: 'hostA',
    [accounts.hostB]: 'hostB',
  };
  const books: Books = {};
  for (const [hostId, host] of [
    [accounts.hostA, 'A'],
    [accounts.hostB, 'B'],
  ] as const) {
    for await (const { accountId, ledgers } of deps.store.cells(hostId)) {
      for (const [ledger, amount] of Object.entries(ledgers)) {
        const key = ledger === 'bank' ? `bank of ${host}` : `${places[accountId]} ${ledger}`;
        books[key] = (books[key] ?? 0) + amount;
      }
    }
  }
  return books;
}

const withoutNothing = (books: Books): Books =>
  Object.fromEntries(Object.entries(books).filter(([, sum]) => sum !== 0));

/** Every host: what is in the bank is what it owes and earned, less what it spent; and no balance below zero. */
function expectBalanced(books: Books): void {
  for (const places of [
    ['A', 'A2', 'hostA'],
    ['B', 'hostB'],
  ] as const) {
    const of = (ledger: string) => places.reduce((sum, place) => sum + (books[`${place} ${ledger}`] ?? 0), 0);
    const owed = of('available') + of('reserved') + of('suspense') + of('fees:host');
    expect((books[`bank of ${places[0]}`] ?? 0) + of('costs:transfer') + of('costs:loss')).toBe(owed);
  }
  for (const [key, amount] of Object.entries(books)) {
    expect([key, amount >= 0 || key.startsWith('bank')]).toEqual([key, true]);
  }
}

/** Everything that the model knows of: what is not looked at could be explained in two ways. */
type Observation = {
  readonly status: string;
  readonly amount: number;
  readonly transit: number;
  readonly reserved: number;
  readonly traced: boolean;
  readonly held: boolean;
  readonly proposedBy: string | null;
  readonly books: Books;
};

const observationOfModel = (model: Model, { people }: World): Observation => ({
  status: model.status,
  amount: model.amount,
  transit: transitOf(model),
  reserved: model.reserved,
  traced: model.traced,
  held: model.held,
  proposedBy: model.proposal === null ? null : people[model.proposal.by],
  books: withoutNothing(model.books),
});

async function observe(world: World, intentId: string): Promise<Observation> {
  const [stored, books] = await Promise.all([world.deps.store.intent(intentId), booksOf(world)]);
  if (stored === undefined) {
    throw new Error(`${intentId} is gone.`);
  }
  const { status, amount, network, reserved, trace, holds, writeOff } = stored.intent;
  return {
    status,
    amount: amount.amount,
    transit: network?.transit ?? 0,
    reserved: reserved?.amount ?? 0,
    traced: trace !== null && trace.closedAt === null,
    held: holds.length > 0,
    proposedBy: writeOff?.by ?? null,
    books: withoutNothing(books),
  };
}

/** What holds for the history of every intent, whatever happened to it. */
async function expectSoundHistory(world: World, intentId: string): Promise<void> {
  const { history, problems, intent } = await verifyIntent(world.deps, intentId);
  expect(problems).toEqual([]);
  expect(history.map(({ number }) => number)).toEqual(history.map((_, index) => index + 1));
  let transit = 0;
  let attempts = 0;
  for (const { postings, data } of history) {
    transit += postings.filter(({ ledger }) => ledger === 'transit').reduce((sum, { amount }) => sum + amount, 0);
    if ('network' in data && data.network !== null) {
      const { sent, received, returned, lost } = data.network;
      expect([data.network.transit, transit]).toEqual([transit, sent - received - returned - lost]);
    }
    // Redrafting never moves money twice: between two claims that it was sent everything came back or was written off.
    attempts = data.type === 'sent' ? attempts + 1 : data.type === 'redrafted' ? attempts - 1 : attempts;
    expect(attempts).toBeLessThanOrEqual(1);
    expect(data.type === 'redrafted' && transit !== 0).toBe(false);
  }
  const ended = ['received', 'rejected', 'canceled', 'returned'].includes(intent?.status ?? '');
  expect(ended && (transit !== 0 || intent?.reserved !== null)).toBe(false);
}

/** Nobody without a part in it learns of it, nor does the payee's side before it is a promise. */
async function expectHidden({ deps, people }: World, intentId: string, { wasApproved, shape }: Model): Promise<void> {
  const payeeFinance =
    shape === 'otherHost' ? people.financeB : shape === 'outside' ? people.outsider : people.financeA;
  const isPromised = wasApproved || shape === 'sameHost';
  const outcomes = await Promise.all(
    [people.stranger, people.platformAdmin, payeeFinance].map((userId) => getPaymentIntent(deps, userId, intentId)),
  );
  expect(outcomes.map(({ ok }) => ok)).toEqual([false, false, isPromised]);
}

// --- Tests -----------------------------------------------------------------------------------------------------------

const batches = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** Sequences in a world of their own; a world that has seen many is verified whole. */
async function run(
  sequences: number,
  steps: fc.Arbitrary<readonly Choice[]>,
  go: (world: World, model: Model, id: string, choices: readonly Choice[]) => Promise<Model>,
): Promise<void> {
  const { world, books } = await fundedWorld();
  let known = books;
  await fc.assert(
    fc.asyncProperty(beginning, steps, async ({ shape, amount }, choices) => {
      const { id } = await createIntent(world, shape, amount);
      const model = await go(world, newModel(shape, amount, known), id, choices);
      known = model.books;
      const observed = await observe(world, id);
      expect(observed).toEqual(observationOfModel(model, world));
      expectBalanced(observed.books);
      await expectSoundHistory(world, id);
      await expectHidden(world, id, model);
    }),
    // Each sequence goes on from the balances that the one before it left: one that fails cannot be made smaller.
    { numRuns: sequences, endOnFailure: true },
  );
  for (const [userId, hostId] of [
    [world.people.financeA, world.accounts.hostA],
    [world.people.financeB, world.accounts.hostB],
  ] as const) {
    expect(bodyOf(await verifyHost(world.deps, userId, hostId))).toMatchObject({ verified: true, problems: [] });
    const { currencies } = bodyOf<{ currencies: { balanced: boolean }[] }>(
      await getBooks(world.deps, userId, hostId, {}),
    );
    expect(currencies.filter(({ balanced }) => !balanced)).toEqual([]);
  }
}

const holdOf = async (world: World, id: string): Promise<string> =>
  (await world.deps.store.intent(id))?.intent.holds[0]?.id ?? 'hold_none';

describe('one command after another', () => {
  test.each(batches(3))(
    'the system lets, refuses and books what the model does (world %p, 250 sequences)',
    async () => {
      const steps = fc.array(choice, { minLength: 2, maxLength: 14, size: 'max' });
      await run(250, steps, async (world, model, id, choices) => {
        for (const one of choices) {
          const [who, operation] = chosen(model, one);
          const input = inputOf(operation, operation.name === 'lift' ? await holdOf(world, id) : '');
          const options = { idempotencyKey: `${id} ${one.what} ${one.flag} ${Math.random()}`, fingerprint: 'one' };
          const result = await world.command(world.people[who], id, input, options);
          const isLet = perform(model, who, operation);
          expect([who, operation, result.ok]).toEqual([who, operation, isLet]);
          if (result.ok && one.flag % 4 === 0) {
            // The same key gives the same answer and no second effect; with another request it is refused.
            const again = await world.command(world.people[who], id, input, options);
            expect(again).toEqual({ ok: true, value: { ...result.value, replayed: true } });
            const other = await world.command(world.people[who], id, input, { ...options, fingerprint: 'other' });
            expect(other).toMatchObject({ ok: false, refusal: { code: 'idempotency-key-reused' } });
          }
        }
        return model;
      });
    },
  );
});

/** All orders of a few things. */
function orders<Value>(values: readonly Value[]): readonly (readonly Value[])[] {
  return values.length === 0
    ? [[]]
    : values.flatMap((value, index) => orders(values.toSpliced(index, 1)).map((rest) => [value, ...rest]));
}

type Call = {
  readonly who: Person;
  readonly operation: Operation;
  readonly ok: boolean;
  /** Refused because the content was edited while it was on its way: it was about what is no more. */
  readonly isOutdated: boolean;
};

/** The models after each order of the calls that explains every answer. */
const explanations = (model: Model, calls: readonly Call[]): readonly Model[] =>
  orders(calls).flatMap((order) => {
    const trial = copyOf(model);
    return order.every(({ who, operation, ok }) => perform(trial, who, operation) === ok) ? [trial] : [];
  });

describe('several commands at once', () => {
  test.each(batches(2))(
    'what comes of them is what some order of them would give (world %p, 150 sequences)',
    async () => {
      const steps = fc.array(choice, { minLength: 4, maxLength: 15, size: 'max' });
      await run(150, steps, async (world, begun, id, choices) => {
        let model = begun;
        for (let rest = choices; rest.length > 0; ) {
          const size = 1 + ((rest[0]?.flag ?? 0) % 4);
          const group = rest.slice(0, size);
          rest = rest.slice(size);
          const holdId = await holdOf(world, id);
          const calls = await Promise.all(
            group.map(async (one, index): Promise<Call> => {
              const [who, operation] = chosen(model, one);
              const options = { idempotencyKey: `${id} ${rest.length} ${index}`, fingerprint: 'one' };
              const repetitions = one.what % 5 === 0 ? 3 : 1;
              const results = await Promise.all(
                Array.from({ length: repetitions }, () =>
                  world.command(world.people[who], id, inputOf(operation, holdId), options),
                ),
              );
              const answers = results.flatMap((result) => (result.ok ? [result.value.body] : []));
              expect(new Set(answers.map((answer) => canonicalize(answer))).size).toBeLessThanOrEqual(1);
              const isOutdated = results.every((result) => !result.ok && result.refusal.code === 'version-conflict');
              return { who, operation, ok: answers.length > 0, isOutdated };
            }),
          );
          const observed = await observe(world, id);
          const outdated = calls.filter(({ isOutdated }) => isOutdated);
          const wasEdited = calls.some(({ operation, ok }) => operation.name === 'edit' && ok);
          expect(outdated.every(({ operation }) => operation.name === 'approve' && wasEdited)).toBe(true);
          const possible = explanations(
            model,
            calls.filter(({ isOutdated }) => !isOutdated),
          );
          const fitting = possible.find(
            (one) => canonicalize(observationOfModel(one, world)) === canonicalize(observed),
          );
          if (fitting === undefined) {
            throw new Error(
              `No order explains it: ${JSON.stringify({ before: observationOfModel(model, world), calls, observed })}`,
            );
          }
          model = fitting;
        }
        return model;
      });
    },
  );
});
