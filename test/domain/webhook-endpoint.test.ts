/** Endpoints of webhooks: their secrets, what an attempt leads to, and whole lives on a clock that is moved by hand (N4). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Attempt,
  type AttemptOutcome,
  attemptOutcomes,
  attemptsKept,
  attemptsPerRound,
  beginDelivery,
  closeDelivery,
  disableEndpoint,
  editEndpoint,
  enableEndpoint,
  nextStep,
  openEndpoint,
  previousSecretsMax,
  recordAttempt,
  replayDelivery,
  retryDelaysMilliseconds,
  rotateSecret,
  secretOverlapMilliseconds,
  validSecrets,
  viewOfEndpoint,
  type WebhookDelivery,
  type WebhookEndpoint,
  wantsTopic,
} from '../../shared/domain/webhook-endpoint.ts';

const start = Date.parse('2026-11-22T12:00:00.000Z');
const minutes = (count: number) => count * 60_000;
const hours = (count: number) => minutes(60 * count);
const moment = (milliseconds: number) => new Date(start + milliseconds).toISOString();

const endpoint = openEndpoint({
  id: 'whe_1',
  hostId: 'acc_H',
  url: 'https://hooks.example.org/',
  description: 'Books',
  topics: 'all',
  secret: 'whsec_first',
  createdAt: moment(0),
  createdBy: 'acc_U',
});
const delivery = (id = 'whd_1', at = 0): WebhookDelivery =>
  beginDelivery({ id, endpointId: 'whe_1', eventId: `evt_${id}`, topic: 'money_sent', createdAt: moment(at) });

const attempted = (outcome: AttemptOutcome, at: number, took = 0): Attempt => ({
  at: moment(at),
  outcome,
  statusCode: outcome === 'delivered' ? 200 : null,
  durationMilliseconds: took,
  excerpt: null,
});
const failures = attemptOutcomes.filter((outcome) => outcome !== 'delivered' && outcome !== 'gone');
const outcomeOfFailure = fc.constantFrom(...failures);

/** Everything that is due of one delivery, until it is over: what the queue and the due index do. */
function live(
  from: WebhookEndpoint,
  of: WebhookDelivery,
  answer: (number: number) => { readonly outcome: AttemptOutcome; readonly took: number },
) {
  let state = { endpoint: from, delivery: of };
  const attemptsAt: number[] = [];
  const notices = [];
  while (state.delivery.nextAttemptAt !== null) {
    const due = state.delivery.nextAttemptAt;
    const at = Date.parse(due) - start;
    expect(nextStep(state.endpoint, state.delivery, moment(at - 1))).toBe('not_yet');
    expect(nextStep(state.endpoint, state.delivery, due)).toBe('send');
    const { outcome, took } = answer(attemptsAt.length);
    const { notice, ...after } = recordAttempt(state.endpoint, state.delivery, attempted(outcome, at, took));
    attemptsAt.push(at);
    notices.push(...(notice === null ? [] : [notice]));
    state = after;
  }
  return { ...state, attemptsAt, notices };
}

describe('the schedule', () => {
  test('is what the requirements say', () => {
    expect(retryDelaysMilliseconds).toEqual([5000, minutes(5), minutes(30), hours(2), hours(5), hours(10)]);
  });

  test('of a receiver that never takes it: seven attempts at exactly these moments, then disabled, with one notice', () => {
    const { endpoint: after, ...rest } = live(endpoint, delivery(), () => ({ outcome: 'unreachable', took: 0 }));
    expect(rest.attemptsAt).toEqual([
      0,
      5000,
      5000 + minutes(5),
      5000 + minutes(35),
      5000 + minutes(155),
      5000 + minutes(455),
      5000 + minutes(1055),
    ]);
    expect(rest.delivery).toMatchObject({ status: 'exhausted', nextAttemptAt: null, attemptCount: 7 });
    expect(after).toMatchObject({
      status: 'disabled',
      disabled: { at: moment(5000 + minutes(1055)), reason: 'failing' },
      version: 3,
    });
    expect(rest.notices).toEqual([
      {
        type: 'webhook_endpoint_disabled',
        endpointId: 'whe_1',
        hostId: 'acc_H',
        reason: 'failing',
        at: moment(5000 + minutes(1055)),
        lastOutcome: 'unreachable',
        lastStatusCode: null,
      },
    ]);
  });

  test('holds for whole lives: failures of any kind and length, disabled, enabled, and from the beginning again', () => {
    const answers = fc.array(fc.record({ outcome: outcomeOfFailure, took: fc.nat({ max: 10_000 }) }), {
      minLength: attemptsPerRound,
      maxLength: attemptsPerRound,
    });
    const lives = fc.array(
      fc.record({
        answers,
        end: fc.constantFrom('never', 'delivered', 'gone'),
        endsAfter: fc.nat({ max: 6 }),
        pause: fc.nat(),
      }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(lives, (rounds) => {
        let state = { endpoint, delivery: delivery() };
        let attemptsBefore = 0;
        for (const [index, { answers: failing, end, endsAfter, pause }] of rounds.entries()) {
          const answer = (number: number) => ({
            outcome: end !== 'never' && number === endsAfter ? end : (failing[number]?.outcome ?? 'timed_out'),
            took: failing[number]?.took ?? 0,
          });
          const begins = Date.parse(state.delivery.nextAttemptAt ?? '') - start;
          const { notices, attemptsAt, ...after } = live(state.endpoint, state.delivery, answer);
          // Each attempt comes exactly its delay after the end of the one before, in every round from the first delay on.
          expect(attemptsAt[0]).toBe(begins);
          expect(attemptsAt.slice(1)).toEqual(
            attemptsAt
              .slice(0, -1)
              .map((at, number) => at + answer(number).took + (retryDelaysMilliseconds[number] ?? 0)),
          );
          expect(attemptsAt).toHaveLength(end === 'never' ? attemptsPerRound : endsAfter + 1);
          attemptsBefore += attemptsAt.length;
          expect(after.delivery).toMatchObject({
            status: end === 'never' ? 'exhausted' : end,
            attemptCount: attemptsBefore,
            round: { number: index + 1, attempts: attemptsAt.length },
          });
          expect(after.delivery.attempts.map(({ number }) => number)).toEqual(
            Array.from(
              { length: Math.min(attemptsBefore, attemptsKept) },
              (_, kept) => attemptsBefore - Math.min(attemptsBefore, attemptsKept) + kept + 1,
            ),
          );
          // Disabled with one notice, unless it arrived; when it arrived nothing is counted any more.
          expect(after.endpoint.status).toBe(end === 'delivered' ? 'active' : 'disabled');
          expect(notices.map((notice) => notice.type === 'webhook_endpoint_disabled' && notice.reason)).toEqual(
            end === 'delivered' ? [] : [end === 'gone' ? 'gone' : 'failing'],
          );
          expect(after.endpoint.failingSince === null).toBe(end === 'delivered' || attemptsAt.length === 0);
          // Enabled and replayed later.
          const now = moment(Date.parse(after.delivery.updatedAt) - start + 1 + (pause % hours(1000)));
          state = { endpoint: enableEndpoint(after.endpoint, now), delivery: replayDelivery(after.delivery, now) };
          expect(state.endpoint).toMatchObject({
            status: 'active',
            disabled: null,
            failingSince: null,
          });
          expect(state.delivery).toMatchObject({ status: 'pending', nextAttemptAt: now, round: { attempts: 0 } });
        }
      }),
    );
  });

  test('of many messages at once: an endpoint is disabled when nothing arrived for a whole round, and never otherwise', () => {
    const message = fc.record({
      at: fc.nat({ max: hours(30) }),
      outcomes: fc.array(fc.oneof({ weight: 9, arbitrary: outcomeOfFailure }, fc.constant('delivered' as const)), {
        minLength: attemptsPerRound,
        maxLength: attemptsPerRound,
      }),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 6 }), (messages) => {
        let now = endpoint;
        let pending = messages.map(({ at, outcomes }, index) => ({ outcomes, delivery: delivery(`whd_${index}`, at) }));
        const arrived: string[] = [];
        const disabled: string[] = [];
        let toldAt: string | null = null;
        for (;;) {
          const due = pending
            .filter((one) => one.delivery.nextAttemptAt !== null)
            .toSorted((a, b) => ((a.delivery.nextAttemptAt ?? '') < (b.delivery.nextAttemptAt ?? '') ? -1 : 1))[0];
          const at = due?.delivery.nextAttemptAt;
          if (due === undefined || at === null || at === undefined) {
            break;
          }
          if (nextStep(now, due.delivery, at) === 'endpoint_disabled') {
            pending = pending.map((one) => (one === due ? { ...one, delivery: closeDelivery(one.delivery, at) } : one));
            continue;
          }
          const outcome = due.outcomes[due.delivery.round.attempts] ?? 'timed_out';
          const after = recordAttempt(now, due.delivery, attempted(outcome, Date.parse(at) - start));
          arrived.push(...(outcome === 'delivered' ? [at] : []));
          const exhausted = after.delivery.status === 'exhausted';
          const first = after.delivery.round.firstAttemptAt ?? '';
          const throughout = exhausted && !arrived.some((moment) => moment > first);
          // At the very same moment the order is anybody's; what is said here is said of all others.
          if (!arrived.includes(first)) {
            expect(after.endpoint.status).toBe(throughout ? 'disabled' : 'active');
          }
          // What is given up while the endpoint goes on is told, and then no more for a day.
          const isGivenUp = exhausted && after.endpoint.status === 'active';
          const isTold: boolean = isGivenUp && (toldAt === null || Date.parse(at) - Date.parse(toldAt) >= hours(24));
          expect(after.notice?.type).toBe(
            isTold
              ? 'webhook_message_given_up'
              : after.endpoint.status === now.status
                ? undefined
                : 'webhook_endpoint_disabled',
          );
          toldAt = isTold ? at : toldAt;
          disabled.push(...(after.notice?.type === 'webhook_endpoint_disabled' ? [after.notice.at] : []));
          // What is as it was, working or failing, writes nothing of the endpoint.
          const isChange =
            isTold || (outcome === 'delivered') !== (now.failingSince === null) || after.endpoint.status !== now.status;
          expect(after.endpoint === now).toBe(!isChange);
          expect(after.endpoint.version).toBe(now.version + (isChange ? 1 : 0));
          now = after.endpoint;
          pending = pending.map((one) => (one === due ? { ...one, delivery: after.delivery } : one));
        }
        expect(disabled).toHaveLength(now.status === 'disabled' ? 1 : 0);
        for (const { delivery: ended } of pending) {
          expect(['delivered', 'exhausted', 'endpoint_disabled']).toContain(ended.status);
        }
      }),
    );
  });
});

describe('a message that is given up', () => {
  /** All seven attempts of a message fail; another one arrives after the first. */
  const givenUp = (from: WebhookEndpoint, of: WebhookDelivery) => {
    let state = recordAttempt(from, of, attempted('timed_out', Date.parse(of.nextAttemptAt ?? '') - start));
    state = {
      ...recordAttempt(
        state.endpoint,
        delivery('whd_other'),
        attempted('delivered', Date.parse(state.delivery.updatedAt) - start + 1),
      ),
      delivery: state.delivery,
    };
    while (state.delivery.nextAttemptAt !== null) {
      expect(state.notice).toBeNull();
      const at = Date.parse(state.delivery.nextAttemptAt) - start;
      state = recordAttempt(state.endpoint, state.delivery, attempted('answered_error', at, 250));
    }
    return state;
  };

  test('while the endpoint takes others is told, with what it was about, and the endpoint goes on', () => {
    const { endpoint: after, delivery: ended, notice } = givenUp(endpoint, delivery());
    expect(ended.status).toBe('exhausted');
    expect(after).toMatchObject({ status: 'active', givenUpToldAt: ended.updatedAt });
    expect(notice).toEqual({
      type: 'webhook_message_given_up',
      endpointId: 'whe_1',
      hostId: 'acc_H',
      deliveryId: 'whd_1',
      topic: 'money_sent',
      since: moment(0),
      at: ended.updatedAt,
      lastOutcome: 'answered_error',
      lastStatusCode: null,
    });
  });

  test('within a day of another is told no more, and a day later it is', () => {
    const first = givenUp(endpoint, delivery());
    const toldAt = Date.parse(first.endpoint.givenUpToldAt ?? '') - start;
    const inTime = givenUp(first.endpoint, delivery('whd_2', toldAt));
    expect(inTime).toMatchObject({ delivery: { status: 'exhausted' }, notice: null });
    expect(inTime.endpoint.givenUpToldAt).toBe(first.endpoint.givenUpToldAt);
    const later = givenUp(inTime.endpoint, delivery('whd_3', toldAt + hours(24)));
    expect(later.notice).toMatchObject({ type: 'webhook_message_given_up', deliveryId: 'whd_3' });
  });

  test('is told at the next attempt of a receiver that was changed under way, and not of a test', () => {
    const moved = editEndpoint(endpoint, { url: 'https://other.example.org/' }, moment(hours(99)));
    let state = delivery();
    for (let number = 1; number < attemptsPerRound; number += 1) {
      state = recordAttempt(endpoint, state, attempted('timed_out', number)).delivery;
    }
    expect(recordAttempt(moved, state, attempted('timed_out', hours(1)))).toMatchObject({
      endpoint: { failingSince: null, status: 'active' },
      notice: { type: 'webhook_message_given_up' },
    });
    expect(givenUp(endpoint, { ...delivery(), topic: null })).toMatchObject({
      delivery: { status: 'exhausted' },
      endpoint: { givenUpToldAt: null },
      notice: null,
    });
  });
});

describe('an attempt', () => {
  test.each(attemptOutcomes)('that comes to %s', (outcome) => {
    const {
      delivery: after,
      endpoint: endpointAfter,
      notice,
    } = recordAttempt(endpoint, delivery(), attempted(outcome, 0, 250));
    if (outcome === 'delivered') {
      expect({ status: after.status, next: after.nextAttemptAt, endpointAfter, notice }).toEqual({
        status: 'delivered',
        next: null,
        endpointAfter: endpoint,
        notice: null,
      });
    } else if (outcome === 'gone') {
      expect(after).toMatchObject({ status: 'gone', nextAttemptAt: null });
      expect(endpointAfter).toMatchObject({ status: 'disabled', disabled: { at: moment(250), reason: 'gone' } });
      expect(notice).toMatchObject({ reason: 'gone' });
    } else {
      expect(after).toMatchObject({ status: 'pending', nextAttemptAt: moment(5250) });
      expect(endpointAfter).toMatchObject({ status: 'active', failingSince: moment(0) });
      expect(notice).toBeNull();
    }
    expect(after.attempts).toEqual([{ number: 1, ...attempted(outcome, 0, 250) }]);
  });

  test('at a delivery that is over changes nothing: the queue brings messages twice', () => {
    const { delivery: over } = recordAttempt(endpoint, delivery(), attempted('delivered', 0));
    expect(nextStep(endpoint, over, moment(hours(1)))).toBe('over');
    expect(recordAttempt(endpoint, over, attempted('gone', 1))).toEqual({ endpoint, delivery: over, notice: null });
  });

  test('that ends when the endpoint is disabled, or enabled anew, is not held against it', () => {
    const disabled = disableEndpoint(endpoint, moment(5), 'by_hand');
    expect(recordAttempt(disabled, delivery(), attempted('gone', 1, 10))).toMatchObject({
      endpoint: disabled,
      delivery: { status: 'gone' },
      notice: null,
    });
    const enabled = enableEndpoint(disabled, moment(6));
    expect(recordAttempt(enabled, delivery(), attempted('gone', 1, 10)).endpoint).toBe(enabled);
    const moved = editEndpoint(endpoint, { url: 'https://other.example.org/' }, moment(6));
    expect(recordAttempt(moved, delivery(), attempted('answered_error', 1, 10)).endpoint).toBe(moved);
  });

  test('that failed first and is recorded second still says since when it fails', () => {
    const { endpoint: one } = recordAttempt(endpoint, delivery('a'), attempted('timed_out', 100));
    const { endpoint: two } = recordAttempt(one, delivery('b'), attempted('timed_out', 50, 10_000));
    expect(two).toMatchObject({ failingSince: moment(50) });
  });
});

describe('a delivery', () => {
  test('to a disabled endpoint is closed, and can be replayed', () => {
    const disabled = disableEndpoint(endpoint, moment(5), 'by_hand');
    expect(nextStep(disabled, delivery(), moment(10))).toBe('endpoint_disabled');
    const closed = closeDelivery(delivery(), moment(10));
    expect(closed).toMatchObject({ status: 'endpoint_disabled', nextAttemptAt: null });
    expect(closeDelivery(closed, moment(11))).toBe(closed);
    expect(replayDelivery(closed, moment(20))).toMatchObject({ status: 'pending', nextAttemptAt: moment(20) });
  });

  test('that is under way is not begun again', () => {
    const { delivery: waiting } = recordAttempt(endpoint, delivery(), attempted('timed_out', 0));
    expect(replayDelivery(waiting, moment(1))).toBe(waiting);
  });
});

describe('an endpoint', () => {
  test('wants its topics, or all there are', () => {
    const some = editEndpoint(endpoint, { topics: ['money_sent'] }, moment(1));
    expect([wantsTopic(endpoint, 'late'), wantsTopic(some, 'money_sent'), wantsTopic(some, 'late')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('begins anew at another address, and not with another description', () => {
    const { endpoint: failing } = recordAttempt(endpoint, delivery(), attempted('timed_out', 0));
    expect(editEndpoint(failing, { description: 'Other', url: failing.url }, moment(9))).toMatchObject({
      description: 'Other',
      activeSince: moment(0),
      version: 3,
    });
    expect(editEndpoint(failing, { url: 'https://other.example.org/' }, moment(9))).toMatchObject({
      failingSince: null,
      activeSince: moment(9),
      updatedAt: moment(9),
    });
  });

  test('is disabled and enabled once', () => {
    const disabled = disableEndpoint(endpoint, moment(1), 'by_hand');
    expect(disableEndpoint(disabled, moment(2), 'gone')).toBe(disabled);
    expect(enableEndpoint(endpoint, moment(2))).toBe(endpoint);
  });
});

describe('secrets', () => {
  const rotated = (from: WebhookEndpoint, secret: string, at: number, what?: 'overlap' | 'leaked'): WebhookEndpoint => {
    const result = rotateSecret(from, secret, moment(at), what);
    if (!result.ok) {
      throw new Error(result.refusal.code);
    }
    return result.value;
  };

  test('overlap for a day to the millisecond', () => {
    const after = rotated(endpoint, 'whsec_second', 10);
    expect(validSecrets(after, moment(10))).toEqual(['whsec_second', 'whsec_first']);
    expect(validSecrets(after, moment(10 + secretOverlapMilliseconds - 1))).toEqual(['whsec_second', 'whsec_first']);
    expect(validSecrets(after, moment(10 + secretOverlapMilliseconds))).toEqual(['whsec_second']);
  });

  test('that leaked end at once', () => {
    const after = rotated(rotated(endpoint, 'whsec_second', 10), 'whsec_third', 20, 'leaked');
    expect(validSecrets(after, moment(20))).toEqual(['whsec_third']);
  });

  test('of any changes: each signs from when it was made until a day after it was replaced, and they are few', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: hours(30) }), { maxLength: 12 }),
        fc.nat({ max: hours(40) }),
        (pauses, then) => {
          let now = 0;
          let state = endpoint;
          const made: { secret: string; replacedAt: number }[] = [
            { secret: 'whsec_first', replacedAt: Number.POSITIVE_INFINITY },
          ];
          for (const [index, pause] of pauses.entries()) {
            now += pause;
            const result = rotateSecret(state, `whsec_${index}`, moment(now));
            const valid = validSecrets(state, moment(now)).length;
            expect(result.ok).toBe(valid <= previousSecretsMax);
            if (result.ok) {
              state = result.value;
              const last = made.at(-1);
              if (last !== undefined) {
                last.replacedAt = now;
              }
              made.push({ secret: `whsec_${index}`, replacedAt: Number.POSITIVE_INFINITY });
            } else {
              expect(result.refusal.code).toBe('too-many');
            }
          }
          now += then;
          const expected = made.filter(({ replacedAt }) => now < replacedAt + secretOverlapMilliseconds);
          expect(validSecrets(state, moment(now))).toEqual(expected.map(({ secret }) => secret).reverse());
          expect(expected.length).toBeLessThanOrEqual(previousSecretsMax + 1);
        },
      ),
    );
  });

  test('are in no view, no delivery and no notice', () => {
    const state = rotated(endpoint, 'whsec_second', 10);
    expect(viewOfEndpoint(state, moment(11))).toMatchObject({
      id: 'whe_1',
      secret: { createdAt: moment(10) },
      previousSecrets: [{ createdAt: moment(0), validUntil: moment(10 + secretOverlapMilliseconds) }],
    });
    expect(viewOfEndpoint(state, moment(hours(25))).previousSecrets).toEqual([]);
    const {
      delivery: after,
      endpoint: then,
      notices,
    } = live(state, delivery('whd_1', 20), () => ({ outcome: 'timed_out', took: 1 }));
    expect(JSON.stringify([after, notices, viewOfEndpoint(then, moment(21))])).not.toContain('whsec_');
  });
});
