/** Every line of the table of semantics §3, with the postings written out by hand. */
import { expect, test } from '@jest/globals';
import {
  acceptShort,
  approve,
  approved,
  assumeReceived,
  cancel,
  confirmReceipt,
  continued,
  daysLater,
  edit,
  expire,
  fail,
  type History,
  markReturned,
  markSent,
  money,
  parties,
  postedBy,
  redraft,
  reject,
  reportNotReceived,
  type Step,
  sent,
  settle,
  sorted,
  submitted,
  usd,
  writeOff,
} from '../support/pure-intent.ts';

const eur = (amount: number) => money(amount, 'EUR');
const traced = (history: History): History => continued(history, ['financeB', reportNotReceived]);
const partly = (amount: number): History => continued(sent(), ['financeB', confirmReceipt(usd(amount))]);
/** 860 EUR instructed, at most 1000 USD to leave. */
const inEuro = { amount: eur(860), costLimit: usd(1000) };
const proposed = (history: History, bearer: 'payer' | 'payer_host'): History =>
  continued(traced(history), ['financeA', writeOff(bearer)]);

type Line = readonly [says: string, history: () => History, step: Step, posted: readonly string[]];

const lines: readonly Line[] = [
  [
    'L1: approval sets the amount aside',
    () => submitted(),
    ['financeA', approve],
    ['A/a available -1000 USD', 'A/a reserved 1000 USD'],
  ],
  [
    'L1: approval of an amount in another currency sets the cost limit aside',
    () => submitted(inEuro),
    ['financeA', approve],
    ['A/a available -1000 USD', 'A/a reserved 1000 USD'],
  ],
  [
    'L1: approval of money from outside sets nothing aside',
    () => submitted({ payer: parties.organisation, author: 'organisationAdmin' }),
    ['financeB', approve],
    [],
  ],
  [
    'L1′: cancellation gives back what was set aside',
    () => approved(),
    ['collectiveAdminA', cancel],
    ['A/a available 1000 USD', 'A/a reserved -1000 USD'],
  ],
  ['L1′: a cancellation before approval moves nothing', () => submitted(), ['collectiveAdminA', cancel], []],
  ['L1′: a rejection moves nothing', () => submitted(), ['financeA', reject], []],
  [
    'L1′: an edit gives back what was set aside',
    () => approved(),
    ['collectiveAdminA', edit({ amount: usd(1200) })],
    ['A/a available 1000 USD', 'A/a reserved -1000 USD'],
  ],
  [
    'L1′: expiry gives back what was set aside',
    () => approved({ deadlineAt: daysLater(1) }),
    ['clock', expire, daysLater(1)],
    ['A/a available 1000 USD', 'A/a reserved -1000 USD'],
  ],
  [
    'L1′: a failure of the rail gives back what was set aside',
    () => approved(),
    ['system', fail],
    ['A/a available 1000 USD', 'A/a reserved -1000 USD'],
  ],
  [
    'L2: the payer’s balance bears the fee of sending',
    () => approved(),
    ['financeA', markSent(usd(1000), { fee: 5 })],
    [
      'A/a available -5 USD',
      'A/a bank -1005 USD',
      'A/a reserved -1000 USD',
      'network from/A 1000 USD',
      'network transit/pi_1 1000 USD',
    ],
  ],
  [
    'L2: the payer’s host bears the fee of sending',
    () => approved(),
    ['financeA', markSent(usd(1000), { fee: 5, feeBearer: 'payer_host' })],
    [
      'A/a bank -1005 USD',
      'A/a costs:transfer 5 USD',
      'A/a reserved -1000 USD',
      'network from/A 1000 USD',
      'network transit/pi_1 1000 USD',
    ],
  ],
  [
    'L2: sending less than was set aside gives the rest back',
    () => approved(inEuro),
    ['financeA', markSent(usd(990), { fee: 5 })],
    [
      'A/a available 5 USD',
      'A/a bank -995 USD',
      'A/a reserved -1000 USD',
      'network from/A 990 USD',
      'network transit/pi_1 990 USD',
    ],
  ],
  [
    'L3: a receipt of part credits that part',
    () => sent(),
    ['financeB', confirmReceipt(usd(600))],
    ['B/b available 600 USD', 'B/b bank 600 USD', 'network to/B 600 USD', 'network transit/pi_1 -600 USD'],
  ],
  [
    'L3: the closing receipt credits the rest',
    () => partly(600),
    ['financeB', confirmReceipt(usd(400))],
    ['B/b available 400 USD', 'B/b bank 400 USD', 'network to/B 400 USD', 'network transit/pi_1 -400 USD'],
  ],
  [
    'L3 fx: what arrives in another currency is credited as it arrived, and the network stays at cost',
    () => sent(inEuro),
    ['financeB', confirmReceipt(eur(860))],
    ['B/b available 860 EUR', 'B/b bank 860 EUR', 'network to/B 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'L3 fx: without an expected amount, all of it in another currency is credited when it is said to be final',
    () => sent(),
    ['financeB', confirmReceipt(eur(860), { final: true })],
    ['B/b available 860 EUR', 'B/b bank 860 EUR', 'network to/B 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'L3 part fx: half of what is expected costs half of what was sent',
    () => sent(inEuro),
    ['financeB', confirmReceipt(eur(430))],
    ['B/b available 430 EUR', 'B/b bank 430 EUR', 'network to/B 500 USD', 'network transit/pi_1 -500 USD'],
  ],
  [
    'L3 part fx: the closing receipt takes what is left at cost',
    () => continued(sent(inEuro), ['financeB', confirmReceipt(eur(430))]),
    ['financeB', confirmReceipt(eur(425), { final: true })],
    ['B/b available 425 EUR', 'B/b bank 425 EUR', 'network to/B 500 USD', 'network transit/pi_1 -500 USD'],
  ],
  [
    'L3 part fx: a share that does not divide is rounded down, and the closing receipt takes the rounding',
    () => continued(sent(inEuro), ['financeB', confirmReceipt(eur(287))]),
    ['financeB', confirmReceipt(eur(573))],
    ['B/b available 573 EUR', 'B/b bank 573 EUR', 'network to/B 667 USD', 'network transit/pi_1 -667 USD'],
  ],
  [
    'L3 fee: the receiving host keeps its fee',
    () => sent({}, { receivingFeeBasisPoints: 300 }),
    ['financeB', confirmReceipt(usd(1000))],
    [
      'B/b available 970 USD',
      'B/b bank 1000 USD',
      'B/b fees:host 30 USD',
      'network to/B 1000 USD',
      'network transit/pi_1 -1000 USD',
    ],
  ],
  [
    'L3: money from outside is credited without a network',
    () => approved({ payer: parties.organisation, author: 'organisationAdmin' }),
    ['financeB', confirmReceipt(usd(1000))],
    ['B/b available 1000 USD', 'B/b bank 1000 USD'],
  ],
  [
    'L3: a payee outside is credited in no book',
    () => sent({ payee: parties.person }),
    ['person', confirmReceipt(usd(1000))],
    ['network to/person 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'L3: a receipt that is assumed for a payee outside is credited in no book',
    () => sent({ payee: parties.person }),
    ['clock', assumeReceived, daysLater(8)],
    ['network to/person 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'L3: what is over is set aside',
    () => sent(),
    ['financeB', confirmReceipt(usd(1100), { overReceipt: 'suspense' })],
    [
      'B/B suspense 100 USD',
      'B/b available 1000 USD',
      'B/b bank 1100 USD',
      'network to/B 1000 USD',
      'network transit/pi_1 -1000 USD',
    ],
  ],
  [
    'L3: what is over is credited, if so decided',
    () => sent(),
    ['financeB', confirmReceipt(usd(1100), { overReceipt: 'payee' })],
    ['B/b available 1100 USD', 'B/b bank 1100 USD', 'network to/B 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'L3: the fee is not taken of what is set aside',
    () => sent({}, { receivingFeeBasisPoints: 1000 }),
    ['financeB', confirmReceipt(usd(1100), { overReceipt: 'suspense' })],
    [
      'B/B suspense 100 USD',
      'B/b available 900 USD',
      'B/b bank 1100 USD',
      'B/b fees:host 100 USD',
      'network to/B 1000 USD',
      'network transit/pi_1 -1000 USD',
    ],
  ],
  [
    'L3: a receipt before the claim takes the transit below zero',
    () => approved(),
    ['financeB', confirmReceipt(usd(400))],
    ['B/b available 400 USD', 'B/b bank 400 USD', 'network to/B 400 USD', 'network transit/pi_1 -400 USD'],
  ],
  [
    'L2: a claim after a receipt brings the transit to what is still on its way',
    () => continued(approved(), ['financeB', confirmReceipt(usd(400))]),
    ['financeA', markSent()],
    ['A/a bank -1000 USD', 'A/a reserved -1000 USD', 'network from/A 1000 USD', 'network transit/pi_1 1000 USD'],
  ],
  [
    'L4: the payee bears what is short',
    () => partly(985),
    ['financeB', acceptShort('payee')],
    ['network lost:intermediary/pi_1 15 USD', 'network transit/pi_1 -15 USD'],
  ],
  [
    'L4: the payee’s host bears what is short',
    () => partly(985),
    ['financeB', acceptShort('payee_host')],
    [
      'B/b available 15 USD',
      'B/b costs:transfer 15 USD',
      'network lost:intermediary/pi_1 15 USD',
      'network transit/pi_1 -15 USD',
    ],
  ],
  [
    'L5: it came back and the payer bears the fee that was lost',
    () => sent(),
    ['financeA', markReturned(960, 40, 'payer')],
    [
      'A/a available 960 USD',
      'A/a bank 960 USD',
      'network back/A 960 USD',
      'network lost:intermediary/pi_1 40 USD',
      'network transit/pi_1 -1000 USD',
    ],
  ],
  [
    'L5: it came back and the payer’s host bears the fee that was lost',
    () => sent(),
    ['financeA', markReturned(960, 40, 'payer_host')],
    [
      'A/a available 1000 USD',
      'A/a bank 960 USD',
      'A/a costs:transfer 40 USD',
      'network back/A 960 USD',
      'network lost:intermediary/pi_1 40 USD',
      'network transit/pi_1 -1000 USD',
    ],
  ],
  [
    'L5: the rest came back after part had arrived',
    () => partly(600),
    ['financeA', markReturned(400)],
    ['A/a available 400 USD', 'A/a bank 400 USD', 'network back/A 400 USD', 'network transit/pi_1 -400 USD'],
  ],
  ['L7: the first of two people writes nothing off', () => traced(sent()), ['financeA', writeOff()], []],
  [
    'L7: it is written off and the payer bears it',
    () => proposed(sent(), 'payer'),
    ['financeB', writeOff()],
    ['network lost:writeoff/pi_1 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'L7: it is written off and the payer’s host bears it',
    () => proposed(sent(), 'payer_host'),
    ['financeB', writeOff('payer_host')],
    [
      'A/a available 1000 USD',
      'A/a costs:loss 1000 USD',
      'network lost:writeoff/pi_1 1000 USD',
      'network transit/pi_1 -1000 USD',
    ],
  ],
  [
    'L7: what is missing after part had arrived is written off',
    () => proposed(partly(600), 'payer'),
    ['financeB', writeOff()],
    ['network lost:writeoff/pi_1 400 USD', 'network transit/pi_1 -400 USD'],
  ],
  [
    'L8: within one host it moves in one step',
    () => approved({ payee: parties.a2 }),
    ['financeA', settle],
    ['A/a reserved -1000 USD', 'A/a2 available 1000 USD'],
  ],
  [
    'L8: the host itself is paid like any account',
    () => approved({ payee: parties.hostA }),
    ['financeA', settle],
    ['A/A available 1000 USD', 'A/a reserved -1000 USD'],
  ],
  [
    'S2: money that was in suspense is credited without coming into the bank again',
    () => sent(),
    ['financeB', confirmReceipt(usd(1000), { fromSuspense: 'sus_1' })],
    ['B/B suspense -1000 USD', 'B/b available 1000 USD', 'network to/B 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'S2: what is over of money that was in suspense stays there',
    () => sent(),
    ['financeB', confirmReceipt(usd(1100), { fromSuspense: 'sus_1', overReceipt: 'suspense' })],
    ['B/B suspense -1000 USD', 'B/b available 1000 USD', 'network to/B 1000 USD', 'network transit/pi_1 -1000 USD'],
  ],
  [
    'L1: an intent that came back is set aside again when it is redrafted as it was',
    () => continued(sent(), ['financeA', markReturned(1000)]),
    ['financeA', redraft()],
    ['A/a available -1000 USD', 'A/a reserved 1000 USD'],
  ],
  [
    'L1: an intent that came back and is redrafted with other content waits for approval',
    () => continued(sent(), ['financeA', markReturned(1000)]),
    ['financeA', redraft({ amount: usd(900) })],
    [],
  ],
];

test.each(lines)('%s', (_says, history, step, posted) => {
  expect(postedBy(history(), ...step)).toEqual(sorted(posted));
});

test('the first share that does not divide is rounded down', () => {
  expect(postedBy(sent(inEuro), 'financeB', confirmReceipt(eur(287)))).toContain('network to/B 333 USD');
});

test('settling within one host writes two events and one entry', () => {
  const { events } = continued(approved({ payee: parties.a2 }), ['financeA', settle]);
  expect(events.slice(-2).map(({ data, postings }) => [data.type, postings.length])).toEqual([
    ['sent', 0],
    ['receipt_confirmed', 2],
  ]);
});
