/**
 * What changes together with an intent, in the same transaction: the suspense record that money is taken from or set aside
 * on, and the intent whose money comes back.
 */
import { decideReversal, decideSendBackClosed, type IntentCommand } from '../domain/decide.ts';
import { isEnded, type PaymentIntent } from '../domain/payment-intent.ts';
import type { Refusal } from '../domain/refusals.ts';
import { accept, type Result, refuse } from '../domain/result.ts';
import { type Occasion, sealIntent, sealSuspense } from './history.ts';
import type { Change, Dependencies, IntentChange, SuspenseChange } from './ports.ts';

type Given = { readonly before: PaymentIntent; readonly after: PaymentIntent; readonly command: IntentCommand };

export async function alongside(
  deps: Dependencies,
  given: Given,
  occasion: Occasion,
): Promise<Result<Required<Pick<Change, 'intents' | 'suspense'>>, Refusal>> {
  const suspense = await suspenseOf(deps, given, occasion);
  return suspense.ok
    ? accept({ intents: await originalOf(deps, given, occasion), suspense: suspense.value })
    : suspense;
}

// --- The intent whose money comes back -------------------------------------------------------------------------------

/** Ends that free what had been set aside to be sent back; a returned one may be taken up again. */
const isGivenUp = (intent: PaymentIntent): boolean => ['rejected', 'canceled', 'expired'].includes(intent.status);

async function originalOf(
  deps: Dependencies,
  { before, after }: Given,
  occasion: Occasion,
): Promise<readonly IntentChange[]> {
  const hasEnded = isEnded(after.status) && !isEnded(before.status);
  if (after.sendsBackId === null || !hasEnded || !(after.status === 'received' || isGivenUp(after))) {
    return [];
  }
  const original = await deps.store.intent(after.sendsBackId);
  if (original === undefined) {
    throw new Error(`The intent whose money ${after.id} sends back is gone.`);
  }
  const arrived = after.receipts.reduce((sum, receipt) => sum + receipt.cost, 0);
  const draft =
    after.status === 'received'
      ? decideReversal(original.intent, after.id, arrived, after.amount.amount)
      : decideSendBackClosed(after.id, after.amount.amount);
  const sealed = sealIntent(
    deps,
    { id: original.intent.id, before: original },
    [draft],
    asSeenFromTheOriginal(occasion),
  );
  return [{ before: original.intent, ...sealed }];
}

/** The payer of one is the payee of the other, and so are their hosts and teams. */
function asSeenFromTheOriginal(occasion: Occasion): Occasion {
  const { userId, capacity } = occasion.actor;
  const swapped = capacity.replace(/@(payer|payee)/, (_, side) => (side === 'payer' ? '@payee' : '@payer'));
  return { ...occasion, actor: { userId, capacity: swapped } };
}

// --- Suspense --------------------------------------------------------------------------------------------------------

async function suspenseOf(
  deps: Dependencies,
  { after, command }: Given,
  occasion: Occasion,
): Promise<Result<readonly SuspenseChange[], Refusal>> {
  if (command.name !== 'confirmReceipt') {
    return accept([]);
  }
  const excess = after.receipts.at(-1)?.excess;
  const setAside = excess?.to === 'suspense' ? excess.amount : 0;
  if (command.fromSuspense !== null) {
    return takenFrom(deps, command.fromSuspense, after, command.amount, setAside, occasion);
  }
  return accept(
    setAside === 0 ? [] : [newRecord(deps, after, { ...command.amount, amount: setAside }, command, occasion)],
  );
}

/** The part of a record that the intent accounts for is attached; what is over stays on it. */
async function takenFrom(
  deps: Dependencies,
  suspenseId: string,
  intent: PaymentIntent,
  { amount, currency }: { readonly amount: number; readonly currency: string },
  over: number,
  occasion: Occasion,
): Promise<Result<readonly SuspenseChange[], Refusal>> {
  const before = await deps.store.suspense(intent.payee.hostId ?? '', suspenseId);
  const problem = (pointer: string, detail: string) =>
    refuse({ code: 'validation-failed', errors: [{ pointer, detail }] } as const);
  if (before === undefined) {
    return problem('/fromSuspense', 'Your host has no such suspense record.');
  }
  const { record } = before;
  if (record.amount.currency !== currency || amount > record.remaining) {
    return problem('/amount', `The suspense record holds ${record.remaining} ${record.amount.currency}.`);
  }
  const draft = {
    data: { type: 'attached_to_intent', intentId: intent.id, amount: amount - over },
    postings: [],
  } as const;
  return accept([{ before: record, ...sealSuspense(deps, { id: record.id, before }, draft, occasion) }]);
}

/** What arrived above what was due, as a record of its own; the intent's receipt has posted it. */
function newRecord(
  deps: Dependencies,
  intent: PaymentIntent,
  amount: { readonly amount: number; readonly currency: string },
  { date, reference }: { readonly date: string; readonly reference: string | null },
  occasion: Occasion,
): SuspenseChange {
  const id = deps.ids.next('sus', occasion.at);
  const record = {
    id,
    hostId: intent.payee.hostId ?? '',
    amount,
    date,
    reference,
    payerName: intent.payer.accountName,
    note: `More than was due arrived for ${intent.id}.`,
    createdAt: occasion.at,
  };
  const draft = { data: { type: 'recorded', record }, postings: [] } as const;
  return { before: null, ...sealSuspense(deps, { id, before: null }, draft, occasion) };
}
