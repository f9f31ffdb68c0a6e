/**
 * One request to a receiver that somebody else chose. It goes to the addresses that were checked and to no other; it follows no
 * redirect, knows no proxy, keeps no connection, and is over after ten seconds whatever the receiver does. By `node:https` and
 * not by `fetch`: that one takes no look-up of ours without a second copy of undici.
 */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { AttemptOutcome, AttemptResult } from '../../domain/webhook-endpoint.ts';
import { excerptOf } from './excerpt.ts';
import { checkDestination, type Destination, type DestinationPolicy } from './safe-url.ts';

export const totalTimeoutMilliseconds = 10_000;
export const requestBytesMax = 64 * 1024;
export const responseBytesMax = 16 * 1024;
export const userAgent = 'payment-intents-webhooks/1';

export type Outgoing = {
  /** As it was registered; it is checked again. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, the very text that was signed. */
  readonly body: string;
  /** What must not be kept when the receiver repeats it. */
  readonly secrets: readonly string[];
};

export type Network = DestinationPolicy & {
  /** Ten seconds when it is left out. */
  readonly timeoutMilliseconds?: number;
  /** Certificates of authorities, in PEM, that are trusted instead of the usual ones. */
  readonly authorities?: string;
};

type Answered = Omit<AttemptResult, 'durationMilliseconds'>;

/**
 * Never fails because of the receiver: what it does is an outcome.
 * @throws when the body is larger than any of ours can be
 */
export async function sendWebhook(outgoing: Outgoing, network: Network): Promise<AttemptResult> {
  const body = Buffer.from(outgoing.body);
  if (body.length > requestBytesMax) {
    throw new RangeError(`A webhook has ${requestBytesMax} bytes at most.`);
  }
  const begunAt = performance.now();
  const answered = await withTimeout(network.timeoutMilliseconds ?? totalTimeoutMilliseconds, (signal) =>
    attempt(outgoing, body, network, signal),
  );
  return { ...answered, durationMilliseconds: Math.round(performance.now() - begunAt) };
}

async function withTimeout(milliseconds: number, work: (signal: AbortSignal) => Promise<Answered>): Promise<Answered> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function attempt(outgoing: Outgoing, body: Buffer, network: Network, signal: AbortSignal): Promise<Answered> {
  let response: IncomingMessage | undefined;
  try {
    const checked = await checkDestination(outgoing.url, network, signal);
    if (!checked.ok) {
      return unanswered(checked.refusal === 'not-resolved' ? 'unresolved' : 'destination_refused');
    }
    const request = open(checked.value, outgoing, body, network, signal);
    try {
      response = await responseTo(request, body);
      const text = await beginningOf(response);
      const { statusCode = 0 } = response;
      return { outcome: outcomeOf(statusCode), statusCode, excerpt: excerptOf(text, outgoing.secrets) };
    } finally {
      request.destroy();
    }
  } catch (error) {
    const statusCode = response?.statusCode ?? null;
    return { outcome: outcomeOfBreach(error, statusCode, signal), statusCode, excerpt: null };
  }
}

/** Whoever has said that they have it has it, even when what else they say comes late, broken or without end. */
function outcomeOfBreach(error: unknown, statusCode: number | null, signal: AbortSignal): AttemptOutcome {
  if (statusCode !== null && outcomeOf(statusCode) === 'delivered') {
    return 'delivered';
  }
  if (signal.aborted) {
    return 'timed_out';
  }
  return statusCode === null ? outcomeOfError(error) : 'broken_off';
}

const unanswered = (outcome: AttemptOutcome): Answered => ({ outcome, statusCode: null, excerpt: null });

function open(
  { url, addresses }: Destination,
  { headers }: Outgoing,
  body: Buffer,
  network: Network,
  signal: AbortSignal,
): ClientRequest {
  const options = {
    method: 'POST',
    // A bracket is how a URL writes an address, and no part of it.
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': String(body.length),
      'accept-encoding': 'identity',
      'user-agent': userAgent,
    },
    lookup: pinnedTo(addresses),
    signal,
  };
  return url.protocol === 'http:'
    ? requestHttp({ ...options, agent: new HttpAgent({ keepAlive: false }) })
    : requestHttps({
        ...options,
        agent: new HttpsAgent({ keepAlive: false }),
        // Said here, so that no setting of the environment can say otherwise.
        rejectUnauthorized: true,
        minVersion: 'TLSv1.2',
        ...(network.authorities === undefined ? {} : { ca: network.authorities }),
      });
}

/** Stands in for the look-up of the connection: whatever the name, the addresses that were checked. */
export function pinnedTo(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, { all }, callback) => {
    const [first] = found;
    if (first === undefined) {
      callback(new Error('No address was checked.'), '', 0);
    } else if (all === true) {
      callback(null, found);
    } else {
      callback(null, first.address, first.family);
    }
  };
}

function responseTo(request: ClientRequest, body: Buffer): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on('response', resolve);
  // Stays when the answer is there: what goes wrong later is seen by whoever reads it.
  request.on('error', reject);
  request.on('close', () => reject(new Error('Closed without an answer.')));
  request.end(body);
  return promise;
}

/** Reads no more than is allowed; leaving the loop ends the connection. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let missing = responseBytesMax;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, missing));
    missing -= chunk.length;
    if (missing <= 0) {
      break;
    }
  }
  return Buffer.concat(chunks).toString();
}

function outcomeOf(statusCode: number): AttemptOutcome {
  if (statusCode >= 200 && statusCode < 300) {
    return 'delivered';
  }
  if (statusCode >= 300 && statusCode < 400) {
    return 'redirected';
  }
  return statusCode === 410 ? 'gone' : 'answered_error';
}

const distrust =
  /^(?:EPROTO|ERR_TLS_\w+|ERR_SSL_\w+|CERT_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|HOSTNAME_MISMATCH|INVALID_\w+)$/;
const noConnection = /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ETIMEDOUT|EACCES|EPERM)$/;

/** Codes only: messages of errors may have addresses in them. */
function outcomeOfError(error: unknown): AttemptOutcome {
  const { code, syscall } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof code === 'string' && distrust.test(code)) {
    return 'not_trusted';
  }
  return syscall === 'connect' || (typeof code === 'string' && noConnection.test(code)) ? 'unreachable' : 'broken_off';
}
