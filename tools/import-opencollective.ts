/** npm run import:opencollective -- FILE.csv --host SLUG */
import { createReadStream } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { dependenciesOver } from '../functions/dependencies.ts';
import { toMajorUnits } from '../shared/domain/money.ts';
import { type ImportReport, importOpenCollective } from '../shared/import/import-opencollective.ts';
import { runCommand } from './run-command.ts';
import { connectToTable, UsageError } from './table-connection.ts';

const command = new Command('import:opencollective')
  .description(
    'Loads the transactions export (CSV) that Open Collective gives a collective into the books of its host.',
  )
  .argument('<file>', 'the CSV file')
  .requiredOption('--host <slug>', 'the host that holds the collective; made when there is none')
  .option('--data-dir <folder>', 'where the local runtime keeps its data')
  .parse();

await runCommand(async (signal) => {
  const [file = ''] = command.args;
  const options = command.opts<{ host: string; dataDir?: string }>();
  await access(file, constants.R_OK).catch(() => {
    throw new UsageError(`The file ${file} cannot be read.`);
  });
  const connection = await connectToTable(options.dataDir);
  const bar = new SingleBar({
    format: '{step} [{bar}] {value}/{total} · {eta_formatted} left',
    // Without a terminal, a line now and then.
    noTTYOutput: true,
    notTTYSchedule: 2_000,
    hideCursor: true,
  });
  let step = '';
  try {
    const report = await importOpenCollective(dependenciesOver(connection.store), {
      file: createReadStream(file),
      hostSlug: options.host,
      createsHost: true,
      signal,
      onProgress: (progress) => {
        if (progress.step !== step) {
          step = progress.step;
          bar.start(progress.total, progress.done, { step });
        }
        bar.update(progress.done);
      },
    });
    bar.stop();
    process.stdout.write(summary(report));
  } finally {
    bar.stop();
    connection.close();
  }
});

function summary(report: ImportReport): string {
  const { host, collective, currency, written, movements, rows, total, available, unlinkedRefunds } = report;
  const money = (amount: number): string => `${toMajorUnits(amount, currency)} ${currency}`;
  return [
    report.isHostNew ? `Made the host ${host.slug} (${host.name}). It has no members yet.` : undefined,
    `${collective.slug} at ${host.slug}: ${movements} movements from ${rows} rows, ${written} of them new.`,
    `The file adds up to ${money(total)}; the books have ${money(available)} available.`,
    available === total ? undefined : 'The difference is what the books have besides this file.',
    unlinkedRefunds > 0 ? `Refunds whose original is not in the file: ${unlinkedRefunds}.` : undefined,
    '',
  ]
    .filter((line) => line !== undefined)
    .join('\n');
}
