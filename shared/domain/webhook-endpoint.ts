/**
 * Webhooks that a host asked for: where they go, the secrets that they are signed with, and what follows from each attempt
 * (requirements N4). Each message is tried on the schedule below, counted from the end of the attempt before:
 *
 *   at once ─5 s─> 2nd ─5 min─> 3rd ─30 min─> 4th ─2 h─> 5th ─5 h─> 6th ─10 h─> 7th and last
 *
 * When the last one fails, and nothing has arrived at the endpoint since the first, the endpoint is disabled. When other messages
 * arrived meanwhile, it is this message that the receiver cannot take: it is given up, which its host is told once a day, and the
 * endpoint goes on.
 */
import type { Topic } from './notification.ts';
import type { Refusal } from './refusals.ts';
import { accept, type Result, refuse } from './result.ts';

/** `whsec_…`. It is shown once, when it was made, and to nobody after. */
export type EndpointSecret = { readonly value: string; readonly createdAt: string };
export type PreviousSecret = EndpointSecret & { readonly validUntil: string };

export type WebhookEndpoint = {
  /** `whe_` and a ULID. */
  readonly id: string;
  readonly hostId: string;
  readonly version: number;
  readonly url: string;
  readonly description: string;
  readonly topics: readonly Topic[] | 'all';
  readonly status: 'active' | 'disabled';
  /** Null while it is active. */
  readonly disabled: { readonly at: string; readonly reason: DisabledReason } | null;
  readonly secrets: { readonly current: EndpointSecret; readonly previous: readonly PreviousSecret[] };
  /**
   * When the first attempt was made that failed since something arrived, over all messages; null when there is none. How many they
   * are is not counted here: at a receiver that is down, all attempts would wait for each other to count.
   */
  readonly failingSince: string | null;
  /** Since when it is as it is: made, enabled again, or given another address. Attempts from before say nothing of it. */
  readonly activeSince: string;
  /** When its host was last told that a message was given up; null when it never was. */
  readonly givenUpToldAt: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  /** Who changed it last by hand. What its deliveries bring about is nobody's doing, and moves neither. */
  readonly updatedBy: string;
};

/** By a person; because nothing arrived; because the receiver answered 410 Gone. */
export type DisabledReason = 'by_hand' | 'failing' | 'gone';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long after a failed attempt the next one is made: the first after the first, and so on. */
export const retryDelaysMilliseconds = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
] as const satisfies readonly number[];
/** The first attempt, and one for each delay. */
export const attemptsPerRound = retryDelaysMilliseconds.length + 1;

/** How long the secret that was replaced still signs, next to the new one. */
export const secretOverlapMilliseconds = 24 * hour;
/** A receiver that cannot take one message may not take a thousand: the rest is in the list of deliveries. */
export const givenUpToldEveryMilliseconds = 24 * hour;

/** Each signs every message: more would make the header long. */
export const previousSecretsMax = 3;

/** Endpoints of one host. */
export const endpointsMax = 20;

/** Anybody may want to see whether a test arrives, and nobody can look at more than one at a time. */
export const testIntervalSeconds = 10;

/** Attempts that are kept with a delivery, the newest: two rounds and some. The count goes on. */
export const attemptsKept = 20;

// --- Endpoints -------------------------------------------------------------------------------------------------------

export type NewEndpoint = Pick<
  WebhookEndpoint,
  'id' | 'hostId' | 'url' | 'description' | 'topics' | 'createdAt' | 'createdBy'
> & { readonly secret: string };

export const openEndpoint = ({ secret, ...given }: NewEndpoint): WebhookEndpoint => ({
  ...given,
  version: 1,
  status: 'active',
  disabled: null,
  secrets: { current: { value: secret, createdAt: given.createdAt }, previous: [] },
  failingSince: null,
  activeSince: given.createdAt,
  givenUpToldAt: null,
  updatedAt: given.createdAt,
  updatedBy: given.createdBy,
});

const changed = (endpoint: WebhookEndpoint, at: string, changes: Partial<WebhookEndpoint>): WebhookEndpoint => ({
  ...endpoint,
  ...changes,
  version: endpoint.version + 1,
  updatedAt: at,
});

export type EndpointEdit = Partial<Pick<WebhookEndpoint, 'url' | 'description' | 'topics'>>;

/** Another address is another receiver: what the old one failed at is not counted against it. */
export const editEndpoint = (endpoint: WebhookEndpoint, edit: EndpointEdit, at: string): WebhookEndpoint =>
  changed(endpoint, at, {
    ...edit,
    ...(edit.url === undefined || edit.url === endpoint.url ? {} : anew(at)),
  });

/** Nothing is held against it any more; the same endpoint when it was active. */
export const enableEndpoint = (endpoint: WebhookEndpoint, at: string): WebhookEndpoint =>
  endpoint.status === 'active' ? endpoint : changed(endpoint, at, { status: 'active', disabled: null, ...anew(at) });

export const disableEndpoint = (endpoint: WebhookEndpoint, at: string, reason: DisabledReason): WebhookEndpoint =>
  endpoint.status === 'disabled' ? endpoint : changed(endpoint, at, { status: 'disabled', disabled: { at, reason } });

const anew = (at: string) => ({ failingSince: null, activeSince: at });

export const wantsTopic = ({ topics }: WebhookEndpoint, topic: Topic): boolean =>
  topics === 'all' || topics.includes(topic);

/** What may be shown and logged of an endpoint: everything but its secrets, and what is there for us alone. */
export type EndpointView = Omit<WebhookEndpoint, 'secrets' | 'givenUpToldAt'> & {
  readonly secret: { readonly createdAt: string };
  readonly previousSecrets: readonly { readonly createdAt: string; readonly validUntil: string }[];
};

export const viewOfEndpoint = (
  { secrets, givenUpToldAt: _told, ...shown }: WebhookEndpoint,
  now: string,
): EndpointView => ({
  ...shown,
  secret: { createdAt: secrets.current.createdAt },
  previousSecrets: stillValid(secrets.previous, now).map(({ createdAt, validUntil }) => ({ createdAt, validUntil })),
});

// --- Secrets ---------------------------------------------------------------------------------------------------------

/**
 * A new secret. The one before it signs for another day, so that the receiver can change over at any time; one that leaked ends at
 * once, with all from before it.
 */
export function rotateSecret(
  endpoint: WebhookEndpoint,
  secret: string,
  at: string,
  whatOfTheOldOne: 'overlap' | 'leaked' = 'overlap',
): Result<WebhookEndpoint, Refusal> {
  const { current, previous } = endpoint.secrets;
  const valid = stillValid(previous, at);
  if (whatOfTheOldOne === 'overlap' && valid.length >= previousSecretsMax) {
    return refuse({
      code: 'too-many',
      detail: `${previousSecretsMax} earlier secrets are still valid; the next can be replaced when one of them has ended.`,
    });
  }
  const kept =
    whatOfTheOldOne === 'leaked' ? [] : [{ ...current, validUntil: later(at, secretOverlapMilliseconds) }, ...valid];
  return accept(changed(endpoint, at, { secrets: { current: { value: secret, createdAt: at }, previous: kept } }));
}

const stillValid = (previous: readonly PreviousSecret[], now: string): readonly PreviousSecret[] =>
  previous.filter(({ validUntil }) => now < validUntil);

/** What a message is signed with now, the newest first. */
export const validSecrets = (
  { secrets }: Pick<WebhookEndpoint, 'secrets'>,
  now: string,
): readonly [string, ...string[]] => [
  secrets.current.value,
  ...stillValid(secrets.previous, now).map(({ value }) => value),
];

// --- Deliveries ------------------------------------------------------------------------------------------------------

/** What an attempt can come to; the closed list of words for the log of deliveries. */
export const attemptOutcomes = [
  'delivered',
  /** Any answer that is neither 2xx, nor a redirect, nor 410. */
  'answered_error',
  'gone',
  /** 3xx: it is not followed. */
  'redirected',
  'timed_out',
  'unreachable',
  'unresolved',
  /** The address, or one of those that the name stands for, is not a public one. */
  'destination_refused',
  /** The receiver's certificate does not hold. */
  'not_trusted',
  /** Connected, and then no answer, or none that is HTTP, or a refusal that was not said to its end. */
  'broken_off',
] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

export type AttemptResult = {
  readonly outcome: AttemptOutcome;
  /** Null when nothing was answered. */
  readonly statusCode: number | null;
  readonly durationMilliseconds: number;
  /** The first words of the answer, without secrets. */
  readonly excerpt: string | null;
};

/** @property at when it began */
export type Attempt = AttemptResult & { readonly at: string };

export const deliveryStatuses = ['pending', 'delivered', 'exhausted', 'gone', 'endpoint_disabled'] as const;

export type WebhookDelivery = {
  readonly id: string;
  readonly endpointId: string;
  readonly eventId: string;
  /** Null for a test. */
  readonly topic: Topic | null;
  readonly status: (typeof deliveryStatuses)[number];
  /** Null when it is over. */
  readonly nextAttemptAt: string | null;
  /** From the first attempt to the last; a replay begins another. */
  readonly round: { readonly number: number; readonly attempts: number; readonly firstAttemptAt: string | null };
  readonly attemptCount: number;
  /** The newest, oldest of them first. */
  readonly attempts: readonly (Attempt & { readonly number: number })[];
  readonly createdAt: string;
  readonly updatedAt: string;
};

export const beginDelivery = (
  given: Pick<WebhookDelivery, 'id' | 'endpointId' | 'eventId' | 'topic' | 'createdAt'>,
): WebhookDelivery => ({
  ...given,
  status: 'pending',
  nextAttemptAt: given.createdAt,
  round: { number: 1, attempts: 0, firstAttemptAt: null },
  attemptCount: 0,
  attempts: [],
  updatedAt: given.createdAt,
});

/** @param testedAt when a test of the endpoint was last asked for; null when none was */
export function refusalOfTest(
  { status }: Pick<WebhookEndpoint, 'status'>,
  testedAt: string | null,
  now: string,
): Refusal | undefined {
  if (status === 'disabled') {
    return endpointDisabled;
  }
  const next = testedAt === null ? now : later(testedAt, testIntervalSeconds * second);
  return now < next
    ? { code: 'too-many', detail: `There was a test of it a moment ago; the next can be sent from ${next} on.` }
    : undefined;
}

export const endpointDisabled: Refusal = {
  code: 'transition-not-allowed',
  currentStatus: 'disabled',
  allowedCommands: [],
  detail: 'The endpoint is disabled, so nothing is sent to it. Enable it first.',
};

/** Once more from the beginning; one that is under way goes on as it is. */
export const replayDelivery = (delivery: WebhookDelivery, at: string): WebhookDelivery =>
  delivery.status === 'pending'
    ? delivery
    : {
        ...delivery,
        status: 'pending',
        nextAttemptAt: at,
        round: { number: delivery.round.number + 1, attempts: 0, firstAttemptAt: null },
        updatedAt: at,
      };

export type NextStep = 'send' | 'not_yet' | 'over' | 'endpoint_disabled';

/** What is to be done about a delivery now: messages come twice, and late. */
export function nextStep(endpoint: WebhookEndpoint, delivery: WebhookDelivery, now: string): NextStep {
  if (delivery.nextAttemptAt === null) {
    return 'over';
  }
  if (endpoint.status === 'disabled') {
    return 'endpoint_disabled';
  }
  return now < delivery.nextAttemptAt ? 'not_yet' : 'send';
}

/** The endpoint was disabled before this arrived; it can be replayed when it is enabled. */
export const closeDelivery = (delivery: WebhookDelivery, at: string): WebhookDelivery =>
  delivery.status === 'pending'
    ? { ...delivery, status: 'endpoint_disabled', nextAttemptAt: null, updatedAt: at }
    : delivery;

/** Somebody at the host has to hear that nothing is sent there any more. */
export type DisabledNotice = {
  readonly type: 'webhook_endpoint_disabled';
  readonly endpointId: string;
  readonly hostId: string;
  readonly reason: Exclude<DisabledReason, 'by_hand'>;
  readonly at: string;
  readonly lastOutcome: AttemptOutcome;
  readonly lastStatusCode: number | null;
};

/** Somebody at the host has to hear that one of its programs was not told of something. */
export type GivenUpNotice = {
  readonly type: 'webhook_message_given_up';
  readonly endpointId: string;
  readonly hostId: string;
  readonly deliveryId: string;
  readonly topic: Topic;
  /** When it was first tried. */
  readonly since: string;
  readonly at: string;
  readonly lastOutcome: AttemptOutcome;
  readonly lastStatusCode: number | null;
};

export type Recorded = {
  /** The very same value when nothing of it changed, so that messages that arrive write no endpoint. */
  readonly endpoint: WebhookEndpoint;
  readonly delivery: WebhookDelivery;
  readonly notice: DisabledNotice | GivenUpNotice | null;
};

/** What follows from an attempt. One of a delivery that is over changes nothing. */
export function recordAttempt(endpoint: WebhookEndpoint, delivery: WebhookDelivery, attempt: Attempt): Recorded {
  if (delivery.status !== 'pending') {
    return { endpoint, delivery, notice: null };
  }
  const after = attempted(delivery, attempt);
  if (endpoint.status === 'disabled') {
    return { endpoint, delivery: after, notice: null };
  }
  const isOfBefore = attempt.at < endpoint.activeSince;
  const counted = isOfBefore ? endpoint : countedIn(endpoint, attempt);
  const reason = isOfBefore ? null : reasonToDisable(counted, after);
  const at = endOf(attempt);
  const { id: endpointId, hostId } = endpoint;
  const said = { endpointId, hostId, at, lastOutcome: attempt.outcome, lastStatusCode: attempt.statusCode };
  if (reason !== null) {
    const disabled = { status: 'disabled', disabled: { at, reason } } as const;
    return {
      endpoint: changedOnce(endpoint, counted, at, disabled),
      delivery: after,
      notice: { type: 'webhook_endpoint_disabled', reason, ...said },
    };
  }
  const { id: deliveryId, topic } = after;
  if (topic !== null && tellsOfGivenUp(counted, after, at)) {
    return {
      endpoint: changedOnce(endpoint, counted, at, { givenUpToldAt: at }),
      delivery: after,
      notice: {
        type: 'webhook_message_given_up',
        deliveryId,
        topic,
        since: after.round.firstAttemptAt ?? attempt.at,
        ...said,
      },
    };
  }
  return { endpoint: counted, delivery: after, notice: null };
}

/** One attempt is one change, and so one version, whatever follows from it. */
const changedOnce = (
  before: WebhookEndpoint,
  counted: WebhookEndpoint,
  at: string,
  changes: Partial<WebhookEndpoint>,
): WebhookEndpoint => (counted === before ? changed(before, at, changes) : { ...counted, ...changes });

/** Nobody waits for a test but whoever asked for it. */
const tellsOfGivenUp = ({ givenUpToldAt }: WebhookEndpoint, { status }: WebhookDelivery, at: string): boolean =>
  status === 'exhausted' && (givenUpToldAt === null || at >= later(givenUpToldAt, givenUpToldEveryMilliseconds));

function attempted(delivery: WebhookDelivery, attempt: Attempt): WebhookDelivery {
  const attempts = delivery.round.attempts + 1;
  const delay = retryDelaysMilliseconds[attempts - 1];
  const status = statusAfter(attempt.outcome, delay);
  const attemptCount = delivery.attemptCount + 1;
  return {
    ...delivery,
    status,
    nextAttemptAt: status === 'pending' && delay !== undefined ? later(endOf(attempt), delay) : null,
    round: { ...delivery.round, attempts, firstAttemptAt: delivery.round.firstAttemptAt ?? attempt.at },
    attemptCount,
    attempts: [...delivery.attempts, { number: attemptCount, ...attempt }].slice(-attemptsKept),
    updatedAt: endOf(attempt),
  };
}

function statusAfter(outcome: AttemptOutcome, delay: number | undefined): WebhookDelivery['status'] {
  if (outcome === 'delivered' || outcome === 'gone') {
    return outcome;
  }
  return delay === undefined ? 'exhausted' : 'pending';
}

function countedIn(endpoint: WebhookEndpoint, attempt: Attempt): WebhookEndpoint {
  if (attempt.outcome !== 'delivered') {
    const failingSince = earliest(endpoint.failingSince, attempt.at);
    return failingSince === endpoint.failingSince ? endpoint : changed(endpoint, endOf(attempt), { failingSince });
  }
  return endpoint.failingSince === null ? endpoint : changed(endpoint, endOf(attempt), { failingSince: null });
}

/** An exhausted delivery disables only when the endpoint failed all the time since its first attempt. */
function reasonToDisable(
  endpoint: WebhookEndpoint,
  { status, round }: WebhookDelivery,
): DisabledNotice['reason'] | null {
  if (status === 'gone') {
    return 'gone';
  }
  const { failingSince } = endpoint;
  const hasFailedThroughout =
    failingSince !== null && round.firstAttemptAt !== null && failingSince <= round.firstAttemptAt;
  return status === 'exhausted' && hasFailedThroughout ? 'failing' : null;
}

const earliest = (one: string | null, other: string): string => (one !== null && one < other ? one : other);
const later = (at: string, milliseconds: number): string => new Date(Date.parse(at) + milliseconds).toISOString();
const endOf = ({ at, durationMilliseconds }: Attempt): string => later(at, durationMilliseconds);
