import { builtinModules } from 'node:module';
import { expect, test } from '@jest/globals';
import { bundleInMemory } from '../../infra/function-bundles.ts';
import { projectRoot } from '../../infra/settings.ts';
import { functionNames, sorted } from '../support/infrastructure.ts';

const builtin = new Set(builtinModules);
const bundle = () => bundleInMemory(`${projectRoot}functions`);
const files = bundle();
const sourceOf = (name: string): string =>
  Buffer.from(files.find((file) => file.name === name && file.file === 'index.mjs')?.contents ?? []).toString();

/** `docs/design.md` §6: what a function may weigh, so that a cold start stays unnoticed. */
const bytesMax = 450 * 1024;

test.each(functionNames)('%s is one module with a source map', (name) => {
  const own = files.filter((file) => file.name === name).map(({ file }) => file);
  expect(sorted(own)).toEqual(['index.mjs', 'index.mjs.map']);
});

test.each(functionNames)('%s is small enough to start quickly', (name) => {
  expect(sourceOf(name).length).toBeGreaterThan(0);
  expect(Buffer.byteLength(sourceOf(name))).toBeLessThanOrEqual(bytesMax);
});

test.each(functionNames)('%s has nothing in it that an ES module on Lambda could not load', (name) => {
  expect(sourceOf(name)).not.toContain('Dynamic require of');
  const imported = [...sourceOf(name).matchAll(/(?:^|[;}])import[^;]*?from"([^"]+)"/g)].map(
    ([, module]) => module ?? '',
  );
  expect(imported.filter((module) => !module.startsWith('node:') && !builtin.has(module))).toEqual([]);
});

test('the same sources give the same bundles, so an unchanged function is not deployed again', () => {
  const text = (bundled: ReturnType<typeof bundle>) =>
    bundled.map(({ name, file, contents }) => [name, file, Buffer.from(contents).toString('base64')]);
  expect(text(bundle())).toEqual(text(files));
});
