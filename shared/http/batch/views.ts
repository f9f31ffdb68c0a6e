/** What platform admins see of the batch. */
import * as z from 'zod';
import { AccountId, Instant, said, Version } from '../fields.ts';

export const BatchRunView = z
  .object({
    id: said('The id of the run.'),
    startedAt: Instant,
    finishedAt: Instant.nullable().meta({ description: 'Null while it is at it, or when it died.' }),
    servedAll: z.boolean().meta({ description: 'Whether it served every host; it does on the hour.' }),
    found: z.int().meta({ description: 'What was due and was given to workers.' }),
    hasMore: z.boolean().meta({ description: 'Whether it ran out of time; the next run begins with the rest.' }),
    oldestDueAt: Instant.nullable().meta({ description: 'When the oldest of it should have been done.' }),
    outcomes: z
      .record(z.string(), z.int())
      .meta({ description: 'What its workers have done so far, by kind: how many charged, refused, paused, failed.' }),
  })
  .meta({ id: 'BatchRun', description: 'One run of the batch.' });

export const BatchRolloutView = z
  .object({
    percentage: z.int().meta({ description: 'Of a hundred hosts, how many are served every ten minutes.' }),
    hostIds: z.array(AccountId).meta({ description: 'Hosts that are in any case.' }),
    version: Version,
    updatedAt: Instant,
    updatedBy: said('The person who decided it; `nobody` before anybody did.'),
  })
  .meta({ id: 'BatchRollout', description: 'Who is served every ten minutes; all others are on the hour.' });
