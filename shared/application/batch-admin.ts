/** What operators see of the batch, and how they change who is served how often. */
import { capacitiesForPlatform, may } from '../domain/authorisation.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import type { Rollout } from '../domain/rollout.ts';
import { denied } from './accounts.ts';
import type { BatchRun, ContributionDependencies } from './contribution-ports.ts';
import { execute, stale } from './execute.ts';
import type { Position, Slice } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';

type Page = { readonly limit: number; readonly position?: Position | undefined };

async function forPlatform(deps: ContributionDependencies, userId: string): Promise<Refusal | undefined> {
  const memberships = await deps.store.memberships(userId);
  return may('readBatch', capacitiesForPlatform({ userId, memberships })) ? undefined : denied('readBatch');
}

/** Newest first. */
export async function listBatchRuns(
  deps: ContributionDependencies,
  userId: string,
  { limit, position }: Page,
): Promise<Result<Slice<BatchRun>, Refusal>> {
  const refusal = await forPlatform(deps, userId);
  return refusal === undefined ? accept(await deps.store.listBatchRuns(limit, position)) : refuse(refusal);
}

export const rolloutView = ({ percentage, hostIds, version, updatedAt, updatedBy }: Rollout) => ({
  percentage,
  hostIds,
  version,
  updatedAt,
  updatedBy,
});

export async function getRollout(deps: ContributionDependencies, userId: string): Outcome {
  const refusal = await forPlatform(deps, userId);
  if (refusal !== undefined) {
    return refuse(refusal);
  }
  const rollout = await deps.store.rollout();
  return accept({ status: 200, body: rolloutView(rollout), version: rollout.version, replayed: false });
}

/** Who is served every ten minutes from the next run on; what it was before stays in its history. */
export function putRollout(
  deps: ContributionDependencies,
  meta: RequestMeta,
  { percentage, hostIds }: Pick<Rollout, 'percentage' | 'hostIds'>,
): Outcome {
  return execute(deps, meta, {
    authorise: (read) =>
      may('changeBatchRollout', capacitiesForPlatform({ userId: meta.userId, memberships: read.memberships }))
        ? undefined
        : denied('changeBatchRollout'),
    decide: async (_read, now) => {
      const before = await deps.store.rollout();
      if (meta.ifMatch !== undefined && meta.ifMatch !== before.version) {
        return refuse(stale(before.version));
      }
      const after: Rollout = {
        percentage,
        hostIds: [...new Set(hostIds)],
        version: before.version + 1,
        updatedAt: now,
        updatedBy: meta.userId,
      };
      return accept({
        change: { intents: [], rollout: after },
        answer: { status: 200, body: rolloutView(after), version: after.version },
      });
    },
  });
}

/** Newest first. */
export async function listRolloutChanges(
  deps: ContributionDependencies,
  userId: string,
  { limit, position }: Page,
): Promise<Result<Slice<Rollout>, Refusal>> {
  const refusal = await forPlatform(deps, userId);
  return refusal === undefined ? accept(await deps.store.listRolloutChanges(limit, position)) : refuse(refusal);
}
