/** How a host sets up its webhooks, over HTTP (requirements N4, A2, A5, A7). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Api, startApi } from '../support/http.ts';
import { tellOfIntent } from '../support/http-notices.ts';
import { createHttpWorld, type HttpWorld } from '../support/http-world.ts';

let api: Api;
let world: HttpWorld;
beforeAll(async () => {
  api = await startApi();
  world = await createHttpWorld(api);
});
afterAll(() => api.stop());

const input = { url: 'http://127.0.0.1:9999/hook?key=1', description: 'Bookkeeping', topics: ['money_sent'] } as const;
const asAdmin = () => ({ as: world.people.adminA, params: { hostId: world.accounts.hostA } });
const create = (body: object = input) => api.ok('createWebhookEndpoint', { ...asAdmin(), body });
const at = (endpointId: string, more: Readonly<Record<string, string>> = {}) => ({
  as: world.people.adminA,
  params: { hostId: world.accounts.hostA, endpointId, ...more },
});

describe('an endpoint', () => {
  test('is registered, with a place where it is found and a secret that is answered once', async () => {
    const key = randomUUID();
    const { status, headers, body } = await api.call('createWebhookEndpoint', { ...asAdmin(), body: input, key });
    const made = body as Awaited<ReturnType<typeof create>>;
    expect(status).toBe(201);
    expect(made).toMatchObject({ ...input, status: 'active', version: 1, createdBy: world.people.adminA });
    expect(made.signingSecret).toMatch(/^whsec_/);
    expect(headers.location).toBe(`/v1/hosts/${world.accounts.hostA}/webhook-endpoints/${made.id}`);
    expect(headers.etag).toBe('"1"');
    const again = await api.call('createWebhookEndpoint', { ...asAdmin(), body: input, key });
    expect(again.body).toEqual({ ...made, signingSecret: null });
    const read = await api.ok('getWebhookEndpoint', at(made.id));
    expect(read).not.toHaveProperty('signingSecret');
    expect(JSON.stringify(read)).not.toContain('whsec_');
  });

  test('is changed on the version that was read, and by nobody who has read an earlier one', async () => {
    const { id } = await create();
    const changed = await api.ok('updateWebhookEndpoint', { ...at(id), body: { topics: 'all' }, ifMatch: 1 });
    expect(changed).toMatchObject({ topics: 'all', version: 2, updatedBy: world.people.adminA });
    expect(
      await api.refused('updateWebhookEndpoint', { ...at(id), body: { topics: 'all' }, ifMatch: 1 }),
    ).toMatchObject({ type: '/problems/version-conflict', currentVersion: 2 });
    expect(await api.ok('disableWebhookEndpoint', at(id))).toMatchObject({ disabled: { reason: 'by_hand' } });
    expect(await api.refused('testWebhookEndpoint', at(id))).toMatchObject({
      type: '/problems/transition-not-allowed',
      currentStatus: 'disabled',
    });
    expect(await api.ok('enableWebhookEndpoint', at(id))).toMatchObject({ status: 'active', disabled: null });
    await api.ok('deleteWebhookEndpoint', at(id));
    expect(await api.refused('getWebhookEndpoint', at(id))).toMatchObject({ type: '/problems/not-found' });
  });

  test('names each of its topics once', async () => {
    const { id } = await create();
    for (const topics of [
      ['late', 'late'],
      ['late', 'paused', 'late'],
    ]) {
      const refused = {
        type: '/problems/validation-failed',
        errors: [{ pointer: '/topics', detail: 'Names one twice.' }],
      };
      expect(await api.refused('createWebhookEndpoint', { ...asAdmin(), body: { ...input, topics } })).toMatchObject(
        refused,
      );
      expect(await api.refused('updateWebhookEndpoint', { ...at(id), body: { topics } })).toMatchObject(refused);
    }
    expect(await api.ok('getWebhookEndpoint', at(id))).toMatchObject({ topics: input.topics, version: 1 });
  });

  test.each([
    ['http://hooks.example.org/', 'https'],
    ['http://127.0.0.1:80/', 'port'],
    ['https://127.0.0.1/', 'public internet'],
    ['https://10.1.2.3/', 'public internet'],
    ['https://169.254.169.254/latest/meta-data/', 'public internet'],
    ['https://[::1]/', 'public internet'],
    ['https://[fd00:ec2::254]/', 'public internet'],
    ['https://2130706433/', 'public internet'],
    ['https://localhost/', 'public internet'],
    ['https://metadata.google.internal/', 'public internet'],
    ['https://user:secret@hooks.example.org/', 'password'],
    ['https://hooks.example.org/#a', 'fragment'],
    ['https://hooks.example.org:22/', 'port'],
    ['ftp://hooks.example.org/', 'URL'],
  ])('is not at %s', async (url, why) => {
    const refused = await api.refused('createWebhookEndpoint', { ...asAdmin(), body: { ...input, url } });
    expect(refused).toMatchObject({ type: '/problems/validation-failed', errors: [{ pointer: '/url' }] });
    expect(refused.errors?.[0]?.detail).toContain(why);
    expect(JSON.stringify(refused)).not.toContain('secret');
    const { id } = await create();
    expect(await api.refused('updateWebhookEndpoint', { ...at(id), body: { url } })).toMatchObject({
      errors: [{ pointer: '/url' }],
    });
    await api.ok('deleteWebhookEndpoint', at(id));
  });
});

test('what was delivered is listed, newest first and page by page, and by what became of it', async () => {
  const { id } = await create({ ...input, topics: 'all' });
  const tested = await api.ok('testWebhookEndpoint', at(id));
  await tellOfIntent((await world.submitted()).id);
  const first = await api.ok('listWebhookDeliveries', { ...at(id), query: { limit: 1 } });
  const second = await api.ok('listWebhookDeliveries', {
    ...at(id),
    query: { limit: 1, cursor: first.nextCursor ?? '' },
  });
  const both = [...first.items, ...second.items];
  expect(both.map(({ topic }) => topic)).toEqual(['approval_needed', null]);
  const ids = both.map((delivery) => delivery.id);
  expect(ids[1]).toBe(tested.id);
  const pending = await api.ok('listWebhookDeliveries', { ...at(id), query: { status: 'pending' } });
  expect(pending.items).toHaveLength(2);
  const delivered = await api.ok('listWebhookDeliveries', { ...at(id), query: { status: 'delivered' } });
  expect(delivered.items).toEqual([]);
  const [deliveryId = ''] = ids;
  expect(await api.ok('getWebhookDelivery', at(id, { deliveryId }))).toEqual(first.items[0]);
  expect(await api.ok('replayWebhookDelivery', at(id, { deliveryId }))).toMatchObject({ status: 'pending' });
});

test('is there for admins and finance leads of the host, and for nobody else', async () => {
  const { people } = world;
  const { id } = await create();
  expect(await api.ok('getWebhookEndpoint', { ...at(id), as: people.financeA })).toMatchObject({ id });
  expect(await api.refused('disableWebhookEndpoint', { ...at(id), as: people.financeA })).toMatchObject({
    type: '/problems/permission-denied',
  });
  for (const as of [people.adminB, people.financeB, people.collectiveAdminA, people.stranger]) {
    for (const operation of ['getWebhookEndpoint', 'listWebhookDeliveries', 'rotateWebhookSecret'] as const) {
      const body = operation === 'rotateWebhookSecret' ? { body: {} } : {};
      expect(await api.refused(operation, { ...at(id), as, ...body })).toMatchObject({ type: '/problems/not-found' });
    }
  }
});
