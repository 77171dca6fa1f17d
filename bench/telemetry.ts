/**
 * What a telemetry window costs: 200 000 request lines in four files, then looks while lines are appended.
 * Prints one JSON object. On a busy machine look at `lookOverBareCount`: a look over DuckDB's own bare count of the
 * same files, both measured in this run.
 *
 * Run: `node --import tsx bench/telemetry.ts`
 */
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestLine } from '../src/domain/request-line.ts';
import { rows, withConnection } from '../src/providers/duckdb/database.ts';
import { duckdbTelemetry } from '../src/providers/duckdb/index.ts';
import { scanOf } from '../src/providers/duckdb/lines.ts';
import { ndjson, requestLine } from '../test/conformance/lines.ts';

const LINES = 200_000;
const FILES = 4;
const LOOKS = 15;
const START = Date.parse('2026-03-02T10:00:00Z');

function line(i: number): RequestLine {
  const green = i % 4 === 0;
  return requestLine({
    ts: new Date(START + i * 5).toISOString(),
    color: green ? 'green' : 'blue',
    region: i % 3 === 0 ? 'us' : 'eu',
    user: (i % 20_000).toString(16),
    cold: i % 500 === 0,
    error: i % 997 === 0 ? 'headers:http_5xx:503' : null,
    status: i % 997 === 0 ? 503 : 200,
    cache: {
      prefix: green ? 'docs:green:1' : 'docs:blue:1',
      key: `/q/${i % 300}`,
      hit: i % 2 === 0,
      repeat: i % 7 > 0,
    },
    latency_ms: { tffb: 10, tusable: 20 + (i % 50), tfinal: 30.125 + (i % 200) },
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function bareCount(files: readonly string[]): Promise<unknown> {
  return withConnection((connection) => rows(connection, `SELECT count(*), max(ts) FROM ${scanOf(files)}`));
}

const dir = await mkdtemp(join(tmpdir(), 'cutover-bench-'));
try {
  const perFile = LINES / FILES;
  for (let file = 0; file < FILES; file += 1) {
    const lines = Array.from({ length: perFile }, (_, i) => line(file * perFile + i));
    await writeFile(join(dir, `edge-${file}.ndjson`), ndjson(lines));
  }
  const telemetry = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
  const query = { service: 'docs', fromMs: START, toMs: START + LINES * 5 + 3_600_000, regions: [] };

  const open = await timed(() => withConnection((connection) => rows(connection, 'SELECT 1')));
  const first = await timed(() => telemetry.window(query));
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const fresh = Array.from({ length: 500 }, (_, i) => line(LINES + look * 500 + i));
    await appendFile(join(dir, 'edge-3.ndjson'), ndjson(fresh));
    looks.push(await timed(() => telemetry.window(query)));
  }
  const files = [join(dir, '*.ndjson')];
  const bares: number[] = [];
  for (let i = 0; i < 5; i += 1) bares.push(await timed(() => bareCount(files)));
  const bare = median(bares);
  const hourly = await timed(() => telemetry.hourly(query));
  const ms = (value: number): number => Math.round(value * 10) / 10;
  process.stdout.write(
    `${JSON.stringify({
      lines: LINES,
      openMs: ms(open),
      firstWindowMs: ms(first),
      lookMs: { best: ms(Math.min(...looks)), median: ms(median(looks)), max: ms(Math.max(...looks)) },
      lookOverBareCount: Math.round((median(looks) / bare) * 100) / 100,
      bareCountMs: ms(bare),
      hourlyMs: ms(hourly),
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
      budgetMs: 50,
    })}\n`,
  );
} finally {
  await rm(dir, { recursive: true, force: true });
}
