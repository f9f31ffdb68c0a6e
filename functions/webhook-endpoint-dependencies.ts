/** What the function runs on by which hosts set up their webhooks: the same as the others, their store, and the queue. */
import type { EndpointDependencies } from '../shared/application/webhook-ports.ts';
import { accept, type Result, refuse } from '../shared/domain/result.ts';
import { checkDestination, type DestinationPolicy, type UrlRefusal } from '../shared/messaging/webhooks/safe-url.ts';
import { createSecret } from '../shared/messaging/webhooks/sign.ts';
import { createStore } from '../shared/persistence/store.ts';
import { withWebhooks } from '../shared/persistence/webhook-items.ts';
import { createWebhookStore } from '../shared/persistence/webhook-store.ts';
import { dependenciesOver, tableOptions } from './dependencies.ts';
import { laterWebhookQueue } from './later-webhook-queue.ts';
import { network } from './webhook-network.ts';

let made: EndpointDependencies | undefined;

export function webhookEndpointDependencies(): EndpointDependencies {
  made ??= make();
  return made;
}

function make(): EndpointDependencies {
  const { store, ...others } = dependenciesOver(createStore(tableOptions(), withWebhooks));
  return {
    ...others,
    store: { ...store, ...createWebhookStore(tableOptions()) },
    webhookQueue: laterWebhookQueue(),
    createSecret,
    checkUrl: checkedBy(network()),
  };
}

/** Half of what the request may take. */
const lookUpMilliseconds = 5000;

const details: Readonly<Record<UrlRefusal, string>> = {
  'not-a-url': 'Must be a URL, such as https://hooks.example.org/payments.',
  'too-long': 'Must have 2,048 characters at most.',
  'not-https': 'Must begin with https://.',
  'has-credentials': 'Must have neither user nor password: messages are signed instead.',
  'has-fragment': 'Must have no fragment (#…).',
  'port-not-allowed': 'Must be on port 443 or 8443.',
  'host-not-allowed': 'Must have a name of the public internet.',
  'address-not-public': 'Leads to an address that is not one of the public internet.',
  'not-resolved': 'The name in it could not be found.',
};

export const checkedBy =
  (policy: DestinationPolicy): EndpointDependencies['checkUrl'] =>
  async (text): Promise<Result<string, string>> => {
    const signal = AbortSignal.timeout(lookUpMilliseconds);
    try {
      const checked = await checkDestination(text, policy, signal);
      return checked.ok ? accept(checked.value.url.href) : refuse(details[checked.refusal]);
    } catch (error) {
      // Nobody has said in time what the name stands for.
      if (signal.aborted) {
        return refuse(details['not-resolved']);
      }
      throw error;
    }
  };
