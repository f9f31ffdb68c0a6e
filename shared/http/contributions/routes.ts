import { Nothing } from '../fields.ts';
import { Page, pageOf } from '../pages.ts';
import { conditional, defineRoutes, unconditional } from '../route.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

const command = {
  status: 200,
  answer: views.ContributionView,
  versioned: true,
  conditional: true,
} as const;

export const contributionRoutes = defineRoutes<'contributions'>()({
  createContribution: {
    summary: 'Agree to give',
    description:
      'By whoever speaks for the contributor. The first period is charged when the batch comes round, unless it begins later. While recurring contributions are paused nobody starts one; to give once stays open, unless that is held too.',
    body: requests.CreateContribution,
    status: 201,
    answer: views.ContributionView,
    location: '/contributions/{id}',
    versioned: true,
    problems: ['permission-denied', 'account-not-active', 'on-hold'],
  },
  listContributions: {
    summary: 'List contributions',
    description: 'That one account gives, that one receives, or of a host; newest first.',
    query: requests.ListContributions,
    paged: true,
    status: 200,
    answer: pageOf(views.ContributionView, 'ContributionPage'),
    problems: unconditional,
  },
  getContribution: {
    summary: 'Read a contribution',
    status: 200,
    answer: views.ContributionView,
    versioned: true,
    problems: unconditional,
  },
  listContributionEvents: {
    summary: 'Read the history of a contribution',
    description: 'Oldest first.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.ContributionEventView, 'ContributionEventPage'),
    problems: unconditional,
  },
  cancelContribution: {
    ...command,
    summary: 'Cancel a contribution',
    description:
      'By the contributor at any time, whatever holds there are, and by the host. A subscription at a processor is ended there when the batch comes round.',
    body: requests.CancelContribution,
    problems: [...conditional, 'transition-not-allowed'],
  },
  updatePaymentMethod: {
    ...command,
    summary: 'Pay a contribution in another way',
    description: 'By the contributor, whatever holds there are. A charge that failed is tried again with it.',
    body: requests.UpdatePaymentMethod,
    problems: [...conditional, 'transition-not-allowed', 'too-many'],
  },
  takeUpContribution: {
    ...command,
    summary: 'Take up a contribution that was set aside',
    description: 'What failed is tried once more, at once.',
    body: Nothing,
    problems: [...conditional, 'transition-not-allowed'],
  },
  confirmPeriod: {
    ...command,
    summary: 'Confirm a period that was paid by bank transfer',
    description: 'By the host, when the money is in its statement; only then is it anybody’s balance.',
    body: requests.ConfirmPeriod,
    problems: [...conditional, 'currency-mismatch', 'account-not-active'],
  },

  previewAccountHold: {
    summary: 'See what a pause would do',
    description:
      'How many recurring contributions it would stop, what they give a month, who charges them, and how many people would be told.',
    status: 200,
    answer: views.HoldPreviewView,
    problems: unconditional,
  },
  placeAccountHold: {
    summary: 'Pause contributions',
    description:
      'By the host’s admins and finance leads for what it holds, by the collective’s admins, by contributors for contributions by name. It holds from the moment of this answer: no charge that it covers begins any more. Pausing is not cancelling: everything stays as it was agreed. Where so many begin that each preview is outdated at once, `new_in` is held first.',
    body: requests.PlaceAccountHold,
    status: 201,
    answer: views.HoldView,
    location: '/holds/{id}',
    versioned: true,
    problems: [...unconditional, 'already-on-hold', 'preview-outdated'],
  },
  listAccountHolds: {
    summary: 'List the holds of an account',
    description: 'Newest first, with those that are over.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.HoldView, 'AccountHoldPage'),
    problems: unconditional,
  },
  getAccountHold: {
    summary: 'Read a hold',
    status: 200,
    answer: views.HoldView,
    versioned: true,
    problems: unconditional,
  },
  liftAccountHold: {
    summary: 'Lift a hold',
    description: 'By its owner. Holds of others stay, and what they cover stays paused.',
    status: 200,
    answer: views.HoldView,
    versioned: true,
    problems: [...unconditional, 'not-hold-owner', 'hold-over'],
  },
});
