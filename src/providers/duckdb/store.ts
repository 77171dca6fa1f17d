/**
 * Request lines of one path, ready to be queried: recent lines of local files stay in tables that follow the
 * files, so a window costs the lines that are new since the last look and not the whole log.
 * Invariant: the tables hold every whole line at or after `#floorMs` exactly once; a query that reaches further back
 * reads the files themselves.
 */
import { existsSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { ProviderError } from '../../domain/errors.ts';
import type { Unread } from '../../domain/look-input.ts';
import type { ProviderScope, TelemetryQuery } from '../../ports/index.ts';
import { literal, openDatabase, rows, SPOOL_DIR, withConnection } from './database.ts';
import { FOREIGN, instant, wholeLines } from './lines.ts';
import { ObjectMirror } from './objects.ts';
import { LineTables } from './tables.ts';
import { Tail } from './tail.ts';
import { TranslatedLogs, type OpenLog } from './translated.ts';
import { UnreadLines } from './unread.ts';

/** Lines this much older than the oldest window asked for are dropped, ms. */
const KEEP_MS = 15 * 60_000;
/** A file may have been written this much before the time its lines carry (clocks of two machines), ms. */
const SKEW_MS = 60_000;

let stores = 0;

export class LineStore {
  readonly #path: string;
  /** Of an object store. */
  readonly #mirror: ObjectMirror | null;
  /** Logs that DuckDB does not follow as they are. */
  readonly #logs: TranslatedLogs;
  readonly #isForeign: boolean;
  #synced: Promise<unknown> = Promise.resolve();
  #tables: LineTables;
  #tail = new Tail(SPOOL_DIR);
  #floorMs: number | null = null;
  #busy: Promise<unknown> = Promise.resolve();
  /** Of translating logs, and of reading request lines: each may be done again without the other. */
  readonly #untranslated = new UnreadLines();
  readonly #unread = new UnreadLines();

  /** Ports that read through it. */
  users = 0;

  /** @param openLog reads logs of another format; null: they are request lines */
  constructor(path: string, env: ProviderScope['env'], openLog: OpenLog | null) {
    stores += 1;
    this.#isForeign = openLog !== null;
    const folder = join(SPOOL_DIR, `logs-${stores}`);
    this.#logs = new TranslatedLogs(openLog, folder, this.#untranslated);
    const isRemote = path.startsWith('s3://');
    this.#path = isRemote ? path : resolve(path);
    this.#mirror = isRemote ? new ObjectMirror(path, join(SPOOL_DIR, `objects-${stores}`), env) : null;
    this.#tables = new LineTables(`store${stores}`, false);
  }

  /** Lines that could not be counted. */
  get unreadCount(): number {
    return this.#untranslated.count + this.#unread.count;
  }

  /** What was read since then, null when all of it was counted. @param sinceMs epoch ms */
  unreadSince(sinceMs: number): Unread | null {
    return this.#unread.told(sinceMs, this.#untranslated);
  }

  /** Runs `work` over tables that hold at least the lines of `query`. */
  async recent<T>(
    query: TelemetryQuery,
    signal: AbortSignal | undefined,
    work: (connection: DuckDBConnection, tables: LineTables) => Promise<T>,
  ): Promise<T> {
    const paths = await this.#paths(query.fromMs, signal);
    return withConnection(async (connection) => {
      const kept = await this.#inTurn(connection, paths, query, work);
      return kept === null ? scanned(connection, paths, query, work) : kept.result;
    }, signal);
  }

  /** As {@link recent}, over tables of this question alone: for long ranges that are asked once. */
  async once<T>(
    query: TelemetryQuery,
    signal: AbortSignal | undefined,
    work: (connection: DuckDBConnection, tables: LineTables) => Promise<T>,
  ): Promise<T> {
    const paths = await this.#paths(query.fromMs, signal);
    return withConnection((connection) => scanned(connection, paths, query, work), signal);
  }

  /** Forgets every line once no port reads through it; the next question reads the files anew. */
  async release(): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    await this.#forget(() => this.users === 0);
    if (this.users > 0) return;
    await this.#mirror?.close();
    await this.#logs.close();
  }

  async #forget(isWanted: () => boolean): Promise<void> {
    const turn = this.#busy.then(async () => {
      if (!isWanted() || this.#floorMs === null) return;
      const { classes, lines } = this.#tables;
      this.#floorMs = null;
      this.#unread.clear();
      stores += 1;
      this.#tables = new LineTables(`store${stores}`, false);
      this.#tail = new Tail(SPOOL_DIR);
      await withConnection(async (connection) => {
        await connection.run(`DROP TABLE IF EXISTS ${lines}`);
        await connection.run(`DROP TABLE IF EXISTS ${classes}`);
      });
    });
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  /** Runs `work` over the raw whole lines of `query` in the files themselves: for long ranges that are asked once. */
  async scan<T>(
    query: TelemetryQuery,
    signal: AbortSignal | undefined,
    work: (connection: DuckDBConnection, from: string) => Promise<T>,
  ): Promise<T> {
    const paths = await this.#paths(query.fromMs, signal);
    return withConnection((connection) => work(connection, wholeLines(paths, rangeOf(query))), signal);
  }

  /**
   * One reader after the other, so that all numbers of a look are of the same lines.
   * @returns null when the tables do not reach back that far.
   */
  async #inTurn<T>(
    connection: DuckDBConnection,
    paths: readonly string[],
    query: TelemetryQuery,
    work: (connection: DuckDBConnection, tables: LineTables) => Promise<T>,
  ): Promise<{ readonly result: T } | null> {
    const turn = this.#busy.then(async () => {
      if (this.#floorMs !== null && query.fromMs < this.#floorMs) return null;
      await this.#refresh(connection, paths, query.fromMs);
      return { result: await work(connection, this.#tables) };
    });
    // The next reader waits for this one, whether or not it succeeds, and nobody keeps its result.
    this.#busy = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async #refresh(connection: DuckDBConnection, paths: readonly string[], fromMs: number): Promise<void> {
    if (this.#floorMs === null) {
      await this.#tables.create(connection);
      this.#floorMs = fromMs;
    }
    const floorMs = this.#floorMs;
    await this.#tail.advance(paths, floorMs - SKEW_MS, async (spools) => {
      const added = await this.#tables.add(connection, spools, `ts >= ${instant(floorMs)}`);
      // Lines of another format were counted where they were translated.
      if (!this.#isForeign) this.#unread.read(added.lines);
      for (const [why, n] of added.faults) this.#unread.leave(why, n, why === FOREIGN);
    });
    if (fromMs - floorMs > 2 * KEEP_MS) {
      await connection.run(`DELETE FROM ${this.#tables.lines} WHERE ts < ${instant(fromMs - KEEP_MS)}`);
      this.#floorMs = fromMs - KEEP_MS;
    }
  }

  /** One look at the store after the other: each finds what the one before it fetched. */
  async #objects(
    mirror: ObjectMirror,
    sinceMs: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    const sync = this.#synced.then(async () => {
      await openDatabase();
      return mirror.sync(sinceMs, signal);
    });
    this.#synced = sync.catch(() => undefined);
    const { files, isReplaced } = await sync;
    if (isReplaced) await this.#forget(() => true);
    return files.filter((file) => isRecent(file, sinceMs));
  }

  /** Files of request lines that may hold some of the range. */
  async #paths(fromMs: number, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const found = await this.#sources(fromMs, signal);
    const isPlain = (file: string): boolean => !this.#isForeign && !file.endsWith('.gz');
    const others = found.filter((file) => !isPlain(file));
    if (others.length === 0) return found;
    await openDatabase();
    const { files, isReplaced } = await this.#logs.sync(others, fromMs - SKEW_MS, signal);
    if (isReplaced) await this.#forget(() => true);
    return [...found.filter(isPlain), ...files];
  }

  /** @throws ProviderError when the directory does not exist */
  async #sources(fromMs: number, signal: AbortSignal | undefined): Promise<readonly string[]> {
    if (this.#mirror !== null) return this.#objects(this.#mirror, fromMs - SKEW_MS, signal);
    if (statSync(this.#path, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new ProviderError(
        'fatal',
        'duckdb',
        `telemetry: ${this.#path} is a folder; write ${this.#path}/*.ndjson`,
      );
    }
    const wild = this.#path.search(/[*?[]/);
    const folder = wild === -1 ? dirname(this.#path) : dirname(`${this.#path.slice(0, wild)}x`);
    if (!existsSync(folder)) {
      throw new ProviderError(
        'fatal',
        'duckdb',
        `telemetry: directory ${folder} (of ${this.#path}) does not exist on ${hostname()}`,
      );
    }
    const found = await withConnection(
      (connection) => rows(connection, `SELECT file FROM glob(${literal(this.#path)}) ORDER BY file`),
      signal,
    );
    return found.map((row) => String(row['file'])).filter((file) => isRecent(file, fromMs - SKEW_MS));
  }
}

async function scanned<T>(
  connection: DuckDBConnection,
  paths: readonly string[],
  query: TelemetryQuery,
  work: (connection: DuckDBConnection, tables: LineTables) => Promise<T>,
): Promise<T> {
  const tables = new LineTables('scanned', true);
  await tables.create(connection);
  await tables.add(connection, paths, rangeOf(query));
  return work(connection, tables);
}

function rangeOf(query: TelemetryQuery): string {
  const regions =
    query.regions.length === 0 ? '' : ` AND region IN (${query.regions.map(literal).join(', ')})`;
  return `ts >= ${instant(query.fromMs)} AND ts < ${instant(query.toMs)} AND service = ${literal(query.service)}${regions}`;
}

function isRecent(file: string, sinceMs: number): boolean {
  try {
    return statSync(file).mtimeMs >= sinceMs;
  } catch {
    return false;
  }
}
