/**
 * Rollback latency: from the moment the server has accepted the signal until the edge reads back 100 % `from`, against a bare
 * signal + one-activity workflow that does the same write, on the same server, interleaved in the same run, with other switches parked.
 * Run: node --import tsx bench/rollback.ts [--switches 100] [--parked 1000]. Exits 1 beyond the budget of 1.25 at p99.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { connect } from '../src/client/connect.ts';
import { startSwitch, type SwitchHandle } from '../src/client/start.ts';
import { planDigest } from '../src/plan/digest.ts';
import { createSwitchWorker } from '../src/worker.ts';
import { scriptedPlan } from '../test/support/plans.ts';
import { storeOf } from '../test/support/scripted-ports.ts';
import { ScriptedService } from '../test/support/scripted-service.ts';
import { scriptedWorld } from '../test/support/scripted-world.ts';
import { sharedServer } from '../test/support/temporal.ts';
import { go } from './floor-workflow.ts';

const BUDGET = 1.25;
const { values } = parseArgs({
  options: { switches: { type: 'string', default: '100' }, parked: { type: 'string', default: '1000' } },
});
const [count, parked] = [Number(values.switches), Number(values.parked)];
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

/** Tells when its edge is written. */
class TimedService extends ScriptedService {
  onWrite: () => void = () => undefined;

  override write(config: Parameters<ScriptedService['write']>[0]): void {
    super.write(config);
    this.onWrite();
  }
}

const services = new Map<string, TimedService>();
const server = await sharedServer();
const connected = await connect(server);
const taskQueue = 'bench-rollback';
const { worker } = await createSwitchWorker({ ...server, taskQueue, world: scriptedWorld(services) });
const floorQueue = 'bench-floor';
const nativeConnection = await NativeConnection.connect({ address: server.address });
const floorWorker = await Worker.create({
  connection: nativeConnection,
  namespace: server.namespace,
  taskQueue: floorQueue,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('floor-workflow.ts', import.meta.url)),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  }),
  maxCachedWorkflows: 500,
  workflowTaskPollerBehavior: { type: 'autoscaling' },
  activityTaskPollerBehavior: { type: 'autoscaling' },
  activities: {
    // What `restoreTraffic` does of it: read, then compare and set.
    async write(name: string): Promise<void> {
      const edge = storeOf(serviceOf(name));
      const stored = await edge.read();
      if (stored === null) throw new Error('the edge was never written');
      const next = { ...stored, weightPercent: 0, generation: stored.generation + 1 };
      await edge.compareAndSet(next, { idempotencyKey: `${name}/write` });
    },
  },
});
void worker.run();
void floorWorker.run();

function serviceOf(name: string): TimedService {
  const found = services.get(name) ?? new TimedService(name);
  services.set(name, found);
  return found;
}

/** Parks a switch in its canary hold, with users on `to`. */
async function park(name: string): Promise<SwitchHandle> {
  serviceOf(name);
  const plan = await scriptedPlan(name, { canary: { forMs: 24 * 3_600_000 } });
  return startSwitch(connected.client, { plan, planDigest: planDigest(plan), by: 'bench', taskQueue });
}

async function inBatches<T>(
  items: readonly string[],
  size: number,
  make: (name: string) => Promise<T>,
): Promise<T[]> {
  const made: T[] = [];
  for (let at = 0; at < items.length; at += size) {
    made.push(...(await Promise.all(items.slice(at, at + size).map(make))));
    await until(() => items.slice(0, at + size).every((name) => serviceOf(name).edge !== null));
  }
  return made;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** From the accepted signal to the write that sends users back, ms. */
async function latency(name: string, signal: () => Promise<void>): Promise<number> {
  const service = serviceOf(name);
  let writtenAt = 0;
  service.onWrite = () => (writtenAt = writtenAt === 0 ? performance.now() : writtenAt);
  await signal();
  const acceptedAt = performance.now();
  await until(() => writtenAt > 0);
  if (service.edge?.weightPercent !== 0) throw new Error(`${name} is not back`);
  // A write may be done before the client hears that its signal was accepted.
  return Math.max(0, writtenAt - acceptedAt);
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

say(`parking ${parked} switches, then ${count} more to roll back…`);
const names = (prefix: string, n: number): string[] =>
  Array.from({ length: n }, (_, index) => `${prefix}-${index}`);
const startedMs = Date.now();
await inBatches(names('parked', parked), 20, park);
const handles = await inBatches(names('back', count), 20, park);
say(
  `parked in ${Math.round((Date.now() - startedMs) / 1000)} s; worker RSS ${Math.round(process.memoryUsage().rss / 1e6)} MB`,
);
const floors = await Promise.all(
  names('floor', count).map((name) => {
    serviceOf(name).strangerWrites({ weightPercent: 1 });
    return connected.client.workflow.start('floor', {
      workflowId: name,
      taskQueue: floorQueue,
      args: [name],
    });
  }),
);
// Every parked switch has looked once by now, and the server is at rest.
await new Promise((resolve) => setTimeout(resolve, 5000));

const ours: number[] = [];
const bare: number[] = [];
for (const [index, handle] of handles.entries()) {
  const floor = floors[index];
  if (floor === undefined) break;
  bare.push(await latency(`floor-${index}`, () => floor.signal(go)));
  // What follows the write must be over, or it would stand in the way of the next one.
  await floor.result();
  ours.push(
    await latency(`back-${index}`, () => handle.signal('rollback', { by: 'bench', commandId: `r-${index}` })),
  );
  await handle.result();
}
ours.sort((a, b) => a - b);
bare.sort((a, b) => a - b);
const row = (name: string, sorted: readonly number[]): string =>
  `${name.padEnd(28)} p50 ${percentile(sorted, 0.5).toFixed(0).padStart(5)} ms   p99 ${percentile(sorted, 0.99).toFixed(0).padStart(5)} ms`;
const ratio = percentile(ours, 0.99) / percentile(bare, 0.99);
say(row('signal + one activity', bare));
say(row('rollback of a switch', ours));
say(
  `ratio p50 ${(percentile(ours, 0.5) / percentile(bare, 0.5)).toFixed(2)}, p99 ${ratio.toFixed(2)} (budget ${BUDGET})`,
);
process.exit(ratio > BUDGET ? 1 : 0);
