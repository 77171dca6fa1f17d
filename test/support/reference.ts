/** The reference switch: a plan of a few lines, every default in force, every gate judged for real against a simulated service. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect } from '../../src/client/connect.ts';
import type { EdgeRefs } from '../../src/domain/plan.ts';
import { loadPlan, type LoadedPlan } from '../../src/plan/load.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';
import { rehearsePlan, type RehearsalResult } from '../../src/rehearse/index.ts';
import type { Fault } from '../../src/providers/simulated/index.ts';
import { quickBundle } from './bundle.ts';
import { costOf, type HistoryCost } from './history-cost.ts';

const PROBES = fileURLToPath(new URL('../../examples/docs-rag/probes', import.meta.url));

const TEXT = `service: docs
entry: http://127.0.0.1:8787
colors:
  blue: { url: http://127.0.0.1:9001, release: r41 }
  green: { url: http://127.0.0.1:9002, release: r42 }
edge: { use: cloudflare }
telemetry: { use: duckdb, path: edge.ndjson }
queue: { use: sqs, blue: http://127.0.0.1:9003/1/jobs-blue, green: http://127.0.0.1:9003/1/jobs-green }
probes: { set: ${PROBES} }
`;

/** The least a plan can say: no jobs, no cache, probes past the edge. */
export const WITHOUT_QUEUE = `service: docs
entry: http://127.0.0.1:18080
colors:
  blue: { url: http://127.0.0.1:18081, release: r41 }
  green: { url: http://127.0.0.1:18082, release: r42 }
edge: { use: cloudflare, admin: http://127.0.0.1:18080 }
telemetry: { use: duckdb, path: ./logs/*.ndjson }
probes: { set: ${PROBES}, request: { via: direct } }
`;

function planOf(text: string): Promise<LoadedPlan> {
  return loadPlan({ text }, { probeDigest: async (folder) => (await loadProbeSet(folder)).digest });
}

export interface Rehearsed extends RehearsalResult {
  readonly cost: HistoryCost;
}

export async function rehearseReference(
  server: { address: string; namespace: string; uiUrl: string | undefined },
  options: { text?: string; more?: string; fault?: Fault; edge?: EdgeRefs } = {},
): Promise<Rehearsed> {
  const { plan: written, digest } = await planOf((options.text ?? TEXT) + (options.more ?? ''));
  const edge = options.edge ?? written.providers.edge;
  const plan = { ...written, providers: { ...written.providers, edge } };
  const { address, namespace, uiUrl } = server;
  const where = { address, namespace, ...(uiUrl === undefined ? {} : { uiUrl }) };
  const result = await rehearsePlan({
    plan,
    digest,
    fault: options.fault ?? null,
    server: where as Parameters<typeof rehearsePlan>[0]['server'],
    dir: await mkdtemp(join(tmpdir(), 'cutover-rehearsed-')),
    out: () => undefined,
    workflow: { workflowBundle: await quickBundle() },
  });
  const connected = await connect({ address, namespace });
  try {
    const history = await connected.client.workflow.getHandle(result.workflowId).fetchHistory();
    return { ...result, cost: costOf(history) };
  } finally {
    await connected.close();
  }
}
