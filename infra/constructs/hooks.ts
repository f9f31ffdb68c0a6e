import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { ServiceFunctionName } from '../function-bundles.ts';
import { allow, mayUseKeys } from '../table-access.ts';
import type { Monitoring } from './monitoring.ts';
import type { ServiceFunctionProps } from './service-function.ts';
import { WorkQueue } from './work-queue.ts';

export type HooksProps = {
  readonly table: Table;
  readonly monitoring: Monitoring;
  readonly createFunction: (
    name: ServiceFunctionName,
    specifics: Omit<ServiceFunctionProps, 'name' | 'code' | 'monitoring' | 'logLevel'>,
  ) => LambdaFunction;
};

/** An attempt takes ten seconds at most, and those of a batch are made at the same time. */
const attemptTimeout = Duration.seconds(30);
/** A message is held back for fifteen minutes at most. */
const lateMinutes = 30;

/** Only addresses of the public internet; the local runtime alone says otherwise (`functions/webhook-network.ts`). */
export const webhookDestinations = { WEBHOOK_DESTINATIONS: 'public' } as const;

/**
 * Webhooks that hosts asked for (requirement N4):
 *
 *     deliver-notification, webhook-endpoints ─┬─> webhook-deliveries ─> deliver-webhook ─> receivers
 *     notify-later (what is tried much later) ─┘            ^───── soon again ────┘
 */
export class Hooks extends Construct {
  /** For whoever has something to attempt. */
  readonly environment: Readonly<Record<string, string>>;
  readonly maySend: ReturnType<typeof allow>;

  constructor(scope: Construct, id: string, { table, monitoring, createFunction }: HooksProps) {
    super(scope, id);
    const queueName = 'webhook-deliveries';
    const { queue } = new WorkQueue(this, 'WebhookDeliveries', {
      queueName,
      monitoring,
      consumerTimeout: attemptTimeout,
      deadLetters: {
        impact: 'Some webhooks could not be attempted for a reason of ours; the sweep tries them again.',
        runbook: `${queueName}-dlq-not-empty`,
      },
      late: {
        afterMinutes: lateMinutes,
        impact: 'Programs of the hosts are told late of what happened.',
        runbook: `${queueName}-late`,
      },
    });
    this.environment = { WEBHOOK_DELIVERIES_QUEUE_URL: queue.queueUrl };
    this.maySend = allow(['sqs:SendMessage'], [queue.queueArn]);
    const attempts = createFunction('deliver-webhook', {
      timeout: attemptTimeout,
      memorySizeMiB: 512,
      environment: { TABLE_NAME: table.tableName, ...this.environment, ...webhookDestinations },
      access: [
        mayUseKeys(['dynamodb:GetItem', 'dynamodb:PutItem'], table, ['WEBHOOK_ENDPOINT#*', 'WEBHOOK_ENDPOINTS#*']),
        // Who has an attempt.
        mayUseKeys(['dynamodb:UpdateItem'], table, ['WEBHOOK_ENDPOINT#*']),
        // The next attempt, when it is near.
        this.maySend,
      ],
      errorImpact: 'Programs of the hosts are not told of what happened until the work is repeated.',
      runbook: 'deliver-webhook-errors',
    });
    attempts.addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // Receivers that are slow take the executions of nobody who uses the API.
        maxConcurrency: 10,
      }),
    );
  }
}
