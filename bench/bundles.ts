/** How large is each function's bundle, and how long does Node 24 take to load it? */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleInMemory } from '../infra/function-bundles.ts';

const loads = 9;
const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
const environment = {
  TABLE_NAME: 'table',
  DUE_WORK_QUEUE_URL: 'http://127.0.0.1:1/queue',
  OIDC_ISSUER: 'http://127.0.0.1:1',
  OIDC_AUDIENCE: 'audience',
  OIDC_JWKS_URI: 'http://127.0.0.1:1/jwks',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

/** Milliseconds to import a module in a process of its own, without starting that process. */
function loadMilliseconds(file: string): number {
  const script = `const start = performance.now(); await import(${JSON.stringify(file)}); process.stdout.write(String(performance.now() - start)); process.exit(0);`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, ...environment },
  });
  return Number(output.toString());
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** What an entry imports as it loads, itself included; parts that are imported when they are needed are not among it. */
function loadedAtStart(name: string, entry: string, found = new Set<string>()): Set<string> {
  found.add(entry);
  const text = readFileSync(join(folder, name, entry), 'utf8');
  for (const [, part = ''] of text.matchAll(/(?:from|import)\s*"\.\/(part-[\w-]+\.mjs)"/g)) {
    if (!found.has(part)) {
      loadedAtStart(name, part, found);
    }
  }
  return found;
}

try {
  const files = bundleInMemory(join(import.meta.dirname, '..', 'functions'));
  for (const { name, file, contents } of files) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), contents);
  }
  for (const name of new Set(files.map((file) => file.name))) {
    const bytes = [...loadedAtStart(name, 'index.mjs')].reduce(
      (sum, file) => sum + statSync(join(folder, name, file)).size,
      0,
    );
    const times = Array.from({ length: loads }, () => loadMilliseconds(join(folder, name, 'index.mjs')));
    process.stdout.write(
      `${name.padEnd(28)} ${(bytes / 1024).toFixed(0).padStart(4)} KiB  loads in ${median(times).toFixed(0).padStart(4)} ms\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
