import { Logger } from '@aws-lambda-powertools/logger';
import { type LogCode, type LogFields, logMessages } from './log-messages.ts';

// Name and level come from the environment. One for the whole function: what differs between requests is in the fields.
const logger = new Logger();

/** Writes one line. */
export function log(code: LogCode, fields: LogFields): void {
  const { level, text } = logMessages[code];
  logger[level](text, { code, ...fields });
}
