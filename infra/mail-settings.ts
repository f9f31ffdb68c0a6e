import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

export type MailAccess = {
  readonly environment: Readonly<Record<string, string>>;
  readonly access: readonly PolicyStatement[];
};

const addressForm = /^[A-Za-z0-9.+_-]+@([A-Za-z0-9-]+\.)+[A-Za-z]{2,}$/;

export function checkMailFrom(address: string | undefined): string | undefined {
  if (address !== undefined && !addressForm.test(address)) {
    throw new Error('The setting mailFrom is one e-mail address, such as payments@example.org.');
  }
  return address;
}

/**
 * What a function needs that sends e-mail: the address that it comes from. SES has to have verified it, or its domain; that is
 * done by hand, because it takes records in a zone that is not ours. Without the setting no e-mail is sent, and people have their inbox.
 */
export function mailAccess(scope: Construct, mailFrom: string | undefined): MailAccess {
  if (mailFrom === undefined) {
    return { environment: { MAIL_FROM: 'off' }, access: [] };
  }
  const identity = (resourceName: string): string =>
    Stack.of(scope).formatArn({ service: 'ses', resource: 'identity', resourceName });
  const statement = new PolicyStatement({
    actions: ['ses:SendEmail'],
    // SES asks for the identity that fits best: the address if that was verified, or its domain.
    resources: [identity(mailFrom), identity(mailFrom.slice(mailFrom.indexOf('@') + 1))],
    conditions: { StringEquals: { 'ses:FromAddress': mailFrom } },
  });
  return { environment: { MAIL_FROM: mailFrom }, access: [statement] };
}
