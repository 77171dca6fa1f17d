/** The stored day of `from` as the rules want it. */
import { isInHours } from '../day-hours.ts';
import type { DayBlocks } from './day.ts';
import { sameHours, type StandIn } from './gone.ts';
import { countAbove, histogramSize, type Histogram } from './histogram.ts';
import type { DayOfFrom, SumsTerms, TrafficBlocks } from './parts.ts';

/** Lengths that are the same but for the rounding of a division. */
const ROUNDING = 1e-6;

/**
 * The stretch cut as this look is cut; null where none was stored.
 * @param ignore hours of a day that are left out, UTC
 */
export function dayFor(
  days: readonly TrafficBlocks[],
  { grid }: Pick<SumsTerms, 'grid'>,
  ignore: readonly string[],
): TrafficBlocks | null {
  const wantedMs = grid.tickMs * grid.blockTicks;
  const day = days.find(({ blockMs }) => Math.abs(blockMs / wantedMs - 1) < ROUNDING) ?? null;
  if (day === null || ignore.length === 0) return day;
  const { startMs, blockMs } = day;
  const blocks = day.blocks.map((block, i) =>
    isInHours(startMs + i * blockMs, blockMs, ignore) ? null : block,
  );
  return { ...day, blocks };
}

/** Server errors of the day by block. */
export function errorsByBlock({ blocks }: TrafficBlocks): DayBlocks {
  return blocks.map((block) => (block === null ? null : { trials: block.trials, events: block.events }));
}

/** Successes of the day slower than a bucket, by block. */
export function slowByBlock(
  { blocks }: TrafficBlocks,
  series: 'final' | 'usable',
  bucket: number,
): DayBlocks {
  return blocks.map((block) => {
    if (block === null) return null;
    const histogram = block[series];
    return { trials: histogramSize(histogram), events: countAbove(histogram, bucket) };
  });
}

/** Which of its blocks stand for `from` in a window, and their latencies. Null where no day was stored. */
export function dayOfFrom(
  days: readonly TrafficBlocks[],
  terms: SumsTerms,
  ignore: readonly string[],
): DayOfFrom | null {
  const day = dayFor(days, terms, ignore);
  if (day === null) return null;
  const of = (series: 'final' | 'usable'): (Histogram | null)[] =>
    day.blocks.map((block) => block?.[series] ?? null);
  return { final: of('final'), usable: of('usable'), at: standInOf(day, terms) };
}

/** The blocks of a day at the hours of a look. */
export function standInOf(
  day: TrafficBlocks,
  { startMs, grid }: Pick<SumsTerms, 'startMs' | 'grid'>,
): StandIn {
  const whole = Math.floor(grid.ticks / grid.blockTicks);
  const shortTicks = grid.ticks - whole * grid.blockTicks;
  return sameHours(
    {
      blocks: errorsByBlock(day),
      endMs: day.startMs + day.blocks.length * day.blockMs,
      blockMs: day.blockMs,
    },
    startMs + shortTicks * grid.tickMs,
    whole,
  );
}
