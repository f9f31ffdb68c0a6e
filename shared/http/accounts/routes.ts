import { AtTime, Page, pageOf } from '../pages.ts';
import { conditional, defineRoutes, unconditional } from '../route.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

export const accountRoutes = defineRoutes<'accounts'>()({
  createAccount: {
    summary: 'Create an account',
    description:
      'Anybody signed in creates collectives and organisations and becomes their admin; hosts are created by the platform.',
    body: requests.CreateAccount,
    status: 201,
    answer: views.AccountView,
    location: '/accounts/{id}',
    versioned: true,
    problems: ['permission-denied', 'slug-taken', 'too-many'],
  },
  findAccounts: {
    summary: 'Find an account by its slug',
    description: 'For naming a payee: who has no part in the account sees no more of it than that takes.',
    query: requests.FindAccounts,
    status: 200,
    answer: views.AccountList,
    problems: [],
  },
  getAccount: {
    summary: 'Read an account',
    status: 200,
    answer: views.AccountView,
    versioned: true,
    problems: unconditional,
  },
  updateAccount: {
    summary: 'Change an account',
    description:
      'It is archived, and takes part in nothing new, when no money is in it and all of its payment intents have ended; a host, when that is so for its whole book.',
    body: requests.UpdateAccount,
    status: 200,
    answer: views.AccountView,
    versioned: true,
    conditional: true,
    problems: [...conditional, 'account-in-use'],
  },
  changeHosting: {
    summary: 'Apply to a host, accept or decline, or leave',
    description:
      'A collective has at most one host at a time, and leaves it when the host holds no money for it any more.',
    body: requests.ChangeHosting,
    status: 200,
    answer: views.AccountView,
    versioned: true,
    conditional: true,
    problems: [...conditional, 'hosting-not-allowed', 'account-not-active'],
  },
  listMembers: {
    summary: 'List who belongs to an account',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.MemberView, 'MemberPage'),
    problems: unconditional,
  },
  getMember: {
    summary: 'Read what somebody may do at an account',
    status: 200,
    answer: views.MemberView,
    versioned: true,
    problems: unconditional,
  },
  putMember: {
    summary: 'Set what somebody may do at an account',
    body: requests.PutMember,
    status: 200,
    answer: views.MemberView,
    versioned: true,
    conditional: true,
    problems: [...conditional, 'account-not-active', 'last-admin', 'too-many'],
  },
  deleteMember: {
    summary: 'Take somebody off an account',
    description: 'It works at once: memberships are read with every request, not from the token.',
    status: 200,
    answer: views.MemberView,
    versioned: true,
    conditional: true,
    problems: [...conditional, 'last-admin'],
  },
  createInvitation: {
    summary: 'Invite somebody to an account',
    description:
      'Nothing is sent: hand the code of the answer over to whom it is meant for. It is good for 14 days and for one person, and for as long as you may invite. Whether anybody with the address is known here plays no part.',
    body: requests.CreateInvitation,
    status: 201,
    answer: views.NewInvitation,
    problems: [...unconditional, 'too-many'],
  },
  listInvitations: {
    summary: 'List the open invitations to an account',
    description: 'Newest first, without their codes.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.InvitationView, 'InvitationPage'),
    problems: unconditional,
  },
  revokeInvitation: {
    summary: 'Revoke an invitation',
    description: 'Its code is good for nothing from then on.',
    status: 200,
    answer: views.InvitationView,
    problems: unconditional,
  },
  acceptInvitation: {
    summary: 'Accept an invitation',
    description:
      'You get its roles, beside those that you have. A code that is not genuine, has expired, was revoked or was used is answered as one that never was.',
    body: requests.AcceptInvitation,
    status: 200,
    answer: views.MemberView,
    versioned: true,
    problems: ['not-found', 'too-many'],
  },
  getBalances: {
    summary: 'Read what an account has, now or at a date',
    query: AtTime,
    status: 200,
    answer: views.BalancesView,
    problems: unconditional,
  },
  getStatement: {
    summary: 'Read an account’s statement',
    description: 'Newest first.',
    query: requests.Statement,
    paged: true,
    status: 200,
    answer: pageOf(views.StatementLine, 'StatementPage'),
    problems: unconditional,
  },
});
