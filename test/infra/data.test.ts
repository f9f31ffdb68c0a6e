import { expect, test } from '@jest/globals';
import { tableDefinition } from '../../shared/persistence/table-definition.ts';
import { resources, synthesize } from '../support/infrastructure.ts';

const { data } = synthesize();
const [table] = Object.values(resources(data, 'AWS::DynamoDB::Table'));
const buckets = Object.entries(resources(data, 'AWS::S3::Bucket'));
const [pool] = Object.values(resources(data, 'AWS::Cognito::UserPool'));

test('there is one table, with the keys and indexes that the stores are written for', () => {
  data.resourceCountIs('AWS::DynamoDB::Table', 1);
  const keySchema = (partitionKey: string, sortKey: string) => [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    { AttributeName: sortKey, KeyType: 'RANGE' },
  ];
  expect(table.KeySchema).toEqual(keySchema(tableDefinition.partitionKey, tableDefinition.sortKey));
  expect(table.GlobalSecondaryIndexes).toEqual(
    tableDefinition.indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index.partitionKey, index.sortKey),
      Projection:
        'attributes' in index
          ? { ProjectionType: 'INCLUDE', NonKeyAttributes: [...index.attributes] }
          : { ProjectionType: 'KEYS_ONLY' },
    })),
  );
});

test('the table is paid by request, can be restored to any second, is encrypted and cannot be deleted by mistake', () => {
  expect(table).toMatchObject({
    BillingMode: 'PAY_PER_REQUEST',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: { SSEEnabled: true },
    DeletionProtectionEnabled: true,
  });
});

test('the table streams new images and forgets what has expired', () => {
  expect(table).toMatchObject({
    StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
    TimeToLiveSpecification: { AttributeName: tableDefinition.timeToLiveAttribute, Enabled: true },
  });
});

test.each(buckets)('nobody outside can open the bucket %s, and it is encrypted', (_id, bucket) => {
  expect(bucket).toMatchObject({
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: expect.anything() }] },
    OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
  });
});

test.each(buckets)('the bucket %s is only spoken to over TLS', (id) => {
  const policies = Object.values(resources(data, 'AWS::S3::BucketPolicy')).filter(({ Bucket }) => Bucket.Ref === id);
  expect(policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)).toContainEqual(
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
  );
});

test('attachments keep their old versions for a while, and who opened them is written down', () => {
  const attachments = buckets.map(([, bucket]) => bucket).filter((bucket) => bucket.VersioningConfiguration);
  expect(attachments).toHaveLength(1);
  expect(attachments[0]).toMatchObject({
    VersioningConfiguration: { Status: 'Enabled' },
    LoggingConfiguration: { DestinationBucketName: expect.anything() },
  });
});

test('what holds data outlives its stack', () => {
  for (const type of ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::Cognito::UserPool']) {
    data.allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  }
});

test('people sign in with long passwords, and may add a second factor that is not a text message', () => {
  expect(pool).toMatchObject({
    MfaConfiguration: 'OPTIONAL',
    EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
    Policies: { PasswordPolicy: { MinimumLength: 12 } },
    UserPoolAddOns: { AdvancedSecurityMode: 'ENFORCED' },
    DeletionProtection: 'ACTIVE',
  });
});

test('the client for signing in has no secret that could leak, and does not tell who has an account', () => {
  data.hasResourceProperties('AWS::Cognito::UserPoolClient', {
    GenerateSecret: false,
    PreventUserExistenceErrors: 'ENABLED',
    EnableTokenRevocation: true,
  });
});
