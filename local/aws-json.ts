/** The JSON protocol that DynamoDB and SQS share; local engines want a well-formed signature but do not check it. */
export type AwsJsonCall = (
  operation: string,
  input: object,
  options?: { readonly signal?: AbortSignal },
) => Promise<Record<string, unknown>>;

export class AwsJsonError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(type: string, message: string, status: number) {
    super(message);
    this.name = type;
    this.status = status;
  }
}

const services = {
  dynamodb: 'DynamoDB_20120810',
  'dynamodb-streams': 'DynamoDBStreams_20120810',
  sqs: 'AmazonSQS',
} as const;

export const awsJson = (endpoint: string, service: keyof typeof services, region: string): AwsJsonCall => {
  const credential = `Credential=local/20200101/${region}/${service.split('-')[0]}/aws4_request`;
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date, Signature=00`,
    'x-amz-date': '20200101T000000Z',
  };
  return async (operation, input, { signal } = {}) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { ...headers, 'x-amz-target': `${services[service]}.${operation}` },
      body: JSON.stringify(input),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    const body: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
    if (response.ok) return body;
    const type = String(body.__type ?? 'UnknownError').replace(/^.*#/, '');
    throw new AwsJsonError(type, String(body.message ?? body.Message ?? text), response.status);
  };
};
