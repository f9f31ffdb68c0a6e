import * as z from 'zod';
import { said } from './fields.ts';

export const VerificationView = z
  .object({
    subject: said('What was verified: the id of a payment intent or of a host.'),
    verified: z.boolean().meta({ description: 'Whether the whole history is as it was written.' }),
    intents: z.int().meta({ description: 'How many payment intents were looked at.' }),
    events: z.int().meta({ description: 'How many events were looked at.' }),
    problems: z
      .array(
        z.object({
          subjectId: said('The payment intent, the suspense record or the host that it is about.'),
          number: z.int().nullable().meta({ description: 'The number of the event; null for the whole.' }),
          detail: said('What is wrong.'),
        }),
      )
      .meta({ description: 'What was found; empty when all is well.' }),
  })
  .meta({ id: 'Verification', description: 'Whether a history is the one that was written.' });
