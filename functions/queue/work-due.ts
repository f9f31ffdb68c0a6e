/** Applies what is due on one intent per message. A message that fails is kept, and no other waits for it. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { workDueIntent } from '../../shared/application/due.ts';
import { log } from '../../shared/observability/logger.ts';
import { dependencies } from '../dependencies.ts';

const DueWork = z.strictObject({ intentId: z.string().regex(/^pi_[0-9A-HJKMNP-TV-Z]{26}$/) });

export async function handler({ Records: records }: SQSEvent): Promise<SQSBatchResponse> {
  const failures: SQSBatchResponse['batchItemFailures'] = [];
  for (const record of records) {
    if (!(await worked(record))) {
      failures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures: failures };
}

/** @returns whether the message is done with; a message that nobody can read is kept until it is set aside. */
async function worked({ body, messageId }: SQSRecord): Promise<boolean> {
  try {
    const { intentId } = DueWork.parse(JSON.parse(body));
    return (await workDueIntent(dependencies(), intentId)) !== 'busy';
  } catch (error) {
    log('DUE_WORK_FAILED', { messageId, error: error instanceof Error ? error : new Error(String(error)) });
    return false;
  }
}
