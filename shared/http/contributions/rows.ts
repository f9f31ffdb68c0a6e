import { change, get, type RouteRow } from '../route-row.ts';

export const contributionRows = {
  createContribution: change('POST', '/contributions', 'contributions'),
  listContributions: get('/contributions', 'contributions'),
  getContribution: get('/contributions/{contributionId}', 'contributions'),
  listContributionEvents: get('/contributions/{contributionId}/events', 'contributions'),
  cancelContribution: change('POST', '/contributions/{contributionId}/cancel', 'contributions'),
  updatePaymentMethod: change('POST', '/contributions/{contributionId}/update-payment-method', 'contributions'),
  takeUpContribution: change('POST', '/contributions/{contributionId}/take-up', 'contributions'),
  confirmPeriod: change('POST', '/contributions/{contributionId}/confirm-period', 'contributions'),
  previewAccountHold: get('/accounts/{accountId}/holds/preview', 'contributions'),
  placeAccountHold: change('POST', '/accounts/{accountId}/holds', 'contributions'),
  listAccountHolds: get('/accounts/{accountId}/holds', 'contributions'),
  getAccountHold: get('/holds/{holdId}', 'contributions'),
  liftAccountHold: change('DELETE', '/holds/{holdId}', 'contributions'),
} as const satisfies Record<string, RouteRow>;
