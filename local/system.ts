import { existsSync } from 'node:fs';
import { z } from 'zod';
import { createResolver, type Place, type Resolver, type ResourceFacts, readStacks, type Stack } from './template.ts';

export type { Place } from './template.ts';

/**
 * What the template asks to be run, in the words of this runtime: functions, routes, queues, schedules, tables, buckets.
 * Properties that change what a resource does are named in the schemas below; one that is not named is refused.
 */
export type SystemDescription = {
  readonly place: Place;
  readonly functions: readonly FunctionDescription[];
  readonly api: ApiDescription | undefined;
  readonly queues: readonly QueueDescription[];
  readonly tables: readonly TableDescription[];
  readonly buckets: readonly string[];
  readonly schedules: readonly ScheduleDescription[];
  readonly queueMappings: readonly QueueMapping[];
  readonly streamMappings: readonly StreamMapping[];
};

export type FunctionDescription = {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Folder of the unpacked asset. */
  readonly folder: string;
  readonly handler: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly concurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
  /** How often an asynchronous invocation that failed is repeated, and where it goes after that. */
  readonly asynchronousRetries: number;
  readonly deadLetterQueue: string | undefined;
};

export type RouteDescription = {
  readonly key: string;
  readonly functionName: string;
  readonly authorizer: AuthorizerDescription | undefined;
};

export type AuthorizerDescription = {
  readonly id: string;
  readonly functionName: string;
  readonly identitySources: readonly string[];
  readonly resultTtlSeconds: number;
};

export type ApiDescription = {
  readonly id: string;
  readonly routes: readonly RouteDescription[];
  readonly throttle: { readonly ratePerSecond: number; readonly burst: number } | undefined;
};

export type QueueDescription = {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly attributes: Readonly<Record<string, string>>;
};

export type TableDescription = {
  readonly name: string;
  readonly streamArn: string;
  readonly timeToLiveAttribute: string | undefined;
  /** Input of CreateTable, without the stream. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly streamViewType: string | undefined;
};

export type ScheduleDescription = {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly expression: string;
  readonly isEnabled: boolean;
  readonly targets: readonly ScheduleTarget[];
};

export type ScheduleTarget = {
  readonly kind: 'function' | 'queue';
  readonly name: string;
  readonly input: string | undefined;
  readonly deadLetterQueue: string | undefined;
};

type Mapping = {
  readonly id: string;
  readonly functionName: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly reportsItemFailures: boolean;
  readonly filters: readonly string[];
};

export type QueueMapping = Mapping & { readonly queueName: string; readonly concurrency: number | undefined };

export type StreamMapping = Mapping & {
  readonly tableName: string;
  readonly bisectsOnError: boolean;
  /** `undefined` repeats for ever, as AWS does unless told otherwise. */
  readonly retryAttempts: number | undefined;
  readonly onFailureQueue: string | undefined;
};

/** They need no behaviour on this machine: permissions, logs, alarms, keys, and the sign-in that the local provider replaces. */
const inertTypes = new Set([
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Cognito::UserPool',
  'AWS::Cognito::UserPoolClient',
  'AWS::Cognito::UserPoolDomain',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
]);

const inert = z.unknown().optional();
const wholeNumber = z.coerce.number().int().nonnegative();
const Filters = z
  .strictObject({ Filters: z.array(z.strictObject({ Pattern: z.string() })) })
  .transform(({ Filters: list }) => list.map(({ Pattern }) => Pattern));
const FailureDestination = z.strictObject({ OnFailure: z.strictObject({ Destination: z.string() }).optional() });

const schemas = {
  'AWS::Lambda::Function': z.strictObject({
    Architectures: inert,
    Code: z.strictObject({ S3Bucket: z.unknown(), S3Key: z.string(), SourceKMSKeyArn: inert }),
    DeadLetterConfig: z.strictObject({ TargetArn: z.string() }).optional(),
    Description: inert,
    Environment: z.strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) }).optional(),
    EphemeralStorage: inert,
    FunctionName: z.string().optional(),
    Handler: z.string(),
    KmsKeyArn: inert,
    LoggingConfig: inert,
    MemorySize: wholeNumber.default(128),
    PackageType: z.literal('Zip').optional(),
    RecursiveLoop: inert,
    ReservedConcurrentExecutions: wholeNumber.optional(),
    Role: inert,
    Runtime: z.string().startsWith('nodejs'),
    Tags: inert,
    Timeout: wholeNumber.default(3),
    TracingConfig: inert,
  }),
  'AWS::Lambda::EventInvokeConfig': z.strictObject({
    FunctionName: z.string(),
    Qualifier: z.literal('$LATEST'),
    DestinationConfig: FailureDestination.optional(),
    MaximumEventAgeInSeconds: inert,
    MaximumRetryAttempts: wholeNumber.optional(),
  }),
  'AWS::Lambda::EventSourceMapping': z.strictObject({
    BatchSize: wholeNumber.optional(),
    BisectBatchOnFunctionError: z.boolean().default(false),
    DestinationConfig: FailureDestination.optional(),
    Enabled: z.boolean().default(true),
    EventSourceArn: z.string(),
    FilterCriteria: Filters.default([]),
    FunctionName: z.string(),
    FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
    MaximumBatchingWindowInSeconds: wholeNumber.default(0),
    MaximumRecordAgeInSeconds: inert,
    MaximumRetryAttempts: z.int().min(-1).default(-1),
    MetricsConfig: inert,
    ParallelizationFactor: inert,
    ScalingConfig: z.strictObject({ MaximumConcurrency: wholeNumber.optional() }).optional(),
    StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).optional(),
    Tags: inert,
  }),
  'AWS::SQS::Queue': z.strictObject({
    ContentBasedDeduplication: z.boolean().optional(),
    DelaySeconds: wholeNumber.optional(),
    FifoQueue: z.boolean().optional(),
    KmsDataKeyReusePeriodSeconds: inert,
    KmsMasterKeyId: inert,
    MaximumMessageSize: wholeNumber.optional(),
    MessageRetentionPeriod: wholeNumber.optional(),
    QueueName: z.string().optional(),
    ReceiveMessageWaitTimeSeconds: wholeNumber.optional(),
    RedriveAllowPolicy: inert,
    RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: wholeNumber }).optional(),
    SqsManagedSseEnabled: inert,
    Tags: inert,
    VisibilityTimeout: wholeNumber.optional(),
  }),
  'AWS::Events::Rule': z.strictObject({
    Description: inert,
    Name: z.string().optional(),
    ScheduleExpression: z.string(),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Tags: inert,
    Targets: z
      .array(
        z.strictObject({
          Arn: z.string(),
          DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
          Id: z.string(),
          Input: z.string().optional(),
          RetryPolicy: inert,
          RoleArn: inert,
        }),
      )
      .default([]),
  }),
  'AWS::DynamoDB::Table': z.object({
    AttributeDefinitions: z.array(z.unknown()),
    GlobalSecondaryIndexes: z.array(z.record(z.string(), z.unknown())).optional(),
    KeySchema: z.array(z.unknown()),
    LocalSecondaryIndexes: z.array(z.unknown()).optional(),
    StreamSpecification: z.object({ StreamViewType: z.string() }).optional(),
    TableName: z.string().optional(),
    TimeToLiveSpecification: z.object({ AttributeName: z.string(), Enabled: z.boolean() }).optional(),
  }),
  'AWS::S3::Bucket': z.object({
    BucketName: z.string().optional(),
    NotificationConfiguration: z.undefined({ error: 'bucket notifications are not run here' }).optional(),
  }),
  'AWS::ApiGatewayV2::Api': z.strictObject({
    Description: inert,
    DisableExecuteApiEndpoint: inert,
    Name: z.string(),
    ProtocolType: z.literal('HTTP'),
    Tags: inert,
  }),
  'AWS::ApiGatewayV2::Stage': z.strictObject({
    AccessLogSettings: inert,
    ApiId: z.string(),
    AutoDeploy: inert,
    DefaultRouteSettings: z
      .strictObject({
        DetailedMetricsEnabled: inert,
        ThrottlingBurstLimit: z.number().optional(),
        ThrottlingRateLimit: z.number().optional(),
      })
      .optional(),
    Description: inert,
    StageName: z.literal('$default'),
    Tags: inert,
  }),
  'AWS::ApiGatewayV2::Integration': z.strictObject({
    ApiId: z.string(),
    Description: inert,
    IntegrationMethod: inert,
    IntegrationType: z.literal('AWS_PROXY'),
    IntegrationUri: z.string(),
    PayloadFormatVersion: z.literal('2.0'),
  }),
  'AWS::ApiGatewayV2::Authorizer': z.strictObject({
    ApiId: z.string(),
    AuthorizerPayloadFormatVersion: z.literal('2.0'),
    AuthorizerResultTtlInSeconds: wholeNumber.default(300),
    AuthorizerType: z.literal('REQUEST'),
    AuthorizerUri: z.string(),
    EnableSimpleResponses: z.literal(true),
    IdentitySource: z
      .array(
        z
          .string()
          .regex(/^\$request\.(header|querystring)\../, 'only headers and query parameters identify callers here'),
      )
      .default([]),
    Name: inert,
  }),
  'AWS::ApiGatewayV2::Route': z.strictObject({
    ApiId: z.string(),
    AuthorizationType: z.enum(['NONE', 'CUSTOM']).default('NONE'),
    AuthorizerId: z.string().optional(),
    OperationName: inert,
    RouteKey: z.string(),
    Target: z.string(),
  }),
} as const;

/** The same table, written for several regions: there is one here. */
const globalTable = 'AWS::DynamoDB::GlobalTable';

type RunType = keyof typeof schemas;
type Properties<T extends RunType> = z.infer<(typeof schemas)[T]>;

const isRunType = (type: string): type is RunType => Object.hasOwn(schemas, type);
const runTypeOf = (type: string): RunType | undefined =>
  type === globalTable ? 'AWS::DynamoDB::Table' : isRunType(type) ? type : undefined;

/** The property that names a resource; without it CloudFormation makes a name up, and so does this runtime. */
const nameProperties: Partial<Record<RunType, string>> = {
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Events::Rule': 'Name',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::S3::Bucket': 'BucketName',
};

/** The CDK ends logical ids with a hash of the construct's path; people do not want to read it. */
const withoutHash = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, '');

export type SystemOptions = {
  readonly assemblyFolder: string;
  readonly place: Place;
  /** Where queues and the API answer, known before the template is read. */
  readonly endpoints: { readonly queues: string; readonly api: string };
};

export const readSystem = (options: SystemOptions): SystemDescription => {
  const { place, endpoints } = options;
  const stacks = readStacks(options.assemblyFolder);
  const arn = (service: string, rest: string) => `arn:aws:${service}:${place.region}:${place.accountId}:${rest}`;

  const nameOf = (stack: Stack, logicalId: string, resolver: Resolver): string => {
    const type = stack.Resources[logicalId]?.Type ?? '';
    const property = nameProperties[runTypeOf(type) ?? 'AWS::ApiGatewayV2::Api'];
    const given = property === undefined ? undefined : stack.Resources[logicalId]?.Properties[property];
    if (given !== undefined) return String(resolver.resolve(stack, given, `${stack.name}/${logicalId}`));
    const name = `${stack.name}-${withoutHash(logicalId)}`;
    return type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
  };

  const factsOf = (stack: Stack, logicalId: string, resolver: Resolver): ResourceFacts => {
    const type = stack.Resources[logicalId]?.Type ?? '';
    const name = nameOf(stack, logicalId, resolver);
    const facts = (ref: string, attributes: Readonly<Record<string, string>>): ResourceFacts => ({
      ref,
      attribute: (attribute) => attributes[attribute],
    });
    switch (runTypeOf(type)) {
      case 'AWS::Lambda::Function':
        return facts(name, { Arn: arn('lambda', `function:${name}`) });
      case 'AWS::SQS::Queue': {
        const url = `${endpoints.queues}/${place.accountId}/${name}`;
        return facts(url, { Arn: arn('sqs', name), QueueName: name, QueueUrl: url });
      }
      case 'AWS::DynamoDB::Table': {
        const table = arn('dynamodb', `table/${name}`);
        return facts(name, { Arn: table, StreamArn: `${table}/stream/local` });
      }
      case 'AWS::S3::Bucket':
        return facts(name, {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${place.region}.amazonaws.com`,
        });
      case 'AWS::Events::Rule':
        return facts(name, { Arn: arn('events', `rule/${name}`) });
      case 'AWS::ApiGatewayV2::Api':
        return facts(logicalId, { ApiEndpoint: endpoints.api, ApiId: logicalId });
      case 'AWS::ApiGatewayV2::Authorizer':
        return facts(logicalId, { AuthorizerId: logicalId });
      case 'AWS::ApiGatewayV2::Integration':
      case 'AWS::ApiGatewayV2::Route':
      case 'AWS::ApiGatewayV2::Stage':
      case 'AWS::Lambda::EventSourceMapping':
      case 'AWS::Lambda::EventInvokeConfig':
        return facts(logicalId, {});
      case undefined:
        // Nothing that runs here reads the attributes of an inert resource, so any is answered by something recognisable.
        return {
          ref: name,
          attribute: (attribute) =>
            attribute === 'Arn' ? arn('local', `${logicalId}`) : `${logicalId}.${attribute}.local`,
        };
    }
  };

  const resolver = createResolver(stacks, place, factsOf);
  const resources = stacks.flatMap((stack) =>
    Object.entries(stack.Resources)
      .filter(([logicalId]) => resolver.exists(stack, logicalId))
      .map(([logicalId, { Type }]) => ({
        stack,
        logicalId,
        type: Type,
        where: `${stack.name}/${logicalId} (${Type})`,
      })),
  );
  for (const { type, where } of resources) {
    if (runTypeOf(type) === undefined && !inertTypes.has(type)) {
      throw new Error(`${where} is of a type that this runtime does not know. Teach local/system.ts what it does.`);
    }
  }

  const all = <T extends RunType>(type: T) =>
    resources
      .filter((resource) => runTypeOf(resource.type) === type)
      .map(({ stack, logicalId, where }) => {
        const resolved = resolver.resolve(stack, stack.Resources[logicalId]?.Properties ?? {}, where);
        const parsed = schemas[type].safeParse(resolved);
        if (!parsed.success) throw new Error(`${where}: ${z.prettifyError(parsed.error)}`);
        const facts = factsOf(stack, logicalId, resolver);
        // The schema was chosen by `type`, which the compiler cannot follow through the index.
        const properties = parsed.data as Properties<T>;
        return { stack, logicalId, where, facts, properties, name: nameOf(stack, logicalId, resolver) };
      });

  const arnOf = (facts: ResourceFacts): string => facts.attribute('Arn') ?? '';
  const queueResources = all('AWS::SQS::Queue').map((queue) => ({ ...queue, arn: arnOf(queue.facts) }));
  const functionResources = all('AWS::Lambda::Function').map((fn) => ({ ...fn, arn: arnOf(fn.facts) }));
  const tableResources = all('AWS::DynamoDB::Table');

  const queueNameOf = (queueArn: string | undefined, where: string): string | undefined => {
    if (queueArn === undefined) return undefined;
    const queue = queueResources.find((candidate) => candidate.arn === queueArn);
    if (queue === undefined)
      throw new Error(`${where} sends failures to ${queueArn}, which is not a queue of this app.`);
    return queue.name;
  };
  /** Functions are named by name, by ARN, or by an ARN inside the address that API Gateway calls. */
  const functionNameOf = (reference: string, where: string): string => {
    const fn = functionResources.find(
      (candidate) =>
        candidate.name === reference ||
        candidate.arn === reference ||
        reference.endsWith(`/functions/${candidate.arn}/invocations`),
    );
    if (fn === undefined) throw new Error(`${where} calls ${reference}, which is not a function of this app.`);
    return fn.name;
  };

  const invokeConfigs = new Map(
    all('AWS::Lambda::EventInvokeConfig').map(({ properties, where }) => [
      functionNameOf(properties.FunctionName, where),
      {
        retries: properties.MaximumRetryAttempts,
        queue: queueNameOf(properties.DestinationConfig?.OnFailure?.Destination, where),
      },
    ]),
  );

  const functions = functionResources.map(({ stack, logicalId, where, name, properties, ...fn }) => {
    const folder = stack.assets.get(properties.Code.S3Key);
    if (folder === undefined || !existsSync(folder))
      throw new Error(`${where} has no asset for ${properties.Code.S3Key}.`);
    const config = invokeConfigs.get(name);
    return {
      logicalId,
      name,
      arn: fn.arn,
      folder,
      handler: properties.Handler,
      timeoutSeconds: properties.Timeout,
      memoryMegabytes: properties.MemorySize,
      concurrency: properties.ReservedConcurrentExecutions,
      environment: properties.Environment?.Variables ?? {},
      logGroup: `/aws/lambda/${name}`,
      asynchronousRetries: config?.retries ?? 2,
      deadLetterQueue: config?.queue ?? queueNameOf(properties.DeadLetterConfig?.TargetArn, where),
    };
  });

  const mappings = all('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties.Enabled)
    .map(({ logicalId, where, properties }) => ({
      where,
      source: properties.EventSourceArn,
      properties,
      common: {
        id: logicalId,
        functionName: functionNameOf(properties.FunctionName, where),
        batchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
        reportsItemFailures: properties.FunctionResponseTypes.includes('ReportBatchItemFailures'),
        filters: properties.FilterCriteria,
      },
    }));
  const queueMappings: QueueMapping[] = [];
  const streamMappings: StreamMapping[] = [];
  for (const { where, source, properties, common } of mappings) {
    const queue = queueResources.find((candidate) => candidate.arn === source);
    const table = tableResources.find(({ facts }) => facts.attribute('StreamArn') === source);
    if (queue !== undefined) {
      queueMappings.push({
        ...common,
        batchSize: properties.BatchSize ?? 10,
        queueName: queue.name,
        concurrency: properties.ScalingConfig?.MaximumConcurrency,
      });
    } else if (table !== undefined) {
      streamMappings.push({
        ...common,
        batchSize: properties.BatchSize ?? 100,
        tableName: table.name,
        bisectsOnError: properties.BisectBatchOnFunctionError,
        retryAttempts: properties.MaximumRetryAttempts === -1 ? undefined : properties.MaximumRetryAttempts,
        onFailureQueue: queueNameOf(properties.DestinationConfig?.OnFailure?.Destination, where),
      });
    } else {
      throw new Error(`${where} reads from ${source}, which is neither a queue nor a table stream of this app.`);
    }
  }

  const schedules = all('AWS::Events::Rule').map(({ logicalId, where, name, facts, properties }) => ({
    logicalId,
    name,
    arn: arnOf(facts),
    expression: properties.ScheduleExpression,
    isEnabled: properties.State === 'ENABLED',
    targets: properties.Targets.map((target): ScheduleTarget => {
      const queue = queueResources.find((candidate) => candidate.arn === target.Arn);
      return {
        kind: queue === undefined ? 'function' : 'queue',
        name: queue?.name ?? functionNameOf(target.Arn, where),
        input: target.Input,
        deadLetterQueue: queueNameOf(target.DeadLetterConfig?.Arn, where),
      };
    }),
  }));

  return {
    place,
    functions,
    api: readApi(),
    queues: queueResources.map(({ name, arn: queueArn, facts, properties }) => ({
      name,
      arn: queueArn,
      url: facts.ref,
      attributes: queueAttributes(properties),
    })),
    tables: tableResources.map(({ name, facts, properties }) => ({
      name,
      streamArn: facts.attribute('StreamArn') ?? '',
      timeToLiveAttribute: properties.TimeToLiveSpecification?.Enabled
        ? properties.TimeToLiveSpecification.AttributeName
        : undefined,
      input: tableInput(name, properties),
      streamViewType: properties.StreamSpecification?.StreamViewType,
    })),
    buckets: all('AWS::S3::Bucket').map(({ name }) => name),
    schedules,
    queueMappings,
    streamMappings,
  };

  function readApi(): ApiDescription | undefined {
    const [api, ...others] = all('AWS::ApiGatewayV2::Api');
    if (others.length > 0) throw new Error('The app has more than one HTTP API; this runtime serves one.');
    if (api === undefined) return undefined;
    const integrations = new Map(
      all('AWS::ApiGatewayV2::Integration').map(({ facts, where, properties }) => [
        `integrations/${facts.ref}`,
        functionNameOf(properties.IntegrationUri, where),
      ]),
    );
    const authorizers = new Map(
      all('AWS::ApiGatewayV2::Authorizer').map(({ facts, where, properties }) => [
        facts.ref,
        {
          id: facts.ref,
          functionName: functionNameOf(properties.AuthorizerUri, where),
          identitySources: properties.IdentitySource,
          resultTtlSeconds: properties.AuthorizerResultTtlInSeconds,
        },
      ]),
    );
    const routes = all('AWS::ApiGatewayV2::Route').map(({ where, properties }) => {
      const functionName = integrations.get(properties.Target);
      const authorizer = authorizers.get(properties.AuthorizerId ?? '');
      if (functionName === undefined)
        throw new Error(`${where} has the target ${properties.Target}, which is not there.`);
      if (properties.AuthorizationType === 'CUSTOM' && authorizer === undefined) {
        throw new Error(`${where} has no authorizer, although it asks for one.`);
      }
      return { key: properties.RouteKey, functionName, authorizer };
    });
    const settings = all('AWS::ApiGatewayV2::Stage')[0]?.properties.DefaultRouteSettings;
    const ratePerSecond = settings?.ThrottlingRateLimit;
    const burst = settings?.ThrottlingBurstLimit;
    return {
      id: api.facts.ref,
      routes,
      throttle: ratePerSecond === undefined || burst === undefined ? undefined : { ratePerSecond, burst },
    };
  }
};

const queueAttributes = (properties: Properties<'AWS::SQS::Queue'>): Record<string, string> => {
  const {
    QueueName,
    Tags,
    KmsMasterKeyId,
    KmsDataKeyReusePeriodSeconds,
    RedriveAllowPolicy,
    SqsManagedSseEnabled,
    ...kept
  } = properties;
  const entries = Object.entries(kept).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
  );
};

const tableInput = (name: string, properties: Properties<'AWS::DynamoDB::Table'>): Record<string, unknown> => {
  const indexes = properties.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  }));
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    ...(indexes === undefined ? {} : { GlobalSecondaryIndexes: indexes }),
    ...(properties.LocalSecondaryIndexes === undefined
      ? {}
      : { LocalSecondaryIndexes: properties.LocalSecondaryIndexes }),
  };
};
