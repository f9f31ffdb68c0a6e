/** What PayPal is asked: it takes about ten requests a second, and two environments at once (`infra/constructs/running-batch.ts`) ask eight times. */

import { processorDependencies } from '../processor-dependencies.ts';
import { subscriptionQueue } from '../subscription-queue.ts';
import { subscriptionWorker } from './subscription-worker.ts';

export const handler = subscriptionWorker({
  dependencies: processorDependencies,
  queue: subscriptionQueue(),
  asksHere: ['paypal'],
  callsPerSecondMax: 4,
});
