/**
 * The DuckDB instance of this process: a file in a folder of its own, removed when nobody reads any more or the process ends.
 * Invariant: one instance, whatever number of plans a worker serves, with a bounded share of the machine: two threads
 * and 370 MB (470 with what it does not count), beyond which it works on disk.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { ProviderError } from '../../domain/errors.ts';

const SPOOL_PREFIX = 'cutover-duckdb-';
export const SPOOL_DIR = join(tmpdir(), `${SPOOL_PREFIX}${process.pid}`);

let instance: Promise<DuckDBInstance> | undefined;
/** Both have the same folder. */
let closing: Promise<void> = Promise.resolve();
let isRemovedAtExit = false;

async function open(): Promise<DuckDBInstance> {
  await closing;
  removeLeftOvers();
  // What another process of this id left behind.
  rmSync(SPOOL_DIR, { recursive: true, force: true });
  mkdirSync(SPOOL_DIR, { recursive: true, mode: 0o700 });
  if (!isRemovedAtExit) process.once('exit', () => rmSync(SPOOL_DIR, { recursive: true, force: true }));
  isRemovedAtExit = true;
  const opened = await DuckDBInstance.create(join(SPOOL_DIR, 'lines.duckdb'), {
    threads: '2',
    memory_limit: '370MB',
    // The default lies beside the database, and is no folder that we would remove.
    temp_directory: SPOOL_DIR,
    // Nobody needs the rows in file order, and keeping it costs memory.
    preserve_insertion_order: 'false',
  });
  const connection = await opened.connect();
  // Of a time without offset; the default is the zone of this machine.
  await connection.run(`SET GLOBAL TimeZone = 'UTC'`);
  connection.closeSync();
  return opened;
}

/** A process that was killed could not remove its folder, and logs are large. */
function removeLeftOvers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(SPOOL_PREFIX) ? Number(name.slice(SPOOL_PREFIX.length)) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive, too.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Gives file and memory back; the next question opens a new database. */
export async function closeDatabase(): Promise<void> {
  const last = instance;
  instance = undefined;
  closing = (async () => {
    (await last)?.closeSync();
    rmSync(SPOOL_DIR, { recursive: true, force: true });
  })();
  await closing;
}

/** Opens the database: from then on its folder is there, until it is closed. */
export async function openDatabase(): Promise<DuckDBInstance> {
  instance ??= open();
  return instance;
}

/** Runs `work` on a connection of its own; `signal` interrupts the running query. */
export async function withConnection<T>(
  work: (connection: DuckDBConnection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const connection = await (await openDatabase()).connect();
  const interrupt = (): void => connection.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    return await work(connection);
  } catch (error) {
    signal?.throwIfAborted();
    throw mapError(error);
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
  }
}

export type Row = Readonly<Record<string, DuckDBValue>>;

/** Rows as objects; counts are cast to DOUBLE in the queries, so that no BigInt reaches the domain. */
export async function rows(
  connection: DuckDBConnection,
  sql: string,
  values: Record<string, string | number> = {},
): Promise<Row[]> {
  const reader = await connection.runAndReadAll(sql, values);
  return reader.getRowObjects();
}

/** A text as an SQL literal: file names cannot be bound as parameters everywhere in a FROM clause. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function mapError(error: unknown): unknown {
  if (error instanceof ProviderError || !(error instanceof Error)) return error;
  const line = error.message.split('\n')[0] ?? error.message;
  // A store that answers slowly or refuses for now (HTTP 5xx, 429, a lost connection) may answer the next time.
  const passing = /HTTP (?:Error|GET|HEAD).*(?:5\d\d|429)|timed? ?out|connection/i.test(line);
  return new ProviderError(passing ? 'retry' : 'fatal', 'duckdb', line, { cause: error });
}
