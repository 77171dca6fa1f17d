/**
 * Timed lines (a user's requests that went well) as columns of numbers.
 * DuckDB filters them in a millisecond or two and then needs ten times that to hand them over, so `LatestTimed` keeps
 * the newest in this process: each is handed over once, when it arrives, and not at every look again.
 */
import { type DuckDBConnection, DuckDBDoubleVector } from '@duckdb/node-api';

/** Raw latencies of one window at most; beyond it the newest are taken. */
export const MAX_LATENCIES = 200_000;

/** Lines kept in this process, 32 bytes each, and how many of them stay when there is no more room. */
const CAPACITY = 2 * MAX_LATENCIES;
const KEPT = 1.2 * MAX_LATENCIES;
const MOST_KEPT = 1.5 * MAX_LATENCIES;
/** The age up to which lines stay is estimated from every so manieth of them. */
const SAMPLED_EVERY = 64;

/** Called for each line; `tusable` is NaN when nobody measured it. */
export type TakeTimed = (lineClass: number, tfinal: number, tusable: number, batch: number) => void;

/** All columns are DOUBLE and without nulls: telling nulls from values costs more than reading the values does. */
const SELECTED = [
  'class::DOUBLE',
  'tfinal',
  "coalesce(tusable, 'nan'::DOUBLE)",
  'batch::DOUBLE',
  'epoch_us(ts)::DOUBLE',
].join(', ');

type Column = Float64Array | Int32Array;

export class TimedColumns {
  /** Lines there is room for. */
  readonly capacity: number;
  length = 0;
  readonly #lineClass: Int32Array;
  readonly #tfinal: Float64Array;
  readonly #tusable: Float64Array;
  readonly #batch: Int32Array;
  /** Instant in microseconds, as the table has it. */
  readonly #atUs: Float64Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#lineClass = new Int32Array(capacity);
    this.#tfinal = new Float64Array(capacity);
    this.#tusable = new Float64Array(capacity);
    this.#batch = new Int32Array(capacity);
    this.#atUs = new Float64Array(capacity);
  }

  /** @param from what follows FROM, over the columns of `lines`. */
  static async read(connection: DuckDBConnection, from: string): Promise<TimedColumns> {
    const chunks = await (await connection.run(`SELECT ${SELECTED} FROM ${from}`)).fetchAllChunks();
    const columns = new TimedColumns(chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0));
    for (const chunk of chunks) {
      columns.#inOrder().forEach((column, i) => copy(chunk.getColumnVector(i), column, columns.length));
      columns.length += chunk.rowCount;
    }
    return columns;
  }

  /** Lines of `fromUs` up to and not including `toUs`. */
  forEach(take: TakeTimed, fromUs = -Infinity, toUs = Infinity): void {
    const [lineClass, tfinal, tusable, batch] = [this.#lineClass, this.#tfinal, this.#tusable, this.#batch];
    const atUs = this.#atUs;
    for (let i = 0; i < this.length; i += 1) {
      const at = atUs[i] ?? NaN;
      if (at < fromUs || at >= toUs) continue;
      take(lineClass[i] ?? -1, tfinal[i] ?? NaN, tusable[i] ?? NaN, batch[i] ?? -1);
    }
  }

  /** Adds the last lines of `other` for which there is room. */
  append(other: TimedColumns): void {
    const count = Math.min(other.length, this.capacity - this.length);
    const theirs = other.#inOrder();
    this.#inOrder().forEach((column, i) =>
      column.set(theirs[i]?.subarray(other.length - count, other.length) ?? [], this.length),
    );
    this.length += count;
  }

  /** Keeps about this many lines, the newest, and `most` at most. */
  keepNewest(about: number, most: number): void {
    const sample = this.#atUs.filter((_, i) => i < this.length && i % SAMPLED_EVERY === 0).sort();
    const oldest = sample[Math.floor(sample.length * (1 - about / this.length))] ?? -Infinity;
    const columns = this.#inOrder();
    let kept = 0;
    for (let i = 0; i < this.length && kept < most; i += 1) {
      if ((this.#atUs[i] ?? NaN) < oldest) continue;
      for (const column of columns) column[kept] = column[i] ?? NaN;
      kept += 1;
    }
    this.length = kept;
  }

  /** As in `SELECTED`. */
  #inOrder(): readonly Column[] {
    return [this.#lineClass, this.#tfinal, this.#tusable, this.#batch, this.#atUs];
  }
}

/**
 * The newest timed lines of a table, and a few that are older.
 * Invariant: holds lines of its table only, none twice, and `CAPACITY` at most. So when it has as many lines of a
 * window as the table has, it has just those; with fewer, the table has to be asked.
 */
export class LatestTimed {
  #lines: TimedColumns | null = null;

  add(lines: TimedColumns): void {
    this.#lines ??= new TimedColumns(CAPACITY);
    // By age and not by arrival: a worker that starts in the middle of a hold reads one file after the other.
    if (this.#lines.length + lines.length > CAPACITY) this.#lines.keepNewest(KEPT, MOST_KEPT);
    this.#lines.append(lines);
  }

  forEach(fromMs: number, toMs: number, take: TakeTimed): void {
    // As `instant` of lines.ts has it.
    this.#lines?.forEach(take, Math.trunc(fromMs) * 1000, Math.trunc(toMs) * 1000);
  }
}

function copy(vector: unknown, into: Column, at: number): void {
  if (!(vector instanceof DuckDBDoubleVector)) throw new TypeError('not a column of DOUBLE');
  for (let i = 0; i < vector.itemCount; i += 1) into[at + i] = vector.getItem(i) ?? NaN;
}
