import type * as z from 'zod';
import type { Command } from '../../domain/lifecycle.ts';
import { Nothing } from '../fields.ts';
import { pageOf } from '../pages.ts';
import type { ProblemCode } from '../problems.ts';
import { conditional, defineRoutes, unconditional } from '../route.ts';
import { VerificationView } from '../verification-view.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

const command = <const Name extends Command, Body extends z.ZodType<object>>(
  name: Name,
  body: Body,
  summary: string,
  problems: readonly ProblemCode[],
) =>
  ({
    summary,
    command: name,
    body,
    status: 200,
    answer: views.PaymentIntentView,
    versioned: true,
    conditional: true,
    problems: [...conditional, 'transition-not-allowed', ...problems],
  }) as const;

export const paymentIntentRoutes = defineRoutes<'payment-intents'>()({
  createPaymentIntent: {
    summary: 'Create a payment intent',
    description: 'A draft. The payer’s side creates it, or the payee asks for it.',
    body: requests.CreatePaymentIntent,
    status: 201,
    answer: views.PaymentIntentView,
    location: '/payment-intents/{id}',
    versioned: true,
    problems: [...unconditional, 'account-not-active', 'too-many'],
  },
  listPaymentIntents: {
    summary: 'List payment intents',
    description: 'Of one host or of one account, newest first.',
    query: requests.ListPaymentIntents,
    paged: true,
    status: 200,
    answer: pageOf(views.PaymentIntentSummary, 'PaymentIntentPage'),
    problems: unconditional,
  },
  getPaymentIntent: {
    summary: 'Read a payment intent',
    status: 200,
    answer: views.PaymentIntentView,
    versioned: true,
    problems: unconditional,
  },
  editPaymentIntent: command('edit', requests.EditPaymentIntent, 'Edit a payment intent', [
    'account-not-active',
    'incomplete',
    'bank-rail-required',
    'money-already-arrived',
  ]),
  listPaymentIntentEvents: {
    summary: 'Read the history of a payment intent',
    status: 200,
    answer: views.EventList,
    problems: unconditional,
  },
  verifyPaymentIntent: {
    summary: 'Verify the history of a payment intent',
    description: 'Each event carries a hash over itself and the one before it: a rewritten or removed event is found.',
    status: 200,
    answer: VerificationView,
    problems: unconditional,
  },
  submitPaymentIntent: command('submit', Nothing, 'Submit a draft for approval', [
    'account-not-active',
    'incomplete',
    'bank-rail-required',
  ]),
  approvePaymentIntent: command('approve', requests.Approve, 'Approve a payment intent', [
    'own-request',
    'not-a-reviewer',
    'already-approved',
    'account-not-active',
    'on-hold',
    'insufficient-funds',
  ]),
  rejectPaymentIntent: command('reject', requests.Reject, 'Reject a payment intent', ['own-request', 'not-a-reviewer']),
  cancelPaymentIntent: command('cancel', requests.Cancel, 'Cancel a payment intent', ['money-already-arrived']),
  markSent: command('markSent', requests.MarkSent, 'Say that the money was sent', [
    'account-not-active',
    'on-hold',
    'same-host',
    'different-hosts',
    'reference-required',
    'currency-mismatch',
    'amount-not-allowed',
    'insufficient-funds',
  ]),
  confirmReceipt: command('confirmReceipt', requests.ConfirmReceipt, 'Confirm money that arrived', [
    'account-not-active',
    'same-host',
    'currency-mismatch',
    'amount-not-allowed',
    'over-receipt',
    'insufficient-funds',
  ]),
  acceptShort: command('acceptShort', requests.AcceptShort, 'Accept what arrived as all that will', [
    'currency-mismatch',
    'amount-not-allowed',
    'insufficient-funds',
  ]),
  reportNotReceived: command('reportNotReceived', requests.ReportNotReceived, 'Report that it has not arrived', [
    'trace-case-open',
  ]),
  markReturned: command('markReturned', requests.MarkReturned, 'Say that the money came back', [
    'amount-not-allowed',
    'insufficient-funds',
  ]),
  settle: command('settle', requests.Settle, 'Move the money within one host', [
    'account-not-active',
    'on-hold',
    'different-hosts',
    'currency-mismatch',
    'insufficient-funds',
  ]),
  sendBack: {
    ...command('sendBack', requests.SendBack, 'Send received money back', [
      'account-not-active',
      'same-host',
      'different-hosts',
      'currency-mismatch',
      'amount-not-allowed',
      'insufficient-funds',
    ]),
    status: 201,
    location: '/payment-intents/{id}',
  },
  redraft: command('redraft', requests.Redraft, 'Take up a returned or failed payment intent again', [
    'account-not-active',
    'bank-rail-required',
    'incomplete',
    'on-hold',
    'insufficient-funds',
  ]),
  writeOff: command('writeOff', requests.WriteOff, 'Write off money that nobody finds', [
    'trace-case-required',
    'second-person-required',
  ]),
  placeHold: command('placeHold', requests.PlaceHold, 'Put a payment intent on hold', ['on-hold']),
  liftHold: command('liftHold', requests.LiftHold, 'Lift a hold', []),
});
