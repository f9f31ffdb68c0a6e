/** The queues in front of the workers, one for each way of charging: a processor that is slow or away delays no other. */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { SubscriptionWork, WorkQueue } from '../shared/application/work-queue.ts';
import { type ProcessorName, processors } from '../shared/domain/payment-method.ts';
import { requireEnv } from './dependencies.ts';

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

/** SQS takes at most ten messages in a batch. */
const batchMax = 10;
/** Each batch is a round trip. */
const batchesAtOnce = 10;

type Batch = { readonly queueUrl: string; readonly work: readonly SubscriptionWork[] };

export function subscriptionQueue(sqs: Pick<SQSClient, 'send'> = new SQSClient({})): WorkQueue {
  const sendBatch = async ({ queueUrl, work }: Batch): Promise<void> => {
    const { Failed: failed = [] } = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: work.map((each, index) => ({ Id: String(index), MessageBody: JSON.stringify(each) })),
      }),
    );
    if (failed.length > 0) {
      throw new Error(
        `${failed.length} of ${work.length} messages were not taken; they are handed out when their leases end.`,
      );
    }
  };
  return {
    async send(work) {
      const batches = batchesOf(work);
      for (let start = 0; start < batches.length; start += batchesAtOnce) {
        await Promise.all(batches.slice(start, start + batchesAtOnce).map(sendBatch));
      }
    },
  };
}

function batchesOf(work: readonly SubscriptionWork[]): readonly Batch[] {
  const byQueue = Map.groupBy(work, ({ processor }) => requireEnv(urlVariables[processor]));
  return [...byQueue].flatMap(([queueUrl, ofQueue]) =>
    Array.from({ length: Math.ceil(ofQueue.length / batchMax) }, (_, index) => ({
      queueUrl,
      work: ofQueue.slice(index * batchMax, (index + 1) * batchMax),
    })),
  );
}
