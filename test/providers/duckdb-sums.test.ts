/** DuckDB counts sums as the domain does over lines in memory, to the last number. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { countLines, MOST_OF_A_DIMENSION, MOST_TOLD } from '../../src/domain/clusters/index.ts';
import { duckdbTelemetry, type DuckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { ndjson } from '../../src/conformance/request-lines.ts';
import { counted, limits, QUERY, REGIONS, START, TERMS } from './drawn-lines.ts';
import { LINES, sumsAlike, sumsAre } from './sums-alike.ts';

void describe('duckdb: sums', () => {
  let dir: string;
  let port: DuckdbTelemetry;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'cutover-sums-test-'));
    port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
    await writeFile(join(dir, 'a.ndjson'), ndjson(LINES.slice(0, 6000)));
    await writeFile(join(dir, 'b.ndjson'), ndjson(LINES.slice(6000, 9000)));
  });
  after(async () => {
    await port.close?.();
    await rm(dir, { recursive: true });
  });

  void it('counts lines of two files that are written, torn and rotated meanwhile', async () => {
    const early = { ...TERMS, grid: { ...TERMS.grid, ticks: 4 }, recent: { startMs: START, parts: 3 } };
    await port.sums({ ...QUERY, terms: early }, (seen) => limits(seen, early));
    const rest = ndjson(LINES.slice(9000));
    const cut = Math.floor(rest.length / 2);
    await appendFile(join(dir, 'a.ndjson'), rest.slice(0, cut));
    await port.sums({ ...QUERY, terms: early }, (seen) => limits(seen, early));
    await rename(join(dir, 'a.ndjson'), join(dir, 'a.1.ndjson'));
    await appendFile(join(dir, 'a.1.ndjson'), rest.slice(cut));
    await appendFile(join(dir, 'b.ndjson'), '{"ts":"2026-03-02T10:0');
    await sumsAre(port);
    assert.equal(port.malformedLines, 0);
  });

  void it('counts every kind of thing', async () => {
    const terms = TERMS;
    const told = new Set<string>();
    const sums = countLines(counted(LINES), terms, (seen) => {
      for (const { part } of seen) if (part?.dimension === 'route') told.add(part.name);
      return limits(seen, terms);
    });
    const [whole] = sums.parts;
    assert.ok(new Set(LINES.map(({ route }) => route)).size > 2 * MOST_TOLD, 'more routes than are told');
    assert.equal(told.size, MOST_TOLD);
    assert.equal(sums.parts.length, 1 + REGIONS.length + MOST_OF_A_DIMENSION);
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

  sumsAlike(() => port);
});
