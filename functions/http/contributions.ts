import type { ContributionListScope } from '../../shared/application/contribution-ports.ts';
import * as contributions from '../../shared/application/contributions.ts';
import * as holds from '../../shared/application/holds.ts';
import { contributionRoutes } from '../../shared/http/contributions/routes.ts';
import { contributionRows } from '../../shared/http/contributions/rows.ts';
import { contributionDependencies } from '../contribution-dependencies.ts';
import { type Asked, httpFunctionOn } from '../middleware/http-function.ts';

/** The schema lets through exactly one of them. */
function scopeOf({
  contributor,
  collective,
  host,
  setAside,
}: Asked<'listContributions'>['query']): ContributionListScope {
  if (contributor !== undefined) {
    return { by: 'contributor', accountId: contributor };
  }
  return collective !== undefined
    ? { by: 'collective', accountId: collective }
    : { by: setAside === undefined ? 'host' : 'set-aside', hostId: host ?? '' };
}

export const handler = httpFunctionOn(contributionDependencies, contributionRows, contributionRoutes, {
  createContribution: (deps, { meta, body }) => contributions.createContribution(deps, meta, body),
  listContributions: (deps, { meta, query, page }) =>
    contributions.listContributions(deps, meta.userId, { scope: scopeOf(query), ...page }),
  getContribution: (deps, { meta, params }) => contributions.getContribution(deps, meta.userId, params.contributionId),
  listContributionEvents: (deps, { meta, params, page }) =>
    contributions.listContributionEvents(deps, meta.userId, params.contributionId, page),
  cancelContribution: (deps, { meta, params, body }) =>
    contributions.cancelContribution(deps, meta, params.contributionId, body),
  updatePaymentMethod: (deps, { meta, params, body }) =>
    contributions.updatePaymentMethod(deps, meta, params.contributionId, body),
  takeUpContribution: (deps, { meta, params }) => contributions.takeUpContribution(deps, meta, params.contributionId),
  confirmPeriod: (deps, { meta, params, body }) => contributions.confirmPeriod(deps, meta, params.contributionId, body),

  previewAccountHold: (deps, { meta, params }) => holds.previewHold(deps, meta.userId, params.accountId),
  placeAccountHold: (deps, { meta, params, body }) => holds.placeHold(deps, meta, params.accountId, body),
  listAccountHolds: (deps, { meta, params, page }) => holds.listHolds(deps, meta.userId, params.accountId, page),
  getAccountHold: (deps, { meta, params }) => holds.getHold(deps, meta.userId, params.holdId),
  liftAccountHold: (deps, { meta, params }) => holds.liftAccountHold(deps, meta, params.holdId),
});
