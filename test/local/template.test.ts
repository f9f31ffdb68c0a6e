// biome-ignore-all lint/suspicious/noTemplateCurlyInString: That is how Fn::Sub is spelled.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSystem, type SystemDescription } from '../../local/system.ts';
import { createResolver, type ResourceFacts, type Stack } from '../../local/template.ts';
import { type FixtureOptions, writeFixtureApp } from './fixtures/app.ts';

const place = { region: 'eu-central-1', accountId: '000000000000' };

const stackNamed = (name: string, more: Partial<Stack> = {}): Stack => ({
  name,
  Resources: {},
  Outputs: {},
  Parameters: {},
  Conditions: {},
  Mappings: {},
  assets: new Map(),
  ...more,
});

describe('intrinsics', () => {
  const other = stackNamed('Other', {
    Outputs: {
      Exported: { Value: { 'Fn::Join': ['', ['ex', 'ported']] }, Export: { Name: { 'Fn::Sub': 'Other:${Suffix}' } } },
      Plain: { Value: 'plain' },
    },
    Parameters: { Suffix: { Default: 'Exported' } },
  });
  const stack = stackNamed('Own', {
    Resources: {
      Thing: { Type: 'Any::Thing', Properties: {} },
      Gone: { Type: 'Any::Thing', Properties: {}, Condition: 'Never' },
    },
    Parameters: { Given: { Default: 'given' }, Open: {} },
    Conditions: {
      Always: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
      Never: { 'Fn::Not': [{ Condition: 'Always' }] },
      Both: { 'Fn::And': [{ Condition: 'Always' }, { Condition: 'Never' }] },
      Either: { 'Fn::Or': [{ Condition: 'Always' }, { Condition: 'Never' }] },
    },
    Mappings: { Sizes: { small: { memory: 128 } } },
  });
  const facts: ResourceFacts = { ref: 'thing-ref', attribute: (name) => (name === 'Arn' ? 'thing-arn' : undefined) };
  const resolver = createResolver([stack, other], place, () => facts);
  const resolve = (value: unknown) => resolver.resolve(stack, value, 'Own/Where');

  test.each<[string, unknown, unknown]>([
    ['a plain value', { a: [1, 'two', { three: null }] }, { a: [1, 'two', { three: null }] }],
    ['a reference', { Ref: 'Thing' }, 'thing-ref'],
    ['a parameter', { Ref: 'Given' }, 'given'],
    ['the region', { Ref: 'AWS::Region' }, 'eu-central-1'],
    ['the account', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['the partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['the stack’s name', { Ref: 'AWS::StackName' }, 'Own'],
    ['the address suffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['no value in an object', { kept: 1, left: { Ref: 'AWS::NoValue' } }, { kept: 1 }],
    ['no value in a list', [1, { Ref: 'AWS::NoValue' }, 2], [1, 2]],
    ['an attribute', { 'Fn::GetAtt': ['Thing', 'Arn'] }, 'thing-arn'],
    ['an attribute in short form', { 'Fn::GetAtt': 'Thing.Arn' }, 'thing-arn'],
    ['a join', { 'Fn::Join': ['/', ['a', { Ref: 'Thing' }, 3]] }, 'a/thing-ref/3'],
    [
      'a substitution',
      { 'Fn::Sub': '${Thing}:${Thing.Arn}:${AWS::Region}:${!Left}' },
      'thing-ref:thing-arn:eu-central-1:${Left}',
    ],
    ['a substitution with variables', { 'Fn::Sub': ['${x}-${Given}', { x: { Ref: 'Thing' } }] }, 'thing-ref-given'],
    ['a selection from a split', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['an import', { 'Fn::ImportValue': 'Other:Exported' }, 'exported'],
    ['an output of another stack', { 'Fn::GetStackOutput': { StackName: 'Other', OutputName: 'Plain' } }, 'plain'],
    ['a mapping', { 'Fn::FindInMap': ['Sizes', 'small', 'memory'] }, 128],
    ['a choice', { 'Fn::If': ['Always', 'yes', { Ref: 'Nobody' }] }, 'yes'],
    ['the other choice', { 'Fn::If': ['Never', { Ref: 'Nobody' }, 'no'] }, 'no'],
    ['two conditions', { 'Fn::If': ['Both', 'yes', 'no'] }, 'no'],
    ['one of two conditions', { 'Fn::If': ['Either', 'yes', 'no'] }, 'yes'],
    [
      'the conditions of a policy',
      { Condition: { StringEquals: { a: 'b' } } },
      { Condition: { StringEquals: { a: 'b' } } },
    ],
  ])('%s is resolved', (_name, value, expected) => {
    expect(resolve(value)).toEqual(expected);
  });

  test.each<[unknown, string]>([
    [{ 'Fn::Base64': 'x' }, 'Own/Where uses the intrinsic Fn::Base64'],
    [{ deep: [{ 'Fn::Cidr': [] }] }, 'Fn::Cidr'],
    [{ Ref: 'Nobody' }, 'Nobody'],
    [{ Ref: 'AWS::Moon' }, 'AWS::Moon'],
    [{ Ref: 'Open' }, 'has no default'],
    [{ 'Fn::GetAtt': ['Thing', 'Colour'] }, 'asks Thing (Any::Thing) for Colour'],
    [{ 'Fn::ImportValue': 'Other:Nothing' }, 'Other:Nothing'],
    [{ 'Fn::GetStackOutput': { StackName: 'Other', OutputName: 'No' } }, 'output No of Other'],
    [{ 'Fn::FindInMap': ['Sizes', 'large', 'memory'] }, 'Sizes.large.memory'],
    [{ 'Fn::If': ['Unknown', 1, 2] }, 'Unknown'],
    [{ 'Fn::Select': [7, ['a']] }, 'element 7'],
    [{ 'Fn::Join': ['', 'no list'] }, 'where a list belongs'],
  ])('%j is refused by name', (value, message) => {
    expect(() => resolve(value)).toThrow(message);
  });

  test('a resource exists as its condition says', () => {
    expect([resolver.exists(stack, 'Thing'), resolver.exists(stack, 'Gone')]).toEqual([true, false]);
  });
});

describe('a synthesized app', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fixture-app-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (change?: FixtureOptions['change']): SystemDescription =>
    readSystem({
      assemblyFolder: writeFixtureApp(folder, change === undefined ? {} : { change }),
      place,
      endpoints: { queues: 'http://127.0.0.1:1', api: 'http://127.0.0.1:2' },
    });
  /** Adds or replaces a resource of the service stack. */
  const withResource = (id: string, Type: string, Properties: object) =>
    read(({ service }) => Object.assign(service?.Resources ?? {}, { [id]: { Type, Properties } }));

  test('is read as functions, routes, queues, schedules, tables and buckets', () => {
    const system = read();
    expect(system.functions.map(({ name }) => name)).toContain('FixtureService-HttpFunction');
    expect(system.functions[0]?.environment).toMatchObject({
      TABLE_NAME: 'FixtureData-Table',
      WORK_QUEUE_URL: 'http://127.0.0.1:1/000000000000/work',
      OIDC_ISSUER: 'People.ProviderURL.local',
    });
    expect(system.api?.routes.find(({ key }) => key === 'GET /v1/remembered')).toEqual({
      key: 'GET /v1/remembered',
      functionName: 'FixtureService-HttpFunction',
      authorizer: {
        id: 'RememberingAuthorizer',
        functionName: 'FixtureService-AuthorizerFunction',
        identitySources: ['$request.header.Authorization', '$request.querystring.tenant'],
        resultTtlSeconds: 300,
      },
    });
    expect(system.queues.find(({ name }) => name === 'work')?.attributes).toEqual({
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:000000000000:work-dlq',
        maxReceiveCount: 3,
      }),
      VisibilityTimeout: '120',
    });
    expect(system.buckets).toEqual(['fixturedata-attachments']);
    expect(system.schedules.map(({ name, isEnabled }) => [name, isEnabled])).toEqual([
      ['hourly', true],
      ['mornings', true],
      ['broken', true],
      ['sleeping', false],
    ]);
    expect(system.streamMappings).toMatchObject([
      { tableName: 'FixtureData-Table', onFailureQueue: 'stream-dlq', retryAttempts: 1, bisectsOnError: true },
    ]);
  });

  test.each<[string, string, object, string]>([
    ['an unknown resource type', 'AWS::StepFunctions::StateMachine', {}, 'AWS::StepFunctions::StateMachine'],
    ['an unknown property of what is run', 'AWS::SQS::Queue', { Colour: 'red' }, 'Colour'],
    ['a rule that matches events', 'AWS::Events::Rule', { EventPattern: {} }, 'EventPattern'],
    ['an authorizer of another kind', 'AWS::ApiGatewayV2::Authorizer', { AuthorizerType: 'JWT' }, 'AuthorizerType'],
    [
      'an API with cross-origin settings',
      'AWS::ApiGatewayV2::Api',
      { Name: 'x', CorsConfiguration: {} },
      'CorsConfiguration',
    ],
    ['a bucket that notifies', 'AWS::S3::Bucket', { NotificationConfiguration: {} }, 'notifications are not run'],
    [
      'a mapping from nowhere',
      'AWS::Lambda::EventSourceMapping',
      { EventSourceArn: 'arn:x', FunctionName: 'FixtureService-HttpFunction' },
      'arn:x',
    ],
    [
      'a route without its target',
      'AWS::ApiGatewayV2::Route',
      { ApiId: 'Api', RouteKey: 'GET /', Target: 'x' },
      'the target x',
    ],
  ])('%s is refused by name', (_name, type, properties, message) => {
    expect(() => withResource('Odd', type, properties)).toThrow(message);
    expect(() => withResource('Odd', type, properties)).toThrow('FixtureService/Odd');
  });

  test('a folder that holds none is refused with what to do', () => {
    expect(() => readSystem({ assemblyFolder: tmpdir(), place, endpoints: { queues: '', api: '' } })).toThrow(
      'cdk synth',
    );
  });
});
