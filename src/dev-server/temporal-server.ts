/**
 * The Temporal server that `npm start`, tests, `rehearse` and `cutover dev` use: an existing one named by TEMPORAL_ADDRESS,
 * or a dev server of our own, found or fetched by find-binary.ts.
 * Invariants: a server of our own listens on 127.0.0.1 only, is usable when the promise resolves, and leaves no process
 * behind, also if this process is killed (guarded-child.ts). A restart keeps ports and database file.
 */
import { checkExistingServer } from './existing-server.ts';
import type { TemporalServer } from './server.ts';
import { findTemporalBinary } from './find-binary.ts';
import type { FindBinaryOptions } from './find-binary.ts';
import { freePorts } from './free-port.ts';
import { launch } from './launch.ts';
import type { LaunchSettings } from './launch.ts';
import { CUTOVER_SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import type { SearchAttributeTypes } from '../temporal/search-attributes.ts';
import { TemporalServerError } from './server-error.ts';

/** Dynamic configuration by key; values are JSON. */
export type DynamicConfig = Readonly<Record<string, string | number | boolean>>;

/**
 * What our server always gets. Time skipping is off by default in the server. The other five remove waits that protect
 * large clusters (clock shift between hosts, database load) and cost this single SQLite process a second per timer: measured on
 * server 1.32.0 and 2 cores, twelve skipped timers take 0.3 s instead of 12 s.
 */
const DEFAULT_DYNAMIC_CONFIG: DynamicConfig = {
  'frontend.WorkflowTimeSkippingEnabled': true,
  'history.timerProcessorMaxTimeShift': '1ms',
  'history.timerProcessorMaxPollRPS': 2_000,
  'history.timerProcessorMaxPollHostRPS': 4_000,
  'history.transferProcessorMaxPollRPS': 2_000,
  'history.transferProcessorMaxPollHostRPS': 4_000,
};

export interface TemporalServerOptions {
  /** SQLite file to keep state in. Default: in memory, lost at the end. */
  readonly dbFile?: string;
  /** Default `default`. For an existing server: TEMPORAL_NAMESPACE or its profile's, then `default`. */
  readonly namespace?: string;
  /** gRPC port. Default: a free one, kept over restarts. */
  readonly port?: number;
  /** Port of the web UI. Default: a free one. */
  readonly uiPort?: number;
  /** No web UI. Default false. */
  readonly headless?: boolean;
  /** Registered in addition to cutover's own. */
  readonly searchAttributes?: SearchAttributeTypes;
  /** Over {@link DEFAULT_DYNAMIC_CONFIG}. */
  readonly dynamicConfig?: DynamicConfig;
  /** One human-readable line per step worth telling. */
  readonly onProgress?: (line: string) => void;
  /** Append the server's output here. Default: kept for the error message only. */
  readonly logFile?: string;
  /** How long one start may take until usable, in milliseconds. Default 30,000; tried twice. */
  readonly readyTimeoutMs?: number;
  /** Environment to read. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Passed to find-binary; for tests. */
  readonly find?: Omit<FindBinaryOptions, 'env' | 'onProgress'>;
}

const CLOSE_GRACE_MS = 5_000;

/** Finds, fetches, starts and checks a server. Throws {@link TemporalServerError}. */
export async function startTemporalServer(options: TemporalServerOptions = {}): Promise<TemporalServer> {
  const env = options.env ?? process.env;
  if (env['TEMPORAL_ADDRESS']) return checkExistingServer(env, options.namespace);
  const progress = options.onProgress ?? (() => undefined);
  const binary = await findTemporalBinary({ ...options.find, env, onProgress: progress });
  const tried: string[] = [`binary ${binary.path} (from ${binary.source})`];

  const settings = async (): Promise<LaunchSettings> => {
    const [port = 0, uiPort = 0, httpPort = 0, metricsPort = 0] = await freePorts(4);
    return {
      binary: binary.path,
      namespace: options.namespace ?? 'default',
      port: options.port ?? port,
      uiPort: options.headless === true ? undefined : (options.uiPort ?? uiPort),
      httpPort,
      metricsPort,
      dbFile: options.dbFile,
      logFile: options.logFile,
      searchAttributes: { ...CUTOVER_SEARCH_ATTRIBUTES, ...options.searchAttributes },
      dynamicConfig: { ...DEFAULT_DYNAMIC_CONFIG, ...options.dynamicConfig },
      readyTimeoutMs: options.readyTimeoutMs ?? 30_000,
      env,
    };
  };

  // Twice: another process may take the port between our asking and the server's bind, and a loaded machine may be slow.
  for (let attempt = 1; attempt <= 2; attempt++) {
    const chosen = await settings();
    progress(`Starting the Temporal dev server on 127.0.0.1:${chosen.port}…`);
    try {
      return ownedServer(chosen, await launch(chosen));
    } catch (error) {
      tried.push(
        `start ${attempt} on port ${chosen.port}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  throw new TemporalServerError('The Temporal dev server did not start', tried, WHAT_TO_DO);
}

const WHAT_TO_DO =
  'Check that the port is free, the database file is writable and was made by this version, or set TEMPORAL_ADDRESS to a running server.';

function ownedServer(settings: LaunchSettings, first: Awaited<ReturnType<typeof launch>>): TemporalServer {
  let child = first;
  const close = (): Promise<void> => child.stop(CLOSE_GRACE_MS);
  return {
    address: `127.0.0.1:${settings.port}`,
    namespace: settings.namespace,
    uiUrl: settings.uiPort === undefined ? undefined : `http://127.0.0.1:${settings.uiPort}`,
    get pid() {
      return child.isRunning() ? child.pid : undefined;
    },
    owned: true,
    close,
    kill: (signal = 'SIGKILL') => child.kill(signal),
    async restart() {
      await close();
      try {
        child = await launch(settings);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const tried = [`restart on port ${settings.port}: ${reason}`];
        throw new TemporalServerError('The Temporal dev server did not come back', tried, WHAT_TO_DO, error);
      }
    },
    [Symbol.asyncDispose]: close,
  };
}
