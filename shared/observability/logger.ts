import { Logger } from '@aws-lambda-powertools/logger';
import { type LogCode, type LogFields, logMessages } from './log-messages.ts';

let made: Logger | undefined;

/** Name and level come from the environment. One for the whole function: what differs between requests is in the fields. */
const logger = (): Logger => {
  made ??= new Logger();
  return made;
};

/** Writes one line. */
export function log(code: LogCode, fields: LogFields): void {
  const { level, text } = logMessages[code];
  logger()[level](text, { code, ...fields });
}
