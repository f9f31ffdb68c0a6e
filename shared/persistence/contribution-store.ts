/** Access patterns of contributions, holds and the batch, by name (`docs/access-patterns.md`). */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type {
  BatchRun,
  ContributionEvent,
  ContributionListScope,
  ContributionStore,
  Due,
  DueQuery,
  HoldEvent,
  ShownGuard,
  Standing,
} from '../application/contribution-ports.ts';
import type { Position, Slice } from '../application/ports.ts';
import type { Account } from '../domain/account.ts';
import type { Guard } from '../domain/hold.ts';
import type { PaymentMethod, ProcessorName } from '../domain/payment-method.ts';
import { type Rollout, rolloutAtFirst } from '../domain/rollout.ts';
import { contributionFromItem, guardFromItem, holdFromItem, tallyFromItem } from './contribution-items.ts';
import { eventFromItem, type Item, plainFromItem } from './items.ts';
import { guardShards, indexKeys, keys, shardOf } from './keys.ts';
import { isDone } from './lost-races.ts';
import type { StoreOptions } from './store.ts';
import { createTableReader } from './table-reader.ts';

/** A year and a month: long enough to compare with the same time last year. */
const runDays = 400;

export function createContributionStore({ client, tableName }: StoreOptions): ContributionStore {
  const reader = createTableReader(client, tableName);
  const { get, batchGet, query, slice, byPrefix, history } = reader;
  /** Pages of an index of keys alone: the items are read from the table, in the order of the keys. */
  const listed = async <Value>(
    index: { readonly name: string; readonly partition: string },
    limit: number,
    from: Position | undefined,
    read: (item: Item) => Value,
  ): Promise<Slice<Value>> => {
    const page = await query({
      IndexName: index.name,
      KeyConditionExpression: `${index.name}PK = :partition`,
      ExpressionAttributeValues: { ':partition': index.partition },
      ScanIndexForward: false,
      Limit: limit,
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    return { items: (await reader.inOrder(page.Items ?? [])).map(read), next: page.LastEvaluatedKey };
  };

  const due = async <Found extends Due>(
    partition: string,
    { now, limit, from, served }: Omit<DueQuery, 'shard'>,
    read: (item: Item) => Found,
  ): Promise<Slice<Found>> => {
    const named = (served?.hostIds ?? []).map((id, index) => [`:host${index}`, id] as const);
    const page = await reader.due(partition, now, limit, {
      ...(served === undefined
        ? {}
        : {
            FilterExpression: ['slot < :slot', ...listsOf(named.map(([name]) => name))].join(' OR '),
            ExpressionAttributeValues: { ':slot': served.slotBelow, ...Object.fromEntries(named) },
          }),
      ...(from === undefined ? {} : { ExclusiveStartKey: from }),
    });
    return { items: (page.Items ?? []).map(read), next: page.LastEvaluatedKey };
  };

  return {
    async contribution(id) {
      const item = await get(keys.contribution(id));
      return item && contributionFromItem(item);
    },
    contributionEvents: (id) => history<ContributionEvent>('CONTRIBUTION', id),
    async contributionEventsUpTo(id, number, count) {
      const { PK, SK } = keys.event('CONTRIBUTION', id, number);
      const page = await query({
        KeyConditionExpression: 'PK = :pk AND SK BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':pk': PK, ':first': keys.eventPrefix, ':last': SK },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: count,
      });
      return (page.Items ?? []).map((item) => eventFromItem<ContributionEvent>(item, null));
    },
    listContributionEvents: (id, limit, from) =>
      slice(byPrefix(keys.contribution(id).PK, keys.eventPrefix), limit, from, (item) =>
        eventFromItem<ContributionEvent>(item, null),
      ),
    listContributions: (scope, limit, from) =>
      listed(contributionIndex(scope), limit, from, (item) => contributionFromItem(item).contribution),

    async standing(contributionId, accountIds): Promise<Standing> {
      const shard = shardOf(contributionId, guardShards);
      const wanted = [...new Set(accountIds)];
      const items = await batchGet(wanted.flatMap((id) => [keys.guard(id, shard), keys.account(id)]));
      const accounts = items.filter((item) => item['SK'] === keys.account('').SK);
      return { guards: guardsIn(items, wanted, shard), accounts: accounts.map((item) => plainFromItem<Account>(item)) };
    },
    async guardsFor(contributionId, accountIds): Promise<readonly ShownGuard[]> {
      const shard = shardOf(contributionId, guardShards);
      const wanted = [...new Set(accountIds)];
      return guardsIn(await batchGet(wanted.map((id) => keys.guard(id, shard))), wanted, shard);
    },
    async guard(accountId) {
      const items = await batchGet(Array.from({ length: guardShards }, (_, shard) => keys.guard(accountId, shard)));
      const copies = items.map((item) => guardFromItem(accountId, item));
      return {
        ...(copies[0] ?? guardFromItem(accountId, undefined)),
        ...levelsOfAny(copies),
        underWay: copies.reduce((sum, { underWay }) => sum + underWay, 0),
      };
    },
    async tally(accountId) {
      return tallyFromItem(await get(keys.tally(accountId)));
    },
    async paidBy(contributionId, what) {
      const item = await get(keys.paid(contributionId, what));
      return item && (item['intentId'] as string);
    },

    async hold(id) {
      const item = await get(keys.hold(id));
      return item && holdFromItem(item);
    },
    holdEvents: (id) => history<HoldEvent>('HOLD', id),
    listHolds: (accountId, limit, from) =>
      listed({ name: 'GSI4', partition: indexKeys.holdsOf(accountId) }, limit, from, (item) => holdFromItem(item).hold),

    async paymentMethod(accountId, id) {
      const item = await get(keys.paymentMethod(accountId, id));
      return item && plainFromItem<PaymentMethod>(item);
    },
    listPaymentMethods: (accountId, limit, from) =>
      slice(byPrefix(keys.paymentMethod(accountId, '').PK, keys.paymentMethodPrefix), limit, from, (item) =>
        plainFromItem<PaymentMethod>(item),
      ),
    async contributionOfSubscription(processor, reference) {
      const item = await get(keys.subscription(processor, reference));
      return item && (item['contributionId'] as string);
    },

    dueContributions: (asked) =>
      due(indexKeys.dueContributions(asked.shard), asked, (item) => ({
        ...dueFromItem(item),
        processor: item['processor'] as ProcessorName,
      })),
    dueHolds: (asked) => due(indexKeys.dueHolds(), asked, dueFromItem),

    lease(kind, { id, seen }, until) {
      const Key = kind === 'contribution' ? keys.contribution(id) : keys.hold(id);
      return isDone(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key,
            UpdateExpression: 'SET leasedUntil = :until, GSI6SK = :key',
            ConditionExpression: 'GSI6SK = :seen',
            ExpressionAttributeValues: { ':until': until, ':key': indexKeys.due(until, id), ':seen': seen },
          }),
        ),
        'conditionOrConflict',
      );
    },

    async putBatchRun({ outcomes: _outcomes, ...run }) {
      // Workers count into the same item as soon as they have something: only what the run itself knows is set.
      const figures = Object.entries({
        ...run,
        entity: 'BATCH_RUN',
        schemaVersion: 1,
        expiresAtSeconds: Math.floor(Date.parse(run.startedAt) / 1000) + runDays * 86_400,
      });
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keys.batchRun(run.id),
          UpdateExpression: `SET ${figures.map((_, index) => `#n${index} = :v${index}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(figures.map(([name], index) => [`#n${index}`, name])),
          ExpressionAttributeValues: Object.fromEntries(figures.map(([, value], index) => [`:v${index}`, value])),
        }),
      );
    },
    async countInRun(runId, outcomes) {
      const counts = Object.entries(outcomes);
      if (counts.length === 0) {
        return;
      }
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keys.batchRun(runId),
          UpdateExpression: `ADD ${counts.map((_, index) => `#n${index} :v${index}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(
            counts.map(([name], index) => [`#n${index}`, `${counted}${name}`]),
          ),
          ExpressionAttributeValues: Object.fromEntries(counts.map(([, count], index) => [`:v${index}`, count])),
        }),
      );
    },
    listBatchRuns: (limit, from) =>
      slice(
        { ...byPrefix(keys.batchRun('').PK, keys.batchRunPrefix), ScanIndexForward: false },
        limit,
        from,
        runFromItem,
      ),

    async rollout() {
      const item = await get(keys.batchRollout);
      return item === undefined ? rolloutAtFirst : plainFromItem<Rollout>(item);
    },
    listRolloutChanges: (limit, from) =>
      slice(
        { ...byPrefix(keys.batchRollout.PK, keys.batchRolloutChangePrefix), ScanIndexForward: false },
        limit,
        from,
        (item) => plainFromItem<Rollout>(item),
      ),
  };
}

const dueFromItem = (item: Item): Due => ({
  id: item['id'] as string,
  dueAt: item['dueAt'] as string,
  seen: item['GSI6SK'] as string,
  host: { id: item['hostId'] as string, slot: item['slot'] as number },
});

/** `IN` takes a hundred values at most. */
const inMax = 100;

const listsOf = (names: readonly string[]): readonly string[] =>
  Array.from(
    { length: Math.ceil(names.length / inMax) },
    (_, index) => `hostId IN (${names.slice(index * inMax, (index + 1) * inMax).join(', ')})`,
  );

const guardsIn = (items: readonly Item[], accountIds: readonly string[], shard: number): readonly ShownGuard[] =>
  accountIds.map((id) =>
    guardFromItem(
      id,
      items.find((item) => item['PK'] === keys.guard(id, shard).PK),
    ),
  );

/** All copies say the same; while they are read one by one, a hold that is in any of them is there. */
function levelsOfAny(copies: readonly Guard[]): Pick<Guard, 'levels'> {
  return { levels: Object.assign({}, ...copies.map(({ levels }) => levels)) as Guard['levels'] };
}

function contributionIndex(scope: ContributionListScope): { readonly name: string; readonly partition: string } {
  switch (scope.by) {
    case 'contributor':
      return { name: 'GSI4', partition: indexKeys.contributionsFrom(scope.accountId) };
    case 'collective':
      return { name: 'GSI5', partition: indexKeys.contributionsTo(scope.accountId) };
    case 'host':
      return { name: 'GSI1', partition: indexKeys.contributionsOfHost(scope.hostId) };
    case 'set-aside':
      return { name: 'GSI2', partition: indexKeys.setAsideOfHost(scope.hostId) };
  }
}

const counted = 'outcome:';

function runFromItem(item: Item): BatchRun {
  const { expiresAtSeconds: _expiry, ...run } = plainFromItem<Record<string, unknown>>(item);
  const outcomes = Object.entries(run).filter(([name]) => name.startsWith(counted));
  const figures = Object.fromEntries(Object.entries(run).filter(([name]) => !name.startsWith(counted)));
  return {
    ...(figures as Omit<BatchRun, 'outcomes'>),
    outcomes: Object.fromEntries(outcomes.map(([name, count]) => [name.slice(counted.length), Number(count)])),
  };
}
