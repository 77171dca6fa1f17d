/** The demo's plan: a real `cutover.yaml` with the real addresses of this run and times short enough to watch. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { dataFile } from '../shared/paths.ts';
import type { Cohort, Stack } from '../stack.ts';

const PROBES = dataFile('probes');

export interface DemoPlan {
  /** Probes ask for streams, as a service's users may; else for whole answers. */
  readonly streams?: boolean;
  /** Users are moved by cohorts and not by a weight. */
  readonly byCohorts?: boolean;
  /** Where users' traffic is read; the edge's own log when left out. */
  readonly telemetry?: Readonly<Record<string, unknown>> | undefined;
}

export async function writePlanFile(
  dir: string,
  stack: Stack,
  identities: Identities,
  demo: DemoPlan = {},
): Promise<string> {
  const file = join(dir, 'cutover.yaml');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, planText(dir, stack, identities, demo));
  return file;
}

export type Identities = Readonly<Record<'blue' | 'green', Readonly<Record<string, string>>>>;

/** Of the sample's users, in the order in which they are moved. */
export const COHORTS: readonly [Cohort, Cohort] = [
  { name: 'staff', percent: 5 },
  { name: 'beta', percent: 45 },
];

/** By cohorts a weight is only the plan's estimate of how many have moved. */
function movedBy([first, second]: typeof COHORTS): Readonly<Record<string, unknown>> {
  return {
    topology: 'header',
    canary: { ...CANARY, weight: first.percent, cohorts: [first.name] },
    ramp: [{ ...STEP, weight: first.percent + second.percent, cohorts: [second.name] }],
  };
}

// A round of probes a look: five users in a hundred are too few here to prove a p95, and so are two rounds for a slow tail.
const CANARY = { weight: 5, for: '6s', looks: 6 };
const STEP = { weight: 50, for: '5s', looks: 2 };

const STREAMED = { stream: true, body: { question: '{{question}}', seed: '{{seed}}', stream: true } };

const DIALOGS = {
  first: {
    body: { question: '{{question}}', seed: '{{seed}}', dialog: '{{dialog}}', turn_key: '{{dialog}}-1' },
  },
  second: {
    body: { question: '{{question}}', seed: '{{seed}}', dialog: '{{dialog}}', turn_key: '{{dialog}}-2' },
  },
  remembered: { at: '$.dialog.turn', says: '/^[2-9]$/' },
};

function planText(
  dir: string,
  stack: Stack,
  identities: Identities,
  { streams = false, byCohorts = false, telemetry }: DemoPlan,
): string {
  const plan = samplePlan(
    { dir, stack, identities },
    {
      probes: {
        set: relative(dir, PROBES),
        concurrency: 8,
        timeout: '10s',
        ...(streams ? { request: STREAMED } : {}),
        response: { schema: { type: 'object', required: ['answer', 'citations', 'retrieved', 'index'] } },
        // A plain stack keeps no dialogs.
        ...(stack.infra === null ? {} : { dialogs: DIALOGS }),
      },
      canary: CANARY,
      ...(byCohorts ? movedBy(COHORTS) : {}),
      // Both colors, the edge, the traffic and the probes share two cores here, and p95 shakes with them; a real plan keeps 1.25.
      gates: { latencyRatio: 2 },
      onInconclusive: {
        extensions: 1,
        extension: '5s',
        then: 'pause',
        deadline: { after: '1m', then: 'rollback' },
      },
      ...(telemetry === undefined ? {} : { telemetry }),
    },
  );
  return `# The plan of this demo run. Times are shortened; see docs/plan.md for what a real one leaves at its defaults.\n${stringify(plan)}`;
}

export interface Sample {
  /** Where its evidence goes. */
  readonly dir: string;
  readonly stack: Stack;
  readonly identities: Identities;
}

/**
 * A plan for the sample as it runs: its addresses, and times short enough to wait for.
 * @param over sections that are to be others, and those that a plan must have beside these
 */
export function samplePlan(
  { dir, stack, identities }: Sample,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return {
    service: 'docs-rag',
    from: 'blue',
    entry: Object.fromEntries(stack.entries.map(({ region, url }) => [region, url])),
    colors: {
      blue: { url: stack.colors.blue, release: stack.releases.blue, index: identities.blue },
      // A different INDEX_HASH is meant here: green cuts the same documents into longer chunks.
      green: { url: stack.colors.green, release: stack.releases.green, index: identities.green },
    },
    edge: stack.edgePlan,
    ...queueAndCache(stack),
    telemetry: { use: 'duckdb', path: stack.logGlob },
    evidence: { use: 'folder', path: join(dir, 'evidence') },
    preflight: { accept: { 'probes-too-slow': 'holds that last seconds wait for their probes' } },
    shadow: { replay: 50 },
    warmup: { pings: 8, rounds: 6, deadline: { after: '2m', then: 'rollback' } },
    ramp: [STEP],
    cutover: {
      freeze: '6s',
      quiet: '1s',
      fence: '3s',
      propagation: '10s',
      attempts: 2,
      backoff: '1s',
      deadline: { after: '2m', then: 'rollback' },
    },
    caches: { popular: 30 },
    audit: { for: '5s', looks: 1 },
    hold: { for: '8s', looks: 3, peak: 'none', onRed: 'rollback' },
    approve: ['decommission'],
    ...over,
  };
}

/** What a plan says of them: a stack has both, or is a plain one. */
function queueAndCache({ infra }: Stack): Record<string, unknown> {
  if (infra === null) return { cache: 'none', writes: 'none' };
  return { queue: infra.queuePlan };
}

/** Asked of the services themselves: the plan declares that the two indexes are meant to differ. */
export async function identitiesOf(stack: Stack): Promise<Identities> {
  const ask = async (color: 'blue' | 'green'): Promise<Readonly<Record<string, string>>> => {
    const response = await fetch(`${stack.colors[color]}/.well-known/cutover`);
    const { index } = (await response.json()) as { index: Record<string, string> };
    const { name: _, ...identity } = index;
    return identity;
  };
  return { blue: await ask('blue'), green: await ask('green') };
}
