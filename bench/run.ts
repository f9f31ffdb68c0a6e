/** npm run bench: every question, one after another; `npm run bench -- commands` asks one. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const questions = ['write-units', 'bundles', 'commands', 'list-page', 'throughput', 'batch', 'notifications'] as const;
const asked = process.argv.slice(2);

for (const question of asked.length === 0 ? questions : asked) {
  process.stdout.write(`\n# ${question}\n`);
  const { status } = spawnSync(process.execPath, ['--no-warnings', join(import.meta.dirname, `${question}.ts`)], {
    stdio: 'inherit',
  });
  process.exitCode = process.exitCode || (status ?? 1);
}
