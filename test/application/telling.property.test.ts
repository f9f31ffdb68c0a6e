/**
 * From the stream to people, with a stream that hands out again, a queue that refuses, repeats and mixes up, machines that die at
 * any of their calls, people who want an e-mail a day, and a finance lead who leaves: a simple model says who is told of what, at
 * once or when nobody has acted, and each of them is, once. What the model knows is written from requirements N1 and N2 and
 * semantics §2, and not from the table in the domain.
 */
import { expect, test } from '@jest/globals';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { deliverer } from '../../functions/queue/deliver-notification.ts';
import { relay } from '../../functions/stream/relay.ts';
import { deleteMember, putMember } from '../../shared/application/accounts.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { queueDigests, queueLater } from '../../shared/application/later-notices.ts';
import type {
  EventMessage,
  NotificationDependencies,
  QueueMessage,
} from '../../shared/application/notification-ports.ts';
import type { Processor } from '../../shared/application/processors.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { FailingCalls } from '../support/failing-calls.ts';
import { longer } from '../support/longer.ts';
import { type NotificationWorld, notificationWorld } from '../support/notification-world.ts';
import { expected, type People, receiving, usd } from '../support/world.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';

const engine = await engineOfFile();
/** Each lives for four days, and what is more than a year ago is not written any more. */
const runs = longer(12, 70);

type Person = keyof People;
type Told = `${Person} ${string}`;

/** What people do, and who is told of it: finance before anybody else, never whoever did it. */
const financeOfA = ['financeA', 'finance2A'] as const;
const submitted: readonly Told[] = financeOfA.map((person): Told => `${person} approval_needed`);
const approved: readonly Told[] = ['finance2A to_send'];
const sent: readonly Told[] = ['financeB money_sent'];
const received: readonly Told[] = [...financeOfA, 'collectiveAdminA', 'collectiveAdminB'].map(
  (person): Told => `${person as Person} money_received`,
);
const missing: readonly Told[] = financeOfA.map((person): Told => `${person} not_received`);
const canceled: readonly Told[] = [...financeOfA, 'collectiveAdminB'].map(
  (person): Told => `${person as Person} canceled`,
);
const paused = (topic: 'paused' | 'resumed'): readonly Told[] =>
  [...financeOfA, 'collectiveAdminA', 'stranger', 'outsider'].map((person): Told => `${person as Person} ${topic}`);
const declined: readonly Told[] = ['stranger charge_failed'];

type Doing = { readonly subjectId: string; readonly told: readonly Told[]; readonly later?: readonly Told[] };

/** Each does something to a subject of its own. */
const doings: Readonly<Record<string, (world: NotificationWorld) => Promise<Doing>>> = {
  async transfer(world) {
    const { id } = await world.sent();
    await world.must(world.people.financeB, id, receiving(usd(1000)));
    return { subjectId: id, told: [...submitted, ...approved, ...sent, ...received] };
  },
  async inDoubt(world) {
    const { id } = await world.sent();
    await world.must(world.people.financeB, id, { name: 'reportNotReceived', reason: 'Nothing came.' });
    return {
      subjectId: id,
      told: [...submitted, ...approved, ...sent, ...missing],
      later: ['hostAdminA not_received', 'hostAdminB not_received'],
    };
  },
  async givenUp(world) {
    const { id } = await world.approved();
    await world.must(world.people.collectiveAdminA, id, { name: 'cancel', reason: 'Not needed any more.' });
    return { subjectId: id, told: [...submitted, ...approved, ...canceled] };
  },
  async requested(world) {
    const { id } = await world.create(world.people.collectiveAdminA);
    await world.must(world.people.collectiveAdminA, id, { name: 'submit' });
    return { subjectId: id, told: submitted, later: ['hostAdminA approval_needed'] };
  },
  async onItsWay(world) {
    const { id } = await world.sent();
    return { subjectId: id, told: [...submitted, ...approved, ...sent], later: ['hostAdminB money_sent'] };
  },
  async pause(world) {
    const { people, accounts, deps } = world;
    const hold = await world.paused(people.hostAdminA, accounts.collectiveA);
    expected(await liftAccountHold(deps, world.meta(people.hostAdminA), hold.id));
    return { subjectId: hold.id, told: [...paused('paused'), ...paused('resumed')] };
  },
  async refusal(world) {
    // To another collective, so that nobody who gives here is among those whom a pause is told to.
    const { id } = await world.contribute({ collectiveAccountId: world.accounts.collectiveA2 });
    // This one, and none of those that were declined in an earlier life and are tried again by now.
    const processor: Processor = {
      ...world.processor,
      charge: async (request) =>
        request.contributionId === id
          ? { outcome: 'refused', code: 'declined', reason: 'The card was declined.' }
          : world.processor.charge(request),
    };
    await world.batch({ processor });
    return { subjectId: id, told: declined };
  },
};

const scenario = fc.record({
  doings: fc.array(fc.constantFrom(...Object.keys(doings)), { minLength: 1, maxLength: 4 }),
  /** What the world does wrong, one number after the other; used again from the beginning when they are used up. */
  daily: fc.subarray<Person>(['financeB', 'finance2A', 'hostAdminB', 'collectiveAdminA', 'stranger']),
  doesFinanceBLeave: fc.boolean(),
  dice: fc.array(fc.nat({ max: 99 }), { minLength: 20, maxLength: 60 }),
});

test('each is told of each event once, whatever comes twice, in another order, or dies', async () => {
  const world = await notificationWorld(engine);
  const { people, accounts } = world;
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(100_000_000));
  await world.contribute();
  await world.contribute({ userId: people.outsider });
  await world.batch();

  await fc.assert(
    fc.asyncProperty(scenario, async ({ doings: names, daily, doesFinanceBLeave, dice: numbers }) => {
      const done: Doing[] = [];
      for (const name of names) {
        const doing = await doings[name]?.(world);
        done.push(...(doing === undefined ? [] : [doing]));
      }
      for (const person of Object.keys(people) as Person[]) {
        const rules = daily.includes(person) ? ([{ channel: 'email', choice: 'daily' }] as const) : [];
        await world.deps.store.putPersonalPreferences(people[person], { language: 'en', rules });
      }
      const told = await toldOf(world, done, diceFrom(numbers), doesFinanceBLeave);
      const model = done.flatMap((doing) =>
        [...doing.told, ...(doing.later ?? [])].map((each) => `${doing.subjectId} ${each}`),
      );
      expect(told.notices.toSorted(byText)).toEqual(model.toSorted(byText));
      // Every one of them has an address, so each has an e-mail, at once or with others; one that was sent twice has the same id twice.
      const inDigests = model.filter((each) => daily.some((person) => each.includes(` ${person} `)));
      const isGone = (each: string): boolean => doesFinanceBLeave && each.includes(' financeB ');
      expect(told.emails).toBe(model.length - inDigests.length);
      expect(told.inDigests).toBe(inDigests.filter((each) => !isGone(each)).length);
    }),
    { numRuns: runs, seed: 20_261_122 },
  );
}, 600_000);

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

type Dice = (sides: number) => number;

function diceFrom(numbers: readonly number[]): Dice {
  let next = 0;
  return (sides) => {
    next += 1;
    return ((numbers[next % numbers.length] ?? 0) + Math.floor(next / numbers.length)) % sides;
  };
}

const roundsMax = 400;

/** Everything on its way from the stream to people, until nothing is on its way any more. */
async function toldOf(world: NotificationWorld, done: readonly Doing[], dice: Dice, doesFinanceBLeave: boolean) {
  const { deps, clock, mailbox, people, accounts } = world;
  mailbox.length = 0;
  const inFlight: QueueMessage[] = [];
  const queue = {
    async send<Message extends QueueMessage>(messages: readonly Message[]) {
      const taken = messages.filter(() => dice(6) > 0);
      for (const message of taken) {
        inFlight.push(...Array.from({ length: dice(5) === 0 ? 2 : 1 }, () => message));
      }
      return messages.filter((message) => !taken.includes(message));
    },
  };
  const news = (await Promise.all(done.map(({ subjectId }) => world.newsOf(subjectId)))).flat();
  const hand = relay(queue);
  for (let records = news.map(recordOf), rounds = 0; records.length > 0; rounds += 1) {
    expect(rounds).toBeLessThan(roundsMax);
    const batch = records.slice(0, 1 + dice(7));
    const { batchItemFailures } = await hand({ Records: batch });
    const failed = batchItemFailures[0]?.itemIdentifier;
    const first = records.findIndex(({ dynamodb }) => dynamodb?.SequenceNumber === failed);
    // Now and then the stream hands out again what was taken.
    const isForgotten = dice(9) === 0;
    records = isForgotten ? records : records.slice(failed === undefined ? batch.length : first);
  }
  const failing = new FailingCalls();
  const dying: NotificationDependencies = {
    ...deps,
    queue,
    store: failing.wrap(deps.store),
    mailer: deps.mailer === null ? null : failing.wrap(deps.mailer),
  };
  const deliver = deliverer(() => dying);
  const emptied = async (): Promise<void> => {
    for (let rounds = 0; inFlight.length > 0; rounds += 1) {
      expect(rounds).toBeLessThan(roundsMax);
      const [message] = inFlight.splice(dice(inFlight.length), 1);
      if (message === undefined) {
        break;
      }
      if (dice(5) < 2) {
        failing.arm(1 + dice(14), dice(2) === 0 ? 'before' : 'after');
      }
      const { batchItemFailures } = await deliver({ Records: [sqs(message)] });
      failing.disarm();
      if (batchItemFailures.length > 0) {
        inFlight.push(message);
        clock.advanceDays(6 / (24 * 60));
      }
    }
  };
  /** The sweep, again and again for as long as the queue does not take everything; now and then a run dies. */
  const swept = async (sweep: typeof queueLater): Promise<void> => {
    for (let isOver = false; !isOver; ) {
      if (dice(4) === 0) {
        failing.arm(1 + dice(20), dice(2) === 0 ? 'before' : 'after');
      }
      isOver = await sweep({ ...dying, queue }, { shards: dueShards, hasTime: () => true }).then(
        ({ refused }) => refused === 0,
        () => false,
      );
      failing.disarm();
    }
    await emptied();
  };
  await emptied();
  const meta = world.meta(people.hostAdminB);
  if (doesFinanceBLeave) {
    expected(await deleteMember(deps, meta, accounts.hostB, people.financeB));
  }
  clock.advanceDays(2);
  await swept(queueLater);
  clock.advanceDays(2);
  await swept(queueDigests);
  if (doesFinanceBLeave) {
    const again = { roles: ['finance_lead'] as const };
    expected(await putMember(deps, world.meta(people.hostAdminB), accounts.hostB, people.financeB, again));
  }
  const subjectIds = new Set(done.map(({ subjectId }) => subjectId));
  const notices: string[] = [];
  for (const [name, userId] of Object.entries(world.people)) {
    const { items } = await deps.store.listNotices(userId, 200);
    notices.push(
      ...items.flatMap(({ subjectId, topic }) => (subjectIds.has(subjectId) ? [`${subjectId} ${name} ${topic}`] : [])),
    );
  }
  const emails = new Map(mailbox.map((email) => [email.messageId, email]));
  const digests = [...emails.values()].filter(({ messageId }) => messageId.startsWith('digest.'));
  const namedIn = ({ text }: { readonly text: string }): number =>
    (JSON.parse(text) as { readonly facts: readonly unknown[] }).facts.length;
  return {
    notices,
    emails: emails.size - digests.length,
    inDigests: digests.reduce((sum, digest) => sum + namedIn(digest), 0),
  };
}

const recordOf = ({ subjectId, number, eventId, at }: EventMessage): DynamoDBRecord => ({
  eventID: eventId,
  dynamodb: {
    SequenceNumber: eventId,
    NewImage: {
      subjectId: { S: subjectId },
      number: { N: String(number) },
      eventId: { S: eventId },
      at: { S: at },
      details: { S: '["acc_1","finance_lead@payer_host",{}]' },
    },
  },
});

const sqs = (message: QueueMessage) => ({ messageId: 'message', body: JSON.stringify(message) }) as SQSRecord;
