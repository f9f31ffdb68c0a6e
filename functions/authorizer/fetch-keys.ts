import { FetchError } from 'aws-jwt-verify/error';

const timeoutMs = 3000;
const keysBytesMax = 256 * 1024;

/**
 * Fetches the provider's keys, bounded in time and size. The library's own takes https only, and the provider of the local
 * runtime speaks http on 127.0.0.1; anywhere else http is refused, because whoever can change the keys can be anybody.
 */
export async function fetchKeys(uri: string): Promise<ArrayBuffer> {
  try {
    return await load(uri);
  } catch (error) {
    throw new FetchError(uri, error instanceof Error ? error.message : 'unknown');
  }
}

async function load(uri: string): Promise<ArrayBuffer> {
  const { protocol, hostname } = new URL(uri);
  if (protocol !== 'https:' && !(protocol === 'http:' && hostname === '127.0.0.1')) {
    throw new Error('Keys are fetched by https only.');
  }
  const response = await fetch(uri, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  if (!response.ok) {
    throw new Error(`Status ${response.status}.`);
  }
  const keys = await response.arrayBuffer();
  if (keys.byteLength > keysBytesMax) {
    throw new Error('Too large.');
  }
  return keys;
}
