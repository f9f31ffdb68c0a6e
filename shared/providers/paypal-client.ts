/**
 * PayPal's REST API, by fetch and not by `@paypal/paypal-server-sdk` (2.5.0): that one asks PayPal's own two addresses and
 * no other, so that nothing could stand in for them; it brings half a megabyte into a function; and it has nothing to
 * verify webhooks with. What is needed here are a few requests (https://developer.paypal.com/api/rest/requests).
 */
import * as z from 'zod';
import type { ProcessorOutcome } from '../application/processors.ts';
import {
  answerTimeoutMilliseconds,
  broken,
  certainlyNotSent,
  fetchOnce,
  refused,
  retryAfterSeconds,
  safeReason,
  unknown,
} from './outcomes.ts';

export type PayPalOptions = {
  readonly clientId: string;
  readonly clientSecret: string;
  /** `https://api-m.paypal.com`, the sandbox, or a server that stands in for it. */
  readonly base: URL;
  readonly now: () => string;
  readonly timeoutMilliseconds?: number;
};

export type PayPalAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Undefined when there is none, or when it is no JSON. */
      readonly body: unknown;
      readonly retryAfterSeconds: number | null;
    }
  /** It certainly did not reach PayPal, or came without a token that PayPal would have looked at. */
  | { readonly kind: 'unsent'; readonly reason: string; readonly retryAfterSeconds: number | null }
  | { readonly kind: 'unanswered' };

export type PayPalRequest = {
  /** JSON, as it is sent. */
  readonly body?: string;
  /** PayPal does nothing twice under one (kept for 72 hours, https://developer.paypal.com/api/rest/reference/idempotency). */
  readonly requestId?: string;
};

export type PayPalClient = {
  ask(method: 'GET' | 'POST', path: string, request?: PayPalRequest): Promise<PayPalAnswer>;
  /** PayPal's own words without our secrets. */
  safe(text: string): string;
};

export const pathOfSubscription = (subscription: string): string =>
  `/v1/billing/subscriptions/${encodeURIComponent(subscription)}`;

/** A token is not used in its last minute: it would run out on the way. */
const tokenMarginSeconds = 60;

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().nonnegative() });

const PayPalError = z.object({
  name: z.string().optional(),
  message: z.string().optional(),
  details: z.array(z.object({ issue: z.string().optional(), description: z.string().optional() })).optional(),
});

type HeldToken = { readonly token: string; readonly until: number };

export function createPayPalClient(options: PayPalOptions): PayPalClient {
  const { clientId, clientSecret, base, now, timeoutMilliseconds = answerTimeoutMilliseconds } = options;
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  let held: HeldToken | undefined;
  let asking: Promise<HeldToken | PayPalAnswer> | undefined;

  async function send(path: string, init: RequestInit): Promise<PayPalAnswer> {
    try {
      // The signal covers the body too.
      const response = await fetchOnce(new URL(path, base), {
        ...init,
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      const text = await response.text();
      return {
        kind: 'answered',
        status: response.status,
        body: parsed(text),
        retryAfterSeconds: retryAfterSeconds(response.headers.get('retry-after'), now()),
      };
    } catch (error) {
      return certainlyNotSent(error)
        ? { kind: 'unsent', reason: 'PayPal cannot be reached.', retryAfterSeconds: null }
        : { kind: 'unanswered' };
    }
  }

  async function askToken(): Promise<HeldToken | PayPalAnswer> {
    const askedAt = Date.parse(now());
    const answer = await send('/v1/oauth2/token', {
      method: 'POST',
      headers: {
        authorization: `Basic ${credentials}`,
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    const given = Token.safeParse(answer.kind === 'answered' && answer.status === 200 ? answer.body : undefined);
    return given.success
      ? { token: given.data.access_token, until: askedAt + (given.data.expires_in - tokenMarginSeconds) * 1000 }
      : answer;
  }

  /** One request for all who want a token at the same time. */
  async function token(): Promise<HeldToken | PayPalAnswer> {
    if (held !== undefined && Date.parse(now()) < held.until) {
      return held;
    }
    asking ??= askToken().finally(() => {
      asking = undefined;
    });
    const answer = await asking;
    held = 'token' in answer ? answer : undefined;
    return answer;
  }

  return {
    async ask(method, path, { body, requestId } = {}): Promise<PayPalAnswer> {
      const given = await token();
      if (!('token' in given)) {
        return withoutToken(given);
      }
      const answer = await send(path, {
        method,
        headers: {
          authorization: `Bearer ${given.token}`,
          accept: 'application/json',
          ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
          ...(requestId === undefined ? {} : { 'paypal-request-id': requestId }),
        },
        ...(body === undefined ? {} : { body }),
      });
      if (answer.kind === 'answered' && answer.status === 401 && held === given) {
        // It was taken back before its time: the next request gets another.
        held = undefined;
      }
      return answer;
    },

    safe: (text) => safeReason(text, [clientSecret, credentials, clientId, held?.token ?? '']),
  };
}

/** Whatever became of the request for a token: the one that needed it was not sent. */
function withoutToken(answer: PayPalAnswer): PayPalAnswer {
  const reason =
    answer.kind === 'answered' && [400, 401, 403].includes(answer.status)
      ? 'PayPal does not accept our keys.'
      : answer.kind === 'unsent'
        ? answer.reason
        : 'PayPal gives no token for now.';
  return { kind: 'unsent', reason, retryAfterSeconds: answer.kind === 'unanswered' ? null : answer.retryAfterSeconds };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What PayPal calls what is wrong: its name, and the issue that it is about, if it has one. */
export function issueOf(body: unknown): {
  readonly name: string;
  readonly issues: readonly string[];
  readonly words: string;
} {
  const { name = '', message = '', details = [] } = PayPalError.safeParse(body).data ?? {};
  const issues = details.flatMap(({ issue }) => issue ?? []);
  const words = details.map(({ issue, description }) => [issue, description].filter(Boolean).join(': ')).join(' ');
  return { name, issues, words: words || [name, message].filter(Boolean).join(': ') };
}

/**
 * What an answer that is no success means, for whatever was asked.
 * @param unprocessable what a 422 means: it is business that PayPal refuses, and depends on what was asked
 */
export function outcomeOfFailure<Outcome>(
  client: PayPalClient,
  answer: PayPalAnswer,
  unprocessable: (issues: readonly string[], reason: string) => Outcome,
): Outcome | Exclude<ProcessorOutcome<object>, { outcome: 'done' | 'pending' }> {
  if (answer.kind === 'unsent') {
    return broken(answer.reason, answer.retryAfterSeconds);
  }
  if (answer.kind === 'unanswered') {
    return unknown('PayPal did not answer, or not to the end.');
  }
  const { name, issues, words } = issueOf(answer.body);
  const said = client.safe(words);
  switch (answer.status) {
    case 400:
      return broken(`PayPal finds our request at fault: ${said}`);
    case 401:
    case 403:
      return broken('PayPal does not permit this with our keys.');
    case 404:
      // Anything else that is not found is not PayPal's answer, and nothing is over because of it.
      return name === 'RESOURCE_NOT_FOUND'
        ? refused('gone', 'PayPal does not have this subscription.')
        : broken('What answers at the address of PayPal is not PayPal.');
    case 422:
      return unprocessable(issues, said);
    case 429:
      return broken('PayPal takes no more requests for now.', answer.retryAfterSeconds);
    default:
      return unknown(`PayPal answered ${answer.status}: ${said}`);
  }
}
