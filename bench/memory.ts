/**
 * Memory of one worker: before, during and after 50 switches at once, each of a service of its own with its own probe set opened, its
 * own evidence, its own file of request lines followed by DuckDB, and texts embedded by the offline model.
 * Edge, queue, colors and caches are scripted; answers of probes are left out, since they are dropped after each round anyway.
 * Run: node --expose-gc --import tsx bench/memory.ts [--switches 50]. Exits 1 if memory stays above 1.5 × idle.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import type { World } from '../src/activities/world.ts';
import { connect } from '../src/client/connect.ts';
import { startSwitch } from '../src/client/start.ts';
import { withTimeSkipping } from '../src/dev-server/time-skipping.ts';
import { planDigest } from '../src/plan/digest.ts';
import { createSwitchWorker } from '../src/worker.ts';
import { realWorld } from '../src/worker.ts';
import { ndjson, requestLine } from '../src/conformance/request-lines.ts';
import { cachedBundle } from '../test/support/bundle.ts';
import { scriptedPlan } from '../test/support/plans.ts';
import { ScriptedService } from '../test/support/scripted-service.ts';
import { scriptedWorld, withPorts } from '../test/support/scripted-world.ts';
import { sharedServer } from '../test/support/temporal.ts';

const BUDGET = 1.5;
/** How long the end of 50 switches may take to show in the memory of the process. */
const AFTER_MS = 120_000;
const LINES = 2_000;
/** Of each round; a whole round tells no more about memory. */
const CELLS = 4;
const { values } = parseArgs({ options: { switches: { type: 'string', default: '50' } } });
const count = Number(values.switches);
const mb = (bytes: number): number => Math.round(bytes / 1e6);
const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) throw new Error('run it with node --expose-gc');

/** Memory once what can be freed is freed, MB: for `forMs`, or until it is at most `enoughMb`. The isolates of workflows free it late. */
async function settled(forMs = 3000, enoughMb = 0): Promise<number> {
  const endMs = Date.now() + forMs;
  let least = Number.POSITIVE_INFINITY;
  while (Date.now() < endMs && mb(least) > enoughMb) {
    gc?.();
    await sleep(300);
    least = Math.min(least, process.memoryUsage.rss());
  }
  return mb(least);
}

const dir = await mkdtemp(join(tmpdir(), 'cutover-memory-'));
const answers = createServer((request, response) => {
  request.resume();
  const text = `A section of ${Math.floor(Math.random() * 20)} words that the retriever found for the question.`;
  const retrieved = [{ snippet_id: 's', section_id: 's', offsets: { start: 0, end: text.length }, text }];
  response.end(JSON.stringify({ answer: text, citations: [{ section_id: 's' }], retrieved }));
});
await new Promise<void>((resolve) => answers.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(answers.address() as AddressInfo).port}`;

const services = new Map<string, ScriptedService>();
const real = realWorld({});
const scripted = scriptedWorld(services);
const world: World = {
  ...withPorts(scripted, {
    evidence: (targets) => real.port('evidence', targets),
    telemetry: (targets) => real.port('telemetry', targets),
  }),
  async prober(targets, probes) {
    const prober = await real.prober(targets, probes);
    return { ...prober, run: (cells, options) => prober.run(cells.slice(0, CELLS), options) };
  },
  ...(real.release === undefined
    ? {}
    : { release: (targets) => real.release?.(targets) ?? Promise.resolve() }),
};

const server = await sharedServer();
const connected = await connect(server);
const client = new Client({
  connection: withTimeSkipping(connected.connection),
  namespace: server.namespace,
});
const taskQueue = 'bench-memory';
const { worker, close } = await createSwitchWorker({
  ...server,
  taskQueue,
  world,
  workflow: { workflowBundle: { codePath: await cachedBundle() } },
});
const running = worker.run();

async function runSwitch(name: string): Promise<void> {
  services.set(name, new ScriptedService(name));
  const path = join(dir, `${name}.ndjson`);
  const line = requestLine({ service: name, ts: new Date().toISOString() });
  await writeFile(path, ndjson(Array.from({ length: LINES }, () => line)));
  const plan = await scriptedPlan(name);
  const bent = {
    ...plan,
    colors: { blue: { ...plan.colors.blue, url }, green: { ...plan.colors.green, url } },
    providers: {
      ...plan.providers,
      telemetry: { use: 'duckdb', path },
      evidence: { use: 'folder', path: join(dir, name) },
    },
    probes: { ...plan.probes, request: { ...plan.probes.request, via: 'direct' as const } },
  };
  const handle = await startSwitch(client, {
    plan: bent,
    planDigest: planDigest(bent),
    by: 'bench',
    taskQueue,
  });
  const outcome = await handle.result();
  // On a loaded machine some wait too long for a drain and come back: for memory every ending that had users counts.
  if (outcome.kind === 'refused') throw new Error(`${name}: ${JSON.stringify(outcome).slice(0, 500)}`);
  services.delete(name);
}

const cold = await settled();
await runSwitch('first');
const idle = await settled();
let peak = 0;
const watching = setInterval(() => (peak = Math.max(peak, mb(process.memoryUsage.rss()))), 50);
await Promise.all(Array.from({ length: count }, (_, index) => runSwitch(`service-${index}`)));
clearInterval(watching);
const endedMs = Date.now();
const after = await settled(AFTER_MS, idle * BUDGET);
const afterSeconds = Math.round((Date.now() - endedMs) / 1000);
const { heapUsed, heapTotal, external } = process.memoryUsage();
const ratio = Number((after / idle).toFixed(2));
process.stdout.write(
  `${JSON.stringify({ switches: count, coldMb: cold, idleMb: idle, peakMb: peak, afterMb: after, afterSeconds, ratio, budget: BUDGET, heapUsedMb: mb(heapUsed), heapTotalMb: mb(heapTotal), externalMb: mb(external) })}\n`,
);
worker.shutdown();
await running;
await close();
await connected.close();
answers.close();
await rm(dir, { recursive: true, force: true });
process.exit(ratio <= BUDGET ? 0 : 1);
