/** How lines are read: their times, numbers that are none, and lines that come twice. */
import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';
import { duckdbTelemetry, type DuckdbTelemetry } from '../../src/providers/duckdb/index.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const query = { service: 'docs', fromMs: START, toMs: START + 60_000, regions: [] };

async function over(
  work: (file: string, requests: () => Promise<number>, port: DuckdbTelemetry) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-duckdb-lines-'));
  const port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*.ndjson') });
  const requests = async (): Promise<number> =>
    (await port.window(query)).slices.reduce((sum, slice) => sum + slice.requests, 0);
  await work(join(dir, 'a.ndjson'), requests, port);
  await port.close?.();
  await rm(dir, { recursive: true });
}

const plain = ndjson([requestLine()]);
const at = (ts: string): string => plain.replace('"2026-03-02T10:00:00.000Z"', ts);
const taking = (ms: string): string => plain.replace('"tfinal":20', `"tfinal":${ms}`);

void describe('duckdb: a line’s time', () => {
  void it('is converted from its offset, and from an epoch in any unit', () =>
    over(async (file, requests, port) => {
      const inside = [
        '"2026-03-02T11:00:01.000+01:00"',
        '"2026-03-02T05:30:01-04:30"',
        '"2026-03-02T10:00:01"',
        '1772445601',
        '1772445601.5',
        '"1772445601"',
        '1772445601500',
        '1772445601500000',
        '1772445601500000000',
      ];
      const outside = ['"2026-03-02T10:00:01.000+01:00"', '1772445600000000000000'];
      await writeFile(file, [...inside, ...outside].map(at).join(''));
      assert.equal(await requests(), inside.length);
      assert.equal((await port.window(query)).freshestMs, START + 1500);
      assert.equal(port.malformedLines, 1, 'no unit fits the last one');
    }));
});

void describe('duckdb: a line’s latency', () => {
  for (const bad of ['NaN', '1e400', '-1e400', 'Infinity', '-5', 'null', '"soon"']) {
    void it(`${bad} is none: the line is counted as unreadable, and the others are judged`, () =>
      over(async (file, requests, port) => {
        await writeFile(file, plain + taking(bad) + plain);
        assert.equal(await requests(), 2);
        assert.equal(port.malformedLines, 1);
      }));
  }
});

void describe('duckdb: a line that comes twice', () => {
  const named = (id: string): string => ndjson([requestLine({ id })]);

  void it('counts once, in one read or in several, by its id and time', () =>
    over(async (file, requests) => {
      await writeFile(file, named('a') + named('b') + named('a') + plain + plain);
      assert.equal(await requests(), 4, 'lines without id are told apart by nothing');
      await appendFile(file, named('b') + named('c'));
      assert.equal(await requests(), 5);
      await appendFile(file, named('a').replace('10:00:00.000Z', '10:00:30.000Z'));
      assert.equal(await requests(), 6, 'the same id at another time is another request');
    }));

  void it('counts once when a log is copied and cut off under a glob', () =>
    over(async (file, requests) => {
      const lines = Array.from({ length: 10 }, (_, i) => named(String(i)));
      await writeFile(file, lines.join(''));
      assert.equal(await requests(), 10);
      await copyFile(file, file.replace('a.ndjson', 'a.1.ndjson'));
      await truncate(file, 0);
      await appendFile(file, ['10', '11', '12'].map(named).join(''));
      assert.equal(await requests(), 13);
    }));

  void it('keeps both lines of a WebSocket', () =>
    over(async (file, requests) => {
      const event = (which: 'open' | 'close', error: string | null): string =>
        ndjson([requestLine({ id: 'a', error, socket: { event: which, bytesIn: 0, bytesOut: 0 } })]);
      await writeFile(file, event('open', null) + event('close', 'body:cut'));
      assert.equal(await requests(), 2);
    }));
});

void describe('duckdb: a line that came twice', () => {
  void it('counts once for every question, over hours and over minutes', () =>
    over(async (file, requests, port) => {
      const line = ndjson([requestLine({ id: 'r1' })]);
      await writeFile(file, line);
      await writeFile(file.replace('a.nd', 'b.nd'), line + ndjson([requestLine({ id: 'r2' })]));
      assert.equal(await requests(), 2);
      assert.equal((await port.catalogue('blue', query)).requests, 2);
      assert.deepEqual(
        (await port.hourly(query)).map((hour) => hour.requests),
        [2],
      );
    }));
});
