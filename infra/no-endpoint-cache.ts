/**
 * Stands in for the SDK's memory of discovered endpoints when functions are bundled. DynamoDB is asked at its regional
 * endpoint, so nothing is ever discovered, and the cache is 8 KB in each function.
 */
export class EndpointCache {
  get = (): undefined => undefined;
  getEndpoint = (): undefined => undefined;
  has = (): boolean => false;
  set = (): void => undefined;
  delete = (): void => undefined;
  clear = (): void => undefined;
}
