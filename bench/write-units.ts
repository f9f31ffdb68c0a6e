/** How many write units, as AWS counts them, and how many round trips does a whole cross-host intent take? */
import { GetCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { startEngine } from '../test/support/engine.ts';
import { createWorld, receiving, sending, usd } from '../test/support/world.ts';
import { type Cost, type Image, transactionalCost } from './write-capacity.ts';

export type CommandCost = {
  readonly command: string;
  readonly roundTrips: number;
  readonly writeUnits: number;
  readonly items: readonly Cost[];
};

/** Runs one intent from draft to received, with two approvals, and counts. */
export async function measureWriteUnits(): Promise<readonly CommandCost[]> {
  const engine = await startEngine();
  const world = await createWorld(engine, { reviewers: 2 });
  const { people, accounts } = world;
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1_000_000));
  await world.fund(people.hostAdminB, accounts.hostB, accounts.collectiveB, usd(1_000_000));

  const client = engine.client();
  const plainSend = client.send.bind(client) as (command: {
    input: unknown;
    constructor: { name: string };
  }) => Promise<unknown>;
  let roundTrips = 0;
  let items: Cost[] = [];
  const imageOf = async (TableName: string, Key: Record<string, unknown>): Promise<Image> =>
    ((await plainSend(new GetCommand({ TableName, Key }))) as { Item?: Image }).Item;
  const counted = async (command: { input: unknown; constructor: { name: string } }): Promise<unknown> => {
    roundTrips += 1;
    if (command.constructor.name !== 'TransactWriteCommand') {
      return plainSend(command);
    }
    const targets = ((command.input as TransactWriteCommandInput).TransactItems ?? []).map(
      ({ Put, Update, Delete, ConditionCheck }) => {
        const keyed = Update ?? Delete ?? ConditionCheck;
        return {
          table: (Put ?? keyed)?.TableName ?? '',
          key: Put === undefined ? (keyed?.Key ?? {}) : { PK: Put.Item?.['PK'], SK: Put.Item?.['SK'] },
        };
      },
    );
    const before = await Promise.all(targets.map(({ table, key }) => imageOf(table, key)));
    const answer = await plainSend(command);
    const after = await Promise.all(targets.map(({ table, key }) => imageOf(table, key)));
    items = before.map((image, index) => transactionalCost(image, after[index]));
    return answer;
  };
  Object.assign(client, { send: counted });

  const costs: CommandCost[] = [];
  const measured = async <Value>(command: string, run: () => Promise<Value>): Promise<Value> => {
    roundTrips = 0;
    items = [];
    const value = await run();
    const writeUnits = items.reduce((sum, item) => sum + item.table + item.indexes, 0);
    costs.push({ command, roundTrips, writeUnits, items });
    return value;
  };
  const { id } = await measured('create', () => world.create(people.collectiveAdminA));
  await measured('submit', () => world.must(people.collectiveAdminA, id, { name: 'submit' }));
  await measured('approve (first)', () => world.must(people.financeA, id, { name: 'approve' }));
  await measured('approve (last)', () => world.must(people.finance2A, id, { name: 'approve' }));
  await measured('mark-sent', () => world.must(people.financeA, id, sending({ fee: 5 })));
  await measured('confirm-receipt', () => world.must(people.financeB, id, receiving(usd(1000))));
  await engine.stop();
  return costs;
}

if (import.meta.main) {
  const costs = await measureWriteUnits();
  for (const { command, roundTrips, writeUnits, items } of costs) {
    const detail = items
      .map(({ entity, bytes, table, indexes }) => `${entity} ${bytes} B ${table}+${indexes}`)
      .join(', ');
    process.stdout.write(
      `${command.padEnd(16)} ${roundTrips} round trips  ${String(writeUnits).padStart(3)} write units  (${detail})\n`,
    );
  }
  process.stdout.write(`whole intent     ${costs.reduce((sum, cost) => sum + cost.writeUnits, 0)} write units\n`);
}
