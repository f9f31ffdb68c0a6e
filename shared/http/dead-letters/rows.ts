import { change, get, type RouteRow } from '../route-row.ts';

export const deadLetterRows = {
  listDeadLetterQueues: get('/dead-letters', 'dead-letters'),
  listDeadLetters: get('/dead-letters/{queue}', 'dead-letters'),
  replayDeadLetters: change('POST', '/dead-letters/{queue}/replay', 'dead-letters'),
} as const satisfies Record<string, RouteRow>;
