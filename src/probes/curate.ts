/**
 * Which probes a healthy color itself does not pass, from a full grid of its runs: a question that `from` cannot answer
 * tells nothing about `to`.
 *
 * Invariant: pure; every probe of the set is either kept or dropped with at least one reason, none is forgotten.
 */
import type { Calibration } from '../domain/look-input.ts';
import type { Probe, ProbeRun, ProbeSet } from '../domain/probe.ts';
import { calibrateDeltaS } from '../domain/probes/delta-s.ts';
import { lambdaOf, type LambdaState } from '../domain/probes/lambda.ts';

export interface CurateLimits {
  /** Least mean coverage. */
  readonly coverage: number;
  /** Mean ΔS (calibrated when there is a calibration) at which a probe is dropped. */
  readonly deltaS: number;
}

/** 0.60 is where text is as far from the question as a random section is. */
export const CURATE_LIMITS: CurateLimits = { coverage: 0.7, deltaS: 0.6 };

export type DropCode = 'not_answered' | 'low_coverage' | 'not_convergent' | 'high_delta_s';

export interface CuratedProbe {
  readonly id: string;
  readonly topic: string;
  readonly kept: boolean;
  readonly reasons: readonly { readonly code: DropCode; readonly message: string }[];
  readonly coverage: number | null;
  readonly deltaS: number | null;
  readonly lambda: LambdaState;
  readonly runs: number;
  readonly failed: number;
}

/** One entry for each probe, in the order of the set. */
export function curate(
  set: Pick<ProbeSet, 'probes'>,
  runs: readonly ProbeRun[],
  calibration: Calibration | null,
  limits: CurateLimits = CURATE_LIMITS,
): CuratedProbe[] {
  const byProbe = new Map<string, ProbeRun[]>();
  for (const run of runs) byProbe.set(run.probeId, [...(byProbe.get(run.probeId) ?? []), run]);
  return set.probes.map((probe) => judge(probe, byProbe.get(probe.id) ?? [], calibration, limits));
}

function judge(
  probe: Probe,
  runs: readonly ProbeRun[],
  calibration: Calibration | null,
  limits: CurateLimits,
): CuratedProbe {
  const { id, topic, answerable } = probe;
  const targets = probe.targets.map((target) => target.section_id);
  const { state } = lambdaOf(runs, { answerable, targets });
  const failed = runs.filter((run) => run.error !== null);
  const coverage = mean(runs.map((run) => run.coverage));
  const raw = mean(runs.map((run) => run.deltaS));
  const deltaS = raw === null || calibration === null ? raw : calibrateDeltaS(raw, calibration);
  const reasons: { code: DropCode; message: string }[] = [];
  if (failed.length > 0 || runs.length === 0) {
    const classes = [...new Set(failed.map((run) => run.error))].join(', ');
    reasons.push({
      code: 'not_answered',
      message: `${failed.length} of ${runs.length} requests failed ${classes}`.trim(),
    });
  }
  if (state !== 'convergent' && (state !== 'unknown' || failed.length === 0)) {
    const what = answerable ? `answers are ${state}` : `answers are ${state}, refusals are wanted`;
    reasons.push({ code: 'not_convergent', message: `λ: ${what}` });
  }
  // What an unanswerable question delivers has no right distance and no right text.
  if (answerable && (coverage ?? 0) < limits.coverage) {
    const shown = coverage === null ? 'unknown' : coverage.toFixed(2);
    reasons.push({ code: 'low_coverage', message: `coverage ${shown} < ${limits.coverage}` });
  }
  if (answerable && deltaS !== null && deltaS >= limits.deltaS) {
    reasons.push({ code: 'high_delta_s', message: `ΔS ${deltaS.toFixed(2)} ≥ ${limits.deltaS}` });
  }
  const facts = { coverage, deltaS, lambda: state, runs: runs.length, failed: failed.length };
  return { id, topic, kept: reasons.length === 0, reasons, ...facts };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
