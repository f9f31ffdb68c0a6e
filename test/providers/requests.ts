/** What is asked of a processor: a charge as the batch asks for it, a payment as a message tells of it. */
import type { ChargeRequest, Payment } from '../../shared/application/processors.ts';
import type { ProcessorName } from '../../shared/domain/payment-method.ts';

export const now = '2026-11-22T10:05:00.000Z';
export const clock = (): string => now;

type Given = Partial<Omit<ChargeRequest, 'method'>> & {
  readonly reference?: string | null;
  readonly payerReference?: string | null;
};

export const chargeOf =
  (processor: ProcessorName, standard: { readonly reference: string; readonly payerReference: string | null }) =>
  ({ reference, payerReference, ...given }: Given = {}): ChargeRequest => ({
    key: 'key-1',
    amount: { amount: 2500, currency: 'USD' },
    method: {
      id: 'pm_1',
      processor,
      chargedBy: 'us',
      reference: reference === undefined ? standard.reference : reference,
      payerReference: payerReference === undefined ? standard.payerReference : payerReference,
    },
    description: 'Sky Garden, November',
    contributionId: 'con_1',
    period: '2026-11-01',
    startedAt: '2026-11-22T10:00:00.000Z',
    ...given,
  });

/** Told without its fee. */
export const paymentOf = (reference: string): Payment => ({
  reference,
  amount: { amount: 2500, currency: 'USD' },
  fee: null,
  paidAt: '2026-11-22T09:59:55.000Z',
});
