import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { type IndexDefinition, tableDefinition } from '../shared/persistence/table-definition.ts';
import { type IdentityProvider, SignIn } from './constructs/sign-in.ts';
import type { IdentityProviderSetting } from './settings.ts';

export type DataStackProps = { readonly identityProvider: IdentityProviderSetting };

/**
 * Everything that must outlive a mistake: money history, documents and the people who sign in. It is a stack of its own so
 * that the service can be torn down and rebuilt without touching it.
 */
export class DataStack extends Stack {
  readonly table: Table;
  readonly attachments: Bucket;
  readonly identityProvider: IdentityProvider;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, {
      description: 'Payment intents for fiscal hosts: the table, the documents and the people.',
      tags: { service: 'payment-intents' },
      terminationProtection: true,
    });
    this.table = this.createTable();
    this.attachments = this.createAttachmentsBucket();
    this.identityProvider =
      props.identityProvider.kind === 'cognito' ? new SignIn(this, 'SignIn').identityProvider : props.identityProvider;

    new CfnOutput(this, 'TableName', { value: this.table.tableName, description: 'The one table.' });
    new CfnOutput(this, 'AttachmentsBucketName', {
      value: this.attachments.bucketName,
      description: 'Where contracts, invoices and receipts are kept.',
    });
    new CfnOutput(this, 'OidcIssuer', { value: this.identityProvider.issuer, description: 'Who signs people in.' });
    new CfnOutput(this, 'OidcAudience', {
      value: this.identityProvider.audience,
      description:
        'The client that people sign in with. Send its ID tokens: they name the address that people are written to.',
    });
  }

  private createTable(): Table {
    const table = new Table(this, 'Table', {
      partitionKey: { name: tableDefinition.partitionKey, type: AttributeType.STRING },
      sortKey: { name: tableDefinition.sortKey, type: AttributeType.STRING },
      timeToLiveAttribute: tableDefinition.timeToLiveAttribute,
      stream: StreamViewType[tableDefinition.stream],
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      encryption: TableEncryption.AWS_MANAGED,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const indexes: readonly IndexDefinition[] = tableDefinition.indexes;
    for (const index of indexes) {
      table.addGlobalSecondaryIndex({
        indexName: index.name,
        partitionKey: { name: index.partitionKey, type: AttributeType.STRING },
        sortKey: { name: index.sortKey, type: AttributeType.STRING },
        ...(index.attributes === undefined
          ? { projectionType: ProjectionType.KEYS_ONLY }
          : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...index.attributes] }),
      });
    }
    return table;
  }

  private createAttachmentsBucket(): Bucket {
    const shared = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    const accessLogs = new Bucket(this, 'AccessLogs', {
      ...shared,
      lifecycleRules: [{ id: 'ForgetAfterAYear', expiration: Duration.days(365) }],
    });
    return new Bucket(this, 'Attachments', {
      ...shared,
      versioned: true,
      // The library's own classes and interfaces differ in how they write "optional", which exact optional types notice.
      serverAccessLogsBucket: accessLogs as IBucket,
      serverAccessLogsPrefix: 'attachments/',
      lifecycleRules: [
        // A version that was replaced or deleted can be fetched back for three months.
        { id: 'ForgetOldVersions', noncurrentVersionExpiration: Duration.days(90) },
        { id: 'ForgetBrokenUploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
    });
  }
}
