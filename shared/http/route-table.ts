/**
 * Every HTTP operation, once: the API Gateway routes, the functions' routers and the OpenAPI paths are all read from here.
 * Request and response schemas are attached in `routes.ts`, so that infrastructure code can read this file without them.
 */
import { accountRows } from './accounts/rows.ts';
import { batchRows } from './batch/rows.ts';
import { callerRows } from './caller/rows.ts';
import { contributionRows } from './contributions/rows.ts';
import { deadLetterRows } from './dead-letters/rows.ts';
import { documentationRows } from './documentation/rows.ts';
import { hostRows } from './hosts/rows.ts';
import { paymentIntentRows } from './payment-intents/rows.ts';
import { paymentMethodRows } from './payment-methods/rows.ts';
import type { RouteRow } from './route-row.ts';
import { unsubscribeRows } from './unsubscribe/rows.ts';
import { webhookEndpointRows } from './webhook-endpoints/rows.ts';
import { webhookRows } from './webhooks/rows.ts';

export const routeTable = {
  ...accountRows,
  ...paymentIntentRows,
  ...contributionRows,
  ...paymentMethodRows,
  ...hostRows,
  ...batchRows,
  ...deadLetterRows,
  ...webhookRows,
  ...webhookEndpointRows,
  ...callerRows,
  ...unsubscribeRows,
  ...documentationRows,
} as const satisfies Record<string, RouteRow>;

export type OperationId = keyof typeof routeTable;
