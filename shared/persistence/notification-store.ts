/** Who was told of what, and who is to be told later (`docs/access-patterns.md`). */
import { DeleteCommand, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Later, Notice, NotificationStore } from '../application/notification-ports.ts';
import { type Item, plainFromItem, plainItem } from './items.ts';
import { dueShards, indexKeys, keys, last, shardOf } from './keys.ts';
import type { StoreOptions } from './store.ts';
import { createTableReader } from './table-reader.ts';

/** Besides the rest of its month, a year and a month: what happened since the same time last year can be found. */
const monthsKept = 13;

/**
 * Notices of one month are forgotten together, and what is unread is counted by month: what was forgotten unread is counted no
 * more.
 */
const monthOf = (at: string): string => at.slice(0, 7);
const forgottenAt = (month: string): string => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number + monthsKept)).toISOString();
};
const unreadIn = (month: string): string => `unread#${month}`;

export function createNotificationStore({ client, tableName }: StoreOptions): NotificationStore {
  const { get, query, slice, byPrefix } = createTableReader(client, tableName);

  return {
    async tell(notice) {
      try {
        await client.send(
          new TransactWriteCommand({
            TransactItems: [
              {
                Put: {
                  TableName: tableName,
                  Item: {
                    ...plainItem('NOTICE', keys.notice(notice.userId, notice.eventId), notice),
                    facts: JSON.stringify(notice.facts),
                    expiresAtSeconds: Date.parse(forgottenAt(monthOf(notice.at))) / 1000,
                  },
                  ConditionExpression: 'attribute_not_exists(PK)',
                },
              },
              {
                Update: {
                  TableName: tableName,
                  Key: keys.inbox(notice.userId),
                  UpdateExpression: 'ADD #unread :one',
                  ExpressionAttributeNames: { '#unread': unreadIn(monthOf(notice.at)) },
                  ExpressionAttributeValues: { ':one': 1 },
                },
              },
            ],
          }),
        );
        return true;
      } catch (error) {
        // Somebody else is telling the same person of another event at this moment: the message comes again.
        if (isRefused(error) && (await get(keys.notice(notice.userId, notice.eventId))) !== undefined) {
          return false;
        }
        throw error;
      }
    },
    async notice(userId, eventId) {
      const item = await get(keys.notice(userId, eventId));
      return item && noticeFromItem(item);
    },
    listNotices: (userId, limit, from) =>
      slice(
        { ...byPrefix(keys.inbox(userId).PK, keys.noticePrefix), ScanIndexForward: false },
        limit,
        from,
        noticeFromItem,
      ),
    async unread(userId, now) {
      const counts = Object.entries((await get(keys.inbox(userId))) ?? {});
      return counts
        .filter(([name]) => name.startsWith(unreadIn('')) && forgottenAt(name.slice(unreadIn('').length)) > now)
        .reduce((sum, [, count]) => sum + Number(count), 0);
    },
    async markRead({ userId, eventId, at: toldAt }, at) {
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
                  ExpressionAttributeNames: { '#unread': unreadIn(monthOf(toldAt)) },
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
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keys.notice(userId, eventId),
          UpdateExpression: 'SET email.#state = :sent, emailSentAt = :at REMOVE claimedUntil',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':sent': 'sent', ':at': at },
        }),
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
      const page = await query({
        IndexName: 'GSI6',
        KeyConditionExpression: 'GSI6PK = :shard AND GSI6SK <= :now',
        ExpressionAttributeValues: { ':shard': indexKeys.dueLater(shard), ':now': `${now}${last}` },
        Limit: limit,
      });
      const found = await Promise.all(
        (page.Items ?? []).map((item) => get({ PK: item['PK'] as string, SK: item['SK'] as string })),
      );
      return found.flatMap((item) => (item === undefined ? [] : [laterFromItem(item)]));
    },
    async removeLater(eventId, hostId) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: keys.later(eventId, hostId) }));
    },
  };
}

function noticeFromItem(item: Item): Notice {
  const {
    facts,
    expiresAtSeconds: _expiry,
    claimedUntil: _claimed,
    emailSentAt: _sent,
    ...notice
  } = plainFromItem<Omit<Notice, 'facts'> & Record<string, unknown>>(item);
  return { ...(notice as Omit<Notice, 'facts'>), facts: JSON.parse(String(facts)) as Notice['facts'] };
}

function laterFromItem(item: Item): Later {
  const { id: _id, ...later } = plainFromItem<Omit<Later, 'schemaVersion'> & { id: string }>(item);
  // The version of an item is not handed out with what is in it.
  return { ...later, schemaVersion: 1 };
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error &&
  ['ConditionalCheckFailedException', 'TransactionCanceledException', 'TransactionConflictException'].includes(
    error.name,
  );

async function isDone(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ConditionalCheckFailedException') {
      return false;
    }
    throw error;
  }
}
