/**
 * The DuckDB instance of this process.
 * Invariant: one instance, whatever number of plans a worker serves, with a bounded share of the machine: two
 * threads and 512 MB, beyond which it spills to the temporary directory instead of growing.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { ProviderError } from '../../domain/errors.ts';

export const SPOOL_DIR = join(tmpdir(), `cutover-duckdb-${process.pid}`);

let instance: Promise<DuckDBInstance> | undefined;

async function open(): Promise<DuckDBInstance> {
  mkdirSync(SPOOL_DIR, { recursive: true, mode: 0o700 });
  process.once('exit', () => rmSync(SPOOL_DIR, { recursive: true, force: true }));
  return DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '512MB',
    // The default is `.tmp` in the working directory, which is no place of ours.
    temp_directory: SPOOL_DIR,
    // Nobody needs the rows in file order, and keeping it costs memory.
    preserve_insertion_order: 'false',
  });
}

/** Runs `work` on a connection of its own; `signal` interrupts the running query. */
export async function withConnection<T>(
  work: (connection: DuckDBConnection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  instance ??= open();
  const connection = await (await instance).connect();
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
