import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** Numbers that a double cannot hold come back exact, as a bigint; everything that counts money is far below that. */
const exactly = (text: string): number | bigint => {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
};

/** What the SDK does at every request and nobody here reads: a tenth of what a request costs us. */
const idleMiddleware = ['loggerMiddleware', 'getUserAgentMiddleware', 'recursionDetectionMiddleware'] as const;

/** The document client that the store expects; endpoints and credentials come from the SDK's own environment. */
export function createDocumentClient(config: DynamoDBClientConfig = {}): DynamoDBDocumentClient {
  const plain = new DynamoDBClient({ maxAttempts: 3, ...config });
  for (const name of idleMiddleware) {
    plain.middlewareStack.remove(name);
  }
  return DynamoDBDocumentClient.from(plain, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers: exactly },
  });
}
