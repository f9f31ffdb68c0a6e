/** The store on every table engine that is here: conditions, cells, lists, statements, and many writers at once. */

import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sealSuspense } from '../../shared/application/history.ts';
import type {
  Change,
  IntentChange,
  IntentFilter,
  IntentListScope,
  Position,
  Store,
} from '../../shared/application/ports.ts';
import type { Account, Invitation, Membership } from '../../shared/domain/account.ts';
import { entry, type HostLedger, type Posting } from '../../shared/domain/books.ts';
import { digestOf } from '../../shared/domain/register.ts';
import { dueShards, keys, shardOf } from '../../shared/persistence/keys.ts';
import { createStore } from '../../shared/persistence/store.ts';
import { tableDefinition } from '../../shared/persistence/table-definition.ts';
import { availableEngines, startEngine, type TestEngine } from '../support/engine.ts';
import {
  approve,
  approved,
  begun,
  confirmReceipt,
  continued,
  daysLater,
  type History,
  markSent,
  money,
  now,
  parties,
  sent,
  submit,
  submitted,
  usd,
} from '../support/pure-intent.ts';
import { changesOf, hash, ids, sealed } from '../support/sealed.ts';

const user = 'acc_user';

const account = (id: string, slug: string, given: Partial<Account> = {}): Account => ({
  id,
  kind: 'collective',
  slug,
  name: 'An account',
  status: 'active',
  country: null,
  currency: 'USD',
  timeZone: 'UTC',
  hosting: { status: 'none' },
  settings: null,
  email: null,
  version: 1,
  createdAt: now,
  updatedAt: now,
  ...given,
});

const membership = (accountId: string, userId: string, roles: Membership['roles']): Membership => ({
  accountId,
  userId,
  name: userId,
  email: null,
  roles,
  version: 1,
  updatedAt: now,
});

const invitation = (accountId: string, createdAt: string = now): Invitation => ({
  id: ids.next('inv', createdAt),
  accountId,
  email: 'somebody@example.org',
  roles: ['accountant'],
  invitedBy: user,
  createdAt,
  expiresAt: daysLater(30),
});

/** An entry on its own, as a record of money in suspense would make it. */
function booking(postings: readonly Posting[], at: string = now): Change {
  const id = ids.next('sus', at);
  const record = {
    id,
    hostId: 'A',
    amount: usd(1),
    date: at.slice(0, 10),
    reference: null,
    payerName: null,
    note: null,
    createdAt: at,
  };
  const draft = { data: { type: 'recorded', record }, postings: entry(postings) } as const;
  const occasion = { actor: { userId: user, capacity: 'finance_lead@account' }, at };
  return {
    intents: [],
    suspense: [{ before: null, ...sealSuspense({ ids, hash }, { id, before: null }, draft, occasion) }],
  };
}

const posting = (ledger: HostLedger, amount: number, accountId = 'a', currency = 'USD'): Posting => ({
  book: 'A',
  accountId,
  ledger,
  currency,
  amount,
});

/** Money of a collective in the bank of host A. */
const funded = (amount: number, currency = 'USD', at: string = now): Change =>
  booking([posting('bank', amount, 'a', currency), posting('available', amount, 'a', currency)], at);

const answer = { kind: 'body', status: 200, body: { done: true }, version: 1 } as const;

describe.each(availableEngines())('on %s', (kind) => {
  let engine: TestEngine;
  let tableName: string;
  let store: Store;

  beforeAll(async () => {
    engine = await startEngine(kind);
  });
  beforeEach(async () => {
    tableName = await engine.createTable();
    store = createStore({ client: engine.client(), tableName });
  });
  afterAll(() => engine.stop());

  const commit = (change: Change, given: { userId?: string; now?: string } = {}) =>
    store.commit(change, given.userId ?? user, given.now ?? now);
  const must = async (change: Change): Promise<void> => {
    expect(await commit(change)).toEqual({ outcome: 'committed' });
  };
  const written = async (history: Pick<History, 'events'>, id?: string): Promise<readonly IntentChange[]> => {
    const changes = changesOf(history, id);
    for (const change of changes) {
      await must({ intents: [change], allowNegative: true });
    }
    return changes;
  };
  const ledgersOf = async (accountId = 'a', currency = 'USD') =>
    (await store.balances('A', accountId)).find((balance) => balance.currency === currency)?.ledgers;

  describe('intents and their histories', () => {
    test('what was committed event by event reads back whole', async () => {
      const changes = await written(continued(sent(), ['financeB', confirmReceipt()]));
      const events = changes.flatMap((change) => change.events);
      const last = changes.at(-1)?.after;
      const id = last?.id ?? '';
      expect(await store.intent(id)).toEqual({ intent: last, headHash: events.at(-1)?.hash });
      expect(await store.intentEvents(id)).toEqual(events);
      expect(await store.intentEvents(id, 3)).toEqual(events.slice(0, 3));
      expect((await store.readForCommand({ userId: user, intentId: id })).intent).toEqual(await store.intent(id));
    });

    test('an intent that does not exist has neither state nor history', async () => {
      expect(await store.intent('pi_none')).toBeUndefined();
      expect(await store.intentEvents('pi_none')).toEqual([]);
      expect(await store.readForCommand({ userId: user, intentId: 'pi_none', accountIds: ['acc_none'] })).toEqual({
        memberships: {},
        idempotency: undefined,
        intent: undefined,
        accounts: new Map(),
        contribution: undefined,
        hold: undefined,
        paymentMethod: undefined,
        guards: [],
        tally: { version: 0, rows: [] },
      });
    });

    test('an intent is created once', async () => {
      const [creation] = changesOf(begun()) as [IntentChange];
      await must({ intents: [creation] });
      expect(await commit({ intents: [creation] })).toEqual({ outcome: 'conflict' });
    });

    test('a change of an older version is a conflict, and changes nothing', async () => {
      const [creation, submission] = changesOf(submitted()) as [IntentChange, IntentChange];
      await must({ intents: [creation] });
      await must({ intents: [submission] });
      const { before, after, events } = submission;
      const again = { before, after: { ...after, purpose: 'Changed behind its back' }, events };
      expect(await commit({ intents: [again] })).toEqual({ outcome: 'conflict' });
      expect((await store.intent(after.id))?.intent).toEqual(after);
      expect(await store.intentEvents(after.id)).toHaveLength(2);
    });

    test('a change from a state that the command may not come from is a conflict', async () => {
      const changes = changesOf(approved());
      for (const change of changes) {
        const from = change.before === null ? [] : [change.before.status, 'sent' as const];
        await must({ intents: [{ ...change, ...(from.length > 0 ? { from } : {}) }], allowNegative: true });
      }
      const [sending] = changesOf(sent(), changes[0]?.after.id).slice(-1) as [IntentChange];
      expect(await commit({ intents: [{ ...sending, from: ['draft', 'sent'] }], allowNegative: true })).toEqual({
        outcome: 'conflict',
      });
      await must({ intents: [{ ...sending, from: ['draft', 'approved'] }], allowNegative: true });
    });

    test('an event is never written over, even if the version would allow it', async () => {
      const [creation, submission] = changesOf(submitted()) as [IntentChange, IntentChange];
      await must({ intents: [creation] });
      const inTheWay = { ...creation, events: submission.events, after: { ...creation.after, id: 'pi_other' } };
      await must({ intents: [inTheWay] });
      expect(await commit({ intents: [submission] })).toEqual({ outcome: 'conflict' });
    });

    test('a change is written whole or not at all', async () => {
      const [one] = changesOf(begun()) as [IntentChange];
      const [other] = changesOf(begun()) as [IntentChange];
      await must({ intents: [other] });
      const change = {
        ...funded(100),
        intents: [one, other],
        accounts: [{ before: null, after: account('acc_1', 's') }],
      };
      expect(await commit(change)).toEqual({ outcome: 'conflict' });
      expect(await store.intent(one.after.id)).toBeUndefined();
      expect(await store.accountBySlug('s')).toBeUndefined();
      expect(await ledgersOf()).toBeUndefined();
    });

    test('of fifty writers to one version exactly one succeeds', async () => {
      const [creation] = changesOf(begun()) as [IntentChange];
      await must({ intents: [creation] });
      const { id } = creation.after;
      let before = sealed(begun(), id);
      before = { ...before, headHash: creation.events[0]?.hash ?? '', intent: creation.after };
      for (let round = 2; round <= 4; round += 1) {
        const writers = Array.from({ length: 50 }, (_, writer): IntentChange => {
          const after = { ...before.intent, version: round, purpose: `Writer ${writer}` };
          const [event] = creation.events;
          const events = event === undefined ? [] : [{ ...event, id: ids.next('evt', now), number: round }];
          return { before: before.intent, after, events };
        });
        const outcomes = await Promise.all(writers.map((change) => commit({ intents: [change] })));
        const winners = outcomes.flatMap(({ outcome }, index) => (outcome === 'committed' ? [index] : []));
        expect(winners).toHaveLength(1);
        expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['committed', 'conflict']));
        const stored = await store.intent(id);
        expect(stored?.intent).toEqual(writers[winners[0] ?? -1]?.after);
        before = { ...before, intent: stored?.intent ?? before.intent };
      }
      expect((await store.intentEvents(id)).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    });
  });

  describe('accounts and people', () => {
    test('an account reads back by id and by slug', async () => {
      const one = account('acc_1', 'one');
      await must({ intents: [], accounts: [{ before: null, after: one }] });
      expect(await store.account('acc_1')).toEqual(one);
      expect(await store.accountBySlug('one')).toEqual(one);
      expect(await store.accountBySlug('two')).toBeUndefined();
      expect(await store.accounts(['acc_1', 'acc_1', 'acc_none'])).toEqual([one]);
      const read = await store.readForCommand({ userId: user, accountIds: ['acc_1', 'acc_none'] });
      expect(read.accounts).toEqual(new Map([['acc_1', one]]));
    });

    test('a slug belongs to one account', async () => {
      await must({ intents: [], accounts: [{ before: null, after: account('acc_1', 'same') }] });
      const second = { intents: [], accounts: [{ before: null, after: account('acc_2', 'same') }] };
      expect(await commit(second)).toEqual({ outcome: 'slug-taken' });
      expect(await store.account('acc_2')).toBeUndefined();
    });

    test('of fifty accounts that want one slug exactly one gets it', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          commit({ intents: [], accounts: [{ before: null, after: account(`acc_${index}`, 'same') }] }),
        ),
      );
      expect(outcomes.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
    });

    test('an account is changed from the version that was read', async () => {
      const before = account('acc_1', 'one');
      await must({ intents: [], accounts: [{ before: null, after: before }] });
      const after = { ...before, name: 'Another name', version: 2 };
      await must({ intents: [], accounts: [{ before, after }] });
      expect(await commit({ intents: [], accounts: [{ before, after }] })).toEqual({ outcome: 'conflict' });
      expect(await store.accountBySlug('one')).toEqual(after);
    });

    test('roles are with the person and with the account, and gone from both at once', async () => {
      const admin = membership('acc_1', 'acc_p', ['collective_admin']);
      const second = membership('acc_2', 'acc_p', ['accountant']);
      const other = membership('acc_1', 'acc_q', ['accountant']);
      for (const after of [admin, second, other]) {
        await must({ intents: [], memberships: [{ before: null, after }] });
      }
      expect(await store.memberships('acc_p')).toEqual({ acc_1: ['collective_admin'], acc_2: ['accountant'] });
      expect((await store.readForCommand({ userId: 'acc_q' })).memberships).toEqual({ acc_1: ['accountant'] });
      expect((await store.members('acc_1', 10)).items).toEqual([admin, other]);
      expect(await store.member('acc_1', 'acc_q')).toEqual(other);
      await must({ intents: [], memberships: [{ before: admin, after: { ...admin, roles: [] } }] });
      expect(await store.memberships('acc_p')).toEqual({ acc_2: ['accountant'] });
      expect((await store.members('acc_1', 10)).items).toEqual([other]);
      expect(await store.member('acc_1', 'acc_p')).toBeUndefined();
      expect(await store.memberships('acc_nobody')).toEqual({});
    });

    test('members are listed page by page', async () => {
      const members = Array.from({ length: 7 }, (_, index) => membership('acc_1', `acc_p${index}`, ['accountant']));
      await must({ intents: [], memberships: members.map((after) => ({ before: null, after })) });
      expect(await inPages((limit, from) => store.members('acc_1', limit, from), 3)).toEqual(members);
    });

    test('an identity belongs to one person', async () => {
      const identity = { issuer: 'https://id', subject: 's', userId: 'acc_1', address: null };
      await must({ intents: [], identities: [{ before: null, after: identity }] });
      const known = { userId: 'acc_1', address: null };
      expect(await store.identity('https://id', 's')).toEqual(known);
      expect(await store.identity('https://id', 't')).toBeUndefined();
      expect(await store.identity('https://other', 's')).toBeUndefined();
      const others = { ...identity, userId: 'acc_2' };
      for (const before of [null, others]) {
        const change = { intents: [], identities: [{ before, after: others }] };
        expect(await commit(change)).toEqual({ outcome: 'conflict' });
      }
      expect(await store.identity('https://id', 's')).toEqual(known);
    });

    test('an identity keeps the newest address that came with it, and of two changes at once one is made', async () => {
      const at = (email: string, issuedAt: number) => ({
        issuer: 'https://id',
        subject: 'with-address',
        userId: 'acc_1',
        address: { email, issuedAt },
      });
      const none = { ...at('', 0), address: null };
      const link = async (
        before: typeof none | ReturnType<typeof at> | null,
        after: typeof none | ReturnType<typeof at>,
      ) => (await commit({ intents: [], identities: [{ before, after }] })).outcome;
      expect(await link(null, none)).toBe('committed');
      expect(await link(none, at('a@b.example', 1))).toBe('committed');
      expect(await link(none, at('c@b.example', 2))).toBe('conflict');
      expect(await link(at('a@b.example', 1), at('c@b.example', 2))).toBe('committed');
      expect(await link(at('a@b.example', 1), at('d@b.example', 3))).toBe('conflict');
      const known = { userId: 'acc_1', address: { email: 'c@b.example', issuedAt: 2 } };
      expect(await store.identity('https://id', 'with-address')).toEqual(known);
    });

    test('an invitation is found by its id and with its account until it ends, and ends once', async () => {
      const one = invitation('acc_1');
      await must({ intents: [], invitations: [{ kind: 'given', invitation: one }] });
      expect(await commit({ intents: [], invitations: [{ kind: 'given', invitation: one }] })).toEqual({
        outcome: 'conflict',
      });
      expect(await store.invitation(one.id)).toEqual(one);
      expect((await store.invitations('acc_1', now, 10)).items).toEqual([one]);
      expect((await store.invitations('acc_2', now, 10)).items).toEqual([]);
      const ends = { intents: [], invitations: [{ kind: 'ended', invitation: one } as const] };
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => commit(ends)));
      expect(outcomes.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
      expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['committed', 'conflict']));
      expect(await store.invitation(one.id)).toBeUndefined();
      expect((await store.invitations('acc_1', now, 10)).items).toEqual([]);
    });

    test('invitations are listed newest first, page by page, from the moment that is asked for', async () => {
      const given = [0, 1, 2, 3, 4].map((day) => invitation('acc_1', daysLater(day)));
      for (const one of given) {
        await must({ intents: [], invitations: [{ kind: 'given', invitation: one }] });
      }
      const listed = (since: string) => inPages((limit, from) => store.invitations('acc_1', since, limit, from), 2);
      expect(await listed(now)).toEqual([...given].reverse());
      expect(await listed(daysLater(3))).toEqual([given[4], given[3]]);
      expect((await store.members('acc_1', 10)).items).toEqual([]);
    });

    test('the table forgets an invitation by itself some time after it has expired', async () => {
      const one = invitation('acc_1');
      await must({ intents: [], invitations: [{ kind: 'given', invitation: one }] });
      for (const Key of [keys.invitation(one.id), keys.invitationOf('acc_1', one.id)]) {
        const { Item } = await engine.client().send(new GetCommand({ TableName: tableName, Key }));
        expect(Item?.[tableDefinition.timeToLiveAttribute]).toBe(Date.parse(one.expiresAt) / 1000);
      }
    });

    test('a secret is made once, whoever asks first', async () => {
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.secret('cursor', () => new Uint8Array([index, 1, 2]))),
      );
      expect(new Set(made.map((secret) => secret.join())).size).toBe(1);
      expect(await store.secret('cursor', () => new Uint8Array([99]))).toEqual(made[0]);
      expect(await store.secret('other', () => new Uint8Array([7]))).toEqual(new Uint8Array([7]));
    });
  });

  describe('cells', () => {
    test('entries add up', async () => {
      await must(funded(1000));
      await must(booking([posting('available', -300), posting('reserved', 300)]));
      await must(booking([posting('reserved', -300), posting('bank', -300)]));
      await must(funded(5, 'EUR'));
      expect(await ledgersOf()).toEqual({ bank: 700, available: 700 });
      expect(await ledgersOf('a', 'EUR')).toEqual({ bank: 5, available: 5 });
      expect(await Array.fromAsync(store.cells('A'))).toEqual(await store.balances('A', 'a'));
      expect(await store.balances('A', 'nobody')).toEqual([]);
      expect(await store.balances('B', 'a')).toEqual([]);
    });

    test.each(['available', 'reserved', 'suspense'] as const)(
      '%s never goes below zero, and the shortage says what is held',
      async (ledger) => {
        await must(booking([posting('bank', 100), posting(ledger, 100)]));
        await must(booking([posting('bank', -40), posting(ledger, -40)]));
        const tooMuch = booking([posting('bank', -61), posting(ledger, -61)]);
        const cell = { book: 'A', accountId: 'a', currency: 'USD' };
        expect(await commit(tooMuch)).toEqual({ outcome: 'insufficient', cell, ledger, held: 60 });
        await must(booking([posting('bank', -60), posting(ledger, -60)]));
        const one = booking([posting('bank', -1), posting(ledger, -1)]);
        expect(await commit(one)).toEqual({ outcome: 'insufficient', cell, ledger, held: 0 });
        expect(await ledgersOf()).toEqual({});
      },
    );

    test('a shortage names what may not go below zero, where nothing ever was', async () => {
      const change = booking([posting('bank', -10), posting('reserved', -10)]);
      expect(await commit(change)).toMatchObject({ outcome: 'insufficient', ledger: 'reserved', held: 0 });
    });

    test('one account’s money does not cover another’s, nor one currency another', async () => {
      await must(funded(1000));
      const ofOther = booking([posting('available', -1, 'a2'), posting('reserved', 1, 'a2')]);
      const inOther = booking([posting('available', -1, 'a', 'EUR'), posting('reserved', 1, 'a', 'EUR')]);
      expect(await commit(ofOther)).toMatchObject({ outcome: 'insufficient', cell: { accountId: 'a2' }, held: 0 });
      expect(await commit(inOther)).toMatchObject({ outcome: 'insufficient', cell: { currency: 'EUR' }, held: 0 });
    });

    test('the bank’s share of an account may go below zero', async () => {
      await must(booking([posting('bank', -5), posting('costs:transfer', 5)]));
      expect(await ledgersOf()).toEqual({ bank: -5, 'costs:transfer': 5 });
    });

    test('imported history may pass below zero', async () => {
      const change = { ...booking([posting('bank', -10), posting('available', -10)]), allowNegative: true };
      await must(change);
      expect(await ledgersOf()).toEqual({ bank: -10, available: -10 });
    });

    test('fifty payments from a balance that covers twenty go through twenty times', async () => {
      await must(funded(2000));
      const attempts = Array.from({ length: 50 }, () => booking([posting('bank', -100), posting('available', -100)]));
      const settleOne = async (change: Change): Promise<string> => {
        const { outcome } = await commit(change);
        // A busy cell is worth another try; too little money is not.
        return outcome === 'conflict' ? settleOne(change) : outcome;
      };
      const outcomes = await Promise.all(attempts.map(settleOne));
      expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(20);
      expect(outcomes.filter((outcome) => outcome === 'insufficient')).toHaveLength(30);
      expect(await ledgersOf()).toEqual({});
    });
  });

  describe('cells that have to be empty', () => {
    const cell = { book: 'A', accountId: 'a', currency: 'USD' };
    const emptied = booking([posting('bank', -5), posting('available', -5)]);

    test('let a change happen when nothing was ever in them, or nothing is any more', async () => {
      expect(await commit({ intents: [], emptyCells: [cell] })).toEqual({ outcome: 'committed' });
      await commit(funded(5));
      await commit(emptied);
      expect(await commit({ intents: [], emptyCells: [cell] })).toEqual({ outcome: 'committed' });
    });

    test.each(['available', 'reserved', 'suspense'] as const)(
      'are worth another look with money in %s',
      async (ledger) => {
        await commit(booking([posting('bank', 1), posting(ledger, 1)]));
        const other = { ...cell, currency: 'EUR' };
        expect(await commit({ intents: [], emptyCells: [other, cell] })).toEqual({ outcome: 'conflict' });
        expect(await commit({ intents: [], emptyCells: [other] })).toEqual({ outcome: 'committed' });
      },
    );

    test('may have what is nobody’s claim in them, such as fees', async () => {
      await commit(booking([posting('bank', 1), posting('fees:host', 1)]));
      expect(await commit({ intents: [], emptyCells: [cell] })).toEqual({ outcome: 'committed' });
    });
  });

  describe('idempotency', () => {
    const record = { key: 'key-1', fingerprint: 'f', answer };

    test('an answer is remembered for who asked, under its key, for half a year', async () => {
      await must({ intents: [], idempotency: record });
      const read = async (userId: string, idempotencyKey: string) =>
        (await store.readForCommand({ userId, idempotencyKey })).idempotency;
      expect(await read(user, 'key-1')).toMatchObject(record);
      expect(await read(user, 'key-2')).toBeUndefined();
      expect(await read('acc_other', 'key-1')).toBeUndefined();
      const { Item: item } = await engine
        .client()
        .send(new GetCommand({ TableName: tableName, Key: keys.idempotency(user, 'key-1') }));
      expect(item?.expiresAtSeconds).toBe(Date.parse(daysLater(180)) / 1000);
    });

    test('a key is used once by one person, and by others as they like', async () => {
      await must({ intents: [], idempotency: record });
      expect(await commit({ intents: [], idempotency: record })).toEqual({ outcome: 'duplicate-key' });
      expect(await commit({ intents: [], idempotency: record }, { userId: 'acc_other' })).toEqual({
        outcome: 'committed',
      });
    });

    test('of fifty commits with one key exactly one has an effect', async () => {
      const attempts = Array.from({ length: 50 }, () => commit({ ...funded(100), idempotency: record }));
      const outcomes = (await Promise.all(attempts)).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1);
      expect(await ledgersOf()).toEqual({ bank: 100, available: 100 });
    });
  });

  describe('why a commit did not happen', () => {
    const record = { key: 'key-1', fingerprint: 'f', answer };
    /** Everything that can go wrong, put together one by one; the first of them is what is said. */
    const wrong = {
      'duplicate-key': async (): Promise<Partial<Change>> => {
        await must({ intents: [], idempotency: record });
        return { idempotency: record };
      },
      conflict: async (): Promise<Partial<Change>> => {
        const [creation] = changesOf(begun()) as [IntentChange];
        await must({ intents: [creation] });
        return { intents: [creation] };
      },
      insufficient: async (): Promise<Partial<Change>> => booking([posting('bank', -1), posting('available', -1)]),
      'slug-taken': async (): Promise<Partial<Change>> => {
        await must({ intents: [], accounts: [{ before: null, after: account('acc_1', 'same') }] });
        return { accounts: [{ before: null, after: account('acc_2', 'same') }] };
      },
    };
    const order = Object.keys(wrong) as (keyof typeof wrong)[];

    test.each(order)('%s comes before what is after it', async (first) => {
      const following = order.slice(order.indexOf(first));
      let change: Change = { intents: [] };
      for (const reason of following) {
        const part = await wrong[reason]();
        change = { ...change, ...part, intents: [...change.intents, ...(part.intents ?? [])] };
      }
      expect(await commit(change)).toMatchObject({ outcome: first });
    });
  });

  // --- Lists ---------------------------------------------------------------------------------------------------------

  async function inPages<Item>(
    page: (limit: number, from?: Position) => Promise<{ items: readonly Item[]; next: Position | undefined }>,
    limit: number,
  ): Promise<readonly Item[]> {
    const all: Item[] = [];
    let from: Position | undefined;
    do {
      const { items, next } = await page(limit, from);
      expect(items.length).toBeLessThanOrEqual(limit);
      all.push(...items);
      from = next;
    } while (from !== undefined);
    return all;
  }

  describe('lists of intents', () => {
    const outOfA: IntentListScope = { by: 'host', direction: 'outgoing', hostId: 'A' };
    const intoB: IntentListScope = { by: 'host', direction: 'incoming', hostId: 'B' };
    const outOfAccount: IntentListScope = { by: 'account', direction: 'outgoing', accountId: 'a' };
    const intoAccount: IntentListScope = { by: 'account', direction: 'incoming', accountId: 'b' };

    /** Intents of one day each, the oldest first; approved ones, so that both sides may know of them. */
    const several = async (histories: readonly History[]): Promise<readonly string[]> => {
      const written: string[] = [];
      for (const [day, history] of histories.entries()) {
        const events = history.events.map((event) => ({ ...event, at: daysLater(day) }));
        const changes = changesOf({ events });
        // Only the state matters for a list: written as it is at last.
        const after = changes.at(-1)?.after;
        if (after !== undefined) {
          await must({ intents: [{ before: null, after, events: [] }], allowNegative: true });
          written.push(after.id);
        }
      }
      return written;
    };
    const listed = async (scope: IntentListScope, filter: IntentFilter = {}, limit = 50): Promise<readonly string[]> =>
      (await inPages((size, from) => store.listIntents(scope, filter, size, from), limit)).map(({ id }) => id);

    test('both hosts and both accounts find it, newest first, in pages of any size', async () => {
      const oldestFirst = await several(Array.from({ length: 7 }, () => approved()));
      const newestFirst = [...oldestFirst].reverse();
      for (const scope of [outOfA, intoB, outOfAccount, intoAccount]) {
        for (const limit of [1, 3, 7, 50]) {
          expect(await listed(scope, {}, limit)).toEqual(newestFirst);
        }
      }
    });

    test('nobody else finds it', async () => {
      await several([approved()]);
      for (const hostOrAccount of ['C', 'b', 'a', 'platform']) {
        expect(await listed({ by: 'host', direction: 'outgoing', hostId: hostOrAccount })).toEqual([]);
        expect(await listed({ by: 'host', direction: 'incoming', hostId: hostOrAccount })).toEqual([]);
      }
      expect(await listed({ by: 'host', direction: 'incoming', hostId: 'A' })).toEqual([]);
      expect(await listed({ by: 'account', direction: 'outgoing', accountId: 'b' })).toEqual([]);
      expect(await listed({ by: 'account', direction: 'incoming', accountId: 'a' })).toEqual([]);
    });

    test('what one side has not submitted or promised yet, the other does not find', async () => {
      const [draft, pending, asked] = await several([
        begun(),
        submitted(),
        begun({ side: 'payee', author: 'collectiveAdminB' }),
      ]);
      expect(await listed(outOfA)).toEqual([pending, draft]);
      expect(await listed(outOfAccount)).toEqual([pending, draft]);
      expect(await listed(intoB)).toEqual([asked]);
      expect(await listed(intoAccount)).toEqual([asked]);
    });

    test('a list follows its intents as they become visible', async () => {
      const [creation, submission, approval] = changesOf(approved()) as [IntentChange, IntentChange, IntentChange];
      const seen: number[] = [];
      for (const change of [creation, submission, approval]) {
        await must({ intents: [change], allowNegative: true });
        seen.push((await listed(intoB)).length);
      }
      expect(seen).toEqual([0, 0, 1]);
    });

    test('filters choose by state, type, currency, amount, party and date', async () => {
      const [small, large, inEuro, toPerson, paid] = (await several([
        approved({ amount: usd(10) }),
        approved({ amount: usd(5000) }),
        approved({ amount: money(100, 'EUR'), costLimit: usd(120) }),
        approved({ payee: { ...parties.person, accountId: 'acc_person' }, amount: usd(20) }),
        sent({ amount: usd(1000) }),
      ])) as [string, string, string, string, string];
      const cases: readonly (readonly [IntentFilter, readonly string[]])[] = [
        [{}, [paid, toPerson, inEuro, large, small]],
        [{ status: 'sent' }, [paid]],
        [{ status: 'approved' }, [toPerson, inEuro, large, small]],
        [{ type: 'expense' }, []],
        [{ type: 'grant' }, [paid, toPerson, inEuro, large, small]],
        [{ currency: 'EUR' }, [inEuro]],
        [{ amountMin: 1000 }, [paid, large]],
        [{ amountMax: 20 }, [toPerson, small]],
        [{ amountMin: 20, amountMax: 1000, currency: 'USD' }, [paid, toPerson]],
        [{ party: 'acc_person' }, [toPerson]],
        [{ party: 'acc_nobody' }, []],
        [{ createdFrom: daysLater(3) }, [paid, toPerson]],
        [{ createdTo: daysLater(1) }, [large, small]],
        [{ createdFrom: daysLater(1), createdTo: daysLater(3), currency: 'USD' }, [toPerson, large]],
        [{ createdFrom: daysLater(9) }, []],
      ];
      for (const scope of [outOfA, outOfAccount]) {
        for (const [filter, expected] of cases) {
          for (const limit of [1, 2, 50]) {
            expect([filter, await listed(scope, filter, limit)]).toEqual([filter, expected]);
          }
        }
      }
    });

    test('a party is who pays or is paid, not a host, and not who is mentioned', async () => {
      const payee = { ...parties.b, accountId: 'acc_b', hostId: 'acc_hostB' };
      const [paid] = await several([approved({ payee }), approved({ purpose: 'For acc_b, in the end' })]);
      for (const scope of [outOfA, outOfAccount]) {
        expect(await listed(scope, { party: 'acc_b' })).toEqual([paid]);
        expect(await listed(scope, { party: 'acc_hostB' })).toEqual([]);
      }
    });

    test('a page that finds nothing among many says where to go on', async () => {
      const [oldest] = await several([approved({ amount: usd(7) }), ...Array.from({ length: 30 }, () => approved())]);
      const first = await store.listIntents(outOfA, { amountMax: 7 }, 2);
      expect(first.items).toEqual([]);
      expect(first.next).toBeDefined();
      expect(await listed(outOfA, { amountMax: 7 }, 2)).toEqual([oldest]);
    });

    test('a row shows what a list needs, from any list', async () => {
      await several([sent()]);
      const rows = await Promise.all(
        [outOfA, intoB, outOfAccount, intoAccount].map(
          async (scope) => (await store.listIntents(scope, {}, 1)).items[0],
        ),
      );
      for (const row of rows) {
        expect(row).toEqual(rows[0]);
      }
      expect(rows[0]).toMatchObject({ status: 'sent', amount: usd(1000), network: { transit: 1000 }, late: null });
    });

    test('what is on its way from one host to another is found from both ends', async () => {
      const [, underWay] = await several([
        approved(),
        sent(),
        continued(sent(), ['financeB', confirmReceipt()]),
        submitted(),
      ]);
      const transit = async (hostId: string, direction: 'outgoing' | 'incoming') =>
        (await Array.fromAsync(store.intentsInTransit(hostId, direction)))
          .filter(({ network }) => network !== null && network.transit !== 0)
          .map(({ id }) => id);
      expect(await transit('A', 'outgoing')).toEqual([underWay]);
      expect(await transit('B', 'incoming')).toEqual([underWay]);
      expect(await transit('A', 'incoming')).toEqual([]);
    });

    test('all intents of a host are found once, whichever side it is on', async () => {
      const all = await several([approved(), approved({ payee: parties.a2 }), submitted(), begun()]);
      const found = await Array.fromAsync(store.intentIdsOfHost('A'));
      expect(found).toHaveLength(4);
      expect(new Set(found)).toEqual(new Set(all));
      expect(await Array.fromAsync(store.intentIdsOfHost('B'))).toEqual([all[0]]);
    });
  });

  describe('statements', () => {
    const scope = { book: 'A', accountId: 'a', currency: 'USD' };

    test('an event that touches two accounts is a line of both', async () => {
      const change = booking([
        posting('reserved', 5),
        posting('available', -5),
        posting('available', 3),
        posting('bank', 3),
        posting('available', 9, 'a2'),
        posting('bank', 9, 'a2'),
      ]);
      await must({ ...change, allowNegative: true });
      const [line] = (await store.statement(scope, 10)).items;
      const [other] = (await store.statement({ ...scope, accountId: 'a2' }, 10)).items;
      expect(line).toMatchObject({ accountId: 'a', currency: 'USD', eventType: 'recorded', number: 1, at: now });
      expect(other).toEqual({ ...line, accountId: 'a2' });
      expect(line?.postings).toEqual(change.suspense?.[0]?.events[0]?.postings);
    });

    test('lines are newest first, in pages, within dates, of one account and currency', async () => {
      for (const day of [0, 1, 2, 3, 4]) {
        await must(funded(day + 1, 'USD', daysLater(day)));
        await must(funded(100, 'EUR', daysLater(day)));
      }
      const amounts = async (given: object, limit = 2) =>
        (await inPages((size, from) => store.statement({ ...scope, ...given }, size, from), limit)).map(
          ({ postings }) => postings[0]?.amount,
        );
      expect(await amounts({})).toEqual([5, 4, 3, 2, 1]);
      expect(await amounts({ from: daysLater(2) })).toEqual([5, 4, 3]);
      expect(await amounts({ to: daysLater(2) })).toEqual([3, 2, 1]);
      expect(await amounts({ from: daysLater(1), to: daysLater(3) }, 1)).toEqual([4, 3, 2]);
      expect(await amounts({ currency: 'EUR' })).toEqual([100, 100, 100, 100, 100]);
      expect(await amounts({ accountId: 'a2' })).toEqual([]);
      expect(await amounts({ book: 'B' })).toEqual([]);
    });

    test('the entries of a book add up to its cells, and up to an instant to what they were then', async () => {
      await written(continued(sent(), ['financeB', confirmReceipt()]));
      await must(funded(500, 'EUR', daysLater(2)));
      const sums = async (book: string, to?: string, accountId?: string) => {
        const found: Record<string, number> = {};
        for await (const line of store.entries(book, to, accountId)) {
          for (const one of line.postings) {
            if (
              'accountId' in one &&
              one.book === book &&
              one.accountId === line.accountId &&
              one.currency === line.currency
            ) {
              const key = `${one.accountId} ${one.currency} ${one.ledger}`;
              found[key] = (found[key] ?? 0) + one.amount;
            }
          }
        }
        return Object.fromEntries(Object.entries(found).filter(([, sum]) => sum !== 0));
      };
      const cells: Record<string, number> = {};
      for await (const { accountId, currency, ledgers } of store.cells('A')) {
        for (const [ledger, amount] of Object.entries(ledgers)) {
          cells[`${accountId} ${currency} ${ledger}`] = amount;
        }
      }
      expect(await sums('A')).toEqual(cells);
      expect(await sums('A', undefined, 'a')).toEqual(cells);
      expect(await sums('A', daysLater(1))).toEqual({ 'a USD available': -1000, 'a USD bank': -1000 });
      expect(await sums('B')).toEqual({ 'b USD available': 1000, 'b USD bank': 1000 });
    });
  });

  describe('what waits for the clock', () => {
    test('is found when it is due, oldest first, and not before', async () => {
      const [late, later] = [
        changesOf(sent()),
        changesOf(continued(approved(), ['financeA', markSent(usd(1000), { lateAt: daysLater(9) })])),
      ];
      for (const change of [...late, ...later]) {
        await must({ intents: [change], allowNegative: true });
      }
      const due = async (at: string) =>
        (await Promise.all(Array.from({ length: dueShards }, (_, shard) => store.due(shard, at, 10)))).flat();
      const idOf = (changes: readonly IntentChange[]): string => changes[0]?.after.id ?? '';
      expect(await due(daysLater(6.9))).toEqual([]);
      expect(await due(daysLater(7))).toEqual([{ intentId: idOf(late), dueAt: daysLater(7) }]);
      expect(new Set((await due(daysLater(9))).map(({ intentId }) => intentId))).toEqual(
        new Set([idOf(late), idOf(later)]),
      );
      const shard = shardOf(idOf(late), dueShards);
      expect((await store.due(shard, daysLater(9), 1))[0]).toEqual({ intentId: idOf(late), dueAt: daysLater(7) });
    });

    test('is not found any more once it has ended', async () => {
      const [last] = (await written(continued(sent(), ['financeB', confirmReceipt()]))).slice(-1) as [IntentChange];
      expect(await store.due(shardOf(last.after.id, dueShards), daysLater(99), 10)).toEqual([]);
    });
  });

  describe('a host’s register', () => {
    test('counts the intents of its own, and sums up the hashes of their first events', async () => {
      const histories = [sent(), submitted(), submitted({ side: 'payee', author: 'collectiveAdminB' })];
      const events = [];
      for (const history of histories) {
        const changes = await written(history);
        events.push(changes.flatMap((change) => change.events));
      }
      const [first, second, asked] = events;
      const known = [first?.[0], second?.[0], asked?.[1]].map((event) => digestOf(event?.hash ?? ''));
      const digest = known.reduce((sum, one) => sum + one, 0n).toString();
      expect(await store.register('A')).toEqual({ intents: 3, digest });
      expect(await store.register('B')).toEqual({ intents: 0, digest: '0' });
    });

    test('keeps its sum exactly, over many intents', async () => {
      let expected = 0n;
      for (let index = 0; index < 40; index += 1) {
        const [creation] = changesOf(begun()) as [IntentChange];
        expected += digestOf(creation.events[0]?.hash ?? '');
        await must({ intents: [creation] });
      }
      expect(await store.register('A')).toEqual({ intents: 40, digest: expected.toString() });
    });
  });

  describe('money in suspense', () => {
    test('a record reads back with its history, newest first in its host’s list', async () => {
      const changes = [0, 1, 2].map((day) => funded(100, 'USD', daysLater(day)));
      for (const change of changes) {
        await must(change);
      }
      const records = changes.flatMap(({ suspense = [] }) => suspense.map(({ after }) => after));
      const [one] = changes[0]?.suspense ?? [];
      expect(await store.suspense('A', one?.after.id ?? '')).toEqual({
        record: one?.after,
        headHash: one?.events[0]?.hash,
      });
      expect(await store.suspenseEvents(one?.after.id ?? '')).toEqual(one?.events);
      expect(await store.suspense('B', one?.after.id ?? '')).toBeUndefined();
      expect(await inPages((limit, from) => store.listSuspense('A', limit, from), 2)).toEqual([...records].reverse());
    });

    test('a record is created once and changed from the version that was read', async () => {
      const change = funded(100);
      await must(change);
      expect(await commit(change)).toEqual({ outcome: 'conflict' });
      const [created] = change.suspense ?? [];
      if (created !== undefined) {
        const after = { ...created.after, version: 2, remaining: 0, status: 'attached' as const };
        const attach = { intents: [], suspense: [{ before: created.after, after, events: [] }] };
        await must(attach);
        expect(await commit(attach)).toEqual({ outcome: 'conflict' });
      }
    });
  });

  test('a whole intent goes through the store as through the pure core', async () => {
    await must(funded(5000));
    const steps = changesOf(
      continued(
        begun(),
        ['collectiveAdminA', submit()],
        ['financeA', approve],
        ['financeA', markSent(usd(1000), { fee: 5 })],
        ['financeB', confirmReceipt(usd(1000))],
      ),
    );
    for (const change of steps) {
      await must({ intents: [change] });
    }
    expect(await ledgersOf()).toEqual({ bank: 3995, available: 3995 });
    expect(await Array.fromAsync(store.cells('B'))).toEqual([
      { book: 'B', accountId: 'b', currency: 'USD', ledgers: { bank: 1000, available: 1000 } },
    ]);
  });
});
