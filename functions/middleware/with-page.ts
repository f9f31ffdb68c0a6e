import type { Position } from '../../shared/application/ports.ts';
import { refuse } from '../../shared/domain/result.ts';
import { type CursorScope, openCursor, sealCursor } from '../../shared/http/cursors.ts';
import { pageLimitDefault } from '../../shared/http/pages.ts';
import type { Handler, Incoming } from './http-message.ts';
import type { WithIdentity } from './with-identity.ts';
import type { WithInput } from './with-input.ts';

export type WithPage = {
  readonly page: { readonly limit: number; readonly position: Position | undefined };
  /** Makes the cursor of the page that begins at a position. */
  readonly sealed: (position: Position) => string;
};

type PageQuery = { readonly limit?: number | undefined; readonly cursor?: string | undefined };

/** Opens the cursor of a list, which counts only for the caller and the filter that it was given out for. */
export const withPage =
  <Request extends Incoming & WithIdentity & WithInput>(
    cursorKey: () => Promise<Uint8Array>,
    next: Handler<Request & WithPage>,
  ): Handler<Request> =>
  async (request) => {
    const { limit = pageLimitDefault, cursor, ...filter }: PageQuery = request.query;
    const scope: CursorScope = {
      operationId: request.route.operationId,
      userId: request.userId,
      filter: { ...request.params, ...filter },
    };
    const key = await cursorKey();
    const position = cursor === undefined ? undefined : openCursor(key, scope, cursor);
    if (cursor !== undefined && position === undefined) {
      return refuse({
        code: 'validation-failed',
        errors: [
          {
            pointer: '/cursor',
            detail: 'Is not a cursor of this list with this filter. Begin again without it.',
          },
        ],
      });
    }
    return next({ ...request, page: { limit, position }, sealed: (next) => sealCursor(key, scope, next) });
  };
