/** Turns a change into one DynamoDB transaction: pure, so that what is written can be read in a test without a table. */
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Change, IntentChange, InvitationChange, KnownIdentity, SuspenseChange } from '../application/ports.ts';
import { type CellChange, type CellKey, cellChanges, type HostLedger, owedLedgers } from '../domain/books.ts';
import { digestOf, homeHostOf, isRegistration } from '../domain/register.ts';
import { contributionOperations } from './contribution-operations.ts';
import { eventItems, intentItem, plainItem } from './items.ts';
import { type Key, keys, registerShards, shardOf } from './keys.ts';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What a failed condition of an operation means, in the order of the operations. */
export type Meaning =
  | {
      readonly kind:
        | 'version'
        | 'duplicate-key'
        | 'slug'
        | 'not-empty'
        | 'unconditional'
        | 'guard'
        | 'already-on-hold'
        | 'paid'
        | 'news'
        | 'subscription';
    }
  | { readonly kind: 'cell'; readonly cell: CellChange };

export type Operation = { readonly item: TransactItem; readonly meaning: Meaning };

/** Half a year: longer than any client retries, so that a late repetition is still one effect. */
const idempotencyDays = 180;

/** Ledger accounts that a command may never take below zero. */
export const neverNegative: readonly HostLedger[] = owedLedgers;

const doesNotExist = 'attribute_not_exists(PK)';
const exists = 'attribute_exists(PK)';
const isAtVersion = '#version = :version';
const comesFrom = (count: number): string =>
  `#status IN (${Array.from({ length: count }, (_, index) => `:from${index}`).join(', ')})`;

/** An identity that is this person's, with the address that it had; one from before addresses were kept there has none. */
const cameWith = ({ userId, address }: KnownIdentity) => ({
  ConditionExpression: `userId = :userId AND ${address === null ? '(attribute_not_exists(address) OR address = :address)' : 'address = :address'}`,
  ExpressionAttributeValues: { ':userId': userId, ':address': address },
});

const secondsOf = (instant: string): number => Math.floor(Date.parse(instant) / 1000);

/** What only some functions write, so that the others do not carry it. */
export type MoreOperations = (tableName: string, change: Change) => readonly Operation[];

const noWebhooks: MoreOperations = (_tableName, { webhooks }) => {
  if (webhooks !== undefined) {
    throw new Error('This store writes no webhooks.');
  }
  return [];
};

export function operations(
  tableName: string,
  change: Change,
  userId: string,
  now: string,
  more: MoreOperations = noWebhooks,
): readonly Operation[] {
  const put = (
    item: Record<string, unknown>,
    meaning: Meaning,
    condition: Partial<NonNullable<TransactItem['Put']>>,
  ): Operation => ({
    item: { Put: { TableName: tableName, Item: item, ...condition } },
    meaning,
  });
  const create = (item: Record<string, unknown>, kind: 'version' | 'duplicate-key' | 'slug' = 'version'): Operation =>
    put(item, { kind }, { ConditionExpression: doesNotExist });
  const replace = (item: Record<string, unknown>, version: number): Operation =>
    put(
      item,
      { kind: 'version' },
      {
        ConditionExpression: isAtVersion,
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': version },
      },
    );

  const intentOperations = ({ before, after, events, from }: IntentChange): readonly Operation[] => {
    const head = events.at(-1);
    const item = intentItem(after, head?.hash ?? '');
    const states = before === null ? [] : (from ?? [before.status]);
    return [
      before === null
        ? create(item)
        : put(
            item,
            { kind: 'version' },
            {
              ConditionExpression: `${isAtVersion} AND ${comesFrom(states.length)}`,
              ExpressionAttributeNames: { '#version': 'version', '#status': 'status' },
              ExpressionAttributeValues: {
                ':version': before.version,
                ...Object.fromEntries(states.map((status, index) => [`:from${index}`, status])),
              },
            },
          ),
      ...events.flatMap((event) => eventItems('INTENT', event)).map((eventItem) => create(eventItem)),
    ];
  };

  const suspenseOperations = ({ before, after, events }: SuspenseChange): readonly Operation[] => {
    const item = plainItem('SUSPENSE', keys.suspense(after.hostId, after.id), {
      ...after,
      headHash: events.at(-1)?.hash,
    });
    return [
      before === null ? create(item) : replace(item, before.version),
      ...events.flatMap((event) => eventItems('SUSPENSE', event)).map((eventItem) => create(eventItem)),
    ];
  };

  const invitationOperations = ({ kind, invitation }: InvitationChange): readonly Operation[] =>
    [keys.invitation(invitation.id), keys.invitationOf(invitation.accountId, invitation.id)].map((Key) =>
      kind === 'given'
        ? create(plainItem('INVITATION', Key, { ...invitation, expiresAtSeconds: secondsOf(invitation.expiresAt) }))
        : {
            item: { Delete: { TableName: tableName, Key, ConditionExpression: exists } },
            meaning: { kind: 'version' },
          },
    );

  const postings = [...change.intents, ...(change.suspense ?? [])].flatMap(({ events }) =>
    events.flatMap((event) => event.postings),
  );
  return [
    ...(change.idempotency === undefined
      ? []
      : [
          create(
            plainItem('IDEMPOTENCY', keys.idempotency(userId, change.idempotency.key), {
              fingerprint: change.idempotency.fingerprint,
              answer: change.idempotency.answer,
              expiresAtSeconds: secondsOf(now) + idempotencyDays * 86_400,
            }),
            'duplicate-key',
          ),
        ]),
    ...change.intents.flatMap(intentOperations),
    ...registrations(tableName, change.intents),
    ...(change.suspense ?? []).flatMap(suspenseOperations),
    ...(change.accounts ?? []).flatMap(({ before, after }) => {
      const item = plainItem('ACCOUNT', keys.account(after.id), after);
      return before === null
        ? [create(item), create(plainItem('SLUG', keys.slug(after.slug), { accountId: after.id }), 'slug')]
        : [replace(item, before.version)];
    }),
    ...(change.identities ?? []).map(({ before, after: { issuer, subject, ...known } }) => {
      const item = plainItem('IDENTITY', keys.identity(issuer, subject), known);
      return before === null ? create(item) : put(item, { kind: 'version' }, cameWith(before));
    }),
    ...(change.invitations ?? []).flatMap(invitationOperations),
    ...(change.memberships ?? []).flatMap(({ after }) => membershipOperations(tableName, after)),
    ...contributionOperations(tableName, change, now),
    ...more(tableName, change),
    ...cellChanges(postings).map((cell) => cellOperation(tableName, cell, change.allowNegative ?? false)),
    ...(change.emptyCells ?? []).map((cell) => emptyCellOperation(tableName, cell)),
  ];
}

/** One person's roles at one account, kept twice: with the account for its list, with the person for one read per command. */
function membershipOperations(
  tableName: string,
  member: NonNullable<Change['memberships']>[number]['after'],
): readonly Operation[] {
  const meaning: Meaning = { kind: 'unconditional' };
  const names = { '#account': member.accountId };
  const Key = keys.memberships(member.userId);
  const memberKey = keys.member(member.accountId, member.userId);
  return member.roles.length === 0
    ? [
        { item: { Delete: { TableName: tableName, Key: memberKey } }, meaning },
        {
          item: {
            Update: { TableName: tableName, Key, UpdateExpression: 'REMOVE #account', ExpressionAttributeNames: names },
          },
          meaning,
        },
      ]
    : [
        { item: { Put: { TableName: tableName, Item: plainItem('MEMBER', memberKey, member) } }, meaning },
        {
          item: {
            Update: {
              TableName: tableName,
              Key,
              UpdateExpression: 'SET #account = :roles',
              ExpressionAttributeNames: names,
              ExpressionAttributeValues: { ':roles': member.roles },
            },
          },
          meaning,
        },
      ];
}

/** Adds to a cell of a book, under the condition that nothing that must not go below zero does. */
function cellOperation(tableName: string, cell: CellChange, allowNegative: boolean): Operation {
  const ledgers = Object.entries(cell.changes) as [HostLedger, number][];
  const guarded = allowNegative
    ? []
    : ledgers.filter(([ledger, amount]) => amount < 0 && neverNegative.includes(ledger));
  const name = (ledger: HostLedger): string => `#${ledger.replace(':', '_')}`;
  const value = (ledger: HostLedger): string => `:${ledger.replace(':', '_')}`;
  return {
    meaning: { kind: 'cell', cell },
    item: {
      Update: {
        TableName: tableName,
        Key: keys.cell(cell.book, cell.accountId, cell.currency),
        UpdateExpression: `ADD ${ledgers.map(([ledger]) => `${name(ledger)} ${value(ledger)}`).join(', ')} SET #book = :book, #accountId = :accountId, #currency = :currency`,
        ExpressionAttributeNames: {
          ...Object.fromEntries(ledgers.map(([ledger]) => [name(ledger), ledger])),
          '#book': 'book',
          '#accountId': 'accountId',
          '#currency': 'currency',
        },
        ExpressionAttributeValues: {
          ...Object.fromEntries(ledgers.map(([ledger, amount]) => [value(ledger), amount])),
          ...Object.fromEntries(guarded.map(([ledger, amount]) => [`${value(ledger)}_needed`, -amount])),
          ':book': cell.book,
          ':accountId': cell.accountId,
          ':currency': cell.currency,
        },
        ...(guarded.length === 0
          ? {}
          : {
              ConditionExpression: guarded
                .map(([ledger]) => `${name(ledger)} >= ${value(ledger)}_needed`)
                .join(' AND '),
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
            }),
      },
    },
  };
}

/** Changes nothing, and lets nothing happen unless this part of the book owes nobody anything. */
function emptyCellOperation(tableName: string, { book, accountId, currency }: CellKey): Operation {
  const isNothing = (ledger: HostLedger): string => `(attribute_not_exists(#${ledger}) OR #${ledger} = :nothing)`;
  return {
    meaning: { kind: 'not-empty' },
    item: {
      ConditionCheck: {
        TableName: tableName,
        Key: keys.cell(book, accountId, currency),
        ConditionExpression: owedLedgers.map(isNothing).join(' AND '),
        ExpressionAttributeNames: Object.fromEntries(owedLedgers.map((ledger) => [`#${ledger}`, ledger])),
        ExpressionAttributeValues: { ':nothing': 0 },
      },
    },
  };
}

/**
 * Counts every intent that its home host ever came to know, and sums up the hashes of the events by which it did, so that
 * the verification of a host's history notices a whole history that was removed. Sharded, because all of a host's new
 * intents pass through it; intents of one change that meet in a shard are counted in one operation.
 */
function registrations(tableName: string, changes: readonly IntentChange[]): readonly Operation[] {
  const shards = new Map<string, { readonly Key: Key; intents: number; digest: bigint }>();
  for (const { after, events } of changes) {
    const event = events.find((candidate) => isRegistration(after, candidate));
    const homeHostId = homeHostOf(after);
    if (event !== undefined && homeHostId !== null) {
      const Key = keys.register(homeHostId, shardOf(after.id, registerShards));
      const shard = shards.get(`${Key.PK} ${Key.SK}`) ?? { Key, intents: 0, digest: 0n };
      shard.intents += 1;
      shard.digest += digestOf(event.hash);
      shards.set(`${Key.PK} ${Key.SK}`, shard);
    }
  }
  return [...shards.values()].map(({ Key, intents, digest }) => ({
    meaning: { kind: 'unconditional' },
    item: {
      Update: {
        TableName: tableName,
        Key,
        UpdateExpression: 'ADD intents :intents, digest :digest',
        ExpressionAttributeValues: { ':intents': intents, ':digest': digest },
      },
    },
  }));
}
