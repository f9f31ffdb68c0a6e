/**
 * Stands in for the SDK's own search for credentials when functions are bundled. Lambda always hands credentials over in the
 * environment, so the other places where the SDK would look (files, processes, single sign-on, instance metadata) are 135 KB
 * that no function can ever use.
 */
type Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      throw new Error('There are no AWS credentials in the environment of this function.');
    }
    return {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
    };
  };
}
