/** Chained histories: whatever is altered, removed or reordered is found (invariant 10). */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chainProblems, hashOf } from '../../shared/application/history.ts';
import type { IntentEvent } from '../../shared/domain/payment-intent.ts';
import { randomHistory } from '../support/random-history.ts';
import { hash, type Sealed, sealed } from '../support/sealed.ts';

const runs = { numRuns: 300 };
const chained = randomHistory.map(({ history }) => sealed(history, 'pi_1'));
const longer = chained.filter(({ events }) => events.length > 1);

const problemsOf = ({ intent, headHash }: Sealed, events: readonly IntentEvent[]) =>
  chainProblems(hash, intent.id, events, { version: intent.version, hash: headHash });

/** Every path to a value inside of a value that is no container itself. */
function leaves(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  return value !== null && typeof value === 'object' && Object.keys(value).length > 0
    ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
    : [path];
}

/** A copy with the value at the path replaced by another one. */
function altered(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) {
    return typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}.` : value === null ? 0 : null;
  }
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = altered(copy[key], rest);
  return copy;
}

test('an untouched history has no problem', () => {
  fc.assert(
    fc.property(chained, (history) => {
      expect(problemsOf(history, history.events)).toEqual([]);
    }),
    runs,
  );
});

test('any altered value of any event is found', () => {
  fc.assert(
    fc.property(chained, fc.nat(), fc.nat(), (history, which, where) => {
      const index = which % history.events.length;
      const event = history.events[index] as IntentEvent;
      const paths = leaves(event);
      const changed = altered(event, paths[where % paths.length] ?? []) as IntentEvent;
      expect(problemsOf(history, history.events.with(index, changed))).not.toEqual([]);
    }),
    { numRuns: 1500 },
  );
});

test('an altered event with a hash that fits it again is found at the next one, or at the head', () => {
  fc.assert(
    fc.property(chained, fc.nat(), fc.nat(), (history, which, where) => {
      const index = which % history.events.length;
      const event = history.events[index] as IntentEvent;
      const { hash: _hash, ...covered } = event;
      const paths = leaves(covered);
      const changed = altered(covered, paths[where % paths.length] ?? []) as Omit<IntentEvent, 'hash'>;
      const rehashed = { ...changed, hash: hashOf(hash, changed) };
      expect(problemsOf(history, history.events.with(index, rehashed))).not.toEqual([]);
    }),
    runs,
  );
});

test('any removed event is found, the newest and the last one left among them', () => {
  fc.assert(
    fc.property(chained, fc.nat(), (history, which) => {
      expect(problemsOf(history, history.events.toSpliced(which % history.events.length, 1))).not.toEqual([]);
      expect(problemsOf(history, history.events.slice(0, -1))).not.toEqual([]);
      expect(problemsOf(history, [])).not.toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('events in another order are found, and so is one that is there twice', () => {
  fc.assert(
    fc.property(longer, fc.nat(), (history, which) => {
      const { events } = history;
      const index = which % (events.length - 1);
      const [one, other] = events.slice(index, index + 2) as [IntentEvent, IntentEvent];
      expect(problemsOf(history, events.toSpliced(index, 2, other, one))).not.toEqual([]);
      expect(problemsOf(history, events.toSpliced(index, 0, one))).not.toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('an event of another history is found', () => {
  fc.assert(
    fc.property(randomHistory, fc.nat(), ({ history }, which) => {
      const own = sealed(history, 'pi_1');
      const other = sealed(history, 'pi_2');
      const index = which % own.events.length;
      expect(problemsOf(own, own.events.with(index, other.events[index] as IntentEvent))).not.toEqual([]);
    }),
    runs,
  );
});

test('each problem names the history and the event', () => {
  const [history] = fc.sample(longer, { numRuns: 1, seed: 7 }) as [Sealed];
  const problems = problemsOf(history, history.events.slice(1));
  expect(problems).toContainEqual({ subjectId: 'pi_1', number: 2, detail: 'Event 1 is missing.' });
});
