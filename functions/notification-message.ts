/** The news of an event, as it goes over the queue. */
import * as z from 'zod';
import type { DigestMessage, EventMessage, QueueMessage } from '../shared/application/notification-ports.ts';

/** How the details of an event begin that an import wrote down: it happened long ago, and is nobody's news. */
export const importedDetails = '["import",';

/** Whoever changes what it means gives it another version, and reads both until the queue has run dry of the old one. */
export const EventNews = z.strictObject({
  schemaVersion: z.literal(1),
  subjectId: z.string().regex(/^(pi|con|hold|whe)_[0-9A-HJKMNP-TV-Z]{26}$/),
  number: z.int().min(1),
  eventId: z.string().regex(/^evt_[0-9A-HJKMNP-TV-Z]{26}$/),
  at: z.iso.datetime(),
  laterOf: z
    .string()
    .regex(/^acc_[0-9A-HJKMNP-TV-Z]{26}$/)
    .optional(),
  // Where a page begins is the store's to say; it comes from us, over a queue of ours.
  givers: z.strictObject({ from: z.record(z.string(), z.unknown()).nullable() }).optional(),
}) satisfies z.ZodType<EventMessage>;

/** Somebody's e-mail of the day. */
const Digest = z.strictObject({
  schemaVersion: z.literal(1),
  digestOf: z.string().regex(/^acc_[0-9A-HJKMNP-TV-Z]{26}$/),
  dueAt: z.iso.datetime(),
}) satisfies z.ZodType<DigestMessage>;

export const NotificationMessage: z.ZodType<QueueMessage> = z.union([EventNews, Digest]);
