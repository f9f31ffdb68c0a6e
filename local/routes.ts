import type { RouteDescription } from './system.ts';

/** A route and what its path parameters matched, undecoded. */
export type RouteMatch = { readonly route: RouteDescription; readonly parameters: Readonly<Record<string, string>> };

export type RouteTable = { match(method: string, path: string): RouteMatch | undefined };

type Segment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'parameter' | 'greedy'; readonly name: string };

type CompiledRoute = {
  readonly route: RouteDescription;
  readonly method: string;
  readonly segments: readonly Segment[];
};

const ranks = { text: 0, parameter: 1, greedy: 2 } as const;

/**
 * The order in which API Gateway prefers routes: an exact path before one with parameters, that before a greedy one, the
 * method itself before ANY, and `$default` last.
 */
export const createRouteTable = (routes: readonly RouteDescription[]): RouteTable => {
  const fallback = routes.find(({ key }) => key === '$default');
  const compiled = routes.filter((route) => route !== fallback).map(compile);
  compiled.sort(byPrecedence);
  return {
    match: (method, path) => {
      const parts = path.slice(1).split('/');
      for (const candidate of compiled) {
        if (candidate.method !== method && candidate.method !== 'ANY') continue;
        const parameters = matchSegments(candidate.segments, parts);
        if (parameters !== undefined) return { route: candidate.route, parameters };
      }
      return fallback === undefined ? undefined : { route: fallback, parameters: {} };
    },
  };
};

const compile = (route: RouteDescription): CompiledRoute => {
  const [method = '', path = ''] = route.key.split(' ');
  if (!path.startsWith('/')) throw new Error(`The route key "${route.key}" is not a method and a path.`);
  const segments = path
    .slice(1)
    .split('/')
    .map((part): Segment => {
      const parameter = /^\{([^{}+]+)(\+?)\}$/.exec(part);
      if (parameter?.[1] === undefined) return { kind: 'text', text: part };
      return { kind: parameter[2] === '+' ? 'greedy' : 'parameter', name: parameter[1] };
    });
  return { route, method, segments };
};

const byPrecedence = (left: CompiledRoute, right: CompiledRoute): number => {
  for (const [index, segment] of left.segments.entries()) {
    const other = right.segments[index];
    if (other === undefined) break;
    if (segment.kind !== other.kind) return ranks[segment.kind] - ranks[other.kind];
  }
  return right.segments.length - left.segments.length || Number(left.method === 'ANY') - Number(right.method === 'ANY');
};

const matchSegments = (
  segments: readonly Segment[],
  parts: readonly string[],
): Readonly<Record<string, string>> | undefined => {
  const isGreedy = segments.at(-1)?.kind === 'greedy';
  if (isGreedy ? parts.length < segments.length : parts.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = segment.kind === 'greedy' ? parts.slice(index).join('/') : (parts[index] ?? '');
    if (segment.kind === 'text') {
      if (part !== segment.text) return undefined;
    } else {
      if (part === '') return undefined;
      parameters[segment.name] = part;
    }
  }
  return parameters;
};
