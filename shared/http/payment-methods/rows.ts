import { change, get, type RouteRow } from '../route-row.ts';

export const paymentMethodRows = {
  addPaymentMethod: change('POST', '/accounts/{accountId}/payment-methods', 'payment-methods'),
  listPaymentMethods: get('/accounts/{accountId}/payment-methods', 'payment-methods'),
  removePaymentMethod: change('DELETE', '/accounts/{accountId}/payment-methods/{paymentMethodId}', 'payment-methods'),
} as const satisfies Record<string, RouteRow>;
