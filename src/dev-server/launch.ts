/**
 * One start of `temporal server start-dev`: its command line, its process, its readiness.
 * Invariant: resolves with a usable server, or rejects with the reason in one message and no process left.
 */
import { spawnGuarded } from './guarded-child.ts';
import type { GuardedChild } from './guarded-child.ts';
import { portIsOpen } from './free-port.ts';
import { waitUntilReady } from './readiness.ts';
import type { SearchAttributeTypes } from '../temporal/search-attributes.ts';

export interface LaunchSettings {
  readonly binary: string;
  readonly namespace: string;
  readonly port: number;
  /** Undefined: no web UI. */
  readonly uiPort: number | undefined;
  /** Of the HTTP API. */
  readonly httpPort: number;
  readonly metricsPort: number;
  /** Undefined: in memory. */
  readonly dbFile: string | undefined;
  readonly logFile: string | undefined;
  readonly searchAttributes: SearchAttributeTypes;
  readonly dynamicConfig: Readonly<Record<string, string | number | boolean>>;
  /** Milliseconds until the server must be usable. */
  readonly readyTimeoutMs: number;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts the server and waits until it is usable. */
export async function launch(settings: LaunchSettings): Promise<GuardedChild> {
  const { logFile } = settings;
  // Asked first: otherwise we would wait for a stranger to become our server.
  if (await portIsOpen(settings.port)) throw new Error('this port is in use by another process');
  const env = serverEnv(settings.env);
  const child = await spawnGuarded(settings.binary, commandLine(settings), {
    env,
    ...(logFile === undefined ? {} : { logFile }),
  });
  const over = new AbortController();
  let why = '';
  const giveUp = (reason: string): void => {
    why ||= reason;
    over.abort();
  };
  const limit = setTimeout(
    () => giveUp(`not usable within ${settings.readyTimeoutMs / 1000} s`),
    settings.readyTimeoutMs,
  );
  void child.ended.then((how) => giveUp(`the process ended with ${how}`));
  try {
    const { namespace, searchAttributes } = settings;
    await waitUntilReady({
      port: settings.port,
      namespace,
      searchAttributes,
      signal: over.signal,
    });
    // A stranger may still have taken the port between that question and the server's bind.
    if (!child.isRunning()) throw new Error('its port belongs to another process');
    return child;
  } catch (error) {
    await child.stop(1_000);
    const output = logFile === undefined ? child.tail().split('\n').slice(-3).join(' | ') : `see ${logFile}`;
    const problem = error instanceof Error ? error.message : String(error);
    throw new Error(`${why || 'failed'} (${problem}); output: ${output || 'none'}`, { cause: error });
  } finally {
    clearTimeout(limit);
  }
}

function commandLine(settings: LaunchSettings): string[] {
  const { uiPort, dbFile, namespace } = settings;
  const common = [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(settings.port),
    '--http-port',
    String(settings.httpPort),
    '--metrics-port',
    String(settings.metricsPort),
    '--log-level',
    'warn',
  ];
  return [
    ...common,
    ...(uiPort === undefined ? ['--headless'] : ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)]),
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...(namespace === 'default' ? [] : ['--namespace', namespace]),
    ...Object.entries(settings.searchAttributes).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type}`,
    ]),
    ...Object.entries(settings.dynamicConfig).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${JSON.stringify(value)}`,
    ]),
  ];
}

/** The CLI reads TEMPORAL_* itself (profiles, TLS, API keys); none of it is meant for a local server. */
function serverEnv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}
