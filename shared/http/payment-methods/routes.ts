import { Page, pageOf } from '../pages.ts';
import { defineRoutes, unconditional } from '../route.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

export const paymentMethodRoutes = defineRoutes<'payment-methods'>()({
  addPaymentMethod: {
    summary: 'Add a payment method',
    description:
      'By whoever speaks for the account. The processor is asked whether it is there and is the account’s own; what it calls it stays between the processor and us.',
    body: requests.AddPaymentMethod,
    status: 201,
    answer: views.PaymentMethodView,
    problems: [...unconditional, 'too-many'],
  },
  listPaymentMethods: {
    summary: 'List an account’s payment methods',
    description: 'Oldest first.',
    query: Page,
    paged: true,
    status: 200,
    answer: pageOf(views.PaymentMethodView, 'PaymentMethodPage'),
    problems: unconditional,
  },
  removePaymentMethod: {
    summary: 'Remove a payment method',
    description: 'Contributions that are paid with it go on until they are given another one.',
    status: 200,
    answer: views.PaymentMethodView,
    problems: unconditional,
  },
});
