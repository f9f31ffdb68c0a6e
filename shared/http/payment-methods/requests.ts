/** What requests about payment methods may say. */
import * as z from 'zod';
import { AccountId, text } from '../fields.ts';
import { ChargedBy, ProcessorName } from './views.ts';

/** What processors call things is theirs to say; it is kept as it is. */
const processorReference = (description: string) =>
  z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]+$/, { error: 'Must be visible ASCII characters, without spaces.' })
    .nullable()
    .meta({ description });

export const AddPaymentMethod = z
  .strictObject({
    processor: ProcessorName,
    hostAccountId: AccountId.nullable().default(null).meta({
      description:
        'With which host’s account at the processor it is saved, for Stripe and PayPal: it pays for what that host holds. Null for anything else.',
    }),
    chargedBy: ChargedBy,
    reference: processorReference(
      'What the processor calls it: a saved card, or a subscription. It is never shown again. Null for bank transfers. The processor is asked whose it is: a customer or a subscription at Stripe carries the id of your account here in its metadata, as `accountId`, and a subscription at PayPal as its `custom_id`.',
    ).default(null),
    payerReference: processorReference(
      'What the processor calls the payer, where it has to be told: the customer of a card at Stripe.',
    ).default(null),
    label: text(100).meta({ description: 'What people see.' }),
  })
  .meta({
    id: 'AddPaymentMethod',
    description: 'How an account pays. A card is saved with the processor first, never here.',
    examples: [
      {
        processor: 'stripe',
        hostAccountId: 'acc_01JD8Z5YQX1A2B3C4D5E6F7G8H',
        chargedBy: 'us',
        reference: 'pm_1Q0PsIJvEtkwdCNYMSaVuRz6',
        payerReference: 'cus_QXg1o8vcGmoR32',
        label: 'Visa ending in 4242',
      },
    ],
  });
