import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { type AwsJsonCall, AwsJsonError } from './aws-json.ts';
import type { TableDescription } from './system.ts';

const Names = z.array(z.record(z.string(), z.unknown()));
const Table = z.object({
  KeySchema: z.array(z.unknown()),
  GlobalSecondaryIndexes: Names.optional(),
  StreamSpecification: z.object({ StreamEnabled: z.boolean() }).optional(),
  LatestStreamArn: z.string().optional(),
});

/**
 * Makes the tables that the template has and the engine does not. The stream is only switched on when something reads it: it
 * costs every write, and nothing forgets its records.
 */
export const ensureTable = async (
  dynamodb: AwsJsonCall,
  table: TableDescription,
  wantsStream: boolean,
): Promise<{ readonly streamArn: string | undefined }> => {
  const TableName = table.name;
  const StreamSpecification = { StreamEnabled: true, StreamViewType: table.streamViewType };
  const describe = async () => Table.parse((await dynamodb('DescribeTable', { TableName })).Table);
  const existing = await describe().catch((error: unknown) => {
    if (error instanceof AwsJsonError && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  });
  if (existing === undefined) {
    await dynamodb('CreateTable', { ...table.input, ...(wantsStream ? { StreamSpecification } : {}) });
    if (table.timeToLiveAttribute !== undefined) {
      const TimeToLiveSpecification = { Enabled: true, AttributeName: table.timeToLiveAttribute };
      await dynamodb('UpdateTimeToLive', { TableName, TimeToLiveSpecification });
    }
  } else {
    refuseOtherShape(table, existing);
    if (wantsStream && existing.StreamSpecification?.StreamEnabled !== true) {
      await dynamodb('UpdateTable', { TableName, StreamSpecification });
    }
  }
  return { streamArn: wantsStream ? (await describe()).LatestStreamArn : undefined };
};

const refuseOtherShape = (table: TableDescription, existing: z.infer<typeof Table>): void => {
  const wanted = Table.parse(table.input);
  const isSame =
    isDeepStrictEqual(wanted.KeySchema, existing.KeySchema) &&
    isDeepStrictEqual(shapeOf(wanted.GlobalSecondaryIndexes), shapeOf(existing.GlobalSecondaryIndexes));
  if (isSame) return;
  throw new Error(
    `The table ${table.name} was made with other keys or indexes than the template has now. Start with an empty DATA_DIR.`,
  );
};

const shapeOf = (indexes: z.infer<typeof Names> = []) =>
  indexes
    .map(({ IndexName, KeySchema, Projection }) => {
      const { ProjectionType, NonKeyAttributes } = z
        .object({ ProjectionType: z.string(), NonKeyAttributes: z.array(z.string()).default([]) })
        .parse(Projection);
      return { IndexName: String(IndexName), KeySchema, ProjectionType, attributes: NonKeyAttributes.toSorted() };
    })
    .toSorted((left, right) => left.IndexName.localeCompare(right.IndexName));

/**
 * For every write to a table with a stream, the embedded engine looks for the highest sequence number so far, and reads all
 * stream records to find it: 900 writes a second at first, 250 after 13,000 of them. With this index the rate stays. It also
 * keeps records for ever, where DynamoDB keeps them for a day; those of earlier days are dropped before a run, save the last
 * one, from which the engine goes on counting.
 */
export const tendStreamRecords = (databasePath: string): void => {
  const database = new DatabaseSync(databasePath, { timeout: 5_000 });
  try {
    const hasRecords = database.prepare("SELECT 1 FROM sqlite_master WHERE name = '_stream_records'").get();
    if (hasRecords === undefined) return;
    database.exec(`
      CREATE INDEX IF NOT EXISTS local_stream_sequence
        ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
      DELETE FROM _stream_records
        WHERE created_at < unixepoch() - 86400
          AND id NOT IN (SELECT max(id) FROM _stream_records GROUP BY table_name);
    `);
  } finally {
    database.close();
  }
};
