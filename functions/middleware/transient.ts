/**
 * The one place that tells an error that will pass from a mistake of ours. The SDK has retried by then: the caller is told
 * to come back, with the same key, so that a change which did go through is not made twice.
 */
const passingNames: ReadonlySet<string> = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'ThrottlingException',
  'TimeoutError',
  // A single item that a transaction of somebody else is being written to.
  'TransactionConflictException',
  'TransactionInProgressException',
]);

const passingCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return passingNames.has(error.name) || passingCodes.has(code) || isTransient(error.cause);
}
