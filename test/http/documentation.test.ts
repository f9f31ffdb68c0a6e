import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { handler } from '../../functions/http/documentation.ts';
import { documentationPage } from '../../shared/http/documentation/page.ts';
import { openApiDocument } from '../../shared/http/openapi.ts';
import { operationIds } from '../../shared/http/routes.ts';
import { contextFor } from '../support/http.ts';

process.env.POWERTOOLS_LOG_LEVEL = 'SILENT';

const get = (routeKey: string, rawPath: string, method = 'GET') =>
  handler(
    {
      routeKey,
      rawPath,
      rawQueryString: '',
      headers: {},
      isBase64Encoded: false,
      requestContext: { requestId: randomUUID(), http: { method } },
    },
    contextFor({ function: 'documentation' }),
  );

test('the API document is served as it is committed', async () => {
  const { statusCode, headers, body } = await get('GET /v1/openapi.json', '/v1/openapi.json');
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toBe('application/json');
  expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

test('the page needs nothing but itself: no script, nothing from elsewhere, and only its own style', async () => {
  const { statusCode, headers, body } = await get('GET /v1/docs', '/v1/docs');
  expect(statusCode).toBe(200);
  expect(headers['content-type']).toBe('text/html; charset=utf-8');
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; /);
  expect(body).not.toMatch(/<script|<link|<img|<iframe|\son\w+=|style="|javascript:|url\(/i);
  // An example may have an address; nothing of the page is there.
  expect(body).not.toMatch(/=\s*["']?https?:/i);
  expect(body).toMatch(/^<!doctype html>\n<html lang="en">/);
});

test('the page shows every operation once, and each of its links leads somewhere', async () => {
  const { body } = await get('GET /v1/docs', '/v1/docs');
  const ids = [...body.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const operation of operationIds) {
    expect(ids).toContain(operation);
  }
  for (const [, target] of body.matchAll(/href="#([^"]+)"/g)) {
    expect(ids).toContain(target);
  }
});

test('what stands in a description is text, whatever it looks like', () => {
  const nasty = '<script>alert("1")</script> & `code<` **b<b**';
  const { html } = documentationPage({
    openapi: nasty,
    info: { title: nasty, description: nasty },
    tags: [{ name: nasty, description: nasty }],
    paths: {
      [nasty]: {
        get: {
          tags: [nasty],
          operationId: nasty,
          summary: nasty,
          description: nasty,
          parameters: [{ name: nasty, in: 'query', description: nasty, schema: { enum: [nasty], default: nasty } }],
          requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/X' } } } },
          responses: { 200: { description: nasty, content: { x: { schema: { const: nasty } } } }, 204: {} },
        },
      },
    },
    components: {
      schemas: {
        X: {
          description: nasty,
          required: ['a'],
          properties: {
            a: { type: 'array', items: { type: ['string', 'null'] }, description: nasty },
            b: {},
            c: { anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/Y' }] },
          },
          examples: [{ a: nasty }],
        },
        Y: { oneOf: [{ properties: { [nasty]: { type: 'string', maxLength: 5 } } }] },
        Z: { type: 'string', minimum: Number.MIN_SAFE_INTEGER },
      },
    },
  });
  expect(html).not.toContain('<script');
  expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; <code>code&lt;</code>');
});

test('a document with nothing in it makes a page with nothing in it', () => {
  expect(documentationPage(null).html).toContain('<main>');
});

test.each([
  ['/v1/nonsense', 'GET', 'Look up the path'],
  ['/', 'GET', 'Look up the path'],
  ['/v1/payment-intents', 'DELETE', 'This path has POST, GET.'],
  ['/v1/payment-intents/pi_1/submit', 'GET', 'This path has POST.'],
  ['/v1/openapiXjson', 'GET', 'Look up the path'],
])('%s with %s is no operation, and the answer helps', async (path, method, help) => {
  const { statusCode, headers, body } = await get('$default', path, method);
  expect(statusCode).toBe(404);
  expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  expect(JSON.parse(body)).toMatchObject({
    type: '/problems/route-not-found',
    status: 404,
    detail: expect.stringContaining(help),
    instance: expect.stringMatching(/^urn:request:/),
  });
});
