import middy from '@middy/core';
import type { Handled, HttpEvent, Incoming } from './http-message.ts';
import { problemDetails } from './problem-details.ts';
import { recordOf, requestLog } from './request-log.ts';
import { responseHeaders } from './response-headers.ts';

/** Time enough to say that there was none. */
const timeoutEarlyInMillis = 250;

const outOfTime = (): never => {
  const error = new Error('The time of the function ran out.');
  error.name = 'TimeoutError';
  throw error;
};

/** The outermost layer of every function of the API: what is true of every answer, whatever happened. */
export const answering = (handle: (incoming: Omit<Incoming, 'route'>) => Promise<Handled>) =>
  middy<HttpEvent>({ timeoutEarlyInMillis, timeoutEarlyResponse: outOfTime })
    .use([requestLog(), responseHeaders(), problemDetails()])
    .handler((event: HttpEvent) => handle({ event, record: recordOf({ event }) }));
