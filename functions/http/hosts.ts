import * as hosts from '../../shared/application/hosts.ts';
import * as preferences from '../../shared/application/notification-preferences.ts';
import { hostRoutes } from '../../shared/http/hosts/routes.ts';
import { hostRows } from '../../shared/http/hosts/rows.ts';
import { httpFunction } from '../middleware/http-function.ts';

export const handler = httpFunction(hostRows, hostRoutes, {
  getApprovalPolicy: (deps, { meta, params }) => hosts.getApprovalPolicy(deps, meta.userId, params.hostId),
  putApprovalPolicy: (deps, { meta, params, body }) => hosts.putApprovalPolicy(deps, meta, params.hostId, body),
  getFees: (deps, { meta, params }) => hosts.getFees(deps, meta.userId, params.hostId),
  putFees: (deps, { meta, params, body }) => hosts.putFees(deps, meta, params.hostId, body),
  getNotificationPreferences: (deps, { meta, params }) =>
    preferences.getNotificationPreferences(deps, meta.userId, params.hostId),
  putNotificationPreferences: (deps, { meta, params, body }) =>
    preferences.putNotificationPreferences(deps, meta, params.hostId, body),

  getBooks: (deps, { meta, params, query }) => hosts.getBooks(deps, meta.userId, params.hostId, query),
  verifyHost: (deps, { meta, params }) => hosts.verifyHost(deps, meta.userId, params.hostId),

  recordSuspense: (deps, { meta, params, body }) => hosts.recordSuspense(deps, meta, params.hostId, body),
  listSuspense: (deps, { meta, params, page }) => hosts.listSuspense(deps, meta.userId, params.hostId, page),
  getSuspense: (deps, { meta, params }) => hosts.getSuspense(deps, meta.userId, params.hostId, params.suspenseId),
  attachSuspense: (deps, { meta, params, body }) =>
    hosts.attachSuspense(deps, meta, params.hostId, params.suspenseId, body),
});
