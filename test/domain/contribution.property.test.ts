/** Random lives of contributions against a simple model of which periods are charged, and against what must always hold. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyContribution, type Charge, type Contribution } from '../../shared/domain/contribution.ts';
import { type HoldLevel, levelsThatStop } from '../../shared/domain/hold.ts';
import {
  after,
  batch,
  beginLife,
  card,
  chargedPeriods,
  hold,
  type Life,
  lift,
  onlyPeriodAt,
  type PlacedHold,
  paid,
  periodAt,
  record,
  stepOf,
  transfer,
} from '../support/contribution-life.ts';
import {
  askAnswers,
  cancel,
  changeCard,
  confirm,
  lookUpAnswers,
  type Model,
  lift as modelLift,
  look as modelLook,
  newModel,
  place,
  type Script,
  takeUp,
} from '../support/contribution-model.ts';

type Kind = 'card' | 'transfer' | 'once';

type Operation =
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'hold'; readonly hold: Omit<PlacedHold, 'id'> }
  | { readonly do: 'lift'; readonly which: number }
  | { readonly do: 'take-up' | 'change-card' | 'confirm' | 'cancel' };

/** Holds come at any time, those that do not stop a contribution too. */
const holdOf = (kind: Kind): fc.Arbitrary<Omit<PlacedHold, 'id'>> =>
  fc.record({
    place: fc.constantFrom('own' as const, 'collective' as const, 'host' as const),
    owner: fc.constantFrom('host' as const, 'collective' as const, 'contributor' as const, 'platform' as const),
    level: fc.constantFrom<HoldLevel>(
      ...(kind === 'once' ? (['full', 'out'] as const) : levelsThatStop.recurring),
      'out',
    ),
    missedPeriods: fc.constantFrom('skip' as const, 'collect_once' as const),
  });

const hour = 60;
const waiting = (from: number, to: number, minutes: number): fc.Arbitrary<Operation> =>
  fc.record({ do: fc.constant('wait'), minutes: fc.integer({ min: from, max: to }).map((count) => count * minutes) });

const operationOf = (kind: Kind): fc.Arbitrary<Operation> =>
  fc.oneof(
    { weight: 6, arbitrary: waiting(1, 72, hour) },
    { weight: 4, arbitrary: waiting(25, 32, 24 * hour) },
    { weight: 2, arbitrary: waiting(1, 100, 24 * hour) },
    { weight: 2, arbitrary: waiting(1, 90, 1) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('hold'), hold: holdOf(kind) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('lift'), which: fc.nat({ max: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('take-up', 'change-card') }) },
    { weight: kind === 'transfer' ? 1 : 0, arbitrary: fc.record({ do: fc.constant('confirm') }) },
  );

/** Most processors do a bit of everything; some always do the same. */
const scripts: fc.Arbitrary<Script> = fc.record({
  asks: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.array(fc.constantFrom('paid' as const, ...askAnswers), { minLength: 1, maxLength: 12 }),
    },
    { weight: 1, arbitrary: fc.constantFrom(...askAnswers).map((answer) => [answer]) },
  ),
  lookUps: fc
    .array(fc.constantFrom(...lookUpAnswers), { maxLength: 8 })
    .map((answers): Script['lookUps'] => [...answers, 'truth']),
});

type RandomLife = { readonly kind: Kind; readonly script: Script; readonly operations: readonly Operation[] };

const lives: fc.Arbitrary<RandomLife> = fc.constantFrom<Kind>('card', 'card', 'transfer', 'once').chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    script: scripts,
    operations: fc
      .tuple(fc.array(operationOf(kind), { maxLength: 60, size: 'max' }), fc.boolean())
      .map(([operations, isCanceled]) =>
        isCanceled
          ? [...operations, { do: 'cancel' as const }, { do: 'wait' as const, minutes: 99 * 24 * hour }]
          : operations,
      ),
  }),
);

/** Lives it through twice: on the core, and in the model. */
function live({ kind, script, operations }: RandomLife): {
  readonly life: Life;
  readonly model: Model;
  readonly states: readonly Contribution[];
} {
  const life = beginLife(
    { method: kind === 'transfer' ? transfer : card(), interval: kind === 'once' ? 'once' : 'month' },
    script,
  );
  const model = newModel({
    beginsAt: (index) => (kind === 'once' ? onlyPeriodAt(index) : periodAt(index))?.at ?? null,
    byTransfer: kind === 'transfer',
    script,
  });
  const placed: PlacedHold[] = [];
  const stopping = kind === 'once' ? levelsThatStop.new_once : levelsThatStop.recurring;
  const states = [life.contribution];
  operations.forEach((operation, index) => {
    perform(operation, `hold-${index}`);
    states.push(life.contribution);
  });
  return { life, model, states };

  function perform(operation: Operation, id: string): void {
    const isOver = life.contribution.status !== 'active';
    switch (operation.do) {
      case 'wait':
        life.now = after(life.now, 0, operation.minutes);
        batch(life);
        modelLook(model, life.now);
        break;
      case 'hold': {
        const given = { id, ...operation.hold };
        const isThere = placed.some(
          ({ place: where, owner, level }) =>
            where !== 'own' && where === given.place && owner === given.owner && level === given.level,
        );
        if (!isThere && !(isOver && given.place === 'own')) {
          placed.push(given);
          hold(life, given);
          if (given.place === 'own' || stopping.includes(given.level)) {
            place(model, id, given.missedPeriods);
          }
        }
        break;
      }
      case 'lift': {
        const [given] = placed.splice(operation.which, 1);
        if (given !== undefined) {
          // Never the very moment at which a period begins: the order of two things at one moment is a test of its own.
          life.now = after(life.now, 0, 0.5);
          modelLift(model, given.id, life.now);
          if (lift(life, given)) {
            modelLook(model, life.now);
          }
        }
        break;
      }
      case 'take-up':
        if (!isOver) {
          record(life, { type: 'taken_up' });
          takeUp(model, life.now);
        }
        break;
      case 'change-card':
        if (!isOver && kind !== 'transfer') {
          const { next, nextAt } = life.contribution;
          record(life, { type: 'method_changed', method: card(id), label: 'Another', next, nextAt });
          changeCard(model, life.now);
        }
        break;
      case 'confirm': {
        const [oldest] = life.contribution.expected;
        if (oldest !== undefined) {
          record(life, paid(life, oldest.period, 'expected'));
        }
        confirm(model);
        break;
      }
      case 'cancel':
        if (!isOver) {
          record(life, { type: 'canceled', reason: 'Enough.' });
          cancel(model);
        }
        break;
    }
  }
}

const runs = 1000;

const forEveryLife = (check: (lived: ReturnType<typeof live>) => void, numRuns = runs): void =>
  fc.assert(
    fc.property(lives, (random) => check(live(random))),
    { numRuns },
  );

test('the lives reach every kind of event, and long chains of what goes wrong', () => {
  const reached = new Set<string>();
  // Always the same lives: whether the generator reaches everything is a fact about it, not a matter of luck.
  for (const random of fc.sample(lives, { numRuns: 2000, seed: 20_261_122 })) {
    const { life, states } = live(random);
    for (const { data } of life.events) {
      reached.add(data.type === 'periods_passed' ? data.why : data.type);
    }
    for (const { status, charge, setAside, expected, collectAt, missedFrom, charged } of states) {
      reached.add(status).add(charge?.state ?? 'no charge');
      const notable = {
        'third attempt': charge?.attempt === 3,
        'tenth fault': setAside !== null && setAside.index !== null,
        'twelve expected': expected.length === 12,
        'waits to be collected': collectAt !== null,
        missed: missedFrom !== null,
        'a year charged': charged >= 12,
      };
      for (const [name, isSo] of Object.entries(notable)) {
        reached.add(isSo ? name : '');
      }
    }
  }
  const wanted = [
    ...['created', 'charge_started', 'charge_refused', 'charge_broken', 'charge_unclear', 'charge_pending', 'charged'],
    ...['charge_not_found', 'held', 'skipped', 'period_expected', 'period_unconfirmed', 'released', 'method_changed'],
    ...['set_aside', 'taken_up', 'canceled', 'completed', 'asking', 'unclear', 'pending', 'waiting', 'third attempt'],
    ...['tenth fault', 'twelve expected', 'waits to be collected', 'missed', 'a year charged'],
  ];
  expect(wanted.filter((what) => !reached.has(what))).toEqual([]);
});

test('exactly the periods are charged that the simple model says, in the same order', () => {
  forEveryLife(({ life, model }) => {
    expect(chargedPeriods(life)).toEqual(model.charged);
    expect(life.contribution.expected.map(({ index }) => index)).toEqual(model.expected);
    expect(life.contribution.setAside !== null).toBe(model.isSetAside);
    expect([life.asked, life.lookedUp]).toEqual([model.asked, model.lookedUp]);
  }, 4000);
});

test('whoever gives pays at most once per period, whatever the processor says and does', () => {
  forEveryLife(({ life }) => {
    const periods = [...life.known.values()].filter(({ truth }) => truth === 'paid').map(({ period }) => period);
    expect(periods.length).toBe(new Set(periods).size);
    expect(chargedPeriods(life).length).toBe(new Set(chargedPeriods(life)).size);
  });
});

test('the due index overlooks nothing: what is not due has nothing to do', () => {
  forEveryLife(({ life }) => expect(life.overlooked).toEqual([]));
});

test('every period that began is charged, open or given up, and none is two of these', () => {
  forEveryLife(({ states }) => {
    for (const state of states) {
      const { status, interval, next, nextAt, charged, passed, charge, expected, missedFrom, setAside } = state;
      const open = (charge === null ? 0 : 1) + (missedFrom === null ? 0 : next - missedFrom);
      const aside = setAside === null || setAside.index === null ? 0 : 1;
      if (status === 'active') {
        const isCounted = charged + passed + expected.length + open + aside === next;
        const isScheduled = interval === 'once' || nextAt === periodAt(next).at;
        expect([isCounted, isScheduled]).toEqual([true, true]);
      }
    }
  });
});

test('what was refused is never asked again under its key, and one key is used for one period and card', () => {
  forEveryLife(({ life }) => {
    // The processor was never asked under a key of which it knew something.
    expect(life.requests.length).toBe(life.asked);
    const uses = new Set(life.requests.map(({ key, period, method }) => `${key} ${period} ${method.id}`));
    expect(new Set(life.requests.map(({ key }) => key)).size).toBe(uses.size);
  });
});

test('after a broken request, and after one of which nothing is known, the key stays until something is refused', () => {
  forEveryLife(({ life }) => {
    let before: Pick<Charge, 'key' | 'period' | 'method'> | undefined;
    let wasRefused = false;
    for (const { data } of life.events) {
      wasRefused ||= data.type === 'charge_refused';
      if (data.type === 'charge_started') {
        if (before?.period === data.charge.period && before.method.id === data.charge.method.id) {
          expect(data.charge.key === before.key).toBe(!wasRefused);
        }
        before = data.charge;
        wasRefused = false;
      }
    }
  });
});

test('nothing is begun while a hold covers it, nor after it was canceled', () => {
  forEveryLife(({ life }) => {
    let held = 0;
    let isCanceled = false;
    for (const { data } of life.events) {
      held += data.type === 'held' ? 1 : data.type === 'released' ? -1 : 0;
      isCanceled ||= data.type === 'canceled';
      if (data.type === 'charge_started' || data.type === 'period_expected') {
        expect([held, isCanceled]).toEqual([0, false]);
      }
    }
  });
});

test('the state is the fold of the history, and its version the number of events', () => {
  forEveryLife(({ life: { contribution, events } }) => {
    const folded = events.reduce<Contribution | undefined>(applyContribution, undefined);
    expect(folded).toEqual(contribution);
    expect(contribution.version).toBe(events.length);
  });
});

test('what was decided is decided by the state alone: it survives being stored', () => {
  forEveryLife(({ life }) => {
    const stored = JSON.parse(JSON.stringify(life.contribution)) as Contribution;
    expect(stored).toEqual(life.contribution);
    expect(stepOf({ ...life, contribution: stored })).toEqual(stepOf(life));
  });
});
