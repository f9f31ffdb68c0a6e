import { Nothing } from '../fields.ts';
import { Page, pageOf } from '../pages.ts';
import { conditional, defineRoutes, unconditional } from '../route.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

const changed = {
  status: 200,
  answer: views.WebhookEndpointView,
  versioned: true,
  conditional: true,
  problems: conditional,
} as const;

const secretOnce =
  'The signing secret is in this answer and in no other: a repetition of the request with the same key has null in its place.';

export const webhookEndpointRoutes = defineRoutes<'webhook-endpoints'>()({
  createWebhookEndpoint: {
    summary: 'Register a webhook endpoint',
    description: `By admins of the host, which has twenty at most. Messages follow the Standard Webhooks specification: signed, with \`webhook-id\`, \`webhook-timestamp\` and \`webhook-signature\`; any 2xx within ten seconds counts as arrived, whatever follows the headers. Otherwise there are six more attempts: after 5 seconds, 5 minutes, 30 minutes, 2, 5 and 10 hours. ${secretOnce}`,
    body: requests.CreateWebhookEndpoint,
    status: 201,
    answer: views.WebhookEndpointWithSecret,
    location: '/hosts/{hostId}/webhook-endpoints/{id}',
    versioned: true,
    problems: [...unconditional, 'too-many'],
  },
  listWebhookEndpoints: {
    summary: 'List a host’s webhook endpoints',
    description: 'Oldest first.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.WebhookEndpointView, 'WebhookEndpointPage'),
    problems: unconditional,
  },
  getWebhookEndpoint: {
    summary: 'Read a webhook endpoint',
    status: 200,
    answer: views.WebhookEndpointView,
    versioned: true,
    problems: unconditional,
  },
  updateWebhookEndpoint: {
    ...changed,
    summary: 'Change a webhook endpoint',
    body: requests.UpdateWebhookEndpoint,
  },
  deleteWebhookEndpoint: {
    summary: 'Delete a webhook endpoint',
    description:
      'Nothing more is sent to it, and its deliveries can be read no longer. To stop for a while, disable it.',
    status: 200,
    answer: views.WebhookEndpointView,
    conditional: true,
    problems: conditional,
  },
  rotateWebhookSecret: {
    ...changed,
    summary: 'Give a webhook endpoint a new signing secret',
    description: `The one before it signs for another 24 hours, next to the new one, unless it has leaked. ${secretOnce}`,
    body: requests.RotateWebhookSecret,
    answer: views.WebhookEndpointWithSecret,
    problems: [...conditional, 'too-many'],
  },
  enableWebhookEndpoint: {
    ...changed,
    summary: 'Send to a webhook endpoint again',
    description:
      'What was not delivered meanwhile is not sent by itself: its deliveries have the status `endpoint_disabled`; replay those that are wanted.',
    body: Nothing,
  },
  disableWebhookEndpoint: {
    ...changed,
    summary: 'Send nothing more to a webhook endpoint',
    body: Nothing,
  },
  testWebhookEndpoint: {
    summary: 'Send a test to a webhook endpoint',
    description:
      'A message of the type `webhook_endpoint.test`. Read the delivery a moment later to see what became of it. There is one every ten seconds for an endpoint: `too-many` says from when on the next can be sent.',
    body: Nothing,
    status: 201,
    answer: views.WebhookDeliveryView,
    location: '/hosts/{hostId}/webhook-endpoints/{endpointId}/deliveries/{id}',
    problems: [...unconditional, 'transition-not-allowed', 'too-many'],
  },
  listWebhookDeliveries: {
    summary: 'List what was sent to a webhook endpoint',
    description:
      'The newest event first, for thirteen months. With a status, a page may have fewer than were asked for although there are more: go on for as long as there is a `nextCursor`.',
    query: requests.ListWebhookDeliveries,
    paged: true,
    status: 200,
    answer: pageOf(views.WebhookDeliveryView, 'WebhookDeliveryPage'),
    problems: unconditional,
  },
  getWebhookDelivery: {
    summary: 'Read a delivery, with its attempts',
    status: 200,
    answer: views.WebhookDeliveryView,
    problems: unconditional,
  },
  replayWebhookDelivery: {
    summary: 'Send a delivery once more',
    description:
      'From the first of seven attempts, under the same `webhook-id`, so that a receiver knows it again. One that is still pending goes on as it is.',
    body: Nothing,
    status: 200,
    answer: views.WebhookDeliveryView,
    problems: [...unconditional, 'transition-not-allowed'],
  },
});
