/**
 * Hands the news of what was committed from the table's stream to the queue, where each message can fail by itself; the stream
 * would make everything behind it wait. The event source lets through only events that may be news (`infra/constructs/telling.ts`).
 */
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { EventMessage, NotificationQueue } from '../../shared/application/notification-ports.ts';
import { log } from '../../shared/observability/logger.ts';
import { asError } from '../middleware/as-error.ts';
import { EventNews, importedDetails } from '../notification-message.ts';
import { notificationQueue } from '../notification-queue.ts';

/** The attributes of an event's item (`shared/persistence/items.ts`) that say what there is to read. */
type Image = NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>;

export const relay =
  (queue: NotificationQueue) =>
  async ({ Records: records }: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> => {
    const { read, unreadable } = messagesIn(records);
    const left = new Set((await queue.send(read.map(({ message }) => message))).map(({ eventId }) => eventId));
    // From the first that is named here, everything comes again: what was taken already is told once all the same.
    const first = read.find(({ message }) => left.has(message.eventId))?.record ?? unreadable;
    return { batchItemFailures: first === undefined ? [] : [{ itemIdentifier: sequenceNumber(first) }] };
  };

export const handler = relay(notificationQueue());

type Read = { readonly record: DynamoDBRecord; readonly message: EventMessage };

/** As far as records can be read: one that cannot is tried again, and set aside by the event source in the end. */
function messagesIn(records: readonly DynamoDBRecord[]): {
  readonly read: readonly Read[];
  readonly unreadable: DynamoDBRecord | undefined;
} {
  const read: Read[] = [];
  for (const record of records) {
    try {
      const image = record.dynamodb?.NewImage ?? {};
      if (!isHistory(image)) {
        read.push({ record, message: messageOf(image) });
      }
    } catch (error) {
      log('EVENT_UNREADABLE', { messageId: record.eventID, error: asError(error) });
      return { read, unreadable: record };
    }
  }
  return { read, unreadable: undefined };
}

const messageOf = ({ subjectId, number, eventId, at }: Image): EventMessage =>
  EventNews.parse({
    schemaVersion: 1,
    subjectId: subjectId?.S,
    number: Number(number?.N),
    eventId: eventId?.S,
    at: at?.S,
  });

const isHistory = ({ details }: Image): boolean => details?.S?.startsWith(importedDetails) ?? false;

const sequenceNumber = ({ dynamodb }: DynamoDBRecord): string => dynamodb?.SequenceNumber ?? '';
