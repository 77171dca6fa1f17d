/**
 * The two judges most tools ship, on the same data: a point estimate against its limit at every look, and Mann-Whitney with
 * Kayenta's defaults once at the end (its better reading).
 * Invariant: limits are those of our gates, so only the statistics differ.
 */
import type { CountedLine } from '../../src/domain/clusters/index.ts';
import type { Color } from '../../src/domain/color.ts';
import type { BuiltInGate, GateSettings } from '../../src/domain/gate.ts';
import type { GateRecord } from '../../src/domain/gate-record.ts';
import type { LookInput } from '../../src/domain/look-input.ts';
import { pairsOf } from '../../src/domain/gates/questions.ts';
import { mannWhitney, mean } from '../../src/domain/stats/index.ts';
import { START_MS } from './input.ts';

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

/**
 * @param lines users' requests of the hold
 * @param everyMs between two looks: rates are metrics, one value for each
 */
export function kayentaAlarms(
  input: LookInput,
  lines: readonly CountedLine[],
  everyMs: number,
): Set<BuiltInGate> {
  const alarms = new Set<BuiltInGate>();
  const ask = (gate: BuiltInGate, of: (color: Color) => readonly number[]): void => {
    const [first, second] = [of('green'), of('blue')];
    if (first.length > 0 && second.length > 0 && isHigh(first, second)) alarms.add(gate);
  };
  const shares = (
    color: Color,
    counts: (line: CountedLine) => boolean,
    isBad: (line: CountedLine) => boolean,
  ): number[] => {
    const intervals = new Map<number, { n: number; bad: number }>();
    for (const line of lines) {
      if (line.color !== color || !counts(line)) continue;
      const at = Math.floor((line.atMs - START_MS) / everyMs);
      const one = intervals.get(at) ?? { n: 0, bad: 0 };
      one.n += 1;
      if (isBad(line)) one.bad += 1;
      intervals.set(at, one);
    }
    return [...intervals.values()].map(({ n, bad }) => bad / n);
  };
  ask('latency', (color) =>
    thinned(lines.flatMap((line) => (line.color === color && line.ok ? [line.tfinalMs] : []))),
  );
  ask('error-rate', (color) =>
    shares(
      color,
      () => true,
      ({ ok }) => !ok,
    ),
  );
  ask('cache', (color) =>
    shares(
      color,
      ({ cache }) => cache !== null,
      ({ cache }) => cache?.hit === false,
    ),
  );
  if (input.probes !== null) {
    const deltaS = pairsOf(input, input.probes, (run) => run.deltaS).pairs;
    ask('delta-s', (color) => deltaS.map((pair) => (color === 'green' ? pair.to : pair.from)));
    const covered = pairsOf(input, input.probes, (run) => run.coverage).pairs;
    ask('coverage', (color) => covered.map((pair) => 1 - (color === 'green' ? pair.to : pair.from)));
  }
  return alarms;
}

/** Values of the lines of each minute that has some, the minutes in no order. */
export function valuesByMinute(
  count: number,
  minuteOf: (at: number) => number,
  valueOf: (at: number) => number,
): readonly number[][] {
  const minutes = new Map<number, number[]>();
  for (let at = 0; at < count; at += 1) {
    const values = minutes.get(minuteOf(at)) ?? [];
    minutes.set(minuteOf(at), values);
    values.push(valueOf(at));
  }
  return [...minutes.values()];
}

/** One value a minute of each color is what Kayenta is given of a metric. */
export function isHighByMinute(experiment: readonly number[], control: readonly number[]): boolean {
  return experiment.length > 0 && control.length > 0 && isHigh(experiment, control);
}

/** Mann-Whitney at 98 %, tolerance 0.25 of the shift, effect size (ratio of means) at least 1. */
function isHigh(experiment: readonly number[], control: readonly number[]): boolean {
  const { shift } = mannWhitney(experiment, control, { alpha: 0.01 });
  return shift.lower > TOLERANCE * Math.abs(shift.estimate) && mean(experiment) >= mean(control);
}

function thinned(values: readonly number[]): number[] {
  const step = Math.max(1, Math.ceil(values.length / KAYENTA_VALUES));
  return values.filter((_, i) => i % step === 0);
}
