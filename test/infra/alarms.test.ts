import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { RUNBOOK_URL, runbookSections } from '../../infra/constructs/monitoring.ts';
import { projectRoot } from '../../infra/settings.ts';
import { logMessages } from '../../shared/observability/log-messages.ts';
import { asText, functionNames, functionsByName, resources, synthesize } from '../support/infrastructure.ts';

const { service } = synthesize();
const alarms = Object.values(resources(service, 'AWS::CloudWatch::Alarm'));
const names: string[] = alarms.map((alarm) => alarm.AlarmName);
const runbook = readFileSync(join(projectRoot, RUNBOOK_URL), 'utf8');

const workQueues = [
  'due-work',
  'subscription-work',
  'subscription-work-stripe',
  'subscription-work-paypal',
  'host-notifications',
];

/** The alarms on a metric of one resource, found by what the metric's dimension refers to. */
const watching = (metricName: string, dimension: string, id: string) =>
  alarms.filter(
    (alarm) =>
      alarm.MetricName === metricName &&
      alarm.Dimensions.some(
        ({ Name, Value }: { Name: string; Value: unknown }) =>
          Name === dimension && JSON.stringify(Value).includes(`"${id}"`),
      ),
  );

test('every alarm has a section of the runbook, and every section an alarm', () => {
  expect(new Set(runbookSections())).toEqual(new Set(names));
});

test('no section and no alarm is there twice', () => {
  expect(new Set(runbookSections()).size).toBe(runbookSections().length);
  expect(new Set(names).size).toBe(names.length);
});

test.each(names)('the section %s says what is wrong, how to look into it and what to do', (name) => {
  const section = runbook.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? '';
  const parts = [...section.matchAll(/^\*\*(\w+)\.\*\*/gm)].map(([, part]) => part);
  expect(parts).toEqual(['Description', 'Investigation', 'Resolution']);
});

test.each(alarms.map((alarm) => [alarm.AlarmName, alarm] as const))(
  'the alarm %s says what it costs people, where to read on, and tells the alarm topic',
  (name, alarm) => {
    expect(alarm.AlarmDescription).toMatch(/^[A-Z].{30,}\. Runbook: \S+$/);
    expect(alarm.AlarmDescription).toContain(`${RUNBOOK_URL}#${name}`);
    expect(alarm.AlarmActions.map(asText)).toEqual(['{MonitoringAlarms}']);
  },
);

test.each(functionNames)('errors of %s wake somebody', (name) => {
  const fn = functionsByName(service)[name];
  const [alarm, ...others] = watching('Errors', 'FunctionName', fn.id);
  expect(others).toEqual([]);
  expect(alarm).toMatchObject({ AlarmName: `${name}-errors`, Threshold: 1, Statistic: 'Sum' });
});

test('every dead-letter queue wakes somebody as soon as it holds anything', () => {
  const deadLetterQueues = Object.entries(resources(service, 'AWS::SQS::Queue')).filter(([, { QueueName }]) =>
    QueueName.endsWith('-dlq'),
  );
  expect(deadLetterQueues).toHaveLength(10);
  for (const [id, { QueueName }] of deadLetterQueues) {
    expect(watching('ApproximateNumberOfMessagesVisible', 'QueueName', id)).toEqual([
      expect.objectContaining({ AlarmName: `${QueueName}-not-empty`, Threshold: 1 }),
    ]);
  }
});

test.each(workQueues)('work in the queue %s that waits for twenty minutes wakes somebody', (name) => {
  const queue = Object.entries(resources(service, 'AWS::SQS::Queue')).find(([, { QueueName }]) => QueueName === name);
  expect(watching('ApproximateAgeOfOldestMessage', 'QueueName', queue?.[0] ?? '')).toEqual([
    expect.objectContaining({ AlarmName: `${name}-late`, Threshold: 20 * 60 }),
  ]);
});

test('a sweep that did not run for two hours wakes somebody, also when nothing at all is measured', () => {
  expect(watching('Invocations', 'FunctionName', functionsByName(service)['sweep-due'].id)).toEqual([
    expect.objectContaining({
      AlarmName: 'sweep-due-late',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 3600,
      EvaluationPeriods: 2,
      TreatMissingData: 'breaching',
    }),
  ]);
});

/** What a metric is made of: the lines with a code, in the log of one function. */
const filterOf = (metricName: string) => {
  const [filter, ...others] = Object.values(resources(service, 'AWS::Logs::MetricFilter')).filter(
    ({ MetricTransformations: [transformation] }) => transformation.MetricName === metricName,
  );
  expect(others).toEqual([]);
  return filter;
};
const logOfRuns = functionsByName(service)['process-batch-subscriptions'].LoggingConfig.LogGroup;

test('half an hour without a run of the batch that came to its end wakes somebody, also when nothing is measured', () => {
  expect(alarms.find(({ AlarmName }) => AlarmName === 'batch-late')).toMatchObject({
    Namespace: 'PaymentIntents',
    MetricName: 'BatchRunsFinished',
    Statistic: 'Sum',
    ComparisonOperator: 'LessThanThreshold',
    Threshold: 1,
    Period: 900,
    EvaluationPeriods: 2,
    TreatMissingData: 'breaching',
  });
  expect(filterOf('BatchRunsFinished')).toMatchObject({
    LogGroupName: logOfRuns,
    FilterPattern: '{ $.code = "BATCH_RUN_FINISHED" }',
    MetricTransformations: [{ MetricNamespace: 'PaymentIntents', MetricValue: '1' }],
  });
});

test('what has been due for more than twenty minutes wakes somebody', () => {
  expect(alarms.find(({ AlarmName }) => AlarmName === 'batch-backlog')).toMatchObject({
    Namespace: 'PaymentIntents',
    MetricName: 'OldestDueAgeSeconds',
    Statistic: 'Maximum',
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    Threshold: 20 * 60,
    Period: 600,
  });
  expect(filterOf('OldestDueAgeSeconds')).toMatchObject({
    LogGroupName: logOfRuns,
    FilterPattern: '{ $.code = "BATCH_RUN_FINISHED" }',
    MetricTransformations: [{ MetricNamespace: 'PaymentIntents', MetricValue: '$.oldestDueAgeSeconds' }],
  });
});

test('the lines that are measured are among those that are logged, with the figures that are measured', () => {
  const [code] = Object.keys(logMessages).filter((name) => name === 'BATCH_RUN_FINISHED');
  expect(code).toBeDefined();
  const source = readFileSync(join(projectRoot, 'functions', 'schedule', 'process-batch-subscriptions.ts'), 'utf8');
  expect(source).toMatch(/log\('BATCH_RUN_FINISHED', \{[^}]*oldestDueAgeSeconds:/);
});

test('throttled requests and server errors of the API wake somebody', () => {
  expect(alarms.find(({ AlarmName }) => AlarmName === 'api-5xx')).toMatchObject({
    MetricName: '5xx',
    Statistic: 'Sum',
  });
  const throttles = alarms.find(({ AlarmName }) => AlarmName === 'http-throttles');
  const watched = throttles.Metrics.filter(({ MetricStat }: { MetricStat?: unknown }) => MetricStat !== undefined);
  expect(watched).toHaveLength(
    // Nobody waits for the background, and operators and whoever unsubscribes are turned away together with everybody else.
    functionNames.filter((name) => !/^(sweep|work|process|relay|deliver|notify|batch|dead|unsubscribe)(-|$)/.test(name))
      .length,
  );
});

test('silence is bad news for the heartbeats alone', () => {
  const loudInSilence = alarms.filter(({ TreatMissingData }) => TreatMissingData !== 'notBreaching');
  expect(loudInSilence.map(({ AlarmName }) => AlarmName).sort()).toEqual([
    'batch-late',
    'notify-later-late',
    'sweep-due-late',
  ]);
});

test('alarms are made in one place', () => {
  const folder = join(projectRoot, 'infra');
  const making = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /new (Composite)?Alarm\(|\.createAlarm\(/.test(readFileSync(join(folder, file), 'utf8')));
  expect(making).toEqual([join('constructs', 'monitoring.ts')]);
});

test('the alarm topic is encrypted with a key that CloudWatch may use, and refuses plain text', () => {
  const [topic] = Object.values(resources(service, 'AWS::SNS::Topic'));
  expect(topic.KmsMasterKeyId).toBeDefined();
  const [key] = Object.values(resources(service, 'AWS::KMS::Key'));
  expect(key.EnableKeyRotation).toBe(true);
  expect(JSON.stringify(key.KeyPolicy)).toContain('cloudwatch.amazonaws.com');
  const [policy] = Object.values(resources(service, 'AWS::SNS::TopicPolicy'));
  expect(policy.PolicyDocument.Statement).toContainEqual(
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
  );
});
