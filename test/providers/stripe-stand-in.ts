/** Stripe on this machine, anew for each test of a file. */
import { afterEach, beforeEach } from '@jest/globals';
import type { Processor } from '../../shared/application/processors.ts';
import { createStripeProcessor } from '../../shared/providers/stripe.ts';
import * as stripe from './fixtures/stripe.ts';
import { clock } from './requests.ts';
import { type Answer, type StandIn, startStandIn } from './stand-in.ts';

export const answer = (status: number, body: unknown): Answer => ({ status, body });

export function stripeStandIn() {
  const here = {} as { server: StandIn };
  beforeEach(async () => {
    here.server = await startStandIn();
  });
  afterEach(() => here.server.stop());
  return Object.assign(here, {
    /** Gives up soon, where nobody answers; everywhere else a busy machine gets the time that it needs. */
    processor: (given?: Answer): Processor =>
      createStripeProcessor({
        secretKey: stripe.secretKey,
        base: here.server.base,
        now: clock,
        timeoutMilliseconds: given === 'silence' ? 300 : 10_000,
      }),
  });
}
