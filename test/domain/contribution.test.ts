/** The fold of a contribution's history, and what a processor that charges by itself is told (requirements P3, P5). */

import { describe, expect, test } from '@jest/globals';
import { decideRetireEnd, decideTellEnd, type TellEnd, wantedAtProcessor } from '../../shared/domain/charging.ts';
import { applyContribution, type ContributionEventData, contributionDueAt } from '../../shared/domain/contribution.ts';
import { openGuard } from '../../shared/domain/hold.ts';
import { chargedByWhom, chargingModes, type MethodInUse, processors } from '../../shared/domain/payment-method.ts';
import {
  agreement,
  around,
  batch,
  beginLife,
  begins,
  card,
  day,
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
  work,
} from '../support/contribution-life.ts';

const event = (number: number, data: ContributionEventData) => ({
  subjectId: 'con_1',
  number,
  at: day(number),
  actor: { userId: 'person', capacity: 'contributor' },
  data,
});
const created: ContributionEventData = { type: 'created', agreement: agreement() };
const canceled: ContributionEventData = { type: 'canceled', reason: 'Enough.' };

describe('a history', () => {
  test('begins with the agreement, and nothing is due before its first period', () => {
    const contribution = applyContribution(undefined, event(1, created));
    expect(contribution).toMatchObject({
      ...agreement(),
      id: 'con_1',
      version: 1,
      status: 'active',
      next: 0,
      nextAt: begins,
      told: null,
      createdAt: day(1),
      updatedAt: day(1),
    });
    expect(contributionDueAt(contribution)).toBe(begins);
  });

  test('begins with its first event and has no gap', () => {
    const contribution = applyContribution(undefined, event(1, created));
    expect(() => applyContribution(undefined, event(1, canceled))).toThrow('cannot begin with canceled');
    expect(() => applyContribution(undefined, event(2, created))).toThrow('cannot begin with created as event 2');
    expect(() => applyContribution(contribution, event(3, canceled))).toThrow('cannot follow version 1');
    expect(() => applyContribution(contribution, event(1, canceled))).toThrow('cannot follow version 1');
    expect(() => applyContribution(contribution, event(2, created))).toThrow('created once');
  });

  test('says who canceled it, when and why, and leaves nothing to be done', () => {
    const contribution = applyContribution(applyContribution(undefined, event(1, created)), event(2, canceled));
    expect(contribution).toMatchObject({
      version: 2,
      status: 'canceled',
      canceled: { at: day(2), by: 'person', reason: 'Enough.' },
      nextAt: null,
    });
    expect(contributionDueAt(contribution)).toBeNull();
  });

  test('pausing is not cancelling: amount, interval, tier and method stay under a hold and after it', () => {
    const life = beginLife();
    const { status, amount, interval, tier, method } = life.contribution;
    hold(life, own('one'));
    expect(life.contribution).toMatchObject({ status, amount, interval, tier, method });
    lift(life, own('one'));
    expect(life.contribution).toMatchObject({ status, amount, interval, tier, method, holds: [] });
  });

  test('lifting one of its own holds leaves the others', () => {
    const life = beginLife();
    hold(life, own('one'));
    hold(life, own('two', 'collect_once'));
    lift(life, own('one'));
    expect(life.contribution.holds.map(({ id }) => id)).toEqual(['two']);
  });
});

function own(id: string, missedPeriods: PlacedHold['missedPeriods'] = 'skip'): PlacedHold {
  return { id, place: 'own', owner: 'contributor', level: 'recurring_in', missedPeriods };
}
const ofHost: PlacedHold = { ...own('of host'), place: 'host', owner: 'host' };

const subscribed = (): Life => beginLife({ method: subscription() });
const told = ({ contribution }: Life) => contribution.told;
const calls = ({ events }: Life): readonly string[] =>
  events.flatMap(({ data }) => (data.type === 'told' ? [data.observed] : []));

/** Tells the processor what it is to be told now, and hears that. */
function tell(life: Life, heard: TellEnd): void {
  const step = stepOf(life);
  if (step.do !== 'tell') {
    throw new Error(`It is not to be told anything, but ${step.do}.`);
  }
  record(life, ...decideTellEnd(life.contribution, step.wanted, heard, around(life)));
}

const reason = 'So says the processor.';
const broken: TellEnd = { outcome: 'broken', reason, retryAfterSeconds: null };
const gone: TellEnd = { outcome: 'refused', code: 'gone', reason };
const failures: readonly TellEnd[] = [
  broken,
  { outcome: 'unknown', reason },
  { outcome: 'refused', code: 'declined', reason },
  { outcome: 'refused', code: 'not_possible', reason },
];

describe('a contribution that its processor charges by itself', () => {
  test('is never charged from here, and has nothing due by itself', () => {
    const life = subscribed();
    expect(contributionDueAt(life.contribution)).toBeNull();
    for (let count = 0; count < 100; count += 1) {
      life.now = day(count);
      expect(stepOf(life)).toEqual({ do: 'nothing' });
    }
  });

  test('is suspended and resumed there, as its holds want it', () => {
    const life = subscribed();
    hold(life, own('one'));
    expect(isDue(life)).toBe(true);
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'suspended' });
    work(life);
    expect(told(life)).toEqual({ observed: 'suspended', attempts: 0, nextAttemptAt: null, lastError: null });
    lift(life, own('one'));
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'running' });
    work(life);
    expect(told(life)).toMatchObject({ observed: 'running', nextAttemptAt: null });
    expect(isDue(life)).toBe(false);
  });

  test('stays suspended until the last hold is lifted, wherever it is', () => {
    const life = subscribed();
    hold(life, own('one'));
    hold(life, ofHost);
    work(life);
    lift(life, own('one'));
    work(life);
    expect(told(life)).toMatchObject({ observed: 'suspended', nextAttemptAt: null });
    lift(life, ofHost);
    expect(told(life)).toMatchObject({ observed: 'running' });
  });

  test('a pause that is lifted before anybody was told of it needs no call', () => {
    const life = subscribed();
    hold(life, own('one'));
    lift(life, own('one'));
    batch(life);
    expect(calls(life)).toEqual(['running']);
    expect(told(life)).toMatchObject({ observed: 'running', nextAttemptAt: null });
  });

  test('a hold that is lifted while the processor is told of it is not forgotten', () => {
    const life = subscribed();
    hold(life, own('one'));
    const step = stepOf(life);
    lift(life, own('one'));
    expect(step).toEqual({ do: 'tell', wanted: 'suspended' });
    record(life, ...decideTellEnd(life.contribution, 'suspended', { outcome: 'done' }, around(life)));
    expect(isDue(life)).toBe(true);
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'running' });
  });

  test('a hold that is lifted after a call of which nobody knows what came of it is told of all the same', () => {
    const life = subscribed();
    hold(life, own('one'));
    tell(life, { outcome: 'unknown', reason });
    lift(life, own('one'));
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'running' });
    // Held again while the processor is being told.
    hold(life, own('two'));
    record(life, ...decideTellEnd(life.contribution, 'running', { outcome: 'done' }, around(life)));
    expect(isDue(life)).toBe(true);
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'suspended' });
  });

  test('what the processor has taken on counts as done', () => {
    const life = subscribed();
    hold(life, own('one'));
    tell(life, { outcome: 'pending', reference: 'ref' });
    expect(told(life)).toMatchObject({ observed: 'suspended' });
  });

  test.each(failures)(
    'is told again later and later when that fails ($outcome), and set aside where people see it',
    (failure) => {
      const life = subscribed();
      hold(life, own('one'));
      const waits: number[] = [];
      while (life.contribution.setAside === null) {
        tell(life, failure);
        expect(told(life)).toMatchObject({ observed: 'running', lastError: reason });
        const minutes = (Date.parse(contributionDueAt(life.contribution) ?? life.now) - Date.parse(life.now)) / 60_000;
        waits.push(minutes);
        life.now = contributionDueAt(life.contribution) ?? life.now;
      }
      expect(waits).toEqual([10, 30, 60, 240, 720, 1440, 1440, 1440, 1440, 0]);
      expect(life.contribution.setAside).toMatchObject({ reason, index: null });
      expect(contributionDueAt(life.contribution)).toBeNull();
      expect(stepOf(life)).toEqual({ do: 'nothing' });
      record(life, { type: 'taken_up' });
      expect(isDue(life)).toBe(true);
      tell(life, { outcome: 'done' });
      expect(life.contribution).toMatchObject({ setAside: null, told: { observed: 'suspended', attempts: 0 } });
    },
  );

  test('is told again no sooner than the processor asks for', () => {
    const life = subscribed();
    hold(life, own('one'));
    tell(life, { outcome: 'broken', reason, retryAfterSeconds: 7200 });
    expect(told(life)?.nextAttemptAt).toBe(day(0, 120));
  });

  test('is canceled here when it is gone there, and says so', () => {
    const life = subscribed();
    hold(life, own('one'));
    work(life);
    lift(life, own('one'));
    tell(life, gone);
    expect(life.contribution).toMatchObject({
      status: 'canceled',
      canceled: { reason: expect.stringContaining('does not exist') },
      told: { observed: 'canceled' },
    });
    work(life);
    expect(contributionDueAt(life.contribution)).toBeNull();
  });

  test('that is canceled is canceled there, once, whatever holds it', () => {
    const life = subscribed();
    hold(life, own('one'));
    record(life, canceled);
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'canceled' });
    tell(life, { outcome: 'done' });
    work(life);
    expect(told(life)).toMatchObject({ observed: 'canceled', nextAttemptAt: null });
    lift(life, own('one'));
    work(life);
    expect(stepOf(life)).toEqual({ do: 'nothing' });
    expect(contributionDueAt(life.contribution)).toBeNull();
  });

  test('that is gone there when it is to be canceled has ended as it should', () => {
    const life = subscribed();
    record(life, canceled);
    tell(life, gone);
    work(life);
    expect(life.contribution).toMatchObject({ canceled: { reason: 'Enough.' }, told: { observed: 'canceled' } });
  });

  test('that cannot be canceled there is set aside although it is over here: it would go on charging', () => {
    const life = subscribed();
    record(life, canceled);
    while (life.contribution.setAside === null) {
      tell(life, broken);
      life.now = contributionDueAt(life.contribution) ?? life.now;
    }
    expect(life.contribution).toMatchObject({ status: 'canceled', setAside: { index: null } });
    record(life, { type: 'taken_up' });
    expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'canceled' });
  });

  test('a payment there does not hide that the processor could not be told', () => {
    const life = subscribed();
    hold(life, own('one'));
    while (life.contribution.setAside === null) {
      tell(life, broken);
      life.now = contributionDueAt(life.contribution) ?? life.now;
    }
    record(life, paid(life, day(0).slice(0, 10), 'processor'));
    expect(life.contribution).toMatchObject({ charged: 1, setAside: { index: null } });
  });

  test('a payment that failed there is said, and nothing is to be done about it here', () => {
    const life = subscribed();
    record(life, { type: 'payment_failed', reason });
    expect(life.contribution).toMatchObject({ status: 'active', told: { observed: 'running', lastError: reason } });
    expect(stepOf(life)).toEqual({ do: 'nothing' });
    expect(contributionDueAt(life.contribution)).toBeNull();
  });

  test('is wanted suspended by holds that stop recurring contributions, and by no others', () => {
    const { contribution } = subscribed();
    for (const [level, wanted] of [
      ['recurring_in', 'suspended'],
      ['full', 'suspended'],
      ['new_in', 'running'],
      ['out', 'running'],
    ] as const) {
      const guard = { ...openGuard('b'), levels: { [level]: ['host'] as const } };
      expect(wantedAtProcessor(contribution, [guard])).toBe(wanted);
      expect(wantedAtProcessor({ ...contribution, status: 'canceled' }, [guard])).toBe('canceled');
    }
  });
});

describe('a subscription that is left for another method', () => {
  const change = (life: Life, method: MethodInUse): void => {
    const { next } = life.contribution;
    const nextAt = method.chargedBy === 'processor' ? null : day(30 * next);
    record(life, { type: 'method_changed', method, label: method.id, next, nextAt });
  };
  const retiringOf = ({ contribution: { retiring, retiringLater } }: Life): readonly string[] =>
    [...(retiring === null ? [] : [retiring]), ...retiringLater].map(({ method }) => method.id);
  const retire = (life: Life, heard: TellEnd): void =>
    record(life, decideRetireEnd(life.contribution, heard, around(life)));

  test.each([card(), transfer, subscription('sub-2')])('is ended at its processor (by $id)', (method) => {
    const life = subscribed();
    change(life, method);
    expect(isDue(life)).toBe(true);
    expect(stepOf(life)).toEqual({ do: 'retire' });
    expect(retiringOf(life)).toEqual(['sub-1']);
    retire(life, { outcome: 'done' });
    expect(retiringOf(life)).toEqual([]);
    expect(life.contribution.method).toEqual(method);
  });

  test.each([{ outcome: 'pending', reference: 'ref' } as const, gone])(
    'has ended also when the answer is $outcome',
    (heard) => {
      const life = subscribed();
      change(life, card());
      retire(life, heard);
      expect(retiringOf(life)).toEqual([]);
    },
  );

  test.each(failures)(
    'is tried again for as long as it takes ($outcome), also when the contribution is over',
    (failure) => {
      const life = subscribed();
      change(life, card());
      record(life, canceled);
      const waits: number[] = [];
      for (let count = 0; count < 15; count += 1) {
        retire(life, failure);
        const dueAt = contributionDueAt(life.contribution) ?? '';
        waits.push((Date.parse(dueAt) - Date.parse(life.now)) / 60_000);
        expect(stepOf(life)).toEqual({ do: 'nothing' });
        life.now = dueAt;
        expect(stepOf(life)).toEqual({ do: 'retire' });
      }
      expect(waits).toEqual([10, 30, 60, 240, 720, ...Array.from({ length: 10 }, () => 1440)]);
      expect(life.contribution.setAside).toBeNull();
    },
  );

  test('is tried again no sooner than the processor asks for', () => {
    const life = subscribed();
    change(life, card());
    retire(life, { outcome: 'broken', reason, retryAfterSeconds: 3600 });
    expect(contributionDueAt({ ...life.contribution, nextAt: null })).toBe(day(0, 60));
  });

  test('is not forgotten when the next one is left before it has ended, and does not keep that one waiting', () => {
    const life = subscribed();
    change(life, subscription('sub-2'));
    retire(life, broken);
    change(life, card());
    expect(retiringOf(life)).toEqual(['sub-2', 'sub-1']);
    expect(stepOf(life)).toEqual({ do: 'retire' });
    retire(life, { outcome: 'done' });
    expect(retiringOf(life)).toEqual(['sub-1']);
    life.now = day(0, 10);
    expect(stepOf(life)).toEqual({ do: 'retire' });
    retire(life, { outcome: 'done' });
    expect(retiringOf(life)).toEqual([]);
  });

  test('is not ended when it is taken into use again', () => {
    const life = subscribed();
    change(life, card());
    retire(life, broken);
    change(life, subscription());
    expect(retiringOf(life)).toEqual([]);
    expect(life.contribution.told).toMatchObject({ observed: 'running' });
  });

  test('does not need to end when it was canceled there before, and naming it again changes nothing', () => {
    const over = subscribed();
    record(over, { type: 'told', observed: 'canceled', source: 'processor' });
    change(over, card());
    expect(retiringOf(over)).toEqual([]);
    const same = subscribed();
    change(same, subscription());
    expect(retiringOf(same)).toEqual([]);
  });

  test('says nothing of the method that came after it', () => {
    const life = subscribed();
    change(life, card());
    record(life, { type: 'told', observed: 'suspended', source: 'processor' });
    record(life, { type: 'telling_failed', wanted: 'running', reason, retryAt: day(1) });
    expect(life.contribution.told).toBeNull();
  });

  test('an event about one when there is none changes nothing', () => {
    const life = beginLife();
    const { version: _version, updatedAt: _updatedAt, ...before } = life.contribution;
    record(
      life,
      { type: 'retired' },
      { type: 'retiring_failed', reason, retryAt: day(1) },
      { type: 'charge_unclear', reason, lookUpAt: day(1) },
      { type: 'charge_pending', reference: 'ref', lookUpAt: day(1) },
      { type: 'charge_not_found', retryAt: day(1) },
      { type: 'charge_broken', reason, retryAt: day(1) },
      { type: 'released', holdId: 'none', missedPeriods: 'collect_once' },
      { type: 'period_unconfirmed', period: '2026-01-01' },
      { type: 'taken_up' },
    );
    expect(life.contribution).toMatchObject(before);
  });
});

test('a method that is taken over under a hold is told of it at once', () => {
  const life = beginLife();
  hold(life, ofHost);
  record(life, { type: 'method_changed', method: subscription(), label: 'PayPal', next: 0, nextAt: null });
  expect(isDue(life)).toBe(true);
  expect(stepOf(life)).toEqual({ do: 'tell', wanted: 'suspended' });
});

test('a bank transfer is started by the contributor, PayPal charges by itself, and the others may do either', () => {
  expect(chargingModes).toEqual({
    bank_transfer: ['contributor'],
    stripe: ['us', 'processor'],
    paypal: ['processor'],
    test: ['us', 'processor'],
  });
  expect(new Set<string>(processors)).toEqual(new Set(Object.keys(chargingModes)));
  expect(new Set(Object.values(chargingModes).flat())).toEqual(new Set(chargedByWhom));
});
