/** Shows the API document, and answers for every path that is none. It has no access to data and needs none. */
import document from '../../docs/openapi.json' with { type: 'json' };
import { accept, type Result, refuse } from '../../shared/domain/result.ts';
import { documentationPage } from '../../shared/http/documentation/page.ts';
import type { AnyProblem } from '../../shared/http/problems.ts';
import { pathPrefix, type RouteRow, routeKeyOf } from '../../shared/http/route-row.ts';
import { routeTable } from '../../shared/http/route-table.ts';
import { answering } from '../middleware/answering.ts';
import type { HttpEvent, HttpResponse } from '../middleware/http-message.ts';

const page = documentationPage(document);

/** It is the same for everybody, and small to ask after: whoever has it may keep it, and checks that it is current. */
const cacheControl = { 'cache-control': 'no-cache' };

const answers: Readonly<Record<string, HttpResponse>> = {
  [routeKeyOf(routeTable.getOpenApi)]: {
    statusCode: 200,
    headers: { 'content-type': 'application/json', ...cacheControl },
    body: JSON.stringify(document),
  },
  [routeKeyOf(routeTable.getDocumentation)]: {
    statusCode: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': page.contentSecurityPolicy,
      ...cacheControl,
    },
    body: page.html,
  },
};

export const handler = answering(async ({ event }): Promise<Result<HttpResponse, AnyProblem>> => {
  const found = answers[event.routeKey];
  return found === undefined ? refuse({ code: 'route-not-found', detail: detailFor(event) }) : accept(found);
});

/** Says which methods the path has, when it has others. */
function detailFor({ rawPath }: HttpEvent): string {
  const rows: readonly RouteRow[] = Object.values(routeTable);
  const methods = rows.filter((row) => templateOf(row).test(rawPath)).map(({ method }) => method);
  return methods.length === 0
    ? 'Look up the path in the API document at /v1/openapi.json.'
    : `This path has ${methods.join(', ')}.`;
}

const templateOf = ({ path }: Pick<RouteRow, 'path'>): RegExp =>
  new RegExp(`^${pathPrefix}${path.replace(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}/?$`);
