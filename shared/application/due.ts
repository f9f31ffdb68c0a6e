/** What the clock does to payment intents: deadlines, lateness, and receipts that nobody is left to confirm. */
import { actingAs, type Context, decide, type IntentCommand } from '../domain/decide.ts';
import { fromStatuses } from '../domain/lifecycle.ts';
import type { PaymentIntent } from '../domain/payment-intent.ts';
import { alongside } from './alongside.ts';
import { sealIntent } from './history.ts';
import { systemUserId } from './people.ts';
import type { Dependencies } from './ports.ts';

/** `done`: something happened. `nothing`: it was not due any more. `busy`: somebody else was writing; worth another try. */
export type DueOutcome = 'done' | 'nothing' | 'busy';

/** Applies what is due on one intent, whatever the index said: the item itself decides. */
export async function workDueIntent(deps: Dependencies, intentId: string): Promise<DueOutcome> {
  const now = deps.clock.now();
  const stored = await deps.store.intent(intentId);
  if (stored === undefined || stored.intent.dueAt === null || stored.intent.dueAt > now) {
    return 'nothing';
  }
  const { intent } = stored;
  const command = commandOfClock(intent);
  const context: Context = { now, userId: 'clock', held: ['clock'] };
  const decided = decide(intent, command, context);
  if (!decided.ok) {
    return 'nothing';
  }
  const occasion = { actor: actingAs(command.name, context), at: now };
  const { after, events } = sealIntent(deps, { id: intentId, before: stored }, decided.value, occasion);
  const others = await alongside(deps, { before: intent, after, command }, occasion);
  if (!others.ok) {
    return 'nothing';
  }
  const change = { before: intent, after, events, from: fromStatuses(command.name) };
  const changes = { ...others.value, intents: [change, ...others.value.intents] };
  const { outcome } = await deps.store.commit(changes, systemUserId, now);
  return outcome === 'committed' ? 'done' : 'busy';
}

function commandOfClock(intent: PaymentIntent): IntentCommand {
  if (intent.status === 'approved' && intent.receipts.length === 0) {
    return { name: 'expire' };
  }
  return { name: intent.payee.hostId === null && intent.status !== 'approved' ? 'assumeReceived' : 'becomeLate' };
}

/** Intents whose clock has run out, oldest first within each shard. */
export async function* dueIntents(
  deps: Dependencies,
  shards: number,
  perShard: number,
): AsyncGenerator<{ readonly intentId: string; readonly dueAt: string }> {
  const now = deps.clock.now();
  for (let shard = 0; shard < shards; shard += 1) {
    yield* await deps.store.due(shard, now, perShard);
  }
}
