/** The lifecycle table against semantics §2, and every status against every command. */

import { describe, expect, test } from '@jest/globals';
import type { CommandOf, IntentCommand } from '../../shared/domain/decide.ts';
import { type Command, commandNames, commandsPossible, transitions } from '../../shared/domain/lifecycle.ts';
import { isEnded, type Status, statuses } from '../../shared/domain/payment-intent.ts';
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
  daysLater,
  edit,
  expire,
  fail,
  type History,
  liftHold,
  markReturned,
  markSent,
  parties,
  placeHold,
  redraft,
  refusalOf,
  reject,
  reportNotReceived,
  type Step,
  sendBack,
  sent,
  settle,
  submit,
  submitted,
  tried,
  usd,
  writeOff,
} from '../support/pure-intent.ts';

/** Written from semantics §2; holds on one intent stand beside the state and are placed before money moves. */
const expectedTable: Record<Command, { readonly from: readonly Status[]; readonly to: readonly Status[] }> = {
  edit: { from: ['draft', 'pending_approval', 'approved'], to: ['draft', 'pending_approval'] },
  submit: { from: ['draft'], to: ['pending_approval'] },
  approve: { from: ['pending_approval'], to: ['pending_approval', 'approved'] },
  reject: { from: ['pending_approval'], to: ['rejected'] },
  cancel: { from: ['draft', 'pending_approval', 'approved'], to: ['canceled'] },
  expire: { from: ['approved'], to: ['expired'] },
  fail: { from: ['approved'], to: ['failed'] },
  markSent: { from: ['approved'], to: ['sent', 'partially_received', 'received'] },
  settle: { from: ['approved'], to: ['received'] },
  confirmReceipt: {
    from: ['approved', 'sent', 'partially_received'],
    to: ['approved', 'partially_received', 'received'],
  },
  acceptShort: { from: ['sent', 'partially_received'], to: ['received'] },
  reportNotReceived: { from: ['sent', 'partially_received'], to: ['sent', 'partially_received'] },
  markReturned: { from: ['sent', 'partially_received'], to: ['returned', 'received'] },
  becomeLate: { from: ['approved', 'sent', 'partially_received'], to: ['approved', 'sent', 'partially_received'] },
  assumeReceived: { from: ['sent', 'partially_received'], to: ['received'] },
  writeOff: { from: ['sent', 'partially_received'], to: ['sent', 'partially_received', 'received', 'returned'] },
  sendBack: { from: ['received'], to: ['received'] },
  redraft: { from: ['returned', 'failed'], to: ['pending_approval', 'approved'] },
  placeHold: { from: ['pending_approval', 'approved'], to: ['pending_approval', 'approved'] },
  liftHold: { from: ['pending_approval', 'approved'], to: ['pending_approval', 'approved'] },
};

/** What a refusal offers in each state: everything but what the clock and the system do. */
const offered: Record<Status, readonly Command[]> = {
  draft: ['edit', 'submit', 'cancel'],
  pending_approval: ['edit', 'approve', 'reject', 'cancel', 'placeHold', 'liftHold'],
  approved: ['edit', 'cancel', 'markSent', 'settle', 'confirmReceipt', 'placeHold', 'liftHold'],
  sent: ['confirmReceipt', 'acceptShort', 'reportNotReceived', 'markReturned', 'writeOff'],
  partially_received: ['confirmReceipt', 'acceptShort', 'reportNotReceived', 'markReturned', 'writeOff'],
  received: ['sendBack'],
  rejected: [],
  canceled: [],
  expired: [],
  failed: ['redraft'],
  returned: ['redraft'],
};

test.each(commandNames)('the table says of %s what the semantics say', (command) => {
  const { from, to } = transitions[command];
  expect({ from, to }).toEqual(expectedTable[command]);
});

test('the states that a command ends in are those after which no money is on its way', () => {
  expect(statuses.filter(isEnded)).toEqual(['received', 'rejected', 'canceled', 'expired', 'failed', 'returned']);
});

test.each(statuses)('a refusal in state %s offers what is possible then', (status) => {
  expect(commandsPossible(status)).toEqual(offered[status]);
});

type Shape = 'betweenHosts' | 'sameHost' | 'outsidePayee';

const beginning = {
  betweenHosts: { deadlineAt: daysLater(30) },
  sameHost: { payee: parties.a2, deadlineAt: daysLater(30) },
  outsidePayee: { payee: parties.person, deadlineAt: daysLater(30) },
} as const;

const half = usd(500);

/** How an intent comes into each state; a transfer within one host is never sent, so it stands for the states before. */
const specimens: Record<Status, (shape: Shape) => History> = {
  draft: (shape) => begun(beginning[shape]),
  pending_approval: (shape) => submitted(beginning[shape]),
  approved: (shape) => approved(beginning[shape]),
  sent: (shape) => sent(beginning[away(shape)]),
  partially_received: (shape) =>
    continued(sent(beginning[away(shape)]), [shape === 'outsidePayee' ? 'person' : 'financeB', confirmReceipt(half)]),
  received: (shape) =>
    shape === 'sameHost'
      ? continued(approved(beginning[shape]), ['financeA', settle])
      : continued(sent(beginning[shape]), [shape === 'outsidePayee' ? 'person' : 'financeB', confirmReceipt()]),
  rejected: (shape) => continued(submitted(beginning[shape]), ['financeA', reject]),
  canceled: (shape) => continued(begun(beginning[shape]), ['collectiveAdminA', cancel]),
  expired: (shape) => continued(approved(beginning[shape]), ['clock', expire, daysLater(31)]),
  failed: (shape) => continued(approved(beginning[shape]), ['system', fail]),
  returned: (shape) => continued(sent(beginning[away(shape)]), ['financeA', markReturned(1000)]),
};

const away = (shape: Shape): 'betweenHosts' | 'outsidePayee' => (shape === 'sameHost' ? 'betweenHosts' : shape);

const traced = (history: History): History => continued(history, ['financeB', reportNotReceived]);

/** Per command: somebody who may, input that the business has nothing against, and what has to come before it. */
const attempts: Record<
  Command,
  { readonly shape?: Shape; readonly before?: (history: History) => History; readonly step: (status: Status) => Step }
> = {
  edit: { step: () => ['collectiveAdminA', edit({ purpose: 'Another purpose' })] },
  submit: { step: () => ['collectiveAdminA', submit()] },
  approve: { step: () => ['financeA', approve] },
  reject: { step: () => ['financeA', reject] },
  cancel: { step: () => ['collectiveAdminA', cancel] },
  expire: { step: () => ['clock', expire, daysLater(31)] },
  fail: { step: () => ['system', fail] },
  markSent: { step: () => ['financeA', markSent()] },
  settle: { shape: 'sameHost', step: () => ['financeA', settle] },
  confirmReceipt: { step: () => ['financeB', confirmReceipt(half)] },
  acceptShort: { step: () => ['financeB', acceptShort()] },
  reportNotReceived: { step: () => ['financeB', reportNotReceived] },
  markReturned: { step: (status) => ['financeA', markReturned(status === 'partially_received' ? 500 : 1000)] },
  becomeLate: {
    // While approved, only a claim that is missing can be late.
    before: (history) =>
      history.intent.status === 'approved'
        ? continued(history, [
            'financeB',
            { ...(confirmReceipt(half) as CommandOf<'confirmReceipt'>), claimLateAt: daysLater(7) },
          ])
        : history,
    step: () => ['clock', becomeLate, daysLater(8)],
  },
  assumeReceived: { shape: 'outsidePayee', step: () => ['clock', assumeReceived, daysLater(8)] },
  writeOff: { before: traced, step: () => ['financeA', writeOff()] },
  sendBack: { step: () => ['financeB', sendBack(100)] },
  redraft: { step: () => ['financeA', redraft()] },
  placeHold: { step: () => ['financeA', placeHold] },
  liftHold: { before: (history) => continued(history, ['financeA', placeHold]), step: () => ['financeA', liftHold] },
};

describe.each(statuses)('in state %s', (status) => {
  test.each(commandNames)(`%s happens exactly when the table allows it`, (command) => {
    const { shape = 'betweenHosts', before = (history: History) => history, step } = attempts[command];
    const isAllowed = expectedTable[command].from.includes(status);
    const specimen = specimens[status](shape);
    expect(specimen.intent.status).toBe(status);
    if (!isAllowed) {
      expect(refusalOf(specimen, ...step(status))).toMatchObject({
        code: 'transition-not-allowed',
        currentStatus: status,
        allowedCommands: offered[status],
      });
      return;
    }
    if (command === 'acceptShort' && status === 'sent') {
      // The state allows it, but nothing has arrived that could be too little.
      expect(refusalOf(specimen, ...step(status))).toMatchObject({ code: 'amount-not-allowed' });
      return;
    }
    const next = tried(before(specimen), step(status));
    expect(next).not.toHaveProperty('refusal');
    const reached = 'intent' in next ? next.intent.status : status;
    expect(expectedTable[command].to).toContain(reached);
  });
});

const humans = [
  'collectiveAdminA',
  'hostAdminA',
  'financeA',
  'collectiveAdminB',
  'hostAdminB',
  'financeB',
  'platformAdmin',
  'clock',
  'system',
] as const;
const everyCommand: readonly IntentCommand[] = commandNames.map((command) => attempts[command].step('sent')[1]);

test.each(['rejected', 'canceled', 'expired'] as const)(
  'nobody can do anything with an intent that is %s',
  (status) => {
    const specimen = specimens[status]('betweenHosts');
    for (const who of humans) {
      for (const command of everyCommand) {
        expect(tried(specimen, [who, command, daysLater(60)])).toHaveProperty('refusal');
      }
    }
  },
);

test.each([
  ['received', 'sendBack'],
  ['failed', 'redraft'],
  ['returned', 'redraft'],
] as const)('an intent that is %s only knows %s', (status, only) => {
  const specimen = specimens[status]('betweenHosts');
  for (const who of humans) {
    for (const command of everyCommand.filter(({ name }) => name !== only)) {
      expect(tried(specimen, [who, command, daysLater(60)])).toHaveProperty('refusal');
    }
  }
});

test('an amended draft is a draft still, and an amended request is pending again', () => {
  const changed = edit({ purpose: 'Another purpose' });
  const statusAfterEdit = (history: History) => continued(history, ['collectiveAdminA', changed]).intent.status;
  expect(statusAfterEdit(begun())).toBe('draft');
  expect(statusAfterEdit(submitted())).toBe('pending_approval');
  expect(statusAfterEdit(approved())).toBe('pending_approval');
});
