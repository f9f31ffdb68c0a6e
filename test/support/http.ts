/**
 * Calls the HTTP functions in this process, as the gateway would, on the real engine. Every answer is held against the
 * OpenAPI document: an operation that answers what it does not document fails the test that provoked it.
 */
import { randomUUID } from 'node:crypto';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Context } from 'aws-lambda';
import type { HttpEvent, HttpResponse } from '../../functions/middleware/http-message.ts';
import { personForIdentity } from '../../shared/application/people.ts';
import type { Dependencies } from '../../shared/application/ports.ts';
import { openApiDocument } from '../../shared/http/openapi.ts';
import { problemMediaType } from '../../shared/http/problems.ts';
import { isChange, type Route } from '../../shared/http/route.ts';
import { type FunctionName, pathPrefix, routeKeyOf } from '../../shared/http/route-row.ts';
import type { OperationId } from '../../shared/http/route-table.ts';
import { type AnswerOf, routes } from '../../shared/http/routes.ts';
import { startEngine, type TestEngine } from './engine.ts';
import { tableContents } from './table-contents.ts';

/** Anything that may come in over HTTP, good or bad. */
export type RawRequest = {
  readonly operation: OperationId;
  readonly params?: Readonly<Record<string, string>>;
  readonly rawQueryString?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  /** What the authorizer said; left out, it was never asked. */
  readonly authorizer?: unknown;
};

export type CallOptions = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  /** The person who asks; nobody without it. */
  readonly as?: string;
  /** A new key for each change unless one is given; `null` sends none. */
  readonly key?: string | null;
  /** A version, or the header as it is. */
  readonly ifMatch?: number | string;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
};

/** A problem as a test reads it. */
export type Problem = {
  readonly type: string;
  readonly status: number;
  readonly title: string;
  readonly detail?: string;
  readonly instance: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly currentVersion?: number;
  readonly currentStatus?: string;
  readonly allowedCommands?: readonly string[];
  readonly available?: number;
  readonly currency?: string;
  readonly remaining?: number;
};

export type Api = {
  /** Calls an operation, whatever it answers. */
  call(operation: OperationId, options?: CallOptions): Promise<Reply>;
  /** Calls an operation that is to succeed, and answers its body. */
  ok<Operation extends OperationId>(operation: Operation, options?: CallOptions): Promise<AnswerOf<Operation>>;
  /** Calls an operation that is to be refused, and answers the problem. */
  refused(operation: OperationId, options?: CallOptions): Promise<Problem>;
  /** Sends a request as it is. */
  send(request: RawRequest): Promise<Reply>;
  /** Somebody who has signed in; answers their id. */
  person(name: string): Promise<string>;
  /** Everything that is stored, for comparing before and after. */
  contents(): ReturnType<typeof tableContents>;
  readonly dependencies: Dependencies;
  readonly engine: TestEngine;
  readonly tableName: string;
  stop(): Promise<void>;
};

type Handler = (event: HttpEvent, context: Context) => Promise<HttpResponse>;

/** Starts the functions on a fresh table. Once per test file: they read the environment when they are first asked. */
export async function startApi(given?: TestEngine): Promise<Api> {
  const engine = given ?? (await startEngine());
  const tableName = await engine.createTable();
  Object.assign(process.env, {
    TABLE_NAME: tableName,
    TEST_PROCESSOR: 'on',
    WEBHOOK_DESTINATIONS: 'local',
    // Nobody is there: what a queue does not take, the sweep finds.
    WEBHOOK_DELIVERIES_QUEUE_URL: 'http://127.0.0.1:9/000000000000/webhook-deliveries',
    AWS_ENDPOINT_URL_SQS: process.env.AWS_ENDPOINT_URL_SQS ?? 'http://127.0.0.1:9',
    AWS_MAX_ATTEMPTS: '1',
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    POWERTOOLS_LOG_LEVEL: process.env.POWERTOOLS_LOG_LEVEL ?? 'SILENT',
    POWERTOOLS_SERVICE_NAME: 'test',
    POWERTOOLS_METRICS_NAMESPACE: 'Test',
  });
  const handlers = await loadHandlers();
  const { dependencies } = await import('../../functions/dependencies.ts');

  const send = async (request: RawRequest): Promise<Reply> => {
    const route = routeOf(request.operation);
    const response = await handlers[route.function](eventFor(route, request), contextFor(route));
    return checked(route, response);
  };

  const call = (operation: OperationId, options: CallOptions = {}): Promise<Reply> =>
    send(requestFor(operation, options));

  return {
    engine,
    tableName,
    dependencies: dependencies(),
    send,
    call,
    ok: async <Operation extends OperationId>(operation: Operation, options?: CallOptions) => {
      const reply = await call(operation, options);
      if (reply.status >= 300) {
        throw new Error(`${operation} answered ${reply.status}: ${JSON.stringify(reply.body)}`);
      }
      // The answer was held against the schema that this type is made from.
      return reply.body as AnswerOf<Operation>;
    },
    refused: async (operation, options) => {
      const reply = await call(operation, options);
      if (reply.status < 400) {
        throw new Error(`${operation} answered ${reply.status} and was to be refused: ${JSON.stringify(reply.body)}`);
      }
      return reply.body as Problem;
    },
    person: async (name) => {
      const email = `${name.toLowerCase().replace(/\W+/g, '.')}@example.org`;
      const identity = { issuer: 'https://id.example', subject: name, email, emailVerified: true, name };
      return (await personForIdentity(dependencies(), identity)).userId;
    },
    contents: () => tableContents(engine.client(), tableName),
    stop: () => engine.stop(),
  };
}

async function loadHandlers(): Promise<Readonly<Record<FunctionName, Handler>>> {
  const [
    accounts,
    intents,
    contributions,
    paymentMethods,
    hosts,
    batchAdmin,
    deadLetters,
    webhooks,
    webhookEndpoints,
    caller,
    unsubscribe,
    documentation,
  ] = await Promise.all([
    import('../../functions/http/accounts.ts'),
    import('../../functions/http/payment-intents.ts'),
    import('../../functions/http/contributions.ts'),
    import('../../functions/http/payment-methods.ts'),
    import('../../functions/http/hosts.ts'),
    import('../../functions/http/batch-admin.ts'),
    import('../../functions/http/dead-letters.ts'),
    import('../../functions/http/webhooks.ts'),
    import('../../functions/http/webhook-endpoints.ts'),
    import('../../functions/http/caller.ts'),
    import('../../functions/http/unsubscribe.ts'),
    import('../../functions/http/documentation.ts'),
  ]);
  return {
    accounts: accounts.handler,
    'payment-intents': intents.handler,
    contributions: contributions.handler,
    'payment-methods': paymentMethods.handler,
    hosts: hosts.handler,
    'batch-admin': batchAdmin.handler,
    'dead-letters': deadLetters.handler,
    webhooks: webhooks.handler,
    'webhook-endpoints': webhookEndpoints.handler,
    caller: caller.handler,
    unsubscribe: unsubscribe.handler,
    documentation: documentation.handler,
  };
}

export function routeOf(operation: OperationId): Route {
  const route = routes.get(operation);
  if (route === undefined) {
    throw new Error(`No operation ${operation}.`);
  }
  return route;
}

export const signedIn = (userId: string) => ({ identity: JSON.stringify({ userId }) });

/** The request that a well-behaved client would make. */
export function requestFor(operation: OperationId, options: CallOptions): RawRequest {
  const { params, query, body, as, key, ifMatch, headers } = options;
  const sentKey = key === undefined ? (isChange(routeOf(operation)) ? randomUUID() : null) : key;
  return {
    operation,
    ...(params === undefined ? {} : { params }),
    rawQueryString: new URLSearchParams(
      Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
    ).toString(),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(sentKey === null ? {} : { 'idempotency-key': sentKey }),
      ...(ifMatch === undefined ? {} : { 'if-match': typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(as === undefined ? {} : { authorizer: signedIn(as) }),
  };
}

function eventFor(route: Route, request: RawRequest): HttpEvent {
  const { params = {}, rawQueryString = '', headers = {}, body, isBase64Encoded = false, authorizer } = request;
  const rawPath = pathPrefix + route.path.replace(/\{(\w+)\}/g, (_match, name: string) => params[name] ?? '');
  return {
    routeKey: routeKeyOf(route),
    rawPath,
    rawQueryString,
    headers,
    ...(Object.keys(params).length === 0 ? {} : { pathParameters: params }),
    ...(body === undefined ? {} : { body }),
    isBase64Encoded,
    requestContext: {
      requestId: randomUUID(),
      http: { method: route.method },
      ...(authorizer === undefined ? {} : { authorizer: { lambda: authorizer } }),
    },
  };
}

/** As much of a Lambda context as the functions look at. */
export const contextFor = (route: Pick<Route, 'function'>): Context =>
  ({
    functionName: route.function,
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => 10_000,
  }) as Context;

// --- The contract ----------------------------------------------------------------------------------------------------

const document = openApiDocument();
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ ...document, $id: 'openapi' });

const compiled = new Map<string, ValidateFunction>();

const escaped = (segment: string): string => encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'));

function validatorAt(path: readonly string[]): ValidateFunction {
  const pointer = path.map((segment) => `/${escaped(segment)}`).join('');
  const known = compiled.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
  compiled.set(pointer, known);
  return known;
}

type Node = { readonly [member: string]: Node };

/** Follows a path into the document, through references. */
function resolve(path: readonly string[]): { readonly path: readonly string[]; readonly node: Node } | undefined {
  let at: readonly string[] = [];
  let node: Node | undefined = document as unknown as Node;
  for (const segment of path) {
    node = node?.[segment];
    at = [...at, segment];
    const reference: unknown = node?.$ref;
    if (typeof reference === 'string') {
      at = reference.replace('#/', '').split('/');
      node = at.reduce<Node | undefined>((inner, part) => inner?.[part], document as unknown as Node);
    }
  }
  return node === undefined ? undefined : { path: at, node };
}

/** Holds an answer against the document, and reads it. */
function checked(route: Route, response: HttpResponse): Reply {
  const { statusCode: status, body } = response;
  const headers: Reply['headers'] = response.headers;
  const mediaType = headers['content-type']?.split(';')[0] ?? '';
  const value: unknown = mediaType.includes('json') ? JSON.parse(body) : body;
  const what = `${route.operationId} answered ${status} ${mediaType} ${body.slice(0, 2000)}`;
  const responsePath = ['paths', route.path, route.method.toLowerCase(), 'responses', String(status)];
  const found = resolve(responsePath);
  const content = found?.node.content?.[mediaType];
  if (found === undefined || content === undefined) {
    throw new Error(`${what}: which its description in the OpenAPI document does not know.`);
  }
  const validate = validatorAt([...found.path, 'content', mediaType, 'schema']);
  if (!validate(value)) {
    throw new Error(`${what}: which does not fit its schema: ${ajv.errorsText(validate.errors)}`);
  }
  if (mediaType === problemMediaType && (value as Problem).status !== status) {
    throw new Error(`${what}: the status in the problem is another.`);
  }
  // A card that strangers see has neither: its version would tell them of what they have no part in.
  const isVersionHidden = typeof value === 'object' && value !== null && 'version' in value && value.version === null;
  if (route.versioned === true && status < 300 && (headers.etag === undefined) !== isVersionHidden) {
    throw new Error(`${what}: its ETag is not what its version says.`);
  }
  return { status, headers, body: value };
}
