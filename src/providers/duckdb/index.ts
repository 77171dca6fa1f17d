/**
 * Provider `duckdb`: telemetry from request lines (NDJSON) that the edge appends, on disk or in an object store.
 * Invariant: reads never disturb the writer, and what cannot be read is not counted: an empty path is an empty
 * window (`freshestMs` null), a missing directory is an error.
 */
import type { z } from 'zod';
import type { Color } from '../../domain/color.ts';
import { parseDuration } from '../../domain/duration.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { number, text } from '../line-classes.ts';
import { blindGates, readerNamed, translator } from './readers/index.ts';
import type { ReaderSettings } from './readers/reader.ts';
import { parseOptions } from '../options.ts';
import {
  defineProvider,
  type ProviderScope,
  type SampleQuery,
  type TelemetryPort,
  type TelemetryQuery,
} from '../../ports/index.ts';
import { closeDatabase, literal, rows } from './database.ts';
import { LineStore } from './store.ts';
import { ERROR_CLASS } from './lines.ts';
import { manifest } from './manifest.ts';
import { trafficBlocks, trafficSums } from './sums/index.ts';
import { trafficWindow } from './window.ts';

/** Following a file has state, so ports of the same path share it. */
const stores = new Map<string, LineStore>();

export interface DuckdbTelemetry extends TelemetryPort {
  /** Lines ignored so far because they were cut off or not request lines. */
  readonly malformedLines: number;
}

/** @throws UserError when an option is wrong. */
export function duckdbTelemetry(
  ref: ProviderRef,
  { env, service = '' }: Pick<ProviderScope, 'env'> & Partial<Pick<ProviderScope, 'service'>> = { env: {} },
): DuckdbTelemetry {
  const options = parseOptions(manifest.ports.telemetry, ref, 'telemetry');
  const { path, format, lag } = options;
  const reader = format === undefined ? null : readerNamed(format);
  const settings = settingsOf(options, service);
  const key = JSON.stringify(reader === null ? path : [path, format, settings]);
  const store =
    stores.get(key) ?? new LineStore(path, env, reader === null ? null : () => translator(reader, settings));
  stores.set(key, store);
  store.users += 1;
  let isClosed = false;

  return {
    lagMs: parseDuration(lag ?? reader?.lag ?? '0s') ?? 0,
    ...(reader === null ? {} : { blind: blindGates(reader, settings) }),

    get malformedLines() {
      return store.unreadCount;
    },

    async close() {
      if (isClosed) return;
      isClosed = true;
      await store.release();
      if (Array.from(stores.values()).every(({ users }) => users === 0)) await closeDatabase();
    },

    async window(query, signal) {
      const counts = await store.recent(query, signal, (connection, tables) =>
        trafficWindow(connection, tables, query),
      );
      const unread = store.unreadSince(query.fromMs);
      return unread === null ? counts : { ...counts, unread };
    },

    sums(query, limits, signal) {
      const { startMs, grid } = query.terms;
      const range = { ...query, fromMs: startMs, toMs: startMs + grid.ticks * grid.tickMs };
      return store.recent(range, signal, (connection, tables) =>
        trafficSums(connection, tables, query, limits),
      );
    },

    blocks(color, query, signal) {
      return store.once(query, signal, (connection, tables) =>
        trafficBlocks(connection, tables, color, query),
      );
    },

    catalogue(color, query, signal) {
      return store.scan(query, signal, async (connection, from) => {
        const found = await rows(
          connection,
          `SELECT ${ERROR_CLASS} AS name, count(*)::DOUBLE AS n FROM ${from} WHERE ${userOf(color)} GROUP BY ALL`,
        );
        const failed = found.filter((row) => row['name'] !== null);
        // A line without a user is of a user of its own.
        const [users] = await rows(
          connection,
          `SELECT (count(DISTINCT "user") + count(*) FILTER (WHERE "user" IS NULL))::DOUBLE AS n FROM ${from} WHERE ${userOf(color)}`,
        );
        return {
          requests: found.reduce((sum, row) => sum + number(row, 'n'), 0),
          users: users === undefined ? 0 : number(users, 'n'),
          classes: Object.fromEntries(failed.map((row) => [text(row, 'name'), number(row, 'n')])),
        };
      });
    },

    popularKeys(color, limit, query, signal) {
      return store.scan(query, signal, async (connection, from) => {
        const found = await rows(
          connection,
          `SELECT cache."key" AS name, count(*)::DOUBLE AS n FROM ${from}
            WHERE ${userOf(color)} AND cache."key" IS NOT NULL AND cache.hit IS NOT NULL
            GROUP BY ALL ORDER BY n DESC, name LIMIT ${Math.max(0, Math.trunc(limit))}`,
        );
        return found.map((row) => ({ key: text(row, 'name'), hits: number(row, 'n') }));
      });
    },

    sample(color, limit, query, signal) {
      return store.scan(query, signal, async (connection, from) => {
        // Ordered by a hash: a sample over the whole range that is the same when an activity is retried.
        const found = await rows(
          connection,
          `SELECT method, cache."key" AS name, route FROM ${from}
            WHERE ${userOf(color)} AND cache."key" IS NOT NULL AND method IS NOT NULL${ofClass(query)}
            ORDER BY hash(ts, "user", name), name LIMIT ${Math.max(0, Math.trunc(limit))}`,
        );
        return found.map((row) => ({
          method: text(row, 'method'),
          key: text(row, 'name'),
          route: text(row, 'route'),
        }));
      });
    },

    hourly(query: TelemetryQuery, signal) {
      return store.scan(query, signal, async (connection, from) => {
        const found = await rows(
          connection,
          `SELECT epoch_ms(date_trunc('hour', ts))::DOUBLE AS hour, count(*)::DOUBLE AS n FROM ${from}
            WHERE kind = 'user' GROUP BY ALL ORDER BY hour`,
        );
        return found.map((row) => ({ hourMs: number(row, 'hour'), requests: number(row, 'n') }));
      });
    },
  };
}

function settingsOf(
  { colors, fields = {}, columns, region }: z.output<typeof manifest.ports.telemetry.options>,
  service: string,
): ReaderSettings {
  const sources = Object.entries(fields).map(([field, source]) => [
    field,
    typeof source === 'string' ? { from: source } : source,
  ]);
  return {
    service,
    region: region ?? '',
    colors: colors ?? null,
    fields: Object.fromEntries(sources) as ReaderSettings['fields'],
    columns: columns ?? null,
  };
}

function ofClass({ errorClass }: SampleQuery): string {
  return errorClass === undefined ? '' : ` AND (${ERROR_CLASS}) = ${literal(errorClass)}`;
}

function userOf(color: Color): string {
  return `kind = 'user' AND color = ${literal(color)}`;
}

export const provider = defineProvider({ name: 'duckdb', telemetry: duckdbTelemetry });
