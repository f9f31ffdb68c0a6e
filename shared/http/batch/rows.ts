import { change, get, type RouteRow } from '../route-row.ts';

export const batchRows = {
  listBatchRuns: get('/batch-runs', 'batch-admin'),
  getBatchRollout: get('/batch-rollout', 'batch-admin'),
  putBatchRollout: change('PUT', '/batch-rollout', 'batch-admin'),
  listBatchRolloutChanges: get('/batch-rollout/changes', 'batch-admin'),
} as const satisfies Record<string, RouteRow>;
