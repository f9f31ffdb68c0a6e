/**
 * What each kind of row in an Open Collective transactions export means here. A group of rows is one movement of money: its
 * main row says what it was, the others are what it cost (docs/import.md has the same table in words).
 */
import type { HostLedger } from '../domain/books.ts';
import type { IntentType } from '../domain/payment-intent.ts';

/** What stands against a change of the collective's balance: a ledger account of its cell, or the host's own balance. */
export type Against = Extract<HostLedger, 'bank' | 'fees:host' | 'fees:platform' | 'costs:processor'> | 'host';

export type KindRule =
  | { readonly role: 'main'; readonly type: IntentType }
  /** `alone`: what the movement is when a group holds nothing else. `byHost`: the opposite account has to be the host. */
  | { readonly role: 'side'; readonly against: Against; readonly alone: IntentType; readonly byHost: boolean };

const side = (against: Against, alone: IntentType, byHost = false): KindRule => ({
  role: 'side',
  against,
  alone,
  byHost,
});

const rules: Readonly<Record<string, KindRule>> = {
  ADDED_FUNDS: { role: 'main', type: 'added_funds' },
  BALANCE_TRANSFER: { role: 'main', type: 'transfer' },
  CONTRIBUTION: { role: 'main', type: 'contribution' },
  EXPENSE: { role: 'main', type: 'expense' },
  PREPAID_PAYMENT_METHOD: { role: 'main', type: 'transfer' },
  HOST_FEE: side('fees:host', 'settlement', true),
  PAYMENT_PROCESSOR_FEE: side('bank', 'expense'),
  PAYMENT_PROCESSOR_DISPUTE_FEE: side('bank', 'expense'),
  PAYMENT_PROCESSOR_COVER: side('costs:processor', 'compensation', true),
  TAX: side('host', 'settlement'),
  PLATFORM_FEE: side('fees:platform', 'settlement'),
  PLATFORM_TIP: side('fees:platform', 'settlement'),
  APPLICATION_FEE: side('fees:platform', 'settlement'),
};

export const kindRule = (kind: string): KindRule | undefined => (Object.hasOwn(rules, kind) ? rules[kind] : undefined);

export const knownKinds: readonly string[] = Object.keys(rules);

/** Kinds that exist only between a host and the platform: a file that holds one is not the ledger of a collective. */
export const hostLedgerKinds: readonly string[] = ['HOST_FEE_SHARE', 'HOST_FEE_SHARE_DEBT', 'PLATFORM_TIP_DEBT'];

const expenseTypes: Readonly<Record<string, IntentType>> = {
  RECEIPT: 'reimbursement',
  INVOICE: 'invoice',
  GRANT: 'grant',
  FUNDING_REQUEST: 'grant',
  SETTLEMENT: 'settlement',
};

/** @returns the type of an expense; card charges and whatever is not in the list are plain expenses. */
export const expenseType = (text: string): IntentType =>
  (Object.hasOwn(expenseTypes, text) ? expenseTypes[text] : undefined) ?? 'expense';
