/**
 * The built-in test processor (requirements P9): it moves no money and does what the reference of the payment method says,
 * the same for every process, as it keeps what it did in a ledger. A reference is a script, and behind a colon anything
 * that tells it from others: `declined-twice-then-ok:carol`.
 */
import type {
  ChargeOutcome,
  ChargeRequest,
  LookUpOutcome,
  Payment,
  Processor,
  SubscriptionOutcome,
} from '../application/processors.ts';
import type { TestLedger, TestRecord } from '../application/test-ledger.ts';
import { basisPointsOf, type Money } from '../domain/money.ts';
import { type MethodAsked, type MethodFound, methodFound, nothingFound } from './found-methods.ts';
import { broken, refused, unknown } from './outcomes.ts';

/** What a script does to a charge, and to a subscription where that can happen to one. */
export const testScripts = {
  ok: 'Does what it is asked.',
  slow: 'Does it after a while.',
  declined: 'Declines every charge.',
  'declined-twice-then-ok': 'Declines the first two charges of a period.',
  'rate-limited-once': 'Turns away the first request of a period, or of a subscription, with a second to wait.',
  unreachable: 'Turns away every request.',
  'timeout-after-acting':
    'Does it, and does not say so: the first answer of a period, or of a subscription, is unknown.',
  'timeout-before-acting': 'Does nothing at the first request of a period, or of a subscription, and does not say so.',
  'pending-then-ok': 'Is still at it, until it is asked again or looked up.',
  'pending-then-declined': 'Is still at it, until it is asked again or looked up.',
  gone: 'Does not have the card, or the subscription, any more.',
  'already-so': 'Has nothing to do: subscriptions are as they are wanted.',
} as const;

export type TestScript = keyof typeof testScripts;

export type TestProcessorOptions = {
  readonly ledger: TestLedger;
  readonly now: () => string;
  readonly wait?: (milliseconds: number) => Promise<void>;
};

/** 3.5 %, rounded down: near to what cards cost, so that figures in a demonstration look like figures. */
const feeBasisPoints = 350;

/** Long enough to get in the way, and shorter than the time that a processor has to answer. */
const slowMilliseconds = 3000;

const turnedAwaySeconds = 1;
const declineReason = 'The test card was declined.';

const waitFor = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export function createTestProcessor({ ledger, now, wait = waitFor }: TestProcessorOptions): Processor {
  /** @returns whether this is the first time that it turns away what is asked about this; of two at once, one is first */
  async function turnsAway(subject: string, period: string | null, why: TestScript): Promise<boolean> {
    const key = [why, subject, ...(period === null ? [] : [period])].join('#');
    const mark: TestRecord = { key, subject, period, did: 'turned_away', payment: null, at: now() };
    return (await ledger.putIfAbsent(mark)) === mark;
  }

  const recordOf = (request: ChargeRequest, did: TestRecord['did']): TestRecord => {
    const at = now();
    return {
      key: request.key,
      subject: request.contributionId,
      period: request.period,
      did,
      payment: did === 'declined' ? null : paymentOf(request, at),
      at,
    };
  };

  /** Does it once: whoever asks again under the key learns what was done the first time. */
  const act = async (request: ChargeRequest, did: TestRecord['did']): Promise<ChargeOutcome> =>
    whatWasDone(await ledger.putIfAbsent(recordOf(request, did)));

  async function declinesSoFar({ contributionId, period }: ChargeRequest): Promise<number> {
    const records = await ledger.list(contributionId);
    return records.filter((record) => record.period === period && record.did === 'declined').length;
  }

  async function charge(request: ChargeRequest): Promise<ChargeOutcome> {
    const script = scriptOf(request.method.reference);
    if (script === undefined) {
      return refused('not_possible', 'The test processor has no such script.');
    }
    const before = await ledger.get(request.key);
    return before === undefined ? perform(request, script) : settled(before, script);
  }

  async function perform(request: ChargeRequest, script: TestScript): Promise<ChargeOutcome> {
    const { contributionId, period } = request;
    switch (script) {
      case 'ok':
      case 'already-so':
        return act(request, 'paid');
      case 'slow':
        await wait(slowMilliseconds);
        return act(request, 'paid');
      case 'declined':
        return act(request, 'declined');
      case 'declined-twice-then-ok':
        return act(request, (await declinesSoFar(request)) < 2 ? 'declined' : 'paid');
      case 'rate-limited-once':
        return (await turnsAway(contributionId, period, script)) ? tooMany : act(request, 'paid');
      case 'unreachable':
        return notReachable;
      case 'timeout-after-acting':
        await act(request, 'paid');
        return (await turnsAway(contributionId, period, script)) ? noAnswer : act(request, 'paid');
      case 'timeout-before-acting':
        return (await turnsAway(contributionId, period, script)) ? noAnswer : act(request, 'paid');
      case 'pending-then-ok':
      case 'pending-then-declined':
        return act(request, 'began');
      case 'gone':
        return refused('gone', 'The test processor does not have this card any more.');
    }
  }

  async function lookUp(request: ChargeRequest): Promise<LookUpOutcome> {
    const record = await ledger.get(request.key);
    return record === undefined ? { outcome: 'none' } : settled(record, scriptOf(request.method.reference));
  }

  /** A subscription that was canceled stays so, whatever its script. */
  async function change(
    subscription: string,
    key: string,
    did: 'suspended' | 'resumed' | 'canceled',
  ): Promise<SubscriptionOutcome> {
    const script = scriptOf(subscription);
    const isOver = (await ledger.list(subscription)).some((record) => record.did === 'canceled' && record.key !== key);
    if (script === undefined) {
      return refused('not_possible', 'The test processor has no such script.');
    }
    if (script === 'gone' || (isOver && did !== 'canceled')) {
      return refused('gone', 'The test processor does not have this subscription any more.');
    }
    if (script === 'unreachable') {
      return notReachable;
    }
    if (script === 'already-so' || isOver) {
      return done;
    }
    if (script === 'slow') {
      await wait(slowMilliseconds);
    }
    if (script === 'rate-limited-once' && (await turnsAway(subscription, null, script))) {
      return tooMany;
    }
    if (script === 'timeout-before-acting' && (await turnsAway(subscription, null, script))) {
      return noAnswer;
    }
    await ledger.putIfAbsent({ key, subject: subscription, period: null, did, payment: null, at: now() });
    return script === 'timeout-after-acting' && (await turnsAway(subscription, null, script)) ? noAnswer : done;
  }

  return {
    charge,
    lookUp,
    findMethod: async (method) => found(method),
    withFee: async (_subscription, payment) => ({
      outcome: 'done',
      payment: { ...payment, fee: feeOn(payment.amount) },
    }),
    suspend: (subscription, key) => change(subscription, key, 'suspended'),
    resume: (subscription, key) => change(subscription, key, 'resumed'),
    cancel: (subscription, key) => change(subscription, key, 'canceled'),
  };
}

const done = { outcome: 'done' } as const;
const noAnswer = unknown('The test processor does not answer.');
const notReachable = broken('The test processor cannot be reached.');
const tooMany = broken('The test processor takes no more requests for now.', turnedAwaySeconds);

/** @returns undefined when there is no such script */
export function scriptOf(reference: string | null): TestScript | undefined {
  const [script = ''] = (reference ?? '').split(':');
  return Object.hasOwn(testScripts, script) ? (script as TestScript) : undefined;
}

/** It knows no owners and no terms: a reference is a script, and anybody's. */
function found({ reference }: MethodAsked): MethodFound {
  const script = scriptOf(reference);
  if (script === 'unreachable') {
    return unknown(notReachable.reason);
  }
  return script === undefined || script === 'gone'
    ? nothingFound
    : methodFound({ accountId: null, subscription: null });
}

const feeOn = ({ amount }: Money): number => basisPointsOf(amount, feeBasisPoints);

const paymentOf = ({ key, amount }: ChargeRequest, paidAt: string): Payment => ({
  reference: `test_${key}`,
  amount,
  fee: feeOn(amount),
  paidAt,
});

function whatWasDone({ did, payment, key }: TestRecord): Exclude<ChargeOutcome, { outcome: 'broken' }> {
  if (payment !== null) {
    return did === 'began' ? { outcome: 'pending', reference: payment.reference } : { outcome: 'done', payment };
  }
  return did === 'declined' ? refused('declined', declineReason) : unknown(`${key} was not used for a charge.`);
}

/** What was begun has ended by the time that somebody asks. */
function settled(record: TestRecord, script: TestScript | undefined): Exclude<ChargeOutcome, { outcome: 'broken' }> {
  if (record.did !== 'began') {
    return whatWasDone(record);
  }
  return script === 'pending-then-declined'
    ? refused('declined', declineReason)
    : whatWasDone({ ...record, did: 'paid' });
}

/** The ledger of one process, for tests. */
export function createTestLedgerInMemory(): TestLedger {
  const records = new Map<string, TestRecord>();
  return {
    putIfAbsent: async (record) => {
      const there = records.get(record.key) ?? record;
      records.set(record.key, there);
      return there;
    },
    get: async (key) => records.get(key),
    list: async (subject) => [...records.values()].filter((record) => record.subject === subject),
  };
}
