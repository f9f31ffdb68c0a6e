import { lettersMax } from '../../application/dead-letters.ts';
import { defineRoutes, unconditional } from '../route.ts';
import * as requests from './requests.ts';
import * as views from './views.ts';

export const deadLetterRoutes = defineRoutes<'dead-letters'>()({
  listDeadLetterQueues: {
    summary: 'List how many messages were set aside',
    description: 'By the queue that they failed in; for platform admins.',
    status: 200,
    answer: views.DeadLetterQueueList,
    problems: ['permission-denied'],
  },
  listDeadLetters: {
    summary: 'Look at messages that were set aside',
    description: `Those that could be received now, ${lettersMax} at most and in no order. They are hidden from others for as long as the look takes, seconds at most.`,
    status: 200,
    answer: views.DeadLetterList,
    problems: unconditional,
  },
  replayDeadLetters: {
    summary: 'Send messages on their way again',
    description:
      'Each is sent to the queue that it failed in, and removed from here only when that queue has taken it. When something fails in between, a message may be worked on twice, which does nothing twice.',
    body: requests.ReplayDeadLetters,
    status: 200,
    answer: views.ReplayView,
    problems: unconditional,
  },
});
