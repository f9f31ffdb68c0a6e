import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const projectFolder = resolve(fileURLToPath(import.meta.url), '../..');
const assemblyFolder = join(projectFolder, 'cdk.out');
const marker = join(assemblyFolder, '.synthesized');

/** Everything that the templates and the bundles in them are made from. */
const inputs = [
  'infra',
  'functions',
  'shared',
  'docs/openapi.json',
  'docs/runbook.md',
  'package-lock.json',
  'cdk.json',
  'tsconfig.json',
];

/** Synthesizes the app unless it has been since its sources changed, and answers the folder of the result. */
export const ensureSynthesized = async (): Promise<string> => {
  if (isFresh()) return assemblyFolder;
  mkdirSync(join(projectFolder, '.cache'), { recursive: true });
  // Test files that start at the same moment wait for one of them to do it; the kernel frees the lock of one that dies.
  const lock = new DatabaseSync(join(projectFolder, '.cache', 'synthesis.lock'), { timeout: 120_000 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    if (!isFresh()) await synthesize();
    return assemblyFolder;
  } finally {
    lock.close();
  }
};

const synthesize = async (): Promise<void> => {
  const startedAt = new Date();
  const env = { ...process.env, CDK_OUTDIR: assemblyFolder };
  await promisify(execFile)(process.execPath, [join(projectFolder, 'infra', 'app.ts')], {
    cwd: projectFolder,
    env,
    maxBuffer: 64 << 20,
  }).catch((error: { stderr?: string; message: string }) => {
    throw new Error(`The CDK app could not be synthesized.\n${error.stderr || error.message}`);
  });
  writeFileSync(marker, '');
  // What changed while the app was being synthesized may or may not be in it.
  utimesSync(marker, startedAt, startedAt);
};

const isFresh = (): boolean =>
  existsSync(marker) &&
  existsSync(join(assemblyFolder, 'manifest.json')) &&
  inputs.every((input) => newestChange(join(projectFolder, input)) < statSync(marker).mtimeMs);

/** A folder changes when something is added to it or taken away, so removed files are noticed too. */
const newestChange = (path: string): number => {
  if (!existsSync(path)) return 0;
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
};
