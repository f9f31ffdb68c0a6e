/** The links by which an e-mail is unsubscribed from: who they are for is in them, sealed, and they do that one thing. */
import { beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NotificationStore } from '../../shared/application/notification-ports.ts';
import {
  lookAtUnsubscribing,
  readUnsubscribeToken,
  type UnsubscribeDependencies,
  unsubscribe,
  unsubscribeToken,
} from '../../shared/application/unsubscribe.ts';
import { noticeRules, type PersonalPreferences, topics } from '../../shared/domain/notification.ts';
import { createNotificationStore } from '../../shared/persistence/notification-store.ts';
import { engineOfFile } from '../support/engine-of-file.ts';

const key = new Uint8Array(32).fill(7);
const idOf = (number: number): string => `acc_${String(number).padStart(26, '0')}`;
const optional = topics.filter((topic) => !noticeRules[topic].isRequired);
const links = fc.record({ userId: fc.nat().map(idOf), kind: fc.constantFrom(...optional, 'daily' as const) });

test('what is sealed is read again', () => {
  fc.assert(
    fc.property(links, (link) => {
      const token = unsubscribeToken(key, link);
      expect(readUnsubscribeToken(key, token)).toEqual(link);
      // It stands in an address as it is.
      expect(encodeURIComponent(token)).toBe(token);
    }),
  );
});

test('any change of a token is refused', () => {
  fc.assert(
    fc.property(links, fc.nat(), fc.string({ maxLength: 3 }), fc.nat({ max: 3 }), (link, at, text, length) => {
      const token = unsubscribeToken(key, link);
      const place = at % (token.length + 1);
      const changed = token.slice(0, place) + text + token.slice(place + length);
      fc.pre(changed !== token);
      expect(readUnsubscribeToken(key, changed)).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

test('a token of one person, kind or key is none of another', () => {
  fc.assert(
    fc.property(links, links, (one, other) => {
      fc.pre(one.userId !== other.userId || one.kind !== other.kind);
      const [userId = '', kind = ''] = unsubscribeToken(key, other).split('.');
      const signature = unsubscribeToken(key, one).split('.').at(-1);
      expect(readUnsubscribeToken(key, [userId, kind, signature].join('.'))).toBeUndefined();
      expect(readUnsubscribeToken(new Uint8Array(32), unsubscribeToken(key, one))).toBeUndefined();
    }),
  );
});

test.each([...topics.filter((topic) => noticeRules[topic].isRequired), 'all', '', '__proto__'])(
  'a token of %j counts for nothing, whoever sealed it',
  (kind) => {
    const token = unsubscribeToken(key, { userId: idOf(1), kind: kind as 'daily' });
    expect(readUnsubscribeToken(key, token)).toBeUndefined();
  },
);

test.each(['', '.', '..', '...', 'a.b.c', 'x'.repeat(1000)])('%j is no token', (text) => {
  expect(readUnsubscribeToken(key, text)).toBeUndefined();
});

// --- What it does ----------------------------------------------------------------------------------------------------

const engine = await engineOfFile();
let store: NotificationStore;
let deps: UnsubscribeDependencies;
let people = 0;
beforeAll(async () => {
  store = createNotificationStore({ client: engine.client(), tableName: await engine.createTable() });
  deps = { store, unsubscribeKey: async () => key };
});

const somebody = (): string => {
  people += 1;
  return idOf(people);
};
const rulesOf = async (userId: string) => (await store.personalPreferences([userId])).get(userId)?.rules;
const off = (topic: (typeof topics)[number]) => ({ topic, channel: 'email', choice: 'off' }) as const;
const bring = (userId: string, kind: Parameters<typeof unsubscribeToken>[1]['kind'], given = deps) =>
  unsubscribe(given, unsubscribeToken(key, { userId, kind }));

test('whoever has chosen nothing before has no more e-mails of it, however often that is said', async () => {
  const userId = somebody();
  for (let time = 0; time < 2; time += 1) {
    expect(await bring(userId, 'canceled')).toEqual({ ok: true, value: { kind: 'canceled', language: 'en' } });
    expect(await rulesOf(userId)).toEqual([off('canceled')]);
  }
});

test('what somebody has chosen besides stays, their language too', async () => {
  const userId = somebody();
  const before: PersonalPreferences = { language: 'zh', rules: [{ channel: 'email', choice: 'daily' }] };
  await store.putPersonalPreferences(userId, before);
  expect(await bring(userId, 'late')).toEqual({ ok: true, value: { kind: 'late', language: 'zh' } });
  const after = (await store.personalPreferences([userId])).get(userId);
  expect(after).toEqual({ language: 'zh', rules: [...before.rules, off('late')] });
});

test('the link of the e-mail of the day ends the e-mails of all that is not required', async () => {
  const userId = somebody();
  await bring(userId, 'daily');
  expect(await rulesOf(userId)).toEqual(optional.map(off));
});

test('to look is to change nothing', async () => {
  const userId = somebody();
  const token = unsubscribeToken(key, { userId, kind: 'late' });
  expect(await lookAtUnsubscribing(deps, token)).toEqual({ ok: true, value: { kind: 'late', language: 'en' } });
  expect(await rulesOf(userId)).toBeUndefined();
});

test('a token that was not made here changes nothing', async () => {
  const userId = somebody();
  const forged = unsubscribeToken(new Uint8Array(32), { userId, kind: 'late' });
  for (const asked of [unsubscribe, lookAtUnsubscribing]) {
    expect(await asked(deps, forged)).toMatchObject({ ok: false, refusal: { code: 'not-found' } });
  }
  expect(await rulesOf(userId)).toBeUndefined();
});

test('of several links at once, each counts', async () => {
  const userId = somebody();
  const kinds = optional.slice(0, 4);
  const results = await Promise.all(kinds.map((kind) => bring(userId, kind)));
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(new Set((await rulesOf(userId))?.map(({ topic }) => topic))).toEqual(new Set(kinds));
});

test('a choice that somebody makes at the same moment is not lost', async () => {
  const userId = somebody();
  const rules = [{ channel: 'inbox', choice: 'off' }] as const;
  let chose = false;
  const changePersonalPreferences: typeof store.changePersonalPreferences = async (...given) => {
    if (!chose) {
      chose = true;
      await store.putPersonalPreferences(userId, { language: 'zh', rules });
    }
    return store.changePersonalPreferences(...given);
  };
  await bring(userId, 'late', { ...deps, store: { ...store, changePersonalPreferences } });
  expect(await rulesOf(userId)).toEqual([...rules, off('late')]);
});

test('whoever is always overtaken is told to come back', async () => {
  const busy = { ...deps, store: { ...store, changePersonalPreferences: async () => false } };
  expect(await bring(somebody(), 'late', busy)).toMatchObject({ refusal: { code: 'temporarily-unavailable' } });
});

test('whoever is being told of something at that moment is unsubscribed all the same', async () => {
  const [client, tableName] = [engine.client(), await engine.createTable()];
  let updates = 0;
  // As DynamoDB refuses to write an item that a transaction of others is being written to; the engines here do not.
  const busy = new Proxy(client, {
    get: (target, name, receiver) =>
      name === 'send'
        ? async (command: Parameters<typeof client.send>[0]) => {
            if (command.constructor.name === 'UpdateCommand') {
              updates += 1;
              if (updates <= 2) {
                throw Object.assign(new Error('Transaction is ongoing for the item'), {
                  name: 'TransactionConflictException',
                });
              }
            }
            return client.send(command);
          }
        : Reflect.get(target, name, receiver),
  });
  const store = createNotificationStore({ client: busy, tableName });
  const token = unsubscribeToken(key, { userId: idOf(1), kind: 'late' });
  expect(await unsubscribe({ store, unsubscribeKey: async () => key }, token)).toMatchObject({ ok: true });
  expect((await store.personalPreferences([idOf(1)])).get(idOf(1))?.rules).toEqual([
    { topic: 'late', channel: 'email', choice: 'off' },
  ]);
});
