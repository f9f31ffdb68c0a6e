/**
 * Every HTTP operation, once: the API Gateway routes, the functions' routers and the OpenAPI paths are all read from here.
 * Request and response schemas are attached in `routes.ts`, so that infrastructure code can read this file without them.
 */

export type FunctionName =
  | 'accounts'
  | 'payment-intents'
  | 'contributions'
  | 'payment-methods'
  | 'hosts'
  | 'batch-admin'
  | 'dead-letters'
  | 'webhooks'
  | 'webhook-endpoints'
  | 'caller'
  | 'documentation';

export type RouteRow = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below `/v1`, with `{name}` parameters as API Gateway spells them. */
  readonly path: string;
  readonly function: FunctionName;
  /**
   * `public` routes answer without a token, and `signed` ones take messages that are genuine by themselves; everything else
   * needs an identity, and the authorisation table decides.
   */
  readonly access: 'public' | 'signed' | 'authenticated';
};

/** Where the API begins; the next one that breaks its callers begins elsewhere. */
export const pathPrefix = '/v1';

/** A route as API Gateway spells it. */
export const routeKeyOf = ({ method, path }: Pick<RouteRow, 'method' | 'path'>): string =>
  `${method} ${pathPrefix}${path}`;

// Generic, so that the table keeps each path and function name as a type: parameters and handlers are checked against them.
const get = <Path extends string, Fn extends FunctionName>(path: Path, fn: Fn) =>
  ({ method: 'GET', path, function: fn, access: 'authenticated' }) as const;
const open = <Path extends string>(path: Path) =>
  ({ method: 'GET', path, function: 'documentation', access: 'public' }) as const;
const change = <Path extends string, Fn extends FunctionName>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: Path,
  fn: Fn,
) => ({ method, path, function: fn, access: 'authenticated' }) as const;

/** For programs that sign what they send, and not in: the function tells by the signature whose message it is. */
const signed = <Path extends string, Fn extends FunctionName>(path: Path, fn: Fn) =>
  ({ method: 'POST', path, function: fn, access: 'signed' }) as const;

// Written once, as every function carries the whole table.
const oneEndpoint = '/hosts/{hostId}/webhook-endpoints/{endpointId}';

export const routeTable = {
  createAccount: change('POST', '/accounts', 'accounts'),
  findAccounts: get('/accounts', 'accounts'),
  getAccount: get('/accounts/{accountId}', 'accounts'),
  updateAccount: change('PATCH', '/accounts/{accountId}', 'accounts'),
  changeHosting: change('POST', '/accounts/{accountId}/hosting', 'accounts'),
  listMembers: get('/accounts/{accountId}/members', 'accounts'),
  getMember: get('/accounts/{accountId}/members/{userId}', 'accounts'),
  putMember: change('PUT', '/accounts/{accountId}/members/{userId}', 'accounts'),
  deleteMember: change('DELETE', '/accounts/{accountId}/members/{userId}', 'accounts'),
  createInvitation: change('POST', '/accounts/{accountId}/invitations', 'accounts'),
  listInvitations: get('/accounts/{accountId}/invitations', 'accounts'),
  revokeInvitation: change('DELETE', '/accounts/{accountId}/invitations/{invitationId}', 'accounts'),
  acceptInvitation: change('POST', '/invitations/accept', 'accounts'),
  getBalances: get('/accounts/{accountId}/balances', 'accounts'),
  getStatement: get('/accounts/{accountId}/statement', 'accounts'),

  createPaymentIntent: change('POST', '/payment-intents', 'payment-intents'),
  listPaymentIntents: get('/payment-intents', 'payment-intents'),
  getPaymentIntent: get('/payment-intents/{intentId}', 'payment-intents'),
  editPaymentIntent: change('PATCH', '/payment-intents/{intentId}', 'payment-intents'),
  listPaymentIntentEvents: get('/payment-intents/{intentId}/events', 'payment-intents'),
  verifyPaymentIntent: get('/payment-intents/{intentId}/verification', 'payment-intents'),
  submitPaymentIntent: change('POST', '/payment-intents/{intentId}/submit', 'payment-intents'),
  approvePaymentIntent: change('POST', '/payment-intents/{intentId}/approve', 'payment-intents'),
  rejectPaymentIntent: change('POST', '/payment-intents/{intentId}/reject', 'payment-intents'),
  cancelPaymentIntent: change('POST', '/payment-intents/{intentId}/cancel', 'payment-intents'),
  markSent: change('POST', '/payment-intents/{intentId}/mark-sent', 'payment-intents'),
  confirmReceipt: change('POST', '/payment-intents/{intentId}/confirm-receipt', 'payment-intents'),
  acceptShort: change('POST', '/payment-intents/{intentId}/accept-short', 'payment-intents'),
  reportNotReceived: change('POST', '/payment-intents/{intentId}/report-not-received', 'payment-intents'),
  markReturned: change('POST', '/payment-intents/{intentId}/mark-returned', 'payment-intents'),
  settle: change('POST', '/payment-intents/{intentId}/settle', 'payment-intents'),
  sendBack: change('POST', '/payment-intents/{intentId}/send-back', 'payment-intents'),
  redraft: change('POST', '/payment-intents/{intentId}/redraft', 'payment-intents'),
  writeOff: change('POST', '/payment-intents/{intentId}/write-off', 'payment-intents'),
  placeHold: change('POST', '/payment-intents/{intentId}/hold', 'payment-intents'),
  liftHold: change('POST', '/payment-intents/{intentId}/lift-hold', 'payment-intents'),

  createContribution: change('POST', '/contributions', 'contributions'),
  listContributions: get('/contributions', 'contributions'),
  getContribution: get('/contributions/{contributionId}', 'contributions'),
  listContributionEvents: get('/contributions/{contributionId}/events', 'contributions'),
  cancelContribution: change('POST', '/contributions/{contributionId}/cancel', 'contributions'),
  updatePaymentMethod: change('POST', '/contributions/{contributionId}/update-payment-method', 'contributions'),
  takeUpContribution: change('POST', '/contributions/{contributionId}/take-up', 'contributions'),
  confirmPeriod: change('POST', '/contributions/{contributionId}/confirm-period', 'contributions'),
  previewAccountHold: get('/accounts/{accountId}/holds/preview', 'contributions'),
  placeAccountHold: change('POST', '/accounts/{accountId}/holds', 'contributions'),
  listAccountHolds: get('/accounts/{accountId}/holds', 'contributions'),
  getAccountHold: get('/holds/{holdId}', 'contributions'),
  liftAccountHold: change('DELETE', '/holds/{holdId}', 'contributions'),

  addPaymentMethod: change('POST', '/accounts/{accountId}/payment-methods', 'payment-methods'),
  listPaymentMethods: get('/accounts/{accountId}/payment-methods', 'payment-methods'),
  removePaymentMethod: change('DELETE', '/accounts/{accountId}/payment-methods/{paymentMethodId}', 'payment-methods'),

  getApprovalPolicy: get('/hosts/{hostId}/approval-policy', 'hosts'),
  putApprovalPolicy: change('PUT', '/hosts/{hostId}/approval-policy', 'hosts'),
  getFees: get('/hosts/{hostId}/fees', 'hosts'),
  putFees: change('PUT', '/hosts/{hostId}/fees', 'hosts'),
  getNotificationPreferences: get('/hosts/{hostId}/notification-preferences', 'hosts'),
  putNotificationPreferences: change('PUT', '/hosts/{hostId}/notification-preferences', 'hosts'),
  getBooks: get('/hosts/{hostId}/books', 'hosts'),
  verifyHost: get('/hosts/{hostId}/verification', 'hosts'),
  recordSuspense: change('POST', '/hosts/{hostId}/suspense', 'hosts'),
  listSuspense: get('/hosts/{hostId}/suspense', 'hosts'),
  getSuspense: get('/hosts/{hostId}/suspense/{suspenseId}', 'hosts'),
  attachSuspense: change('POST', '/hosts/{hostId}/suspense/{suspenseId}/attach', 'hosts'),

  listBatchRuns: get('/batch-runs', 'batch-admin'),
  getBatchRollout: get('/batch-rollout', 'batch-admin'),
  putBatchRollout: change('PUT', '/batch-rollout', 'batch-admin'),
  listBatchRolloutChanges: get('/batch-rollout/changes', 'batch-admin'),

  listDeadLetterQueues: get('/dead-letters', 'dead-letters'),
  listDeadLetters: get('/dead-letters/{queue}', 'dead-letters'),
  replayDeadLetters: change('POST', '/dead-letters/{queue}/replay', 'dead-letters'),

  receiveNews: signed('/webhooks/{processor}/{hostId}', 'webhooks'),

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

  getMe: get('/me', 'caller'),
  listNotifications: get('/me/notifications', 'caller'),
  countUnreadNotifications: get('/me/notifications/unread', 'caller'),
  markNotificationRead: change('POST', '/me/notifications/{eventId}/read', 'caller'),
  getOwnPreferences: get('/me/notification-preferences', 'caller'),
  putOwnPreferences: change('PUT', '/me/notification-preferences', 'caller'),

  getOpenApi: open('/openapi.json'),
  getDocumentation: open('/docs'),
} as const satisfies Record<string, RouteRow>;

export type OperationId = keyof typeof routeTable;
