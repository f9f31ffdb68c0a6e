/** What the application needs from outside for the webhooks that hosts asked for. */
import type { Topic } from '../domain/notification.ts';
import type { Result } from '../domain/result.ts';
import type { Attempt, WebhookDelivery, WebhookEndpoint } from '../domain/webhook-endpoint.ts';
import type { Dependencies, Position, Slice } from './ports.ts';

export type Named = { readonly id: string; readonly name: string };

/** What a webhook tells; kept with its delivery, so that every attempt tells the same. */
export type WebhookNews = {
  readonly eventId: string;
  readonly topic: Topic;
  readonly subject: {
    readonly kind: 'payment_intent' | 'contribution' | 'hold' | 'webhook_endpoint';
    readonly id: string;
  };
  readonly occurredAt: string;
  /** The host whose endpoint it is. */
  readonly host: Named;
  readonly payer?: Named | undefined;
  readonly payee?: Named | undefined;
};

export type StoredDelivery = {
  readonly delivery: WebhookDelivery;
  readonly hostId: string;
  /** Null for a test. */
  readonly news: WebhookNews | null;
  /** Grows by one with each write. */
  readonly version: number;
  /** From when on the sweep queues it; null when it is over. */
  readonly sweepAt: string | null;
};

/**
 * An endpoint was disabled because nothing arrived there, or a message to it was given up: an event like any other, told by the way
 * that all events are told.
 */
export type WebhookEvent = {
  readonly id: string;
  readonly endpointId: string;
  readonly hostId: string;
  /** The version of the endpoint that it left behind. */
  readonly number: number;
  readonly at: string;
  readonly data: {
    readonly description: string;
    /** The name in the address, and nothing else of it: a path may be a secret. */
    readonly urlHost: string;
    /** Since when nothing has arrived there, or since when the message was tried. */
    readonly since: string;
    readonly outcome: Attempt['outcome'];
    readonly statusCode: number | null;
  } & (
    | { readonly type: 'webhook_disabled'; readonly why: 'failing' | 'gone' }
    | {
        readonly type: 'webhook_given_up';
        readonly givenUp: { readonly deliveryId: string; readonly topic: Topic };
      }
  );
};

/** That a test of an endpoint was asked for, the last of so many. */
export type WebhookTest = { readonly endpointId: string; readonly at: string; readonly version: number };

/** The part of a change that is about webhooks; each is bound to the version that it was decided on. */
export type WebhookChanges = {
  /** One more endpoint is registered with a host that had registered so many: whoever registers at the same time comes again. */
  readonly registration?: { readonly hostId: string; readonly before: number };
  readonly test?: WebhookTest;
  /** One that is over is deleted. */
  readonly endpoints?: readonly { readonly before: WebhookEndpoint | null; readonly after: WebhookEndpoint | null }[];
  readonly deliveries?: readonly { readonly before: StoredDelivery | null; readonly after: StoredDelivery }[];
};

/** What an attempt came to, written at once or not at all. */
export type AttemptWrite = {
  readonly before: StoredDelivery;
  readonly after: StoredDelivery;
  /** Who has the attempt: written only while that is so. Null where nobody has to. */
  readonly claimedUntil: string | null;
  /** Left out when the endpoint stays as it is. */
  readonly endpoint?: { readonly before: WebhookEndpoint; readonly after: WebhookEndpoint };
  readonly event?: WebhookEvent;
};

export type WebhookStore = {
  webhookEndpoint(hostId: string, id: string): Promise<WebhookEndpoint | undefined>;
  /** Oldest first. */
  listWebhookEndpoints(hostId: string, limit: number, from?: Position): Promise<Slice<WebhookEndpoint>>;
  /** How many endpoints the host has ever registered; asked before those that there are, it tells whether these were all. */
  webhookRegistrations(hostId: string): Promise<number>;
  webhookEvent(endpointId: string, number: number): Promise<WebhookEvent | undefined>;

  /** The last; undefined when there was none, or when that was long ago. */
  webhookTest(endpointId: string): Promise<WebhookTest | undefined>;
  webhookDelivery(endpointId: string, eventId: string): Promise<StoredDelivery | undefined>;
  /** Newest first. */
  listWebhookDeliveries(endpointId: string, limit: number, from?: Position): Promise<Slice<StoredDelivery>>;
  /** @returns false when there is one of this event already; nothing is changed then */
  putDelivery(delivery: StoredDelivery): Promise<boolean>;
  /** Gives the attempt to one who asks, until then; @returns false when somebody else has it, or has made it */
  claimDelivery(delivery: StoredDelivery, now: string, until: string): Promise<boolean>;
  /** @returns false when the endpoint or the delivery is not as it was decided on */
  recordAttempt(write: AttemptWrite): Promise<boolean>;

  /** Those that the sweep has to queue. */
  dueDeliveries(shard: number, now: string, limit: number): Promise<readonly StoredDelivery[]>;
  /** @returns false when somebody was faster */
  postponeSweep(delivery: StoredDelivery, sweepAt: string): Promise<boolean>;
};

/** What goes over the queue; endpoint and delivery are read again before anything is sent. */
export type WebhookMessage = {
  readonly schemaVersion: 1;
  readonly hostId: string;
  readonly endpointId: string;
  readonly deliveryId: string;
};

export type WebhookQueue = {
  /** @returns those that were not taken */
  send(
    messages: readonly { readonly message: WebhookMessage; readonly delaySeconds: number }[],
  ): Promise<readonly WebhookMessage[]>;
};

/** One attempt, from the clock to the outcome. */
export type AttemptWebhook = (
  endpoint: Pick<WebhookEndpoint, 'id' | 'url' | 'secrets'>,
  delivery: Pick<StoredDelivery, 'news' | 'delivery' | 'hostId'>,
) => Promise<Attempt>;

export type DeliveryDependencies = Pick<Dependencies, 'clock' | 'ids'> & {
  readonly store: WebhookStore;
  readonly queue: WebhookQueue;
  readonly attempt: AttemptWebhook;
};

export type EndpointDependencies = Dependencies & {
  readonly store: Dependencies['store'] & WebhookStore;
  readonly webhookQueue: WebhookQueue;
  readonly createSecret: () => string;
  /** @returns the address as it is to be kept, or what is wrong with it, for whoever asked */
  readonly checkUrl: (url: string) => Promise<Result<string, string>>;
};
