import type { IncomingMessage, ServerResponse } from 'node:http';
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import type { LocalClock } from './clock.ts';
import { type IdentityProvider, identityProviderPath } from './identity-provider.ts';
import { keepEmail, mailboxPage, mailServicePath, readMailbox, SentEmail } from './mailbox.ts';
import { NotSettled, type Timeline, TravelRefused } from './timeline.ts';

/**
 * What exists on this machine only: tokens for anybody, a clock that can be moved. So nobody but this machine may reach it:
 * the socket is bound to the loopback interface, and pages of other sites, which a browser here may have open, are refused by
 * their `Host` (DNS rebinding) and `Origin` (forged requests).
 */

export type LocalApiState = {
  readonly clock: LocalClock;
  readonly dataFolder: string;
  /** Absent while the runtime is starting. */
  readonly started: { readonly identityProvider: IdentityProvider; readonly timeline: Timeline } | undefined;
  /** What `GET /_local/health` shows besides the status. */
  readonly health: Readonly<Record<string, unknown>>;
};

const bodyBytesMax = 16 * 1024;
const emailBytesMax = 1024 * 1024;
const expiresInSecondsMax = 30 * 24 * 60 * 60;

const TokenBody = z.strictObject({
  email: z.email({ pattern: z.regexes.html5Email }).max(320),
  name: z.string().min(1).max(200).optional(),
  expiresInSeconds: z.int().min(1).max(expiresInSecondsMax).optional(),
  authTime: z.iso.datetime({ offset: true }).optional(),
});

const ClockBody = z.union(
  [z.strictObject({ advance: z.string().max(100) }), z.strictObject({ to: z.iso.datetime({ offset: true }) })],
  { error: 'Give either "advance" with an ISO 8601 duration or "to" with an ISO 8601 instant, and nothing else.' },
);

class Refusal extends Error {
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

type Handler = (state: LocalApiState, body: unknown, parameter: string) => Promise<object> | object;
type Route = {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly handle: Handler;
  readonly bodyBytesMax?: number;
};

/** A page instead of JSON. */
class Page {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }
}

const showClock = ({ clock }: LocalApiState) => ({
  now: new Date(clock.now()).toISOString(),
  offsetMilliseconds: clock.offsetMilliseconds,
});

const whenStarted = (state: LocalApiState): NonNullable<LocalApiState['started']> => {
  if (state.started === undefined) throw new Refusal(503, 'Not ready', 'The runtime is still starting.');
  return state.started;
};

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/_local\/health$/,
    handle: (state) => ({ ...state.health, clock: showClock(state) }),
  },
  { method: 'GET', path: /^\/_local\/clock$/, handle: showClock },
  {
    method: 'POST',
    path: /^\/_local\/clock$/,
    handle: async (state, body) => {
      const { timeline } = whenStarted(state);
      const report = await timeline.moveTo(targetOf(parse(ClockBody, body), state.clock));
      return { ...showClock(state), schedules: report.runs, failures: report.failures };
    },
  },
  {
    method: 'POST',
    path: /^\/_local\/schedules\/([^/]+)\/run$/,
    handle: async (state, _body, name) => {
      const { timeline } = whenStarted(state);
      const run = await timeline.run(name);
      if (run === undefined) {
        const known = timeline.scheduleNames.join(', ') || 'none';
        throw new Refusal(404, 'No such schedule', `There is no schedule "${name}". There are: ${known}.`);
      }
      if (run.failures.length > 0) throw new Refusal(502, 'The schedule failed', run.failures.join(' '));
      return { schedule: run.name, at: run.at };
    },
  },
  {
    method: 'POST',
    path: /^\/_local\/tokens$/,
    handle: async (state, body) => whenStarted(state).identityProvider.tokenFor(parse(TokenBody, body)),
  },
  { method: 'GET', path: /^\/_local\/mailbox$/, handle: (state) => readMailbox(state.dataFolder) },
  {
    method: 'GET',
    path: /^\/_local\/mailbox\.html$/,
    handle: (state) => new Page(mailboxPage(state.dataFolder)),
  },
  {
    method: 'POST',
    path: new RegExp(`^${mailServicePath}/v2/email/outbound-emails$`),
    handle: (state, body) => keepEmail(state.dataFolder, parse(SentEmail, body), state.clock.now()),
    bodyBytesMax: emailBytesMax,
  },
];

export const serveLocalApi = (
  state: LocalApiState,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): void => {
  answer(state, path, request, response).catch((error: unknown) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const refusal = refusalOf(error);
    const { status, title, message: detail } = refusal;
    if (status === 413 || status === 415) response.setHeader('connection', 'close');
    send(response, status, { type: 'about:blank', title, status, detail }, 'application/problem+json');
  });
};

const answer = async (
  state: LocalApiState,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  refuseForeigners(request);
  if (path.startsWith(`${identityProviderPath}/`)) {
    return whenStarted(state).identityProvider.serve(request, response);
  }
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const atPath = routes.filter((route) => route.path.test(path));
  const route = atPath.find((candidate) => candidate.method === method);
  if (route === undefined) {
    if (atPath.length === 0) throw new Refusal(404, 'Not found', `There is nothing at ${path}.`);
    response.setHeader('allow', atPath.map((candidate) => candidate.method).join(', '));
    throw new Refusal(405, 'Method not allowed', `${path} does not answer ${request.method}.`);
  }
  const body = route.method === 'POST' ? await readJson(request, route.bodyBytesMax ?? bodyBytesMax) : undefined;
  const parameter = decodeURIComponent(route.path.exec(path)?.[1] ?? '');
  const result = await route.handle(state, body, parameter);
  if (result instanceof Page) {
    return sendText(response, 200, result.html, 'text/html; charset=utf-8');
  }
  const isStarting = path === '/_local/health' && state.started === undefined;
  send(response, isStarting ? 503 : 200, result, 'application/json');
};

const send = (response: ServerResponse, status: number, body: object, contentType: string): void =>
  sendText(response, status, `${JSON.stringify(body, undefined, 2)}\n`, contentType);

const sendText = (response: ServerResponse, status: number, text: string, contentType: string): void => {
  const headers = {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  };
  response.writeHead(status, headers);
  response.end(text);
};

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);

const isLoopback = (url: string): boolean => {
  try {
    return loopbackNames.has(new URL(url).hostname);
  } catch {
    return false;
  }
};

const refuseForeigners = ({ headers }: IncomingMessage): void => {
  if (!isLoopback(`http://${headers.host ?? ''}`)) {
    throw new Refusal(403, 'Not for other hosts', 'Ask for localhost or 127.0.0.1.');
  }
  if (headers.origin !== undefined && !isLoopback(headers.origin)) {
    throw new Refusal(403, 'Not for other sites', `Pages of ${headers.origin} have no business here.`);
  }
};

const readJson = async (request: IncomingMessage, bytesMax: number): Promise<unknown> => {
  const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bytesMax) throw new Refusal(413, 'Too large', `A body here has ${bytesMax} bytes at most.`);
    chunks.push(chunk);
  }
  const isEmpty = length === 0 && contentType === undefined && request.headers.origin === undefined;
  if (isEmpty) return undefined;
  // A page of another site may send a form or plain text without the browser asking first; JSON it may not.
  if (contentType !== 'application/json') {
    throw new Refusal(415, 'Unsupported media type', 'Send the header "content-type: application/json".');
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'Malformed JSON', 'The body is not JSON.');
  }
};

const parse = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refusal(422, 'Validation failed', z.prettifyError(parsed.error));
  return parsed.data;
};

const targetOf = (body: z.infer<typeof ClockBody>, clock: LocalClock): number => {
  if ('to' in body) return Temporal.Instant.from(body.to).epochMilliseconds;
  let duration: Temporal.Duration;
  try {
    duration = Temporal.Duration.from(body.advance);
  } catch {
    throw new Refusal(422, 'Validation failed', `"${body.advance}" is not an ISO 8601 duration such as PT10M or P1M.`);
  }
  if (duration.sign < 0) throw new TravelRefused('The clock only moves forward.');
  try {
    return Temporal.Instant.fromEpochMilliseconds(clock.now()).toZonedDateTimeISO('UTC').add(duration)
      .epochMilliseconds;
  } catch {
    throw new TravelRefused('That is further than a calendar goes.');
  }
};

const refusalOf = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error;
  if (error instanceof TravelRefused) return new Refusal(422, 'The clock cannot be moved like that', error.message);
  if (error instanceof NotSettled) return new Refusal(503, 'Work is not settled', error.message);
  if (error instanceof URIError) return new Refusal(400, 'Malformed address', 'The address is not properly encoded.');
  return new Refusal(500, 'Internal error', error instanceof Error ? error.message : String(error));
};
