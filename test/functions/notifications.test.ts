/** The functions between an event and whoever is told of it: what comes twice harms nobody, and what fails is kept by itself. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import { linksBelow, unsubscribeBelow } from '../../functions/notification-dependencies.ts';
import { NotificationMessage } from '../../functions/notification-message.ts';
import { notificationQueue } from '../../functions/notification-queue.ts';
import { deliverer } from '../../functions/queue/deliver-notification.ts';
import { relay } from '../../functions/stream/relay.ts';
import { queueLater } from '../../shared/application/later-notices.ts';
import type { EventMessage, QueueMessage } from '../../shared/application/notification-ports.ts';
import { readUnsubscribeToken } from '../../shared/application/unsubscribe.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { type NotificationWorld, notificationWorld } from '../support/notification-world.ts';
import { receiving, usd } from '../support/world.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';
process.env.HOST_NOTIFICATIONS_QUEUE_URL = 'https://sqs.example/host-notifications';

const engine = await engineOfFile();
const id = (prefix: string, index: number): string => `${prefix}_${String(index).padStart(26, '0')}`;
const message = (index: number): EventMessage => ({
  schemaVersion: 1,
  subjectId: id('pi', 1),
  number: index,
  eventId: id('evt', index),
  at: '2026-03-02T09:00:00.000Z',
});
const record = (index: number, image: object = {}): DynamoDBRecord => ({
  eventID: `record-${index}`,
  dynamodb: {
    SequenceNumber: `sequence-${index}`,
    NewImage: {
      subjectId: { S: id('pi', 1) },
      number: { N: String(index) },
      eventId: { S: id('evt', index) },
      at: { S: '2026-03-02T09:00:00.000Z' },
      details: { S: '["acc_1","finance_lead@payer_host",{}]' },
      ...image,
    },
  },
});

describe('relay', () => {
  let queued: QueueMessage[];
  let refuses: (message: QueueMessage) => boolean;
  beforeEach(() => {
    queued = [];
    refuses = () => false;
  });
  const run = relay({
    async send(messages) {
      queued.push(...messages.filter((each) => !refuses(each)));
      return messages.filter(refuses);
    },
  });

  test('hands on which events there were, and nothing of what is in them', async () => {
    expect(await run({ Records: [record(1), record(2)] })).toEqual({ batchItemFailures: [] });
    expect(queued).toEqual([message(1), message(2)]);
  });

  test('hands on nothing of what was imported', async () => {
    const imported = record(1, { details: { S: '["import","import",{}]' } });
    expect(await run({ Records: [imported, record(2)] })).toEqual({ batchItemFailures: [] });
    expect(queued).toEqual([message(2)]);
  });

  test('goes on from the first that the queue did not take', async () => {
    refuses = (one) => 'number' in one && (one.number === 3 || one.number === 5);
    const Records = [1, 2, 3, 4, 5].map((index) => record(index));
    expect(await run({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'sequence-3' }] });
  });

  test('stops at what has not the form of an event, and hands on what came before it', async () => {
    const Records = [record(1), record(2, { eventId: { S: 'nothing' } }), record(3)];
    expect(await run({ Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'sequence-2' }] });
    expect(queued).toEqual([message(1)]);
  });
});

describe('the queue', () => {
  test('is sent tens, and says what it did not take: single messages, and a whole ten that failed', async () => {
    const sizes: number[] = [];
    const queue = notificationQueue({
      send: async ({ input }: { readonly input: { readonly Entries: readonly unknown[] } }) => {
        sizes.push(input.Entries.length);
        if (sizes.length === 2) {
          throw new Error('Away.');
        }
        return { Failed: sizes.length === 1 ? [{ Id: '4' }] : [] };
      },
    } as never);
    const left = await queue.send(Array.from({ length: 25 }, (_, index) => message(index + 1)));
    expect(sizes).toEqual([10, 10, 5]);
    expect(left.map(({ number }) => number)).toEqual([5, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  test.each([
    { ...message(1), schemaVersion: 2 },
    { ...message(1), number: 0 },
    { ...message(1), subjectId: 'sus_1' },
    { ...message(1), laterOf: '' },
    { ...message(1), more: true },
  ])('has no message %j', (other) => {
    expect(NotificationMessage.safeParse(other).success).toBe(false);
  });
});

describe('delivery', () => {
  let world: NotificationWorld;
  beforeEach(async () => {
    world = await notificationWorld(engine);
    await world.fund(world.people.hostAdminA, world.accounts.hostA, world.accounts.collectiveA, usd(1_000_000));
  });
  const sqs = (body: unknown, messageId: string): SQSRecord =>
    ({ messageId, body: typeof body === 'string' ? body : JSON.stringify(body) }) as SQSRecord;

  test('keeps what cannot be read, tells of the rest, and of what comes twice once', async () => {
    const run = deliverer(() => world.deps);
    const { id: intentId } = await world.sent();
    const news = await world.newsOf(intentId);
    const Records = [sqs('{', 'broken'), sqs({ ...news[0], schemaVersion: 9 }, 'newer')];
    const all = [...Records, ...news.map((each) => sqs(each, `news-${each.number}`))];
    const failed = { batchItemFailures: [{ itemIdentifier: 'broken' }, { itemIdentifier: 'newer' }] };
    expect(await run({ Records: all })).toEqual(failed);
    expect(await run({ Records: all })).toEqual(failed);
    expect(await world.toldTo(world.people.financeB)).toEqual(['money_sent']);
    expect(world.mailbox.filter(({ to }) => to === 'bea@b.example')).toHaveLength(1);
  });

  test('to one who cannot be reached keeps the message, and tells everybody else', async () => {
    const { mailer } = world.deps;
    const run = deliverer(() => ({
      ...world.deps,
      mailer: {
        send: async (email) => {
          if (email.to === 'cob@b.example') {
            throw new Error('No such address.');
          }
          await mailer?.send(email);
        },
      },
    }));
    const { id: intentId } = await world.sent();
    await world.must(world.people.financeB, intentId, receiving(usd(1000)));
    const news = (await world.newsOf(intentId)).at(-1);
    expect(await run({ Records: [sqs(news, 'news')] })).toEqual({ batchItemFailures: [{ itemIdentifier: 'news' }] });
    expect(world.mailbox.length).toBeGreaterThan(1);
    expect(await world.toldTo(world.people.collectiveAdminB)).toContain('money_received');
  });

  test('to others comes when nobody has acted, and is removed only when the queue has taken it', async () => {
    const { id: intentId } = await world.sent();
    await world.tellAll(intentId);
    world.clock.advanceDays(1);
    const taken: QueueMessage[] = [];
    const sweep = (takes: boolean) =>
      queueLater(
        {
          ...world.deps,
          queue: {
            async send(messages) {
              taken.push(...(takes ? messages : []));
              return takes ? [] : messages;
            },
          },
        },
        { shards: dueShards, hasTime: () => true },
      );
    const { refused } = await sweep(false);
    expect(refused).toBeGreaterThan(0);
    expect(await sweep(true)).toEqual({ queued: refused, refused: 0 });
    expect(await sweep(true)).toEqual({ queued: 0, refused: 0 });
    for (const each of taken) expect(NotificationMessage.parse(each)).toEqual(each);
    const run = deliverer(() => world.deps);
    const Records = [...taken, ...taken].map((each, index) => sqs(each, `later-${index}`));
    expect(await run({ Records })).toEqual({ batchItemFailures: [] });
    expect(await world.toldTo(world.people.hostAdminB)).toEqual(['money_sent']);
  });
});

test('links to unsubscribe lead to the API, sealed for one person and one kind of e-mail', async () => {
  const key = new Uint8Array(32).fill(7);
  const at = unsubscribeBelow('https://api.example/v1', async () => key);
  const link = await at('acc_1', 'daily');
  expect(link).toMatch(/^https:\/\/api\.example\/v1\/unsubscribe\/acc_1\.daily\.[\w-]{43}$/);
  const token = link.slice(link.lastIndexOf('/') + 1);
  expect(readUnsubscribeToken(key, token)).toEqual({ userId: 'acc_1', kind: 'daily' });
});

test('links lead to what it is about, and to where people choose what they are told', () => {
  const linksTo = linksBelow('https://pay.example/v1');
  expect(linksTo('con_1', 'acc_1')).toEqual({
    subject: 'https://pay.example/v1/contributions/con_1',
    settings: 'https://pay.example/v1/me/notification-preferences',
  });
  expect(linksTo('whe_1', 'acc_1').subject).toBe('https://pay.example/v1/hosts/acc_1/webhook-endpoints/whe_1');
  expect(linksTo('pi_1', null).settings).toBe('https://pay.example/v1/me/notification-preferences');
});
