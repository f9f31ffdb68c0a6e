import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ServiceFunctionName } from '../function-bundles.ts';
import { pascalCase } from '../names.ts';
import type { ProcessorAccess } from '../processor-settings.ts';
import { allow, mayQuery, mayRead, mayWrite } from '../table-access.ts';
import type { Monitoring } from './monitoring.ts';
import type { ServiceFunctionProps } from './service-function.ts';
import { DeadLetterQueue, WorkQueue } from './work-queue.ts';

export type RunningBatchProps = {
  readonly table: Table;
  readonly monitoring: Monitoring;
  readonly processors: ProcessorAccess;
  readonly createFunction: (
    name: ServiceFunctionName,
    specifics: Omit<ServiceFunctionProps, 'name' | 'code' | 'monitoring' | 'logLevel'>,
  ) => LambdaFunction;
};

/** A run is over before the next one begins. */
const runTimeout = Duration.minutes(5);
/**
 * Six times this is what a message stays with a worker, and five times that, fifteen minutes, is how long it is tried before it
 * is set aside: less than a lease of the batch lasts (`shared/application/batch.ts`), so that a message that always fails
 * is seen in the dead-letter queue before a new one takes its place. A lease that ends all the same, behind a long queue, is
 * harmless: the message that comes too late finds another lease and leaves the work to the later one.
 */
const workTimeout = Duration.seconds(30);
const messagesAtOnce = 10;
const backlogSeconds = 20 * 60;

type WorkerName = Extract<ServiceFunctionName, `work-subscriptions${string}`>;

type Way = {
  readonly queueName: string;
  readonly worker: WorkerName;
  /** Under which name the functions find the queue. */
  readonly variable: string;
  /** How many environments work at once; times what one asks a second (in the worker), it is below what the processor takes. */
  readonly environmentsMax: number;
  readonly what: string;
};

/** One queue for each way of charging: a processor that is slow or away delays no other. */
const ways: readonly Way[] = [
  {
    queueName: 'subscription-work',
    worker: 'work-subscriptions',
    variable: 'SUBSCRIPTION_WORK_QUEUE_URL',
    environmentsMax: 10,
    what: 'Contributions by bank transfer',
  },
  {
    queueName: 'subscription-work-stripe',
    worker: 'work-subscriptions-stripe',
    variable: 'SUBSCRIPTION_WORK_STRIPE_QUEUE_URL',
    environmentsMax: 10,
    what: 'Contributions that are paid through Stripe',
  },
  {
    queueName: 'subscription-work-paypal',
    worker: 'work-subscriptions-paypal',
    variable: 'SUBSCRIPTION_WORK_PAYPAL_QUEUE_URL',
    environmentsMax: 2,
    what: 'Contributions that are paid through PayPal',
  },
];

/**
 * The batch (requirements B): every ten minutes a run finds what is due and hands it to the workers of each processor.
 *
 *     rule ─> process-batch-subscriptions ─┬─> subscription-work ────────> work-subscriptions
 *                                          ├─> subscription-work-stripe ─> work-subscriptions-stripe
 *                                          └─> subscription-work-paypal ─> work-subscriptions-paypal
 */
export class RunningBatch extends Construct {
  private readonly props: RunningBatchProps;

  constructor(scope: Construct, id: string, props: RunningBatchProps) {
    super(scope, id);
    this.props = props;
    const queues = new Map(ways.map((way) => [way, this.createQueue(way)]));
    const all = [...queues.values()];
    const environment = {
      TABLE_NAME: props.table.tableName,
      ...Object.fromEntries([...queues].map(([{ variable }, queue]) => [variable, queue.queueUrl])),
    };
    const mayHandOut = allow(
      ['sqs:SendMessage'],
      all.map((queue) => queue.queueArn),
    );
    const shared = { environment, mayHandOut };
    for (const [way, queue] of queues) {
      this.createWorker(way, queue, shared);
    }
    this.createRun(shared);
  }

  private createQueue({ queueName, what }: Way): Queue {
    return new WorkQueue(this, pascalCase(queueName), {
      queueName,
      monitoring: this.props.monitoring,
      consumerTimeout: workTimeout,
      deadLetters: {
        impact: `${what}: some were not charged, paused or resumed, although their time has come.`,
        runbook: `${queueName}-dlq-not-empty`,
      },
      late: {
        afterMinutes: backlogSeconds / 60,
        impact: `${what} are charged, paused and resumed later than they should be.`,
        runbook: `${queueName}-late`,
      },
    }).queue;
  }

  private createWorker(
    { worker, what, environmentsMax }: Way,
    queue: Queue,
    { environment, mayHandOut }: Shared,
  ): void {
    const { table, processors, createFunction } = this.props;
    const fn = createFunction(worker, {
      timeout: workTimeout,
      memorySizeMiB: 512,
      environment: { ...environment, ...processors.environment },
      // What has to be asked of another processor is handed on to its queue.
      access: [mayRead(table), mayWrite(table), mayHandOut, ...processors.access],
      errorImpact: `${what} stay as they were until the work is repeated.`,
      runbook: `${worker}-errors`,
    });
    fn.addEventSource(
      new SqsEventSource(queue, {
        batchSize: messagesAtOnce,
        reportBatchItemFailures: true,
        maxConcurrency: environmentsMax,
      }),
    );
  }

  private createRun({ environment, mayHandOut }: Shared): void {
    const { table, monitoring, createFunction } = this.props;
    const name = 'process-batch-subscriptions';
    const deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      queueName: `${name}-dlq`,
      monitoring,
      impact: 'A run of the batch did not happen; what it would have found waits for the next one.',
      runbook: `${name}-dlq-not-empty`,
    });
    const run = createFunction(name, {
      timeout: runTimeout,
      memorySizeMiB: 1024,
      environment,
      access: [
        mayRead(table),
        // To end holds, with what that means for single contributions; leases and the record of the run.
        mayWrite(table),
        // What is due, and for holds that begin or end the contributions of a collective or of a host.
        mayQuery(table, 'GSI1', 'GSI5', 'GSI6'),
        mayHandOut,
      ],
      errorImpact: 'What is due is not found: nobody is charged, and pauses neither take effect at processors nor end.',
      runbook: `${name}-errors`,
      // For runs that started and failed; the target's own takes the runs that could not be started.
      deadLetterQueue: deadLetters.queue,
    });
    new Rule(this, 'Rule', {
      ruleName: name,
      description: 'Finds the contributions and holds whose time has come.',
      schedule: Schedule.rate(Duration.minutes(10)),
      targets: [
        new LambdaTarget(run, {
          deadLetterQueue: deadLetters.queue,
          retryAttempts: 3,
          // A run that could not start before the next one is due has nothing left to do.
          maxEventAge: Duration.minutes(9),
        }),
      ],
    });
    this.watchRuns(run);
  }

  /** Measured by the line that each run ends with: one that started and died is no run. */
  private watchRuns(run: LambdaFunction): void {
    const line = FilterPattern.stringValue('$.code', '=', 'BATCH_RUN_FINISHED');
    const measure = (metricName: string, metricValue: string): MetricFilter =>
      new MetricFilter(this, metricName, {
        logGroup: run.logGroup,
        filterPattern: line,
        metricNamespace: 'PaymentIntents',
        metricName,
        metricValue,
      });
    const { monitoring } = this.props;
    monitoring.watch({
      runbook: 'batch-late',
      impact: 'No run of the batch has come to its end for half an hour: nobody is charged, no pause ends by itself.',
      metric: measure('BatchRunsFinished', '1').metric({ period: Duration.minutes(15), statistic: 'Sum' }),
      threshold: 1,
      below: true,
      evaluationPeriods: 2,
      silenceIs: 'bad',
    });
    monitoring.watch({
      runbook: 'batch-backlog',
      impact: 'Something that was due has waited for more than twenty minutes: charges and pauses are running behind.',
      metric: measure('OldestDueAgeSeconds', '$.oldestDueAgeSeconds').metric({
        period: Duration.minutes(10),
        statistic: 'Maximum',
      }),
      threshold: backlogSeconds,
    });
  }
}

type Shared = {
  readonly environment: Readonly<Record<string, string>>;
  readonly mayHandOut: ReturnType<typeof allow>;
};
