import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { projectRoot, type Settings } from './settings.ts';

/** Every Lambda entry point, once, by the name that the function has everywhere else. Paths are below `functionsRoot`. */
export const functionEntries = {
  authorizer: 'authorizer/authorizer.ts',
  accounts: 'http/accounts.ts',
  'payment-intents': 'http/payment-intents.ts',
  hosts: 'http/hosts.ts',
  caller: 'http/caller.ts',
  unsubscribe: 'http/unsubscribe.ts',
  contributions: 'http/contributions.ts',
  'payment-methods': 'http/payment-methods.ts',
  'batch-admin': 'http/batch-admin.ts',
  'dead-letters': 'http/dead-letters.ts',
  webhooks: 'http/webhooks.ts',
  'webhook-endpoints': 'http/webhook-endpoints.ts',
  documentation: 'http/documentation.ts',
  relay: 'stream/relay.ts',
  'deliver-notification': 'queue/deliver-notification.ts',
  'notify-later': 'schedule/notify-later.ts',
  'deliver-webhook': 'queue/deliver-webhook.ts',
  'sweep-due': 'schedule/sweep-due.ts',
  'work-due': 'queue/work-due.ts',
  'process-batch-subscriptions': 'schedule/process-batch-subscriptions.ts',
  'work-subscriptions': 'queue/work-subscriptions.ts',
  'work-subscriptions-stripe': 'queue/work-subscriptions-stripe.ts',
  'work-subscriptions-paypal': 'queue/work-subscriptions-paypal.ts',
} as const satisfies Record<string, string>;

export type ServiceFunctionName = keyof typeof functionEntries;

/**
 * Functions that need large packages now and then, and import them when they do: a payment processor's, or the one for e-mail. Each is bundled
 * with files of its own for those, so that what was not asked for is not loaded.
 */
export const functionsInParts: readonly ServiceFunctionName[] = [
  'payment-methods',
  'webhooks',
  'work-subscriptions',
  'work-subscriptions-stripe',
  'work-subscriptions-paypal',
  'deliver-notification',
  'webhook-endpoints',
];

export type FunctionBundles = {
  readonly codeOf: (name: ServiceFunctionName) => Code;
  /** Deletes the bundles; the cloud assembly has its own copies as soon as the functions are constructed. */
  readonly remove: () => void;
};

/** One file of a function's asset, by its path inside it. */
export type BundledFile = { readonly name: ServiceFunctionName; readonly file: string; readonly contents: Uint8Array };

/**
 * Functions are bundled by one run of esbuild, which parses what they share once. The output is kept in memory and
 * written into a folder of its own for each synthesis, so that two at once never see each other's half-written files,
 * while the paths in the source maps, and therefore the asset hashes, are the same on every machine.
 */
export function bundleFunctions(settings: Pick<Settings, 'bundling' | 'functionsRoot'>): FunctionBundles {
  const files = settings.bundling === 'stub' ? stubs() : bundleInMemory(settings.functionsRoot);
  const folder = mkdtempSync(join(tmpdir(), 'function-bundles-'));
  for (const { name, file, contents } of files) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), contents);
  }
  return {
    codeOf: (name) => Code.fromAsset(join(folder, name)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function bundleInMemory(functionsRoot: string): BundledFile[] {
  const missing = Object.values(functionEntries).filter((entry) => !existsSync(join(functionsRoot, entry)));
  if (missing.length > 0) throw new Error(`Functions are missing in ${functionsRoot}: ${missing.join(', ')}.`);

  const names = Object.keys(functionEntries).map(nameOf);
  return [
    ...bundle(functionsRoot, { names: names.filter((name) => !functionsInParts.includes(name)), inParts: false }),
    // Parts are shared by all that is bundled together: those of one function stay in its folder when it is alone.
    ...functionsInParts.flatMap((name) => bundle(functionsRoot, { names: [name], inParts: true })),
  ];
}

function bundle(
  functionsRoot: string,
  { names, inParts }: { readonly names: readonly ServiceFunctionName[]; readonly inParts: boolean },
): BundledFile[] {
  const outdir = join(projectRoot, '.cache', 'functions');
  const result = buildSync({
    absWorkingDir: projectRoot,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, join(functionsRoot, functionEntries[name])])),
    ...(inParts ? { splitting: true, chunkNames: `${names[0]}/part-[hash]` } : {}),
    outdir,
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // ES modules first: what a package exports and nobody imports stays out of the bundle.
    mainFields: ['module', 'main'],
    alias: {
      '@aws-sdk/credential-provider-node': join(projectRoot, 'infra', 'lambda-credentials.ts'),
      '@aws-sdk/middleware-endpoint-discovery': join(projectRoot, 'infra', 'no-endpoint-discovery.ts'),
      '@smithy/core/event-streams': join(projectRoot, 'infra', 'no-event-streams.ts'),
    },
    minify: true,
    legalComments: 'none',
    // As they are, and not as escapes twice as long.
    charset: 'utf8',
    sourcemap: 'linked',
    // Stack traces need positions and names; the text itself would triple what is uploaded.
    sourcesContent: false,
    logLevel: 'silent',
  });
  return result.outputFiles.map(({ path, contents }) => ({
    name: nameOf(relative(outdir, dirname(path))),
    file: basename(path),
    contents,
  }));
}

function stubs(): BundledFile[] {
  return Object.keys(functionEntries).map((name) => ({
    name: nameOf(name),
    file: 'index.mjs',
    contents: Buffer.from(`export const handler = async () => {\n  throw new Error('${name} was not bundled.');\n};\n`),
  }));
}

function nameOf(folder: string): ServiceFunctionName {
  if (!isFunctionName(folder)) throw new Error(`${folder} is not a function of this service.`);
  return folder;
}

function isFunctionName(name: string): name is ServiceFunctionName {
  return Object.hasOwn(functionEntries, name);
}
