/** Which stretch of `from`'s past is stored, and in blocks of which length, so that each hold finds a day cut as it is cut itself. */
import { timeUnits } from './grid.ts';

const HOUR_MS = 3_600_000;
/** A day in the blocks of a hold of seconds would be tens of thousands of histograms; so many tell as much. */
const MOST_BLOCKS = 600;

/**
 * One for each length of block among the holds, ms; none where no hours are asked for.
 * @param blockMs length of a block that is wanted
 */
export function dayLengths(
  holdsMs: readonly number[],
  { hours, blockMs: wantedMs }: { readonly hours: number; readonly blockMs: number },
): { readonly blockMs: number; readonly tickMs: number; readonly rangeMs: number }[] {
  const lengths = new Map<number, number>();
  for (const holdMs of holdsMs.filter((one) => one > 0 && hours > 0)) {
    const { tickMs, blockTicks } = timeUnits(holdMs, wantedMs);
    lengths.set(tickMs * blockTicks, tickMs);
  }
  return [...lengths].map(([blockMs, tickMs]) => ({
    blockMs,
    tickMs,
    rangeMs: Math.min(MOST_BLOCKS, Math.floor((hours * HOUR_MS) / blockMs)) * blockMs,
  }));
}
