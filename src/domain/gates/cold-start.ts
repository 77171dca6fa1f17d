/**
 * Cold starts: is `to` cold more than twice as often as `from`, and is being cold all that is wrong?
 * Invariant: cold and warm are separate panels. This gate fails only when warm latency is not worse (`cold_only`: fix
 * warmth, not code); when warm is worse too, the latency gate is the one that speaks.
 */
import { addHistograms, histogramSize, p95Ms } from '../clusters/index.ts';
import type { Color } from '../color.ts';
import type { LookInput, TrafficSlice } from '../look-input.ts';
import { exactQuantile, rateRatioInterval } from '../stats/index.ts';
import type { Gate } from './gate.ts';
import { lookLevels } from './look-plan.ts';
import { answeredOnly, runsOf } from './questions.ts';
import { atEnd, fail, inconclusive, pass, percent, underpowered, type Facts, type Ruling } from './ruling.ts';
import { trafficArms, trafficMissing } from './traffic.ts';

/** A doubled rate of cold starts is a warning… */
const DOUBLED = 2;
/** …and a fault only above this share, where it reaches the p95. */
const MATTERS = 0.05;

export const coldStart: Gate = {
  name: 'cold-start',
  asks: 'is only being cold worse?',
  fails: 'cold rate more than doubled beyond chance and > 5 %, while warm latency is not worse',
  passes: 'otherwise',
  remedy: 'Only cold starts are worse: reserve concurrency or raise memory; the code is not at fault.',
  roles: { ramp: 'guard', hold: 'guard' },
  needs: ['traffic', 'lines'],
  rule: judgeColdStart,
};

function judgeColdStart(input: LookInput): Ruling {
  const arms = trafficArms(input);
  const [from, to] = [countsOf(arms.from), countsOf(arms.to)];
  const missing = trafficMissing(input, { from: from.n, to: to.n }, 'successful requests');
  if (missing !== null) return missing;
  const { minSamples } = input.settings;
  const levels = lookLevels(input.look);
  const counts = { greenErrors: to.cold, greenRequests: to.n, blueErrors: from.cold, blueRequests: from.n };
  const atFail = rateRatioInterval(counts, { alpha: levels.fail });
  const share = to.cold / to.n;
  const sentence = `${percent(share)} of ${to.n} requests were cold starts against ${percent(from.cold / from.n)} of ${from.n}.`;
  const facts: Facts = {
    from: { n: from.n, value: from.cold / from.n },
    to: { n: to.n, value: share },
    effect: {
      kind: 'ratio',
      estimate: atFail.estimate,
      lower: atFail.lower,
      upper: atFail.upper,
      alpha: levels.fail,
      method: 'exact rate ratio',
    },
    threshold: { pass: MATTERS, block: MATTERS, source: 'doubled rate, and 5 % of requests' },
    power: { required: minSamples, actual: to.n, deff: null },
  };
  if (to.n < minSamples)
    return underpowered('too_few', `${to.n} requests on ${input.to}; ${minSamples} are needed.`, facts);
  const isDoubled = atFail.lower > DOUBLED;
  if (isDoubled && share > MATTERS) {
    return isWarmWorse(input)
      ? inconclusive('cold_and_warm_worse', `Warm requests are slower too, see latency. ${sentence}`, facts)
      : fail('cold_only', `Only cold starts are worse: warm it, change no code. ${sentence}`, facts);
  }
  const verdict = isDoubled
    ? pass(`Warning, cold starts doubled: ${sentence}`, facts, 'cold_rate_doubled')
    : pass(sentence, facts);
  return atEnd(input.look, verdict);
}

function countsOf(slices: readonly TrafficSlice[]): { n: number; cold: number } {
  const cold = slices.reduce((sum, slice) => sum + slice.cold, 0);
  return { cold, n: cold + slices.reduce((sum, slice) => sum + slice.warm, 0) };
}

/** By estimate, from users and else from probes: only to name the cause, the latency gate has the intervals. */
function isWarmWorse(input: LookInput): boolean {
  const { minSamples, latencyRatio } = input.settings;
  const [from, to] = usersTimed(input, minSamples) ?? probesTimed(input, minSamples);
  return from !== null && to !== null && to > latencyRatio * from;
}

type Timed = readonly [fromMs: number | null, toMs: number | null];

function usersTimed({ traffic }: LookInput, least: number): Timed | null {
  const arms = traffic?.sums?.parts.find(({ part }) => part === null)?.final?.arms;
  if (arms === undefined || arms.from === null) return null;
  const both = [arms.from, arms.to].map(({ histograms }) => addHistograms(histograms));
  if (both.some((arm) => histogramSize(arm) < least)) return null;
  const [from = null, to = null] = both.map((arm) => p95Ms(arm));
  return [from, to];
}

function probesTimed(input: LookInput, least: number): Timed {
  const p95 = (color: Color): number | null => {
    const window = input.probes === null ? null : answeredOnly(input.probes);
    const timed = runsOf(window, color).flatMap((run) =>
      run.error === null && !run.cold && run.latencyMs !== null ? [run.latencyMs.tfinal] : [],
    );
    return timed.length < least ? null : exactQuantile(timed);
  };
  return [p95(input.from), p95(input.to)];
}
