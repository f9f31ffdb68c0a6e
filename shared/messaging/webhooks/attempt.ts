/** One attempt at one delivery, from the clock to the outcome; what follows from it is decided in the domain. */
import { type Attempt, validSecrets, type WebhookEndpoint } from '../../domain/webhook-endpoint.ts';
import { type Network, sendWebhook } from './send.ts';
import { signedHeaders, type WebhookPayload } from './sign.ts';

export async function attemptWebhook(
  endpoint: Pick<WebhookEndpoint, 'url' | 'secrets'>,
  id: string,
  payload: WebhookPayload,
  { network, now }: { readonly network: Network; readonly now: () => string },
): Promise<Attempt> {
  const at = now();
  const body = JSON.stringify(payload);
  const secrets = validSecrets(endpoint, at);
  const headers = signedHeaders({ id, at, body, secrets });
  const result = await sendWebhook({ url: endpoint.url, headers, body, secrets }, network);
  return { at, ...result };
}
