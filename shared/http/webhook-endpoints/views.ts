/** What is answered about webhook endpoints and what was sent to them. */
import * as z from 'zod';
import { attemptOutcomes, deliveryStatuses } from '../../domain/webhook-endpoint.ts';
import { AccountId, EventId, Instant, said, Topic, Version, WebhookDeliveryId, WebhookEndpointId } from '../fields.ts';

const endpoint = {
  id: WebhookEndpointId,
  hostId: AccountId,
  version: Version,
  url: said('Where it goes.'),
  description: said('What people call it.'),
  topics: z.union([z.literal('all'), z.array(Topic)]).meta({ description: 'What it is told of.' }),
  status: z.enum(['active', 'disabled']).meta({ description: 'Whether anything is sent to it.' }),
  disabled: z
    .object({
      at: Instant,
      reason: z.enum(['by_hand', 'failing', 'gone']).meta({
        description:
          'By somebody; because all seven attempts of a message failed and nothing arrived meanwhile; because the receiver answered 410.',
      }),
    })
    .nullable()
    .meta({ description: 'Since when nothing is sent to it, and why; null while it is active.' }),
  failingSince: Instant.nullable().meta({
    description: 'When the first attempt was made that failed since something arrived; null when there is none.',
  }),
  activeSince: Instant.meta({ description: 'When it was made, enabled again, or given another address.' }),
  createdAt: Instant,
  createdBy: AccountId.meta({ description: 'Who made it.' }),
  updatedAt: Instant,
  updatedBy: AccountId.meta({ description: 'Who changed it last.' }),
  secret: z.object({ createdAt: Instant }).meta({ description: 'Since when it has the secret that it has.' }),
  previousSecrets: z
    .array(z.object({ createdAt: Instant, validUntil: Instant }))
    .meta({ description: 'Earlier secrets that sign until then, so that a receiver can change over at any time.' }),
};

export const WebhookEndpointView = z
  .object(endpoint)
  .meta({ id: 'WebhookEndpoint', description: 'An address of a program of the host that is told of what happens.' });

export const WebhookEndpointWithSecret = z
  .object({
    ...endpoint,
    signingSecret: z.string().nullable().meta({
      description:
        'What its messages are signed with (`whsec_…`). It is shown here and never again: null when this is the repetition of a request that was answered before. Whoever did not get it rotates it.',
    }),
  })
  .meta({ id: 'WebhookEndpointWithSecret', description: 'An endpoint with its new signing secret.' });

export const DeliveryStatus = z.enum(deliveryStatuses).meta({
  id: 'WebhookDeliveryStatus',
  description:
    'What became of it: `pending` is still tried; `delivered`; `exhausted` after seven attempts; `gone` when the receiver answered 410; `endpoint_disabled` when the endpoint was disabled before it arrived, or before it was to be sent at all.',
});

export const WebhookDeliveryView = z
  .object({
    id: WebhookDeliveryId,
    hostId: AccountId,
    endpointId: WebhookEndpointId,
    eventId: EventId.meta({
      description: 'What happened, or that a test was asked for: the `eventId` in the message.',
    }),
    webhookId: said(
      'Its `webhook-id`: the same at all endpoints of the host, at every attempt and every replay; another host is told of the same event under another.',
    ),
    topic: Topic.nullable().meta({ description: 'What it tells; null for a test.' }),
    subject: z
      .object({
        kind: z
          .enum(['payment_intent', 'contribution', 'hold', 'webhook_endpoint'])
          .meta({ description: 'What kind of thing.' }),
        id: said('Its id.'),
      })
      .nullable()
      .meta({ description: 'What something happened to; null for a test.' }),
    occurredAt: Instant.nullable().meta({ description: 'When it happened; null for a test.' }),
    status: DeliveryStatus,
    nextAttemptAt: Instant.nullable().meta({ description: 'When it is tried next; null when it is over.' }),
    attemptCount: z.int().meta({ description: 'How many attempts there were, replays among them.' }),
    attempts: z
      .array(
        z.object({
          number: z.int().meta({ description: 'Counted from one.' }),
          at: Instant,
          outcome: z.enum(attemptOutcomes).meta({ description: 'What it came to.' }),
          statusCode: z.int().nullable().meta({ description: 'What the receiver answered; null when it did not.' }),
          durationMilliseconds: z.int().meta({ description: 'How long it took.' }),
          excerpt: z.string().nullable().meta({ description: 'The first words of the answer, without secrets.' }),
        }),
      )
      .meta({ description: 'The newest twenty, oldest first.' }),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'WebhookDelivery', description: 'One event, on its way to one endpoint.' });
