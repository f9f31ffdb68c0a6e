import * as z from 'zod';
import { defineRoutes } from '../route.ts';

const OneClick = z
  .looseObject({
    'List-Unsubscribe': z.literal('One-Click').optional().meta({ description: 'What mail programs send (RFC 8058).' }),
  })
  .meta({
    id: 'OneClick',
    description: 'The link says everything, so the body is not read.',
    examples: [{ 'List-Unsubscribe': 'One-Click' }],
  });

const page = z.string().meta({ description: 'A page, in the language that the person is written to in.' });

export const unsubscribeRoutes = defineRoutes<'unsubscribe'>()({
  lookAtUnsubscribing: {
    summary: 'See what a link to unsubscribe is about',
    description:
      'A page with a button, for people who follow the link of an e-mail. It changes nothing: programs follow links, too.',
    status: 200,
    answer: page,
    problems: ['not-found'],
  },
  unsubscribe: {
    summary: 'Unsubscribe with one click',
    description:
      'Ends the e-mails of the topic, or with the link of the e-mail of the day those of every topic that is not required. The inbox and all other choices stay as they are. It may be repeated.',
    body: OneClick,
    status: 200,
    answer: page,
    problems: ['not-found'],
  },
});
