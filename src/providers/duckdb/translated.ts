/**
 * Logs of other formats as files of request lines, so that everything after follows files of one kind.
 * Invariant: what a log grew by is read once and appended to its file; a packed log, which is written at once, is read when it is
 * new or has changed. A file's time of writing is that of its log.
 */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, rm, stat, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ProviderError } from '../../domain/errors.ts';
import type { Translated } from './readers/index.ts';
import type { Left } from './readers/reader.ts';
import type { UnreadLines } from './unread.ts';

/** Read at a time: a worker does other work between two pieces. */
const PIECE_BYTES = 256 * 1024;
/** The longest line that is believed. */
const LONGEST_BYTES = 16 * 1024 * 1024;
/** A log that nobody wrote to for so long may have been finished without a newline, ms. */
const QUIET_MS = 10_000;
const NEWLINE = 10;

export type OpenLog = () => (line: string) => Translated;

interface Followed {
  readonly file: string;
  read: (line: string) => Translated;
  /** Bytes of the log that were read, whole lines only. */
  offset: number;
  /** Bytes of `file`. */
  written: number;
  /** Of a packed log: size and time when it was read. */
  version: string;
}

export class TranslatedLogs {
  readonly #open: OpenLog;
  readonly #isForeign: boolean;
  readonly #folder: string;
  readonly #unread: UnreadLines;
  readonly #logs = new Map<string, Followed>();
  #turn: Promise<unknown> = Promise.resolve();

  /** @param openLog reads logs of another format; null: they are request lines, packed */
  constructor(openLog: OpenLog | null, folder: string, unread: UnreadLines) {
    this.#open = openLog ?? (() => asItIs);
    this.#isForeign = openLog !== null;
    this.#folder = folder;
    this.#unread = unread;
  }

  /** One after the other: each reads on where the one before it ended. @returns a file for each log, in their order */
  async sync(logs: readonly string[], signal: AbortSignal | undefined): Promise<readonly string[]> {
    const turn = this.#turn.then(async () => {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const files: string[] = [];
      for (const log of logs) {
        const file = await this.#follow(log, signal);
        if (file !== null) files.push(file);
      }
      return files;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    this.#logs.clear();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #follow(log: string, signal: AbortSignal | undefined): Promise<string | null> {
    const facts = await stat(log).catch(() => null);
    // Gone between listing and reading: it was rotated away.
    if (facts === null) return null;
    const key = `${facts.dev}:${facts.ino}:${facts.birthtimeMs}`;
    const file = join(this.#folder, `${this.#logs.size + 1}.ndjson`);
    const followed = this.#logs.get(key) ?? { file, read: this.#open(), offset: 0, written: 0, version: '' };
    this.#logs.set(key, followed);
    if (await isPacked(log)) {
      const version = `${facts.size}:${facts.mtimeMs}`;
      if (version === followed.version) return followed.file;
      await this.#unpack(log, followed, signal);
      followed.version = version;
    } else {
      if (facts.size < followed.offset) {
        followed.offset = 0;
        followed.read = this.#open();
      }
      if (facts.size > followed.offset) await this.#readOn(log, followed, facts, signal);
    }
    if (followed.written === 0) await appendFile(followed.file, '', { mode: 0o600 });
    await utimes(followed.file, facts.atime, facts.mtime);
    return followed.file;
  }

  async #readOn(
    log: string,
    followed: Followed,
    { size, mtimeMs }: { readonly size: number; readonly mtimeMs: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const handle = await open(log, 'r').catch(() => null);
    if (handle === null) return;
    try {
      let length = PIECE_BYTES;
      while (followed.offset < size) {
        signal?.throwIfAborted();
        const buffer = Buffer.allocUnsafe(Math.min(length, size - followed.offset));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, followed.offset);
        const piece = buffer.subarray(0, bytesRead);
        const end = piece.lastIndexOf(NEWLINE) + 1;
        if (end > 0) {
          await this.#take(followed, piece.subarray(0, end).toString(), end);
          length = PIECE_BYTES;
        } else if (bytesRead === length && length < LONGEST_BYTES) {
          length *= 2;
        } else if (bytesRead === length) {
          this.#count({ lines: 0, left: [TOO_LONG] });
          followed.offset += bytesRead;
        } else {
          // The last line has no newline yet: it may be half of one.
          if (Date.now() - mtimeMs >= QUIET_MS) await this.#takeLast(followed, piece.toString(), bytesRead);
          return;
        }
        await setImmediate();
      }
    } finally {
      await handle.close();
    }
  }

  /** A line without its newline counts when it is whole; a broken one waits for its rest. */
  async #takeLast(followed: Followed, line: string, bytes: number): Promise<void> {
    if (followed.read(line).left.some(({ isForeign }) => !isForeign)) return;
    await this.#take(followed, line, bytes);
  }

  /** Packed logs are small and written at once; all of it is taken and counted or, when it ends too early, nothing. */
  async #unpack(log: string, followed: Followed, signal: AbortSignal | undefined): Promise<void> {
    followed.read = this.#open();
    await this.#empty(followed);
    const takes: Took[] = [];
    let rest = '';
    const decoder = new TextDecoder();
    try {
      await pipeline(createReadStream(log), createGunzip(), async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) {
          signal?.throwIfAborted();
          const whole = rest + decoder.decode(piece, { stream: true });
          const end = whole.lastIndexOf('\n') + 1;
          takes.push(await this.#append(followed, whole.slice(0, end)));
          rest = whole.slice(end);
          if (rest.length <= LONGEST_BYTES) continue;
          takes.push({ lines: 0, left: [TOO_LONG] });
          rest = '';
        }
      });
      takes.push(await this.#append(followed, rest + decoder.decode()));
    } catch (cause) {
      await this.#empty(followed);
      signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ProviderError('retry', 'duckdb', `${log} was not read whole: ${why}`, { cause });
    }
    for (const took of takes) this.#count(took);
  }

  async #empty(followed: Followed): Promise<void> {
    if (followed.written > 0) await truncate(followed.file, 0);
    followed.written = 0;
  }

  /** @param bytes of the log that the text is of */
  async #take(followed: Followed, text: string, bytes: number): Promise<void> {
    const took = await this.#append(followed, text);
    followed.offset += bytes;
    this.#count(took);
  }

  async #append(followed: Followed, text: string): Promise<Took> {
    const out: string[] = [];
    const left: Left[] = [];
    for (const raw of text.split('\n')) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      if (line.trim() === '') continue;
      const translated = followed.read(line);
      for (const one of translated.lines) out.push(one);
      left.push(...translated.left);
    }
    const lines = out.length === 0 ? '' : `${out.join('\n')}\n`;
    try {
      if (lines !== '') await appendFile(followed.file, lines, { mode: 0o600 });
    } catch (cause) {
      await truncate(followed.file, followed.written).catch(() => undefined);
      throw cause;
    }
    followed.written += Buffer.byteLength(lines);
    return { lines: out.length, left };
  }

  /** Request lines that come as they are, are counted where they are read. */
  #count({ lines, left }: Took): void {
    this.#unread.read((this.#isForeign ? lines : 0) + left.length);
    for (const { left: why, isForeign } of left) this.#unread.leave(why, 1, isForeign);
  }
}

/** What came of some lines of a log: lines for the engine, and what was left. */
interface Took {
  readonly lines: number;
  readonly left: readonly Left[];
}

const TOO_LONG: Left = { left: 'a line longer than 16 MB', isForeign: false };

function asItIs(line: string): Translated {
  return { lines: [line], left: [] };
}

/** By its first bytes: a name says nothing of an object that was unpacked on its way. */
async function isPacked(log: string): Promise<boolean> {
  const handle = await open(log, 'r').catch(() => null);
  if (handle === null) return false;
  try {
    const head = Buffer.alloc(2);
    const { bytesRead } = await handle.read(head, 0, 2, 0);
    return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await handle.close();
  }
}
