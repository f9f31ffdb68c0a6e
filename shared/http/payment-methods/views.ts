/** What is answered about payment methods. */
import * as z from 'zod';
import { chargedByWhom, processors } from '../../domain/payment-method.ts';
import { AccountId, Instant, MoneyView, PaymentMethodId, said } from '../fields.ts';

export const ProcessorName = z
  .enum(processors)
  .meta({ id: 'ProcessorName', description: 'Who moves the money: a payment processor, or the bank.' });

export const ChargedBy = z.enum(chargedByWhom).meta({
  id: 'ChargedBy',
  description:
    'Who starts each payment: `us`, with a saved card; the `processor`, for a subscription there; the `contributor`, by bank transfer.',
});

export const PaymentMethodView = z
  .object({
    id: PaymentMethodId,
    accountId: AccountId,
    processor: ProcessorName,
    hostAccountId: AccountId.nullable().meta({
      description: 'With which host’s account at the processor it is saved; null where it serves for every host.',
    }),
    chargedBy: ChargedBy,
    label: said('What people call it.'),
    terms: z
      .object({
        amount: MoneyView,
        interval: z.enum(['month', 'year']).nullable().meta({ description: 'How often; null for another rhythm.' }),
      })
      .nullable()
      .meta({
        description:
          'Of a subscription at a processor: what it pays. What is agreed to be paid with it is the same. Null for anything else.',
      }),
    createdAt: Instant,
  })
  .meta({ id: 'PaymentMethod', description: 'How an account pays.' });
