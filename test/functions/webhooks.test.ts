/** The functions between a delivery and its receiver: what cannot be read is kept by itself, and where webhooks may go. */
import { describe, expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { webhookDeliverer } from '../../functions/queue/deliver-webhook.ts';
import { WebhookMessage } from '../../functions/webhook-message.ts';
import { networkOf } from '../../functions/webhook-network.ts';
import { webhookQueue } from '../../functions/webhook-queue.ts';
import { delayOf, deliveryIdOf, eventIdOf, sweepAtOf } from '../../shared/application/webhook-delivery.ts';
import { testWebhookEndpoint } from '../../shared/application/webhook-endpoints.ts';
import { beginDelivery } from '../../shared/domain/webhook-endpoint.ts';
import { startReceiver } from '../messaging/webhooks/receiver.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { webhookWorld } from '../support/webhook-world.ts';
import { expected } from '../support/world.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
process.env.WEBHOOK_DELIVERIES_QUEUE_URL = 'https://sqs.example/webhook-deliveries';

const engine = await engineOfFile();
const id = (prefix: string, index = 1): string => `${prefix}_${String(index).padStart(26, '0')}`;
const message = (index: number) =>
  ({ schemaVersion: 1, hostId: id('acc'), endpointId: id('whe'), deliveryId: id('whd', index) }) as const;

test('webhooks go to the public internet, and on this machine only where that is said', () => {
  expect(networkOf('public')).toMatchObject({ allowsLoopbackHttp: false });
  expect(networkOf('local')).toMatchObject({ allowsLoopbackHttp: true });
  for (const other of ['', 'on', 'LOCAL', 'true']) {
    expect(() => networkOf(other)).toThrow('WEBHOOK_DESTINATIONS');
  }
});

describe('the queue', () => {
  test('is sent tens, each with its delay and its host, and says what it did not take', async () => {
    const delays: number[] = [];
    const hosts: string[] = [];
    let batches = 0;
    const queue = webhookQueue({
      send: async ({
        input: { Entries: entries },
      }: {
        readonly input: { readonly Entries: readonly { DelaySeconds: number; MessageGroupId: string }[] };
      }) => {
        batches += 1;
        if (batches === 2) {
          throw new Error('Away.');
        }
        delays.push(...entries.map(({ DelaySeconds }) => DelaySeconds));
        hosts.push(...entries.map(({ MessageGroupId }) => MessageGroupId));
        return { Failed: batches === 1 ? [{ Id: '4' }] : [] };
      },
    } as never);
    const left = await queue.send(
      Array.from({ length: 25 }, (_, index) => ({
        message: { ...message(index + 1), hostId: id('acc', index % 2) },
        delaySeconds: index,
      })),
    );
    expect(delays).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 24]);
    expect(hosts).toEqual(delays.map((index) => id('acc', index % 2)));
    expect(left.map(({ deliveryId }) => deliveryId)).toEqual(
      [5, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20].map((index) => id('whd', index)),
    );
  });

  test.each([
    { ...message(1), schemaVersion: 2 },
    { ...message(1), endpointId: id('con') },
    { ...message(1), deliveryId: id('evt') },
    { ...message(1), secret: 'whsec_' },
  ])('has no message %j', (other) => {
    expect(WebhookMessage.safeParse(other).success).toBe(false);
  });
});

test('what cannot be read is kept, and the others are attempted; what a receiver does keeps no message', async () => {
  const world = await webhookWorld(engine);
  const receiver = await startReceiver((response) => response.writeHead(503).end());
  try {
    const endpoint = await world.endpointAt(`http://127.0.0.1:${receiver.port}/hook`);
    const which = { hostId: endpoint.hostId, endpointId: endpoint.id };
    expected(await testWebhookEndpoint(world.endpoints, world.meta(world.people.hostAdminB), which));
    const bodies = ['{', JSON.stringify(world.queued[0]?.message), JSON.stringify(message(1))];
    const Records = bodies.map((body, index) => ({ body, messageId: `message-${index}` }) as SQSRecord);
    expect(await webhookDeliverer(() => world.deliveries)({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'message-0' }],
    });
    expect(receiver.received).toHaveLength(1);
  } finally {
    await receiver.stop();
  }
});

test('an attempt that is near waits in the queue, a later one for the sweep, which comes before it', () => {
  const now = '2026-11-22T12:00:00.000Z';
  const delivery = beginDelivery({
    id: deliveryIdOf(id('evt')),
    endpointId: id('whe'),
    eventId: id('evt'),
    topic: null,
    createdAt: now,
  });
  expect(eventIdOf(delivery.id)).toBe(delivery.eventId);
  const waiting = (nextAttemptAt: string | null) => {
    const one = { ...delivery, nextAttemptAt };
    return [delayOf(one, now), sweepAtOf(one, now)];
  };
  expect(waiting(now)).toEqual([0, '2026-11-22T12:15:00.000Z']);
  expect(waiting('2026-11-22T12:00:04.001Z')).toEqual([5, '2026-11-22T12:15:04.001Z']);
  expect(waiting('2026-11-22T12:15:00.000Z')).toEqual([900, '2026-11-22T12:30:00.000Z']);
  expect(waiting('2026-11-22T12:15:00.001Z')).toEqual([undefined, '2026-11-22T12:03:00.001Z']);
  expect(waiting('2026-11-22T22:00:00.000Z')).toEqual([undefined, '2026-11-22T21:48:00.000Z']);
  expect(waiting(null)).toEqual([0, null]);
});
