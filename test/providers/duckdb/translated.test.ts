/** Copies of logs on disk: no more of them than somebody asks for. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { TranslatedLogs } from '../../../src/providers/duckdb/translated.ts';
import { UnreadLines } from '../../../src/providers/duckdb/unread.ts';

const START = Date.parse('2026-03-02T10:00:00Z');
const HOUR_MS = 3_600_000;
const WINDOW_MS = 15 * 60_000;
/** Of an hour of lines. */
const TEXT = (hour: number): string => `${`${hour}`.padStart(99, '.')}\n`.repeat(100);

const LEFT = 'left';

interface Run {
  readonly log: string;
  readonly unread: UnreadLines;
  /** It was written then. */
  readonly at: (nowMs: number, file?: string) => Promise<void>;
  /** Asks for the quarter of an hour before now. */
  readonly ask: (file?: string, windowMs?: number) => Promise<{ text: string; isReplaced: boolean }>;
  readonly bytes: () => Promise<number>;
}

async function over(work: (run: Run) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'cutover-copies-'));
  const folder = join(dir, 'copies');
  let nowMs = START;
  const open = () => (line: string) =>
    line === LEFT ? { lines: [], left: [{ left: line, isForeign: false }] } : { lines: [line], left: [] };
  const unread = new UnreadLines();
  const options = { now: () => nowMs, copyBytes: 10_000 };
  const logs = new TranslatedLogs(open, folder, unread, options);
  const log = join(dir, 'a.log');
  await work({
    log,
    unread,
    at: async (ms, file = log) => {
      nowMs = ms;
      await utimes(file, ms / 1000, ms / 1000);
    },
    ask: async (file = log, windowMs = WINDOW_MS) => {
      const { files, isReplaced } = await logs.sync([file], nowMs - windowMs, undefined);
      const texts = await Promise.all(files.map((one) => readFile(one, 'utf8')));
      return { text: texts.join(''), isReplaced };
    },
    bytes: async () => {
      const names = await readdir(folder);
      const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
  });
  await logs.close();
  await rm(dir, { recursive: true });
}

void describe('copies of a log', () => {
  void it('that grows for two days are those of the ranges asked for, and an hour', () =>
    over(async ({ log, at, ask, bytes }) => {
      await writeFile(log, '');
      for (let hour = 0; hour < 48; hour += 1) {
        await appendFile(log, TEXT(hour));
        await at(START + hour * HOUR_MS);
        const { text, isReplaced } = await ask();
        assert.equal(text, TEXT(hour), `hour ${hour}`);
        assert.equal(isReplaced, false);
        assert.ok((await bytes()) <= 2 * TEXT(hour).length, `hour ${hour}: ${await bytes()} bytes`);
      }
    }));

  void it('are read again for somebody who asks further back, and it is said', () =>
    over(async ({ log, at, ask, bytes }) => {
      await writeFile(log, '');
      const all = Array.from({ length: 6 }, (_, hour) => TEXT(hour));
      for (const [hour, text] of all.entries()) {
        await appendFile(log, text);
        await at(START + hour * HOUR_MS);
        await ask();
      }
      const day = await ask(log, 24 * HOUR_MS);
      assert.deepEqual(day, { text: all.join(''), isReplaced: true });
      await at(START + 6 * HOUR_MS);
      assert.equal((await ask()).isReplaced, false);
      assert.equal(await bytes(), all.join('').length, 'kept now that somebody asks so far back');
    }));

  void it('that are read again have each unread line once', () =>
    over(async ({ log, at, ask, unread }) => {
      await writeFile(log, '');
      for (let hour = 0; hour < 6; hour += 1) {
        await appendFile(log, `${LEFT}\n${TEXT(hour)}`);
        await at(START + hour * HOUR_MS);
        await ask();
      }
      assert.equal(unread.count, 6);
      await ask(log, 24 * HOUR_MS);
      assert.equal(unread.count, 6);
    }));

  void it('of packed logs go with the hours of the logs', () =>
    over(async ({ log, at, ask, bytes }) => {
      for (let hour = 0; hour < 6; hour += 1) {
        const file = `${log}.${hour}.gz`;
        await writeFile(file, gzipSync(TEXT(hour)));
        await at(START + hour * HOUR_MS, file);
        assert.equal((await ask(file)).text, TEXT(hour));
        assert.ok((await bytes()) <= 2 * TEXT(hour).length, `hour ${hour}: ${await bytes()} bytes`);
      }
    }));
});
