/** What PayPal is asked: it takes about ten requests a second, and two environments at once (`infra/constructs/running-batch.ts`) ask eight times. */

import { subscriptionQueue } from '../subscription-queue.ts';
import { workDependencies } from '../work-dependencies.ts';
import { subscriptionWorker } from './subscription-worker.ts';

export const handler = subscriptionWorker({
  dependencies: workDependencies,
  queue: subscriptionQueue(),
  asksHere: ['paypal'],
  callsPerSecondMax: 4,
});
