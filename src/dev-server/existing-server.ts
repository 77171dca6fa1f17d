/**
 * A server somebody else runs, named by TEMPORAL_ADDRESS with the ecosystem's other TEMPORAL_* settings and profiles.
 * Invariant: it is only asked whether it answers for the namespace; nothing on it is created, changed or stopped.
 */
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { TemporalServerError } from './server-error.ts';
import type { TemporalServer } from './server.ts';

const ANSWER_MS = 5_000;

/** A handle on the server that `env` names, after checking that it answers. */
export async function checkExistingServer(
  env: NodeJS.ProcessEnv,
  wantedNamespace?: string,
): Promise<TemporalServer> {
  const defined = Object.entries(env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const config = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(defined) });
  const namespace = wantedNamespace ?? config.namespace ?? 'default';
  const address = config.connectionOptions.address ?? env['TEMPORAL_ADDRESS'] ?? '';
  try {
    const connection = await Connection.connect({ ...config.connectionOptions, connectTimeout: ANSWER_MS });
    try {
      await connection.withDeadline(Date.now() + ANSWER_MS, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
    } finally {
      await connection.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemporalServerError(
      `The Temporal server at ${address} (TEMPORAL_ADDRESS) does not answer for namespace ${namespace}`,
      [reason],
      'Start it, correct TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE, or unset TEMPORAL_ADDRESS to let cutover run a dev server of its own.',
      error,
    );
  }
  const refuse = async (): Promise<void> => {
    throw new TemporalServerError(
      `The server at ${address} is not ours to stop`,
      [],
      'Unset TEMPORAL_ADDRESS.',
    );
  };
  const close = async (): Promise<void> => undefined;
  return {
    address,
    namespace,
    uiUrl: undefined,
    pid: undefined,
    owned: false,
    close,
    kill: refuse,
    restart: refuse,
    [Symbol.asyncDispose]: close,
  };
}
