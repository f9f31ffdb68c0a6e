import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RouteMatch } from './routes.ts';

/**
 * Events and answers of the HTTP API integration, payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */

export type HttpRequest = {
  readonly method: string;
  /** As it was sent, still encoded. */
  readonly path: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly cookies: readonly string[];
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly sourceIp: string;
  readonly protocol: string;
};

export type HttpResponse = {
  readonly statusCode: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly cookies: readonly string[];
  readonly body: string | Buffer;
};

/** Reads what a request says of itself; `undefined` when its address is not one. */
export const readRequest = (message: IncomingMessage): HttpRequest | undefined => {
  const target = splitTarget(message.url ?? '');
  if (target === undefined) return undefined;
  const headers: Record<string, string | undefined> = Object.create(null);
  const cookies: string[] = [];
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    const name = message.rawHeaders[index]?.toLowerCase() ?? '';
    const value = message.rawHeaders[index + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ''));
    else headers[name] = Object.hasOwn(headers, name) ? `${headers[name]},${value}` : value;
  }
  const sourceIp = message.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  headers['x-amzn-trace-id'] ??=
    `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  headers['x-forwarded-for'] =
    headers['x-forwarded-for'] === undefined ? sourceIp : `${headers['x-forwarded-for']}, ${sourceIp}`;
  headers['x-forwarded-port'] = String(message.socket.localPort ?? '');
  headers['x-forwarded-proto'] = 'http';
  const query = readQuery(target.rawQueryString);
  return {
    ...target,
    method: message.method ?? 'GET',
    headers,
    cookies,
    query,
    sourceIp,
    protocol: `HTTP/${message.httpVersion}`,
  };
};

const splitTarget = (url: string): { path: string; rawQueryString: string } | undefined => {
  // A proxy sends the whole address, see RFC 9112, section 3.2.2.
  const target = /^https?:\/\/[^/?#]+(?=[/?#]|$)/i.test(url) ? url.replace(/^https?:\/\/[^/?#]+/i, '') || '/' : url;
  if (!target.startsWith('/')) return undefined;
  const [withoutFragment = ''] = target.split('#');
  const question = withoutFragment.indexOf('?');
  const path = question < 0 ? withoutFragment : withoutFragment.slice(0, question);
  return decode(path) === undefined
    ? undefined
    : { path, rawQueryString: question < 0 ? '' : withoutFragment.slice(question + 1) };
};

const decode = (text: string): string | undefined => {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

const readQuery = (rawQueryString: string): Record<string, string> => {
  const query: Record<string, string> = Object.create(null);
  if (rawQueryString === '') return query;
  for (const pair of rawQueryString.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const [name, value] = [equals < 0 ? pair : pair.slice(0, equals), equals < 0 ? '' : pair.slice(equals + 1)].map(
      (part) => {
        const spaced = part.replaceAll('+', ' ');
        return decode(spaced) ?? spaced;
      },
    ) as [string, string];
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value;
  }
  return query;
};

export type EventSurroundings = {
  readonly accountId: string;
  readonly apiId: string;
  readonly region: string;
  readonly now: number;
};

/** What the authorizer's event and the integration's have in common. */
export const commonEvent = (request: HttpRequest, { route, parameters }: RouteMatch, around: EventSurroundings) => {
  const rawPath = decode(request.path) ?? request.path;
  const host = request.headers.host ?? '';
  const domainName = host.replace(/:\d+$/, '');
  const pathParameters = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [name, decode(value) ?? value]),
  );
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath,
    rawQueryString: request.rawQueryString,
    ...(request.cookies.length === 0 ? {} : { cookies: request.cookies }),
    headers: request.headers,
    ...(request.rawQueryString === '' ? {} : { queryStringParameters: request.query }),
    requestContext: {
      accountId: around.accountId,
      apiId: around.apiId,
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method,
        path: rawPath,
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: request.headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: commonLogTime(around.now),
      timeEpoch: around.now,
    },
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters }),
  };
};

export type CommonEvent = ReturnType<typeof commonEvent>;

export const authorizerEvent = (event: CommonEvent, identitySource: readonly string[], around: EventSurroundings) => ({
  ...event,
  type: 'REQUEST',
  routeArn: `arn:aws:execute-api:${around.region}:${around.accountId}:${around.apiId}/$default/${event.requestContext.http.method}${event.rawPath}`,
  identitySource: identitySource.length === 0 ? null : identitySource,
});

export const integrationEvent = (event: CommonEvent, body: Buffer, authorizerContext: unknown) => {
  const isText = isTextBody(event.headers['content-type'], body);
  return {
    ...event,
    requestContext:
      authorizerContext === undefined
        ? event.requestContext
        : { ...event.requestContext, authorizer: { lambda: authorizerContext } },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
};

const textTypes = /^(text\/|application\/(json|javascript|xml|graphql|[\w.-]+\+(json|xml))\s*(;|$))/i;

/** Forms and everything binary reach a function in base64; a body without a type does when it is not text. */
const isTextBody = (contentType: string | undefined, body: Buffer): boolean => {
  if (contentType !== undefined) return textTypes.test(contentType.trim());
  return !body.includes(0) && Buffer.from(body.toString('utf8'), 'utf8').equals(body);
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const commonLogTime = (epochMilliseconds: number): string => {
  const [date = '', time = ''] = new Date(epochMilliseconds).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${months[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
};

/** What API Gateway makes of a function's answer; `undefined` when it cannot make anything of it. */
export const readResponse = (payload: string): HttpResponse | undefined => {
  let answer: unknown;
  try {
    answer = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) {
    // Without a status code the whole answer is the body.
    const body = typeof answer === 'string' ? answer : payload;
    return { statusCode: 200, headers: [['content-type', 'application/json']], cookies: [], body };
  }
  const { statusCode, headers, cookies, body, isBase64Encoded } = answer as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  if (body !== undefined && body !== null && typeof body !== 'string') return undefined;
  const list = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  // They describe the connection between function and gateway, which ends here.
  const kept = list.filter(([name]) => !['connection', 'content-length', 'transfer-encoding'].includes(name));
  if (!kept.some(([name]) => name === 'content-type')) kept.push(['content-type', 'text/plain; charset=utf-8']);
  return {
    statusCode: status,
    headers: kept,
    cookies: Array.isArray(cookies) ? cookies.map(String) : [],
    body: isBase64Encoded === true ? Buffer.from(body ?? '', 'base64') : (body ?? ''),
  };
};
