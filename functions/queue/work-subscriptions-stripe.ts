/** What Stripe is asked: at most a hundred requests a second, of which ten environments at once (`infra/constructs/running-batch.ts`) take eighty. */

import { processorDependencies } from '../processor-dependencies.ts';
import { subscriptionQueue } from '../subscription-queue.ts';
import { subscriptionWorker } from './subscription-worker.ts';

export const handler = subscriptionWorker({
  dependencies: processorDependencies,
  queue: subscriptionQueue(),
  asksHere: ['stripe'],
  callsPerSecondMax: 8,
});
