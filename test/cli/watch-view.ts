/** Statuses for the rendering tests, folded from events as the workflow folds them: no hand-made states. */
import type { SwitchStatus } from '../../src/client/index.ts';
import type { SwitchEvent, SwitchFact } from '../../src/domain/event.ts';
import type { BuiltInGate, Verdict } from '../../src/domain/gate.ts';
import type { GateSummary } from '../../src/domain/gate-record.ts';
import { evolve } from '../../src/domain/evolve.ts';
import { initialState } from '../../src/domain/state.ts';
import type { View } from '../../src/cli/render/watch.ts';
import { loadPlan } from '../../src/plan/load.ts';

/** 2026-11-23 12:00:00Z. */
export const T0 = Date.UTC(2026, 10, 23, 12);

export const MINUTE = 60_000;

/** A fact and the minute it happened at. */
export type Timed = readonly [minute: number, fact: SwitchFact];

export function gate(name: BuiltInGate, verdict: Verdict, summary: string): GateSummary {
  return { gate: name, verdict, role: 'prove', advisory: false, summary, reason: '' };
}

export function looked(
  step: string,
  index: number,
  verdict: Verdict,
  gates: readonly GateSummary[],
): SwitchFact {
  return {
    type: 'looked',
    step,
    look: { index, planned: 4, final: index === 4 },
    verdict,
    gates,
    evidence: 'e',
  };
}

const FOURTEEN = [
  'identity',
  'schema',
  'delta-s',
  'coverage',
  'lambda',
  'latency',
  'error-rate',
  'error-novelty',
  'cache',
  'cold-start',
  'egress',
  'dedupe',
  'queue-age',
  'stickiness',
] as const satisfies readonly BuiltInGate[];

/** As many gates as a hold may have, green but for those named. */
export function allGates(over: Partial<Record<BuiltInGate, Verdict>> = {}): GateSummary[] {
  return FOURTEEN.map((name) => {
    const verdict = over[name] ?? 'pass';
    const why = verdict === 'pass' ? 'as it should be' : 'p95 warm of green is 1.61 × of blue, limit 1.25';
    return gate(name, verdict, `${why} (n = 1204, 95 % interval known)`);
  });
}

export async function viewOf(
  timed: readonly Timed[],
  over: Partial<SwitchStatus> = {},
): Promise<View & { status: SwitchStatus }> {
  const { plan } = await loadPlan('test/plan/files/ok-minimal.yaml');
  const all: readonly Timed[] = [
    [0, { type: 'started', by: 'ana@ops-1', planDigest: 'd'.repeat(64) }],
    ...timed,
  ];
  const events = all.map(([minute, fact]): SwitchEvent => ({ ...fact, atMs: T0 + minute * MINUTE }));
  const state = events.reduce(evolve, initialState(plan, 'd'.repeat(64), '01a209ca-6952-7a87'));
  const status = {
    workflowId: 'cutover/docs-rag',
    runId: '01a209ca-6952-7a87-920b-f5f0eba7959e',
    execution: state.outcome === null ? 'RUNNING' : 'COMPLETED',
    state,
    live: null,
    trouble: [],
    taskTrouble: null,
    ...over,
  };
  return { service: plan.service, status, events, outcome: status.state?.outcome ?? null };
}

const passed = (stage: 'preflight' | 'shadow' | 'canary' | 'warmup', minute: number): Timed[] => [
  [minute, { type: 'stage-entered', stage }],
  [minute + 1, { type: 'stage-passed', stage, note: 'fine' }],
];

/** Up to a ramp hold at 25 %. */
export const TO_RAMP: readonly Timed[] = [
  ...passed('preflight', 0),
  ...passed('shadow', 1),
  [2, { type: 'undo-registered', undo: 'traffic' }],
  ...passed('canary', 2),
  ...passed('warmup', 3),
  [4, { type: 'undo-registered', undo: 'warmth' }],
  [4, { type: 'stage-entered', stage: 'ramp' }],
  [4, { type: 'ramp-step', index: 2, weightPercent: 25 }],
  [4, { type: 'edge-written', step: 'ramp-25', desiredPercent: 25, actualPercent: 25, generation: 7 }],
  [4, { type: 'hold-started', step: 'ramp 25 %', forMs: 20 * MINUTE, looks: 4 }],
];
