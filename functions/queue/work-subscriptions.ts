/** Bank transfers, which only the host confirms, and the built-in test processor. */

import { processorDependencies } from '../processor-dependencies.ts';
import { subscriptionQueue } from '../subscription-queue.ts';
import { subscriptionWorker } from './subscription-worker.ts';

export const handler = subscriptionWorker({
  dependencies: processorDependencies,
  queue: subscriptionQueue(),
  asksHere: ['bank_transfer', 'test'],
});
