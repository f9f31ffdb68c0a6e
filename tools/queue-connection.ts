/** Finds the queues that a command works on, by their names, where its table is (`table-connection.ts`). */
import { GetQueueUrlCommand, QueueDoesNotExist, SQSClient } from '@aws-sdk/client-sqs';
import { findPlace, localSettings, UsageError } from './table-connection.ts';

export type QueueConnection = {
  readonly sqs: SQSClient;
  urlOf(queueName: string): Promise<string>;
  close(): void;
};

export async function connectToQueues(dataFolder?: string): Promise<QueueConnection> {
  const { endpoint, queueEndpoint } = await findPlace(dataFolder);
  if (endpoint !== undefined && queueEndpoint === undefined) {
    // The table is on this machine: the queues of an account of AWS are not those that belong to it.
    throw new UsageError('Name the queues that belong to the table: AWS_ENDPOINT_URL_SQS=…');
  }
  const sqs = new SQSClient(
    queueEndpoint === undefined ? {} : { ...localSettings(), endpoint: queueEndpoint, useQueueUrlAsEndpoint: false },
  );
  const urls = new Map<string, string>();
  return {
    sqs,
    async urlOf(queueName) {
      const url = urls.get(queueName) ?? (await findUrl(sqs, queueName));
      urls.set(queueName, url);
      return url;
    },
    close: () => sqs.destroy(),
  };
}

async function findUrl(sqs: SQSClient, queueName: string): Promise<string> {
  try {
    const { QueueUrl: url = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName }));
    return url;
  } catch (error) {
    throw error instanceof QueueDoesNotExist ? new UsageError(`There is no queue ${queueName} there.`) : error;
  }
}
