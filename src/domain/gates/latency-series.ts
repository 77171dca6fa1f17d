/**
 * One comparison of p95 latencies from the values themselves: order-statistic intervals of both arms, combined by MOVER on the log scale.
 * Invariant: nothing is dropped as an outlier, each arm is copied and searched once, and an arm that is too small for
 * a level has an infinite bound there, so it can neither fail nor pass.
 */
import type { GateClusters, GateEffect, GateSeries } from '../gate-record.ts';
import {
  designEffect,
  minimumSampleForUpperBound,
  normalUpperQuantile,
  orderStatistics,
  quantileRanks,
  quantileRatio,
  type Batch,
  type Interval,
} from '../stats/index.ts';

const P = 0.95;
/** Batches needed before their scatter says anything. */
const MIN_BATCHES = 8;
/** Power aimed at when a sample size is named. */
const POWER = 0.9;

/** Latencies of one arm, ms, with the cluster of each where known. */
export interface LatencyArm {
  readonly ms: ArrayLike<number>;
  readonly batch: ArrayLike<number> | null;
}

export interface LatencySeries {
  readonly name: string;
  readonly from: LatencyArm;
  readonly to: LatencyArm;
}

/** A series judged at the levels of a look. */
export interface JudgedSeries {
  readonly name: string;
  readonly n: number;
  /** p95 ratio `to` over `from`, its lower bound at the FAIL level and its upper bound at the PASS level. */
  readonly ratio: number;
  readonly failLower: number;
  readonly passUpper: number;
  readonly isFail: boolean;
  /** Beyond what the level of a PASS allows: too little to fail, too much to overlook. */
  readonly isSlower: boolean;
  readonly isPass: boolean;
  /** What decided or stopped it, a sentence after a space; empty where the bounds say all. */
  readonly why: string;
  /** False of a source without users: it may object, and neither fails nor proves anything. */
  readonly decides: boolean;
  readonly clusters: GateClusters | null;
  readonly fromP95: number;
  readonly toP95: number;
  readonly deff: number | null;
  /** Requests an arm needs to prove equal colors at this spread. */
  readonly required: number;
  readonly record: GateSeries;
}

/**
 * @param levels one-sided levels of FAIL and PASS
 * @param limit largest allowed ratio
 * @returns null when an arm is empty or its p95 is not above 0
 * Source: Zou & Donner (2008).
 */
export function judgeSeries(
  series: LatencySeries,
  levels: { readonly fail: number; readonly pass: number },
  limit: number,
): JudgedSeries | null {
  const from = armIntervals(series.from, levels);
  const to = armIntervals(series.to, levels);
  if (from === null || to === null) return null;
  const atFail = quantileRatio(to.fail, from.fail);
  const atPass = quantileRatio(to.pass, from.pass);
  const n = Math.min(series.from.ms.length, series.to.ms.length);
  const effect: GateEffect = {
    kind: 'ratio',
    estimate: atPass.estimate,
    lower: atFail.lower,
    upper: atPass.upper,
    alpha: levels.fail,
    method: `p95 order statistics + MOVER; lower bound at ${levels.fail.toPrecision(3)}, upper at ${levels.pass.toPrecision(3)}`,
  };
  return {
    name: series.name,
    n,
    ratio: atPass.estimate,
    failLower: atFail.lower,
    passUpper: atPass.upper,
    isFail: atFail.lower > limit,
    isSlower: atPass.lower > limit,
    isPass: atPass.upper <= limit,
    why: '',
    decides: true,
    clusters: null,
    fromP95: from.pass.estimate,
    toP95: to.pass.estimate,
    deff: from.deff === null && to.deff === null ? null : Math.max(from.deff ?? 1, to.deff ?? 1),
    required: requiredSample(n, atPass, levels.pass, limit),
    record: {
      name: series.name,
      from: {
        n: series.from.ms.length,
        value: from.pass.estimate,
        ci: [from.pass.lower, from.pass.upper],
      },
      to: { n: series.to.ms.length, value: to.pass.estimate, ci: [to.pass.lower, to.pass.upper] },
      effect,
    },
  };
}

interface ArmIntervals {
  readonly fail: Interval;
  readonly pass: Interval;
  readonly deff: number | null;
}

function armIntervals(
  arm: LatencyArm,
  levels: { readonly fail: number; readonly pass: number },
): ArmIntervals | null {
  const n = arm.ms.length;
  if (n === 0) return null;
  const deff = arm.batch === null ? null : clusterEffect(arm.ms, arm.batch);
  const ranks = [levels.fail, levels.pass].map((alpha) =>
    quantileRanks(n, { p: P, alpha, designEffect: deff ?? 1 }),
  );
  const wanted = ranks.flatMap(({ estimate, lower, upper }) => [
    estimate,
    Math.max(1, lower),
    Math.min(n, upper),
  ]);
  const values = orderStatistics(arm.ms, wanted);
  if (!((values[0] ?? 0) > 0)) return null;
  const [fail, pass] = ranks.map(({ lower, upper }, i): Interval => {
    const [estimate = NaN, low = NaN, high = NaN] = values.slice(3 * i, 3 * i + 3);
    return { estimate, lower: lower < 1 ? -Infinity : low, upper: upper > n ? Infinity : high };
  });
  return fail === undefined || pass === undefined ? null : { fail, pass, deff };
}

/**
 * Design effect of "slower than this arm's own p95" over batches; each arm has its own threshold, else a slower color
 * would look clustered. Null when there are too few batches to measure it.
 */
function clusterEffect(ms: ArrayLike<number>, batch: ArrayLike<number>): number | null {
  const { estimate } = quantileRanks(ms.length, { p: P });
  const [threshold = NaN] = orderStatistics(ms, [estimate]);
  const batches = new Map<number, { hits: number; trials: number }>();
  for (let i = 0; i < ms.length; i += 1) {
    const key = batch[i] ?? -1;
    let counts = batches.get(key);
    if (counts === undefined) batches.set(key, (counts = { hits: 0, trials: 0 }));
    counts.trials += 1;
    if ((ms[i] ?? 0) > threshold) counts.hits += 1;
  }
  const used: Batch[] = [...batches.values()];
  return used.length < MIN_BATCHES ? null : designEffect(used, 1 - P);
}

/** n (h / ln margin · (1 + z_β/z_α))²: the interval seen at n, scaled to what proves equal colors with power 0.9. */
export function requiredSample(
  n: number,
  ratio: Pick<Interval, 'estimate' | 'upper'>,
  alpha: number,
  margin: number,
): number {
  const least = minimumSampleForUpperBound({ p: P, alpha });
  const half = Math.log(ratio.upper) - Math.log(ratio.estimate);
  if (!Number.isFinite(half)) return Math.max(least, n + 1);
  const power = 1 + normalUpperQuantile(1 - POWER) / normalUpperQuantile(alpha);
  return Math.max(least, Math.ceil(n * ((half / Math.log(margin)) * power) ** 2));
}
