/** What API Gateway hands a function and gets back (HTTP API, payload 2.0), as far as it is used here. */

import type { Result } from '../../shared/domain/result.ts';
import type { AnyProblem } from '../../shared/http/problems.ts';
import type { Route } from '../../shared/http/route.ts';

export type HttpEvent = {
  readonly routeKey: string;
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Names in lower case; a header given twice is joined with a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly requestId: string;
    readonly http: { readonly method: string };
    readonly authorizer?: { readonly lambda?: unknown };
  };
};

export type HttpResponse = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What becomes known of a request while it is handled, for the one line that is logged about it. */
export type RequestRecord = {
  readonly requestId: string;
  readonly startedAtMs: number;
  operationId?: string;
  userId?: string;
  problem?: string;
  replayed?: boolean;
};

export type Incoming = { readonly event: HttpEvent; readonly record: RequestRecord; readonly route: Route };

export type Handled = Result<HttpResponse, AnyProblem>;

/**
 * A step of the way from an event to an answer. A wrapper reads one thing and hands on a request that has it, so that its
 * type says what is known; whatever it refuses comes before anything that the wrapped handler could refuse.
 */
export type Handler<Request> = (request: Request) => Promise<Handled>;
