/** The dead-letter queues on SQS. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { DeadLetter, DeadLetterQueues, ReplayableQueue } from '../shared/application/dead-letters.ts';
import { batchesOf, type Sqs, sendBatch } from './sqs-batches.ts';

/** Where messages come from, and where they are when they have failed. */
export type QueueUrls = { readonly queue: string; readonly deadLetters: string };

export function sqsDeadLetterQueues(
  urlsOf: (queue: ReplayableQueue) => QueueUrls | Promise<QueueUrls>,
  sqs: Sqs = new SQSClient({}),
): DeadLetterQueues {
  return {
    async count(queue) {
      const { Attributes: counts = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: (await urlsOf(queue)).deadLetters,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return Object.values(counts).reduce((sum, count) => sum + Number(count), 0);
    },
    async receive(queue, limit, hiddenSeconds) {
      const { Messages: messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: (await urlsOf(queue)).deadLetters,
          MaxNumberOfMessages: limit,
          VisibilityTimeout: hiddenSeconds,
          // Without waiting, SQS asks some of its servers only and may say that there are none.
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: [
            'SentTimestamp',
            'ApproximateFirstReceiveTimestamp',
            'ApproximateReceiveCount',
            'MessageGroupId',
          ],
        }),
      );
      return messages.map(letterOf);
    },
    async sendBack(queue, letters) {
      const { queue: queueUrl } = await urlsOf(queue);
      const left = await sendBatch(sqs, queueUrl, letters, ({ body, group }) => ({
        MessageBody: body,
        ...(group === null ? {} : { MessageGroupId: group }),
      }));
      return letters.filter((letter) => !left.includes(letter));
    },
    async remove(queue, letters) {
      const QueueUrl = (await urlsOf(queue)).deadLetters;
      for (const batch of batchesOf(letters)) {
        await sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl,
            Entries: batch.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt })),
          }),
        );
      }
    },
    async release(queue, letters) {
      const QueueUrl = (await urlsOf(queue)).deadLetters;
      const released = batchesOf(letters).map((batch) =>
        sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            Entries: batch.map(({ receipt }, index) => ({
              Id: String(index),
              ReceiptHandle: receipt,
              VisibilityTimeout: 0,
            })),
          }),
        ),
      );
      await Promise.allSettled(released);
    },
  };
}

const instant = (milliseconds: string): string => new Date(Number(milliseconds)).toISOString();

function letterOf({ MessageId, ReceiptHandle, Body, Attributes: attributes = {} }: Message): DeadLetter {
  const {
    SentTimestamp,
    ApproximateFirstReceiveTimestamp,
    ApproximateReceiveCount,
    MessageGroupId: group,
  } = attributes;
  return {
    id: MessageId ?? '',
    body: Body ?? '',
    sentAt: instant(SentTimestamp ?? '0'),
    firstReceivedAt: ApproximateFirstReceiveTimestamp === undefined ? null : instant(ApproximateFirstReceiveTimestamp),
    receives: Number(ApproximateReceiveCount ?? '0'),
    group: group ?? null,
    receipt: ReceiptHandle ?? '',
  };
}
