/** DuckDB counts sums as the domain does over lines in memory, to the last number. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  blocksOf,
  countedLine,
  countLines,
  limitsOf,
  timeUnits,
  type CountedLine,
  type PartHistograms,
  type PartLimits,
  type SumsTerms,
} from '../../src/domain/clusters/index.ts';
import { murmur3 } from '../../src/domain/murmur3.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { duckdbTelemetry, type DuckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';

const LINES = 20_000;
const START = Date.parse('2026-03-02T10:00:00Z');
const HOLD_MS = 900_000;
const REGIONS = ['eu', 'us', 'ap'];
const ROUTES = ['answer', 'search', '/ä', 'note.write'];
const ERRORS = [
  'headers:http_5xx:503',
  'body:truncated',
  'headers:http_4xx:404',
  'client:abort',
  'connect:refused',
];

/** Numbers in [0, 1), the same in every run. */
function dice(seed: string): () => number {
  let n = 0;
  return () => murmur3(`${seed}/${(n += 1)}`) / 2 ** 32;
}

function randomLines(seed: string, count: number): RequestLine[] {
  const roll = dice(seed);
  const below = (n: number): number => Math.floor(roll() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const users = Array.from({ length: 900 }, (_, i) => {
    const hash =
      murmur3(`u${i}`).toString(16).padStart(8, '0') + murmur3(`v${i}`).toString(16).padStart(8, '0');
    return {
      user: i % 10 === 0 ? `10.0.0.${i}` : i % 10 === 1 ? hash.toUpperCase() : hash,
      isOnTo: roll() < 0.3,
    };
  });
  const lines: RequestLine[] = [];
  while (lines.length < count) {
    const { user, isOnTo } = pick(users);
    const color = isOnTo ? ('green' as const) : ('blue' as const);
    // Some before the first tick and after the last.
    const at = START - 20_000 + 50 * below((HOLD_MS + 40_000) / 50);
    const tries = roll() < 0.05 ? 1 + below(6) : 1;
    const error = tries > 1 || roll() < 0.03 ? pick(color === 'blue' ? ERRORS.slice(0, 4) : ERRORS) : null;
    const region = pick(REGIONS);
    for (let i = 0; i < tries; i += 1) {
      const hit = roll() < 0.7 ? roll() < 0.6 : null;
      const isKept = hit === false && roll() < 0.8;
      const tfinal = 0.005 + Math.round(Math.exp(3 + 2 * roll()) * 100) / 100;
      lines.push(
        requestLine({
          ts: new Date(at + i * 30_000 * below(3)).toISOString(),
          color,
          user: roll() < 0.1 ? null : user,
          kind: roll() < 0.03 ? 'probe' : 'user',
          region: roll() < 0.02 ? pick(REGIONS) : region,
          route: pick(ROUTES),
          instance: roll() < 0.3 ? null : `i${below(9)}`,
          cold: roll() < 0.02,
          error: i < tries - 1 || roll() < 0.5 ? error : null,
          // A failure that nobody classified, and one that is none of the color's.
          status: roll() < 0.01 ? 502 : 200,
          write: roll() < 0.02 ? 'frozen' : null,
          latency_ms: { tffb: 1, tusable: tfinal / 2, tfinal },
          cache: {
            prefix: 'p',
            key: roll() < 0.02 ? null : `/k${below(60)}`,
            hit,
            repeat: true,
            node: roll() < 0.05 ? null : pick(['eu/cdg', 'us/iad']),
            ttl_s: isKept ? pick([30, 60, 90]) : null,
          },
          ...(roll() < 0.02 ? { by: 'edge' as const } : {}),
          ...(roll() < 0.02 ? { doubt: true as const } : {}),
          ...(roll() < 0.02
            ? { socket: { event: pick(['open', 'close'] as const), bytesIn: 1, bytesOut: 1 } }
            : {}),
        }),
      );
    }
  }
  return lines;
}

/** The lines that count, as the domain wants them. */
function counted(lines: readonly RequestLine[]): CountedLine[] {
  return lines.flatMap((line) => countedLine(line) ?? []);
}

const TERMS: SumsTerms = {
  startMs: START,
  holdMs: HOLD_MS,
  grid: { ...timeUnits(HOLD_MS), ticks: 14 },
  to: 'green',
  from: 'blue',
  recent: { startMs: START + 540_000, parts: 6 },
  sameFailureMs: 60_000,
  known: ['headers:http_5xx:502'],
  apartBlocks: 1,
};
const QUERY = { service: 'docs', regions: [] };
/** First usable text counts at every service, streaming or not. */
const limits = (seen: readonly PartHistograms[], { grid, from }: SumsTerms): PartLimits[] =>
  limitsOf(seen, { grid, from }, 1.3, null).map((limit) => ({
    ...limit,
    final: limit.final === null ? null : { ...limit.final, farMs: 120 },
    usable:
      limit.final === null
        ? null
        : { ...limit.final, ownMs: { to: 30, from: 31.5 }, farMs: 60, ratios: [1, 2] },
  }));

void describe('duckdb: sums', () => {
  const lines = randomLines('sums', LINES).map((line, i) => {
    if (i % 7 > 0) return line;
    const { tusable: _, ...rest } = line.latency_ms;
    return { ...line, latency_ms: rest as RequestLine['latency_ms'] };
  });
  let dir: string;
  let port: DuckdbTelemetry;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cutover-sums-test-'));
    port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
    await writeFile(join(dir, 'a.ndjson'), ndjson(lines.slice(0, 6000)));
    await writeFile(join(dir, 'b.ndjson'), ndjson(lines.slice(6000, 9000)));
  });
  after(async () => {
    await port.close?.();
    await rm(dir, { recursive: true });
  });

  const both = async (over: Partial<SumsTerms>, regions: readonly string[] = []): Promise<void> => {
    const terms = { ...TERMS, ...over };
    const seen: (readonly PartHistograms[])[] = [];
    const ask = (one: readonly PartHistograms[]): PartLimits[] => {
      seen.push(one);
      return limits(one, terms);
    };
    const found = await port.sums?.({ ...QUERY, regions, terms }, ask);
    const ours = counted(lines).filter(({ region }) => regions.length === 0 || regions.includes(region));
    const expected = countLines(ours, terms, ask);
    assert.deepEqual(seen[0], seen[1], 'the first pass');
    assert.deepEqual(found, expected);
  };

  void it('counts lines of two files that are written, torn and rotated meanwhile', async () => {
    const early = { ...TERMS, grid: { ...TERMS.grid, ticks: 4 }, recent: { startMs: START, parts: 3 } };
    await port.sums?.({ ...QUERY, terms: early }, (seen) => limits(seen, early));
    const rest = ndjson(lines.slice(9000));
    const cut = Math.floor(rest.length / 2);
    await appendFile(join(dir, 'a.ndjson'), rest.slice(0, cut));
    await port.sums?.({ ...QUERY, terms: early }, (seen) => limits(seen, early));
    await rename(join(dir, 'a.ndjson'), join(dir, 'a.1.ndjson'));
    await appendFile(join(dir, 'a.1.ndjson'), rest.slice(cut));
    await appendFile(join(dir, 'b.ndjson'), '{"ts":"2026-03-02T10:0');
    await both({});
    assert.equal(port.malformedLines, 0);
  });

  void it('counts every kind of thing', async () => {
    const terms = TERMS;
    const sums = countLines(counted(lines), terms, (seen) => limits(seen, terms));
    const [whole] = sums.parts;
    assert.equal(sums.parts.length, 1 + REGIONS.length + ROUTES.length);
    const [fresh] = sums.novelty.classes;
    assert.equal(fresh?.name, 'connect:refused');
    assert.ok(
      fresh.apart.every((users) => users > 0 && users < fresh.users),
      'seen in more than one moment',
    );
    const hit = [whole?.errors, whole?.final, whole?.usable].map((series) => series?.recent.to.affected ?? 0);
    assert.ok(Math.min(...hit) > 0, 'each series has newest events');
    const { trials, events } = whole?.cache?.arms.to.series ?? assert.fail('no cache sums');
    assert.ok(events.users > 0 && events.users < trials.users, 'some users missed');
    assert.equal(whole?.errors.arms.to.trials.byInstance.length, 64);
  });

  void it('a hold of seconds, of half ticks, with a short block at its start', () =>
    both({
      grid: { tickMs: 1000 / 3, blockTicks: 3, ticks: 44 },
      recent: { startMs: START + 9000, parts: 6 },
    }));
  void it('some regions only', () => both({}, ['eu', 'us']));
  void it('the other way round, with repeats told apart by less', () =>
    both({ to: 'blue', from: 'green', sameFailureMs: 500, apartBlocks: 0 }));
  void it('alone, when from has no users', () => both({ from: null }));
  void it('nothing at all', () =>
    both({ startMs: START + 10 * HOLD_MS, recent: { startMs: START + 10 * HOLD_MS, parts: 3 } }));

  void it('the day by block, with empty blocks and a short last one', async () => {
    const range = {
      fromMs: START - 400_000,
      toMs: START + HOLD_MS + 30_000,
      blockMs: 180_000,
      sameFailureMs: 60_000,
    };
    for (const color of ['blue', 'green'] as const) {
      const found = await port.blocks?.(color, { ...QUERY, ...range });
      assert.deepEqual(found, blocksOf(counted(lines), color, range));
      assert.ok(found?.blocks.includes(null) && found.blocks.length === 7);
    }
  });
});
