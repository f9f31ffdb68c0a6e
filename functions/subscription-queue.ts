/** The queues in front of the workers, one for each way of charging: a processor that is slow or away delays no other. */
import { SQSClient } from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import * as z from 'zod';
import type { SubscriptionWork, WorkQueue } from '../shared/application/work-queue.ts';
import { type ProcessorName, processors } from '../shared/domain/payment-method.ts';
import { requireEnv } from './dependencies.ts';
import { batchesOf, type Sqs, sendBatch } from './sqs-batches.ts';

/** What nobody is asked about, or only the built-in test processor, goes the same way. */
const urlVariables: Readonly<Record<ProcessorName, string>> = {
  bank_transfer: 'SUBSCRIPTION_WORK_QUEUE_URL',
  test: 'SUBSCRIPTION_WORK_QUEUE_URL',
  stripe: 'SUBSCRIPTION_WORK_STRIPE_QUEUE_URL',
  paypal: 'SUBSCRIPTION_WORK_PAYPAL_QUEUE_URL',
};

export const SubscriptionMessage = z.strictObject({
  contributionId: z.string().regex(/^con_[0-9A-HJKMNP-TV-Z]{26}$/),
  leasedUntil: z.iso.datetime().nullable(),
  runId: z
    .string()
    .regex(/^run_[0-9A-HJKMNP-TV-Z]{26}$/)
    .nullable(),
  processor: z.enum(processors),
}) satisfies z.ZodType<SubscriptionWork>;

/** Each batch is a round trip. */
const batchesAtOnce = 10;

const entryOf = (work: SubscriptionWork) => ({ MessageBody: JSON.stringify(work) });

export function subscriptionQueue(sqs: Sqs = new SQSClient({})): WorkQueue {
  return {
    async send(work) {
      const byQueue = Map.groupBy(work, ({ processor }) => requireEnv(urlVariables[processor]));
      const batches = [...byQueue].flatMap(([queueUrl, ofQueue]) =>
        batchesOf(ofQueue).map((batch) => ({ queueUrl, batch })),
      );
      await pMap(
        batches,
        async ({ queueUrl, batch }) => {
          const { length: left } = await sendBatch(sqs, queueUrl, batch, entryOf);
          if (left > 0) {
            throw new Error(
              `${left} of ${batch.length} messages were not taken; they are handed out when their leases end.`,
            );
          }
        },
        { concurrency: batchesAtOnce },
      );
    },
  };
}
