/**
 * Is `to`'s hit rate of eligible lookups more than `cacheDrop` under `from`'s, at equal exposure?
 * A lookup is eligible if that color answered the key on that node less than the reference lifetime ago.
 * Invariant: both arms have the same mass in each stratum of the time since a key was last asked for, so a color that is asked
 * less often, or began later, is not taken for one that forgets.
 */
import { newcombeOfEffective, normalUpperQuantile, type Interval } from '../stats/index.ts';
import type { Stop } from './ruling.ts';
import type { CacheArm, CacheSums, Strata } from './sums.ts';
import { scatterForPass, scatterOverTime, timeScatter } from './time-scatter.ts';
import { total, widening } from './user-scatter.ts';

/** Weights are stored as whole numbers; an arm's largest is this. */
const WEIGHT_SCALE = 1000;

/** One arm, its lookups weighted to the exposure of both. */
export interface WeightedArm {
  /** Σw. */
  readonly mass: number;
  readonly missRate: number;
  /** (Σw)² / Σw². */
  readonly effective: number;
}

/** Source: Mantel & Haenszel (1959). */
function weightOf(own: number, other: number): number {
  return own + other === 0 ? 0 : other / (own + other);
}

export function weighted(own: Strata, other: Strata): WeightedArm {
  let [mass, misses, squares] = [0, 0, 0];
  for (const [h, n] of own.trials.entries()) {
    const weight = weightOf(n, other.trials[h] ?? 0);
    mass += weight * n;
    misses += weight * (n - (own.hits[h] ?? 0));
    squares += weight * weight * n;
  }
  return {
    mass,
    missRate: mass === 0 ? 0 : misses / mass,
    effective: squares === 0 ? 0 : (mass * mass) / squares,
  };
}

/** How often a lookup of each stratum counts in an arm's series: whole numbers, the largest 1,000. */
export function cacheWeights(own: Strata, other: Strata): number[] {
  const weights = own.trials.map((n, h) => (n === 0 ? 0 : weightOf(n, other.trials[h] ?? 0)));
  const largest = Math.max(0, ...weights);
  return weights.map((weight) => (largest === 0 ? 0 : Math.round((weight / largest) * WEIGHT_SCALE)));
}

/** Newcombe's bounds of the drop: misses of `to` minus misses of `from`, both at n / D. */
export function drop(to: WeightedArm, from: WeightedArm, designEffect: number, alpha: number): Interval {
  const counts = ({ missRate, effective }: WeightedArm): { hits: number; trials: number } => ({
    hits: (missRate * effective) / designEffect,
    trials: effective / designEffect,
  });
  return newcombeOfEffective(counts(to), counts(from), alpha);
}

export interface CacheTerms {
  readonly alpha: number;
  readonly passAlpha: number | null;
  readonly cacheDrop: number;
  /** Share of the traffic that `to` has, and up to which the gate decides. */
  readonly share: number;
  readonly maxShare: number;
  readonly minSamples: number;
}

export interface CacheRuling {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly stoppedBy: readonly (Stop | 'share')[];
  readonly to: WeightedArm;
  readonly from: WeightedArm;
  readonly designEffect: number;
  /** Bounds of the drop: lower at the FAIL level; upper at the PASS level, at the end only. Null where there is none. */
  readonly lower: number | null;
  readonly passUpper: number | null;
  readonly scatter: number | null;
  /** What drop − `cacheDrop` must reach. */
  readonly need: number | null;
}

const LEAST_BLOCKS = 3;

export function judgeCache(sums: CacheSums, terms: CacheTerms): CacheRuling {
  const { to, from } = sums.arms;
  const { alpha, passAlpha, cacheDrop } = terms;
  const arms = { to: weighted(to.strata, from.strata), from: weighted(from.strata, to.strata) };
  const series = { to: to.series, from: from.series };
  const time = timeScatter(series, { blockTicks: sums.grid.blockTicks, margin: 1 });
  const fail = pooledEffect(sums, arms, alpha);
  const bounds = drop(arms.to, arms.from, fail.designEffect, alpha);
  const isTold = time !== null && time.blocks >= LEAST_BLOCKS && bounds.estimate === bounds.estimate;
  const scatter = isTold ? scatterOverTime(time, alpha) : null;
  const need = scatter === null ? null : normalUpperQuantile(alpha) * Math.sqrt(scatter);
  const isFew = Math.min(arms.to.effective, arms.from.effective) < terms.minSamples || need === null;
  const stops: readonly [Stop | 'share', boolean][] = [
    ['share', terms.share > terms.maxShare],
    ['few', isFew],
    ['limit', !(bounds.estimate > cacheDrop)],
    ['users', !(bounds.lower > cacheDrop)],
    ['moments', need !== null && !(bounds.estimate - cacheDrop >= need)],
  ];
  const stoppedBy = stops.filter(([, stands]) => stands).map(([stop]) => stop);
  const isFail = stoppedBy.length === 0;
  let passUpper: number | null = null;
  if (passAlpha !== null && !isFew && isTold && !isFail) {
    const pass = pooledEffect(sums, arms, passAlpha);
    const extra = pass.independent === 0 ? 0 : scatterForPass(time, passAlpha) / pass.independent;
    passUpper = drop(arms.to, arms.from, pass.designEffect + extra, passAlpha).upper;
  }
  const isPass = passUpper !== null && passUpper <= cacheDrop && terms.share <= terms.maxShare;
  return {
    verdict: isFail ? 'fail' : isPass ? 'pass' : 'inconclusive',
    stoppedBy,
    ...arms,
    designEffect: fail.designEffect,
    lower: isTold ? bounds.lower : null,
    passUpper,
    scatter,
    need,
  };
}

/** Design effect over users of the difference, both arms together. */
function pooledEffect(
  { arms: { to, from } }: CacheSums,
  arms: { readonly to: WeightedArm; readonly from: WeightedArm },
  alpha: number,
): { readonly designEffect: number; readonly independent: number } {
  const variance = ({ missRate, effective }: WeightedArm): number =>
    effective === 0 ? 0 : (missRate * (1 - missRate)) / effective;
  const independent = variance(arms.to) + variance(arms.from);
  const parts = [...contributions(to), ...contributions(from)];
  const squares = parts.map((part) => part * part);
  const bins = parts.length;
  if (independent === 0 || bins < 2) return { designEffect: 1, independent };
  const seen = (bins / (bins - 1)) * total(squares);
  const fourths = total(squares.map((square) => square * square));
  const freedom = Math.floor(
    Math.min(bins - 1, Math.max(1, fourths === 0 ? bins : (3 * seen * seen) / fourths - 1)),
  );
  const excess = Math.max(0, seen / independent - 1);
  return { designEffect: 1 + (excess === 0 ? 0 : excess * widening(alpha, freedom)), independent };
}

/** (misses − rate × lookups) / mass of each user bin with lookups. */
function contributions({ series: { trials, events } }: CacheArm): number[] {
  const mass = total(trials.byBin);
  const rate = mass === 0 ? 0 : total(events.byBin) / mass;
  return trials.byBin.flatMap((n, bin) => (n === 0 ? [] : [((events.byBin[bin] ?? 0) - rate * n) / mass]));
}
