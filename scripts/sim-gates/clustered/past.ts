/** The day of `from` before a simulated hold, as looks ask for it. */
import {
  countAbove,
  histogramSize,
  isUsable,
  type DayBlocks,
  type Histogram,
} from '../../../src/domain/clusters/index.ts';
import type { Draws } from './draws.ts';
import type { Volume } from './family.ts';
import { errorDay, fillDay, latencyDay, type World } from './world.ts';

/** A day of `from`, with what each look asks of it. Null: there is none, or it is too short. */
export interface Past {
  readonly errors: DayBlocks | null;
  readonly latency: DayOfLatencies | null;
}

export function pastOf(
  world: World,
  volume: Volume,
  { blockS, blocksOfHold }: { readonly blockS: number; readonly blocksOfHold: number },
  draws: Draws,
): Past {
  if (world.dayS === 0) return { errors: null, latency: null };
  fillDay(world, draws);
  if (world.family.gate === 'latency')
    return {
      errors: null,
      latency: new DayOfLatencies(latencyDay(world, volume, blockS, draws), blocksOfHold),
    };
  const errors = errorDay(world, volume, blockS, draws);
  return { errors: isUsable(errors, blocksOfHold) ? errors : null, latency: null };
}

/** Latencies of a day by block. Looks ask for the same few limits, and all blocks for each. */
class DayOfLatencies {
  readonly blocks: readonly (Histogram | null)[];
  readonly #blocksOfHold: number;
  readonly #sizes: readonly number[];
  readonly #above = new Map<number, DayBlocks | null>();

  constructor(blocks: readonly (Histogram | null)[], blocksOfHold: number) {
    this.blocks = blocks;
    this.#blocksOfHold = blocksOfHold;
    this.#sizes = blocks.map((block) => (block === null ? 0 : histogramSize(block)));
  }

  /** Slower than a bucket, by block; null where the day is too short. */
  above(bucket: number): DayBlocks | null {
    const known = this.#above.get(bucket);
    if (known !== undefined) return known;
    const counted = this.counted(bucket);
    const made = isUsable(counted, this.#blocksOfHold) ? counted : null;
    this.#above.set(bucket, made);
    return made;
  }

  counted(bucket: number): DayBlocks {
    return this.blocks.map((block, i) =>
      block === null ? null : { trials: this.#sizes[i] ?? 0, events: countAbove(block, bucket) },
    );
  }
}
