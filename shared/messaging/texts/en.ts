import type { Catalog } from './catalog.ts';

export const en: Catalog = {
  locale: 'en-GB',
  topics: {
    approval_needed: {
      headline: 'To approve',
      lead: '{payment} waits for your approval.',
      next: {
        payer: 'Open it, then approve or reject it.',
        payer_host: 'Open it, then approve or reject it.',
        payee_host: 'Open it, then approve or reject it.',
      },
    },
    to_send: {
      headline: 'To send',
      lead: '{payment} is approved and can be sent.',
      next: { payer_host: 'Make the transfer at your bank, then mark it as sent, with its date and reference.' },
    },
    to_settle: {
      headline: 'To settle',
      lead: '{payment} is approved. Payer and payee have the same host, so no bank transfer is needed.',
      next: { payer_host: 'Open it and settle it: the amount moves from one balance to the other.' },
    },
    rejected: {
      headline: 'Rejected',
      lead: '{payment} was rejected. No money was sent.',
      next: { author: 'Read the reason. If the payment is still wanted, make a new payment intent.' },
    },
    canceled: {
      headline: 'Canceled',
      lead: '{payment} was canceled. No money was sent.',
      next: {},
    },
    expired: {
      headline: 'Expired',
      lead: '{payment} was not sent before its deadline and has expired. No money was sent.',
      next: { author: 'If the payment is still wanted, make a new payment intent.' },
    },
    money_sent: {
      headline: 'To confirm on arrival',
      lead: '{payment} was sent: {moved} is on its way. It counts as balance only when you confirm it.',
      next: { payee_host: 'Confirm the receipt when the money is in your bank account. If it does not come, say so.' },
    },
    money_received: {
      headline: 'Received',
      lead: '{payment} is complete: {moved} has arrived.',
      next: {},
    },
    received_in_part: {
      headline: 'Received in part',
      lead: '{payment} is not complete: {moved} has arrived, the rest has not.',
      next: { payee_host: 'Confirm the rest when it is in your bank account.' },
    },
    received_before_sent: {
      headline: 'Received, not marked as sent',
      lead: '{payment}: {moved} has arrived, but the payer’s host has not marked it as sent.',
      next: { payer_host: 'Mark it as sent, with the date and the reference of your transfer.' },
    },
    accepted_short: {
      headline: 'Closed with less',
      lead: '{payment} is closed: {moved} less has arrived, and the payee’s host has accepted that.',
      next: {},
    },
    not_received: {
      headline: 'Not received',
      lead: '{payment} was sent and has not arrived in full. The two hosts have to find the money.',
      next: {
        payer_host:
          'Ask your bank where the money is. If it came back, mark it as returned; if it left, send the other host the proof.',
        payee_host: 'Look through your bank account once more. If the money is there, confirm the receipt.',
      },
    },
    late: {
      headline: 'Late',
      lead: '{payment} was sent, and nobody has confirmed yet that all of it has arrived.',
      next: {
        payer_host: 'Check that the money left your bank account. If it came back, mark it as returned.',
        payee_host: 'Look in your bank account. If the money is there, confirm the receipt; if not, say so.',
      },
    },
    late_before_sent: {
      headline: 'Late to be marked as sent',
      lead: '{payment}: money has arrived, but the payer’s host has not marked it as sent yet.',
      next: { payer_host: 'Mark it as sent, with the date and the reference of your transfer.' },
    },
    returned: {
      headline: 'Came back',
      lead: '{payment} did not reach the payee: {moved} came back to the payer’s host.',
      next: {
        payer_host: 'If the payment is still wanted, correct the bank details and submit it again.',
        author: 'Check with the payee that the bank details are right.',
      },
    },
    returned_after_part: {
      headline: 'Came back in part',
      lead: '{payment} reached the payee in part: {moved} came back to the payer’s host.',
      next: {},
    },
    write_off_proposed: {
      headline: 'Write-off to decide',
      lead: '{payment} has not arrived in full and has not come back. It is proposed to write off what is missing.',
      next: {
        payer_host: 'If you did not propose it, look at the case. Agree only if the money cannot be found.',
        payee_host: 'If you did not propose it, look at the case. Agree only if the money cannot be found.',
      },
    },
    written_off: {
      headline: 'Written off',
      lead: '{payment} is closed: what had not arrived is written off as lost.',
      next: {},
    },
    sent_back: {
      headline: 'Sent back',
      lead: '{payment} had been received: {moved} of it was sent back and has arrived.',
      next: {},
    },
    charge_failed: {
      headline: 'Payment failed, to be tried again',
      lead: '{payment} could not be charged this time. It will be tried again by itself.',
      next: { giver: 'Check your payment method. If it does not work any more, choose another one.' },
    },
    contribution_set_aside: {
      headline: 'Set aside after a problem',
      lead: '{payment} has run into a problem. It is left alone until somebody takes it up again.',
      next: {
        host: 'Look at the reason. When it is mended, take the contribution up again.',
        giver: 'Choose another payment method, or cancel the contribution.',
      },
    },
    contribution_canceled: {
      headline: 'No longer given',
      lead: '{payment} was canceled. Nothing more is charged.',
      next: {},
    },
    period_unconfirmed: {
      headline: 'Expected transfer not confirmed',
      lead: '{payment} was expected by bank transfer, and nobody has confirmed that it arrived.',
      next: {
        host: 'Look in your bank account. If the money is there, confirm it; if not, ask whoever gives.',
      },
    },
    paused: {
      headline: 'Paused',
      lead: 'Paused by {owner}: {held}.',
      next: {},
    },
    paused_for_papers: {
      headline: 'Paused until papers are complete',
      lead: 'Paused by {owner}, which needs something first: {held}.',
      next: { collective: 'Give your host what it asks for. The host then ends the pause.' },
    },
    paused_and_ending: {
      headline: 'Ended for good',
      lead: 'Ended by {owner}: {held}. Nothing more is charged.',
      next: {},
    },
    resumed: {
      headline: 'Pause ended',
      lead: 'The pause by {owner} has ended: {held}.',
      next: {},
    },
    resumed_but_held: {
      headline: 'One pause ended, another goes on',
      lead: 'The pause by {owner} has ended, but another one goes on: {held}.',
      next: {},
    },
    pause_reminder: {
      headline: 'Still paused',
      lead: 'Still paused by {owner}: {held}.',
      next: { host: 'End the pause if its reason is gone. If not, let it go on; you will be reminded again.' },
    },
    webhook_disabled: {
      headline: 'Webhook disabled',
      lead: 'Nothing arrived any more at the {webhook}, so it was disabled.',
      next: {
        host: 'Mend the receiver, then enable the endpoint (a host admin can) and replay what did not arrive.',
      },
    },
    webhook_given_up: {
      headline: 'Webhook not delivered',
      lead: 'A message could not be delivered to the {webhook}, and is tried no more; the endpoint goes on.',
      next: {
        host: 'Look at the delivery and mend the receiver, then replay it (a host admin can), and any other that was given up.',
      },
    },
  },

  types: {
    expense: {
      short: 'expense payment of {amount}',
      long: 'An expense payment of {amount}',
      nature: 'A payment for an expense, from {payer}. It is not a grant.',
    },
    reimbursement: {
      short: 'reimbursement of {amount}',
      long: 'A reimbursement of {amount}',
      nature: 'A reimbursement: {payer} pays back what the payee had spent. It is not a grant and not a fee for work.',
    },
    invoice: {
      short: 'invoice payment of {amount}',
      long: 'An invoice payment of {amount}',
      nature: 'A payment for an invoice, from {payer}. It is not a grant.',
    },
    grant: {
      short: 'grant of {amount} (transfer of funds)',
      long: 'A grant of {amount} (transfer of funds)',
      nature: 'A transfer of funds: a grant from {payer}. It is not a fee for work.',
    },
    contribution: {
      short: 'contribution of {amount} (transfer of funds)',
      long: 'A contribution of {amount} (transfer of funds)',
      nature: 'A transfer of funds: a contribution from {payer}. It is not a fee for work.',
    },
    transfer: {
      short: 'transfer of funds, {amount},',
      long: 'A transfer of funds, {amount},',
      nature: 'A transfer of funds from {payer}. It is not a fee for work.',
    },
    added_funds: {
      short: 'added funds of {amount} (transfer of funds)',
      long: 'Added funds of {amount} (transfer of funds)',
      nature: 'A transfer of funds from {payer}, added to a balance. It is not a fee for work.',
    },
    settlement: {
      short: 'settlement of {amount}',
      long: 'A settlement of {amount}',
      nature: 'A settlement: {payer} pays what it owes to the payee. It is not a grant.',
    },
    compensation: {
      short: 'compensation of {amount}',
      long: 'A compensation of {amount}',
      nature: 'A correction of an earlier payment, from {payer}. It is not a grant and not a fee for work.',
    },
    split: {
      short: 'split share of {amount} (transfer of funds)',
      long: 'A split share of {amount} (transfer of funds)',
      nature: 'A transfer of funds: a share of money that came in for several payees, from {payer}.',
    },
  },

  party: { short: '{name} ({host})', long: '{name} (host: {host})', hostItself: '{name} (a host)' },
  payment: {
    short: '{type} from {payer} to {payee}{purpose}',
    long: '{type} from {payer} to {payee}{purpose}',
  },
  forPurpose: ' for “{purpose}”',
  forTier: ' in tier “{tier}”',
  intervals: { once: '{amount} once', month: '{amount} per month', year: '{amount} per year' },

  held: {
    recurring_in: 'all recurring contributions to {account}',
    new_in: 'new contributions to {account}',
    out: 'payments from {account}',
    full: 'all payments to and from {account}',
    own: 'contribution of {amount} (transfer of funds) from {payer} to {account}',
    chosen: {
      one: '{count} chosen contribution to {account}',
      other: '{count} chosen contributions to {account}',
    },
  },
  levels: {
    recurring_in:
      'Recurring contributions are not charged, and no new one can be started. One-time contributions stay possible.',
    new_in: 'No new contribution can be started. Those that run go on.',
    out: 'No money leaves the balance. Contributions come in as before.',
    full: 'No contribution comes in, and no money leaves the balance.',
    chosen: 'The chosen contributions are not charged. All others go on.',
  },
  owners: {
    host: 'the host',
    collective: 'the collective',
    contributor: 'the contributor',
    platform: 'the platform',
  },
  holdReasons: {
    information_needed: 'Information is needed.',
    paperwork: 'Paperwork is not complete.',
    unhosting: 'The collective leaves its host.',
    other: 'Another reason.',
  },
  ownReasons: {
    nothingConfirmed: 'Nothing was confirmed after all reminders.',
    collectiveLeft: 'The collective left its host.',
    collectiveElsewhere: 'The collective was not with this host any more when it was to be given.',
    noAnswerForTwoWeeks:
      'For two weeks the payment processor has not said whether a charge has succeeded. It is looked up every day.',
    transfersUnconfirmed: '12 bank transfers were not confirmed.',
    canceledAtProcessor: 'It was canceled on the payment processor’s own site.',
    unknownAtProcessor: 'It does not exist at the payment processor any more.',
    payerToConfirm: 'The payer’s bank wants the payer to confirm the payment.',
    declined: 'The payment was declined.',
  },
  webhook: {
    plain: 'webhook endpoint at {address}, for {host}',
    described: 'webhook endpoint “{description}” at {address}, for {host}',
  },
  disabledReasons: {
    failing: 'Every attempt failed, for as long as one message is tried.',
    gone: 'The receiver answered that it is gone for good.',
  },
  outcomes: {
    delivered: 'It arrived.',
    answered_error: 'The receiver answered with an error',
    gone: 'The receiver answered that it is gone',
    redirected: 'The receiver answered with a redirect, which is not followed',
    timed_out: 'The receiver did not answer in time.',
    unreachable: 'No connection could be made.',
    unresolved: 'The name in the address stands for nothing.',
    destination_refused: 'The address is not one of the public internet.',
    not_trusted: 'The certificate of the receiver does not hold.',
    broken_off: 'The receiver broke off, or did not speak HTTP.',
  },
  answered: '{outcome} ({status}).',
  missedPeriods: {
    skip: 'What falls into the pause is not charged later.',
    collect_once: 'When the pause ends, there is one charge for what fell into it.',
    canceled: 'The contributions are canceled. Whoever wants to give again starts a new one.',
  },

  doers: {
    payer_host: 'the payer’s host',
    payee_host: 'the payee’s host',
    payer: 'the payer',
    payee: 'the payee',
    author: 'whoever made the payment intent',
    host: 'the host',
    collective: 'the collective',
    giver: 'the contributor',
    platform: 'the platform',
    processor: 'the payment processor',
    clock: 'nobody, it happened by itself',
  },
  because: {
    payer_host: 'You are told because you work for the payer’s host.',
    payee_host: 'You are told because you work for the payee’s host.',
    payer: 'You are told because you speak for the payer.',
    payee: 'You are told because you speak for the payee.',
    author: 'You are told because you made this payment intent.',
    host: 'You are told because you work for the host.',
    collective: 'You are told because you speak for the collective.',
    giver: 'You are told because you give this contribution, or speak for whoever gives it.',
    givers: 'You are told because you give to this collective, or speak for whoever does.',
  },

  labels: {
    payer: 'From',
    payee: 'To',
    account: 'Account',
    amount: 'Amount',
    sent: 'Sent',
    arrived: 'Arrived',
    short: 'Short by',
    cameBack: 'Came back',
    sentBack: 'Sent back',
    open: 'Not arrived yet',
    lost: 'Lost on the way',
    bearer: 'Borne by',
    nature: 'What this is',
    purpose: 'Purpose',
    tier: 'Tier',
    step: 'Approval step',
    deadline: 'Deadline',
    sentOn: 'Sent on',
    arrivedOn: 'Arrived on',
    cameBackOn: 'Came back on',
    reference: 'Reference',
    reason: 'Reason',
    period: 'Period from',
    retryAt: 'Next try',
    pausedBy: 'Paused by',
    stillHeldBy: 'Still paused by',
    why: 'Why',
    from: 'Paused since',
    until: 'Paused until',
    meaning: 'What is paused',
    missed: 'Afterwards',
    description: 'Called',
    address: 'Address',
    host: 'Host',
    disabledBecause: 'Disabled because',
    givenUp: 'What it tells',
    delivery: 'Delivery',
    firstTried: 'First tried',
    failingSince: 'Nothing arrived since',
    lastOutcome: 'Last attempt',
    by: 'Done by',
  },
  open: {
    intent: 'Open the payment intent',
    contribution: 'Open the contribution',
    hold: 'Open the pause',
    webhook: 'Open the webhook endpoint',
  },
  subject: '{headline}: {what}',
  firstLine: '{lead} Next step: {next}',
  waiting: '{lead} Nobody has acted on it since {since}.',
  waitingHeadline: 'Not done yet – {headline}',
  nothingToDo: 'none, this is for your information.',
  step: '{name} ({number} of {of})',
  instant: '{date}, {time} ({zone})',
  listSeparator: ', ',
  labelSeparator: ': ',
  messageFrom: 'Message from {owner}:',
  forRecipient: 'For {name}. {because}',
  settings: 'Choose what you are told',
  digest: {
    subject: 'Your summary: {toDo}, {toKnow}',
    toDo: { one: '{count} thing to do', other: '{count} things to do' },
    toKnow: { one: '{count} for your information', other: '{count} for your information' },
    more: { one: 'And {count} more in your inbox.', other: 'And {count} more in your inbox.' },
  },
  unsubscribe: {
    asked: {
      title: 'No more of these e-mails?',
      topic: 'You will get no more e-mails of the kind “{topic}”, from any host.',
      daily:
        'You will get no more e-mails, neither single ones nor one a day, from any host. Only what is required still comes by e-mail, because money would be overlooked without it: {required}.',
    },
    done: {
      title: 'No more of these e-mails',
      topic: 'From now on you get no more e-mails of the kind “{topic}”.',
      daily: 'From now on you get no more e-mails but those that are required: {required}.',
    },
    button: 'Unsubscribe',
    besides:
      'This is about e-mails only. What you find in your inbox stays as it is, and you can choose otherwise at any time.',
  },
};
