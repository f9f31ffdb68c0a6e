/** What platform admins see of messages that were set aside. */
import * as z from 'zod';
import { Instant, QueueName, said } from '../fields.ts';

const Messages = z.int().meta({
  description: 'About how many messages were set aside, those included that somebody is looking at now.',
});

export const DeadLetterQueueView = z
  .object({ queue: QueueName, messages: Messages })
  .meta({ id: 'DeadLetterQueue', description: 'A queue, and how many of its messages were set aside.' });

export const DeadLetterQueueList = z
  .object({ items: z.array(DeadLetterQueueView) })
  .meta({ id: 'DeadLetterQueueList', description: 'Every queue whose messages can be replayed.' });

export const DeadLetterView = z
  .object({
    id: said('The id of the message; it has another one once it was replayed.'),
    body: z.unknown().meta({
      description: 'What it says: JSON where it is JSON, else its text, of which 4,000 characters are shown.',
    }),
    sentAt: Instant,
    firstReceivedAt: Instant.nullable().meta({ description: 'When somebody received it for the first time.' }),
    receives: z.int().meta({ description: 'How often it was received; each look at it is one more.' }),
  })
  .meta({ id: 'DeadLetter', description: 'A message that failed as often as it may.' });

export const DeadLetterList = z
  .object({ queue: QueueName, messages: Messages, items: z.array(DeadLetterView) })
  .meta({ id: 'DeadLetterList', description: 'The messages that could be received now.' });

export const ReplayView = z
  .object({
    replayed: z.int().meta({ description: 'How many were sent to their queue again.' }),
    notTaken: z.int().meta({ description: 'How many the queue would not take; they are where they were.' }),
    notFound: z
      .array(z.string())
      .meta({ description: 'Those asked for that are not there, or are hidden for some seconds.' }),
    left: z.int().meta({ description: 'About how many messages are still set aside.' }),
  })
  .meta({ id: 'Replay', description: 'What became of the messages that were to be replayed.' });
