/**
 * Where a host wants its programs told, as its admins set it up. The signing secret is answered by the request that made it, and by
 * no other: not by a repetition of that request either, whose answer is remembered without it.
 */
import type { Account } from '../domain/account.ts';
import type { Action } from '../domain/authorisation.ts';
import type { Topic } from '../domain/notification.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import {
  beginDelivery,
  disableEndpoint,
  type EndpointEdit,
  editEndpoint,
  enableEndpoint,
  endpointDisabled,
  endpointsMax,
  openEndpoint,
  refusalOfTest,
  replayDelivery,
  rotateSecret,
  viewOfEndpoint,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../domain/webhook-endpoint.ts';
import { readable, refusalFor } from './accounts.ts';
import { callerOf, execute, notFound, type Plan, stale } from './execute.ts';
import type { CommandRead, Position, Slice } from './ports.ts';
import type { Answer, Outcome, RequestMeta } from './request.ts';
import { deliveryIdOf, eventIdOf, messageFor, sweepAtOf, webhookIdOf } from './webhook-delivery.ts';
import type { EndpointDependencies, StoredDelivery, WebhookTest } from './webhook-ports.ts';

// --- Views -----------------------------------------------------------------------------------------------------------

type View = ReturnType<typeof viewOfEndpoint>;

/** With the secret where it is shown: once. */
const withSecret = (view: View, signingSecret: string | null) => ({ ...view, signingSecret });

const answerOf = (status: number, view: View | ReturnType<typeof withSecret>): Omit<Answer, 'replayed'> => ({
  status,
  body: view,
  version: view.version,
});

/** The answer with the secret, which is remembered without it. */
const secretAnswer = (status: number, endpoint: WebhookEndpoint, now: string): Omit<Plan, 'change'> => {
  const view = viewOfEndpoint(endpoint, now);
  return {
    answer: answerOf(status, withSecret(view, endpoint.secrets.current.value)),
    remembered: { kind: 'body', ...answerOf(status, withSecret(view, null)) },
  };
};

export type DeliveryView = Omit<WebhookDelivery, 'round'> & {
  readonly hostId: string;
  readonly webhookId: string;
  readonly subject: NonNullable<StoredDelivery['news']>['subject'] | null;
  readonly occurredAt: string | null;
};

const deliveryView = (stored: StoredDelivery): DeliveryView => {
  const { round: _round, ...shown } = stored.delivery;
  const { hostId, news } = stored;
  return {
    ...shown,
    hostId,
    webhookId: webhookIdOf(stored),
    subject: news?.subject ?? null,
    occurredAt: news?.occurredAt ?? null,
  };
};

const invalid = (pointer: string, detail: string) =>
  refuse({ code: 'validation-failed', errors: [{ pointer, detail }] } as const);

// --- Changes ---------------------------------------------------------------------------------------------------------

/** Hosts alone have endpoints: any other account is no host, whoever asks. */
const hostRefusal = (host: Account | undefined, meta: RequestMeta, read: CommandRead, action: Action) =>
  host?.kind === 'host' ? refusalFor(host, callerOf(meta, read), action) : notFound('host');

const authorised =
  (meta: RequestMeta, hostId: string) =>
  (read: CommandRead): Refusal | undefined =>
    hostRefusal(read.accounts.get(hostId), meta, read, 'manageWebhookEndpoints');

export type CreateEndpointInput = {
  readonly url: string;
  readonly description: string;
  readonly topics: readonly Topic[] | 'all';
};

export const createWebhookEndpoint = (
  deps: EndpointDependencies,
  meta: RequestMeta,
  hostId: string,
  { url: given, description, topics }: CreateEndpointInput,
): Outcome => {
  let checked: Result<string, string> | undefined;
  return execute(deps, meta, {
    accountIds: [hostId],
    authorise: authorised(meta, hostId),
    decide: async (_read, now) => {
      // Once, however often it is decided: names may take seconds to look up.
      checked ??= await deps.checkUrl(given);
      const url = checked;
      if (!url.ok) {
        return invalid('/url', url.refusal);
      }
      // Before the list, so that the list has all of them; what is registered after is a lost race.
      const before = await deps.store.webhookRegistrations(hostId);
      const { items } = await deps.store.listWebhookEndpoints(hostId, endpointsMax);
      if (items.length >= endpointsMax) {
        const detail = `A host has at most ${endpointsMax} webhook endpoints; delete one first.`;
        return refuse({ code: 'too-many', detail });
      }
      const endpoint = openEndpoint({
        id: deps.ids.next('whe', now),
        hostId,
        url: url.value,
        description,
        topics,
        secret: deps.createSecret(),
        createdAt: now,
        createdBy: meta.userId,
      });
      return accept({
        change: {
          intents: [],
          webhooks: { registration: { hostId, before }, endpoints: [{ before: null, after: endpoint }] },
        },
        ...secretAnswer(201, endpoint, now),
      });
    },
  });
};

type Changed = { readonly after: WebhookEndpoint | null; readonly plan: Omit<Plan, 'change'> };

/** Which endpoint of which host. */
export type EndpointOf = { readonly hostId: string; readonly endpointId: string };

function changeEndpoint(
  deps: EndpointDependencies,
  meta: RequestMeta,
  { hostId, endpointId }: EndpointOf,
  decide: (endpoint: WebhookEndpoint, now: string) => Result<Changed, Refusal> | Promise<Result<Changed, Refusal>>,
): Outcome {
  return execute(deps, meta, {
    accountIds: [hostId],
    authorise: authorised(meta, hostId),
    decide: async (_read, now) => {
      const before = await deps.store.webhookEndpoint(hostId, endpointId);
      if (before === undefined) {
        return refuse(notFound('webhook endpoint'));
      }
      if (meta.ifMatch !== undefined && meta.ifMatch !== before.version) {
        return refuse(stale(before.version));
      }
      const decided = await decide(before, now);
      if (!decided.ok) {
        return decided;
      }
      const { after, plan } = decided.value;
      const endpoints = after === before ? [] : [{ before, after }];
      return accept({ change: { intents: [], webhooks: { endpoints } }, ...plan });
    },
  });
}

/** By hand: who did it stands on it. */
const changedTo = (
  meta: RequestMeta,
  before: WebhookEndpoint,
  changed: WebhookEndpoint,
  now: string,
): Result<Changed, Refusal> => {
  const after = changed === before ? before : { ...changed, updatedBy: meta.userId };
  return accept({ after, plan: { answer: answerOf(200, viewOfEndpoint(after, now)) } });
};

export type EditEndpointInput = { readonly [Name in keyof EndpointEdit]?: EndpointEdit[Name] | undefined };

export const updateWebhookEndpoint = (
  deps: EndpointDependencies,
  meta: RequestMeta,
  which: EndpointOf,
  input: EditEndpointInput,
): Outcome =>
  changeEndpoint(deps, meta, which, async (endpoint, now) => {
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as EndpointEdit;
    if (given.url === undefined || given.url === endpoint.url) {
      return changedTo(meta, endpoint, editEndpoint(endpoint, given, now), now);
    }
    const url = await deps.checkUrl(given.url);
    return url.ok
      ? changedTo(meta, endpoint, editEndpoint(endpoint, { ...given, url: url.value }, now), now)
      : invalid('/url', url.refusal);
  });

/** Nothing more is sent to it; what was pending is over when its turn comes. */
export const deleteWebhookEndpoint = (deps: EndpointDependencies, meta: RequestMeta, which: EndpointOf): Outcome =>
  changeEndpoint(deps, meta, which, (endpoint, now) =>
    accept({ after: null, plan: { answer: { ...answerOf(200, viewOfEndpoint(endpoint, now)), version: null } } }),
  );

export const enableWebhookEndpoint = (deps: EndpointDependencies, meta: RequestMeta, which: EndpointOf): Outcome =>
  changeEndpoint(deps, meta, which, (endpoint, now) => changedTo(meta, endpoint, enableEndpoint(endpoint, now), now));

export const disableWebhookEndpoint = (deps: EndpointDependencies, meta: RequestMeta, which: EndpointOf): Outcome =>
  changeEndpoint(deps, meta, which, (endpoint, now) =>
    changedTo(meta, endpoint, disableEndpoint(endpoint, now, 'by_hand'), now),
  );

export const rotateWebhookSecret = (
  deps: EndpointDependencies,
  meta: RequestMeta,
  which: EndpointOf,
  { leaked }: { readonly leaked: boolean },
): Outcome =>
  changeEndpoint(deps, meta, which, (endpoint, now) => {
    const rotated = rotateSecret(endpoint, deps.createSecret(), now, leaked ? 'leaked' : 'overlap');
    if (!rotated.ok) {
      return rotated;
    }
    const after = { ...rotated.value, updatedBy: meta.userId };
    return accept({ after, plan: secretAnswer(200, after, now) });
  });

// --- Deliveries by hand ----------------------------------------------------------------------------------------------

type Begun = { readonly before: StoredDelivery | null; readonly after: StoredDelivery; readonly test?: WebhookTest };

/** A delivery that somebody asks for; its first attempt is made at once, or by the sweep when the queue takes nothing. */
async function deliverByHand(
  deps: EndpointDependencies,
  meta: RequestMeta,
  { hostId, endpointId }: EndpointOf,
  {
    status,
    begin,
  }: {
    readonly status: 200 | 201;
    readonly begin: (endpoint: WebhookEndpoint, now: string) => Promise<Result<Begun, Refusal>>;
  },
): Outcome {
  let begun: StoredDelivery | undefined;
  const outcome = await execute(deps, meta, {
    accountIds: [hostId],
    authorise: authorised(meta, hostId),
    decide: async (_read, now) => {
      const endpoint = await deps.store.webhookEndpoint(hostId, endpointId);
      if (endpoint === undefined) {
        return refuse(notFound('webhook endpoint'));
      }
      const decided = await begin(endpoint, now);
      if (!decided.ok) {
        return decided;
      }
      const { before, after, test } = decided.value;
      begun = after;
      const deliveries = before === after ? [] : [{ before, after }];
      return accept({
        change: { intents: [], webhooks: { deliveries, ...(test === undefined ? {} : { test }) } },
        answer: { status, body: deliveryView(after), version: null },
      });
    },
  });
  if (outcome.ok && !outcome.value.replayed && begun !== undefined) {
    await deps.webhookQueue.send([{ message: messageFor(begun), delaySeconds: 0 }]);
  }
  return outcome;
}

export const testWebhookEndpoint = (deps: EndpointDependencies, meta: RequestMeta, which: EndpointOf): Outcome =>
  deliverByHand(deps, meta, which, {
    status: 201,
    begin: async (endpoint, now) => {
      const { hostId, endpointId } = which;
      const last = await deps.store.webhookTest(endpointId);
      const refusal = refusalOfTest(endpoint, last?.at ?? null, now);
      if (refusal !== undefined) {
        return refuse(refusal);
      }
      const eventId = deps.ids.next('evt', now);
      const delivery = beginDelivery({
        id: deliveryIdOf(eventId),
        endpointId,
        eventId,
        topic: null,
        createdAt: now,
      });
      return accept({
        before: null,
        after: { delivery, hostId, news: null, version: 1, sweepAt: sweepAtOf(delivery) },
        test: { endpointId, at: now, version: (last?.version ?? 0) + 1 },
      });
    },
  });

/** Which delivery to which endpoint. */
export type DeliveryOf = EndpointOf & { readonly deliveryId: string };

/** Once more from the beginning, under the same `webhook-id`; one that is under way goes on as it is. */
export const replayWebhookDelivery = (deps: EndpointDependencies, meta: RequestMeta, which: DeliveryOf): Outcome =>
  deliverByHand(deps, meta, which, {
    status: 200,
    begin: async ({ status }, now) => {
      const before = await deps.store.webhookDelivery(which.endpointId, eventIdOf(which.deliveryId));
      if (before === undefined) {
        return refuse(notFound('delivery'));
      }
      if (status === 'disabled') {
        return refuse(endpointDisabled);
      }
      const delivery = replayDelivery(before.delivery, now);
      return accept({
        before,
        after:
          delivery === before.delivery
            ? before
            : { ...before, delivery, version: before.version + 1, sweepAt: sweepAtOf(delivery, now) },
      });
    },
  });

// --- Reading ---------------------------------------------------------------------------------------------------------

async function readableHost(
  deps: EndpointDependencies,
  userId: string,
  hostId: string,
): Promise<Result<null, Refusal>> {
  const found = await readable(deps, userId, hostId, 'readWebhookEndpoints');
  if (!found.ok) {
    return found;
  }
  return found.value.kind === 'host' ? accept(null) : refuse(notFound('host'));
}

async function readableEndpoint(
  deps: EndpointDependencies,
  userId: string,
  { hostId, endpointId }: EndpointOf,
): Promise<Result<WebhookEndpoint, Refusal>> {
  const allowed = await readableHost(deps, userId, hostId);
  if (!allowed.ok) {
    return allowed;
  }
  const endpoint = await deps.store.webhookEndpoint(hostId, endpointId);
  return endpoint === undefined ? refuse(notFound('webhook endpoint')) : accept(endpoint);
}

type Paged = { readonly limit: number; readonly position?: Position | undefined };

export async function listWebhookEndpoints(
  deps: EndpointDependencies,
  userId: string,
  hostId: string,
  { limit, position }: Paged,
): Promise<Result<Slice<View>, Refusal>> {
  const allowed = await readableHost(deps, userId, hostId);
  if (!allowed.ok) {
    return allowed;
  }
  const now = deps.clock.now();
  const { items, next } = await deps.store.listWebhookEndpoints(hostId, limit, position);
  return accept({ items: items.map((endpoint) => viewOfEndpoint(endpoint, now)), next });
}

export async function getWebhookEndpoint(deps: EndpointDependencies, userId: string, which: EndpointOf): Outcome {
  const found = await readableEndpoint(deps, userId, which);
  return found.ok
    ? accept({ ...answerOf(200, viewOfEndpoint(found.value, deps.clock.now())), replayed: false })
    : found;
}

/** How many times one request reads on, looking for deliveries of one status. */
const readsMax = 10;

/** With a status, a page may be short of what was asked for although there are more. */
export async function listWebhookDeliveries(
  deps: EndpointDependencies,
  userId: string,
  which: EndpointOf,
  { status, limit, position }: Paged & { readonly status?: WebhookDelivery['status'] | undefined },
): Promise<Result<Slice<DeliveryView>, Refusal>> {
  const endpoint = await readableEndpoint(deps, userId, which);
  if (!endpoint.ok) {
    return endpoint;
  }
  const found: StoredDelivery[] = [];
  let next = position;
  for (let reads = 0; reads < readsMax; reads += 1) {
    // No more than there is room for, so that the next page begins right after the last one that was looked at.
    const page = await deps.store.listWebhookDeliveries(which.endpointId, limit - found.length, next);
    found.push(...page.items.filter(({ delivery }) => status === undefined || delivery.status === status));
    next = page.next;
    if (next === undefined || found.length === limit) {
      break;
    }
  }
  return accept({ items: found.map(deliveryView), next });
}

export async function getWebhookDelivery(deps: EndpointDependencies, userId: string, which: DeliveryOf): Outcome {
  const endpoint = await readableEndpoint(deps, userId, which);
  if (!endpoint.ok) {
    return endpoint;
  }
  const stored = await deps.store.webhookDelivery(which.endpointId, eventIdOf(which.deliveryId));
  return stored === undefined
    ? refuse(notFound('delivery'))
    : accept({ status: 200, body: deliveryView(stored), version: null, replayed: false });
}
