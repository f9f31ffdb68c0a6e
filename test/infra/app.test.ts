import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { stringify } from 'yaml';
import { buildApp } from '../../infra/build-app.ts';
import { Monitoring } from '../../infra/constructs/monitoring.ts';
import { functionsByName, inTemporaryFolder, resources, sorted } from '../support/infrastructure.ts';

const stubbed = (outdir: string, settings: Readonly<Record<string, string>> = {}) =>
  buildApp({ outdir, settings: { bundling: 'stub', ...settings } });

const built = inTemporaryFolder((outdir) => {
  const { app, data, service } = stubbed(outdir);
  return { app, data: Template.fromStack(data), service: Template.fromStack(service) };
});

describe('checks', () => {
  test('cdk-nag finds nothing that nobody has answered', () => {
    expect(new AwsSolutionsChecks().validateScope(built.app).violations).toEqual([]);
  });

  test('cdk-nag would stop the synthesis if it found something', () => {
    inTemporaryFolder((outdir) => {
      const { app, service } = stubbed(outdir);
      new Queue(service, 'QueueWithoutDeadLetters');
      expect(() => app.synth()).toThrow(/AwsSolutions-SQS3/);
    });
  });

  test('an alarm without a section in the runbook stops the synthesis', () => {
    inTemporaryFolder((outdir) => {
      const { app, service } = stubbed(outdir);
      new Monitoring(service, 'OtherMonitoring').watch({
        runbook: 'nobody-wrote-this',
        impact: 'Nobody knows what to do.',
        metric: new Metric({ namespace: 'Test', metricName: 'Test', period: Duration.minutes(5) }),
        threshold: 1,
      });
      expect(() => app.synth()).toThrow(/no section "nobody-wrote-this"/);
    });
  });
});

describe('settings', () => {
  const external = { oidcIssuer: 'https://id.example', oidcAudience: 'api', oidcJwksUri: 'https://id.example/keys' };

  test('another identity provider takes the place of the user pool', () => {
    inTemporaryFolder((outdir) => {
      const { data, service } = stubbed(outdir, external);
      Template.fromStack(data).resourceCountIs('AWS::Cognito::UserPool', 0);
      expect(functionsByName(Template.fromStack(service)).authorizer.Environment.Variables).toMatchObject({
        OIDC_ISSUER: 'https://id.example',
        OIDC_AUDIENCE: 'api',
        OIDC_JWKS_URI: 'https://id.example/keys',
      });
    });
  });

  test('half an identity provider is refused', () => {
    const { oidcJwksUri: _, ...half } = external;
    inTemporaryFolder((outdir) => expect(() => stubbed(outdir, half)).toThrow(/go together/));
  });

  test.each([
    [{ logLevel: 'LOUD' }, /logLevel is one of DEBUG, INFO, WARN, ERROR/],
    [{ bundling: 'webpack' }, /bundling is one of esbuild, stub/],
    [
      { bundling: 'esbuild', functionsRoot: '/nowhere' },
      /Functions are missing in \/nowhere: authorizer\/authorizer.ts/,
    ],
  ])('the settings %j are refused with what is allowed', (settings, message) => {
    inTemporaryFolder((outdir) => expect(() => stubbed(outdir, settings)).toThrow(message));
  });
});

describe('templates', () => {
  const templates = [
    ['data', built.data],
    ['service', built.service],
  ] as const;

  test.each(templates)('the %s stack uses only what the local runtime understands', (_name, template) => {
    const intrinsics = [...JSON.stringify(template.toJSON()).matchAll(/"(Fn::\w+|Ref)":/g)].map(([, name]) => name);
    const understood = ['Ref', 'Fn::GetAtt', 'Fn::Join', 'Fn::Sub', 'Fn::ImportValue'];
    expect(intrinsics.filter((name) => !understood.includes(name ?? ''))).toEqual([]);
    expect(sorted(Object.keys(template.toJSON()))).toEqual(['Description', 'Outputs', 'Resources']);
  });

  test.each(templates)('the %s stack has no custom resource', (_name, template) => {
    const types = Object.values<{ Type: string }>(template.toJSON().Resources).map(({ Type }) => Type);
    expect(types.filter((type) => /^Custom::|^AWS::CloudFormation::/.test(type))).toEqual([]);
  });

  test.each(templates)('the %s stack is tied to no account and no region', (_name, template) => {
    expect(JSON.stringify(template.toJSON())).not.toMatch(/\b\d{12}\b|\b(us|eu|ap)-[a-z]+-\d\b/);
  });

  test.each(templates)('the %s stack is as it was', (_name, template) => {
    const { Resources, ...rest } = template.toJSON();
    const plain = Object.fromEntries(
      Object.entries<Record<string, unknown>>(Resources).map(([id, { Metadata: _, ...resource }]) => [id, resource]),
    );
    const text = stringify({ ...rest, Resources: plain }, { aliasDuplicateObjects: false });
    expect(text.replace(/\b[0-9a-f]{64}\b/g, '<asset>')).toMatchSnapshot();
  });

  test('every value that one stack takes from the other is exported by it', () => {
    const exported = Object.values<{ Export?: { Name: string } }>(built.data.toJSON().Outputs).flatMap(
      (output) => output.Export?.Name ?? [],
    );
    const taken = [...JSON.stringify(built.service.toJSON()).matchAll(/"Fn::ImportValue":"([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(sorted(new Set(taken))).toEqual(sorted(exported));
  });

  test('the outputs tell where to find the API, the table and the queue', () => {
    expect(Object.keys(built.service.toJSON().Outputs)).toEqual(expect.arrayContaining(['ApiUrl', 'DueWorkQueueUrl']));
    expect(Object.keys(built.data.toJSON().Outputs)).toContain('TableName');
    expect(Object.keys(resources(built.data, 'AWS::DynamoDB::Table'))).toHaveLength(1);
  });
});
