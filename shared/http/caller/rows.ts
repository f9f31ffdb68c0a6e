import { change, get, type RouteRow } from '../route-row.ts';

export const callerRows = {
  getMe: get('/me', 'caller'),
  listNotifications: get('/me/notifications', 'caller'),
  countUnreadNotifications: get('/me/notifications/unread', 'caller'),
  markNotificationRead: change('POST', '/me/notifications/{eventId}/read', 'caller'),
  getOwnPreferences: get('/me/notification-preferences', 'caller'),
  putOwnPreferences: change('PUT', '/me/notification-preferences', 'caller'),
} as const satisfies Record<string, RouteRow>;
