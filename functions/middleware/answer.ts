import { accept } from '../../shared/domain/result.ts';
import type { Route } from '../../shared/http/route.ts';
import { pathPrefix } from '../../shared/http/route-row.ts';
import { parse } from '../../shared/http/validation.ts';
import type { Handled } from './http-message.ts';

export type Answered = {
  readonly status: number;
  readonly body: unknown;
  readonly version?: number | null;
  readonly replayed?: boolean;
};

/** Writes an answer. It is read through its schema first, so that only what is declared leaves. */
export function answer(route: Route, { status, body, version, replayed }: Answered): Handled {
  const parsed = parse(route.answer, body);
  if (!parsed.ok) {
    const where = parsed.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`).join(' ');
    throw new Error(`The answer of ${route.operationId} does not fit its schema. ${where}`);
  }
  return accept({
    statusCode: status,
    headers: {
      'content-type': 'application/json',
      ...(version == null ? {} : { etag: `"${version}"` }),
      ...(replayed ? { 'idempotency-replayed': 'true' } : {}),
      ...(route.location !== undefined && status === 201 ? { location: locationOf(route.location, parsed.value) } : {}),
    },
    body: JSON.stringify(parsed.value),
  });
}

const locationOf = (template: string, body: unknown): string =>
  pathPrefix +
  template.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const members: Readonly<Record<string, unknown>> = Object(body);
    return encodeURIComponent(String(members[name]));
  });
