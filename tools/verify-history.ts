/** npm run verify -- --host SLUG: checks everything that a host's book stands on (requirements X5). */
import { Command } from 'commander';
import { dependenciesOver } from '../functions/dependencies.ts';
import { verifyHostHistory } from '../shared/application/verification.ts';
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
    const { intents, events, problems } = await verifyHostHistory(dependenciesOver(connection.store), host.id);
    for (const { subjectId, number, detail } of problems) {
      process.stdout.write(`${subjectId}${number === null ? '' : ` event ${number}`}: ${detail}\n`);
    }
    process.stdout.write(`${host.slug}: ${intents} intents, ${events} events, ${problems.length} problems\n`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    connection.close();
  }
});
