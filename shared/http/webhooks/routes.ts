import * as z from 'zod';
import { defineRoutes } from '../route.ts';

const Message = z.looseObject({}).meta({
  id: 'ProcessorMessage',
  description: 'A message as the processor makes and signs it. It is read byte for byte.',
  examples: [{ id: 'evt_1NG8Du2eZvKYlo2CUI79vXWy', type: 'invoice.paid' }],
});

const Taken = z
  .object({
    outcome: z.enum(['done', 'nothing', 'unknown']).meta({
      description:
        '`done`: something was changed. `nothing`: it was known already, or changes nothing. `unknown`: it is about nothing that is known here.',
    }),
  })
  .meta({ id: 'MessageTaken', description: 'The message was taken; it need not be sent again.' });

export const webhookRoutes = defineRoutes<'webhooks'>()({
  receiveNews: {
    summary: 'Take a message of a payment processor',
    description:
      'For the processors themselves: the address that is set up with them. A message counts when its signature is the processor’s; each is acted on once, whatever order they come in and however often. Any answer but 200 asks for it to be sent again: 404 for what is about a subscription that may be made here in a moment, 500 or 503 when it cannot be taken now.',
    body: Message,
    status: 200,
    answer: Taken,
    problems: ['not-found'],
  },
});
