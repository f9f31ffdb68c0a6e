import { Duration, Validations } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, type Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Monitoring } from './monitoring.ts';

export type ServiceFunctionProps = {
  /** Its name in logs, metrics and traces. */
  readonly name: string;
  readonly code: Code;
  readonly monitoring: Monitoring;
  /** What an unhandled error of this function costs people; the alarm says it. */
  readonly errorImpact: string;
  /** The runbook section of its error alarm. */
  readonly runbook: string;
  readonly timeout: Duration;
  readonly memorySizeMiB: number;
  readonly logLevel: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** What it may do, apart from writing its own log and traces. */
  readonly access: readonly PolicyStatement[];
  /** Where invocations go that failed as often as they may; required in effect for whatever is invoked asynchronously. */
  readonly deadLetterQueue?: IQueue;
};

/**
 * A function with the defaults of this house: one runtime, its own role with nothing in it that was not asked for, a log
 * that is kept for a while, traces, and an alarm that says what its failure costs.
 *
 * No concurrency is reserved: a new AWS account has ten executions in all and refuses any reservation, and nothing here
 * relies on running alone, because every change is conditional on the version it was decided on.
 */
export class ServiceFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', { retention: RetentionDays.THREE_MONTHS });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What the function ${props.name} may do.`,
    });
    // Not the managed policy: that one may write to every log of the account.
    logGroup.grantWrite(role);
    for (const statement of props.access) role.addToPolicy(statement);

    this.function = new LambdaFunction(this, 'Function', {
      description: `Payment intents: ${props.name}.`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: props.code,
      handler: 'index.handler',
      role,
      logGroup,
      timeout: props.timeout,
      memorySize: props.memorySizeMiB,
      tracing: Tracing.ACTIVE,
      environment: {
        LOG_LEVEL: props.logLevel,
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_METRICS_NAMESPACE: 'PaymentIntents',
        POWERTOOLS_SERVICE_NAME: props.name,
        ...props.environment,
      },
      ...(props.deadLetterQueue === undefined ? {} : { deadLetterQueue: props.deadLetterQueue }),
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray has no resources to name: a trace segment is sent to the service as a whole.',
    });
    props.monitoring.watch({
      runbook: props.runbook,
      impact: props.errorImpact,
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      threshold: 1,
    });
  }
}
