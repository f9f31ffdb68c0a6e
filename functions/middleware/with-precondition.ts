import { refuse } from '../../shared/domain/result.ts';
import type { Handler, Incoming } from './http-message.ts';

export type WithPrecondition = { readonly ifMatch: number | undefined };

const strongVersion = /^"(0|[1-9]\d{0,14})"$/;

/**
 * Reads `If-Match`: the one version that the change is meant for, or `*` for whichever is there. A precondition that cannot
 * be kept is refused rather than passed over, because the caller relies on it.
 */
export const withPrecondition =
  <Request extends Incoming>(next: Handler<Request & WithPrecondition>): Handler<Request> =>
  async (request) => {
    const given = request.event.headers['if-match'];
    if (given === undefined) {
      return next({ ...request, ifMatch: undefined });
    }
    if (!request.route.conditional) {
      return refuse({ code: 'malformed-request', detail: 'This operation has no version for If-Match to name.' });
    }
    if (given.trim() === '*') {
      return next({ ...request, ifMatch: undefined });
    }
    const version = strongVersion.exec(given.trim())?.[1];
    return version === undefined
      ? refuse({
          code: 'malformed-request',
          detail: 'If-Match names one version as its ETag does, such as "3", or * for any.',
        })
      : next({ ...request, ifMatch: Number(version) });
  };
