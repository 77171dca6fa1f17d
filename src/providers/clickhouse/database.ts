/**
 * Statements to one ClickHouse.
 * Invariant: values are written into statements as literals of ClickHouse's own form; what is not a literal is a name that the plan's
 * schema has checked.
 */
import { ClickHouseError, ClickHouseLogLevel, createClient, type ClickHouseClient } from '@clickhouse/client';
import { ProviderError } from '../../domain/errors.ts';

/** One value of an answer. */
type Value = string | number | boolean | null | readonly Value[];
export type Row = readonly Value[];

export interface DatabaseOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly timeoutMs: number;
}

/** Errors that may pass: too many queries at once, a timeout, memory, a network error between servers, a read-only replica. */
const PASSING: ReadonlySet<string> = new Set(['159', '202', '209', '210', '241', '242', '425', '439']);

export class Database {
  readonly #client: ClickHouseClient;

  constructor({ url, username, password, timeoutMs }: DatabaseOptions) {
    this.#client = createClient({
      url,
      username,
      password,
      request_timeout: timeoutMs,
      log: { level: ClickHouseLogLevel.OFF },
      // Counts are numbers here; limits must be read as they were written, to the last bit.
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0, precise_float_parsing: true },
    });
  }

  async rows(sql: string, signal?: AbortSignal): Promise<readonly Row[]> {
    signal?.throwIfAborted();
    try {
      const found = await this.#client.query({
        query: sql,
        format: 'JSONCompactEachRow',
        ...(signal === undefined ? {} : { abort_signal: signal }),
      });
      return await found.json<Row>();
    } catch (cause) {
      signal?.throwIfAborted();
      throw mapError(cause);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A number as it is: its text is the shortest that reads back as the same bits. */
export function float(value: number): string {
  return `toFloat64('${value}')`;
}

export function numbers(value: Value | undefined): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

function mapError(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  // The engine repeats the statement, which is pages long.
  const line = (cause.message.split('\n')[0] ?? '').replace(/[.:] In scope .*$/s, '').slice(0, 500);
  const passing = cause instanceof ClickHouseError ? PASSING.has(cause.code) : true;
  return new ProviderError(passing ? 'retry' : 'fatal', 'clickhouse', line, { cause });
}
