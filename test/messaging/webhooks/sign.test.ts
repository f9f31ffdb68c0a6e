/** What is signed, as others verify it: Svix's own library (1.80: from 1.90 on it is `standardwebhooks` again), and Node's HMAC. */
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'svix';
import type { WebhookNews } from '../../../shared/application/webhook-ports.ts';
import {
  createSecret,
  isSecret,
  payloadOf,
  signedHeaders,
  testPayload,
  type WebhookHeaders,
} from '../../../shared/messaging/webhooks/sign.ts';

const at = '2026-11-22T12:00:00.999Z';
const id = 'evt_01JD9ZW3N0000000000000000';
const secret = createSecret();
const body = JSON.stringify({ type: 'webhook_endpoint.test', version: 1, timestamp: at, data: {} });
const sign = (given: Partial<Parameters<typeof signedHeaders>[0]> = {}) =>
  signedHeaders({ id, at, body, secrets: [secret], ...given });

/** Verifies as a receiver does whose clock shows that. */
function verify(headers: Readonly<Record<string, string>>, text = body, key = secret, now = at): unknown {
  jest.spyOn(Date, 'now').mockReturnValue(Date.parse(now));
  return new Webhook(key).verify(text, { ...headers });
}
const secondsLater = (seconds: number) => new Date(Date.parse(at) + seconds * 1000).toISOString();

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a signature', () => {
  test('is accepted by the library of another vendor', () => {
    expect(verify(sign())).toEqual(JSON.parse(body));
  });

  test('is the one that Svix publishes as its example', () => {
    const headers = signedHeaders({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: '2021-02-25T15:02:10.000Z',
      body: '{"test": 2432232314}',
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    });
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('of any text, id and secrets is what Node computes, and is accepted with each of the secrets', () => {
    const secrets = fc
      .array(fc.uint8Array({ minLength: 24, maxLength: 64 }), { minLength: 1, maxLength: 4 })
      .map((keys) => keys.map((key) => `whsec_${Buffer.from(key).toString('base64')}`) as [string, ...string[]]);
    const messages = fc.record({
      id: fc.stringMatching(/^[A-Za-z0-9_-]{1,100}$/),
      at: fc
        .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      body: fc.json(),
      secrets,
    });
    fc.assert(
      fc.property(messages, (message) => {
        const headers = signedHeaders(message);
        const seconds = Math.floor(Date.parse(message.at) / 1000);
        const expected = message.secrets.map((each) =>
          createHmac('sha256', Buffer.from(each.slice(6), 'base64'))
            .update(`${message.id}.${seconds}.${message.body}`)
            .digest('base64'),
        );
        expect(headers['webhook-signature']).toBe(expected.map((each) => `v1,${each}`).join(' '));
        for (const each of message.secrets) {
          expect(verify(headers, message.body, each, message.at)).toEqual(JSON.parse(message.body));
        }
      }),
    );
  });

  test.each<[string, (headers: WebhookHeaders) => Record<string, string>, string]>([
    ['another body', (headers) => ({ ...headers }), body.replace('1', '2')],
    ['a body with a space more', (headers) => ({ ...headers }), `${body} `],
    ['another id', (headers) => ({ ...headers, 'webhook-id': `${id}X` }), body],
    [
      'a later time',
      (headers) => ({ ...headers, 'webhook-timestamp': String(Math.floor(Date.parse(secondsLater(1)) / 1000)) }),
      body,
    ],
    [
      'another signature',
      (headers) => ({ ...headers, 'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')}` }),
      body,
    ],
    [
      'another version',
      (headers) => ({ ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v1a,') }),
      body,
    ],
    ['no signature', (headers) => ({ ...headers, 'webhook-signature': '' }), body],
  ])('fails with %s', (_what, change, text) => {
    expect(() => verify(change(sign()), text)).toThrow();
  });

  test('fails with another secret', () => {
    expect(() => verify(sign(), body, createSecret())).toThrow('No matching signature');
  });

  test('is good for five minutes, either way', () => {
    expect(verify(sign(), body, secret, secondsLater(300))).toBeDefined();
    expect(verify(sign(), body, secret, secondsLater(-300))).toBeDefined();
    expect(() => verify(sign(), body, secret, secondsLater(301))).toThrow('too old');
    expect(() => verify(sign(), body, secret, secondsLater(-302))).toThrow('too new');
  });

  test('that is replayed in time is known by its id, and so is an attempt that is repeated', () => {
    const seen = new Set<string>();
    /** How a receiver does it: verify, then remember the id in the same transaction as what follows from it. */
    const receive = (headers: WebhookHeaders, now: string): 'done' | 'seen before' => {
      verify(headers, body, secret, now);
      if (seen.has(headers['webhook-id'])) {
        return 'seen before';
      }
      seen.add(headers['webhook-id']);
      return 'done';
    };
    const first = sign();
    expect(receive(first, at)).toBe('done');
    // Somebody sends the very same again; we try again with a new timestamp, because the answer did not reach us.
    expect(receive(first, secondsLater(200))).toBe('seen before');
    expect(receive(sign({ at: secondsLater(3600) }), secondsLater(3600))).toBe('seen before');
    expect(() => receive(first, secondsLater(3600))).toThrow('too old');
    expect(receive(sign({ id: `${id}2` }), at)).toBe('done');
  });

  test('is not made for an id that could end early, for no moment, or with something that is no secret', () => {
    for (const wrong of ['', 'evt.1', 'evt 1', 'evt\n1', 'a'.repeat(101)]) {
      expect(() => sign({ id: wrong })).toThrow('id of a webhook');
    }
    expect(() => sign({ at: 'now' })).toThrow('moment');
    expect(() => sign({ secrets: [secret, 'whsec_'] })).toThrow('24 to 64 bytes');
  });
});

describe('a secret', () => {
  test('is random, 32 bytes, and of the form that the specification has', () => {
    const made = Array.from({ length: 100 }, () => createSecret());
    expect(new Set(made).size).toBe(100);
    expect(made.every((each) => /^whsec_[A-Za-z0-9+/]{43}=$/.test(each) && isSecret(each))).toBe(true);
    expect(createSecret((length) => Buffer.alloc(length, 1))).toBe(`whsec_${Buffer.alloc(32, 1).toString('base64')}`);
  });

  test('has 24 to 64 bytes', () => {
    const of = (length: number) => `whsec_${Buffer.alloc(length, 7).toString('base64')}`;
    expect([23, 24, 64, 65].map((length) => isSecret(of(length)))).toEqual([false, true, true, false]);
    expect(['', 'whsec_', of(32).slice(6), `${of(32)} `, of(32).replace('whsec_', 'whsk__')].some(isSecret)).toBe(
      false,
    );
  });
});

describe('the body', () => {
  const news: WebhookNews = {
    eventId: id,
    topic: 'money_sent',
    subject: { kind: 'payment_intent', id: 'pi_1' },
    occurredAt: at,
    host: { id: 'acc_H', name: 'Host' },
    payer: { id: 'acc_C', name: 'Collective' },
  };

  test('says what happened to what, and for whom', () => {
    expect(payloadOf(news)).toEqual({
      type: 'payment_intent.money_sent',
      version: 1,
      timestamp: at,
      data: {
        eventId: id,
        subject: { kind: 'payment_intent', id: 'pi_1' },
        host: { id: 'acc_H', name: 'Host' },
        payer: { id: 'acc_C', name: 'Collective' },
      },
    });
  });

  test('has nothing of what else was handed in', () => {
    const rich = {
      ...news,
      internalNote: 'hidden',
      subject: { ...news.subject, note: 'hidden' },
      payee: { id: 'acc_P', name: 'Payee', iban: 'hidden' },
    };
    expect(JSON.stringify(payloadOf(rich))).not.toContain('hidden');
  });

  test('is small, however long the names are', () => {
    const long = { id: 'acc_H', name: '🌍'.repeat(10_000) };
    expect(
      Buffer.byteLength(JSON.stringify(payloadOf({ ...news, host: long, payer: long, payee: long }))),
    ).toBeLessThan(4096);
  });

  test('of a test names the endpoint', () => {
    expect(testPayload({ eventId: id, endpointId: 'whe_1', at })).toEqual({
      type: 'webhook_endpoint.test',
      version: 1,
      timestamp: at,
      data: { eventId: id, endpointId: 'whe_1' },
    });
  });
});
