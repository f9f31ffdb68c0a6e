/** The words in which people say what they want to be told; apart from the table of who is told what, which few functions need. */

export const topics = [
  'approval_needed',
  'to_send',
  'to_settle',
  'rejected',
  'canceled',
  'expired',
  'money_sent',
  'money_received',
  'accepted_short',
  'not_received',
  'late',
  'returned',
  'write_off_proposed',
  'written_off',
  'sent_back',
  'charge_failed',
  'contribution_set_aside',
  'contribution_canceled',
  'period_unconfirmed',
  'paused',
  'resumed',
  'pause_reminder',
  'webhook_disabled',
  'webhook_given_up',
] as const;
export type Topic = (typeof topics)[number];

/** How somebody wants to be told: at once, once a day, or not at all. */
export const deliveries = ['at_once', 'daily', 'off'] as const;
export type DeliveryChoice = (typeof deliveries)[number];

/** In which texts are written. */
export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];
