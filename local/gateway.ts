import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalClock } from './clock.ts';
import {
  authorizerEvent,
  type CommonEvent,
  commonEvent,
  type EventSurroundings,
  type HttpRequest,
  integrationEvent,
  readRequest,
  readResponse,
} from './http-event.ts';
import type { LambdaRuntime } from './lambda-runtime.ts';
import { createRouteTable } from './routes.ts';
import type { ApiDescription, AuthorizerDescription, Place } from './system.ts';

/** The HTTP API: routes to functions, through their authorizers, within API Gateway's limits. */

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const bodyBytesMax = 10 * 1024 * 1024;
const integrationTimeoutMilliseconds = 30_000;

export type Gateway = {
  readonly port: number;
  /** Starts to serve the API; until then, and for paths under `/_local`, only the local handler answers. */
  open(api: OpenApi): void;
  /** Takes no more connections and waits until the requests under way are answered. */
  stop(): Promise<void>;
};

export type OpenApi = {
  readonly api: ApiDescription;
  readonly place: Place;
  readonly runtime: Pick<LambdaRuntime, 'invoke'>;
  readonly clock: LocalClock;
  readonly isThrottled: boolean;
};

export type GatewayOptions = {
  readonly port: number;
  readonly serveLocal: (path: string, request: IncomingMessage, response: ServerResponse) => void;
};

export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  let serveApi:
    | ((request: HttpRequest, message: IncomingMessage, response: ServerResponse) => Promise<void>)
    | undefined;
  const server = createServer({ keepAliveTimeout: 65_000 }, (message, response) => {
    // Somebody who hangs up while an answer is written is no reason to end.
    response.on('error', () => {});
    const request = readRequest(message);
    if (request === undefined) return refuse(response, 400, 'Bad Request');
    if (request.path === '/_local' || request.path.startsWith('/_local/')) {
      return options.serveLocal(request.path, message, response);
    }
    if (serveApi === undefined) {
      response.setHeader('retry-after', '1');
      return refuse(response, 503, 'Service Unavailable');
    }
    serveApi(request, message, response).catch(() => refuse(response, 500, 'Internal Server Error'));
  });
  server.on('clientError', answerMalformed);
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    open: (api) => {
      serveApi = createApiHandler(api);
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // Connections that wait for a next request would otherwise be waited for as well.
      server.closeIdleConnections();
      const sweep = setInterval(() => server.closeIdleConnections(), 50);
      // Whatever is not answered by then never will be: the time-out of the integration has passed.
      const force = setTimeout(() => server.closeAllConnections(), integrationTimeoutMilliseconds + 5_000);
      await closed;
      clearInterval(sweep);
      clearTimeout(force);
    },
  };
};

const listen = async (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} is taken. Choose another one with PORT=… npm start`)
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });

/** Bodies that API Gateway makes by itself have one field. */
const refuse = (response: ServerResponse, statusCode: number, message: string): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = JSON.stringify({ message });
  response.writeHead(statusCode, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
};

const answerMalformed = (error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'Request Timeout']
        : ['400 Bad Request', 'Bad Request'];
  const body = JSON.stringify({ message });
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
};

const createApiHandler = (open: OpenApi) => {
  const { api, place, runtime, clock } = open;
  const routes = createRouteTable(api.routes);
  const throttle = open.isThrottled && api.throttle !== undefined ? new TokenBucket(api.throttle) : undefined;
  const authorize = createAuthorizer(open);

  return async (request: HttpRequest, message: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (throttle?.take() === false) return refuse(response, 429, 'Too Many Requests');
    const match = routes.match(request.method, request.path);
    if (match === undefined) return refuse(response, 404, 'Not Found');

    const body = await readBody(message);
    if (body === 'too large') {
      response.setHeader('connection', 'close');
      response.once('finish', () => message.destroy());
      return refuse(response, 413, 'Request Entity Too Large');
    }
    if (body === 'cut off') return;

    const around = { accountId: place.accountId, apiId: api.id, region: place.region, now: clock.now() };
    const event = commonEvent(request, match, around);
    let context: unknown;
    if (match.route.authorizer !== undefined) {
      const verdict = await authorize(match.route.authorizer, request, event, around);
      if (verdict.kind === 'refused') return refuse(response, verdict.statusCode, verdict.message);
      context = verdict.context;
    }

    const payload = JSON.stringify(integrationEvent(event, body, context));
    const result = await within(integrationTimeoutMilliseconds, runtime.invoke(match.route.functionName, payload));
    if (result === undefined) return refuse(response, 503, 'Service Unavailable');
    if (result.kind === 'failure') {
      return refuse(response, 500, 'Internal Server Error');
    }
    const answer = readResponse(result.payload);
    if (answer === undefined) return refuse(response, 500, 'Internal Server Error');
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    if (answer.cookies.length > 0) response.setHeader('set-cookie', [...answer.cookies]);
    response.setHeader('apigw-requestid', event.requestContext.requestId);
    response.statusCode = answer.statusCode;
    if (![204, 304].includes(answer.statusCode)) response.setHeader('content-length', Buffer.byteLength(answer.body));
    response.end(answer.body);
  };
};

const readBody = async (message: IncomingMessage): Promise<Buffer | 'too large' | 'cut off'> => {
  if (Number(message.headers['content-length'] ?? 0) > bodyBytesMax) return 'too large';
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    message.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > bodyBytesMax) {
        message.pause();
        resolve('too large');
      } else {
        chunks.push(chunk);
      }
    });
    message.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    message.once('error', () => resolve('cut off'));
    message.once('close', () => resolve('cut off'));
  });
};

const within = async <T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

type Verdict =
  | { readonly kind: 'allowed'; readonly context: unknown }
  | { readonly kind: 'refused'; readonly statusCode: number; readonly message: string };

const createAuthorizer = ({ runtime, clock }: OpenApi) => {
  const remembered = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  const rememberedMax = 10_000;

  return async (
    authorizer: AuthorizerDescription,
    request: HttpRequest,
    event: CommonEvent,
    around: EventSurroundings,
  ): Promise<Verdict> => {
    const identity = authorizer.identitySources.map((source) => identityOf(source, request));
    const known = identity.filter((value): value is string => value !== undefined && value !== '');
    if (known.length < identity.length) return { kind: 'refused', statusCode: 401, message: 'Unauthorized' };

    const isRemembering = authorizer.resultTtlSeconds > 0 && known.length > 0;
    const key = JSON.stringify([authorizer.id, ...known]);
    const before = isRemembering ? remembered.get(key) : undefined;
    if (before !== undefined && before.until > clock.now()) return before.verdict;

    const result = await runtime.invoke(authorizer.functionName, JSON.stringify(authorizerEvent(event, known, around)));
    if (result.kind === 'failure') {
      return { kind: 'refused', statusCode: 500, message: 'Internal Server Error' };
    }
    const verdict = readVerdict(result.payload);
    if (isRemembering && verdict.kind !== 'refused') {
      if (remembered.size >= rememberedMax) remembered.clear();
      remembered.set(key, { verdict, until: clock.now() + authorizer.resultTtlSeconds * 1000 });
    }
    return verdict;
  };
};

const readVerdict = (payload: string): Verdict => {
  const answer: unknown = JSON.parse(payload);
  const { isAuthorized, context } = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<
    string,
    unknown
  >;
  if (isAuthorized === true) return { kind: 'allowed', context: context ?? {} };
  if (isAuthorized === false) return { kind: 'refused', statusCode: 403, message: 'Forbidden' };
  return { kind: 'refused', statusCode: 500, message: 'Internal Server Error' };
};

const identityOf = (source: string, request: HttpRequest): string | undefined => {
  const [, place, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (place === 'header') return request.headers[name.toLowerCase()];
  if (place === 'querystring') return request.query[name];
  throw new Error(`The identity source ${source} is not known here.`);
};

/** As API Gateway throttles: a bucket of `burst` tokens, filled with `ratePerSecond`. */
class TokenBucket {
  readonly #ratePerSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = performance.now();

  constructor({ ratePerSecond, burst }: { readonly ratePerSecond: number; readonly burst: number }) {
    this.#ratePerSecond = ratePerSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  take(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#ratePerSecond);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
