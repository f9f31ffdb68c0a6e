import { type RouteRow, signed } from '../route-row.ts';

export const webhookRows = {
  receiveNews: signed('/webhooks/{processor}/{hostId}', 'webhooks'),
} as const satisfies Record<string, RouteRow>;
