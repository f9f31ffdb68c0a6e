/** Who was told of what, and who is to be told later (`docs/access-patterns.md`). */
import { DeleteCommand, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Digest, Later, Notice, NotificationStore, ToldAs } from '../application/notification-ports.ts';
import type { PersonalPreferences } from '../domain/notification.ts';
import { type Item, plainFromItem, plainItem } from './items.ts';
import { dueShards, indexKeys, keys, shardOf } from './keys.ts';
import { isDone, isRefused } from './lost-races.ts';
import { expiryOf, forgottenAt, monthOf } from './retention.ts';
import type { StoreOptions } from './store.ts';
import { createTableReader } from './table-reader.ts';

/**
 * What is unread is counted by month, as it is forgotten: what was forgotten unread is counted no more. What somebody was told as
 * one of two teams is counted for both by one number, so that it is once in their sum.
 */
const unreadIn = ({ at, hostId, alsoHostIds = [] }: Pick<Notice, 'at' | 'hostId' | 'alsoHostIds'>): string =>
  `unread#${monthOf(at)}#${[hostId ?? '', ...alsoHostIds].join('+')}`;

export function createNotificationStore({ client, tableName }: StoreOptions): NotificationStore {
  const { get, batchGet, due, inOrder, slice, byPrefix } = createTableReader(client, tableName);

  return {
    async tell(notice, email) {
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              ...(email !== undefined && 'digestAt' in email
                ? [{ Update: inDigest(tableName, notice, email.digestAt) }]
                : []),
              {
                Put: {
                  TableName: tableName,
                  Item: {
                    ...plainItem('NOTICE', keys.notice(notice.userId, notice.eventId), notice),
                    facts: JSON.stringify(notice.facts),
                    ...(email !== undefined && 'claimedUntil' in email ? { claimedUntil: email.claimedUntil } : {}),
                    expiresAtSeconds: expiryOf(notice.at),
                  },
                  ConditionExpression: 'attribute_not_exists(PK)',
                },
              },
              ...(notice.isHidden
                ? []
                : [
                    {
                      Update: {
                        TableName: tableName,
                        Key: keys.inbox(notice.userId),
                        UpdateExpression: 'ADD #unread :one',
                        ExpressionAttributeNames: { '#unread': unreadIn(notice) },
                        ExpressionAttributeValues: { ':one': 1 },
                      },
                    },
                  ]),
            ],
          }),
        );
        return 'told';
      } catch (error) {
        if (!isRefused(error)) {
          throw error;
        }
        // When it is not there, somebody else is telling the same person of another event at this moment.
        return (await get(keys.notice(notice.userId, notice.eventId))) === undefined ? 'busy' : 'known';
      }
    },
    async notice(userId, eventId) {
      const item = await get(keys.notice(userId, eventId));
      return item && noticeFromItem(item);
    },
    listNotices: (userId, limit, from) =>
      slice(
        {
          ...byPrefix(keys.inbox(userId).PK, keys.noticePrefix),
          ScanIndexForward: false,
          FilterExpression: 'attribute_not_exists(isHidden)',
        },
        limit,
        from,
        noticeFromItem,
      ),
    async unread(userId, now, host) {
      const counts = Object.entries((await get(keys.inbox(userId))) ?? {});
      return counts
        .map(([name, count]) => ({ parts: name.split('#'), count: Number(count) }))
        .filter(
          ({ parts: [what, month = '', hostIds = ''] }) =>
            what === 'unread' && forgottenAt(month) > now && (host === undefined || hostIds.split('+').includes(host)),
        )
        .reduce((sum, { count }) => sum + count, 0);
    },
    async markRead(notice, at) {
      const { userId, eventId } = notice;
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Update: {
                  TableName: tableName,
                  Key: keys.notice(userId, eventId),
                  UpdateExpression: 'SET readAt = :at',
                  ConditionExpression: 'attribute_exists(PK) AND readAt = :unread',
                  ExpressionAttributeValues: { ':at': at, ':unread': null },
                },
              },
              {
                Update: {
                  TableName: tableName,
                  Key: keys.inbox(userId),
                  UpdateExpression: 'ADD #unread :less',
                  ExpressionAttributeNames: { '#unread': unreadIn(notice) },
                  ExpressionAttributeValues: { ':less': -1 },
                },
              },
            ],
          }),
        );
        return true;
      } catch (error) {
        if (isRefused(error)) {
          return false;
        }
        throw error;
      }
    },
    claimEmail: (userId, eventId, now, until) =>
      isDone(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: keys.notice(userId, eventId),
            UpdateExpression: 'SET claimedUntil = :until',
            ConditionExpression:
              'email.#state = :waiting AND (attribute_not_exists(claimedUntil) OR claimedUntil < :now)',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':until': until, ':waiting': 'waiting', ':now': now },
          }),
        ),
      ),
    async emailSent(userId, eventId, at) {
      await client.send(new UpdateCommand(attempted(tableName, { userId, eventId, at, outcome: 'sent' })));
    },
    async emailFailed(userId, eventId, at, error) {
      await client.send(new UpdateCommand(attempted(tableName, { userId, eventId, at, outcome: error })));
    },

    async personalPreferences(userIds) {
      const items = await batchGet([...new Set(userIds)].map((userId) => keys.inbox(userId)));
      return new Map(
        items.flatMap((item) => {
          const chosen = item['preferences'] as PersonalPreferences | undefined;
          return chosen === undefined ? [] : [[item['userId'] as string, chosen] as const];
        }),
      );
    },
    async putPersonalPreferences(userId, preferences) {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keys.inbox(userId),
          UpdateExpression: 'SET preferences = :preferences, userId = :userId',
          ExpressionAttributeValues: { ':preferences': preferences, ':userId': userId },
        }),
      );
    },

    changePersonalPreferences: (userId, before, after) =>
      isDone(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: keys.inbox(userId),
            UpdateExpression: 'SET preferences = :after, userId = :userId',
            ConditionExpression: before === undefined ? 'attribute_not_exists(preferences)' : 'preferences = :before',
            ExpressionAttributeValues: {
              ':after': after,
              ':userId': userId,
              ...(before === undefined ? {} : { ':before': before }),
            },
          }),
        ),
        // What somebody has not read is counted in the same item, by transactions.
        'conditionOrConflict',
      ),

    async digest(userId) {
      const item = await get(keys.digest(userId));
      return item && digestFromItem(userId, item);
    },
    async dailyNotices(userId, eventIds) {
      const items = await batchGet(eventIds.map((eventId) => keys.notice(userId, eventId)));
      return items.map(noticeFromItem).filter(({ email }) => email.state === 'daily');
    },
    async dueDigests(shard, now, limit) {
      const { Items: found = [] } = await due(indexKeys.dueDigests(shard), now, limit);
      return found.map((item) => ({
        userId: item['id'] as string,
        dueAt: item['dueAt'] as string,
        seen: item['GSI6SK'] as string,
      }));
    },
    postponeDigest: ({ userId, seen }, until) =>
      isDone(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: keys.digest(userId),
            UpdateExpression: 'SET GSI6SK = :later',
            ConditionExpression: 'GSI6SK = :seen',
            ExpressionAttributeValues: { ':later': indexKeys.due(until, userId), ':seen': seen },
          }),
        ),
      ),
    claimDigest: (userId, now, until) =>
      isDone(
        client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: keys.digest(userId),
            UpdateExpression: 'SET claimedUntil = :until',
            ConditionExpression: 'attribute_exists(PK) AND (attribute_not_exists(claimedUntil) OR claimedUntil < :now)',
            ExpressionAttributeValues: { ':until': until, ':now': now },
          }),
        ),
      ),
    async digestFailed(userId) {
      const { Attributes: after } = await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keys.digest(userId),
          UpdateExpression: 'ADD failures :one REMOVE claimedUntil',
          ConditionExpression: 'attribute_exists(PK)',
          ExpressionAttributeValues: { ':one': 1 },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      return Number(after?.['failures']);
    },
    async digestSent({ userId }, { sent, dropped }, at, nextAt) {
      const Key = keys.digest(userId);
      // Whoever died over it may have written some of these: what is said of an e-mail once is not said otherwise.
      for (const eventId of sent) {
        await isDone(
          client.send(new UpdateCommand(whileDaily(attempted(tableName, { userId, eventId, at, outcome: 'sent' })))),
        );
      }
      for (const eventId of dropped) {
        await isDone(client.send(new UpdateCommand(whileDaily(noEmail(tableName, { userId, eventId })))));
      }
      const done = [...sent, ...dropped];
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key,
          UpdateExpression: `${done.length === 0 ? '' : 'DELETE eventIds :done '}SET dueAt = :next, GSI6SK = :key REMOVE claimedUntil, failures`,
          ConditionExpression: 'attribute_exists(PK)',
          ExpressionAttributeValues: {
            ...(done.length === 0 ? {} : { ':done': new Set(done) }),
            ':next': nextAt,
            ':key': indexKeys.due(nextAt, userId),
          },
        }),
      );
      // A set vanishes with its last element; whoever adds one meanwhile keeps the item.
      await isDone(
        client.send(
          new DeleteCommand({ TableName: tableName, Key, ConditionExpression: 'attribute_not_exists(eventIds)' }),
        ),
      );
    },

    putLater: (later) =>
      isDone(
        client.send(
          new PutCommand({
            TableName: tableName,
            Item: {
              ...plainItem('LATER', keys.later(later.eventId, later.laterOf), later),
              id: `${later.eventId}#${later.laterOf}`,
              GSI6PK: indexKeys.dueLater(shardOf(later.eventId, dueShards)),
              GSI6SK: indexKeys.due(later.dueAt, `${later.eventId}#${later.laterOf}`),
            },
            ConditionExpression: 'attribute_not_exists(PK)',
          }),
        ),
      ),
    async dueLater(shard, now, limit) {
      const { Items: found = [] } = await due(indexKeys.dueLater(shard), now, limit);
      return (await inOrder(found)).map(laterFromItem);
    },
    async removeLater(eventId, hostId) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: keys.later(eventId, hostId) }));
    },

    async isHandedOn(eventId, from, now) {
      const item = await get(keys.handedOn(eventId, from));
      // The table forgets in its own time.
      return item !== undefined && Number(item['expiresAtSeconds']) * 1000 > Date.parse(now);
    },
    async putHandedOn(eventId, from, until) {
      const Item = {
        ...keys.handedOn(eventId, from),
        entity: 'HANDED_ON',
        schemaVersion: 1,
        expiresAtSeconds: Math.ceil(Date.parse(until) / 1000),
      };
      await client.send(new PutCommand({ TableName: tableName, Item }));
    },
  };
}

/** Makes the e-mail of the day, or is one more in the one that waits. */
const inDigest = (TableName: string, { userId, eventId }: Notice, dueAt: string) => ({
  TableName,
  Key: keys.digest(userId),
  UpdateExpression:
    'SET dueAt = if_not_exists(dueAt, :dueAt), GSI6PK = if_not_exists(GSI6PK, :shard), GSI6SK = if_not_exists(GSI6SK, :key), id = :userId, entity = :entity ADD eventIds :one',
  ExpressionAttributeValues: {
    ':dueAt': dueAt,
    ':shard': indexKeys.dueDigests(shardOf(userId, dueShards)),
    ':key': indexKeys.due(dueAt, userId),
    ':userId': userId,
    ':entity': 'DIGEST',
    ':one': new Set([eventId]),
  },
});

const digestFromItem = (userId: string, item: Item): Digest => ({
  userId,
  dueAt: item['dueAt'] as string,
  eventIds: [...((item['eventIds'] as ReadonlySet<string> | undefined) ?? [])].sort((one, other) =>
    one < other ? -1 : 1,
  ),
});

type Attempted = {
  readonly userId: string;
  readonly eventId: string;
  readonly at: string;
  readonly outcome: string;
};

/** What fails is tried again by the queue, a few times; the record of it stays small. */
function attempted(TableName: string, { userId, eventId, at, outcome }: Attempted) {
  const isSent = outcome === 'sent';
  return {
    TableName,
    Key: keys.notice(userId, eventId),
    UpdateExpression: `SET email.attempts = list_append(email.attempts, :attempt)${isSent ? ', email.#state = :sent' : ''} REMOVE claimedUntil`,
    ...(isSent ? { ExpressionAttributeNames: { '#state': 'state' } } : {}),
    ExpressionAttributeValues: { ':attempt': [{ at, outcome }], ...(isSent ? { ':sent': 'sent' } : {}) },
  };
}

const noEmail = (TableName: string, { userId, eventId }: { readonly userId: string; readonly eventId: string }) => ({
  TableName,
  Key: keys.notice(userId, eventId),
  UpdateExpression: 'SET email.#state = :none',
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: { ':none': 'none' },
});

/** Only while it waits for the e-mail of the day. */
const whileDaily = <Update extends { readonly ExpressionAttributeValues: object }>(update: Update) => ({
  ...update,
  ConditionExpression: 'email.#state = :daily',
  ExpressionAttributeNames: { '#state': 'state' },
  ExpressionAttributeValues: { ...update.ExpressionAttributeValues, ':daily': 'daily' },
});

function noticeFromItem(item: Item): Notice {
  const {
    facts,
    expiresAtSeconds: _expiry,
    claimedUntil: _claimed,
    ...notice
  } = plainFromItem<Omit<Notice, 'facts'> & Record<string, unknown>>(item);
  const read = { ...(notice as Omit<Notice, 'facts'>), facts: JSON.parse(String(facts)) as Notice['facts'] };
  return { ...read, as: read.as ?? [toldAsBefore(read)] };
}

/** What was told before it was kept as what: with any role, at the account that the notice names. */
const toldAsBefore = ({ userId, accountId, hostId, facts }: Omit<Notice, 'as'>): ToldAs => ({
  place: facts.recipient.place,
  accountId: accountId ?? hostId ?? userId,
  roles: [],
  hostId,
  collectiveId: accountId,
});

function laterFromItem(item: Item): Later {
  const { id: _id, ...later } = plainFromItem<Omit<Later, 'schemaVersion'> & { id: string }>(item);
  // The version of an item is not handed out with what is in it.
  return { ...later, schemaVersion: 1 };
}
