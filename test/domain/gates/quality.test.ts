/** ΔS, coverage and λ: judged by question, calibrated, with their control. */
import type { Calibration } from '../../../src/domain/gate.ts';
import { CALIBRATION } from '../../../scripts/sim-gates/input.ts';
import { check } from './cases.ts';
import { look, midway, probes, type ProbeParts } from './kit.ts';

const deltaS = (parts: ProbeParts) => look('delta-s', { probes: probes(parts) });
const at =
  (value: number, control = 0.9): NonNullable<ProbeParts['to']> =>
  () => ({
    deltaS: value,
    deltaSControl: control,
  });
const both = (value: number): ProbeParts => ({ from: at(value), to: at(value) });
/** The first `count` questions are broken on `to`. */
const broken =
  (count: number, change: ReturnType<NonNullable<ProbeParts['to']>>): NonNullable<ProbeParts['to']> =>
  (_, question) =>
    question < count ? change : {};
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

const coverage = (parts: ProbeParts) => look('coverage', { probes: probes(parts) });
const all =
  (value: number): NonNullable<ProbeParts['to']> =>
  () => ({ coverage: value });

check('coverage', [
  { name: 'a healthy build passes at the end', input: () => coverage({}), expect: 'pass ok' },
  {
    name: 'exactly 0.70 everywhere passes',
    input: () => coverage({ from: all(0.7), to: all(0.7) }),
    expect: 'pass ok',
  },
  {
    name: 'a healthy build waits in the middle',
    input: () => midway(coverage({})),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'near misses fail in the middle',
    input: () => midway(coverage({ to: all(0.05) })),
    expect: 'fail coverage_newly_critical',
  },
  {
    name: 'a minority that lost its section fails',
    input: () => coverage({ to: broken(14, { coverage: 0 }) }),
    expect: 'fail coverage_newly_critical',
  },
  {
    name: 'a mean under the limit beyond chance fails',
    input: () => coverage({ from: all(0.72), to: all(0.65) }),
    expect: 'fail coverage_mean',
  },
  {
    name: 'a drop of 0.2 on all questions fails',
    input: () => coverage({ to: all(0.8) }),
    expect: 'fail coverage_paired_drop',
  },
  {
    name: 'a share under 0.80 that `from` does not have fails',
    input: () => coverage({ from: all(0.71), to: (_, q) => ({ coverage: q < 15 ? 0.65 : 0.8 }) }),
    expect: 'fail coverage_share',
  },
  {
    name: 'a share under 0.90 is for a person',
    input: () => coverage({ from: all(0.71), to: broken(8, { coverage: 0.65 }) }),
    expect: 'inconclusive coverage_share_low',
  },
  {
    name: 'a low topic blocks a pass',
    input: () =>
      coverage({
        from: all(0.85),
        to: (run) => ({ coverage: run.probeId.endsWith('0') ? 0.65 : 0.9 }),
        window: {
          probes: probes().probes.map((probe) => ({
            ...probe,
            topic: probe.id.endsWith('0') ? 'low' : 'rest',
          })),
        },
      }),
    expect: 'inconclusive coverage_topic_low',
  },
  {
    name: 'a sick baseline is an error',
    input: () => coverage({ from: all(0.4), to: all(0.4) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'a small set cannot pass',
    input: () => coverage({ n: 40 }),
    expect: 'inconclusive underpowered,probe_set_small',
  },
  {
    name: 'no probes are no data',
    input: () => look('coverage', { probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'one color alone is one-sided',
    input: () => coverage({ colors: ['green'] }),
    expect: 'inconclusive one_sided',
  },
]);

const lambda = (parts: ProbeParts) => look('lambda', { probes: probes(parts) });
const lost = (count: number) => broken(count, { sectionIds: ['elsewhere'] });
const chaos =
  (count: number): NonNullable<ProbeParts['to']> =>
  (run, question) =>
    question < count ? { sectionIds: [`${run.paraphrase}-${run.seed}`] } : {};

check('lambda', [
  { name: 'a healthy build passes at the end', input: () => lambda({}), expect: 'pass ok' },
  {
    name: 'a healthy build waits in the middle',
    input: () => midway(lambda({})),
    expect: 'inconclusive underpowered,awaiting_end',
  },
  {
    name: 'without a complete grid nothing is judged',
    input: () => lambda({ rounds: 5 }),
    expect: 'inconclusive underpowered,no_grid_yet',
  },
  {
    name: 'a second, incomplete grid leaves the first in force',
    input: () => lambda({ rounds: 8 }),
    expect: 'pass ok',
  },
  {
    name: 'half of the questions lost fails',
    input: () => midway(lambda({ to: lost(30) })),
    expect: 'fail lambda_not_convergent',
  },
  {
    name: 'flips beyond chance fail though the share may stand',
    input: () => lambda({ n: 117, to: chaos(0), from: () => ({}) }),
    expect: 'pass ok',
  },
  {
    name: 'three divergent questions beyond `from` fail',
    input: () => lambda({ to: lost(3) }),
    expect: 'fail lambda_divergent',
  },
  {
    name: 'two divergent questions beyond `from` do not',
    input: () => lambda({ to: lost(2) }),
    expect: 'pass ok',
  },
  {
    name: 'one chaotic question awaits its re-run',
    input: () => lambda({ to: chaos(1) }),
    expect: 'inconclusive lambda_chaotic_unconfirmed',
  },
  {
    name: 'a question chaotic in two grids fails',
    input: () => lambda({ rounds: 12, to: chaos(1) }),
    expect: 'fail lambda_chaotic',
  },
  {
    name: 'a chaotic baseline is an error',
    input: () => lambda({ rounds: 12, from: chaos(1), to: chaos(1) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'a baseline that does not converge is an error',
    input: () => lambda({ from: lost(30), to: lost(30) }),
    expect: 'error baseline_unhealthy',
  },
  {
    name: 'questions without a state block a pass',
    input: () => lambda({ to: broken(10, { error: 'headers:timeout' }) }),
    expect: 'inconclusive underpowered,questions_missing',
  },
  {
    name: 'a small set cannot pass',
    input: () => lambda({ n: 40 }),
    expect: 'inconclusive underpowered,probe_set_small',
  },
  {
    name: 'no probes are no data',
    input: () => look('lambda', { probes: null }),
    expect: 'inconclusive no_data',
  },
  {
    name: 'one color alone is one-sided',
    input: () => lambda({ colors: ['green'] }),
    expect: 'inconclusive one_sided',
  },
]);
