/** Logs that are written anew in their place: the lines that they hold now count, and each once. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ndjson, requestLine } from '../../../src/conformance/request-lines.ts';
import { duckdbTelemetry, type DuckdbTelemetry } from '../../../src/providers/duckdb/index.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const query = { service: 'docs', fromMs: START, toMs: START + 60_000, regions: [] };

type As = (line: string) => string;
const trace: As = (line) =>
  `${JSON.stringify({ EventType: 'fetch', Outcome: 'ok', Logs: [{ Message: [line.trimEnd()] }] })}\n`;

/** Lines of that many seconds, each of its own user. */
const lines = (from: number, to: number, as: As, id = true): string =>
  Array.from({ length: to - from }, (_, i) => {
    const n = from + i;
    const ts = new Date(START + n * 1000).toISOString();
    return as(ndjson([requestLine({ ts, user: `user-${n}`, ...(id ? { id: `id-${n}` } : {}) })]));
  }).join('');

const broken: As = (line) => line.replace('"status":200', '"status":"ok"');

/** @param fromMs start of the window and of the range */
type Requests = (fromMs?: number) => Promise<readonly number[]>;

async function over(
  format: string | undefined,
  work: (file: string, requests: Requests, port: DuckdbTelemetry) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-rewritten-'));
  const ref = { use: 'duckdb', path: join(dir, '*'), ...(format === undefined ? {} : { format }) };
  const port = duckdbTelemetry(ref, { env: {}, service: 'docs' });
  /** Of a window that is followed, and of a range that is read whole. */
  const requests: Requests = async (fromMs = START) => {
    const { slices } = await port.window({ ...query, fromMs });
    const { requests: whole } = await port.catalogue('blue', { ...query, fromMs });
    return [slices.reduce((sum, slice) => sum + slice.requests, 0), whole];
  };
  await work(join(dir, 'a.log'), requests, port);
  await port.close?.();
  await rm(dir, { recursive: true });
}

for (const [format, as] of [
  [undefined, (line: string) => line],
  ['workers-trace', trace],
] as const) {
  const whose = format ?? 'the router';

  void describe(`a packed log of ${whose}`, () => {
    for (const [what, count] of [
      ['as many lines', 10],
      ['more lines', 14],
      ['fewer lines', 4],
    ] as const) {
      void it(`that is written anew with ${what} has those, and no others`, () =>
        over(format, async (log, requests) => {
          const file = `${log}.gz`;
          await writeFile(file, gzipSync(lines(0, 10, as, false)));
          assert.deepEqual(await requests(), [10, 10]);
          await writeFile(file, gzipSync(lines(20, 20 + count, as, false)));
          assert.deepEqual(await requests(START + 15_000), [count, count]);
          assert.deepEqual(await requests(), [count, count]);
        }));
    }

    void it('that grew has the new lines beside the old ones, and each unread line once', () =>
      over(format, async (log, requests, port) => {
        const file = `${log}.gz`;
        const old = `${lines(0, 10, as, false)}${as(broken(ndjson([requestLine()])))}`;
        await writeFile(file, gzipSync(old));
        assert.deepEqual(await requests(), [10, 10]);
        await writeFile(file, gzipSync(`${old}${lines(20, 25, as, false)}`));
        assert.deepEqual(await requests(), [15, 15]);
        assert.equal(port.malformedLines, 1);
      }));

    void it('that is half written the second time keeps its lines until it is whole', () =>
      over(format, async (log, requests) => {
        const file = `${log}.gz`;
        await writeFile(file, gzipSync(lines(0, 10, as)));
        assert.deepEqual(await requests(), [10, 10]);
        const packed = gzipSync(lines(0, 12, as));
        await writeFile(file, packed.subarray(0, -8));
        await assert.rejects(requests());
        await writeFile(file, packed);
        assert.deepEqual(await requests(), [12, 12]);
      }));

    void it('that is written anew while another is half written has its new lines alone once that is whole', () =>
      over(format, async (log, requests) => {
        const [file, other] = [`${log}.gz`, `${log}.other.gz`];
        await writeFile(file, gzipSync(lines(0, 10, as, false)));
        assert.deepEqual(await requests(), [10, 10]);
        await writeFile(file, gzipSync(lines(20, 24, as, false)));
        const packed = gzipSync(lines(30, 33, as, false));
        await writeFile(other, packed.subarray(0, -8));
        await assert.rejects(requests());
        await writeFile(other, packed);
        assert.deepEqual(await requests(), [7, 7]);
      }));
  });

  void describe(`a log of ${whose}`, () => {
    void it('that was cut off and has grown beyond its old end between two looks loses no line (D4)', () =>
      over(format, async (file, requests) => {
        await writeFile(file, lines(0, 10, as));
        assert.equal((await requests())[0], 10);
        await truncate(file, 0);
        await appendFile(file, lines(10, 22, as));
        assert.equal((await requests())[0], 22);
        await appendFile(file, lines(22, 25, as));
        assert.equal((await requests())[0], 25);
      }));

    void it('that was cut off and has grown to the same size loses no line', () =>
      over(format, async (file, requests) => {
        await writeFile(file, lines(10, 20, as));
        assert.equal((await requests())[0], 10);
        await writeFile(file, lines(30, 40, as));
        assert.equal((await requests())[0], 20);
      }));

    void it('that is written anew with its old lines and more counts each once', () =>
      over(format, async (file, requests) => {
        await writeFile(file, lines(0, 10, as));
        assert.equal((await requests())[0], 10);
        await writeFile(file, lines(0, 15, as));
        assert.equal((await requests())[0], 15);
      }));
  });
}
