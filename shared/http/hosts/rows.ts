import { change, get, type RouteRow } from '../route-row.ts';

export const hostRows = {
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
} as const satisfies Record<string, RouteRow>;
