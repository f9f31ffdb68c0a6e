/** npm run dead-letters -- [--queue NAME] [--replay]: messages that failed as often as they may (requirements N3). */
import { Command } from 'commander';
import { sqsDeadLetterQueues } from '../functions/dead-letter-queues.ts';
import {
  deadLetterView,
  isReplayable,
  lettersMax,
  lookAt,
  type ReplayableQueue,
  replay,
  replayableQueues,
} from '../shared/application/dead-letters.ts';
import { connectToQueues } from './queue-connection.ts';
import { runCommand } from './run-command.ts';
import { UsageError } from './table-connection.ts';

const command = new Command('dead-letters')
  .description(
    'Says how many messages of each queue were set aside; with a queue, shows them, one on a line. Nothing is taken away by ' +
      'that. On AWS, name the table: TABLE_NAME=…',
  )
  .option('--queue <name>', `one queue: ${replayableQueues.join(', ')}`)
  .option(
    '--replay',
    'send them to their queue again, of all queues unless one is named; a message that is worked on twice does nothing twice',
  )
  .option('--data-dir <folder>', 'where the local runtime keeps its data')
  .parse();

type Options = { readonly queue?: string; readonly replay?: true; readonly dataDir?: string };

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

await runCommand(async (signal) => {
  const { queue, replay: isReplay = false, dataDir } = command.opts<Options>();
  if (queue !== undefined && !isReplayable(queue)) {
    throw new UsageError(`There is no queue ${queue}; there are: ${replayableQueues.join(', ')}.`);
  }
  const connection = await connectToQueues(dataDir);
  const queues = sqsDeadLetterQueues(
    async (name) => ({ queue: await connection.urlOf(name), deadLetters: await connection.urlOf(`${name}-dlq`) }),
    connection.sqs,
  );

  const replayAll = async (name: ReplayableQueue): Promise<void> => {
    let [replayed, notTaken] = [0, 0];
    // What fails again takes minutes to come back, so this ends.
    for (let isMore = true; isMore; ) {
      signal.throwIfAborted();
      const done = await replay(queues, name);
      replayed += done.replayed;
      notTaken += done.notTaken;
      isMore = done.replayed === lettersMax;
    }
    const refused = notTaken === 0 ? '' : `, ${notTaken} that the queue does not take`;
    say(`${name}: ${replayed} replayed${refused}, ${await queues.count(name)} left`);
    process.exitCode = notTaken === 0 ? process.exitCode : 1;
  };

  try {
    if (isReplay) {
      for (const name of queue === undefined ? replayableQueues : [queue]) {
        await replayAll(name);
      }
    } else if (queue === undefined) {
      for (const name of replayableQueues) {
        say(`${name}: ${await queues.count(name)}`);
      }
    } else {
      const letters = await lookAt(queues, queue);
      for (const letter of letters) {
        say(JSON.stringify(deadLetterView(letter)));
      }
      const count = await queues.count(queue);
      if (count > letters.length) {
        say(`${letters.length} of about ${count}; the others are shown when these are replayed, or by another look.`);
      }
    }
  } finally {
    connection.close();
  }
});
