/**
 * Connects as the `temporal` CLI does: the same profiles and `TEMPORAL_*` variables (Cloud, mTLS, API key), so that what
 * works there works here.
 */
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
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
export function connectSettings(
  over: Partial<TemporalAddress> = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): TemporalAddress & {
  options: NonNullable<Parameters<typeof Connection.connect>[0]>;
} {
  let config: ReturnType<typeof loadClientConnectConfig>;
  try {
    const set = Object.entries(env).filter((one): one is [string, string] => one[1] !== undefined);
    config = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
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
export async function connect(
  over: Partial<TemporalAddress> = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Connected> {
  const { address, namespace, options } = connectSettings(over, env);
  try {
    const { retries, giveUp } = stoppableRetries();
    const connection = await Connection.connect({ ...options, interceptors: [retries] });
    await connection.workflowService.describeNamespace({ namespace });
    const client = new Client({ connection, namespace });
    const close = async (): Promise<void> => {
      const overMs = giveUp();
      if (overMs <= 0) return connection.close();
      setTimeout(() => void connection.close().catch(() => undefined), overMs).unref();
    };
    return { client, connection, address, namespace, close };
  } catch (cause) {
    throw temporalProblem(cause, { address, namespace, ...security(options) });
  }
}

/**
 * The SDK's retries of a call, which can be given up. One that is due on a closed connection throws out of a timer, where nobody
 * catches it, and would end the whole process. `giveUp` schedules no further one; it returns in how many ms the last has been.
 */
function stoppableRetries(): { retries: Interceptor; giveUp: () => number } {
  const usual = defaultGrpcRetryOptions();
  let given = false;
  let lastAtMs = 0;
  const retries = makeGrpcRetryInterceptor({
    ...usual,
    retryableDecider: (...failed) => !given && usual.retryableDecider(...failed),
    delayFunction: (...failed) => {
      const delayMs = usual.delayFunction(...failed);
      lastAtMs = Math.max(lastAtMs, Date.now() + delayMs + 50);
      return delayMs;
    },
  });
  return {
    retries,
    giveUp: () => {
      given = true;
      return lastAtMs - Date.now();
    },
  };
}

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>;

function text(cause: unknown): string {
  return cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
}
