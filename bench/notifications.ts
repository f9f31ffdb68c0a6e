/**
 * What does telling cost, and does it grow with what was told before? 1,000 events of money that was sent, each told to twenty
 * people of the payee's host, by four at once: events and people a second, and requests to the table for each person; then the same
 * again for people who have a thousand, and four thousand, notices already. E-mail is taken at once. Write units are counted on one
 * event before, from the images of the items.
 *
 * The embedded engine takes longer for a transaction as a table grows, whoever sends it; `BENCH_ENGINE=dynamodb-local` asks Amazon's own
 * (`npm run fetch:dynamodb-local`, Java), which does not.
 */
import { BatchWriteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { putMember } from '../shared/application/accounts.ts';
import type { EventMessage } from '../shared/application/notification-ports.ts';
import { deliver } from '../shared/application/notifications.ts';
import { personForIdentity } from '../shared/application/people.ts';
import { keys } from '../shared/persistence/keys.ts';
import { startEngine } from '../test/support/engine.ts';
import { type NotificationWorld, notificationWorld } from '../test/support/notification-world.ts';
import { expected, usd } from '../test/support/world.ts';
import { counting, unitsOf } from './counting.ts';
import { recording, type Sent } from './recording.ts';

const events = Number(process.env['BENCH_EVENTS'] ?? 1000);
const recipients = 20;
const deliverersAtOnce = 4;
const batchWriteMax = 25;

/** Nineteen finance leads besides the one that is there. */
async function hire({ deps, meta, people, accounts }: NotificationWorld): Promise<readonly string[]> {
  const hired: string[] = [people.financeB];
  while (hired.length < recipients) {
    const email = `finance-${hired.length}@b.example`;
    const identity = { issuer: 'https://id.example', subject: email, email, emailVerified: true, name: email };
    const { userId } = await personForIdentity(deps, identity);
    const roles = ['finance_lead'] as const;
    expected(await putMember(deps, meta(people.hostAdminB), accounts.hostB, userId, { roles }));
    hired.push(userId);
  }
  return hired;
}

/** As many intents that were sent: copies of one, with ids of their own. */
async function copies(world: NotificationWorld, count: number): Promise<readonly EventMessage[]> {
  const { deps, table } = world;
  const { id } = await world.sent();
  const { Items: items = [] } = await table.client.send(
    new QueryCommand({
      TableName: table.tableName,
      KeyConditionExpression: 'PK = :pk',
      ExpressionAttributeValues: { ':pk': keys.intent(id).PK },
    }),
  );
  const text = JSON.stringify(items);
  const history = await deps.store.intentEvents(id);
  const messages: EventMessage[] = [];
  const written: Record<string, unknown>[] = [];
  for (let index = 0; index < count; index += 1) {
    const intentId = deps.ids.next('pi', deps.clock.now());
    const eventIds = history.map(() => deps.ids.next('evt', deps.clock.now()));
    const renamed = history.reduce(
      (all, event, at) => all.replaceAll(event.id, eventIds[at] ?? ''),
      text.replaceAll(id, intentId),
    );
    written.push(...(JSON.parse(renamed) as Record<string, unknown>[]));
    const last = history.at(-1);
    messages.push({
      schemaVersion: 1,
      subjectId: intentId,
      number: last?.number ?? 0,
      eventId: eventIds.at(-1) ?? '',
      at: last?.at ?? '',
    });
  }
  for (let start = 0; start < written.length; start += batchWriteMax) {
    const requests = written.slice(start, start + batchWriteMax).map((Item) => ({ PutRequest: { Item } }));
    await table.client.send(new BatchWriteCommand({ RequestItems: { [table.tableName]: requests } }));
  }
  return messages;
}

async function run(world: NotificationWorld, messages: readonly EventMessage[]) {
  const record = recording(world.table.client);
  const left = [...messages];
  let told = 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  const deliverer = async (): Promise<void> => {
    for (let message = left.shift(); message !== undefined; message = left.shift()) {
      const count = await deliver(world.deps, message);
      told += count;
    }
  };
  await Promise.all(Array.from({ length: deliverersAtOnce }, deliverer));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { told, seconds, sent: record.end(), cpuMilliseconds: (user + system) / 1000 };
}

const named = (sent: readonly Sent[], name: string): readonly Sent[] =>
  sent.filter(({ constructor: { name: own } }) => own === `${name}Command`);

/** What one event costs that twenty people are told of, one after the other, so that each write has its images. */
async function costOf(world: NotificationWorld, message: EventMessage): Promise<void> {
  const counter = counting(world.table.client);
  const told = await deliver(inTurn(world), message);
  const { roundTrips, items } = counter.taken();
  counter.end();
  const perEntity = Map.groupBy(items, ({ entity }) => entity);
  const detail = [...perEntity].map(
    ([entity, of]) => `${entity} ${(unitsOf(of) / told).toFixed(2)} (${Math.max(...of.map(({ bytes }) => bytes))} B)`,
  );
  process.stdout.write(
    `for each of ${told} people: ${(roundTrips / told).toFixed(2)} requests, ${(unitsOf(items) / told).toFixed(2)} write units: ${detail.join(', ')}\n`,
  );
}

/** The same, with no two writes at the same time. */
function inTurn({ deps }: NotificationWorld): NotificationWorld['deps'] {
  let last: Promise<unknown> = Promise.resolve();
  const { tell, emailSent } = deps.store;
  const after =
    <Given extends readonly unknown[], Value>(method: (...given: Given) => Promise<Value>) =>
    (...given: Given): Promise<Value> => {
      const next = last.then(() => method(...given));
      last = next.catch(() => undefined);
      return next;
    };
  return { ...deps, store: { ...deps.store, tell: after(tell), emailSent: after(emailSent) } };
}

function say(title: string, { told, seconds, sent, cpuMilliseconds }: Awaited<ReturnType<typeof run>>): void {
  const per = (count: number): string => (count / told).toFixed(2);
  process.stdout.write(
    `${title}: ${told} told in ${seconds.toFixed(1)} s: ${(events / seconds).toFixed(0)} events and ${(told / seconds).toFixed(0)} people a second; ` +
      `for each person ${per(sent.length)} requests, ${(cpuMilliseconds / told).toFixed(2)} ms of CPU in this process; ` +
      `${named(sent, 'Scan').length} scans\n`,
  );
}

if (import.meta.main) {
  const engine = await startEngine(process.env['BENCH_ENGINE'] === 'dynamodb-local' ? 'dynamodb-local' : 'dynoxide');
  const world = await notificationWorld(engine);
  const { people, accounts } = world;
  await world.fund(people.hostAdminA, accounts.hostA, accounts.collectiveA, usd(1_000_000));
  await hire(world);
  for (const message of await copies(world, 1)) {
    await costOf(world, message);
  }
  say('with empty inboxes', await run(world, await copies(world, events)));
  say(`with ${events} notices in each`, await run(world, await copies(world, events)));
  for (let round = 2; round < 4; round += 1) {
    await run(world, await copies(world, events));
  }
  say(`with ${4 * events} notices in each`, await run(world, await copies(world, events)));
  await engine.stop();
}
