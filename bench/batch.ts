/**
 * What does the batch cost, and does that follow what is due or what there is? 10,000 and 1,000 due of 100,000
 * contributions: time, transactions a second against the same requests sent raw, requests per contribution, write units; and
 * how long a pause of 10, 100 and 10,000 contributions takes to be answered.
 */
import { BatchWriteCommand, paginateScan, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { runBatch } from '../shared/application/batch.ts';
import { workContribution } from '../shared/application/charging.ts';
import { liftAccountHold } from '../shared/application/holds.ts';
import type { Processor } from '../shared/application/processors.ts';
import type { SubscriptionWork } from '../shared/application/work-queue.ts';
import type { Contribution } from '../shared/domain/contribution.ts';
import { contributionItem, tallyChanges } from '../shared/persistence/contribution-items.ts';
import { dueShards, keys } from '../shared/persistence/keys.ts';
import type { StoreOptions } from '../shared/persistence/store.ts';
import { type ContributionWorld, contributionWorld } from '../test/support/contribution-world.ts';
import { startEngine, type TestEngine } from '../test/support/engine.ts';
import { recording, replayed, type Sent } from './recording.ts';

const existing = Number(process.env['BENCH_CONTRIBUTIONS'] ?? 100_000);
const collectives = 50;
const workersAtOnce = 8;
const batchWriteMax = 25;

type Loaded = { readonly world: ContributionWorld; readonly collectiveIds: readonly string[] };

/** Contributions by the thousand, written as the items that they are: some of them due now, the others in a month. */
async function load(engine: TestEngine, count: number, due: number): Promise<Loaded> {
  const world = await contributionWorld(engine);
  const { accounts, deps, table } = world;
  const collectiveIds = [accounts.collectiveA];
  while (collectiveIds.length < collectives) {
    collectiveIds.push(await world.collective('A', `Collective ${collectiveIds.length}`));
  }
  const { id } = await world.contribute();
  const template = (await deps.store.contribution(id))?.contribution;
  if (template === undefined) {
    throw new Error('The first contribution is gone.');
  }
  const now = deps.clock.now();
  const later = new Date(Date.parse(now) + 20 * 86_400_000).toISOString();
  const tallies = new Map<string, Map<string, number>>();
  const items: Item[] = [];
  for (let index = 0; index < count; index += 1) {
    const isDue = index < due;
    const accountId = collectiveIds[index % collectives] ?? '';
    const contribution: Contribution = {
      ...template,
      id: deps.ids.next('con', now),
      collective: { ...template.collective, accountId },
      nextAt: isDue ? now : later,
      firstAt: isDue ? now : later,
    };
    items.push(contributionItem(contribution, 'loaded'));
    for (const [name, amount] of tallyChanges(null, contribution)) {
      for (const counted of [accountId, accounts.hostA]) {
        const tally = tallies.get(counted) ?? new Map<string, number>([['version', 1]]);
        tallies.set(counted, tally.set(name, (tally.get(name) ?? 0) + amount));
      }
    }
  }
  for (const [accountId, tally] of tallies) {
    items.push({ ...keys.tally(accountId), ...Object.fromEntries(tally) });
  }
  await writeAll(table, items);
  return { world, collectiveIds };
}

type Item = Record<string, unknown>;

async function writeAll({ client, tableName }: StoreOptions, items: readonly Item[]): Promise<void> {
  for (let start = 0; start < items.length; start += batchWriteMax) {
    const requests = items.slice(start, start + batchWriteMax).map((item) => ({ PutRequest: { Item: item } }));
    await client.send(new BatchWriteCommand({ RequestItems: { [tableName]: requests } }));
  }
}

async function everyItem({ client, tableName }: StoreOptions): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const page of paginateScan({ client }, { TableName: tableName })) {
    items.push(...(page.Items ?? []));
  }
  return items;
}

/** Answers at once, and remembers what it was asked: what is measured is ours. */
function instant(paid: Map<string, number>, now: () => string): Processor {
  const done = async () => ({ outcome: 'done' }) as const;
  return {
    async charge({ key, amount }) {
      paid.set(key, (paid.get(key) ?? 0) + 1);
      return { outcome: 'done', payment: { reference: key, amount, fee: 175, paidAt: now() } };
    },
    lookUp: async () => ({ outcome: 'none' }),
    suspend: done,
    resume: done,
    cancel: done,
    findMethod: async () => ({ outcome: 'done', found: { accountId: null, subscription: null } }),
    withFee: async (_subscription, payment) => ({ outcome: 'done', payment }),
  };
}

type Figures = {
  readonly charges: number;
  readonly findSeconds: number;
  readonly workSeconds: number;
  readonly transactions: number;
  readonly requests: number;
  readonly cpuMilliseconds: number;
  readonly sent: readonly Sent[];
};

async function run({ world }: Loaded): Promise<Figures> {
  const { deps, clock, table } = world;
  const record = recording(table.client);
  const paid = new Map<string, number>();
  const processor = instant(paid, clock.now);
  const queue: SubscriptionWork[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  await runBatch(
    { ...deps, queue: { send: async (work) => void queue.push(...work) } },
    { shards: dueShards, hasTime: () => true, firedAt: '2026-01-01T00:00:00.000Z' },
  );
  const found = performance.now();
  const worker = async (): Promise<void> => {
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
      await workContribution({ ...deps, processors: () => processor }, work);
    }
  };
  await Promise.all(Array.from({ length: workersAtOnce }, worker));
  const ended = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const sent = record.end();
  if ([...paid.values()].some((times) => times !== 1)) {
    throw new Error('Something was charged twice.');
  }
  return {
    charges: paid.size,
    findSeconds: (found - started) / 1000,
    workSeconds: (ended - found) / 1000,
    transactions: sent.filter(({ constructor: { name } }) => name === 'TransactWriteCommand').length,
    requests: sent.length,
    cpuMilliseconds: (user + system) / 1000 / Math.max(1, paid.size),
    sent,
  };
}

function say(
  title: string,
  { charges, findSeconds, workSeconds, transactions, requests, cpuMilliseconds }: Figures,
): void {
  const per = (count: number): string => (count / Math.max(1, charges)).toFixed(2);
  process.stdout.write(
    `${title}: ${charges} charges, found and leased in ${findSeconds.toFixed(1)} s, worked in ${workSeconds.toFixed(1)} s: ` +
      `${(charges / workSeconds).toFixed(0)} charges and ${(transactions / workSeconds).toFixed(0)} transactions a second, ` +
      `${per(requests)} requests per charge, ${cpuMilliseconds.toFixed(1)} ms of CPU per charge in this process\n`,
  );
}

const itemsIn = (sent: readonly Sent[]): number =>
  sent
    .filter(({ constructor: { name } }) => name === 'TransactWriteCommand')
    .reduce((sum, { input }) => sum + ((input as TransactWriteCommandInput).TransactItems?.length ?? 0), 0);

/** The time from the request to the answer of a pause, median of several, each lifted again. */
async function pauseMilliseconds({ world }: Loaded, accountId: string): Promise<number> {
  const { people, deps } = world;
  const times: number[] = [];
  for (let count = 0; count < 9; count += 1) {
    const { fingerprint } = await world.preview(people.hostAdminA, accountId);
    const started = performance.now();
    const { id } = await world.paused(people.hostAdminA, accountId, { fingerprint });
    times.push(performance.now() - started);
    const lifted = await liftAccountHold(deps, world.meta(people.hostAdminA), id);
    if (!lifted.ok) {
      throw new Error('The pause could not be lifted.');
    }
  }
  return times.sort((one, other) => one - other)[4] ?? 0;
}

if (import.meta.main) {
  for (const due of [10_000, 1000, 0]) {
    const engine = await startEngine();
    const loaded = await load(engine, existing, due);
    say(`${due} due of ${existing}`, await run(loaded));
    await engine.stop();
  }
  {
    const engine = await startEngine();
    const first = await load(engine, 1000, 1000);
    const items = await everyItem(first.world.table);
    const figures = await run(first);
    say('1000 due of 1000', figures);
    process.stdout.write(`${(itemsIn(figures.sent) / figures.charges).toFixed(1)} items written per charge\n`);
    await engine.stop();
    const again = await startEngine();
    const table = { client: again.client(), tableName: await again.createTable() };
    await writeAll(table, items);
    const seconds = await replayed(figures.sent, again, table.tableName, workersAtOnce);
    const own = figures.findSeconds + figures.workSeconds;
    process.stdout.write(
      `the same ${figures.sent.length} requests raw: ${seconds.toFixed(1)} s against ${own.toFixed(1)} s, ratio ${(seconds / own).toFixed(2)}\n`,
    );
    await again.stop();
  }
  for (const count of [10, 100, 10_000]) {
    const engine = await startEngine();
    const loaded = await load(engine, count * collectives > existing ? count : count * collectives, 0);
    const accountId = loaded.collectiveIds[0] ?? '';
    const all = count * collectives > existing ? loaded.world.accounts.hostA : accountId;
    const { contributions } = await loaded.world.preview(loaded.world.people.hostAdminA, all);
    process.stdout.write(
      `a pause of ${contributions} contributions is answered in ${(await pauseMilliseconds(loaded, all)).toFixed(1)} ms\n`,
    );
    await engine.stop();
  }
}
