/** Which stretch of `from`'s past is stored, and in blocks of which length, so that each hold finds a day cut as it is cut itself. */
import { timeUnits } from './grid.ts';

const DAY_MS = 86_400_000;
/** A day in the blocks of a hold of seconds would be tens of thousands of histograms; so many tell as much. */
const MOST_BLOCKS = 600;

/** One for each length of block among the holds, ms. */
export function dayLengths(
  holdsMs: readonly number[],
): { readonly blockMs: number; readonly rangeMs: number }[] {
  const lengths = holdsMs
    .filter((holdMs) => holdMs > 0)
    .map((holdMs) => {
      const { tickMs, blockTicks } = timeUnits(holdMs);
      return tickMs * blockTicks;
    });
  return [...new Set(lengths)].map((blockMs) => ({
    blockMs,
    rangeMs: Math.min(MOST_BLOCKS, Math.floor(DAY_MS / blockMs)) * blockMs,
  }));
}
