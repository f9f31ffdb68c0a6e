import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Monitoring } from './monitoring.ts';

/** How often one message is tried before it is set aside for people. */
const receivesMax = 5;

/**
 * Lambda may keep a batch for several time-outs while it is throttled and retried, so AWS asks for six times the function's
 * time-out: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
const visibilityPerTimeout = 6;

export type DeadLetterQueueProps = {
  readonly queueName: string;
  readonly monitoring: Monitoring;
  /** What is left undone while messages lie in it. */
  readonly impact: string;
  /** The runbook section of the alarm that says it is not empty. */
  readonly runbook: string;
};

/** Where messages and invocations end that failed as often as they may. It wakes somebody as soon as it holds anything. */
export class DeadLetterQueue extends Construct {
  readonly queue: Queue;

  constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The longest that SQS keeps a message: time for people, not for machines.
      retentionPeriod: Duration.days(14),
    });
    props.monitoring.watch({
      runbook: props.runbook,
      impact: props.impact,
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: 'Maximum',
      }),
      threshold: 1,
    });
  }
}

export type WorkQueueProps = {
  readonly queueName: string;
  readonly monitoring: Monitoring;
  /** The time-out of the function that works on the queue. */
  readonly consumerTimeout: Duration;
  readonly deadLetters: Omit<DeadLetterQueueProps, 'queueName' | 'monitoring'>;
  readonly late: { readonly afterMinutes: number; readonly impact: string; readonly runbook: string };
};

/** A queue with a dead-letter queue behind it, watched for work that waits too long. */
export class WorkQueue extends Construct {
  readonly queueName: string;
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.queueName = props.queueName;
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      ...props.deadLetters,
      queueName: `${props.queueName}-dlq`,
      monitoring: props.monitoring,
    }).queue;
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(props.consumerTimeout.toSeconds() * visibilityPerTimeout),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: receivesMax },
    });
    props.monitoring.watch({
      runbook: props.late.runbook,
      impact: props.late.impact,
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(5), statistic: 'Maximum' }),
      threshold: props.late.afterMinutes * 60,
    });
  }
}
