/** Lines that say nothing of a color's users: in doubt, by the edge alone, the end of a WebSocket. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TrafficCounts } from '../../src/domain/look-input.ts';
import type { RequestLine } from '../../src/domain/request-line.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const user = { ts: new Date(START + 1000).toISOString(), user: 'a'.repeat(16), reason: 'bucket' as const };

async function windowOf(lines: readonly RequestLine[]): Promise<TrafficCounts> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-edge-lines-'));
  const port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
  try {
    await writeFile(join(dir, 'a.ndjson'), ndjson(lines));
    return await port.window({ service: 'docs', fromMs: START, toMs: START + 60_000, regions: [] });
  } finally {
    // The database is there as long as anybody in this process reads.
    await port.close?.();
    await rm(dir, { recursive: true });
  }
}

const requests = (window: TrafficCounts): number =>
  window.slices.reduce((sum, { requests: n }) => sum + n, 0);

describe('duckdb: lines of the edge', () => {
  const blue = requestLine({ ...user, color: 'blue' });
  const green = requestLine({ ...user, color: 'green' });

  it('a user on both colors changed sides, unless one of the lines was written in doubt (B15)', async () => {
    assert.equal((await windowOf([blue, green])).flipBacks, 1);
    const inDoubt = { ...blue, reason: 'doubt' as const, region: 'us', doubt: true as const };
    const window = await windowOf([inDoubt, green, inDoubt]);
    assert.deepEqual(
      [window.flipBacks, window.inDoubt, requests(window)],
      [0, { requests: 2, regions: ['us'] }, 3],
    );
    assert.equal('inDoubt' in (await windowOf([blue])), false);
  });

  it('what the router answered alone is no request of either color (B10, B13, B15)', async () => {
    const alone = {
      ...blue,
      by: 'edge' as const,
      status: 503,
      error: 'edge:no_config',
      doubt: true as const,
    };
    const window = await windowOf([alone, green]);
    assert.deepEqual([requests(window), window.flipBacks], [1, 0]);
    assert.deepEqual(
      window.slices.map(({ color, errors }) => [color, errors]),
      [['green', {}]],
    );
    assert.equal(window.inDoubt?.requests, 1);
  });

  it('a WebSocket counts once, and again only if it broke (B9)', async () => {
    const part = (event: 'open' | 'close') => ({ event, bytesIn: 1, bytesOut: 1 });
    const open = { ...blue, status: 101, socket: part('open') };
    const close = { ...open, socket: part('close'), latency_ms: { tffb: 9e6, tusable: 9e6, tfinal: 9e6 } };
    const fine = await windowOf([open, close]);
    assert.equal(requests(fine), 1);
    assert.deepEqual(
      fine.slices.map(({ warm }) => warm),
      [1],
      'how long it was open is no latency',
    );
    const broken = await windowOf([open, { ...close, error: 'body:truncated_stream' }]);
    assert.deepEqual(
      broken.slices.map(({ errors }) => errors),
      [{ 'body:truncated_stream': 1 }],
    );
  });
});
