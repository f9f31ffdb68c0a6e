/** What does a page of 20 out of 10,000 of a host's intents take: round trips, and milliseconds in this process? */
import { listPaymentIntents } from '../shared/application/payment-intents.ts';
import { startEngine } from '../test/support/engine.ts';
import { createWorld } from '../test/support/world.ts';

const intents = 10_000;
const lanes = 8;
const pages = 200;

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

const engine = await startEngine();
const world = await createWorld(engine);
let made = 0;
await Promise.all(
  Array.from({ length: lanes }, async () => {
    while (made < intents) {
      made += 1;
      await world.create(world.people.collectiveAdminA);
    }
  }),
);

const client = engine.client();
const send = client.send.bind(client) as (command: unknown) => Promise<unknown>;
let roundTrips = 0;
Object.assign(client, {
  send: (command: unknown) => {
    roundTrips += 1;
    return send(command);
  },
});

const queries = [
  ['one direction', { host: world.accounts.hostA, direction: 'outgoing' }],
  ['both directions', { host: world.accounts.hostA }],
  ['one direction, by status', { host: world.accounts.hostA, direction: 'outgoing', status: 'draft' }],
  ['an account', { account: world.accounts.collectiveA, direction: 'outgoing' }],
] as const;
for (const [title, query] of queries) {
  const times: number[] = [];
  roundTrips = 0;
  for (let page = 0; page < pages; page += 1) {
    const started = performance.now();
    const listed = await listPaymentIntents(world.deps, world.people.financeA, { ...query, limit: 20 });
    times.push(performance.now() - started);
    if (!listed.ok || listed.value.items.length !== 20) {
      throw new Error(`The page was not full: ${JSON.stringify(listed)}`);
    }
  }
  // The caller's memberships and the list are read at the same time: requests are counted, and waiting is for one.
  process.stdout.write(
    `${title.padEnd(26)} ${(roundTrips / pages).toFixed(0)} requests, median ${median(times).toFixed(1)} ms\n`,
  );
}
await engine.stop();
