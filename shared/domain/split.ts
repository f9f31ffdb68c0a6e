import { basisPointsOf } from './money.ts';
import { accept, type Result, refuse } from './result.ts';

/** One payee's part of an incoming sum: a rate, a fixed sum, or whatever is left. */
export type Share =
  | { readonly kind: 'rate'; readonly accountId: string; readonly basisPoints: number }
  | { readonly kind: 'fixed'; readonly accountId: string; readonly amount: number }
  | { readonly kind: 'rest'; readonly accountId: string };

export type SplitRefusal = { readonly code: 'split-not-exact'; readonly detail: string };

/**
 * Divides a sum by a rule so that the parts add up to the last minor unit. Rates are rounded down; exactly one share
 * takes the rest, and with it the rounding.
 * @param total minor units, positive
 * @returns minor units per share, in the order given; or why the rule does not divide this sum
 */
export function splitAmount(total: number, shares: readonly Share[]): Result<readonly number[], SplitRefusal> {
  if (shares.filter((share) => share.kind === 'rest').length !== 1) {
    return refuse({ code: 'split-not-exact', detail: 'Exactly one share takes the rest.' });
  }
  const parts = shares.map((share) =>
    share.kind === 'rate' ? basisPointsOf(total, share.basisPoints) : share.kind === 'fixed' ? share.amount : 0,
  );
  const rest = total - parts.reduce((sum, part) => sum + part, 0);
  if (rest < 0) {
    return refuse({ code: 'split-not-exact', detail: `The shares exceed the sum by ${-rest} minor units.` });
  }
  return accept(parts.map((part, index) => (shares[index]?.kind === 'rest' ? rest : part)));
}
