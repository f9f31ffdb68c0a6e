/** What the clock does to holds: it ends them, reminds of them, and sets going what follows for single contributions. */

import type { Contribution } from '../domain/contribution.ts';
import {
  type AccountHold,
  decideHoldDue,
  type HoldEventData,
  laterReminderDays,
  levelsThatStop,
} from '../domain/hold.ts';
import { collectiveLeft } from '../domain/own-reasons.ts';
import type { ContributionDependencies, GuardChange, StoredHold } from './contribution-ports.ts';
import type { Occasion } from './history.ts';
import { sealContribution, sealHold } from './history.ts';
import { systemUserId } from './people.ts';
import { minutesAfter } from './periods.ts';
import type { Change, Position } from './ports.ts';
import type { WorkQueue } from './work-queue.ts';

const clockActor = { userId: 'clock', capacity: 'clock' } as const;
const pageSize = 100;
/** How far a hold is spread between two writes of how far it got: what a function that ends in the middle does again. */
const pagesAtOnce = 100;
/** With the end and a reminder of a hold, a hundred thousand contributions; the rest is for the next run, after what else is due. */
const stepsMax = 12;

type SpreadOptions = {
  /** Whether there is time for another step. */
  readonly hasTime?: () => boolean;
  readonly pages?: number;
};

/** Whatever is due on a hold now; what cannot be written because somebody else is writing comes round again. */
export async function workHold(
  deps: ContributionDependencies & { readonly queue: WorkQueue },
  holdId: string,
  runId: string | null,
  { hasTime = () => true, pages = pagesAtOnce }: SpreadOptions = {},
): Promise<readonly HoldEventData['type'][]> {
  const done: HoldEventData['type'][] = [];
  for (let step = 0; step < stepsMax && hasTime(); step += 1) {
    const stored = await deps.store.hold(holdId);
    const data = stored && (await nextOf(deps, stored.hold, runId, pages));
    if (stored === undefined || data === undefined) {
      return done;
    }
    const occasion = { actor: clockActor, at: deps.clock.now() };
    const change = await holdChange(deps, stored, data, occasion);
    const { outcome } = await deps.store.commit(change, systemUserId, occasion.at);
    if (outcome === 'committed') {
      done.push(data.type);
    }
  }
  return done;
}

async function nextOf(
  deps: ContributionDependencies & { readonly queue: WorkQueue },
  hold: AccountHold,
  runId: string | null,
  pages: number,
): Promise<HoldEventData | undefined> {
  const now = deps.clock.now();
  const data = decideHoldDue(hold, now, minutesAfter(now, laterReminderDays * 24 * 60));
  return data ?? (hold.spread === 'waiting' ? spread(deps, hold, runId, pages) : undefined);
}

/**
 * A change of a hold, with what it means at once: the guard of its account, or the chosen contributions themselves.
 * Used for whoever ends it, a person or the clock.
 */
export async function holdChange(
  deps: ContributionDependencies,
  stored: StoredHold,
  data: HoldEventData,
  occasion: Occasion,
): Promise<Change> {
  const { hold } = stored;
  const sealed = sealHold(deps, { id: hold.id, before: stored }, data, occasion);
  const holds = [{ before: hold, ...sealed }];
  if (data.type !== 'lifted' && data.type !== 'ended') {
    return { intents: [], holds };
  }
  if (hold.scope.kind === 'account') {
    const { accountId, level, owner, missedPeriods } = hold;
    const lift: GuardChange = {
      kind: 'lift',
      accountId,
      level,
      owner,
      // A hold that let recurring contributions through has nothing of them to skip.
      skipUntil: missedPeriods === 'skip' && levelsThatStop.recurring.includes(level) ? occasion.at : null,
    };
    return { intents: [], holds, guards: [lift] };
  }
  const chosen = await Promise.all(hold.scope.contributionIds.map((id) => deps.store.contribution(id)));
  const contributions = chosen.flatMap((before) =>
    before === undefined || !before.contribution.holds.some(({ id }) => id === hold.id)
      ? []
      : [
          {
            before: before.contribution,
            ...sealContribution(
              deps,
              { id: before.contribution.id, before },
              [{ type: 'released', holdId: hold.id, missedPeriods: hold.missedPeriods }],
              occasion,
            ),
          },
        ],
  );
  return { intents: [], holds, contributions };
}

/**
 * Has each contribution that the hold makes a difference to looked at: one that a processor charges by itself is told there;
 * one that is to be collected once is collected. Nothing is written for the others: they look when their time comes.
 */
async function spread(
  deps: ContributionDependencies & { readonly queue: WorkQueue },
  hold: AccountHold,
  runId: string | null,
  pages: number,
): Promise<HoldEventData> {
  const { store, queue } = deps;
  const scope =
    hold.hostId === hold.accountId
      ? ({ by: 'host', hostId: hold.accountId } as const)
      : ({ by: 'collective', accountId: hold.accountId } as const);
  let woken = 0;
  let from: Position | undefined = hold.spreadFrom;
  for (let count = 0; count < pages; count += 1) {
    const page = await store.listContributions(scope, pageSize, from);
    if (hold.cancels === true) {
      // What was agreed under another host does not end because this one is left.
      woken += await canceled(
        deps,
        page.items.filter(({ collective }) => collective.hostId === hold.hostId),
      );
    } else {
      const affected = page.items.filter((contribution) => isAffected(contribution, hold));
      await queue.send(
        affected.map(({ id, method }) => ({
          contributionId: id,
          leasedUntil: null,
          runId,
          processor: method.processor,
        })),
      );
      woken += affected.length;
    }
    from = page.next;
    if (from === undefined) {
      return { type: 'spread', woken };
    }
  }
  return { type: 'spread', woken, ...(from === undefined ? {} : { next: from }) };
}

/** What is given once is looked at also when what it missed is skipped: it has no next period that would find it. */
const isAffected = ({ status, told, missedFrom, nextAt }: Contribution, hold: AccountHold): boolean =>
  status === 'active' &&
  (told !== null ||
    (hold.status === 'lifted' && missedFrom !== null && (hold.missedPeriods === 'collect_once' || nextAt === null)));

/** Ends what is given to a collective that left its host, when that was chosen; who is left over is canceled the next time. */
async function canceled(deps: ContributionDependencies, page: readonly Contribution[]): Promise<number> {
  let count = 0;
  for (const { id } of page.filter(({ status }) => status === 'active')) {
    const before = await deps.store.contribution(id);
    if (before?.contribution.status === 'active') {
      const occasion = { actor: clockActor, at: deps.clock.now() };
      const data = { type: 'canceled', reason: collectiveLeft } as const;
      const sealed = sealContribution(deps, { id, before }, [data], occasion);
      const contributions = [{ before: before.contribution, ...sealed }];
      const { outcome } = await deps.store.commit({ intents: [], contributions }, systemUserId, occasion.at);
      if (outcome !== 'committed') {
        throw new Error(`${id} is being changed; the hold that cancels it comes round again.`);
      }
      count += 1;
    }
  }
  return count;
}
