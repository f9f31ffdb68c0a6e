/** Every way in which the domain says no. The HTTP layer maps each to a problem; a new one does not compile until it is. */
import type { Command } from './lifecycle.ts';
import type { Status } from './payment-intent.ts';

export type FieldError = { readonly pointer: string; readonly detail: string };

export type Refusal =
  | { readonly code: 'validation-failed'; readonly errors: readonly FieldError[] }
  | { readonly code: 'permission-denied'; readonly detail: string }
  | { readonly code: 'not-found'; readonly detail: string }
  | { readonly code: 'idempotency-key-reused' }
  | { readonly code: 'version-conflict'; readonly currentVersion: number; readonly detail: string }
  | {
      readonly code: 'transition-not-allowed';
      readonly currentStatus: Status | string;
      readonly allowedCommands: readonly Command[];
      readonly detail: string;
    }
  | {
      readonly code: 'insufficient-funds';
      readonly detail: string;
      readonly available: number;
      readonly currency: string;
    }
  | { readonly code: 'on-hold'; readonly detail: string }
  | { readonly code: 'already-on-hold'; readonly detail: string }
  | { readonly code: 'not-hold-owner'; readonly detail: string }
  | { readonly code: 'hold-over'; readonly detail: string }
  /** What a preview showed is no longer so. */
  | { readonly code: 'preview-outdated'; readonly detail: string; readonly contributions: number }
  | { readonly code: 'own-request'; readonly detail: string }
  | { readonly code: 'already-approved'; readonly detail: string }
  | { readonly code: 'not-a-reviewer'; readonly detail: string }
  | { readonly code: 'incomplete'; readonly detail: string; readonly errors: readonly FieldError[] }
  | { readonly code: 'bank-rail-required'; readonly detail: string }
  | { readonly code: 'reference-required'; readonly detail: string }
  | { readonly code: 'same-host'; readonly detail: string }
  | { readonly code: 'different-hosts'; readonly detail: string }
  | { readonly code: 'amount-not-allowed'; readonly detail: string }
  | { readonly code: 'currency-mismatch'; readonly detail: string }
  | { readonly code: 'over-receipt'; readonly detail: string; readonly remaining: number }
  | { readonly code: 'money-already-arrived'; readonly detail: string }
  | { readonly code: 'trace-case-required'; readonly detail: string }
  | { readonly code: 'trace-case-open'; readonly detail: string }
  | { readonly code: 'second-person-required'; readonly detail: string }
  | { readonly code: 'account-not-active'; readonly detail: string }
  | { readonly code: 'hosting-not-allowed'; readonly detail: string }
  | { readonly code: 'account-in-use'; readonly detail: string }
  | { readonly code: 'slug-taken'; readonly detail: string }
  | { readonly code: 'last-admin'; readonly detail: string }
  | { readonly code: 'split-not-exact'; readonly detail: string }
  | { readonly code: 'too-many'; readonly detail: string }
  | { readonly code: 'temporarily-unavailable'; readonly detail: string };

export type RefusalCode = Refusal['code'];
