import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';
import type { FunctionName } from '../shared/http/route-row.ts';
import { Hooks, webhookDestinations } from './constructs/hooks.ts';
import { Monitoring } from './constructs/monitoring.ts';
import { RestApi } from './constructs/rest-api.ts';
import { RunningBatch } from './constructs/running-batch.ts';
import { ServiceFunction, type ServiceFunctionProps } from './constructs/service-function.ts';
import { Telling } from './constructs/telling.ts';
import { DeadLetterQueue, WorkQueue } from './constructs/work-queue.ts';
import type { DataStack } from './data-stack.ts';
import type { FunctionBundles, ServiceFunctionName } from './function-bundles.ts';
import { mailAccess } from './mail-settings.ts';
import { pascalCase } from './names.ts';
import { processorAccess } from './processor-settings.ts';
import { allow, mayDelete, mayQuery, mayRead, mayUseKeys, mayWrite } from './table-access.ts';

export type ServiceStackProps = {
  readonly data: DataStack;
  readonly bundles: FunctionBundles;
  readonly logLevel: string;
  /** The secret with the keys of the payment processors, if any is set up. */
  readonly processorSecretArn: string | undefined;
  /** The address that e-mail comes from, if any is sent. */
  readonly mailFrom: string | undefined;
  /** Where e-mails lead to, if that is not the API. */
  readonly dashboardUrl: string | undefined;
};

type FunctionSpecifics = Omit<ServiceFunctionProps, 'name' | 'code' | 'monitoring' | 'logLevel'>;

/** API Gateway gives up after 30 seconds; a caller has given up long before. */
const httpTimeout = Duration.seconds(10);
/** As long as API Gateway waits: a host's whole history is verified in one request. */
const verificationTimeout = Duration.seconds(29);
/** The same for what asks a processor, two or three times one after the other, eight seconds each. */
const processorTimeout = Duration.seconds(29);
/** At this size a function has a processor to itself. */
const wholeProcessorMiB = 1769;
/** HTTP APIs wait ten seconds for an authorizer; half of that leaves room for a slow fetch of the provider's keys. */
const authorizerTimeout = Duration.seconds(5);
const workTimeout = Duration.seconds(30);
const sweepTimeout = Duration.seconds(60);

/** Everything that computes. It keeps nothing that could not be found again, so it can be deleted and deployed anew at any time. */
export class ServiceStack extends Stack {
  private readonly props: ServiceStackProps;
  private readonly monitoring: Monitoring;
  private readonly hooks: Hooks;

  constructor(scope: Construct, id: string, props: ServiceStackProps) {
    super(scope, id, {
      description: 'Payment intents for fiscal hosts: the API, the functions, the queues and the schedules.',
      tags: { service: 'payment-intents' },
    });
    this.props = props;
    this.monitoring = new Monitoring(this, 'Monitoring');
    this.watchTable();
    this.hooks = new Hooks(this, 'Hooks', {
      table: props.data.table,
      monitoring: this.monitoring,
      createFunction: (name, specifics) => this.createFunction(name, specifics),
    });
    const functions = this.createHttpFunctions();
    const api = this.createApi(functions);
    const dueWork = this.createDueWork();
    this.createSweep(dueWork);
    new RunningBatch(this, 'Batch', {
      table: props.data.table,
      monitoring: this.monitoring,
      processors: processorAccess(props.processorSecretArn),
      createFunction: (name, specifics) => this.createFunction(name, specifics),
    });
    new Telling(this, 'Telling', {
      table: props.data.table,
      monitoring: this.monitoring,
      mail: mailAccess(this, props.mailFrom),
      publicUrl: props.dashboardUrl ?? api.url,
      apiUrl: api.url,
      hooks: this.hooks,
      createFunction: (name, specifics) => this.createFunction(name, specifics),
    });
    this.letReplay(functions['dead-letters']);

    new CfnOutput(this, 'ApiUrl', { value: api.url, description: 'Where the API answers.' });
    new CfnOutput(this, 'DueWorkQueueUrl', { value: dueWork.queue.queueUrl, description: 'Work that is due.' });
    new CfnOutput(this, 'AlarmTopicArn', {
      value: this.monitoring.topic.topicArn,
      description: 'Subscribe whoever is on call to this.',
    });
  }

  private createApi(functions: Record<FunctionName, LambdaFunction>): RestApi {
    const authorizer = this.createAuthorizer();
    // CloudWatch adds up ten metrics in an alarm. What only operators ask for, or hardly anybody, is turned away together with the
    // others.
    const { 'batch-admin': _batch, 'dead-letters': _letters, unsubscribe: _unsubscribe, ...forEverybody } = functions;
    this.watchThrottles([authorizer, ...Object.values(forEverybody)]);
    return new RestApi(this, 'RestApi', { authorizer, functions, monitoring: this.monitoring });
  }

  private createAuthorizer(): LambdaFunction {
    const { table, identityProvider } = this.props.data;
    return this.createFunction('authorizer', {
      timeout: authorizerTimeout,
      memorySizeMiB: 1024,
      environment: {
        TABLE_NAME: table.tableName,
        OIDC_ISSUER: identityProvider.issuer,
        OIDC_AUDIENCE: identityProvider.audience,
        OIDC_JWKS_URI: identityProvider.jwksUri,
      },
      access: [
        // The account only when an address is new: it is written whole, as it is but for that.
        mayUseKeys(['dynamodb:GetItem'], table, ['ACCOUNT#*', 'IDENTITY#*']),
        // What a first sign-in writes: the account of a person, its slug, and the identity that leads to it. A policy sees
        // partition keys and no conditions, so it cannot tell a new item from one that exists; that is the transaction's
        // (`attribute_not_exists`). It can keep the function from what gives anybody a right: that is under `PERSON#`.
        mayUseKeys(['dynamodb:PutItem'], table, ['ACCOUNT#*', 'IDENTITY#*', 'SLUG#person-*']),
      ],
      errorImpact: 'Nobody is let in: every request but those for the documentation fails.',
      runbook: 'authorizer-errors',
    });
  }

  private createHttpFunctions(): Record<FunctionName, LambdaFunction> {
    const { table } = this.props.data;
    const shared = { timeout: httpTimeout, memorySizeMiB: 1024 } as const;
    const environment = { TABLE_NAME: table.tableName };
    return {
      accounts: this.createFunction('accounts', {
        ...shared,
        environment,
        // It alone deletes anything: a membership or an invitation that has ended.
        access: [mayRead(table), mayWrite(table), mayDelete(table), mayQuery(table, 'GSI3')],
        errorImpact: 'Accounts, memberships, hosting, balances and statements cannot be read or changed.',
        runbook: 'accounts-errors',
      }),
      'payment-intents': this.createFunction('payment-intents', {
        ...shared,
        environment,
        access: [mayRead(table), mayWrite(table), mayQuery(table, 'GSI1', 'GSI2', 'GSI4', 'GSI5')],
        errorImpact: 'Payment intents cannot be created, approved, marked sent or confirmed.',
        runbook: 'payment-intents-errors',
      }),
      contributions: this.createFunction('contributions', {
        ...shared,
        environment,
        access: [mayRead(table), mayWrite(table), mayQuery(table, 'GSI1', 'GSI2', 'GSI4', 'GSI5')],
        errorImpact: 'Contributions cannot be made, paused, resumed or canceled.',
        runbook: 'contributions-errors',
      }),
      'payment-methods': this.createPaymentMethods(),
      hosts: this.createFunction('hosts', {
        timeout: verificationTimeout,
        memorySizeMiB: wholeProcessorMiB,
        environment,
        access: [mayRead(table), mayWrite(table), mayQuery(table, 'GSI1', 'GSI2', 'GSI3')],
        errorImpact: 'Hosts cannot see their books, verify their history or change their settings.',
        runbook: 'hosts-errors',
      }),
      'batch-admin': this.createFunction('batch-admin', {
        ...shared,
        memorySizeMiB: 512,
        environment,
        access: [
          mayRead(table),
          // The setting, the answer that is remembered, and the key of cursors at its first use; nothing of anybody's money.
          mayUseKeys(['dynamodb:PutItem'], table, ['BATCH_ROLLOUT', 'IDEMPOTENCY#*', 'SECRET#cursor']),
        ],
        errorImpact: 'Platform admins cannot see the runs of the batch, or change who is served every ten minutes.',
        runbook: 'batch-admin-errors',
      }),
      'dead-letters': this.createDeadLetters(),
      webhooks: this.createWebhooks(),
      'webhook-endpoints': this.createWebhookEndpoints(),
      caller: this.createFunction('caller', {
        ...shared,
        memorySizeMiB: 512,
        environment,
        access: [
          mayRead(table),
          // What somebody has read, the answer that is remembered, and the key of cursors at its first use.
          mayUseKeys(['dynamodb:UpdateItem'], table, ['INBOX#*']),
          mayUseKeys(['dynamodb:PutItem'], table, ['IDEMPOTENCY#*', 'SECRET#cursor']),
        ],
        errorImpact:
          'People cannot see who they are signed in as, or what they were told; clients that ask this first do not start.',
        runbook: 'caller-errors',
      }),
      unsubscribe: this.createFunction('unsubscribe', {
        ...shared,
        memorySizeMiB: 512,
        environment,
        // Anybody may call it, so it can read and write what people have chosen to be told, and the key of the links.
        access: [
          mayUseKeys(['dynamodb:GetItem', 'dynamodb:PutItem'], table, ['SECRET#unsubscribe']),
          mayUseKeys(['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'], table, ['INBOX#*']),
        ],
        errorImpact: 'Whoever wants no more e-mails goes on getting them, and may report them as spam instead.',
        runbook: 'unsubscribe-errors',
      }),
      documentation: this.createFunction('documentation', {
        ...shared,
        memorySizeMiB: 512,
        access: [],
        errorImpact: 'The documentation is away, and wrong addresses are answered with a server error.',
        runbook: 'documentation-errors',
      }),
    };
  }

  private createPaymentMethods(): LambdaFunction {
    const { table } = this.props.data;
    const processors = processorAccess(this.props.processorSecretArn);
    return this.createFunction('payment-methods', {
      timeout: processorTimeout,
      memorySizeMiB: 1024,
      environment: { TABLE_NAME: table.tableName, ...processors.environment },
      access: [
        mayRead(table),
        // Besides them, the answer that is remembered, and the key of cursors at its first use.
        mayUseKeys(['dynamodb:PutItem'], table, ['IDEMPOTENCY#*', 'PAYMENT_METHODS#*', 'SECRET#cursor']),
        mayUseKeys(['dynamodb:DeleteItem'], table, ['PAYMENT_METHODS#*']),
        ...processors.access,
      ],
      errorImpact: 'Payment methods can be neither added nor removed; contributions go on with those that are there.',
      runbook: 'payment-methods-errors',
    });
  }

  /** What it may do with queues it is given when they are there (`letReplay`). */
  private createDeadLetters(): LambdaFunction {
    const { table } = this.props.data;
    return this.createFunction('dead-letters', {
      timeout: httpTimeout,
      memorySizeMiB: 512,
      environment: { TABLE_NAME: table.tableName },
      access: [
        // Who asks, and the answer that is remembered; nothing of what the messages are about.
        mayUseKeys(['dynamodb:BatchGetItem', 'dynamodb:GetItem'], table, ['IDEMPOTENCY#*', 'PERSON#*']),
        mayUseKeys(['dynamodb:PutItem'], table, ['IDEMPOTENCY#*']),
      ],
      errorImpact: 'Platform admins can neither look at messages that were set aside nor send them on their way again.',
      runbook: 'dead-letters-errors',
    });
  }

  /** Of every queue with work in it: from its dead-letter queue back to it, and no other way. */
  private letReplay(deadLetters: LambdaFunction): void {
    const queues = this.node.findAll().filter((construct) => construct instanceof WorkQueue);
    const urls = queues.map((each) => [
      each.queueName,
      { queue: each.queue.queueUrl, deadLetters: each.deadLetters.queueUrl },
    ]);
    deadLetters.addEnvironment('WORK_QUEUE_URLS', this.toJsonString(Object.fromEntries(urls)));
    deadLetters.addToRolePolicy(
      allow(
        ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        queues.map((each) => each.deadLetters.queueArn),
      ),
    );
    deadLetters.addToRolePolicy(
      allow(
        ['sqs:SendMessage'],
        queues.map((each) => each.queue.queueArn),
      ),
    );
  }

  private createWebhooks(): LambdaFunction {
    const { table } = this.props.data;
    const processors = processorAccess(this.props.processorSecretArn);
    return this.createFunction('webhooks', {
      timeout: processorTimeout,
      memorySizeMiB: 1024,
      environment: { TABLE_NAME: table.tableName, ...processors.environment },
      access: [
        mayUseKeys(['dynamodb:GetItem'], table, ['CONTRIBUTION#*', 'HOST#*', 'INTENT#*', 'SUBSCRIPTION#*']),
        // Whose doing it is that a subscription was suspended: ours, when something holds it.
        mayUseKeys(['dynamodb:BatchGetItem'], table, ['ACCOUNT#*', 'GUARD#*']),
        // Anybody may call it, so it can write what a payment is booked with and what a contribution has become, and nothing
        // that gives anybody a right.
        mayUseKeys(['dynamodb:PutItem'], table, ['CONTRIBUTION#*', 'HOST#*', 'INTENT#*', 'NEWS#*', 'SUSPENSE#*']),
        mayUseKeys(['dynamodb:UpdateItem'], table, ['BOOK#*', 'GUARD#*', 'REGISTER#*', 'TALLY#*']),
        // That the collective is still with its host.
        mayUseKeys(['dynamodb:ConditionCheckItem'], table, ['GUARD#*']),
        ...processors.access,
      ],
      errorImpact:
        'Payments of subscriptions, and what payers do at their processor, are taken in late: processors send them again.',
      runbook: 'webhooks-errors',
    });
  }

  private createWebhookEndpoints(): LambdaFunction {
    const { table } = this.props.data;
    const own = ['WEBHOOK_ENDPOINT#*', 'WEBHOOK_ENDPOINTS#*'];
    return this.createFunction('webhook-endpoints', {
      timeout: httpTimeout,
      memorySizeMiB: 1024,
      environment: { TABLE_NAME: table.tableName, ...this.hooks.environment, ...webhookDestinations },
      access: [
        mayUseKeys(['dynamodb:BatchGetItem'], table, ['ACCOUNT#*', 'IDEMPOTENCY#*', 'PERSON#*']),
        mayUseKeys(['dynamodb:GetItem'], table, ['SECRET#cursor', ...own]),
        mayUseKeys(['dynamodb:Query'], table, own),
        // Besides them, the answer that is remembered, and the key of cursors at its first use.
        mayUseKeys(['dynamodb:PutItem'], table, ['IDEMPOTENCY#*', 'SECRET#cursor', ...own]),
        mayUseKeys(['dynamodb:DeleteItem'], table, ['WEBHOOK_ENDPOINTS#*']),
        // Tests and replays, which somebody waits for.
        this.hooks.maySend,
      ],
      errorImpact: 'Hosts cannot set up their webhooks or see what became of them; what is set up goes on.',
      runbook: 'webhook-endpoints-errors',
    });
  }

  private createDueWork(): WorkQueue {
    const { table } = this.props.data;
    const dueWork = new WorkQueue(this, 'DueWork', {
      queueName: 'due-work',
      monitoring: this.monitoring,
      consumerTimeout: workTimeout,
      deadLetters: {
        impact: 'Some intents were neither expired nor marked late, although their time has come.',
        runbook: 'due-work-dlq-not-empty',
      },
      late: {
        afterMinutes: 20,
        impact: 'Expiries and reminders are running behind; money reserved for expired intents is not free yet.',
        runbook: 'due-work-late',
      },
    });
    const worker = this.createFunction('work-due', {
      timeout: workTimeout,
      memorySizeMiB: 512,
      environment: { TABLE_NAME: table.tableName },
      access: [mayRead(table), mayWrite(table)],
      errorImpact: 'Intents whose time has come stay as they were until the work is repeated.',
      runbook: 'work-due-errors',
    });
    worker.addEventSource(
      new SqsEventSource(dueWork.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // A backlog is worked off beside the people who use the API, not at their expense.
        maxConcurrency: 10,
      }),
    );
    return dueWork;
  }

  private createSweep(dueWork: WorkQueue): void {
    const { table } = this.props.data;
    const deadLetters = new DeadLetterQueue(this, 'SweepDueDeadLetters', {
      queueName: 'sweep-due-dlq',
      monitoring: this.monitoring,
      impact: 'An hourly sweep did not happen; what it would have found waits for the next one.',
      runbook: 'sweep-due-dlq-not-empty',
    });
    const sweep = this.createFunction('sweep-due', {
      timeout: sweepTimeout,
      memorySizeMiB: 512,
      environment: { TABLE_NAME: table.tableName, DUE_WORK_QUEUE_URL: dueWork.queue.queueUrl },
      access: [mayQuery(table, 'GSI6'), allow(['sqs:SendMessage'], [dueWork.queue.queueArn])],
      errorImpact: 'What is due is not found: intents do not expire and nobody is told about late money.',
      runbook: 'sweep-due-errors',
      // For runs that started and failed; the target's own takes the runs that could not be started.
      deadLetterQueue: deadLetters.queue,
    });
    new Rule(this, 'SweepDueRule', {
      ruleName: 'sweep-due',
      description: 'Finds everything that waits for the clock and whose time has come.',
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [
        new LambdaTarget(sweep, {
          deadLetterQueue: deadLetters.queue,
          retryAttempts: 3,
          // A run that could not start before the next one is due has nothing left to do.
          maxEventAge: Duration.minutes(50),
        }),
      ],
    });
    this.monitoring.watch({
      runbook: 'sweep-due-late',
      impact: 'Nothing has looked for due work for two hours: no expiry, no lateness, no reminder.',
      metric: sweep.metricInvocations({ period: Duration.hours(1), statistic: 'Sum' }),
      threshold: 1,
      below: true,
      evaluationPeriods: 2,
      silenceIs: 'bad',
    });
  }

  private watchTable(): void {
    const { table } = this.props.data;
    const period = Duration.minutes(5);
    this.monitoring.watch({
      runbook: 'table-throttles',
      impact: 'The table turns requests away, so people wait or are asked to try again; one host may be very busy.',
      metric: sumOf('Throttled reads and writes', {
        reads: table.metric('ReadThrottleEvents', { period, statistic: 'Sum' }),
        writes: table.metric('WriteThrottleEvents', { period, statistic: 'Sum' }),
      }),
      threshold: 10,
    });
  }

  /**
   * One alarm for the functions that people wait for: they share the account's executions, so they are throttled together.
   * The others are invoked again by whoever invoked them, and are watched for being late instead.
   */
  private watchThrottles(functions: readonly LambdaFunction[]): void {
    const period = Duration.minutes(5);
    this.monitoring.watch({
      runbook: 'http-throttles',
      impact: 'Requests are turned away because no execution was free; people see errors at random.',
      metric: sumOf(
        'Throttled requests',
        Object.fromEntries(functions.map((fn, index) => [`m${index}`, fn.metricThrottles({ period })])),
      ),
      threshold: 1,
    });
  }

  private createFunction(name: ServiceFunctionName, specifics: FunctionSpecifics): LambdaFunction {
    return new ServiceFunction(this, pascalCase(name), {
      name,
      code: this.props.bundles.codeOf(name),
      monitoring: this.monitoring,
      logLevel: this.props.logLevel,
      ...specifics,
    }).function;
  }
}

/** Counts that were not reported are counts of nothing. */
function sumOf(label: string, metrics: Record<string, IMetric>): MathExpression {
  return new MathExpression({
    label,
    expression: 'SUM(FILL(METRICS(), 0))',
    usingMetrics: metrics,
    period: Duration.minutes(5),
  });
}
