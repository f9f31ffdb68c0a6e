/** What the adapters say of a payment method that they were asked to find. */
import type { MethodAtProcessor, Processor } from '../application/processors.ts';
import type { SubscriptionTerms } from '../domain/payment-method.ts';

export type MethodAsked = Parameters<Processor['findMethod']>[0];
export type MethodFound = Awaited<ReturnType<Processor['findMethod']>>;

export const nothingFound: MethodFound = { outcome: 'done', found: null };
export const methodFound = (found: MethodAtProcessor): MethodFound => ({ outcome: 'done', found });

/**
 * What processors call things is letters, digits and a few signs between them. Anybody may have written the reference: one
 * of another form would make another address of the one that is asked, and there is nothing under it.
 */
export const isReference = (text: string | null): text is string => text !== null && /^\w[\w-]*$/.test(text);

/** @param unit as the processor writes it, in small or capital letters */
export function intervalOf(unit: string, count: number): SubscriptionTerms['interval'] {
  const months = unit.toLowerCase() === 'month' ? count : unit.toLowerCase() === 'year' ? count * 12 : 0;
  return months === 1 ? 'month' : months === 12 ? 'year' : null;
}
