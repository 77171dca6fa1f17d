/** Adds up trials and events of one arm of one series. Reused for all of them: nothing is made for each line. */
import { emptyCells, sumCells, type Beside, type Cells } from './cells.ts';
import type { Columns } from './line-columns.ts';
import type { SumsTerms } from './parts.ts';
import { INSTANCE_BINS, type Events, type Recent, type Trials } from './sums.ts';

type OfLine<T> = (line: number) => T;

const once = (): number => 1;

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
   * @param kinds of event, each among these lines
   */
  count(
    lines: Int32Array,
    kinds: readonly [OfLine<boolean>, ...OfLine<boolean>[]],
    weight: OfLine<number> = once,
  ): { readonly trials: Trials; readonly events: readonly [Events, ...Events[]] } {
    const { instance } = this.#columns;
    const namesInstances = lines.some((line) => (instance[line] ?? -1) >= 0);
    const { trials: ofTrials, events: ofEvents } = this.#cells;
    const trials = this.#fill(ofTrials, lines, weight, namesInstances);
    const sums = (isEvent: OfLine<boolean>): ReturnType<typeof sumCells> => {
      const events = this.#fill(ofEvents, lines, weight, namesInstances, isEvent);
      return sumCells(this.#cells, this.#terms.grid, { trials, events });
    };
    const [first, ...others] = kinds;
    const one = sums(first);
    return { trials: one.trials, events: [one.events, ...others.map((kind) => sums(kind).events)] };
  }

  #fill(
    cells: Uint32Array,
    lines: Int32Array,
    weight: OfLine<number>,
    namesInstances: boolean,
    isCounted?: OfLine<boolean>,
  ): Beside {
    const { tick, user, binOf, instance } = this.#columns;
    const { width } = this.#cells;
    const seen = this.#seen.restart();
    const byInstance = namesInstances ? Array.from({ length: INSTANCE_BINS }, () => 0) : [];
    cells.fill(0);
    for (const line of lines) {
      if (isCounted !== undefined && !isCounted(line)) continue;
      const n = weight(line);
      const who = user[line] ?? 0;
      const cell = (binOf[who] ?? 0) * width + (tick[line] ?? 0);
      cells[cell] = (cells[cell] ?? 0) + n;
      seen.add(who);
      const at = instance[line] ?? -1;
      if (at >= 0) byInstance[at] = (byInstance[at] ?? 0) + n;
    }
    return { byInstance, users: seen.count };
  }

  /** The newest two looks by part. */
  recent(lines: Int32Array, isEvent: OfLine<boolean>): Recent {
    const { atMs, user } = this.#columns;
    const { grid, startMs, recent } = this.#terms;
    const endMs = startMs + grid.ticks * grid.tickMs;
    const lengthMs = (endMs - recent.startMs) / recent.parts;
    const zeros = (): number[] => Array.from({ length: recent.parts }, () => 0);
    const [trials, events] = [zeros(), zeros()];
    const [all, hit] = [this.#seen.restart(), new Distinct(this.#columns.users)];
    for (const line of lines) {
      const at = atMs[line] ?? 0;
      if (at < recent.startMs) continue;
      const part = Math.min(recent.parts - 1, Math.floor((at - recent.startMs) / lengthMs));
      const who = user[line] ?? 0;
      trials[part] = (trials[part] ?? 0) + 1;
      all.add(who);
      if (!isEvent(line)) continue;
      events[part] = (events[part] ?? 0) + 1;
      hit.add(who);
    }
    return { trials, events, users: all.count, affected: hit.count };
  }
}

/** Distinct users, by number. */
export class Distinct {
  count = 0;
  #round = 1;
  readonly #in: Uint32Array;

  constructor(users: number) {
    this.#in = new Uint32Array(users);
  }

  add(user: number): void {
    if (this.#in[user] === this.#round) return;
    this.#in[user] = this.#round;
    this.count += 1;
  }

  /** Forgets them all. */
  restart(): this {
    this.#round += 1;
    this.count = 0;
    return this;
  }
}
