/** The one store: access patterns by name (`docs/access-patterns.md`), over one DynamoDB table. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  PutCommand,
  type QueryCommandInput,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type {
  Balance,
  Change,
  CommandRead,
  CommitOutcome,
  IdempotencyRecord,
  IntentFilter,
  IntentListScope,
  IntentSummary,
  Position,
  SignInAddress,
  Slice,
  StatementEntry,
  Store,
  StoredIntent,
} from '../application/ports.ts';
import type { Account, Invitation, Membership, SuspenseEvent, SuspenseRecord } from '../domain/account.ts';
import type { Memberships, Role } from '../domain/authorisation.ts';
import { type HostLedger, hostLedgers } from '../domain/books.ts';
import type { HoldOwner } from '../domain/hold.ts';
import type { IntentEvent } from '../domain/payment-intent.ts';
import type { PaymentMethod } from '../domain/payment-method.ts';
import { contributionFromItem, guardFromItem, holdFromItem, tallyFromItem } from './contribution-items.ts';
import { entryFromItem, type Item, intentFromItem, plainFromItem, summaryFromItem } from './items.ts';
import { idsMadeBetween, indexKeys, keys, last, registerShards } from './keys.ts';
import { isDone } from './lost-races.ts';
import { createTableReader } from './table-reader.ts';
import { type MoreOperations, neverNegative, type Operation, operations } from './transaction.ts';

export type StoreOptions = { readonly client: DynamoDBDocumentClient; readonly tableName: string };

/** How many pages of an index one list request reads at most before it hands out a cursor with what it has found. */
const pagesPerRequestMax = 8;

/** @param more what a change may mean besides, for the functions that write it (`webhook-items.ts`) */
export function createStore({ client, tableName }: StoreOptions, more?: MoreOperations): Store {
  const { get, batchGet, query, all, byPrefix, slice, due, inOrder, history } = createTableReader(client, tableName);

  return {
    async readForCommand(wantedOf): Promise<CommandRead> {
      const { userId, idempotencyKey, intentId, accountIds = [] } = wantedOf;
      const { contributionId, holdId, paymentMethod, guardsOf = [], tallyOf } = wantedOf;
      const wanted = [
        keys.memberships(userId),
        ...(idempotencyKey === undefined ? [] : [keys.idempotency(userId, idempotencyKey)]),
        ...(intentId === undefined ? [] : [keys.intent(intentId)]),
        ...[...new Set(accountIds)].map((id) => keys.account(id)),
        ...(contributionId === undefined ? [] : [keys.contribution(contributionId)]),
        ...(holdId === undefined ? [] : [keys.hold(holdId)]),
        ...(paymentMethod === undefined ? [] : [keys.paymentMethod(paymentMethod.accountId, paymentMethod.id)]),
        ...[...new Set(guardsOf)].map((id) => keys.guard(id, 0)),
        ...(tallyOf === undefined ? [] : [keys.tally(tallyOf)]),
      ];
      const items = await batchGet(wanted);
      const ofEntity = (sortKey: string): Item | undefined => items.find((item) => item['SK'] === sortKey);
      const accounts = items.filter((item) => item['SK'] === 'ACCOUNT').map((item) => plainFromItem<Account>(item));
      const intent = ofEntity('INTENT');
      const remembered = ofEntity('IDEMPOTENCY');
      const contribution = ofEntity('CONTRIBUTION');
      const hold = ofEntity('HOLD');
      const method = paymentMethod && ofEntity(keys.paymentMethod(paymentMethod.accountId, paymentMethod.id).SK);
      return {
        contribution: contribution && contributionFromItem(contribution),
        hold: hold && holdFromItem(hold),
        paymentMethod: method && plainFromItem<PaymentMethod>(method),
        guards: [...new Set(guardsOf)].map((id) =>
          guardFromItem(
            id,
            items.find((item) => item['PK'] === keys.guard(id, 0).PK),
          ),
        ),
        tally: tallyFromItem(ofEntity('TALLY')),
        memberships: membershipsFromItem(ofEntity('MEMBERSHIPS')),
        idempotency:
          remembered === undefined || idempotencyKey === undefined
            ? undefined
            : { ...plainFromItem<Omit<IdempotencyRecord, 'key'>>(remembered), key: idempotencyKey },
        intent: intent && intentFromItem(intent),
        accounts: new Map(accounts.map((account) => [account.id, account])),
      };
    },

    async commit(change: Change, userId: string, now: string): Promise<CommitOutcome> {
      const planned = operations(tableName, change, userId, now, more);
      try {
        await client.send(new TransactWriteCommand({ TransactItems: planned.map((operation) => operation.item) }));
        return { outcome: 'committed' };
      } catch (error) {
        if (error instanceof TransactionCanceledException) {
          return outcomeOf(planned, error);
        }
        throw error;
      }
    },

    async intent(id): Promise<StoredIntent | undefined> {
      const item = await get(keys.intent(id));
      return item && intentFromItem(item);
    },

    async intentEvents(id, upToVersion): Promise<readonly IntentEvent[]> {
      const events = await history<IntentEvent>('INTENT', id);
      return upToVersion === undefined ? events : events.filter((event) => event.number <= upToVersion);
    },

    async listIntents(scope, filter, limit, from): Promise<Slice<IntentSummary>> {
      const index = intentIndex(scope);
      const items: IntentSummary[] = [];
      let start = from && intentStartKey(index, from);
      for (let pages = 0; pages < pagesPerRequestMax; pages += 1) {
        const page = await query({
          IndexName: index.name,
          ...intentConditions(index, filter),
          ScanIndexForward: false,
          Limit: limit - items.length,
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        });
        const found = page.Items ?? [];
        // The account lists copy keys alone.
        const whole = scope.by === 'host' ? found : await inOrder(found);
        items.push(...matching(whole.map(summaryFromItem), filter));
        start = page.LastEvaluatedKey;
        if (start === undefined || items.length >= limit) {
          break;
        }
      }
      return { items, next: start && positionOf(start, index) };
    },

    async memberships(userId): Promise<Memberships> {
      return membershipsFromItem(await get(keys.memberships(userId)));
    },

    members: (accountId, limit, from) =>
      slice(byPrefix(keys.account(accountId).PK, keys.memberPrefix), limit, from, (item) =>
        plainFromItem<Membership>(item),
      ),

    async member(accountId, userId): Promise<Membership | undefined> {
      const item = await get(keys.member(accountId, userId));
      return item && plainFromItem<Membership>(item);
    },

    async invitation(id): Promise<Invitation | undefined> {
      const item = await get(keys.invitation(id));
      return item && invitationFromItem(item);
    },

    async invitations(accountId, since, limit, from): Promise<Slice<Invitation>> {
      const [earliest, latest] = idsMadeBetween('inv', since, undefined);
      const input = {
        KeyConditionExpression: 'PK = :partition AND SK BETWEEN :earliest AND :latest',
        ExpressionAttributeValues: {
          ':partition': keys.account(accountId).PK,
          ':earliest': keys.invitationOf(accountId, earliest).SK,
          ':latest': keys.invitationOf(accountId, latest).SK,
        },
        ScanIndexForward: false,
        ConsistentRead: true,
      };
      return slice(input, limit, from, invitationFromItem);
    },

    async account(id): Promise<Account | undefined> {
      const item = await get(keys.account(id));
      return item && plainFromItem<Account>(item);
    },

    async accounts(ids): Promise<readonly Account[]> {
      const items = await batchGet([...new Set(ids)].map((id) => keys.account(id)));
      return items.map((item) => plainFromItem<Account>(item));
    },

    async accountBySlug(slug): Promise<Account | undefined> {
      const pointer = await get(keys.slug(slug));
      const item = pointer && (await get(keys.account(pointer['accountId'] as string)));
      return item && plainFromItem<Account>(item);
    },

    async balances(book, accountId): Promise<readonly Balance[]> {
      const partition = keys.cell(book, accountId, '').PK;
      return Array.fromAsync(all(byPrefix(partition, keys.cellPrefix(accountId))), balanceFromItem);
    },

    async *cells(book): AsyncIterable<Balance> {
      for await (const item of all(byPrefix(keys.cell(book, '', '').PK, keys.cellPrefix()))) {
        yield balanceFromItem(item);
      }
    },

    statement: (scope, limit, position) => slice(statementQuery(scope, false), limit, position, entryFromItem),

    async *entries(book, to, accountId): AsyncIterable<StatementEntry> {
      for await (const item of all(statementQuery({ book, accountId }, true))) {
        const line = entryFromItem(item);
        if (to === undefined || line.effectiveAt <= to) {
          yield line;
        }
      }
    },

    async *intentsInTransit(hostId, direction): AsyncIterable<IntentSummary> {
      const index = intentIndex({ by: 'host', direction, hostId });
      const found = all({
        IndexName: index.name,
        KeyConditionExpression: `${index.partitionKey} = :partition`,
        FilterExpression: 'attribute_exists(transit)',
        ExpressionAttributeValues: { ':partition': index.partition },
      });
      for await (const item of found) {
        yield summaryFromItem(item);
      }
    },

    async suspense(hostId, id) {
      const item = await get(keys.suspense(hostId, id));
      if (item === undefined) {
        return undefined;
      }
      const { headHash, ...record } = plainFromItem<SuspenseRecord & { headHash: string }>(item);
      return { record, headHash };
    },

    suspenseEvents: (id) => history<SuspenseEvent>('SUSPENSE', id),

    listSuspense: (hostId, limit, from) =>
      slice(
        { ...byPrefix(keys.suspense(hostId, '').PK, keys.suspensePrefix), ScanIndexForward: false },
        limit,
        from,
        (item) => {
          const { headHash: _headHash, ...record } = plainFromItem<SuspenseRecord & { headHash: string }>(item);
          return record;
        },
      ),

    async due(shard, now, limit) {
      const { Items: found = [] } = await due(indexKeys.dueIntents(shard), now, limit);
      return found.map((item) => ({ intentId: String(item['id']), dueAt: String(item['dueAt']) }));
    },

    async *intentIdsOfHost(hostId): AsyncIterable<string> {
      const seen = new Set<string>();
      const lists = [
        ['GSI1', 'GSI1PK', indexKeys.outgoingOfHost(hostId)],
        ['GSI2', 'GSI2PK', indexKeys.incomingOfHost(hostId)],
      ] as const;
      for (const [IndexName, attribute, partition] of lists) {
        const found = all({
          IndexName,
          KeyConditionExpression: `${attribute} = :partition`,
          ExpressionAttributeValues: { ':partition': partition },
          ProjectionExpression: 'id',
        });
        for await (const item of found) {
          const id = String(item['id']);
          if (!seen.has(id)) {
            seen.add(id);
            yield id;
          }
        }
      }
    },

    async register(hostId) {
      const shards = await batchGet(Array.from({ length: registerShards }, (_, shard) => keys.register(hostId, shard)));
      const sum = shards.reduce((total, item) => total + BigInt(item['digest'] as number | bigint), 0n);
      return { intents: shards.reduce((total, item) => total + Number(item['intents']), 0), digest: sum.toString() };
    },

    async identity(issuer, subject) {
      const item = await get(keys.identity(issuer, subject));
      return item && { userId: item['userId'] as string, address: (item['address'] ?? null) as SignInAddress | null };
    },

    async secret(name, make) {
      const Key = keys.secret(name);
      const stored = (await get(Key))?.['value'];
      if (stored instanceof Uint8Array) {
        return stored;
      }
      const item = { ...Key, entity: 'SECRET', schemaVersion: 1, value: make() };
      await isDone(
        client.send(
          new PutCommand({ TableName: tableName, Item: item, ConditionExpression: 'attribute_not_exists(PK)' }),
        ),
      );
      return (await get(Key))?.['value'] as Uint8Array;
    },
  };
}

function membershipsFromItem(item: Item | undefined): Memberships {
  const accounts = Object.entries(item ?? {}).filter(([name]) => name.startsWith('acc_'));
  return Object.fromEntries(accounts) as Record<string, readonly Role[]>;
}

function invitationFromItem(item: Item): Invitation {
  const { expiresAtSeconds: _expiry, ...invitation } = plainFromItem<Invitation & { expiresAtSeconds: number }>(item);
  return invitation;
}

function balanceFromItem(item: Item): Balance {
  const { book, accountId, currency } = item as Pick<Balance, 'book' | 'accountId' | 'currency'>;
  const ledgers = hostLedgers.flatMap((ledger): [HostLedger, number][] =>
    typeof item[ledger] === 'number' && item[ledger] !== 0 ? [[ledger, item[ledger]]] : [],
  );
  return { book, accountId, currency, ledgers: Object.fromEntries(ledgers) };
}

// --- Lists of intents ------------------------------------------------------------------------------------------------

type IntentIndex = {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  readonly partition: string;
};

function intentIndex(scope: IntentListScope): IntentIndex {
  const out = scope.direction === 'outgoing';
  const number = scope.by === 'host' ? (out ? 1 : 2) : out ? 4 : 5;
  const partition =
    scope.by === 'host'
      ? out
        ? indexKeys.outgoingOfHost(scope.hostId)
        : indexKeys.incomingOfHost(scope.hostId)
      : out
        ? indexKeys.outgoingOfAccount(scope.accountId)
        : indexKeys.incomingOfAccount(scope.accountId);
  return { name: `GSI${number}`, partitionKey: `GSI${number}PK`, sortKey: `GSI${number}SK`, partition };
}

function intentConditions(index: IntentIndex, filter: IntentFilter): Partial<QueryCommandInput> {
  const names: Record<string, string> = {};
  const [earliest, latest] = idsMadeBetween('pi', filter.createdFrom, filter.createdTo);
  const values: Record<string, unknown> = {
    ':partition': index.partition,
    ':from': earliest,
    ':to': latest,
  };
  const clauses: string[] = [];
  const clause = (name: string, expression: string, value: unknown): void => {
    if (value !== undefined) {
      values[`:${name}`] = value;
      clauses.push(expression);
    }
  };
  // An index that copies keys alone cannot filter; `matching` does it for those.
  if (index.name === 'GSI1' || index.name === 'GSI2') {
    clause('status', '#status = :status', filter.status);
    clause('type', '#type = :type', filter.type);
    clause('currency', 'currency = :currency', filter.currency);
    clause('amountMin', 'amountMinor >= :amountMin', filter.amountMin);
    clause('amountMax', 'amountMinor <= :amountMax', filter.amountMax);
    // The text may mention an id otherwise; `matching` keeps those that have it as a party.
    clause('party', 'contains(summary, :party)', filter.party);
    Object.assign(names, filter.status === undefined ? {} : { '#status': 'status' });
    Object.assign(names, filter.type === undefined ? {} : { '#type': 'type' });
  }
  return {
    KeyConditionExpression: `${index.partitionKey} = :partition AND ${index.sortKey} BETWEEN :from AND :to`,
    ExpressionAttributeValues: values,
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
    ...(clauses.length === 0 ? {} : { FilterExpression: clauses.join(' AND ') }),
  };
}

function matching(items: readonly IntentSummary[], filter: IntentFilter): readonly IntentSummary[] {
  return items.filter(
    (item) =>
      (filter.status === undefined || item.status === filter.status) &&
      (filter.type === undefined || item.type === filter.type) &&
      (filter.currency === undefined || item.amount.currency === filter.currency) &&
      (filter.amountMin === undefined || item.amount.amount >= filter.amountMin) &&
      (filter.amountMax === undefined || item.amount.amount <= filter.amountMax) &&
      (filter.party === undefined || item.payer.accountId === filter.party || item.payee.accountId === filter.party),
  );
}

/** A position is the id of the last intent seen, which is the sort key of every list of intents. */
function intentStartKey(index: IntentIndex, position: Position): Item {
  const id = String(position['id']);
  return {
    ...keys.intent(id),
    [index.partitionKey]: index.partition,
    [index.sortKey]: id,
  };
}

function positionOf(start: Item, index: IntentIndex): Position {
  return { id: start[index.sortKey] };
}

// --- Statements ------------------------------------------------------------------------------------------------------

function statementQuery(
  scope: Parameters<Store['statement']>[0],
  forward: boolean,
): Omit<QueryCommandInput, 'TableName'> {
  const { book, accountId, currency, from, to } = scope;
  const account = accountId === undefined ? '' : `${accountId}#`;
  const prefix = currency === undefined ? account : `${account}${currency}#`;
  // Dates are a range only behind an account and a currency: that is the order of the index.
  const isDated = accountId !== undefined && currency !== undefined;
  // A key condition takes no empty text; a blank sorts before every account.
  const start = (isDated ? `${prefix}${from ?? ''}` : prefix) || ' ';
  const end = isDated ? `${prefix}${to ?? ''}${last}` : `${prefix}${last}`;
  return {
    IndexName: 'GSI3',
    KeyConditionExpression: 'GSI3PK = :book AND GSI3SK BETWEEN :start AND :end',
    ExpressionAttributeValues: { ':book': indexKeys.book(book), ':start': start, ':end': end },
    ScanIndexForward: forward,
  };
}

// --- Outcomes --------------------------------------------------------------------------------------------------------

/** Reads from a canceled transaction what it means; a request that was answered before comes before everything else. */
function outcomeOf(planned: readonly Operation[], error: TransactionCanceledException): CommitOutcome {
  const failed = (error.CancellationReasons ?? []).flatMap((reason, index) => {
    const operation = planned[index];
    return reason.Code === undefined || reason.Code === 'None' || operation === undefined
      ? []
      : [{ code: reason.Code, meaning: operation.meaning, item: reason.Item }];
  });
  const unexpected = failed.find(({ code }) => !expectedCodes.includes(code));
  if (unexpected !== undefined || failed.length === 0) {
    throw error;
  }
  const conditions = failed.filter(({ code }) => code === 'ConditionalCheckFailed');
  if (conditions.some(({ meaning }) => meaning.kind === 'duplicate-key')) {
    return { outcome: 'duplicate-key' };
  }
  const isOvertaken = conditions.some(({ meaning }) => meaning.kind === 'version' || meaning.kind === 'not-empty');
  if (failed.length > conditions.length || isOvertaken) {
    return { outcome: 'conflict' };
  }
  const special = conditions.flatMap(({ meaning, item }): readonly CommitOutcome[] => {
    switch (meaning.kind) {
      case 'guard': {
        // Without any hold, the account has moved since it was looked at: whoever asked looks again.
        const owners = ownersIn(item && unmarshall(item));
        return [owners.length === 0 ? { outcome: 'conflict' } : { outcome: 'on-hold', owners }];
      }
      case 'already-on-hold':
        return [{ outcome: 'already-on-hold' }];
      case 'paid':
        return [{ outcome: 'already-paid' }];
      case 'news':
        return [{ outcome: 'known-news' }];
      case 'subscription':
        return [{ outcome: 'subscription-taken' }];
      default:
        return [];
    }
  });
  if (special[0] !== undefined) {
    return special[0];
  }
  const cell = conditions.find(({ meaning }) => meaning.kind === 'cell');
  if (cell?.meaning.kind === 'cell') {
    return shortage(cell.meaning.cell, cell.item && unmarshall(cell.item));
  }
  return { outcome: 'slug-taken' };
}

const ownersIn = (item: Item | undefined): readonly HoldOwner[] => [
  ...new Set(Object.values(guardFromItem('', item).levels).flat()),
];

const expectedCodes = [
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
];

/** @returns which ledger account was too low, and how much it held */
function shortage(
  cell: {
    readonly book: string;
    readonly accountId: string;
    readonly currency: string;
    readonly changes: Partial<Record<HostLedger, number>>;
  },
  old: Item | undefined,
): CommitOutcome {
  const { book, accountId, currency, changes } = cell;
  const held = (ledger: HostLedger): number => (typeof old?.[ledger] === 'number' ? old[ledger] : 0);
  const low = (Object.entries(changes) as [HostLedger, number][]).find(
    ([ledger, amount]) => amount < 0 && neverNegative.includes(ledger) && held(ledger) < -amount,
  );
  const ledger = low?.[0] ?? 'available';
  return { outcome: 'insufficient', cell: { book, accountId, currency }, ledger, held: held(ledger) };
}
