/**
 * What a webhook looks like: the headers of the Standard Webhooks specification
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), and a body that says which
 * thing something happened to. Whoever wants to know more asks the API, with rights that are checked then.
 */
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Named, WebhookNews } from '../../application/webhook-ports.ts';

const secretPrefix = 'whsec_';
/** The specification's bounds; the length of the hash is between them. */
const secretBytesMin = 24;
const secretBytesMax = 64;
const secretBytes = 32;

export function createSecret(random: (length: number) => Buffer = randomBytes): string {
  return `${secretPrefix}${random(secretBytes).toString('base64')}`;
}

export function isSecret(text: string): boolean {
  const key = Buffer.from(text.slice(secretPrefix.length), 'base64');
  return (
    text === `${secretPrefix}${key.toString('base64')}` && key.length >= secretBytesMin && key.length <= secretBytesMax
  );
}

export type WebhookHeaders = {
  /** The event's id and the host's: the same at every attempt and at every replay, so that a receiver can tell what it has seen. */
  readonly 'webhook-id': string;
  /** Seconds; when this attempt is made, and not when it happened: receivers refuse what is older than five minutes. */
  readonly 'webhook-timestamp': string;
  /** One for each secret that is valid, with a space between. */
  readonly 'webhook-signature': string;
};

/**
 * @param body the very text that is sent
 * @throws when the id could be taken for something else under the signature, or a secret is none
 */
export function signedHeaders(message: {
  readonly id: string;
  readonly at: string;
  readonly body: string;
  readonly secrets: readonly [string, ...string[]];
}): WebhookHeaders {
  const { id, at, body, secrets } = message;
  const timestamp = new Date(at);
  // A full stop separates what is signed.
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(id)) {
    throw new Error('The id of a webhook has letters, digits, hyphens and underscores, and nothing else.');
  }
  if (Number.isNaN(timestamp.getTime())) {
    throw new Error('A webhook is signed at a moment.');
  }
  if (!secrets.every(isSecret)) {
    throw new Error('A webhook is signed with secrets of 24 to 64 bytes.');
  }
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, timestamp, body)).join(' '),
  };
}

// --- The body --------------------------------------------------------------------------------------------------------

/** Of the body's shape. Fields may be added under the same one; what is there keeps its meaning. */
export const payloadVersion = 1;

export type WebhookPayload = {
  /** `payment_intent.money_sent` */
  readonly type: string;
  readonly version: typeof payloadVersion;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Each field is named here, so that nothing else of what was handed in can leave: no notes, no bank details. */
export const payloadOf = ({
  eventId,
  topic,
  subject,
  occurredAt,
  host,
  payer,
  payee,
}: WebhookNews): WebhookPayload => ({
  type: `${subject.kind}.${topic}`,
  version: payloadVersion,
  timestamp: occurredAt,
  data: {
    eventId,
    subject: { kind: subject.kind, id: subject.id },
    host: named(host),
    ...(payer === undefined ? {} : { payer: named(payer) }),
    ...(payee === undefined ? {} : { payee: named(payee) }),
  },
});

/** Sent when somebody wants to see whether it arrives. */
export const testPayload = (test: {
  readonly eventId: string;
  readonly endpointId: string;
  readonly at: string;
}): WebhookPayload => ({
  type: 'webhook_endpoint.test',
  version: payloadVersion,
  timestamp: test.at,
  data: { eventId: test.eventId, endpointId: test.endpointId },
});

const nameLengthMax = 200;
const named = ({ id, name }: Named): Named => ({ id, name: [...name].slice(0, nameLengthMax).join('') });
