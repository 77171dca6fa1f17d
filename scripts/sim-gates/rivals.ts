/**
 * The two judges most tools ship, on the same data: a point estimate against its limit at every look, and Mann-Whitney with
 * Kayenta's defaults once at the end (its better reading).
 * Invariant: limits are those of our gates, so only the statistics differ.
 */
import type { Color } from '../../src/domain/color.ts';
import type { BuiltInGate, GateSettings } from '../../src/domain/gate.ts';
import type { GateRecord } from '../../src/domain/gate-record.ts';
import type { LookInput, TrafficSlice } from '../../src/domain/look-input.ts';
import { pairsOf } from '../../src/domain/gates/questions.ts';
import { mannWhitney, mean } from '../../src/domain/stats/index.ts';

/** Values of an arm that Mann-Whitney is given at most: pairs grow with the square. */
const KAYENTA_VALUES = 800;
/** High when the interval's lower end exceeds this share of the shift itself (NetflixACAJudge). */
const TOLERANCE = 0.25;

/** Point estimates against limits, read from the records of the same look. */
export function plainAlarms(
  records: readonly GateRecord[],
  { deltaS, coverage, ...limits }: GateSettings,
): BuiltInGate[] {
  const breached = ({ gate, arms, effect, offenders, series }: GateRecord): boolean => {
    const [from, to, moved] = [arms.from.value ?? 0, arms.to.value ?? 0, effect?.estimate ?? 0];
    if (gate === 'latency')
      return series?.some((one) => (one.effect?.estimate ?? 0) > limits.latencyRatio) === true;
    if (gate === 'error-rate') return to > limits.errorRatio * from;
    if (gate === 'error-novelty') return offenders.length > 0;
    if (gate === 'cache') return from - to > limits.cache.drop;
    if (gate === 'delta-s') return to > deltaS.pass || moved > deltaS.pairedRise;
    if (gate === 'coverage') return to < coverage.mean || moved > coverage.pairedDrop;
    return gate === 'lambda' && arms.to.n > 0 && to < limits.lambda.block;
  };
  return records.filter(breached).map(({ gate }) => gate as BuiltInGate);
}

export function kayentaAlarms(input: LookInput): Set<BuiltInGate> {
  const alarms = new Set<BuiltInGate>();
  const [from, to] = [slicesOf(input, 'blue'), slicesOf(input, 'green')];
  const ask = (gate: BuiltInGate, first: readonly number[], second: readonly number[]): void => {
    if (first.length > 0 && second.length > 0 && isHigh(first, second)) alarms.add(gate);
  };
  const warm = (arm: readonly TrafficSlice[]): number[] => thinned(arm.flatMap((slice) => slice.warmMs));
  ask('latency', warm(to), warm(from));
  // Rates are metrics: one value for each interval.
  const rates = (arm: readonly TrafficSlice[]): number[] =>
    arm.filter((slice) => slice.requests > 0).map((slice) => errors(slice) / slice.requests);
  ask('error-rate', rates(to), rates(from));
  const misses = (arm: readonly TrafficSlice[]): number[] =>
    arm.filter((slice) => slice.cache.lookups > 0).map((slice) => 1 - slice.cache.hits / slice.cache.lookups);
  ask('cache', misses(to), misses(from));
  if (input.probes !== null) {
    const deltaS = pairsOf(input, input.probes, (run) => run.deltaS).pairs;
    ask(
      'delta-s',
      deltaS.map((pair) => pair.to),
      deltaS.map((pair) => pair.from),
    );
    const covered = pairsOf(input, input.probes, (run) => run.coverage).pairs;
    ask(
      'coverage',
      covered.map((pair) => 1 - pair.to),
      covered.map((pair) => 1 - pair.from),
    );
  }
  return alarms;
}

/** Mann-Whitney at 98 %, tolerance 0.25 of the shift, effect size (ratio of means) at least 1. */
function isHigh(experiment: readonly number[], control: readonly number[]): boolean {
  const { shift } = mannWhitney(experiment, control, { alpha: 0.01 });
  return shift.lower > TOLERANCE * Math.abs(shift.estimate) && mean(experiment) >= mean(control);
}

function slicesOf(input: LookInput, color: Color): readonly TrafficSlice[] {
  return input.traffic?.slices.filter((slice) => slice.color === color) ?? [];
}

function errors(slice: TrafficSlice): number {
  return Object.values(slice.errors).reduce((total, count) => total + count, 0);
}

function thinned(values: readonly number[]): number[] {
  const step = Math.max(1, Math.ceil(values.length / KAYENTA_VALUES));
  return values.filter((_, i) => i % step === 0);
}
