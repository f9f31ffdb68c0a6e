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
    problems: ['permission-denied', 'slug-taken', 'already-exists', 'too-many'],
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
    body: requests.UpdateAccount,
    status: 200,
    answer: views.AccountView,
    versioned: true,
    conditional: true,
    problems: [...conditional, 'account-not-active', 'hosting-not-allowed'],
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
