import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { ndjson, requestLine } from '../conformance/lines.ts';
import { telemetryPortSuite } from '../conformance/telemetry-port.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const query = { service: 'docs', fromMs: START, toMs: START + 2 * 3_600_000, regions: [] };

async function folder() {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-duckdb-test-'));
  return { dir, port: duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') }) };
}

telemetryPortSuite('duckdb', async () => {
  const { dir, port } = await folder();
  return {
    port,
    query,
    append: (lines) => appendFile(join(dir, 'edge.ndjson'), ndjson(lines)),
    close: () => rm(dir, { recursive: true }),
  };
});

void describe('duckdb: files in motion', () => {
  const requests = async (port: ReturnType<typeof duckdbTelemetry>): Promise<number> =>
    (await port.window(query)).slices.reduce((sum, slice) => sum + slice.requests, 0);
  const line = ndjson([requestLine()]);

  void it('waits for the end of an unfinished line', async () => {
    const { dir, port } = await folder();
    const file = join(dir, 'a.ndjson');
    await writeFile(file, line + line.slice(0, 40));
    assert.equal(await requests(port), 1);
    await appendFile(file, line.slice(40));
    assert.equal(await requests(port), 2);
    assert.equal(port.malformedLines, 0);
    await rm(dir, { recursive: true });
  });

  void it('ignores and counts lines that are no request lines', async () => {
    const { dir, port } = await folder();
    await writeFile(
      join(dir, 'a.ndjson'),
      `${line}{"ts":"2026\nnot json\n{"ts":"2026-03-02T10:00:00Z"}\n${line.replace('"status":200', '"status":"ok"')}${line}`,
    );
    assert.equal(await requests(port), 2);
    assert.equal(port.malformedLines, 4);
    await rm(dir, { recursive: true });
  });

  void it('follows a file over rotation, new files and truncation without counting a line twice', async () => {
    const { dir, port } = await folder();
    const file = join(dir, 'a.ndjson');
    await writeFile(file, line + line);
    assert.equal(await requests(port), 2);
    await rename(file, join(dir, 'a.1.ndjson'));
    await writeFile(file, line);
    assert.equal(await requests(port), 3);
    await appendFile(join(dir, 'a.1.ndjson'), line);
    assert.equal(await requests(port), 4);
    await truncate(file, 0);
    assert.equal(await requests(port), 4);
    await appendFile(file, line);
    assert.equal(await requests(port), 5);
    await rm(dir, { recursive: true });
  });

  void it('reads the files again for a range older than what it keeps', async () => {
    const { dir, port } = await folder();
    await writeFile(join(dir, 'a.ndjson'), line);
    assert.equal((await port.window({ ...query, fromMs: START + 1000 })).slices.length, 0);
    assert.equal(await requests(port), 1);
    await rm(dir, { recursive: true });
  });

  void it('an empty glob is an empty window; a missing directory is a clear error', async () => {
    const { dir, port } = await folder();
    assert.equal((await port.window(query)).freshestMs, null);
    await rm(dir, { recursive: true });
    await assert.rejects(
      port.window(query),
      (error) => error instanceof ProviderError && error.kind === 'fatal' && error.message.includes(dir),
    );
  });

  void it('keeps the newest 200 000 latencies', { timeout: 60_000 }, async () => {
    const { dir, port } = await folder();
    const lines = Array.from({ length: 200_100 }, (_, i) =>
      requestLine({
        ts: new Date(START + i * 10).toISOString(),
        latency_ms: { tffb: 1, tusable: 1, tfinal: i },
      }),
    );
    await writeFile(join(dir, 'a.ndjson'), ndjson(lines));
    const [slice] = (await port.window(query)).slices;
    assert.equal(slice?.requests, 200_100);
    assert.equal(slice?.warmMs.length, 200_000);
    assert.ok(slice?.warmMs.every((ms) => ms >= 100));
    await rm(dir, { recursive: true });
  });

  void it('a cancelled query ends as cancelled', async () => {
    const { dir, port } = await folder();
    await assert.rejects(port.window(query, AbortSignal.abort()), { name: 'AbortError' });
    await rm(dir, { recursive: true });
  });

  void it('names the option that is wrong', () => {
    assert.throws(() => duckdbTelemetry({ use: 'duckdb', glob: 'x' }), UserError);
  });
});
