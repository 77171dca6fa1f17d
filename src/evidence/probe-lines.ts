/**
 * Answered probes of a switch as request lines with what the judge measured of them: the router cannot know it when it answers.
 * Invariant: each value is the one that a gate was given; what no gate was given is null.
 */
import { COLORS } from '../domain/color.ts';
import { completeGrids } from '../domain/gates/lambda.ts';
import { answeredOnly, retrievalOnly } from '../domain/gates/questions.ts';
import type { ProbeWindow } from '../domain/look-input.ts';
import type { Plan, ProbeRequest } from '../domain/plan.ts';
import type { ProbeRun } from '../domain/probe.ts';
import { calibrateDeltaS } from '../domain/probes/delta-s.ts';
import { lambdaOf, type RunSymbol } from '../domain/probes/lambda.ts';
import type { RequestLine } from '../domain/request-line.ts';

/** What is known of a probe; the router's own line of it has the rest. */
export type ProbeLine = Pick<
  RequestLine,
  | 'ts'
  | 'id'
  | 'service'
  | 'route'
  | 'method'
  | 'kind'
  | 'color'
  | 'reason'
  | 'user'
  | 'region'
  | 'release'
  | 'cold'
  | 'INDEX_HASH'
  | 'retrieval'
  | 'status'
  | 'error'
  | 'latency_ms'
>;

type LambdaState = Exclude<RunSymbol, 'missing'> | null;

/** @param windows of the looks of a switch in their order: what a later one says of a probe stands */
export function probeLines(windows: Iterable<ProbeWindow>, plan: Plan): ProbeLine[] {
  const lines = new Map<string, ProbeLine>();
  for (const window of windows) {
    const states = lambdaStates(window);
    const without = retrievalOnly(window);
    for (const run of window.runs) {
      const { request } = (without.has(run.probeId) ? plan.probes.retrieval : undefined) ?? plan.probes;
      const line = lineOf(run, window, states.get(run) ?? null, { plan, request });
      if (line !== null) lines.set(`${line.ts} ${line.id ?? ''}`, line);
    }
  }
  return [...lines.values()];
}

/** Null of a probe that was not answered: nothing was measured. */
function lineOf(
  run: ProbeRun,
  { calibration }: ProbeWindow,
  state: LambdaState,
  { plan, request }: { readonly plan: Plan; readonly request: ProbeRequest },
): ProbeLine | null {
  const { color, identity, deltaS, latencyMs } = run;
  if (latencyMs === null) return null;
  const [entry] = plan.entry;
  return {
    ts: new Date(run.sentAtMs).toISOString(),
    id: `probe/${run.probeId}/${run.paraphrase}/${run.seed}/${color}/${run.round}${run.rerun === true ? '/rerun' : ''}`,
    service: plan.service,
    route: request.path.split('?')[0] ?? '',
    method: request.method,
    kind: 'probe',
    color,
    reason: 'pinned',
    user: null,
    region: request.via === 'edge' ? (entry?.region ?? '') : '',
    release: plan.colors[color].release,
    cold: run.cold,
    INDEX_HASH: identity.INDEX_HASH ?? null,
    retrieval: {
      metric: identity.metric ?? '',
      analyzer: identity.analyzer ?? '',
      embed_model: identity.embedModel ?? '',
      reranker: identity.reranker ?? '',
      ΔS_q_r: deltaS === null || calibration === null ? deltaS : calibrateDeltaS(deltaS, calibration),
      coverage: run.coverage,
      λ_state: state,
    },
    // Another one would be an error, and no answer.
    status: 200,
    error: null,
    latency_ms: latencyMs,
  };
}

function lambdaStates(window: ProbeWindow): ReadonlyMap<ProbeRun, LambdaState> {
  const answered = answeredOnly(window);
  const states = new Map<ProbeRun, LambdaState>();
  for (const color of COLORS) {
    const grids = completeGrids(answered, color);
    for (const { id, answerable, targetSections: targets } of answered.probes) {
      for (const grid of grids.get(id) ?? []) {
        const { symbols } = lambdaOf(grid, { answerable, targets });
        for (const [at, run] of grid.entries()) {
          const symbol = symbols[at];
          states.set(run, symbol === undefined || symbol === 'missing' ? null : symbol);
        }
      }
    }
  }
  return states;
}
