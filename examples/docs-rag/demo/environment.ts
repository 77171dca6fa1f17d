/** What a worker of the demo finds in its environment: Temporal, secrets of this run, addresses of its platform. */
import type { Stack } from '../stack.ts';

export function workerEnvironment(
  { workerEnv }: Pick<Stack, 'workerEnv'>,
  temporal: { address: string; namespace: string },
): Record<string, string> {
  return {
    ...workerEnv,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
  };
}
