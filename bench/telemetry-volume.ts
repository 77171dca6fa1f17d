/**
 * What a look costs at any volume: an hour of two colors' request lines in four files, read for the first time, looked at, and
 * looked at again with a twelfth of the lines new; or in a table of ClickHouse. `to` is three times slower in the first half of the
 * hold; the look at 20 minutes, the first that may fail, must fail it. Every size runs in a process of its own; prints one JSON
 * object for each.
 *
 * Run: `node --import tsx bench/telemetry-volume.ts [lines …]`, default 200000 2000000 10000000 (7 GB in the temporary directory,
 * removed at the end); `… --clickhouse [lines …]`, default 10000000 50000000 (6 GB)
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { duckdbTelemetry } from '../src/providers/duckdb/index.ts';
import { measureClickhouse } from './volume/clickhouse.ts';
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
} from './volume/look.ts';

const SIZES = { files: [200_000, 2_000_000, 10_000_000], clickhouse: [10_000_000, 50_000_000] };
const FILES = 4;
const LINES_A_WRITE = 5000;

interface Asked {
  readonly dir: string;
  readonly lines: number;
}

/** Numbers in [0, 1): what is measured does not hang on how good they are. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Latencies of the warm successes that were written. */
class Exact {
  readonly #ms: Float64Array;
  #size = 0;

  constructor(lines: number) {
    this.#ms = new Float64Array(lines);
  }

  add(ms: number): void {
    this.#ms[this.#size] = ms;
    this.#size += 1;
  }

  p95(): number {
    const sorted = this.#ms.slice(0, this.#size).sort();
    return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? Number.NaN;
  }
}

interface Arms {
  readonly to: Exact;
  readonly from: Exact;
}

/** Appends the lines of `[fromMs, toMs)` of the hold; the same lines whenever it is asked. */
function write({ dir, lines }: Asked, exact: Arms, fromMs: number, toMs: number): void {
  const files = Array.from({ length: FILES }, (_, i) => openSync(join(dir, `edge-${i}.ndjson`), 'a'));
  const count = Math.round((lines * (toMs - fromMs)) / HOLD_MS);
  const roll = dice(fromMs + 1);
  for (let at = 0; at < count; at += LINES_A_WRITE) {
    let text = '';
    for (let i = at; i < Math.min(count, at + LINES_A_WRITE); i += 1) {
      const ms = fromMs + Math.floor(((toMs - fromMs) * i) / count);
      // Skewed as users are: some ask a hundred times as often as others.
      const user = Math.floor(USERS * roll() ** 2);
      const hash = Math.imul(user + 1, 2_654_435_761) >>> 0;
      const isOnTo = (hash % 1000) / 1000 < SHARE;
      const color = isOnTo ? 'green' : 'blue';
      const route = Math.floor(ROUTES * roll());
      const normal = Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
      const slower = isOnTo && ms < HOLD_MS / 2 ? SLOWER : 1;
      const final = Math.round(18_000 * slower * Math.exp(0.5 * normal)) / 100;
      const failed = roll() < 0.005;
      const hit = roll() < 0.5 ? String(roll() < 0.7) : 'null';
      if (!failed) exact[isOnTo ? 'to' : 'from'].add(final);
      text += `{"ts":"${new Date(START + ms).toISOString()}","id":"${fromMs.toString(36)}-${i.toString(36).padStart(9, '0')}","service":"docs","route":"route-${route}","method":"GET","kind":"user","color":"${color}","reason":"bucket","bucket":${hash % 100_000},"user":"${hash.toString(16).padStart(8, '0')}${user.toString(16).padStart(8, '0')}","region":"region-${hash % REGIONS}","edge_pop":"cdg","cfg_gen":3,"release":"r1","instance":"${color}-${Math.floor(INSTANCES * roll())}","cold":false,"INDEX_HASH":"h1","retrieval":{"metric":"cosine","analyzer":"std","embed_model":"m1","reranker":"none"},"cache":{"prefix":"docs/${color}/1","key":"/q/${Math.floor(20_000 * roll() ** 3)}","hit":${hit},"repeat":true,"node":"n${hash % 4}","ttl_s":${hit === 'false' ? 300 : null}},"status":${failed ? 503 : 200},"error":${failed ? '"headers:http_5xx:503"' : null},"write":null,"latency_ms":{"tffb":10,"tusable":${final / 2},"tfinal":${final}}}\n`;
    }
    writeSync(files[(at / LINES_A_WRITE) % FILES] ?? 0, text);
  }
  for (const file of files) closeSync(file);
}

/** The child: measures, and asks its parent to append what comes later. */
async function measure({ dir }: Asked, append: () => Promise<void>): Promise<object> {
  const telemetry = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
  const load = Math.round(10 * (loadavg()[0] ?? Number.NaN)) / 10;
  const [, firstRead] = await timed(() =>
    telemetry.window({ service: 'docs', fromMs: START, toMs: START + 1, regions: [] }),
  );
  const early = verdictOf(await look(telemetry, 4));
  const sums: Took[] = [];
  for (let i = 0; i < 3; i += 1) sums.push((await timed(() => look(telemetry, 11)))[1]);
  await append();
  const [whole, lookWithNewLines] = await timed(() => look(telemetry, 12));
  const result = {
    engine: 'duckdb',
    load,
    firstRead,
    sums,
    lookWithNewLines,
    ...evidenceOf(whole),
    slowInFirstHalf: early.verdict,
    verdictMs: early.ms,
  };
  await telemetry.close?.();
  return result;
}

async function run(lines: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-volume-'));
  try {
    const asked = { dir, lines };
    const newFromMs = (HOLD_MS * 11) / 12;
    const exact = { to: new Exact(lines), from: new Exact(lines) };
    write(asked, exact, 0, newFromMs);
    const child = fork(fileURLToPath(import.meta.url), ['--child', JSON.stringify(asked)]);
    child.on('message', (message: { readonly result?: object }) => {
      if (message.result === undefined) {
        write(asked, exact, newFromMs, HOLD_MS);
        child.send('appended');
        return;
      }
      process.stdout.write(
        `${JSON.stringify({ lines, ...message.result, p95Exact: { to: exact.to.p95(), from: exact.from.p95() } })}\n`,
      );
    });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`the measuring process ended with ${code}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const [first, second] = process.argv.slice(2);
if (first === '--child') {
  const result = await measure(JSON.parse(second ?? '') as Asked, async () => {
    process.send?.({});
    await once(process, 'message');
  });
  process.send?.({ result });
  process.disconnect();
} else if (first === '--clickhouse') {
  const sizes = process.argv.slice(3).map(Number);
  for (const lines of sizes.length === 0 ? SIZES.clickhouse : sizes) {
    process.stdout.write(`${JSON.stringify(await measureClickhouse(lines))}\n`);
  }
} else {
  const sizes = process.argv.slice(2).map(Number);
  for (const lines of sizes.length === 0 ? SIZES.files : sizes) await run(lines);
}
