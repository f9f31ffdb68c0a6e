/** Contributions, holds and guards as table items, and back. */
import type {
  ShownGuard,
  ShownHold,
  StoredContribution,
  StoredHold,
  Tally,
  TallyRow,
} from '../application/contribution-ports.ts';
import { type Contribution, contributionDueAt } from '../domain/contribution.ts';
import { type AccountHold, type HoldLevel, type HoldOwner, holdDueAt, holdLevels, holdOwners } from '../domain/hold.ts';
import type { ProcessorName } from '../domain/payment-method.ts';
import { slots } from '../domain/rollout.ts';
import type { Item } from './items.ts';
import { dueShards, indexKeys, keys, shardOf } from './keys.ts';

/** A host's place among the hundred of the rollout: stable, and the same wherever it is asked for. */
export const slotOf = (hostId: string): number => shardOf(hostId, slots);

/** The contribution under the keys by which its contributor, its collective, its host and the clock find it. */
export function contributionItem(contribution: Contribution, headHash: string): Item {
  const { id, version, status, contributor, collective, setAside, method } = contribution;
  const hostId = collective.hostId ?? '';
  const dueAt = contributionDueAt(contribution);
  return {
    ...keys.contribution(id),
    entity: 'CONTRIBUTION',
    schemaVersion: 1,
    id,
    version,
    status,
    hostId,
    state: JSON.stringify(contribution),
    headHash,
    GSI1PK: indexKeys.contributionsOfHost(hostId),
    GSI1SK: id,
    ...(setAside === null ? {} : { GSI2PK: indexKeys.setAsideOfHost(hostId), GSI2SK: id }),
    GSI4PK: indexKeys.contributionsFrom(contributor.accountId),
    GSI4SK: id,
    GSI5PK: indexKeys.contributionsTo(collective.accountId),
    GSI5SK: id,
    ...(dueAt === null
      ? {}
      : {
          dueAt,
          slot: slotOf(hostId),
          processor: method.processor,
          GSI6PK: indexKeys.dueContributions(shardOf(id, dueShards)),
          GSI6SK: indexKeys.due(dueAt, id),
        }),
  };
}

export function contributionFromItem(item: Item): StoredContribution {
  return {
    contribution: JSON.parse(item['state'] as string) as Contribution,
    headHash: item['headHash'] as string,
    leasedUntil: (item['leasedUntil'] as string | undefined) ?? null,
  };
}

export function holdItem(hold: AccountHold, headHash: string): Item {
  const { id, version, status, accountId, hostId } = hold;
  const dueAt = holdDueAt(hold);
  return {
    ...keys.hold(id),
    entity: 'HOLD',
    schemaVersion: 1,
    id,
    version,
    status,
    state: JSON.stringify(hold),
    headHash,
    GSI4PK: indexKeys.holdsOf(accountId),
    GSI4SK: id,
    ...(dueAt === null
      ? {}
      : {
          dueAt,
          slot: slotOf(hostId ?? accountId),
          hostId: hostId ?? accountId,
          GSI6PK: indexKeys.dueHolds(),
          GSI6SK: indexKeys.due(dueAt, id),
        }),
  };
}

export const holdFromItem = (item: Item): StoredHold => ({
  hold: JSON.parse(item['state'] as string) as AccountHold,
  headHash: item['headHash'] as string,
});

/** Where a guard's copy has what is shown of a hold; at each level an owner has one. */
export const shownAttribute = (level: HoldLevel, owner: HoldOwner): string => `shown#${level}#${owner}`;

/** A guard's copy: each level an attribute with the set of those who hold it, gone when nobody does. */
export function guardFromItem(accountId: string, item: Item | undefined): ShownGuard {
  const levels = holdLevels.flatMap((level): [HoldLevel, readonly HoldOwner[]][] => {
    const owners = item?.[level];
    return owners instanceof Set && owners.size > 0 ? [[level, holdOwners.filter((owner) => owners.has(owner))]] : [];
  });
  return {
    accountId,
    levels: Object.fromEntries(levels),
    holds: levels.flatMap(([level, owners]) =>
      owners.flatMap((owner) => (item?.[shownAttribute(level, owner)] as ShownHold | undefined) ?? []),
    ),
    skipUntil: (item?.['skipUntil'] as string | undefined) ?? null,
    underWay: (item?.['underWay'] as number | undefined) ?? 0,
    moves: (item?.['moves'] as number | undefined) ?? 0,
  };
}

// --- Tallies ---------------------------------------------------------------------------------------------------------

type TallyKey = Omit<TallyRow, 'contributions' | 'amount'>;

const tallyName = ({ processor, currency, interval, isHeld, hostId }: TallyKey): string =>
  [processor, currency, interval, isHeld ? 'held' : 'running', hostId].join('#');

/** How a contribution counts in its collective's and its host's tally; one that gives once does not. */
function counted({
  status,
  interval,
  amount,
  method,
  holds,
  collective,
}: Contribution): (TallyKey & { readonly amount: number }) | undefined {
  return status !== 'active' || interval === 'once'
    ? undefined
    : {
        hostId: collective.hostId ?? '',
        processor: method.processor,
        currency: amount.currency,
        interval,
        isHeld: holds.length > 0,
        amount: amount.amount,
      };
}

/** What a change of a contribution changes in a tally, by attribute; empty when it counts as before. */
export function tallyChanges(before: Contribution | null, after: Contribution): ReadonlyMap<string, number> {
  const changes = new Map<string, number>();
  const add = (contribution: Contribution | null, sign: 1 | -1): void => {
    const row = contribution === null ? undefined : counted(contribution);
    if (row !== undefined) {
      for (const [name, amount] of [
        [`${tallyName(row)}#contributions`, 1],
        [`${tallyName(row)}#amount`, row.amount],
      ] as const) {
        changes.set(name, (changes.get(name) ?? 0) + sign * amount);
      }
    }
  };
  add(before, -1);
  add(after, 1);
  return new Map([...changes].filter(([, amount]) => amount !== 0));
}

export function tallyFromItem(item: Item | undefined): Tally {
  const rows = new Map<string, TallyRow>();
  for (const [name, value] of Object.entries(item ?? {})) {
    const [processor, currency, interval, state, hostId = '', figure] = name.split('#');
    if (figure === 'contributions' || figure === 'amount') {
      const key: TallyKey = {
        hostId,
        processor: processor as ProcessorName,
        currency: currency ?? '',
        interval: interval as TallyRow['interval'],
        isHeld: state === 'held',
      };
      const row = rows.get(tallyName(key)) ?? { ...key, contributions: 0, amount: 0 };
      rows.set(tallyName(key), { ...row, [figure]: Number(value) });
    }
  }
  return {
    version: (item?.['version'] as number | undefined) ?? 0,
    rows: [...rows.values()].filter(({ contributions }) => contributions !== 0),
  };
}
