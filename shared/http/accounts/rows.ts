import { change, get, type RouteRow } from '../route-row.ts';

export const accountRows = {
  createAccount: change('POST', '/accounts', 'accounts'),
  findAccounts: get('/accounts', 'accounts'),
  getAccount: get('/accounts/{accountId}', 'accounts'),
  updateAccount: change('PATCH', '/accounts/{accountId}', 'accounts'),
  changeHosting: change('POST', '/accounts/{accountId}/hosting', 'accounts'),
  listMembers: get('/accounts/{accountId}/members', 'accounts'),
  getMember: get('/accounts/{accountId}/members/{userId}', 'accounts'),
  putMember: change('PUT', '/accounts/{accountId}/members/{userId}', 'accounts'),
  deleteMember: change('DELETE', '/accounts/{accountId}/members/{userId}', 'accounts'),
  createInvitation: change('POST', '/accounts/{accountId}/invitations', 'accounts'),
  listInvitations: get('/accounts/{accountId}/invitations', 'accounts'),
  revokeInvitation: change('DELETE', '/accounts/{accountId}/invitations/{invitationId}', 'accounts'),
  acceptInvitation: change('POST', '/invitations/accept', 'accounts'),
  getBalances: get('/accounts/{accountId}/balances', 'accounts'),
  getStatement: get('/accounts/{accountId}/statement', 'accounts'),
} as const satisfies Record<string, RouteRow>;
