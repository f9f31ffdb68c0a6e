/** Which processors there are, by what is in the environment. Each is loaded when it is first asked, and not before. */
import type { NewsReader, Processor, Processors } from '../application/processors.ts';
import type { TestLedger } from '../application/test-ledger.ts';
import type { ProcessorName } from '../domain/payment-method.ts';
import { baseAddress } from './outcomes.ts';

/**
 * The settings, as environment variables; those of one processor are all there or none:
 *
 * - `STRIPE_SECRET_KEY`, and for news `STRIPE_WEBHOOK_SECRET`; `STRIPE_API_BASE` when it is not Stripe's own address
 * - `PAYPAL_CLIENT_ID` and `PAYPAL_CLIENT_SECRET`, and for news `PAYPAL_WEBHOOK_ID`; `PAYPAL_API_BASE` when it is not
 *   PayPal's own address, as for the sandbox
 * - `TEST_PROCESSOR=on`, and for news `TEST_PROCESSOR_SECRET`
 */
export type ProviderEnvironment = Readonly<Record<string, string | undefined>>;

export type ProviderDependencies = {
  /** ISO 8601 UTC. */
  readonly now: () => string;
  readonly testLedger: TestLedger;
  /** How long a processor has to answer; ten seconds unless a test has less time. */
  readonly timeoutMilliseconds?: number;
};

export type Providers = {
  readonly processors: Processors;
  /** @returns undefined where nothing is set up to tell that processor's messages from anybody else's */
  readonly newsReader: (name: ProcessorName) => NewsReader | undefined;
};

const stripeAddress = 'https://api.stripe.com';
const paypalAddress = 'https://api-m.paypal.com';

type Setup = { readonly processor?: Processor | undefined; readonly news?: NewsReader | undefined };

/** @throws when a setting is wrong, or when one is missing that another needs */
export function createProcessors(environment: ProviderEnvironment, dependencies: ProviderDependencies): Providers {
  const setups: Readonly<Record<ProcessorName, Setup>> = {
    bank_transfer: {},
    stripe: stripeSetup(environment, dependencies),
    paypal: paypalSetup(environment, dependencies),
    test: testSetup(environment, dependencies),
  };
  return { processors: (name) => setups[name].processor, newsReader: (name) => setups[name].news };
}

function stripeSetup(environment: ProviderEnvironment, { now, ...timeout }: ProviderDependencies): Setup {
  const secretKey = setting(environment, 'STRIPE_SECRET_KEY');
  const webhookSecret = setting(environment, 'STRIPE_WEBHOOK_SECRET');
  const base = baseAddress(setting(environment, 'STRIPE_API_BASE') ?? stripeAddress, 'STRIPE_API_BASE');
  return {
    processor:
      secretKey === undefined
        ? undefined
        : lazyProcessor(async () => {
            const { createStripeProcessor } = await import('./stripe.ts');
            return createStripeProcessor({ secretKey, base, now, ...timeoutOf(timeout) });
          }),
    news:
      webhookSecret === undefined
        ? undefined
        : lazyReader(async () => (await import('./stripe-news.ts')).createStripeNewsReader(webhookSecret)),
  };
}

function paypalSetup(environment: ProviderEnvironment, { now, ...timeout }: ProviderDependencies): Setup {
  const [clientId, clientSecret] = together(environment, 'PAYPAL_CLIENT_ID', 'PAYPAL_CLIENT_SECRET');
  const webhookId = setting(environment, 'PAYPAL_WEBHOOK_ID');
  const base = baseAddress(setting(environment, 'PAYPAL_API_BASE') ?? paypalAddress, 'PAYPAL_API_BASE');
  if (clientId === undefined || clientSecret === undefined) {
    return {};
  }
  const options = { clientId, clientSecret, base, now, ...timeoutOf(timeout) };
  return {
    processor: lazyProcessor(async () => (await import('./paypal.ts')).createPayPalProcessor(options)),
    news:
      webhookId === undefined
        ? undefined
        : lazyReader(async () => (await import('./paypal-news.ts')).createPayPalNewsReader({ ...options, webhookId })),
  };
}

function testSetup(environment: ProviderEnvironment, { now, testLedger }: ProviderDependencies): Setup {
  const secret = setting(environment, 'TEST_PROCESSOR_SECRET');
  if (setting(environment, 'TEST_PROCESSOR') !== 'on') {
    return {};
  }
  return {
    processor: lazyProcessor(async () =>
      (await import('./test-processor.ts')).createTestProcessor({ ledger: testLedger, now }),
    ),
    news:
      secret === undefined
        ? undefined
        : lazyReader(async () => (await import('./test-news.ts')).createTestNewsReader(secret)),
  };
}

const timeoutOf = ({ timeoutMilliseconds }: Pick<ProviderDependencies, 'timeoutMilliseconds'>) =>
  timeoutMilliseconds === undefined ? {} : { timeoutMilliseconds };

/** An empty variable is one that is not there: that is how templates leave one out. */
function setting(environment: ProviderEnvironment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function together(environment: ProviderEnvironment, one: string, other: string) {
  const values = [setting(environment, one), setting(environment, other)] as const;
  if ((values[0] === undefined) !== (values[1] === undefined)) {
    throw new Error(`${one} and ${other} are needed together.`);
  }
  return values;
}

function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

function lazyProcessor(load: () => Promise<Processor>): Processor {
  const processor = once(load);
  return {
    charge: async (request) => (await processor()).charge(request),
    lookUp: async (request) => (await processor()).lookUp(request),
    suspend: async (subscription, key) => (await processor()).suspend(subscription, key),
    resume: async (subscription, key) => (await processor()).resume(subscription, key),
    cancel: async (subscription, key) => (await processor()).cancel(subscription, key),
  };
}

function lazyReader(load: () => Promise<NewsReader>): NewsReader {
  const reader = once(load);
  return { read: async (body, headers, now) => (await reader()).read(body, headers, now) };
}
