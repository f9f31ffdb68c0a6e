import { getMe } from '../../shared/application/caller.ts';
import { callerRoutes } from '../../shared/http/caller/routes.ts';
import { httpFunction } from '../middleware/http-function.ts';

export const handler = httpFunction('caller', callerRoutes, {
  getMe: (deps, { meta }) => getMe(deps, meta.userId),
});
