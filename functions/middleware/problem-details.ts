import type { MiddlewareObj } from '@middy/core';
import { type AnyProblem, problemResponse } from '../../shared/http/problems.ts';
import { log } from '../../shared/observability/logger.ts';
import { asError } from './as-error.ts';
import type { Handled, HttpResponse, RequestRecord } from './http-message.ts';
import { recordOf } from './request-log.ts';
import { isTransient } from './transient.ts';

/** The only place that writes problem documents: refusals become what the catalogue says, errors say nothing of themselves. */
export const problemDetails = (): MiddlewareObj => ({
  after: (request) => {
    const handled: Handled = request.response;
    request.response = handled.ok ? handled.value : written(handled.refusal, recordOf(request));
  },
  onError: (request) => {
    const record = recordOf(request);
    const error = asError(request.error);
    const isPassing = isTransient(error);
    const { requestId, operationId, userId } = record;
    log(isPassing ? 'DEPENDENCY_UNAVAILABLE' : 'REQUEST_FAILED', { requestId, operationId, userId, error });
    request.response = written(
      isPassing ? { code: 'temporarily-unavailable', detail: unavailable } : { code: 'internal-error' },
      record,
    );
  },
});

const unavailable = 'Something that we rely on did not answer in time. Send the same request again, with the same key.';

function written(problem: AnyProblem, record: RequestRecord): HttpResponse {
  const { status, headers, document } = problemResponse(problem, record.requestId);
  record.problem = problem.code;
  return { statusCode: status, headers, body: JSON.stringify(document) };
}
