import { accept } from '../domain/result.ts';
import type { Dependencies } from './ports.ts';
import type { Outcome } from './request.ts';

/** Who the caller is, and on which teams. */
export async function getMe(deps: Dependencies, userId: string): Outcome {
  const { accounts, memberships } = await deps.store.readForCommand({ userId, accountIds: [userId] });
  const person = accounts.get(userId);
  const body = {
    userId,
    name: person?.name ?? 'Somebody',
    email: person?.email ?? null,
    memberships: Object.entries(memberships).map(([accountId, roles]) => ({ accountId, roles })),
  };
  return accept({ status: 200, body, version: null, replayed: false });
}
