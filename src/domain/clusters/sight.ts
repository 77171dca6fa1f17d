/**
 * What the rule for clustered traffic could see in a hold that is still ahead: its tests, turned around.
 * Invariant: a size that is said to be seen fails about four of five holds of traffic like the stated one; a planning figure, no
 * verdict is ever computed from it.
 */
import { WHOLE, type HoldAhead, type Slice, type UsualTraffic } from './ahead.ts';
import { dayScatter, withoutIncident, type DayBlocks, type DayScatter } from './day.ts';
import { timeUnits } from './grid.ts';
import { histogramSize, type Histogram } from './histogram.ts';
import { errorPower, expectedAt, POWER, ratioPower, type AtLook } from './sight-power.ts';

export interface Sight {
  /** Smallest error rate of `to` that fails the hold; null when none does. */
  readonly smallestErrorRate: () => number | null;
  /** Smallest ratio of p95s that fails the hold; null when not even ×20 does. */
  readonly smallestRatio: () => number | null;
  /** When an error rate of `to` that stands from the hold's start on has failed it, ms after its start; null when not within it. */
  readonly errorsAfterMs: (rate: number) => number | null;
  /** As `errorsAfterMs`, for a ratio of p95s. */
  readonly ratioAfterMs: (ratio: number) => number | null;
}

/** Slowest `to` that is looked for, as a ratio of p95s. */
const LARGEST_RATIO = 20;
/** Halvings of a range on a log scale. */
const STEPS = 20;
/** Counts of a histogram that stands for a shape: more than any hold has. */
const FINE = 1e8;

/** @param slice the whole traffic, or a region's part of it */
export function sightOf(traffic: UsualTraffic, hold: HoldAhead, slice: Slice = WHOLE): Sight {
  const { errorRatio, errorFloor, latencyRatio } = hold.limits;
  const looks = hold.levels.map((_, i) => expectedAt(traffic, hold, slice, i + 1));
  const pasts = (day: DayBlocks | null): (DayScatter | null)[] => {
    const used = day === null ? null : withoutIncident(day);
    return looks.map((look) =>
      used === null || look === null ? null : dayScatter(used, Math.max(1, look.blocks)),
    );
  };
  const [ofErrors, ofSlow] = [pasts(hold.day?.errors ?? null), pasts(hold.day?.slow ?? null)];
  const shape = fine(traffic.latencies);
  const at = (past: readonly (DayScatter | null)[]): AtLook[] =>
    looks.flatMap((look, i) => (look === null ? [] : [{ look, past: past[i] ?? null }]));
  const errors = (rate: number): number[] =>
    powersOf(hold, at(ofErrors), (one) => errorPower(one, traffic.errorRate, rate, hold.limits));
  const slower = (ratio: number): number[] =>
    powersOf(hold, at(ofSlow), (one) => ratioPower(one, shape, ratio, hold.limits));
  const limit = Math.max(errorFloor, errorRatio * traffic.errorRate);
  return {
    smallestErrorRate: () => smallest(limit, 1, (rate) => isSeen(errors(rate))),
    smallestRatio: () => smallest(latencyRatio, LARGEST_RATIO, (ratio) => isSeen(slower(ratio))),
    errorsAfterMs: (rate) => seenAfterMs(hold, errors(rate)),
    ratioAfterMs: (ratio) => seenAfterMs(hold, slower(ratio)),
  };
}

/**
 * Chance that a hold has failed by each of its looks. With few blocks a look is by chance without scatter about as often as not, so
 * an earlier one is some chance of its own; with many the last look sees what the others saw. The weight is by simulation.
 */
function powersOf(
  { levels, holdMs, blockMs }: HoldAhead,
  looks: readonly AtLook[],
  powerAt: (look: AtLook) => number,
): number[] {
  const { tickMs, blockTicks } = timeUnits(holdMs, blockMs);
  let before = 0;
  return levels.map((_, i) => {
    const one = looks.find(({ look }) => look.index === i + 1);
    const own = one === undefined ? 0 : powerAt(one);
    const blocks = (holdMs * (i + 1)) / levels.length / (tickMs * blockTicks);
    const power = 1 - (1 - own) * (1 - before) ** Math.min(0.3, 0.3 * (5 / blocks) ** 3);
    before = Math.max(before, own);
    return power;
  });
}

function isSeen(powers: readonly number[]): boolean {
  return powers.some((one) => one >= POWER);
}

function seenAfterMs({ holdMs, levels }: HoldAhead, powers: readonly number[]): number | null {
  const look = powers.findIndex((one) => one >= POWER) + 1;
  return look === 0 ? null : (holdMs * look) / levels.length;
}

/** Between a size that is never seen and the largest that is looked for, on a log scale. */
function smallest(never: number, largest: number, sees: (size: number) => boolean): number | null {
  if (never >= largest || !sees(largest)) return null;
  let [missed, seen] = [never, largest];
  for (let step = 0; step < STEPS; step += 1) {
    const middle = Math.sqrt(missed * seen);
    if (sees(middle)) seen = middle;
    else missed = middle;
  }
  return seen;
}

/** Counts of a shape, so many that ranks of any hold can be told. */
function fine(shape: Histogram): Histogram {
  const size = histogramSize(shape);
  const times = size === 0 ? 1 : Math.ceil(FINE / size);
  return { first: shape.first, counts: shape.counts.map((count) => count * times) };
}
