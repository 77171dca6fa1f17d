/** Adds up trials and events of one arm of one series. Reused for all of them: nothing is made for each line. */
import { emptyCells, sumEvents, sumTrials, type Beside, type Cells } from './cells.ts';
import { Distinct } from './distinct.ts';
import type { Columns } from './line-columns.ts';
import type { SumsTerms } from './parts.ts';
import { INSTANCE_BINS, type Events, type Recent, type Trials } from './sums.ts';

type OfLine<T> = (line: number) => T;

export class SeriesCounter {
  readonly #columns: Columns;
  readonly #terms: SumsTerms;
  readonly #cells: Cells;
  readonly #seen: Distinct;

  constructor(columns: Columns, terms: SumsTerms) {
    this.#columns = columns;
    this.#terms = terms;
    this.#cells = emptyCells(terms.grid.ticks);
    this.#seen = new Distinct(columns.users);
  }

  /**
   * @param lines all that count, once or by `weight`
   * @param kinds of event: which of these lines
   */
  count<Kinds extends readonly Int32Array[]>(
    lines: Int32Array,
    kinds: Kinds,
    weight: OfLine<number> | null = null,
  ): { readonly trials: Trials; readonly events: { [Kind in keyof Kinds]: Events } } {
    const { instance } = this.#columns;
    const { grid } = this.#terms;
    const namesInstances = lines.some((line) => (instance[line] ?? -1) >= 0);
    const cells = this.#cells;
    cells.trials.fill(0);
    const ofTrials = this.#fill(cells.trials, lines, weight, namesInstances);
    const trials = sumTrials(cells, grid, ofTrials.beside, ofTrials.filled);
    const events = kinds.map((ofKind) => {
      const { beside, filled } = this.#fill(cells.events, ofKind, weight, namesInstances);
      const sums = sumEvents(cells, grid, beside, filled);
      for (const cell of filled) cells.events[cell] = 0;
      return sums;
    });
    return { trials, events: events as { [Kind in keyof Kinds]: Events } };
  }

  #fill(
    cells: Uint32Array,
    lines: Int32Array,
    weight: OfLine<number> | null,
    namesInstances: boolean,
  ): { readonly beside: Beside; readonly filled: Int32Array } {
    const { tick, user, binOf, instance } = this.#columns;
    const { width } = this.#cells;
    const seen = this.#seen.restart();
    const byInstance = new Float64Array(namesInstances ? INSTANCE_BINS : 0);
    const filled = new Int32Array(Math.min(lines.length, cells.length));
    let count = 0;
    for (const line of lines) {
      const n = weight === null ? 1 : weight(line);
      const who = user[line] ?? 0;
      const cell = (binOf[who] ?? 0) * width + (tick[line] ?? 0);
      if (cells[cell] === 0) filled[count++] = cell;
      cells[cell] = (cells[cell] ?? 0) + n;
      seen.add(who);
      const at = instance[line] ?? -1;
      if (at >= 0) byInstance[at] = (byInstance[at] ?? 0) + n;
    }
    const beside = { byInstance: Array.from(byInstance), users: seen.count };
    return { beside, filled: filled.subarray(0, count) };
  }

  /** The newest two looks by part. */
  recent(lines: Int32Array, events: Int32Array): Recent {
    const trials = this.#byPart(lines);
    const hit = this.#byPart(events);
    return { trials: trials.counts, events: hit.counts, users: trials.users, affected: hit.users };
  }

  #byPart(lines: Int32Array): { readonly counts: number[]; readonly users: number } {
    const { atMs, user } = this.#columns;
    const { grid, startMs, recent } = this.#terms;
    const { startMs: sinceMs, parts } = recent;
    const lengthMs = (startMs + grid.ticks * grid.tickMs - sinceMs) / parts;
    const counts = Array.from({ length: parts }, () => 0);
    const seen = this.#seen.restart();
    // The newest lines are the last.
    for (let i = lines.length - 1; i >= 0; i -= 1) {
      const line = lines[i] ?? 0;
      const at = atMs[line] ?? 0;
      if (at < sinceMs) break;
      const part = Math.min(parts - 1, Math.floor((at - sinceMs) / lengthMs));
      counts[part] = (counts[part] ?? 0) + 1;
      seen.add(user[line] ?? 0);
    }
    return { counts, users: seen.count };
  }
}
