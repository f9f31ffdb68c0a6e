/** What was altered behind the system's back is found by verification (requirements X5, invariant 10). */

import { DeleteCommand, PutCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyHost } from '../../shared/application/hosts.ts';
import { verifyPaymentIntent } from '../../shared/application/payment-intents.ts';
import type { Item } from '../../shared/persistence/items.ts';
import { keys } from '../../shared/persistence/keys.ts';
import { startEngine, type TestEngine } from '../support/engine.ts';
import { bodyOf, createWorld, receiving, usd, type World } from '../support/world.ts';

let engine: TestEngine;
let world: World;
let tableName: string;
let intentId: string;
let suspenseId: string;

beforeAll(async () => {
  engine = await startEngine();
  const created: string[] = [];
  const recording: TestEngine = {
    ...engine,
    createTable: async (options) => {
      const name = await engine.createTable(options);
      created.push(name);
      return name;
    },
  };
  world = await createWorld(recording);
  tableName = created[0] ?? '';
  const { people, accounts } = world;
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(10_000));
  await world.sent();
  const { id } = await world.sent();
  await world.must(people.financeB, id, receiving(usd(1000)));
  intentId = id;
  for await (const record of suspenseRecords()) {
    suspenseId = record;
  }
});
afterAll(() => engine.stop());

async function* suspenseRecords(): AsyncGenerator<string> {
  const { items } = await world.deps.store.listSuspense(world.accounts.hostA, 10);
  yield* items.map(({ id }) => id);
}

type Verification = { verified: boolean; problems: { subjectId: string; number: number | null; detail: string }[] };
const verifiedHost = async (host: 'A' | 'B'): Promise<Verification> => {
  const { deps, people, accounts } = world;
  const [userId, hostId] = host === 'A' ? [people.financeA, accounts.hostA] : [people.financeB, accounts.hostB];
  return bodyOf<Verification>(await verifyHost(deps, userId, hostId));
};
const verifiedIntent = async (): Promise<Verification> =>
  bodyOf<Verification>(await verifyPaymentIntent(world.deps, world.people.financeA, intentId));

const itemsOf = async (partition: string): Promise<readonly Item[]> => {
  const { Items: items = [] } = await engine.client().send(
    new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'PK = :partition',
      ExpressionAttributeValues: { ':partition': partition },
      ConsistentRead: true,
    }),
  );
  return items;
};
const put = (item: Item) => engine.client().send(new PutCommand({ TableName: tableName, Item: item }));
const remove = ({ PK, SK }: Item) => engine.client().send(new DeleteCommand({ TableName: tableName, Key: { PK, SK } }));

/** Does something to the table, looks at what verification says, and undoes it. */
async function whileTampered<Seen>(
  partition: string,
  tamper: (items: readonly Item[]) => Promise<unknown>,
  look: () => Promise<Seen>,
): Promise<Seen> {
  const items = await itemsOf(partition);
  expect(items.length).toBeGreaterThan(0);
  await tamper(items);
  try {
    return await look();
  } finally {
    for (const item of await itemsOf(partition)) {
      await remove(item);
    }
    for (const item of items) {
      await put(item);
    }
  }
}

/** Another value than the one that is there: one value inside it if it is JSON text. */
function altered(value: unknown): unknown {
  if (typeof value === 'number') {
    return value + 1;
  }
  if (typeof value !== 'string') {
    return 'altered';
  }
  const isJson = value.startsWith('{') || value.startsWith('[');
  return isJson ? JSON.stringify(alteredInside(JSON.parse(value))) : `${value}.`;
}

function alteredInside(value: unknown): unknown {
  if (value === null || typeof value !== 'object') {
    return altered(value);
  }
  const entries = Object.entries(value);
  const [last] = entries.slice(-1);
  if (last === undefined) {
    return Array.isArray(value) ? ['altered'] : { altered: true };
  }
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[last[0]] = alteredInside(last[1]);
  return copy;
}

const historyOf = (id: string): string => keys.intent(id).PK;
const withSortKey = (items: readonly Item[], beginning: string): Item => {
  const item = items.filter(({ SK }) => String(SK).startsWith(beginning)).at(-1);
  if (item === undefined) {
    throw new Error(`No ${beginning} there.`);
  }
  return item;
};

test('what was not altered is verified, at both hosts', async () => {
  expect(await verifiedIntent()).toMatchObject({ verified: true, problems: [] });
  expect(await verifiedHost('A')).toMatchObject({ verified: true, problems: [] });
  expect(await verifiedHost('B')).toMatchObject({ verified: true, problems: [] });
});

describe('in the history of an intent', () => {
  const kinds: readonly (readonly [string, (items: readonly Item[]) => Promise<unknown>])[] = [
    ['an event gone from the middle', (items) => remove(withSortKey(items, 'EVENT#00000003'))],
    ['the first event gone', (items) => remove(withSortKey(items, 'EVENT#00000001'))],
    ['the newest event gone', (items) => remove(withSortKey(items, 'EVENT#'))],
    [
      'one event in the place of another',
      (items) => put({ ...withSortKey(items, 'EVENT#00000002'), SK: 'EVENT#00000003' }),
    ],
    [
      'a newest event that never was',
      (items) => put({ ...withSortKey(items, 'EVENT#00000005'), SK: 'EVENT#00000006', number: 6 }),
    ],
    [
      'the newest event gone and the state set back',
      async (items) => {
        await remove(withSortKey(items, 'EVENT#'));
        await put({ ...withSortKey(items, 'INTENT'), version: 4, headHash: withSortKey(items, 'EVENT#00000004').hash });
      },
    ],
  ];

  test.each(kinds)('%s is found, for the intent and for its host', async (_kind, tamper) => {
    const [ofIntent, ofHost] = await whileTampered(historyOf(intentId), tamper, async () => [
      await verifiedIntent(),
      await verifiedHost('A'),
    ]);
    expect([ofIntent.verified, ofHost.verified]).toEqual([false, false]);
    expect(ofIntent.problems.every(({ subjectId }) => subjectId === intentId)).toBe(true);
  });

  /** Keys and what describes an item are not history; which lists it stands in is checked by the register. */
  const isHistory = (name: string): boolean => !/^(PK|SK|GSI\d[PS]K|entity|schemaVersion)$/.test(name);
  const places = [
    ['the intent', 'INTENT'],
    ...[1, 2, 3, 4, 5].map((number) => [`event ${number}`, `EVENT#0000000${number}`] as const),
  ] as const;
  test.each(places)('any altered attribute of %s is found', async (_place, sortKey) => {
    const names = Object.keys(withSortKey(await itemsOf(historyOf(intentId)), sortKey)).filter(isHistory);
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      const alter = (items: readonly Item[]) => {
        const item = withSortKey(items, sortKey);
        return put({ ...item, [name]: altered(item[name]) });
      };
      const verified = await whileTampered(historyOf(intentId), alter, async () => [
        (await verifiedIntent()).verified,
        (await verifiedHost('A')).verified,
      ]);
      expect([name, ...verified]).toEqual([name, false, false]);
    }
  });

  test('text that is no JSON any more is found', async () => {
    for (const [sortKey, name] of [
      ['EVENT#00000005', 'details'],
      ['EVENT#00000005', 'postings'],
      ['INTENT', 'state'],
    ] as const) {
      const cut = (items: readonly Item[]) => {
        const item = withSortKey(items, sortKey);
        return put({ ...item, [name]: '[' });
      };
      expect((await whileTampered(historyOf(intentId), cut, verifiedIntent)).verified).toBe(false);
    }
  });

  test('an added date in the books is found', async () => {
    const alter = (items: readonly Item[]) =>
      put({ ...withSortKey(items, 'EVENT#00000004'), effectiveAt: '2020-01-01T00:00:00.000Z' });
    expect((await whileTampered(historyOf(intentId), alter, verifiedIntent)).verified).toBe(false);
  });

  test('afterwards everything is as it was', async () => {
    expect(await verifiedHost('A')).toMatchObject({ verified: true, problems: [] });
  });
});

describe('in the books of a host', () => {
  test('a whole intent that is gone is found by the host that it began at', async () => {
    const gone = async (items: readonly Item[]) => Promise.all(items.map(remove));
    const { verified, problems } = await whileTampered(historyOf(intentId), gone, () => verifiedHost('A'));
    expect(verified).toBe(false);
    expect(problems.some(({ detail }) => detail.includes('register'))).toBe(true);
  });

  test('a whole intent that is gone is found by the host that it paid, too', async () => {
    const gone = async (items: readonly Item[]) => Promise.all(items.map(remove));
    expect((await whileTampered(historyOf(intentId), gone, () => verifiedHost('B'))).verified).toBe(false);
  });

  test('an intent whose state alone is gone is found', async () => {
    const gone = (items: readonly Item[]) => remove(withSortKey(items, 'INTENT'));
    expect((await whileTampered(historyOf(intentId), gone, () => verifiedHost('A'))).verified).toBe(false);
  });

  test('a draft that is gone is found, though it moved no money', async () => {
    const { id } = await world.create(world.people.collectiveAdminA);
    const gone = async (items: readonly Item[]) => Promise.all(items.map(remove));
    expect((await whileTampered(historyOf(id), gone, () => verifiedHost('A'))).verified).toBe(false);
    expect((await verifiedHost('A')).verified).toBe(true);
  });

  test.each(['available', 'bank', 'reserved'])('a changed %s balance is found', async (ledger) => {
    const { accounts } = world;
    const { PK } = keys.cell(accounts.hostA, '', '');
    const change = (items: readonly Item[]) => {
      const cell = withSortKey(items, `CELL#${accounts.collectiveA}#`);
      return put({ ...cell, [ledger]: Number(cell[ledger] ?? 0) + 1 });
    };
    const { verified, problems } = await whileTampered(PK, change, () => verifiedHost('A'));
    expect(verified).toBe(false);
    expect(problems.some(({ detail }) => detail.includes(ledger))).toBe(true);
  });

  test('a balance that is gone, and one that appeared, are found', async () => {
    const { PK } = keys.cell(world.accounts.hostA, '', '');
    const gone = (items: readonly Item[]) => remove(withSortKey(items, `CELL#${world.accounts.collectiveA}#`));
    expect((await whileTampered(PK, gone, () => verifiedHost('A'))).verified).toBe(false);
    const appeared = {
      ...keys.cell(world.accounts.hostA, 'acc_x', 'USD'),
      book: world.accounts.hostA,
      accountId: 'acc_x',
      currency: 'USD',
      available: 5,
      bank: 5,
    };
    await put(appeared);
    expect((await verifiedHost('A')).verified).toBe(false);
    await remove(appeared);
    expect((await verifiedHost('A')).verified).toBe(true);
  });

  test('a register that was set back is found', async () => {
    const { Items: items = [] } = await engine.client().send(new ScanCommand({ TableName: tableName }));
    const shard = items.find((item) => String(item.PK).startsWith(`REGISTER#${world.accounts.hostA}`)) as Item;
    await put({ ...shard, intents: Number(shard.intents) - 1 });
    expect((await verifiedHost('A')).verified).toBe(false);
    await put(shard);
    expect((await verifiedHost('A')).verified).toBe(true);
  });

  const inSuspense: readonly (readonly [string, (items: readonly Item[]) => Promise<unknown>])[] = [
    ['a rewritten event', (items) => put({ ...withSortKey(items, 'EVENT#00000001'), at: '2020-01-01T00:00:00.000Z' })],
    ['a removed event', (items) => remove(withSortKey(items, 'EVENT#00000001'))],
    ['the newest event gone', (items) => remove(withSortKey(items, 'EVENT#'))],
  ];
  test.each(inSuspense)('%s of money in suspense is found', async (_kind, tamper) => {
    const partition = `SUSPENSE#${suspenseId}`;
    const { verified, problems } = await whileTampered(partition, tamper, () => verifiedHost('A'));
    expect(verified).toBe(false);
    expect(problems.some(({ subjectId }) => subjectId === suspenseId)).toBe(true);
  });

  test('a record of money in suspense that is gone or changed is found', async () => {
    const { PK, SK } = keys.suspense(world.accounts.hostA, suspenseId);
    const changed = (items: readonly Item[]) => put({ ...withSortKey(items, SK), remaining: 1 });
    expect((await whileTampered(PK, changed, () => verifiedHost('A'))).verified).toBe(false);
    const gone = (items: readonly Item[]) => remove(withSortKey(items, SK));
    expect((await whileTampered(PK, gone, () => verifiedHost('A'))).verified).toBe(false);
  });

  test('more histories than one request can verify are left to the command, by name', async () => {
    const { deps, people, accounts } = world;
    const { intents } = bodyOf<{ intents: number }>(await verifyHost(deps, people.financeA, accounts.hostA));
    const { items: suspense } = await deps.store.listSuspense(accounts.hostA, 10);
    const histories = intents + suspense.length;
    const verified = (most: number) => verifyHost(deps, people.financeA, accounts.hostA, { most });
    expect(await verified(histories)).toMatchObject({ ok: true, value: { body: { verified: true } } });
    const slug = (await deps.store.account(accounts.hostA))?.slug;
    for (const most of [histories - 1, 1, 0]) {
      expect(await verified(most)).toMatchObject({
        refusal: { code: 'too-many', detail: expect.stringContaining(`npm run verify -- --host ${slug}`) },
      });
    }
  });

  test('a line of a statement that was changed is found', async () => {
    // A statement and a balance at a date are read from these lines, so they have to say what the event says.
    const { id } = await world.create(world.people.collectiveAdminA, { payeeAccountId: world.accounts.collectiveA2 });
    await world.must(world.people.collectiveAdminA, id, { name: 'submit' });
    await world.must(world.people.financeA, id, { name: 'approve' });
    await world.must(world.people.financeA, id, { name: 'settle', date: '2026-03-02' });
    const change = (items: readonly Item[]) => put({ ...withSortKey(items, 'ENTRY#'), postings: '[]' });
    expect((await whileTampered(historyOf(id), change, () => verifiedHost('A'))).verified).toBe(false);
  });
});
