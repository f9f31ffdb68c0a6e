import { Page, pageOf } from '../pages.ts';
import { defineRoutes } from '../route.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

const forPlatform = ['permission-denied'] as const;

export const batchRoutes = defineRoutes<'batch-admin'>()({
  listBatchRuns: {
    summary: 'List the runs of the batch',
    description: 'Newest first; for platform admins.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.BatchRunView, 'BatchRunPage'),
    problems: forPlatform,
  },
  getBatchRollout: {
    summary: 'Read who is served every ten minutes',
    status: 200,
    answer: views.BatchRolloutView,
    versioned: true,
    problems: forPlatform,
  },
  putBatchRollout: {
    summary: 'Set who is served every ten minutes',
    description:
      'From the next run on. It can be raised and lowered at any time: a host that is out is served on the hour.',
    body: requests.PutBatchRollout,
    status: 200,
    answer: views.BatchRolloutView,
    versioned: true,
    conditional: true,
    problems: ['permission-denied', 'version-conflict'],
  },
  listBatchRolloutChanges: {
    summary: 'List how the rollout was changed',
    description: 'Newest first.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.BatchRolloutView, 'BatchRolloutPage'),
    problems: forPlatform,
  },
});
