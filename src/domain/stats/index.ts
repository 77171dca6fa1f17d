/**
 * The statistics of the gates, as one import.
 * Invariant: pure TypeScript without any import from outside this folder; safe in edge runtimes and in
 * workflow sandboxes. `alpha` always means the error probability of EACH one-sided bound.
 */
export { failAlpha, passAlpha } from './alpha-plan.ts';
export { betaQuantile, betaUpperQuantile } from './beta.ts';
export {
  binomialCdf,
  binomialLogPmf,
  binomialPmf,
  binomialQuantile,
  binomialUpperQuantile,
  binomialUpperTail,
} from './binomial.ts';
export { designEffect, type Batch } from './design-effect.ts';
export { rateRatioInterval, type ErrorCounts } from './error-rate.ts';
export { fisherExact } from './fisher.ts';
export { lgamma, logBeta } from './gamma.ts';
export { EMPTY_HISTOGRAM, histogramOf, histogramQuantileInterval, mergeHistograms } from './histogram.ts';
export {
  logRegularizedBeta,
  logRegularizedBetaUpper,
  regularizedBeta,
  regularizedBetaUpper,
} from './incomplete-beta.ts';
export type { Interval } from './interval.ts';
export { normalCdf, normalQuantile, normalUpperQuantile, normalUpperTail } from './normal.ts';
export {
  fewestTold,
  mcnemarBeyond,
  mcnemarExact,
  mean,
  pairedMeanInterval,
  type FlipCounts,
} from './paired.ts';
export { createPcg32, type Pcg32 } from './pcg32.ts';
export { clopperPearsonInterval, newcombeOfEffective, wilsonInterval } from './proportions.ts';
export { quantileLogE, quantileRatioLogE } from './quantile-e-process.ts';
export { quantileRatio, quantileRatioInterval } from './quantile-ratio.ts';
export {
  exactQuantile,
  exactRank,
  medianInterval,
  minimumSampleForUpperBound,
  quantileInterval,
  quantileRanks,
} from './quantile.ts';
export { mannWhitney, type MannWhitney } from './rank-sum.ts';
export { rateDropSampleSize } from './sample-size.ts';
export { orderStatistics } from './select.ts';
export { studentTCdf, studentTQuantile, studentTUpperQuantile, studentTUpperTail } from './student-t.ts';
