/** The part of a transaction that is about contributions, holds and what stands in the way of money. */
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { ContributionChange, ContributionChanges, GuardChange } from '../application/contribution-ports.ts';
import { levelsThatStop } from '../domain/hold.ts';
import type { Rollout } from '../domain/rollout.ts';
import { contributionItem, holdItem, shownAttribute, tallyChanges } from './contribution-items.ts';
import { eventItems, plainItem } from './items.ts';
import { guardShards, type Key, keys, shardOf } from './keys.ts';
import type { Meaning, Operation } from './transaction.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** How long a message of a processor is remembered; Stripe gives up after days, PayPal after weeks. */
const newsDays = 90;

export function contributionOperations(
  tableName: string,
  changes: ContributionChanges,
  now: string,
): readonly Operation[] {
  const created = (item: Record<string, unknown>, kind: Exclude<Meaning['kind'], 'cell'>): Operation => ({
    meaning: { kind },
    item: { Put: { TableName: tableName, Item: item, ConditionExpression: 'attribute_not_exists(PK)' } },
  });
  const versioned = (item: Record<string, unknown>, before: { readonly version: number } | null): Operation =>
    before === null
      ? created(item, 'version')
      : {
          meaning: { kind: 'version' },
          item: {
            Put: {
              TableName: tableName,
              Item: item,
              ConditionExpression: '#version = :version',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':version': before.version },
            },
          },
        };
  const {
    contributions = [],
    holds = [],
    guards = [],
    paid = [],
    unpaid = [],
    paymentMethods = [],
    subscriptions = [],
    news,
  } = changes;
  return [
    ...contributions.flatMap(({ before, after, events }) => [
      versioned(contributionItem(after, events.at(-1)?.hash ?? ''), before),
      ...events.flatMap((event) => eventItems('CONTRIBUTION', event)).map((item) => created(item, 'version')),
    ]),
    ...tallyOperations(tableName, contributions),
    ...holds.flatMap(({ before, after, events }) => [
      versioned(holdItem(after, events.at(-1)?.hash ?? ''), before),
      ...events.flatMap((event) => eventItems('HOLD', event)).map((item) => created(item, 'version')),
    ]),
    ...distinct(guards).flatMap((guard) => guardOperations(tableName, guard)),
    ...paid.map(({ contributionId, what, intentId }) =>
      created(plainItem('PAID', keys.paid(contributionId, what), { intentId, at: now }), 'paid'),
    ),
    ...unpaid.map(
      ({ contributionId, what }): Operation => ({
        meaning: { kind: 'paid' },
        item: {
          ConditionCheck: {
            TableName: tableName,
            Key: keys.paid(contributionId, what),
            ConditionExpression: 'attribute_not_exists(PK)',
          },
        },
      }),
    ),
    ...paymentMethods.map(({ kind, method }): Operation => {
      const Key = keys.paymentMethod(method.accountId, method.id);
      return kind === 'added'
        ? created(plainItem('PAYMENT_METHOD', Key, method), 'version')
        : {
            meaning: { kind: 'version' },
            item: { Delete: { TableName: tableName, Key, ConditionExpression: 'attribute_exists(PK)' } },
          };
    }),
    ...subscriptions.map(({ processor, reference, contributionId }) =>
      created(plainItem('SUBSCRIPTION', keys.subscription(processor, reference), { contributionId }), 'subscription'),
    ),
    ...(news === undefined
      ? []
      : [
          created(
            plainItem('NEWS', keys.news(news), {
              at: now,
              expiresAtSeconds: Math.floor(Date.parse(now) / 1000) + newsDays * 86_400,
            }),
            'news',
          ),
        ]),
    ...(changes.rollout === undefined ? [] : rolloutOperations(tableName, changes.rollout)),
    ...(changes.tallies ?? []).map(
      ({ accountId, version }): Operation => ({
        meaning: { kind: 'version' },
        item: {
          ConditionCheck: {
            TableName: tableName,
            Key: keys.tally(accountId),
            ConditionExpression: version === 0 ? 'attribute_not_exists(PK)' : '#version = :version',
            ...(version === 0
              ? {}
              : {
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: { ':version': version },
                }),
          },
        },
      }),
    ),
  ];
}

function rolloutOperations(tableName: string, rollout: Rollout): readonly Operation[] {
  const meaning = { kind: 'version' } as const;
  return [
    {
      meaning,
      item: {
        Put: {
          TableName: tableName,
          Item: plainItem('BATCH_ROLLOUT', keys.batchRollout, rollout),
          ConditionExpression: 'attribute_not_exists(PK) OR #version = :before',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':before': rollout.version - 1 },
        },
      },
    },
    {
      meaning,
      item: {
        Put: {
          TableName: tableName,
          Item: plainItem('BATCH_ROLLOUT_CHANGE', keys.batchRolloutChange(rollout.version), rollout),
          ConditionExpression: 'attribute_not_exists(PK)',
        },
      },
    },
  ];
}

/** A collective's and a host's figures move with the contributions themselves; several that meet in one are one operation. */
function tallyOperations(tableName: string, changes: readonly ContributionChange[]): readonly Operation[] {
  const sums = new Map<string, Map<string, number>>();
  for (const { before, after } of changes) {
    const moved = tallyChanges(before, after);
    for (const accountId of new Set([after.collective.accountId, after.collective.hostId ?? ''])) {
      const sum = sums.get(accountId) ?? new Map<string, number>();
      for (const [name, amount] of moved) {
        sum.set(name, (sum.get(name) ?? 0) + amount);
      }
      if (moved.size > 0) {
        sums.set(accountId, sum);
      }
    }
  }
  return [...sums].map(([accountId, sum]) => {
    const figures = [...sum];
    return {
      meaning: { kind: 'unconditional' },
      item: {
        Update: {
          TableName: tableName,
          Key: keys.tally(accountId),
          UpdateExpression: `ADD #version :one${figures.map((_, index) => `, #n${index} :v${index}`).join('')}`,
          ExpressionAttributeNames: {
            '#version': 'version',
            ...Object.fromEntries(figures.map(([name], index) => [`#n${index}`, name])),
          },
          ExpressionAttributeValues: {
            ':one': 1,
            ...Object.fromEntries(figures.map(([, amount], index) => [`:v${index}`, amount])),
          },
        },
      },
    };
  });
}

/** Who gives to a host passes one guard where others pass two; a transaction touches each item once. */
const distinct = (guards: readonly GuardChange[]): readonly GuardChange[] => [
  ...new Map(guards.map((guard) => [JSON.stringify(guard), guard])).values(),
];

function guardOperations(tableName: string, change: GuardChange): readonly Operation[] {
  const everyCopy = Array.from({ length: guardShards }, (_, shard) => keys.guard(change.accountId, shard));
  const update = (Key: Key, rest: Omit<NonNullable<TransactItem['Update']>, 'TableName' | 'Key'>): TransactItem => ({
    Update: { TableName: tableName, Key, ...rest },
  });
  switch (change.kind) {
    case 'place':
      return everyCopy.map((Key) => ({
        // Whoever leaves has looked whether it holds already; what is in the way then passes.
        meaning: { kind: change.isLeaving === true ? 'not-empty' : 'already-on-hold' },
        item: update(Key, {
          UpdateExpression: `ADD #level :owners${change.isLeaving === true ? ', moves :one' : ''} SET #shown = :shown`,
          ConditionExpression: `(attribute_not_exists(#level) OR NOT contains(#level, :owner))${change.isLeaving === true ? ` AND ${isIdle}` : ''}`,
          ExpressionAttributeNames: { '#level': change.level, '#shown': shownAttribute(change.level, change.owner) },
          ExpressionAttributeValues: {
            ':owners': new Set([change.owner]),
            ':owner': change.owner,
            ':shown': change.shown,
            ...(change.isLeaving === true ? { ':none': 0, ':one': 1 } : {}),
          },
        }),
      }));
    case 'lift':
      return everyCopy.map((Key) => ({
        meaning: { kind: 'version' },
        item: update(Key, {
          UpdateExpression: `DELETE #level :owners REMOVE #shown${change.skipUntil === null ? '' : ' SET skipUntil = :skipUntil'}`,
          ConditionExpression: 'contains(#level, :owner)',
          ExpressionAttributeNames: { '#level': change.level, '#shown': shownAttribute(change.level, change.owner) },
          ExpressionAttributeValues: {
            ':owners': new Set([change.owner]),
            ':owner': change.owner,
            ...(change.skipUntil === null ? {} : { ':skipUntil': change.skipUntil }),
          },
        }),
      }));
    case 'begin':
      return [
        {
          meaning: { kind: 'guard' },
          item: update(keys.guard(change.accountId, shardOf(change.contributionId, guardShards)), {
            UpdateExpression: 'ADD underWay :one',
            ...isFree(change, { ':one': 1 }),
          }),
        },
      ];
    case 'leave':
      return everyCopy.map((Key) => ({
        meaning: { kind: 'not-empty' },
        item: update(Key, {
          UpdateExpression: 'ADD moves :one',
          ConditionExpression: isIdle,
          ExpressionAttributeValues: { ':none': 0, ':one': 1 },
        }),
      }));
    case 'still':
      return [
        {
          meaning: { kind: 'version' },
          item: {
            ConditionCheck: {
              TableName: tableName,
              Key: keys.guard(change.accountId, shardOf(change.contributionId, guardShards)),
              ...isStill(change.moves),
            },
          },
        },
      ];
    case 'end':
      return [
        {
          meaning: { kind: 'unconditional' },
          item: update(keys.guard(change.accountId, shardOf(change.contributionId, guardShards)), {
            UpdateExpression: 'ADD underWay :less',
            ExpressionAttributeValues: { ':less': -1 },
          }),
        },
      ];
    case 'free':
      return [
        {
          meaning: { kind: 'guard' },
          item: {
            ConditionCheck: {
              TableName: tableName,
              Key: keys.guard(change.accountId, shardOf(change.subjectId, guardShards)),
              ...isFree(change),
            },
          },
        },
      ];
  }
}

/** No charge that was begun is without an end. */
const isIdle = '(attribute_not_exists(underWay) OR underWay = :none)';

/** The guard says of the account's moves what was seen before. */
const isStill = (moves: number) =>
  moves === 0
    ? { ConditionExpression: 'attribute_not_exists(moves)' }
    : { ConditionExpression: 'moves = :moves', ExpressionAttributeValues: { ':moves': moves } };

/**
 * No attribute of a level that stops the flow is there: sets vanish with their last element. Where it is said how often the account
 * was seen to have moved, it has not moved since.
 */
function isFree(
  { flow, moves }: { readonly flow: keyof typeof levelsThatStop; readonly moves?: number },
  values: Readonly<Record<string, number>> = {},
) {
  const levels = levelsThatStop[flow];
  const still = moves === undefined ? undefined : isStill(moves);
  const all = { ...values, ...still?.ExpressionAttributeValues };
  return {
    ConditionExpression: [
      ...levels.map((_, index) => `attribute_not_exists(#level${index})`),
      ...(still === undefined ? [] : [still.ConditionExpression]),
    ].join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(levels.map((level, index) => [`#level${index}`, level])),
    ...(Object.keys(all).length === 0 ? {} : { ExpressionAttributeValues: all }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  };
}
