import type { MiddlewareObj, Request } from '@middy/core';
import { log } from '../../shared/observability/logger.ts';
import type { HttpEvent, HttpResponse, RequestRecord } from './http-message.ts';

/** What is known of each request that is being handled; gone with it. */
const records = new WeakMap<object, RequestRecord>();

export function recordOf({ event }: Pick<Request, 'event'>): RequestRecord {
  const { requestContext } = event as HttpEvent;
  const record = records.get(requestContext) ?? {
    requestId: requestContext.requestId,
    startedAtMs: performance.now(),
  };
  records.set(requestContext, record);
  return record;
}

/** One line per request: which operation, who, how it ended and how long it took. Nothing of what was said. */
export const requestLog = (): MiddlewareObj => {
  const write = (request: Request): void => {
    const { startedAtMs, ...known } = recordOf(request);
    const { statusCode }: HttpResponse = request.response;
    const durationMs = Math.round((performance.now() - startedAtMs) * 10) / 10;
    log('REQUEST_ANSWERED', { ...known, status: statusCode, durationMs });
  };
  return {
    before: (request) => {
      recordOf(request);
    },
    after: write,
    onError: write,
  };
};
