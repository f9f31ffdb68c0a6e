/**
 * Where webhooks may go. The address is somebody else's to choose, and the request is made from inside our network: without
 * these checks it would reach whatever only we can reach, the metadata of the machine first of all (SSRF, CWE-918).
 *
 * A name is looked up once for each request, every address that it stands for has to be public, and the connection is made to
 * those very addresses. Were it looked up again to connect, it could stand for another one by then (DNS rebinding).
 */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { accept, type Result, refuse } from '../../domain/result.ts';

export type UrlRefusal =
  | 'not-a-url'
  | 'too-long'
  | 'not-https'
  | 'has-credentials'
  | 'has-fragment'
  | 'port-not-allowed'
  | 'host-not-allowed'
  | 'address-not-public'
  | 'not-resolved';

export type UrlPolicy = {
  /** For development on one machine: `http://127.0.0.1` with any port that needs no privileges. */
  readonly allowsLoopbackHttp: boolean;
  /** Of HTTPS; 443 and 8443 when it is left out. */
  readonly ports?: readonly number[];
};

const urlLengthMax = 2048;
const hostLengthMax = 253;
const usualPort = 443;
const usualPorts: readonly number[] = [usualPort, 8443];
const unprivilegedPortMin = 1024;

/**
 * Names that are no public ones: of special use (https://www.iana.org/assignments/special-use-domain-names), kept for private
 * networks, or common there.
 */
const privateSuffixes: readonly string[] = [
  'local',
  'localhost',
  'localdomain',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'arpa',
  'test',
  'invalid',
  'onion',
  'alt',
];

/**
 * What can be said of the text alone.
 * @returns the address as it is to be kept: with the host in lower case and in ASCII
 */
export function checkUrl(text: string, { allowsLoopbackHttp, ports = usualPorts }: UrlPolicy): Result<URL, UrlRefusal> {
  if (text.length > urlLengthMax) {
    return refuse('too-long');
  }
  // A URL parser removes line breaks and turns backslashes round: others may read such a text differently.
  if (/[\s\p{Cc}\\]/u.test(text) || !/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) {
    return refuse('not-a-url');
  }
  const url = new URL(text);
  const isLoopback = allowsLoopbackHttp && url.protocol === 'http:' && url.hostname === '127.0.0.1';
  if (url.protocol !== 'https:' && !isLoopback) {
    return refuse('not-https');
  }
  if (url.username !== '' || url.password !== '' || /^https?:\/\/[^/?#]*@/i.test(text)) {
    return refuse('has-credentials');
  }
  if (text.includes('#')) {
    return refuse('has-fragment');
  }
  const port = Number(url.port);
  if (isLoopback ? port < unprivilegedPortMin : !ports.includes(url.port === '' ? usualPort : port)) {
    return refuse('port-not-allowed');
  }
  if (url.href.length > urlLengthMax) {
    return refuse('too-long');
  }
  const literal = addressIn(url);
  if (literal !== undefined) {
    return isLoopback || isPublicAddress(literal) ? accept(url) : refuse('address-not-public');
  }
  return isPublicName(url.hostname) ? accept(url) : refuse('host-not-allowed');
}

/** The address when the host is one and no name. The parser has brought decimal, octal and hexadecimal forms to the usual one. */
function addressIn({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}

function isPublicName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length <= hostLengthMax &&
    labels.length >= 2 &&
    labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) &&
    !privateSuffixes.includes(labels.at(-1) ?? '')
  );
}

/** In ranges that are public, and still the provider's own: Azure's platform is at this one. */
const ofPlatforms: readonly string[] = ['168.63.129.16'];

/**
 * Whether an address is one of the public internet. Of IPv6 only what is given out counts (2000::/3), without what carries
 * another address in itself: mapped, 6to4, Teredo, NAT64.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%') || ofPlatforms.includes(address)) {
    return false;
  }
  const parsed = ipaddr.parse(address);
  const isGivenOut = parsed.kind() === 'ipv4' || parsed.match(ipaddr.parseCIDR('2000::/3'));
  return isGivenOut && parsed.range() === 'unicast';
}

// --- Names -----------------------------------------------------------------------------------------------------------

/** All addresses that a name stands for; none when there are none. Fails when nobody could say. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** Asks the name servers, and neither the hosts file nor the search list of this machine. */
export const resolveByDns: Resolve = async (name, signal) => {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};

export type DestinationPolicy = UrlPolicy & {
  readonly resolve: Resolve;
  /** `isPublicAddress`, except in tests that have no public address to send to. */
  readonly isAllowedAddress?: (address: string) => boolean;
};

export type Destination = { readonly url: URL; readonly addresses: readonly string[] };

/** What can be said after looking the name up: at registration, and again before each request. */
export async function checkDestination(
  text: string,
  policy: DestinationPolicy,
  signal: AbortSignal,
): Promise<Result<Destination, UrlRefusal>> {
  const checked = checkUrl(text, policy);
  if (!checked.ok) {
    return checked;
  }
  const url = checked.value;
  const literal = addressIn(url);
  if (literal !== undefined) {
    return accept({ url, addresses: [literal] });
  }
  const addresses = await resolved(url.hostname, policy.resolve, signal);
  if (addresses.length === 0) {
    return refuse('not-resolved');
  }
  // One that is not public is one too many: the connection could come to be made to it.
  return addresses.every(policy.isAllowedAddress ?? isPublicAddress)
    ? accept({ url, addresses })
    : refuse('address-not-public');
}

async function resolved(name: string, resolve: Resolve, signal: AbortSignal): Promise<readonly string[]> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([resolve(name, signal), aborted]);
  } catch {
    signal.throwIfAborted();
    return [];
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
