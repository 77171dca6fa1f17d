/**
 * What a telemetry window costs: 200 000 request lines in four files. First-time ingestion apart from the steady
 * state, in which a look's window again holds 200 000 lines and a twelfth of them is new since the look before.
 * Prints one JSON object. `ofBareCount` compares with DuckDB's own bare count of 200 000 lines, `ofJsonParse` with a
 * plain JSON.parse of the new lines alone; both were measured in this run, so look at them on a busy machine.
 *
 * Run: `node --import tsx bench/telemetry.ts`
 */
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RequestLine } from '../src/domain/request-line.ts';
import { rows, withConnection } from '../src/providers/duckdb/database.ts';
import { duckdbTelemetry } from '../src/providers/duckdb/index.ts';
import { scanOf } from '../src/providers/duckdb/lines.ts';
import { ndjson, requestLine } from '../src/conformance/request-lines.ts';

const LINES = 200_000;
const FILES = 4;
/** Looks of a hold, so the share of a window that is new at its last look. */
const LOOKS_OF_A_HOLD = 12;
const NEW_LINES = Math.ceil(LINES / LOOKS_OF_A_HOLD);
const LOOKS = 15;
const BARE_RUNS = 5;
const INSTANCES = 8;
const LINE_MS = 5;
const BUDGET_MS = 50;
const START = Date.parse('2026-03-02T10:00:00Z');

function line(i: number): RequestLine {
  const green = i % 4 === 0;
  return requestLine({
    ts: new Date(START + i * LINE_MS).toISOString(),
    color: green ? 'green' : 'blue',
    region: i % 3 === 0 ? 'us' : 'eu',
    instance: `i${i % INSTANCES}`,
    user: (i % 20_000).toString(16),
    cold: i % 500 === 0,
    error: i % 997 === 0 ? 'headers:http_5xx:503' : null,
    status: i % 997 === 0 ? 503 : 200,
    cache: {
      prefix: green ? 'docs:green:1' : 'docs:blue:1',
      key: `/q/${i % 300}`,
      hit: i % 2 === 0,
      node: 'eu/cdg1',
      ttl_s: null,
    },
    latency_ms: { tffb: 10, tusable: 20 + (i % 50), tfinal: 30.125 + (i % 200) },
  });
}

function linesFrom(first: number, count: number): RequestLine[] {
  return Array.from({ length: count }, (_, i) => line(first + i));
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const ms = (value: number): number => Math.round(value * 10) / 10;
const share = (value: number, base: number): number => Math.round((value / base) * 100) / 100;

function spread(values: readonly number[]): { best: number; median: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const [best = NaN, median = NaN, max = NaN] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return { best: ms(best), median: ms(median), max: ms(max) };
}

const dir = await mkdtemp(join(tmpdir(), 'cutover-bench-'));
try {
  /** Every edge writes its own file, all of them at the same time. */
  const append = async (lines: readonly RequestLine[]): Promise<void> => {
    for (let file = 0; file < FILES; file += 1) {
      const own = lines.filter((_, i) => i % FILES === file);
      await appendFile(join(dir, `edge-${file}.ndjson`), ndjson(own));
    }
  };
  const telemetry = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
  const windowFrom = (first: number) => ({
    service: 'docs',
    fromMs: START + first * LINE_MS,
    toMs: START + (first + LINES) * LINE_MS,
    regions: [],
  });

  await append(linesFrom(0, LINES));
  const load = loadavg()[0] ?? NaN;
  const open = await timed(() => withConnection((connection) => rows(connection, 'SELECT 1')));
  const first = await timed(() => telemetry.window(windowFrom(0)));

  const count = `SELECT count(*), max(ts) FROM ${scanOf([join(dir, '*.ndjson')])}`;
  const bares: number[] = [];
  for (let i = 0; i < BARE_RUNS; i += 1) {
    bares.push(await timed(() => withConnection((connection) => rows(connection, count))));
  }
  const parses: number[] = [];
  const texts = linesFrom(0, NEW_LINES).map((one) => JSON.stringify(one));
  for (let i = 0; i < BARE_RUNS; i += 1) {
    parses.push(await timed(() => texts.reduce((sum, text) => sum + JSON.parse(text).status, 0)));
  }

  const queries: number[] = [];
  const looks: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    const at = look * NEW_LINES;
    queries.push(await timed(() => telemetry.window(windowFrom(at))));
    await append(linesFrom(at + LINES, NEW_LINES));
    looks.push(await timed(() => telemetry.window(windowFrom(at + NEW_LINES))));
  }
  const { slices } = await telemetry.window(windowFrom(LOOKS * NEW_LINES));
  const requests = slices.reduce((sum, slice) => sum + slice.requests, 0);
  if (requests !== LINES) throw new Error(`a window holds ${requests} requests instead of ${LINES}`);
  const hourly = await timed(() => telemetry.hourly(windowFrom(0)));

  const [bare, parse, look, query] = [bares, parses, looks, queries].map(spread);
  process.stdout.write(
    `${JSON.stringify({
      lines: LINES,
      newLines: NEW_LINES,
      load: ms(load),
      openMs: ms(open),
      ingestMs: ms(first),
      ingestOfBareCount: share(first, bare?.median ?? NaN),
      queryMs: query,
      lookMs: look,
      lookOfBareCount: share(look?.median ?? NaN, bare?.median ?? NaN),
      lookOfJsonParse: share(look?.median ?? NaN, parse?.median ?? NaN),
      bareCountMs: bare?.median,
      jsonParseMs: parse?.median,
      hourlyMs: ms(hourly),
      rssMb: Math.round(process.memoryUsage().rss / 1e6),
      budgetMs: BUDGET_MS,
    })}\n`,
  );
} finally {
  await rm(dir, { recursive: true, force: true });
}
