/**
 * Sorts timed lines into the latencies of each slice.
 * Invariant: `warmBatch[i]` is the cluster of `warmMs[i]`.
 */
import type { TrafficSlice } from '../../domain/look-input.ts';

export type SliceLatencies = Pick<TrafficSlice, 'warmMs' | 'warmUsableMs' | 'coldMs' | 'warmBatch'>;

/** The timed lines of one class. */
export interface TimedClass {
  readonly lineClass: number;
  readonly slice: string;
  readonly cold: boolean;
  /** How many there are, so that arrays get their size at once: growing them would double what a line costs. */
  readonly lines: number;
}

interface Draft {
  warm: number;
  usable: number;
  cold: number;
  /** Whether one of the warm lines names an instance. */
  isNamed: boolean;
  readonly warmMs: number[];
  readonly warmUsableMs: number[];
  readonly coldMs: number[];
  readonly warmBatch: number[];
}

export class Latencies {
  readonly #slices = new Map<string, Draft>();
  /** By class: what a line costs is a look into an array. */
  readonly #classes: ({ readonly draft: Draft; readonly cold: boolean } | undefined)[] = [];
  /** Clusters by number, in the order in which they were met: a short number is a short text in the evidence. */
  readonly #batches = new Map<number, number>();
  #isNamed = false;
  /** Lines that were of a class that is wanted. */
  taken = 0;

  constructor(timed: readonly TimedClass[]) {
    const count = (slice: string, cold: boolean): number =>
      timed.reduce((sum, one) => sum + (one.slice === slice && one.cold === cold ? one.lines : 0), 0);
    for (const { lineClass, slice, cold } of timed) {
      const draft = this.#slices.get(slice) ?? emptyDraft(count(slice, false), count(slice, true));
      this.#slices.set(slice, draft);
      this.#classes[lineClass] = { draft, cold };
    }
  }

  /** @param tusable NaN when nobody measured it. @param batch negative when no instance is named. */
  readonly take = (lineClass: number, tfinal: number, tusable: number, batch: number): void => {
    const wanted = this.#classes[lineClass];
    if (wanted === undefined) return;
    this.taken += 1;
    const { draft, cold } = wanted;
    if (cold) {
      draft.coldMs[draft.cold++] = tfinal;
      return;
    }
    let cluster = this.#batches.get(batch);
    if (cluster === undefined) this.#batches.set(batch, (cluster = this.#batches.size));
    if (batch >= 0) draft.isNamed = this.#isNamed = true;
    if (!Number.isNaN(tusable)) draft.warmUsableMs[draft.usable++] = tusable;
    draft.warmBatch[draft.warm] = cluster;
    draft.warmMs[draft.warm++] = tfinal;
  };

  /**
   * Without `warmBatch` where no warm line names an instance. A slice without warm lines has an empty one as soon as
   * another slice has one, because the latency gate believes in clusters when all slices of a color have them.
   */
  of(slice: string): SliceLatencies {
    const draft = this.#slices.get(slice) ?? emptyDraft(0, 0);
    const { warmMs, warmUsableMs, coldMs, warmBatch } = draft;
    const isClustered = draft.warm === 0 ? this.#isNamed : draft.isNamed;
    warmMs.length = warmBatch.length = draft.warm;
    warmUsableMs.length = draft.usable;
    coldMs.length = draft.cold;
    return { warmMs, warmUsableMs, coldMs, ...(isClustered ? { warmBatch } : {}) };
  }
}

function emptyDraft(warm: number, cold: number): Draft {
  return {
    warm: 0,
    usable: 0,
    cold: 0,
    isNamed: false,
    warmMs: places(warm),
    warmUsableMs: places(warm),
    coldMs: places(cold),
    warmBatch: places(warm),
  };
}

/** Filled with zeros it would be an array of small integers, which is copied whole at the first fraction. */
function places(length: number): number[] {
  // oxlint-disable-next-line unicorn/no-new-array -- see above
  return new Array<number>(length);
}
