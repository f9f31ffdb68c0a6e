import * as z from 'zod';
import { AccountId, Role, said } from '../fields.ts';
import { defineRoutes } from '../route.ts';

const MeView = z
  .object({
    userId: AccountId,
    name: said('Your name.'),
    email: z.string().nullable().meta({ description: 'Your e-mail address.' }),
    memberships: z
      .array(z.object({ accountId: AccountId, roles: z.array(Role) }))
      .meta({ description: 'What you may do, and where.' }),
  })
  .meta({ id: 'Me', description: 'Who you are here.' });

export const callerRoutes = defineRoutes<'caller'>()({
  getMe: {
    summary: 'Read who you are here, and what you may do',
    status: 200,
    answer: MeView,
    problems: [],
  },
});
