import { change, get, type RouteRow } from '../route-row.ts';

const oneEndpoint = '/hosts/{hostId}/webhook-endpoints/{endpointId}';

export const webhookEndpointRows = {
  createWebhookEndpoint: change('POST', '/hosts/{hostId}/webhook-endpoints', 'webhook-endpoints'),
  listWebhookEndpoints: get('/hosts/{hostId}/webhook-endpoints', 'webhook-endpoints'),
  getWebhookEndpoint: get(oneEndpoint, 'webhook-endpoints'),
  updateWebhookEndpoint: change('PATCH', oneEndpoint, 'webhook-endpoints'),
  deleteWebhookEndpoint: change('DELETE', oneEndpoint, 'webhook-endpoints'),
  rotateWebhookSecret: change('POST', `${oneEndpoint}/rotate-secret`, 'webhook-endpoints'),
  enableWebhookEndpoint: change('POST', `${oneEndpoint}/enable`, 'webhook-endpoints'),
  disableWebhookEndpoint: change('POST', `${oneEndpoint}/disable`, 'webhook-endpoints'),
  testWebhookEndpoint: change('POST', `${oneEndpoint}/test`, 'webhook-endpoints'),
  listWebhookDeliveries: get(`${oneEndpoint}/deliveries`, 'webhook-endpoints'),
  getWebhookDelivery: get(`${oneEndpoint}/deliveries/{deliveryId}`, 'webhook-endpoints'),
  replayWebhookDelivery: change('POST', `${oneEndpoint}/deliveries/{deliveryId}/replay`, 'webhook-endpoints'),
} as const satisfies Record<string, RouteRow>;
