import type { MiddlewareObj, Request } from '@middy/core';
import type { HttpResponse } from './http-message.ts';
import { recordOf } from './request-log.ts';

/** What every answer says; an answer that knows better keeps its own. */
const common = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
} as const;

export const responseHeaders = (): MiddlewareObj => {
  const add = (request: Request): void => {
    const response: HttpResponse = request.response;
    const { requestId } = recordOf(request);
    request.response = { ...response, headers: { ...common, 'x-request-id': requestId, ...response.headers } };
  };
  return { after: add, onError: add };
};
