/** npm run tell-again -- --since ISO [--until ISO]: has people told of what they may not have been told of (requirements N3). */
import { Command } from 'commander';
import * as z from 'zod';
import { notificationQueue } from '../functions/notification-queue.ts';
import { connectToQueues } from './queue-connection.ts';
import { runCommand } from './run-command.ts';
import { connectToTable, UsageError } from './table-connection.ts';
import { toldEvents } from './told-events.ts';

const queueName = 'host-notifications';
const dayMilliseconds = 86_400_000;
/** What people were told is forgotten after a year and a month; of anything older they would be told twice. */
const daysMax = 365;

const command = new Command('tell-again')
  .description(
    `Puts the news of every event of a period on the queue ${queueName}: after the relay has given some up, whose own ` +
      'dead letters say only where in the stream they were. Whoever was told of an event already is not told again. ' +
      'Reads the whole table once. On AWS, name it: TABLE_NAME=…',
  )
  .requiredOption('--since <instant>', 'from when on, as 2026-03-31T12:00:00Z')
  .option('--until <instant>', 'until when; without it until now')
  .option('--data-dir <folder>', 'where the local runtime keeps its data')
  .parse();

type Options = { readonly since: string; readonly until?: string; readonly dataDir?: string };

function instantOf(name: string, text: string): string {
  if (!z.iso.datetime({ offset: true }).safeParse(text).success) {
    throw new UsageError(`--${name} is a moment, such as 2026-03-31T12:00:00Z.`);
  }
  return new Date(text).toISOString();
}

await runCommand(async (signal) => {
  const options = command.opts<Options>();
  const since = instantOf('since', options.since);
  const until = options.until === undefined ? undefined : instantOf('until', options.until);
  if (until !== undefined && until < since) {
    throw new UsageError('--until is before --since.');
  }
  if (Date.now() - Date.parse(since) > daysMax * dayMilliseconds) {
    throw new UsageError(`--since is more than ${daysMax} days ago: who was told of what is not known for that long.`);
  }
  const connection = await connectToTable(options.dataDir);
  const queues = await connectToQueues(options.dataDir);
  try {
    const url = await queues.urlOf(queueName);
    const queue = notificationQueue(queues.sqs, () => url);
    let [queued, units] = [0, 0];
    for await (const { messages, readUnits } of toldEvents(connection, { since, until })) {
      signal.throwIfAborted();
      units += readUnits;
      const left = await queue.send(messages);
      queued += messages.length - left.length;
      if (left.length > 0) {
        throw new UsageError(`The queue does not take messages; ${queued} were queued. The same command begins anew.`);
      }
    }
    process.stdout.write(`${queued} events queued on ${queueName}; the table was read for ${units} read units.\n`);
  } finally {
    queues.close();
    connection.close();
  }
});
