/** One set of facts for every text that there is, with names that a person can read through. */
import type { IntentTopic } from '../../shared/domain/notification.ts';
import type { TextKey } from '../../shared/messaging/texts/catalog.ts';
import type {
  ContributionFacts,
  HoldFacts,
  IntentFacts,
  NoticeFacts,
  TopicThatMoves,
  WebhookFacts,
} from '../../shared/messaging/texts/facts.ts';

const common = {
  by: null,
  reason: null,
  waitingSince: null,
  timeZone: 'Europe/Brussels',
  links: {
    subject: 'https://app.example.org/payment-intents/pi_01JD8Z5YQW4K6M2N8P0R3T7V9X',
    settings: 'https://app.example.org/settings/notifications',
  },
} as const;

const river = { name: 'River Fund', host: 'Open Water Foundation' } as const;
const bay = { name: 'Clean Bay', host: 'Coast Commons' } as const;

const grant = {
  ...common,
  about: 'intent',
  type: 'grant',
  status: 'sent',
  payer: river,
  payee: bay,
  amount: { amount: 120_000, currency: 'USD' },
  purpose: 'Water tests in spring',
  tier: null,
  open: null,
  lost: null,
  bearer: null,
  date: null,
  reference: null,
  deadlineAt: null,
  step: null,
} as const satisfies Partial<IntentFacts>;

type Varied = Partial<Omit<IntentFacts, 'topic' | 'moved' | 'about'>> & {
  readonly place: IntentFacts['recipient']['place'];
};

const usd = (amount: number) => ({ amount, currency: 'USD' });

const still = (topic: Exclude<IntentTopic, TopicThatMoves>, { place, ...rest }: Varied): IntentFacts => ({
  ...grant,
  ...rest,
  topic,
  moved: null,
  recipient: { name: 'Mira Olsen', place },
});

const moving = (topic: TopicThatMoves, moved: IntentFacts['amount'], { place, ...rest }: Varied): IntentFacts => ({
  ...grant,
  ...rest,
  topic,
  moved,
  recipient: { name: 'Mira Olsen', place },
});

const gift = {
  ...common,
  about: 'contribution',
  recipient: { name: 'Ana Sousa', place: 'giver' },
  payer: { name: 'Ana Sousa', host: null },
  payee: bay,
  amount: usd(1000),
  interval: 'month',
  tier: 'Friend of the bay',
  period: '2026-11-05',
  retryAt: null,
  links: { ...common.links, subject: 'https://app.example.org/contributions/con_01JD8Z5YQW4K6M2N8P0R3T7V9X' },
} as const satisfies Partial<ContributionFacts>;

const pause = {
  ...common,
  about: 'hold',
  recipient: { name: 'Mira Olsen', place: 'host' },
  payee: bay,
  level: 'recurring_in',
  chosen: null,
  own: null,
  owner: 'host',
  why: 'other',
  message: null,
  from: '2026-11-05T09:30:00.000Z',
  until: null,
  missedPeriods: 'skip',
  cancels: false,
  stillHeldBy: [],
  links: { ...common.links, subject: 'https://app.example.org/accounts/acc_01JD8Z5YQW4K6M2N8P0R3T7V9X' },
} as const satisfies Partial<HoldFacts>;

const endpoint = {
  ...common,
  about: 'webhook',
  topic: 'webhook_disabled',
  recipient: { name: 'Mira Olsen', place: 'host' },
  description: 'Bookkeeping',
  urlHost: 'hooks.books.example',
  host: 'Coast Commons',
  why: 'failing',
  since: '2026-11-21T04:10:00.000Z',
  outcome: 'answered_error',
  statusCode: 503,
  by: 'clock',
  links: {
    ...common.links,
    subject:
      'https://app.example.org/hosts/acc_01JD8Z5YQW4K6M2N8P0R3T7V9X/webhook-endpoints/whe_01JD8Z5YQW4K6M2N8P0R3T7V9X',
  },
} as const satisfies WebhookFacts;

const own = { payer: { name: 'Ana Sousa', host: null }, amount: usd(1000), interval: 'month' } as const;

/** A text that is lacking here does not compile. */
export const examples: Readonly<Record<TextKey, NoticeFacts>> = {
  approval_needed: still('approval_needed', {
    place: 'payer_host',
    status: 'pending_approval',
    tier: 'Spring round',
    deadlineAt: '2026-12-01T23:00:00.000Z',
    step: { name: 'Finance', number: 2, of: 3 },
  }),
  to_send: still('to_send', { place: 'payer_host', status: 'approved', by: 'payer_host' }),
  to_settle: still('to_settle', {
    place: 'payer_host',
    type: 'transfer',
    status: 'approved',
    payee: { ...bay, host: river.host },
    purpose: 'Merge of two balances',
  }),
  rejected: still('rejected', {
    place: 'author',
    type: 'invoice',
    status: 'rejected',
    payee: { name: 'Ana Sousa', host: null },
    purpose: 'Web design in October',
    reason: 'The invoice names another collective.',
    by: 'payer_host',
  }),
  canceled: still('canceled', { place: 'payee', status: 'canceled', by: 'payer' }),
  expired: still('expired', { place: 'author', status: 'expired', by: 'clock' }),
  money_sent: moving('money_sent', usd(120_000), {
    place: 'payee_host',
    by: 'payer_host',
    date: '2026-11-20',
    reference: 'RF-2026-118',
  }),
  money_received: moving(
    'money_received',
    { amount: 110_320, currency: 'EUR' },
    {
      place: 'payer_host',
      status: 'received',
      by: 'payee_host',
      date: '2026-11-24',
      reference: 'RF-2026-118',
    },
  ),
  received_in_part: moving('money_received', usd(70_000), {
    place: 'payee_host',
    status: 'partially_received',
    by: 'payee_host',
    open: usd(50_000),
    date: '2026-11-24',
  }),
  received_before_sent: moving('money_received', usd(120_000), {
    place: 'payer_host',
    status: 'approved',
    by: 'payee_host',
    date: '2026-11-24',
  }),
  accepted_short: moving('accepted_short', usd(1500), {
    place: 'payer_host',
    status: 'received',
    by: 'payee_host',
    bearer: 'payee',
    reason: 'A bank on the way kept a fee.',
  }),
  not_received: still('not_received', {
    place: 'payer_host',
    by: 'payee_host',
    open: usd(120_000),
    date: '2026-11-20',
    reference: 'RF-2026-118',
    reason: 'Nothing has come in ten days.',
  }),
  late: still('late', {
    place: 'payee_host',
    by: 'clock',
    open: usd(120_000),
    date: '2026-11-20',
    reference: 'RF-2026-118',
    waitingSince: '2026-11-27T08:05:00.000Z',
  }),
  late_before_sent: still('late', { place: 'payer_host', status: 'approved', by: 'clock' }),
  returned: moving('returned', usd(116_000), {
    place: 'payer_host',
    status: 'returned',
    by: 'payer_host',
    lost: usd(4000),
    bearer: 'payer_host',
    date: '2026-11-30',
    reason: 'The account is closed.',
  }),
  returned_after_part: moving('returned', usd(50_000), {
    place: 'payee_host',
    status: 'received',
    by: 'payer_host',
    date: '2026-11-30',
  }),
  write_off_proposed: still('write_off_proposed', {
    place: 'payee_host',
    by: 'payer_host',
    open: usd(120_000),
    bearer: 'payer_host',
    reason: 'Neither bank finds it.',
  }),
  written_off: still('written_off', {
    place: 'author',
    status: 'returned',
    by: 'payee_host',
    lost: usd(120_000),
    bearer: 'payer_host',
  }),
  sent_back: moving('sent_back', usd(30_000), { place: 'payer_host', status: 'received' }),
  charge_failed: {
    ...gift,
    topic: 'charge_failed',
    by: 'clock',
    reason: 'The card was declined.',
    retryAt: '2026-11-08T10:00:00.000Z',
  },
  contribution_set_aside: { ...gift, topic: 'contribution_set_aside', by: 'clock', reason: 'The card has expired.' },
  contribution_canceled: {
    ...gift,
    topic: 'contribution_canceled',
    recipient: { name: 'Mira Olsen', place: 'collective' },
    interval: 'year',
    period: null,
    by: 'giver',
    reason: 'No longer needed.',
  },
  period_unconfirmed: {
    ...gift,
    topic: 'period_unconfirmed',
    recipient: { name: 'Mira Olsen', place: 'host' },
    payer: river,
    tier: null,
    by: 'clock',
  },
  paused: {
    ...pause,
    topic: 'paused',
    recipient: { name: 'Ana Sousa', place: 'givers' },
    own,
    by: 'host',
    until: '2026-12-31T23:00:00.000Z',
    message: 'We are changing banks.\nThank you for your patience.',
  },
  paused_for_papers: {
    ...pause,
    topic: 'paused',
    recipient: { name: 'Jo Lind', place: 'collective' },
    why: 'paperwork',
    level: 'full',
    missedPeriods: 'collect_once',
    by: 'host',
  },
  paused_and_ending: {
    ...pause,
    topic: 'paused',
    recipient: { name: 'Ana Sousa', place: 'givers' },
    why: 'unhosting',
    cancels: true,
    by: 'host',
  },
  resumed: { ...pause, topic: 'resumed', chosen: 3, by: 'host' },
  resumed_but_held: { ...pause, topic: 'resumed', stillHeldBy: ['collective', 'platform'], by: 'clock' },
  webhook_disabled: endpoint,
  webhook_given_up: {
    ...endpoint,
    topic: 'webhook_given_up',
    why: null,
    givenUp: { deliveryId: 'whd_01JD8Z5YQW4K6M2N8P0R3T7V9X', topic: 'money_sent' },
    statusCode: 422,
  },
  pause_reminder: { ...pause, topic: 'pause_reminder', level: 'new_in', by: 'clock' },
};

export const keys = Object.keys(examples) as TextKey[];
