/** npm run bootstrap:platform -- --email E: invites a platform admin, who may create hosts. */
import { Command } from 'commander';
import { dependenciesOver } from '../functions/dependencies.ts';
import { bootstrapPlatform } from '../shared/application/platform.ts';
import { runCommand } from './run-command.ts';
import { connectToTable } from './table-connection.ts';

const command = new Command('bootstrap:platform')
  .description(
    'Sets the platform up if it is not there, and prints a code that makes whoever accepts it an admin of it. ' +
      'While nobody has, the same command prints the same code. Needs write access to the table.',
  )
  .requiredOption('--email <address>', 'whom the invitation is meant for')
  .option('--data-dir <folder>', 'where the local runtime keeps its data')
  .parse();

await runCommand(async () => {
  const { email, dataDir } = command.opts<{ email: string; dataDir?: string }>();
  const connection = await connectToTable(dataDir);
  try {
    const code = await bootstrapPlatform(dependenciesOver(connection.store), { email });
    process.stdout.write(
      `An invitation for ${email} to administer the platform, good for 14 days and for one person:\n\n  ${code}\n\n` +
        'Hand it over to nobody else. They sign in, and then send it with their token:\n\n' +
        `  POST /v1/invitations/accept   {"code":"…"}\n`,
    );
  } finally {
    connection.close();
  }
});
