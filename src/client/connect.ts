/**
 * Connects as the `temporal` CLI does: the same profiles and `TEMPORAL_*` variables (Cloud, mTLS, API key), so that what
 * works there works here.
 */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { UserError } from '../domain/errors.ts';

/** sysexits' EX_UNAVAILABLE: Temporal cannot be reached. */
export const EXIT_UNAVAILABLE = 69;

/** sysexits' EX_NOPERM: Temporal answers, and does not let these credentials in. */
export const EXIT_DENIED = 77;

const CONNECT_MS = 5000;

export interface TemporalAddress {
  readonly address: string;
  readonly namespace: string;
}

export interface Connected extends TemporalAddress {
  readonly client: Client;
  readonly connection: Connection;
  readonly close: () => Promise<void>;
}

/** Options of one connection, from the environment's profile; `over` wins. */
export function connectSettings(over: Partial<TemporalAddress> = {}): TemporalAddress & {
  options: NonNullable<Parameters<typeof Connection.connect>[0]>;
} {
  let config: ReturnType<typeof loadClientConnectConfig>;
  try {
    config = loadClientConnectConfig();
  } catch (cause) {
    throw new UserError(`the Temporal configuration cannot be read: ${text(cause)}`, {
      hint: 'check TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE and the TEMPORAL_* variables',
      cause,
    });
  }
  const address = over.address ?? config.connectionOptions.address ?? 'localhost:7233';
  const namespace = over.namespace ?? config.namespace ?? 'default';
  return {
    address,
    namespace,
    options: { ...config.connectionOptions, address, connectTimeout: CONNECT_MS },
  };
}

/** @throws UserError with exit code 69 and one line when nothing answers there. */
export async function connect(over: Partial<TemporalAddress> = {}): Promise<Connected> {
  const { address, namespace, options } = connectSettings(over);
  try {
    const connection = await Connection.connect(options);
    await connection.workflowService.describeNamespace({ namespace });
    const client = new Client({ connection, namespace });
    return { client, connection, address, namespace, close: () => connection.close() };
  } catch (cause) {
    throw new UserError(`no Temporal server answers at ${address} (namespace ${namespace}): ${text(cause)}`, {
      hint: 'run `cutover dev` for a local one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE',
      exitCode: EXIT_UNAVAILABLE,
      cause,
    });
  }
}

function text(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
}
