import * as accounts from '../../shared/application/accounts.ts';
import * as invitations from '../../shared/application/invitations.ts';
import { accountRoutes } from '../../shared/http/accounts/routes.ts';
import { accountRows } from '../../shared/http/accounts/rows.ts';
import { httpFunction } from '../middleware/http-function.ts';

export const handler = httpFunction(accountRows, accountRoutes, {
  createAccount: (deps, { meta, body }) => accounts.createAccount(deps, meta, body),
  findAccounts: (deps, { meta, query }) => accounts.findAccountBySlug(deps, meta.userId, query.slug),
  getAccount: (deps, { meta, params }) => accounts.getAccount(deps, meta.userId, params.accountId),
  updateAccount: (deps, { meta, params, body }) => accounts.updateAccount(deps, meta, params.accountId, body),
  changeHosting: (deps, { meta, params, body }) => accounts.changeHosting(deps, meta, params.accountId, body),

  listMembers: (deps, { meta, params, page }) => accounts.listMembers(deps, meta.userId, params.accountId, page),
  getMember: (deps, { meta, params }) => accounts.getMember(deps, meta.userId, params.accountId, params.userId),
  putMember: (deps, { meta, params, body }) => accounts.putMember(deps, meta, params.accountId, params.userId, body),
  deleteMember: (deps, { meta, params }) => accounts.deleteMember(deps, meta, params.accountId, params.userId),

  createInvitation: (deps, { meta, params, body }) => invitations.createInvitation(deps, meta, params.accountId, body),
  listInvitations: (deps, { meta, params, page }) =>
    invitations.listInvitations(deps, meta.userId, params.accountId, page),
  revokeInvitation: (deps, { meta, params }) =>
    invitations.revokeInvitation(deps, meta, params.accountId, params.invitationId),
  acceptInvitation: (deps, { meta, body }) => invitations.acceptInvitation(deps, meta, body),

  getBalances: (deps, { meta, params, query }) => accounts.getBalances(deps, meta.userId, params.accountId, query),
  getStatement: (deps, { meta, params, query, page }) =>
    accounts.getStatement(deps, meta.userId, params.accountId, { ...query, ...page }),
});
