/** An hour of request lines in a table of ClickHouse, drawn by the engine itself, and what a look over them costs. */
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { clickhouseTelemetry } from '../../src/providers/clickhouse/index.ts';
import { linesTable } from '../../test/support/clickhouse-server.ts';
import {
  evidenceOf,
  HOLD_MS,
  INSTANCES,
  look,
  REGIONS,
  ROUTES,
  SHARE,
  SLOWER,
  START,
  timed,
  USERS,
  verdictOf,
  type Took,
} from './look.ts';

const LINES_AN_INSERT = 2_000_000;

/** Numbers in [0, 1) that hang on the line and `at` alone. */
const roll = (at: number): string => `(cityHash64(number, ${at}) / 18446744073709551616)`;

const COLUMNS = `ts, id, service, route, method, kind, color, reason, user, user_by, region, instance, cfg_gen, cold, INDEX_HASH,
  retrieval, cache, status, error, write, latency_ms, doubt, by, socket`;

function drawn(lines: number, from: number): string {
  return `SELECT fromUnixTimestamp64Milli(toInt64(${START} + at), 'UTC'), lower(hex(cityHash64(number))), 'docs', concat('route-', toString(floor(${ROUTES} * ${roll(2)}))),
      'GET', 'user', color, 'bucket', lower(concat(leftPad(hex(hashed), 8, '0'), leftPad(hex(user), 8, '0'))), 'key',
      concat('region-', toString(hashed % ${REGIONS})), concat(color, '-', toString(floor(${INSTANCES} * ${roll(3)}))), 3, false, 'h1',
      tuple('cosine', 'std', 'm1', 'none'),
      tuple(concat('docs/', color, '/1'), concat('/q/', toString(floor(20000 * pow(${roll(4)}, 3)))), hit,
        concat('n', toString(hashed % 4)), if(ifNull(hit, true), NULL, 300)),
      if(failed, 503, 200), if(failed, 'headers:http_5xx:503', NULL), NULL, tuple(final / 2, final), false, NULL, tuple(NULL)
    FROM (SELECT number, at, toUInt32(user0) AS user, toUInt32(bitAnd((user0 + 1) * 2654435761, 4294967295)) AS hashed,
        (hashed % 1000) / 1000 < ${SHARE} AS on_to, if(on_to, 'green', 'blue') AS color,
        round(180 * if(on_to AND at < ${HOLD_MS / 2}, ${SLOWER}, 1)
          * exp(0.5 * sqrt(-2 * log(1 - ${roll(5)})) * cos(6.283185307179586 * ${roll(6)})), 2) AS final,
        ${roll(7)} < 0.005 AS failed, if(${roll(8)} < 0.5, ${roll(9)} < 0.7, NULL) AS hit
      FROM (SELECT number, floor(${HOLD_MS} * number / ${lines}) AS at, toUInt64(floor(${USERS} * pow(${roll(1)}, 2))) AS user0
        FROM numbers(${from}, ${Math.min(LINES_AN_INSERT, lines - from)})))`;
}

async function fill(client: ClickHouseClient, table: string, lines: number): Promise<void> {
  for (let from = 0; from < lines; from += LINES_AN_INSERT) {
    await client.command({ query: `INSERT INTO ${table} (${COLUMNS}) ${drawn(lines, from)}` });
  }
}

export async function measureClickhouse(lines: number): Promise<object> {
  const { url, table, drop } = await linesTable();
  const client = createClient({ url, request_timeout: 600_000 });
  const telemetry = clickhouseTelemetry({ use: 'clickhouse', url, table, timeoutMs: 600_000 }, { env: {} });
  /** Processor time of the engine so far, ms. */
  const cpuMs = async (): Promise<number> => {
    const found = await client.query({
      query: `SELECT sum(value) FROM system.events WHERE event IN ('UserTimeMicroseconds', 'SystemTimeMicroseconds')`,
      format: 'JSONCompactEachRow',
    });
    return Math.round(Number((await found.json<readonly string[]>())[0]?.[0] ?? Number.NaN) / 1000);
  };
  try {
    await fill(client, table, lines);
    const measured = async <T>(work: () => Promise<T>): Promise<[T, Took & { engineCpuMs: number }]> => {
      const before = await cpuMs();
      const [result, took] = await timed(work);
      return [result, { ...took, engineCpuMs: (await cpuMs()) - before }];
    };
    const early = verdictOf(await look(telemetry, 4));
    const sums: Took[] = [];
    for (let i = 0; i < 2; i += 1) sums.push((await measured(() => look(telemetry, 12)))[1]);
    const [whole, third] = await measured(() => look(telemetry, 12));
    const [, counts] = await measured(() =>
      telemetry.window({ service: 'docs', fromMs: START, toMs: START + HOLD_MS, regions: [] }),
    );
    const exact = await client.query({
      query: `SELECT color, round(quantileExactLow(0.95)(latency_ms.tfinal), 2) FROM ${table} WHERE status < 400 GROUP BY color ORDER BY color`,
      format: 'JSONCompactEachRow',
    });
    return {
      engine: 'clickhouse',
      lines,
      sums: [...sums, third],
      counts,
      ...evidenceOf(whole),
      p95Exact: await exact.json(),
      slowInFirstHalf: early.verdict,
      verdictMs: early.ms,
    };
  } finally {
    await telemetry.close?.();
    await client.close();
    await drop();
  }
}
