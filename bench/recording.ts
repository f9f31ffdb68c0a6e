/** Requests to the engine, recorded as they leave, to be counted and sent again without anything around them. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { TestEngine } from '../test/support/engine.ts';

export type Sent = { readonly input: unknown; readonly constructor: { readonly name: string } };
type Send = (command: Sent) => Promise<unknown>;

/** Everything that goes through the client from now on, until it is ended. */
export function recording(client: DynamoDBDocumentClient): { end(): readonly Sent[] } {
  const plain = client.send;
  const send = plain.bind(client) as unknown as Send;
  const sent: Sent[] = [];
  Object.assign(client, {
    send: (command: Sent) => {
      sent.push(command);
      return send(command);
    },
  });
  return {
    end: () => {
      Object.assign(client, { send: plain });
      return sent;
    },
  };
}

/**
 * Sends the same requests to another table that holds what the first one held, so many at once, in the order in which they
 * left, so that they do the same there.
 * @returns seconds
 */
export async function replayed(
  sent: readonly Sent[],
  engine: TestEngine,
  tableName: string,
  atOnce: number,
): Promise<number> {
  const client = engine.client();
  const send = client.send.bind(client) as unknown as Send;
  const commands = sent.map((command) => {
    const text = JSON.stringify(command.input, (_, value) => (value instanceof Set ? { $set: [...value] } : value));
    const input = JSON.parse(text.replaceAll(/test-[0-9a-f-]{36}/g, tableName), (_, value) =>
      typeof value === 'object' && value !== null && '$set' in value ? new Set(value.$set as string[]) : value,
    );
    const Command = command.constructor as unknown as new (input: unknown) => Sent;
    return new Command(input);
  });
  const started = performance.now();
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let command = commands[next]; command !== undefined; command = commands[next]) {
      next += 1;
      await send(command).catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
  return (performance.now() - started) / 1000;
}
