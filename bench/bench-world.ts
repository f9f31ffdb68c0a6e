/** Two hosts with their teams and as many pairs of collectives as there are lanes, made over HTTP on a running system. */
import { randomUUID } from 'node:crypto';
import { dependenciesOver } from '../functions/dependencies.ts';
import type { LocalSystem } from '../local/start.ts';
import { bootstrapPlatform } from '../shared/application/platform.ts';
import { createDocumentClient } from '../shared/persistence/client.ts';
import { createStore } from '../shared/persistence/store.ts';

export type BenchWorld = {
  readonly tokens: Record<
    'platform' | 'hostAdminA' | 'hostAdminB' | 'financeA' | 'financeA2' | 'financeB' | 'collectiveAdmin',
    string
  >;
  readonly hosts: { readonly a: string; readonly b: string };
  readonly pairs: readonly { readonly payer: string; readonly payee: string }[];
};

export async function loadBenchWorld(system: LocalSystem, lanes: number): Promise<BenchWorld> {
  const endpoint = system.environment['AWS_ENDPOINT_URL_DYNAMODB'] ?? '';
  const client = createDocumentClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const tableName = system.system.functions.flatMap((fn) => fn.environment['TABLE_NAME'] ?? [])[0] ?? '';
  const code = await bootstrapPlatform(dependenciesOver(createStore({ client, tableName })), {
    email: 'platform@example.org',
  });
  client.destroy();

  const emails = {
    platform: 'platform@example.org',
    hostAdminA: 'ha@a.example',
    hostAdminB: 'hb@b.example',
    financeA: 'fa@a.example',
    financeA2: 'fa2@a.example',
    financeB: 'fb@b.example',
    collectiveAdmin: 'c@a.example',
  };
  const issued = await Promise.all(
    Object.entries(emails).map(async ([name, email]) => [name, (await system.tokenFor(email)).token] as const),
  );
  const tokens = Object.fromEntries(issued) as BenchWorld['tokens'];
  const call = async <Body>(token: string, method: string, path: string, body?: object): Promise<Body> => {
    const response = await fetch(`${system.baseUrl}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return JSON.parse(text) as Body;
  };
  const idOf = async (token: string): Promise<string> => (await call<{ userId: string }>(token, 'GET', '/me')).userId;
  const account = async (token: string, kind: string, more: object = {}): Promise<string> => {
    const slug = `${kind}-${randomUUID().slice(0, 8)}`;
    const body = { kind, slug, name: `The ${kind} ${slug}`, currency: 'USD', timeZone: 'UTC', ...more };
    return (await call<{ id: string }>(token, 'POST', '/accounts', body)).id;
  };
  await call(tokens.platform, 'POST', '/invitations/accept', { code });
  const a = await account(tokens.platform, 'host', { adminUserIds: [await idOf(tokens.hostAdminA)] });
  const b = await account(tokens.platform, 'host', { adminUserIds: [await idOf(tokens.hostAdminB)] });
  const join = async (admin: string, host: string, member: string): Promise<void> => {
    await call(admin, 'PUT', `/accounts/${host}/members/${await idOf(member)}`, { roles: ['finance_lead'] });
  };
  await join(tokens.hostAdminA, a, tokens.financeA);
  await join(tokens.hostAdminA, a, tokens.financeA2);
  await join(tokens.hostAdminB, b, tokens.financeB);
  await call(tokens.hostAdminA, 'PUT', `/hosts/${a}/approval-policy`, { reviewers: 2 });

  const hosted = async (host: string, admin: string): Promise<string> => {
    const id = await account(tokens.collectiveAdmin, 'collective');
    await call(tokens.collectiveAdmin, 'POST', `/accounts/${id}/hosting`, { action: 'apply', hostId: host });
    await call(admin, 'POST', `/accounts/${id}/hosting`, { action: 'accept' });
    return id;
  };
  const pairs: { payer: string; payee: string }[] = [];
  for (let lane = 0; lane < lanes; lane += 1) {
    const payer = await hosted(a, tokens.hostAdminA);
    const payee = await hosted(b, tokens.hostAdminB);
    const arrived = { amount: { amount: 900_000_000, currency: 'USD' }, date: new Date().toISOString().slice(0, 10) };
    const { id } = await call<{ id: string }>(tokens.hostAdminA, 'POST', `/hosts/${a}/suspense`, arrived);
    const shares = { shares: [{ kind: 'rest', accountId: payer }], purpose: 'Opening balance' };
    await call(tokens.hostAdminA, 'POST', `/hosts/${a}/suspense/${id}/attach`, shares);
    pairs.push({ payer, payee });
  }
  return { tokens, hosts: { a, b }, pairs };
}
