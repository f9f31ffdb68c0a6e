/** How an account pays: its saved cards, its subscriptions at processors, its bank. */
import { type ChargedBy, chargingModes, type PaymentMethod, type ProcessorName } from '../domain/payment-method.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { readable, refusalFor } from './accounts.ts';
import type { ContributionDependencies } from './contribution-ports.ts';
import { execute, notFound } from './execute.ts';
import type { Position, Slice } from './ports.ts';
import type { Outcome, RequestMeta } from './request.ts';

export type AddPaymentMethodInput = {
  readonly processor: ProcessorName;
  readonly chargedBy: ChargedBy;
  readonly reference: string | null;
  readonly payerReference: string | null;
  readonly label: string;
};

/** More than any organisation pays with; requests at the same time may add a few. */
const methodsMax = 1000;

export type PaymentMethodView = Omit<PaymentMethod, 'reference' | 'payerReference'>;

/** What the processor calls it stays between the processor and us. */
export const paymentMethodView = ({
  reference: _reference,
  payerReference: _payerReference,
  ...method
}: PaymentMethod): PaymentMethodView => method;

export function addPaymentMethod(
  deps: ContributionDependencies,
  meta: RequestMeta,
  accountId: string,
  input: AddPaymentMethodInput,
): Outcome {
  return execute(deps, meta, {
    accountIds: [accountId],
    authorise: (read) =>
      refusalFor(
        read.accounts.get(accountId),
        { userId: meta.userId, memberships: read.memberships },
        'managePaymentMethods',
      ),
    decide: async (_read, now) => {
      const wrong = problemIn(input);
      if (wrong !== undefined) {
        return refuse({ code: 'validation-failed', errors: [wrong] });
      }
      const { items } = await deps.store.listPaymentMethods(accountId, methodsMax);
      if (items.length >= methodsMax) {
        return refuse({
          code: 'too-many',
          detail: `An account has at most ${methodsMax} payment methods; remove one first.`,
        });
      }
      const method: PaymentMethod = { id: deps.ids.next('pm', now), accountId, ...input, createdAt: now };
      return accept({
        change: { intents: [], paymentMethods: [{ kind: 'added', method }] },
        answer: { status: 201, body: paymentMethodView(method), version: null },
      });
    },
  });
}

function problemIn({ processor, chargedBy, reference, payerReference }: AddPaymentMethodInput) {
  const modes = chargingModes[processor];
  if (!modes.includes(chargedBy)) {
    return { pointer: '/chargedBy', detail: `With ${processor} it is: ${modes.join(' or ')}.` };
  }
  if ((reference === null) !== (chargedBy === 'contributor')) {
    return {
      pointer: '/reference',
      detail: chargedBy === 'contributor' ? 'A bank transfer has none.' : 'It says what the processor calls it.',
    };
  }
  return processor === 'stripe' && chargedBy === 'us' && payerReference === null
    ? { pointer: '/payerReference', detail: 'A saved card is charged for a customer: give the customer’s id.' }
    : undefined;
}

/** Contributions that use it keep what they need of it until they are given another one. */
export function removePaymentMethod(
  deps: ContributionDependencies,
  meta: RequestMeta,
  accountId: string,
  id: string,
): Outcome {
  return execute(deps, meta, {
    reads: { accountIds: [accountId], paymentMethod: { accountId, id } },
    authorise: (read) =>
      refusalFor(
        read.accounts.get(accountId),
        { userId: meta.userId, memberships: read.memberships },
        'managePaymentMethods',
      ),
    decide: async ({ paymentMethod }) =>
      paymentMethod === undefined
        ? refuse(notFound('payment method'))
        : accept({
            change: { intents: [], paymentMethods: [{ kind: 'removed', method: paymentMethod }] },
            answer: { status: 200, body: paymentMethodView(paymentMethod), version: null },
          }),
  });
}

export async function listPaymentMethods(
  deps: ContributionDependencies,
  userId: string,
  accountId: string,
  { limit, position }: { readonly limit: number; readonly position?: Position | undefined },
): Promise<Result<Slice<PaymentMethodView>, Refusal>> {
  const found = await readable(deps, userId, accountId, 'managePaymentMethods');
  if (!found.ok) {
    return found;
  }
  const page = await deps.store.listPaymentMethods(accountId, limit, position);
  return accept({ items: page.items.map(paymentMethodView), next: page.next });
}
