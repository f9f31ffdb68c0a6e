/**
 * Stands in for the SDK's discovery of endpoints when functions are bundled, with its memory of them. DynamoDB is asked at its
 * regional endpoint, so nothing is ever discovered, and it is 9 KB in each function.
 */
export const resolveEndpointDiscoveryConfig = <Config extends object>(config: Config): Config => config;

export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: (): undefined => undefined,
  configFileSelector: (): undefined => undefined,
  default: undefined,
};
