/**
 * Sets of histogram shards, each written once under (source, seq): merging is set union, so a retried
 * activity or a region that reports twice changes nothing.
 * Invariant: commutative, associative and idempotent to the byte; one key never carries two contents.
 */
import { checkCount } from './checks.ts';
import { HISTOGRAM_GAMMA, mergeHistograms, type LogHistogram } from './histogram.ts';

/** What one source counted in one step. Never changed after it was published. */
export interface HistogramShard {
  /** Who counted: worker, region, color, minute... as one stable text. */
  readonly source: string;
  /** Step number of that source, integer >= 0. */
  readonly seq: number;
  readonly histogram: LogHistogram;
}

/**
 * Union of shard sets by (source, seq), ordered by source (code units) and seq.
 * @param sets any number of shard lists, in any order, with repeats
 * @throws RangeError if one key carries two different histograms, or a seq is not an integer >= 0
 * Source: reference 3 (grow-only set CRDT; de-duplication by (workerId, seq)).
 */
export function mergeShards(...sets: readonly (readonly HistogramShard[])[]): HistogramShard[] {
  const byKey = new Map<string, { readonly shard: HistogramShard; readonly content: string }>();
  for (const shard of sets.flat()) {
    checkCount('seq', shard.seq);
    const key = JSON.stringify([shard.source, shard.seq]);
    const content = contentOf(shard.histogram);
    const known = byKey.get(key);
    if (known === undefined) byKey.set(key, { shard, content });
    else if (known.content !== content) {
      throw new RangeError(`shard (${shard.source}, ${shard.seq}) was published with two different contents`);
    }
  }
  return [...byKey.values()].map((entry) => entry.shard).sort(compareShards);
}

/** Sum of the shards' histograms; repeats of a key count once. Errors as {@link mergeShards}. */
export function totalHistogram(shards: readonly HistogramShard[]): LogHistogram {
  return mergeHistograms(...mergeShards(shards).map((shard) => shard.histogram));
}

/** Not JSON of the whole object: property order is the sender's business. */
function contentOf(histogram: LogHistogram): string {
  return JSON.stringify([histogram.gamma, histogram.zeros, histogram.buckets]);
}

function compareShards(a: HistogramShard, b: HistogramShard): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.seq - b.seq;
}

/**
 * Reads a histogram that came over a wire.
 * @param value parsed JSON
 * @returns the same content, proved canonical
 * @throws RangeError if the shape, gamma, order or a count is wrong
 */
export function readHistogram(value: unknown): LogHistogram {
  if (typeof value !== 'object' || value === null) throw new RangeError('histogram must be an object');
  const { gamma, zeros, buckets } = value as Record<string, unknown>;
  if (gamma !== HISTOGRAM_GAMMA) throw new RangeError(`histogram gamma must be ${HISTOGRAM_GAMMA}`);
  if (!Array.isArray(buckets)) throw new RangeError('histogram buckets must be an array');
  if (typeof zeros !== 'number') throw new RangeError('histogram zeros must be a number');
  checkCount('zeros', zeros);
  let previous = -Infinity;
  const read = buckets.map((bucket: unknown, i): readonly [number, number] => {
    const [index, count] = Array.isArray(bucket) ? (bucket as unknown[]) : [];
    if (typeof index !== 'number' || !Number.isSafeInteger(index) || index <= previous) {
      throw new RangeError(`histogram bucket ${i} must have an integer index above its predecessor's`);
    }
    if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1) {
      throw new RangeError(`histogram bucket ${i} must have an integer count >= 1`);
    }
    previous = index;
    return [index, count];
  });
  return { gamma: HISTOGRAM_GAMMA, zeros, buckets: read };
}
