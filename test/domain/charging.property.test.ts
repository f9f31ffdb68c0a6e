/** Random lives that change hands between cards, subscriptions and bank transfers; and the money of random payments. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { apply } from '../../shared/domain/apply.ts';
import { cellChanges, imbalances } from '../../shared/domain/books.ts';
import { chargedIntent, type PaidPeriod, wantedAtProcessor } from '../../shared/domain/charging.ts';
import { contributionDueAt } from '../../shared/domain/contribution.ts';
import { holdLevels, holdOwners } from '../../shared/domain/hold.ts';
import { amountMax } from '../../shared/domain/money.ts';
import type { MethodInUse } from '../../shared/domain/payment-method.ts';
import {
  after,
  batch,
  beginLife,
  card,
  day,
  hold,
  type Life,
  lift,
  type PlacedHold,
  paid,
  periodAt,
  record,
  stateThere,
  subscription,
  type Telling,
  transfer,
  work,
} from '../support/contribution-life.ts';
import { askAnswers, lookUpAnswers } from '../support/contribution-model.ts';

type Operation =
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'hold'; readonly hold: Omit<PlacedHold, 'id'> }
  | { readonly do: 'lift'; readonly which: number }
  | { readonly do: 'change'; readonly kind: 'card' | 'subscription' | 'transfer' | 'back' }
  | { readonly do: 'take-up' | 'cancel' | 'confirm' };

const operations: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), minutes: fc.integer({ min: 1, max: 3000 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), minutes: fc.integer({ min: 1440, max: 90_000 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('hold'),
      hold: fc.record({
        place: fc.constantFrom('own', 'collective', 'host'),
        owner: fc.constantFrom(...holdOwners),
        level: fc.constantFrom(...holdLevels),
        missedPeriods: fc.constantFrom('skip', 'collect_once'),
      }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lift'), which: fc.nat({ max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('change'),
      kind: fc.constantFrom('card', 'subscription', 'subscription', 'transfer', 'back'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('take-up', 'confirm') }) },
);

const tellings: fc.Arbitrary<readonly Telling[]> = fc.array(
  fc.record({ heard: fc.constantFrom('done', 'pending', 'declined', 'broken', 'unknown'), happens: fc.boolean() }),
  { minLength: 1, maxLength: 10 },
);

type Lived = { readonly life: Life; readonly subscriptions: readonly MethodInUse[] };

const lives: fc.Arbitrary<Lived> = fc
  .record({
    method: fc.constantFrom(card(), subscription(), subscription(), transfer),
    script: fc.record({
      asks: fc.array(fc.constantFrom(...askAnswers), { minLength: 1, maxLength: 6 }),
      lookUps: fc.array(fc.constantFrom(...lookUpAnswers), { maxLength: 6 }).map((all) => [...all, 'truth' as const]),
    }),
    tellings,
    done: fc.array(operations, { maxLength: 40, size: 'max' }),
    isCanceled: fc.boolean(),
  })
  .map(({ method, script, tellings: heard, done, isCanceled }) => {
    const life = beginLife({ method }, script, heard);
    const methods = [method];
    const placed: PlacedHold[] = [];
    [...done, ...(isCanceled ? [{ do: 'cancel' as const }] : [])].forEach((operation, index) => {
      perform(life, operation, `${index}`, { methods, placed });
    });
    return { life, subscriptions: methods.filter(({ chargedBy }) => chargedBy === 'processor') };
  });

function perform(
  life: Life,
  operation: Operation,
  id: string,
  { methods, placed }: { readonly methods: MethodInUse[]; readonly placed: PlacedHold[] },
): void {
  const { contribution } = life;
  if (operation.do === 'wait') {
    life.now = after(life.now, 0, operation.minutes);
    batch(life);
  } else if (operation.do === 'lift') {
    const [given] = placed.splice(operation.which, 1);
    if (given !== undefined) {
      lift(life, given);
    }
  } else if (operation.do === 'confirm') {
    const [oldest] = contribution.expected;
    if (oldest !== undefined) {
      record(life, paid(life, oldest.period, 'expected'));
    }
  } else if (contribution.status !== 'active') {
    // Nothing is done with what is over.
  } else if (operation.do === 'hold') {
    const given = { id, ...operation.hold };
    const same = ({ place, owner, level }: PlacedHold): boolean =>
      place !== 'own' && place === given.place && owner === given.owner && level === given.level;
    if (!placed.some(same)) {
      placed.push(given);
      hold(life, given);
      if (given.place !== 'own' && contribution.told !== null) {
        work(life);
      }
    }
  } else if (operation.do === 'change') {
    changeMethod(life, methodOf(operation.kind, id, life, methods));
  } else {
    record(life, operation.do === 'cancel' ? { type: 'canceled', reason: 'Enough.' } : { type: 'taken_up' });
  }
  methods.push(life.contribution.method);
}

/** `back`: to what was left last, unless it has ended at its processor and cannot be used any more. */
function methodOf(kind: string, id: string, life: Life, methods: readonly MethodInUse[]): MethodInUse {
  const last = methods.findLast((method) => method.id !== life.contribution.method.id);
  if (kind === 'back' && last !== undefined && stateThere(life, last) !== 'canceled') {
    return last;
  }
  return kind === 'subscription' ? subscription(`sub-${id}`) : kind === 'transfer' ? transfer : card(`card-${id}`);
}

function changeMethod(life: Life, method: MethodInUse): void {
  let { next, nextAt } = life.contribution;
  if (method.chargedBy === 'processor') {
    nextAt = null;
  } else if (life.contribution.method.chargedBy === 'processor') {
    while (periodAt(next).at <= life.now) {
      next += 1;
    }
    nextAt = periodAt(next).at;
  }
  record(life, { type: 'method_changed', method, label: method.id, next, nextAt });
}

/** From here on everything works; whoever was set aside is taken up, and time passes. */
function settled({ life }: Lived): Life {
  const calm: Life = {
    ...life,
    script: { asks: ['paid'], lookUps: ['truth'] },
    tellings: [{ heard: 'done', happens: true }],
  };
  if (calm.contribution.setAside !== null) {
    record(calm, { type: 'taken_up' });
  }
  for (let count = 0; count < 10; count += 1) {
    calm.now = after(calm.now, 1);
    batch(calm);
  }
  return calm;
}

const runs = { numRuns: 1500 };
const forEveryLife = (check: (lived: Lived) => void): void => fc.assert(fc.property(lives, check), runs);

test('the due index overlooks nothing, and nothing is due for ever, whoever charges', () => {
  forEveryLife(({ life }) => expect(life.overlooked).toEqual([]));
});

test('nobody pays twice for a period that is charged from here', () => {
  forEveryLife(({ life }) => {
    const periods = [...life.known.values()].filter(({ truth }) => truth === 'paid').map(({ period }) => period);
    expect(periods.length).toBe(new Set(periods).size);
  });
});

test('nothing is charged from here while a processor charges by itself', () => {
  forEveryLife(({ life }) => {
    let method = life.events[0]?.data.type === 'created' ? life.events[0].data.agreement.method : card();
    for (const { data } of life.events) {
      method = data.type === 'method_changed' ? data.method : method;
      if (data.type === 'charge_started' || data.type === 'period_expected') {
        expect(method.chargedBy).not.toBe('processor');
      }
    }
  });
});

test('when processors answer again, the subscription does what is wanted and every other one has ended', () => {
  forEveryLife((lived) => {
    const life = settled(lived);
    const { contribution } = life;
    const { method } = contribution;
    if (method.chargedBy === 'processor') {
      const wanted = wantedAtProcessor(contribution, [life.guards.collective, life.guards.host]);
      expect([stateThere(life, method), contribution.told?.observed]).toEqual([wanted, wanted]);
    }
    for (const other of lived.subscriptions.filter(({ id }) => id !== method.id)) {
      expect(stateThere(life, other)).toBe('canceled');
    }
    expect([contribution.retiring, contribution.retiringLater]).toEqual([null, []]);
  });
});

test('what was canceled has nothing to do once its processors know', () => {
  forEveryLife((lived) => {
    const life = settled(lived);
    if (life.contribution.status === 'canceled') {
      expect(contributionDueAt(life.contribution)).toBeNull();
      expect(life.contribution.charge).toBeNull();
    }
  });
});

// --- The money -------------------------------------------------------------------------------------------------------

const payment = (given: Partial<PaidPeriod> = {}): PaidPeriod => ({
  intentId: 'pi_1',
  period: '2026-01-31',
  amount: { amount: 5000, currency: 'USD' },
  processorFee: 175,
  hostFeeBasisPoints: 1000,
  reference: 'ch_1',
  date: day(0, 1).slice(0, 10),
  source: 'processor',
  by: 'batch',
  at: day(0, 2),
  ...given,
});

const changesOf = (given: Partial<PaidPeriod>) => {
  const { draft, hostFee } = chargedIntent(beginLife().contribution, payment(given));
  return { draft, hostFee, cells: cellChanges(draft.postings) };
};

test('F1: of 50.00, 48.25 reach the bank; the host keeps 10 % of the whole, and the collective has the rest', () => {
  const { cells, hostFee } = changesOf({});
  expect(hostFee).toBe(500);
  expect(cells).toEqual([
    { book: 'B', accountId: 'b', currency: 'USD', changes: { available: 4325, bank: 4825, 'fees:host': 500 } },
  ]);
});

test('the intent begins as what has happened: received, with one receipt, from the contributor to the collective', () => {
  const { contribution } = beginLife();
  const { draft } = changesOf({});
  const intent = apply(undefined, {
    subjectId: 'pi_1',
    number: 1,
    at: day(0, 2),
    actor: { userId: 'batch', capacity: 'batch' },
    data: draft.data,
  });
  expect(draft.data).toEqual({
    type: 'charged',
    contributionId: 'con_1',
    period: '2026-01-31',
    intent: expect.objectContaining({ id: 'pi_1' }),
  });
  const { version, updatedAt, ...begun } = intent;
  expect(draft.data).toMatchObject({ intent: begun });
  expect({ version, updatedAt }).toEqual({ version: 1, updatedAt: day(0, 2) });
  expect(intent).toMatchObject({
    id: 'pi_1',
    type: 'contribution',
    status: 'received',
    payer: contribution.contributor,
    payee: contribution.collective,
    amount: { amount: 5000, currency: 'USD' },
    tier: 'Backer',
    reserved: null,
    network: null,
    dueAt: null,
    receipts: [
      { amount: { amount: 4825, currency: 'USD' }, cost: 5000, hostFee: 500, reference: 'ch_1', excess: null },
    ],
  });
  expect(() =>
    apply(intent, {
      subjectId: 'pi_1',
      number: 2,
      at: day(1),
      actor: { userId: 'batch', capacity: 'batch' },
      data: draft.data,
    }),
  ).toThrow('only be the first');
});

test('every entry balances; the collective has what arrived less the host’s share, and is never worse off for a gift', () => {
  const amounts = fc
    .tuple(
      fc.integer({ min: 1, max: amountMax }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.constantFrom('USD', 'JPY', 'KWD'),
    )
    .map(([amount, share, currency]) => ({ amount: { amount, currency }, processorFee: Math.floor(amount * share) }));
  fc.assert(
    fc.property(amounts, fc.integer({ min: 0, max: 10_000 }), ({ amount, processorFee }, hostFeeBasisPoints) => {
      const { draft, hostFee, cells } = changesOf({ amount, processorFee, hostFeeBasisPoints });
      const arrived = amount.amount - processorFee;
      expect([...imbalances(draft.postings)]).toEqual([]);
      const { bank = 0, available = 0, 'fees:host': fee = 0, ...others } = cells[0]?.changes ?? {};
      expect([bank, available, fee]).toEqual([arrived, arrived - hostFee, hostFee]);
      expect(others).toEqual({});
      const wanted = Number((BigInt(amount.amount) * BigInt(hostFeeBasisPoints)) / 10_000n);
      expect(hostFee).toBe(Math.min(wanted, arrived));
      expect(available).toBeGreaterThanOrEqual(0);
      expect(cells.length).toBe(arrived === 0 ? 0 : 1);
    }),
    { numRuns: 2000 },
  );
});

test('of a payment that cost more than it was, the host takes nothing, and the loss is where it happened', () => {
  const { cells, hostFee } = changesOf({ amount: { amount: 20, currency: 'USD' }, processorFee: 30 });
  expect(hostFee).toBe(0);
  expect(cells).toEqual([{ book: 'B', accountId: 'b', currency: 'USD', changes: { available: -10, bank: -10 } }]);
});
