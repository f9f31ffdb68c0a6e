import { describe, expect, test } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { dependenciesOver } from '../../functions/dependencies.ts';
import { replayableQueues } from '../../shared/application/dead-letters.ts';
import { personForIdentity } from '../../shared/application/people.ts';
import type { KnownIdentity, Store } from '../../shared/application/ports.ts';
import type { Account } from '../../shared/domain/account.ts';
import { pathPrefix, type RouteRow } from '../../shared/http/route-row.ts';
import { routeTable } from '../../shared/http/route-table.ts';
import { keys } from '../../shared/persistence/keys.ts';
import { operations } from '../../shared/persistence/transaction.ts';
import {
  asText,
  functionNames,
  functionsByName,
  resources,
  sorted,
  statementsOf,
  synthesize,
} from '../support/infrastructure.ts';

const { service } = synthesize();
const functions = functionsByName(service);
const allowed = (name: string) => statementsOf(service, name);
const subscriptionWorkers = ['work-subscriptions', 'work-subscriptions-stripe', 'work-subscriptions-paypal'];
const forKeys = (partitionKeys: readonly string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitionKeys },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});
const actionsOn = (name: string, resource: string) =>
  sorted(
    allowed(name)
      .filter((statement) => statement.resources.some((text) => text.startsWith(resource)))
      .flatMap((statement) => statement.actions),
  );

describe('functions', () => {
  test('are those that have an entry point, and no others', () => {
    expect(sorted(Object.keys(functions))).toEqual(sorted(functionNames));
  });

  test.each(functionNames)('%s runs on Node 24 and ARM, is traced, and knows what to call itself', (name) => {
    expect(functions[name]).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      Environment: {
        Variables: {
          LOG_LEVEL: 'INFO',
          NODE_OPTIONS: '--enable-source-maps',
          POWERTOOLS_METRICS_NAMESPACE: 'PaymentIntents',
          POWERTOOLS_SERVICE_NAME: name,
        },
      },
    });
  });

  test.each(functionNames)('%s has memory and time within the limits of the house', (name) => {
    expect(functions[name].MemorySize).toBeGreaterThanOrEqual(512);
    // A host's whole history is verified in one request, which takes a processor of its own.
    expect(functions[name].MemorySize).toBeLessThanOrEqual(name === 'hosts' ? 1769 : 1024);
    // Nobody waits for a run of the batch but the next one, which comes ten minutes later.
    expect(functions[name].Timeout).toBeLessThanOrEqual(name === 'process-batch-subscriptions' ? 300 : 60);
  });

  test.each(functionNames)('%s has a log of its own that is forgotten after a while', (name) => {
    const logGroup = functions[name].LoggingConfig.LogGroup.Ref;
    expect(resources(service, 'AWS::Logs::LogGroup')[logGroup].RetentionInDays).toBe(90);
  });

  test('are told where the data and the queue are only if they need it', () => {
    const withVariable = (variable: string) =>
      functionNames.filter((name) => functions[name].Environment.Variables[variable] !== undefined);
    expect(withVariable('TABLE_NAME')).toEqual(
      functionNames.filter((name) => name !== 'documentation' && name !== 'relay'),
    );
    expect(withVariable('DUE_WORK_QUEUE_URL')).toEqual(['sweep-due']);
    for (const variable of ['OIDC_ISSUER', 'OIDC_AUDIENCE', 'OIDC_JWKS_URI']) {
      expect(withVariable(variable)).toEqual(['authorizer']);
    }
  });

  test('give up before those who wait for them do', () => {
    const waitedFor = Object.values<RouteRow>(routeTable).map((row) => row.function);
    // Those who verify a whole history, or ask a processor, have as long as API Gateway waits.
    const slow: readonly string[] = ['hosts', 'payment-methods', 'webhooks'];
    for (const name of new Set(waitedFor)) expect(functions[name].Timeout).toBe(slow.includes(name) ? 29 : 10);
    expect(functions.authorizer.Timeout).toBeLessThan(10);
  });
});

describe('what functions may do', () => {
  test.each(functionNames)('%s has a role of its own with nothing ready-made in it', (name) => {
    const role = functions[name].Role['Fn::GetAtt'][0];
    expect(Object.values(functions).filter((fn) => fn.Role['Fn::GetAtt'][0] === role)).toHaveLength(1);
    expect(resources(service, 'AWS::IAM::Role')[role]).not.toHaveProperty('ManagedPolicyArns');
  });

  test.each(functionNames)('%s is allowed nothing by a wildcard, but for sending traces', (name) => {
    for (const { actions, resources: on } of allowed(name)) {
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
      if (!actions.every((action) => action.startsWith('xray:'))) {
        expect(on.filter((resource) => resource.includes('*'))).toEqual([]);
      }
    }
  });

  test.each(functionNames)('%s may neither scan the table nor change what the table is', (name) => {
    const item =
      name === 'relay'
        ? /^dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$/
        : /^dynamodb:(BatchGetItem|ConditionCheckItem|DeleteItem|GetItem|PutItem|Query|UpdateItem)$/;
    const database = allowed(name).flatMap(({ actions }) => actions.filter((action) => action.startsWith('dynamodb:')));
    expect(database.filter((action) => !item.test(action))).toEqual([]);
  });

  test('documentation may read nothing at all', () => {
    const services = allowed('documentation').flatMap(({ actions }) => actions.map((action) => action.split(':')[0]));
    expect(sorted(new Set(services))).toEqual(['logs', 'xray']);
  });

  test('the authorizer may find people by identity and write new ones down, and cannot give anybody a role', () => {
    const onTable = allowed('authorizer').filter(({ resources: [resource] }) => resource === '{Table.Arn}');
    expect(onTable).toEqual([
      { actions: ['dynamodb:GetItem'], resources: ['{Table.Arn}'], condition: forKeys(['ACCOUNT#*', 'IDENTITY#*']) },
      {
        actions: ['dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['ACCOUNT#*', 'IDENTITY#*', 'SLUG#person-*']),
      },
    ]);
    expect(actionsOn('authorizer', '{Table')).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem']);
  });

  test('whoever unsubscribes by a link reaches what people have chosen to be told, the key of the links, and nothing else', () => {
    const onTable = allowed('unsubscribe').filter(({ resources: [resource] }) => resource === '{Table.Arn}');
    expect(onTable).toEqual([
      {
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['SECRET#unsubscribe']),
      },
      {
        actions: ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['INBOX#*']),
      },
    ]);
    expect(actionsOn('unsubscribe', '{Table')).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ]);
  });

  test('what the authorizer writes at a sign-in is under the keys that it may write', async () => {
    const written: string[] = [];
    const person = { id: 'acc_1', slug: 'person-1', email: 'old@b.example', version: 1 };
    const store = (known: KnownIdentity | undefined): Partial<Store> => ({
      identity: async () => known,
      account: async () => person as unknown as Account,
      commit: async (change, userId, at) => {
        const planned = operations('table', change, userId, at);
        written.push(...planned.map(({ item }) => String(item.Put?.Item?.['PK'] ?? JSON.stringify(item))));
        return { outcome: 'committed' };
      },
    });
    const signIn = async (known: KnownIdentity | undefined) => {
      const deps = dependenciesOver(store(known) as Store);
      const identity = { issuer: 'i', subject: 's', email: 'a@b.example', emailVerified: true, name: 'A' };
      await personForIdentity(deps, identity);
      return written.splice(0);
    };
    const first = await signIn(undefined);
    expect(first).toHaveLength(3);
    const changed = await signIn({ userId: 'acc_1', address: null });
    expect(changed).toEqual(['ACCOUNT#acc_1', expect.stringMatching(/^IDENTITY#/)]);
    expect([...first, ...changed].filter((key) => !/^(ACCOUNT#|IDENTITY#|SLUG#person-)/.test(key))).toEqual([]);
    expect(keys.memberships('acc_1').PK).toMatch(/^PERSON#/);
  });

  test('the sweep may ask the due index and send to its queues, and nothing else', () => {
    const statements = allowed('sweep-due').filter(({ actions }) => !/^(logs|xray):/.test(actions[0] ?? ''));
    expect(statements).toEqual([
      { actions: ['dynamodb:Query'], resources: ['{Table.Arn}/index/GSI6'] },
      { actions: ['sqs:SendMessage'], resources: ['{DueWorkQueue.Arn}', '{SweepDueDeadLettersQueue.Arn}'] },
    ]);
  });

  test('the batch and its workers read and write items, ask only the lists they need, and send to the queues of the work', () => {
    const queues = [
      '{BatchSubscriptionWorkQueue.Arn}',
      '{BatchSubscriptionWorkStripeQueue.Arn}',
      '{BatchSubscriptionWorkPaypalQueue.Arn}',
    ];
    for (const name of ['process-batch-subscriptions', ...subscriptionWorkers]) {
      const sendingTo = allowed(name)
        .filter(({ actions }) => actions.includes('sqs:SendMessage'))
        .flatMap((statement) => statement.resources);
      expect(sorted(sendingTo.filter((queue) => queue !== '{BatchDeadLettersQueue.Arn}'))).toEqual(sorted(queues));
      expect(actionsOn(name, '{Table.Arn}').filter((action) => /Delete|Scan/.test(action))).toEqual([]);
    }
  });

  test('caller reads, and writes what somebody has read, and nothing of anybody’s money or rights', () => {
    expect(allowed('caller').filter(({ resources: [resource] }) => resource === '{Table.Arn}')).toEqual([
      { actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'], resources: ['{Table.Arn}'] },
      { actions: ['dynamodb:UpdateItem'], resources: ['{Table.Arn}'], condition: forKeys(['INBOX#*']) },
      {
        actions: ['dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['IDEMPOTENCY#*', 'SECRET#cursor']),
      },
    ]);
  });

  test('only accounts may delete any item; others may delete their own', () => {
    expect(functionNames.filter((name) => actionsOn(name, '{Table').includes('dynamodb:DeleteItem'))).toEqual([
      'accounts',
      'payment-methods',
      'webhook-endpoints',
      'deliver-notification',
      'notify-later',
    ]);
    expect(
      allowed('webhook-endpoints').filter(({ actions }) => /^dynamodb:(Put|Update|Delete)Item$/.test(actions[0] ?? '')),
    ).toEqual([
      {
        actions: ['dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['IDEMPOTENCY#*', 'SECRET#cursor', 'WEBHOOK_ENDPOINT#*', 'WEBHOOK_ENDPOINTS#*']),
      },
      { actions: ['dynamodb:DeleteItem'], resources: ['{Table.Arn}'], condition: forKeys(['WEBHOOK_ENDPOINTS#*']) },
    ]);
    expect(allowed('deliver-notification').find(({ actions }) => actions.includes('dynamodb:DeleteItem'))).toEqual({
      actions: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      resources: ['{Table.Arn}'],
      condition: forKeys(['INBOX#*']),
    });
    expect(allowed('notify-later').find(({ actions }) => actions.includes('dynamodb:DeleteItem'))).toEqual({
      actions: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem'],
      resources: ['{Table.Arn}'],
      condition: forKeys(['LATER#*']),
    });
    expect(
      allowed('payment-methods').filter(({ actions }) => /^dynamodb:(Put|Update|Delete)Item$/.test(actions[0] ?? '')),
    ).toEqual([
      {
        actions: ['dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['IDEMPOTENCY#*', 'PAYMENT_METHODS#*', 'SECRET#cursor']),
      },
      {
        actions: ['dynamodb:DeleteItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['PAYMENT_METHODS#*']),
      },
    ]);
  });

  test('webhooks, which anybody may call, may write what a payment is booked with, and cannot give anybody a role', () => {
    const onTable = allowed('webhooks').filter(({ resources: [resource] }) => resource === '{Table.Arn}');
    expect(onTable).toEqual([
      {
        actions: ['dynamodb:GetItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['CONTRIBUTION#*', 'HOST#*', 'INTENT#*', 'SUBSCRIPTION#*']),
      },
      {
        actions: ['dynamodb:BatchGetItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['ACCOUNT#*', 'GUARD#*']),
      },
      {
        actions: ['dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['CONTRIBUTION#*', 'HOST#*', 'INTENT#*', 'NEWS#*', 'SUSPENSE#*']),
      },
      {
        actions: ['dynamodb:UpdateItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['BOOK#*', 'GUARD#*', 'REGISTER#*', 'TALLY#*']),
      },
      { actions: ['dynamodb:ConditionCheckItem'], resources: ['{Table.Arn}'], condition: forKeys(['GUARD#*']) },
    ]);
  });

  test('batch-admin may change the rollout and nothing of anybody’s money', () => {
    const writing = allowed('batch-admin').filter(({ actions }) => actions.includes('dynamodb:PutItem'));
    expect(writing).toEqual([
      {
        actions: ['dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['BATCH_ROLLOUT', 'IDEMPOTENCY#*', 'SECRET#cursor']),
      },
    ]);
  });

  test('the keys of processors are read by who needs them, from one secret, and are in no template', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:payment-processors-a1B2c3';
    const { service: withSecret } = synthesize({ processorSecretArn: arn });
    const readers = functionNames.filter((name) =>
      statementsOf(withSecret, name).some(({ actions }) => actions.includes('secretsmanager:GetSecretValue')),
    );
    const told = functionsByName(withSecret);
    expect(readers).toContain('webhooks');
    expect(functionNames.filter((name) => told[name].Environment.Variables['PROCESSOR_SECRET_ARN'] === arn)).toEqual(
      readers,
    );
    expect(JSON.stringify(withSecret.toJSON())).not.toMatch(/STRIPE_SECRET_KEY|PAYPAL_CLIENT_SECRET/);
    expect(functionNames.filter((name) => functions[name].Environment.Variables['TEST_PROCESSOR'] === 'on')).toEqual(
      [],
    );
    expect(() => synthesize({ processorSecretArn: 'arn:aws:secretsmanager:eu-central-1:1:secret:x' })).toThrow(
      'processorSecretArn',
    );
  });

  test('webhooks are attempted by who sees endpoints and deliveries and nothing else of the table, and go to the public internet only', () => {
    const onTable = allowed('deliver-webhook').filter(({ resources: [resource] }) => resource === '{Table.Arn}');
    expect(onTable).toEqual([
      {
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['WEBHOOK_ENDPOINT#*', 'WEBHOOK_ENDPOINTS#*']),
      },
      { actions: ['dynamodb:UpdateItem'], resources: ['{Table.Arn}'], condition: forKeys(['WEBHOOK_ENDPOINT#*']) },
    ]);
    const destinations = functionNames.flatMap(
      (name) => functions[name].Environment.Variables.WEBHOOK_DESTINATIONS ?? [],
    );
    expect(new Set(destinations)).toEqual(new Set(['public']));
    // Longer than an attempt, which ends after ten seconds whatever the receiver does.
    expect(functions['deliver-webhook'].Timeout).toBe(30);
  });

  test('relay reads the stream and sends, and cannot read the table', () => {
    const statements = allowed('relay').filter(({ actions }) => !/^(logs|xray):/.test(actions[0] ?? ''));
    expect(
      statements.flatMap(({ actions }) => actions).filter((action) => action.startsWith('dynamodb:')),
    ).toHaveLength(4);
    expect(sorted(new Set(statements.flatMap((statement) => statement.resources)))).toEqual(
      sorted(['{Table.StreamArn}', '{TellingHostNotificationsQueue.Arn}', '{TellingRelayDeadLettersQueue.Arn}']),
    );
  });

  test('the stream is read for events that may be news, halved when it fails, and set aside in the end', () => {
    service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
      MaximumRecordAgeInSeconds: 23 * 3600,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      FilterCriteria: {
        Filters: [{ Pattern: Match.serializedJson(Match.objectLike({ eventName: ['INSERT'] })) }],
      },
    });
    const patterns = Object.values(resources(service, 'AWS::Lambda::EventSourceMapping')).flatMap(
      ({ FilterCriteria }) => FilterCriteria?.Filters.map(({ Pattern }: { Pattern: string }) => Pattern) ?? [],
    );
    // https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html: 4,096 characters at most.
    for (const pattern of patterns) expect(pattern.length).toBeLessThanOrEqual(4096);
  });

  test('e-mail is sent from one address, of identities that are named; without the setting none is', () => {
    const sending = (template: typeof service) =>
      statementsOf(template, 'deliver-notification').filter(({ actions }) => actions.includes('ses:SendEmail'));
    expect(sending(service)).toEqual([]);
    expect(functions['deliver-notification'].Environment.Variables.MAIL_FROM).toBe('off');
    const { service: withMail } = synthesize({ mailFrom: 'payments@host.example' });
    expect(sending(withMail)).toEqual([
      {
        actions: ['ses:SendEmail'],
        resources: ['host.example', 'payments@host.example'].map((name) => expect.stringMatching(`:identity/${name}$`)),
        condition: { StringEquals: { 'ses:FromAddress': 'payments@host.example' } },
      },
    ]);
    expect(
      functionNames.filter((name) =>
        statementsOf(withMail, name).some(({ actions }) => actions.includes('ses:SendEmail')),
      ),
    ).toEqual(['deliver-notification']);
    for (const mailFrom of ['nobody', 'a@b.example, c@d.example', 'a@b.example\nBcc: c@d.example']) {
      expect(() => synthesize({ mailFrom })).toThrow('mailFrom');
    }
  });

  test('e-mails lead to the dashboard where there is one, and to the API otherwise', () => {
    const leadsTo = (template: typeof service) =>
      functionsByName(template)['deliver-notification'].Environment.Variables['PUBLIC_URL'];
    expect(leadsTo(synthesize({ dashboardUrl: 'https://pay.host.example/' }).service)).toBe('https://pay.host.example');
    expect(leadsTo(service)).not.toBe('https://pay.host.example');
    // Mail programs unsubscribe at the API, whether or not there is a dashboard.
    const { service: withDashboard } = synthesize({ dashboardUrl: 'https://pay.host.example/' });
    const apiOf = (template: typeof service) =>
      asText(functionsByName(template)['deliver-notification'].Environment.Variables['API_URL']);
    expect(apiOf(withDashboard)).toBe(apiOf(service));
    expect(apiOf(service)).toBe(asText(leadsTo(service)));
    for (const dashboardUrl of ['pay.host.example', 'http://pay.host.example', 'https://a:b@host.example/?x']) {
      expect(() => synthesize({ dashboardUrl })).toThrow('dashboardUrl');
    }
  });

  test('no function that answers people touches a queue, but those that send a test or a replay', () => {
    const touching = functionNames.filter((name) =>
      allowed(name).some(({ actions }) => actions.some((action) => action.startsWith('sqs:'))),
    );
    expect(touching).toEqual([
      // For platform admins alone, and what it sends was in the same queue before.
      'dead-letters',
      'webhook-endpoints',
      'relay',
      'deliver-notification',
      'notify-later',
      'deliver-webhook',
      'sweep-due',
      'work-due',
      'process-batch-subscriptions',
      ...subscriptionWorkers,
    ]);
  });

  test.each([
    ['accounts', ['GSI3']],
    ['payment-intents', ['GSI1', 'GSI2', 'GSI4', 'GSI5']],
    ['contributions', ['GSI1', 'GSI2', 'GSI4', 'GSI5']],
    ['batch-admin', []],
    ['dead-letters', []],
    ['payment-methods', []],
    ['webhooks', []],
    ['webhook-endpoints', []],
    ['hosts', ['GSI1', 'GSI2', 'GSI3']],
    ['caller', []],
    ['unsubscribe', []],
    ['relay', []],
    ['deliver-notification', ['GSI1', 'GSI5']],
    ['notify-later', ['GSI6']],
    ['deliver-webhook', []],
    ['work-due', []],
    ['sweep-due', ['GSI6']],
    ['process-batch-subscriptions', ['GSI1', 'GSI5', 'GSI6']],
    ['work-subscriptions', []],
    ['work-subscriptions-stripe', []],
    ['work-subscriptions-paypal', []],
  ])('%s lists from the indexes %j', (name, indexes) => {
    const listed = allowed(name)
      .flatMap((statement) => statement.resources)
      .flatMap((resource) => /\/index\/(\w+)$/.exec(resource)?.[1] ?? []);
    expect(listed).toEqual(indexes);
  });
});

describe('the API', () => {
  const routes = Object.values(resources(service, 'AWS::ApiGatewayV2::Route'));
  const rows = Object.values<RouteRow>(routeTable);
  const keyOf = (row: RouteRow) => `${row.method} ${pathPrefix}${row.path}`;
  const functionBehind = (target: unknown): string | undefined => {
    const integration = Object.entries(resources(service, 'AWS::ApiGatewayV2::Integration')).find(([id]) =>
      JSON.stringify(target).includes(`"${id}"`),
    )?.[1];
    return functionNames.find((name) => functions[name].id === integration.IntegrationUri['Fn::GetAtt'][0]);
  };

  test('has every route of the route table, one for everything else, and no other', () => {
    expect(sorted(routes.map((route) => route.RouteKey))).toEqual(sorted([...rows.map(keyOf), '$default']));
  });

  test.each(rows.map((row) => [keyOf(row), row] as const))('%s leads to its function', (key, row) => {
    const route = routes.find(({ RouteKey }) => RouteKey === key);
    expect(functionBehind(route.Target)).toBe(row.function);
  });

  test('what is not in the table is answered by the documentation function', () => {
    expect(functionBehind(routes.find(({ RouteKey }) => RouteKey === '$default').Target)).toBe('documentation');
  });

  test('asks the authorizer on every route but those that are marked public, signed or linked', () => {
    const open = routes.filter((route) => route.AuthorizationType !== 'CUSTOM').map((route) => route.RouteKey);
    const marked = rows.filter((row) => row.access !== 'authenticated').map(keyOf);
    expect(sorted(open)).toEqual(sorted([...marked, '$default']));
  });

  test('asks the authorizer anew for each request, also without a token, and takes a plain yes or no', () => {
    service.resourceCountIs('AWS::ApiGatewayV2::Authorizer', 1);
    service.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 0,
      IdentitySource: [],
    });
  });

  test('sends events in payload format 2.0', () => {
    service.allResourcesProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '2.0',
    });
  });

  test('limits how fast it can be called, and writes down who called it', () => {
    service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: Match.anyValue(), ThrottlingBurstLimit: Match.anyValue() },
      AccessLogSettings: { DestinationArn: Match.anyValue(), Format: Match.stringLikeRegexp('requestId') },
    });
  });

  test('keeps query strings, headers and tokens out of its log', () => {
    const [stage] = Object.values(resources(service, 'AWS::ApiGatewayV2::Stage'));
    expect(stage.AccessLogSettings.Format).not.toMatch(
      /querystring|header|authorizer\.(identity|refusal)|\$context\.path/i,
    );
  });

  test('may invoke every function that it has a route or an authorizer for, and so may nobody else', () => {
    const permitted = Object.values(resources(service, 'AWS::Lambda::Permission')).map((permission) => ({
      who: permission.Principal,
      name: functionNames.find((name) => functions[name].id === permission.FunctionName['Fn::GetAtt'][0]),
    }));
    const byGateway = new Set(
      permitted.filter(({ who }) => who === 'apigateway.amazonaws.com').map(({ name }) => name),
    );
    expect(sorted(byGateway)).toEqual([
      'accounts',
      'authorizer',
      'batch-admin',
      'caller',
      'contributions',
      'dead-letters',
      'documentation',
      'hosts',
      'payment-intents',
      'payment-methods',
      'unsubscribe',
      'webhook-endpoints',
      'webhooks',
    ]);
    expect(permitted.filter(({ who }) => who !== 'apigateway.amazonaws.com')).toEqual([
      { who: 'events.amazonaws.com', name: 'sweep-due' },
      { who: 'events.amazonaws.com', name: 'process-batch-subscriptions' },
      { who: 'events.amazonaws.com', name: 'notify-later' },
    ]);
  });

  test('may invoke functions for this API only', () => {
    const sources = Object.values(resources(service, 'AWS::Lambda::Permission'))
      .filter((permission) => permission.Principal === 'apigateway.amazonaws.com')
      .map((permission) => asText(permission.SourceArn));
    for (const source of sources) expect(source).toContain(':{RestApi}/');
  });

  test('may invoke the documentation function for an address that no route has', () => {
    const sources = Object.values(resources(service, 'AWS::Lambda::Permission'))
      .filter((permission) => permission.FunctionName['Fn::GetAtt'][0] === functions.documentation.id)
      .map((permission) => asText(permission.SourceArn));
    // Two parts, stage and `$default`, where other routes have three: stage, method and path.
    expect(sources.some((source) => source.endsWith(':{RestApi}/*/*'))).toBe(true);
  });
});

describe('queues and schedules', () => {
  const queues = resources(service, 'AWS::SQS::Queue');
  const idOf = (queueName: string) => Object.keys(queues).find((id) => queues[id].QueueName === queueName);
  const subscriptionQueues = ['subscription-work', 'subscription-work-stripe', 'subscription-work-paypal'];
  const workQueues = ['due-work', ...subscriptionQueues, 'host-notifications', 'webhook-deliveries'];
  /** The others read the table's stream, which the other stack has. */
  const queueMappings = Object.values(resources(service, 'AWS::Lambda::EventSourceMapping')).filter(
    ({ EventSourceArn }) => EventSourceArn['Fn::GetAtt'] !== undefined,
  );

  test.each(workQueues)('what is in the queue %s is tried five times and then set aside', (name) => {
    expect(queues[idOf(name) ?? ''].RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [idOf(`${name}-dlq`), 'Arn'] },
      maxReceiveCount: 5,
    });
  });

  test('what is set aside of every work queue can be replayed', () => {
    const told = asText(functions['dead-letters'].Environment.Variables.WORK_QUEUE_URLS);
    expect(sorted(Object.keys(JSON.parse(told)))).toEqual(sorted(replayableQueues));
    expect(sorted(replayableQueues)).toEqual(sorted(workQueues));
  });

  test('dead-letters may take from their dead-letter queues, give to them, and see who asks, and nothing else', () => {
    const arns = (suffix: string) =>
      sorted(workQueues.map((name) => asText({ 'Fn::GetAtt': [idOf(`${name}${suffix}`), 'Arn'] })));
    const statements = allowed('dead-letters').filter(({ actions }) => !/^(logs|xray):/.test(actions[0] ?? ''));
    expect(statements.map((statement) => ({ ...statement, resources: sorted(statement.resources) }))).toEqual([
      {
        actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem'],
        resources: ['{Table.Arn}'],
        condition: forKeys(['IDEMPOTENCY#*', 'PERSON#*']),
      },
      { actions: ['dynamodb:PutItem'], resources: ['{Table.Arn}'], condition: forKeys(['IDEMPOTENCY#*']) },
      {
        actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        resources: arns('-dlq'),
      },
      { actions: ['sqs:SendMessage'], resources: arns('') },
    ]);
  });

  test('subscription work is set aside before the lease of the batch ends and another message takes its place', () => {
    for (const name of subscriptionQueues) {
      const { VisibilityTimeout: seconds, RedrivePolicy: redrive } = queues[idOf(name) ?? ''];
      expect(seconds * redrive.maxReceiveCount).toBeLessThan(20 * 60);
    }
  });

  test.each([
    ['subscription-work', 'work-subscriptions', 10],
    ['subscription-work-stripe', 'work-subscriptions-stripe', 10],
    ['subscription-work-paypal', 'work-subscriptions-paypal', 2],
  ])('the queue %s has workers of its own, %s, of which no more than %i are at work', (queue, worker, atOnce) => {
    const mappings = queueMappings.filter(({ EventSourceArn }) => EventSourceArn['Fn::GetAtt'][0] === idOf(queue));
    expect(mappings).toMatchObject([
      { FunctionName: { Ref: functions[worker].id }, BatchSize: 10, ScalingConfig: { MaximumConcurrency: atOnce } },
    ]);
  });

  test.each(['process-batch-subscriptions', ...subscriptionWorkers])('%s is told where all queues are', (name) => {
    const { Variables: variables } = functions[name].Environment;
    expect([
      asText(variables.SUBSCRIPTION_WORK_QUEUE_URL),
      asText(variables.SUBSCRIPTION_WORK_STRIPE_QUEUE_URL),
      asText(variables.SUBSCRIPTION_WORK_PAYPAL_QUEUE_URL),
    ]).toEqual(subscriptionQueues.map((queue) => `{${String(idOf(queue)).replace(/[0-9A-F]{8}$/, '')}}`));
  });

  test('a message stays with a function for at least six of its time-outs', () => {
    for (const mapping of queueMappings) {
      const queue = queues[mapping.EventSourceArn['Fn::GetAtt'][0]];
      const fn = Object.values(functions).find(({ id }) => id === mapping.FunctionName.Ref);
      expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * fn.Timeout);
    }
  });

  test('a function that works on a queue or the stream reports which messages failed', () => {
    expect(queueMappings).toHaveLength(6);
    service.resourceCountIs('AWS::Lambda::EventSourceMapping', 7);
    service.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test.each(Object.entries(queues))('the queue %s is encrypted and only spoken to over TLS', (id, queue) => {
    expect(queue.SqsManagedSseEnabled).toBe(true);
    const policies = Object.values(resources(service, 'AWS::SQS::QueuePolicy')).filter(({ Queues }) =>
      Queues.some(({ Ref }: { Ref: string }) => Ref === id),
    );
    expect(policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)).toContainEqual(
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    );
  });

  test('what is set aside is kept for as long as SQS can', () => {
    for (const name of [
      ...workQueues.map((queue) => `${queue}-dlq`),
      'sweep-due-dlq',
      'process-batch-subscriptions-dlq',
      'notify-later-dlq',
      'relay-dlq',
    ]) {
      expect(queues[idOf(name) ?? ''].MessageRetentionPeriod).toBe(14 * 24 * 60 * 60);
    }
  });

  test('every queue is either a dead-letter queue or has one', () => {
    for (const queue of Object.values(queues)) {
      expect(queue.QueueName.endsWith('-dlq') || queue.RedrivePolicy !== undefined).toBe(true);
    }
  });

  const ruleOf = (name: string) =>
    Object.values(resources(service, 'AWS::Events::Rule')).find(({ Name }) => Name === name) ?? {};

  test.each([
    ['sweep-due', 'rate(1 hour)'],
    ['process-batch-subscriptions', 'rate(10 minutes)'],
    ['notify-later', 'rate(10 minutes)'],
  ])('%s runs at a %s, and no other rule does', (name, schedule) => {
    service.resourceCountIs('AWS::Events::Rule', 3);
    expect(ruleOf(name)).toMatchObject({ ScheduleExpression: schedule, State: 'ENABLED' });
    const targets = ruleOf(name).Targets.map(({ Arn }: { Arn: unknown }) => Arn);
    expect(targets).toEqual([{ 'Fn::GetAtt': [functions[name].id, 'Arn'] }]);
  });

  test.each(['sweep-due', 'process-batch-subscriptions'])(
    'a run of %s that cannot start is repeated and then set aside, and so is one that started and failed',
    (name) => {
      const deadLetters = { 'Fn::GetAtt': [idOf(`${name}-dlq`), 'Arn'] };
      const [target] = ruleOf(name).Targets;
      expect(target.DeadLetterConfig).toEqual({ Arn: deadLetters });
      expect(target.RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0);
      expect(functions[name].DeadLetterConfig).toEqual({ TargetArn: deadLetters });
    },
  );

  test('a run of the batch is over, or given up, before the next one begins', () => {
    const minutes = 60;
    expect(functions['process-batch-subscriptions'].Timeout).toBeLessThan(10 * minutes);
    const [target] = ruleOf('process-batch-subscriptions').Targets;
    expect(target.RetryPolicy.MaximumEventAgeInSeconds).toBeLessThan(10 * minutes);
  });
});
