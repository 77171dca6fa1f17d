/**
 * ΔS: is the text `to` delivers as near to the question as `from`'s, and near enough?
 * Invariant: only a scale that can tell right from wrong may pass: the calibration must belong to this corpus and
 * embedder, and the free negative control must stand clear of the treated questions.
 */
import type { LookInput, ProbeWindow } from '../look-input.ts';
import { calibrateDeltaS, isDiscriminating } from '../probes/delta-s.ts';
import { exactQuantile, mcnemarExact, medianInterval, pairedMeanInterval } from '../stats/index.ts';
import { GRID_CELLS } from '../probes/rounds.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import * as questions from './questions.ts';
import {
  atEnd,
  fail,
  fixed,
  inconclusive,
  pass,
  percent,
  sickBaseline,
  type Facts,
  type Ruling,
} from './ruling.ts';

/** Least distance, raw ΔS, by which the control's median must exceed the treated one. */
const CONTROL_GAP = 0.05;
/** `to`'s share in the transitional band may exceed `from`'s by this much. */
const BAND_RISE = 0.1;

export const deltaS: Gate = {
  name: 'delta-s',
  asks: 'is the delivered text as near to the question as before?',
  fails:
    'median ≥ `block`; newly critical beyond chance (McNemar); mean paired rise > `pairedRise` (t bound)',
  passes:
    'median ≤ `pass`; rise at most `pairedRise` (upper bound); ≤ max(1, 2 %) net newly critical; transitional share ≤ `from`’s + 10 points',
  remedy:
    'ΔS rose: keep the color read-only, rebuild its index with the chunking checklist and check the embedding model and corpus.',
  roles: { shadow: 'prove', ramp: 'prove', audit: 'prove', hold: 'prove' },
  needs: ['probes'],
  rounds: GRID_CELLS,
  // ΔS that only rose is a symptom where another gate says what is lost; over its block limit it is the cause itself.
  symptomBut: ['delta_s_median_blocked'],
  settings: {
    'deltaS.pass': {
      kind: 'share',
      default: 0.45,
      stricter: 'lower',
      must: { be: 'less', than: 'deltaS.block', because: 'smaller is better for ΔS' },
      says: 'ΔS median at or under this passes at the end.',
      why: 'the playbook’s limit to flip',
    },
    'deltaS.block': {
      kind: 'share',
      default: 0.6,
      stricter: 'lower',
      says: 'ΔS median at or over this fails.',
      why: 'the playbook’s limit in shadow',
    },
    'deltaS.pairedRise': {
      kind: 'share',
      default: 0.05,
      stricter: 'lower',
      says: 'Largest mean rise against `from`.',
      why: 'a rise above this is audited',
    },
  },
  block: 'Distance between question and retrieved text.',
  rule: judgeDeltaS,
};

function judgeDeltaS(input: LookInput): Ruling {
  const window = input.probes;
  if (window === null) return inconclusive('no_data', 'No probes were sent.');
  const raw = questions.pairsOf(input, window, (run) => run.deltaS);
  const missing = questions.questionsMissing(input, raw) ?? wrongScale(window);
  if (missing !== null) return missing;
  const scale = window.calibration;
  const scaled = (value: number): number => (scale === null ? value : calibrateDeltaS(value, scale));
  const pairs = raw.pairs.map((pair) => ({ ...pair, from: scaled(pair.from), to: scaled(pair.to) }));
  if (pairs.length === 0) return inconclusive('one_sided', 'No question was measured on both colors.');
  return judged(input, window, { ...raw, pairs });
}

function judged(input: LookInput, window: ProbeWindow, paired: questions.Paired): Ruling {
  const { pairs } = paired;
  const { pass: limit, block, pairedRise } = input.settings.deltaS;
  const levels = lookLevels(input.look);
  const from = medianInterval(pairs.map((pair) => pair.from));
  const to = medianInterval(pairs.map((pair) => pair.to));
  const flips = questions.flipsOf(pairs, (value) => value >= block);
  // Two tests share the level: who broke, and by how much on average.
  const rise = questions.differences(pairs, 1);
  const atFail = pairedMeanInterval(rise, { alpha: levels.fail / 2 });
  const atPass = pairedMeanInterval(rise, { alpha: levels.pass });
  const n = pairs.length;
  const p90 = exactQuantile(
    pairs.map((pair) => pair.to),
    0.9,
  );
  const scale = window.calibration === null ? 'raw ΔS' : 'ΔS*';
  const sentence =
    `${scale} median ${to.estimate.toFixed(3)} (at most ${fixed(to.upper)}, p90 ${p90.toFixed(2)}) against ` +
    `${from.estimate.toFixed(3)} on ${n} questions; mean rise ${fixed(atPass.estimate)}, at most ${fixed(atPass.upper)}; ` +
    `${flips.worse.length} newly critical, ${flips.better.length} fixed.`;
  const facts: Facts = {
    from: { n, value: from.estimate, ci: [from.lower, from.upper] },
    to: { n, value: to.estimate, ci: [to.lower, to.upper] },
    effect: {
      kind: 'paired',
      estimate: atPass.estimate,
      lower: atFail.lower,
      upper: atPass.upper,
      alpha: levels.fail,
      method: 'paired mean with t bounds; exact McNemar on newly critical; order-statistic median',
    },
    threshold: { pass: limit, block, source: 'settings.deltaS' },
    power: { required: questions.MIN_QUESTIONS, actual: n, deff: null },
  };
  const offenders = questions.worstPairs(flips.worse, 1, () => 'newly critical');

  if (from.estimate >= block) return sickBaseline(`${input.from} itself is blocked. ${sentence}`, facts);
  const control = controlGap(window, input.from);
  if (control === null || control < CONTROL_GAP) {
    const gap = control === null ? 'there is none' : `its gap is ${control.toFixed(3)}`;
    return inconclusive(
      'control_failed',
      `The negative control on ${input.from} must stand ${CONTROL_GAP} clear and ${gap}: this scale is blind. ${sentence}`,
      facts,
    );
  }
  if (to.estimate >= block) {
    const blocked = pairs.filter((pair) => pair.to >= block);
    const worst = questions.worstPairs(blocked, 1, () => `ΔS at or over ${block}`);
    return fail('delta_s_median_blocked', sentence, { ...facts, offenders: worst });
  }
  if (mcnemarExact(flips.worse.length, flips.better.length) <= levels.fail / 2) {
    return fail('delta_s_newly_critical', sentence, { ...facts, offenders });
  }
  if (atFail.lower > pairedRise) {
    const worst = questions.worstPairs(pairs, 1, (pair) => `rose by ${(pair.to - pair.from).toFixed(3)}`);
    return fail('delta_s_paired_rise', sentence, { ...facts, offenders: worst });
  }
  const open = objection(input, window, { pairs, flips, median: to.estimate, upper: atPass.upper });
  if (open !== null) return inconclusive(open.code, `${open.why} ${sentence}`, { ...facts, offenders });
  return questions.notEnoughToPass(paired, window, facts) ?? atEnd(input.look, pass(sentence, facts));
}

/** Why nothing failed and yet nothing is proved: the playbook's "manual review". */
function objection(
  input: LookInput,
  window: ProbeWindow,
  seen: { pairs: readonly questions.Pair[]; flips: questions.Flips; median: number; upper: number },
): { code: string; why: string } | null {
  const { pass: limit, block, pairedRise } = input.settings.deltaS;
  const n = seen.pairs.length;
  const band = (value: number): boolean => value >= limit && value < block;
  const share = (color: 'from' | 'to'): number => seen.pairs.filter((pair) => band(pair[color])).length / n;
  const control = controlGap(window, input.to);
  if (control === null || control < CONTROL_GAP) {
    return { code: 'control_failed', why: `The negative control on ${input.to} does not stand clear.` };
  }
  if (seen.median > limit)
    return { code: 'delta_s_transitional', why: 'The median lies between pass and block.' };
  if (!questions.fewBroken(seen.flips, n)) {
    return { code: 'delta_s_some_critical', why: 'More questions broke than chance allows to overlook.' };
  }
  if (!(seen.upper <= pairedRise))
    return { code: 'delta_s_rise_not_excluded', why: 'A rise is not excluded.' };
  if (share('to') > share('from') + BAND_RISE) {
    return {
      code: 'delta_s_band',
      why: `${percent(share('to'))} of questions are transitional, ${percent(share('from'))} on ${input.from}.`,
    };
  }
  return null;
}

/** A calibration of another corpus or embedder, or one that discriminates nothing, measures nothing. */
function wrongScale(window: ProbeWindow): Ruling | null {
  const scale = window.calibration;
  if (scale === null) return null;
  if (scale.embedderId !== window.embedderId || scale.corpusHash !== window.corpusHash) {
    return inconclusive(
      'calibration_mismatch',
      `The calibration belongs to ${scale.embedderId} and corpus ${scale.corpusHash}, not to ${window.embedderId} and ${window.corpusHash}: calibrate again.`,
    );
  }
  if (isDiscriminating(scale) && scale.tBlock > scale.tPass) return null;
  return inconclusive(
    'embedder_not_discriminating',
    `Embedder ${scale.embedderId} cannot tell right from random here (gap ${(scale.mNeg - scale.mPos).toFixed(3)}, AUC ${scale.auc.toFixed(2)}).`,
  );
}

/** Median of the control less median of the treated runs, raw ΔS; null without a control. */
function controlGap(window: ProbeWindow, color: LookInput['from']): number | null {
  const answerable = new Set(window.probes.filter((probe) => probe.answerable).map(({ id }) => id));
  const treated: number[] = [];
  const control: number[] = [];
  for (const run of questions.runsOf(window, color)) {
    if (run.error !== null || !answerable.has(run.probeId)) continue;
    if (run.deltaS !== null) treated.push(run.deltaS);
    if (run.deltaSControl !== null) control.push(run.deltaSControl);
  }
  if (treated.length === 0 || control.length === 0) return null;
  return medianInterval(control).estimate - medianInterval(treated).estimate;
}
