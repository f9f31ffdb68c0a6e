/** What was written about contributions and holds cannot be altered unseen (requirements X5, invariant 10). */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, expect, test } from '@jest/globals';
import { verifyContributions } from '../../shared/application/contribution-verification.ts';
import { liftAccountHold } from '../../shared/application/holds.ts';
import { verifyHostHistory } from '../../shared/application/verification.ts';
import { keys } from '../../shared/persistence/keys.ts';
import { type ContributionWorld, contributionWorld } from '../support/contribution-world.ts';
import { engineOfFile } from '../support/engine-of-file.ts';
import { expected } from '../support/world.ts';

const engine = await engineOfFile();
let world: ContributionWorld;
let ids: { readonly contribution: string; readonly hold: string };
beforeEach(async () => {
  world = await contributionWorld(engine);
  const { people, accounts, clock } = world;
  const contribution = (await world.contribute()).id;
  await world.batch();
  const first = await world.paused(people.financeA, accounts.collectiveA);
  clock.advanceDays(40);
  await world.batch();
  expected(await liftAccountHold(world.deps, world.meta(people.financeA), first.id));
  const hold = (await world.paused(people.hostAdminA, accounts.collectiveA)).id;
  ids = { contribution, hold };
});

const change = async (Key: Record<string, string>, name: string, value: unknown): Promise<void> => {
  const { client, tableName } = world.table;
  await client.send(
    new UpdateCommand({
      TableName: tableName,
      Key,
      UpdateExpression: 'SET #name = :value',
      ExpressionAttributeNames: { '#name': name },
      ExpressionAttributeValues: { ':value': value },
    }),
  );
};
const details = async (): Promise<readonly string[]> =>
  (await verifyContributions(world.deps, world.accounts.hostA)).problems.map(({ detail }) => detail);

test('a history that nobody touched is found to be whole, and so are the books beside it', async () => {
  const { contributions, holds, events, problems } = await verifyContributions(world.deps, world.accounts.hostA);
  expect({ contributions, holds, problems }).toEqual({ contributions: 1, holds: 2, problems: [] });
  expect(events).toBeGreaterThan(5);
  expect((await verifyHostHistory(world.deps, world.accounts.hostA)).problems).toEqual([]);
});

test('an event of a contribution that was rewritten is found', async () => {
  await change(keys.event('CONTRIBUTION', ids.contribution, 2), 'details', JSON.stringify(['batch', 'batch', {}]));
  expect(await details()).toContain('It was altered: its hash does not fit its content.');
});

test('a contribution whose state was rewritten is found', async () => {
  const stored = await world.deps.store.contribution(ids.contribution);
  const state = JSON.stringify({ ...stored?.contribution, charged: 7 });
  await change(keys.contribution(ids.contribution), 'state', state);
  expect(await details()).toEqual(['The state is not what its history adds up to.']);
});

test('a hold that was made to look lifted is found', async () => {
  const stored = await world.deps.store.hold(ids.hold);
  await change(keys.hold(ids.hold), 'state', JSON.stringify({ ...stored?.hold, status: 'lifted' }));
  expect(await details()).toEqual([
    'The state is not what its history adds up to.',
    'Its guard is not what its holds come to.',
  ]);
});

test('a guard that says something else than the holds is found', async () => {
  await change(keys.guard(world.accounts.hostA, 0), 'recurring_in', new Set(['platform']));
  expect(await details()).toEqual(['Its guard is not what its holds come to.']);
});
