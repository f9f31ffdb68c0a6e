import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..');

const sources = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

const importsOf = (file: string): readonly string[] =>
  [
    ...readFileSync(join(root, file), 'utf8').matchAll(
      /(?:^(?:import|export)\s(?:[^;']*?\sfrom\s)?|import\()'([^'\n]+)'/gm,
    ),
  ].map(([, name = '']) => (name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name));

/** What each layer may import of this project, and which packages; `*` is any. */
const layers: readonly {
  readonly folder: string;
  readonly own: readonly string[];
  readonly packages: readonly string[] | '*';
}[] = [
  { folder: 'shared/domain', own: ['shared/domain/'], packages: [] },
  {
    folder: 'shared/application',
    // What texts are made of is said where the texts are.
    own: ['shared/domain/', 'shared/application/', 'shared/messaging/texts/facts.ts'],
    packages: [
      '@date-fns/tz',
      'canonicalize',
      'date-fns/addBusinessDays',
      'date-fns/addMonths',
      'date-fns/addYears',
      'node:crypto',
      'p-map',
      'p-retry',
      'quick-lru',
    ],
  },
  {
    folder: 'shared/persistence',
    own: [
      'shared/domain/',
      'shared/application/ports.ts',
      'shared/application/notification-ports.ts',
      'shared/application/contribution-ports.ts',
      'shared/application/webhook-ports.ts',
      'shared/application/test-ledger.ts',
      'shared/persistence/',
    ],
    packages: ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb', '@aws-sdk/util-dynamodb', 'node:crypto', 'ulid'],
  },
  {
    folder: 'shared/providers',
    own: [
      'shared/domain/',
      'shared/application/processors.ts',
      'shared/application/test-ledger.ts',
      'shared/providers/',
    ],
    packages: ['node:crypto', 'stripe', 'zod'],
  },
  {
    folder: 'shared/messaging',
    own: [
      'shared/domain/',
      'shared/application/ports.ts',
      'shared/application/notification-ports.ts',
      'shared/application/webhook-ports.ts',
      'shared/messaging/',
    ],
    packages: [
      '@aws-sdk/client-sesv2',
      'ipaddr.js',
      'node:crypto',
      'node:dns/promises',
      'node:http',
      'node:https',
      'node:net',
      'standardwebhooks',
    ],
  },
  { folder: 'shared/http', own: ['shared/domain/', 'shared/application/', 'shared/http/'], packages: '*' },
  {
    folder: 'shared/import',
    own: ['shared/domain/', 'shared/application/', 'shared/import/'],
    packages: ['csv-parse', 'node:crypto', 'node:stream', 'node:stream/promises', 'ulid'],
  },
  {
    folder: 'shared/export',
    own: ['shared/domain/', 'shared/application/ports.ts', 'shared/export/'],
    packages: [],
  },
  { folder: 'functions', own: ['shared/', 'functions/', 'docs/'], packages: '*' },
  {
    folder: 'infra',
    own: [
      'infra/',
      'shared/domain/notification.ts',
      'shared/http/route-row.ts',
      'shared/http/route-table.ts',
      'shared/persistence/table-definition.ts',
      'docs/',
    ],
    packages: '*',
  },
];

test.each(layers)('$folder imports what is below it and nothing else', ({ folder, own, packages }) => {
  const wrong = sources(folder).flatMap((file) =>
    importsOf(file)
      .filter((name) =>
        /^(shared|functions|infra|local|tools|test|bench|docs)\//.test(name)
          ? !own.some((allowed) => name.startsWith(allowed))
          : packages !== '*' && !packages.includes(name),
      )
      .map((name) => `${file} imports ${name}`),
  );
  expect(wrong).toEqual([]);
});

test('the local runtime knows the template and not the code that runs in it, except to load the demo data', () => {
  const wrong = sources('local')
    .filter((file) => file !== 'local/demo-data.ts')
    .flatMap((file) =>
      importsOf(file)
        .filter((name) => /^(shared|functions)\//.test(name))
        .map((name) => `${file} imports ${name}`),
    );
  expect(wrong).toEqual([]);
});

test('nothing but tools and tests reads the whole table', () => {
  const wrong = ['shared', 'functions', 'local']
    .flatMap(sources)
    .filter((file) => /\bScan(Command|Input)?\b/.test(readFileSync(join(root, file), 'utf8')));
  expect(wrong).toEqual([]);
});

test('the domain reads no clock and no randomness', () => {
  const wrong = sources('shared/domain').filter((file) =>
    /Date\.now|new Date\(\)|Math\.random|process\./.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(wrong).toEqual([]);
});

test('every package is pinned to an exact version', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string>>;
  const versions = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('the lock file names no registry, so that it installs from any', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  expect(lock).not.toMatch(/"resolved": "http/);
});
