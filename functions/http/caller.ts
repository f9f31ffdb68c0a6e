import { getMe } from '../../shared/application/caller.ts';
import * as inbox from '../../shared/application/inbox.ts';
import { callerRoutes } from '../../shared/http/caller/routes.ts';
import { callerRows } from '../../shared/http/caller/rows.ts';
import { inboxDependencies } from '../inbox-dependencies.ts';
import { httpFunctionOn } from '../middleware/http-function.ts';

export const handler = httpFunctionOn(inboxDependencies, callerRows, callerRoutes, {
  getMe: (deps, { meta }) => getMe(deps, meta.userId),

  listNotifications: (deps, { meta, query, page }) =>
    inbox.listNotifications(deps, meta.userId, { host: query.host, ...page }),
  countUnreadNotifications: (deps, { meta, query }) => inbox.countUnread(deps, meta.userId, query),
  getOwnPreferences: (deps, { meta }) => inbox.getOwnPreferences(deps, meta.userId),
  putOwnPreferences: (deps, { meta, body }) => inbox.putOwnPreferences(deps, meta, body),
  markNotificationRead: (deps, { meta, params }) => inbox.markNotificationRead(deps, meta, params.eventId),
});
