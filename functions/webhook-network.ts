/** How webhooks leave, and where they may go. */
import { webhookIdOf } from '../shared/application/webhook-delivery.ts';
import type { AttemptWebhook } from '../shared/application/webhook-ports.ts';
import { attemptWebhook } from '../shared/messaging/webhooks/attempt.ts';
import { resolveByDns } from '../shared/messaging/webhooks/safe-url.ts';
import type { Network } from '../shared/messaging/webhooks/send.ts';
import { payloadOf, testPayload } from '../shared/messaging/webhooks/sign.ts';
import { requireEnv, systemClock } from './dependencies.ts';

/**
 * `public`: HTTPS to addresses of the public internet. `local`, on one machine for development: `http://127.0.0.1:<port>` as
 * well. Anything else is a mistake, and no permission.
 */
export function networkOf(destinations: string): Network {
  if (destinations !== 'public' && destinations !== 'local') {
    throw new Error('WEBHOOK_DESTINATIONS is `public`, or `local` on one machine for development.');
  }
  return { allowsLoopbackHttp: destinations === 'local', resolve: resolveByDns };
}

export const network = (): Network => networkOf(requireEnv('WEBHOOK_DESTINATIONS'));

export const attemptOver =
  (over: Network, now: () => string = systemClock.now): AttemptWebhook =>
  (endpoint, stored) => {
    const { news, delivery } = stored;
    const { eventId, createdAt } = delivery;
    const payload = news === null ? testPayload({ eventId, endpointId: endpoint.id, at: createdAt }) : payloadOf(news);
    return attemptWebhook(endpoint, webhookIdOf(stored), payload, { network: over, now });
  };
