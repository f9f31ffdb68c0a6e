/**
 * Every hour: finds the intents whose clock has run out and queues them. It only looks and hands on, so that a sweep stays
 * short however much is due; what it leaves over, the next one finds.
 */
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EventBridgeEvent } from 'aws-lambda';
import { dueIntents } from '../../shared/application/due.ts';
import { log } from '../../shared/observability/logger.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import { dependencies, requireEnv } from '../dependencies.ts';

/** SQS takes at most ten messages in a batch. */
const batchMax = 10;
const perShardMax = 500;

const sqs = new SQSClient({});

export async function handler(_event: EventBridgeEvent<string, unknown>): Promise<{ readonly queued: number }> {
  const due = await Array.fromAsync(dueIntents(dependencies(), dueShards, perShardMax));
  for (let start = 0; start < due.length; start += batchMax) {
    await send(due.slice(start, start + batchMax).map(({ intentId }) => intentId));
  }
  log('DUE_SWEPT', { queued: due.length });
  return { queued: due.length };
}

async function send(intentIds: readonly string[]): Promise<void> {
  const { Failed: failed = [] } = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: requireEnv('DUE_WORK_QUEUE_URL'),
      Entries: intentIds.map((intentId, index) => ({ Id: String(index), MessageBody: JSON.stringify({ intentId }) })),
    }),
  );
  if (failed.length > 0) {
    throw new Error(
      `${failed.length} of ${intentIds.length} messages were not taken; the rule's retry finds them again.`,
    );
  }
}
