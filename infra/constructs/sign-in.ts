import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccountRecovery, FeaturePlan, Mfa, StandardThreatProtectionMode, UserPool } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';

/** What the authorizer needs to know of whoever signs people in. */
export type IdentityProvider = { readonly issuer: string; readonly audience: string; readonly jwksUri: string };

/** The default identity provider: a Cognito user pool and the public client that people sign in with. */
export class SignIn extends Construct {
  readonly identityProvider: IdentityProvider;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const pool = new UserPool(this, 'People', {
      // Contributors come by themselves; what anybody may do is decided by memberships in the table, not by having an account.
      selfSignUpEnabled: true,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      standardAttributes: { email: { required: true, mutable: true } },
      autoVerify: { email: true },
      // The old address stays in force until the new one is verified, so a typing error or a thief cannot take an account over.
      keepOriginal: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      // The plan that has threat protection: sign-ins with leaked passwords or from unlikely places are stopped.
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(pool).acknowledge({
      id: 'AwsSolutions-COG2',
      reason:
        'A second factor is offered to everybody and forced on nobody: contributors who only look on are not turned away. Asking for a recent one before money is sent comes with requirement A6.',
    });

    const client = pool.addClient('Client', {
      // A browser and a command line cannot keep a secret, so there is none; the password itself never leaves the client.
      generateSecret: false,
      authFlows: { userSrp: true },
      // Redirects come with the dashboard, which brings the addresses to allow.
      disableOAuth: true,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(30),
    });

    this.identityProvider = {
      issuer: pool.userPoolProviderUrl,
      audience: client.userPoolClientId,
      jwksUri: `${pool.userPoolProviderUrl}/.well-known/jwks.json`,
    };
  }
}
