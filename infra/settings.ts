import { fileURLToPath } from 'node:url';
import type { Node } from 'constructs';
import { checkMailFrom } from './mail-settings.ts';
import { checkSecretArn } from './processor-settings.ts';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

export type IdentityProviderSetting =
  | { readonly kind: 'cognito' }
  | { readonly kind: 'external'; readonly issuer: string; readonly audience: string; readonly jwksUri: string };

/** What may differ between two deployments; each is given as `cdk synth --context <name>=<value>`. */
export type Settings = {
  /** `functionsRoot`: the folder of the functions, for trying the infrastructure with others than `functions/`. */
  readonly functionsRoot: string;
  /** `bundling`: `esbuild`, or `stub` to put a placeholder in each function when only the template matters. */
  readonly bundling: 'esbuild' | 'stub';
  /** `logLevel`: what the functions log. */
  readonly logLevel: (typeof logLevels)[number];
  /** `oidcIssuer`, `oidcAudience`, `oidcJwksUri`: who signs people in; without them a Cognito user pool is made. */
  readonly identityProvider: IdentityProviderSetting;
  /** `processorSecretArn`: the secret with the keys of the payment processors (`processor-settings.ts`). */
  readonly processorSecretArn: string | undefined;
  /** `mailFrom`: the address that e-mail comes from (`mail-settings.ts`); without it none is sent. */
  readonly mailFrom: string | undefined;
  /** `dashboardUrl`: where people find what e-mails lead to; the API's own address without it. */
  readonly dashboardUrl: string | undefined;
};

const logLevels = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

export function readSettings(node: Node): Settings {
  return {
    functionsRoot: read(node, 'functionsRoot') ?? `${projectRoot}functions`,
    bundling: oneOf(['esbuild', 'stub'], 'bundling', read(node, 'bundling') ?? 'esbuild'),
    logLevel: oneOf(logLevels, 'logLevel', read(node, 'logLevel') ?? 'INFO'),
    identityProvider: readIdentityProvider(node),
    processorSecretArn: checkSecretArn(read(node, 'processorSecretArn')),
    mailFrom: checkMailFrom(read(node, 'mailFrom')),
    dashboardUrl: checkDashboardUrl(read(node, 'dashboardUrl')),
  };
}

/** @throws unless it is an address of a page, without anything behind its path */
function checkDashboardUrl(text: string | undefined): string | undefined {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
  const isPage = url?.protocol === 'https:' && url.search === '' && url.hash === '' && url.username === '';
  if (text !== undefined && !isPage) {
    throw new Error('The setting dashboardUrl is the address of a page, such as https://pay.example.org.');
  }
  return text?.replace(/\/$/, '');
}

function readIdentityProvider(node: Node): IdentityProviderSetting {
  const issuer = read(node, 'oidcIssuer');
  const audience = read(node, 'oidcAudience');
  const jwksUri = read(node, 'oidcJwksUri');
  if (issuer === undefined && audience === undefined && jwksUri === undefined) return { kind: 'cognito' };
  if (issuer === undefined || audience === undefined || jwksUri === undefined) {
    // Half a provider would leave a token check that silently trusts the wrong audience or keys.
    throw new Error('The settings oidcIssuer, oidcAudience and oidcJwksUri go together: give all three or none.');
  }
  return { kind: 'external', issuer, audience, jwksUri };
}

function read(node: Node, name: string): string | undefined {
  const value: unknown = node.tryGetContext(name);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new Error(`The setting ${name} is not a text.`);
  return value;
}

function oneOf<T extends string>(allowed: readonly T[], name: string, value: string): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw new Error(`The setting ${name} is one of ${allowed.join(', ')}, not "${value}".`);
  return found;
}
