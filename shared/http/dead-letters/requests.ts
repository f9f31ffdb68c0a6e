/** What platform admins may ask of messages that were set aside. */
import * as z from 'zod';
import { lettersMax } from '../../application/dead-letters.ts';

export const ReplayDeadLetters = z
  .strictObject({
    messageIds: z
      .array(z.string().regex(/^[A-Za-z0-9-]{1,100}$/, { error: 'Must be the id of a message, as the list shows it.' }))
      .min(1)
      .max(lettersMax)
      .refine((ids) => new Set(ids).size === ids.length, { error: 'Names a message twice.' })
      .optional()
      .meta({
        description: `Which messages; without it all that can be received now, up to ${lettersMax}.`,
        uniqueItems: true,
      }),
  })
  .meta({
    id: 'ReplayDeadLetters',
    description: 'Which messages are sent to their queue again.',
    examples: [{ messageIds: ['0b5c3f6e-7a1d-4e5f-9c2b-8d7e6f5a4b3c'] }],
  });
