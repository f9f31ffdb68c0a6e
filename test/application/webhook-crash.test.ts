/**
 * Attempting webhooks with a machine that dies at its n-th call of the table, of the queue or of the network, for every n, before or
 * after the call took effect; the queue hands the message out again. Each arrives, under one id, and twice at most.
 */
import { expect, test } from '@jest/globals';
import { makeAttempt } from '../../shared/application/webhook-attempts.ts';
import { type DeliveryView, testWebhookEndpoint } from '../../shared/application/webhook-endpoints.ts';
import type { DeliveryDependencies, WebhookMessage } from '../../shared/application/webhook-ports.ts';
import { startReceiver } from '../messaging/webhooks/receiver.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { Crash, FailingCalls, type Moment } from '../support/failing-calls.ts';
import { webhookWorld } from '../support/webhook-world.ts';
import { bodyOf, expected } from '../support/world.ts';

const engine = await engineOfFile();

/** Longer than a claim, and as long as the queue waits before it hands a message out again. */
const visibilitySeconds = 180;

test('each arrives, under one id, once without a crash and at most once more with one', async () => {
  const world = await webhookWorld(engine);
  const failing = new FailingCalls();
  const { attempt, store, queue } = world.deliveries;
  const network = failing.wrap({ attempt });
  const fragile: DeliveryDependencies = {
    ...world.deliveries,
    store: failing.wrap(store),
    queue: failing.wrap(queue),
    attempt: (endpoint, delivery) => network.attempt(endpoint, delivery),
  };
  /** Fails, then works. */
  let answers: number[] = [];
  const receiver = await startReceiver((response) => response.writeHead(answers.shift() ?? 200).end());
  try {
    const endpoint = await world.endpointAt(`http://127.0.0.1:${receiver.port}/hook`);
    const which = { hostId: endpoint.hostId, endpointId: endpoint.id };

    const run = async (crash: { readonly call: number; readonly moment: Moment } | undefined) => {
      receiver.received.length = 0;
      answers = [500];
      const meta = world.meta(world.people.hostAdminB);
      const { eventId, webhookId } = bodyOf<DeliveryView>(await testWebhookEndpoint(world.endpoints, meta, which));
      const [entry] = world.queued.splice(0);
      failing.disarm();
      if (crash !== undefined) {
        failing.arm(crash.call, crash.moment);
      }
      const message = entry?.message as WebhookMessage;
      let hasCrashed = false;
      try {
        await makeAttempt(fragile, message);
      } catch (error) {
        if (!(error instanceof Crash)) {
          throw error;
        }
        hasCrashed = true;
        await world.pass(visibilitySeconds);
        await makeAttempt(world.deliveries, message);
      }
      const { calls } = failing;
      failing.disarm();
      await world.pass(3600);
      const stored = await world.hooks.webhookDelivery(endpoint.id, eventId);
      return { calls, hasCrashed, status: stored?.delivery.status, webhookId, times: receiver.received.length };
    };

    const plain = await run(undefined);
    expect(plain).toMatchObject({ status: 'delivered', times: 2, hasCrashed: false });
    for (let call = 1; call <= plain.calls; call += 1) {
      for (const moment of ['before', 'after'] as const) {
        const { status, times, webhookId, hasCrashed } = await run({ call, moment });
        expect({ call, moment, status, hasCrashed }).toEqual({ call, moment, status: 'delivered', hasCrashed: true });
        expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([webhookId]));
        expect(times).toBeGreaterThanOrEqual(2);
        expect(times).toBeLessThanOrEqual(3);
      }
    }
    const after = expected(
      await import('../../shared/application/webhook-endpoints.ts').then(({ getWebhookEndpoint }) =>
        getWebhookEndpoint(world.endpoints, world.people.hostAdminB, which),
      ),
    );
    expect(after.body).toMatchObject({ status: 'active' });
  } finally {
    await receiver.stop();
  }
}, 120_000);
