/** What requests about webhook endpoints may say. */
import * as z from 'zod';
import { topics } from '../../domain/topics.ts';
import { notEmpty, Topic, text } from '../fields.ts';
import { page } from '../pages.ts';
import { DeliveryStatus } from './views.ts';

const url = z
  .string()
  .trim()
  .min(1)
  .max(2048)
  .meta({
    description:
      'Where it goes: HTTPS, on port 443 or 8443, to a name or an address of the public internet, without user, password or fragment. The name is looked up now, and again before each attempt.',
    examples: ['https://hooks.example.org/payments'],
  });

const description = text(100).meta({ description: 'What people call it.', examples: ['Bookkeeping'] });

const someTopics = z
  .array(Topic)
  .min(1)
  .max(topics.length)
  .refine((names) => new Set(names).size === names.length, { error: 'Names one twice.' })
  .meta({ uniqueItems: true });

const wanted = z
  .union([z.literal('all'), someTopics], {
    error: 'Must be `all`, or a list of topics.',
  })
  .meta({ description: 'What it is told of: `all` there is, whatever is added later, or these topics.' });

export const CreateWebhookEndpoint = z.strictObject({ url, description, topics: wanted }).meta({
  id: 'CreateWebhookEndpoint',
  description: 'An address of a program that wants to be told.',
  examples: [{ url: 'https://hooks.example.org/payments', description: 'Bookkeeping', topics: 'all' }],
});

export const UpdateWebhookEndpoint = z
  .strictObject({ url: url.optional(), description: description.optional(), topics: wanted.optional() })
  .refine(...notEmpty)
  .meta({
    id: 'UpdateWebhookEndpoint',
    description:
      'What is to be different; another address is another receiver, to which the failures of the old one do not count.',
    examples: [{ description: 'Bookkeeping, new system' }],
  });

export const RotateWebhookSecret = z
  .strictObject({
    leaked: z.boolean().default(false).meta({
      description: 'Whether somebody else may know the secret: it then ends at once, and so do all earlier ones.',
    }),
  })
  .meta({ id: 'RotateWebhookSecret', description: 'Why there is to be a new secret.', examples: [{ leaked: false }] });

export const ListWebhookDeliveries = z.strictObject({
  status: DeliveryStatus.optional(),
  ...page,
});
