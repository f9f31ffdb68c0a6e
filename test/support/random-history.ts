/** Random histories of one intent on the pure core: mostly possible commands by people who may, and some that may not. */
import fc from 'fast-check';
import { allowedBy, type Capacity } from '../../shared/domain/authorisation.ts';
import type { IntentCommand } from '../../shared/domain/decide.ts';
import {
  type Command,
  commandNames,
  fromStatuses,
  type Transition,
  transitions,
} from '../../shared/domain/lifecycle.ts';
import type { PaymentIntent } from '../../shared/domain/payment-intent.ts';
import {
  acceptShort,
  approve,
  assumeReceived,
  type Beginning,
  becomeLate,
  begun,
  cancel,
  confirmReceipt,
  contextOf,
  daysLater,
  edit,
  expire,
  fail,
  type History,
  liftHold,
  markReturned,
  markSent,
  memberships,
  money,
  now,
  oneReviewer,
  parties,
  placeHold,
  redraft,
  reject,
  reportNotReceived,
  type Step,
  sendBack,
  settle,
  submit,
  tried,
  twoReviewers,
  usd,
  type Who,
  writeOff,
} from './pure-intent.ts';

const beginnings: readonly Beginning[] = [
  {},
  { deadlineAt: daysLater(3) },
  { amount: money(860, 'EUR'), costLimit: usd(1000) },
  { amount: money(100_000, 'JPY'), costLimit: money(1000, 'KWD'), fixedSide: 'received' },
  { payee: parties.a2 },
  { payee: parties.hostA },
  { payee: parties.person },
  { payer: parties.organisation, author: 'organisationAdmin' },
  { payer: parties.organisation, side: 'payee', author: 'hostAdminB' },
  { side: 'payee', author: 'collectiveAdminB' },
];

const everybody: readonly Who[] = [...(Object.keys(memberships) as (keyof typeof memberships)[]), 'clock', 'system'];

/** Numbers that become a command only when the state is known. */
type Choice = {
  readonly anyCommand: boolean;
  readonly anybody: boolean;
  readonly command: number;
  readonly who: number;
  readonly share: number;
  readonly variant: number;
  readonly days: number;
};

const choice = fc.record<Choice>({
  anyCommand: fc.nat(9).map((number) => number === 0),
  anybody: fc.nat(9).map((number) => number === 0),
  command: fc.nat(1000),
  who: fc.nat(1000),
  share: fc.nat(12),
  variant: fc.nat(23),
  days: fc.nat(6),
});

const from = <Value>(values: readonly Value[], number: number): Value => {
  const value = values[number % values.length];
  if (value === undefined) {
    throw new Error('Nothing to choose from.');
  }
  return value;
};

/** What has mostly to happen next, so that many histories reach money that moves. */
function commandsToTry(intent: PaymentIntent): readonly Command[] {
  const possible = commandNames.filter((command) => fromStatuses(command).includes(intent.status));
  const forward: readonly Command[] = ['submit', 'approve', 'markSent', 'settle', 'confirmReceipt'];
  const rare: readonly Command[] = ['reportNotReceived', 'writeOff', 'writeOff', 'writeOff'];
  const more = [...forward, ...forward, ...rare].filter((command) => possible.includes(command));
  return [...possible, ...more];
}

function whoMay(intent: PaymentIntent, command: Command): readonly Who[] {
  const row: Transition = transitions[command];
  return everybody.filter((who) => {
    const held: readonly (Capacity | 'clock' | 'system')[] = contextOf(intent, who).held;
    return allowedBy<string>(row.by, held) !== undefined;
  });
}

/** An amount around a sum: none, parts, all, and more than all. */
const partOf = (sum: number, share: number): number => Math.max(0, Math.floor((sum * share) / 10));

function commandOf(intent: PaymentIntent, name: Command, { share, variant }: Choice): IntentCommand {
  const cost = intent.reserved ?? intent.costLimit ?? intent.amount;
  const transit = intent.network?.transit ?? 0;
  const isVaried = variant % 2 === 1;
  switch (name) {
    case 'edit':
      return edit(
        from(
          [
            { amount: money(700 + share, intent.amount.currency) },
            { purpose: 'Another' },
            { deadlineAt: daysLater(60) },
          ],
          variant,
        ),
      );
    case 'redraft':
      return redraft(
        from([{}, { deadlineAt: daysLater(90) }, { amount: money(900, intent.amount.currency) }], variant),
      );
    case 'submit':
      return submit({
        policy: from([oneReviewer, oneReviewer, twoReviewers], variant),
        receivingFeeBasisPoints: from([0, 250, 3333], share),
      });
    case 'approve':
      return approve;
    case 'reject':
      return reject;
    case 'cancel':
      return cancel;
    case 'expire':
      return expire;
    case 'fail':
      return fail;
    case 'markSent':
      return markSent(money(partOf(cost.amount, from([10, 10, 10, share], variant)), cost.currency), {
        fee: variant % 5,
        feeBearer: isVaried ? 'payer' : 'payer_host',
        reference: variant === 0 ? null : 'REF-1',
      });
    case 'settle':
      return settle;
    case 'confirmReceipt': {
      const expected = intent.expectation?.amount ?? intent.amount;
      const isInCurrencyOfCost = variant % 3 !== 0;
      const sum = isInCurrencyOfCost ? (transit > 0 ? transit : cost.amount) : expected.amount;
      const currency = isInCurrencyOfCost ? (intent.network?.currency ?? cost.currency) : expected.currency;
      return confirmReceipt(money(Math.max(1, partOf(sum, share)), currency), {
        final: variant % 7 === 0,
        overReceipt: from([null, 'suspense', 'payee'] as const, variant),
        fromSuspense: variant === 5 ? 'sus_1' : null,
      });
    }
    case 'acceptShort':
      return acceptShort(isVaried ? 'payee' : 'payee_host');
    case 'reportNotReceived':
      return reportNotReceived;
    case 'markReturned': {
      const amount = partOf(transit, Math.min(share, 10));
      return markReturned(amount, transit - amount + (variant === 0 ? 1 : 0), isVaried ? 'payer' : 'payer_host');
    }
    case 'becomeLate':
      return becomeLate;
    case 'assumeReceived':
      return assumeReceived;
    case 'writeOff':
      return writeOff(isVaried ? 'payer' : 'payer_host');
    case 'sendBack':
      return sendBack(partOf(1000, share));
    case 'placeHold':
      return placeHold;
    case 'liftHold':
      return liftHold;
  }
}

function stepOf(intent: PaymentIntent, given: Choice, at: string): Step {
  const likely = commandsToTry(intent);
  const name = from(given.anyCommand || likely.length === 0 ? commandNames : likely, given.command);
  const allowed = whoMay(intent, name);
  const who = from(given.anybody || allowed.length === 0 ? everybody : allowed, given.who);
  return [who, commandOf(intent, name, given), at];
}

export type RandomHistory = {
  readonly history: History;
  /** The intent before each command that was tried, with what came of it. */
  readonly tried: readonly { readonly before: PaymentIntent; readonly step: Step; readonly refused: string | null }[];
};

/** A beginning and commands one after another; time goes on by some days between them. */
export const randomHistory = fc
  .tuple(fc.constantFrom(...beginnings), fc.array(choice, { minLength: 1, maxLength: 18, size: 'max' }))
  .map(([beginning, choices]): RandomHistory => {
    const steps: { before: PaymentIntent; step: Step; refused: string | null }[] = [];
    let at = now;
    let history = begun(beginning);
    for (const given of choices) {
      at = daysLater(given.days, at);
      const step = stepOf(history.intent, given, at);
      const next = tried(history, step);
      steps.push({ before: history.intent, step, refused: 'refusal' in next ? next.refusal.code : null });
      history = 'refusal' in next ? history : next;
    }
    return { history, tried: steps };
  });
