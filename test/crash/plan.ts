/**
 * The plan of a crash run: the demo's service with times as short as the machinery allows, gates that need no statistics, and
 * a probe set cut down to the least that preflight takes. What is under test is the engine's footing, not the judges.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Stack } from '../../examples/docs-rag/stack.ts';
import { samplePlan, type Identities } from '../../examples/docs-rag/demo/plan-file.ts';
import type { Color } from '../../src/domain/color.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { loadProbeSet } from '../../src/probes/probe-set.ts';

const PROBES = fileURLToPath(new URL('../../examples/docs-rag/probes', import.meta.url));
const CORPUS = fileURLToPath(new URL('../../examples/docs-rag/corpus', import.meta.url));

/** Preflight wants 50 to 200 questions. */
const QUESTIONS = 55;

/** Judged by time, which a machine with three servers and a crash on two cores does not give fairly. */
const OF_TIME = ['latency', 'cold-start'];
/** Need a whole grid of probes at every stage. */
const OF_GRID = ['delta-s', 'coverage', 'lambda', 'schema'];

export interface PlanSpec {
  readonly dir: string;
  readonly stack: Stack;
  readonly identities: Identities;
  /** Folder of the trimmed set. */
  readonly probes: string;
  readonly from: Color;
  /** Where the edge is administered and the colors are met: proxies of the suite. */
  readonly admin: string;
  readonly colors: Readonly<Record<Color, string>>;
  readonly retire: boolean;
  readonly notifierDown: boolean;
  /** Send the full probe grid at every stage that asks for it. */
  readonly grid: boolean;
}

/** Writes a set of the first answerable questions beside the corpus' own sections and vectors. */
export async function trimProbes(dir: string): Promise<string> {
  const folder = join(dir, 'probes');
  await mkdir(folder, { recursive: true });
  const lines = (await readFile(join(PROBES, 'probes.jsonl'), 'utf8')).split('\n');
  const {
    sha256: _,
    counts: __,
    ...manifest
  } = JSON.parse(await readFile(join(PROBES, 'manifest.json'), 'utf8')) as Record<string, unknown>;
  const sections = relative(folder, join(CORPUS, 'sections.jsonl'));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, sections }));
  await writeFile(join(folder, 'probes.jsonl'), `${lines.slice(0, QUESTIONS).join('\n')}\n`);
  for (const name of ['embeddings.f16', 'embeddings.json']) {
    await copyFile(join(PROBES, name), join(folder, name));
  }
  return folder;
}

export async function loadCrashPlan(spec: PlanSpec): Promise<{ plan: Plan; digest: string }> {
  const file = join(spec.dir, 'cutover.yaml');
  await writeFile(file, stringify(planOf(spec)));
  const { plan, digest } = await loadPlan(file, {
    probeDigest: async (folder) => (await loadProbeSet(folder)).digest,
  });
  return { plan, digest };
}

function planOf(spec: PlanSpec): unknown {
  const { dir, stack, identities, probes, from, admin, colors, retire, grid, notifierDown } = spec;
  const proxied: Stack = { ...stack, colors, edgePlan: { ...stack.edgePlan, admin } };
  const plan = samplePlan(
    { dir, stack: proxied, identities },
    {
      from,
      probes: { set: relative(dir, probes), concurrency: 8, timeout: '10s' },
      gates: { off: grid ? OF_TIME : [...OF_TIME, ...OF_GRID] },
      shadow: { replay: 10 },
      canary: { weight: 5, for: '2s', looks: 1 },
      warmup: { pings: 4, rounds: 8, deadline: { after: '1m', then: 'rollback' } },
      ramp: [{ weight: 50, for: '2s', looks: 1 }],
      cutover: {
        freeze: '6s',
        quiet: '1s',
        fence: '2s',
        propagation: '10s',
        attempts: 5,
        backoff: '1s',
        deadline: { after: '1m', then: 'rollback' },
      },
      caches: { popular: 20 },
      audit: { for: '1s', looks: 1 },
      hold: { for: '3s', looks: 2, peak: 'none', onRed: 'rollback' },
      // Too little traffic to be sure of anything in two seconds: a fail still counts.
      onInconclusive: { extensions: 0, then: 'promote' },
      decommission: { retire },
      ...(notifierDown ? { notify: [{ use: 'webhook' }] } : {}),
    },
  );
  // A freeze lasts twice as long beyond its budget: a terminated switch is waited for that long.
  return { ...plan, edge: { ...(plan['edge'] as object), propagationMs: 5000 } };
}
