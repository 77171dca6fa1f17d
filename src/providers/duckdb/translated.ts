/**
 * Logs of other formats as files of request lines, so that everything after follows files of one kind.
 * Invariant: what a log grew by is read once and appended to its files; a packed log, which is written at once, is read when it is
 * new or has changed. Lines older than any range that was asked for are dropped, and read again for somebody who asks for them.
 */
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Copies } from './copies.ts';
import { isPacked, unpacked } from './packed.ts';
import { isBefore, markOf, START, type Place } from './place.ts';
import {
  asItIs,
  beyond,
  LONGEST_BYTES,
  TOO_LONG,
  translated,
  type ReadLine,
  type Took,
} from './translate.ts';
import type { UnreadLines } from './unread.ts';

/** Read at a time: a worker does other work between two pieces. */
const PIECE_BYTES = 256 * 1024;
/** A log that nobody wrote to for so long may have been finished without a newline, ms. */
const QUIET_MS = 10_000;
/** A file of so many bytes takes no more lines. */
const COPY_BYTES = 32 * 1024 * 1024;
/** Lines are kept so much longer than the longest range asked for reaches, ms: ranges of one length end at different times. */
const SPARE_MS = 3_600_000;
const NEWLINE = 10;

export type OpenLog = () => ReadLine;

interface Followed {
  readonly copies: Copies;
  read: ReadLine;
  /** Of a log that grows: whole lines only. */
  place: Place;
  /** Of a packed log: what it was when it was read, and how many lines were taken and left. */
  packed: { readonly version: string; readonly lines: number; readonly left: number } | null;
}

/** What the last look at the logs found. */
export interface Followings {
  /** Files that may hold lines of the range, log after log. */
  readonly files: readonly string[];
  /** Some of what earlier files held is not what the logs hold now, or is there a second time. */
  readonly isReplaced: boolean;
}

interface Facts {
  readonly size: number;
  readonly mtimeMs: number;
}

export class TranslatedLogs {
  readonly #open: OpenLog;
  readonly #isForeign: boolean;
  readonly #folder: string;
  readonly #unread: UnreadLines;
  readonly #now: () => number;
  readonly #copyBytes: number;
  readonly #logs = new Map<string, Followed>();
  #named = 0;
  /** How far back somebody asked, ms. */
  #reachMs = 0;
  /** Lines before it are dropped, epoch ms. */
  #droppedMs = Number.NEGATIVE_INFINITY;
  /** Not told yet: a look that fails in the middle tells nobody. */
  #isReplaced = false;
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param openLog reads logs of another format; null: they are request lines, packed
   * @param now epoch ms
   */
  constructor(
    openLog: OpenLog | null,
    folder: string,
    unread: UnreadLines,
    { now = Date.now, copyBytes = COPY_BYTES }: { now?: () => number; copyBytes?: number } = {},
  ) {
    this.#open = openLog ?? (() => asItIs);
    this.#isForeign = openLog !== null;
    this.#folder = folder;
    this.#unread = unread;
    this.#now = now;
    this.#copyBytes = copyBytes;
  }

  /**
   * One after the other: each reads on where the one before it ended.
   * @param sinceMs files and parts of files not written since (epoch ms) hold nothing that is asked for
   */
  async sync(logs: readonly string[], sinceMs: number, signal: AbortSignal | undefined): Promise<Followings> {
    const turn = this.#turn.then(async () => {
      if (sinceMs < this.#droppedMs) {
        this.#isReplaced = true;
        await this.#clear();
      }
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const files: string[] = [];
      for (const log of logs) {
        const copies = await this.#follow(log, signal);
        if (copies !== null) files.push(...copies.since(sinceMs));
      }
      await this.#drop(sinceMs);
      const isReplaced = this.#isReplaced;
      this.#isReplaced = false;
      return { files: Array.from(new Set(files)), isReplaced };
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#clear();
    this.#isReplaced = false;
  }

  async #clear(): Promise<void> {
    this.#logs.clear();
    this.#unread.clear();
    this.#reachMs = 0;
    this.#droppedMs = Number.NEGATIVE_INFINITY;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #drop(sinceMs: number): Promise<void> {
    const nowMs = this.#now();
    this.#reachMs = Math.max(this.#reachMs, nowMs - sinceMs);
    const beforeMs = nowMs - this.#reachMs - SPARE_MS;
    if (beforeMs <= this.#droppedMs) return;
    for (const { copies } of this.#logs.values()) await copies.drop(beforeMs);
    this.#droppedMs = beforeMs;
  }

  async #follow(log: string, signal: AbortSignal | undefined): Promise<Copies | null> {
    const facts = await stat(log).catch(() => null);
    // Gone between listing and reading: it was rotated away.
    if (facts === null) return null;
    const key = `${facts.dev}:${facts.ino}:${facts.birthtimeMs}`;
    const followed = this.#logs.get(key) ?? this.#newLog();
    this.#logs.set(key, followed);
    const { copies, place, packed } = followed;
    if (await isPacked(log)) {
      const version = `${facts.size}:${facts.mtimeMs}`;
      const isKnown = version === packed?.version && !copies.isEmpty;
      if (!isKnown) await this.#unpack(log, followed, facts, version, signal);
      return copies;
    }
    if (facts.size !== place.offset || facts.mtimeMs !== place.mtimeMs) {
      await this.#readOn(log, followed, facts, signal);
    }
    return copies;
  }

  #newLog(): Followed {
    this.#named += 1;
    const copies = new Copies(join(this.#folder, String(this.#named)), this.#copyBytes);
    return { copies, read: this.#open(), place: START, packed: null };
  }

  async #readOn(
    log: string,
    followed: Followed,
    { size, mtimeMs }: Facts,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const handle = await open(log, 'r').catch(() => null);
    if (handle === null) return;
    try {
      if (!(await isBefore(handle, followed.place))) {
        followed.place = START;
        followed.read = this.#open();
      }
      let length = PIECE_BYTES;
      while (followed.place.offset < size) {
        signal?.throwIfAborted();
        const { offset } = followed.place;
        const buffer = Buffer.allocUnsafe(Math.min(length, size - offset));
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
        const piece = buffer.subarray(0, bytesRead);
        const end = piece.lastIndexOf(NEWLINE) + 1;
        if (end > 0) {
          await this.#take(followed, piece.subarray(0, end), mtimeMs);
          length = PIECE_BYTES;
        } else if (bytesRead === length && length < LONGEST_BYTES) {
          length *= 2;
        } else if (bytesRead === length) {
          this.#count({ lines: 0, left: [TOO_LONG] });
          followed.place = { offset: offset + bytesRead, mark: markOf(piece), mtimeMs };
        } else {
          // The last line has no newline yet: it may be half of one.
          if (Date.now() - mtimeMs >= QUIET_MS) await this.#takeLast(followed, piece, mtimeMs);
          return;
        }
        await setImmediate();
      }
    } finally {
      await handle.close();
    }
  }

  /** A line without its newline counts when it is whole; a broken one waits for its rest. */
  async #takeLast(followed: Followed, piece: Buffer, mtimeMs: number): Promise<void> {
    if (followed.read(piece.toString()).left.some(({ isForeign }) => !isForeign)) return;
    await this.#take(followed, piece, mtimeMs);
  }

  async #take(followed: Followed, piece: Buffer, mtimeMs: number): Promise<void> {
    const { text, took } = translated(piece.toString(), followed.read);
    if (text !== '') await followed.copies.append(text, mtimeMs);
    followed.place = { offset: followed.place.offset + piece.length, mark: markOf(piece), mtimeMs };
    this.#count(took);
  }

  /** Packed logs are small and written at once; all of it is taken and counted or, when it ends too early, nothing. */
  async #unpack(
    log: string,
    followed: Followed,
    { mtimeMs }: Facts,
    version: string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const part = join(this.#folder, 'part');
    const took = await unpacked(log, part, this.#open(), signal);
    const isReplaced = await followed.copies.take(part, mtimeMs);
    if (isReplaced) this.#isReplaced = true;
    this.#count(isReplaced || followed.packed === null ? took : beyond(took, followed.packed));
    followed.packed = { version, lines: took.lines, left: took.left.length };
  }

  /** Request lines that come as they are, are counted where they are read. */
  #count({ lines, left }: Took): void {
    this.#unread.read((this.#isForeign ? lines : 0) + left.length);
    for (const { left: why, isForeign } of left) this.#unread.leave(why, 1, isForeign);
  }
}
