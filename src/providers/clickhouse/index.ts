/**
 * Provider `clickhouse`: telemetry from request lines in a table of ClickHouse.
 * Invariant: lines stay where they are; what leaves the server are sums, popular keys and a sample that was asked for.
 */
import type { Color } from '../../domain/color.ts';
import { parseDuration } from '../../domain/duration.ts';
import { UserError } from '../../domain/errors.ts';
import type { ProviderRef } from '../../domain/plan.ts';
import { defineProvider, type ProviderScope, type TelemetryPort } from '../../ports/index.ts';
import { requireEnv } from '../../ports/secrets.ts';
import { parseOptions } from '../options.ts';
import { trafficBlocks } from './blocks.ts';
import { Database, literal } from './database.ts';
import { ERROR_CLASS, within } from './lines.ts';
import { manifest } from './manifest.ts';
import { trafficSums } from './sums.ts';
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
  const table = `${database}.${name}`;
  const ofColor = (color: Color): string => `kind = 'user' AND color = ${literal(color)}`;
  const most = (limit: number): number => Math.max(0, Math.trunc(limit));

  return {
    lagMs: parseDuration(lag) ?? 0,

    close: () => db.close(),

    window(query, signal) {
      return trafficCounts(db, table, query, signal);
    },

    sums(query, limits, signal) {
      return trafficSums(db, table, query, limits, signal);
    },

    blocks(color, query, signal) {
      return trafficBlocks(db, table, color, query, signal);
    },

    async catalogue(color, query, signal) {
      const lines = `FROM ${table} WHERE ${ofColor(color)} AND ${within(query)}`;
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
        `SELECT cache.key AS name, count() AS n FROM ${table}
          WHERE ${ofColor(color)} AND cache.key IS NOT NULL AND cache.hit IS NOT NULL AND ${within(query)}
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
        `SELECT method, cache.key AS name, route FROM ${table}
          WHERE ${ofColor(color)} AND cache.key IS NOT NULL AND method != ''${ofClass} AND ${within(query)}
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
        `SELECT toUnixTimestamp(toStartOfHour(ts)) AS hour, count() FROM ${table}
          WHERE kind = 'user' AND ${within(query)} GROUP BY hour ORDER BY hour`,
        signal,
      );
      return found.map(([hour, n]) => ({ hourMs: 1000 * Number(hour), requests: Number(n) }));
    },
  };
}

export const provider = defineProvider({ name: 'clickhouse', telemetry: clickhouseTelemetry });
