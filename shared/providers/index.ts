/** Which processors there are, by the settings of each host. Each is loaded when it is first asked, and not before. */
import type { NewsReader, Processor, Processors } from '../application/processors.ts';
import type { TestLedger } from '../application/test-ledger.ts';
import type { ProcessorName } from '../domain/payment-method.ts';
import { baseAddress } from './outcomes.ts';

/** Settings by their names, as environment variables have them; an empty one is one that is not there. */
export type ProviderEnvironment = Readonly<Record<string, string | undefined>>;

export type ProviderSettings = {
  /**
   * For every host: `STRIPE_API_BASE` and `PAYPAL_API_BASE` when they are not the processors' own addresses, as for PayPal's
   * sandbox; `TEST_PROCESSOR=on`, and for its news `TEST_PROCESSOR_SECRET`. Keys count only where they are a host's.
   */
  readonly environment: ProviderEnvironment;
  /**
   * By the id of the host's account, its own accounts at the processors; those of one processor are all there or none:
   *
   * - `STRIPE_SECRET_KEY`, and for news `STRIPE_WEBHOOK_SECRET`
   * - `PAYPAL_CLIENT_ID` and `PAYPAL_CLIENT_SECRET`, and for news `PAYPAL_WEBHOOK_ID`
   * - `STRIPE_API_BASE` and `PAYPAL_API_BASE` when this host's are at other addresses than everybody's
   */
  readonly hosts: Readonly<Record<string, ProviderEnvironment>>;
};

export type ProviderDependencies = {
  /** ISO 8601 UTC. */
  readonly now: () => string;
  readonly testLedger: TestLedger;
  /** How long a processor has to answer; ten seconds unless a test has less time. */
  readonly timeoutMilliseconds?: number;
  /** Told once of each host whose settings are wrong; the message names the setting and not what stands in it. */
  readonly onMistake?: (hostId: string, error: Error) => void;
};

export type Providers = {
  readonly processors: Processors;
  /** @returns undefined where nothing is set up to tell that host's messages of the processor from anybody else's */
  readonly newsReader: (name: ProcessorName, hostId: string) => NewsReader | undefined;
};

type Addresses = { readonly stripe: URL; readonly paypal: URL };

const processorsOwn: Addresses = {
  stripe: new URL('https://api.stripe.com'),
  paypal: new URL('https://api-m.paypal.com'),
};

type Setup = { readonly processor?: Processor | undefined; readonly news?: NewsReader | undefined };

type HostSetup = Readonly<Record<ProcessorName, Setup>>;

/** @throws when a setting of the environment is wrong; one of a host is told, and leaves that host without processors */
export function createProcessors(settings: ProviderSettings, dependencies: ProviderDependencies): Providers {
  const addresses = addressesIn(settings.environment, processorsOwn);
  const nobodys: HostSetup = {
    bank_transfer: {},
    stripe: {},
    paypal: {},
    test: testSetup(settings.environment, dependencies),
  };
  const made = new Map<string, HostSetup>();

  const make = (hostId: string, own: ProviderEnvironment): HostSetup => {
    try {
      return { ...nobodys, ...ownSetup(own, addressesIn(own, addresses), dependencies) };
    } catch (error) {
      dependencies.onMistake?.(hostId, error instanceof Error ? error : new Error('A setting is wrong.'));
      return nobodys;
    }
  };

  const setupOf = (hostId: string): HostSetup => {
    // Host ids come from addresses and messages: what every object has by itself is no host's, and nothing is kept for
    // those that do not exist.
    const own = Object.hasOwn(settings.hosts, hostId) ? settings.hosts[hostId] : undefined;
    if (own === undefined) {
      return nobodys;
    }
    const setup = made.get(hostId) ?? make(hostId, own);
    made.set(hostId, setup);
    return setup;
  };

  return {
    processors: (name, hostId) => setupOf(hostId)[name].processor,
    newsReader: (name, hostId) => setupOf(hostId)[name].news,
  };
}

/** @throws when one is no address that secrets may travel to */
function addressesIn(settings: ProviderEnvironment, otherwise: Addresses): Addresses {
  const stripe = setting(settings, 'STRIPE_API_BASE');
  const paypal = setting(settings, 'PAYPAL_API_BASE');
  return {
    stripe: stripe === undefined ? otherwise.stripe : baseAddress(stripe, 'STRIPE_API_BASE'),
    paypal: paypal === undefined ? otherwise.paypal : baseAddress(paypal, 'PAYPAL_API_BASE'),
  };
}

/** @throws when a setting is missing that another needs */
const ownSetup = (own: ProviderEnvironment, addresses: Addresses, dependencies: ProviderDependencies) => ({
  stripe: stripeSetup(own, addresses.stripe, dependencies),
  paypal: paypalSetup(own, addresses.paypal, dependencies),
});

function stripeSetup(own: ProviderEnvironment, base: URL, { now, ...timeout }: ProviderDependencies): Setup {
  const secretKey = setting(own, 'STRIPE_SECRET_KEY');
  const webhookSecret = setting(own, 'STRIPE_WEBHOOK_SECRET');
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

function paypalSetup(own: ProviderEnvironment, base: URL, { now, ...timeout }: ProviderDependencies): Setup {
  const [clientId, clientSecret] = together(own, 'PAYPAL_CLIENT_ID', 'PAYPAL_CLIENT_SECRET');
  const webhookId = setting(own, 'PAYPAL_WEBHOOK_ID');
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
  const value: unknown = environment[name];
  if (value !== undefined && typeof value !== 'string') {
    throw new Error(`${name} must be a text.`);
  }
  return value?.trim() || undefined;
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
    findMethod: async (method) => (await processor()).findMethod(method),
    withFee: async (subscription, payment) => (await processor()).withFee(subscription, payment),
    suspend: async (subscription, key) => (await processor()).suspend(subscription, key),
    resume: async (subscription, key) => (await processor()).resume(subscription, key),
    cancel: async (subscription, key) => (await processor()).cancel(subscription, key),
  };
}

function lazyReader(load: () => Promise<NewsReader>): NewsReader {
  const reader = once(load);
  return { read: async (body, headers, now) => (await reader()).read(body, headers, now) };
}
