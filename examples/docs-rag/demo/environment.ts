/** What a worker of the demo finds in its environment: secrets of this run and addresses of the local peers. */
import type { Stack } from '../stack.ts';

export function workerEnvironment(
  stack: Stack,
  temporal: { address: string; namespace: string },
): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    CUTOVER_ADMIN_TOKEN: stack.tokens.edgeAdmin,
    CUTOVER_COLOR_TOKEN: stack.tokens.colorAdmin,
    CUTOVER_PIN_SECRET: stack.tokens.pinSecrets[0] ?? '',
    // The local peers take any credentials; the AWS SDK insists on having some.
    CLOUDFLARE_API_TOKEN: 'local',
    CLOUDFLARE_BASE_URL: stack.edge.explorerUrl,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: 'us-east-1',
  };
}
