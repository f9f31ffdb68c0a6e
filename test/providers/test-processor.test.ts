/** The test processor: every script, over each ledger, with a new processor for each request as if each had its own process. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Processor } from '../../shared/application/processors.ts';
import type { TestLedger } from '../../shared/application/test-ledger.ts';
import { createTestLedger } from '../../shared/persistence/test-ledger.ts';
import { createTestLedgerInMemory, createTestProcessor, testScripts } from '../../shared/providers/test-processor.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { chargeOf, clock, now, paymentOf } from './requests.ts';

const request = chargeOf('test', { reference: 'ok', payerReference: null });

let engine: TestEngine;

beforeAll(async () => {
  engine = await startEngine();
});

afterAll(() => engine.stop());

const ledgers: Readonly<Record<string, () => Promise<TestLedger>>> = {
  memory: async () => createTestLedgerInMemory(),
  'the table': async () => createTestLedger({ client: engine.client(), tableName: await engine.createTable() }),
};

describe.each(Object.keys(ledgers))('with a ledger in %s', (kind) => {
  let ledger: TestLedger;
  let waited: number[];

  beforeEach(async () => {
    ledger = (await ledgers[kind]?.()) ?? createTestLedgerInMemory();
    waited = [];
  });

  const processor = (): Processor =>
    createTestProcessor({
      ledger,
      now: clock,
      wait: async (milliseconds) => {
        waited.push(milliseconds);
      },
    });

  const paymentsOf = async (contributionId: string) =>
    (await ledger.list(contributionId)).filter(({ did }) => did === 'paid').length;

  const paid = (key: string) => ({
    outcome: 'done',
    payment: { reference: `test_${key}`, amount: { amount: 2500, currency: 'USD' }, fee: 87, paidAt: now },
  });

  const charged = (script: string, key: string, given: Parameters<typeof request>[0] = {}) =>
    processor().charge(request({ ...given, reference: `${script}:carol`, key }));
  const lookedUp = (script: string, key: string) => processor().lookUp(request({ reference: `${script}:carol`, key }));

  test('ok is paid, with 3.5 % rounded down as the fee, once under its key', async () => {
    expect(await charged('ok', 'key-1')).toEqual(paid('key-1'));
    expect(await charged('ok', 'key-1')).toEqual(paid('key-1'));
    expect(await lookedUp('ok', 'key-1')).toEqual(paid('key-1'));
    expect(await lookedUp('ok', 'key-2')).toEqual({ outcome: 'none' });
    expect(await paymentsOf('con_1')).toBe(1);
  });

  test('ok is paid once, however many ask at once under one key', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => charged('ok', 'key-1')));
    expect(outcomes).toEqual(Array.from({ length: 8 }, () => paid('key-1')));
    expect(await paymentsOf('con_1')).toBe(1);
  });

  test('slow takes its time', async () => {
    expect(await charged('slow', 'key-1')).toEqual(paid('key-1'));
    expect(await processor().suspend('slow:sub', 'key-2')).toEqual({ outcome: 'done' });
    expect(waited).toEqual([3000, 3000]);
  });

  test('declined declines, and says so again when it is looked up', async () => {
    const declined = { outcome: 'refused', code: 'declined', reason: 'The test card was declined.' };
    expect(await charged('declined', 'key-1')).toEqual(declined);
    expect(await lookedUp('declined', 'key-1')).toEqual(declined);
    expect(await paymentsOf('con_1')).toBe(0);
  });

  test('declined-twice-then-ok declines the first two charges of each period', async () => {
    const script = 'declined-twice-then-ok';
    const outcomes: string[] = [];
    for (const [key, period] of [
      ['1', '2026-11-01'],
      ['2', '2026-11-01'],
      ['2', '2026-11-01'],
      ['3', '2026-11-01'],
      ['4', '2026-12-01'],
    ] as const) {
      outcomes.push((await charged(script, key, { period })).outcome);
    }
    expect(outcomes).toEqual(['refused', 'refused', 'refused', 'done', 'refused']);
  });

  test('rate-limited-once turns the first request of a period away and has done nothing', async () => {
    const script = 'rate-limited-once';
    expect(await charged(script, 'key-1')).toMatchObject({ outcome: 'broken', retryAfterSeconds: 1 });
    expect(await lookedUp(script, 'key-1')).toEqual({ outcome: 'none' });
    expect(await charged(script, 'key-1')).toEqual(paid('key-1'));
    expect(await charged(script, 'key-2', { period: '2026-12-01' })).toMatchObject({ outcome: 'broken' });
  });

  test('unreachable is not reached, ever', async () => {
    expect(await charged('unreachable', 'key-1')).toMatchObject({ outcome: 'broken', retryAfterSeconds: null });
    expect(await charged('unreachable', 'key-1')).toMatchObject({ outcome: 'broken' });
    expect(await processor().resume('unreachable', 'key-2')).toMatchObject({ outcome: 'broken' });
  });

  test('timeout-after-acting was paid, and only a look-up says so', async () => {
    const script = 'timeout-after-acting';
    expect(await charged(script, 'key-1')).toMatchObject({ outcome: 'unknown' });
    expect(await lookedUp(script, 'key-1')).toEqual(paid('key-1'));
    expect(await charged(script, 'key-1')).toEqual(paid('key-1'));
    expect(await paymentsOf('con_1')).toBe(1);
  });

  test('timeout-before-acting was not paid, and is paid when it is asked for again', async () => {
    const script = 'timeout-before-acting';
    expect(await charged(script, 'key-1')).toMatchObject({ outcome: 'unknown' });
    expect(await lookedUp(script, 'key-1')).toEqual({ outcome: 'none' });
    expect(await charged(script, 'key-1')).toEqual(paid('key-1'));
  });

  test('pending-then-ok is paid by the time that somebody looks', async () => {
    expect(await charged('pending-then-ok', 'key-1')).toEqual({ outcome: 'pending', reference: 'test_key-1' });
    expect(await lookedUp('pending-then-ok', 'key-1')).toEqual(paid('key-1'));
    expect(await charged('pending-then-ok', 'key-1')).toEqual(paid('key-1'));
  });

  test('pending-then-declined is declined by the time that somebody looks', async () => {
    expect(await charged('pending-then-declined', 'key-1')).toMatchObject({ outcome: 'pending' });
    expect(await lookedUp('pending-then-declined', 'key-1')).toMatchObject({ outcome: 'refused', code: 'declined' });
  });

  test('gone is gone, for charges and for subscriptions', async () => {
    const gone = { outcome: 'refused', code: 'gone' };
    expect(await charged('gone', 'key-1')).toMatchObject(gone);
    expect(await processor().resume('gone', 'key-2')).toMatchObject(gone);
    expect(await processor().cancel('gone', 'key-3')).toMatchObject(gone);
  });

  test('already-so has nothing to do', async () => {
    expect(await processor().suspend('already-so:sub', 'key-1')).toEqual({ outcome: 'done' });
    expect(await ledger.list('already-so:sub')).toEqual([]);
  });

  test('a subscription is suspended, resumed and canceled, and stays canceled', async () => {
    expect(await processor().suspend('ok:sub', 'key-1')).toEqual({ outcome: 'done' });
    expect(await processor().suspend('ok:sub', 'key-1')).toEqual({ outcome: 'done' });
    expect(await processor().resume('ok:sub', 'key-2')).toEqual({ outcome: 'done' });
    expect(await processor().cancel('ok:sub', 'key-3')).toEqual({ outcome: 'done' });
    expect(await processor().cancel('ok:sub', 'key-4')).toEqual({ outcome: 'done' });
    expect(await processor().resume('ok:sub', 'key-5')).toMatchObject({ outcome: 'refused', code: 'gone' });
    expect((await ledger.list('ok:sub')).map(({ did }) => did).sort()).toEqual(['canceled', 'resumed', 'suspended']);
  });

  test.each([
    ['rate-limited-once', 'broken', 0],
    ['timeout-before-acting', 'unknown', 0],
    ['timeout-after-acting', 'unknown', 1],
  ])('%s does to a subscription what it does to a charge', async (script, first, actedAtFirst) => {
    const acted = async () => (await ledger.list(`${script}:sub`)).filter(({ did }) => did === 'suspended').length;
    expect(await processor().suspend(`${script}:sub`, 'key-1')).toMatchObject({ outcome: first });
    expect(await acted()).toBe(actedAtFirst);
    expect(await processor().suspend(`${script}:sub`, 'key-1')).toEqual({ outcome: 'done' });
    expect(await acted()).toBe(1);
  });

  const lookedFor = (reference: string | null) =>
    processor().findMethod({ chargedBy: 'us', reference, payerReference: null });
  const nothing = { outcome: 'done', found: null };

  test('every script is found, as nobody’s and without terms, unless it is gone or cannot be reached', async () => {
    for (const script of Object.keys(testScripts).filter((name) => name !== 'gone' && name !== 'unreachable')) {
      expect(await lookedFor(`${script}:carol`)).toEqual({
        outcome: 'done',
        found: { accountId: null, subscription: null },
      });
    }
    expect(await lookedFor('gone:carol')).toEqual(nothing);
    expect(await lookedFor(null)).toEqual(nothing);
    expect(await lookedFor('unreachable:carol')).toEqual({
      outcome: 'unknown',
      reason: 'The test processor cannot be reached.',
    });
    expect(waited).toEqual([]);
  });

  test('what is told of a subscription gets the fee that charges have', async () => {
    const payment = paymentOf('test_1');
    expect(await processor().withFee('ok:sub', payment)).toEqual({ outcome: 'done', payment: { ...payment, fee: 87 } });
  });

  test.each(['', 'constructor', 'OK', 'unheard-of:carol'])('%p is no script', async (reference) => {
    expect(await lookedFor(reference)).toEqual(nothing);
    const refusal = { outcome: 'refused', code: 'not_possible' };
    expect(await processor().charge(request({ reference }))).toMatchObject(refusal);
    expect(await processor().suspend(reference, 'key-1')).toMatchObject(refusal);
  });

  test('a record stays what it was when another is put under its key', async () => {
    const record = { key: 'k', subject: 's', period: null, did: 'suspended', payment: null, at: now } as const;
    expect(await ledger.putIfAbsent(record)).toBe(record);
    expect(await ledger.putIfAbsent({ ...record, did: 'resumed' })).toEqual(record);
    expect(await ledger.get('k')).toEqual(record);
    expect(await ledger.list('s')).toEqual([record]);
    expect(await ledger.get('other')).toBeUndefined();
  });
});

test('every script is described in a sentence', () => {
  for (const description of Object.values(testScripts)) {
    expect(description).toMatch(/^[A-Z].*\.$/);
  }
});
