import { AtTime, Page, pageOf } from '../pages.ts';
import { conditional, defineRoutes, unconditional } from '../route.ts';
import { VerificationView } from '../verification-view.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

export const hostRoutes = defineRoutes<'hosts'>()({
  getApprovalPolicy: {
    summary: 'Read how many people approve',
    status: 200,
    answer: views.ApprovalPolicyView,
    versioned: true,
    problems: unconditional,
  },
  putApprovalPolicy: {
    summary: 'Set how many people approve',
    description:
      'It holds for what is submitted from now on; what is under way keeps the policy it was submitted with.',
    body: requests.PutApprovalPolicy,
    status: 200,
    answer: views.ApprovalPolicyView,
    versioned: true,
    conditional: true,
    problems: conditional,
  },
  getFees: {
    summary: 'Read what a host keeps of money that comes in',
    status: 200,
    answer: views.FeesView,
    versioned: true,
    problems: unconditional,
  },
  putFees: {
    summary: 'Set what a host keeps of money that comes in',
    body: requests.PutFees,
    status: 200,
    answer: views.FeesView,
    versioned: true,
    conditional: true,
    problems: conditional,
  },
  getNotificationPreferences: {
    summary: 'Read what a host’s people are told, and how',
    status: 200,
    answer: views.NotificationPreferencesView,
    versioned: true,
    problems: unconditional,
  },
  putNotificationPreferences: {
    summary: 'Set what a host’s people are told, and how',
    description:
      'The rule that fits best decides: one for a person before one for a collective, that before one for a topic, that before one for a channel; of two that fit equally well the later one. Without a rule people are told at once. Nobody can switch off for everybody that money was sent, or did not arrive.',
    body: requests.PutNotificationPreferences,
    status: 200,
    answer: views.NotificationPreferencesView,
    versioned: true,
    conditional: true,
    problems: conditional,
  },
  getBooks: {
    summary: 'Read a host’s books, now or at a date',
    description:
      'What the host has in the bank against what it owes, per currency, and what is between it and other hosts.',
    query: AtTime,
    status: 200,
    answer: views.BooksView,
    problems: unconditional,
  },
  verifyHost: {
    summary: 'Verify the whole history of a host',
    description: 'Up to 4,000 payment intents and suspense records; `npm run verify` has no such bound.',
    status: 200,
    answer: VerificationView,
    problems: [...unconditional, 'too-many'],
  },
  recordSuspense: {
    summary: 'Record money that nobody can place yet',
    body: requests.RecordSuspense,
    status: 201,
    answer: views.SuspenseView,
    location: '/hosts/{hostId}/suspense/{id}',
    versioned: true,
    problems: [...unconditional, 'account-not-active'],
  },
  listSuspense: {
    summary: 'List money that nobody could place',
    description: 'Newest first.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.SuspenseView, 'SuspensePage'),
    problems: unconditional,
  },
  getSuspense: {
    summary: 'Read a suspense record',
    status: 200,
    answer: views.SuspenseView,
    versioned: true,
    problems: unconditional,
  },
  attachSuspense: {
    summary: 'Give money in suspense to those it is for',
    description: 'The shares add up to all that remains of it, to the last minor unit.',
    body: requests.AttachSuspense,
    status: 200,
    answer: views.SuspenseView,
    versioned: true,
    conditional: true,
    problems: [
      ...conditional,
      'transition-not-allowed',
      'account-not-active',
      'amount-not-allowed',
      'split-not-exact',
      'insufficient-funds',
    ],
  },
});
