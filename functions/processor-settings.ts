/** The settings of the payment processors: addresses from the environment, and each host's own keys from the secret that it names. */
import { log } from '../shared/observability/logger.ts';
import type { ProviderEnvironment, ProviderSettings } from '../shared/providers/index.ts';

let read: Promise<ProviderSettings> | undefined;

/** Read at first use, and once per cold start: a new version of the secret counts as soon as functions start anew. */
export function processorSettings(): Promise<ProviderSettings> {
  read ??= readSettings();
  // A failed read is not kept: the next request tries again.
  read.catch(() => {
    read = undefined;
  });
  return read;
}

async function readSettings(): Promise<ProviderSettings> {
  const secretArn = process.env.PROCESSOR_SECRET_ARN;
  const hosts = secretArn === undefined || secretArn === '' ? {} : hostsIn(await secretText(secretArn), mistaken);
  return { environment: process.env, hosts };
}

const mistaken = (hostId: string): void =>
  log('PROCESSOR_MISCONFIGURED', { hostId, error: new Error('The settings of a host are not an object of texts.') });

async function secretText(secretArn: string): Promise<string> {
  // Only where there is a secret to read is its client loaded.
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const { SecretString } = await new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: secretArn }));
  return SecretString ?? '';
}

/**
 * One host whose part is wrong has no settings, and hinders no other.
 * @param text a JSON object: by the id of a host's account, an object of its settings, all of them texts
 * @throws when it is nothing like that, without repeating anything of what is in it
 */
export function hostsIn(text: string, onMistake: (hostId: string) => void): ProviderSettings['hosts'] {
  const hosts = membersOf(parsed(text));
  if (hosts === undefined) {
    throw new Error('The secret of the payment processors is not a JSON object of hosts.');
  }
  return Object.fromEntries(
    hosts.flatMap(([hostId, value]) => {
      const members = membersOf(value);
      const settings = members?.filter((member): member is [string, string] => typeof member[1] === 'string');
      if (settings === undefined || settings.length < (members?.length ?? 0)) {
        onMistake(safeId(hostId));
        return [];
      }
      return [[hostId, Object.fromEntries(settings) as ProviderEnvironment] as const];
    }),
  );
}

/** Whoever wrote keys where the hosts' ids belong finds none of them in a log. */
const safeId = (hostId: string): string => (/^acc_[0-9A-HJKMNP-TV-Z]{26}$/.test(hostId) ? hostId : 'something');

const membersOf = (value: unknown): readonly [string, unknown][] | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
