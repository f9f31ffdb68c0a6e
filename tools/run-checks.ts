/**
 * `npm test`: everything that has to hold, in one command. Each check runs to its end even if another failed, and the last
 * line says how many passed and failed: linter and types count as one each, every test as one.
 * `npm run test:long`: the tests that say more the longer they run, at full length (test/support/longer.ts).
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
const reportFile = join(root, '.cache', 'jest-report.json');

type Totals = { readonly passed: number; readonly failed: number };

async function run(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

async function check(title: string, command: string, args: readonly string[]): Promise<Totals> {
  process.stdout.write(`\n# ${title}\n`);
  const isFine = await run(command, args);
  return { passed: isFine ? 1 : 0, failed: isFine ? 0 : 1 };
}

type JestReport = {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numRuntimeErrorTestSuites: number;
};

async function tests(args: readonly string[]): Promise<Totals> {
  process.stdout.write('\n# Tests\n');
  // A fresh clone has no such folder yet.
  await mkdir(join(root, '.cache'), { recursive: true });
  await rm(reportFile, { force: true });
  const flags = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')];
  await run(process.execPath, [...flags, '--ci', '--json', `--outputFile=${reportFile}`, ...args]);
  const text = await readFile(reportFile, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return { passed: 0, failed: 1 };
  }
  const report = JSON.parse(text) as JestReport;
  // A suite that could not run and a test that was left out are failures: nothing is skipped in silence.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + report.numPendingTests;
  return { passed: report.numPassedTests, failed: failed === 0 && !report.success ? 1 : failed };
}

const longTests = [
  'test/application/pause-proof',
  'test/application/telling-crash',
  'test/application/telling.property',
  'test/application/year-of-life',
];

const given = process.argv.slice(2);
const isLong = given[0] === '--long';
if (isLong) {
  process.env['TEST_TIER'] = 'long';
}
const totals = isLong
  ? [await tests(longTests)]
  : [
      await check('Lint', bin('biome'), ['ci', '--colors=off', '.']),
      await check('Types', bin('tsc'), ['--noEmit']),
      await tests(given),
    ];
const passed = totals.reduce((sum, total) => sum + total.passed, 0);
const failed = totals.reduce((sum, total) => sum + total.failed, 0);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
