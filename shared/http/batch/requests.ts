/** What platform admins may say of the batch. */
import * as z from 'zod';
import { AccountId } from '../fields.ts';

/** As many as one query of the table can name (the operands of its `IN`). */
const hostsMax = 100;

export const PutBatchRollout = z
  .strictObject({
    percentage: z.int().min(0).max(100).meta({
      description: 'Of a hundred hosts, how many are served every ten minutes; the same ones as long as it stays.',
    }),
    hostIds: z
      .array(AccountId)
      .max(hostsMax)
      .refine((ids) => new Set(ids).size === ids.length, { error: 'Names a host twice.' })
      .meta({ description: 'Hosts that are served every ten minutes whatever the percentage.', uniqueItems: true }),
  })
  .meta({
    id: 'PutBatchRollout',
    description: 'Who is served every ten minutes, and not on the hour only.',
    examples: [{ percentage: 25, hostIds: ['acc_01JD8Z5YQW4K6M2N8P0R3T7V9X'] }],
  });
