/**
 * Write capacity as AWS counts it, from the images of the items before and after a transaction. The engines here count
 * transactional writes once; AWS prepares and commits, and counts them twice.
 * Sizes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
import { type IndexDefinition, tableDefinition } from '../shared/persistence/table-definition.ts';

type Value = unknown;
export type Image = Record<string, Value> | undefined;

const unitBytes = 1024;

/** Size of an attribute's value in bytes. */
function valueBytes(value: Value): number {
  if (value === null || typeof value === 'boolean') {
    return 1;
  }
  if (typeof value === 'string') {
    return Buffer.byteLength(value);
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    const digits = value.toString().replace(/[-.]|0+$/g, '').length;
    return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
  }
  if (value instanceof Uint8Array) {
    return value.byteLength;
  }
  const members = Array.isArray(value) ? value.map((member) => ['', member] as const) : Object.entries(value as object);
  return members.reduce((sum, [name, member]) => sum + Buffer.byteLength(name) + valueBytes(member) + 1, 3);
}

const itemBytes = (item: Record<string, Value>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

const units = (bytes: number): number => Math.max(1, Math.ceil(bytes / unitBytes));

/** What an index keeps of an item; undefined when the item is not in the index. */
function projected(image: Image, index: IndexDefinition): Record<string, Value> | undefined {
  if (image?.[index.partitionKey] === undefined) {
    return undefined;
  }
  const names = ['PK', 'SK', index.partitionKey, index.sortKey, ...(index.attributes ?? [])];
  return Object.fromEntries(names.filter((name) => image[name] !== undefined).map((name) => [name, image[name]]));
}

/** Writes to one index: none when what it keeps did not change, two when the item moves in it. */
function indexUnits(before: Image, after: Image, index: IndexDefinition): number {
  const [old, fresh] = [projected(before, index), projected(after, index)];
  const sizeOf = (item: Record<string, Value> | undefined): number => (item === undefined ? 0 : itemBytes(item));
  if (old === undefined || fresh === undefined) {
    return old === fresh ? 0 : units(sizeOf(old) + sizeOf(fresh));
  }
  if (JSON.stringify(old) === JSON.stringify(fresh)) {
    return 0;
  }
  const isMoved = old[index.partitionKey] !== fresh[index.partitionKey] || old[index.sortKey] !== fresh[index.sortKey];
  return isMoved ? units(sizeOf(old)) + units(sizeOf(fresh)) : units(Math.max(sizeOf(old), sizeOf(fresh)));
}

export type Cost = {
  readonly entity: string;
  readonly bytes: number;
  readonly table: number;
  readonly indexes: number;
};

/** @returns write units of one item in a transaction: twice for the table, once for each index that it changes */
export const transactionalCost = (before: Image, after: Image): Cost => {
  const cost = writeCost(before, after);
  return { ...cost, table: 2 * cost.table };
};

/** @returns write units of one item by itself */
export function writeCost(before: Image, after: Image): Cost {
  const bytes = Math.max(before === undefined ? 0 : itemBytes(before), after === undefined ? 0 : itemBytes(after));
  const indexes: readonly IndexDefinition[] = tableDefinition.indexes;
  return {
    entity: String((after ?? before)?.['entity'] ?? String((after ?? before)?.['PK']).split('#')[0]),
    bytes,
    table: units(bytes),
    indexes: indexes.reduce((sum, index) => sum + indexUnits(before, after, index), 0),
  };
}
