/** One server and the workers on it, for as many worlds as are lived at once. */
import { randomUUID } from 'node:crypto';
import { connect } from '../../src/client/connect.ts';
import type { TemporalServer } from '../../src/dev-server/server.ts';
import { startTemporalServer } from '../../src/dev-server/temporal-server.ts';
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import { loadEngine, runWorker, type Patch } from './engine.ts';
import type { Stage } from './run.ts';
import type { Service } from './world/service.ts';

export interface OpenStage extends Stage {
  readonly close: () => Promise<void>;
}

/**
 * Fewer than the worlds lived at once, so that most tasks replay. Not 0: the SDK drops local activities of a run that it does not cache
 * ("likely to be dropped", says its log), and each such task is lost until it times out.
 */
const FEW = 2;

export async function openStage(patches: readonly Patch[] = [], address?: string): Promise<OpenStage> {
  quiet();
  const engine = await loadEngine(patches);
  const server = address === undefined ? await startServer() : null;
  const at = address ?? server?.address ?? '';
  const connected = await connect({ address: at, namespace: 'default' });
  const services = new Map<string, Service>();
  const id = randomUUID().slice(0, 8);
  const queues = { usual: `sim-${id}`, replaying: `sim-replay-${id}` };
  const stops = await Promise.all([
    runWorker(engine, services, { address: at, taskQueue: queues.usual, cached: 300 }),
    runWorker(engine, services, { address: at, taskQueue: queues.replaying, cached: FEW }),
  ]);
  return {
    engine,
    services,
    queues,
    connection: connected.connection,
    close: async () => {
      await Promise.all(stops.map((stop) => stop()));
      await connected.close();
      await server?.close();
      engine.drop();
    },
  };
}

export function startServer(): Promise<TemporalServer> {
  return startTemporalServer({ env: bare() });
}

/** Settings that would lead to somebody's real server are left out. */
function bare(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

/** Stopped workers and lost answers are what this is about: the SDK's warnings of them are noise. */
function quiet(): void {
  if (isQuiet) return;
  isQuiet = true;
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' });
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter, forward: {} } },
  });
}

let isQuiet = false;
