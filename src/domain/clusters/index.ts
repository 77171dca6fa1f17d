/** The rule for users' traffic as it is (bursts, retries, tenants, wandering), over sums that any engine can add up. */
export { usualLatencies, usualOf, WHOLE, type HoldAhead, type Slice, type UsualTraffic } from './ahead.ts';
export { cacheWeights, judgeCache, type CacheRuling, type CacheTerms } from './cache.ts';
export { emptyCells, sumEvents, sumTrials, type Beside, type Cells } from './cells.ts';
export { armTotals, countTotals } from './count-totals.ts';
export { dayLengths } from './day-lengths.ts';
export { CATASTROPHE, type CatastropheLimits } from './catastrophe.ts';
export { dayFor, dayOfFrom, errorsByBlock, slowByBlock, standInOf } from './day-of-from.ts';
export { blocksOf, countLines, wholeBlocks, type BlocksTerms } from './count-lines.ts';
export { exceedsBaseline, judgeErrorRateAgainst } from './baseline-rate.ts';
export { countedLine, instanceBin, userBin, type CountedLine, type CountedLookup } from './counted-line.ts';
export { isUsable, LEAST_WINDOWS, windowsIn, type DayBlocks } from './day.ts';
export { Distinct } from './distinct.ts';
export { judgeErrorRate, type ErrorLimits } from './error-rate.ts';
export { aloneLimits, judgeErrorRateAlone, judgeLatencyAlone, sameHours, type StandIn } from './gone.ts';
export { allBlocks, blockOf, earliestMs, inTicks, isPastEarliest, timeUnits, type Grid } from './grid.ts';
export {
  addHistograms,
  bucketMs,
  bucketOfMs,
  countAbove,
  histogramInterval,
  histogramOfCounts,
  histogramSize,
  LAST_BUCKET,
  LOG_WIDTH,
  quantileBucket,
  SHORTEST_MS,
  type Histogram,
} from './histogram.ts';
export { namesInstances } from './instance-scatter.ts';
export { judgeLatency } from './latency.ts';
export { blockShifts, latencyLimits, P, p95Ms, type LatencyLimits } from './latency-limits.ts';
export { judgeNovelty, noveltyOfUsers, type AtRisk, type NewClass, type NoveltyFinding } from './novelty.ts';
export { AskedKeys } from './lookups.ts';
export { lookWindow, type LookWindow } from './look-window.ts';
export * from './parts.ts';
export type { ClusterRuling, LookTerms } from './ruling.ts';
export { heavyUsers, lacksOf, p95Wander, ratioToStandOut, type Heavy, type Lack } from './telling.ts';
export {
  BUILT_IN_RULE,
  isServerError,
  serverErrorNames,
  statusClass,
  type ServerErrors,
} from './server-error.ts';
export * from './sums.ts';
export { outageSeenFrom } from './sight-catastrophe.ts';
export { sightOf, type Sight } from './sight.ts';
export {
  asIndependent,
  blockRanges,
  type ArmTotals,
  type TotalsOfLooks,
  type TrafficTotals,
} from './totals.ts';
export { total } from './user-scatter.ts';
