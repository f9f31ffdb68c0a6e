import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { toldEventTypes, toldSubjectPrefixes } from '../../shared/domain/notification.ts';
import type { ServiceFunctionName } from '../function-bundles.ts';
import type { MailAccess } from '../mail-settings.ts';
import { allow, mayQuery, mayUseKeys } from '../table-access.ts';
import type { Hooks } from './hooks.ts';
import type { Monitoring } from './monitoring.ts';
import type { ServiceFunctionProps } from './service-function.ts';
import { DeadLetterQueue, WorkQueue } from './work-queue.ts';

export type TellingProps = {
  readonly table: Table;
  readonly monitoring: Monitoring;
  readonly mail: MailAccess;
  /** Where what programs are told goes on. */
  readonly hooks: Hooks;
  /** Where people find what they are told of. */
  readonly publicUrl: string;
  /** Where mail programs unsubscribe. */
  readonly apiUrl: string;
  readonly createFunction: (
    name: ServiceFunctionName,
    specifics: Omit<ServiceFunctionProps, 'name' | 'code' | 'monitoring' | 'logLevel'>,
  ) => LambdaFunction;
};

const relayTimeout = Duration.seconds(30);
/** A page of those who give to a collective that is paused is told by one message. */
const deliveryTimeout = Duration.seconds(60);
const lateMinutes = 20;
/** With waits that grow to a minute or so, the queue may be away for an hour before events are set aside. */
const relayRetries = 60;

/**
 * Telling people of what happened (requirements N):
 *
 *     table's stream ─> relay ─> host-notifications ─> deliver-notification ─> inbox, SES
 *     rule ─> notify-later ─────────┘                          └─> webhook-deliveries (`hooks.ts`)
 */
export class Telling extends Construct {
  private readonly props: TellingProps;

  constructor(scope: Construct, id: string, props: TellingProps) {
    super(scope, id);
    this.props = props;
    const { queue } = new WorkQueue(this, 'HostNotifications', {
      queueName: 'host-notifications',
      monitoring: props.monitoring,
      consumerTimeout: deliveryTimeout,
      deadLetters: {
        impact: 'Some people were not told of something that happened, which they may have to act on.',
        runbook: 'host-notifications-dlq-not-empty',
      },
      late: {
        afterMinutes: lateMinutes,
        impact: 'People are told late of what happened, money that was sent to them among it.',
        runbook: 'host-notifications-late',
      },
    });
    const environment = { HOST_NOTIFICATIONS_QUEUE_URL: queue.queueUrl };
    const maySend = allow(['sqs:SendMessage'], [queue.queueArn]);
    this.createRelay({ environment, maySend });
    this.createDelivery({ environment, maySend }).addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // What is told waits for those who use the API, and not they for it.
        maxConcurrency: 10,
      }),
    );
    this.createLater({ environment, maySend });
  }

  private createRelay({ environment, maySend }: Shared): void {
    const { table, monitoring, createFunction } = this.props;
    const streamArn = table.tableStreamArn ?? '';
    const deadLetters = new DeadLetterQueue(this, 'RelayDeadLetters', {
      queueName: 'relay-dlq',
      monitoring,
      impact: 'News of some events never reached the queue, so nobody was told of them.',
      runbook: 'relay-dlq-not-empty',
    });
    const relay = createFunction('relay', {
      timeout: relayTimeout,
      memorySizeMiB: 512,
      environment,
      access: [
        allow(
          ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
          [streamArn],
        ),
        maySend,
      ],
      errorImpact: 'Nobody is told of anything that happens until it succeeds.',
      runbook: 'relay-errors',
      // For runs that somebody began by hand; the event source's own takes what it gives up.
      deadLetterQueue: deadLetters.queue,
    });
    new EventSourceMapping(this, 'RelayStream', {
      target: relay,
      eventSourceArn: streamArn,
      // From the oldest there is: what is told twice after a deployment is told once, and nothing is left out.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: relayRetries,
      maxRecordAge: Duration.hours(23),
      onFailure: new SqsDlq(deadLetters.queue),
      filters: [newsFilter()],
    });
    monitoring.watch({
      runbook: 'relay-late',
      impact: 'The stream of events is read with a delay, so people are told late of what happened.',
      metric: relay.metric('IteratorAge', { period: Duration.minutes(5), statistic: 'Maximum' }),
      threshold: Duration.minutes(lateMinutes).toMilliseconds(),
    });
  }

  private createDelivery({ environment, maySend }: Shared): LambdaFunction {
    const { table, mail, hooks, publicUrl, apiUrl, createFunction } = this.props;
    const histories = ['CONTRIBUTION#*', 'HOLD#*', 'INTENT#*'];
    return createFunction('deliver-notification', {
      timeout: deliveryTimeout,
      memorySizeMiB: 512,
      environment: {
        TABLE_NAME: table.tableName,
        PUBLIC_URL: publicUrl,
        API_URL: apiUrl,
        ...environment,
        ...mail.environment,
        ...hooks.environment,
      },
      access: [
        mayUseKeys(['dynamodb:GetItem'], table, [
          'ACCOUNT#*',
          ...histories,
          'INBOX#*',
          'LATER#*',
          'WEBHOOK_ENDPOINT#*',
          'WEBHOOK_ENDPOINTS#*',
        ]),
        mayUseKeys(['dynamodb:Query'], table, ['ACCOUNT#*', ...histories, 'WEBHOOK_ENDPOINTS#*']),
        mayUseKeys(['dynamodb:BatchGetItem'], table, ['ACCOUNT#*', 'CONTRIBUTION#*', 'GUARD#*', 'INBOX#*']),
        // Those who give to a collective or through a host that is paused.
        mayQuery(table, 'GSI1', 'GSI5'),
        mayUseKeys(['dynamodb:PutItem'], table, ['INBOX#*', 'LATER#*', 'WEBHOOK_ENDPOINT#*']),
        // An e-mail of the day that was sent is not there any more.
        mayUseKeys(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], table, ['INBOX#*']),
        // On whose teams somebody still is in the morning.
        mayUseKeys(['dynamodb:GetItem'], table, ['PERSON#*']),
        // What the links to unsubscribe are sealed with.
        mayUseKeys(['dynamodb:GetItem', 'dynamodb:PutItem'], table, ['SECRET#unsubscribe']),
        // The next page of those who give.
        maySend,
        hooks.maySend,
        ...mail.access,
      ],
      errorImpact: 'People are not told of what happened until the work is repeated.',
      runbook: 'deliver-notification-errors',
    });
  }

  private createLater({ environment, maySend }: Shared): void {
    const { table, monitoring, hooks, createFunction } = this.props;
    const name = 'notify-later';
    const deadLetters = new DeadLetterQueue(this, 'LaterDeadLetters', {
      queueName: `${name}-dlq`,
      monitoring,
      impact:
        'A run did not happen that tells others when nobody has acted; the next one finds what it would have found.',
      runbook: `${name}-dlq-not-empty`,
    });
    const later = createFunction(name, {
      timeout: Duration.seconds(60),
      memorySizeMiB: 512,
      environment: { TABLE_NAME: table.tableName, ...environment, ...hooks.environment },
      access: [
        mayQuery(table, 'GSI6'),
        mayUseKeys(['dynamodb:BatchGetItem', 'dynamodb:DeleteItem'], table, ['LATER#*']),
        // That an e-mail of the day was queued.
        mayUseKeys(['dynamodb:UpdateItem'], table, ['INBOX#*']),
        // Webhooks that are tried again much later.
        mayUseKeys(['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], table, ['WEBHOOK_ENDPOINT#*']),
        maySend,
        hooks.maySend,
      ],
      errorImpact: 'Where nobody has acted, nobody else is told, and webhooks that failed twice are not tried again.',
      runbook: `${name}-errors`,
      // For runs that started and failed; the target's own takes the runs that could not be started.
      deadLetterQueue: deadLetters.queue,
    });
    monitoring.watch({
      runbook: `${name}-late`,
      impact: 'For an hour nobody has looked for what others are to be told because nobody has acted.',
      metric: later.metricInvocations({ period: Duration.minutes(30), statistic: 'Sum' }),
      threshold: 1,
      below: true,
      evaluationPeriods: 2,
      silenceIs: 'bad',
    });
    new Rule(this, 'LaterRule', {
      ruleName: name,
      description: 'Finds what others are to be told because nobody has acted.',
      schedule: Schedule.rate(Duration.minutes(10)),
      targets: [
        new LambdaTarget(later, {
          deadLetterQueue: deadLetters.queue,
          retryAttempts: 3,
          // A run that could not start before the next one is due has nothing left to do.
          maxEventAge: Duration.minutes(9),
        }),
      ],
    });
  }
}

type Shared = {
  readonly environment: Readonly<Record<string, string>>;
  readonly maySend: ReturnType<typeof allow>;
};

/** Of all that is written to the table, events that may be news to somebody. */
const newsFilter = () =>
  FilterCriteria.filter({
    eventName: FilterRule.isEqual('INSERT'),
    dynamodb: {
      NewImage: {
        entity: { S: FilterRule.isEqual('EVENT') },
        subjectId: { S: toldSubjectPrefixes.map((prefix) => ({ prefix })) },
        eventType: { S: FilterRule.or(...toldEventTypes()) },
      },
    },
  });
