/**
 * Adds up the lines of one color in one part (the whole, a region, a route) look by look, as an engine does.
 * Invariant: what the rule sees is what `sumTrials` and `sumEvents` make of cells, and nothing of how the lines were drawn; looks are
 * asked for in order, so that a line is counted once for all of them.
 */
import {
  allBlocks,
  blockOf,
  Distinct,
  emptyCells,
  histogramOfCounts,
  INSTANCE_BINS,
  LAST_BUCKET,
  sumEvents,
  sumTrials,
  type ArmTotals,
  type Beside,
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

/** Seconds of the newest two looks; at the first look of that one. */
export interface RecentSpan {
  readonly startS: number;
  readonly endS: number;
  readonly parts: number;
}

export interface Cut {
  readonly tickS: number;
  /** Ticks of the hold. */
  readonly ticks: number;
  readonly namesInstances: boolean;
}

/** What the value of a failure exceeds. */
export const FAILED = 0.5;

// A read of an imported name costs more than the loops here do.
const BUCKETS = LAST_BUCKET + 1;

export class PartLines {
  /** Of each line, by tick: errors 1 or 0, latencies ms. */
  readonly #value: Float64Array;
  readonly #second: Float64Array;
  readonly #user: Uint16Array;
  /** User bin × tick. */
  readonly #cell: Int32Array;
  readonly #bucket: Uint16Array;
  readonly #instance: Uint8Array;
  /** Where the lines of a tick begin; one more, where the last one's end. */
  readonly #starts: Int32Array;
  readonly #cut: Cut;
  readonly #cells: Cells;
  /** Cells with a trial so far. */
  readonly #filled: Int32Array;
  #cellsFilled = 0;
  /** Lines that are counted as trials. */
  #counted = 0;
  readonly #seen: Distinct;
  readonly #hit: Distinct;
  readonly #recent: Distinct;
  readonly #instances: number[];
  readonly #blocks = new Map<number, Histogram>();
  readonly #room = new Uint32Array(BUCKETS);

  /** @param belongs which lines are of this part; null: all */
  constructor(lines: Lines, users: Users, cut: Cut, belongs: ((line: number) => boolean) | null) {
    const { tickS, ticks } = cut;
    const tickOf = (line: number): number =>
      Math.min(ticks - 1, Math.floor((lines.second[line] ?? 0) / tickS));
    const ends = new Int32Array(ticks + 1);
    for (let line = 0; line < lines.count; line += 1) {
      if (belongs !== null && !belongs(line)) continue;
      const at = tickOf(line) + 1;
      ends[at] = (ends[at] ?? 0) + 1;
    }
    for (let at = 1; at <= ticks; at += 1) ends[at] = (ends[at] ?? 0) + (ends[at - 1] ?? 0);
    const size = ends[ticks] ?? 0;
    this.#cut = cut;
    this.#starts = ends.slice();
    this.#cells = emptyCells(ticks);
    this.#filled = new Int32Array(Math.min(size, this.#cells.trials.length));
    this.#value = new Float64Array(size);
    this.#second = new Float64Array(size);
    this.#user = new Uint16Array(size);
    this.#cell = new Int32Array(size);
    this.#bucket = new Uint16Array(size);
    this.#instance = new Uint8Array(size);
    this.#seen = new Distinct(users.count);
    this.#hit = new Distinct(users.count);
    this.#recent = new Distinct(users.count);
    this.#instances = zeros(cut.namesInstances ? INSTANCE_BINS : 0);
    for (let line = 0; line < lines.count; line += 1) {
      if (belongs !== null && !belongs(line)) continue;
      const tick = tickOf(line);
      const at = ends[tick] ?? 0;
      ends[tick] = at + 1;
      const user = lines.user[line] ?? 0;
      this.#value[at] = lines.value[line] ?? 0;
      this.#second[at] = lines.second[line] ?? 0;
      this.#user[at] = user;
      this.#cell[at] = (users.bin[user] ?? 0) * ticks + tick;
      this.#bucket[at] = lines.bucket[line] ?? 0;
      this.#instance[at] = lines.instance[line] ?? 0;
    }
  }

  /** Trials up to the end of the grid. */
  trials(grid: Grid): Trials {
    const { trials } = this.#cells;
    const end = this.#starts[grid.ticks] ?? 0;
    for (let line = this.#counted; line < end; line += 1) {
      const cell = this.#cell[line] ?? 0;
      if (trials[cell] === 0) this.#filled[this.#cellsFilled++] = cell;
      trials[cell] = (trials[cell] ?? 0) + 1;
      this.#seen.add(this.#user[line] ?? 0);
      this.#addInstance(this.#instances, line);
    }
    this.#counted = end;
    const beside: Beside = { byInstance: [...this.#instances], users: this.#seen.count };
    return sumTrials(this.#cells, grid, beside, this.#filled.subarray(0, this.#cellsFilled));
  }

  /**
   * Events of one kind up to the end of the grid, whose trials were asked for.
   * @param over of each tick, what a line must exceed
   */
  events(grid: Grid, over: Float64Array): Events {
    const { events } = this.#cells;
    const hit = this.#hit.restart();
    const byInstance = zeros(this.#instances.length);
    const filled: number[] = [];
    for (let tick = 0; tick < grid.ticks; tick += 1) {
      const limit = over[tick] ?? Infinity;
      const end = this.#starts[tick + 1] ?? 0;
      for (let line = this.#starts[tick] ?? 0; line < end; line += 1) {
        if ((this.#value[line] ?? 0) <= limit) continue;
        const cell = this.#cell[line] ?? 0;
        if (events[cell] === 0) filled.push(cell);
        events[cell] = (events[cell] ?? 0) + 1;
        hit.add(this.#user[line] ?? 0);
        this.#addInstance(byInstance, line);
      }
    }
    const sums = sumEvents(this.#cells, grid, { byInstance, users: hit.count }, Int32Array.from(filled));
    for (const cell of filled) events[cell] = 0;
    return sums;
  }

  #addInstance(counts: number[], line: number): void {
    if (!this.#cut.namesInstances) return;
    const instance = this.#instance[line] ?? 0;
    counts[instance] = (counts[instance] ?? 0) + 1;
  }

  /** Latencies by block. */
  histograms(grid: Grid): Histogram[] {
    return blocksIn(grid).map(({ start, end }) => this.#histogramOf(start, end));
  }

  #histogramOf(start: number, end: number): Histogram {
    const key = start * (this.#cut.ticks + 1) + end;
    const known = this.#blocks.get(key);
    if (known !== undefined) return known;
    const room = this.#room.fill(0);
    const last = this.#starts[end] ?? 0;
    for (let line = this.#starts[start] ?? 0; line < last; line += 1) this.#addBucket(room, line);
    const made = histogramOfCounts(room);
    this.#blocks.set(key, made);
    return made;
  }

  #addBucket(counts: Uint32Array, line: number): void {
    const bucket = this.#bucket[line] ?? 0;
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }

  /** As a source tells it that counts requests. @param isTimed values are latencies of successes, else failures */
  totals(grid: Grid, isTimed: boolean): ArmTotals {
    const blocks = blocksIn(grid).map(({ start, end }) =>
      this.#value.subarray(this.#starts[start], this.#starts[end]),
    );
    return {
      requests: blocks.map(({ length }) => length),
      failures: blocks.map((values) => (isTimed ? 0 : values.filter((one) => one > FAILED).length)),
      final: isTimed ? this.histograms(grid) : blocks.map(() => histogramOfCounts([])),
    };
  }

  /** Latencies of the span, for the p95 that a catastrophe is measured by. */
  recentHistogram(span: RecentSpan): Histogram {
    const { first, end } = this.#within(span);
    const room = this.#room.fill(0);
    for (let line = first; line < end; line += 1) if (this.#isWithin(line, span)) this.#addBucket(room, line);
    return histogramOfCounts(room);
  }

  /** @param over what an event exceeds */
  recent(span: RecentSpan, over: number): Recent {
    const { startS, endS, parts } = span;
    const [trials, events] = [zeros(parts), zeros(parts)];
    const [seen, hit] = [this.#recent.restart(), this.#hit.restart()];
    const lengthS = (endS - startS) / parts;
    const { first, end } = this.#within(span);
    for (let line = first; line < end; line += 1) {
      if (!this.#isWithin(line, span)) continue;
      const at = Math.min(parts - 1, Math.floor(((this.#second[line] ?? 0) - startS) / lengthS));
      const user = this.#user[line] ?? 0;
      trials[at] = (trials[at] ?? 0) + 1;
      seen.add(user);
      if ((this.#value[line] ?? 0) <= over) continue;
      events[at] = (events[at] ?? 0) + 1;
      hit.add(user);
    }
    return { trials, events, users: seen.count, affected: hit.count };
  }

  /** The ticks that a span has something of. */
  #within({ startS, endS }: RecentSpan): { readonly first: number; readonly end: number } {
    const { tickS, ticks } = this.#cut;
    return {
      first: this.#starts[Math.floor(startS / tickS)] ?? 0,
      end: this.#starts[Math.min(ticks, Math.ceil(endS / tickS))] ?? 0,
    };
  }

  #isWithin(line: number, { startS, endS }: RecentSpan): boolean {
    const second = this.#second[line] ?? 0;
    return second >= startS && second < endS;
  }
}

/** Ticks of each block, the oldest first, with the short one at the start if there is one. */
function blocksIn(grid: Grid): { readonly start: number; readonly end: number }[] {
  const { blockTicks, ticks } = grid;
  return Array.from({ length: allBlocks(grid) }, (_, back) => {
    const end = ticks - back * blockTicks;
    return { start: Math.max(0, end - blockTicks), end };
  }).toReversed();
}

/** Of each tick, the value of its block. */
export function byTick(grid: Grid, byBlock: readonly number[]): Float64Array {
  return Float64Array.from({ length: grid.ticks }, (_, tick) => byBlock[blockOf(grid, tick)] ?? Infinity);
}

/** The same limit at every tick. */
export function always({ ticks }: Grid, limit: number): Float64Array {
  return new Float64Array(ticks).fill(limit);
}

export function errorSeries(lines: PartLines, grid: Grid): Series {
  return { trials: lines.trials(grid), events: lines.events(grid, always(grid, FAILED)) };
}

const zeros = (length: number): number[] => Array.from({ length }, () => 0);
