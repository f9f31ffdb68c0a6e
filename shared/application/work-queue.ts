/** Work that is handed to others: the queues in front of the workers, one for each way of charging. */
import type { ProcessorName } from '../domain/payment-method.ts';

export type SubscriptionWork = {
  readonly contributionId: string;
  /** The lease that the batch took for this; null when somebody wants it looked at out of turn. */
  readonly leasedUntil: string | null;
  /** Which run of the batch found it; null when something else did. */
  readonly runId: string | null;
  /** Who will have to be asked, as far as is known: each has workers of its own, so that a slow one delays no other. */
  readonly processor: ProcessorName;
};

export type WorkQueue = {
  /** Takes all of them, or throws; what was taken before it threw comes twice, which is harmless. */
  send(work: readonly SubscriptionWork[]): Promise<void>;
};
