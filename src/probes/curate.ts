/**
 * Which probes no healthy color passes, from a full grid of runs on each color asked: a question that nobody can answer tells
 * nothing about `to`.
 *
 * Invariant: pure; every probe of the set is either kept or dropped with at least one reason, none is forgotten; and colors are
 * treated alike: a question that only one of them passes stays, else the set would be straight for that one and crooked for the other.
 */
import { COLORS, type Color } from '../domain/color.ts';
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

export interface DropReason {
  readonly code: DropCode;
  readonly message: string;
}

/** A probe on one color. */
export interface CuratedOn {
  readonly passes: boolean;
  readonly reasons: readonly DropReason[];
  readonly coverage: number | null;
  readonly deltaS: number | null;
  readonly lambda: LambdaState;
  readonly runs: number;
  readonly failed: number;
}

export interface CuratedProbe {
  readonly id: string;
  readonly topic: string;
  readonly kept: boolean;
  /** Of every color that was asked; a color is named where both were. Empty when the probe is kept. */
  readonly reasons: readonly DropReason[];
  readonly on: Readonly<Partial<Record<Color, CuratedOn>>>;
}

/** One entry for each probe, in the order of the set. A color that answered nothing at all is left out, unless none answered. */
export function curate(
  set: Pick<ProbeSet, 'probes'>,
  runs: readonly ProbeRun[],
  calibration: Calibration | null,
  limits: CurateLimits = CURATE_LIMITS,
): CuratedProbe[] {
  const byColor = new Map<Color, Map<string, ProbeRun[]>>();
  for (const color of answeringColors(runs)) {
    const byProbe = new Map<string, ProbeRun[]>();
    for (const run of runs) {
      if (run.color !== color) continue;
      const held = byProbe.get(run.probeId);
      if (held === undefined) byProbe.set(run.probeId, [run]);
      else held.push(run);
    }
    byColor.set(color, byProbe);
  }
  return set.probes.map((probe): CuratedProbe => {
    const on = [...byColor].map(
      ([color, byProbe]) => [color, judge(probe, byProbe.get(probe.id) ?? [], calibration, limits)] as const,
    );
    const kept = on.some(([, { passes }]) => passes);
    const named = on.flatMap(([color, { reasons }]) =>
      reasons.map(({ code, message }) => ({
        code,
        message: on.length > 1 ? `${color}: ${message}` : message,
      })),
    );
    const none: DropReason[] = [{ code: 'not_answered', message: 'nobody was asked' }];
    const reasons = kept ? [] : named.length > 0 ? named : none;
    return { id: probe.id, topic: probe.topic, kept, reasons, on: Object.fromEntries(on) };
  });
}

/** Colors that answered something; all that were asked when none did. */
export function answeringColors(runs: readonly ProbeRun[]): Color[] {
  const asked = COLORS.filter((color) => runs.some((run) => run.color === color));
  const answering = asked.filter((color) => runs.some((run) => run.color === color && run.error === null));
  return answering.length > 0 ? answering : asked;
}

function judge(
  probe: Probe,
  runs: readonly ProbeRun[],
  calibration: Calibration | null,
  limits: CurateLimits,
): CuratedOn {
  const { answerable } = probe;
  const targets = probe.targets.map((target) => target.section_id);
  const { state } = lambdaOf(runs, { answerable, targets });
  const failed = runs.filter((run) => run.error !== null);
  const coverage = mean(runs.map((run) => run.coverage));
  const raw = mean(runs.map((run) => run.deltaS));
  const deltaS = raw === null || calibration === null ? raw : calibrateDeltaS(raw, calibration);
  const reasons: DropReason[] = [];
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
  return { passes: reasons.length === 0, reasons, ...facts };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
