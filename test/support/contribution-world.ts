/** A world in which people contribute: a processor that behaves by script, a queue that is worked off by hand, a clock. */
import { runBatch } from '../../shared/application/batch.ts';
import { type Done, workContribution } from '../../shared/application/charging.ts';
import type { ContributionDependencies, ContributionStore } from '../../shared/application/contribution-ports.ts';
import {
  type ContributionView,
  type CreateContributionInput,
  createContribution,
  getContribution,
} from '../../shared/application/contributions.ts';
import {
  type HoldPreview,
  type HoldView,
  type PlaceHoldInput,
  placeHold,
  previewHold,
} from '../../shared/application/holds.ts';
import { addPaymentMethod } from '../../shared/application/payment-methods.ts';
import type { Store } from '../../shared/application/ports.ts';
import type {
  ChargeOutcome,
  LookUpOutcome,
  Processor,
  Processors,
  SubscriptionOutcome,
} from '../../shared/application/processors.ts';
import type { Answer } from '../../shared/application/request.ts';
import type { SubscriptionWork } from '../../shared/application/work-queue.ts';
import type { Money } from '../../shared/domain/money.ts';
import type { Refusal } from '../../shared/domain/refusals.ts';
import type { Result } from '../../shared/domain/result.ts';
import { createContributionStore } from '../../shared/persistence/contribution-store.ts';
import { dueShards } from '../../shared/persistence/keys.ts';
import type { TestEngine } from './engine.ts';
import { bodyOf, createWorld, expected, usd, type World } from './world.ts';

/** What the processor really did, whatever it answered: the money that left somebody's account. */
export type Bank = {
  readonly payments: {
    readonly key: string;
    readonly contributionId: string;
    readonly period: string;
    readonly amount: Money;
  }[];
  readonly calls: { readonly verb: string; readonly what: string }[];
  /** What the next calls answer; the default when it is empty is that it goes well. */
  readonly script: ('ok' | 'declined' | 'broken' | 'unknown-done' | 'unknown-not-done' | 'pending' | 'gone')[];
};

export type ContributionWorld = World & {
  readonly deps: ContributionDependencies & { readonly processors: Processors };
  readonly bank: Bank;
  readonly processor: Processor;
  readonly queue: SubscriptionWork[];
  /** A person's saved card at the built-in test processor. */
  card(userId: string, chargedBy?: 'us' | 'processor' | 'contributor'): Promise<string>;
  contribute(input?: Partial<CreateContributionInput> & { readonly userId?: string }): Promise<ContributionView>;
  look(userId: string, id: string): Promise<ContributionView>;
  /** One run of the batch, and its workers until the queue is empty. */
  batch(options?: { readonly firedAt?: string; readonly processor?: Processor }): Promise<Done>;
  preview(userId: string, accountId: string): Promise<HoldPreview>;
  pause(userId: string, accountId: string, input?: Partial<PlaceHoldInput>): Promise<Result<Answer, Refusal>>;
  paused(userId: string, accountId: string, input?: Partial<PlaceHoldInput>): Promise<HoldView>;
};

export type ContributionWorldOptions = {
  readonly wrap?: (store: Store & ContributionStore) => Store & ContributionStore;
};

export async function contributionWorld(
  engine: TestEngine,
  { wrap = (store) => store }: ContributionWorldOptions = {},
): Promise<ContributionWorld> {
  const world = await createWorld(engine);
  const store = wrap({ ...world.deps.store, ...createContributionStore(world.table) });
  const bank: Bank = { payments: [], calls: [], script: [] };
  const queue: SubscriptionWork[] = [];
  const processor = scriptedProcessor(bank, world.clock.now);
  const deps = { ...world.deps, store, processors: () => processor };

  const card: ContributionWorld['card'] = async (userId, chargedBy = 'us') => {
    const isBank = chargedBy === 'contributor';
    const added = await addPaymentMethod(deps, world.meta(userId), userId, {
      processor: isBank ? 'bank_transfer' : 'test',
      hostAccountId: null,
      chargedBy,
      reference: isBank ? null : `reference-${bank.calls.length}-${Math.random()}`,
      payerReference: null,
      label: 'A card',
    });
    return bodyOf<{ id: string }>(added).id;
  };

  const batch: ContributionWorld['batch'] = async ({ firedAt, processor: other = processor } = {}) => {
    await runBatch(
      { ...deps, queue: { send: async (work) => void queue.push(...work) } },
      { shards: dueShards, hasTime: () => true, firedAt: firedAt ?? '2026-01-01T00:00:00.000Z' },
    );
    const done: Done[number][] = [];
    for (let work = queue.shift(); work !== undefined; work = queue.shift()) {
      done.push(...(await workContribution({ ...deps, processors: () => other }, work)));
    }
    return done;
  };

  const preview: ContributionWorld['preview'] = async (userId, accountId) =>
    bodyOf<HoldPreview>(await previewHold(deps, userId, accountId));

  const pause: ContributionWorld['pause'] = async (userId, accountId, input = {}) => {
    const seen = input.contributionIds === undefined ? await previewHold(deps, userId, accountId) : undefined;
    return placeHold(deps, world.meta(userId), accountId, {
      level: 'recurring_in',
      reason: 'paperwork',
      message: null,
      until: null,
      missedPeriods: 'skip',
      fingerprint: seen?.ok ? (seen.value.body as HoldPreview).fingerprint : undefined,
      ...input,
    });
  };

  return {
    ...world,
    deps,
    bank,
    processor,
    queue,
    card,
    batch,
    preview,
    pause,
    paused: async (userId, accountId, input) => bodyOf<HoldView>(await pause(userId, accountId, input)),
    look: async (userId, id) => bodyOf<ContributionView>(await getContribution(deps, userId, id)),
    contribute: async ({ userId = world.people.stranger, ...input } = {}) =>
      bodyOf<ContributionView>(
        await createContribution(deps, world.meta(userId), {
          contributorAccountId: userId,
          collectiveAccountId: world.accounts.collectiveA,
          amount: usd(5000),
          interval: 'month',
          tier: null,
          paymentMethodId: input.paymentMethodId ?? (await card(userId)),
          ...input,
        }),
      ),
  };
}

function scriptedProcessor(bank: Bank, now: () => string): Processor {
  const paid = ({ key, amount }: Parameters<Processor['charge']>[0]) =>
    ({ outcome: 'done', payment: { reference: `payment-${key}`, amount, fee: 175, paidAt: now() } }) as const;
  const pay = (request: Parameters<Processor['charge']>[0]): ChargeOutcome => {
    if (!bank.payments.some(({ key }) => key === request.key)) {
      const { key, contributionId, period, amount } = request;
      bank.payments.push({ key, contributionId, period, amount });
    }
    return paid(request);
  };
  const answer = (act: () => ChargeOutcome): ChargeOutcome => {
    switch (bank.script.shift() ?? 'ok') {
      case 'ok':
        return act();
      case 'declined':
        return { outcome: 'refused', code: 'declined', reason: 'The card was declined.' };
      case 'gone':
        return { outcome: 'refused', code: 'gone', reason: 'It is not there.' };
      case 'broken':
        return { outcome: 'broken', reason: 'Nobody answers.', retryAfterSeconds: null };
      case 'unknown-done':
        act();
        return { outcome: 'unknown', reason: 'The answer was lost.' };
      case 'unknown-not-done':
        return { outcome: 'unknown', reason: 'The question was lost.' };
      case 'pending':
        return { outcome: 'pending', reference: 'later' };
    }
  };
  const tell =
    (verb: string) =>
    async (what: string): Promise<SubscriptionOutcome> => {
      bank.calls.push({ verb, what });
      const outcome = answer(() => ({ outcome: 'pending', reference: 'done' }));
      return outcome.outcome === 'pending' || outcome.outcome === 'done' ? { outcome: 'done' } : outcome;
    };
  return {
    charge: async (request) => {
      bank.calls.push({ verb: 'charge', what: request.key });
      return answer(() => pay(request));
    },
    lookUp: async (request): Promise<LookUpOutcome> => {
      bank.calls.push({ verb: 'look-up', what: request.key });
      return bank.payments.some(({ key }) => key === request.key) ? paid(request) : { outcome: 'none' };
    },
    suspend: tell('suspend'),
    resume: tell('resume'),
    cancel: tell('cancel'),
    findMethod: async () => ({ outcome: 'done', found: { accountId: null, subscription: null } }),
    withFee: async (_subscription, payment) => ({ outcome: 'done', payment: { ...payment, fee: payment.fee ?? 175 } }),
  };
}

export { expected };
