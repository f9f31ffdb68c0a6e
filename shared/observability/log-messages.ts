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
  /** Logged with its stack; never answered. */
  readonly error?: Error | undefined;
};
