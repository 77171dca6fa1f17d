/**
 * Adds up the lines of one color in one part (the whole, a region, a route) for a look, as an engine does.
 * Invariant: what the rule sees is what `sumCells` makes of cells, and nothing of how the lines were drawn.
 */
import {
  allBlocks,
  blockOf,
  emptyCells,
  histogramOfCounts,
  INSTANCE_BINS,
  LAST_BUCKET,
  sumCells,
  type Cells,
  type Events,
  type Grid,
  type Histogram,
  type Recent,
  type Series,
  type Trials,
} from '../../../src/domain/clusters/index.ts';
import type { Lines } from './lines.ts';
import type { Users } from './world.ts';

/** Lines of a part, and where they lie in time. */
export interface PartLines {
  readonly lines: Lines;
  /** Which of them. */
  readonly members: Int32Array;
  readonly tick: Uint8Array;
  readonly users: Users;
  readonly namesInstances: boolean;
  readonly cells: Cells;
}

export function partOf(
  lines: Lines,
  users: Users,
  {
    tickS,
    ticks,
    namesInstances,
  }: { readonly tickS: number; readonly ticks: number; readonly namesInstances: boolean },
  belongs: ((at: number) => boolean) | null,
): PartLines {
  const members = new Int32Array(lines.count);
  const tick = new Uint8Array(lines.count);
  let size = 0;
  for (let i = 0; i < lines.count; i += 1) {
    tick[i] = Math.min(ticks - 1, Math.floor((lines.second[i] ?? 0) / tickS));
    if (belongs === null || belongs(i)) members[size++] = i;
  }
  return { lines, members: members.subarray(0, size), tick, users, namesInstances, cells: emptyCells(ticks) };
}

// A read of an imported name costs more than the loops here do.
const BUCKETS = LAST_BUCKET + 1;

const zeros = (length: number): number[] => Array.from({ length }, () => 0);

type IsEvent = (line: number) => boolean;

/** Distinct users of the lines that count. */
class Distinct {
  #seen: Uint8Array;
  count = 0;
  constructor(users: number) {
    this.#seen = new Uint8Array(users);
  }
  add(user: number): void {
    if (this.#seen[user] === 1) return;
    this.#seen[user] = 1;
    this.count += 1;
  }
}

/** Trials, and events of one kind, up to the end of the grid. */
export function seriesOf(
  part: PartLines,
  grid: Grid,
  isEvent: IsEvent,
): { readonly trials: Trials; readonly events: Events } {
  const { lines, members, tick, users, cells, namesInstances } = part;
  const [seen, hit] = [new Distinct(users.count), new Distinct(users.count)];
  const instances = namesInstances ? INSTANCE_BINS : 0;
  const [ofTrials, ofEvents] = [zeros(instances), zeros(instances)];
  cells.trials.fill(0);
  cells.events.fill(0);
  for (const line of members) {
    const at = tick[line] ?? 0;
    if (at >= grid.ticks) continue;
    const user = lines.user[line] ?? 0;
    const cell = (users.bin[user] ?? 0) * cells.width + at;
    const instance = lines.instance[line] ?? 0;
    cells.trials[cell] = (cells.trials[cell] ?? 0) + 1;
    seen.add(user);
    if (namesInstances) ofTrials[instance] = (ofTrials[instance] ?? 0) + 1;
    if (!isEvent(line)) continue;
    cells.events[cell] = (cells.events[cell] ?? 0) + 1;
    hit.add(user);
    if (namesInstances) ofEvents[instance] = (ofEvents[instance] ?? 0) + 1;
  }
  return sumCells(cells, grid, {
    trials: { byInstance: ofTrials, users: seen.count },
    events: { byInstance: ofEvents, users: hit.count },
  }) satisfies Series;
}

export function histogramsOf({ lines, members, tick }: PartLines, grid: Grid): Histogram[] {
  const blocks = allBlocks(grid);
  const blockOfTick = Array.from({ length: grid.ticks }, (_, at) => blockOf(grid, at));
  const counts = Array.from({ length: blocks }, () => new Uint32Array(BUCKETS));
  for (const line of members) {
    const block = counts[blockOfTick[tick[line] ?? 0] ?? -1];
    const bucket = lines.bucket[line] ?? 0;
    if (block !== undefined) block[bucket] = (block[bucket] ?? 0) + 1;
  }
  return counts.map(histogramOfCounts);
}

/** Seconds of the newest two looks; at the first look of that one. */
export interface RecentSpan {
  readonly startS: number;
  readonly endS: number;
  readonly parts: number;
}

export function recentOf({ lines, members, users }: PartLines, span: RecentSpan, isEvent: IsEvent): Recent {
  const { startS, endS, parts } = span;
  const [trials, events] = [zeros(parts), zeros(parts)];
  const [seen, hit] = [new Distinct(users.count), new Distinct(users.count)];
  const length = (endS - startS) / parts;
  for (const line of members) {
    const second = lines.second[line] ?? 0;
    if (second < startS || second >= endS) continue;
    const at = Math.min(parts - 1, Math.floor((second - startS) / length));
    const user = lines.user[line] ?? 0;
    trials[at] = (trials[at] ?? 0) + 1;
    seen.add(user);
    if (!isEvent(line)) continue;
    events[at] = (events[at] ?? 0) + 1;
    hit.add(user);
  }
  return { trials, events, users: seen.count, affected: hit.count };
}

/** Latencies of the span, for the p95 that a catastrophe is measured by. */
export function recentHistogram({ lines, members }: PartLines, { startS, endS }: RecentSpan): Histogram {
  const counts = new Uint32Array(BUCKETS);
  for (const line of members) {
    const second = lines.second[line] ?? 0;
    const bucket = lines.bucket[line] ?? 0;
    if (second >= startS && second < endS) counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return histogramOfCounts(counts);
}
