/**
 * What the test processor would tell by itself, for tests and for the local runtime: the news as JSON, signed as Stripe
 * signs, in the header `test-signature: t=<seconds>,v1=<hex>` with HMAC-SHA256 over `<seconds>.<body>`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { NewsReader, ProcessorNews } from '../application/processors.ts';
import { headerOf, messageAgeMaxSeconds, understood } from './news.ts';

const text = z.string().min(1);
const instant = z.iso.datetime();
const told = { eventId: text, at: instant };
const payment = z.strictObject({
  reference: text,
  amount: z.strictObject({ amount: z.int(), currency: text }),
  fee: z.int().nullable(),
  paidAt: instant,
});

const News: z.ZodType<ProcessorNews> = z.discriminatedUnion('kind', [
  z.strictObject({ ...told, kind: z.literal('payment_succeeded'), subscription: text, payment }),
  z.strictObject({ ...told, kind: z.literal('payment_failed'), subscription: text, reason: text }),
  z.strictObject({
    ...told,
    kind: z.literal('charge_succeeded'),
    contributionId: text,
    key: text,
    period: z.iso.date(),
    payment,
  }),
  z.strictObject({ ...told, kind: z.literal('charge_failed'), contributionId: text, key: text, reason: text }),
  z.strictObject({ ...told, kind: z.enum(['suspended', 'resumed', 'canceled']), subscription: text }),
  z.strictObject({ ...told, kind: z.literal('other'), type: text }),
]);

export const testSignatureHeader = 'test-signature';

const digestOf = (secret: string, seconds: number, body: string): Buffer =>
  createHmac('sha256', secret).update(`${seconds}.${body}`).digest();

/** @returns what goes into the header with the body */
export function signTestNews(secret: string, body: string, at: string): string {
  const seconds = Math.floor(Date.parse(at) / 1000);
  return `t=${seconds},v1=${digestOf(secret, seconds, body).toString('hex')}`;
}

export function createTestNewsReader(secret: string): NewsReader {
  return {
    async read(body, headers, now): Promise<ProcessorNews | undefined> {
      const header = headerOf(headers, testSignatureHeader) ?? '';
      const [, seconds, signature] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
      if (seconds === undefined || signature === undefined) {
        return undefined;
      }
      const isRight = timingSafeEqual(digestOf(secret, Number(seconds), body), Buffer.from(signature, 'hex'));
      const age = Math.abs(Date.parse(now) / 1000 - Number(seconds));
      return isRight && age <= messageAgeMaxSeconds
        ? understood(News, JSON.parse(body), "The test processor's message")
        : undefined;
    },
  };
}
