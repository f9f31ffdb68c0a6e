/** What requests of callers about themselves may say. */
import * as z from 'zod';
import { AccountId } from '../fields.ts';
import { page } from '../pages.ts';

export const ListNotifications = z.strictObject({
  host: AccountId.optional().meta({ description: 'Only what you were told as one of the people of this host.' }),
  ...page,
});
