import { Duration, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type FunctionName, pathPrefix, type RouteRow } from '../../shared/http/route-row.ts';
import { routeTable } from '../../shared/http/route-table.ts';
import { pascalCase } from '../names.ts';
import type { Monitoring } from './monitoring.ts';

/** Far above what hosts do by hand, far below what would empty an account's concurrency: a runaway program meets this first. */
const throttle = { rateLimit: 200, burstLimit: 400 } as const;

export type RestApiProps = {
  readonly functions: Readonly<Record<FunctionName, IFunction>>;
  readonly authorizer: IFunction;
  readonly monitoring: Monitoring;
};

/**
 * The HTTP API, made from the route table alone: one route per operation, one integration per function. Whatever is not in
 * the table goes to the documentation function, which answers that there is nothing, in the form every other refusal has.
 */
export class RestApi extends Construct {
  readonly url: string;
  private readonly api: HttpApi;

  constructor(scope: Construct, id: string, props: RestApiProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', {
      apiName: 'payment-intents',
      description: 'Payment intents for fiscal hosts.',
      createDefaultStage: false,
    });
    this.url = `${this.api.apiEndpoint}${pathPrefix}`;
    this.createStage();
    this.createRoutes(props);

    props.monitoring.watch({
      runbook: 'api-5xx',
      impact: 'People and programs get answers that say the service is at fault; their changes may not have been made.',
      metric: this.api.metricServerError({ period: Duration.minutes(5), statistic: 'Sum' }),
      // A few are answered by repeating the request, as the answer itself says; five in five minutes are not chance.
      threshold: 5,
    });
  }

  private createRoutes(props: RestApiProps): void {
    const authorizer = new HttpLambdaAuthorizer('Authorizer', props.authorizer, {
      authorizerName: 'authorizer',
      responseTypes: [HttpLambdaResponseType.SIMPLE],
      // With an identity source API Gateway would answer a request without a token by itself, and not with a problem document;
      // without one there is nothing to remember an answer by, and a person taken off a team is out with the next request.
      identitySource: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    const integrations = mapFunctions(props.functions, (name, fn) => this.integrate(name, fn));

    const rows: readonly (readonly [string, RouteRow])[] = Object.entries(routeTable);
    for (const [operation, row] of rows) {
      const route = new HttpRoute(this, pascalCase(operation), {
        httpApi: this.api,
        routeKey: HttpRouteKey.with(`${pathPrefix}${row.path}`, HttpMethod[row.method]),
        integration: integrations[row.function],
        ...(row.access === 'authenticated' ? { authorizer } : {}),
      });
      if (row.access !== 'authenticated') {
        acknowledgeOpenRoute(route, openReasons[row.access]);
      }
    }
    const fallback = new HttpRoute(this, 'Fallback', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: integrations.documentation,
    });
    acknowledgeOpenRoute(
      fallback,
      'It only ever answers that nothing is there, and its function has no access to data.',
    );
  }

  private integrate(name: FunctionName, fn: IFunction): HttpLambdaIntegration {
    return new HttpLambdaIntegration(pascalCase(name), fn, {
      // A permission per route would outgrow the 20 KB that a function's policy may have. The documentation function has few
      // routes, and the permission for the whole API (`*/*/*`) would not cover its `$default` route, which has no path.
      scopePermissionToRoute: name === 'documentation',
    });
  }

  private createStage(): void {
    const accessLog = new LogGroup(this, 'AccessLog', { retention: RetentionDays.ONE_YEAR });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        // No query string and no header: a log is no place for references and tokens.
        format: AccessLogFormat.custom(
          JSON.stringify({
            requestId: '$context.requestId',
            at: '$context.requestTime',
            sourceIp: '$context.identity.sourceIp',
            routeKey: '$context.routeKey',
            status: '$context.status',
            protocol: '$context.protocol',
            responseLengthBytes: '$context.responseLength',
            responseLatencyMs: '$context.responseLatency',
            integrationError: '$context.integrationErrorMessage',
            authorizerError: '$context.authorizer.error',
          }),
        ),
      },
    });
    stage.node.addDependency(accessLog);
  }
}

const openReasons = {
  public: 'Marked public in the route table: it shows the documentation and touches no data.',
  signed: 'Marked signed in the route table: the function takes a message only when its signature is the processor’s.',
  linked: 'Marked linked in the route table: the function does one thing, for whoever it sealed the link for.',
} as const satisfies Record<Exclude<RouteRow['access'], 'authenticated'>, string>;

function acknowledgeOpenRoute(route: HttpRoute, reason: string): void {
  Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
}

function mapFunctions<T>(
  functions: Readonly<Record<FunctionName, IFunction>>,
  change: (name: FunctionName, fn: IFunction) => T,
): Record<FunctionName, T> {
  return {
    accounts: change('accounts', functions.accounts),
    'payment-intents': change('payment-intents', functions['payment-intents']),
    contributions: change('contributions', functions.contributions),
    'payment-methods': change('payment-methods', functions['payment-methods']),
    hosts: change('hosts', functions.hosts),
    'batch-admin': change('batch-admin', functions['batch-admin']),
    'dead-letters': change('dead-letters', functions['dead-letters']),
    webhooks: change('webhooks', functions.webhooks),
    'webhook-endpoints': change('webhook-endpoints', functions['webhook-endpoints']),
    caller: change('caller', functions.caller),
    unsubscribe: change('unsubscribe', functions.unsubscribe),
    documentation: change('documentation', functions.documentation),
  };
}
