/** ΔS: judged by question, calibrated, with its control. */
import type { Calibration } from '../../../src/domain/look-input.ts';
import { CALIBRATION } from '../../../scripts/sim-gates/input.ts';
import { check } from './cases.ts';
import { look, midway, probes, broken, type ProbeParts } from './kit.ts';

const deltaS = (parts: ProbeParts) => look('delta-s', { probes: probes(parts) });
const at =
  (value: number, control = 0.9): NonNullable<ProbeParts['to']> =>
  () => ({
    deltaS: value,
    deltaSControl: control,
  });
const both = (value: number): ProbeParts => ({ from: at(value), to: at(value) });
const calibrated = (change: Partial<Calibration> = {}): ProbeParts => ({
  window: { calibration: { ...CALIBRATION, ...change } },
});

check('delta-s', [
  { name: 'a healthy build passes at the end', input: () => deltaS({}), expect: 'pass ok' },
  {
    name: 'a healthy build waits in the middle',
    input: () => midway(deltaS({})),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  { name: 'a median of exactly 0.45 passes', input: () => deltaS(both(0.45)), expect: 'pass ok' },
  {
    name: 'a median just over 0.45 is for a person',
    input: () => deltaS(both(0.4501)),
    expect: 'inconclusive delta_s_transitional',
  },
  {
    name: 'a median of exactly 0.60 blocks at any look',
    input: () => midway(deltaS({ from: at(0.59), to: at(0.6) })),
    expect: 'fail delta_s_median_blocked',
  },
  {
    name: 'a median just under 0.60 does not block',
    input: () => deltaS({ from: at(0.599), to: at(0.5999) }),
    expect: 'inconclusive delta_s_transitional',
  },
  {
    name: 'a rise of 0.10 on every question fails under the median',
    input: () => deltaS({ from: at(0.3), to: (_, q) => ({ deltaS: q % 2 === 0 ? 0.4 : 0.41 }) }),
    expect: 'fail delta_s_paired_rise',
  },
  {
    name: 'a broken minority fails though the median stands',
    input: () => deltaS({ to: broken(14, { deltaS: 0.8 }) }),
    expect: 'fail delta_s_newly_critical',
  },
  {
    name: 'three broken questions are not proved and not overlooked',
    input: () => deltaS({ to: broken(3, { deltaS: 0.8 }) }),
    expect: 'inconclusive delta_s_some_critical',
  },
  {
    name: 'a sick baseline is an error, not `to`’s fault',
    input: () => deltaS(both(0.7)),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'a scale that does not see the control is blind',
    input: () => deltaS({ from: at(0.4, 0.43), to: at(0.4, 0.43) }),
    expect: 'inconclusive control_failed',
  },
  {
    name: 'a control that fails on `to` alone blocks a pass',
    input: () => deltaS({ to: at(0.4, 0.43) }),
    expect: 'inconclusive control_failed',
  },
  {
    name: 'a missing control is no control',
    input: () => deltaS({ from: () => ({ deltaSControl: null }) }),
    expect: 'inconclusive control_failed',
  },
  { name: 'a matching calibration is used', input: () => deltaS(calibrated()), expect: 'pass ok' },
  {
    name: 'another embedder’s calibration is refused',
    input: () => deltaS(calibrated({ embedderId: 'other' })),
    expect: 'inconclusive calibration_mismatch',
  },
  {
    name: 'another corpus’ calibration is refused',
    input: () => deltaS(calibrated({ corpusHash: 'other' })),
    expect: 'inconclusive calibration_mismatch',
  },
  {
    name: 'an embedder that tells nothing apart is refused',
    input: () => deltaS(calibrated({ auc: 0.55 })),
    expect: 'inconclusive embedder_not_discriminating',
  },
  {
    name: 'a small probe set can fail',
    input: () => deltaS({ n: 30, to: at(0.7) }),
    expect: 'fail delta_s_median_blocked',
  },
  {
    name: 'a small probe set cannot pass',
    input: () => deltaS({ n: 30 }),
    expect: 'inconclusive underpowered,probe_set_small',
  },
  {
    name: 'unanswered questions block a pass',
    input: () => deltaS({ to: broken(8, { error: 'headers:timeout' }) }),
    expect: 'inconclusive underpowered,questions_missing',
  },
  {
    name: 'no probes are no data',
    input: () => look('delta-s', { probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'one color alone is one-sided',
    input: () => deltaS({ colors: ['green'] }),
    expect: 'inconclusive one_sided',
  },
  {
    name: 'too few runs are underpowered',
    input: () => deltaS({ n: 8 }),
    expect: 'inconclusive underpowered,too_few',
  },
]);
