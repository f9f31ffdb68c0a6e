/** What programs of a host are told, when it is tried again, and when it is given up (requirement N4). */
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Webhook } from 'svix';
import { checkedBy } from '../../functions/webhook-endpoint-dependencies.ts';
import { workDueIntent } from '../../shared/application/due.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { makeAttempt } from '../../shared/application/webhook-attempts.ts';
import {
  createWebhookEndpoint,
  type DeliveryView,
  deleteWebhookEndpoint,
  disableWebhookEndpoint,
  enableWebhookEndpoint,
  getWebhookDelivery,
  getWebhookEndpoint,
  listWebhookDeliveries,
  listWebhookEndpoints,
  replayWebhookDelivery,
  rotateWebhookSecret,
  testWebhookEndpoint,
  updateWebhookEndpoint,
} from '../../shared/application/webhook-endpoints.ts';
import type { WebhookQueue } from '../../shared/application/webhook-ports.ts';
import { endpointsMax, openEndpoint, testIntervalSeconds } from '../../shared/domain/webhook-endpoint.ts';
import type { Network } from '../../shared/messaging/webhooks/send.ts';
import { createSecret } from '../../shared/messaging/webhooks/sign.ts';
import { createStore } from '../../shared/persistence/store.ts';
import { withWebhooks } from '../../shared/persistence/webhook-items.ts';
import { type Received, type Receiver, startReceiver } from '../messaging/webhooks/receiver.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { tableContents } from '../support/table-contents.ts';
import { localNetwork, type WebhookWorld, type WithSecret, webhookWorld } from '../support/webhook-world.ts';
import { bodyOf, expected, usd } from '../support/world.ts';

const engine = await engineOfFile();
const hour = 3600;

let world: WebhookWorld;
let receivers: Receiver[] = [];
beforeEach(async () => {
  world = await webhookWorld(engine);
  await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(receivers.map(({ stop }) => stop()));
  receivers = [];
});

async function receiver(answer: (response: ServerResponse, received: Received, count: number) => void) {
  let count = 0;
  const started = await startReceiver((response, received) => {
    count += 1;
    answer(response, received, count);
  });
  receivers.push(started);
  return { ...started, url: `http://127.0.0.1:${started.port}/hook` };
}
const answering = (...statuses: readonly number[]) =>
  receiver((response, _received, count) => response.writeHead(statuses[count - 1] ?? statuses.at(-1) ?? 200).end());

const of = ({ hostId, id: endpointId }: Pick<WithSecret, 'hostId' | 'id'>) => ({ hostId, endpointId });
const asAdmin = () => world.meta(world.people.hostAdminB);
const sendTest = async (endpoint: WithSecret) =>
  bodyOf<DeliveryView>(await testWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint)));
const shown = async (endpoint: WithSecret) =>
  bodyOf<WithSecret>(await getWebhookEndpoint(world.endpoints, world.people.financeB, of(endpoint)));
const deliveriesOf = async (endpoint: WithSecret) =>
  expected(await listWebhookDeliveries(world.endpoints, world.people.financeB, of(endpoint), { limit: 50 })).items;
const onlyDelivery = async (endpoint: WithSecret): Promise<DeliveryView> => {
  const [one, ...others] = await deliveriesOf(endpoint);
  if (one === undefined || others.length > 0) {
    throw new Error('There is one delivery.');
  }
  return one;
};

describe('an event', () => {
  test('is told to each endpoint of the hosts whose people are told, once, however often its news comes', async () => {
    const { url, received } = await answering(204);
    const one = await world.endpointAt(url);
    const other = await world.endpointAt(url, { topics: ['money_sent'] });
    const { id } = await world.sent();
    await world.tell(id);
    await world.tell(id);
    await world.pass(60);
    await world.tell(id);
    await world.pass(60);
    expect((await deliveriesOf(one)).map(({ topic, status }) => [topic, status])).toEqual([
      ['money_sent', 'delivered'],
    ]);
    expect((await deliveriesOf(other)).map(({ topic }) => topic)).toEqual(['money_sent']);
    expect(received).toHaveLength(2);
    const [first] = received;
    const [event] = (await world.newsOf(id)).slice(-1);
    const body: unknown = JSON.parse(first?.body ?? '');
    expect(body).toEqual({
      type: 'payment_intent.money_sent',
      version: 1,
      timestamp: event?.at,
      data: {
        eventId: event?.eventId,
        subject: { kind: 'payment_intent', id },
        host: { id: world.accounts.hostB, name: expect.any(String) },
        payer: { id: world.accounts.collectiveA, name: expect.any(String) },
        payee: { id: world.accounts.collectiveB, name: expect.any(String) },
      },
    });
    expect(first?.headers['webhook-id']).toBe(`${event?.eventId}_${world.accounts.hostB}`);
    jest.spyOn(Date, 'now').mockReturnValue(Number(first?.headers['webhook-timestamp']) * 1000);
    const headers = first?.headers as Record<string, string>;
    const verifies = [one, other].filter(({ signingSecret }) => {
      try {
        return new Webhook(signingSecret).verify(first?.body ?? '', headers) !== null;
      } catch {
        return false;
      }
    });
    expect(verifies).toHaveLength(1);
  });

  test('of which a side may not know yet is not told to its host', async () => {
    const { url, received } = await answering(204);
    const endpoint = await world.endpointAt(url);
    const { people } = world;
    const { id } = await world.create(people.collectiveAdminA);
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    await world.must(people.financeA, id, { name: 'reject', reason: 'Not now.' });
    await world.tell(id);
    await world.pass(60);
    expect(await deliveriesOf(endpoint)).toEqual([]);
    expect(received).toEqual([]);
  });

  test('has one id for all endpoints of a host and another for those of another, as what they are told differs', async () => {
    const { url, received } = await answering(500, 204);
    await world.endpointAt(url, { topics: ['late'], of: 'A' });
    await world.endpointAt(url, { topics: ['late'], of: 'A' });
    await world.endpointAt(url, { topics: ['late'] });
    const { id } = await world.sent();
    world.clock.advanceDays(8);
    expect(await workDueIntent(world.deps, id)).not.toBe('nothing');
    await world.tell(id);
    await world.pass(60);
    // A receiver that serves both hosts, and passes over what it has seen, takes each message of each host.
    const bodies = Map.groupBy(received, ({ headers }) => headers['webhook-id']);
    expect(bodies.size).toBe(2);
    for (const [webhookId, same] of bodies) {
      const [body, ...others] = new Set(same.map((one) => one.body));
      expect(others).toEqual([]);
      const { data } = JSON.parse(body ?? '') as { data: { eventId: string; host: { id: string } } };
      expect(webhookId).toBe(`${data.eventId}_${data.host.id}`);
      expect(webhookId).toMatch(/^[A-Za-z0-9_]+$/);
    }
    // Three deliveries, and one of them once more.
    expect(received).toHaveLength(4);
  });

  test('that is no news for the people of a host is told to its programs: what was rejected, a charge that failed', async () => {
    const { url } = await answering(204);
    const { people } = world;
    const endpoint = await world.endpointAt(url, { of: 'A', topics: ['rejected', 'charge_failed'] });
    const elsewhere = await world.endpointAt(url, { topics: ['rejected', 'charge_failed'] });
    const { id } = await world.create(people.collectiveAdminA);
    await world.must(people.collectiveAdminA, id, { name: 'submit' });
    await world.must(people.financeA, id, { name: 'reject', reason: 'Not now.' });
    await world.tell(id);
    const { id: contributionId } = await world.contribute();
    world.bank.script.push('declined');
    world.clock.advanceDays(31);
    await world.batch();
    await world.tell(contributionId);
    await world.pass(60);
    const told = async ({ id: endpointId }: WithSecret) =>
      (await world.hooks.listWebhookDeliveries(endpointId, 50)).items.map(({ news }) => [
        news?.topic,
        news?.subject.id,
      ]);
    expect(await told(endpoint)).toEqual([
      ['charge_failed', contributionId],
      ['rejected', id],
    ]);
    expect(await told(elsewhere)).toEqual([]);
    expect(await world.toldTo(people.financeA)).not.toContain('rejected');
    expect(await world.toldTo(people.financeA)).not.toContain('charge_failed');
  });

  test('of a payer outside that is rejected is told to the programs of the host that reviews', async () => {
    const { people, accounts } = world;
    const { url } = await answering(204);
    const endpoint = await world.endpointAt(url, { topics: ['approval_needed', 'rejected'] });
    const parties = { payerAccountId: accounts.organisation, payeeAccountId: accounts.collectiveB };
    const { id } = await world.create(people.outsider, parties);
    await world.must(people.outsider, id, { name: 'submit' });
    await world.must(people.financeB, id, { name: 'reject', reason: 'Not now.' });
    await world.tell(id);
    const { items } = await world.hooks.listWebhookDeliveries(endpoint.id, 50);
    expect(items.map(({ news }) => news?.topic).toSorted()).toEqual(['approval_needed', 'rejected']);
  });

  test('is told to endpoints that want its topic and are active', async () => {
    const { url, received } = await answering(204);
    const other = await world.endpointAt(url, { topics: ['paused'] });
    const disabled = await world.endpointAt(url);
    expected(await disableWebhookEndpoint(world.endpoints, asAdmin(), of(disabled)));
    await world.tell((await world.sent()).id);
    await world.pass(60);
    expect(received).toEqual([]);
    expect(await deliveriesOf(other)).toEqual([]);
  });

  test('while an endpoint is disabled is listed as not sent there, and can be replayed once it is enabled', async () => {
    const { url, received } = await answering(204);
    const endpoint = await world.endpointAt(url, { topics: ['money_sent'] });
    expected(await disableWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint)));
    const { id } = await world.sent();
    await world.tell(id);
    // Nothing of it is queued, now or by the sweep.
    expect(world.queued).toEqual([]);
    await world.pass(hour);
    const missed = await onlyDelivery(endpoint);
    expect(missed).toMatchObject({
      status: 'endpoint_disabled',
      topic: 'money_sent',
      subject: { kind: 'payment_intent', id },
      nextAttemptAt: null,
      attemptCount: 0,
    });
    expected(await enableWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint)));
    // Neither does news that comes again send it by itself.
    await world.tell(id);
    await world.pass(hour);
    expect(received).toEqual([]);
    expected(await replayWebhookDelivery(world.endpoints, asAdmin(), { ...of(endpoint), deliveryId: missed.id }));
    await world.pass(1);
    expect(await onlyDelivery(endpoint)).toMatchObject({ status: 'delivered', attemptCount: 1 });
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ type: 'payment_intent.money_sent' });
  });

  test('that the queue does not take is told by the sweep, and people are told at once', async () => {
    const { url, received } = await answering(204);
    await world.endpointAt(url);
    const { id } = await world.sent();
    const webhookQueue: WebhookQueue = { send: async (all) => all.map(({ message }) => message) };
    const message = (await world.newsOf(id)).at(-1);
    if (message === undefined) {
      throw new Error('It was sent.');
    }
    await expect(deliver({ ...world.deps, webhookQueue }, message)).rejects.toThrow('not taken');
    expect(await world.toldTo(world.people.financeB)).toEqual(['money_sent']);
    await world.pass(14 * 60);
    expect(received).toHaveLength(0);
    await world.pass(16 * 60);
    expect(received).toHaveLength(1);
  });
});

describe('a receiver that fails', () => {
  test('is tried seven times by the schedule; then the endpoint is disabled, and people of the host are told', async () => {
    const { url, received } = await answering(500);
    const endpoint = await world.endpointAt(url);
    await sendTest(endpoint);
    await world.pass(30 * hour);
    const delivery = await onlyDelivery(endpoint);
    expect(delivery).toMatchObject({ status: 'exhausted', attemptCount: 7, nextAttemptAt: null });
    const gaps = delivery.attempts.slice(1).map(({ at }, index) => {
      const before = delivery.attempts[index];
      return Date.parse(at) - Date.parse(before?.at ?? '') - (before?.durationMilliseconds ?? 0);
    });
    // A queue counts in whole seconds.
    [5, 300, 1800, 7200, 18_000, 36_000].forEach((seconds, index) => {
      expect(gaps[index]).toBeGreaterThanOrEqual(seconds * 1000);
      expect(gaps[index]).toBeLessThan((seconds + 2) * 1000);
    });
    expect(received).toHaveLength(7);
    expect(new Set(received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([delivery.webhookId]));
    expect(delivery.webhookId).toBe(`${delivery.eventId}_${world.accounts.hostB}`);
    const after = await shown(endpoint);
    expect(after).toMatchObject({ status: 'disabled', disabled: { reason: 'failing' } });
    // As the stream has it.
    const event = await world.hooks.webhookEvent(endpoint.id, after.version);
    expect(event).toMatchObject({ hostId: world.accounts.hostB, data: { why: 'failing', outcome: 'answered_error' } });
    const message = {
      schemaVersion: 1,
      subjectId: endpoint.id,
      number: after.version,
      eventId: event?.id ?? '',
      at: event?.at ?? '',
    } as const;
    await deliver(world.deps, message);
    await deliver(world.deps, message);
    expect(await world.toldTo(world.people.financeB)).toEqual(['webhook_disabled']);
    expect(await world.toldTo(world.people.financeA)).toEqual([]);
    const [notice] = (await world.deps.store.listNotices(world.people.financeB, 1)).items;
    expect(notice?.facts).toMatchObject({ about: 'webhook', urlHost: '127.0.0.1', statusCode: 500 });
    expect(JSON.stringify(notice)).not.toContain('/hook"');
    // Whoever comes later is told unless somebody has enabled it.
    expected(await enableWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint)));
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(world.people.hostAdminB)).toEqual([]);
  }, 60_000);

  test('and then works is told at the next attempt, and nothing is held against it', async () => {
    const { url } = await answering(500, 200);
    const endpoint = await world.endpointAt(url);
    await sendTest(endpoint);
    await world.pass(4);
    expect(await onlyDelivery(endpoint)).toMatchObject({ status: 'pending', attemptCount: 1 });
    expect((await shown(endpoint)).failingSince).not.toBeNull();
    await world.pass(10);
    expect(await onlyDelivery(endpoint)).toMatchObject({ status: 'delivered', attemptCount: 2 });
    expect(await shown(endpoint)).toMatchObject({ failingSince: null, status: 'active' });
  });

  test('at some messages goes on, and people and other programs are told of one that it was not told', async () => {
    const { url } = await receiver((response, { body }) =>
      response.writeHead(body.includes('payment_intent.') ? 422 : 200).end(),
    );
    const other = await answering(200);
    const endpoint = await world.endpointAt(url);
    const watching = await world.endpointAt(other.url, { topics: ['webhook_given_up'] });
    const { people } = world;
    // Two at once: both are given up at the same moment, and one of them is told.
    const ids = [(await world.sent()).id, (await world.sent()).id];
    for (const id of ids) {
      await world.tell(id);
    }
    await world.pass(60);
    await sendTest(endpoint);
    await world.pass(30 * hour);
    const exhausted = (await deliveriesOf(endpoint)).filter(({ status }) => status === 'exhausted');
    expect(exhausted.map(({ topic, attemptCount }) => [topic, attemptCount])).toEqual([
      ['money_sent', 7],
      ['money_sent', 7],
    ]);
    const after = await shown(endpoint);
    expect(after.status).toBe('active');
    const numbers = Array.from({ length: after.version }, (_, index) => index + 1);
    const [event, ...others] = (
      await Promise.all(numbers.map((number) => world.hooks.webhookEvent(endpoint.id, number)))
    ).filter((one) => one !== undefined);
    expect(others).toEqual([]);
    const missed = exhausted.find(
      ({ id }) => event?.data.type === 'webhook_given_up' && event.data.givenUp.deliveryId === id,
    );
    expect(event?.data).toMatchObject({
      type: 'webhook_given_up',
      givenUp: { deliveryId: missed?.id, topic: 'money_sent' },
      statusCode: 422,
    });
    // As the stream has it.
    const message = {
      schemaVersion: 1,
      subjectId: endpoint.id,
      number: event?.number ?? 0,
      eventId: event?.id ?? '',
      at: event?.at ?? '',
    } as const;
    await deliver(world.deps, message);
    await deliver(world.deps, message);
    expect(await world.toldTo(people.financeB)).toEqual(['money_sent', 'money_sent', 'webhook_given_up']);
    expect(await world.toldTo(people.financeA)).not.toContain('webhook_given_up');
    const [notice] = (await world.deps.store.listNotices(people.financeB, 1)).items;
    expect(notice?.facts).toMatchObject({
      about: 'webhook',
      why: null,
      statusCode: 422,
      givenUp: { deliveryId: missed?.id, topic: 'money_sent' },
    });
    expect(JSON.stringify(notice)).not.toContain('/hook"');
    await world.pass(1);
    expect(await onlyDelivery(watching)).toMatchObject({ status: 'delivered', topic: 'webhook_given_up' });
    expect(JSON.parse(other.received[0]?.body ?? '')).toMatchObject({ type: 'webhook_endpoint.webhook_given_up' });
    // Whoever comes later is told unless somebody has replayed it.
    const which = { ...of(endpoint), deliveryId: missed?.id ?? '' };
    expected(await replayWebhookDelivery(world.endpoints, asAdmin(), which));
    world.clock.advanceDays(2);
    await world.tellLater();
    expect(await world.toldTo(people.hostAdminB)).not.toContain('webhook_given_up');
  }, 60_000);

  test('with 410 is disabled at once, and what waits for it is over', async () => {
    const { url, received } = await answering(410);
    const endpoint = await world.endpointAt(url);
    await sendTest(endpoint);
    await world.pass(1);
    expect(await onlyDelivery(endpoint)).toMatchObject({ status: 'gone', attemptCount: 1 });
    expect(await shown(endpoint)).toMatchObject({ status: 'disabled', disabled: { reason: 'gone' } });
    await world.pass(hour);
    expect(received).toHaveLength(1);
  });

  test('by being down or slow, or by sending on to somewhere else, is written down as what it is', async () => {
    const { url: gone, stop } = await answering(200);
    await stop();
    const { url: slow } = await receiver(() => {});
    const inside = await answering(200);
    const { url: elsewhere } = await receiver((response) =>
      response.writeHead(302, { location: inside.url }).end('Over there.'),
    );
    world = await webhookWorld(engine, { network: { ...localNetwork, timeoutMilliseconds: 150 } });
    for (const [url, outcome] of [
      [gone, 'unreachable'],
      [slow, 'timed_out'],
      [elsewhere, 'redirected'],
    ] as const) {
      const endpoint = await world.endpointAt(url);
      await sendTest(endpoint);
      await world.pass(1);
      expect((await onlyDelivery(endpoint)).attempts.map((attempt) => attempt.outcome)).toEqual([outcome]);
    }
    expect(inside.connections()).toBe(0);
  });

  test('by standing for an address of a private network at the second look-up is not connected to', async () => {
    const answers = [['93.184.216.34'], ['10.0.0.7']];
    const network: Network = { allowsLoopbackHttp: false, resolve: async () => answers.shift() ?? [] };
    world = await webhookWorld(engine, { network });
    const checking = { ...world.endpoints, checkUrl: checkedBy(network) };
    const input = { url: 'https://Hooks.Example.org/in', description: 'Rebound', topics: 'all' } as const;
    const endpoint = bodyOf<WithSecret>(await createWebhookEndpoint(checking, asAdmin(), world.accounts.hostB, input));
    expect(endpoint.url).toBe('https://hooks.example.org/in');
    await sendTest(endpoint);
    await world.pass(1);
    expect((await onlyDelivery(endpoint)).attempts).toMatchObject([
      { outcome: 'destination_refused', statusCode: null },
    ]);
  });
});

describe('once', () => {
  test('is how often a request is made, however many messages ask for it at once', async () => {
    const { url, received } = await answering(200);
    const endpoint = await world.endpointAt(url);
    await sendTest(endpoint);
    const [entry] = world.queued.splice(0);
    const message = entry?.message;
    if (message === undefined) {
      throw new Error('A test is queued.');
    }
    const made = await Promise.all(Array.from({ length: 5 }, () => makeAttempt(world.deliveries, message)));
    expect(made.filter((each) => each === 'delivered')).toHaveLength(1);
    expect(await makeAttempt(world.deliveries, message)).toBe('nothing_to_do');
    expect(received).toHaveLength(1);
  });

  test('is how often each of many failures at once counts', async () => {
    const { url, received } = await answering(500);
    const endpoint = await world.endpointAt(url, { topics: ['money_sent'] });
    for (let count = 0; count < 8; count += 1) {
      await world.tell((await world.sent()).id);
    }
    await world.pass(1);
    expect(received).toHaveLength(8);
    const deliveries = await deliveriesOf(endpoint);
    expect(deliveries.map(({ status, attemptCount }) => [status, attemptCount])).toEqual(
      Array.from({ length: 8 }, () => ['pending', 1]),
    );
    const attempts = deliveries.flatMap((delivery) => delivery.attempts);
    expect(attempts.map(({ number, outcome, statusCode }) => [number, outcome, statusCode])).toEqual(
      Array.from({ length: 8 }, () => [1, 'answered_error', 500]),
    );
    // They failed at one moment by the world's clock, and the first of them to be written has said so once for all.
    expect(await shown(endpoint)).toMatchObject({ failingSince: attempts[0]?.at, status: 'active', version: 2 });
    await world.pass(10);
    expect((await deliveriesOf(endpoint)).map(({ attemptCount }) => attemptCount)).toEqual(Array(8).fill(2));
    expect(received).toHaveLength(16);
  });
});

describe('by hand', () => {
  test('what did not arrive is sent once more under the same id, when the endpoint is enabled', async () => {
    const { url, received } = await answering(410, 200);
    const endpoint = await world.endpointAt(url);
    const { id: deliveryId } = await sendTest(endpoint);
    await world.pass(1);
    const replay = () => replayWebhookDelivery(world.endpoints, asAdmin(), { ...of(endpoint), deliveryId });
    expect(await replay()).toMatchObject({ ok: false, refusal: { code: 'transition-not-allowed' } });
    expected(await enableWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint)));
    expect(bodyOf(await replay())).toMatchObject({ status: 'pending' });
    await world.pass(1);
    expect(await onlyDelivery(endpoint)).toMatchObject({ status: 'delivered', attemptCount: 2 });
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  test('a test says that it is one', async () => {
    const { url, received } = await answering(200);
    const endpoint = await world.endpointAt(url);
    const { eventId } = await sendTest(endpoint);
    await world.pass(1);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({
      type: 'webhook_endpoint.test',
      data: { eventId, endpointId: endpoint.id },
    });
  });

  test('a test is sent every ten seconds and no more often, however many are asked for at once', async () => {
    const { url, received } = await answering(200);
    const endpoint = await world.endpointAt(url);
    const other = await world.endpointAt(url);
    const ask = () => testWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint));
    const asked = await Promise.all(Array.from({ length: 30 }, ask));
    expect(asked.filter(({ ok }) => ok)).toHaveLength(1);
    const again = new Date(Date.parse(world.clock.now()) + testIntervalSeconds * 1000).toISOString();
    const tooSoon = { ok: false, refusal: { code: 'too-many', detail: expect.stringContaining(again) } };
    expect(asked.filter(({ ok }) => !ok)).toEqual(Array(29).fill(tooSoon));
    // Of one endpoint; what is repeated is answered as it was.
    await sendTest(other);
    const meta = asAdmin();
    await world.pass(testIntervalSeconds - 1);
    expect(await ask()).toEqual(tooSoon);
    await world.pass(1);
    const first = expected(await testWebhookEndpoint(world.endpoints, meta, of(endpoint)));
    expect(expected(await testWebhookEndpoint(world.endpoints, meta, of(endpoint)))).toEqual({
      ...first,
      replayed: true,
    });
    expect(await ask()).toMatchObject({ ok: false, refusal: { code: 'too-many' } });
    expect(await deliveriesOf(endpoint)).toHaveLength(2);
    await world.pass(60);
    expect(received).toHaveLength(3);
    // That it is disabled is said first: waiting would not mend it.
    await sendTest(endpoint);
    expected(await disableWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint)));
    expect(await ask()).toMatchObject({ ok: false, refusal: { code: 'transition-not-allowed' } });
  });

  test('an endpoint is deleted, and what waited for it is over', async () => {
    const { url, received } = await answering(500);
    const endpoint = await world.endpointAt(url);
    const { eventId } = await sendTest(endpoint);
    await world.pass(1);
    expected(await deleteWebhookEndpoint(world.endpoints, asAdmin(), of(endpoint)));
    await world.pass(hour);
    expect(received).toHaveLength(1);
    expect(await world.hooks.webhookDelivery(endpoint.id, eventId)).toMatchObject({
      delivery: { status: 'endpoint_disabled', nextAttemptAt: null },
      sweepAt: null,
    });
  });

  test('a host has so many endpoints and no more, however many are asked for at once', async () => {
    const { endpoints, accounts } = world;
    const input = { url: 'http://127.0.0.1:9999/hook', description: 'One of many', topics: 'all' } as const;
    const create = () => createWebhookEndpoint(endpoints, asAdmin(), accounts.hostB, input);
    const made = await Promise.all(Array.from({ length: 3 * endpointsMax }, create));
    const refused = made.filter((each) => !each.ok);
    expect(refused).toHaveLength(2 * endpointsMax);
    expect(new Set(refused.map((each) => !each.ok && each.refusal.code))).toEqual(new Set(['too-many']));
    const { items } = await world.hooks.listWebhookEndpoints(accounts.hostB, 3 * endpointsMax);
    expect(items).toHaveLength(endpointsMax);
    // Whoever deletes one has room for another, and for no more than that.
    const [first] = items;
    expected(
      await deleteWebhookEndpoint(endpoints, asAdmin(), { hostId: accounts.hostB, endpointId: first?.id ?? '' }),
    );
    const again = await Promise.all([create(), create(), create()]);
    expect(again.filter(({ ok }) => ok)).toHaveLength(1);
  }, 30_000);

  test('an endpoint is registered once, and counts once, however often and however brokenly it is asked for', async () => {
    const { endpoints, accounts } = world;
    const input = { url: 'http://127.0.0.1:9999/hook', description: 'Asked for again', topics: 'all' } as const;
    const meta = asAdmin();
    const create = (deps = endpoints, by = meta) => createWebhookEndpoint(deps, by, accounts.hostB, input);
    for (const moment of ['before', 'after'] as const) {
      const commit: typeof endpoints.store.commit = async (...given) => {
        if (moment === 'after') {
          await endpoints.store.commit(...given);
        }
        throw new Error('The machine died.');
      };
      await expect(create({ ...endpoints, store: { ...endpoints.store, commit } })).rejects.toThrow('died');
    }
    const answers = await Promise.all(Array.from({ length: 10 }, () => create()));
    expect(answers.map((each) => expected(each).replayed)).toEqual(Array(10).fill(true));
    const { items } = await world.hooks.listWebhookEndpoints(accounts.hostB, 10);
    expect(items).toHaveLength(1);
    const others = await Promise.all(Array.from({ length: endpointsMax }, () => create(endpoints, asAdmin())));
    expect(others.filter(({ ok }) => ok)).toHaveLength(endpointsMax - 1);
  });

  test('a host that has more endpoints than it may have is told at each of them', async () => {
    const { accounts, people, clock } = world;
    const store = createStore(world.table, withWebhooks);
    const count = 2 * endpointsMax + 5;
    for (let number = 0; number < count; number += 1) {
      const after = openEndpoint({
        id: world.deps.ids.next('whe', clock.now()),
        hostId: accounts.hostB,
        url: 'http://127.0.0.1:9999/hook',
        description: `Number ${number}`,
        topics: ['money_sent'],
        secret: createSecret(),
        createdAt: clock.now(),
        createdBy: people.hostAdminB,
      });
      const change = { intents: [], webhooks: { endpoints: [{ before: null, after }] } };
      expect(await store.commit(change, people.hostAdminB, clock.now())).toEqual({ outcome: 'committed' });
    }
    await world.tell((await world.sent()).id);
    expect(new Set(world.queued.map(({ message }) => message.endpointId)).size).toBe(count);
  });

  test('a host has so many endpoints and no more', async () => {
    for (let count = 0; count < endpointsMax; count += 1) {
      await world.endpointAt('http://127.0.0.1:9999/hook');
    }
    const input = { url: 'http://127.0.0.1:9999/hook', description: 'One more', topics: 'all' } as const;
    expect(await createWebhookEndpoint(world.endpoints, asAdmin(), world.accounts.hostB, input)).toMatchObject({
      ok: false,
      refusal: { code: 'too-many' },
    });
  });
});

describe('the secret', () => {
  const secretsIn = async (): Promise<readonly string[]> =>
    Object.entries(await tableContents(world.table.client, world.table.tableName))
      .filter(([, text]) => text.includes('whsec_'))
      .map(([key]) => key);

  test('is answered once, and a repetition of the request is answered without it', async () => {
    const meta = asAdmin();
    const input = { url: 'http://127.0.0.1:9999/hook', description: 'Bookkeeping', topics: 'all' } as const;
    const create = () => createWebhookEndpoint(world.endpoints, meta, world.accounts.hostB, input);
    const first = bodyOf<WithSecret>(await create());
    expect(first.signingSecret).toMatch(/^whsec_/);
    expect(expected(await create())).toMatchObject({ replayed: true, body: { ...first, signingSecret: null } });
    const turn = asAdmin();
    const rotate = () => rotateWebhookSecret(world.endpoints, turn, of(first), { leaked: false });
    const second = bodyOf<WithSecret>(await rotate());
    expect(second.signingSecret).not.toBe(first.signingSecret);
    expect(bodyOf<WithSecret>(await rotate()).signingSecret).toBeNull();
    // In the endpoint's item, and nowhere else.
    const kept = await secretsIn();
    expect(kept).toHaveLength(1);
    expect(kept[0]).toContain('WEBHOOK_ENDPOINTS#');
    const views = [
      await shown(first),
      expected(await listWebhookEndpoints(world.endpoints, world.people.financeB, world.accounts.hostB, { limit: 9 })),
      bodyOf(await updateWebhookEndpoint(world.endpoints, asAdmin(), of(first), { description: 'Other' })),
      bodyOf(await disableWebhookEndpoint(world.endpoints, asAdmin(), of(first))),
      bodyOf(await deleteWebhookEndpoint(world.endpoints, asAdmin(), of(first))),
    ];
    expect(JSON.stringify(views)).not.toContain('whsec_');
  });

  test('that was replaced verifies for another day, next to the new one, as another vendor’s library says', async () => {
    const { url, received } = await answering(200);
    const old = await world.endpointAt(url);
    const fresh = bodyOf<WithSecret>(await rotateWebhookSecret(world.endpoints, asAdmin(), of(old), { leaked: false }));
    const verified = async (): Promise<readonly boolean[]> => {
      received.length = 0;
      await sendTest(old);
      await world.pass(1);
      const [one] = received;
      jest.spyOn(Date, 'now').mockReturnValue(Number(one?.headers['webhook-timestamp']) * 1000);
      const found = [old.signingSecret, fresh.signingSecret].map((secret) => {
        try {
          return new Webhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>) !== null;
        } catch {
          return false;
        }
      });
      jest.restoreAllMocks();
      return found;
    };
    expect(await verified()).toEqual([true, true]);
    await world.pass(25 * hour);
    expect(await verified()).toEqual([false, true]);
  });
});

test('endpoints and deliveries are there for the host’s admins and finance leads, and changed by its admins', async () => {
  const { people, endpoints, accounts } = world;
  const endpoint = await world.endpointAt('http://127.0.0.1:9999/hook');
  const { id: deliveryId } = await sendTest(endpoint);
  const which = { ...of(endpoint), deliveryId };
  const reads = (userId: string, at = which) => [
    listWebhookEndpoints(endpoints, userId, at.hostId, { limit: 5 }),
    getWebhookEndpoint(endpoints, userId, at),
    listWebhookDeliveries(endpoints, userId, at, { limit: 5 }),
    getWebhookDelivery(endpoints, userId, at),
  ];
  const changes = (userId: string, at = which) => [
    updateWebhookEndpoint(endpoints, world.meta(userId), at, { description: 'Mine' }),
    rotateWebhookSecret(endpoints, world.meta(userId), at, { leaked: true }),
    enableWebhookEndpoint(endpoints, world.meta(userId), at),
    disableWebhookEndpoint(endpoints, world.meta(userId), at),
    testWebhookEndpoint(endpoints, world.meta(userId), at),
    replayWebhookDelivery(endpoints, world.meta(userId), at),
    deleteWebhookEndpoint(endpoints, world.meta(userId), at),
  ];
  const codes = async (calls: readonly Promise<{ ok: boolean; refusal?: { code: string } }>[]) => [
    ...new Set((await Promise.all(calls)).map((result) => (result.ok ? 'ok' : result.refusal?.code))),
  ];
  expect(await codes(reads(people.financeB) as never)).toEqual(['ok']);
  expect(await codes(changes(people.financeB) as never)).toEqual(['permission-denied']);
  for (const userId of [people.hostAdminA, people.financeA, people.collectiveAdminB, people.stranger]) {
    expect(await codes([...reads(userId), ...changes(userId)] as never)).toEqual(['not-found']);
  }
  // Under a host of one's own, somebody else's endpoint is not there either.
  const elsewhere = { ...which, hostId: accounts.hostA };
  const [, ...ofOne] = reads(people.hostAdminA, elsewhere);
  expect(await codes([...ofOne, ...changes(people.hostAdminA, elsewhere)] as never)).toEqual(['not-found']);
  expect(await shown(endpoint)).toMatchObject({ description: 'Bookkeeping', version: 1 });
});
