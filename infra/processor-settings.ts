import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

export type ProcessorAccess = {
  readonly environment: Readonly<Record<string, string>>;
  readonly access: readonly PolicyStatement[];
};

/** The whole name that Secrets Manager gives a secret, with its six random characters: a policy can name it exactly. */
const secretArnForm = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/;

export function checkSecretArn(arn: string | undefined): string | undefined {
  if (arn !== undefined && !secretArnForm.test(arn)) {
    throw new Error('The setting processorSecretArn is the whole ARN of a secret in AWS Secrets Manager.');
  }
  return arn;
}

/**
 * What a function needs that talks with payment processors, or has to tell their messages from anybody else's. The keys
 * themselves are in a secret that is made by hand and read when the function starts: they are in no template, and in no
 * configuration that people look at. Without the setting no processor is set up, and only bank transfers go on.
 *
 * The secret is a JSON object: by the id of a host's account, an object of the settings that `shared/providers/index.ts`
 * names, such as `STRIPE_SECRET_KEY`. It is encrypted with the key that Secrets Manager has by itself; another one would need a permission of its own.
 */
export const processorAccess = (secretArn: string | undefined): ProcessorAccess => ({
  // The test processor moves no money: where it is on, anybody has as much as they like. The local runtime turns it on.
  environment: { TEST_PROCESSOR: 'off', ...(secretArn === undefined ? {} : { PROCESSOR_SECRET_ARN: secretArn }) },
  access:
    secretArn === undefined
      ? []
      : [new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [secretArn] })],
});
