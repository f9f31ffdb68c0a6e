/** How many write units, as AWS counts them, and how many round trips does a whole cross-host intent take? */
import { startEngine } from '../test/support/engine.ts';
import { createWorld, receiving, sending, usd } from '../test/support/world.ts';
import { counting, unitsOf } from './counting.ts';
import type { Cost } from './write-capacity.ts';

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

  const counter = counting(engine.client());
  const costs: CommandCost[] = [];
  const measured = async <Value>(command: string, run: () => Promise<Value>): Promise<Value> => {
    counter.taken();
    const value = await run();
    const { roundTrips, items } = counter.taken();
    costs.push({ command, roundTrips, writeUnits: unitsOf(items), items });
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
