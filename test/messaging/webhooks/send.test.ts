/** Receivers of every kind, on this machine: what we tell them, what they can do to us, and what is kept of it. */
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Webhook } from 'svix';
import { openEndpoint, rotateSecret, type WebhookEndpoint } from '../../../shared/domain/webhook-endpoint.ts';
import { attemptWebhook } from '../../../shared/messaging/webhooks/attempt.ts';
import { excerptOf } from '../../../shared/messaging/webhooks/excerpt.ts';
import { checkDestination } from '../../../shared/messaging/webhooks/safe-url.ts';
import { type Network, pinnedTo, requestBytesMax, sendWebhook } from '../../../shared/messaging/webhooks/send.ts';
import { createSecret, testPayload } from '../../../shared/messaging/webhooks/sign.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';

const at = '2026-11-22T12:00:00.000Z';
const eventId = 'evt_1';
const secret = createSecret();
const payload = testPayload({ eventId, endpointId: 'whe_1', at });

const noNames = async (name: string): Promise<readonly string[]> => {
  throw new Error(`${name} was looked up.`);
};
const network: Network = { allowsLoopbackHttp: true, resolve: noNames, timeoutMilliseconds: 5000 };
const impatient: Network = { ...network, timeoutMilliseconds: 150 };

const endpointAt = (url: string): WebhookEndpoint =>
  openEndpoint({
    id: 'whe_1',
    hostId: 'acc_H',
    url,
    description: '',
    topics: 'all',
    secret,
    createdAt: at,
    createdBy: 'acc_U',
  });

const attempt = (url: string, by: Network = network) =>
  attemptWebhook(endpointAt(url), eventId, payload, { network: by, now: () => at });

let receivers: Receiver[] = [];
beforeEach(() => {
  receivers = [];
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(receivers.map(({ stop }) => stop()));
});

async function receiver(
  answer: (response: ServerResponse, received: Received) => void,
  tls?: { readonly key: string; readonly cert: string },
): Promise<Receiver & { readonly url: string }> {
  const started = await startReceiver(answer, tls);
  receivers.push(started);
  return { ...started, url: `http://127.0.0.1:${started.port}/hook?a=b` };
}

describe('a receiver', () => {
  test('gets what was signed, and the library of another vendor accepts it', async () => {
    const { url, received, connections } = await receiver((response) => response.writeHead(204).end());
    expect(await attempt(url)).toEqual({
      at,
      outcome: 'delivered',
      statusCode: 204,
      durationMilliseconds: expect.any(Number),
      excerpt: null,
    });
    const [one] = received;
    expect(one).toMatchObject({
      url: '/hook?a=b',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'payment-intents-webhooks/1',
        'accept-encoding': 'identity',
        connection: 'close',
        'webhook-id': eventId,
      },
    });
    jest.spyOn(Date, 'now').mockReturnValue(Date.parse(at));
    const headers = one?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(one?.body ?? '', headers)).toEqual(payload);
    await attempt(url);
    expect(connections()).toBe(2);
  });

  test('verifies with either secret for a day after the change, and then with the new one alone', async () => {
    const { url, received } = await receiver((response) => response.end());
    const fresh = createSecret();
    const changed = rotateSecret(endpointAt(url), fresh, at);
    const endpoint = changed.ok ? changed.value : endpointAt(url);
    const verified = async (now: string): Promise<readonly boolean[]> => {
      received.length = 0;
      await attemptWebhook(endpoint, eventId, payload, { network, now: () => now });
      jest.spyOn(Date, 'now').mockReturnValue(Date.parse(now));
      return [secret, fresh].map((key) => {
        try {
          new Webhook(key).verify(received[0]?.body ?? '', received[0]?.headers as Record<string, string>);
          return true;
        } catch {
          return false;
        }
      });
    };
    expect(await verified('2026-11-23T11:59:59.999Z')).toEqual([true, true]);
    expect(await verified('2026-11-23T12:00:00.000Z')).toEqual([false, true]);
  });

  test.each([
    [200, 'delivered'],
    [201, 'delivered'],
    [299, 'delivered'],
    [300, 'redirected'],
    [304, 'redirected'],
    [400, 'answered_error'],
    [401, 'answered_error'],
    [404, 'answered_error'],
    [410, 'gone'],
    [429, 'answered_error'],
    [500, 'answered_error'],
    [503, 'answered_error'],
    [999, 'answered_error'],
  ])('that answers %i: %s', async (status, outcome) => {
    const { url } = await receiver((response) => response.writeHead(status).end(status === 304 ? '' : 'Because.'));
    expect(await attempt(url)).toMatchObject({
      outcome,
      statusCode: status,
      excerpt: status === 304 ? null : 'Because.',
    });
  });

  test.each([301, 302, 303, 307, 308])('that redirects with %i is not followed, wherever to', async (status) => {
    const inside = await receiver((response) => response.end('inside'));
    for (const location of [
      inside.url,
      'http://169.254.169.254/latest/meta-data/',
      'https://hooks.example.org/',
      '/other',
    ]) {
      const outside = await receiver((response) => response.writeHead(status, { location }).end());
      expect(await attempt(outside.url)).toMatchObject({ outcome: 'redirected', statusCode: status, excerpt: null });
      expect(outside.connections()).toBe(1);
    }
    expect(inside.connections()).toBe(0);
  });

  test('that is down is unreachable', async () => {
    const { url, stop } = await receiver(() => undefined);
    await stop();
    expect(await attempt(url)).toMatchObject({ outcome: 'unreachable', statusCode: null, excerpt: null });
  });

  test('that never answers is given up in time', async () => {
    const { url } = await receiver(() => undefined);
    expect(await attempt(url, impatient)).toMatchObject({ outcome: 'timed_out', statusCode: null });
  });

  test('that takes the connection and reads nothing is given up in time', async () => {
    const sockets: Socket[] = [];
    const deaf = createServer({ pauseOnConnect: true }, (socket) => sockets.push(socket));
    await new Promise<void>((resolve) => {
      deaf.listen(0, '127.0.0.1', resolve);
    });
    const { port } = deaf.address() as AddressInfo;
    expect(await attempt(`http://127.0.0.1:${port}/`, impatient)).toMatchObject({ outcome: 'timed_out' });
    for (const socket of sockets) {
      socket.destroy();
    }
    deaf.close();
  });

  const dripping = (status: number) => (response: ServerResponse) => {
    const drip = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(drip));
    response.writeHead(status);
  };
  const truncated = (status: number) => (response: ServerResponse) => {
    response.writeHead(status, { 'content-length': '100' });
    response.write('{', () => response.socket?.destroy());
  };

  test.each([
    [200, 'drips without end', dripping(200)],
    [299, 'drips without end', dripping(299)],
    [200, 'ends before its end', truncated(200)],
    [202, 'never comes', (response: ServerResponse) => response.writeHead(202).flushHeaders()],
    [
      200,
      'is not what its headers say',
      (response: ServerResponse) =>
        response.socket?.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a length\r\n'),
    ],
  ])('that answers %i has received, though the text of its answer %s', async (statusCode, _what, answer) => {
    const { url } = await receiver(answer);
    expect(await attempt(url, impatient)).toMatchObject({ outcome: 'delivered', statusCode, excerpt: null });
  });

  test('whose headers do not end in time has not received, whatever they begin with', async () => {
    const { url } = await receiver((response) => response.socket?.write('HTTP/1.1 200 OK\r\nx: y\r\n'));
    expect(await attempt(url, impatient)).toMatchObject({ outcome: 'timed_out', statusCode: null, excerpt: null });
  });

  test('that begins to refuse and does not end is given up in time, with the status that it gave', async () => {
    const { url } = await receiver(dripping(500));
    expect(await attempt(url, impatient)).toMatchObject({ outcome: 'timed_out', statusCode: 500, excerpt: null });
  });

  test('that streams without end is listened to for 16 KiB', async () => {
    let written = 0;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { url } = await receiver((response) => {
      response.on('close', resolve);
      const pour = () => {
        while (!response.destroyed && response.write('a'.repeat(4096))) {
          written += 4096;
        }
      };
      response.on('drain', pour);
      pour();
    });
    expect(await attempt(url)).toMatchObject({ outcome: 'delivered', statusCode: 200, excerpt: 'a'.repeat(200) });
    await closed;
    // What was under way in the buffers of both sides, and no more.
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['hangs up', (response) => response.socket?.destroy()],
    ['hangs up in the midst of a refusal', truncated(500)],
    ['answers something else than HTTP', (response) => response.socket?.end('220 mail.example.org ESMTP\r\n')],
    [
      'answers with more headers than anybody needs',
      (response) => {
        response.socket?.on('error', () => undefined);
        response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`);
      },
    ],
    [
      'wants to speak another protocol',
      (response) => {
        response.socket?.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
      },
    ],
  ])('that %s has not received', async (_what, answer) => {
    const { url } = await receiver(answer);
    expect(await attempt(url)).toMatchObject({ outcome: 'broken_off', excerpt: null });
  });

  test('is sent nothing that is larger than ours are', async () => {
    const { url, connections } = await receiver((response) => response.end());
    const send = (length: number) =>
      sendWebhook({ url, headers: {}, body: 'é'.repeat(length / 2), secrets: [] }, network);
    expect(await send(requestBytesMax)).toMatchObject({ outcome: 'delivered' });
    await expect(send(requestBytesMax + 2)).rejects.toThrow(RangeError);
    expect(connections()).toBe(1);
  });

  test('is asked directly, whatever proxy the environment names', async () => {
    const proxy = await receiver((response) => response.end());
    const { url } = await receiver((response) => response.writeHead(202).end());
    const before = { ...process.env };
    Object.assign(process.env, {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: proxy.url,
      http_proxy: proxy.url,
      NO_PROXY: '',
      no_proxy: '',
    });
    try {
      expect(await attempt(url)).toMatchObject({ statusCode: 202 });
    } finally {
      process.env = before;
    }
    expect(proxy.connections()).toBe(0);
  });
});

describe('a destination', () => {
  const resolving = (...answers: readonly (readonly string[])[]) => {
    const asked: string[] = [];
    return {
      asked,
      resolve: async (name: string) => {
        asked.push(name);
        return answers[asked.length - 1] ?? noNames(name);
      },
    };
  };

  test('that was public at registration and is private now is refused', async () => {
    const inside = await receiver((response) => response.end());
    const { asked, resolve } = resolving(['93.184.216.34'], ['127.0.0.1']);
    const url = 'https://hooks.example.org/';
    const policy = { allowsLoopbackHttp: false, resolve };
    expect(await checkDestination(url, policy, new AbortController().signal)).toMatchObject({ ok: true });
    expect(await attempt(url, policy)).toMatchObject({ outcome: 'destination_refused', statusCode: null });
    expect(asked).toEqual(['hooks.example.org', 'hooks.example.org']);
    expect(inside.connections()).toBe(0);
  });

  test.each(['10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00:ec2::254'])(
    'of which one address is %s is refused, in any order',
    async (address) => {
      for (const addresses of [
        ['93.184.216.34', address],
        [address, '93.184.216.34'],
      ]) {
        const { resolve } = resolving(addresses);
        expect(await attempt('https://hooks.example.org/', { allowsLoopbackHttp: true, resolve })).toMatchObject({
          outcome: 'destination_refused',
        });
      }
    },
  );

  test('that rules have come to forbid since it was kept is refused without a look-up', async () => {
    const { asked, resolve } = resolving();
    const strict = { allowsLoopbackHttp: false, resolve };
    for (const url of [
      'http://hooks.example.org/',
      'http://127.0.0.1:3000/',
      'https://[::1]/',
      'https://printer.local/',
    ]) {
      expect(await attempt(url, strict)).toMatchObject({ outcome: 'destination_refused' });
    }
    expect(asked).toEqual([]);
  });

  test('that nobody knows is unresolved, and one that nobody answers for is given up in time', async () => {
    const policy = { allowsLoopbackHttp: false, timeoutMilliseconds: 50 };
    const url = 'https://hooks.example.org/';
    expect(await attempt(url, { ...policy, resolve: async () => [] })).toMatchObject({ outcome: 'unresolved' });
    expect(await attempt(url, { ...policy, resolve: noNames })).toMatchObject({ outcome: 'unresolved' });
    const silent = () => new Promise<never>(() => undefined);
    expect(await attempt(url, { ...policy, resolve: silent })).toMatchObject({
      outcome: 'timed_out',
      statusCode: null,
    });
  });

  describe('by TLS', () => {
    const pem = (what: string) =>
      readFileSync(join(import.meta.dirname, 'fixtures', `hooks-example-org.${what}.pem`), 'utf8');
    const tls = { key: pem('key'), cert: pem('cert') };

    /** On this machine, at a name that no name server knows; it stands in for a public address. */
    const secure = async (addresses: readonly string[] = ['127.0.0.1'], authorities: string | null = tls.cert) => {
      const started = await receiver((response) => response.end('secure'), tls);
      const { asked, resolve } = resolving(addresses, ['10.0.0.1']);
      const policy: Network = {
        allowsLoopbackHttp: false,
        resolve,
        ports: [started.port],
        isAllowedAddress: (address) => address === '127.0.0.1' || address === '127.0.0.2',
        ...(authorities === null ? {} : { authorities }),
      };
      return { ...started, asked, policy };
    };

    test('is connected to at the address that was checked, and not looked up again', async () => {
      const { port, received, asked, policy } = await secure();
      expect(await attempt(`https://hooks.example.org:${port}/`, policy)).toMatchObject({
        outcome: 'delivered',
        excerpt: 'secure',
      });
      expect(asked).toEqual(['hooks.example.org']);
      expect(received).toMatchObject([{ headers: { host: `hooks.example.org:${port}` } }]);
    });

    test('is connected to at another of its addresses when nobody listens at the first', async () => {
      const { port, policy } = await secure(['127.0.0.2', '127.0.0.1']);
      expect(await attempt(`https://hooks.example.org:${port}/`, policy)).toMatchObject({ outcome: 'delivered' });
    });

    test('is told nothing when its certificate is of another name, or of nobody that is trusted', async () => {
      const named = await secure();
      expect(await attempt(`https://other.example.org:${named.port}/`, named.policy)).toMatchObject({
        outcome: 'not_trusted',
        excerpt: null,
      });
      const unknown = await secure(undefined, null);
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
      try {
        const url = `https://hooks.example.org:${unknown.port}/`;
        expect(await attempt(url, unknown.policy)).toMatchObject({ outcome: 'not_trusted' });
      } finally {
        if (before === undefined) {
          delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        } else {
          process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
        }
      }
      expect([...named.received, ...unknown.received]).toEqual([]);
    });

    test('that speaks no TLS is not trusted', async () => {
      const plain = await receiver((response) => response.end());
      const { policy } = await secure();
      const url = `https://hooks.example.org:${plain.port}/`;
      expect(await attempt(url, { ...policy, ports: [plain.port] })).toMatchObject({ outcome: 'not_trusted' });
      expect(plain.received).toEqual([]);
    });
  });

  test('stands for the addresses that were checked, whatever name is looked up', () => {
    const lookup = pinnedTo(['93.184.216.34', '2606:4700::1111']);
    const told = jest.fn();
    lookup('elsewhere.example.org', { all: true }, told);
    lookup('elsewhere.example.org', {}, told);
    pinnedTo([])('hooks.example.org', { all: true }, told);
    expect(told.mock.calls).toEqual([
      [
        null,
        [
          { address: '93.184.216.34', family: 4 },
          { address: '2606:4700::1111', family: 6 },
        ],
      ],
      [null, '93.184.216.34', 4],
      [new Error('No address was checked.'), '', 0],
    ]);
  });
});

describe('what is kept of an answer', () => {
  test('has no secret and no signature, however the receiver repeats them', async () => {
    const key = `whsec_${Buffer.alloc(33, 0xfb).toString('base64')}`;
    const bare = key.slice(6);
    const repeated = [
      key,
      bare,
      bare.replaceAll('/', '\\/'),
      encodeURIComponent(bare),
      encodeURIComponent(key),
      bare.replaceAll('+', '-').replaceAll('/', '_'),
      `Authorization: Bearer ${bare}`,
    ];
    for (const text of repeated) {
      expect(excerptOf(`Wrong: ${text} !`, [key])).toMatch(/^Wrong: (Authorization: Bearer )?…+ !$/);
    }
    const { url } = await receiver((response, { headers }) => response.writeHead(401).end(JSON.stringify(headers)));
    const echoed = await attempt(url);
    expect(echoed.outcome).toBe('answered_error');
    expect(JSON.stringify(echoed)).not.toMatch(/whsec_|v1,/);
    const { url: teller } = await receiver((response) =>
      response.writeHead(401).end(`Not ${secret}, ${secret.slice(6)}.`),
    );
    expect(await attempt(teller)).toMatchObject({ excerpt: 'Not …, ….' });
  });

  test('is one line and short, or nothing', () => {
    expect(excerptOf('a\r\n\u0000b\u2028c\u202ed', [])).toBe('a b c d');
    expect(excerptOf(' \n ', [])).toBeNull();
    expect(excerptOf('🌍'.repeat(300), [])).toBe('🌍'.repeat(200));
    expect(excerptOf('a', [''])).toBe('a');
  });
});
