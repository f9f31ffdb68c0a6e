/** The API document, OpenAPI 3.1, printed from the routes, the schemas that validate requests, and the problem catalogue. */
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { problemMeanings } from './problem-meanings.ts';
import {
  type MemberKind,
  type ProblemCode,
  problemCodes,
  problemMediaType,
  problems,
  problemType,
} from './problems.ts';
import { type Route, takesKey } from './route.ts';
import { pathPrefix } from './route-row.ts';
import { describeCommand, problemsOf, routes, tags } from './routes.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const ref = (kind: 'schemas' | 'parameters' | 'headers' | 'responses', name: string) => ({
  $ref: `#/components/${kind}/${name}`,
});

const memberSchemas: Readonly<Record<MemberKind, JsonSchema>> = {
  fieldErrors: {
    type: 'array',
    description: 'One entry per wrong field.',
    items: {
      type: 'object',
      properties: {
        pointer: {
          type: 'string',
          description:
            'A JSON Pointer into the body; for parameters of the path or the query and for headers, a slash and their name.',
        },
        detail: { type: 'string', description: 'What is wrong with it.' },
      },
      required: ['pointer', 'detail'],
      additionalProperties: false,
    },
  },
  integer: { type: 'integer' },
  text: { type: 'string' },
  commands: { type: 'array', items: ref('schemas', 'CommandName') },
};

const pascalCase = (code: string): string =>
  code.replace(/(?:^|-)([a-z])/g, (_match, letter: string) => letter.toUpperCase());

export const problemSchemaName = (code: ProblemCode): string => `${pascalCase(code)}Problem`;

function problemSchema(code: ProblemCode): JsonSchema {
  const { status, title, mend, members } = problems[code];
  const own = Object.entries<MemberKind>(members).map(([name, kind]) => [name, memberSchemas[kind]] as const);
  const saysMore = code !== 'internal-error';
  return {
    type: 'object',
    description: `${problemMeanings[code]} ${mend}`,
    properties: {
      type: { const: problemType(code) },
      title: { const: title },
      status: { const: status },
      ...(saysMore ? { detail: { type: 'string', description: 'What was wrong this time, and how to mend it.' } } : {}),
      instance: { type: 'string', pattern: '^urn:request:', description: 'Quote it when you ask us about it.' },
      ...Object.fromEntries(own),
    },
    required: ['type', 'title', 'status', ...(saysMore ? ['detail'] : []), 'instance', ...own.map(([name]) => name)],
    additionalProperties: false,
  };
}

/** All but the one that the gateway answers by itself when there is too much to do. */
const ownProblems = problemCodes.filter((code) => code !== 'rate-limited');

function problemResponses(route: Route): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    [...problemsByStatus(route)].map(([status, [only, ...more]]) => [
      String(status),
      more.length === 0 ? ref('responses', pascalCase(only)) : problemResponse([only, ...more]),
    ]),
  );
}

type Several<Item> = readonly [Item, ...Item[]];

function problemsByStatus(route: Route): ReadonlyMap<number, Several<ProblemCode>> {
  const byStatus = new Map<number, Several<ProblemCode>>();
  for (const code of problemsOf(route)) {
    const { status } = problems[code];
    const found = byStatus.get(status);
    byStatus.set(status, found === undefined ? [code] : [...found, code]);
  }
  return byStatus;
}

/** Problems that are the only one of their status somewhere: their response is described once, and referred to. */
function lonelyProblems(): readonly ProblemCode[] {
  const alone = [...routes.values()].flatMap((route) =>
    [...problemsByStatus(route).values()].flatMap(([only, ...more]) => (more.length === 0 ? [only] : [])),
  );
  return ownProblems.filter((code) => alone.includes(code));
}

function problemResponse(codes: Several<ProblemCode>) {
  const schemas = codes.map((one) => ref('schemas', problemSchemaName(one)));
  const [code] = codes;
  const headers = {
    ...(code === 'authentication-required' ? { 'WWW-Authenticate': ref('headers', 'WWW-Authenticate') } : {}),
    ...(code === 'temporarily-unavailable' ? { 'Retry-After': ref('headers', 'Retry-After') } : {}),
  };
  return {
    description: codes.map((one) => `\`${one}\`: ${problems[one].title}`).join(' '),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    content: {
      [problemMediaType]: {
        schema:
          schemas.length === 1
            ? ref('schemas', problemSchemaName(code))
            : {
                oneOf: schemas,
                discriminator: {
                  propertyName: 'type',
                  mapping: Object.fromEntries(
                    codes.map((one) => [problemType(one), `#/components/schemas/${problemSchemaName(one)}`]),
                  ),
                },
              },
      },
    },
  };
}

/** What is answered by a page, for people. */
const otherMediaTypes: Partial<Record<Route['operationId'], string>> = {
  getDocumentation: 'text/html',
  lookAtUnsubscribing: 'text/html',
  unsubscribe: 'text/html',
};

/** What is sent by a form, or by what does as a form would. */
const bodyMediaTypes: Partial<Record<Route['operationId'], string>> = {
  unsubscribe: 'application/x-www-form-urlencoded',
};

function operation(route: Route): ZodOpenApiOperationObject {
  const said = [route.description, route.command && describeCommand(route.command)].filter(
    (part) => part !== undefined,
  );
  const parameters = [
    ...(takesKey(route) ? [ref('parameters', 'Idempotency-Key')] : []),
    ...(route.conditional ? [ref('parameters', 'If-Match')] : []),
  ];
  return {
    operationId: route.operationId,
    tags: [tags[route.function].name],
    summary: route.summary,
    ...(said.length > 0 ? { description: said.join('\n\n') } : {}),
    requestParams: {
      path: shapeOf(route.params),
      ...(route.query === undefined ? {} : { query: shapeOf(route.query) }),
    },
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: !route.body.safeParse({}).success,
            content: { [bodyMediaTypes[route.operationId] ?? 'application/json']: { schema: route.body } },
          },
        }),
    responses: {
      [String(route.status)]: {
        description: route.status === 201 ? 'Created.' : 'Done.',
        headers: {
          ...(route.versioned ? { ETag: ref('headers', 'ETag') } : {}),
          ...(route.location === undefined ? {} : { Location: ref('headers', 'Location') }),
          ...(takesKey(route) ? { 'Idempotency-Replayed': ref('headers', 'Idempotency-Replayed') } : {}),
        },
        content: { [otherMediaTypes[route.operationId] ?? 'application/json']: { schema: route.answer } },
      },
      ...problemResponses(route),
    },
    ...(route.access === 'authenticated' ? {} : { security: [] }),
  };
}

// The library wants the object type; every path and query schema here is one.
const shapeOf = (schema: Route['params'] | NonNullable<Route['query']>) =>
  schema as NonNullable<NonNullable<ZodOpenApiOperationObject['requestParams']>['query']>;

const paths = (): ZodOpenApiPathsObject => {
  const found: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes.values()) {
    found[route.path] = { ...found[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return found;
};

const description = `Payment intents for fiscal hosts: money between collectives and between hosts, with both sides confirming.

- **Money** is \`{ "amount": 1250, "currency": "USD" }\`: a whole number of the currency’s minor unit (ISO 4217: JPY 0, USD 2, KWD 3 places).
- **Times** are ISO 8601 in UTC with milliseconds; days are YYYY-MM-DD.
- **Changes** take an \`Idempotency-Key\`: the same key with the same request gives the same answer and has one effect, so a request whose answer was lost is simply sent again.
- **Versions** are ETags. Send the one that you have read as \`If-Match\`, and a change that somebody else made meanwhile is not overwritten.
- **Lists** are read in pages: send \`nextCursor\` as \`cursor\`, with the rest of the query as it was.
- **Refusals** are problem details (RFC 9457), and when several apply the first of the catalogue is answered. A refused request has changed nothing.
- What you have no part in answers *not found*.
- The gateway itself answers \`429\` when there are too many requests, and a request that is larger than it takes, with a body \`{"message": …}\` of its own.`;

export function openApiDocument(): ReturnType<typeof createDocument> {
  const document: ZodOpenApiObject = {
    openapi: '3.1.1',
    info: {
      title: 'Payment intents for fiscal hosts',
      version: '1',
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: pathPrefix, description: 'This service.' }],
    security: [{ signedIn: [] }],
    tags: Object.values(tags).map(({ name, about }) => ({ name, description: about })),
    paths: paths(),
    components: {
      securitySchemes: {
        signedIn: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'A token of the OpenID Connect provider that this service trusts, made out to its client. Send the ID token: it names your e-mail address, which is where you are written to once the provider has verified it. An access token is taken as well; where it names no address, as with Amazon Cognito, yours stays as it was.',
        },
      },
      parameters: {
        'Idempotency-Key': {
          in: 'header',
          name: 'Idempotency-Key',
          required: true,
          description: 'New for each new change, the same when it is repeated: 1 to 255 visible ASCII characters.',
          schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
          example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
        },
        'If-Match': {
          in: 'header',
          name: 'If-Match',
          required: false,
          description: 'The ETag of the version that you have read, or * for whichever is there.',
          schema: { type: 'string', pattern: '^(\\*|"(0|[1-9][0-9]{0,14})")$' },
          example: '"3"',
        },
      },
      headers: {
        ETag: { description: 'The version.', schema: { type: 'string', pattern: '^"[0-9]+"$' }, example: '"3"' },
        Location: { description: 'Where the new thing is found.', schema: { type: 'string' } },
        'Idempotency-Replayed': {
          description: 'There when the answer is that of an earlier request with the same key.',
          schema: { const: 'true' },
        },
        'Retry-After': { description: 'Seconds to wait.', schema: { type: 'string', pattern: '^[0-9]+$' } },
        'WWW-Authenticate': { description: 'How to sign in.', schema: { type: 'string' } },
      },
      responses: {
        ...Object.fromEntries(lonelyProblems().map((code) => [pascalCase(code), problemResponse([code])])),
        RateLimited: {
          description: '`rate-limited`: Too many requests. The gateway answers this itself.',
          content: {
            'application/json': { schema: { type: 'object', properties: { message: { type: 'string' } } } },
          },
        },
      },
      schemas: Object.fromEntries(ownProblems.map((code) => [problemSchemaName(code), problemSchema(code)])),
    },
  };
  return createDocument(document);
}
