import * as methods from '../../shared/application/payment-methods.ts';
import { paymentMethodRoutes } from '../../shared/http/payment-methods/routes.ts';
import { paymentMethodRows } from '../../shared/http/payment-methods/rows.ts';
import { httpFunctionOn } from '../middleware/http-function.ts';
import { processorDependencies } from '../processor-dependencies.ts';

export const handler = httpFunctionOn(processorDependencies, paymentMethodRows, paymentMethodRoutes, {
  addPaymentMethod: (deps, { meta, params, body }) => methods.addPaymentMethod(deps, meta, params.accountId, body),
  listPaymentMethods: (deps, { meta, params, page }) =>
    methods.listPaymentMethods(deps, meta.userId, params.accountId, page),
  removePaymentMethod: (deps, { meta, params }) =>
    methods.removePaymentMethod(deps, meta, params.accountId, params.paymentMethodId),
});
