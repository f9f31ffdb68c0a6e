/** A world in which programs are told of what happens: the queue and the sweep by the world's clock, receivers on this machine. */
import { attemptOver } from '../../functions/webhook-network.ts';
import { deliver } from '../../shared/application/notifications.ts';
import { makeAttempt, queueDeliveries } from '../../shared/application/webhook-attempts.ts';
import { createWebhookEndpoint } from '../../shared/application/webhook-endpoints.ts';
import type {
  AttemptWebhook,
  DeliveryDependencies,
  EndpointDependencies,
  WebhookMessage,
  WebhookQueue,
  WebhookStore,
} from '../../shared/application/webhook-ports.ts';
import { accept } from '../../shared/domain/result.ts';
import type { EndpointView } from '../../shared/domain/webhook-endpoint.ts';
import type { Network } from '../../shared/messaging/webhooks/send.ts';
import { createSecret } from '../../shared/messaging/webhooks/sign.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { createStore } from '../../shared/persistence/store.ts';
import { withWebhooks } from '../../shared/persistence/webhook-items.ts';
import { createWebhookStore } from '../../shared/persistence/webhook-store.ts';
import type { TestEngine } from './engine.ts';
import { type NotificationWorld, notificationWorld } from './notification-world.ts';
import { bodyOf } from './world.ts';

export type WithSecret = EndpointView & { readonly signingSecret: string };

export type WebhookWorld = NotificationWorld & {
  readonly endpoints: EndpointDependencies;
  readonly deliveries: DeliveryDependencies;
  readonly hooks: WebhookStore;
  /** What is in the queue, and when it may be handed out. */
  readonly queued: { readonly message: WebhookMessage; readonly visibleAt: number }[];
  /** An endpoint of host B, or of host A, made by its admin. */
  endpointAt(
    url: string,
    more?: { readonly topics?: EndpointView['topics']; readonly of?: 'A' | 'B' },
  ): Promise<WithSecret>;
  /** Lets time pass, with whatever falls into it: messages when they are visible, and the sweep every ten minutes. */
  pass(seconds: number): Promise<void>;
  /** The news of every event of an intent, handed on to endpoints and people. */
  tell(intentId: string): Promise<void>;
};

const sweepSeconds = 600;

/** One machine: no names, and this machine is a place that webhooks may go to. */
export const localNetwork: Network = {
  allowsLoopbackHttp: true,
  resolve: async () => [],
  timeoutMilliseconds: 5000,
};

export async function webhookWorld(
  engine: TestEngine,
  {
    network = localNetwork,
    wrap = (deps) => deps,
  }: { readonly network?: Network; readonly wrap?: (deps: DeliveryDependencies) => DeliveryDependencies } = {},
): Promise<WebhookWorld> {
  const world = await notificationWorld(engine);
  const { clock, people, accounts } = world;
  const now = (): number => Date.parse(clock.now());
  const advance = (milliseconds: number): void => clock.advanceDays(milliseconds / 86_400_000);
  const queued: WebhookWorld['queued'] = [];
  const queue: WebhookQueue = {
    send: async (messages) => {
      queued.push(
        ...messages.map(({ message, delaySeconds }) => ({ message, visibleAt: now() + delaySeconds * 1000 })),
      );
      return [];
    },
  };
  const hooks = createWebhookStore(world.table);
  const attempt: AttemptWebhook = attemptOver(network, clock.now);
  const deliveries = wrap({ clock, ids: world.deps.ids, store: hooks, queue, attempt });
  const endpoints: EndpointDependencies = {
    ...world.deps,
    store: { ...world.deps.store, ...createStore(world.table, withWebhooks), ...hooks },
    webhookQueue: queue,
    createSecret,
    checkUrl: async (url) => accept(url),
  };
  const deps = { ...world.deps, webhookQueue: queue };
  return {
    ...world,
    deps,
    endpoints,
    deliveries,
    hooks,
    queued,
    endpointAt: async (url, { topics = 'all', of: host = 'B' } = {}) => {
      const input = { url, description: 'Bookkeeping', topics };
      const meta = world.meta(people[`hostAdmin${host}`]);
      return bodyOf<WithSecret>(await createWebhookEndpoint(endpoints, meta, accounts[`host${host}`], input));
    },
    pass: async (seconds) => {
      const end = now() + seconds * 1000;
      for (;;) {
        const nextSweep = (Math.floor(now() / (sweepSeconds * 1000)) + 1) * sweepSeconds * 1000;
        const next = Math.min(nextSweep, ...queued.map(({ visibleAt }) => visibleAt));
        if (next > end) {
          advance(end - now());
          return;
        }
        advance(Math.max(0, next - now()));
        if (next === nextSweep) {
          await queueDeliveries(deliveries, { shards: dueShards, hasTime: () => true });
        }
        const ripe = queued.filter(({ visibleAt }) => visibleAt <= now());
        queued.splice(0, queued.length, ...queued.filter((each) => !ripe.includes(each)));
        await Promise.all(ripe.map(({ message }) => makeAttempt(deliveries, message)));
      }
    },
    tell: async (intentId) => {
      for (const message of await world.newsOf(intentId)) {
        await deliver(deps, message);
      }
    },
  };
}
