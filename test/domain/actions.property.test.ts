/** What is offered to somebody is what is accepted from them: over random histories, and in the states where it matters. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actionsFor } from '../../shared/domain/actions.ts';
import { capacitiesForIntent } from '../../shared/domain/authorisation.ts';
import { decide, type IntentCommand } from '../../shared/domain/decide.ts';
import { type Command, commandNames } from '../../shared/domain/lifecycle.ts';
import type { PaymentIntent } from '../../shared/domain/payment-intent.ts';
import {
  acceptShort,
  approve,
  approved,
  begun,
  callerOf,
  cancel,
  confirmReceipt,
  contextOf,
  continued,
  edit,
  type History,
  markReturned,
  markSent,
  memberships,
  money,
  oneReviewer,
  parties,
  placeHold,
  redraft,
  reject,
  reportNotReceived,
  sendBack,
  sent,
  settle,
  submit,
  submitted,
  twoReviewers,
  usd,
  writeOff,
} from '../support/pure-intent.ts';
import { randomHistory } from '../support/random-history.ts';

type Person = keyof typeof memberships;
const people = Object.keys(memberships) as readonly Person[];

const offered = (intent: PaymentIntent, who: Person): readonly Command[] =>
  actionsFor(intent, { userId: who, held: capacitiesForIntent(callerOf(who), intent) });

/** Everything that somebody could sensibly send for a command in this state. */
const inputs: Record<Command, (intent: PaymentIntent) => readonly IntentCommand[]> = {
  edit: ({ amount }) => [edit({ purpose: 'Another' }), edit({ amount: { ...amount, amount: amount.amount + 1 } })],
  submit: () => [submit({ policy: oneReviewer }), submit({ policy: twoReviewers })],
  approve: ({ revision }) => [approve, { name: 'approve', revision }],
  reject: () => [reject],
  cancel: () => [cancel],
  markSent: ({ reserved, amount, network }) =>
    [reserved?.amount ?? amount.amount, network?.received ?? 1].map((sum) =>
      markSent(money(sum, reserved?.currency ?? amount.currency)),
    ),
  settle: () => [settle],
  confirmReceipt: ({ network, amount, costLimit }) =>
    [network?.currency, amount.currency, costLimit?.currency, 'CHF'].flatMap((currency = 'USD') =>
      [1, network?.transit ?? amount.amount, amount.amount, 1_000_000].flatMap((sum) =>
        [true, false].map((final) =>
          confirmReceipt(money(Math.max(1, sum), currency), { final, overReceipt: 'payee' }),
        ),
      ),
    ),
  acceptShort: () => [acceptShort('payee'), acceptShort('payee_host')],
  reportNotReceived: () => [reportNotReceived],
  markReturned: ({ network }) => [0, 1].map((lost) => markReturned((network?.transit ?? 1) - lost, lost)),
  writeOff: () => [writeOff('payer'), writeOff('payer_host')],
  sendBack: ({ receipts }) => [1, receipts[0]?.amount.amount ?? 1].map((sum) => sendBack(sum)),
  redraft: ({ amount }) => [redraft(), redraft({ purpose: 'Another' }), redraft({ amount })],
  placeHold: () => [placeHold],
  liftHold: ({ holds }) => ['hold_1', ...holds.map(({ id }) => id)].map((holdId) => ({ name: 'liftHold', holdId })),
  expire: () => [],
  fail: () => [],
  becomeLate: () => [],
  assumeReceived: () => [],
};

const accepted = (intent: PaymentIntent, who: Person): readonly Command[] =>
  commandNames.filter((name) =>
    inputs[name](intent).some((command) => decide(intent, command, contextOf(intent, who)).ok),
  );

test('what is offered is accepted with suitable input, and what is not offered is refused, whoever asks', () => {
  fc.assert(
    fc.property(randomHistory, fc.constantFrom(...people), ({ history, tried }, who) => {
      for (const intent of [...tried.map(({ before }) => before), history.intent]) {
        expect({ status: intent.status, who, actions: offered(intent, who) }).toEqual({
          status: intent.status,
          who,
          actions: accepted(intent, who),
        });
      }
    }),
    { numRuns: 1000 },
  );
});

test('whatever was accepted from a person had been offered to them', () => {
  fc.assert(
    fc.property(randomHistory, ({ tried }) => {
      for (const { before, step, refused } of tried) {
        const [who, command] = step;
        const isPossible = command.name !== 'sendBack' || command.amount > 0;
        if (refused === null && who !== 'clock' && who !== 'system' && isPossible) {
          expect(offered(before, who)).toContain(command.name);
        }
      }
    }),
    { numRuns: 1000 },
  );
});

describe('in the states where it matters', () => {
  const half = (history: History): History => continued(history, ['financeB', confirmReceipt(usd(500))]);
  const receiving = ['confirmReceipt', 'reportNotReceived'] as const;
  const cases: readonly (readonly [string, History, Person, readonly Command[]])[] = [
    ['a draft lacks its destination', begun({ destination: null }), 'collectiveAdminA', ['edit', 'cancel']],
    ['the author would review it', submitted({ author: 'hostAdminA' }), 'hostAdminA', ['edit', 'cancel', 'placeHold']],
    ['a reviewer reads it', submitted(), 'financeA', ['approve', 'reject', 'placeHold']],
    [
      'the last approval waits for a hold',
      continued(submitted(), ['hostAdminA', placeHold]),
      'financeA',
      ['reject', 'liftHold'],
    ],
    [
      'one of two has approved',
      continued(submitted({}, { policy: twoReviewers }), ['financeA', approve]),
      'financeA',
      ['reject', 'placeHold'],
    ],
    ['it goes to another host', approved(), 'financeA', ['cancel', 'markSent', 'placeHold']],
    ['it stays in the host', approved({ payee: parties.a2 }), 'financeA', ['cancel', 'settle', 'placeHold']],
    ['it is held', continued(approved(), ['hostAdminA', placeHold]), 'financeA', ['cancel', 'liftHold']],
    ['money arrived before the claim', half(approved()), 'financeA', ['markSent', 'placeHold']],
    ['nothing has arrived', sent(), 'financeB', receiving],
    ['nothing has arrived, for the sender', sent(), 'financeA', ['markReturned']],
    ['half has arrived', half(sent()), 'financeB', ['confirmReceipt', 'acceptShort', 'reportNotReceived']],
    [
      'it is being looked for',
      continued(sent(), ['financeB', reportNotReceived]),
      'financeB',
      ['confirmReceipt', 'writeOff'],
    ],
    ['a collective’s admin looks on', sent(), 'collectiveAdminB', []],
    ['all has arrived', continued(sent(), ['financeB', confirmReceipt()]), 'financeB', ['sendBack']],
    [
      'all of it is on its way back',
      continued(sent(), ['financeB', confirmReceipt()], ['financeB', sendBack(1000)]),
      'financeB',
      [],
    ],
    ['it came back', continued(sent(), ['financeA', markReturned(1000)]), 'financeA', ['redraft']],
    ['a stranger asks', sent(), 'stranger', []],
  ];

  test.each(cases)('%s', (_when, { intent }, who, actions) => {
    expect(new Set(offered(intent, who))).toEqual(new Set(actions));
  });
});
