import * as endpoints from '../../shared/application/webhook-endpoints.ts';
import { webhookEndpointRoutes } from '../../shared/http/webhook-endpoints/routes.ts';
import { webhookEndpointRows } from '../../shared/http/webhook-endpoints/rows.ts';
import { httpFunctionOn } from '../middleware/http-function.ts';
import { webhookEndpointDependencies } from '../webhook-endpoint-dependencies.ts';

export const handler = httpFunctionOn(webhookEndpointDependencies, webhookEndpointRows, webhookEndpointRoutes, {
  createWebhookEndpoint: (deps, { meta, params, body }) =>
    endpoints.createWebhookEndpoint(deps, meta, params.hostId, body),
  listWebhookEndpoints: (deps, { meta, params, page }) =>
    endpoints.listWebhookEndpoints(deps, meta.userId, params.hostId, page),
  getWebhookEndpoint: (deps, { meta, params }) => endpoints.getWebhookEndpoint(deps, meta.userId, params),
  updateWebhookEndpoint: (deps, { meta, params, body }) => endpoints.updateWebhookEndpoint(deps, meta, params, body),
  deleteWebhookEndpoint: (deps, { meta, params }) => endpoints.deleteWebhookEndpoint(deps, meta, params),
  rotateWebhookSecret: (deps, { meta, params, body }) => endpoints.rotateWebhookSecret(deps, meta, params, body),
  enableWebhookEndpoint: (deps, { meta, params }) => endpoints.enableWebhookEndpoint(deps, meta, params),
  disableWebhookEndpoint: (deps, { meta, params }) => endpoints.disableWebhookEndpoint(deps, meta, params),
  testWebhookEndpoint: (deps, { meta, params }) => endpoints.testWebhookEndpoint(deps, meta, params),
  listWebhookDeliveries: (deps, { meta, params, query, page }) =>
    endpoints.listWebhookDeliveries(deps, meta.userId, params, { ...page, status: query.status }),
  getWebhookDelivery: (deps, { meta, params }) => endpoints.getWebhookDelivery(deps, meta.userId, params),
  replayWebhookDelivery: (deps, { meta, params }) => endpoints.replayWebhookDelivery(deps, meta, params),
});
