/** The settings of the payment processors: the function's own environment, and over it the secret that it names. */
import type { ProviderEnvironment } from '../shared/providers/index.ts';

let read: Promise<ProviderEnvironment> | undefined;

/** Read at first use, and once per cold start: a new version of the secret counts as soon as functions start anew. */
export function processorEnvironment(): Promise<ProviderEnvironment> {
  read ??= readEnvironment();
  // A failed read is not kept: the next request tries again.
  read.catch(() => {
    read = undefined;
  });
  return read;
}

async function readEnvironment(): Promise<ProviderEnvironment> {
  const secretArn = process.env.PROCESSOR_SECRET_ARN;
  return secretArn === undefined || secretArn === ''
    ? process.env
    : { ...process.env, ...settingsIn(await secretText(secretArn)) };
}

async function secretText(secretArn: string): Promise<string> {
  // Only where there is a secret to read is its client loaded.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const { SecretString } = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: secretArn }));
  return SecretString ?? '';
}

/** @throws without repeating anything of what is in it */
export function settingsIn(text: string): Readonly<Record<string, string>> {
  const value: unknown = parsed(text);
  const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const settings = members.filter((member): member is [string, string] => typeof member[1] === 'string');
  if (members.length === 0 || settings.length < members.length) {
    throw new Error('The secret of the payment processors is not a JSON object of texts.');
  }
  return Object.fromEntries(settings);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
