/**
 * What a look shows at a glance, from a few counts: whether the rule could fail it at all. Most looks of identical colors are not over
 * the limit, and the rule never fails those but for a catastrophe, so the simulation need not ask it.
 * Invariant: only looks are ruled out that the rule would not fail (`test/scripts/glance.test.ts`).
 */
import {
  CATASTROPHE,
  LAST_BUCKET,
  LOG_WIDTH,
  P,
  type ErrorLimits,
} from '../../../src/domain/clusters/index.ts';
import { exactRank } from '../../../src/domain/stats/index.ts';
import type { Lines } from './lines.ts';

/** Equal parts of a look in which a catastrophe must show. */
const PARTS_OF_A_LOOK = 3;
const LOOKS_OF_A_CATASTROPHE = 2;

export interface Seen {
  /** `to` is over the limit. */
  readonly isOver: boolean;
  /** Nothing rules a catastrophe out. */
  readonly mayBeCatastrophe: boolean;
}

export interface Limits extends ErrorLimits {
  readonly latencyRatio: number;
}

/** Of one part, or the whole. */
export class Glance {
  readonly #to: Counts;
  readonly #from: Counts;
  readonly #isTimed: boolean;
  readonly #limits: Limits;

  constructor(to: Counts, from: Counts, isTimed: boolean, limits: Limits) {
    this.#to = to;
    this.#from = from;
    this.#isTimed = isTimed;
    this.#limits = limits;
  }

  /** @param look 1-based */
  at(look: number): Seen {
    return this.#isTimed ? this.#timed(look) : this.#failed(look);
  }

  #failed(look: number): Seen {
    const { errorFloor, errorRatio } = this.#limits;
    const [to, from] = [this.#to, this.#from];
    const rates = { to: rateOf(to, look), from: rateOf(from, look) };
    const parts = Array.from(
      { length: PARTS_OF_A_LOOK * Math.min(look, LOOKS_OF_A_CATASTROPHE) },
      (_, back) => PARTS_OF_A_LOOK * look - 1 - back,
    );
    return {
      isOver: rates.to > Math.max(errorFloor, errorRatio * rates.from),
      mayBeCatastrophe: parts.every(
        (part) =>
          (to.trials[part] ?? 0) > 0 &&
          (to.failures[part] ?? 0) >= CATASTROPHE.share * (to.trials[part] ?? 0),
      ),
    };
  }

  #timed(look: number): Seen {
    const slow = this.#to.quantile(0, look, P);
    const usual = this.#from.quantile(0, look, P);
    const since = Math.max(0, look - LOOKS_OF_A_CATASTROPHE);
    const bad = this.#to.quantile(since, look, 1 - CATASTROPHE.share);
    const recent = this.#from.quantile(since, look, P);
    return {
      isOver:
        slow !== null && usual !== null && (slow - usual) * LOG_WIDTH > Math.log(this.#limits.latencyRatio),
      // Two buckets for the edges.
      mayBeCatastrophe:
        bad !== null && recent !== null && (bad - recent + 2) * LOG_WIDTH >= Math.log(CATASTROPHE.overP95),
    };
  }
}

/** One color's lines of a part. */
export class Counts {
  /** By third of a look. */
  readonly trials: Uint32Array;
  readonly failures: Uint32Array;
  readonly #lookS: number;
  readonly #isTimed: boolean;
  /** Latencies up to each look, once they are settled. */
  readonly #buckets: readonly Uint32Array[];

  constructor(looks: number, lookS: number, isTimed: boolean) {
    this.#lookS = lookS;
    this.#isTimed = isTimed;
    this.trials = new Uint32Array(PARTS_OF_A_LOOK * looks);
    this.failures = new Uint32Array(PARTS_OF_A_LOOK * looks);
    this.#buckets = isTimed ? Array.from({ length: looks }, () => new Uint32Array(LAST_BUCKET + 1)) : [];
  }

  add({ second, bucket, value }: Lines, line: number): void {
    const at = (second[line] ?? 0) / this.#lookS;
    if (this.#isTimed) {
      const counts = this.#buckets[Math.floor(at)];
      const own = bucket[line] ?? 0;
      if (counts !== undefined) counts[own] = (counts[own] ?? 0) + 1;
      return;
    }
    const part = Math.floor(at * PARTS_OF_A_LOOK);
    this.trials[part] = (this.trials[part] ?? 0) + 1;
    this.failures[part] = (this.failures[part] ?? 0) + (value[line] ?? 0);
  }

  /** Once all lines are added. */
  settle(): this {
    for (let look = 1; look < this.#buckets.length; look += 1) {
      const [before, counts] = [this.#buckets[look - 1], this.#buckets[look]];
      if (before === undefined || counts === undefined) break;
      for (let i = 0; i < counts.length; i += 1) counts[i] = (counts[i] ?? 0) + (before[i] ?? 0);
    }
    return this;
  }

  /** Bucket of a quantile of the looks after `since` up to `look`; null without a line. */
  quantile(since: number, look: number, p: number): number | null {
    const until = this.#buckets[look - 1];
    const before = this.#buckets[since - 1];
    if (until === undefined) return null;
    let n = 0;
    for (let i = 0; i < until.length; i += 1) n += (until[i] ?? 0) - (before?.[i] ?? 0);
    let left = exactRank(n, p);
    if (n === 0) return null;
    let bucket = -1;
    while (left > 0) {
      bucket += 1;
      left -= (until[bucket] ?? 0) - (before?.[bucket] ?? 0);
    }
    return bucket;
  }
}

function rateOf({ trials, failures }: Counts, look: number): number {
  let [n, x] = [0, 0];
  for (let part = 0; part < PARTS_OF_A_LOOK * look; part += 1) {
    n += trials[part] ?? 0;
    x += failures[part] ?? 0;
  }
  return n === 0 ? 0 : x / n;
}
