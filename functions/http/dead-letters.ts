import * as z from 'zod';
import * as letters from '../../shared/application/dead-letters.ts';
import { deadLetterRoutes } from '../../shared/http/dead-letters/routes.ts';
import { deadLetterRows } from '../../shared/http/dead-letters/rows.ts';
import { sqsDeadLetterQueues } from '../dead-letter-queues.ts';
import { dependencies, requireEnv } from '../dependencies.ts';
import { httpFunctionOn } from '../middleware/http-function.ts';

/** As `infra/service-stack.ts` writes it. */
const QueueUrls = z.record(
  z.enum(letters.replayableQueues),
  z.object({ queue: z.string().min(1), deadLetters: z.string().min(1) }),
);

let urls: z.output<typeof QueueUrls> | undefined;

function queueUrls(): z.output<typeof QueueUrls> {
  urls ??= QueueUrls.parse(JSON.parse(requireEnv('WORK_QUEUE_URLS')));
  return urls;
}

const deadLetters = sqsDeadLetterQueues((queue) => queueUrls()[queue]);
const deadLetterDependencies = (): letters.DeadLetterDependencies => ({ ...dependencies(), deadLetters });

export const handler = httpFunctionOn(deadLetterDependencies, deadLetterRows, deadLetterRoutes, {
  listDeadLetterQueues: (deps, { meta }) => letters.listDeadLetterQueues(deps, meta.userId),
  listDeadLetters: (deps, { meta, params }) => letters.listDeadLetters(deps, meta.userId, params.queue),
  replayDeadLetters: (deps, { meta, params, body }) => letters.replayDeadLetters(deps, meta, params.queue, body),
});
