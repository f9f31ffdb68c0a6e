import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { pascalCase } from '../names.ts';
import { projectRoot } from '../settings.ts';

/** Where the runbook is read; put the address here once the repository has one that people on call can open. */
export const RUNBOOK_URL = 'docs/runbook.md';

export type Watch = {
  /** The runbook section to open, which is also the alarm's name. */
  readonly runbook: string;
  /** What people notice while the alarm is on, as a sentence for whoever is woken by it. */
  readonly impact: string;
  readonly metric: IMetric;
  /** The alarm goes on when the metric reaches this value, or falls below it with `below`. */
  readonly threshold: number;
  readonly below?: boolean;
  readonly evaluationPeriods?: number;
  /** Silence is good news for counts of failures, and bad news for a heartbeat. */
  readonly silenceIs?: 'fine' | 'bad';
};

/**
 * The only place where alarms are made. Each one says what it costs, names its section of the runbook, and tells the alarm
 * topic; an alarm whose section is not written makes the synthesis fail.
 */
export class Monitoring extends Construct {
  readonly topic: Topic;
  private readonly sections: string[] = [];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.topic = this.createTopic();
    this.node.addValidation({ validate: () => missingSections(this.sections) });
  }

  watch(watch: Watch): void {
    this.sections.push(watch.runbook);
    const alarm = new Alarm(this, pascalCase(watch.runbook), {
      alarmName: watch.runbook,
      alarmDescription: `${watch.impact} Runbook: ${RUNBOOK_URL}#${watch.runbook}`,
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator: watch.below
        ? ComparisonOperator.LESS_THAN_THRESHOLD
        : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: watch.evaluationPeriods ?? 1,
      treatMissingData: watch.silenceIs === 'bad' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
  }

  private createTopic(): Topic {
    const cloudWatch = new ServicePrincipal('cloudwatch.amazonaws.com');
    const conditions = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    // The key that SNS brings along does not let CloudWatch in, so an encrypted topic that alarms can reach has its own.
    const key = new Key(this, 'TopicKey', { description: 'Encrypts alarms on their way.', enableKeyRotation: true });
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
        conditions,
      }),
    );
    const topic = new Topic(this, 'Alarms', {
      displayName: 'Payment intents: alarms',
      masterKey: key,
      enforceSSL: true,
    });
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [cloudWatch],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions,
      }),
    );
    return topic;
  }
}

/** Headings of the second level, which is what a runbook section is. */
export function runbookSections(): string[] {
  const path = join(projectRoot, 'docs', 'runbook.md');
  if (!existsSync(path)) return [];
  return [...readFileSync(path, 'utf8').matchAll(/^## (\S+)$/gm)].flatMap(([, section]) => section ?? []);
}

function missingSections(wanted: readonly string[]): string[] {
  const written = new Set(runbookSections());
  return wanted
    .filter((section) => !written.has(section))
    .map((section) => `docs/runbook.md has no section "${section}" for the alarm of that name.`);
}
