import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ProviderError, UserError } from '../../src/domain/errors.ts';
import { closeDatabase, SPOOL_DIR, withConnection } from '../../src/providers/duckdb/database.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';
import { telemetryPortSuite } from '../../src/conformance/telemetry.ts';

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

void describe('duckdb: the database', () => {
  const line = ndjson([requestLine()]);
  const requests = async ({ port }: Awaited<ReturnType<typeof folder>>): Promise<number> =>
    (await port.window(query)).slices.reduce((sum, slice) => sum + slice.requests, 0);

  void it('is a file that goes with the last port, however often a port is closed, and comes back', async () => {
    const [one, other] = [await folder(), await folder()];
    await writeFile(join(one.dir, 'a.ndjson'), line);
    await writeFile(join(other.dir, 'a.ndjson'), line);
    assert.deepEqual([await requests(one), await requests(other)], [1, 1]);
    const file = join(SPOOL_DIR, 'lines.duckdb');
    assert.ok(existsSync(file), 'lines are in a file');
    await one.port.close?.();
    await one.port.close?.();
    assert.equal(await requests(other), 1, 'another port still reads');
    assert.ok(existsSync(file), 'the file is in use');
    await other.port.close?.();
    assert.equal(existsSync(SPOOL_DIR), false, 'nobody reads any more');
    const third = await folder();
    await writeFile(join(third.dir, 'a.ndjson'), line);
    assert.equal(await requests(third), 1);
    await third.port.close?.();
    await Promise.all([one, other, third].map(({ dir }) => rm(dir, { recursive: true })));
  });

  void it('removes what a killed process left behind, and nothing of a living one', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const left = join(tmpdir(), `cutover-duckdb-${pid}`);
    const living = join(tmpdir(), `cutover-duckdb-${process.ppid}`);
    await Promise.all([left, living].map((dir) => mkdir(dir, { recursive: true })));
    await closeDatabase();
    await withConnection(() => Promise.resolve());
    assert.deepEqual([existsSync(left), existsSync(living)], [false, true]);
    await rm(living, { recursive: true });
  });
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

  void it('takes a last line without a newline once it is whole and nobody writes any more, and once only (D12)', async () => {
    const { dir, port } = await folder();
    const file = join(dir, 'a.ndjson');
    const bare = line.trimEnd();
    await writeFile(file, line + bare);
    assert.equal(await requests(port), 1, 'a writer may be in the middle of it');
    const rest = async (): Promise<void> => utimes(file, new Date(), new Date(Date.now() - 60_000));
    await rest();
    assert.equal(await requests(port), 2);
    assert.equal(await requests(port), 2);
    await appendFile(file, `\n${line}${line.slice(0, 40)}`);
    await rest();
    assert.equal(await requests(port), 3, 'a torn line waits, however long');
    await appendFile(file, line.slice(40));
    assert.equal(await requests(port), 4);
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

  void it('reads long stretches of several files whole, and every line once', async () => {
    const { dir, port } = await folder();
    const names = ['a', 'b', 'c'];
    const stretch = (name: string, from: number, count: number): string =>
      ndjson(Array.from({ length: count }, (_, i) => requestLine({ user: `${name}ü${from + i}` })));
    for (const name of names) await writeFile(join(dir, `${name}.ndjson`), stretch(name, 0, 700));
    assert.equal(await requests(port), 2100);
    for (const name of names) await appendFile(join(dir, `${name}.ndjson`), stretch(name, 700, 300));
    await appendFile(join(dir, 'b.ndjson'), 'x'.repeat(400_000));
    assert.equal(await requests(port), 3000);
    await appendFile(join(dir, 'b.ndjson'), `\n${line}`);
    assert.equal(await requests(port), 3001);
    assert.equal(port.malformedLines, 1);
    await rm(dir, { recursive: true });
  });

  void it('windows asked at the same time each get all of their own lines', async () => {
    const { dir, port } = await folder();
    const lines = Array.from({ length: 120 }, (_, minute) =>
      requestLine({
        ts: new Date(START + minute * 60_000).toISOString(),
        region: minute % 2 === 0 ? 'eu' : 'us',
      }),
    );
    await writeFile(join(dir, 'a.ndjson'), ndjson(lines));
    const later = { ...query, fromMs: START + 100 * 60_000, regions: ['us'] };
    const counts = await Promise.all(
      [query, later, query, { ...query, toMs: START + 60_000 }].map(async (one) => {
        const { slices } = await port.window(one);
        return slices.map((slice) => [slice.requests, slice.warm]);
      }),
    );
    const both = [
      [60, 60],
      [60, 60],
    ];
    assert.deepEqual(counts, [both, [[10, 10]], both, [[1, 1]]]);
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

  void it('a cancelled query ends as cancelled', async () => {
    const { dir, port } = await folder();
    await assert.rejects(port.window(query, AbortSignal.abort()), { name: 'AbortError' });
    await rm(dir, { recursive: true });
  });

  void it('names the option that is wrong', () => {
    assert.throws(() => duckdbTelemetry({ use: 'duckdb', glob: 'x' }), UserError);
  });
});
