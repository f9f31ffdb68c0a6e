/** The rules of semantics §2 that the lifecycle table alone does not say. */
import { describe, expect, test } from '@jest/globals';
import { apply } from '../../shared/domain/apply.ts';
import { creditedAmount, decideReversal, type IntentCommand } from '../../shared/domain/decide.ts';
import type { ApprovalPolicy } from '../../shared/domain/payment-intent.ts';
import {
  acceptShort,
  approve,
  approved,
  assumeReceived,
  becomeLate,
  begun,
  cancel,
  confirmReceipt,
  continued,
  creation,
  daysLater,
  edit,
  expire,
  fail,
  type History,
  liftHold,
  markReturned,
  markSent,
  money,
  now,
  parties,
  placeHold,
  redraft,
  refusalOf,
  reject,
  reportNotReceived,
  sendBack,
  sent,
  settle,
  submit,
  submitted,
  twoReviewers,
  usd,
  type Who,
  writeOff,
} from '../support/pure-intent.ts';

const eur = (amount: number) => money(amount, 'EUR');
const outsidePayer = { payer: parties.organisation, author: 'organisationAdmin' } as const;
const codeOf = (history: History, who: Who, command: IntentCommand, at: string = now): string | undefined =>
  refusalOf(history, who, command, at)?.code;
const partly = (amount = 600): History => continued(sent(), ['financeB', confirmReceipt(usd(amount))]);
const traced = (history: History = sent()): History => continued(history, ['financeB', reportNotReceived]);

describe('create', () => {
  test('an intent begins as a draft with nothing set aside', () => {
    expect(begun().intent).toMatchObject({ status: 'draft', version: 1, revision: 1, reserved: null, network: null });
  });

  test.each([
    ['the payer and the payee are the same account', { payee: parties.a }, '/payeeAccountId'],
    ['a cost limit is in the currency of the amount', { costLimit: usd(1) }, '/costLimit/currency'],
    ['no host holds either side', { payer: parties.organisation, payee: parties.person }, '/payerAccountId'],
  ])('it is refused when %s', (_why, given, pointer) => {
    expect(creation(given)).toMatchObject({ refusal: { code: 'validation-failed', errors: [{ pointer }] } });
  });
});

describe('submit', () => {
  test('the policy, the fee and the time zone are copied', () => {
    const given = { policy: twoReviewers, receivingFeeBasisPoints: 250, receivingTimeZone: 'Asia/Tokyo' };
    const { name: _name, ...copied } = submit(given) as Extract<IntentCommand, { name: 'submit' }>;
    expect(submitted({}, given).intent).toMatchObject({ status: 'pending_approval', ...copied });
  });

  test('a transfer between hosts without a destination is not complete', () => {
    expect(refusalOf(begun({ destination: null }), 'collectiveAdminA', submit())).toMatchObject({
      code: 'incomplete',
      errors: [{ pointer: '/destination' }],
    });
  });

  test.each(['paypal', 'other'] as const)('a transfer between hosts by %s is refused', (method) => {
    const destination = { method, label: 'somewhere' };
    expect(codeOf(begun({ destination }), 'collectiveAdminA', submit())).toBe('bank-rail-required');
  });

  test.each([parties.a2, parties.person])('a destination is not needed for $accountName', (payee) => {
    expect(submitted({ payee, destination: null }).intent.status).toBe('pending_approval');
  });

  test('within one host there is no cost limit', () => {
    const given = { payee: parties.a2, costLimit: eur(900) };
    expect(refusalOf(begun(given), 'collectiveAdminA', submit())).toMatchObject({
      code: 'incomplete',
      errors: [{ pointer: '/costLimit' }],
    });
  });

  test('only the author submits', () => {
    expect(codeOf(begun(), 'collectiveAdminA2', submit())).toBe('permission-denied');
    expect(codeOf(begun(), 'financeA', submit())).toBe('permission-denied');
  });
});

describe('edit', () => {
  const redirected: readonly (readonly [string, () => History])[] = [
    ['pending', () => submitted()],
    ['approved', () => approved()],
  ];
  test.each(redirected)('an amended %s request stays on the bank rail between hosts', (_state, history) => {
    const destination = { method: 'paypal', label: 'somewhere' } as const;
    expect(codeOf(history(), 'collectiveAdminA', edit({ destination }))).toBe('bank-rail-required');
    expect(codeOf(history(), 'collectiveAdminA', edit({ destination: null }))).toBe('incomplete');
  });

  test('an amended request within one host takes no cost limit', () => {
    const history = submitted({ payee: parties.a2 });
    expect(codeOf(history, 'collectiveAdminA', edit({ costLimit: eur(900) }))).toBe('incomplete');
  });

  test('a request that is amended to go to another host does not keep the fee of the first', () => {
    const history = submitted({}, { receivingFeeBasisPoints: 300 });
    const amended = continued(history, ['collectiveAdminA', edit({ payee: parties.hostC })]);
    expect(amended.intent.receivingFeeBasisPoints).not.toBe(300);
  });

  test('a request that is amended to go to somebody else is no promise to them before it is approved', () => {
    const amended = continued(approved(), ['collectiveAdminA', edit({ payee: parties.hostC })]);
    expect(amended.intent).toMatchObject({ status: 'pending_approval', approvedAt: null });
  });

  test('what it says is checked as at creation', () => {
    expect(codeOf(begun(), 'collectiveAdminA', edit({ payee: parties.a }))).toBe('validation-failed');
    expect(codeOf(begun(), 'collectiveAdminA', edit({ costLimit: usd(1) }))).toBe('validation-failed');
  });

  test('what a payee asked for stays with this payee', () => {
    const asked = begun({ side: 'payee', author: 'collectiveAdminB' });
    const fromOutside = submitted(outsidePayer);
    expect(codeOf(asked, 'collectiveAdminB', edit({ payee: parties.a2 }))).toBe('validation-failed');
    expect(codeOf(fromOutside, 'organisationAdmin', edit({ payee: parties.a }))).toBe('validation-failed');
    expect(codeOf(begun({ sendsBackId: 'pi_0' }), 'collectiveAdminA', edit({ payee: parties.a2 }))).toBe(
      'validation-failed',
    );
  });

  test('approvals given before an edit do not count after it', () => {
    const once = continued(submitted({}, { policy: twoReviewers }), ['financeA', approve]);
    const amended = continued(once, ['collectiveAdminA', edit({ amount: usd(2000) })]);
    expect(amended.intent).toMatchObject({ revision: 2, approvals: [] });
    const again = continued(amended, ['finance2A', approve]);
    expect(again.intent.status).toBe('pending_approval');
    expect(continued(again, ['financeA', approve]).intent).toMatchObject({ status: 'approved', reserved: usd(2000) });
  });

  test('an approval meant for an older revision is refused', () => {
    const amended = continued(submitted(), ['collectiveAdminA', edit({ amount: usd(2000) })]);
    expect(refusalOf(amended, 'financeA', { name: 'approve', revision: 1 })).toMatchObject({
      code: 'version-conflict',
      currentVersion: 3,
    });
    expect(continued(amended, ['financeA', { name: 'approve', revision: 2 }]).intent.status).toBe('approved');
  });

  test('nothing is amended once money has arrived', () => {
    const early = continued(approved(), ['financeB', confirmReceipt(usd(100))]);
    expect(codeOf(early, 'collectiveAdminA', edit({ amount: usd(100) }))).toBe('money-already-arrived');
  });

  test('an author who was taken off the team amends nothing', () => {
    const history = begun({ author: 'stranger' });
    expect(codeOf(history, 'stranger', edit({ amount: usd(1) }))).toBe('permission-denied');
  });
});

describe('approve and reject', () => {
  const twoSteps: ApprovalPolicy = {
    steps: [
      { name: 'the project', roles: ['collective_admin'], approvals: 1 },
      { name: 'the host', roles: ['host_admin', 'finance_lead'], approvals: 2 },
    ],
  };

  test('nobody decides on their own request', () => {
    const own = submitted({ author: 'financeA' });
    expect(codeOf(own, 'financeA', approve)).toBe('own-request');
    expect(codeOf(own, 'financeA', reject)).toBe('own-request');
    expect(continued(own, ['finance2A', approve]).intent.status).toBe('approved');
  });

  test('nobody counts twice in one step', () => {
    const once = continued(submitted({}, { policy: twoReviewers }), ['financeA', approve]);
    expect(once.intent.status).toBe('pending_approval');
    expect(codeOf(once, 'financeA', approve)).toBe('already-approved');
    expect(continued(once, ['hostAdminA', approve]).intent.status).toBe('approved');
  });

  test('the steps of a policy are decided in order, each by its own people', () => {
    const history = submitted({}, { policy: twoSteps });
    expect(codeOf(history, 'financeA', approve)).toBe('not-a-reviewer');
    expect(codeOf(history, 'financeA', reject)).toBe('not-a-reviewer');
    const first = continued(history, ['collectiveAdminA2', approve]);
    expect(codeOf(first, 'collectiveAdminA2', approve)).toBe('not-a-reviewer');
    const second = continued(first, ['financeA', approve]);
    expect(second.intent.status).toBe('pending_approval');
    expect(continued(second, ['hostAdminA', approve]).intent).toMatchObject({
      status: 'approved',
      approvals: [
        { step: 0, userId: 'collectiveAdminA2' },
        { step: 1, userId: 'financeA' },
        { step: 1, userId: 'hostAdminA' },
      ],
    });
  });

  test('the payee’s host decides only when the payer is outside', () => {
    expect(codeOf(submitted(), 'financeB', approve)).toBe('not-a-reviewer');
    expect(codeOf(submitted(), 'financeB', reject)).toBe('not-a-reviewer');
    expect(approved(outsidePayer).intent).toMatchObject({ status: 'approved', reserved: null });
  });

  test.each(['accountantA', 'stranger', 'platformAdmin', 'collectiveAdminB', 'clock'] as const)(
    '%s may not decide at all',
    (who) => {
      expect(codeOf(submitted(), who, approve)).toBe('permission-denied');
      expect(codeOf(submitted(), who, reject)).toBe('permission-denied');
    },
  );

  test('a rejection keeps its reason', () => {
    expect(continued(submitted(), ['financeA', reject]).intent).toMatchObject({
      status: 'rejected',
      reason: 'No budget',
    });
  });

  test('a hold stops the last approval, not the ones before', () => {
    const onHold = continued(submitted({}, { policy: twoReviewers }), ['hostAdminA', placeHold]);
    const once = continued(onHold, ['financeA', approve]);
    expect(codeOf(once, 'finance2A', approve)).toBe('on-hold');
    const lifted = continued(once, ['financeA', liftHold]);
    expect(continued(lifted, ['finance2A', approve]).intent.status).toBe('approved');
  });
});

describe('cancel and expire', () => {
  test.each(['collectiveAdminA', 'collectiveAdminA2'] as const)('%s withdraws what is not approved yet', (who) => {
    expect(continued(begun(), [who, cancel]).intent.status).toBe('canceled');
    expect(continued(submitted(), [who, cancel]).intent.status).toBe('canceled');
  });

  test('once approved it is withdrawn by its author or the payer’s host, not by other admins of the payer', () => {
    expect(codeOf(approved(), 'collectiveAdminA2', cancel)).toBe('permission-denied');
    for (const who of ['collectiveAdminA', 'financeA', 'hostAdminA'] as const) {
      expect(continued(approved(), [who, cancel]).intent).toMatchObject({ status: 'canceled', reserved: null });
    }
  });

  test('the payer’s host does not withdraw what its collective is still preparing', () => {
    expect(codeOf(begun(), 'financeA', cancel)).toBe('permission-denied');
    expect(codeOf(submitted(), 'financeA', cancel)).toBe('permission-denied');
  });

  test('nothing is withdrawn once money has arrived', () => {
    const early = continued(approved(), ['financeB', confirmReceipt(usd(100))]);
    expect(codeOf(early, 'collectiveAdminA', cancel)).toBe('money-already-arrived');
  });

  test.each([
    ['a moment before the deadline', -1, false],
    ['at the deadline', 0, true],
    ['after the deadline', 1, true],
  ])('%s it has expired: %p', (_when, milliseconds, isExpired) => {
    const deadlineAt = daysLater(2);
    const at = new Date(Date.parse(deadlineAt) + Number(milliseconds)).toISOString();
    const history = approved({ deadlineAt });
    expect(codeOf(history, 'clock', expire, at)).toBe(isExpired ? undefined : 'transition-not-allowed');
  });

  test('without a deadline nothing expires, and neither does what has arrived in part', () => {
    expect(codeOf(approved(), 'clock', expire, daysLater(999))).toBe('transition-not-allowed');
    const early = continued(approved({ deadlineAt: daysLater(1) }), ['financeB', confirmReceipt(usd(100))]);
    expect(early.intent.dueAt).toBeNull();
    expect(codeOf(early, 'clock', expire, daysLater(2))).toBe('transition-not-allowed');
  });

  test('what has arrived cannot have failed to leave', () => {
    const early = continued(approved(), ['financeB', confirmReceipt(usd(100))]);
    expect(codeOf(early, 'system', fail)).toBe('money-already-arrived');
  });

  test('people cannot do what the clock and the system do', () => {
    for (const who of ['financeA', 'hostAdminA', 'platformAdmin'] as const) {
      expect(codeOf(approved({ deadlineAt: daysLater(1) }), who, expire, daysLater(2))).toBe('permission-denied');
      expect(codeOf(approved(), who, fail)).toBe('permission-denied');
      expect(codeOf(sent(), who, becomeLate, daysLater(9))).toBe('permission-denied');
      expect(codeOf(sent({ payee: parties.person }), who, assumeReceived, daysLater(9))).toBe('permission-denied');
    }
  });
});

describe('mark sent', () => {
  test('the other host expects it, and the clock watches it', () => {
    expect(sent().intent).toMatchObject({
      status: 'sent',
      reserved: null,
      network: { currency: 'USD', sent: 1000, received: 0, returned: 0, lost: 0, transit: 1000 },
      expectation: { amount: usd(1000), status: 'open' },
      dueAt: daysLater(7),
      send: { reference: 'REF-1', by: 'financeA', at: now },
    });
  });

  test('an instructed amount in another currency is what the other host expects', () => {
    const inEuro = sent({ amount: eur(860), costLimit: usd(1000) });
    expect(inEuro.intent.expectation).toEqual({ amount: eur(860), status: 'open' });
    const said = continued(approved(), ['financeA', markSent(usd(1000), { expected: eur(850) })]);
    expect(said.intent.expectation).toEqual({ amount: eur(850), status: 'open' });
  });

  test('nobody expects it at a host when the payee is outside', () => {
    expect(sent({ payee: parties.person }).intent).toMatchObject({ status: 'sent', expectation: null });
  });

  test('between hosts it takes a reference, to somebody outside it does not', () => {
    const silent = markSent(usd(1000), { reference: null });
    expect(codeOf(approved(), 'financeA', silent)).toBe('reference-required');
    expect(continued(approved({ payee: parties.person }), ['financeA', silent]).intent.status).toBe('sent');
  });

  test('within one host it is settled instead', () => {
    expect(codeOf(approved({ payee: parties.a2 }), 'financeA', markSent())).toBe('same-host');
    expect(codeOf(approved(), 'financeA', settle)).toBe('different-hosts');
    expect(codeOf(approved({ payee: parties.a2 }), 'financeA', confirmReceipt())).toBe('same-host');
  });

  test('not more leaves than was approved, and in the currency that was', () => {
    expect(codeOf(approved(), 'financeA', markSent(usd(1001)))).toBe('amount-not-allowed');
    expect(codeOf(approved(), 'financeA', markSent(eur(1000)))).toBe('currency-mismatch');
    const inEuro = approved({ amount: eur(860), costLimit: usd(1000) });
    expect(codeOf(inEuro, 'financeA', markSent(eur(860)))).toBe('currency-mismatch');
  });

  test('a hold stops sending and settling', () => {
    const onHold = continued(approved(), ['financeA', placeHold]);
    expect(codeOf(onHold, 'financeA', markSent())).toBe('on-hold');
    const inside = continued(approved({ payee: parties.a2 }), ['financeA', placeHold]);
    expect(codeOf(inside, 'financeA', settle)).toBe('on-hold');
    expect(continued(continued(inside, ['financeA', liftHold]), ['financeA', settle]).intent.status).toBe('received');
  });

  test.each([
    'financeB',
    'hostAdminB',
    'collectiveAdminA',
    'collectiveAdminB',
    'platformAdmin',
    'accountantA',
  ] as const)('%s cannot claim that it was sent', (who) => {
    expect(codeOf(approved(), who, markSent())).toBe('permission-denied');
  });
});

describe('confirm receipt', () => {
  test.each(['financeA', 'hostAdminA', 'collectiveAdminA', 'platformAdmin', 'stranger', 'clock'] as const)(
    '%s cannot claim that it was received',
    (who) => {
      expect(codeOf(sent(), who, confirmReceipt())).toBe('permission-denied');
    },
  );

  test('a collective whose money a host holds does not confirm for its host', () => {
    expect(codeOf(sent(), 'collectiveAdminB', confirmReceipt())).toBe('permission-denied');
  });

  test('several receipts add up to one intent', () => {
    const whole = continued(sent(), ['financeB', confirmReceipt(usd(600))], ['hostAdminB', confirmReceipt(usd(400))]);
    expect(partly().intent).toMatchObject({
      status: 'partially_received',
      network: { transit: 400 },
      dueAt: daysLater(7),
    });
    expect(whole.intent).toMatchObject({
      status: 'received',
      network: { received: 1000, transit: 0 },
      expectation: { status: 'received' },
      dueAt: null,
    });
  });

  test('more than was sent takes a decision on what is over', () => {
    expect(refusalOf(partly(), 'financeB', confirmReceipt(usd(401)))).toMatchObject({
      code: 'over-receipt',
      remaining: 400,
    });
    const toPayee = continued(sent(), ['financeB', confirmReceipt(usd(1100), { overReceipt: 'payee' })]);
    expect(toPayee.intent).toMatchObject({
      status: 'received',
      network: { sent: 1000, received: 1000, transit: 0 },
      receipts: [{ amount: usd(1100), cost: 1000, excess: { amount: 100, to: 'payee' } }],
    });
    expect(creditedAmount(toPayee.intent)).toBe(1100);
    const aside = continued(sent(), ['financeB', confirmReceipt(usd(1100), { overReceipt: 'suspense' })]);
    expect(creditedAmount(aside.intent)).toBe(1000);
  });

  test('an amount that is not over keeps no decision', () => {
    const exact = continued(sent(), ['financeB', confirmReceipt(usd(1000), { overReceipt: 'payee' })]);
    expect(exact.intent.receipts).toMatchObject([{ excess: null }]);
  });

  test('less than was due is not final', () => {
    expect(codeOf(sent(), 'financeB', confirmReceipt(usd(999), { final: true }))).toBe('amount-not-allowed');
  });

  test('an unexpected currency has to be all of it', () => {
    expect(codeOf(sent(), 'financeB', confirmReceipt(eur(860)))).toBe('currency-mismatch');
    expect(continued(sent(), ['financeB', confirmReceipt(eur(860), { final: true })]).intent).toMatchObject({
      status: 'received',
      receipts: [{ amount: eur(860), cost: 1000 }],
    });
  });

  test('a receipt before the claim is accepted, and the state waits for the claim', () => {
    const early = continued(approved(), ['financeB', confirmReceipt(usd(1000))]);
    expect(early.intent).toMatchObject({ status: 'approved', network: { sent: 0, received: 1000, transit: -1000 } });
    expect(codeOf(early, 'financeA', markSent(usd(900)))).toBe('amount-not-allowed');
    expect(continued(early, ['financeA', markSent()]).intent).toMatchObject({
      status: 'received',
      network: { sent: 1000, received: 1000, transit: 0 },
      expectation: { status: 'received' },
      dueAt: null,
    });
  });

  test('after a receipt of part before the claim, the claim leaves the rest on its way', () => {
    const early = continued(approved(), ['financeB', confirmReceipt(usd(400))], ['financeA', markSent()]);
    expect(early.intent).toMatchObject({
      status: 'partially_received',
      network: { transit: 600 },
      dueAt: daysLater(7),
    });
  });

  test('what arrived in another currency before the claim does not stop the claim of what really left', () => {
    const early = continued(approved({ amount: eur(860), costLimit: usd(1000) }), [
      'financeB',
      confirmReceipt(eur(860)),
    ]);
    expect(codeOf(early, 'financeA', markSent(usd(990)))).toBeUndefined();
  });

  test('money from outside is received from nobody’s host', () => {
    const whole = continued(approved(outsidePayer), ['financeB', confirmReceipt()]);
    expect(whole.intent).toMatchObject({ status: 'received', network: null, send: null });
    const part = continued(approved(outsidePayer), ['financeB', confirmReceipt(usd(400))]);
    expect(part.intent.status).toBe('partially_received');
    expect(codeOf(part, 'financeB', confirmReceipt(usd(700)))).toBe('over-receipt');
    expect(continued(part, ['financeB', acceptShort()]).intent).toMatchObject({ status: 'received', network: null });
    expect(codeOf(part, 'financeB', acceptShort('payee_host'))).toBe('currency-mismatch');
  });

  test('nobody sends from a balance that no host holds', () => {
    expect(codeOf(approved(outsidePayer), 'organisationAdmin', markSent())).toBe('permission-denied');
    expect(codeOf(approved(outsidePayer), 'financeB', markSent())).toBe('permission-denied');
  });

  test('a payee outside confirms for itself, once it was sent, and not more than that', () => {
    const outside = { payee: parties.person };
    expect(codeOf(approved(outside), 'person', confirmReceipt())).toBe('transition-not-allowed');
    expect(codeOf(sent(outside), 'financeA', confirmReceipt())).toBe('permission-denied');
    expect(codeOf(sent(outside), 'person', confirmReceipt(usd(1001), { overReceipt: 'payee' }))).toBe('over-receipt');
    expect(continued(sent(outside), ['person', confirmReceipt()]).intent).toMatchObject({
      status: 'received',
      receipts: [{ source: 'payee', by: 'person' }],
    });
  });

  test('the clock assumes that a payee outside was paid, when the time is up', () => {
    const outside = sent({ payee: parties.person });
    expect(codeOf(outside, 'clock', assumeReceived, daysLater(6))).toBe('transition-not-allowed');
    expect(continued(outside, ['clock', assumeReceived, daysLater(7)]).intent).toMatchObject({
      status: 'received',
      receipts: [{ source: 'assumed', amount: usd(1000), by: 'clock' }],
    });
    expect(codeOf(sent(), 'clock', assumeReceived, daysLater(99))).toBe('transition-not-allowed');
  });

  test('what a payee outside reported as not received is not assumed to be received', () => {
    const missing = continued(sent({ payee: parties.person }), ['person', reportNotReceived]);
    expect(codeOf(missing, 'clock', assumeReceived, daysLater(8))).toBe('transition-not-allowed');
  });
});

describe('accept short', () => {
  test('what is missing is lost on the way, and the payer has given the whole', () => {
    expect(continued(partly(985), ['financeB', acceptShort()]).intent).toMatchObject({
      status: 'received',
      network: { sent: 1000, received: 985, lost: 15, transit: 0 },
      expectation: { status: 'received' },
      reason: 'Bank fee',
      dueAt: null,
    });
  });

  test('nothing cannot be accepted as too little', () => {
    expect(codeOf(sent(), 'financeB', acceptShort())).toBe('amount-not-allowed');
  });

  test('a host bears a difference only in the currency that was sent', () => {
    const inEuro = continued(sent({ amount: eur(860), costLimit: usd(1000) }), ['financeB', confirmReceipt(eur(430))]);
    expect(codeOf(inEuro, 'financeB', acceptShort('payee_host'))).toBe('currency-mismatch');
    expect(continued(inEuro, ['financeB', acceptShort()]).intent).toMatchObject({ network: { lost: 500, transit: 0 } });
  });

  test('an open trace case closes with it', () => {
    const closed = continued(traced(partly()), ['financeB', acceptShort()]);
    expect(closed.intent.trace).toMatchObject({ closedBy: 'accepted_short', closedAt: now });
  });
});

describe('when it does not arrive', () => {
  test('a report opens a trace case, once', () => {
    expect(traced().intent).toMatchObject({ status: 'sent', trace: { openedBy: 'financeB', closedAt: null } });
    expect(codeOf(traced(), 'hostAdminB', reportNotReceived)).toBe('trace-case-open');
  });

  test('a collective does not report for the host that holds its money', () => {
    expect(codeOf(sent(), 'collectiveAdminB', reportNotReceived)).toBe('permission-denied');
  });

  test('a receipt closes the case', () => {
    expect(continued(traced(), ['financeB', confirmReceipt()]).intent.trace).toMatchObject({ closedBy: 'receipt' });
  });

  test('what came back and what was lost make up what was on its way', () => {
    expect(codeOf(sent(), 'financeA', markReturned(960, 39))).toBe('amount-not-allowed');
    expect(codeOf(sent(), 'financeA', markReturned(1000, 1))).toBe('amount-not-allowed');
    expect(continued(traced(), ['financeA', markReturned(960, 40)]).intent).toMatchObject({
      status: 'returned',
      network: { sent: 1000, received: 0, returned: 960, lost: 40, transit: 0 },
      expectation: { status: 'returned' },
      trace: { closedBy: 'return' },
      dueAt: null,
    });
    expect(continued(partly(), ['financeA', markReturned(400)]).intent).toMatchObject({
      status: 'received',
      network: { received: 600, returned: 400, transit: 0 },
    });
  });

  test('money from outside that did not come whole was not sent by anybody here', () => {
    const part = continued(approved(outsidePayer), ['financeB', confirmReceipt(usd(400))]);
    expect(codeOf(part, 'financeA', markReturned(600))).toBe('permission-denied');
  });

  test('it is said to be late after five working days, again after 3, 7 and 14, and then it is a case', () => {
    let history = sent();
    expect(codeOf(history, 'clock', becomeLate, daysLater(6.99))).toBe('transition-not-allowed');
    const due: (string | null)[] = [];
    for (const day of [7, 10, 14]) {
      history = continued(history, ['clock', becomeLate, daysLater(day)]);
      due.push(history.intent.dueAt);
      expect(history.intent).toMatchObject({ status: 'sent', trace: null, late: { since: daysLater(7) } });
    }
    expect(due).toEqual([daysLater(10), daysLater(14), daysLater(21)]);
    history = continued(history, ['clock', becomeLate, daysLater(21)]);
    expect(history.intent).toMatchObject({
      late: { reminders: 3 },
      dueAt: null,
      trace: { openedBy: 'clock', closedAt: null },
    });
    expect(codeOf(history, 'clock', becomeLate, daysLater(99))).toBe('transition-not-allowed');
  });

  test('the last reminder opens no second case', () => {
    let history = traced();
    for (const day of [7, 10, 14, 21]) {
      history = continued(history, ['clock', becomeLate, daysLater(day)]);
    }
    expect(history.intent.trace).toMatchObject({ openedBy: 'financeB' });
    expect(history.events.filter(({ data }) => data.type === 'trace_opened')).toEqual([]);
  });

  test('a receipt ends the lateness', () => {
    const late = continued(sent(), ['clock', becomeLate, daysLater(7)]);
    expect(continued(late, ['financeB', confirmReceipt()]).intent).toMatchObject({ late: null, dueAt: null });
  });
});

describe('write off', () => {
  test('only what has been looked for is written off', () => {
    expect(codeOf(sent(), 'financeA', writeOff())).toBe('trace-case-required');
    expect(codeOf(sent(), 'financeB', writeOff())).toBe('trace-case-required');
  });

  test.each([
    ['financeA', 'financeB'],
    ['financeB', 'hostAdminA'],
  ] as const)('%s proposes it and %s agrees', (one, other) => {
    const proposed = continued(traced(), [one, writeOff()]);
    expect(proposed.intent).toMatchObject({ status: 'sent', network: { transit: 1000 }, writeOff: { by: one } });
    expect(continued(proposed, [other, writeOff()]).intent).toMatchObject({
      status: 'returned',
      network: { lost: 1000, transit: 0 },
      expectation: { status: 'lost' },
      trace: { closedBy: 'write_off' },
    });
  });

  test('what is missing after part had arrived leaves it received', () => {
    const done = continued(traced(partly()), ['financeA', writeOff()], ['financeB', writeOff()]);
    expect(done.intent).toMatchObject({ status: 'received', network: { received: 600, lost: 400, transit: 0 } });
  });

  test.each([
    ['the same person again', 'financeA', 'financeA'],
    ['a second person of the payer’s host', 'financeA', 'finance2A'],
    ['a second person of the payee’s host', 'financeB', 'hostAdminB'],
    ['one person who is on both teams', 'financeOfBoth', 'financeOfBoth'],
  ] as const)('%s is not enough', (_who, one, other) => {
    expect(codeOf(continued(traced(), [one, writeOff()]), other, writeOff())).toBe('second-person-required');
  });

  test('somebody on both teams agrees with somebody of one', () => {
    const proposed = continued(traced(), ['financeOfBoth', writeOff()]);
    expect(continued(proposed, ['financeB', writeOff()]).intent.status).toBe('returned');
  });

  test('to somebody outside, two people of the one host are enough', () => {
    const missing = continued(sent({ payee: parties.person }), ['person', reportNotReceived], ['financeA', writeOff()]);
    expect(codeOf(missing, 'financeA', writeOff())).toBe('second-person-required');
    expect(codeOf(missing, 'person', writeOff())).toBe('permission-denied');
    expect(continued(missing, ['hostAdminA', writeOff()]).intent.status).toBe('returned');
  });

  test.each(['collectiveAdminA', 'collectiveAdminB', 'accountantA', 'platformAdmin', 'stranger'] as const)(
    '%s has no part in it',
    (who) => {
      expect(codeOf(traced(), who, writeOff())).toBe('permission-denied');
    },
  );
});

describe('send back', () => {
  const received = (): History => continued(sent(), ['financeB', confirmReceipt()]);

  test('not more is sent back than was credited', () => {
    expect(codeOf(received(), 'financeB', sendBack(1000))).toBeUndefined();
    expect(codeOf(received(), 'financeB', sendBack(1001))).toBe('amount-not-allowed');
    const short = continued(partly(985), ['financeB', acceptShort()]);
    expect(codeOf(short, 'financeB', sendBack(986))).toBe('amount-not-allowed');
    const over = continued(sent(), ['financeB', confirmReceipt(usd(1100), { overReceipt: 'suspense' })]);
    expect(codeOf(over, 'financeB', sendBack(1001))).toBe('amount-not-allowed');
  });

  test('it is the payee’s host that sends back', () => {
    for (const who of ['financeA', 'collectiveAdminA', 'collectiveAdminB', 'platformAdmin'] as const) {
      expect(codeOf(received(), who, sendBack(1))).toBe('permission-denied');
    }
  });

  test('what was sent back already cannot be sent back again', () => {
    const { intent } = received();
    const { data } = decideReversal(intent, 'pi_2', 300);
    expect(data).toMatchObject({ type: 'reversed', amount: 300, extent: 'partial' });
    const reversal = { amount: 300, extent: 'partial' } as const;
    const history = { intent: { ...intent, reversal }, events: [] };
    expect(codeOf(history, 'financeB', sendBack(701))).toBe('amount-not-allowed');
    expect(codeOf(history, 'financeB', sendBack(700))).toBeUndefined();
    expect(decideReversal(history.intent, 'pi_3', 700).data).toMatchObject({ amount: 1000, extent: 'full' });
  });

  test('what was sent back stands beside the state, which stays as it was', () => {
    const { intent, events } = received();
    const { data, postings } = decideReversal(intent, 'pi_2', 300);
    const event = { subjectId: intent.id, number: events.length + 1, at: now, actor: { userId: 'u', capacity: 'c' } };
    expect(apply(intent, { ...event, data })).toEqual({
      ...intent,
      version: intent.version + 1,
      reversal: { amount: 300, extent: 'partial' },
    });
    expect(postings).toEqual([]);
  });

  test('money that arrived in several currencies is not sent back as one', () => {
    const mixed = continued(
      sent(),
      ['financeB', confirmReceipt(usd(500))],
      ['financeB', confirmReceipt(eur(430), { final: true })],
    );
    expect(codeOf(mixed, 'financeB', sendBack(1))).toBe('currency-mismatch');
  });
});

describe('redraft', () => {
  const returned = (): History => continued(sent(), ['financeA', markReturned(1000)]);
  const failed = (): History => continued(approved(), ['system', fail]);

  test.each([
    ['returned', returned],
    ['failed', failed],
  ])('with another deadline alone, what is %s keeps its approval', (_state, history) => {
    const again = continued(history(), ['financeA', redraft({ deadlineAt: daysLater(30) })]);
    expect(again.intent).toMatchObject({
      status: 'approved',
      revision: 1,
      reserved: usd(1000),
      deadlineAt: daysLater(30),
      dueAt: daysLater(30),
      send: null,
      returned: null,
      network: null,
      expectation: null,
      trace: null,
    });
  });

  test.each([
    ['returned', returned],
    ['failed', failed],
  ])('with other content, what is %s has to be approved again', (_state, history) => {
    const again = continued(history(), ['financeA', redraft({ amount: usd(900) })]);
    expect(again.intent).toMatchObject({ status: 'pending_approval', revision: 2, approvals: [], reserved: null });
    expect(continued(again, ['finance2A', approve]).intent).toMatchObject({ status: 'approved', reserved: usd(900) });
  });

  test('it can be sent again, and only then arrives', () => {
    const again = continued(returned(), ['financeA', redraft()], ['financeA', markSent()]);
    expect(again.intent).toMatchObject({ status: 'sent', network: { sent: 1000, returned: 0, transit: 1000 } });
    expect(continued(again, ['financeB', confirmReceipt()]).intent.status).toBe('received');
  });

  test('it is checked as an edit is', () => {
    expect(codeOf(returned(), 'financeA', redraft({ payee: parties.a }))).toBe('validation-failed');
    const destination = { method: 'paypal', label: 'somewhere' } as const;
    expect(codeOf(returned(), 'financeA', redraft({ destination }))).toBe('bank-rail-required');
  });

  test('the author alone cannot redraft it', () => {
    expect(codeOf(returned(), 'collectiveAdminA', redraft())).toBe('permission-denied');
  });

  test('a hold that was placed before stops it from being approved again', () => {
    const onHold = continued(approved(), ['financeA', placeHold], ['system', fail]);
    expect(codeOf(onHold, 'financeA', redraft())).toBe('on-hold');
    expect(continued(onHold, ['financeA', redraft({ purpose: 'Another' })]).intent.status).toBe('pending_approval');
  });
});

describe('holds on one intent', () => {
  test('a host holds an intent once', () => {
    const onHold = continued(approved(), ['financeA', placeHold]);
    expect(onHold.intent.holds).toMatchObject([{ id: 'hold_1', owner: 'host', ownerAccountId: 'A', by: 'financeA' }]);
    expect(codeOf(onHold, 'hostAdminA', placeHold)).toBe('on-hold');
  });

  test('a hold is lifted by the host that placed it', () => {
    const onHold = continued(approved(), ['financeA', placeHold]);
    expect(codeOf(onHold, 'financeB', liftHold)).toBe('permission-denied');
    expect(codeOf(onHold, 'collectiveAdminA', liftHold)).toBe('permission-denied');
    expect(codeOf(onHold, 'financeA', { name: 'liftHold', holdId: 'hold_2' })).toBe('validation-failed');
    expect(continued(onHold, ['hostAdminA', liftHold]).intent.holds).toEqual([]);
  });

  test('a hold of another owner stays', () => {
    const { intent, events } = continued(approved(), ['financeA', placeHold]);
    const holds = intent.holds.map((hold) => ({ ...hold, owner: 'platform' as const, ownerAccountId: 'platform' }));
    expect(codeOf({ intent: { ...intent, holds }, events }, 'hostAdminA', liftHold)).toBe('permission-denied');
  });

  test('a hold does not keep a host from withdrawing or amending', () => {
    const onHold = continued(approved(), ['financeA', placeHold]);
    expect(continued(onHold, ['financeA', cancel]).intent.status).toBe('canceled');
    expect(continued(onHold, ['collectiveAdminA', edit({ amount: usd(1) })]).intent.holds).toHaveLength(1);
  });
});
