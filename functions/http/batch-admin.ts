import * as batch from '../../shared/application/batch-admin.ts';
import { batchRoutes } from '../../shared/http/batch/routes.ts';
import { batchRows } from '../../shared/http/batch/rows.ts';
import { contributionDependencies } from '../contribution-dependencies.ts';
import { httpFunctionOn } from '../middleware/http-function.ts';

export const handler = httpFunctionOn(contributionDependencies, batchRows, batchRoutes, {
  listBatchRuns: (deps, { meta, page }) => batch.listBatchRuns(deps, meta.userId, page),
  getBatchRollout: (deps, { meta }) => batch.getRollout(deps, meta.userId),
  putBatchRollout: (deps, { meta, body }) => batch.putRollout(deps, meta, body),
  listBatchRolloutChanges: (deps, { meta, page }) => batch.listRolloutChanges(deps, meta.userId, page),
});
