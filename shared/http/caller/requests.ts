/** What requests of callers about themselves may say. */
import * as z from 'zod';
import { AccountId, Channel, Delivery, Language, Topic } from '../fields.ts';
import { page } from '../pages.ts';

const host = AccountId.optional().meta({ description: 'Only what you were told as one of the people of this host.' });

export const CountUnread = z.strictObject({ host });

export const ListNotifications = z.strictObject({
  host,
  ...page,
});

export const PutOwnPreferences = z
  .strictObject({
    language: Language.default('en').meta({ description: 'In which language you are written to.' }),
    rules: z
      .array(
        z.strictObject({
          topic: Topic.optional().meta({ description: 'What it is about; everything when left out.' }),
          channel: Channel.optional().meta({ description: 'Over which channel; both when left out.' }),
          choice: Delivery,
        }),
      )
      .max(100)
      .meta({ description: 'What you are told, and how.' }),
  })
  .meta({
    id: 'PutOwnPreferences',
    description: 'What you are told, and how; all of it at once.',
    examples: [{ language: 'zh', rules: [{ channel: 'email', choice: 'daily' }] }],
  });
