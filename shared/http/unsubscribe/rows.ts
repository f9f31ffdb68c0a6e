import { linked, type RouteRow } from '../route-row.ts';

export const unsubscribeRows = {
  lookAtUnsubscribing: linked('GET', '/unsubscribe/{token}', 'unsubscribe'),
  unsubscribe: linked('POST', '/unsubscribe/{token}', 'unsubscribe'),
} as const satisfies Record<string, RouteRow>;
