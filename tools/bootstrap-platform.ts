/** npm run bootstrap:platform -- --email E --name N: names a platform admin, who may create hosts. */
import { Command } from 'commander';
import { dependenciesOver } from '../functions/dependencies.ts';
import { bootstrapPlatform } from '../shared/application/people.ts';
import { runCommand } from './run-command.ts';
import { connectToTable } from './table-connection.ts';

const command = new Command('bootstrap:platform')
  .description(
    'Sets the platform up if it is not there, and makes somebody its admin. Needs write access to the table.',
  )
  .requiredOption('--email <address>', 'the address they sign in with; the provider has to vouch for it')
  .requiredOption('--name <name>', 'what they are called')
  .option('--data-dir <folder>', 'where the local runtime keeps its data')
  .parse();

await runCommand(async () => {
  const { email, name, dataDir } = command.opts<{ email: string; name: string; dataDir?: string }>();
  const connection = await connectToTable(dataDir);
  try {
    await bootstrapPlatform(dependenciesOver(connection.store), { email, name });
    process.stdout.write(`${name} <${email}> is an admin of the platform.\n`);
  } finally {
    connection.close();
  }
});
