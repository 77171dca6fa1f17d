/** DuckDB counts sums as the domain does over lines in memory, to the last number. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  blocksOf,
  countLines,
  type PartHistograms,
  type PartLimits,
  type SumsTerms,
} from '../../src/domain/clusters/index.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { duckdbTelemetry, type DuckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { ndjson } from '../../src/conformance/request-lines.ts';
import {
  counted,
  HOLD_MS,
  limits,
  QUERY,
  randomLines,
  REGIONS,
  ROUTES,
  START,
  TERMS,
} from './drawn-lines.ts';

const LINES = 20_000;
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
    const found = await port.sums({ ...QUERY, regions, terms }, ask);
    const ours = counted(lines).filter(({ region }) => regions.length === 0 || regions.includes(region));
    const expected = countLines(ours, terms, ask);
    assert.deepEqual(seen[0], seen[1], 'the first pass');
    assert.deepEqual(found, expected);
  };

  void it('counts lines of two files that are written, torn and rotated meanwhile', async () => {
    const early = { ...TERMS, grid: { ...TERMS.grid, ticks: 4 }, recent: { startMs: START, parts: 3 } };
    await port.sums({ ...QUERY, terms: early }, (seen) => limits(seen, early));
    const rest = ndjson(lines.slice(9000));
    const cut = Math.floor(rest.length / 2);
    await appendFile(join(dir, 'a.ndjson'), rest.slice(0, cut));
    await port.sums({ ...QUERY, terms: early }, (seen) => limits(seen, early));
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
      const found = await port.blocks(color, { ...QUERY, ...range });
      assert.deepEqual(found, blocksOf(counted(lines), color, range));
      assert.ok(found?.blocks.includes(null) && found.blocks.length === 7);
    }
  });
});
