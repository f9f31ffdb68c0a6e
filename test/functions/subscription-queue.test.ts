/** Handing out work over real queues: each way of charging has its own, and nothing is lost in silence. */

import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { SubscriptionMessage, subscriptionQueue } from '../../functions/subscription-queue.ts';
import type { SubscriptionWork } from '../../shared/application/work-queue.ts';
import { type ProcessorName, processors } from '../../shared/domain/payment-method.ts';

const region = 'eu-central-1';
const names = {
  SUBSCRIPTION_WORK_QUEUE_URL: 'subscription-work',
  SUBSCRIPTION_WORK_STRIPE_QUEUE_URL: 'subscription-work-stripe',
  SUBSCRIPTION_WORK_PAYPAL_QUEUE_URL: 'subscription-work-paypal',
} as const;

let server: FauxqsServer;
let sqs: SQSClient;
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false, defaultRegion: region });
  const endpoint = `http://127.0.0.1:${server.port}`;
  sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
  for (const [variable, name] of Object.entries(names)) {
    server.createQueue(name, { region });
    process.env[variable] = `${endpoint}/000000000000/${name}`;
  }
});
afterAll(async () => {
  sqs.destroy();
  await server.stop();
});

const work = (index: number, processor: ProcessorName): SubscriptionWork => ({
  contributionId: `con_${index.toString().padStart(26, '0')}`,
  leasedUntil: '2026-03-02T09:20:00.000Z',
  runId: `run_${'0'.repeat(26)}`,
  processor,
});

async function received(name: string): Promise<readonly SubscriptionWork[]> {
  const QueueUrl = `http://127.0.0.1:${server.port}/000000000000/${name}`;
  const found: SubscriptionWork[] = [];
  for (;;) {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
    );
    if (messages.length === 0) {
      return found.toSorted((one, other) => one.contributionId.localeCompare(other.contributionId));
    }
    found.push(...messages.map(({ Body: body = '' }) => SubscriptionMessage.parse(JSON.parse(body))));
  }
}

test('each way of charging has a queue of its own, and messages arrive whole, however many there are', async () => {
  const given = Array.from({ length: 260 }, (_, index) => work(index, processors[index % processors.length] ?? 'test'));
  await subscriptionQueue(sqs).send(given);
  const of = (...wanted: readonly ProcessorName[]) => given.filter(({ processor }) => wanted.includes(processor));
  expect(await received('subscription-work')).toEqual(of('bank_transfer', 'test'));
  expect(await received('subscription-work-stripe')).toEqual(of('stripe'));
  expect(await received('subscription-work-paypal')).toEqual(of('paypal'));
});

test('nothing at all is sent for nothing', async () => {
  await subscriptionQueue(sqs).send([]);
  expect(await received('subscription-work')).toEqual([]);
});

test('what the queue does not take is no silent loss', async () => {
  // A character that SQS refuses, in one message of two.
  const refused = { ...work(1, 'test'), contributionId: '\uFFFE' };
  await expect(subscriptionQueue(sqs).send([work(0, 'test'), refused])).rejects.toThrow('1 of 2 messages');
});

test('a queue that is not there is an error', async () => {
  const before = process.env.SUBSCRIPTION_WORK_PAYPAL_QUEUE_URL;
  process.env.SUBSCRIPTION_WORK_PAYPAL_QUEUE_URL = `${before}-not`;
  await expect(subscriptionQueue(sqs).send([work(0, 'paypal')])).rejects.toThrow();
  process.env.SUBSCRIPTION_WORK_PAYPAL_QUEUE_URL = before;
});
