/** Lines that cannot be counted: they are compared with all that was read beside them, and forgotten once they are long past. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ndjson, requestLine } from '../../src/conformance/request-lines.ts';
import { ProviderError } from '../../src/domain/errors.ts';
import { gapOf, unreadable } from '../../src/domain/unread.ts';
import { duckdbTelemetry } from '../../src/providers/duckdb/index.ts';
import { UnreadLines } from '../../src/providers/duckdb/unread.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const query = { service: 'docs', fromMs: START, toMs: START + 60_000, regions: [] };
const now = ndjson([requestLine()]);
const yesterday = now.replace('"2026-03-02T10', '"2026-03-01T10');
const trace = (line: string): string =>
  `${JSON.stringify({ EventType: 'fetch', Outcome: 'ok', Logs: [{ Message: [line.trimEnd()] }] })}\n`;

/** Of a field that no reader can do without. */
const broken = (line: string): string => line.replace('"status":200', '"status":"ok"');

async function folder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'cutover-unread-'));
}

for (const [format, as] of [
  [undefined, (line: string) => line],
  ['workers-trace', trace],
] as const) {
  const options = format === undefined ? {} : { format };
  void describe(`unread lines of ${format ?? 'the router’s log'}`, () => {
    void it('of yesterday are few among the lines of yesterday', async () => {
      const dir = await folder();
      const text = `${as(yesterday).repeat(6000)}${as(broken(yesterday)).repeat(5)}${as(now).repeat(40)}`;
      await writeFile(join(dir, 'a.log'), text);
      const port = duckdbTelemetry(
        { use: 'duckdb', path: join(dir, '*'), ...options },
        { env: {}, service: 'docs' },
      );
      const counts = await port.window(query);
      assert.equal(counts.slices[0]?.requests, 40);
      assert.equal(counts.unread?.broken, 5);
      assert.equal(counts.unread.lines, 6045);
      assert.equal(gapOf(counts), null);
      await port.close?.();
      await rm(dir, { recursive: true });
    });

    void it('say nothing of a log that holds request lines, only none of the window', async () => {
      const dir = await folder();
      await writeFile(join(dir, 'a.log'), `${as(yesterday).repeat(3)}{"msg":"started"}\n`);
      const port = duckdbTelemetry(
        { use: 'duckdb', path: join(dir, '*'), ...options },
        { env: {}, service: 'docs' },
      );
      const counts = await port.window(query);
      assert.equal(counts.freshestMs, null);
      assert.equal(unreadable(counts), null);
      await port.close?.();
      await rm(dir, { recursive: true });
    });
  });
}

void describe('unread lines', () => {
  void it('are forgotten with the last reader', async () => {
    const dir = await folder();
    const ref = { use: 'duckdb', path: join(dir, '*') };
    await writeFile(join(dir, 'a.log'), now + broken(now));
    const port = duckdbTelemetry(ref);
    assert.equal((await port.window(query)).unread?.broken, 1);
    await port.close?.();
    await writeFile(join(dir, 'a.log'), now);
    const again = duckdbTelemetry(ref);
    assert.equal((await again.window(query)).unread, undefined);
    await again.close?.();
    await rm(dir, { recursive: true });
  });

  void it('of a packed log that is still being written are counted once, when it is whole', async () => {
    const dir = await folder();
    const file = join(dir, 'a.log.gz');
    const packed = gzipSync(`${trace(now)}${trace(now.slice(0, 60))}`);
    await writeFile(file, packed.subarray(0, -8));
    const port = duckdbTelemetry(
      { use: 'duckdb', path: join(dir, '*'), format: 'workers-trace' },
      { env: {}, service: 'docs' },
    );
    await assert.rejects(
      port.window(query),
      (error) => error instanceof ProviderError && error.kind === 'retry',
    );
    assert.equal(port.malformedLines, 0);
    await writeFile(file, packed);
    assert.equal((await port.window(query)).unread?.broken, 1);
    await port.close?.();
    await rm(dir, { recursive: true });
  });

  void it('of one line may be more than a call takes arguments', async () => {
    const dir = await folder();
    const batch = `[${'0,'.repeat(300_000)}0]\n`;
    await writeFile(join(dir, 'a.log'), batch);
    await writeFile(join(dir, 'b.log.gz'), gzipSync(batch));
    const port = duckdbTelemetry(
      { use: 'duckdb', path: join(dir, '*'), format: 'vercel' },
      { env: {}, service: 'docs' },
    );
    assert.equal((await port.window(query)).unread?.foreign, 600_002);
    await port.close?.();
    await rm(dir, { recursive: true });
  });

  void it('are told once where another log was written anew, so that all are read again', async () => {
    const dir = await folder();
    const ofSecond = (second: number): string =>
      now.replace('"ts":"2026-03-02T10:00:0', `"ts":"2026-03-02T10:00:${second}`);
    await writeFile(join(dir, 'a.log'), now.repeat(1000) + broken(now).repeat(3));
    await writeFile(join(dir, 'b.log.gz'), gzipSync(ofSecond(1)));
    const port = duckdbTelemetry({ use: 'duckdb', path: join(dir, '*') });
    const first = await port.window(query);
    assert.equal(first.unread?.broken, 3);
    for (const second of [2, 3]) {
      await writeFile(join(dir, 'b.log.gz'), gzipSync(ofSecond(second).repeat(second)));
      const again = await port.window(query);
      assert.equal(again.unread?.broken, 3);
      assert.equal(gapOf(again), null);
    }
    await port.close?.();
    await rm(dir, { recursive: true });
  });

  void it('that were read before a window began are not told with it', () => {
    let clockMs = START;
    const unread = new UnreadLines(() => clockMs);
    unread.read(10);
    unread.leave('cut off', 5, false);
    clockMs += 10 * 60_000;
    unread.read(100);
    assert.equal(unread.told(START)?.broken, 5);
    assert.equal(unread.told(START)?.lines, 110);
    assert.equal(unread.told(START + 5 * 60_000), null);
    assert.equal(unread.count, 5);
  });
});
