/** What the adapters say of an answer, in the port's words, and how they find out whether a request was sent at all. */
import type { ChargeOutcome, LookUpOutcome, ProcessorOutcome } from '../application/processors.ts';

type Refusal = Extract<ProcessorOutcome<object>, { readonly outcome: 'refused' }>;
type Fault = Extract<ProcessorOutcome<object>, { readonly outcome: 'broken' }>;
type Doubt = Extract<ProcessorOutcome<object>, { readonly outcome: 'unknown' }>;

export const refused = (code: Refusal['code'], reason: string): Refusal => ({ outcome: 'refused', code, reason });
export const broken = (reason: string, retryAfterSeconds: number | null = null): Fault => ({
  outcome: 'broken',
  reason,
  retryAfterSeconds,
});
export const unknown = (reason: string): Doubt => ({ outcome: 'unknown', reason });

/** A look-up that failed says nothing of the charge that it looked for. */
export const doubted = (outcome: ChargeOutcome | LookUpOutcome): LookUpOutcome =>
  outcome.outcome === 'broken' ? unknown(outcome.reason) : outcome;

/** How long a processor has to answer before its answer counts as unknown. */
export const answerTimeoutMilliseconds = 10_000;

const reasonLengthMax = 300;

/**
 * Keys, client secrets and tokens by their forms, besides the ones that are known: `sk_live_…`, `pi_…_secret_…`, and what
 * stands behind `Bearer` and `Basic`.
 */
const secretForms = [/\b(?:sk|rk|pk|whsec)_\w+/g, /\b\w+_secret_\w+/g, /\b(?:Bearer|Basic)\s+[\w.~+/=-]+/gi];

/**
 * A processor's own words, fit to be kept and shown: one line, not too long, and without any secret, even when the
 * processor repeats one to us.
 */
export function safeReason(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret !== '').reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
  const shown = secretForms.reduce((rest, form) => rest.replace(form, '…'), known);
  return shown
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, reasonLengthMax);
}

const retryAfterSecondsMax = 24 * 60 * 60;

/** @returns the seconds that a `Retry-After` header asks to wait (RFC 9110 §10.2.3), a day at most; null without one */
export function retryAfterSeconds(header: string | null | undefined, now: string): number | null {
  const text = header?.trim() ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.parse(now)) / 1000);
  return Number.isNaN(seconds) ? null : Math.min(Math.max(seconds, 0), retryAfterSecondsMax);
}

/** Errors of Node and of its fetch before anything of a request has left: no address, no connection, no trusted peer. */
const unsentCodes =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_ALTNAME_INVALID|(?:CERT|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)_\w+)$/;
const unsentCalls: readonly unknown[] = ['connect', 'getaddrinfo'];

/**
 * Whether a failed request certainly did not reach the other side; everything else may have been done. `fetch` wraps what
 * happened in causes, and gathers one error for each address that it tried.
 */
export function certainlyNotSent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) {
    return false;
  }
  const { code, syscall, errors, cause } = error as Readonly<Record<string, unknown>>;
  if (Array.isArray(errors) && errors.length > 0) {
    return errors.every(certainlyNotSent);
  }
  return (
    (typeof code === 'string' && unsentCodes.test(code)) || unsentCalls.includes(syscall) || certainlyNotSent(cause)
  );
}

/**
 * The platform's fetch, with two habits changed. A redirect is not followed: keys go to the address of the setting and
 * nowhere else. And each request has a connection of its own: one that was kept while the function was frozen is mostly
 * closed by then, which shows only after the request was written to it, and a charge that may have been made is looked up
 * for hours. A handshake costs a tenth of a second.
 */
export const fetchOnce = (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set('connection', 'close');
  return fetch(url, { ...init, headers, redirect: 'manual' });
};

const onThisMachine: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/**
 * A processor's address, from a setting. Secrets travel to it, so it is HTTPS, except for a server on this machine.
 * @throws when the setting is no such address; it is not repeated, as it may hold a password
 */
export function baseAddress(text: string, setting: string): URL {
  const address = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    address?.protocol === 'https:' || (address?.protocol === 'http:' && onThisMachine.includes(address.hostname));
  if (address === undefined || !isSafe || address.href !== `${address.origin}/`) {
    throw new Error(`${setting} must be the address of a server, such as https://api.example.org, and use HTTPS.`);
  }
  return address;
}
