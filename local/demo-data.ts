/**
 * What the first `npm start` loads, while the API answers already. It goes through the API like any other caller, except for
 * what no caller may do: inviting the first platform admin, and importing history. A load that was cut short begins anew at the
 * next start; each request carries a fixed idempotency key, so that what was done before is answered and not done again.
 */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { dependenciesOver } from '../functions/dependencies.ts';
import { bootstrapPlatform } from '../shared/application/platform.ts';
import { importOpenCollective } from '../shared/import/import-opencollective.ts';
import { connectToTable } from '../tools/table-connection.ts';

export type DemoDataContext = {
  readonly baseUrl: string;
  readonly dataFolder: string;
  /** A token of the local provider for whoever has this address. */
  token(email: string): Promise<string>;
  /** Calls a function directly; the name is its own or the beginning of its logical id. */
  invoke(functionName: string, event: unknown): Promise<unknown>;
  onProgress(progress: DemoDataProgress): void;
  /** Aborted when the runtime stops. */
  readonly signal: AbortSignal;
};

export type DemoDataProgress = { readonly done: number; readonly total: number; readonly step: string };

export type DemoRole = { readonly role: string; readonly email: string };

const people = {
  platform: 'platform@example.org',
  ada: 'ada@foundation.example',
  fin: 'fin@foundation.example',
  carol: 'carol@sky-garden.example',
  olga: 'olga@opensource.example',
  otto: 'otto@opensource.example',
  rob: 'rob@river-lab.example',
  dora: 'dora@donors.example',
  nils: 'nils@donors.example',
} as const;

/** Whom the demo data knows; the start prints a token for each. */
export const demoRoles: readonly DemoRole[] = [
  { role: 'platform admin', email: people.platform },
  { role: 'host admin of foundation', email: people.ada },
  { role: 'finance lead of foundation', email: people.fin },
  { role: 'admin of the collective sky-garden (foundation)', email: people.carol },
  { role: 'host admin of opensource', email: people.olga },
  { role: 'finance lead of opensource', email: people.otto },
  { role: 'admin of the collective river-lab (opensource)', email: people.rob },
  { role: 'contributor', email: people.dora },
];

type Step = { readonly name: string; run(demo: Demo): Promise<void> };

/** The steps share what they learned: ids by the slug or the e-mail address they stand for. */
type Demo = DemoDataContext & {
  readonly ids: Map<string, string>;
  /**
   * The day on which the first account was made. Bank dates are near the day of the load, and a load that is finished on
   * another day has to repeat its requests to the letter.
   */
  bankDate: string;
};

const steps: readonly Step[] = [
  { name: 'people', run: signEverybodyIn },
  { name: 'platform', run: inviteThePlatformAdmin },
  { name: 'hosts', run: createHosts },
  { name: 'collectives', run: createCollectives },
  { name: 'opening balances', run: fund },
  { name: 'payment intents', run: createIntents },
  { name: 'contributions', run: createContributions },
  { name: 'history of brew', run: importHistory },
];

export const loadDemoData = async (context: DemoDataContext): Promise<void> => {
  const demo: Demo = { ...context, ids: new Map(), bankDate: '' };
  for (const [done, step] of steps.entries()) {
    context.signal.throwIfAborted();
    context.onProgress({ done, total: steps.length, step: step.name });
    await step.run(demo);
  }
};

async function signEverybodyIn(demo: Demo): Promise<void> {
  for (const email of Object.values(people)) {
    const { userId } = await call<{ userId: string }>(demo, email, 'GET', '/me');
    demo.ids.set(email, userId);
  }
}

/** As an operator does it: the command answers a code, and whoever signs in with it is the platform's admin. */
async function inviteThePlatformAdmin(demo: Demo): Promise<void> {
  const { memberships } = await call<{ memberships: readonly unknown[] }>(demo, people.platform, 'GET', '/me');
  // A load that was cut short may have come further than this, and the invitation is used up then.
  if (memberships.length > 0) {
    return;
  }
  const code = await overTable(demo, (deps) => bootstrapPlatform(deps, { email: people.platform }));
  await call(demo, people.platform, 'POST', '/invitations/accept', { code }, 'demo-platform');
}

async function createHosts(demo: Demo): Promise<void> {
  const hosts = [
    { slug: 'foundation', name: 'The Foundation', country: 'US', admin: people.ada, finance: people.fin },
    { slug: 'opensource', name: 'Open Source Collective', country: 'US', admin: people.olga, finance: people.otto },
  ] as const;
  for (const { slug, name, country, admin, finance } of hosts) {
    const adminUserIds = [id(demo, admin)];
    await createAccount(demo, people.platform, { kind: 'host', slug, name, country, adminUserIds });
    const path = `/accounts/${id(demo, slug)}/members/${id(demo, finance)}`;
    await call(demo, admin, 'PUT', path, { roles: ['finance_lead'] }, `demo-member-${finance}`);
  }
}

async function createCollectives(demo: Demo): Promise<void> {
  const collectives = [
    { slug: 'sky-garden', name: 'Sky Garden', admin: people.carol, host: 'foundation', hostAdmin: people.ada },
    { slug: 'seed-library', name: 'Seed Library', admin: people.carol, host: 'foundation', hostAdmin: people.ada },
    { slug: 'river-lab', name: 'River Lab', admin: people.rob, host: 'opensource', hostAdmin: people.olga },
  ] as const;
  for (const { slug, name, admin, host, hostAdmin } of collectives) {
    await createAccount(demo, admin, { kind: 'collective', slug, name });
    const path = `/accounts/${id(demo, slug)}/hosting`;
    await call(demo, admin, 'POST', path, { action: 'apply', hostId: id(demo, host) }, `demo-apply-${slug}`);
    await call(demo, hostAdmin, 'POST', path, { action: 'accept' }, `demo-accept-${slug}`);
  }
}

async function createAccount(
  demo: Demo,
  email: string,
  account: { readonly slug: string; readonly [field: string]: unknown },
): Promise<void> {
  const body = { currency: 'USD', timeZone: 'America/New_York', ...account };
  const key = `demo-account-${account.slug}`;
  const created = await call<{ id: string; createdAt: string }>(demo, email, 'POST', '/accounts', body, key);
  demo.ids.set(account.slug, created.id);
  demo.bankDate ||= created.createdAt.slice(0, 10);
}

/** Money that is in the bank already: recorded as it arrived, and attached to whom it belongs to. */
async function fund(demo: Demo): Promise<void> {
  const balances = [
    { host: 'foundation', finance: people.fin, slug: 'sky-garden', amount: 5_000_000 },
    { host: 'opensource', finance: people.otto, slug: 'river-lab', amount: 1_200_000 },
  ] as const;
  for (const { host, finance, slug, amount } of balances) {
    const path = `/hosts/${id(demo, host)}/suspense`;
    const arrived = { amount: { amount, currency: 'USD' }, date: demo.bankDate, reference: `OPENING-${slug}` };
    const record = await call<{ id: string }>(demo, finance, 'POST', path, arrived, `demo-suspense-${slug}`);
    const shares = { shares: [{ kind: 'rest', accountId: id(demo, slug) }], purpose: 'Opening balance' };
    await call(demo, finance, 'POST', `${path}/${record.id}/attach`, shares, `demo-attach-${slug}`);
  }
}

/** One intent in each of the states that a host meets every day. */
async function createIntents(demo: Demo): Promise<void> {
  await intent(demo, { key: 'draft', purpose: 'Trees for the roof', amount: 125_000, until: 'draft' });
  await intent(demo, {
    key: 'waiting',
    purpose: 'Water measurements, spring',
    amount: 480_000,
    until: 'pending_approval',
  });
  await intent(demo, { key: 'approved', purpose: 'Shared greenhouse software', amount: 96_000, until: 'approved' });
  await intent(demo, { key: 'sent', purpose: 'Grant for the river survey', amount: 750_000, until: 'sent' });
  await intent(demo, { key: 'received', purpose: 'Grant for sensors', amount: 310_000, until: 'received' });
}

const stages = ['draft', 'pending_approval', 'approved', 'sent', 'received'] as const;

type Sample = {
  readonly key: string;
  readonly purpose: string;
  readonly amount: number;
  readonly until: (typeof stages)[number];
};

async function intent(demo: Demo, { key, purpose, amount, until }: Sample): Promise<void> {
  const money = { amount, currency: 'USD' };
  const { id: intentId } = await call<{ id: string }>(
    demo,
    people.carol,
    'POST',
    '/payment-intents',
    {
      type: 'grant',
      payerAccountId: id(demo, 'sky-garden'),
      payeeAccountId: id(demo, 'river-lab'),
      amount: money,
      purpose,
      destination: { method: 'bank_account', label: 'Open Source Collective, account ending 4242' },
    },
    `demo-intent-${key}`,
  );
  const date = demo.bankDate;
  const reference = `RIVER-${key.toUpperCase()}`;
  const journey = [
    { email: people.carol, command: 'submit', body: {} },
    { email: people.ada, command: 'approve', body: {} },
    { email: people.fin, command: 'mark-sent', body: { date, reference } },
    { email: people.otto, command: 'confirm-receipt', body: { amount: money, date, reference } },
  ];
  for (const { email, command, body } of journey.slice(0, stages.indexOf(until))) {
    await call(demo, email, 'POST', `/payment-intents/${intentId}/${command}`, body, `demo-${command}-${key}`);
  }
}

/** One for each way of charging, and every host served every ten minutes: the batch takes them up at its next run. */
async function createContributions(demo: Demo): Promise<void> {
  const everybody = { percentage: 100, hostIds: [] };
  await call(demo, people.platform, 'PUT', '/batch-rollout', everybody, 'demo-rollout');
  const contributions = [
    { key: 'card', email: people.dora, slug: 'sky-garden', amount: 2500, processor: 'test', chargedBy: 'us' },
    {
      key: 'subscription',
      email: people.nils,
      slug: 'sky-garden',
      amount: 1000,
      processor: 'test',
      chargedBy: 'processor',
    },
    {
      key: 'transfer',
      email: people.nils,
      slug: 'river-lab',
      amount: 10_000,
      processor: 'bank_transfer',
      chargedBy: 'contributor',
    },
  ] as const;
  const labels = { us: 'Test card', processor: 'Test subscription', contributor: 'Bank transfer' } as const;
  for (const { key, email, slug, amount, processor, chargedBy } of contributions) {
    const contributorAccountId = id(demo, email);
    const reference = processor === 'test' ? { reference: `ok:${key}` } : {};
    const added = await call<{ id: string }>(
      demo,
      email,
      'POST',
      `/accounts/${contributorAccountId}/payment-methods`,
      { processor, chargedBy, label: labels[chargedBy], ...reference },
      `demo-method-${key}`,
    );
    const contribution = {
      contributorAccountId,
      collectiveAccountId: id(demo, slug),
      amount: { amount, currency: 'USD' },
      interval: 'month',
      paymentMethodId: added.id,
    };
    await call(demo, email, 'POST', '/contributions', contribution, `demo-contribution-${key}`);
  }
}

/** Real history, loaded behind the running API (331 rows). */
async function importHistory(demo: Demo): Promise<void> {
  const file = join(import.meta.dirname, '..', 'data', 'brew-foundation-2022-2024.csv');
  await overTable(demo, async (deps) => {
    await importOpenCollective(deps, {
      file: createReadStream(file),
      hostSlug: 'foundation',
      signal: demo.signal,
      onProgress: ({ done, total }) => demo.onProgress({ done, total, step: 'history of brew' }),
    });
  });
}

async function overTable<Value>(
  demo: Demo,
  work: (deps: ReturnType<typeof dependenciesOver>) => Promise<Value>,
): Promise<Value> {
  const connection = await connectToTable(demo.dataFolder);
  try {
    return await work(dependenciesOver(connection.store));
  } finally {
    connection.close();
  }
}

function id(demo: Demo, name: string): string {
  const found = demo.ids.get(name);
  if (found === undefined) {
    throw new Error(`The demo data has no ${name} yet.`);
  }
  return found;
}

async function call<Body>(
  demo: Demo,
  email: string,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
  key?: string,
): Promise<Body> {
  const response = await fetch(`${demo.baseUrl}/v1${path}`, {
    method,
    signal: demo.signal,
    headers: {
      authorization: `Bearer ${await demo.token(email)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  }
  return (await response.json()) as Body;
}
