import { refuse } from '../../shared/domain/result.ts';
import type { Handler, Incoming } from './http-message.ts';

export type WithIdempotencyKey = { readonly idempotencyKey: string };

/** Requires the key by which a repeated change is known for what it is. Its form is checked with the rest of the input. */
export const withIdempotencyKey =
  <Request extends Incoming>(next: Handler<Request & WithIdempotencyKey>): Handler<Request> =>
  async (request) => {
    const given = request.event.headers['idempotency-key']?.trim() ?? '';
    return given === '' ? refuse({ code: 'idempotency-key-missing' }) : next({ ...request, idempotencyKey: given });
  };
