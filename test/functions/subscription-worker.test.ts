/** The workers of the batch on a real engine, with the built-in test processor and its memory: what happens once, happens once. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { subscriptionWorker } from '../../functions/queue/subscription-worker.ts';
import { runBatch } from '../../shared/application/batch.ts';
import type { WorkDependencies } from '../../shared/application/charging.ts';
import type { ContributionDependencies } from '../../shared/application/contribution-ports.ts';
import { updatePaymentMethod } from '../../shared/application/contributions.ts';
import { getBooks } from '../../shared/application/hosts.ts';
import { type AddPaymentMethodInput, addPaymentMethod } from '../../shared/application/payment-methods.ts';
import type { Processor } from '../../shared/application/processors.ts';
import type { SubscriptionWork } from '../../shared/application/work-queue.ts';
import type { ProcessorName } from '../../shared/domain/payment-method.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { createTestLedger } from '../../shared/persistence/test-ledger.ts';
import { createTestProcessor } from '../../shared/providers/test-processor.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { FailingCalls, type Moment } from '../support/failing-calls.ts';
import { bodyOf, expected } from '../support/world.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
const engine = await engineOfFile();
let world: ContributionWorld;
let processor: Processor;
/** What waits in the queues; whoever sends puts it here. */
let waiting: SubscriptionWork[];
beforeEach(async () => {
  world = await contributionWorld(engine);
  processor = createTestProcessor({
    ledger: createTestLedger(world.table),
    now: world.clock.now,
    wait: async () => {},
  });
  waiting = [];
});

const queue = {
  async send(work: readonly SubscriptionWork[]) {
    waiting.push(...work);
  },
};

const minutes = (count: number) => world.clock.advanceDays(count / 1440);

const run = () =>
  runBatch({ ...world.deps, queue }, { shards: dueShards, hasTime: () => true, firedAt: '2026-03-02T09:00:00Z' });

type WorkerOptions = Partial<WorkDependencies> & {
  readonly asksHere?: readonly ProcessorName[];
  readonly callsPerSecondMax?: number;
};

const worker = ({ asksHere = ['test', 'bank_transfer'], callsPerSecondMax, ...deps }: WorkerOptions = {}) => {
  const work = subscriptionWorker({
    dependencies: async () => ({ ...world.deps, processors: () => processor, ...deps }),
    queue,
    asksHere,
    ...(callsPerSecondMax === undefined ? {} : { callsPerSecondMax }),
  });
  return (bodies: readonly string[]) =>
    work({
      Records: bodies.map((body, index) => ({ messageId: `message-${index}`, body }) as never),
    });
};

const bodies = () => waiting.splice(0).map((work) => JSON.stringify(work));
const failuresOf = ({ batchItemFailures }: Awaited<ReturnType<ReturnType<typeof worker>>>) =>
  batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

/** A monthly contribution that is paid by a script of the test processor. */
async function contribution(script = 'ok'): Promise<string> {
  const { people, deps, meta } = world;
  const owner = people.stranger;
  const method = await addPaymentMethod(deps, meta(owner), owner, {
    processor: 'test',
    hostAccountId: null,
    chargedBy: 'us',
    reference: `${script}:${Math.random()}`,
    payerReference: null,
    label: 'A test card',
  });
  return (await world.contribute({ userId: owner, paymentMethodId: bodyOf<{ id: string }>(method).id })).id;
}

/** What really left the payer's account. */
const paymentsOf = async (id: string) =>
  (await createTestLedger(world.table).list(id))
    .filter(({ did }) => did === 'paid' || did === 'began')
    .map(({ period }) => period);

const chargedEvents = async (id: string) =>
  (await world.deps.store.contributionEvents(id)).flatMap(({ data }) => (data.type === 'charged' ? [data.period] : []));

async function expectBooksToHold(payments: number): Promise<void> {
  const { deps, people, accounts } = world;
  const { currencies } = bodyOf<{ currencies: readonly { balanced: boolean; bank: number }[] }>(
    await getBooks(deps, people.hostAdminA, accounts.hostA, {}),
  );
  expect(currencies).toMatchObject(payments === 0 ? [] : [{ balanced: true, bank: payments * (5000 - 175) }]);
  expect((await deps.store.guard(accounts.collectiveA)).underWay).toBe(0);
  expect((await deps.store.guard(accounts.hostA)).underWay).toBe(0);
}

describe('a batch of messages', () => {
  test('is worked on side by side, and what was done is counted in the record of the run', async () => {
    await Promise.all([contribution(), contribution(), contribution('declined')]);
    const { id } = await run();
    expect(failuresOf(await worker()(bodies()))).toEqual([]);
    expect((await world.deps.store.listBatchRuns(1)).items).toMatchObject([
      { id, found: 3, outcomes: { charge_started: 3, charged: 2, charge_refused: 1 } },
    ]);
    await expectBooksToHold(2);
  });

  test('keeps the messages that failed and those that nobody can read, and the others are done', async () => {
    const [bad, good] = [await contribution(), await contribution()];
    const { id } = await run();
    const store = {
      ...world.deps.store,
      contribution: async (wanted: string) => {
        if (wanted === bad) {
          throw new Error('This contribution cannot be read.');
        }
        return world.deps.store.contribution(wanted);
      },
    };
    const given = [...bodies(), 'no JSON', '{}', JSON.stringify({ contributionId: 'con_1', leasedUntil: null })];
    const failed = failuresOf(await worker({ store })(given));
    const indexOfBad = given.findIndex((body) => body.includes(bad));
    expect(failed).toEqual([`message-${indexOfBad}`, 'message-2', 'message-3', 'message-4']);
    expect(await paymentsOf(good)).toHaveLength(1);
    expect((await world.deps.store.listBatchRuns(1)).items).toMatchObject([
      { id, outcomes: { charge_started: 1, charged: 1, failed: 1 } },
    ]);
  });

  test('is done although its figures cannot be written', async () => {
    const id = await contribution();
    await run();
    const store = { ...world.deps.store, countInRun: () => Promise.reject(new Error('No.')) };
    expect(failuresOf(await worker({ store })(bodies()))).toEqual([]);
    expect(await paymentsOf(id)).toHaveLength(1);
  });

  test('asks a processor no more often than its turns come', async () => {
    for (let count = 0; count < 6; count += 1) {
      await contribution();
    }
    await run();
    const asked: number[] = [];
    const timed: Processor = {
      ...processor,
      charge: (request) => {
        asked.push(performance.now());
        return processor.charge(request);
      },
    };
    await worker({ processors: () => timed, callsPerSecondMax: 4 })(bodies());
    const [first = 0] = asked;
    expect(asked.filter((at) => at - first < 950).length).toBeLessThanOrEqual(4);
    expect(asked).toHaveLength(6);
    await expectBooksToHold(6);
  });
});

describe('a message', () => {
  test('that comes twice, one after the other or side by side, charges once', async () => {
    const id = await contribution();
    await run();
    const [body = ''] = bodies();
    await worker()([body, body]);
    await worker()([body]);
    expect(await paymentsOf(id)).toEqual(['2026-03-02']);
    expect(await chargedEvents(id)).toEqual(['2026-03-02']);
    await expectBooksToHold(1);
  });

  test('whose lease has ended is left to the one that has the lease now', async () => {
    const id = await contribution();
    await run();
    const stale = bodies();
    minutes(20);
    await run();
    expect(failuresOf(await worker()(stale))).toEqual([]);
    expect(await paymentsOf(id)).toEqual([]);
    await worker()(bodies());
    expect(await paymentsOf(id)).toHaveLength(1);
  });

  test('about what has changed since is left to the next run', async () => {
    const { people, deps, meta } = world;
    const id = await contribution();
    await run();
    const card = await world.card(people.stranger);
    expected(await updatePaymentMethod(deps, meta(people.stranger), id, { paymentMethodId: card }));
    expect(failuresOf(await worker()(bodies()))).toEqual([]);
    expect(await paymentsOf(id)).toEqual([]);
    expect((await run()).found).toBe(1);
  });

  test('that asks for another processor is handed on to its queue, and goes on there', async () => {
    const id = await contribution();
    const { id: runId } = await run();
    const [given] = waiting;
    expect(failuresOf(await worker({ asksHere: ['stripe'] })(bodies()))).toEqual([]);
    expect(waiting).toEqual([{ contributionId: id, leasedUntil: given?.leasedUntil, runId, processor: 'test' }]);
    await worker()(bodies());
    expect(await paymentsOf(id)).toHaveLength(1);
    expect((await world.deps.store.listBatchRuns(1)).items).toMatchObject([{ outcomes: { charged: 1 } }]);
  });

  test('about a subscription that was left for another processor ends it at the one it was left at', async () => {
    const { people, deps, meta } = world;
    const owner = people.stranger;
    const found = { accountId: owner, subscription: null };
    const processors = () => ({ ...world.processor, findMethod: async () => ({ outcome: 'done', found }) as const });
    const method = async (
      input: Pick<AddPaymentMethodInput, 'processor' | 'hostAccountId' | 'chargedBy' | 'reference'>,
    ) => {
      const whole = { ...input, payerReference: null, label: 'Some way' };
      return bodyOf<{ id: string }>(await addPaymentMethod({ ...deps, processors }, meta(owner), owner, whole)).id;
    };
    const subscription = await method({
      processor: 'paypal',
      hostAccountId: world.accounts.hostA,
      chargedBy: 'processor',
      reference: 'already-so:1',
    });
    const { id } = await world.contribute({ userId: owner, paymentMethodId: subscription });
    const card = await method({ processor: 'test', hostAccountId: null, chargedBy: 'us', reference: 'ok:2' });
    expected(await updatePaymentMethod(deps, meta(owner), id, { paymentMethodId: card }));
    await run();
    expect(waiting).toMatchObject([{ processor: 'test' }]);
    await worker()(bodies());
    expect(waiting).toMatchObject([{ processor: 'paypal' }]);
    await worker({ asksHere: ['paypal'] })(bodies());
    expect((await deps.store.contribution(id))?.contribution.retiring).toBeNull();
  });
});

describe('a worker that dies', () => {
  /** Its work comes again as a message, and at last as what the next runs find; the processor has been asked or has not. */
  async function untilNothingIsLeft(body: readonly string[], id: string): Promise<void> {
    await worker()(body);
    for (let round = 0; round < 12; round += 1) {
      if ((await chargedEvents(id)).length > 0) {
        return;
      }
      minutes(10);
      await run();
      await worker()(bodies());
    }
  }

  test.each(['ok', 'timeout-after-acting', 'timeout-before-acting', 'rate-limited-once', 'pending-then-ok'])(
    'at any one call, with a processor that answers %s: one payment, one intent, and books that balance',
    async (script) => {
      const calls = new FailingCalls();
      const dying = worker({
        store: calls.wrap(world.deps.store) as ContributionDependencies['store'],
        processors: () => calls.wrap(processor),
      });
      const undisturbed = await contribution(script);
      await run();
      calls.disarm();
      const [first = ''] = bodies();
      await dying([first]);
      const callsMax = calls.calls;
      expect(callsMax).toBeGreaterThan(5);
      await untilNothingIsLeft([first], undisturbed);
      let total = 1;
      for (const moment of ['before', 'after'] as const satisfies readonly Moment[]) {
        for (let call = 1; call <= callsMax; call += 1) {
          const id = await contribution(script);
          await run();
          const given = bodies();
          calls.arm(call, moment);
          await dying(given);
          await untilNothingIsLeft(given, id);
          total += 1;
          expect({ moment, call, paid: await paymentsOf(id), charged: await chargedEvents(id) }).toEqual({
            moment,
            call,
            paid: [expect.any(String)],
            charged: [expect.any(String)],
          });
        }
      }
      await expectBooksToHold(total);
    },
  );
});
