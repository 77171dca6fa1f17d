/**
 * Provider `clickhouse`: telemetry from request lines in a table of ClickHouse.
 * Invariant: lines stay where they are; what leaves the server are sums, popular keys and a sample that was asked for.
 */
import type { Color } from '../../domain/color.ts';
import { parseDuration } from '../../domain/duration.ts';
import { UserError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import {
  defineProvider,
  type ProviderScope,
  type TelemetryPort,
  type TelemetryQuery,
} from '../../ports/index.ts';
import { requireEnv } from '../../ports/secrets.ts';
import { parseOptions } from '../options.ts';
import { trafficBlocks } from './blocks.ts';
import { Database, literal } from './database.ts';
import { linesWithin } from './lines.ts';
import { manifest } from './manifest.ts';
import { trafficSums } from './sums.ts';
import { ERROR_CLASS, linesTable, type LinesTable } from './table.ts';
import { trafficCounts } from './window.ts';

/** @throws UserError when an option is wrong or the address is missing */
export function clickhouseTelemetry(ref: ProviderRef, { env }: Pick<ProviderScope, 'env'>): TelemetryPort {
  const {
    url,
    urlEnv,
    database,
    table: name,
    lag,
    timeoutMs,
  } = parseOptions(manifest.ports.telemetry, ref, 'telemetry');
  const address =
    url ?? requireEnv(env, urlEnv, 'the address of the ClickHouse that holds the request lines');
  if (!URL.canParse(address)) throw new UserError(`${urlEnv} is no address of a ClickHouse`);
  const db = new Database({
    url: address,
    username: env['CLICKHOUSE_USER'] ?? 'default',
    password: env['CLICKHOUSE_PASSWORD'] ?? '',
    timeoutMs,
  });
  let known: LinesTable | null = null;
  const table = async (): Promise<LinesTable> => {
    if (known !== null) return known;
    const found = await linesTable(db, database, name);
    // One that is not there yet may be made before the next look.
    if (found.has.size > 0) known = found;
    return found;
  };
  const linesOf = async (color: Color, query: TelemetryQuery): Promise<string> =>
    `${linesWithin(await table(), query)} AND kind = 'user' AND color = ${literal(color)}`;
  const most = (limit: number): number => Math.max(0, Math.trunc(limit));

  return {
    lagMs: parseDuration(lag) ?? 0,

    close: () => db.close(),

    async window(query, signal) {
      return trafficCounts(db, await table(), query, signal);
    },

    async sums(query, limits, signal) {
      return trafficSums(db, await table(), query, limits, signal);
    },

    async blocks(color, query, signal) {
      return trafficBlocks(db, await table(), color, query, signal);
    },

    async catalogue(color, query, signal) {
      const lines = `FROM ${await linesOf(color, query)}`;
      const [found, users] = await Promise.all([
        db.rows(`SELECT ${ERROR_CLASS} AS class, count() ${lines} GROUP BY class`, signal),
        db.rows(`SELECT uniqExact(user) + countIf(user IS NULL) ${lines}`, signal),
      ]);
      return {
        users: Number(users[0]?.[0] ?? 0),
        requests: found.reduce((sum, [, n]) => sum + Number(n), 0),
        classes: Object.fromEntries(found.flatMap(([of, n]) => (of === '' ? [] : [[String(of), Number(n)]]))),
      };
    },

    async popularKeys(color, limit, query, signal) {
      const found = await db.rows(
        `SELECT cache.key AS name, count() AS n FROM ${await linesOf(color, query)}
          AND cache.key IS NOT NULL AND cache.hit IS NOT NULL
          GROUP BY name ORDER BY n DESC, name LIMIT ${most(limit)}`,
        signal,
      );
      return found.map(([key, n]) => ({ key: String(key), hits: Number(n) }));
    },

    async sample(color, limit, query, signal) {
      const ofClass =
        query.errorClass === undefined ? '' : ` AND ${ERROR_CLASS} = ${literal(query.errorClass)}`;
      // Ordered by a hash: a sample over the whole range that is the same when an activity is retried.
      const found = await db.rows(
        `SELECT method, cache.key AS name, route FROM ${await linesOf(color, query)}
          AND cache.key IS NOT NULL AND method != ''${ofClass}
          ORDER BY cityHash64(ts, user, name), name LIMIT ${most(limit)}`,
        signal,
      );
      return found.map(([method, key, route]) => ({
        method: String(method),
        key: String(key),
        route: String(route),
      }));
    },

    async hourly(query, signal) {
      const found = await db.rows(
        `SELECT toUnixTimestamp(toStartOfHour(ts)) AS hour, count() FROM ${linesWithin(await table(), query)}
          AND kind = 'user' GROUP BY hour ORDER BY hour`,
        signal,
      );
      return found.map(([hour, n]) => ({ hourMs: 1000 * Number(hour), requests: Number(n) }));
    },
  };
}

export const provider = defineProvider({ name: 'clickhouse', telemetry: clickhouseTelemetry });
