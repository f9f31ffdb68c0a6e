/** Bank transfers, which only the host confirms, and the built-in test processor. */

import { subscriptionQueue } from '../subscription-queue.ts';
import { workDependencies } from '../work-dependencies.ts';
import { subscriptionWorker } from './subscription-worker.ts';

export const handler = subscriptionWorker({
  dependencies: workDependencies,
  queue: subscriptionQueue(),
  asksHere: ['bank_transfer', 'test'],
});
