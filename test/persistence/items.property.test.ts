/** Domain values to table items and back, through the form in which they travel. */

import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { visibleToPayeeSide, visibleToPayerSide } from '../../shared/domain/authorisation.ts';
import { cellChanges } from '../../shared/domain/books.ts';
import type { IntentEvent } from '../../shared/domain/payment-intent.ts';
import {
  entryFromItem,
  eventFromItem,
  eventItems,
  type Item,
  intentFromItem,
  intentItem,
  summaryFromItem,
} from '../../shared/persistence/items.ts';
import { tableDefinition } from '../../shared/persistence/table-definition.ts';
import { randomHistory } from '../support/random-history.ts';
import { sealed } from '../support/sealed.ts';

const runs = { numRuns: 1000 };
const fewer = { numRuns: 300 };
const chained = randomHistory.map(({ history }) => sealed(history));

/** As the document client does it. */
const overTheWire = (item: Item): Item => unmarshall(marshall(item, { removeUndefinedValues: true }));

describe('an intent', () => {
  test('reads back from its item as it was, with the hash of its newest event', () => {
    fc.assert(
      fc.property(chained, ({ intent, headHash }) => {
        expect(intentFromItem(overTheWire(intentItem(intent, headHash)))).toEqual({ intent, headHash });
      }),
      runs,
    );
  });

  test('stands in the lists of exactly the sides that may know of it', () => {
    fc.assert(
      fc.property(chained, ({ intent, headHash }) => {
        const item = intentItem(intent, headHash);
        const { payer, payee, id } = intent;
        const forPayer = visibleToPayerSide(intent);
        const forPayee = visibleToPayeeSide(intent);
        const at = (index: number) => [item[`GSI${index}PK`], item[`GSI${index}SK`]];
        const absent = [undefined, undefined];
        expect(at(1)).toEqual(forPayer && payer.hostId !== null ? [`HOST#${payer.hostId}#OUT`, id] : absent);
        expect(at(2)).toEqual(forPayee && payee.hostId !== null ? [`HOST#${payee.hostId}#IN`, id] : absent);
        expect(at(4)).toEqual(forPayer ? [`ACCOUNT#${payer.accountId}#OUT`, id] : absent);
        expect(at(5)).toEqual(forPayee ? [`ACCOUNT#${payee.accountId}#IN`, id] : absent);
      }),
      fewer,
    );
  });

  test('waits in the due index exactly while the clock has something to do, always in the same shard', () => {
    fc.assert(
      fc.property(chained, ({ intent, headHash }) => {
        const item = intentItem(intent, headHash);
        expect(item.GSI6SK).toBe(intent.dueAt === null ? undefined : `${intent.dueAt}#${intent.id}`);
        expect(String(item.GSI6PK ?? 'DUE#INTENT#0000000')).toMatch(/^DUE#INTENT#0000000[0-7]?$/);
        const other = intentItem({ ...intent, dueAt: '2030-01-01T00:00:00.000Z' }, headHash);
        expect(intent.dueAt === null || other.GSI6PK === item.GSI6PK).toBe(true);
      }),
      fewer,
    );
  });

  test('a list reads from what its index copies what it would read from the whole', () => {
    const copied: readonly string[] = tableDefinition.indexes.find(({ name }) => name === 'GSI1')?.attributes ?? [];
    fc.assert(
      fc.property(chained, ({ intent, headHash }) => {
        const item = overTheWire(intentItem(intent, headHash));
        const inIndex = Object.fromEntries(Object.entries(item).filter(([name]) => copied.includes(name)));
        const { id, type, status, version, payer, payee, amount, purpose, network, late, createdAt, updatedAt } =
          intent;
        const summary = {
          id,
          type,
          status,
          version,
          payer,
          payee,
          amount,
          purpose,
          network,
          late,
          createdAt,
          updatedAt,
        };
        expect(summaryFromItem(inIndex)).toEqual(summary);
        expect(summaryFromItem(item)).toEqual(summary);
      }),
      fewer,
    );
  });
});

describe('an event', () => {
  test('reads back from its item as it was hashed', () => {
    fc.assert(
      fc.property(chained, ({ events }) => {
        const read = events.map((event) =>
          eventFromItem<IntentEvent>(overTheWire(eventItems('INTENT', event)[0] ?? {}), event.previousHash),
        );
        expect(read).toEqual(events);
      }),
      runs,
    );
  });

  test('is a line of every part of a host’s book that it touches, and of no other', () => {
    fc.assert(
      fc.property(chained, ({ events }) => {
        for (const event of events) {
          const items = eventItems('INTENT', event).map(overTheWire);
          const lines = items.filter((item) => item.GSI3PK !== undefined);
          const cells = cellChanges(event.postings);
          expect(lines.map((line) => [line.GSI3PK, line.GSI3SK])).toEqual(
            cells.map(({ book, accountId, currency }) => [
              `BOOK#${book}`,
              `${accountId}#${currency}#${event.effectiveAt}#${event.id}`,
            ]),
          );
          for (const [index, line] of lines.entries()) {
            expect(entryFromItem(line)).toEqual({
              eventId: event.id,
              subjectId: event.subjectId,
              number: event.number,
              eventType: event.data.type,
              accountId: cells[index]?.accountId,
              currency: cells[index]?.currency,
              effectiveAt: event.effectiveAt,
              at: event.at,
              postings: event.postings,
            });
          }
          expect(new Set(items.map(({ PK, SK }) => `${PK} ${SK}`)).size).toBe(items.length);
        }
      }),
      fewer,
    );
  });

  test('the keys of a history are in the order of its events, through any number of digits', () => {
    const [{ events }] = fc.sample(chained, 1) as [ReturnType<typeof sealed>];
    const [event] = events as [IntentEvent];
    const keyOf = (number: number): string => String(eventItems('INTENT', { ...event, number })[0]?.SK);
    fc.assert(
      fc.property(fc.nat(99_999_999), fc.nat(99_999_999), (one, other) => {
        expect(keyOf(one) < keyOf(other)).toBe(one < other);
      }),
      runs,
    );
  });
});
