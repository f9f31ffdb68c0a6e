/** npm run verify -- --host SLUG: checks everything that a host's book stands on (requirements X5). */
import { Command } from 'commander';
import { dependenciesOver } from '../functions/dependencies.ts';
import { verifyContributions } from '../shared/application/contribution-verification.ts';
import { verifyHostHistory } from '../shared/application/verification.ts';
import { createContributionStore } from '../shared/persistence/contribution-store.ts';
import { runCommand } from './run-command.ts';
import { connectToTable, UsageError } from './table-connection.ts';

const command = new Command('verify')
  .description('Verifies chains, states, balances and the register of a host. Exits with 1 when anything is wrong.')
  .requiredOption('--host <slug>', 'the host')
  .option('--data-dir <folder>', 'where the local runtime keeps its data')
  .parse();

await runCommand(async () => {
  const options = command.opts<{ host: string; dataDir?: string }>();
  const connection = await connectToTable(options.dataDir);
  try {
    const host = await connection.store.accountBySlug(options.host);
    if (host?.kind !== 'host') {
      throw new UsageError(`There is no host ${options.host}.`);
    }
    const deps = dependenciesOver(connection.store);
    const store = { ...connection.store, ...createContributionStore(connection) };
    const money = await verifyHostHistory(deps, host.id);
    const given = await verifyContributions({ ...deps, store }, host.id);
    const problems = [...money.problems, ...given.problems];
    for (const { subjectId, number, detail } of problems) {
      process.stdout.write(`${subjectId}${number === null ? '' : ` event ${number}`}: ${detail}\n`);
    }
    const events = money.events + given.events;
    process.stdout.write(
      `${host.slug}: ${money.intents} intents, ${given.contributions} contributions, ${given.holds} holds, ` +
        `${events} events, ${problems.length} problems\n`,
    );
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    connection.close();
  }
});
