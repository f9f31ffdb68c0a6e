/** How large is each function's bundle, and how long does Node 24 take to load it? */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

try {
  for (const { name, file, contents } of bundleInMemory(join(import.meta.dirname, '..', 'functions'))) {
    if (file.endsWith('.map')) {
      continue;
    }
    const path = join(folder, `${name}.mjs`);
    writeFileSync(path, contents);
    const times = Array.from({ length: loads }, () => loadMilliseconds(path));
    process.stdout.write(
      `${name.padEnd(16)} ${(contents.byteLength / 1000).toFixed(0).padStart(4)} KB  loads in ${median(times).toFixed(0).padStart(4)} ms\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
