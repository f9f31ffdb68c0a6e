import { App, DefaultStackSynthesizer, type IReusableStackSynthesizer, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { DataStack } from './data-stack.ts';
import { bundleFunctions } from './function-bundles.ts';
import { ServiceStack } from './service-stack.ts';
import { readSettings } from './settings.ts';

/**
 * Feature flags live here and not in `cdk.json`, so that the command line, the tests and the local runtime synthesize the
 * same template: only the command line reads the context of `cdk.json`.
 */
const featureFlags = {
  '@aws-cdk/aws-events:eventsTargetQueueSameAccount': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-s3:publicAccessBlockedByDefault': true,
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/core:annotationsInValidationReport': true,
  '@aws-cdk/core:checkSecretUsage': true,
  // The service stack cannot pull the table from under the data stack: an export in use cannot be removed.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  '@aws-cdk/core:explicitStackTags': true,
  '@aws-cdk/core:validateAgainstDefaultRules': true,
} as const;

export type BuildAppOptions = {
  /** Where the cloud assembly goes. The command line says so in the environment; other callers choose. */
  readonly outdir?: string;
  /** Settings by the names that `settings.ts` documents, as `cdk --context` would give them. */
  readonly settings?: Readonly<Record<string, string>>;
};

export type BuiltApp = { readonly app: App; readonly data: DataStack; readonly service: ServiceStack };

/** The whole system as two stacks; the caller synthesizes it, and that fails on any finding nobody has answered. */
export function buildApp(options: BuildAppOptions = {}): BuiltApp {
  const app = new App({
    // The metadata resource would bring a condition per region into every template, which nothing here reads.
    analyticsReporting: false,
    // The command line checks the bootstrap version by itself; the rule for others would only burden the templates.
    defaultStackSynthesizer: new DefaultStackSynthesizer({
      generateBootstrapVersionRule: false,
    }) as IReusableStackSynthesizer,
    context: { ...featureFlags, ...options.settings },
    ...(options.outdir === undefined ? {} : { outdir: options.outdir }),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));

  const settings = readSettings(app.node);
  const bundles = bundleFunctions(settings);
  try {
    const data = new DataStack(app, 'PaymentIntentsData', { identityProvider: settings.identityProvider });
    const service = new ServiceStack(app, 'PaymentIntentsService', {
      data,
      bundles,
      logLevel: settings.logLevel,
      processorSecretArn: settings.processorSecretArn,
      mailFrom: settings.mailFrom,
      dashboardUrl: settings.dashboardUrl,
    });
    return { app, data, service };
  } finally {
    bundles.remove();
  }
}
