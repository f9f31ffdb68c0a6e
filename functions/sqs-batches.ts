/** Sending to SQS by the ten. */
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';
import type { LogCode } from '../shared/observability/log-messages.ts';
import { log } from '../shared/observability/logger.ts';
import { asError } from './middleware/as-error.ts';

export type Sqs = Pick<SQSClient, 'send'>;
export type Entry = Omit<SendMessageBatchRequestEntry, 'Id'>;

/** SQS takes at most ten messages in a batch. */
const batchMax = 10;

export const batchesOf = <Message>(messages: readonly Message[]): readonly (readonly Message[])[] =>
  Array.from({ length: Math.ceil(messages.length / batchMax) }, (_, index) =>
    messages.slice(index * batchMax, (index + 1) * batchMax),
  );

/** @returns those of a batch of ten at most that the queue did not take */
export async function sendBatch<Message>(
  sqs: Sqs,
  queueUrl: string,
  batch: readonly Message[],
  entryOf: (message: Message) => Entry,
): Promise<readonly Message[]> {
  const { Failed: failed = [] } = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: batch.map((message, index) => ({ Id: String(index), ...entryOf(message) })),
    }),
  );
  const ids = new Set(failed.map(({ Id }) => Id));
  return batch.filter((_message, index) => ids.has(String(index)));
}

export type Sending<Message> = {
  readonly queueUrl: () => string;
  readonly entryOf: (message: Message) => Entry;
  /** What is written to the log when nothing of a batch arrived. */
  readonly code: LogCode;
};

/** Batch after batch. @returns those that the queue did not take, or could not be asked to */
export async function sendAll<Message>(
  sqs: Sqs,
  { queueUrl, entryOf, code }: Sending<Message>,
  messages: readonly Message[],
): Promise<readonly Message[]> {
  const left: Message[] = [];
  for (const batch of batchesOf(messages)) {
    try {
      left.push(...(await sendBatch(sqs, queueUrl(), batch, entryOf)));
    } catch (error) {
      log(code, { error: asError(error) });
      left.push(...batch);
    }
  }
  return left;
}
