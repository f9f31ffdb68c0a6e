/** How a contributor pays: which processor, and who starts each payment. */
import type { Money } from './money.ts';

export const processors = ['bank_transfer', 'stripe', 'paypal', 'test'] as const;
export type ProcessorName = (typeof processors)[number];

/**
 * Who starts each payment: `us`, by asking the processor (a saved card); the `processor` by itself, by a subscription that
 * stands there (it is suspended and resumed there, requirements P5); or the `contributor`, by a bank transfer (B7).
 */
export const chargedByWhom = ['us', 'processor', 'contributor'] as const;
export type ChargedBy = (typeof chargedByWhom)[number];

/** Which ways of charging exist with which processor. */
export const chargingModes: Readonly<Record<ProcessorName, readonly ChargedBy[]>> = {
  bank_transfer: ['contributor'],
  stripe: ['us', 'processor'],
  paypal: ['processor'],
  test: ['us', 'processor'],
};

/** What a subscription at a processor pays, as the processor said it when it was added here. */
export type SubscriptionTerms = {
  readonly amount: Money;
  /** Null for any other rhythm. */
  readonly interval: 'month' | 'year' | null;
};

/** Processors at which each host has an account of its own; what is saved with one host's is of no use to another's. */
export const isOfOneHost = (processor: ProcessorName): boolean => processor === 'stripe' || processor === 'paypal';

export type PaymentMethod = {
  readonly id: string;
  /** Whose it is: nobody else pays with it. */
  readonly accountId: string;
  readonly processor: ProcessorName;
  /** With which host's account at the processor it is saved; null where it serves for every host. */
  readonly hostId: string | null;
  readonly chargedBy: ChargedBy;
  /** What the processor calls it (a payment method, a subscription); never shown. Null for bank transfers. */
  readonly reference: string | null;
  /** What the processor calls the payer, where it needs to be told (Stripe's customer). */
  readonly payerReference: string | null;
  /** Of a subscription, where the processor says it; a contribution that is paid with it has to agree. */
  readonly terms: SubscriptionTerms | null;
  /** What people see: "Visa ending in 4242". */
  readonly label: string;
  readonly createdAt: string;
};

/** A payment method as a contribution or a charge keeps it. */
export type MethodInUse = Pick<PaymentMethod, 'id' | 'processor' | 'chargedBy' | 'reference' | 'payerReference'>;
