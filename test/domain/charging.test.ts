/** Charging by us and by bank transfer, told as stories with dates (requirements P2, P3, B3, B5, B7; semantics §4). */
import { describe, expect, test } from '@jest/globals';
import { decideChargeEnd } from '../../shared/domain/charging.ts';
import { type Charge, contributionDueAt } from '../../shared/domain/contribution.ts';
import type { MissedPeriods } from '../../shared/domain/hold.ts';
import {
  after,
  around,
  batch,
  beginLife,
  begins,
  card,
  carryOut,
  chargedPeriods,
  day,
  end,
  hold,
  isDue,
  type Life,
  lift,
  type PlacedHold,
  paid,
  record,
  stepOf,
  subscription,
  transfer,
  wait,
  work,
} from '../support/contribution-life.ts';
import type { AskAnswer, LookUpAnswer, Script } from '../support/contribution-model.ts';

const own = (missedPeriods: MissedPeriods = 'skip', id = 'own'): PlacedHold => ({
  id,
  place: 'own',
  owner: 'contributor',
  level: 'recurring_in',
  missedPeriods,
});
const ofHost = (missedPeriods: MissedPeriods = 'skip'): PlacedHold => ({
  ...own(missedPeriods, 'of host'),
  place: 'host',
  owner: 'host',
});
const ofCollective = (missedPeriods: MissedPeriods = 'skip'): PlacedHold => ({
  ...ofHost(missedPeriods),
  id: 'of collective',
  place: 'collective',
});

/** The last answer is given again and again. */
const lasting = <Answer>(answers: readonly Answer[]): readonly Answer[] => [
  ...answers,
  ...Array.from({ length: 100 }, () => answers.at(-1) as Answer),
];
const scriptOf = (asks: readonly AskAnswer[], lookUps: readonly LookUpAnswer[] = ['truth']): Script => ({
  asks: lasting(asks),
  lookUps: lasting(lookUps),
});
const started = (asks: readonly AskAnswer[] = ['paid'], lookUps?: readonly LookUpAnswer[]): Life =>
  beginLife({}, scriptOf(asks, lookUps));

/** The batch comes round now, and every hour until that day. */
function until(life: Life, days: number): Life {
  batch(life);
  while (life.now < day(days)) {
    wait(life, 0, 60);
  }
  return life;
}

const types = ({ events }: Life): readonly string[] => events.map(({ data }) => data.type);
const dueIn = (life: Life): number =>
  (Date.parse(contributionDueAt(life.contribution) ?? '') - Date.parse(life.now)) / 60_000;
const chargeOf = ({ contribution }: Life): Charge => {
  if (contribution.charge === null) {
    throw new Error('There is a charge.');
  }
  return contribution.charge;
};

describe('periods', () => {
  test('each is charged once, as it begins', () => {
    const life = started();
    expect(contributionDueAt(life.contribution)).toBe(begins);
    work(life);
    expect(chargedPeriods(life)).toEqual([0]);
    expect(contributionDueAt(life.contribution)).toBe(day(30));
    wait(life, 30, -1);
    expect(chargedPeriods(life)).toEqual([0]);
    wait(life, 0, 1);
    expect(chargedPeriods(life)).toEqual([0, 1]);
    expect(chargedPeriods(until(life, 125))).toEqual([0, 1, 2, 3, 4]);
    expect(life.contribution).toMatchObject({ charged: 5, passed: 0, next: 5, nextAt: day(150) });
  });

  test('after the system was down for some, the newest is charged and the others have passed', () => {
    const life = until(started(), 1);
    wait(life, 100);
    expect(chargedPeriods(life)).toEqual([0, 3]);
    expect(life.contribution).toMatchObject({ charged: 2, passed: 2, next: 4, nextAt: day(120) });
  });

  test('the first begins when it was agreed to, not before', () => {
    const life = beginLife({ firstAt: day(7) });
    wait(life, 6, 1439);
    expect(stepOf(life)).toEqual({ do: 'nothing' });
    expect(contributionDueAt(life.contribution)).toBe(day(7));
  });
});

describe('holds', () => {
  test.each([own(), ofHost(), ofCollective()])(
    'what begins under a hold ($place) is not charged, and the agreement stays',
    (given) => {
      const life = until(started(), 1);
      hold(life, given);
      until(life, 100);
      expect(chargedPeriods(life)).toEqual([0]);
      expect(life.contribution).toMatchObject({ status: 'active', method: card(), missedFrom: 1, next: 4, passed: 0 });
    },
  );

  test.each([own(), ofHost(), ofCollective()])(
    'lifted with skip ($place): the next charge is the next anchor day, once',
    (given) => {
      const life = until(started(), 1);
      hold(life, given);
      until(life, 100);
      lift(life, given);
      until(life, 119);
      expect(chargedPeriods(life)).toEqual([0]);
      until(life, 121);
      expect(chargedPeriods(life)).toEqual([0, 4]);
      expect(life.contribution).toMatchObject({ passed: 3, missedFrom: null, collectAt: null });
    },
  );

  test.each([own('collect_once'), ofHost('collect_once'), ofCollective('collect_once')])(
    'lifted with collect_once ($place): one charge at once for all that was missed, and then as usual',
    (given) => {
      const life = until(started(), 1);
      hold(life, given);
      until(life, 100);
      lift(life, given);
      wait(life, 0, 10);
      expect(chargedPeriods(life)).toEqual([0, 3]);
      expect(chargedPeriods(until(life, 119))).toEqual([0, 3]);
      expect(chargedPeriods(until(life, 155))).toEqual([0, 3, 4, 5]);
      expect(life.contribution.passed).toBe(2);
    },
  );

  test('a hold under which nothing began changes nothing, whatever was chosen', () => {
    for (const given of [own('skip'), own('collect_once'), ofHost('skip'), ofHost('collect_once')]) {
      const life = until(started(), 1);
      hold(life, given);
      until(life, 20);
      lift(life, given);
      expect(chargedPeriods(until(life, 65))).toEqual([0, 1, 2]);
      expect(life.contribution.passed).toBe(0);
    }
  });

  test('lifting one leaves the others (invariant 5)', () => {
    const [first, second, third] = [own(), ofHost(), ofCollective()];
    for (const order of [
      [first, second, third],
      [third, first, second],
      [second, third, first],
    ]) {
      const life = until(started(), 1);
      for (const given of order) {
        hold(life, given);
      }
      order.forEach((given, index) => {
        until(life, 40 + index * 30);
        expect(chargedPeriods(life)).toEqual([0]);
        lift(life, given);
      });
      expect(chargedPeriods(until(life, 125))).toEqual([0, 4]);
    }
  });

  test('a period that begins at the very moment of a lift is not covered, and one at the moment of the placing is', () => {
    const life = until(started(), 1);
    hold(life, ofHost());
    life.now = day(30);
    lift(life, ofHost());
    work(life);
    expect(chargedPeriods(life)).toEqual([0, 1]);
    life.now = day(60);
    hold(life, ofHost());
    work(life);
    expect(chargedPeriods(life)).toEqual([0, 1]);
    expect(life.contribution.missedFrom).toBe(2);
  });

  test('what a skipping hold covered is not collected when another, that collects, is lifted after it', () => {
    const life = until(started(), 1);
    hold(life, own('collect_once'));
    hold(life, ofHost('skip'));
    until(life, 40);
    lift(life, ofHost('skip'));
    until(life, 50);
    lift(life, own('collect_once'));
    expect(chargedPeriods(until(life, 59))).toEqual([0]);
    expect(chargedPeriods(until(life, 61))).toEqual([0, 2]);
    expect(life.contribution.passed).toBe(1);
  });

  test('what began after the skipping one was lifted is collected when the other is lifted', () => {
    const life = until(started(), 1);
    hold(life, own('collect_once'));
    hold(life, ofHost('skip'));
    until(life, 40);
    lift(life, ofHost('skip'));
    until(life, 70);
    lift(life, own('collect_once'));
    expect(chargedPeriods(until(life, 71))).toEqual([0, 2]);
  });

  test('lifting the collecting one first collects nothing while the skipping one holds, nor after it', () => {
    const life = until(started(), 1);
    hold(life, ofCollective('collect_once'));
    hold(life, own('skip'));
    until(life, 40);
    lift(life, ofCollective('collect_once'));
    until(life, 50);
    expect(chargedPeriods(life)).toEqual([0]);
    lift(life, own('skip'));
    expect(chargedPeriods(until(life, 59))).toEqual([0]);
    expect(chargedPeriods(until(life, 61))).toEqual([0, 2]);
  });

  test('what waits for its retry when it is held was missed: skipped, or collected once, under a key of its own', () => {
    for (const [missedPeriods, charged] of [
      ['skip', [1]],
      ['collect_once', [0, 1]],
    ] as const) {
      const life = started(['refused', 'paid']);
      work(life);
      hold(life, own(missedPeriods));
      until(life, 10);
      expect(life.contribution).toMatchObject({ charge: null, missedFrom: 0 });
      lift(life, own(missedPeriods));
      expect(chargedPeriods(until(life, 35))).toEqual(charged);
      expect(new Set(life.requests.map(({ key }) => key)).size).toBe(life.requests.length);
    }
  });

  test('a retry whose day comes after the lift keeps its day under collect_once, and is skipped under skip', () => {
    const collected = started(['refused', 'paid']);
    work(collected);
    hold(collected, ofHost('collect_once'));
    until(collected, 0.5);
    lift(collected, ofHost('collect_once'));
    expect(chargedPeriods(until(collected, 0.9))).toEqual([]);
    expect(chargedPeriods(until(collected, 1.1))).toEqual([0]);
    const skipped = started(['refused', 'paid']);
    work(skipped);
    hold(skipped, ofHost('skip'));
    until(skipped, 0.5);
    lift(skipped, ofHost('skip'));
    expect(chargedPeriods(until(skipped, 35))).toEqual([1]);
  });

  test('what was asked before the hold came is followed to its end under it, and not asked again', () => {
    const life = started(['unknown:nothing', 'paid']);
    work(life);
    hold(life, ofHost('collect_once'));
    until(life, 10);
    expect(types(life).filter((type) => type === 'charge_started')).toHaveLength(1);
    expect(life.contribution).toMatchObject({ charge: null, missedFrom: 0 });
    lift(life, ofHost('collect_once'));
    expect(chargedPeriods(life)).toEqual([0]);
    const paidUnderHold = started(['unknown:paid']);
    work(paidUnderHold);
    hold(paidUnderHold, ofHost());
    expect(chargedPeriods(until(paidUnderHold, 1))).toEqual([0]);
  });

  test('levels that stop other flows stop no charge', () => {
    const life = until(started(), 1);
    hold(life, { ...ofHost(), level: 'new_in' });
    hold(life, { ...ofCollective(), level: 'out' });
    expect(chargedPeriods(until(life, 65))).toEqual([0, 1, 2]);
  });

  test('one that was canceled is never charged again, and not looked at', () => {
    const life = until(started(['paid', 'refused']), 31);
    record(life, { type: 'canceled', reason: 'Enough.' });
    expect(life.contribution).toMatchObject({ status: 'canceled', charge: null, canceled: { reason: 'Enough.' } });
    expect(contributionDueAt(life.contribution)).toBeNull();
    expect(chargedPeriods(until(life, 100))).toEqual([0]);
  });
});

describe('a refused charge', () => {
  test('is tried again after 1, 3 and 7 days, then set aside with the reason', () => {
    const life = started(['refused']);
    work(life);
    for (const [days, attempt] of [
      [1, 2],
      [3, 3],
      [7, 4],
    ] as const) {
      expect(chargeOf(life)).toMatchObject({ state: 'waiting', attempt, reason: 'So says the processor.' });
      expect(dueIn(life)).toBe(days * 1440);
      wait(life, days);
    }
    expect(life.contribution).toMatchObject({
      charge: null,
      setAside: { reason: 'So says the processor.', since: day(11), index: 0 },
    });
    expect(contributionDueAt(life.contribution)).toBeNull();
    expect(new Set(life.requests.map(({ key }) => key)).size).toBe(4);
  });

  test('gives way to the next period, which has its own three retries', () => {
    const life = beginLife({}, scriptOf(['refused']));
    work(life);
    wait(life, 31);
    expect(chargeOf(life)).toMatchObject({ index: 1, attempt: 2, state: 'waiting' });
    expect(dueIn(life)).toBe(1440);
    expect(life.contribution.passed).toBe(1);
  });

  test('that was set aside is left alone until it is taken up, and then charged once, for the newest period', () => {
    const life = started(['refused', 'refused', 'refused', 'refused', 'paid']);
    until(life, 70);
    expect(life.requests).toHaveLength(4);
    record(life, { type: 'taken_up' });
    expect(isDue(life)).toBe(true);
    wait(life, 0, 10);
    expect(chargedPeriods(life)).toEqual([2]);
    expect(life.contribution).toMatchObject({ setAside: null, passed: 2, missedFrom: null, collectAt: null });
    expect(chargedPeriods(until(life, 95))).toEqual([2, 3]);
  });

  test('taken up for the same period has a key that was never used, for the old one would be refused again', () => {
    const life = started(['refused', 'refused', 'refused', 'refused', 'paid']);
    until(life, 12);
    record(life, { type: 'taken_up' });
    wait(life, 0, 10);
    expect(new Set(life.requests.map(({ key }) => key)).size).toBe(5);
    expect(chargedPeriods(life)).toEqual([0]);
  });

  test('taken up under a hold is not charged, but collected or skipped as the hold says', () => {
    for (const [missedPeriods, charged] of [
      ['skip', []],
      ['collect_once', [0]],
    ] as const) {
      const life = started(['refused', 'refused', 'refused', 'refused', 'paid']);
      until(life, 12);
      hold(life, ofHost(missedPeriods));
      record(life, { type: 'taken_up' });
      expect(chargedPeriods(until(life, 13))).toEqual([]);
      lift(life, ofHost(missedPeriods));
      expect(chargedPeriods(until(life, 14))).toEqual(charged);
    }
  });

  test('that waits is tried at once with another card, under another key and with all its retries', () => {
    const life = started(['refused', 'refused', 'refused']);
    until(life, 2);
    const { next, nextAt } = life.contribution;
    record(life, { type: 'method_changed', method: card('card-2'), label: 'Another', next, nextAt });
    wait(life, 0, 10);
    expect(life.requests.at(-1)).toMatchObject({ index: 0, attempt: 1, method: card('card-2') });
    expect(chargeOf(life)).toMatchObject({ attempt: 2, state: 'waiting' });
    expect(new Set(life.requests.map(({ key }) => key)).size).toBe(3);
  });

  test('that was set aside is tried at once with another card', () => {
    const life = started(['refused', 'refused', 'refused', 'refused', 'paid']);
    until(life, 12);
    const { next, nextAt } = life.contribution;
    record(life, { type: 'method_changed', method: card('card-2'), label: 'Another', next, nextAt });
    wait(life, 0, 10);
    expect(chargedPeriods(life)).toEqual([0]);
    expect(life.contribution.setAside).toBeNull();
  });

  test('of a contribution that was canceled meanwhile is over', () => {
    const life = started(['pending:refused']);
    work(life);
    record(life, { type: 'canceled', reason: 'Enough.' });
    expect(isDue({ ...life, now: after(life.now, 0, 5) })).toBe(true);
    wait(life, 0, 5);
    expect(life.contribution).toMatchObject({ status: 'canceled', charge: null, setAside: null });
    expect(contributionDueAt(life.contribution)).toBeNull();
  });
});

describe('a charge that could not be asked for', () => {
  test('is tried again later and later under the same key, not counted as an attempt, and set aside in the end', () => {
    const life = started(['broken']);
    work(life);
    const waits: number[] = [];
    while (life.contribution.setAside === null) {
      expect(chargeOf(life)).toMatchObject({ state: 'waiting', attempt: 1 });
      waits.push(dueIn(life));
      wait(life, 0, dueIn(life));
    }
    expect(waits).toEqual([10, 30, 60, 240, 720, 1440, 1440, 1440, 1440]);
    expect(life.contribution.setAside).toMatchObject({ index: 0, reason: 'So says the processor.' });
    expect(new Set(life.requests.map(({ key }) => key)).size).toBe(1);
    expect(
      chargeOf({ ...life, contribution: { ...life.contribution, charge: life.requests[0] ?? null } }).startedAt,
    ).toBe(begins);
  });

  test('waits for as long as the processor asks for', () => {
    const life = started(['lost:nothing']);
    work(life);
    const broken = (retryAfterSeconds: number) =>
      decideChargeEnd(chargeOf(life), { outcome: 'broken', reason: 'Too many.', retryAfterSeconds }, around(life));
    expect(broken(3601)).toMatchObject({ type: 'charge_broken', retryAt: day(0, 61) });
    expect(broken(5)).toMatchObject({ retryAt: day(0, 10) });
  });

  test('counts its faults anew after a refusal', () => {
    const life = started(['broken', 'broken', 'refused', 'broken']);
    until(life, 1.3);
    expect(chargeOf(life)).toMatchObject({ attempt: 2, faults: expect.any(Number) });
    expect(life.requests.map(({ faults }) => faults).slice(0, 4)).toEqual([0, 1, 2, 0]);
  });
});

describe('a charge whose answer is not clear', () => {
  test.each(['unknown', 'pending'] as const)(
    '(%s) is looked up after 5 minutes, an hour, then daily, and never asked again',
    (answer) => {
      const life = started([`${answer}:paid`], [answer]);
      work(life);
      const waits: number[] = [];
      for (let count = 0; count < 6; count += 1) {
        waits.push(dueIn(life));
        wait(life, 0, dueIn(life));
      }
      expect(waits).toEqual([5, 60, 1440, 1440, 1440, 1440]);
      expect(life.requests).toHaveLength(1);
      expect(chargeOf(life).state).toBe(answer === 'unknown' ? 'unclear' : 'pending');
    },
  );

  test('is followed for as long as it takes, even past the next period, and only then is the next one charged', () => {
    const life = started(['pending:paid', 'paid'], [...Array.from({ length: 40 }, () => 'pending' as const), 'truth']);
    until(life, 35);
    expect(chargedPeriods(life)).toEqual([]);
    expect(life.requests).toHaveLength(1);
    expect(isDue(life)).toBe(false);
    until(life, 50);
    expect(chargedPeriods(life)).toEqual([0, 1]);
  });

  test('is looked up after five minutes when whoever asked died', () => {
    const life = started(['lost:paid']);
    work(life);
    expect(chargeOf(life).state).toBe('asking');
    expect(dueIn(life)).toBe(5);
    wait(life, 0, 5);
    expect(chargedPeriods(life)).toEqual([0]);
    expect(life.requests).toHaveLength(1);
  });

  test('is asked again under the same key when the processor knows nothing of it', () => {
    const life = started(['unknown:nothing', 'paid']);
    work(life);
    wait(life, 0, 5);
    expect(life.requests.map(({ key }) => key)).toEqual([life.requests[0]?.key, life.requests[0]?.key]);
    expect(life.requests[1]?.startedAt).toBe(begins);
    expect(chargedPeriods(life)).toEqual([0]);
  });

  test('is not asked again because the look-up could not be made', () => {
    for (const ask of ['unknown:paid', 'pending:paid', 'lost:paid'] as const) {
      const life = started([ask], ['broken']);
      until(life, 3);
      expect(life.requests).toHaveLength(1);
      expect(chargeOf(life).state).toBe('unclear');
    }
  });

  test('that turns out refused waits for its retry as if it had been refused at once', () => {
    const life = started(['unknown:refused', 'paid']);
    work(life);
    wait(life, 0, 5);
    expect(chargeOf(life)).toMatchObject({ state: 'waiting', attempt: 2 });
    expect(dueIn(life)).toBe(1440);
  });

  test('news of an older period that was paid after all leave alone what is asked now', () => {
    const life = started(['refused', 'pending:paid'], ['pending']);
    work(life);
    wait(life, 31);
    expect(chargeOf(life)).toMatchObject({ index: 1, state: 'pending' });
    record(life, paid(life, day(0).slice(0, 10), 'charge'));
    expect(chargeOf(life)).toMatchObject({ index: 1, state: 'pending' });
  });
});

describe('bank transfers', () => {
  const byTransfer = (): Life => beginLife({ method: transfer });
  const expectedOf = ({ contribution }: Life) => contribution.expected.map(({ index, status }) => `${index} ${status}`);

  test('each period becomes expected, unconfirmed after ten days, and a balance only when it is confirmed', () => {
    const life = until(byTransfer(), 9);
    expect(expectedOf(life)).toEqual(['0 expected']);
    expect(contributionDueAt(life.contribution)).toBe(day(10));
    until(life, 41);
    expect(expectedOf(life)).toEqual(['0 unconfirmed', '1 unconfirmed']);
    expect(types(life)).not.toContain('charged');
    expect(life.contribution.charged).toBe(0);
    record(life, paid(life, day(30).slice(0, 10), 'expected'));
    expect(expectedOf(life)).toEqual(['0 unconfirmed']);
    expect(life.contribution).toMatchObject({ charged: 1, lastChargedAt: day(41) });
  });

  test('twelve may be open; then it is set aside, and goes on when one is confirmed', () => {
    const life = until(byTransfer(), 365);
    expect(life.contribution.expected).toHaveLength(12);
    expect(life.contribution.setAside).toMatchObject({ since: day(360), index: null });
    expect(contributionDueAt(life.contribution)).toBeNull();
    record(life, paid(life, day(0).slice(0, 10), 'expected'));
    wait(life, 0, 10);
    expect(expectedOf(life).at(-1)).toBe('12 expected');
    expect(life.contribution).toMatchObject({ setAside: null, passed: 0, charged: 1 });
  });

  test('taken up without a confirmation, it is set aside again', () => {
    const life = until(byTransfer(), 365);
    record(life, { type: 'taken_up' });
    wait(life, 0, 10);
    expect(life.contribution.setAside).toMatchObject({ since: day(365, 10) });
  });

  test('a period that is expected becomes unconfirmed also while the contribution is set aside', () => {
    const life = until(byTransfer(), 5);
    record(life, { type: 'set_aside', reason: 'Somebody said so.' });
    expect(expectedOf(until(life, 11))).toEqual(['0 unconfirmed']);
    expect(contributionDueAt(life.contribution)).toBeNull();
  });

  test('under a hold nothing is expected, and what was missed is collected as one', () => {
    const life = until(byTransfer(), 1);
    hold(life, ofHost('collect_once'));
    until(life, 100);
    expect(expectedOf(life)).toEqual(['0 unconfirmed']);
    lift(life, ofHost('collect_once'));
    expect(expectedOf(life)).toEqual(['0 unconfirmed', '3 expected']);
    expect(life.contribution.passed).toBe(2);
  });

  test('a card that was refused and gives way to bank transfers leaves one expected period, not twelve', () => {
    for (const days of [2, 12]) {
      const life = until(started(['refused']), days);
      const { next, nextAt } = life.contribution;
      record(life, { type: 'method_changed', method: transfer, label: 'Bank transfer', next, nextAt });
      until(life, days + 1);
      expect(expectedOf(life)).toEqual(['0 expected']);
      expect(life.contribution).toMatchObject({ charge: null, setAside: null });
    }
  });

  test('what is expected stays so when a card takes over, and can still be confirmed', () => {
    const life = until(byTransfer(), 1);
    const { next, nextAt } = life.contribution;
    record(life, { type: 'method_changed', method: card(), label: 'Visa', next, nextAt });
    expect(chargedPeriods(until(life, 35))).toEqual([1]);
    record(life, paid(life, day(0).slice(0, 10), 'expected'));
    expect(chargedPeriods(life)).toEqual([1, 0]);
    expect(life.contribution.expected).toEqual([]);
  });

  test('a confirmation does not hide that a card was refused', () => {
    const life = until(byTransfer(), 1);
    const { next, nextAt } = life.contribution;
    record(life, { type: 'method_changed', method: card(), label: 'Visa', next, nextAt });
    until(Object.assign(life, { script: scriptOf(['refused']) }), 45);
    expect(life.contribution.setAside?.index).toBe(1);
    record(life, paid(life, day(0).slice(0, 10), 'expected'));
    expect(life.contribution.setAside?.index).toBe(1);
  });
});

describe('a gift that is given once', () => {
  const once = (asks: readonly AskAnswer[] = ['paid']): Life => beginLife({ interval: 'once' }, scriptOf(asks));

  test('is charged once and completed', () => {
    const life = until(once(), 100);
    expect(chargedPeriods(life)).toEqual([0]);
    expect(life.contribution).toMatchObject({ status: 'completed', nextAt: null, charge: null });
    expect(contributionDueAt(life.contribution)).toBeNull();
  });

  test('is completed when it was refused first, or set aside and taken up', () => {
    expect(until(once(['refused', 'paid']), 3).contribution.status).toBe('completed');
    const life = until(once(['refused', 'refused', 'refused', 'refused', 'paid']), 20);
    expect(life.contribution).toMatchObject({ status: 'active', setAside: { index: 0 } });
    record(life, { type: 'taken_up' });
    expect(until(life, 21).contribution).toMatchObject({ status: 'completed', setAside: null, charged: 1 });
  });

  test.each([own(), { ...ofHost(), level: 'full' as const }])('that was skipped ($place) is over', (given) => {
    const life = once();
    hold(life, given);
    until(life, 5);
    expect(life.contribution.status).toBe('active');
    lift(life, given);
    until(life, 6);
    expect(life.contribution).toMatchObject({ status: 'completed', charged: 0, passed: 1 });
    expect(contributionDueAt(life.contribution)).toBeNull();
  });

  test.each([own('collect_once'), { ...ofHost('collect_once'), level: 'full' as const }])(
    'that is collected ($place) is charged',
    (given) => {
      const life = once();
      hold(life, given);
      until(life, 5);
      lift(life, given);
      expect(chargedPeriods(until(life, 6))).toEqual([0]);
      expect(life.contribution.status).toBe('completed');
    },
  );

  test('is stopped by what stops one-time contributions, and not by a pause of recurring ones', () => {
    const free = once();
    hold(free, ofHost());
    expect(chargedPeriods(until(free, 1))).toEqual([0]);
    const held = once();
    hold(held, { ...ofHost(), level: 'new_in' });
    expect(chargedPeriods(until(held, 1))).toEqual([]);
  });

  test('is not skipped because a pause of recurring contributions came and went', () => {
    const life = once(['refused', 'paid']);
    work(life);
    hold(life, ofHost());
    until(life, 0.5);
    lift(life, ofHost());
    expect(chargedPeriods(until(life, 2))).toEqual([0]);
  });

  test('by bank transfer is completed when it is confirmed', () => {
    const life = until(beginLife({ interval: 'once', method: transfer }), 20);
    expect(life.contribution).toMatchObject({ status: 'active', expected: [{ status: 'unconfirmed' }] });
    expect(contributionDueAt(life.contribution)).toBeNull();
    record(life, paid(life, day(0).slice(0, 10), 'expected'));
    expect(life.contribution.status).toBe('completed');
  });
});

describe('when a processor takes over that charges by itself', () => {
  const takenOver = (life: Life): Life => {
    const { next } = life.contribution;
    record(life, { type: 'method_changed', method: subscription(), label: 'PayPal', next, nextAt: null });
    return life;
  };

  test.each([
    ['waits for its retry', () => until(started(['refused']), 0.5)],
    ['was set aside', () => until(started(['refused']), 20)],
    [
      'was missed under a hold',
      () => {
        const life = until(started(), 1);
        hold(life, own('collect_once'));
        return until(life, 40);
      },
    ],
  ] as const)('what %s is given up, and nothing is due for ever', (_what, given) => {
    const life = takenOver(given());
    wait(life, 0, 10);
    if (life.contribution.holds.length > 0) {
      lift(life, own('collect_once'));
    }
    until(life, 100);
    expect(life.contribution).toMatchObject({
      charge: null,
      setAside: null,
      missedFrom: null,
      collectAt: null,
      nextAt: null,
    });
    expect(contributionDueAt(life.contribution)).toBeNull();
    const { charged, passed, next } = life.contribution;
    expect(charged + passed).toBe(next);
  });

  test('what is under way is followed to its end, and not tried again when it was refused', () => {
    const life = started(['unknown:refused']);
    work(life);
    takenOver(life);
    wait(life, 0, 5);
    expect(life.contribution).toMatchObject({ charge: null, setAside: null });
    expect(contributionDueAt(life.contribution)).toBeNull();
  });

  test('a charge under way does not keep what the processor is to be told waiting', () => {
    const life = started(['pending:paid'], ['pending']);
    work(life);
    takenOver(life);
    hold(life, ofHost());
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'suspended' });
  });

  test('what the card was charged late for counts', () => {
    const life = started(['lost:nothing']);
    work(life);
    const charge = chargeOf(life);
    takenOver(life);
    end(life, charge, 'paid');
    expect(life.contribution).toMatchObject({ charge: null, charged: 1 });
  });
});

test('there is nothing to carry out where there is nothing to do', () => {
  const life = until(started(), 1);
  carryOut(life, stepOf(life));
  expect(types(life)).toEqual(['created', 'charge_started', 'charged']);
});
