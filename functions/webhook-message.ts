/** A webhook that is to be attempted, as it goes over the queue. */
import * as z from 'zod';
import type { WebhookMessage as Message } from '../shared/application/webhook-ports.ts';

const idOf = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9A-HJKMNP-TV-Z]{26}$`));

/** Whoever changes what it means gives it another version, and reads both until the queue has run dry of the old one. */
export const WebhookMessage = z.strictObject({
  schemaVersion: z.literal(1),
  hostId: idOf('acc'),
  endpointId: idOf('whe'),
  deliveryId: idOf('whd'),
}) satisfies z.ZodType<Message>;
