/** How an account pays: its saved cards, its subscriptions at processors, its bank. */
import {
  type ChargedBy,
  chargingModes,
  isOfOneHost,
  type PaymentMethod,
  type ProcessorName,
  type SubscriptionTerms,
} from '../domain/payment-method.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { readable, refusalFor } from './accounts.ts';
import type { ContributionDependencies } from './contribution-ports.ts';
import { callerOf, execute, notFound } from './execute.ts';
import type { Position, Slice } from './ports.ts';
import type { Processors } from './processors.ts';
import type { Outcome, RequestMeta } from './request.ts';

export type AddPaymentMethodInput = {
  readonly processor: ProcessorName;
  /** With which host's account at the processor it is saved; null where that makes no difference. */
  readonly hostAccountId: string | null;
  readonly chargedBy: ChargedBy;
  readonly reference: string | null;
  readonly payerReference: string | null;
  readonly label: string;
};

/** More than any organisation pays with; requests at the same time may add a few. */
const methodsMax = 1000;

export type PaymentMethodView = Omit<PaymentMethod, 'reference' | 'payerReference' | 'hostId'> & {
  readonly hostAccountId: string | null;
};

/** What the processor calls it stays between the processor and us. */
export const paymentMethodView = ({
  reference: _reference,
  payerReference: _payerReference,
  hostId: hostAccountId,
  ...method
}: PaymentMethod): PaymentMethodView => ({ ...method, hostAccountId });

export type MethodDependencies = ContributionDependencies & { readonly processors: Processors };

/** The processor is asked whether what is added is there, and is the account's own: knowing a reference makes it nobody's. */
export function addPaymentMethod(
  deps: MethodDependencies,
  meta: RequestMeta,
  accountId: string,
  input: AddPaymentMethodInput,
): Outcome {
  return execute(deps, meta, {
    accountIds: [accountId],
    authorise: (read) => refusalFor(read.accounts.get(accountId), callerOf(meta, read), 'managePaymentMethods'),
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
      const found = await termsAt(deps, accountId, input);
      if (!found.ok) {
        return found;
      }
      const { hostAccountId: hostId, ...given } = input;
      const method: PaymentMethod = {
        id: deps.ids.next('pm', now),
        accountId,
        ...given,
        hostId,
        terms: found.value,
        createdAt: now,
      };
      return accept({
        change: { intents: [], paymentMethods: [{ kind: 'added', method }] },
        answer: { status: 201, body: paymentMethodView(method), version: null },
      });
    },
  });
}

/** @returns what a subscription pays, null for anything else; refused unless the processor knows it as the account's own */
async function termsAt(
  { store, processors }: MethodDependencies,
  accountId: string,
  input: AddPaymentMethodInput,
): Promise<Result<SubscriptionTerms | null, Refusal>> {
  const { processor: name, hostAccountId } = input;
  if (hostAccountId !== null) {
    const host = await store.account(hostAccountId);
    if (host?.kind !== 'host' || host.status !== 'active') {
      return invalid('/hostAccountId', 'No such host.');
    }
  }
  if (name === 'bank_transfer') {
    return accept(null);
  }
  const processor = processors(name, hostAccountId ?? '');
  if (processor === undefined) {
    return invalid('/processor', `Nothing is paid through ${name} here; choose another.`);
  }
  const read = await processor.findMethod(input);
  if (read.outcome === 'unknown') {
    return refuse({
      code: 'temporarily-unavailable',
      detail: `${name} does not say whether it has this; nothing was added. Try again in a while.`,
    });
  }
  // The test processor moves no money, and has no idea of accounts.
  const isOwn = read.found !== null && (name === 'test' || read.found.accountId === accountId);
  return isOwn
    ? accept(read.found.subscription)
    : invalid(
        '/reference',
        `${name} has nothing under it for this account that could be charged. What is made there says whose it is: it carries the account's id.`,
      );
}

const invalid = (pointer: string, detail: string) =>
  refuse({ code: 'validation-failed', errors: [{ pointer, detail }] } as const);

function problemIn({ processor, hostAccountId, chargedBy, reference, payerReference }: AddPaymentMethodInput) {
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
  if ((hostAccountId !== null) !== isOfOneHost(processor)) {
    return {
      pointer: '/hostAccountId',
      detail: isOfOneHost(processor)
        ? `Each host has an account of its own at ${processor}: say with whose this is saved.`
        : 'It serves for every host: leave this out.',
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
    authorise: (read) => refusalFor(read.accounts.get(accountId), callerOf(meta, read), 'managePaymentMethods'),
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
