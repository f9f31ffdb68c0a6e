/**
 * Every line that is ever logged, by its code: what is searched for and alarmed on does not change with the wording. The
 * fields are closed too: identifiers and figures, never bodies, tokens, names or e-mail addresses.
 */
export const logMessages = {
  REQUEST_ANSWERED: { level: 'info', text: 'A request was answered.' },
  REQUEST_FAILED: { level: 'error', text: 'A request ended in an error of ours.' },
  DEPENDENCY_UNAVAILABLE: { level: 'warn', text: 'Something that we rely on did not answer in time.' },
  IDENTITY_UNAVAILABLE: { level: 'error', text: 'A token could not be checked; the caller was told to try again.' },
  DUE_WORK_FAILED: {
    level: 'error',
    text: 'What was due on an intent could not be applied; the message is tried again.',
  },
  DUE_SWEPT: { level: 'info', text: 'Everything that was due was queued.' },
  BATCH_RUN_FINISHED: { level: 'info', text: 'A run of the batch has handed out what was due.' },
  HOLD_WORK_FAILED: { level: 'error', text: 'What was due on a hold could not be applied; it comes round again.' },
  SUBSCRIPTION_WORK_FAILED: {
    level: 'error',
    text: 'What was due on a contribution could not be carried out; the message is tried again.',
  },
  NEWS_DELIVERED: { level: 'info', text: 'Everybody who is told of an event now has been told.' },
  DIGEST_DELIVERED: { level: 'info', text: 'Somebody has the e-mail of the day.' },
  DELIVERY_FAILED: {
    level: 'error',
    text: 'The news of an event was not told to everybody; the message is tried again.',
  },
  EVENT_UNREADABLE: { level: 'error', text: 'An event in the stream has not the form of one; it is tried again.' },
  NOTIFICATIONS_NOT_QUEUED: { level: 'warn', text: 'The queue did not take the news of events; it is sent again.' },
  LATER_QUEUED: { level: 'info', text: 'What others are told because nobody has acted was queued.' },
  WEBHOOKS_NOT_QUEUED: {
    level: 'warn',
    text: 'The queue did not take webhooks that are to be attempted; the sweep finds them.',
  },
  WEBHOOK_ATTEMPTED: { level: 'info', text: 'A message about a webhook was worked on.' },
  WEBHOOK_FAILED: {
    level: 'error',
    text: 'A webhook could not be attempted for a reason of ours; the message is tried again.',
  },
  WEBHOOKS_SWEPT: { level: 'info', text: 'The webhooks were queued whose next attempt is near.' },
  PAYMENT_UNKNOWN: {
    level: 'warn',
    text: 'A processor told of a payment that belongs to no contribution here; nothing was booked.',
  },
  PAYMENT_FEE_UNKNOWN: {
    level: 'warn',
    text: 'What a processor keeps of a payment could not be found out; it was booked as nothing.',
  },
  PROCESSOR_MISCONFIGURED: {
    level: 'error',
    text: 'A host’s settings of a payment processor are wrong; it has none until they are mended.',
  },
  RUN_COUNT_FAILED: { level: 'warn', text: 'What was done is missing in the figures of its run.' },
} as const satisfies Readonly<Record<string, { readonly level: 'info' | 'warn' | 'error'; readonly text: string }>>;

export type LogCode = keyof typeof logMessages;

export type LogFields = {
  readonly requestId?: string | undefined;
  readonly operationId?: string | undefined;
  readonly userId?: string | undefined;
  readonly status?: number | undefined;
  readonly problem?: string | undefined;
  readonly durationMs?: number | undefined;
  readonly replayed?: boolean | undefined;
  readonly messageId?: string | undefined;
  readonly queued?: number | undefined;
  readonly contributionId?: string | undefined;
  readonly holdId?: string | undefined;
  readonly hostId?: string | undefined;
  readonly eventId?: string | undefined;
  readonly told?: number | undefined;
  readonly endpointId?: string | undefined;
  readonly deliveryId?: string | undefined;
  /** What became of it, in a word of ours. */
  readonly outcome?: string | undefined;
  readonly runId?: string | undefined;
  readonly found?: number | undefined;
  readonly hasMore?: boolean | undefined;
  readonly servedAll?: boolean | undefined;
  readonly oldestDueAgeSeconds?: number | undefined;
  /** Logged with its stack; never answered. */
  readonly error?: Error | undefined;
};
