/**
 * Logs of other formats as files of request lines, so that everything after follows files of one kind.
 * Invariant: what a log grew by is read once and appended to its file; a packed log, which is written at once, is read when it is
 * new or has changed. A file's time of writing is that of its log.
 */
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, rm, stat, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { ProviderError } from '../../domain/errors.ts';
import type { Translated } from './readers/index.ts';
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
  readonly #folder: string;
  readonly #unread: UnreadLines;
  readonly #logs = new Map<string, Followed>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(open: OpenLog, folder: string, unread: UnreadLines) {
    this.#open = open;
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
          this.#leave('a line longer than 16 MB', 1);
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

  /** Packed logs are small and written at once; all of it is taken or, when it ends too early, nothing. */
  async #unpack(log: string, followed: Followed, signal: AbortSignal | undefined): Promise<void> {
    followed.read = this.#open();
    if (followed.written > 0) await truncate(followed.file, 0);
    followed.written = 0;
    let rest = '';
    const text = createReadStream(log).pipe(createGunzip()).setEncoding('utf8');
    try {
      for await (const piece of text as AsyncIterable<string>) {
        signal?.throwIfAborted();
        const whole = rest + piece;
        const end = whole.lastIndexOf('\n') + 1;
        await this.#take(followed, whole.slice(0, end), 0);
        rest = whole.slice(end);
        if (rest.length > LONGEST_BYTES) {
          this.#leave('a line longer than 16 MB', 1);
          rest = '';
        }
      }
      await this.#take(followed, rest, 0);
    } catch (cause) {
      signal?.throwIfAborted();
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ProviderError('retry', 'duckdb', `${log} was not read whole: ${why}`, { cause });
    }
  }

  /** @param bytes of the log that the text is of */
  async #take(followed: Followed, text: string, bytes: number): Promise<void> {
    const out: string[] = [];
    const left: Translated['left'][number][] = [];
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
    followed.offset += bytes;
    for (const { left: why, isForeign } of left) this.#leave(why, 1, isForeign);
  }

  #leave(why: string, count: number, isForeign = false): void {
    this.#unread.read(count);
    this.#unread.leave(why, count, isForeign);
  }
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
