import { builtinModules } from 'node:module';
import { expect, test } from '@jest/globals';
import { bundleInMemory, functionsInParts } from '../../infra/function-bundles.ts';
import { projectRoot } from '../../infra/settings.ts';
import { functionNames } from '../support/infrastructure.ts';

const builtin = new Set(builtinModules);
const bundle = () => bundleInMemory(`${projectRoot}functions`);
const files = bundle();
const textOf = (name: string, path: string): string =>
  Buffer.from(files.find((file) => file.name === name && file.file === path)?.contents ?? []).toString();
const importsIn = (text: string): string[] =>
  [...text.matchAll(/(?:^|[;}])(?:import|export)[^;"]*?(?:from)?"([^"]+)"/g)].map(([, module]) => module ?? '');
const partsIn = (text: string): string[] =>
  importsIn(text)
    .filter((module) => module.startsWith('./part-'))
    .map((module) => module.slice('./'.length));

/** What is loaded when the function starts: its module, and the parts that it imports at once. */
function sourceOf(name: string): string {
  const loaded = new Set(['index.mjs']);
  for (const path of loaded) {
    for (const part of partsIn(textOf(name, path))) loaded.add(part);
  }
  return [...loaded].map((path) => textOf(name, path)).join('\n');
}

/** `docs/design.md` §6: what a function may weigh, so that a cold start stays unnoticed. */
const bytesMax = 450 * 1024;

test.each(functionNames)('%s is one module with a source map, and parts if it loads some later', (name) => {
  const own = files.filter((file) => file.name === name).map(({ file }) => file);
  const isInParts = functionsInParts.some((one) => one === name);
  expect(own).toEqual(expect.arrayContaining(['index.mjs', 'index.mjs.map']));
  const others = own.filter((file) => !file.startsWith('index.mjs'));
  expect(others.filter((file) => !/^part-\w+\.mjs(\.map)?$/.test(file))).toEqual([]);
  expect(others.length > 0).toBe(isInParts);
});

test('what a payment processor needs is loaded when it is asked, and not before', () => {
  const sign = 'StripeSignatureVerificationError';
  expect(files.some(({ name, contents }) => name === 'webhooks' && Buffer.from(contents).includes(sign))).toBe(true);
  for (const name of functionsInParts) expect(sourceOf(name)).not.toContain(sign);
});

test.each(functionNames)('%s is small enough to start quickly', (name) => {
  expect(sourceOf(name).length).toBeGreaterThan(0);
  expect(Buffer.byteLength(sourceOf(name))).toBeLessThanOrEqual(bytesMax);
});

test.each(functionNames)('%s has nothing in it that an ES module on Lambda could not load', (name) => {
  expect(sourceOf(name)).not.toContain('Dynamic require of');
  const own = new Set(files.filter((file) => file.name === name).map(({ file }) => `./${file}`));
  const imported = importsIn(sourceOf(name));
  expect(imported.length).toBeGreaterThan(0);
  expect(imported.filter((module) => !module.startsWith('node:') && !builtin.has(module) && !own.has(module))).toEqual(
    [],
  );
});

test('the same sources give the same bundles, so an unchanged function is not deployed again', () => {
  const text = (bundled: ReturnType<typeof bundle>) =>
    bundled.map(({ name, file, contents }) => [name, file, Buffer.from(contents).toString('base64')]);
  expect(text(bundle())).toEqual(text(files));
});
