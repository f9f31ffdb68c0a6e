/** What is shown of a hold wherever it stands in the way. */
import type { AccountHold } from '../domain/hold.ts';
import type { ShownHold } from './contribution-ports.ts';

export const shownOf = ({ id, level, owner, reason, message, from, until }: AccountHold): ShownHold => ({
  id,
  level,
  owner,
  reason,
  message,
  from,
  until,
});
