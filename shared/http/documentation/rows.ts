import { open, type RouteRow } from '../route-row.ts';

export const documentationRows = {
  getOpenApi: open('/openapi.json'),
  getDocumentation: open('/docs'),
} as const satisfies Record<string, RouteRow>;
