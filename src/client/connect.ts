/**
 * Connects as the `temporal` CLI does: the same profiles and `TEMPORAL_*` variables (Cloud, mTLS, API key), so that what
 * works there works here.
 */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { UserError } from '../domain/errors.ts';
import { temporalProblem } from './temporal-error.ts';

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

/** Whether these options ask for TLS, and carry an API key (which turns TLS on). */
export function security(options: ReturnType<typeof connectSettings>['options']): {
  tls: boolean;
  apiKey: boolean;
} {
  const apiKey = options.apiKey !== undefined;
  const { tls } = options;
  return { tls: tls === undefined || tls === null ? apiKey : tls !== false, apiKey };
}

/** @throws UserError with one line and exit code 69, 77 or 78 when it cannot be used. */
export async function connect(over: Partial<TemporalAddress> = {}): Promise<Connected> {
  const { address, namespace, options } = connectSettings(over);
  try {
    const connection = await Connection.connect(options);
    await connection.workflowService.describeNamespace({ namespace });
    const client = new Client({ connection, namespace });
    return { client, connection, address, namespace, close: () => connection.close() };
  } catch (cause) {
    throw temporalProblem(cause, { address, namespace, ...security(options) });
  }
}

function text(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
}
